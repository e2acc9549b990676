/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays, volumes and what they stand on in a real store, scan after scan: what leaves is remembered, what
 * another host has is left alone. */
#include "inventory/custody/holds.h"
#include "inventory/assets/layers.h"
#include "inventory/scan/scan.h"
#include "inventory/store/schema.h"
#include "inventory/scan/stack.h"
#include "inventory/assets/tree.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
/* after the standard ones */
#include <cmocka.h>

#define ARRAY_KEY "md:01234567-89ab-cdef-0123-456789abcdef"
#define LV_KEY "lvm:AAAAAA-bbbb-CCCC-dddd-EEEE-ffff-GGGGGG/111111-bbbb-CCCC-dddd-EEEE-ffff-GGGGGG"

/* ---- one scan ---- */

struct scan {
	struct stack stack;
	struct found_list found;
	struct signature_list nothing; /* what a drive carries that was read and is empty */
};

static void scan_free(struct scan *scan)
{
	stack_free(&scan->stack);
	free(scan->found.items);
}

static void scan_begin(struct scan *scan)
{
	*scan = (struct scan){ 0 };
	scan->found.items = calloc(16, sizeof(*scan->found.items));
	assert_non_null(scan->found.items);
}

static size_t add(struct scan *scan, const struct stack_node *node)
{
	size_t index = 0;
	assert_int_equal(stack_add_node(&scan->stack, node, &index), 0);
	return index;
}

static size_t drive(struct scan *scan, const char *serial)
{
	struct found_drive *found = &scan->found.items[scan->found.count];
	struct stack_node node = {
		.kind = STACK_DRIVE,
		.number = 1,
		.found = scan->found.count++,
		.carries = &scan->nothing,
	};
	(void)snprintf(found->identity.serial, sizeof(found->identity.serial), "%s", serial);
	(void)snprintf(found->identity.name, sizeof(found->identity.name), "sd%s", serial);
	(void)snprintf(node.name, sizeof(node.name), "sd%s", serial);
	found->identity.capacity_bytes = 1000;
	return add(scan, &node);
}

static size_t partition(struct scan *scan, size_t of, unsigned number)
{
	size_t index = 0;
	assert_int_equal(stack_place(&scan->stack, of, number, NULL, &index), 0);
	return index;
}

/* number 0: it is not assembled. */
static size_t array(struct scan *scan, const char *state, unsigned number)
{
	struct stack_node node = { .kind = STACK_ARRAY, .number = number, .found = STACK_NONE };
	node.array = (struct array_record){ .key = ARRAY_KEY,
		.name = "md0",
		.level = "raid5",
		.device_count = 3,
		.redundancy_left = 1,
		.sync_done_permille = -1,
		.size_bytes = 2000 };
	(void)snprintf(node.array.state, sizeof(node.array.state), "%s", state);
	return add(scan, &node);
}

static size_t volume(struct scan *scan, const char *key, const char *title, unsigned number)
{
	struct stack_node node = { .kind = STACK_VOLUME, .number = number, .found = STACK_NONE };
	node.volume.kind = VOLUME_LV;
	node.size_bytes = 500;
	(void)snprintf(node.volume.key, sizeof(node.volume.key), "%s", key);
	(void)snprintf(node.volume.title, sizeof(node.volume.title), "%s", title);
	(void)snprintf(
		node.volume.state, sizeof(node.volume.state), "%s", number ? "active" : "inactive");
	return add(scan, &node);
}

static void stand(struct scan *scan, size_t upper, size_t lower, int slot)
{
	const struct stack_edge edge = {
		.upper = upper,
		.lower = lower,
		.slot = slot,
		.state = slot < 0 ? MEMBER_UNKNOWN : MEMBER_ACTIVE,
		.is_member = slot >= 0,
	};
	assert_int_equal(stack_add_edge(&scan->stack, &edge), 0);
}

static void enter(struct store_fixture *fixture, struct scan *scan, const char *host, int64_t now)
{
	struct error error = { 0 };
	scan->found.stack = &scan->stack;
	int r = scan_record(fixture->store, &scan->found, host, now, &error);
	scan->found.stack = NULL;
	if (r < 0)
		fail_msg("%s: %s", error.code, error.what);
	scan_free(scan);
}

