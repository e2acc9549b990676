/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard sees what stands on a drive: arrays and what would become of them, volumes, physical
 * volumes and ZFS members, other paths to the same medium. */
#include "tests/support/guard_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* ---- what would become of an array ---- */

static void member_of(struct guard_scene *scene, const char *array, const char *name,
	const char *slot, const char *words)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "sys/block/%s/md/dev-%s/slot", array, name);
	fixture_write(&scene->fixture, path, slot);
	(void)snprintf(path, sizeof(path), "sys/block/%s/md/dev-%s/state", array, name);
	fixture_write(&scene->fixture, path, words);
}

/* md0 on the partition sdx1 and on others that are there too. */
static void array_on_drive(
	struct guard_scene *scene, const char *level, const char *disks, unsigned others)
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
	struct guard_scene *scene = *state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		array_on_drive(scene, cases[i].level, cases[i].disks, cases[i].others);
		REFUSED_BY(scene, "holders", cases[i].said);
		(void)guard_scene_end(state);
		(void)guard_scene_begin(state);
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
	struct guard_scene *scene = *state;
	array_on_drive(scene, "raid1\n", "2\n", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		member_of(scene, "md0", "sdx1", cases[i].slot, cases[i].words);
		REFUSED_BY(scene, "holders", cases[i].said);
	}
}

/* RAID0 over a mirror, and over a mirror that would be lost; both ways round in sysfs. */
static void an_array_on_an_array_is_judged_by_what_is_left_of_it(void **state)
{
	struct guard_scene *scene = *state;
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
	struct guard_scene *scene = *state;
	array_on_drive(scene, "raid1\n", "2\n", 1);
	guard_look(scene, "ZA1");
	assert_int_equal(guard_finding_of(&scene->report, "holders")->result, GUARD_REFUSED);
	fixture_remove(&scene->fixture, "sys/block/md0/md/dev-sdx1");
	fixture_remove(&scene->fixture, "sys/block/sdx/sdx1/holders/md0");
	fixture_remove(&scene->fixture, "sys/block/md0/slaves/sdx1");
	guard_passes(scene);
}

static const char thin_uuid[] =
	"LVM-PBjInRKyw3dCfcgRCw1QQk8URxTuqxJDw3XU5aQyHYzcVuBAlXCExz35YORSB0j4-tpool\n";

/* A thin pool has four volumes with ids of 64 characters and more. */
static void every_volume_of_a_thin_pool_is_named(void **state)
{
	static const char *const names[] = { "haiki-pool_tdata", "haiki-pool_tmeta",
		"haiki-pool-tpool", "haiki-a--volume--of--a--tenant" };
	struct guard_scene *scene = *state;

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
	guard_look(scene, "ZA1");
	const struct guard_finding *holders = guard_finding_of(&scene->report, "holders");
	assert_int_equal(holders->result, GUARD_REFUSED);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_non_null(strstr(holders->detail, names[i]));
}

/* ---- holders and the tree ---- */

static void each_holder_is_named(void **state)
{
	struct guard_scene *scene = *state;

	fixture_disk(&scene->fixture, "bcache0", 11);
	fixture_stack(&scene->fixture, "sdx", "bcache0");
	REFUSED_BY(scene, "holders", "bcache0");
	fixture_remove(&scene->fixture, "sys/block/sdx/holders/bcache0");
	fixture_folder(&scene->fixture, "sys/block/sdx/sdx1/bcache");
	REFUSED_BY(scene, "holders", "bcache uses sdx1");
}

static void a_tree_that_cannot_be_read_says_nothing(void **state)
{
	struct guard_scene *scene = *state;
	static const char *const broken[] = { "sys/block/sdx/holders", "sys/block/sdx/sdx1/holders",
		"sys/block/sdx/sdx1/dev", "sys/block/sdx/sdx1/start", "sys/dev/block/240:0" };

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct guard_scene *other;
		void *inner;
		assert_int_equal(guard_scene_begin(&inner), 0);
		other = inner;
		fixture_remove(&other->fixture, broken[i]);
		guard_look(other, "ZA1");
		assert_false(other->report.allowed);
		static const char *const checks[] = { "system-disk", "mounted", "swap", "holders",
			"paths", "exported", "loop-backing", "lvm", "opened" };
		for (size_t j = 0; j < ARRAY_SIZE(checks); j++) {
			assert_int_equal(guard_finding_of(&other->report, checks[j])->result,
				GUARD_NOT_MADE);
			assert_true(guard_finding_of(&other->report, checks[j])->detail[0]);
		}
		assert_int_equal(guard_scene_end(&inner), 0);
	}
	scene->drive.identity.devnum = 0;
	guard_look(scene, "ZA1");
	assert_false(scene->report.allowed);
	scene->drive.identity.devnum = makedev(240, 0);
	guard_passes(scene);
	/* There, but it cannot be read: no "this is no partition". */
	fixture_remove(&scene->fixture, "sys/block/sdx/sdx1/partition");
	fixture_folder(&scene->fixture, "sys/block/sdx/sdx1/partition");
	guard_look(scene, "ZA1");
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
}

