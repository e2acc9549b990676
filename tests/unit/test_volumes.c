/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes in a real store, and whose they are: linked by exact words only, never where two of them
 * disagree. */
#include "inventory/tenants/links.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void run_sql(struct store *store, const char *sql)
{
	struct error error = { 0 };
	ok(store_execute(store, sql, NULL, 0, NULL, &error), &error);
}

/* Two tenants: T1 "CITY-A" with service SV-1, T2 "CITY-B". */
static int setup(void **state)
{
	if (store_fixture_setup(state) != 0)
		return -1;
	struct store_fixture *fixture = *state;
	run_sql(fixture->store,
		"INSERT INTO tenant (id, code, name, created_utc_ms) VALUES (1, 'CITY-A', 'A', 0),"
		" (2, 'CITY-B', 'B', 0)");
	run_sql(fixture->store,
		"INSERT INTO service_code (code, tenant_id) VALUES ('SV-1', 1), ('CITY-B', 1)");
	return 0;
}

static int64_t enter(struct store *store, const struct volume_seen *seen, const char *tags)
{
	struct error error = { 0 };
	int64_t id = 0;
	struct volume_seen all = *seen;
	AUTO_JSON json_t *array = NULL;
	if (tags) {
		ok(json_parse(tags, strlen(tags), "tags", &array, &error), &error);
		all.tags = array;
	}
	ok(volumes_record(store, &all, NOW, &id, &error), &error);
	return id;
}

/* "T1 lv-tag": whose the volume is, and who says so. */
static const char *link_of(struct store *store, int64_t id)
{
	static char text[128];
	struct error error = { 0 };
	AUTO_VOLUMES struct volume_list list = { 0 };
	ok(volumes_get(store, id, &list, &error), &error);
	assert_int_equal(list.count, 1);
	(void)snprintf(text, sizeof(text), "T%d %s", (int)list.items[0].tenant_id,
		list.items[0].linked_by);
	return text;
}

static void add_rule(
	struct store *store, enum link_rule_kind kind, const char *pattern, int64_t tenant_id)
{
	struct error error = { 0 };
	struct link_rule rule = { .kind = kind, .tenant_id = tenant_id };
	(void)snprintf(rule.pattern, sizeof(rule.pattern), "%s", pattern);
	ok(links_add_rule(store, &rule, NOW, &error), &error);
	ok(links_apply(store, &rule, NOW, &error), &error);
}

/* -- volumes -- */

static void test_enter_and_read(void **state)
{
	struct store_fixture *fixture = *state;
	const struct volume_seen pool = {
		.key = "lvm:VG/POOL", .kind = VOLUME_THIN_POOL, .name = "vg0/pool", .host = "h1"
	};
	int64_t pool_id = enter(fixture->store, &pool, NULL);
	const struct volume_seen seen = {
		.key = "lvm:VG/LV",
		.kind = VOLUME_THIN,
		.name = "vg0/\xE5\xBB\x83",
		.uuid = "LV",
		.size_bytes = UINT64_C(1) << 40,
		.host = "h1",
		.path = "/dev/vg0/web",
		.vm_uuid = "ABCDEF00-1111-2222-3333-444455556666",
		.vm_name = "web",
		.state = "active",
		.origin_key = "lvm:VG/POOL",
	};
	int64_t id = enter(fixture->store, &seen, "[\"a\",\"b=\\\"c\\\"\"]");
	assert_int_equal(id, 2);
	store_fixture_reopen(fixture, STORE_READ);
	struct error error = { 0 };
	AUTO_VOLUMES struct volume_list list = { 0 };
	ok(volumes_find(fixture->store, "V2", &list, &error), &error);
	assert_int_equal(list.count, 1);
	const struct volume_record *record = &list.items[0];
	assert_int_equal(record->id, 2);
	assert_string_equal(record->key, seen.key);
	assert_int_equal(record->kind, VOLUME_THIN);
	assert_string_equal(record->name, seen.name);
	assert_string_equal(record->uuid, "LV");
	assert_true(record->size_bytes == seen.size_bytes);
	assert_string_equal(record->host, "h1");
	assert_string_equal(record->path, "/dev/vg0/web");
	assert_string_equal(record->vm_uuid, "abcdef00-1111-2222-3333-444455556666");
	assert_string_equal(record->vm_name, "web");
	assert_string_equal(record->state, "active");
	assert_string_equal(record->tags, "[\"a\",\"b=\\\"c\\\"\"]");
	assert_int_equal(record->origin_id, pool_id);
	assert_int_equal(record->first_seen_utc_ms, NOW);
	assert_true(record->present);
}

