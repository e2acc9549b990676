/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Native capacity, by drives made of scripts. What was not answered in full must be unknown. */
#include "device/command/ata.h"
#include "device/command/capacity.h"
#include "device/command/scsi.h"
#include "tests/support/fake_scsi.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void put_big_32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_big_64(uint8_t *bytes, uint64_t value)
{
	put_big_32(bytes, (uint32_t)(value >> 32));
	put_big_32(bytes + 4, (uint32_t)value);
}

static void put_word(uint8_t *data, size_t index, uint16_t value)
{
	data[2 * index] = (uint8_t)value;
	data[2 * index + 1] = (uint8_t)(value >> 8);
}

static void put_words_64(uint8_t *data, size_t first, uint64_t value)
{
	for (size_t i = 0; i < 4; i++)
		put_word(data, first + i, (uint16_t)(value >> (16 * i)));
}

static void seal(uint8_t *data)
{
	uint8_t sum = 0;
	data[510] = 0xa5;
	data[511] = 0;
	for (size_t i = 0; i < 511; i++)
		sum = (uint8_t)(sum + data[i]);
	data[511] = (uint8_t)(0 - sum);
}

enum { HPA = 1, DCO = 2, AMAC = 4, NO_48_BIT = 8 };

/* IDENTIFY DEVICE data of a drive with these feature sets. */
static void make_identify(uint8_t *data, uint64_t sectors, uint32_t sector_bytes, int sets)
{
	bool extended = !(sets & NO_48_BIT);
	memset(data, 0, 512);
	put_word(data, 0, 0x0040);
	put_word(data, 60, (uint16_t)MIN(sectors, 0x0fffffffu));
	put_word(data, 61, (uint16_t)(MIN(sectors, 0x0fffffffu) >> 16));
	put_word(data, 82, sets & HPA ? 1 << 10 : 0);
	put_word(data, 83,
		(uint16_t)(0x4000 | (extended ? 1 << 10 : 0) | (sets & DCO ? 1 << 11 : 0)));
	put_word(data, 87, 0x4000);
	if (extended)
		put_words_64(data, 100, sectors);
	put_word(data, 106, 0x4000);
	if (sector_bytes != 512) {
		put_word(data, 106, 0x5000);
		put_word(data, 117, (uint16_t)(sector_bytes / 2));
		put_word(data, 118, (uint16_t)(sector_bytes / 2 >> 16));
	}
	put_word(data, 119, (uint16_t)(0x4000 | (sets & AMAC ? 1 << 8 : 0)));
	put_word(data, 120, 0x4000);
	seal(data);
}

static void make_overlay(uint8_t *data, uint64_t max_lba)
{
	memset(data, 0, 512);
	put_word(data, 0, 2);
	put_words_64(data, 3, max_lba);
	seal(data);
}

static struct drive_identity drive(enum transport transport, uint64_t capacity_bytes)
{
	return (struct drive_identity){ .transport = transport,
		.capacity_bytes = capacity_bytes,
		.logical_sector_bytes = 512 };
}

static struct native_capacity ask(
	const struct drive_identity *identity, const struct fake_scsi_step *steps, size_t count)
{
	struct fake_scsi fake;
	struct native_capacity native = { .native_bytes = 12345, .sector_bytes = 6789 };
	fake_scsi_start(&fake, steps, count);
	native_capacity_read(identity, &fake.transport, &native);
	fake_scsi_finish(&fake);
	return native;
}

#define assert_unknown(native)                                                                     \
	do {                                                                                       \
		assert_int_equal((native).source, NATIVE_UNKNOWN);                                 \
		assert_int_equal((native).native_bytes, 0);                                        \
	} while (0)

static void scsi_tells_capacity_and_sector_size(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 512, 520, 528, 4096 };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t data[32] = { 0 };
		struct fake_scsi_step step = fake_read_capacity_16();
		put_big_64(data, 0x1234567890 - 1);
		put_big_32(data + 8, sizes[i]);
		fake_scsi_good(&step, data, sizeof(data));
		/* What the kernel cannot address it shows with capacity 0. */
		struct drive_identity identity = drive(TRANSPORT_SCSI, 0);
		struct native_capacity native = ask(&identity, &step, 1);
		assert_int_equal(native.source, NATIVE_SCSI_CAPACITY);
		assert_int_equal(native.sector_bytes, sizes[i]);
		assert_true(native.native_bytes == UINT64_C(0x1234567890) * sizes[i]);
	}
}

