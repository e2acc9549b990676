/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays of md and what they stand on: degraded, rebuilt, not assembled, in containers and on each
 * other. */
#include "inventory/scan/live.h"
#include "tests/support/stack_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

static void a_degraded_array_that_rebuilds(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_partition(scene, "sdb", 3);
	plant_disk(scene, "sdc");
	plant_disk(scene, "sdd");
	plant_md(scene, "md0", "raid5\n", 3);
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	plant_member(scene, "md0", "sdb/sdb3", "1\n", "in_sync,write_mostly\n");
	plant_member(scene, "md0", "sdc", "2\n", "spare\n");
	plant_member(scene, "md0", "sdd", "none\n", "faulty,write_error\n");
	plant_attribute(scene, "recover\n", "sys/block/md0/md/sync_action");
	plant_attribute(scene, "512 / 2048\n", "sys/block/md0/md/sync_completed");
	read_stack(scene);

	size_t array = node_named(scene, "md0");
	const struct array_record *record = &scene->stack.nodes[array].array;
	assert_string_equal(record->key, "md:" ARRAY_UUID);
	assert_string_equal(record->state, "degraded");
	assert_string_equal(record->level, "raid5");
	assert_int_equal(record->device_count, 3);
	assert_int_equal(record->missing_count, 1);
	assert_int_equal(record->redundancy_left, 0);
	assert_int_equal(record->sync_done_permille, 250);
	assert_int_equal(record->size_bytes, 1048576);
	assert_int_equal(edge_between(scene, array, node_named(scene, "sda"))->slot, 0);
	assert_int_equal(
		edge_between(scene, array, node_named(scene, "sda"))->state, MEMBER_ACTIVE);
	assert_int_equal(edge_between(scene, array, node_named(scene, "sdb3"))->slot, 1);
	assert_int_equal(
		edge_between(scene, array, node_named(scene, "sdb3"))->state, MEMBER_ACTIVE);
	assert_int_equal(
		edge_between(scene, array, node_named(scene, "sdc"))->state, MEMBER_REBUILDING);
	assert_int_equal(
		edge_between(scene, array, node_named(scene, "sdd"))->state, MEMBER_FAULTY);
	assert_int_equal(edges_of(scene, array), 4);
	assert_int_equal(scene->stack.nodes[node_named(scene, "sdb3")].partition_number, 3);
	assert_int_equal(
		scene->stack.nodes[node_named(scene, "sdb3")].parent, node_named(scene, "sdb"));
}

static enum redundancy_verdict without(
	struct stack_scene *scene, const char *array, const char *drive)
{
	AUTO_LIVE struct live live = { 0 };
	struct error error = { 0 };
	struct redundancy redundancy = { 0 };
	struct array_record record = { .present = true, .host = "h" };
	struct drive_record leaving = { .present = true, .host = "h" };
	assert_int_equal(live_read(&scene->fixture.paths, "h", &live, &error), 0);
	size_t node = stack_find_name(&live.stack, drive);
	assert_int_not_equal(node, STACK_NONE);
	(void)snprintf(record.name, sizeof(record.name), "%s", array);
	record.size_bytes = live.stack.nodes[stack_find_name(&live.stack, array)].size_bytes;
	(void)snprintf(leaving.identity.name, sizeof(leaving.identity.name), "%s", drive);
	leaving.identity.devnum = live.stack.nodes[node].number;
	leaving.identity.capacity_bytes = live.stack.nodes[node].size_bytes;
	/* No store is asked: the kernel tells. */
	assert_int_equal(
		array_judge_without(NULL, &live, &record, &leaving, &redundancy, &error), 0);
	return redundancy.verdict;
}

/* It was never in sync, and waits to be written to: nothing says that it would survive a loss. */
static void an_array_whose_resync_is_pending(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_md(scene, "md0", "raid1\n", 2);
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	plant_member(scene, "md0", "sdb", "1\n", "in_sync\n");
	plant_attribute(scene, "none\n", "sys/block/md0/md/resync_start");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_LAST);
	plant_attribute(scene, "0\n", "sys/block/md0/md/resync_start");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_UNKNOWN);
	plant_attribute(scene, "frozen\n", "sys/block/md0/md/sync_action");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_UNKNOWN);
	read_stack(scene);
	const struct array_record *record = &scene->stack.nodes[node_named(scene, "md0")].array;
	assert_int_equal(record->redundancy_left, -1);
	assert_string_equal(record->sync_action, "resync");
}