/* ---- asking ---- */

static struct array_record the_array(struct store_fixture *fixture)
{
	struct error error = { 0 };
	AUTO_ARRAYS struct array_list list = { 0 };
	assert_int_equal(arrays_find(fixture->store, ARRAY_KEY, &list, &error), 0);
	assert_int_equal(list.count, 1);
	return list.items[0];
}

static int64_t drive_id(struct store_fixture *fixture, const char *serial)
{
	char sql[160];
	(void)snprintf(sql, sizeof(sql), "SELECT id FROM drive WHERE serial = '%s'", serial);
	return store_fixture_number(fixture->store, sql);
}

/* The array's edge on a drive; slot -2: there is none. */
static struct stand edge_on(struct store_fixture *fixture, const char *serial)
{
	struct error error = { 0 };
	AUTO_STANDS struct stand_list list = { 0 };
	const struct subject subject = { SUBJECT_DRIVE, drive_id(fixture, serial) };
	assert_int_equal(stands_above(fixture->store, &subject, true, &list, &error), 0);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].upper.kind == SUBJECT_ARRAY)
			return list.items[i];
	return (struct stand){ .slot = -2 };
}

/* What stands on a drive: "array md0 > volume vg/a > "; a '!' behind what was left. */
static void tree_text(struct store_fixture *fixture, const char *serial, char *ret, size_t size)
{
	struct error error = { 0 };
	AUTO_TREE struct tree tree = { 0 };
	const struct subject subject = { SUBJECT_DRIVE, drive_id(fixture, serial) };
	assert_int_equal(tree_read(fixture->store, &subject, NULL, &tree, &error), 0);
	ret[0] = '\0';
	for (size_t i = 0; i < tree.count; i++) {
		const struct tree_entry *entry = &tree.items[i];
		size_t used = strlen(ret);
		const char *name = entry->kind == TREE_ARRAY    ? entry->array.name
				   : entry->kind == TREE_VOLUME ? entry->volume.name
								: entry->signature.type;
		(void)snprintf(ret + used, size - used, "%u %s%s%s%s%s; ", entry->depth, name,
			entry->stand.left_utc_ms ? "!" : "", entry->again ? "=" : "",
			entry->tenant[0] ? " of " : "", entry->tenant);
	}
}

#define TREE_IS(fixture, serial, expected)                                                         \
	do {                                                                                       \
		char text[1024];                                                                   \
		tree_text(fixture, serial, text, sizeof(text));                                    \
		assert_string_equal(text, expected);                                               \
	} while (0)

/* ---- members ---- */

/* Three drives, md0 on them, vg/a on md0; without the drive C from the second scan on. */
static void whole(struct scan *scan, bool with_c)
{
	scan_begin(scan);
	size_t a = drive(scan, "A"), b = drive(scan, "B");
	size_t md = array(scan, with_c ? "clean" : "degraded", 9);
	size_t lv = volume(scan, LV_KEY, "vg/a", 10);
	stand(scan, md, a, 0);
	stand(scan, md, partition(scan, b, 2), 1);
	if (with_c)
		stand(scan, md, drive(scan, "C"), 2);
	stand(scan, lv, md, -1);
}

static void a_pulled_member_still_knows_what_it_served(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	whole(&scan, true);
	enter(fixture, &scan, "host", 1000);
	TREE_IS(fixture, "C", "0 md0; 1 vg/a; ");
	TREE_IS(fixture, "B", "0 ; 1 md0; 2 vg/a; ");
	assert_int_equal(edge_on(fixture, "B").partition_number, 2);

	whole(&scan, false);
	enter(fixture, &scan, "host", 2000);
	struct stand left = edge_on(fixture, "C");
	assert_int_equal(left.left_utc_ms, 2000);
	assert_int_equal(left.slot, 2);
	assert_int_equal(left.first_utc_ms, 1000);
	assert_int_equal(edge_on(fixture, "A").left_utc_ms, 0);
	assert_string_equal(the_array(fixture).state, "degraded");
	TREE_IS(fixture, "C", "0 md0!; 1 vg/a; ");

	/* The array is stopped too: what was known stays. */
	scan_begin(&scan);
	(void)drive(&scan, "A");
	enter(fixture, &scan, "host", 3000);
	assert_false(the_array(fixture).present);
	assert_int_equal(edge_on(fixture, "C").left_utc_ms, 2000);
	assert_int_equal(edge_on(fixture, "A").left_utc_ms, 3000);
	TREE_IS(fixture, "C", "0 md0!; 1 vg/a; ");
}

