/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on what, read from trees that the test makes, and what superblocks add to it. */
#include "inventory/scan/live.h"
#include "inventory/scan/stack.h"

#include "inventory/scan/scan.h"
#include "tests/support/fixture_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VG "AAAAAAbbbbCCCCddddEEEEffffGGGGGG"
#define LV(letter) VG letter "11111bbbbCCCCddddEEEEffffGGGGGG"
#define VG_DASHED "AAAAAA-bbbb-CCCC-dddd-EEEE-ffff-GGGGGG"
#define LV_DASHED(letter) letter "11111-bbbb-CCCC-dddd-EEEE-ffff-GGGGGG"
#define LV_KEY(letter) "lvm:" VG_DASHED "/" LV_DASHED(letter)
#define ARRAY_UUID "01234567-89ab-cdef-0123-456789abcdef"

struct scene {
	struct fixture_system fixture;
	struct stack stack;
	struct found_list found;
	unsigned minor;
};

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	assert_non_null(scene);
	fixture_begin(&scene->fixture);
	scene->minor = 32;
	scene->found.items = calloc(32, sizeof(*scene->found.items));
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;
	stack_free(&scene->stack);
	found_list_free(&scene->found);
	fixture_end(&scene->fixture);
	free(scene);
	return 0;
}

/* ---- making ---- */

static void PRINTF_LIKE(3, 4)
	attribute(struct scene *scene, const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	fixture_write(&scene->fixture, path, text);
}

static void disk(struct scene *scene, const char *name)
{
	fixture_disk(&scene->fixture, name, scene->minor++);
	attribute(scene, "2048\n", "sys/block/%s/size", name);
}

static void partition(struct scene *scene, const char *of, unsigned number)
{
	char name[32];
	(void)snprintf(name, sizeof(name), "%s%u", of, number);
	fixture_partition(&scene->fixture, of, name, scene->minor++, 2048);
	attribute(scene, "1024\n", "sys/block/%s/%s/size", of, name);
	/* The fixture writes 1 whatever the number. */
	char text[16];
	(void)snprintf(text, sizeof(text), "%u\n", number);
	attribute(scene, text, "sys/block/%s/%s/partition", of, name);
}

static void md(struct scene *scene, const char *name, const char *level, unsigned disks)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%u\n", disks);
	disk(scene, name);
	attribute(scene, level, "sys/block/%s/md/level", name);
	attribute(scene, text, "sys/block/%s/md/raid_disks", name);
	attribute(scene, "clean\n", "sys/block/%s/md/array_state", name);
	attribute(scene, "1.2\n", "sys/block/%s/md/metadata_version", name);
	attribute(scene, "idle\n", "sys/block/%s/md/sync_action", name);
	attribute(scene, ARRAY_UUID "\n", "sys/block/%s/md/uuid", name);
}

static void member(struct scene *scene, const char *array, const char *lower, const char *slot,
	const char *words)
{
	const char *slash = strchr(lower, '/');
	const char *name = slash ? slash + 1 : lower;
	fixture_stack(&scene->fixture, lower, array);
	attribute(scene, slot, "sys/block/%s/md/dev-%s/slot", array, name);
	attribute(scene, words, "sys/block/%s/md/dev-%s/state", array, name);
}

static void dm(struct scene *scene, const char *name, const char *uuid, const char *title)
{
	disk(scene, name);
	attribute(scene, uuid, "sys/block/%s/dm/uuid", name);
	attribute(scene, title, "sys/block/%s/dm/name", name);
	attribute(scene, "0\n", "sys/block/%s/dm/suspended", name);
}

/* A drive that a scan has found, with one signature. */
static struct signature *carry(struct scene *scene, const char *name, unsigned partition_number,
	enum signature_usage usage, const char *type, const char *uuid, const char *detail)
{
	struct found_drive *found = NULL;
	char path[64];
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	for (size_t i = 0; i < scene->found.count; i++)
		if (strcmp(scene->found.items[i].path, path) == 0)
			found = &scene->found.items[i];
	if (!found) {
		found = &scene->found.items[scene->found.count++];
		(void)snprintf(found->path, sizeof(found->path), "%s", path);
		found->probed = true;
		found->signatures.items = calloc(8, sizeof(struct signature));
	}
	struct signature *signature = &found->signatures.items[found->signatures.count++];
	signature->usage = usage;
	signature->partition_number = partition_number;
	signature->length_bytes = 1048576;
	(void)snprintf(signature->type, sizeof(signature->type), "%s", type);
	(void)snprintf(signature->uuid, sizeof(signature->uuid), "%s", uuid);
	signature->detail = detail ? strdup(detail) : NULL;
	return signature;
}

