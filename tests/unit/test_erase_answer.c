/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive's answer means, byte by byte: every form that says something, and that all others say
 * nothing. */
#include "device/erase/erase_answer.h"

#include "base/digest.h"
#include "base/error.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct erase_state read_raw(enum erase_witness witness, const char *hex)
{
	struct erase_answer answer = { .witness = witness,
		.raw_bytes = (uint16_t)(strlen(hex) / 2) };
	struct erase_state state;

	if (answer.raw_bytes > 0)
		assert_int_equal(hex_decode(hex, answer.raw, answer.raw_bytes), 0);
	erase_state_read(&answer, &state);
	return state;
}

struct case_of {
	const char *raw;
	enum erase_status status;
	int32_t progress;
};

static void try_cases(enum erase_witness witness, const struct case_of *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct erase_state state = read_raw(witness, cases[i].raw);
		if (state.status != cases[i].status || state.progress != cases[i].progress)
			fail_msg("%s %s: %s, %d", erase_witness_name(witness), cases[i].raw,
				erase_status_name(state.status), state.progress);
	}
}
#define TRY(witness, cases) try_cases(witness, cases, ARRAY_SIZE(cases))

#define UNKNOWN ERASE_STATUS_UNKNOWN
#define NEVER ERASE_STATUS_NEVER
#define RUNNING ERASE_STATUS_RUNNING
#define SUCCEEDED ERASE_STATUS_SUCCEEDED
#define FAILED ERASE_STATUS_FAILED

/* NVMe: Base 2.0, Figure 290, Sanitize Status log: SPROG 1:0, SSTAT 3:2, SCDW10 7:4. --------- */

static struct erase_state nvme(unsigned progress, unsigned status, unsigned command)
{
	char hex[41];

	(void)snprintf(hex, sizeof(hex), "%02x%02x%02x%02x%02x%02x0000ffffffffffffffffffffffff",
		progress & 0xff, progress >> 8, status & 0xff, status >> 8, command & 0xff,
		command >> 8);
	return read_raw(WITNESS_NVME_SANITIZE_LOG, hex);
}

static void test_every_status_of_nvme(void **state)
{
	static const enum erase_status meanings[] = { NEVER, SUCCEEDED, RUNNING, FAILED, SUCCEEDED,
		UNKNOWN, UNKNOWN, UNKNOWN };

	(void)state;
	/* SSTAT 7:3 counts passes, 15:9 are reserved; only 2:0 and 8 say something here. */
	for (unsigned status = 0; status < 0x10000; status++) {
		struct erase_state read = nvme(0x1234, status, 0x204);
		enum erase_status meaning = meanings[status & 7];
		assert_int_equal(read.status, meaning);
		assert_int_equal(read.progress, meaning == RUNNING ? 0x1234 : -1);
		assert_int_equal(read.untouched, meaning == SUCCEEDED && (status & 0x100));
		assert_int_equal(read.kept, (status & 7) == 1);
		assert_int_equal(read.action, meaning == NEVER || meaning == UNKNOWN ? 0 : 4);
	}
}

static void test_the_command_of_nvme(void **state)
{
	(void)state;
	for (unsigned command = 0; command < 0x10000; command++) {
		struct erase_state read = nvme(0xffff, 1, command);
		assert_int_equal(read.action, command & 7);
		assert_int_equal(read.kept, !!(command & 0x200)); /* NDAS */
		assert_false(nvme(0xffff, 4, command).kept);
		assert_false(nvme(0xffff, 2, command).kept);
	}
}

/* What nvme-cli's wait loop takes for the end. */
static void test_progress_alone_says_nothing(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 8; status++) {
		struct erase_state all = nvme(0xffff, status, 4), none = nvme(0, status, 4);
		assert_int_equal(all.status, none.status);
		assert_int_not_equal(all.status == SUCCEEDED, status != 1 && status != 4);
	}
}

