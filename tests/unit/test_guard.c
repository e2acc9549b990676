/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard on machines made of files: it passes a free drive, and refuses for every single reason,
 * also for every fact that it cannot read. Devices that really exist: test_guard_real.c. */
#include "wipe/guard/guard_checks.h"

#include "inventory/assets/drives.h"
#include "inventory/custody/holds.h"
#include "tests/support/fixture_system.h"
#include "verify/judge/evidence.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* sdx (240:0) with sdx1 (240:1), on a machine where nothing uses it. */
struct scene {
	struct fixture_system fixture;
	struct drive drive;
	struct store *store;
	struct guard_report report;
};

static struct store *open_store(const struct fixture_system *fixture)
{
	struct store *store = NULL;
	struct error error = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/store/haiki.db", fixture->root);
	assert_int_equal(store_open(path, STORE_WRITE, &store, &error), 0);
	return store;
}

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	fixture_begin(&scene->fixture);
	fixture_disk(&scene->fixture, "sdx", 0);
	fixture_partition(&scene->fixture, "sdx", "sdx1", 1, 2048);
	scene->store = open_store(&scene->fixture);
	scene->drive.fd = -1;
	scene->drive.identity = (struct drive_identity){ .wwn = "naa.5000c500a1b2c3d4",
		.serial = "ZA1",
		.model = "SAMPLE",
		.transport = TRANSPORT_SCSI,
		.media = MEDIA_MAGNETIC,
		.zoned = ZONED_NONE,
		.capacity_bytes = 1 * GIB,
		.logical_sector_bytes = 512,
		.physical_sector_bytes = 512,
		.name = "sdx",
		.devnum = makedev(240, 0) };
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	store_close(scene->store);
	if (scene->drive.fd >= 0)
		assert_int_equal(close(scene->drive.fd), 0);
	fixture_end(&scene->fixture);
	free(scene);
	return 0;
}

static const struct guard_finding *finding(const struct guard_report *report, const char *check)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].check, check) == 0)
			return &report->findings[i];
	fail_msg("the report has no check %s", check);
	abort();
}

static void look(struct scene *scene, const char *expected_serial)
{
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = expected_serial,
		.require_serial = true,
		.store = scene->store,
		.paths = &scene->fixture.paths };

	guard_check(&subject, &scene->report);
}

/* This check and no other stops the drive, and says so. said: parts of the text, NULL-terminated. */
static void refused_by(
	struct scene *scene, const char *check, enum guard_result result, const char *const said[])
{
	look(scene, "ZA1");
	assert_false(scene->report.allowed);
	for (size_t i = 0; i < scene->report.count; i++) {
		const struct guard_finding *each = &scene->report.findings[i];
		bool is_it = strcmp(each->check, check) == 0;
		if (is_it != (each->result != GUARD_PASSED))
			print_message("%s: %s\n", each->check, each->detail);
		assert_int_equal(each->result, is_it ? result : GUARD_PASSED);
	}
	for (size_t i = 0; said[i]; i++) {
		if (!strstr(finding(&scene->report, check)->detail, said[i]))
			print_message("%s\n", finding(&scene->report, check)->detail);
		assert_non_null(strstr(finding(&scene->report, check)->detail, said[i]));
	}
}
#define REFUSED_BY(scene, check, ...)                                                              \
	refused_by(scene, check, GUARD_REFUSED, (const char *const[]){ __VA_ARGS__, NULL })
#define NOT_MADE_BY(scene, check, ...)                                                             \
	refused_by(scene, check, GUARD_NOT_MADE, (const char *const[]){ __VA_ARGS__, NULL })

static void passes(struct scene *scene)
{
	look(scene, "ZA1");
	for (size_t i = 0; i < scene->report.count; i++) {
		if (scene->report.findings[i].result != GUARD_PASSED)
			print_message("%s: %s\n", scene->report.findings[i].check,
				scene->report.findings[i].detail);
		assert_int_equal(scene->report.findings[i].result, GUARD_PASSED);
		assert_string_equal(scene->report.findings[i].detail, "");
	}
	assert_true(scene->report.allowed);
}

/* The whole ---------------------------------------------------------------------------------- */

static void a_free_drive_passes_every_check_of_the_table(void **state)
{
	static const char *const table[] = { "identity", "addressable", "read-only", "system-disk",
		"mounted", "swap", "holders", "paths", "exported", "loop-backing", "lvm", "zfs",
		"opened", "hold" };
	struct scene *scene = *state;
	struct error error = { 0 };

	passes(scene);
	assert_int_equal(scene->report.count, ARRAY_SIZE(table));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(scene->report.findings[i].check, table[i]);
	assert_int_equal(guard_error(&scene->report, &scene->drive.identity, &error), 0);
	assert_int_equal(error.kind, ERROR_NONE);
}

static void every_reason_is_told_at_once_and_the_first_is_the_error(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };

	scene->drive.identity.read_only = true;
	fixture_disk(&scene->fixture, "md0", 9);
	fixture_stack(&scene->fixture, "sdx", "md0");
	store_close(scene->store);
	scene->store = NULL;
	look(scene, "OTHER");
	assert_int_equal(finding(&scene->report, "identity")->result, GUARD_REFUSED);
	assert_int_equal(finding(&scene->report, "read-only")->result, GUARD_REFUSED);
	assert_int_equal(finding(&scene->report, "holders")->result, GUARD_REFUSED);
	assert_int_equal(finding(&scene->report, "hold")->result, GUARD_NOT_MADE);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_PASSED);

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
	struct scene *scene = *state;
	struct error error = { 0 };
	AUTO_JSON json_t *passed = NULL;
	AUTO_JSON json_t *refused = NULL;

	passes(scene);
	assert_int_equal(guard_to_json(&scene->report, &passed), 0);
	assert_string_equal(json_string_value(json_object_get(passed, "result")), "passed");
	assert_int_equal(json_array_size(json_object_get(passed, "checks")), 14);
	assert_int_equal(evidence_check_event(passed, false, &error), 0);

	/* Names that a hostile disk or user chose, too. */
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO
		"30 28 240:1 / /mnt/\xff\033[31m\\012\\134x rw - ext4 /dev/sdx1 rw\n");
	look(scene, "ZA1");
	assert_int_equal(guard_to_json(&scene->report, &refused), 0);
	assert_string_equal(json_string_value(json_object_get(refused, "result")), "refused");
	const json_t *check = json_array_get(json_object_get(refused, "checks"), 4);
	assert_string_equal(json_string_value(json_object_get(check, "check")), "mounted");
	assert_string_equal(json_string_value(json_object_get(check, "result")), "refused");
	assert_non_null(
		strstr(json_string_value(json_object_get(check, "detail")), "/mnt/??[31m?\\x"));
	assert_int_equal(evidence_check_event(refused, false, &error), 0);
}

/* Who it is ---------------------------------------------------------------------------------- */