static void a_member_that_comes_back_is_one_again(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	whole(&scan, true);
	enter(fixture, &scan, "host", 1000);
	whole(&scan, false);
	enter(fixture, &scan, "host", 2000);
	whole(&scan, true);
	/* The clock was set back meanwhile. */
	enter(fixture, &scan, "host", 500);
	assert_int_equal(edge_on(fixture, "C").left_utc_ms, 0);
	assert_int_equal(edge_on(fixture, "C").slot, 2);
	assert_true(the_array(fixture).present);
	whole(&scan, false);
	enter(fixture, &scan, "host", 400);
	assert_int_equal(edge_on(fixture, "C").left_utc_ms, 400);
}

static void whom_a_pulled_member_served_is_known(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	store_fixture_tamper(fixture, "INSERT INTO tenant (id, code, name, created_utc_ms)"
				      " VALUES (1, 'T-001', 'City', 0)");
	whole(&scan, true);
	size_t lv = stack_find_volume(&scan.stack, LV_KEY);
	scan.stack.nodes[lv].volume.tags = json_pack("[s]", "haiki.tenant=T-001");
	enter(fixture, &scan, "host", 1000);
	whole(&scan, false);
	scan.stack.nodes[stack_find_volume(&scan.stack, LV_KEY)].volume.tags =
		json_pack("[s]", "haiki.tenant=T-001");
	enter(fixture, &scan, "host", 2000);
	TREE_IS(fixture, "C", "0 md0!; 1 vg/a of T-001; ");
}

/* The metadata were on a sector that could not be read this time. */
static void a_link_is_not_lost_with_what_could_not_be_read(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	store_fixture_tamper(fixture, "INSERT INTO tenant (id, code, name, created_utc_ms)"
				      " VALUES (1, 'T-001', 'City', 0)");
	whole(&scan, true);
	scan.stack.nodes[stack_find_volume(&scan.stack, LV_KEY)].volume.tags =
		json_pack("[s]", "haiki.tenant=T-001");
	enter(fixture, &scan, "host", 1000);
	whole(&scan, true);
	enter(fixture, &scan, "host", 2000);
	assert_int_equal(store_fixture_number(fixture->store, "SELECT tenant_id FROM volume"), 1);
	/* But a tag that was taken away is. */
	whole(&scan, true);
	scan.stack.nodes[stack_find_volume(&scan.stack, LV_KEY)].volume.tags = json_array();
	enter(fixture, &scan, "host", 3000);
	assert_int_equal(
		store_fixture_number(fixture->store, "SELECT coalesce(tenant_id, 0) FROM volume"),
		0);
}

/* Not assembled, and one of its drives does not answer: it has not left. */
static void an_unread_drive_has_left_nothing(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	for (int round = 0; round < 3; round++) {
		scan_begin(&scan);
		size_t a = drive(&scan, "A"), b = drive(&scan, "B");
		size_t md = array(&scan, "inactive", 0);
		stand(&scan, md, a, 0);
		if (round == 0)
			stand(&scan, md, b, 1);
		if (round == 1)
			scan.stack.nodes[b].carries = NULL;
		enter(fixture, &scan, "host", 1000 + round);
		assert_int_equal(edge_on(fixture, "B").left_utc_ms, round == 2 ? 1002 : 0);
	}
}

/* ---- other hosts ---- */

static void a_scan_speaks_for_its_own_host(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	whole(&scan, true);
	enter(fixture, &scan, "one", 1000);
	scan_begin(&scan);
	(void)drive(&scan, "Z");
	enter(fixture, &scan, "two", 2000);
	assert_true(the_array(fixture).present);
	assert_int_equal(edge_on(fixture, "A").left_utc_ms, 0);
	assert_int_equal(
		store_fixture_number(fixture->store, "SELECT sum(present) FROM volume"), 1);
}