static void test_a_short_log_says_nothing(void **state)
{
	static const char whole[] = "ffff01010402000000000000000000000000000000000000";

	(void)state;
	for (size_t bytes = 0; bytes <= 24; bytes++) {
		char hex[sizeof(whole)];
		(void)snprintf(hex, sizeof(hex), "%.*s", (int)(2 * bytes), whole);
		assert_int_equal(read_raw(WITNESS_NVME_SANITIZE_LOG, hex).status,
			bytes >= 20 ? SUCCEEDED : UNKNOWN);
	}
}

/* ATA: ACS-4 7.36.6 and 9.19: error, status, device, 48-bit, COUNT, LBA. ---------------------- */

static void test_ata_sanitize(void **state)
{
	static const struct case_of cases[] = {
		{ "005000018000000000000000", SUCCEEDED, -1 },
		{ "00500001a000000000000000", SUCCEEDED, -1 }, /* frozen besides */
		{ "005000010000000000000000", NEVER, -1 },
		{ "005000012000000000000000", NEVER, -1 }, /* frozen */
		{ "005000014000000000000000", RUNNING, 0 },
		{ "00500001400000000000ffff", RUNNING, 65535 },
		{ "005000014000000000018001", RUNNING, 0x8001 }, /* LBA 15:0 only */
		{ "00500001c00000000000ffff", UNKNOWN, -1 },     /* both at once */
		{ "00d000018000000000000000", UNKNOWN, -1 },     /* BSY */
		{ "001000018000000000000000", UNKNOWN, -1 },     /* not ready */
		{ "005000008000000000000000", UNKNOWN, -1 },     /* not of a 48-bit command */
		{ "045100010000000000000001", FAILED, -1 },
		{ "045100018000000000000001", FAILED, -1 },  /* whatever COUNT says then */
		{ "045100010000000000000000", UNKNOWN, -1 }, /* reason not reported */
		{ "045100010000000000000002", UNKNOWN, -1 }, /* unsupported */
		{ "045100010000000000000003", UNKNOWN, -1 }, /* frozen */
		{ "105100010000000000000001", UNKNOWN, -1 }, /* another error */
		{ "007000018000000000000000", UNKNOWN, -1 }, /* device fault */
		{ "0050000180000000000000", UNKNOWN, -1 },
		{ "00500001800000000000000000", UNKNOWN, -1 },
		{ "", UNKNOWN, -1 },
	};

	(void)state;
	TRY(WITNESS_ATA_SANITIZE_STATUS, cases);
	for (unsigned count = 0; count < 0x10000; count++) {
		char hex[25];
		(void)snprintf(hex, sizeof(hex), "00500001%04x000000000000", count);
		enum erase_status status = read_raw(WITNESS_ATA_SANITIZE_STATUS, hex).status;
		enum erase_status meaning[] = { NEVER, RUNNING, SUCCEEDED, UNKNOWN };
		assert_int_equal(status, meaning[count >> 14]);
	}
}

/* IDENTIFY DEVICE word 128: bit 0 supported, bit 1 enabled. */
static void test_ata_security(void **state)
{
	(void)state;
	for (unsigned word = 0; word < 0x10000; word++) {
		struct erase_answer answer = { .witness = WITNESS_ATA_SECURITY, .raw_bytes = 512 };
		struct erase_state read;
		answer.raw[121] = 0x40; /* some sectors */
		answer.raw[167] = 0x40; /* word 83 is valid */
		answer.raw[256] = (uint8_t)word;
		answer.raw[257] = (uint8_t)(word >> 8);
		erase_state_read(&answer, &read);
		assert_int_equal(read.status, !(word & 1) ? UNKNOWN : word & 2 ? NEVER : SUCCEEDED);
		assert_int_equal(read.progress, -1);
		if (word > 3)
			continue;
		answer.raw_bytes = 511;
		erase_state_read(&answer, &read);
		assert_int_equal(read.status, UNKNOWN);
		answer.raw_bytes = 512;
		answer.raw[510] = 0xa5; /* and a checksum that is wrong */
		erase_state_read(&answer, &read);
		assert_int_equal(read.status, UNKNOWN);
	}
}