static void the_named_serial_must_be_exactly_this_drives(void **state)
{
	struct scene *scene = *state;
	static const struct {
		const char *named;
		bool allowed;
	} cases[] = { { "ZA1", true }, { "naa.5000c500a1b2c3d4", true }, { "za1", false },
		{ "ZA", false }, { "ZA11", false }, { "sdx", false }, { "", false },
		{ NULL, false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		look(scene, cases[i].named);
		assert_int_equal(scene->report.allowed, cases[i].allowed);
		assert_int_equal(finding(&scene->report, "identity")->result,
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
	struct scene *scene = *state;

	scene->drive.identity.serial[0] = '\0';
	look(scene, "naa.5000c500a1b2c3d4");
	assert_true(scene->report.allowed);
	/* An empty name is none, though it equals the empty serial. */
	look(scene, "");
	assert_int_equal(finding(&scene->report, "identity")->result, GUARD_REFUSED);
	scene->drive.identity.wwn[0] = '\0';
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = "",
		.store = scene->store,
		.paths = &scene->fixture.paths };
	guard_check(&subject, &scene->report);
	assert_int_equal(finding(&scene->report, "identity")->result, GUARD_REFUSED);
	assert_false(scene->report.allowed);
}

/* Another NVMe drive, as sysfs shows one. */
static void other_drive(
	struct scene *scene, const char *name, unsigned minor, const char *serial, const char *wwid)
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
	struct scene *scene = *state;

	/* Something that is not asked, and something that has no name at all. */
	fixture_disk(&scene->fixture, "loop7", 77);
	other_drive(scene, "nvme9n1", 99, "ZA1\n", "naa.5000c500a1b2c3d4\n");
	REFUSED_BY(scene, "identity", "sdx", "nvme9n1");
	look(scene, "naa.5000c500a1b2c3d4");
	assert_false(scene->report.allowed);
	fixture_remove(&scene->fixture, "sys/block/nvme9n1");
	fixture_remove(&scene->fixture, "sys/dev/block/240:99");
	passes(scene);

	/* The same where neither has a WWN. */
	scene->drive.identity.wwn[0] = '\0';
	other_drive(scene, "nvme8n1", 88, "ZA1\n", "\n");
	REFUSED_BY(scene, "identity", "sdx", "nvme8n1");
}

static void a_serial_that_two_drives_have_names_neither_but_the_wwn_does(void **state)
{
	struct scene *scene = *state;

	look(scene, "ZA1");
	assert_string_equal(guard_name_of(&scene->report, &scene->drive.identity), "ZA1");
	other_drive(scene, "nvme9n1", 99, "ZA1\n", "eui.0011223344556677\n");
	REFUSED_BY(scene, "identity", "ZA1", "nvme9n1", "naa.5000c500a1b2c3d4");
	assert_string_equal(
		guard_name_of(&scene->report, &scene->drive.identity), "naa.5000c500a1b2c3d4");
	look(scene, "naa.5000c500a1b2c3d4");
	assert_true(scene->report.allowed);
	assert_non_null(strstr(finding(&scene->report, "identity")->detail, "nvme9n1"));
	/* A plan says how it has to be named. */
	const struct guard_subject subject = {
		.drive = &scene->drive, .store = scene->store, .paths = &scene->fixture.paths
	};
	guard_check(&subject, &scene->report);
	assert_true(scene->report.allowed);
	assert_non_null(
		strstr(finding(&scene->report, "identity")->detail, "naa.5000c500a1b2c3d4"));
	assert_string_equal(
		guard_name_of(&scene->report, &scene->drive.identity), "naa.5000c500a1b2c3d4");

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
	assert_int_equal(finding(&scene->report, "identity")->result, GUARD_REFUSED);

	scene->drive.identity.wwn[0] = '\0';
	REFUSED_BY(scene, "identity", "ZA1", "nvme9n1");
	/* The plan already says so. */
	guard_check(&subject, &scene->report);
	assert_int_equal(finding(&scene->report, "identity")->result, GUARD_REFUSED);
}

static void other_drives_that_cannot_be_listed_are_a_refusal(void **state)
{
	struct scene *scene = *state;

	fixture_remove(&scene->fixture, "sys/block/other/dev");
	fixture_write(&scene->fixture, "sys/block/other/dev", "nonsense\n");
	look(scene, "ZA1");
	assert_int_equal(finding(&scene->report, "identity")->result, GUARD_NOT_MADE);
	assert_non_null(strstr(finding(&scene->report, "identity")->detail, "other"));
}

static void what_cannot_be_addressed_or_written_is_refused(void **state)
{
	struct scene *scene = *state;

	scene->drive.identity.logical_sector_bytes = 520;
	REFUSED_BY(scene, "addressable", "520");
	scene->drive.identity.logical_sector_bytes = 512;
	scene->drive.identity.read_only = true;
	REFUSED_BY(scene, "read-only", "read-only");
}

static void a_legal_hold_is_named_with_authority_and_reason(void **state)
{
	struct scene *scene = *state;
	struct native_capacity native = { NATIVE_SCSI_CAPACITY, 1 * GIB, 512 };
	struct error error = { 0 };
	int64_t id;

	const struct drive_seen seen = { .identity = &scene->drive.identity,
		.native = &native,
		.host = "host",
		.utc_ms = 1000 };
	assert_int_equal(drives_record(scene->store, &seen, &id, &error), 0);
	passes(scene);
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
	struct scene *scene = *state;
	struct error error = { 0 };
	int64_t changed;

	assert_int_equal(
		store_execute(scene->store, "DROP TABLE hold", NULL, 0, &changed, &error), 0);
	NOT_MADE_BY(scene, "hold", "legal hold");
	store_close(scene->store);
	scene->store = NULL;
	NOT_MADE_BY(scene, "hold", "store");
}

/* Mounts ------------------------------------------------------------------------------------- */

static void mounts_of_the_whole_family_are_seen(void **state)
{
	struct scene *scene = *state;
	static const struct {
		const char *line;
		const char *said;
	} cases[] = {
		{ "30 28 240:0 / /srv rw - ext4 /dev/sdx rw\n", "sdx is mounted at /srv" },
		{ "30 28 240:1 / /a\\040b rw shared:2 master:1 - xfs /dev/sdx1 rw\n",
			"sdx1 is mounted at /a b" },
		{ "30 28 240:1 /sub /x ro,noexec - ext4 anything rw\n", "sdx1 is mounted at /x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text), "%s%s", FIXTURE_MOUNTINFO, cases[i].line);
		fixture_write(&scene->fixture, "proc/self/mountinfo", text);
		REFUSED_BY(scene, "mounted", cases[i].said);
	}
	fixture_write(&scene->fixture, "proc/self/mountinfo", FIXTURE_MOUNTINFO);
	passes(scene);
}

/* A volume on an array on a partition: whatever stands on the drive, at any height. */
static void a_mount_high_up_in_the_stack_is_seen(void **state)
{
	struct scene *scene = *state;

	fixture_disk(&scene->fixture, "md0", 9);
	fixture_write(&scene->fixture, "sys/block/md0/md/level", "raid1\n");
	fixture_stack(&scene->fixture, "sdx/sdx1", "md0");
	fixture_disk(&scene->fixture, "dm-0", 10);
	fixture_write(&scene->fixture, "sys/block/dm-0/dm/name", "vault\n");
	fixture_write(&scene->fixture, "sys/block/dm-0/dm/uuid", "CRYPT-LUKS2-0123-vault\n");
	fixture_stack(&scene->fixture, "md0", "dm-0");
	REFUSED_BY(scene, "holders", "md0 (RAID1)", "cannot be told", "vault",
		"CRYPT-LUKS2-0123-vault");

	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:10 / /srv rw - ext4 /dev/mapper/vault rw\n");
	look(scene, "ZA1");
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_REFUSED);
	assert_non_null(
		strstr(finding(&scene->report, "mounted")->detail, "dm-0 is mounted at /srv"));

	/* Nobody has to unmount what stands on an array to take a drive out of it. */
	struct error error = { 0 };
	assert_true(guard_error(&scene->report, &scene->drive.identity, &error) < 0);
	assert_string_equal(error.code, "guard-holders");
	assert_non_null(strstr(error.next, "inventory show"));
}

/* ---- what would become of an array ---- */

static void member_of(struct scene *scene, const char *array, const char *name, const char *slot,
	const char *words)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "sys/block/%s/md/dev-%s/slot", array, name);
	fixture_write(&scene->fixture, path, slot);
	(void)snprintf(path, sizeof(path), "sys/block/%s/md/dev-%s/state", array, name);
	fixture_write(&scene->fixture, path, words);
}

/* md0 on the partition sdx1 and on others that are there too. */
static void array_on_drive(
	struct scene *scene, const char *level, const char *disks, unsigned others)
{
	fixture_disk(&scene->fixture, "md0", 9);
	fixture_write(&scene->fixture, "sys/block/md0/md/level", level);
	fixture_write(&scene->fixture, "sys/block/md0/md/raid_disks", disks);
	fixture_stack(&scene->fixture, "sdx/sdx1", "md0");
	member_of(scene, "md0", "sdx1", "0\n", "in_sync\n");
	for (unsigned i = 0; i < others; i++) {
		char name[16], slot[16];
		(void)snprintf(name, sizeof(name), "sdo%u", i);
		(void)snprintf(slot, sizeof(slot), "%u\n", i + 1);
		fixture_disk(&scene->fixture, name, 40 + i);
		fixture_stack(&scene->fixture, name, "md0");
		member_of(scene, "md0", name, slot, "in_sync\n");
	}
}