/* The drive that was pulled is put into another host: its superblock does not speak for the array. */
static void a_superblock_elsewhere_does_not_speak_for_the_array(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	whole(&scan, true);
	enter(fixture, &scan, "one", 1000);
	whole(&scan, false);
	enter(fixture, &scan, "one", 2000);

	scan_begin(&scan);
	size_t c = drive(&scan, "C"), d = drive(&scan, "D");
	size_t md = array(&scan, "inactive", 0);
	size_t lv = volume(&scan, LV_KEY, "vg/a", 0);
	stand(&scan, md, c, 2);
	stand(&scan, md, d, 1);
	stand(&scan, lv, c, -1);
	enter(fixture, &scan, "two", 3000);
	assert_string_equal(the_array(fixture).host, "one");
	assert_string_equal(the_array(fixture).state, "degraded");
	assert_int_equal(edge_on(fixture, "C").left_utc_ms, 2000);
	/* Its bytes are on the drive still, and were seen: what a sanitizing before that says of them
	 * is void. */
	assert_int_equal(edge_on(fixture, "C").last_utc_ms, 3000);
	/* One that nobody knew as a member is known as one that was. */
	assert_int_equal(edge_on(fixture, "D").left_utc_ms, 3000);
	assert_int_equal(edge_on(fixture, "A").left_utc_ms, 0);
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM volume WHERE host = 'one'"
				 " AND state = 'active'"),
		1);
}

static void what_has_no_uuid_is_kept_apart_by_host(void **state)
{
	struct store_fixture *fixture = *state;
	static const char *const hosts[] = { "one", "two" };
	for (size_t i = 0; i < 2; i++) {
		struct scan scan;
		scan_begin(&scan);
		size_t plain = volume(&scan, "dm:scratch", "scratch", 5);
		scan.stack.nodes[plain].is_local = true;
		scan.stack.nodes[plain].volume.kind = VOLUME_DM;
		enter(fixture, &scan, hosts[i], 1000);
	}
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM volume WHERE key IN"
				 " ('dm:one:scratch', 'dm:two:scratch') AND present = 1"),
		2);
}

/* ---- volumes ---- */

static void origins_are_entered_before_what_comes_from_them(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	scan_begin(&scan);
	size_t second = volume(&scan, LV_KEY "2", "vg/snap2", 7);
	size_t first = volume(&scan, LV_KEY "1", "vg/snap1", 6);
	(void)volume(&scan, LV_KEY, "vg/a", 5);
	(void)snprintf(
		scan.stack.nodes[second].volume.origin_key, VOLUME_KEY_MAX, "%s", LV_KEY "1");
	(void)snprintf(scan.stack.nodes[first].volume.origin_key, VOLUME_KEY_MAX, "%s", LV_KEY);
	enter(fixture, &scan, "host", 1000);
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM volume WHERE origin_id IS NOT NULL"),
		2);
}

static void a_ring_of_origins_is_entered_all_the_same(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	scan_begin(&scan);
	size_t one = volume(&scan, LV_KEY "1", "vg/1", 6);
	size_t two = volume(&scan, LV_KEY "2", "vg/2", 7);
	(void)snprintf(scan.stack.nodes[one].volume.origin_key, VOLUME_KEY_MAX, "%s", LV_KEY "2");
	(void)snprintf(scan.stack.nodes[two].volume.origin_key, VOLUME_KEY_MAX, "%s", LV_KEY "1");
	enter(fixture, &scan, "host", 1000);
	assert_int_equal(store_fixture_number(fixture->store, "SELECT count(*) FROM volume"), 2);
}