static void look(struct scene *scene)
{
	struct error error = { 0 };
	stack_free(&scene->stack);
	assert_int_equal(stack_read(&scene->fixture.paths, &scene->stack, &error), 0);
	stack_attach(&scene->stack, &scene->found);
	assert_int_equal(stack_derive(&scene->stack, &error), 0);
}

/* ---- asking ---- */

static size_t named(const struct scene *scene, const char *name)
{
	size_t index = stack_find_name(&scene->stack, name);
	if (index == STACK_NONE)
		fail_msg("there is no %s", name);
	return index;
}

static size_t volume(const struct scene *scene, const char *key)
{
	size_t index = stack_find_volume(&scene->stack, key);
	if (index == STACK_NONE)
		fail_msg("there is no volume %s", key);
	return index;
}

static const struct stack_edge *edge(const struct scene *scene, size_t upper, size_t lower)
{
	for (size_t i = 0; i < scene->stack.edge_count; i++)
		if (scene->stack.edges[i].upper == upper && scene->stack.edges[i].lower == lower)
			return &scene->stack.edges[i];
	return NULL;
}

#define STANDS(upper, lower) assert_non_null(edge(scene, upper, lower))
#define STANDS_NOT(upper, lower) assert_null(edge(scene, upper, lower))

static size_t edges_of(const struct scene *scene, size_t upper)
{
	size_t count = 0;
	for (size_t i = 0; i < scene->stack.edge_count; i++)
		count += scene->stack.edges[i].upper == upper ? 1 : 0;
	return count;
}

/* ---- md ---- */

static void a_degraded_array_that_rebuilds(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	partition(scene, "sdb", 3);
	disk(scene, "sdc");
	disk(scene, "sdd");
	md(scene, "md0", "raid5\n", 3);
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	member(scene, "md0", "sdb/sdb3", "1\n", "in_sync,write_mostly\n");
	member(scene, "md0", "sdc", "2\n", "spare\n");
	member(scene, "md0", "sdd", "none\n", "faulty,write_error\n");
	attribute(scene, "recover\n", "sys/block/md0/md/sync_action");
	attribute(scene, "512 / 2048\n", "sys/block/md0/md/sync_completed");
	look(scene);

	size_t array = named(scene, "md0");
	const struct array_record *record = &scene->stack.nodes[array].array;
	assert_string_equal(record->key, "md:" ARRAY_UUID);
	assert_string_equal(record->state, "degraded");
	assert_string_equal(record->level, "raid5");
	assert_int_equal(record->device_count, 3);
	assert_int_equal(record->missing_count, 1);
	assert_int_equal(record->redundancy_left, 0);
	assert_int_equal(record->sync_done_permille, 250);
	assert_int_equal(record->size_bytes, 1048576);
	assert_int_equal(edge(scene, array, named(scene, "sda"))->slot, 0);
	assert_int_equal(edge(scene, array, named(scene, "sda"))->state, MEMBER_ACTIVE);
	assert_int_equal(edge(scene, array, named(scene, "sdb3"))->slot, 1);
	assert_int_equal(edge(scene, array, named(scene, "sdb3"))->state, MEMBER_ACTIVE);
	assert_int_equal(edge(scene, array, named(scene, "sdc"))->state, MEMBER_REBUILDING);
	assert_int_equal(edge(scene, array, named(scene, "sdd"))->state, MEMBER_FAULTY);
	assert_int_equal(edges_of(scene, array), 4);
	assert_int_equal(scene->stack.nodes[named(scene, "sdb3")].partition_number, 3);
	assert_int_equal(scene->stack.nodes[named(scene, "sdb3")].parent, named(scene, "sdb"));
}

static enum redundancy_verdict without(struct scene *scene, const char *array, const char *drive)
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
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	md(scene, "md0", "raid1\n", 2);
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	member(scene, "md0", "sdb", "1\n", "in_sync\n");
	attribute(scene, "none\n", "sys/block/md0/md/resync_start");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_LAST);
	attribute(scene, "0\n", "sys/block/md0/md/resync_start");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_UNKNOWN);
	attribute(scene, "frozen\n", "sys/block/md0/md/sync_action");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_UNKNOWN);
	look(scene);
	const struct array_record *record = &scene->stack.nodes[named(scene, "md0")].array;
	assert_int_equal(record->redundancy_left, -1);
	assert_string_equal(record->sync_action, "resync");
}