static void what_becomes_of_the_array_is_said(void **state)
{
	static const struct {
		const char *level, *disks;
		unsigned others;
		const char *said;
	} cases[] = {
		{ "raid5\n", "3\n", 2, "md0 (RAID5) would lose its last redundancy" },
		{ "raid5\n", "3\n", 1, "md0 (RAID5) would be destroyed" },
		{ "raid5\n", "3\n", 0, "md0 (RAID5) has lost data already" },
		{ "raid6\n", "4\n", 3, "md0 (RAID6) would go on, and bear the loss of 1 more" },
		{ "raid1\n", "2\n", 1, "md0 (RAID1) would go on with 1 of 2 copies" },
		{ "raid1\n", "3\n", 2, "md0 (RAID1) would go on with 2 of 3 copies" },
		{ "raid1\n", "2\n", 0, "md0 (RAID1) would be destroyed" },
		{ "raid0\n", "2\n", 1, "md0 (RAID0) would be destroyed" },
		{ "linear\n", "2\n", 1, "md0 (linear) would be destroyed" },
	};
	struct scene *scene = *state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		array_on_drive(scene, cases[i].level, cases[i].disks, cases[i].others);
		REFUSED_BY(scene, "holders", cases[i].said);
		(void)end(state);
		(void)begin(state);
		scene = *state;
	}
}

static void why_an_idle_member_is_refused_is_said(void **state)
{
	static const struct {
		const char *slot, *words, *said;
	} cases[] = {
		{ "none\n", "faulty\n", "mdadm --manage /dev/md0 --remove /dev/sdx1" },
		{ "none\n", "spare\n", "keeps sdx1 as a spare" },
		{ "0\n", "spare\n", "is being rebuilt onto sdx1" },
	};
	struct scene *scene = *state;
	array_on_drive(scene, "raid1\n", "2\n", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		member_of(scene, "md0", "sdx1", cases[i].slot, cases[i].words);
		REFUSED_BY(scene, "holders", cases[i].said);
	}
}

/* RAID0 over a mirror, and over a mirror that would be lost; both ways round in sysfs. */
static void an_array_on_an_array_is_judged_by_what_is_left_of_it(void **state)
{
	struct scene *scene = *state;
	array_on_drive(scene, "raid1\n", "2\n", 1);
	fixture_disk(&scene->fixture, "md1", 10);
	fixture_write(&scene->fixture, "sys/block/md1/md/level", "raid0\n");
	fixture_write(&scene->fixture, "sys/block/md1/md/raid_disks", "1\n");
	fixture_stack(&scene->fixture, "md0", "md1");
	member_of(scene, "md1", "md0", "0\n", "in_sync\n");
	REFUSED_BY(scene, "holders", "md0 (RAID1) would go on with 1 of 2 copies",
		"the array md1 (RAID0) stands on it");
	member_of(scene, "md0", "sdo0", "none\n", "faulty\n");
	REFUSED_BY(scene, "holders", "md0 (RAID1) would be destroyed",
		"md1 (RAID0) would be destroyed");
}

/* The technician's case: failed, removed; the superblock is still there, the claim is not. */
static void a_member_that_was_taken_out_is_free(void **state)
{
	struct scene *scene = *state;
	array_on_drive(scene, "raid1\n", "2\n", 1);
	look(scene, "ZA1");
	assert_int_equal(finding(&scene->report, "holders")->result, GUARD_REFUSED);
	fixture_remove(&scene->fixture, "sys/block/md0/md/dev-sdx1");
	fixture_remove(&scene->fixture, "sys/block/sdx/sdx1/holders/md0");
	fixture_remove(&scene->fixture, "sys/block/md0/slaves/sdx1");
	passes(scene);
}

static const char thin_uuid[] =
	"LVM-PBjInRKyw3dCfcgRCw1QQk8URxTuqxJDw3XU5aQyHYzcVuBAlXCExz35YORSB0j4-tpool\n";

/* A thin pool has four volumes with ids of 64 characters and more. */
static void every_volume_of_a_thin_pool_is_named(void **state)
{
	static const char *const names[] = { "haiki-pool_tdata", "haiki-pool_tmeta",
		"haiki-pool-tpool", "haiki-a--volume--of--a--tenant" };
	struct scene *scene = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		char name[16], path[64], line[64];
		(void)snprintf(name, sizeof(name), "dm-%u", i);
		fixture_disk(&scene->fixture, name, 10 + i);
		(void)snprintf(path, sizeof(path), "sys/block/%s/dm/name", name);
		(void)snprintf(line, sizeof(line), "%s\n", names[i]);
		fixture_write(&scene->fixture, path, line);
		(void)snprintf(path, sizeof(path), "sys/block/%s/dm/uuid", name);
		fixture_write(&scene->fixture, path, thin_uuid);
		fixture_stack(&scene->fixture, "sdx", name);
	}
	look(scene, "ZA1");
	const struct guard_finding *holders = finding(&scene->report, "holders");
	assert_int_equal(holders->result, GUARD_REFUSED);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_non_null(strstr(holders->detail, names[i]));
}

static void a_mount_in_another_namespace_is_seen_and_its_process_named(void **state)
{
	struct scene *scene = *state;

	fixture_process(&scene->fixture, 77, "container", 2);
	passes(scene);
	fixture_write(&scene->fixture, "proc/77/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /data rw - ext4 /dev/sdx1 rw\n");
	REFUSED_BY(scene, "mounted", "sdx1", "/data", "77", "container");
}

/* A process of our own namespace, but chrooted, sees fewer mounts: its view must not stand for the
 * namespace. */
static void a_narrow_view_does_not_hide_the_wide_one(void **state)
{
	struct scene *scene = *state;

	fixture_process(&scene->fixture, 5, "chrooted", 2);
	fixture_remove(&scene->fixture, "proc/5/root");
	fixture_link(&scene->fixture, "proc/5/root", "/jail");
	fixture_process(&scene->fixture, 6, "whole", 2);
	fixture_write(&scene->fixture, "proc/6/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /data rw - ext4 /dev/sdx1 rw\n");
	REFUSED_BY(scene, "mounted", "sdx1 is mounted at /data");
}

/* An unreadable mount table must not mean "not in use". */
static void an_unreadable_mount_table_means_in_use(void **state)
{
	struct scene *scene = *state;
	static const char *const texts[] = { "", "garbage\n", FIXTURE_MOUNTINFO "30 28\n",
		FIXTURE_MOUNTINFO "30 28 x:y / /srv rw - ext4 /dev/sdx rw\n",
		FIXTURE_MOUNTINFO "30 28 240:0 / /srv rw ext4 /dev/sdx rw\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fixture_write(&scene->fixture, "proc/self/mountinfo", texts[i]);
		look(scene, "ZA1");
		assert_false(scene->report.allowed);
		assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
		assert_int_equal(finding(&scene->report, "system-disk")->result, GUARD_NOT_MADE);
	}
	fixture_remove(&scene->fixture, "proc/self/mountinfo");
	look(scene, "ZA1");
	assert_false(scene->report.allowed);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
	assert_non_null(strstr(finding(&scene->report, "mounted")->detail, "mount table"));
	struct error error = { 0 };
	assert_true(guard_error(&scene->report, &scene->drive.identity, &error) < 0);
	assert_string_equal(error.code, "guard-system-disk");
}

static void the_mount_table_of_a_living_process_must_be_readable(void **state)
{
	struct scene *scene = *state;

	fixture_process(&scene->fixture, 77, "container", 2);
	fixture_remove(&scene->fixture, "proc/77/mountinfo");
	NOT_MADE_BY(scene, "mounted", "77");
	/* A zombie has none; neither has a process that ended while we looked. */
	fixture_write(&scene->fixture, "proc/77/stat", "77 (con) R ) Z 0 0\n");
	passes(scene);
	fixture_remove(&scene->fixture, "proc/77/stat");
	passes(scene);
}

static void processes_that_are_hidden_are_not_taken_for_absent(void **state)
{
	struct scene *scene = *state;

	fixture_remove(&scene->fixture, "proc/1");
	look(scene, "ZA1");
	assert_false(scene->report.allowed);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
	assert_int_equal(finding(&scene->report, "opened")->result, GUARD_NOT_MADE);
}

static void anonymous_devices_are_resolved_by_their_source(void **state)
{
	struct scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx1", 1))
		skip(); /* making device nodes needs privilege */
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 0:44 /@ /srv rw - btrfs /dev/sdx1 rw\n");
	REFUSED_BY(scene, "mounted", "sdx1 is mounted at /srv");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 0:44 / /srv rw - bcachefs /dev/sdx1:/dev/sdy rw\n");
	REFUSED_BY(scene, "mounted", "sdx1 is mounted at /srv");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 0:44 / /srv rw - bcachefs /dev/gone:/dev/sdx1 rw\n");
	NOT_MADE_BY(scene, "mounted", "/srv");
	/* tmpfs may call its source what it likes. */
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 0:44 / /srv rw - tmpfs /dev/nothing rw\n");
	passes(scene);
}