static void what_lies_on_a_volume_is_kept(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	struct error error = { 0 };
	whole(&scan, true);
	struct stack_node *lv = &scan.stack.nodes[stack_find_volume(&scan.stack, LV_KEY)];
	lv->own = calloc(1, sizeof(*lv->own));
	lv->own->items = calloc(1, sizeof(*lv->own->items));
	lv->own->count = 1;
	lv->own->items[0].usage = SIGNATURE_FILESYSTEM;
	(void)snprintf(lv->own->items[0].type, sizeof(lv->own->items[0].type), "ext4");
	enter(fixture, &scan, "host", 1000);
	TREE_IS(fixture, "A", "0 md0; 1 vg/a; 2 ext4; ");
	/* Not looked at this time: what was known stays. */
	whole(&scan, true);
	enter(fixture, &scan, "host", 2000);
	AUTO_SIGNATURES struct signature_list list = { 0 };
	const struct subject subject = { SUBJECT_VOLUME, 1 };
	assert_int_equal(layers_read(fixture->store, &subject, &list, &error), 0);
	assert_int_equal(list.count, 1);
}

/* ---- edges ---- */

static void edge(struct store_fixture *fixture, int64_t upper, int64_t lower)
{
	struct error error = { 0 };
	const struct stand stand = {
		.upper = { SUBJECT_VOLUME, upper },
		.lower = { SUBJECT_VOLUME, lower },
		.slot = -1,
	};
	assert_int_equal(stands_record(fixture->store, &stand, 1000, &error), 0);
}

static void all_edges_once_nearest_first(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	edge(fixture, 1, 2);
	edge(fixture, 1, 3);
	edge(fixture, 2, 4);
	edge(fixture, 3, 4);
	edge(fixture, 4, 5);
	edge(fixture, 5, 1); /* a ring */
	AUTO_STANDS struct stand_list below = { 0 }, above = { 0 };
	const struct subject one = { SUBJECT_VOLUME, 1 }, four = { SUBJECT_VOLUME, 4 };
	assert_int_equal(stands_all_below(fixture->store, &one, false, &below, &error), 0);
	assert_int_equal(below.count, 6);
	assert_int_equal(below.items[0].lower.id, 2);
	assert_int_equal(below.items[1].lower.id, 3);
	assert_int_equal(below.items[5].lower.id, 1);
	assert_int_equal(stands_all_above(fixture->store, &four, false, &above, &error), 0);
	assert_int_equal(above.count, 6);
	const struct subject upper = { SUBJECT_VOLUME, 1 };
	assert_int_equal(stands_mark_left(fixture->store, &upper, INT64_MAX, 2000, &error), 0);
	stand_list_free(&below);
	assert_int_equal(stands_below(fixture->store, &one, false, &below, &error), 0);
	assert_int_equal(below.count, 0);
	stand_list_free(&below);
	assert_int_equal(stands_below(fixture->store, &one, true, &below, &error), 0);
	assert_int_equal(below.count, 2);
	assert_int_equal(below.items[0].left_utc_ms, 2000);
}

static void an_array_is_found_by_each_of_its_names(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const struct array_record record = { .key = ARRAY_KEY,
		.uuid = "01234567-89ab-cdef-0123-456789abcdef",
		.name = "md0",
		.redundancy_left = -1,
		.host = "host" };
	static const char *const words[] = { "A1", "a1", "md0", ARRAY_KEY,
		"01234567-89AB-cdef-0123-456789abcdef" };
	int64_t id = 0;
	assert_int_equal(arrays_record(fixture->store, &record, 1000, &id, &error), 0);
	assert_int_equal(arrays_record(fixture->store, &record, 2000, &id, &error), 0);
	assert_int_equal(id, 1);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		AUTO_ARRAYS struct array_list list = { 0 };
		assert_int_equal(arrays_find(fixture->store, words[i], &list, &error), 0);
		assert_int_equal(list.count, 1);
		assert_int_equal(list.items[0].first_seen_utc_ms, 1000);
		assert_int_equal(list.items[0].last_seen_utc_ms, 2000);
	}
	AUTO_ARRAYS struct array_list none = { 0 };
	assert_int_equal(arrays_find(fixture->store, "D1", &none, &error), 0);
	assert_int_equal(none.count, 0);
	assert_int_equal(arrays_find(fixture->store, "", &none, &error), 0);
	assert_int_equal(none.count, 0);
}

/* ---- a store of the first version ---- */

static void run(sqlite3 *database, const char *sql)
{
	if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(database));
}