/* The device is gone, md has not noticed: it is no place any more. */
static void a_pulled_member_stands_nowhere(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	md(scene, "md0", "raid1\n", 2);
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	attribute(scene, "1\n", "sys/block/md0/md/dev-sdz/slot");
	attribute(scene, "in_sync\n", "sys/block/md0/md/dev-sdz/state");
	look(scene);
	const struct array_record *record = &scene->stack.nodes[named(scene, "md0")].array;
	assert_int_equal(edges_of(scene, named(scene, "md0")), 1);
	assert_int_equal(record->missing_count, 1);
	assert_int_equal(record->redundancy_left, 0);
}

/* RAID over an encrypted device on each drive, and over arrays: a drive takes its members along. */
static void an_array_that_stands_on_what_stands_on_drives(void **state)
{
	struct scene *scene = *state;
	static const char *const drives[] = { "sda", "sdb", "sdc", "sdd", "sde" };
	for (size_t i = 0; i < ARRAY_SIZE(drives); i++)
		disk(scene, drives[i]);
	dm(scene, "dm-0", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-a", "a");
	dm(scene, "dm-1", "CRYPT-LUKS2-1123456789abcdef0123456789abcdef-b", "b");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-1");
	md(scene, "md0", "raid1\n", 2);
	member(scene, "md0", "dm-0", "0\n", "in_sync\n");
	member(scene, "md0", "dm-1", "1\n", "in_sync\n");
	md(scene, "md1", "raid1\n", 2);
	member(scene, "md1", "sdc", "0\n", "in_sync\n");
	member(scene, "md1", "sdd", "1\n", "in_sync\n");
	md(scene, "md2", "raid0\n", 2);
	member(scene, "md2", "md1", "0\n", "in_sync\n");
	member(scene, "md2", "sde", "1\n", "in_sync\n");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_LAST);
	assert_int_equal(without(scene, "md2", "sdc"), REDUNDANCY_UNTOUCHED);
	assert_int_equal(without(scene, "md2", "sde"), REDUNDANCY_DESTROYED);
	attribute(scene, "faulty\n", "sys/block/md1/md/dev-sdd/state");
	assert_int_equal(without(scene, "md2", "sdc"), REDUNDANCY_DESTROYED);
	attribute(scene, "faulty\n", "sys/block/md0/md/dev-dm-1/state");
	assert_int_equal(without(scene, "md0", "sda"), REDUNDANCY_DESTROYED);
}

static void too_many_are_missing(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	md(scene, "md0", "raid5\n", 3);
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	look(scene);
	assert_string_equal(scene->stack.nodes[named(scene, "md0")].array.state, "broken");
	assert_int_equal(scene->stack.nodes[named(scene, "md0")].array.redundancy_left, -1);
}

/* IMSM: a container that lists the drives, and the array in it. */
static void a_container_and_its_array(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	md(scene, "md127", "", 0);
	attribute(scene, "external:imsm\n", "sys/block/md127/md/metadata_version");
	attribute(scene, "inactive\n", "sys/block/md127/md/array_state");
	attribute(scene, "00000000-0000-0000-0000-000000000000\n", "sys/block/md127/md/uuid");
	member(scene, "md127", "sda", "none\n", "spare\n");
	member(scene, "md127", "sdb", "none\n", "spare\n");
	md(scene, "md126", "raid1\n", 2);
	attribute(scene, "external:/md127/0\n", "sys/block/md126/md/metadata_version");
	attribute(scene, "\n", "sys/block/md126/md/uuid");
	member(scene, "md126", "sda", "0\n", "in_sync\n");
	member(scene, "md126", "sdb", "1\n", "in_sync\n");
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "isw_raid_member", "", NULL);
	look(scene);
	const struct stack_node *container = &scene->stack.nodes[named(scene, "md127")];
	const struct stack_node *array = &scene->stack.nodes[named(scene, "md126")];
	assert_string_equal(container->array.level, "container");
	assert_int_equal(container->array.redundancy_left, -1);
	assert_true(container->is_local);
	assert_string_equal(array->array.level, "raid1");
	assert_string_equal(array->array.state, "clean");
	assert_int_equal(array->array.redundancy_left, 1);
	assert_string_equal(array->array.key, "md:md126");
	STANDS(named(scene, "md127"), named(scene, "sda"));
	STANDS(named(scene, "md126"), named(scene, "sda"));
}