/* The device is gone, md has not noticed: it is no place any more. */
static void a_pulled_member_stands_nowhere(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_md(scene, "md0", "raid1\n", 2);
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	plant_attribute(scene, "1\n", "sys/block/md0/md/dev-sdz/slot");
	plant_attribute(scene, "in_sync\n", "sys/block/md0/md/dev-sdz/state");
	read_stack(scene);
	const struct array_record *record = &scene->stack.nodes[node_named(scene, "md0")].array;
	assert_int_equal(edges_of(scene, node_named(scene, "md0")), 1);
	assert_int_equal(record->missing_count, 1);
	assert_int_equal(record->redundancy_left, 0);
}

/* RAID over an encrypted device on each drive, and over arrays: a drive takes its members along. */
static void an_array_that_stands_on_what_stands_on_drives(void **state)
{
	struct stack_scene *scene = *state;
	static const char *const drives[] = { "sda", "sdb", "sdc", "sdd", "sde" };
	for (size_t i = 0; i < ARRAY_SIZE(drives); i++)
		plant_disk(scene, drives[i]);
	plant_dm(scene, "dm-0", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-a", "a");
	plant_dm(scene, "dm-1", "CRYPT-LUKS2-1123456789abcdef0123456789abcdef-b", "b");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-1");
	plant_md(scene, "md0", "raid1\n", 2);
	plant_member(scene, "md0", "dm-0", "0\n", "in_sync\n");
	plant_member(scene, "md0", "dm-1", "1\n", "in_sync\n");
	plant_md(scene, "md1", "raid1\n", 2);
	plant_member(scene, "md1", "sdc", "0\n", "in_sync\n");
	plant_member(scene, "md1", "sdd", "1\n", "in_sync\n");
	plant_md(scene, "md2", "raid0\n", 2);
	plant_member(scene, "md2", "md1", "0\n", "in_sync\n");
	plant_member(scene, "md2", "sde", "1\n", "in_sync\n");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_LAST);
	assert_int_equal(without(scene, "md2", "sdc"), REDUNDANCY_UNTOUCHED);
	assert_int_equal(without(scene, "md2", "sde"), REDUNDANCY_DESTROYED);
	plant_attribute(scene, "faulty\n", "sys/block/md1/md/dev-sdd/state");
	assert_int_equal(without(scene, "md2", "sdc"), REDUNDANCY_DESTROYED);
	plant_attribute(scene, "faulty\n", "sys/block/md0/md/dev-dm-1/state");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_DESTROYED);
}

static void too_many_are_missing(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_md(scene, "md0", "raid5\n", 3);
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	read_stack(scene);
	assert_string_equal(scene->stack.nodes[node_named(scene, "md0")].array.state, "broken");
	assert_int_equal(scene->stack.nodes[node_named(scene, "md0")].array.redundancy_left, -1);
}

/* IMSM: a container that lists the drives, and the array in it. */
static void a_container_and_its_array(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_md(scene, "md127", "", 0);
	plant_attribute(scene, "external:imsm\n", "sys/block/md127/md/metadata_version");
	plant_attribute(scene, "inactive\n", "sys/block/md127/md/array_state");
	plant_attribute(scene, "00000000-0000-0000-0000-000000000000\n", "sys/block/md127/md/uuid");
	plant_member(scene, "md127", "sda", "none\n", "spare\n");
	plant_member(scene, "md127", "sdb", "none\n", "spare\n");
	plant_md(scene, "md126", "raid1\n", 2);
	plant_attribute(scene, "external:/md127/0\n", "sys/block/md126/md/metadata_version");
	plant_attribute(scene, "\n", "sys/block/md126/md/uuid");
	plant_member(scene, "md126", "sda", "0\n", "in_sync\n");
	plant_member(scene, "md126", "sdb", "1\n", "in_sync\n");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_RAID, "isw_raid_member", "", NULL);
	read_stack(scene);
	const struct stack_node *container = &scene->stack.nodes[node_named(scene, "md127")];
	const struct stack_node *array = &scene->stack.nodes[node_named(scene, "md126")];
	assert_string_equal(container->array.level, "container");
	assert_int_equal(container->array.redundancy_left, -1);
	assert_true(container->is_local);
	assert_string_equal(array->array.level, "raid1");
	assert_string_equal(array->array.state, "clean");
	assert_int_equal(array->array.redundancy_left, 1);
	assert_string_equal(array->array.key, "md:md126");
	STANDS(node_named(scene, "md127"), node_named(scene, "sda"));
	STANDS(node_named(scene, "md126"), node_named(scene, "sda"));
}

