/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive is asked itself who it is, in its own language; what it does not answer is never an answer. */
#include "device/identity/identity_asked.h"
#include "tests/support/model_nvme.h"
#include "tests/support/model_scsi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define BYTES ((size_t)64 * 512)

static const struct drive_identity scsi_drive = { .transport = TRANSPORT_SCSI };
static const struct drive_identity ata_drive = { .transport = TRANSPORT_ATA };
static const struct drive_identity nvme_drive = { .transport = TRANSPORT_NVME };

static void scsi_and_ata_drives_say_who_they_are(void **state)
{
	(void)state;
	const struct drive_identity *const drives[] = { &scsi_drive, &ata_drive };
	for (size_t i = 0; i < ARRAY_SIZE(drives); i++) {
		struct identity_asked before, now;
		struct model_scsi drive;
		model_scsi_start(&drive, "honest", BYTES, i == 1);
		assert_int_equal(identity_ask(drives[i], &drive.transport, NULL, &before), 0);
		assert_true(before.answered);
		assert_string_equal(before.serial, "HM-unit");
		assert_memory_equal(before.name, "naa.5fac0de", 11);
		assert_int_equal(strlen(before.name), 4 + 16);
		assert_int_equal(identity_ask(drives[i], &drive.transport, NULL, &now), 0);
		assert_true(identity_asked_same(&before, &now));

		/* Another one under the same name. */
		assert_int_equal(model_obey(&drive.model, "name other"), 0);
		assert_int_equal(identity_ask(drives[i], &drive.transport, NULL, &now), 0);
		assert_string_equal(now.serial, "HM-other");
		assert_false(identity_asked_same(&before, &now));

		/* Silence is no answer, and not the same as one. */
		assert_int_equal(model_obey(&drive.model, "hangs-all"), 0);
		assert_int_equal(identity_ask(drives[i], &drive.transport, NULL, &now), -ETIMEDOUT);
		assert_false(now.answered);
		assert_false(identity_asked_same(&before, &now));
		model_scsi_end(&drive);
	}
}

static void a_drive_without_a_name_says_so(void **state)
{
	(void)state;
	struct identity_asked asked;
	struct model_scsi drive;
	model_scsi_start(&drive, "empty-serial", BYTES, false);
	assert_int_equal(identity_ask(&scsi_drive, &drive.transport, NULL, &asked), 0);
	assert_true(asked.answered);
	assert_string_equal(asked.serial, "");
	assert_string_equal(asked.name, "");
	model_scsi_end(&drive);
}

static void an_nvme_drive_says_who_it_is(void **state)
{
	(void)state;
	struct identity_asked before, now;
	struct model_nvme drive;
	model_nvme_start(&drive, "honest", BYTES);
	assert_int_equal(identity_ask(&nvme_drive, NULL, &drive.transport, &before), 0);
	assert_true(before.answered);
	assert_memory_equal(before.serial, "HM-", 3);
	assert_string_not_equal(before.model, "");
	assert_int_equal(strlen(before.name), 48);
	model_nvme_obey(&drive, "name other");
	assert_int_equal(identity_ask(&nvme_drive, NULL, &drive.transport, &now), 0);
	assert_false(identity_asked_same(&before, &now));
	for (unsigned call = 1; call <= 2; call++) {
		drive.calls = 0;
		drive.fails_at = call;
		assert_int_equal(identity_ask(&nvme_drive, NULL, &drive.transport, &now), -EIO);
		assert_false(now.answered);
	}
	model_nvme_end(&drive);
}

static void others_are_not_asked(void **state)
{
	(void)state;
	const struct drive_identity drives[] = { { .transport = TRANSPORT_VIRTUAL },
		{ .transport = TRANSPORT_VIRTIO }, { .transport = TRANSPORT_MMC },
		{ .transport = TRANSPORT_SCSI, .is_virtual = true } };
	for (size_t i = 0; i < ARRAY_SIZE(drives); i++) {
		struct identity_asked asked = { .answered = true };
		assert_int_equal(identity_ask(&drives[i], NULL, NULL, &asked), 0);
		assert_false(asked.answered);
	}
	struct identity_asked asked;
	assert_int_equal(identity_ask(&scsi_drive, NULL, NULL, &asked), -EINVAL);
	/* No drive at all: an fd that takes no such command. */
	assert_true(identity_ask_real(0, &scsi_drive, 10000, &asked) < 0);
	assert_false(asked.answered);
	assert_int_equal(identity_ask_real(-1, &scsi_drive, 10000, &asked), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scsi_and_ata_drives_say_who_they_are),
		cmocka_unit_test(a_drive_without_a_name_says_so),
		cmocka_unit_test(an_nvme_drive_says_who_it_is),
		cmocka_unit_test(others_are_not_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
