/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard on machines made of files: it passes a free drive, says what stops it, and refuses for
 * who the drive is. What uses a drive: test_guard_mounts.c, _holders.c, _exports.c and _opened.c;
 * devices that really exist: test_guard_real.c. */
#include "inventory/assets/drives.h"
#include "inventory/custody/holds.h"
#include "tests/support/guard_fixture.h"
#include "verify/judge/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* ---- the whole ---- */

static void a_free_drive_passes_every_check_of_the_table(void **state)
{
	static const char *const table[] = { "identity", "addressable", "read-only", "system-disk",
		"mounted", "swap", "holders", "paths", "exported", "loop-backing", "lvm", "zfs",
		"opened", "hold" };
	struct guard_scene *scene = *state;
	struct error error = { 0 };

	guard_passes(scene);
	assert_int_equal(scene->report.count, ARRAY_SIZE(table));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(scene->report.findings[i].check, table[i]);
	assert_int_equal(guard_error(&scene->report, &scene->drive.identity, &error), 0);
	assert_int_equal(error.kind, ERROR_NONE);
}

static void every_reason_is_told_at_once_and_the_first_is_the_error(void **state)
{
	struct guard_scene *scene = *state;
	struct error error = { 0 };

	scene->drive.identity.read_only = true;
	fixture_disk(&scene->fixture, "md0", 9);
	fixture_stack(&scene->fixture, "sdx", "md0");
	store_close(scene->store);
	scene->store = NULL;
	guard_look(scene, "OTHER");
	assert_int_equal(guard_finding_of(&scene->report, "identity")->result, GUARD_REFUSED);
	assert_int_equal(guard_finding_of(&scene->report, "read-only")->result, GUARD_REFUSED);
	assert_int_equal(guard_finding_of(&scene->report, "holders")->result, GUARD_REFUSED);
	assert_int_equal(guard_finding_of(&scene->report, "hold")->result, GUARD_NOT_MADE);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_PASSED);

	assert_true(guard_error(&scene->report, &scene->drive.identity, &error) < 0);
	assert_int_equal(error.kind, ERROR_REFUSED);
	assert_string_equal(error.code, "guard-identity");
	assert_non_null(strstr(error.what, "ZA1"));
	assert_non_null(strstr(error.what, "OTHER"));
	assert_true(error.next[0]);
}

static void nothing_checked_is_nothing_allowed(void **state)
{
	(void)state;
	const struct guard_report empty = { 0 };
	const struct guard_report lying = { .allowed = true };
	const struct drive_identity identity = { .serial = "S" };
	AUTO_JSON json_t *json = NULL;
	struct error error = { 0 };

	assert_true(guard_error(&empty, &identity, &error) < 0);
	assert_int_equal(error.kind, ERROR_REFUSED);
	assert_true(guard_error(&lying, &identity, &error) < 0);
	assert_int_equal(guard_to_json(&lying, &json), 0);
	assert_string_equal(json_string_value(json_object_get(json, "result")), "refused");
}

static void the_report_is_evidence(void **state)
{
	struct guard_scene *scene = *state;
	struct error error = { 0 };
	AUTO_JSON json_t *passed = NULL;
	AUTO_JSON json_t *refused = NULL;

	guard_passes(scene);
	assert_int_equal(guard_to_json(&scene->report, &passed), 0);
	assert_string_equal(json_string_value(json_object_get(passed, "result")), "passed");
	assert_int_equal(json_array_size(json_object_get(passed, "checks")), 14);
	assert_int_equal(evidence_check_event(passed, false, &error), 0);

	/* Names that a hostile disk or user chose, too. */
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO
		"30 28 240:1 / /mnt/\xff\033[31m\\012\\134x rw - ext4 /dev/sdx1 rw\n");
	guard_look(scene, "ZA1");
	assert_int_equal(guard_to_json(&scene->report, &refused), 0);
	assert_string_equal(json_string_value(json_object_get(refused, "result")), "refused");
	const json_t *check = json_array_get(json_object_get(refused, "checks"), 4);
	assert_string_equal(json_string_value(json_object_get(check, "check")), "mounted");
	assert_string_equal(json_string_value(json_object_get(check, "result")), "refused");
	assert_non_null(
		strstr(json_string_value(json_object_get(check, "detail")), "/mnt/??[31m?\\x"));
	assert_int_equal(evidence_check_event(refused, false, &error), 0);
}

/* ---- who it is ---- */

