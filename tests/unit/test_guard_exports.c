/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard sees which drives are served to other machines, and which loop devices stand on a drive
 * or on the same file. */
#include "tests/support/guard_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* ---- exports ---- */

#define NVMET "sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/"
#define LIO "sys/kernel/config/target/core/"

static void what_the_nvme_target_serves_is_in_use(void **state)
{
	struct guard_scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;

	if (!fixture_node(fixture, "sdx1", 1) || !fixture_node(fixture, "other", 16))
		skip();
	fixture_write(fixture, NVMET "enable", "1\n");
	fixture_write(fixture, NVMET "device_path", "(null)\n");
	guard_passes(scene);
	fixture_write(fixture, NVMET "device_path", "/dev/other\n");
	guard_passes(scene);
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
	guard_passes(scene);
}

static void a_controller_that_is_served_may_lead_to_the_drive(void **state)
{
	struct guard_scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;
	static const char passthru[] =
		"sys/kernel/config/nvmet/subsystems/nqn.x/passthru/device_path";

	fixture_write(fixture, NVMET "device_path", "(null)\n");
	fixture_write(fixture, passthru, "/dev/nvme0\n");
	guard_passes(scene); /* which is no SCSI drive */
	(void)snprintf(scene->drive.identity.name, sizeof(scene->drive.identity.name), "nvme0n1");
	NOT_MADE_BY(scene, "exported", "passthru");
	fixture_write(fixture, passthru, "(null)\n");
	guard_passes(scene);
}

static void what_the_scsi_target_serves_is_in_use(void **state)
{
	struct guard_scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;

	if (!fixture_node(fixture, "sdx", 0) || !fixture_node(fixture, "other", 16))
		skip();
	fixture_folder(fixture, LIO "alua/lu_gps/default_lu_gp");
	fixture_write(fixture, LIO "iblock_0/disk/udev_path", "/dev/sdx\n");
	fixture_write(fixture, LIO "iblock_0/disk/info", "Status: ACTIVATED\n");
	REFUSED_BY(scene, "exported", "LIO", "sdx", "iblock_0/disk");
	/* Nobody told udev's name: the backend's own words count. */
	fixture_write(fixture, LIO "iblock_0/disk/udev_path", "");
	guard_passes(scene);
	fixture_write(fixture, LIO "iblock_0/disk/info",
		"Status: ACTIVATED\n        iBlock device: x  UDEV PATH: /dev/y  readonly: 0\n"
		"        Major: 240 Minor: 1  CLAIMED: IBLOCK\n");
	REFUSED_BY(scene, "exported", "LIO", "sdx1");
	fixture_remove(fixture, LIO "iblock_0");
	fixture_write(fixture, LIO "fileio_1/disk/udev_path", "");
	fixture_write(fixture, LIO "fileio_1/disk/info",
		"        TCM FILEIO ID: 0        File: /dev/other  Size: 1024  Mode: Buffered\n");
	guard_passes(scene);
	fixture_write(fixture, LIO "fileio_1/disk/info",
		"        TCM FILEIO ID: 0        File: /dev/sdx  Size: 1024  Mode: Buffered\n");
	REFUSED_BY(scene, "exported", "LIO", "sdx", "fileio_1/disk");
	fixture_remove(fixture, LIO "fileio_1/disk/info");
	fixture_folder(fixture, LIO "fileio_1/disk/info");
	NOT_MADE_BY(scene, "exported", "serves");
}

static void exports_that_cannot_be_seen_may_be_of_the_drive(void **state)
{
	struct guard_scene *scene = *state;
	static const char *const modules[] = { "nvmet", "target_core_mod" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		char path[64];
		(void)snprintf(path, sizeof(path), "sys/module/%s", modules[i]);
		fixture_folder(&scene->fixture, path); /* and configfs is not mounted */
		NOT_MADE_BY(scene, "exported", "serves");
		fixture_remove(&scene->fixture, path);
		guard_passes(scene);
	}
	fixture_write(&scene->fixture, "sys/kernel/config/nvmet/subsystems", "");
	NOT_MADE_BY(scene, "exported", "serves");
}

/* ---- loops ---- */

static void add_loop(
	struct guard_scene *scene, const char *name, unsigned minor, const char *backing)
{
	char path[PATH_MAX], text[PATH_MAX];

	fixture_disk(&scene->fixture, name, minor);
	(void)snprintf(path, sizeof(path), "sys/block/%s/loop/backing_file", name);
	(void)snprintf(text, sizeof(text), "%s/%s\n", scene->fixture.root, backing);
	fixture_write(&scene->fixture, path, text);
}

static void a_loop_on_the_drive_or_a_partition_is_named(void **state)
{
	struct guard_scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx1", 1))
		skip();
	fixture_disk(&scene->fixture, "loop8", 70); /* idle */
	add_loop(scene, "loop9", 71, "image");
	fixture_write(&scene->fixture, "image", "");
	guard_passes(scene);
	add_loop(scene, "loop10", 72, "dev/sdx1");
	REFUSED_BY(scene, "loop-backing", "loop10", "sdx1");
	fixture_remove(&scene->fixture, "dev/sdx1");
	/* What a loop stands on cannot be told: it might be this drive. */
	NOT_MADE_BY(scene, "loop-backing", "loop10");
}

static void another_loop_on_the_same_file_is_named(void **state)
{
	struct guard_scene *scene = *state;
	char path[PATH_MAX], again[PATH_MAX];

	/* The drive itself is a loop device. */
	add_loop(scene, "loop7", 64, "image");
	fixture_write(&scene->fixture, "image", "");
	(void)snprintf(scene->drive.identity.name, sizeof(scene->drive.identity.name), "loop7");
	scene->drive.identity.devnum = makedev(240, 64);
	guard_passes(scene);
	/* By another name of the same file. */
	(void)snprintf(path, sizeof(path), "%s/image", scene->fixture.root);
	(void)snprintf(again, sizeof(again), "%s/other-name", scene->fixture.root);
	assert_int_equal(link(path, again), 0);
	add_loop(scene, "loop8", 65, "other-name");
	REFUSED_BY(scene, "loop-backing", "loop8", "other-name");
}

static void a_loop_that_is_a_window_on_another_drive_is_refused(void **state)
{
	struct guard_scene *scene = *state;

	if (!fixture_node(&scene->fixture, "other", 16))
		skip();
	add_loop(scene, "loop7", 64, "dev/other");
	(void)snprintf(scene->drive.identity.name, sizeof(scene->drive.identity.name), "loop7");
	scene->drive.identity.devnum = makedev(240, 64);
	REFUSED_BY(scene, "loop-backing", "window", "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GUARD_SCENE(what_the_nvme_target_serves_is_in_use),
		WITH_GUARD_SCENE(a_controller_that_is_served_may_lead_to_the_drive),
		WITH_GUARD_SCENE(what_the_scsi_target_serves_is_in_use),
		WITH_GUARD_SCENE(exports_that_cannot_be_seen_may_be_of_the_drive),
		WITH_GUARD_SCENE(a_loop_on_the_drive_or_a_partition_is_named),
		WITH_GUARD_SCENE(another_loop_on_the_same_file_is_named),
		WITH_GUARD_SCENE(a_loop_that_is_a_window_on_another_drive_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