/* A btrfs names one of its drives as source. */
static void every_member_of_a_mounted_btrfs_is_in_use(void **state)
{
	struct scene *scene = *state;

	fixture_write(&scene->fixture, "sys/fs/btrfs/features/raid1c34", "0\n");
	fixture_link(&scene->fixture, "sys/fs/btrfs/0b1c/devices/other", "../../../../block/other");
	passes(scene);
	fixture_link(
		&scene->fixture, "sys/fs/btrfs/0b1c/devices/sdx1", "../../../../block/sdx/sdx1");
	REFUSED_BY(scene, "mounted", "sdx1", "0b1c");
}

/* Swap --------------------------------------------------------------------------------------- */

static void swap_on_the_family_is_refused(void **state)
{
	struct scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx1", 1) ||
		!fixture_node(&scene->fixture, "other", 16))
		skip();
	fixture_write(&scene->fixture, "proc/swaps",
		FIXTURE_SWAPS "/dev/other partition 8 0 -2\n/swap\\040file file 8 0 -3\n");
	passes(scene);
	fixture_write(&scene->fixture, "proc/swaps",
		FIXTURE_SWAPS "/dev/other partition 8 0 -2\n/dev/sdx1   partition\t8\t0\t-3\n");
	REFUSED_BY(scene, "swap", "sdx1", "/dev/sdx1");
}

static void unreadable_swaps_mean_in_use(void **state)
{
	struct scene *scene = *state;
	static const char *const texts[] = { "", "nonsense\n",
		FIXTURE_SWAPS "/dev/gone partition 8 0 -2\n", FIXTURE_SWAPS "/dev/other\n",
		FIXTURE_SWAPS "/dev/other cloud 8 0 -2\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fixture_write(&scene->fixture, "proc/swaps", texts[i]);
		NOT_MADE_BY(scene, "swap", "swap");
	}
	fixture_remove(&scene->fixture, "proc/swaps");
	NOT_MADE_BY(scene, "swap", "swap");
}

/* Holders and the tree ----------------------------------------------------------------------- */

static void each_holder_is_named(void **state)
{
	struct scene *scene = *state;

	fixture_disk(&scene->fixture, "bcache0", 11);
	fixture_stack(&scene->fixture, "sdx", "bcache0");
	REFUSED_BY(scene, "holders", "bcache0");
	fixture_remove(&scene->fixture, "sys/block/sdx/holders/bcache0");
	fixture_folder(&scene->fixture, "sys/block/sdx/sdx1/bcache");
	REFUSED_BY(scene, "holders", "bcache uses sdx1");
}

static void a_tree_that_cannot_be_read_says_nothing(void **state)
{
	struct scene *scene = *state;
	static const char *const broken[] = { "sys/block/sdx/holders", "sys/block/sdx/sdx1/holders",
		"sys/block/sdx/sdx1/dev", "sys/block/sdx/sdx1/start", "sys/dev/block/240:0" };

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct scene *other;
		void *inner;
		assert_int_equal(begin(&inner), 0);
		other = inner;
		fixture_remove(&other->fixture, broken[i]);
		look(other, "ZA1");
		assert_false(other->report.allowed);
		static const char *const checks[] = { "system-disk", "mounted", "swap", "holders",
			"paths", "exported", "loop-backing", "lvm", "opened" };
		for (size_t j = 0; j < ARRAY_SIZE(checks); j++) {
			assert_int_equal(
				finding(&other->report, checks[j])->result, GUARD_NOT_MADE);
			assert_true(finding(&other->report, checks[j])->detail[0]);
		}
		assert_int_equal(end(&inner), 0);
	}
	scene->drive.identity.devnum = 0;
	look(scene, "ZA1");
	assert_false(scene->report.allowed);
	scene->drive.identity.devnum = makedev(240, 0);
	passes(scene);
	/* There, but it cannot be read: no "this is no partition". */
	fixture_remove(&scene->fixture, "sys/block/sdx/sdx1/partition");
	fixture_folder(&scene->fixture, "sys/block/sdx/sdx1/partition");
	look(scene, "ZA1");
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
}

/* Two cables to one dual-ported drive, and no multipath: writing through one is writing both. */
static void the_same_medium_by_another_path_belongs_to_the_family(void **state)
{
	struct scene *scene = *state;

	fixture_write(&scene->fixture, "sys/block/sdx/device/wwid", "naa.5000c500a1b2c3d4\n");
	fixture_disk(&scene->fixture, "sdy", 32);
	fixture_partition(&scene->fixture, "sdy", "sdy1", 33, 2048);
	fixture_write(&scene->fixture, "sys/block/sdy/device/wwid", "naa.5000c500a1b2c3d4\n");
	/* Nobody may use the other one while we write through this one: only this one is claimed. */
	REFUSED_BY(scene, "paths", "sdy");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:33 / /srv rw - ext4 /dev/sdy1 rw\n");
	look(scene, "ZA1");
	const struct guard_finding *mounted = finding(&scene->report, "mounted");
	assert_int_equal(mounted->result, GUARD_REFUSED);
	assert_non_null(strstr(mounted->detail, "sdy1 (the same drive by another path)"));
	assert_non_null(strstr(mounted->detail, "/srv"));
	fixture_write(&scene->fixture, "proc/self/mountinfo", FIXTURE_MOUNTINFO);
	fixture_write(&scene->fixture, "sys/block/sdy/device/wwid", "naa.5000c500ffffffff\n");
	passes(scene);
}

/* The system's disk -------------------------------------------------------------------------- */

static void the_disk_the_machine_runs_from_is_refused(void **state)
{
	struct scene *scene = *state;
	static const char *const folders[] = { "/", "/boot", "/boot/efi", "/usr", "/var" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text),
			FIXTURE_MOUNTINFO "30 28 240:1 / %s rw - ext4 /dev/sdx1 rw\n", folders[i]);
		fixture_write(&scene->fixture, "proc/self/mountinfo", text);
		look(scene, "ZA1");
		assert_int_equal(finding(&scene->report, "system-disk")->result, GUARD_REFUSED);
		assert_non_null(strstr(finding(&scene->report, "system-disk")->detail, folders[i]));
		assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_REFUSED);
	}
}

/* Root on a volume of an array: downwards through slaves, even if the upward links were missing. */
static void the_root_is_followed_down_to_its_disks(void **state)
{
	struct scene *scene = *state;

	fixture_disk(&scene->fixture, "md0", 9);
	fixture_stack(&scene->fixture, "sdx/sdx1", "md0");
	fixture_disk(&scene->fixture, "dm-0", 10);
	fixture_stack(&scene->fixture, "md0", "dm-0");
	fixture_remove(&scene->fixture, "sys/block/sdx/sdx1/holders/md0");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		"28 1 240:10 / / rw - ext4 /dev/mapper/root rw\n");
	fixture_write(&scene->fixture, "proc/1/mountinfo",
		"28 1 240:10 / / rw - ext4 /dev/mapper/root rw\n");
	REFUSED_BY(scene, "system-disk", "/");
	fixture_remove(&scene->fixture, "sys/block/md0/slaves");
	/* A device without that folder is no stack: only now it is not seen any more. */
	passes(scene);
}

static void the_kernels_command_line_is_heard(void **state)
{
	struct scene *scene = *state;
	static const char *const lines[] = { "quiet root=/dev/sdx1 ro\n", "resume=/dev/sdx1\n",
		"root=PARTUUID=0a1b-02 ro\n", "root=UUID=6f-77\n", "root=\"LABEL=system\"\n",
		"resume=240:1\n" };

	if (!fixture_node(&scene->fixture, "sdx1", 1))
		skip();
	fixture_link(&scene->fixture, "dev/disk/by-partuuid/0a1b-02", "../../sdx1");
	fixture_link(&scene->fixture, "dev/disk/by-uuid/6f-77", "../../sdx1");
	fixture_link(&scene->fixture, "dev/disk/by-label/system", "../../sdx1");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		fixture_write(&scene->fixture, "proc/cmdline", lines[i]);
		REFUSED_BY(scene, "system-disk", i == 1 || i == 5 ? "resume=" : "root=");
	}
	/* Out of date, while the mounted root says where it is. */
	fixture_write(&scene->fixture, "proc/cmdline",
		"root=UUID=gone resume=/dev/gone root=0801 root=UUID=../../sdx1 rw\n");
	passes(scene);
	fixture_write(&scene->fixture, "proc/cmdline", "");
	passes(scene);
	fixture_remove(&scene->fixture, "proc/cmdline");
	NOT_MADE_BY(scene, "system-disk", "command line");
}