static void scsi_falls_back_only_when_the_command_is_unknown(void **state)
{
	(void)state;
	uint8_t data[8];
	struct fake_scsi_step steps[2] = { fake_read_capacity_16(), fake_read_capacity_10() };
	struct drive_identity identity = drive(TRANSPORT_SCSI, 1000 * 512);
	put_big_32(data, 999);
	put_big_32(data + 4, 512);
	fake_scsi_check_fixed(&steps[0], 0x5, 0x20, 0x00);
	fake_scsi_good(&steps[1], data, sizeof(data));
	struct native_capacity native = ask(&identity, steps, 2);
	assert_int_equal(native.source, NATIVE_SCSI_CAPACITY);
	assert_true(native.native_bytes == 1000 * 512);

	/* More than the short command can tell. */
	put_big_32(data, UINT32_MAX);
	native = ask(&identity, steps, 2);
	assert_unknown(native);

	/* A short answer to it. */
	put_big_32(data, 999);
	steps[1].transferred = 7;
	native = ask(&identity, steps, 2);
	assert_unknown(native);

	/* A medium error is no reason to ask another way. */
	struct fake_scsi_step error = fake_read_capacity_16();
	fake_scsi_check(&error, 0x3, 0x11, 0x00);
	native = ask(&identity, &error, 1);
	assert_unknown(native);
}

static void scsi_asks_again_after_unit_attention(void **state)
{
	(void)state;
	uint8_t data[32] = { 0 };
	struct fake_scsi_step steps[6];
	struct drive_identity identity = drive(TRANSPORT_SCSI, 0);
	put_big_64(data, 99);
	put_big_32(data + 8, 512);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		steps[i] = fake_read_capacity_16();
		fake_scsi_check_fixed(&steps[i], 0x6, 0x29, 0x00);
	}
	/* Five times is a drive that answers nothing else. */
	struct native_capacity native = ask(&identity, steps, 5);
	assert_unknown(native);

	steps[1] = fake_read_capacity_16();
	fake_scsi_good(&steps[1], data, sizeof(data));
	native = ask(&identity, steps, 2);
	assert_int_equal(native.native_bytes, 100 * 512);
}

static void scsi_without_a_whole_answer_is_unknown(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int error;
		uint64_t last;
		uint32_t sector;
		uint32_t transferred;
		uint64_t kernel_bytes;
	} cases[] = {
		{ "no answer", -ETIMEDOUT, 99, 512, 32, 0 },
		{ "device gone", -ENODEV, 99, 512, 32, 0 },
		{ "short", 0, 99, 512, 11, 0 },
		{ "nothing", 0, 99, 512, 0, 0 },
		{ "sector size 0", 0, 99, 0, 32, 0 },
		{ "all ones", 0, UINT64_MAX, 512, 32, 0 },
		{ "too large", 0, UINT64_MAX - 1, 512, 32, 0 },
		{ "beyond what a certificate can hold", 0, (UINT64_C(1) << 54) - 1, 512, 32, 0 },
		{ "less than the kernel addresses", 0, 99, 512, 32, 101 * 512 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t data[32] = { 0 };
		struct fake_scsi_step step = fake_read_capacity_16();
		struct drive_identity identity = drive(TRANSPORT_SCSI, cases[i].kernel_bytes);
		put_big_64(data, cases[i].last);
		put_big_32(data + 8, cases[i].sector);
		fake_scsi_good(&step, data, cases[i].transferred);
		step.error = cases[i].error;
		struct native_capacity native = ask(&identity, &step, 1);
		if (native.source != NATIVE_UNKNOWN || native.native_bytes != 0)
			fail_msg("%s: not unknown", cases[i].name);
	}
}

/* The questions in the order they are asked. */
enum { ASK_IDENTIFY, ASK_NATIVE_MAX, ASK_ACCESSIBLE_MAX, ASK_OVERLAY, ASK_COUNT };

struct ata_script {
	struct fake_scsi_step steps[ASK_COUNT];
	uint8_t identify[512];
	uint8_t overlay[512];
};