static void test_kinds(void **state)
{
	(void)state;
	for (int kind = VOLUME_LV; kind <= VOLUME_HEADER_BACKUP; kind++) {
		const char *name = volume_kind_name((enum volume_kind)kind);
		assert_string_not_equal(name, "unknown");
		assert_int_equal(volume_kind_parse(name), kind);
	}
	assert_int_equal(volume_kind_parse("unknown"), VOLUME_UNKNOWN);
	assert_int_equal(volume_kind_parse("LV"), VOLUME_UNKNOWN);
}

static void test_found_by_what_is_exact(void **state)
{
	struct store_fixture *fixture = *state;
	const struct volume_seen first = {
		.key = "luks:u-1", .kind = VOLUME_LUKS, .name = "same", .uuid = "u-1", .host = "h1"
	};
	const struct volume_seen second = {
		.key = "luks:u-2", .kind = VOLUME_LUKS, .name = "same", .host = "h2"
	};
	enter(fixture->store, &first, NULL);
	enter(fixture->store, &second, NULL);
	static const struct {
		const char *word;
		size_t count;
	} cases[] = {
		{ "V1", 1 },
		{ "v2", 1 },
		{ "V3", 0 },
		{ "V01", 0 },
		{ "T1", 0 },
		{ "luks:u-1", 1 },
		{ "u-1", 1 },
		{ "U-1", 0 },
		{ "same", 2 },
		{ "Same", 0 },
		{ "sam", 0 },
		{ "", 0 },
		{ "%", 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		AUTO_VOLUMES struct volume_list list = { 0 };
		ok(volumes_find(fixture->store, cases[i].word, &list, &error), &error);
		if (list.count != cases[i].count)
			fail_msg("\"%s\" found %zu", cases[i].word, list.count);
	}
}

static void test_malformed_is_not_entered(void **state)
{
	struct store_fixture *fixture = *state;
	char long_text[1024];
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	AUTO_JSON json_t *number = json_pack("[i]", 1);
	AUTO_JSON json_t *object = json_object();
	const struct volume_seen cases[] = {
		{ .key = "", .kind = VOLUME_LV },
		{ .key = NULL, .kind = VOLUME_LV },
		{ .key = "k", .kind = VOLUME_UNKNOWN },
		{ .key = "k", .kind = VOLUME_LV, .size_bytes = UINT64_MAX },
		{ .key = "k", .kind = VOLUME_LV, .name = long_text },
		{ .key = long_text, .kind = VOLUME_LV },
		{ .key = "k", .kind = VOLUME_LV, .path = "\xFF" },
		{ .key = "k", .kind = VOLUME_LV, .tags = number },
		{ .key = "k", .kind = VOLUME_LV, .tags = object },
	};
	struct error error = { 0 };
	ok(store_begin(fixture->store, &error), &error);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error why = { 0 };
		assert_int_equal(
			volumes_record(fixture->store, &cases[i], NOW, NULL, &why), -EINVAL);
		assert_string_equal(why.code, "volume-malformed");
	}
	/* The transaction goes on. */
	enter(fixture->store, &(struct volume_seen){ .key = "k", .kind = VOLUME_LV }, NULL);
	ok(store_commit(fixture->store, &error), &error);
	assert_int_equal(store_fixture_number(fixture->store, "SELECT count(*) FROM volume"), 1);
}