static void roots_without_a_device_pass_and_roots_unknown_do_not(void **state)
{
	struct scene *scene = *state;
	static const struct {
		const char *mountinfo;
		bool allowed;
	} cases[] = {
		{ "28 1 0:2 / / rw - rootfs rootfs rw\n", true },
		{ "28 1 0:30 / / rw - overlay overlay rw,lowerdir=/a\n", true },
		{ "28 1 0:30 / / rw - nfs4 server:/root rw\n", true },
		{ "28 1 0:30 / / rw - 9p /dev/root rw\n", true },
		{ "28 1 0:30 / / rw - virtiofs myfs rw\n", true },
		{ "28 1 0:30 / / rw - zfs rpool/root rw\n", true },
		{ "28 1 0:30 / / rw - btrfs /dev/root rw\n", false },
		{ "28 1 0:30 / / rw - newfs thing rw\n", false },
		{ "28 1 0:30 / /proc rw - proc proc rw\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_write(&scene->fixture, "proc/self/mountinfo", cases[i].mountinfo);
		if (cases[i].allowed)
			passes(scene);
		else
			NOT_MADE_BY(scene, "system-disk", "/");
	}
	/* "/dev/root" of an old kernel, with the name on the command line. */
	if (!fixture_node(&scene->fixture, "other", 16))
		return;
	fixture_write(
		&scene->fixture, "proc/self/mountinfo", "28 1 0:30 / / rw - btrfs /dev/root rw\n");
	fixture_write(&scene->fixture, "proc/cmdline", "root=/dev/other\n");
	passes(scene);
}

/* Exports ------------------------------------------------------------------------------------ */

#define NVMET "sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/"
#define LIO "sys/kernel/config/target/core/"

static void what_the_nvme_target_serves_is_in_use(void **state)
{
	struct scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;

	if (!fixture_node(fixture, "sdx1", 1) || !fixture_node(fixture, "other", 16))
		skip();
	fixture_write(fixture, NVMET "enable", "1\n");
	fixture_write(fixture, NVMET "device_path", "(null)\n");
	passes(scene);
	fixture_write(fixture, NVMET "device_path", "/dev/other\n");
	passes(scene);
	fixture_write(fixture, NVMET "device_path", "/dev/sdx1\n");
	REFUSED_BY(scene, "exported", "nvmet", "sdx1", "nqn.x/namespaces/1");
	/* By whatever name. */
	fixture_link(fixture, "dev/disk/by-id/x", "../../sdx1");
	fixture_write(fixture, NVMET "device_path", "/dev/disk/by-id/x\n");
	REFUSED_BY(scene, "exported", "nvmet", "sdx1");
	/* The node is gone, the export is not. */
	fixture_write(fixture, NVMET "device_path", "/dev/gone\n");
	NOT_MADE_BY(scene, "exported", "/dev/gone");
	fixture_write(fixture, NVMET "enable", "0\n");
	passes(scene);
}

static void a_controller_that_is_served_may_lead_to_the_drive(void **state)
{
	struct scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;
	static const char passthru[] =
		"sys/kernel/config/nvmet/subsystems/nqn.x/passthru/device_path";

	fixture_write(fixture, NVMET "device_path", "(null)\n");
	fixture_write(fixture, passthru, "/dev/nvme0\n");
	passes(scene); /* which is no SCSI drive */
	(void)snprintf(scene->drive.identity.name, sizeof(scene->drive.identity.name), "nvme0n1");
	NOT_MADE_BY(scene, "exported", "passthru");
	fixture_write(fixture, passthru, "(null)\n");
	passes(scene);
}

static void what_the_scsi_target_serves_is_in_use(void **state)
{
	struct scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;

	if (!fixture_node(fixture, "sdx", 0) || !fixture_node(fixture, "other", 16))
		skip();
	fixture_folder(fixture, LIO "alua/lu_gps/default_lu_gp");
	fixture_write(fixture, LIO "iblock_0/disk/udev_path", "/dev/sdx\n");
	fixture_write(fixture, LIO "iblock_0/disk/info", "Status: ACTIVATED\n");
	REFUSED_BY(scene, "exported", "LIO", "sdx", "iblock_0/disk");
	/* Nobody told udev's name: the backend's own words count. */
	fixture_write(fixture, LIO "iblock_0/disk/udev_path", "");
	passes(scene);
	fixture_write(fixture, LIO "iblock_0/disk/info",
		"Status: ACTIVATED\n        iBlock device: x  UDEV PATH: /dev/y  readonly: 0\n"
		"        Major: 240 Minor: 1  CLAIMED: IBLOCK\n");
	REFUSED_BY(scene, "exported", "LIO", "sdx1");
	fixture_remove(fixture, LIO "iblock_0");
	fixture_write(fixture, LIO "fileio_1/disk/udev_path", "");
	fixture_write(fixture, LIO "fileio_1/disk/info",
		"        TCM FILEIO ID: 0        File: /dev/other  Size: 1024  Mode: Buffered\n");
	passes(scene);
	fixture_write(fixture, LIO "fileio_1/disk/info",
		"        TCM FILEIO ID: 0        File: /dev/sdx  Size: 1024  Mode: Buffered\n");
	REFUSED_BY(scene, "exported", "LIO", "sdx", "fileio_1/disk");
	fixture_remove(fixture, LIO "fileio_1/disk/info");
	fixture_folder(fixture, LIO "fileio_1/disk/info");
	NOT_MADE_BY(scene, "exported", "serves");
}

static void exports_that_cannot_be_seen_may_be_of_the_drive(void **state)
{
	struct scene *scene = *state;
	static const char *const modules[] = { "nvmet", "target_core_mod" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		char path[64];
		(void)snprintf(path, sizeof(path), "sys/module/%s", modules[i]);
		fixture_folder(&scene->fixture, path); /* and configfs is not mounted */
		NOT_MADE_BY(scene, "exported", "serves");
		fixture_remove(&scene->fixture, path);
		passes(scene);
	}
	fixture_write(&scene->fixture, "sys/kernel/config/nvmet/subsystems", "");
	NOT_MADE_BY(scene, "exported", "serves");
}

/* Loops -------------------------------------------------------------------------------------- */

static void add_loop(struct scene *scene, const char *name, unsigned minor, const char *backing)
{
	char path[PATH_MAX], text[PATH_MAX];

	fixture_disk(&scene->fixture, name, minor);
	(void)snprintf(path, sizeof(path), "sys/block/%s/loop/backing_file", name);
	(void)snprintf(text, sizeof(text), "%s/%s\n", scene->fixture.root, backing);
	fixture_write(&scene->fixture, path, text);
}

static void a_loop_on_the_drive_or_a_partition_is_named(void **state)
{
	struct scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx1", 1))
		skip();
	fixture_disk(&scene->fixture, "loop8", 70); /* idle */
	add_loop(scene, "loop9", 71, "image");
	fixture_write(&scene->fixture, "image", "");
	passes(scene);
	add_loop(scene, "loop10", 72, "dev/sdx1");
	REFUSED_BY(scene, "loop-backing", "loop10", "sdx1");
	fixture_remove(&scene->fixture, "dev/sdx1");
	/* What a loop stands on cannot be told: it might be this drive. */
	NOT_MADE_BY(scene, "loop-backing", "loop10");
}

static void another_loop_on_the_same_file_is_named(void **state)
{
	struct scene *scene = *state;
	char path[PATH_MAX], again[PATH_MAX];

	/* The drive itself is a loop device. */
	add_loop(scene, "loop7", 64, "image");
	fixture_write(&scene->fixture, "image", "");
	(void)snprintf(scene->drive.identity.name, sizeof(scene->drive.identity.name), "loop7");
	scene->drive.identity.devnum = makedev(240, 64);
	passes(scene);
	/* By another name of the same file. */
	(void)snprintf(path, sizeof(path), "%s/image", scene->fixture.root);
	(void)snprintf(again, sizeof(again), "%s/other-name", scene->fixture.root);
	assert_int_equal(link(path, again), 0);
	add_loop(scene, "loop8", 65, "other-name");
	REFUSED_BY(scene, "loop-backing", "loop8", "other-name");
}

static void a_loop_that_is_a_window_on_another_drive_is_refused(void **state)
{
	struct scene *scene = *state;

	if (!fixture_node(&scene->fixture, "other", 16))
		skip();
	add_loop(scene, "loop7", 64, "dev/other");
	(void)snprintf(scene->drive.identity.name, sizeof(scene->drive.identity.name), "loop7");
	scene->drive.identity.devnum = makedev(240, 64);
	REFUSED_BY(scene, "loop-backing", "window", "other");
}

/* LVM and ZFS -------------------------------------------------------------------------------- */

#define GROUP "abcdefGHIJklmnOPQRstuvWXYZ012345"
#define GROUP_DASHED "abcdef-GHIJ-klmn-OPQR-stuv-WXYZ-012345"

static void put_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void put_u64(uint8_t *at, uint64_t value)
{
	put_u32(at, (uint32_t)value);
	put_u32(at + 4, (uint32_t)(value >> 32));
}

#define MDA_AT 4096
#define MDA_BYTES 8192

/* A physical volume's first sectors, by the format's fields; text at MDA_AT + text_at. */
static void make_pv(uint8_t image[static 64 * 1024], uint64_t text_at, const char *text)
{
	memset(image, 0, 64 * 1024);
	uint8_t *label = image + 512;
	memcpy(label, "LABELONE", 8);
	put_u64(label + 8, 1);
	put_u32(label + 20, 32);
	memcpy(label + 24, "LVM2 001", 8);
	uint8_t *locations = label + 32 + 40;
	put_u64(locations, 1 * MIB); /* one data area, its end, one metadata area, its end */
	put_u64(locations + 32, MDA_AT);
	put_u64(locations + 40, MDA_BYTES);
	uint8_t *mda = image + MDA_AT;
	memcpy(mda + 4, " LVM2 x[5A%r0N*>", 16);
	put_u32(mda + 20, 1);
	put_u64(mda + 24, MDA_AT);
	put_u64(mda + 32, MDA_BYTES);
	put_u64(mda + 40, text_at);
	put_u64(mda + 48, strlen(text));
	for (size_t i = 0; i < strlen(text); i++) {
		uint64_t at = text_at + i;
		if (at >= MDA_BYTES)
			at -= MDA_BYTES - 512;
		mda[at] = (uint8_t)text[i];
	}
}

static void use_image(struct scene *scene, const uint8_t *data, size_t size, uint64_t offset)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/drive", scene->fixture.root);
	if (scene->drive.fd < 0)
		scene->drive.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(scene->drive.fd >= 0);
	assert_int_equal(ftruncate(scene->drive.fd, 0), 0);
	assert_int_equal(ftruncate(scene->drive.fd, 4 * (off_t)MIB), 0);
	assert_int_equal(pwrite(scene->drive.fd, data, size, (off_t)offset), size);
}