/* SCSI: status byte, then fixed (70h) or descriptor (72h) sense data. -------------------------- */

static void test_scsi_sense(void **state)
{
	static const struct case_of cases[] = {
		{ "00700000000000000a00000000000000000000", NEVER, -1 },
		{ "007200000000000000", NEVER, -1 },
		{ "00700002000000000a00000000041b00804000", RUNNING, 0x4000 },
		{ "00700000000000000a00000000041b0080ffff", RUNNING, 0xffff },
		{ "00700002000000000a00000000041b00004000", RUNNING, -1 }, /* SKSV is not set */
		{ "00700002000000000600000000041b", RUNNING, -1 },         /* ends before it */
		{ "00700002000000000a00000000040400800001", RUNNING, 1 },  /* a format */
		{ "007202041b000000080206000080400000", RUNNING, 0x4000 },
		{ "007202041b00000000", RUNNING, -1 },
		{ "02700002000000000a00000000041b00804000", RUNNING, 0x4000 }, /* as a refusal */
		{ "00700003000000000a00000000310300000000", FAILED, -1 },
		{ "00700003000000000a00000000310100000000", FAILED, -1 },
		{ "007203310300000000", FAILED, -1 },
		/* Hidden, another's, cut off, and not quite nothing. */
		{ "00000000000000000000000000000000000000", UNKNOWN, -1 },
		{ "00", UNKNOWN, -1 },
		{ "0070000000000000", UNKNOWN, -1 },
		{ "007000000000000000", UNKNOWN, -1 },
		{ "00700000000000000a0000000000000080ffff", UNKNOWN, -1 },
		{ "02700000000000000a00000000000000000000", UNKNOWN, -1 },
		{ "00710000000000000a00000000000000000000", UNKNOWN, -1 }, /* deferred */
		{ "00710003000000000a00000000310300000000", UNKNOWN, -1 },
		{ "00700006000000000a00000000290000000000", UNKNOWN, -1 },
		{ "00700002000000000a00000000040100000000", UNKNOWN, -1 }, /* becoming ready */
		{ "00700005000000000a00000000200000000000", UNKNOWN, -1 },
		{ "007f00000000000000", UNKNOWN, -1 },
		{ "08", UNKNOWN, -1 },
		{ "", UNKNOWN, -1 },
	};

	(void)state;
	TRY(WITNESS_SCSI_SENSE, cases);
	/* No sense data at all means that it ended well. */
	for (unsigned code = 0; code < 0x10000; code++) {
		char hex[39];
		(void)snprintf(hex, sizeof(hex), "00700000000000000a00000000%04x00000000", code);
		enum erase_status status = read_raw(WITNESS_SCSI_SENSE, hex).status;
		bool runs = code == 0x041b || code == 0x0404;
		bool failed = code == 0x3103 || code == 0x3101;
		assert_int_equal(status, runs        ? RUNNING
					 : failed    ? FAILED
					 : code == 0 ? NEVER
						     : UNKNOWN);
	}
}

static void test_luks(void **state)
{
	static const struct case_of cases[] = {
		{ "0000", SUCCEEDED, -1 },
		{ "0100", NEVER, -1 },
		{ "0001", NEVER, -1 },
		{ "ffff", NEVER, -1 },
		{ "00", UNKNOWN, -1 },
		{ "000000", UNKNOWN, -1 },
		{ "", UNKNOWN, -1 },
	};

	(void)state;
	TRY(WITNESS_LUKS_HEADERS, cases);
}