/* 0.90: the kernel writes the bytes of the UUID in another order than libblkid. */
static void the_members_name_the_array(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_md(scene, "md0", "raid1\n", 2);
	plant_attribute(scene, "67452301-efcd-ab89-6745-2301efcdab89\n", "sys/block/md0/md/uuid");
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)plant_signature(
		scene, "sda", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID, NULL);
	read_stack(scene);
	size_t array = stack_find_array(&scene->stack, "md:" ARRAY_UUID);
	assert_int_equal(array, node_named(scene, "md0"));
	assert_int_equal(edges_of(scene, array), 1);
	assert_false(edge_between(scene, array, node_named(scene, "sda"))->left);
}

#define MEMBER_DETAIL(role)                                                                        \
	"{\"array_size_bytes\":4096000,\"level\":\"raid5\",\"metadata\":\"1.2\","                  \
	"\"name\":\"host:7\",\"raid_disks\":3,\"role\":" role "}"

static void an_array_that_is_not_assembled(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_disk(scene, "sdc");
	plant_partition(scene, "sdb", 2);
	(void)plant_signature(scene, "sda", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("0"));
	(void)plant_signature(scene, "sdb", 2, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("2"));
	(void)plant_signature(scene, "sdc", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("\"spare\""));
	read_stack(scene);
	size_t array = stack_find_array(&scene->stack, "md:" ARRAY_UUID);
	assert_int_not_equal(array, STACK_NONE);
	const struct array_record *record = &scene->stack.nodes[array].array;
	assert_string_equal(record->state, "inactive");
	assert_string_equal(record->name, "host:7");
	assert_string_equal(record->level, "raid5");
	assert_int_equal(record->device_count, 3);
	assert_int_equal(record->missing_count, 1);
	assert_int_equal(record->redundancy_left, -1);
	assert_int_equal(record->size_bytes, 4096000);
	assert_int_equal(edge_between(scene, array, node_named(scene, "sdb2"))->slot, 2);
	assert_int_equal(edge_between(scene, array, node_named(scene, "sdc"))->state, MEMBER_SPARE);
	assert_false(edge_between(scene, array, node_named(scene, "sdb2"))->left);
}

/* The technician's case: the array runs without the drive that still carries its superblock. */
static void a_member_that_its_array_does_not_claim(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_md(scene, "md0", "raid5\n", 3);
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("0"));
	(void)plant_signature(scene, "sdb", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("1"));
	read_stack(scene);
	size_t array = node_named(scene, "md0");
	assert_true(edge_between(scene, array, node_named(scene, "sdb"))->left);
	assert_int_equal(edge_between(scene, array, node_named(scene, "sdb"))->slot, 1);
	assert_false(edge_between(scene, array, node_named(scene, "sda"))->left);
	assert_string_equal(scene->stack.nodes[array].array.name, "md0");
}

/* The same with a 0.90 superblock, when no other member was looked at. */
static void an_old_array_is_found_by_its_reversed_uuid(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_md(scene, "md0", "raid1\n", 2);
	plant_attribute(scene, "0.90\n", "sys/block/md0/md/metadata_version");
	plant_attribute(scene, "67452301-efcd-ab89-6745-2301efcdab89\n", "sys/block/md0/md/uuid");
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)plant_signature(
		scene, "sdb", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID, NULL);
	read_stack(scene);
	assert_true(edge_between(scene, node_named(scene, "md0"), node_named(scene, "sdb"))->left);
	assert_int_equal(stack_find_array(&scene->stack, "md:" ARRAY_UUID), STACK_NONE);
}

/* What lies at the front of both halves of a mirror belongs to the mirror. */
static void content_of_a_mirror_is_not_the_members(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_md(scene, "md0", "raid1\n", 2);
	plant_member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_CRYPTO, "crypto_LUKS", ARRAY_UUID, NULL);
	read_stack(scene);
	assert_int_equal(stack_find_volume(&scene->stack, "luks:" ARRAY_UUID), STACK_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STACK_SCENE(a_degraded_array_that_rebuilds),
		WITH_STACK_SCENE(a_pulled_member_stands_nowhere),
		WITH_STACK_SCENE(an_array_that_stands_on_what_stands_on_drives),
		WITH_STACK_SCENE(an_array_whose_resync_is_pending),
		WITH_STACK_SCENE(too_many_are_missing),
		WITH_STACK_SCENE(a_container_and_its_array),
		WITH_STACK_SCENE(the_members_name_the_array),
		WITH_STACK_SCENE(an_array_that_is_not_assembled),
		WITH_STACK_SCENE(a_member_that_its_array_does_not_claim),
		WITH_STACK_SCENE(an_old_array_is_found_by_its_reversed_uuid),
		WITH_STACK_SCENE(content_of_a_mirror_is_not_the_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