/* Two cables to one dual-ported drive, and no multipath: writing through one is writing both. */
static void the_same_medium_by_another_path_belongs_to_the_family(void **state)
{
	struct guard_scene *scene = *state;

	fixture_write(&scene->fixture, "sys/block/sdx/device/wwid", "naa.5000c500a1b2c3d4\n");
	fixture_disk(&scene->fixture, "sdy", 32);
	fixture_partition(&scene->fixture, "sdy", "sdy1", 33, 2048);
	fixture_write(&scene->fixture, "sys/block/sdy/device/wwid", "naa.5000c500a1b2c3d4\n");
	/* Nobody may use the other one while we write through this one: only this one is claimed. */
	REFUSED_BY(scene, "paths", "sdy");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:33 / /srv rw - ext4 /dev/sdy1 rw\n");
	guard_look(scene, "ZA1");
	const struct guard_finding *mounted = guard_finding_of(&scene->report, "mounted");
	assert_int_equal(mounted->result, GUARD_REFUSED);
	assert_non_null(strstr(mounted->detail, "sdy1 (the same drive by another path)"));
	assert_non_null(strstr(mounted->detail, "/srv"));
	fixture_write(&scene->fixture, "proc/self/mountinfo", FIXTURE_MOUNTINFO);
	fixture_write(&scene->fixture, "sys/block/sdy/device/wwid", "naa.5000c500ffffffff\n");
	guard_passes(scene);
}

/* ---- LVM and ZFS ---- */

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

static void use_image(struct guard_scene *scene, const uint8_t *data, size_t size, uint64_t offset)
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

static void add_dm(struct guard_scene *scene, const char *uuid)
{
	fixture_disk(&scene->fixture, "dm-3", 40);
	fixture_write(&scene->fixture, "sys/block/dm-3/dm/uuid", uuid);
	fixture_write(&scene->fixture, "sys/block/dm-3/dm/name", "vg-data\n");
}

static const char group_text[] = "vg {\nid = \"" GROUP_DASHED "\"\nseqno = 3\n";
static const char active_uuid[] = "LVM-" GROUP "0123456789abcdefghijklmnopqrstuv\n";

static void a_pv_of_an_active_group_is_refused_and_the_group_named(void **state)
{
	struct guard_scene *scene = *state;
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
	guard_passes(scene);
	make_pv(image, 0, "");
	use_image(scene, image, sizeof(image), 0);
	guard_passes(scene);
	use_image(scene, (const uint8_t *)"no label", 8, 0);
	guard_passes(scene);
	/* Not active any more. */
	make_pv(image, 512, group_text);
	use_image(scene, image, sizeof(image), 0);
	fixture_write(&scene->fixture, "sys/block/dm-3/dm/uuid", "CRYPT-LUKS2-1-x\n");
	guard_passes(scene);
}

/* A label is there, but the group cannot be told from it: while any volume is active, a refusal. */
static void a_pv_whose_group_cannot_be_read_is_refused(void **state)
{
	struct guard_scene *scene = *state;
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
static void make_zfs_member(struct guard_scene *scene)
{
	static const uint8_t magic[8] = { 0x0c, 0xb1, 0xba, 0x00 };

	assert_int_equal(ftruncate(scene->drive.fd, 128 * (off_t)MIB), 0);
	for (off_t at = 128 * (off_t)KIB; at < 256 * (off_t)KIB; at += (off_t)KIB)
		assert_int_equal(pwrite(scene->drive.fd, magic, sizeof(magic), at), sizeof(magic));
}

static void zfs_members_are_refused_while_zfs_is_loaded(void **state)
{
	struct guard_scene *scene = *state;
	static uint8_t image[1024];

	use_image(scene, image, sizeof(image), 0);
	fixture_folder(&scene->fixture, "sys/module/zfs");
	guard_passes(scene);
	make_zfs_member(scene);
	REFUSED_BY(scene, "zfs", "ZFS");
	/* What cannot be probed is not known to be free. */
	assert_int_equal(close(scene->drive.fd), 0);
	scene->drive.fd = -1;
	NOT_MADE_BY(scene, "zfs", "ZFS");
	fixture_remove(&scene->fixture, "sys/module/zfs");
	guard_passes(scene);
	fixture_remove(&scene->fixture, "sys/module");
	NOT_MADE_BY(scene, "zfs", "module");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GUARD_SCENE(what_becomes_of_the_array_is_said),
		WITH_GUARD_SCENE(why_an_idle_member_is_refused_is_said),
		WITH_GUARD_SCENE(an_array_on_an_array_is_judged_by_what_is_left_of_it),
		WITH_GUARD_SCENE(a_member_that_was_taken_out_is_free),
		WITH_GUARD_SCENE(every_volume_of_a_thin_pool_is_named),
		WITH_GUARD_SCENE(each_holder_is_named),
		WITH_GUARD_SCENE(a_tree_that_cannot_be_read_says_nothing),
		WITH_GUARD_SCENE(the_same_medium_by_another_path_belongs_to_the_family),
		WITH_GUARD_SCENE(a_pv_of_an_active_group_is_refused_and_the_group_named),
		WITH_GUARD_SCENE(a_pv_whose_group_cannot_be_read_is_refused),
		WITH_GUARD_SCENE(zfs_members_are_refused_while_zfs_is_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