/* 0.90: the kernel writes the bytes of the UUID in another order than libblkid. */
static void the_members_name_the_array(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	md(scene, "md0", "raid1\n", 2);
	attribute(scene, "67452301-efcd-ab89-6745-2301efcdab89\n", "sys/block/md0/md/uuid");
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID, NULL);
	look(scene);
	size_t array = stack_find_array(&scene->stack, "md:" ARRAY_UUID);
	assert_int_equal(array, named(scene, "md0"));
	assert_int_equal(edges_of(scene, array), 1);
	assert_false(edge(scene, array, named(scene, "sda"))->left);
}

#define MEMBER_DETAIL(role)                                                                        \
	"{\"array_size_bytes\":4096000,\"level\":\"raid5\",\"metadata\":\"1.2\","                  \
	"\"name\":\"host:7\",\"raid_disks\":3,\"role\":" role "}"

static void an_array_that_is_not_assembled(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	disk(scene, "sdc");
	partition(scene, "sdb", 2);
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("0"));
	(void)carry(scene, "sdb", 2, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("2"));
	(void)carry(scene, "sdc", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("\"spare\""));
	look(scene);
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
	assert_int_equal(edge(scene, array, named(scene, "sdb2"))->slot, 2);
	assert_int_equal(edge(scene, array, named(scene, "sdc"))->state, MEMBER_SPARE);
	assert_false(edge(scene, array, named(scene, "sdb2"))->left);
}

/* The technician's case: the array runs without the drive that still carries its superblock. */
static void a_member_that_its_array_does_not_claim(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	md(scene, "md0", "raid5\n", 3);
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("0"));
	(void)carry(scene, "sdb", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID,
		MEMBER_DETAIL("1"));
	look(scene);
	size_t array = named(scene, "md0");
	assert_true(edge(scene, array, named(scene, "sdb"))->left);
	assert_int_equal(edge(scene, array, named(scene, "sdb"))->slot, 1);
	assert_false(edge(scene, array, named(scene, "sda"))->left);
	assert_string_equal(scene->stack.nodes[array].array.name, "md0");
}

/* The same with a 0.90 superblock, when no other member was looked at. */
static void an_old_array_is_found_by_its_reversed_uuid(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	md(scene, "md0", "raid1\n", 2);
	attribute(scene, "0.90\n", "sys/block/md0/md/metadata_version");
	attribute(scene, "67452301-efcd-ab89-6745-2301efcdab89\n", "sys/block/md0/md/uuid");
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)carry(scene, "sdb", 0, SIGNATURE_RAID, "linux_raid_member", ARRAY_UUID, NULL);
	look(scene);
	assert_true(edge(scene, named(scene, "md0"), named(scene, "sdb"))->left);
	assert_int_equal(stack_find_array(&scene->stack, "md:" ARRAY_UUID), STACK_NONE);
}

/* What lies at the front of both halves of a mirror belongs to the mirror. */
static void content_of_a_mirror_is_not_the_members(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	md(scene, "md0", "raid1\n", 2);
	member(scene, "md0", "sda", "0\n", "in_sync\n");
	(void)carry(scene, "sda", 0, SIGNATURE_CRYPTO, "crypto_LUKS", ARRAY_UUID, NULL);
	look(scene);
	assert_int_equal(stack_find_volume(&scene->stack, "luks:" ARRAY_UUID), STACK_NONE);
}

/* ---- dm ---- */

static void thin_volumes_and_their_pool(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	partition(scene, "sda", 1);
	dm(scene, "dm-0", "LVM-" LV("m") "-tmeta", "vg0-pool_tmeta");
	dm(scene, "dm-1", "LVM-" LV("d") "-tdata", "vg0-pool_tdata");
	dm(scene, "dm-2", "LVM-" LV("p") "-tpool", "vg0-pool-tpool");
	dm(scene, "dm-3", "LVM-" LV("p") "-pool", "vg0-pool");
	dm(scene, "dm-4", "LVM-" LV("t"), "vg0-web--1");
	fixture_stack(&scene->fixture, "sda/sda1", "dm-0");
	fixture_stack(&scene->fixture, "sda/sda1", "dm-1");
	fixture_stack(&scene->fixture, "dm-0", "dm-2");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	fixture_stack(&scene->fixture, "dm-2", "dm-3");
	fixture_stack(&scene->fixture, "dm-2", "dm-4");
	look(scene);
	size_t pool = volume(scene, LV_KEY("p")), thin = volume(scene, LV_KEY("t"));
	assert_int_equal(pool, named(scene, "dm-3"));
	assert_int_equal(scene->stack.nodes[pool].volume.kind, VOLUME_THIN_POOL);
	assert_int_equal(scene->stack.nodes[thin].volume.kind, VOLUME_THIN);
	assert_string_equal(scene->stack.nodes[thin].volume.title, "vg0/web-1");
	assert_string_equal(scene->stack.nodes[thin].volume.state, "active");
	assert_string_equal(scene->stack.nodes[thin].volume.path, "/dev/mapper/vg0-web--1");
	STANDS(thin, pool);
	STANDS(pool, named(scene, "sda1"));
	assert_int_equal(edges_of(scene, thin), 1);
	assert_int_equal(edges_of(scene, pool), 1);
	assert_int_equal(stack_find_volume(&scene->stack, LV_KEY("d")), STACK_NONE);
}