static void the_named_serial_must_be_exactly_this_drives(void **state)
{
	struct guard_scene *scene = *state;
	static const struct {
		const char *named;
		bool allowed;
	} cases[] = { { "ZA1", true }, { "naa.5000c500a1b2c3d4", true }, { "za1", false },
		{ "ZA", false }, { "ZA11", false }, { "sdx", false }, { "", false },
		{ NULL, false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		guard_look(scene, cases[i].named);
		assert_int_equal(scene->report.allowed, cases[i].allowed);
		assert_int_equal(guard_finding_of(&scene->report, "identity")->result,
			cases[i].allowed ? GUARD_PASSED : GUARD_REFUSED);
	}
	/* Only a plan, which destroys nothing, may go without; but a wrong name stays wrong. */
	struct guard_subject subject = {
		.drive = &scene->drive, .store = scene->store, .paths = &scene->fixture.paths
	};
	guard_check(&subject, &scene->report);
	assert_true(scene->report.allowed);
	subject.expected_serial = "OTHER";
	guard_check(&subject, &scene->report);
	assert_false(scene->report.allowed);
}

static void a_drive_without_serial_and_wwn_is_refused_even_when_nothing_was_named(void **state)
{
	struct guard_scene *scene = *state;

	scene->drive.identity.serial[0] = '\0';
	guard_look(scene, "naa.5000c500a1b2c3d4");
	assert_true(scene->report.allowed);
	/* An empty name is none, though it equals the empty serial. */
	guard_look(scene, "");
	assert_int_equal(guard_finding_of(&scene->report, "identity")->result, GUARD_REFUSED);
	scene->drive.identity.wwn[0] = '\0';
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = "",
		.store = scene->store,
		.paths = &scene->fixture.paths };
	guard_check(&subject, &scene->report);
	assert_int_equal(guard_finding_of(&scene->report, "identity")->result, GUARD_REFUSED);
	assert_false(scene->report.allowed);
}

/* Another NVMe drive, as sysfs shows one. */
static void other_drive(struct guard_scene *scene, const char *name, unsigned minor,
	const char *serial, const char *wwid)
{
	char path[128];

	fixture_disk(&scene->fixture, name, minor);
	(void)snprintf(path, sizeof(path), "sys/block/%s/device/serial", name);
	fixture_write(&scene->fixture, path, serial);
	(void)snprintf(path, sizeof(path), "sys/block/%s/device/subsystem", name);
	fixture_link(&scene->fixture, path, "../../../class/nvme");
	(void)snprintf(path, sizeof(path), "sys/block/%s/wwid", name);
	fixture_write(&scene->fixture, path, wwid);
}

static void another_drive_with_the_same_serial_and_wwn_is_refused_and_both_are_named(void **state)
{
	struct guard_scene *scene = *state;

	/* Something that is not asked, and something that has no name at all. */
	fixture_disk(&scene->fixture, "loop7", 77);
	other_drive(scene, "nvme9n1", 99, "ZA1\n", "naa.5000c500a1b2c3d4\n");
	REFUSED_BY(scene, "identity", "sdx", "nvme9n1");
	guard_look(scene, "naa.5000c500a1b2c3d4");
	assert_false(scene->report.allowed);
	fixture_remove(&scene->fixture, "sys/block/nvme9n1");
	fixture_remove(&scene->fixture, "sys/dev/block/240:99");
	guard_passes(scene);

	/* The same where neither has a WWN. */
	scene->drive.identity.wwn[0] = '\0';
	other_drive(scene, "nvme8n1", 88, "ZA1\n", "\n");
	REFUSED_BY(scene, "identity", "sdx", "nvme8n1");
}

static void a_serial_that_two_drives_have_names_neither_but_the_wwn_does(void **state)
{
	struct guard_scene *scene = *state;

	other_drive(scene, "nvme9n1", 99, "ZA1\n", "eui.0011223344556677\n");
	REFUSED_BY(scene, "identity", "ZA1", "nvme9n1", "naa.5000c500a1b2c3d4");
	guard_look(scene, "naa.5000c500a1b2c3d4");
	assert_true(scene->report.allowed);
	assert_non_null(strstr(guard_finding_of(&scene->report, "identity")->detail, "nvme9n1"));
	/* A plan says how it has to be named. */
	const struct guard_subject subject = {
		.drive = &scene->drive, .store = scene->store, .paths = &scene->fixture.paths
	};
	guard_check(&subject, &scene->report);
	assert_true(scene->report.allowed);
	assert_non_null(strstr(
		guard_finding_of(&scene->report, "identity")->detail, "naa.5000c500a1b2c3d4"));

	/* A job knows both. */
	struct guard_subject by_job = { .drive = &scene->drive,
		.expected_serial = "ZA1",
		.expected_wwn = "naa.5000c500a1b2c3d4",
		.require_serial = true,
		.store = scene->store,
		.paths = &scene->fixture.paths };
	guard_check(&by_job, &scene->report);
	assert_true(scene->report.allowed);
	by_job.expected_wwn = "naa.5000c500a1b2c3d5";
	guard_check(&by_job, &scene->report);
	assert_int_equal(guard_finding_of(&scene->report, "identity")->result, GUARD_REFUSED);

	scene->drive.identity.wwn[0] = '\0';
	REFUSED_BY(scene, "identity", "ZA1", "nvme9n1");
}