static void add_dm(struct scene *scene, const char *uuid)
{
	fixture_disk(&scene->fixture, "dm-3", 40);
	fixture_write(&scene->fixture, "sys/block/dm-3/dm/uuid", uuid);
	fixture_write(&scene->fixture, "sys/block/dm-3/dm/name", "vg-data\n");
}

static const char group_text[] = "vg {\nid = \"" GROUP_DASHED "\"\nseqno = 3\n";
static const char active_uuid[] = "LVM-" GROUP "0123456789abcdefghijklmnopqrstuv\n";

static void a_pv_of_an_active_group_is_refused_and_the_group_named(void **state)
{
	struct scene *scene = *state;
	static uint8_t image[64 * 1024];
	static const uint64_t text_at[] = { 512, 1536, MDA_BYTES - 20 /* over the ring's end */ };
	static const uint64_t offsets[] = { 0, 2048 * 512 /* where sdx1 begins */ };

	add_dm(scene, active_uuid);
	for (size_t i = 0; i < ARRAY_SIZE(text_at); i++)
		for (size_t j = 0; j < ARRAY_SIZE(offsets); j++) {
			make_pv(image, text_at[i], group_text);
			use_image(scene, image, sizeof(image), offsets[j]);
			REFUSED_BY(scene, "lvm", GROUP, "vg-data", j ? "sdx1" : "sdx");
		}
	/* Of another group, or of none: free. */
	make_pv(image, 512, "vg {\nid = \"999999-GHIJ-klmn-OPQR-stuv-WXYZ-012345\"\n");
	use_image(scene, image, sizeof(image), 0);
	passes(scene);
	make_pv(image, 0, "");
	use_image(scene, image, sizeof(image), 0);
	passes(scene);
	use_image(scene, (const uint8_t *)"no label", 8, 0);
	passes(scene);
	/* Not active any more. */
	make_pv(image, 512, group_text);
	use_image(scene, image, sizeof(image), 0);
	fixture_write(&scene->fixture, "sys/block/dm-3/dm/uuid", "CRYPT-LUKS2-1-x\n");
	passes(scene);
}

/* A label is there, but the group cannot be told from it: while any volume is active, a refusal. */
static void a_pv_whose_group_cannot_be_read_is_refused(void **state)
{
	struct scene *scene = *state;
	static uint8_t image[64 * 1024];
	uint8_t *label = image + 512, *mda = image + MDA_AT;
	uint8_t *locations = label + 32 + 40;

	add_dm(scene, active_uuid);
	for (int damage = 0; damage < 13; damage++) {
		make_pv(image, 512, damage == 0 ? "vg {\nseqno = 3\n" : group_text);
		if (damage == 1)
			put_u32(label + 20, 4000); /* header outside the sector */
		if (damage == 2)
			put_u64(locations + 32, 0); /* no metadata area */
		if (damage == 3)
			put_u64(locations + 32, UINT64_MAX - 100);
		if (damage == 4)
			put_u64(locations + 40, 512); /* no room for a text */
		if (damage == 5)
			mda[4] = 'X';
		if (damage == 6)
			put_u64(mda + 40, 100); /* inside the header */
		if (damage == 7)
			put_u64(mda + 40, UINT64_MAX - 10);
		if (damage == 8)
			put_u64(mda + 48, UINT64_MAX);
		if (damage == 9)
			put_u32(mda + 60, 1); /* ignored: not kept up to date */
		if (damage == 10)
			put_u64(locations + 32, 64 * MIB); /* behind the end */
		if (damage == 11)
			make_pv(image, 512, "vg {\nid = \"tooshort\"\n");
		if (damage == 12)
			make_pv(image, 512, "vg {\nid = \"" GROUP_DASHED);
		use_image(scene, image, sizeof(image), 0);
		NOT_MADE_BY(scene, "lvm", "sdx", "volume group");
	}
}

/* The uberblocks of the first label, as libblkid counts them: that is all it takes. */
static void make_zfs_member(struct scene *scene)
{
	static const uint8_t magic[8] = { 0x0c, 0xb1, 0xba, 0x00 };

	assert_int_equal(ftruncate(scene->drive.fd, 128 * (off_t)MIB), 0);
	for (off_t at = 128 * (off_t)KIB; at < 256 * (off_t)KIB; at += (off_t)KIB)
		assert_int_equal(pwrite(scene->drive.fd, magic, sizeof(magic), at), sizeof(magic));
}

static void zfs_members_are_refused_while_zfs_is_loaded(void **state)
{
	struct scene *scene = *state;
	static uint8_t image[1024];

	use_image(scene, image, sizeof(image), 0);
	fixture_folder(&scene->fixture, "sys/module/zfs");
	passes(scene);
	make_zfs_member(scene);
	REFUSED_BY(scene, "zfs", "ZFS");
	/* What cannot be probed is not known to be free. */
	assert_int_equal(close(scene->drive.fd), 0);
	scene->drive.fd = -1;
	NOT_MADE_BY(scene, "zfs", "ZFS");
	fixture_remove(&scene->fixture, "sys/module/zfs");
	passes(scene);
	fixture_remove(&scene->fixture, "sys/module");
	NOT_MADE_BY(scene, "zfs", "module");
}

/* Open descriptors --------------------------------------------------------------------------- */

