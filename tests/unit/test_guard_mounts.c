/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard sees what is mounted from a drive in any namespace, swap on it, and the disks that the
 * machine runs from; a table that cannot be read means in use. */
#include "tests/support/guard_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* ---- mounts ---- */

static void mounts_of_the_whole_family_are_seen(void **state)
{
	struct guard_scene *scene = *state;
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
	guard_passes(scene);
}

/* A volume on an array on a partition: whatever stands on the drive, at any height. */
static void a_mount_high_up_in_the_stack_is_seen(void **state)
{
	struct guard_scene *scene = *state;

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
	guard_look(scene, "ZA1");
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_REFUSED);
	assert_non_null(strstr(
		guard_finding_of(&scene->report, "mounted")->detail, "dm-0 is mounted at /srv"));

	/* Nobody has to unmount what stands on an array to take a drive out of it. */
	struct error error = { 0 };
	assert_true(guard_error(&scene->report, &scene->drive.identity, &error) < 0);
	assert_string_equal(error.code, "guard-holders");
	assert_non_null(strstr(error.next, "inventory show"));
}

/* ---- other views, and views that are missing ---- */

static void a_mount_in_another_namespace_is_seen_and_its_process_named(void **state)
{
	struct guard_scene *scene = *state;

	fixture_process(&scene->fixture, 77, "container", 2);
	guard_passes(scene);
	fixture_write(&scene->fixture, "proc/77/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /data rw - ext4 /dev/sdx1 rw\n");
	REFUSED_BY(scene, "mounted", "sdx1", "/data", "77", "container");
}

/* A process of our own namespace, but chrooted, sees fewer mounts: its view must not stand for the
 * namespace. */
static void a_narrow_view_does_not_hide_the_wide_one(void **state)
{
	struct guard_scene *scene = *state;

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
	struct guard_scene *scene = *state;
	static const char *const texts[] = { "", "garbage\n", FIXTURE_MOUNTINFO "30 28\n",
		FIXTURE_MOUNTINFO "30 28 x:y / /srv rw - ext4 /dev/sdx rw\n",
		FIXTURE_MOUNTINFO "30 28 240:0 / /srv rw ext4 /dev/sdx rw\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fixture_write(&scene->fixture, "proc/self/mountinfo", texts[i]);
		guard_look(scene, "ZA1");
		assert_false(scene->report.allowed);
		assert_int_equal(
			guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
		assert_int_equal(
			guard_finding_of(&scene->report, "system-disk")->result, GUARD_NOT_MADE);
	}
	fixture_remove(&scene->fixture, "proc/self/mountinfo");
	guard_look(scene, "ZA1");
	assert_false(scene->report.allowed);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
	assert_non_null(strstr(guard_finding_of(&scene->report, "mounted")->detail, "mount table"));
	struct error error = { 0 };
	assert_true(guard_error(&scene->report, &scene->drive.identity, &error) < 0);
	assert_string_equal(error.code, "guard-system-disk");
}

static void the_mount_table_of_a_living_process_must_be_readable(void **state)
{
	struct guard_scene *scene = *state;

	fixture_process(&scene->fixture, 77, "container", 2);
	fixture_remove(&scene->fixture, "proc/77/mountinfo");
	NOT_MADE_BY(scene, "mounted", "77");
	/* A zombie has none; neither has a process that ended while we looked. */
	fixture_write(&scene->fixture, "proc/77/stat", "77 (con) R ) Z 0 0\n");
	guard_passes(scene);
	fixture_remove(&scene->fixture, "proc/77/stat");
	guard_passes(scene);
}

static void processes_that_are_hidden_are_not_taken_for_absent(void **state)
{
	struct guard_scene *scene = *state;

	fixture_remove(&scene->fixture, "proc/1");
	guard_look(scene, "ZA1");
	assert_false(scene->report.allowed);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
	assert_int_equal(guard_finding_of(&scene->report, "opened")->result, GUARD_NOT_MADE);
}

static void anonymous_devices_are_resolved_by_their_source(void **state)
{
	struct guard_scene *scene = *state;

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
	guard_passes(scene);
}

/* A btrfs names one of its drives as source. */
static void every_member_of_a_mounted_btrfs_is_in_use(void **state)
{
	struct guard_scene *scene = *state;

	fixture_write(&scene->fixture, "sys/fs/btrfs/features/raid1c34", "0\n");
	fixture_link(&scene->fixture, "sys/fs/btrfs/0b1c/devices/other", "../../../../block/other");
	guard_passes(scene);
	fixture_link(
		&scene->fixture, "sys/fs/btrfs/0b1c/devices/sdx1", "../../../../block/sdx/sdx1");
	REFUSED_BY(scene, "mounted", "sdx1", "0b1c");
}

/* ---- swap ---- */

static void swap_on_the_family_is_refused(void **state)
{
	struct guard_scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx1", 1) ||
		!fixture_node(&scene->fixture, "other", 16))
		skip();
	fixture_write(&scene->fixture, "proc/swaps",
		FIXTURE_SWAPS "/dev/other partition 8 0 -2\n/swap\\040file file 8 0 -3\n");
	guard_passes(scene);
	fixture_write(&scene->fixture, "proc/swaps",
		FIXTURE_SWAPS "/dev/other partition 8 0 -2\n/dev/sdx1   partition\t8\t0\t-3\n");
	REFUSED_BY(scene, "swap", "sdx1", "/dev/sdx1");
}