static void a_snapshot_and_its_origin(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	dm(scene, "dm-0", "LVM-" LV("o") "-real", "vg0-data-real");
	dm(scene, "dm-1", "LVM-" LV("s") "-cow", "vg0-snap-cow");
	dm(scene, "dm-2", "LVM-" LV("o"), "vg0-data");
	dm(scene, "dm-3", "LVM-" LV("s"), "vg0-snap");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-1");
	fixture_stack(&scene->fixture, "dm-0", "dm-2");
	fixture_stack(&scene->fixture, "dm-0", "dm-3");
	fixture_stack(&scene->fixture, "dm-1", "dm-3");
	look(scene);
	size_t origin = volume(scene, LV_KEY("o")), snapshot = volume(scene, LV_KEY("s"));
	assert_int_equal(scene->stack.nodes[snapshot].volume.kind, VOLUME_SNAPSHOT);
	assert_int_equal(scene->stack.nodes[origin].volume.kind, VOLUME_LV);
	assert_string_equal(scene->stack.nodes[snapshot].volume.origin_key, LV_KEY("o"));
	STANDS(snapshot, origin);
	STANDS(snapshot, named(scene, "sdb"));
	STANDS(origin, named(scene, "sda"));
	STANDS_NOT(origin, named(scene, "sdb"));
}

static void a_mirrored_volume_stands_on_what_its_images_do(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	dm(scene, "dm-0", "LVM-" LV("x"), "vg0-safe_rimage_0");
	dm(scene, "dm-1", "LVM-" LV("y"), "vg0-safe_rimage_1");
	dm(scene, "dm-2", "LVM-" LV("r"), "vg0-safe");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-1");
	fixture_stack(&scene->fixture, "dm-0", "dm-2");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	look(scene);
	size_t safe = volume(scene, LV_KEY("r"));
	STANDS(safe, named(scene, "sda"));
	STANDS(safe, named(scene, "sdb"));
	assert_int_equal(edges_of(scene, safe), 2);
	assert_int_equal(stack_find_volume(&scene->stack, LV_KEY("x")), STACK_NONE);
}

static void encryption_on_a_volume(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	dm(scene, "dm-0", "LVM-" LV("v"), "vg0-vault");
	dm(scene, "dm-1", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-open", "open");
	dm(scene, "dm-2", "CRYPT-PLAIN-scratch", "scratch");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "dm-0", "dm-1");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	look(scene);
	size_t luks = volume(scene, "luks:" ARRAY_UUID);
	size_t plain = volume(scene, "dm:scratch");
	STANDS(luks, volume(scene, LV_KEY("v")));
	STANDS(plain, luks);
	assert_string_equal(scene->stack.nodes[luks].volume.title, "open");
	assert_false(scene->stack.nodes[luks].is_local);
	assert_true(scene->stack.nodes[plain].is_local);
}

