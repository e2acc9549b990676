/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What superblocks tell of volumes and arrays that the kernel does not show, and what they add to
 * those that it does. */
#include "inventory/scan/live.h"
#include "tests/support/stack_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#define PV_1 "pppppp-bbbb-CCCC-dddd-EEEE-ffff-GGGGG1"
#define PV_2 "pppppp-bbbb-CCCC-dddd-EEEE-ffff-GGGGG2"
#define LV_JSON(letter, name, kind, visible, rest)                                                 \
	"{\"kind\":\"" kind "\",\"name\":\"" name                                                  \
	"\",\"size_bytes\":4096,\"uuid\":\"" LV_DASHED(letter) "\",\"visible\":" visible rest "}"
#define VG_JSON(seqno, lvs)                                                                        \
	"{\"lvs\":[" lvs "],\"seqno\":" seqno ",\"vg_name\":\"vg-0\",\"vg_uuid\":\"" VG_DASHED "\"}"

static void a_group_that_is_not_active(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_RAID, "LVM2_member", PV_1,
		VG_JSON("4", LV_JSON("l", "old", "linear", "1", "")));
	(void)plant_signature(scene, "sdb", 0, SIGNATURE_RAID, "LVM2_member", PV_2,
		VG_JSON("5",
			LV_JSON("l", "web", "linear", "1",
				",\"on_pvs\":[\"" PV_1
				"\"],\"tags\":[\"haiki.tenant=T1\",7]") "," LV_JSON("p", "pool",
				"thin-pool", "1",
				",\"on_pvs\":[]") "," LV_JSON("d", "pool_tdata", "linear", "0",
				",\"on_pvs\":[\"" PV_2 "\"]") "," LV_JSON("t", "thin", "thin", "1",
				",\"pool\":\"pool\",\"on_pvs\":[]") "," LV_JSON("s", "snap", "thin",
				"1", ",\"origin\":\"thin\",\"pool\":\"pool\",\"on_pvs\":[]")));
	read_stack(scene);
	size_t web = volume_of_key(scene, LV_KEY("l")), pool = volume_of_key(scene, LV_KEY("p"));
	size_t thin = volume_of_key(scene, LV_KEY("t")), snap = volume_of_key(scene, LV_KEY("s"));
	assert_string_equal(scene->stack.nodes[web].volume.title, "vg-0/web");
	assert_string_equal(scene->stack.nodes[web].volume.state, "inactive");
	assert_int_equal(scene->stack.nodes[web].size_bytes, 4096);
	assert_int_equal(json_array_size(scene->stack.nodes[web].volume.tags), 1);
	STANDS(web, node_named(scene, "sda"));
	STANDS_NOT(web, node_named(scene, "sdb"));
	STANDS(pool, node_named(scene, "sdb"));
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
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_RAID, "LVM2_member", PV_1,
		VG_JSON("4",
			LV_JSON("c", "web", "cache", "1",
				",\"origin\":\"web_corig\",\"pool\":\"fast_cpool\",\"on_pvs\":["
				"\"" PV_1 "\",\"" PV_2 "\"]") "," LV_JSON("o", "web_corig",
				"linear", "0", ",\"on_pvs\":[\"" PV_1 "\"]") "," LV_JSON("p",
				"fast_cpool", "cache-pool", "0", ",\"on_pvs\":[\"" PV_2 "\"]")));
	(void)plant_signature(scene, "sdb", 0, SIGNATURE_RAID, "LVM2_member", PV_2, NULL);
	read_stack(scene);
	size_t web = volume_of_key(scene, LV_KEY("c"));
	STANDS(web, node_named(scene, "sda"));
	STANDS(web, node_named(scene, "sdb"));
}

/* What runs stands where the kernel says; the metadata add its tags. */
static void an_active_volume_gets_its_tags(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_dm(scene, "dm-0", "LVM-" LV("l"), "vg--0-web");
	fixture_stack(&scene->fixture, "sda", "dm-0");
	(void)plant_signature(scene, "sda", 0, SIGNATURE_RAID, "LVM2_member", PV_1, NULL);
	(void)plant_signature(scene, "sdb", 0, SIGNATURE_RAID, "LVM2_member", PV_2,
		VG_JSON("5", LV_JSON("l", "web", "linear", "1",
				     ",\"on_pvs\":[\"" PV_2 "\"],\"tags\":[\"a\"]")));
	read_stack(scene);
	size_t web = volume_of_key(scene, LV_KEY("l"));
	assert_int_equal(web, node_named(scene, "dm-0"));
	assert_int_equal(json_array_size(scene->stack.nodes[web].volume.tags), 1);
	STANDS(web, node_named(scene, "sda"));
	STANDS_NOT(web, node_named(scene, "sdb"));
}

static void a_locked_luks_volume_and_its_label(void **state)
{
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	(void)plant_signature(scene, "sda", 5, SIGNATURE_CRYPTO, "crypto_LUKS", ARRAY_UUID,
		"{\"data_offset_bytes\":4096,\"label\":\"haiki:T9\",\"tokens\":[{\"keyslots\":[],"
		"\"text\":\"{\\\"tenant\\\":\\\"T8\\\"}\",\"type\":\"haiki-tenant\"}]}");
	read_stack(scene);
	size_t luks = volume_of_key(scene, "luks:" ARRAY_UUID);
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
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	plant_disk(scene, "sdb");
	plant_disk(scene, "sdc");
	struct signature *zfs =
		plant_signature(scene, "sda", 0, SIGNATURE_RAID, "zfs_member", "1234567890", NULL);
	(void)snprintf(zfs->label, sizeof(zfs->label), "tank");
	(void)plant_signature(
		scene, "sdb", 0, SIGNATURE_RAID, "ddf_raid_member", "Linux-MD_x", NULL);
	(void)plant_signature(scene, "sdc", 0, SIGNATURE_RAID, "isw_raid_member", "", NULL);
	read_stack(scene);
	size_t pool = stack_find_array(&scene->stack, "zfs:1234567890");
	assert_int_not_equal(pool, STACK_NONE);
	assert_string_equal(scene->stack.nodes[pool].array.name, "tank");
	assert_string_equal(scene->stack.nodes[pool].array.metadata, "zfs");
	STANDS(pool, node_named(scene, "sda"));
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
	struct stack_scene *scene = *state;
	plant_disk(scene, "sda");
	for (size_t t = 0; t < ARRAY_SIZE(types); t++)
		for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
			for (size_t s = 0; s < scene->found.count; s++)
				signature_list_free(&scene->found.items[s].signatures);
			scene->found.count = 0;
			(void)plant_signature(
				scene, "sda", 0, SIGNATURE_RAID, types[t], ARRAY_UUID, details[i]);
			read_stack(scene);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STACK_SCENE(a_group_that_is_not_active),
		WITH_STACK_SCENE(a_cached_volume_that_is_not_active),
		WITH_STACK_SCENE(an_active_volume_gets_its_tags),
		WITH_STACK_SCENE(a_locked_luks_volume_and_its_label),
		WITH_STACK_SCENE(sets_of_others_are_arrays_of_their_name),
		WITH_STACK_SCENE(hostile_details_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