/* As a virtual machine that was given the drive as /dev/sg3; here /dev/null stands for that node. */
static void whoever_sends_it_commands_is_named(void **state)
{
	struct scene *scene = *state;

	fixture_process(&scene->fixture, 42, "qemu", 1);
	fixture_link(&scene->fixture, "proc/42/fd/7", "/dev/null");
	passes(scene);
	fixture_write(&scene->fixture, "sys/block/sdx/device/scsi_generic/sg3/dev", "1:3\n");
	REFUSED_BY(scene, "opened", "qemu", "42", "sg3", "sdx");
	fixture_write(&scene->fixture, "sys/block/sdx/device/scsi_generic/sg3/dev", "nonsense\n");
	look(scene, "ZA1");
	assert_int_equal(finding(&scene->report, "opened")->result, GUARD_NOT_MADE);
}

static void whoever_has_it_open_is_named(void **state)
{
	struct scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx", 0) || !fixture_node(&scene->fixture, "sdx1", 1) ||
		!fixture_node(&scene->fixture, "other", 16))
		skip();
	fixture_process(&scene->fixture, 42, "qemu", 1);
	fixture_link(&scene->fixture, "proc/42/fd/0", "/dev/null");
	fixture_link(&scene->fixture, "proc/42/fd/3", "socket:[123]");
	fixture_link(&scene->fixture, "proc/42/fd/4", "../../../dev/other");
	passes(scene);
	fixture_link(&scene->fixture, "proc/42/fd/5", "../../../dev/sdx1");
	REFUSED_BY(scene, "opened", "qemu", "42", "root", "sdx1");
	fixture_process(&scene->fixture, 43, "dd", 1);
	fixture_link(&scene->fixture, "proc/43/fd/9", "../../../dev/sdx");
	REFUSED_BY(scene, "opened", "qemu", "dd", "43");
}

static void our_own_descriptors_do_not_count(void **state)
{
	struct scene *scene = *state;
	char path[64];

	if (!fixture_node(&scene->fixture, "sdx", 0))
		skip();
	fixture_process(&scene->fixture, (long)getpid(), "haiki", 1);
	(void)snprintf(path, sizeof(path), "proc/%ld/fd/3", (long)getpid());
	fixture_link(&scene->fixture, path, "../../../dev/sdx");
	passes(scene);
}

static void descriptors_that_cannot_be_seen_mean_open(void **state)
{
	struct scene *scene = *state;

	fixture_process(&scene->fixture, 42, "secret", 1);
	fixture_remove(&scene->fixture, "proc/42/fd");
	NOT_MADE_BY(scene, "opened", "42");
	fixture_write(&scene->fixture, "proc/42/stat", "42 (secret) Z 0 0\n");
	passes(scene);
}

/* A thread of the process, beside its first one. */
static void add_thread(struct scene *scene, long pid, long thread, const char *state)
{
	char path[PATH_MAX], text[64];

	(void)snprintf(path, sizeof(path), "proc/%ld/task/%ld/fd", pid, thread);
	fixture_folder(&scene->fixture, path);
	(void)snprintf(path, sizeof(path), "proc/%ld/task/%ld/stat", pid, thread);
	(void)snprintf(text, sizeof(text), "%ld (worker) %s 0 0\n", thread, state);
	fixture_write(&scene->fixture, path, text);
	(void)snprintf(path, sizeof(path), "proc/%ld/task/%ld/mountinfo", pid, thread);
	fixture_write(&scene->fixture, path, FIXTURE_MOUNTINFO);
	(void)snprintf(path, sizeof(path), "proc/%ld/maps", thread);
	fixture_write(&scene->fixture, path, "");
}

/* The first thread ended, and the process goes on without it. */
static void a_thread_that_outlives_the_first_is_looked_at(void **state)
{
	struct scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx", 0))
		skip();
	fixture_process(&scene->fixture, 42, "daemon", 1);
	fixture_remove(&scene->fixture, "proc/42/fd");
	fixture_remove(&scene->fixture, "proc/42/mountinfo");
	fixture_write(&scene->fixture, "proc/42/stat", "42 (daemon) Z 0 0\n");
	add_thread(scene, 42, 50, "S");
	passes(scene);
	fixture_link(&scene->fixture, "proc/42/task/50/fd/3", "../../../../../dev/sdx");
	REFUSED_BY(scene, "opened", "daemon", "42", "sdx");
	fixture_remove(&scene->fixture, "proc/42/task/50/fd");
	NOT_MADE_BY(scene, "opened", "42");
	fixture_write(&scene->fixture, "proc/42/task/50/stat", "50 (worker) X 0 0\n");
	passes(scene);
	/* Its threads cannot be listed: that is no proof that it has none. */
	fixture_remove(&scene->fixture, "proc/42/task");
	fixture_write(&scene->fixture, "proc/42/task", "");
	look(scene, "ZA1");
	assert_int_equal(finding(&scene->report, "opened")->result, GUARD_NOT_MADE);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
}

static void a_mount_that_only_one_thread_sees_is_seen(void **state)
{
	struct scene *scene = *state;

	fixture_process(&scene->fixture, 42, "runtime", 1);
	add_thread(scene, 42, 50, "S");
	fixture_write(&scene->fixture, "proc/42/task/50/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /data rw - ext4 /dev/sdx1 rw\n");
	REFUSED_BY(scene, "mounted", "sdx1", "/data", "42", "runtime");
}

/* The mapping is all that is left: the descriptor was closed. */
static void whoever_has_it_mapped_is_named(void **state)
{
	struct scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;

	if (!fixture_node(fixture, "sdx", 0) || !fixture_node(fixture, "sdx1", 1) ||
		!fixture_node(fixture, "other", 16))
		skip();
	fixture_process(fixture, 42, "database", 1);
	fixture_write(fixture, "proc/42/maps",
		FIXTURE_MAPS
		"00400000-00401000 r--p 00000000 fe:01 77    /usr/bin/database (deleted)\n"
		"7f0000000000-7f0000100000 rw-s 00000000 00:05 9     /dev/other\n"
		"7f0000200000-7f0000300000 r--s 00100000 00:05 9     /dev/other\n");
	fixture_link(fixture, "proc/42/map_files/400000-401000", "/dev/null");
	fixture_link(fixture, "proc/42/map_files/7f0000000000-7f0000100000", "../../../dev/other");
	passes(scene); /* the third is of the same file as the second */
	fixture_write(fixture, "proc/42/maps",
		FIXTURE_MAPS "7f0000000000-7f0000100000 rw-s 00000000 00:05 9     /dev/other\n"
			     "7f0000400000-7f0000500000 rw-s 00000000 00:05 10    /dev/sdx1\n");
	fixture_link(fixture, "proc/42/map_files/7f0000400000-7f0000500000", "../../../dev/sdx1");
	REFUSED_BY(scene, "opened", "database", "42", "root", "sdx1 mapped");
}

static void mappings_that_cannot_be_seen_mean_mapped(void **state)
{
	struct scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;
	static const char *const texts[] = { "nonsense\n",
		"7f0000000000-7f0000100000 rw-s 00000000 00:05\n",
		/* Nowhere under map_files, however often it is looked for. */
		"7f0000000000-7f0000100000 rw-s 00000000 00:05 9     /dev/sdx\n" };

	fixture_process(fixture, 42, "secret", 1);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fixture_write(fixture, "proc/42/maps", texts[i]);
		NOT_MADE_BY(scene, "opened", "42", "mapped");
	}
	fixture_write(fixture, "proc/42/maps", FIXTURE_MAPS);
	passes(scene);
	fixture_remove(fixture, "proc/42/map_files");
	NOT_MADE_BY(scene, "opened", "42", "mapped");
	fixture_write(fixture, "proc/42/maps", ""); /* the kernel's own processes have no memory */
	passes(scene);
	fixture_remove(fixture, "proc/42/maps");
	NOT_MADE_BY(scene, "opened", "42", "mapped");
	fixture_write(fixture, "proc/42/stat", "42 (secret) Z 0 0\n");
	passes(scene);
}

static void look_vouched(struct scene *scene)
{
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = "ZA1",
		.require_serial = true,
		.store = scene->store,
		.outside_vouched = true,
		.paths = &scene->fixture.paths };

	guard_check(&subject, &scene->report);
}