static void make_script(struct ata_script *script)
{
	script->steps[ASK_IDENTIFY] = fake_ata_pio_in("IDENTIFY DEVICE", 0, 0xec, 0);
	script->steps[ASK_NATIVE_MAX] =
		fake_ata_non_data("READ NATIVE MAX ADDRESS EXT", true, 0, 0x27, 0x40);
	script->steps[ASK_ACCESSIBLE_MAX] =
		fake_ata_non_data("GET NATIVE MAX ADDRESS EXT", true, 0, 0x78, 0x40);
	script->steps[ASK_OVERLAY] =
		fake_ata_pio_in("DEVICE CONFIGURATION IDENTIFY", 0xc2, 0xb1, 0x40);
	fake_scsi_good(&script->steps[ASK_IDENTIFY], script->identify, 512);
	fake_scsi_registers(&script->steps[ASK_NATIVE_MAX], true, 0, 0, 99999, 0x40, 0x50);
	fake_scsi_registers(&script->steps[ASK_ACCESSIBLE_MAX], true, 0, 0, 99999, 0x40, 0x50);
	fake_scsi_good(&script->steps[ASK_OVERLAY], script->overlay, 512);
	make_identify(script->identify, 100000, 512, HPA | DCO | AMAC);
	make_overlay(script->overlay, 99999);
}

static void ata_with_nothing_hidden(void **state)
{
	(void)state;
	struct ata_script script;
	struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
	make_script(&script);
	struct native_capacity native = ask(&identity, script.steps, ASK_COUNT);
	assert_int_equal(native.source, NATIVE_ATA_MAX);
	assert_int_equal(native.native_bytes, 100000 * 512);
	assert_int_equal(native.sector_bytes, 512);
}

static void ata_without_any_feature_set_is_what_identify_says(void **state)
{
	(void)state;
	struct ata_script script;
	struct drive_identity identity = drive(TRANSPORT_ATA, 0);
	make_script(&script);
	make_identify(script.identify, UINT64_C(0x123456789a), 4096, 0);
	struct native_capacity native = ask(&identity, script.steps, 1);
	assert_int_equal(native.source, NATIVE_ATA_MAX);
	assert_int_equal(native.sector_bytes, 4096);
	assert_true(native.native_bytes == UINT64_C(0x123456789a) * 4096);
}

static void ata_host_protected_area_is_found(void **state)
{
	(void)state;
	struct ata_script script;
	struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
	make_script(&script);
	make_identify(script.identify, 100000, 512, HPA);
	const uint64_t last = UINT64_C(0x0000a1b2c3d4e5f6) & 0xffffffffffff;
	fake_scsi_registers(&script.steps[ASK_NATIVE_MAX], true, 0, 0, last, 0x40, 0x50);
	struct native_capacity native = ask(&identity, script.steps, 2);
	assert_int_equal(native.source, NATIVE_ATA_MAX);
	assert_true(native.native_bytes == (last + 1) * 512);
}

static void ata_overlay_hides_more(void **state)
{
	(void)state;
	struct ata_script script;
	struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
	make_script(&script);
	fake_scsi_registers(&script.steps[ASK_NATIVE_MAX], true, 0, 0, 149999, 0x40, 0x50);
	make_overlay(script.overlay, 199999);
	struct native_capacity native = ask(&identity, script.steps, ASK_COUNT);
	assert_int_equal(native.source, NATIVE_ATA_MAX);
	assert_int_equal(native.native_bytes, 200000 * 512);
}

static void ata_accessible_max_is_found(void **state)
{
	(void)state;
	struct ata_script script;
	struct fake_scsi_step steps[2];
	struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
	make_script(&script);
	make_identify(script.identify, 100000, 512, AMAC);
	fake_scsi_registers(&script.steps[ASK_ACCESSIBLE_MAX], true, 0, 0, 299999, 0x40, 0x50);
	steps[0] = script.steps[ASK_IDENTIFY];
	steps[1] = script.steps[ASK_ACCESSIBLE_MAX];
	struct native_capacity native = ask(&identity, steps, 2);
	assert_int_equal(native.native_bytes, 300000 * 512);
}

static void ata_28_bit_drive_is_asked_its_way(void **state)
{
	(void)state;
	struct ata_script script;
	struct fake_scsi_step steps[2];
	struct drive_identity identity = drive(TRANSPORT_ATA, 0);
	make_script(&script);
	make_identify(script.identify, 100000, 512, HPA | NO_48_BIT);
	steps[0] = script.steps[ASK_IDENTIFY];
	steps[1] = fake_ata_non_data("READ NATIVE MAX ADDRESS", false, 0, 0xf8, 0x40);
	fake_scsi_registers(&steps[1], false, 0, 0, 0x345678, 0x42, 0x50);
	struct native_capacity native = ask(&identity, steps, 2);
	assert_int_equal(native.native_bytes, UINT64_C(0x2345679) * 512);
}