static void a_store_of_the_first_version_is_brought_up_to_date(void **state)
{
	struct store_fixture *fixture = *state;
	struct scan scan;
	/* What marks the file as ours is taken from one that is. */
	store_fixture_reopen(fixture, STORE_WRITE);
	int64_t application = store_fixture_number(fixture->store, "PRAGMA application_id");
	fixture->store = store_close(fixture->store);
	char old[128], sql[64];
	(void)snprintf(old, sizeof(old), "%s/state/old.db", fixture->folder);
	(void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", (int)application);
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(old, &database), SQLITE_OK);
	run(database, sql);
	for (const char *const *at = schema_migrations[0].statements; *at; at++)
		run(database, *at);
	run(database, "INSERT INTO meta (name, value) VALUES ('schema_version', '1')");
	run(database,
		"INSERT INTO drive (id, wwn, serial, model, vendor, firmware, transport, media,"
		" zoned, is_virtual, capacity_bytes, logical_sector_bytes, physical_sector_bytes,"
		" read_only, name, devnum, disk_sequence, backing, native_source, native_bytes,"
		" native_sector_bytes, tenant, host, first_seen_utc_ms, last_seen_utc_ms, present,"
		" last_error) VALUES (7, '', 'A', '', '', '', 'scsi', 'magnetic', 'none', 0, 1000,"
		" 512, 512, 0, 'sdA', 1, 1, '', 'unknown', 0, 0, 'T-001', 'host', 5, 6, 1, '')");
	run(database,
		"INSERT INTO layer (carrier_kind, carrier_id, number, usage_name, type, uuid, "
		"label,"
		" offset_bytes, length_bytes, magic_offset_bytes, magic_length, partition_number)"
		" VALUES ('drive', 7, 1, 'filesystem', 'ext4', 'u', 'l', 0, 1000, 1080, 2, 0)");
	run(database,
		"INSERT INTO hold (id, target_kind, target_id, authority, reason, placed_utc_ms)"
		" VALUES (1, 'drive', 7, 'court', 'case', 6)");
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	assert_int_equal(chmod(old, 0600), 0);
	(void)snprintf(fixture->path, sizeof(fixture->path), "%.95s", old);
	store_fixture_reopen(fixture, STORE_WRITE);

	struct error error = { 0 };
	int64_t version = 0;
	assert_int_equal(store_schema_version(fixture->store, &version, &error), 0);
	assert_int_equal(version, STORE_SCHEMA_VERSION);
	TREE_IS(fixture, "A", "0 ext4; ");
	struct drive_identity identity = { .serial = "A" };
	struct hold hold = { 0 };
	assert_int_equal(drives_hold(fixture->store, &identity, &hold, &error), 1);
	/* And goes on as the same drive. */
	whole(&scan, true);
	scan.stack.nodes[0].carries = NULL;
	enter(fixture, &scan, "host", 2000);
	assert_int_equal(drive_id(fixture, "A"), 7);
	assert_int_equal(edge_on(fixture, "A").slot, 0);
	assert_int_equal(
		store_fixture_number(fixture->store,
			"SELECT count(*) FROM drive WHERE id = 7 AND custody = 'in-service'"
			" AND tenant = 'T-001'"),
		1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)
		TEST(a_pulled_member_still_knows_what_it_served),
		TEST(a_member_that_comes_back_is_one_again),
		TEST(whom_a_pulled_member_served_is_known),
		TEST(a_link_is_not_lost_with_what_could_not_be_read),
		TEST(an_unread_drive_has_left_nothing),
		TEST(a_scan_speaks_for_its_own_host),
		TEST(a_superblock_elsewhere_does_not_speak_for_the_array),
		TEST(what_has_no_uuid_is_kept_apart_by_host),
		TEST(origins_are_entered_before_what_comes_from_them),
		TEST(a_ring_of_origins_is_entered_all_the_same),
		TEST(what_lies_on_a_volume_is_kept),
		TEST(all_edges_once_nearest_first),
		TEST(an_array_is_found_by_each_of_its_names),
		TEST(a_store_of_the_first_version_is_brought_up_to_date),
	};
	return cmocka_run_group_tests_name("stack_record", tests, NULL, NULL);
}