static void other_drives_that_cannot_be_listed_are_a_refusal(void **state)
{
	struct guard_scene *scene = *state;

	fixture_remove(&scene->fixture, "sys/block/other/dev");
	fixture_write(&scene->fixture, "sys/block/other/dev", "nonsense\n");
	guard_look(scene, "ZA1");
	assert_int_equal(guard_finding_of(&scene->report, "identity")->result, GUARD_NOT_MADE);
	assert_non_null(strstr(guard_finding_of(&scene->report, "identity")->detail, "other"));
}

static void what_cannot_be_addressed_or_written_is_refused(void **state)
{
	struct guard_scene *scene = *state;

	scene->drive.identity.logical_sector_bytes = 520;
	REFUSED_BY(scene, "addressable", "520");
	scene->drive.identity.logical_sector_bytes = 512;
	scene->drive.identity.read_only = true;
	REFUSED_BY(scene, "read-only", "read-only");
}

static void a_legal_hold_is_named_with_authority_and_reason(void **state)
{
	struct guard_scene *scene = *state;
	struct native_capacity native = { NATIVE_SCSI_CAPACITY, 1 * GIB, 512 };
	struct error error = { 0 };
	int64_t id;

	const struct drive_seen seen = { .identity = &scene->drive.identity,
		.native = &native,
		.host = "host",
		.utc_ms = 1000 };
	assert_int_equal(drives_record(scene->store, &seen, &id, &error), 0);
	guard_passes(scene);
	const struct subject held = { SUBJECT_DRIVE, id };
	assert_int_equal(holds_place(scene->store, &held, "District Court", "case 17",
				 "user:root (0)", 2000, NULL, &error),
		0);
	REFUSED_BY(scene, "hold", "District Court", "case 17", "H1", "D1");

	/* What is signed and handed out later says neither by whom nor why. */
	AUTO_JSON json_t *json = NULL;
	assert_int_equal(guard_to_json(&scene->report, &json), 0);
	AUTO_FREE char *text = json_dumps(json, 0);
	assert_non_null(strstr(text, "\"H1\""));
	assert_null(strstr(text, "District Court"));
	assert_null(strstr(text, "case 17"));
}

static void without_a_store_that_answers_there_is_no_word_on_holds(void **state)
{
	struct guard_scene *scene = *state;
	struct error error = { 0 };
	int64_t changed;

	assert_int_equal(
		store_execute(scene->store, "DROP TABLE hold", NULL, 0, &changed, &error), 0);
	NOT_MADE_BY(scene, "hold", "legal hold");
	store_close(scene->store);
	scene->store = NULL;
	NOT_MADE_BY(scene, "hold", "store");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GUARD_SCENE(a_free_drive_passes_every_check_of_the_table),
		WITH_GUARD_SCENE(every_reason_is_told_at_once_and_the_first_is_the_error),
		WITH_GUARD_SCENE(nothing_checked_is_nothing_allowed),
		WITH_GUARD_SCENE(the_report_is_evidence),
		WITH_GUARD_SCENE(the_named_serial_must_be_exactly_this_drives),
		WITH_GUARD_SCENE(
			a_drive_without_serial_and_wwn_is_refused_even_when_nothing_was_named),
		WITH_GUARD_SCENE(
			another_drive_with_the_same_serial_and_wwn_is_refused_and_both_are_named),
		WITH_GUARD_SCENE(a_serial_that_two_drives_have_names_neither_but_the_wwn_does),
		WITH_GUARD_SCENE(other_drives_that_cannot_be_listed_are_a_refusal),
		WITH_GUARD_SCENE(what_cannot_be_addressed_or_written_is_refused),
		WITH_GUARD_SCENE(a_legal_hold_is_named_with_authority_and_reason),
		WITH_GUARD_SCENE(without_a_store_that_answers_there_is_no_word_on_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