static void deny(struct fake_scsi_step *step, int way)
{
	struct fake_scsi_step kept = *step;
	switch (way) {
	case 0:
		fake_scsi_no_answer(step, -ETIMEDOUT);
		break;
	case 1: /* ABRT: a frozen overlay, a locked area */
		fake_scsi_check(step, 0xb, 0x00, 0x00);
		break;
	case 2:
		fake_scsi_check_fixed(step, 0x5, 0x20, 0x00);
		break;
	case 3: /* good, but short or without registers */
		memset(step->sense, 0, sizeof(step->sense));
		step->sense_length = 0;
		fake_scsi_good(step, kept.data, 511);
		break;
	default: /* some other status: BUSY, or one that a host adapter made up */
		step->status = 0x08;
		break;
	}
}

static void ata_with_any_question_unanswered_is_unknown(void **state)
{
	(void)state;
	for (size_t question = 0; question < ASK_COUNT; question++) {
		for (int way = 0; way < 5; way++) {
			struct ata_script script;
			struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
			make_script(&script);
			deny(&script.steps[question], way);
			struct native_capacity native = ask(&identity, script.steps, question + 1);
			if (native.source != NATIVE_UNKNOWN || native.native_bytes != 0)
				fail_msg("question %zu denied in way %d: not unknown", question,
					way);
		}
	}
}

static void spoil_registers(struct fake_scsi_step *step, int way)
{
	switch (way) {
	case 0: /* another descriptor */
		step->sense[8] = 0x0c;
		break;
	case 1: /* cut off */
		step->sense_length = 21;
		break;
	case 2: /* a descriptor that reaches past the end */
		step->sense[7] = 13;
		break;
	case 3: /* not the 48-bit registers */
		step->sense[10] = 0;
		break;
	case 4: /* ERROR */
		step->sense[21] = 0x51;
		break;
	case 5: /* DEVICE FAULT */
		step->sense[21] = 0x70;
		break;
	case 6: /* BUSY: no other bit counts */
		step->sense[21] = 0xd0;
		break;
	case 7: /* no status at all */
		step->sense[21] = 0x00;
		break;
	case 8: /* deferred: of an earlier command */
		step->sense[0] = 0x73;
		break;
	case 9: /* ABORTED COMMAND in the sense key, whatever the registers say */
		step->sense[1] = 0x0b;
		break;
	case 10: /* good status: the registers may be of any command */
		step->status = 0x00;
		break;
	case 11: /* contradicts IDENTIFY */
		fake_scsi_registers(step, true, 0, 0, 99998, 0x40, 0x50);
		break;
	default: /* an address of 0, as translations give that do not fill it in */
		fake_scsi_registers(step, true, 0, 0, 0, 0x40, 0x50);
		break;
	}
}

static void ata_registers_that_do_not_tell_are_unknown(void **state)
{
	(void)state;
	for (int way = 0; way < 13; way++) {
		struct ata_script script;
		struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
		make_script(&script);
		spoil_registers(&script.steps[ASK_NATIVE_MAX], way);
		struct native_capacity native = ask(&identity, script.steps, 2);
		if (native.source != NATIVE_UNKNOWN || native.native_bytes != 0)
			fail_msg("registers spoilt in way %d: not unknown", way);
	}
}

static void ata_data_that_cannot_be_trusted_is_unknown(void **state)
{
	(void)state;
	for (int way = 0; way < 9; way++) {
		struct ata_script script;
		size_t asked = ASK_COUNT;
		struct drive_identity identity = drive(TRANSPORT_ATA, 100000 * 512);
		make_script(&script);
		switch (way) {
		case 0: /* overlay: checksum */
			script.overlay[20] ^= 1;
			break;
		case 1: /* overlay: no integrity word; there it is mandatory */
			script.overlay[510] = 0;
			break;
		case 2: /* overlay: nothing in it */
			memset(script.overlay, 0, 512);
			break;
		case 3: /* overlay: an address of more than 48 bits */
			make_overlay(script.overlay, UINT64_MAX);
			break;
		case 4: /* identify: checksum */
			script.identify[200] ^= 1;
			asked = 1;
			break;
		case 5: /* identify: a packet device */
			put_word(script.identify, 0, 0x8580);
			seal(script.identify);
			asked = 1;
			break;
		case 6: /* identify: the words on the feature sets are not valid */
			put_word(script.identify, 83, 0x0c00);
			seal(script.identify);
			asked = 1;
			break;
		case 7: /* identify: no capacity */
			put_words_64(script.identify, 100, 0);
			seal(script.identify);
			asked = 1;
			break;
		default: /* identify: all zero, from a translation that makes it up */
			memset(script.identify, 0, 512);
			asked = 1;
			break;
		}
		struct native_capacity native = ask(&identity, script.steps, asked);
		if (native.source != NATIVE_UNKNOWN || native.native_bytes != 0)
			fail_msg("data spoilt in way %d: not unknown", way);
	}
}