static void multipath_and_its_partition(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	dm(scene, "dm-0", "mpath-3600508b4000156d7", "mpatha");
	dm(scene, "dm-1", "part2-mpath-3600508b4000156d7", "mpatha-part2");
	dm(scene, "dm-2", "LVM-" LV("v"), "vg0-vault");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	fixture_stack(&scene->fixture, "sdb", "dm-0");
	fixture_stack(&scene->fixture, "dm-0", "dm-1");
	fixture_stack(&scene->fixture, "dm-1", "dm-2");
	/* The legs show what the whole carries. */
	(void)carry(scene, "sda", 2, SIGNATURE_CRYPTO, "crypto_LUKS", ARRAY_UUID, NULL);
	look(scene);
	size_t whole = volume(scene, "mpath:3600508b4000156d7");
	size_t part = named(scene, "dm-1");
	STANDS(whole, named(scene, "sda"));
	STANDS(whole, named(scene, "sdb"));
	assert_int_equal(scene->stack.nodes[part].kind, STACK_PARTITION);
	assert_int_equal(scene->stack.nodes[part].parent, whole);
	assert_int_equal(scene->stack.nodes[part].partition_number, 2);
	STANDS(volume(scene, LV_KEY("v")), part);
	assert_int_equal(stack_find_volume(&scene->stack, "luks:" ARRAY_UUID), STACK_NONE);
}

static void dmraid_is_an_array(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	dm(scene, "dm-0", "DMRAID-isw_bgdj_Volume0", "isw_bgdj_Volume0");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	look(scene);
	size_t array = stack_find_array(&scene->stack, "isw:isw_bgdj_Volume0");
	assert_int_equal(array, named(scene, "dm-0"));
	assert_int_equal(scene->stack.nodes[array].array.redundancy_left, -1);
	STANDS(array, named(scene, "sda"));
}

/* ---- others ---- */

static void bcache_stands_on_both(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	disk(scene, "bcache0");
	fixture_stack(&scene->fixture, "sda", "bcache0");
	fixture_folder(&scene->fixture, "sys/block/sdb/bcache");
	fixture_link(
		&scene->fixture, "sys/block/bcache0/bcache/cache/cache0", "../../../sdb/bcache");
	(void)carry(scene, "sda", 0, SIGNATURE_OTHER, "bcache", ARRAY_UUID, NULL);
	look(scene);
	size_t cached = volume(scene, "bcache:" ARRAY_UUID);
	STANDS(cached, named(scene, "sda"));
	STANDS(cached, named(scene, "sdb"));
}

static void a_loop_device_stands_on_its_files_filesystem(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "loop0");
	attribute(scene, "/srv/images/a.img\n", "sys/block/loop0/loop/backing_file");
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "40 28 240:32 / /srv rw - ext4 /dev/sda rw\n");
	look(scene);
	STANDS(named(scene, "loop0"), named(scene, "sda"));
	STANDS_NOT(named(scene, "loop0"), named(scene, "other"));
}

/* A folder without anything readable, names that are too long: left out, not fatal. */
static void odd_entries_do_no_harm(void **state)
{
	struct scene *scene = *state;
	fixture_folder(&scene->fixture, "sys/block/md7/md");
	fixture_folder(&scene->fixture, "sys/block/dm-9/dm");
	fixture_folder(&scene->fixture,
		"sys/block/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	fixture_folder(&scene->fixture, "sys/block/dm-9/slaves/nowhere");
	look(scene);
	assert_int_not_equal(stack_find_name(&scene->stack, "md7"), STACK_NONE);
	assert_int_not_equal(stack_find_name(&scene->stack, "dm-9"), STACK_NONE);
}

static void an_unreadable_tree_is_an_error(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	fixture_remove(&scene->fixture, "sys/block");
	assert_int_equal(stack_read(&scene->fixture.paths, &scene->stack, &error), -ENOENT);
	assert_string_equal(error.code, "scan-unreadable");
}

/* ---- what superblocks tell ---- */

#define PV_1 "pppppp-bbbb-CCCC-dddd-EEEE-ffff-GGGGG1"
#define PV_2 "pppppp-bbbb-CCCC-dddd-EEEE-ffff-GGGGG2"
#define LV_JSON(letter, name, kind, visible, rest)                                                 \
	"{\"kind\":\"" kind "\",\"name\":\"" name                                                  \
	"\",\"size_bytes\":4096,\"uuid\":\"" LV_DASHED(letter) "\",\"visible\":" visible rest "}"
#define VG_JSON(seqno, lvs)                                                                        \
	"{\"lvs\":[" lvs "],\"seqno\":" seqno ",\"vg_name\":\"vg-0\",\"vg_uuid\":\"" VG_DASHED "\"}"

static void a_group_that_is_not_active(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "LVM2_member", PV_1,
		VG_JSON("4", LV_JSON("l", "old", "linear", "1", "")));
	(void)carry(scene, "sdb", 0, SIGNATURE_RAID, "LVM2_member", PV_2,
		VG_JSON("5",
			LV_JSON("l", "web", "linear", "1",
				",\"on_pvs\":[\"" PV_1
				"\"],\"tags\":[\"haiki.tenant=T1\",7]") "," LV_JSON("p", "pool",
				"thin-pool", "1",
				",\"on_pvs\":[]") "," LV_JSON("d", "pool_tdata", "linear", "0",
				",\"on_pvs\":[\"" PV_2 "\"]") "," LV_JSON("t", "thin", "thin", "1",
				",\"pool\":\"pool\",\"on_pvs\":[]") "," LV_JSON("s", "snap", "thin",
				"1", ",\"origin\":\"thin\",\"pool\":\"pool\",\"on_pvs\":[]")));
	look(scene);
	size_t web = volume(scene, LV_KEY("l")), pool = volume(scene, LV_KEY("p"));
	size_t thin = volume(scene, LV_KEY("t")), snap = volume(scene, LV_KEY("s"));
	assert_string_equal(scene->stack.nodes[web].volume.title, "vg-0/web");
	assert_string_equal(scene->stack.nodes[web].volume.state, "inactive");
	assert_int_equal(scene->stack.nodes[web].size_bytes, 4096);
	assert_int_equal(json_array_size(scene->stack.nodes[web].volume.tags), 1);
	STANDS(web, named(scene, "sda"));
	STANDS_NOT(web, named(scene, "sdb"));
	STANDS(pool, named(scene, "sdb"));
	STANDS(thin, pool);
	STANDS(snap, pool);
	STANDS(snap, thin);
	assert_int_equal(scene->stack.nodes[snap].volume.kind, VOLUME_SNAPSHOT);
	assert_string_equal(scene->stack.nodes[snap].volume.origin_key, LV_KEY("t"));
	assert_int_equal(stack_find_volume(&scene->stack, LV_KEY("d")), STACK_NONE);
}

