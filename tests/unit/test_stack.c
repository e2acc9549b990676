/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on what, read from trees that the test makes: volumes, encryption, paths, caches,
 * loop devices. Arrays: test_stack_arrays.c; what superblocks add: test_stack_superblocks.c. */
#include "inventory/scan/live.h"
#include "tests/support/stack_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>

/* ---- dm ---- */

static void thin_volumes_and_their_pool(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_partition(scene, "sda", 1);
	plant_dm(scene, "dm-0", "LVM-" LV("m") "-tmeta", "vg0-pool_tmeta");
	plant_dm(scene, "dm-1", "LVM-" LV("d") "-tdata", "vg0-pool_tdata");
	plant_dm(scene, "dm-2", "LVM-" LV("p") "-tpool", "vg0-pool-tpool");
	plant_dm(scene, "dm-3", "LVM-" LV("p") "-pool", "vg0-pool");
	plant_dm(scene, "dm-4", "LVM-" LV("t"), "vg0-web--1");
	fixture_stack(&scene->fixture, "sda/sda1", "dm-0");
	fixture_stack(&scene->fixture, "sda/sda1", "dm-1");
	fixture_stack(&scene->fixture, "dm-0", "dm-2");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	fixture_stack(&scene->fixture, "dm-2", "dm-3");
	fixture_stack(&scene->fixture, "dm-2", "dm-4");
	read_stack(scene);
	size_t pool = volume_of_key(scene, LV_KEY("p")), thin = volume_of_key(scene, LV_KEY("t"));
	assert_int_equal(pool, node_named(scene, "dm-3"));
	assert_int_equal(scene->stack.nodes[pool].volume.kind, VOLUME_THIN_POOL);
	assert_int_equal(scene->stack.nodes[thin].volume.kind, VOLUME_THIN);
	assert_string_equal(scene->stack.nodes[thin].volume.title, "vg0/web-1");
	assert_string_equal(scene->stack.nodes[thin].volume.state, "active");
	assert_string_equal(scene->stack.nodes[thin].volume.path, "/dev/mapper/vg0-web--1");
	STANDS(thin, pool);
	STANDS(pool, node_named(scene, "sda1"));
	assert_int_equal(edges_of(scene, thin), 1);
	assert_int_equal(edges_of(scene, pool), 1);
	assert_int_equal(stack_find_volume(&scene->stack, LV_KEY("d")), STACK_NONE);
}

static void a_snapshot_and_its_origin(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_dm(scene, "dm-0", "LVM-" LV("o") "-real", "vg0-data-real");
	plant_dm(scene, "dm-1", "LVM-" LV("s") "-cow", "vg0-snap-cow");
	plant_dm(scene, "dm-2", "LVM-" LV("o"), "vg0-data");
	plant_dm(scene, "dm-3", "LVM-" LV("s"), "vg0-snap");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-1");
	fixture_stack(&scene->fixture, "dm-0", "dm-2");
	fixture_stack(&scene->fixture, "dm-0", "dm-3");
	fixture_stack(&scene->fixture, "dm-1", "dm-3");
	read_stack(scene);
	size_t origin = volume_of_key(scene, LV_KEY("o")),
	       snapshot = volume_of_key(scene, LV_KEY("s"));
	assert_int_equal(scene->stack.nodes[snapshot].volume.kind, VOLUME_SNAPSHOT);
	assert_int_equal(scene->stack.nodes[origin].volume.kind, VOLUME_LV);
	assert_string_equal(scene->stack.nodes[snapshot].volume.origin_key, LV_KEY("o"));
	STANDS(snapshot, origin);
	STANDS(snapshot, node_named(scene, "sdb"));
	STANDS(origin, node_named(scene, "sda"));
	STANDS_NOT(origin, node_named(scene, "sdb"));
}

static void a_mirrored_volume_stands_on_what_its_images_do(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_dm(scene, "dm-0", "LVM-" LV("x"), "vg0-safe_rimage_0");
	plant_dm(scene, "dm-1", "LVM-" LV("y"), "vg0-safe_rimage_1");
	plant_dm(scene, "dm-2", "LVM-" LV("r"), "vg0-safe");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-1");
	fixture_stack(&scene->fixture, "dm-0", "dm-2");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	read_stack(scene);
	size_t safe = volume_of_key(scene, LV_KEY("r"));
	STANDS(safe, node_named(scene, "sda"));
	STANDS(safe, node_named(scene, "sdb"));
	assert_int_equal(edges_of(scene, safe), 2);
	assert_int_equal(stack_find_volume(&scene->stack, LV_KEY("x")), STACK_NONE);
}

static void encryption_on_a_volume(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_dm(scene, "dm-0", "LVM-" LV("v"), "vg0-vault");
	plant_dm(scene, "dm-1", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-open", "open");
	plant_dm(scene, "dm-2", "CRYPT-PLAIN-scratch", "scratch");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "dm-0", "dm-1");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	read_stack(scene);
	size_t luks = volume_of_key(scene, "luks:" ARRAY_UUID);
	size_t plain = volume_of_key(scene, "dm:scratch");
	STANDS(luks, volume_of_key(scene, LV_KEY("v")));
	STANDS(plain, luks);
	assert_string_equal(scene->stack.nodes[luks].volume.title, "open");
	assert_false(scene->stack.nodes[luks].is_local);
	assert_true(scene->stack.nodes[plain].is_local);
}