static void virtual_drives_never_get_commands(void **state)
{
	(void)state;
	static const enum transport transports[] = { TRANSPORT_VIRTUAL, TRANSPORT_VIRTIO,
		TRANSPORT_SCSI, TRANSPORT_ATA };
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++) {
		struct drive_identity identity = drive(transports[i], 4096);
		identity.is_virtual = true;
		struct native_capacity native = ask(&identity, NULL, 0);
		assert_int_equal(native.source, NATIVE_VIRTUAL);
		assert_int_equal(native.native_bytes, 4096);
	}
}

static void others_are_not_asked(void **state)
{
	(void)state;
	static const struct {
		enum transport transport;
		uint64_t capacity_bytes;
		enum native_source source;
	} cases[] = {
		{ TRANSPORT_NVME, 8192, NATIVE_NVME_SIZE },
		{ TRANSPORT_NVME, 0, NATIVE_UNKNOWN },
		{ TRANSPORT_USB, 8192, NATIVE_UNKNOWN },
		{ TRANSPORT_MMC, 8192, NATIVE_UNKNOWN },
		{ TRANSPORT_UNKNOWN, 8192, NATIVE_UNKNOWN },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drive_identity identity = drive(cases[i].transport, cases[i].capacity_bytes);
		struct native_capacity native = ask(&identity, NULL, 0);
		assert_int_equal(native.source, cases[i].source);
		assert_int_equal(native.native_bytes,
			cases[i].source == NATIVE_UNKNOWN ? 0 : cases[i].capacity_bytes);
	}
	struct drive_identity identity = drive(TRANSPORT_ATA, 8192);
	struct native_capacity native;
	native_capacity_read(&identity, NULL, &native);
	assert_unknown(native);
	identity.transport = TRANSPORT_SCSI;
	native_capacity_read(&identity, NULL, &native);
	assert_unknown(native);
}

static void without_a_drive_there_is_no_answer(void **state)
{
	(void)state;
	AUTO_FD int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct scsi_transport transport = scsi_transport_real(null);
	struct drive_identity identity = drive(TRANSPORT_SCSI, 4096);
	struct native_capacity native;
	struct scsi_capacity capacity;
	assert_true(scsi_read_capacity(&transport, &capacity) < 0);
	native_capacity_read(&identity, &transport, &native);
	assert_unknown(native);
	transport.fd = -1;
	assert_true(scsi_read_capacity(&transport, &capacity) < 0);
	struct scsi_command none = { .cdb_length = 0 };
	struct scsi_answer answer;
	assert_int_equal(transport.send(&transport, &none, &answer), -EINVAL);
}

static void words_are_stable(void **state)
{
	(void)state;
	for (int i = NATIVE_UNKNOWN; i <= NATIVE_ATA_MAX; i++)
		assert_int_equal(native_source_parse(native_source_name((enum native_source)i)), i);
	assert_int_equal(native_source_parse("newer"), NATIVE_UNKNOWN);
	assert_string_equal(native_source_name(NATIVE_ATA_MAX), "ata-max");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scsi_tells_capacity_and_sector_size),
		cmocka_unit_test(scsi_falls_back_only_when_the_command_is_unknown),
		cmocka_unit_test(scsi_asks_again_after_unit_attention),
		cmocka_unit_test(scsi_without_a_whole_answer_is_unknown),
		cmocka_unit_test(ata_with_nothing_hidden),
		cmocka_unit_test(ata_without_any_feature_set_is_what_identify_says),
		cmocka_unit_test(ata_host_protected_area_is_found),
		cmocka_unit_test(ata_overlay_hides_more),
		cmocka_unit_test(ata_accessible_max_is_found),
		cmocka_unit_test(ata_28_bit_drive_is_asked_its_way),
		cmocka_unit_test(ata_with_any_question_unanswered_is_unknown),
		cmocka_unit_test(ata_registers_that_do_not_tell_are_unknown),
		cmocka_unit_test(ata_data_that_cannot_be_trusted_is_unknown),
		cmocka_unit_test(virtual_drives_never_get_commands),
		cmocka_unit_test(others_are_not_asked),
		cmocka_unit_test(without_a_drive_there_is_no_answer),
		cmocka_unit_test(words_are_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