static void test_absent_is_what_a_scan_would_see(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const struct volume_seen volumes[] = {
		{ .key = "lvm:a/b", .kind = VOLUME_LV, .host = "h1" },
		{ .key = "lvm:c/d", .kind = VOLUME_LV, .host = "h2" },
		{ .key = "file:h1:/a", .kind = VOLUME_FILE, .host = "h1" },
		{ .key = "header:h1:/a", .kind = VOLUME_HEADER_BACKUP, .host = "h1" },
		{ .key = "luks:x", .kind = VOLUME_LUKS, .host = "h1" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++)
		enter(fixture->store, &volumes[i], NULL);
	ok(volumes_record(fixture->store, &volumes[4], NOW + 5, NULL, &error), &error);
	ok(volumes_mark_absent(fixture->store, "h1", NOW + 1, &error), &error);
	assert_int_equal(store_fixture_number(
				 fixture->store, "SELECT count(*) FROM volume WHERE present = 0"),
		1);
	assert_int_equal(
		store_fixture_number(fixture->store, "SELECT id FROM volume WHERE present = 0"), 1);
	/* Seen again, it is there again. */
	enter(fixture->store, &volumes[0], NULL);
	assert_int_equal(store_fixture_number(
				 fixture->store, "SELECT count(*) FROM volume WHERE present = 0"),
		0);
}

static void test_lists_and_visits(void **state)
{
	struct store_fixture *fixture = *state;
	for (int i = 0; i < 5; i++) {
		char key[16];
		(void)snprintf(key, sizeof(key), "dm:%d", i);
		const struct volume_seen seen = { .key = key,
			.kind = VOLUME_DM,
			.vm_uuid = i < 2 ? "AA" : NULL,
			.origin_key = i > 2 ? "dm:0" : NULL };
		enter(fixture->store, &seen, NULL);
	}
	static const struct {
		enum volume_filter filter;
		int64_t id;
		const char *word;
		size_t limit, count;
	} cases[] = {
		{ VOLUMES_ALL, 0, NULL, 0, 5 },
		{ VOLUMES_ALL, 0, NULL, 3, 3 },
		{ VOLUMES_OF_ORIGIN, 1, NULL, 0, 2 },
		{ VOLUMES_OF_VM, 0, "aA", 0, 2 },
		{ VOLUMES_OF_VM, 0, "ab", 0, 0 },
		{ VOLUMES_OF_TENANT, 1, NULL, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		AUTO_VOLUMES struct volume_list list = { 0 };
		ok(volumes_list(fixture->store, cases[i].filter, cases[i].id, cases[i].word,
			   cases[i].limit, &list, &error),
			&error);
		assert_int_equal(list.count, cases[i].count);
	}
}

/* -- links -- */

static void test_conventions(void **state)
{
	struct store_fixture *fixture = *state;
	static const struct {
		enum volume_kind kind;
		const char *tags, *link;
	} cases[] = {
		{ VOLUME_LV, "[]", "T0 " },
		{ VOLUME_LV, "[\"haiki.tenant=CITY-A\"]", "T1 lv-tag" },
		{ VOLUME_LV, "[\"other\",\"haiki.tenant=CITY-B\"]", "T2 lv-tag" },
		{ VOLUME_LV, "[\"haiki.service=SV-1\"]", "T1 lv-tag" },
		/* A service code is no tenant's code, nor the reverse. */
		{ VOLUME_LV, "[\"haiki.tenant=SV-1\"]", "T0 unknown-tenant" },
		{ VOLUME_LV, "[\"haiki.service=CITY-A\"]", "T0 unknown-tenant" },
		{ VOLUME_LV, "[\"haiki.service=CITY-B\"]", "T1 lv-tag" },
		{ VOLUME_LV, "[\"haiki.service=SV-1\",\"haiki.tenant=CITY-A\"]", "T1 lv-tag" },
		{ VOLUME_LV, "[\"haiki.service=SV-1\",\"haiki.tenant=CITY-B\"]", "T0 conflict" },
		{ VOLUME_LV, "[\"haiki.tenant=CITY-A\",\"haiki.tenant=CITY-X\"]", "T0 conflict" },
		{ VOLUME_LV, "[\"haiki.tenant=X\",\"haiki.tenant=Y\"]", "T0 conflict" },
		/* Exactly, or not at all. */
		{ VOLUME_LV, "[\"haiki.tenant=city-a\"]", "T0 unknown-tenant" },
		{ VOLUME_LV, "[\"haiki.tenant=CITY-A \"]", "T0 unknown-tenant" },
		{ VOLUME_LV, "[\"haiki.tenant=\"]", "T0 unknown-tenant" },
		{ VOLUME_LV, "[\"Haiki.tenant=CITY-A\"]", "T0 " },
		{ VOLUME_LV, "[\"xhaiki.tenant=CITY-A\"]", "T0 " },
		{ VOLUME_LV, "[\"CITY-A\"]", "T0 " },
		/* Each kind has its own words. */
		{ VOLUME_LV, "[\"label=haiki:CITY-A\"]", "T0 " },
		{ VOLUME_LUKS, "[\"label=haiki:CITY-A\"]", "T1 luks-label" },
		{ VOLUME_LUKS, "[\"haiki.tenant=CITY-A\"]", "T0 " },
		{ VOLUME_LUKS, "[\"token.tenant=CITY-A\"]", "T1 luks-token" },
		{ VOLUME_LUKS, "[\"token.service=SV-1\"]", "T1 luks-token" },
		{ VOLUME_LUKS, "[\"label=haiki:CITY-A\",\"token.tenant=CITY-B\"]", "T0 conflict" },
		{ VOLUME_LUKS, "[\"label=haiki:CITY-X\"]", "T0 unknown-tenant" },
		{ VOLUME_VM_DISK, "[\"haiki.service=SV-1\"]", "T1 tag" },
		{ VOLUME_THIN, "[\"haiki.tenant=CITY-A\"]", "T1 lv-tag" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct volume_seen seen = {
			.key = "k", .kind = cases[i].kind, .name = "CITY-A", .vm_name = "SV-1"
		};
		int64_t id = enter(fixture->store, &seen, cases[i].tags);
		if (strcmp(link_of(fixture->store, id), cases[i].link) != 0)
			fail_msg("case %zu: %s, not %s", i, link_of(fixture->store, id),
				cases[i].link);
	}
}

static void test_rules(void **state)
{
	struct store_fixture *fixture = *state;
	add_rule(fixture->store, LINK_RULE_LV_TAG, "owner/a", 1);
	add_rule(fixture->store, LINK_RULE_LUKS_LABEL, "web disk", 1);
	add_rule(fixture->store, LINK_RULE_PATH, "/srv/a/", 1);
	add_rule(fixture->store, LINK_RULE_PATH, "/srv/b.img", 2);
	add_rule(fixture->store, LINK_RULE_PATH, "h2:/srv/h/", 2);
	add_rule(fixture->store, LINK_RULE_PATH, "/srv/a/not/", 2);
	add_rule(fixture->store, LINK_RULE_PATH, "/dev/vg0/web1", 1);
	add_rule(fixture->store, LINK_RULE_PATH_GLOB, "/vm/a-*.img", 1);
	add_rule(fixture->store, LINK_RULE_PATH_GLOB, "h2:/vm/?/disk", 2);
	add_rule(fixture->store, LINK_RULE_VM, "ABCDEF00-1111-2222-3333-444455556666", 1);
	add_rule(fixture->store, LINK_RULE_VM_NAME, "web", 2);
	static const struct {
		struct volume_seen seen;
		const char *tags, *link;
	} cases[] = {
		{ { .kind = VOLUME_LV }, "[\"owner/a\"]", "T1 lv-tag" },
		{ { .kind = VOLUME_LV }, "[\"owner/ab\"]", "T0 " },
		{ { .kind = VOLUME_LUKS }, "[\"label=web disk\"]", "T1 luks-label" },
		{ { .kind = VOLUME_LUKS }, "[\"label=web\"]", "T0 " },
		{ { .kind = VOLUME_LV }, "[\"web disk\"]", "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/srv/a/1.img" }, NULL, "T1 path" },
		{ { .kind = VOLUME_FILE, .path = "/srv/a/x/1.img" }, NULL, "T1 path" },
		{ { .kind = VOLUME_FILE, .path = "/srv/ab/1.img" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/srv/a" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/srv/A/1.img" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/srv/b.img" }, NULL, "T2 path" },
		{ { .kind = VOLUME_FILE, .path = "/srv/b.img2" }, NULL, "T0 " },
		/* Two rules that disagree, also where one is longer. */
		{ { .kind = VOLUME_FILE, .path = "/srv/a/not/1.img" }, NULL, "T0 conflict" },
		/* Paths that lead elsewhere than they say. */
		{ { .kind = VOLUME_FILE, .path = "/srv/a/../c/1.img" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/srv/a//1.img" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "srv/a/1.img" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .host = "h2", .path = "/srv/h/1" }, NULL, "T2 path" },
		{ { .kind = VOLUME_FILE, .host = "h1", .path = "/srv/h/1" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/srv/h/1" }, NULL, "T0 " },
		{ { .kind = VOLUME_LV, .path = "/dev/vg0/web1" }, NULL, "T1 path" },
		{ { .kind = VOLUME_LV, .path = "/dev/vg0/web11" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .path = "/vm/a-1.img" }, NULL, "T1 path-glob" },
		{ { .kind = VOLUME_FILE, .path = "/vm/a-1/2.img" }, NULL, "T0 " },
		{ { .kind = VOLUME_FILE, .host = "h2", .path = "/vm/x/disk" }, NULL,
			"T2 path-glob" },
		{ { .kind = VOLUME_FILE, .host = "h22", .path = "/vm/x/disk" }, NULL, "T0 " },
		{ { .kind = VOLUME_VM_DISK, .vm_uuid = "abcdef00-1111-2222-3333-444455556666" },
			NULL, "T1 vm" },
		{ { .kind = VOLUME_VM_DISK, .vm_uuid = "abcdef00-1111-2222-3333-444455556667" },
			NULL, "T0 " },
		{ { .kind = VOLUME_VM_DISK, .vm_name = "web" }, NULL, "T2 vm-name" },
		{ { .kind = VOLUME_VM_DISK, .vm_name = "web2" }, NULL, "T0 " },
		{ { .kind = VOLUME_VM_DISK,
			  .vm_name = "web",
			  .vm_uuid = "abcdef00-1111-2222-3333-444455556666" },
			NULL, "T0 conflict" },
		{ { .kind = VOLUME_LV, .path = "/srv/a/1" }, "[\"haiki.tenant=CITY-B\"]",
			"T0 conflict" },
		{ { .kind = VOLUME_LV, .path = "/srv/a/1" }, "[\"haiki.tenant=CITY-X\"]",
			"T0 conflict" },
		{ { .kind = VOLUME_LV, .path = "/srv/a/1" }, "[\"haiki.tenant=CITY-A\"]",
			"T1 lv-tag" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct volume_seen seen = cases[i].seen;
		seen.key = "k";
		int64_t id = enter(fixture->store, &seen, cases[i].tags);
		if (strcmp(link_of(fixture->store, id), cases[i].link) != 0)
			fail_msg("case %zu: %s, not %s", i, link_of(fixture->store, id),
				cases[i].link);
	}
}

static void test_rules_that_are_refused(void **state)
{
	struct store_fixture *fixture = *state;
	static const struct {
		enum link_rule_kind kind;
		const char *pattern;
	} cases[] = {
		{ LINK_RULE_UNKNOWN, "x" },
		{ LINK_RULE_LV_TAG, "" },
		{ LINK_RULE_LV_TAG, "a\nb" },
		{ LINK_RULE_LV_TAG, "\xFF" },
		{ LINK_RULE_PATH, "srv/a" },
		{ LINK_RULE_PATH, "h1/srv/a" },
		{ LINK_RULE_PATH, ":/srv/a" },
		{ LINK_RULE_PATH, "/" },
		{ LINK_RULE_PATH, "/srv/../etc/" },
		{ LINK_RULE_PATH, "/srv//a" },
		{ LINK_RULE_PATH, "/dev" },
		{ LINK_RULE_PATH, "/dev/" },
		{ LINK_RULE_PATH, "/dev/sdb" },
		{ LINK_RULE_PATH, "h1:/dev/dm-3" },
		{ LINK_RULE_PATH, "/srv/*" },
		{ LINK_RULE_PATH_GLOB, "/srv/a" },
		{ LINK_RULE_PATH_GLOB, "/srv/\\*" },
		{ LINK_RULE_PATH_GLOB, "/*" },
		{ LINK_RULE_PATH_GLOB, "/s*/x" },
		{ LINK_RULE_PATH_GLOB, "/dev/sd*" },
		{ LINK_RULE_VM, "web" },
		{ LINK_RULE_VM, "abcdef00-1111-2222-3333-44445555666" },
		{ LINK_RULE_VM, "abcdef00-1111-2222-3333-44445555666g" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		struct link_rule rule = { .kind = cases[i].kind, .tenant_id = 1 };
		(void)snprintf(rule.pattern, sizeof(rule.pattern), "%s", cases[i].pattern);
		if (links_add_rule(fixture->store, &rule, NOW, &error) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].pattern);
		assert_string_equal(error.code, "rule-malformed");
	}
	add_rule(fixture->store, LINK_RULE_LV_TAG, "x", 1);
	struct error error = { 0 };
	const struct link_rule again = { .kind = LINK_RULE_LV_TAG, .pattern = "x", .tenant_id = 2 };
	assert_int_equal(links_add_rule(fixture->store, &again, NOW, &error), -EEXIST);
	const struct link_rule other = { .kind = LINK_RULE_LV_TAG, .pattern = "y" };
	assert_int_equal(links_remove_rule(fixture->store, &other, NOW, &error), -ENOENT);
	AUTO_LINK_RULES struct link_rule_list rules = { 0 };
	ok(links_rules(fixture->store, 0, &rules, &error), &error);
	assert_int_equal(rules.count, 1);
	assert_string_equal(rules.items[0].tenant, "CITY-A");
}

static void test_a_rule_works_on_what_is_there(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const struct volume_seen seen = { .key = "k", .kind = VOLUME_LV, .path = "/srv/a/1" };
	int64_t id = enter(fixture->store, &seen, "[\"t\"]");
	add_rule(fixture->store, LINK_RULE_LV_TAG, "t", 1);
	assert_string_equal(link_of(fixture->store, id), "T1 lv-tag");
	add_rule(fixture->store, LINK_RULE_PATH, "/srv/", 2);
	assert_string_equal(link_of(fixture->store, id), "T0 conflict");
	const struct link_rule rule = { .kind = LINK_RULE_LV_TAG, .pattern = "t" };
	ok(links_remove_rule(fixture->store, &rule, NOW, &error), &error);
	ok(links_apply(fixture->store, &rule, NOW, &error), &error);
	assert_string_equal(link_of(fixture->store, id), "T2 path");
}

static void test_a_tenant_added_later(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const struct volume_seen seen = { .key = "k", .kind = VOLUME_LV };
	int64_t id = enter(fixture->store, &seen, "[\"haiki.tenant=NEW\"]");
	assert_string_equal(link_of(fixture->store, id), "T0 unknown-tenant");
	run_sql(fixture->store,
		"INSERT INTO tenant (id, code, name, created_utc_ms) VALUES (3, 'NEW', 'N', 0)");
	ok(links_update_all(fixture->store, LINKS_UNSETTLED, NOW, &error), &error);
	assert_string_equal(link_of(fixture->store, id), "T3 lv-tag");
}

static void test_people_and_imports_beat_rules(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const struct volume_seen seen = { .key = "k", .kind = VOLUME_LV };
	static const char tags[] = "[\"haiki.tenant=CITY-A\"]";
	int64_t id = enter(fixture->store, &seen, tags);
	ok(links_set(fixture->store, id, &(struct link_word){ 2, LINKED_BY_PERSON, "ticket 7" },
		   NOW, &error),
		&error);
	assert_string_equal(link_of(fixture->store, id), "T2 person");
	enter(fixture->store, &seen, tags);
	ok(links_update_all(fixture->store, LINKS_ALL, NOW, &error), &error);
	add_rule(fixture->store, LINK_RULE_LV_TAG, "haiki.tenant=CITY-A", 1);
	assert_string_equal(link_of(fixture->store, id), "T2 person");
	/* "Nobody's" is a word, too. */
	ok(links_set(
		   fixture->store, id, &(struct link_word){ 0, LINKED_BY_IMPORT, "" }, NOW, &error),
		&error);
	enter(fixture->store, &seen, tags);
	assert_string_equal(link_of(fixture->store, id), "T0 import");
	ok(links_release(fixture->store, id, "mistake", NOW, &error), &error);
	assert_string_equal(link_of(fixture->store, id), "T1 lv-tag");
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM event WHERE target_kind = 'volume' AND"
				 " target_id = 1 AND action = 'linked'"),
		5);
	assert_int_equal(links_set(fixture->store, 99,
				 &(struct link_word){ 1, LINKED_BY_PERSON, "" }, NOW, &error),
		-ENOENT);
}

static void test_origins_hand_their_tenant_on(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct volume_seen origin = { .key = "o", .kind = VOLUME_LV };
	struct volume_seen snapshot = { .key = "s", .kind = VOLUME_SNAPSHOT, .origin_key = "o" };
	struct volume_seen second = { .key = "s2", .kind = VOLUME_SNAPSHOT, .origin_key = "s" };
	struct volume_seen own = { .key = "own", .kind = VOLUME_SNAPSHOT, .origin_key = "o" };
	int64_t o = enter(fixture->store, &origin, NULL);
	int64_t s = enter(fixture->store, &snapshot, NULL);
	int64_t s2 = enter(fixture->store, &second, NULL);
	int64_t w = enter(fixture->store, &own, "[\"haiki.tenant=CITY-B\"]");
	assert_string_equal(link_of(fixture->store, s2), "T0 ");
	assert_string_equal(link_of(fixture->store, w), "T2 lv-tag");
	/* The origin gets a tag: what came from it follows, and what says another is in conflict. */
	enter(fixture->store, &origin, "[\"haiki.tenant=CITY-A\"]");
	assert_string_equal(link_of(fixture->store, s), "T1 origin");
	assert_string_equal(link_of(fixture->store, s2), "T1 origin");
	assert_string_equal(link_of(fixture->store, w), "T0 conflict");
	/* A person settles it for the origin. */
	ok(links_set(
		   fixture->store, o, &(struct link_word){ 2, LINKED_BY_PERSON, "" }, NOW, &error),
		&error);
	assert_string_equal(link_of(fixture->store, s2), "T2 origin");
	assert_string_equal(link_of(fixture->store, w), "T2 lv-tag");
	/* A dispute about the origin is one about its copies. */
	ok(links_release(fixture->store, o, "", NOW, &error), &error);
	enter(fixture->store, &origin, "[\"haiki.tenant=CITY-A\",\"haiki.tenant=CITY-B\"]");
	assert_string_equal(link_of(fixture->store, s2), "T0 conflict");
	assert_string_equal(link_of(fixture->store, w), "T0 conflict");
	enter(fixture->store, &origin, NULL);
	assert_string_equal(link_of(fixture->store, s2), "T0 ");
	assert_string_equal(link_of(fixture->store, w), "T2 lv-tag");
}

/* A ring would keep a link alive that nothing says any more. */
static void test_rings_are_not_entered(void **state)
{
	struct store_fixture *fixture = *state;
	struct volume_seen a = { .key = "a", .kind = VOLUME_SNAPSHOT };
	struct volume_seen b = { .key = "b", .kind = VOLUME_SNAPSHOT, .origin_key = "a" };
	int64_t id_a = enter(fixture->store, &a, "[\"haiki.tenant=CITY-A\"]");
	int64_t id_b = enter(fixture->store, &b, NULL);
	a.origin_key = "b";
	enter(fixture->store, &a, "[\"haiki.tenant=CITY-A\"]");
	a.origin_key = "a";
	enter(fixture->store, &a, "[\"haiki.tenant=CITY-A\"]");
	assert_string_equal(link_of(fixture->store, id_b), "T1 origin");
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM volume WHERE origin_id IS NOT NULL"),
		1);
	enter(fixture->store, &a, NULL);
	assert_string_equal(link_of(fixture->store, id_a), "T0 ");
	assert_string_equal(link_of(fixture->store, id_b), "T0 ");
	/* An origin nobody knows yet keeps the one that is known. */
	b.origin_key = "later";
	enter(fixture->store, &b, NULL);
	assert_int_equal(
		store_fixture_number(fixture->store, "SELECT origin_id FROM volume WHERE id = 2"),
		id_a);
	b.origin_key = NULL;
	enter(fixture->store, &b, NULL);
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM volume WHERE origin_id IS NOT NULL"),
		0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_enter_and_read),
		cmocka_unit_test(test_kinds),
		TEST(test_found_by_what_is_exact),
		TEST(test_malformed_is_not_entered),
		TEST(test_absent_is_what_a_scan_would_see),
		TEST(test_lists_and_visits),
		TEST(test_conventions),
		TEST(test_rules),
		TEST(test_rules_that_are_refused),
		TEST(test_a_rule_works_on_what_is_there),
		TEST(test_a_tenant_added_later),
		TEST(test_people_and_imports_beat_rules),
		TEST(test_origins_hand_their_tenant_on),
		TEST(test_rings_are_not_entered),
	};
	return cmocka_run_group_tests_name("volumes", tests, NULL, NULL);
}