/* In a container the processes outside are not to be seen; they may have the drive open. */
static void processes_outside_the_namespace_are_not_taken_for_absent(void **state)
{
	struct scene *scene = *state;
	static const char *const checks[] = { "mounted", "opened" };

	fixture_remove(&scene->fixture, "proc/self/ns/pid");
	fixture_link(&scene->fixture, "proc/self/ns/pid", "pid:[4026532177]");
	look(scene, "ZA1");
	assert_false(scene->report.allowed);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		const struct guard_finding *it = finding(&scene->report, checks[i]);
		assert_int_equal(it->result, GUARD_NOT_MADE);
		assert_non_null(strstr(it->detail, "outside this PID namespace"));
	}
	/* Vouched for, it passes, and says what that rests on. */
	look_vouched(scene);
	assert_true(scene->report.allowed);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		assert_non_null(strstr(finding(&scene->report, checks[i])->detail, "vouches"));
	assert_string_equal(finding(&scene->report, "swap")->detail, "");
	AUTO_JSON json_t *json = NULL;
	struct error error = { 0 };
	assert_int_equal(guard_to_json(&scene->report, &json), 0);
	assert_string_equal(json_string_value(json_object_get(json, "result")), "passed");
	assert_int_equal(evidence_check_event(json, false, &error), 0);
	/* What is seen inside is not vouched away. */
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /srv rw - ext4 /dev/sdx1 rw\n");
	look_vouched(scene);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_REFUSED);
	assert_null(strstr(finding(&scene->report, "mounted")->detail, "vouches"));
	assert_false(scene->report.allowed);
}

/* Not to know the namespace is more than can be vouched for. */
static void an_unknown_namespace_is_not_vouched_for(void **state)
{
	struct scene *scene = *state;

	fixture_remove(&scene->fixture, "proc/self/ns/pid");
	look_vouched(scene);
	assert_false(scene->report.allowed);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
	assert_int_equal(finding(&scene->report, "opened")->result, GUARD_NOT_MADE);
	fixture_link(&scene->fixture, "proc/self/ns/pid", "elsewhere");
	look_vouched(scene);
	assert_false(scene->report.allowed);
	fixture_remove(&scene->fixture, "proc/self/ns/pid");
	/* In the first namespace there is nothing to vouch for. */
	fixture_link(&scene->fixture, "proc/self/ns/pid", "pid:[4026531836]");
	look_vouched(scene);
	assert_true(scene->report.allowed);
	assert_string_equal(finding(&scene->report, "opened")->detail, "");
}

/* As somebody to whom the kernel does not show others' descriptors. */
static void without_the_right_to_look_nothing_is_free(void **state)
{
	struct scene *scene = *state;
	char path[PATH_MAX];

	if (geteuid() != 0)
		skip();
	fixture_process(&scene->fixture, 42, "secret", 2);
	(void)snprintf(path, sizeof(path), "%s/proc/42/fd", scene->fixture.root);
	assert_int_equal(chmod(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/42/mountinfo", scene->fixture.root);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(scene->fixture.root, 0755), 0);
	assert_int_equal(setresuid((uid_t)-1, 65534, (uid_t)-1), 0);
	look(scene, "ZA1");
	assert_int_equal(setresuid((uid_t)-1, 0, (uid_t)-1), 0);
	assert_false(scene->report.allowed);
	assert_int_equal(finding(&scene->report, "opened")->result, GUARD_NOT_MADE);
	assert_int_equal(finding(&scene->report, "mounted")->result, GUARD_NOT_MADE);
}

/* Thousands of processes in one namespace: its table is read once, not thousands of times. */
static void many_processes_of_one_namespace_are_one_mount_table(void **state)
{
	struct scene *scene = *state;

	for (long pid = 100; pid < 3100; pid++)
		fixture_process(&scene->fixture, pid, "worker", 1);
	/* Not read again: this table alone would refuse. A namespace has one table. */
	fixture_write(&scene->fixture, "proc/2000/mountinfo", "garbage\n");
	passes(scene);
	fixture_remove(&scene->fixture, "proc/2000/ns/mnt");
	NOT_MADE_BY(scene, "mounted", "2000");
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(a_free_drive_passes_every_check_of_the_table),
		WITH_SCENE(every_reason_is_told_at_once_and_the_first_is_the_error),
		WITH_SCENE(nothing_checked_is_nothing_allowed),
		WITH_SCENE(the_report_is_evidence),
		WITH_SCENE(the_named_serial_must_be_exactly_this_drives),
		WITH_SCENE(a_drive_without_serial_and_wwn_is_refused_even_when_nothing_was_named),
		WITH_SCENE(
			another_drive_with_the_same_serial_and_wwn_is_refused_and_both_are_named),
		WITH_SCENE(a_serial_that_two_drives_have_names_neither_but_the_wwn_does),
		WITH_SCENE(other_drives_that_cannot_be_listed_are_a_refusal),
		WITH_SCENE(what_cannot_be_addressed_or_written_is_refused),
		WITH_SCENE(a_legal_hold_is_named_with_authority_and_reason),
		WITH_SCENE(without_a_store_that_answers_there_is_no_word_on_holds),
		WITH_SCENE(mounts_of_the_whole_family_are_seen),
		WITH_SCENE(a_mount_high_up_in_the_stack_is_seen),
		WITH_SCENE(what_becomes_of_the_array_is_said),
		WITH_SCENE(why_an_idle_member_is_refused_is_said),
		WITH_SCENE(an_array_on_an_array_is_judged_by_what_is_left_of_it),
		WITH_SCENE(a_member_that_was_taken_out_is_free),
		WITH_SCENE(every_volume_of_a_thin_pool_is_named),
		WITH_SCENE(a_mount_in_another_namespace_is_seen_and_its_process_named),
		WITH_SCENE(a_narrow_view_does_not_hide_the_wide_one),
		WITH_SCENE(an_unreadable_mount_table_means_in_use),
		WITH_SCENE(the_mount_table_of_a_living_process_must_be_readable),
		WITH_SCENE(processes_that_are_hidden_are_not_taken_for_absent),
		WITH_SCENE(anonymous_devices_are_resolved_by_their_source),
		WITH_SCENE(every_member_of_a_mounted_btrfs_is_in_use),
		WITH_SCENE(swap_on_the_family_is_refused),
		WITH_SCENE(unreadable_swaps_mean_in_use),
		WITH_SCENE(each_holder_is_named),
		WITH_SCENE(a_tree_that_cannot_be_read_says_nothing),
		WITH_SCENE(the_same_medium_by_another_path_belongs_to_the_family),
		WITH_SCENE(the_disk_the_machine_runs_from_is_refused),
		WITH_SCENE(the_root_is_followed_down_to_its_disks),
		WITH_SCENE(the_kernels_command_line_is_heard),
		WITH_SCENE(roots_without_a_device_pass_and_roots_unknown_do_not),
		WITH_SCENE(what_the_nvme_target_serves_is_in_use),
		WITH_SCENE(a_controller_that_is_served_may_lead_to_the_drive),
		WITH_SCENE(what_the_scsi_target_serves_is_in_use),
		WITH_SCENE(exports_that_cannot_be_seen_may_be_of_the_drive),
		WITH_SCENE(a_loop_on_the_drive_or_a_partition_is_named),
		WITH_SCENE(another_loop_on_the_same_file_is_named),
		WITH_SCENE(a_loop_that_is_a_window_on_another_drive_is_refused),
		WITH_SCENE(a_pv_of_an_active_group_is_refused_and_the_group_named),
		WITH_SCENE(a_pv_whose_group_cannot_be_read_is_refused),
		WITH_SCENE(zfs_members_are_refused_while_zfs_is_loaded),
		WITH_SCENE(whoever_sends_it_commands_is_named),
		WITH_SCENE(whoever_has_it_open_is_named),
		WITH_SCENE(our_own_descriptors_do_not_count),
		WITH_SCENE(descriptors_that_cannot_be_seen_mean_open),
		WITH_SCENE(whoever_has_it_mapped_is_named),
		WITH_SCENE(mappings_that_cannot_be_seen_mean_mapped),
		WITH_SCENE(a_thread_that_outlives_the_first_is_looked_at),
		WITH_SCENE(a_mount_that_only_one_thread_sees_is_seen),
		WITH_SCENE(processes_outside_the_namespace_are_not_taken_for_absent),
		WITH_SCENE(an_unknown_namespace_is_not_vouched_for),
		WITH_SCENE(without_the_right_to_look_nothing_is_free),
		WITH_SCENE(many_processes_of_one_namespace_are_one_mount_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