/* Its pool is an inner volume: without a node to stand on, it stands on the drives of both. */
static void a_cached_volume_that_is_not_active(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "LVM2_member", PV_1,
		VG_JSON("4",
			LV_JSON("c", "web", "cache", "1",
				",\"origin\":\"web_corig\",\"pool\":\"fast_cpool\",\"on_pvs\":["
				"\"" PV_1 "\",\"" PV_2 "\"]") "," LV_JSON("o", "web_corig",
				"linear", "0", ",\"on_pvs\":[\"" PV_1 "\"]") "," LV_JSON("p",
				"fast_cpool", "cache-pool", "0", ",\"on_pvs\":[\"" PV_2 "\"]")));
	(void)carry(scene, "sdb", 0, SIGNATURE_RAID, "LVM2_member", PV_2, NULL);
	look(scene);
	size_t web = volume(scene, LV_KEY("c"));
	STANDS(web, named(scene, "sda"));
	STANDS(web, named(scene, "sdb"));
}

/* What runs stands where the kernel says; the metadata add its tags. */
static void an_active_volume_gets_its_tags(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	dm(scene, "dm-0", "LVM-" LV("l"), "vg--0-web");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	(void)carry(scene, "sda", 0, SIGNATURE_RAID, "LVM2_member", PV_1, NULL);
	(void)carry(scene, "sdb", 0, SIGNATURE_RAID, "LVM2_member", PV_2,
		VG_JSON("5", LV_JSON("l", "web", "linear", "1",
				     ",\"on_pvs\":[\"" PV_2 "\"],\"tags\":[\"a\"]")));
	look(scene);
	size_t web = volume(scene, LV_KEY("l"));
	assert_int_equal(web, named(scene, "dm-0"));
	assert_int_equal(json_array_size(scene->stack.nodes[web].volume.tags), 1);
	STANDS(web, named(scene, "sda"));
	STANDS_NOT(web, named(scene, "sdb"));
}

static void a_locked_luks_volume_and_its_label(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	(void)carry(scene, "sda", 5, SIGNATURE_CRYPTO, "crypto_LUKS", ARRAY_UUID,
		"{\"data_offset_bytes\":4096,\"label\":\"haiki:T9\",\"tokens\":[{\"keyslots\":[],"
		"\"text\":\"{\\\"tenant\\\":\\\"T8\\\"}\",\"type\":\"haiki-tenant\"}]}");
	look(scene);
	size_t luks = volume(scene, "luks:" ARRAY_UUID);
	const struct stack_node *node = &scene->stack.nodes[luks];
	assert_string_equal(node->volume.state, "locked");
	assert_int_equal(node->size_bytes, 1048576 - 4096);
	assert_int_equal(json_array_size(node->volume.tags), 2);
	assert_string_equal(
		json_string_value(json_array_get(node->volume.tags, 0)), "label=haiki:T9");
	assert_string_equal(
		json_string_value(json_array_get(node->volume.tags, 1)), "token.tenant=T8");
	/* A partition that the kernel does not show. */
	assert_int_equal(edges_of(scene, luks), 1);
}