static void multipath_and_its_partition(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_dm(scene, "dm-0", "mpath-3600508b4000156d7", "mpatha");
	plant_dm(scene, "dm-1", "part2-mpath-3600508b4000156d7", "mpatha-part2");
	plant_dm(scene, "dm-2", "LVM-" LV("v"), "vg0-vault");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-0");
	fixture_stack(&scene->fixture, "dm-0", "dm-1");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	/* The legs show what the whole carries. */
	(void)plant_signature(scene, "sda", 2, SIGNATURE_CRYPTO, "crypto_LUKS", ARRAY_UUID, NULL);
	read_stack(scene);
	size_t whole = volume_of_key(scene, "mpath:3600508b4000156d7");
	size_t part = node_named(scene, "dm-1");
	STANDS(whole, node_named(scene, "sda"));
	STANDS(whole, node_named(scene, "sdb"));
	assert_int_equal(scene->stack.nodes[part].kind, STACK_PARTITION);
	assert_int_equal(scene->stack.nodes[part].parent, whole);
	assert_int_equal(scene->stack.nodes[part].partition_number, 2);
	STANDS(volume_of_key(scene, LV_KEY("v")), part);
	assert_int_equal(stack_find_volume(&scene->stack, "luks:" ARRAY_UUID), STACK_NONE);
}

static void dmraid_is_an_array(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_dm(scene, "dm-0", "DMRAID-isw_bgdj_Volume0", "isw_bgdj_Volume0");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	read_stack(scene);
	size_t array = stack_find_array(&scene->stack, "isw:isw_bgdj_Volume0");
	assert_int_equal(array, node_named(scene, "dm-0"));
	assert_int_equal(scene->stack.nodes[array].array.redundancy_left, -1);
	STANDS(array, node_named(scene, "sda"));
}

/* ---- others ---- */

static void bcache_stands_on_both(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_disk(scene, "bcache0");
	fixture_stack(&scene->fixture, "sda", "bcache0");
	fixture_folder(&scene->fixture, "sys/block/sdb/bcache");
	fixture_link(
		&scene->fixture, "sys/block/bcache0/bcache/cache/cache0", "../../../sdb/bcache");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_OTHER, "bcache", ARRAY_UUID, NULL);
	read_stack(scene);
	size_t cached = volume_of_key(scene, "bcache:" ARRAY_UUID);
	STANDS(cached, node_named(scene, "sda"));
	STANDS(cached, node_named(scene, "sdb"));
}

static void a_loop_device_stands_on_its_files_filesystem(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "loop0");
	plant_attribute(scene, "/srv/images/a.img\n", "sys/block/loop0/loop/backing_file");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "40 28 240:32 / /srv rw - ext4 /dev/sda rw\n");
	read_stack(scene);
	STANDS(node_named(scene, "loop0"), node_named(scene, "sda"));
	STANDS_NOT(node_named(scene, "loop0"), node_named(scene, "other"));
}

/* A folder without anything readable, names that are too long: left out, not fatal. */
static void odd_entries_do_no_harm(void **state)
{
	struct stack_scene *scene = *state;
	fixture_folder(&scene->fixture, "sys/block/md7/md");
	fixture_folder(&scene->fixture, "sys/block/dm-9/dm");
	fixture_folder(&scene->fixture,
		"sys/block/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	fixture_folder(&scene->fixture, "sys/block/dm-9/slaves/nowhere");
	read_stack(scene);
	assert_int_not_equal(stack_find_name(&scene->stack, "md7"), STACK_NONE);
	assert_int_not_equal(stack_find_name(&scene->stack, "dm-9"), STACK_NONE);
}

static void an_unreadable_tree_is_an_error(void **state)
{
	struct stack_scene *scene = *state;
	struct error error = { 0 };
	fixture_remove(&scene->fixture, "sys/block");
	assert_int_equal(stack_read(&scene->fixture.paths, &scene->stack, &error), -ENOENT);
	assert_string_equal(error.code, "scan-unreadable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STACK_SCENE(thin_volumes_and_their_pool),
		WITH_STACK_SCENE(a_snapshot_and_its_origin),
		WITH_STACK_SCENE(a_mirrored_volume_stands_on_what_its_images_do),
		WITH_STACK_SCENE(encryption_on_a_volume),
		WITH_STACK_SCENE(multipath_and_its_partition),
		WITH_STACK_SCENE(dmraid_is_an_array),
		WITH_STACK_SCENE(bcache_stands_on_both),
		WITH_STACK_SCENE(a_loop_device_stands_on_its_files_filesystem),
		WITH_STACK_SCENE(odd_entries_do_no_harm),
		WITH_STACK_SCENE(an_unreadable_tree_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