static void test_completion(void **state)
{
	static const struct case_of cases[] = {
		{ "6e0000", RUNNING, -1 },
		{ "4e0000", SUCCEEDED, -1 },
		{ "4e0002", FAILED, -1 },
		{ "6e011d", FAILED, -1 }, /* Sanitize In Progress: another's */
		{ "4e0100", FAILED, -1 },
		{ "4e00", UNKNOWN, -1 },
		{ "4e000000", UNKNOWN, -1 },
		{ "7300", RUNNING, -1 },
		{ "5300", SUCCEEDED, -1 },
		{ "7302700005000000000a00000000200000000000", FAILED, -1 },
		{ "5302720520000000000000", FAILED, -1 },
		{ "7302", UNKNOWN, -1 }, /* CHECK CONDITION, and nothing said */
		{ "7308", UNKNOWN, -1 }, /* BUSY */
		{ "5318", UNKNOWN, -1 }, /* RESERVATION CONFLICT */
		{ "61005000010000000000000000", RUNNING, -1 },
		{ "41005000010000000000000000", SUCCEEDED, -1 },
		{ "41045100010000000000000000", FAILED, -1 },
		{ "41007000010000000000000000", FAILED, -1 },  /* device fault */
		{ "4100d000010000000000000000", UNKNOWN, -1 }, /* BSY */
		{ "41001000010000000000000000", UNKNOWN, -1 },
		{ "410050000100000000000000", UNKNOWN, -1 },
		{ "4500000000", SUCCEEDED, -1 },
		{ "4500000005", FAILED, -1 },
		{ "45000000", UNKNOWN, -1 },
		{ "5400", SUCCEEDED, -1 },
		{ "5401", FAILED, -1 },
		{ "540000", UNKNOWN, -1 },
		{ "5400000000", UNKNOWN, -1 },
		{ "58", UNKNOWN, -1 },
		{ "580000", UNKNOWN, -1 }, /* no such language */
		{ "4e", UNKNOWN, -1 },
		{ "", UNKNOWN, -1 },
	};

	(void)state;
	TRY(WITNESS_COMPLETION, cases);
	for (unsigned letter = 0; letter < 256; letter++) {
		char hex[7];
		(void)snprintf(hex, sizeof(hex), "%02x0000", letter);
		enum erase_status status = read_raw(WITNESS_COMPLETION, hex).status;
		if (strchr("nNsS", (int)letter) == NULL || letter == 0)
			assert_int_equal(status, UNKNOWN);
	}
}

static void test_no_witness_no_word(void **state)
{
	(void)state;
	for (unsigned bytes = 0; bytes <= 520; bytes += 4) {
		struct erase_answer answer = { .witness = WITNESS_NONE,
			.raw_bytes = (uint16_t)bytes };
		struct erase_state read;
		erase_state_read(&answer, &read);
		assert_int_equal(read.status, UNKNOWN);
		answer.witness = (enum erase_witness)77;
		erase_state_read(&answer, &read);
		assert_int_equal(read.status, UNKNOWN);
		answer.witness = WITNESS_NVME_SANITIZE_LOG;
		erase_state_read(&answer, &read);
		assert_int_equal(read.status, bytes >= 20 && bytes <= 512 ? NEVER : UNKNOWN);
	}
}

static void test_words(void **state)
{
	(void)state;
	for (unsigned i = WITNESS_NONE; i <= WITNESS_LUKS_HEADERS; i++)
		assert_int_equal(erase_witness_parse(erase_witness_name((enum erase_witness)i)), i);
	for (unsigned i = UNKNOWN; i <= FAILED; i++)
		assert_int_equal(erase_status_parse(erase_status_name((enum erase_status)i)), i);
	assert_int_equal(erase_witness_parse("Completion"), WITNESS_NONE);
	assert_int_equal(erase_status_parse("succeeded "), UNKNOWN);
	assert_string_equal(erase_witness_name((enum erase_witness)77), "none");
	assert_string_equal(erase_status_name((enum erase_status)77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status_of_nvme),
		cmocka_unit_test(test_the_command_of_nvme),
		cmocka_unit_test(test_progress_alone_says_nothing),
		cmocka_unit_test(test_a_short_log_says_nothing),
		cmocka_unit_test(test_ata_sanitize),
		cmocka_unit_test(test_ata_security),
		cmocka_unit_test(test_scsi_sense),
		cmocka_unit_test(test_luks),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_no_witness_no_word),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