static void sets_of_others_are_arrays_of_their_name(void **state)
{
	struct scene *scene = *state;
	disk(scene, "sda");
	disk(scene, "sdb");
	disk(scene, "sdc");
	struct signature *zfs =
		carry(scene, "sda", 0, SIGNATURE_RAID, "zfs_member", "1234567890", NULL);
	(void)snprintf(zfs->label, sizeof(zfs->label), "tank");
	(void)carry(scene, "sdb", 0, SIGNATURE_RAID, "ddf_raid_member", "Linux-MD_x", NULL);
	(void)carry(scene, "sdc", 0, SIGNATURE_RAID, "isw_raid_member", "", NULL);
	look(scene);
	size_t pool = stack_find_array(&scene->stack, "zfs:1234567890");
	assert_int_not_equal(pool, STACK_NONE);
	assert_string_equal(scene->stack.nodes[pool].array.name, "tank");
	assert_string_equal(scene->stack.nodes[pool].array.metadata, "zfs");
	STANDS(pool, named(scene, "sda"));
	assert_int_not_equal(stack_find_array(&scene->stack, "ddf:Linux-MD_x"), STACK_NONE);
	assert_int_equal(stack_find_array(&scene->stack, "isw:"), STACK_NONE);
}

/* Whatever a superblock says: no crash, no ring without end. */
static void hostile_details_do_no_harm(void **state)
{
	static const char *const details[] = {
		"",
		"[]",
		"{}",
		"nonsense",
		"{\"lvs\":7,\"vg_uuid\":\"x\"}",
		"{\"level\":5,\"name\":[],\"raid_disks\":-1,\"role\":-5}",
		"{\"raid_disks\":9223372036854775807,\"role\":9223372036854775807}",
		VG_JSON("1", LV_JSON("l", "a", "thin", "1", ",\"origin\":\"a\",\"pool\":\"a\"")),
		VG_JSON("1", "7,\"x\",{},{\"uuid\":\"short\",\"visible\":1}"),
		"{\"tokens\":[7,{\"type\":\"haiki-tenant\"}],\"data_offset_bytes\":-7}",
	};
	static const char *const types[] = { "LVM2_member", "linux_raid_member", "crypto_LUKS",
		"zfs_member" };
	struct scene *scene = *state;
	disk(scene, "sda");
	for (size_t t = 0; t < ARRAY_SIZE(types); t++)
		for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
			for (size_t s = 0; s < scene->found.count; s++)
				signature_list_free(&scene->found.items[s].signatures);
			scene->found.count = 0;
			(void)carry(
				scene, "sda", 0, SIGNATURE_RAID, types[t], ARRAY_UUID, details[i]);
			look(scene);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(a_degraded_array_that_rebuilds),
		TEST(a_pulled_member_stands_nowhere),
		TEST(an_array_that_stands_on_what_stands_on_drives),
		TEST(an_array_whose_resync_is_pending),
		TEST(too_many_are_missing),
		TEST(a_container_and_its_array),
		TEST(the_members_name_the_array),
		TEST(an_array_that_is_not_assembled),
		TEST(a_member_that_its_array_does_not_claim),
		TEST(an_old_array_is_found_by_its_reversed_uuid),
		TEST(content_of_a_mirror_is_not_the_members),
		TEST(thin_volumes_and_their_pool),
		TEST(a_snapshot_and_its_origin),
		TEST(a_mirrored_volume_stands_on_what_its_images_do),
		TEST(encryption_on_a_volume),
		TEST(multipath_and_its_partition),
		TEST(dmraid_is_an_array),
		TEST(bcache_stands_on_both),
		TEST(a_loop_device_stands_on_its_files_filesystem),
		TEST(odd_entries_do_no_harm),
		TEST(an_unreadable_tree_is_an_error),
		TEST(a_group_that_is_not_active),
		TEST(a_cached_volume_that_is_not_active),
		TEST(an_active_volume_gets_its_tags),
		TEST(a_locked_luks_volume_and_its_label),
		TEST(sets_of_others_are_arrays_of_their_name),
		TEST(hostile_details_do_no_harm),
	};
	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