static void unreadable_swaps_mean_in_use(void **state)
{
	struct guard_scene *scene = *state;
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

/* ---- the system's disk ---- */

static void the_disk_the_machine_runs_from_is_refused(void **state)
{
	struct guard_scene *scene = *state;
	static const char *const folders[] = { "/", "/boot", "/boot/efi", "/usr", "/var" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text),
			FIXTURE_MOUNTINFO "30 28 240:1 / %s rw - ext4 /dev/sdx1 rw\n", folders[i]);
		fixture_write(&scene->fixture, "proc/self/mountinfo", text);
		guard_look(scene, "ZA1");
		assert_int_equal(
			guard_finding_of(&scene->report, "system-disk")->result, GUARD_REFUSED);
		assert_non_null(strstr(
			guard_finding_of(&scene->report, "system-disk")->detail, folders[i]));
		assert_int_equal(
			guard_finding_of(&scene->report, "mounted")->result, GUARD_REFUSED);
	}
}

/* Root on a volume of an array: downwards through slaves, even if the upward links were missing. */
static void the_root_is_followed_down_to_its_disks(void **state)
{
	struct guard_scene *scene = *state;

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
	guard_passes(scene);
}

static void the_kernels_command_line_is_heard(void **state)
{
	struct guard_scene *scene = *state;
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
	guard_passes(scene);
	fixture_write(&scene->fixture, "proc/cmdline", "");
	guard_passes(scene);
	fixture_remove(&scene->fixture, "proc/cmdline");
	NOT_MADE_BY(scene, "system-disk", "command line");
}

static void roots_without_a_device_pass_and_roots_unknown_do_not(void **state)
{
	struct guard_scene *scene = *state;
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
			guard_passes(scene);
		else
			NOT_MADE_BY(scene, "system-disk", "/");
	}
	/* "/dev/root" of an old kernel, with the name on the command line. */
	if (!fixture_node(&scene->fixture, "other", 16))
		return;
	fixture_write(
		&scene->fixture, "proc/self/mountinfo", "28 1 0:30 / / rw - btrfs /dev/root rw\n");
	fixture_write(&scene->fixture, "proc/cmdline", "root=/dev/other\n");
	guard_passes(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GUARD_SCENE(mounts_of_the_whole_family_are_seen),
		WITH_GUARD_SCENE(a_mount_high_up_in_the_stack_is_seen),
		WITH_GUARD_SCENE(a_mount_in_another_namespace_is_seen_and_its_process_named),
		WITH_GUARD_SCENE(a_narrow_view_does_not_hide_the_wide_one),
		WITH_GUARD_SCENE(an_unreadable_mount_table_means_in_use),
		WITH_GUARD_SCENE(the_mount_table_of_a_living_process_must_be_readable),
		WITH_GUARD_SCENE(processes_that_are_hidden_are_not_taken_for_absent),
		WITH_GUARD_SCENE(anonymous_devices_are_resolved_by_their_source),
		WITH_GUARD_SCENE(every_member_of_a_mounted_btrfs_is_in_use),
		WITH_GUARD_SCENE(swap_on_the_family_is_refused),
		WITH_GUARD_SCENE(unreadable_swaps_mean_in_use),
		WITH_GUARD_SCENE(the_disk_the_machine_runs_from_is_refused),
		WITH_GUARD_SCENE(the_root_is_followed_down_to_its_disks),
		WITH_GUARD_SCENE(the_kernels_command_line_is_heard),
		WITH_GUARD_SCENE(roots_without_a_device_pass_and_roots_unknown_do_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
