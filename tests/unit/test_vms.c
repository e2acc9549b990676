/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs: whose each is, and what of that is never changed. */
#include "inventory/tenants/vms.h"

#include "inventory/tenants/contracts.h"
#include "inventory/tenants/deletions.h"
#include "inventory/tenants/tenants.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define UUID_1 "5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e01"
#define UUID_2 "5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e02"

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

static struct store *store_of(void **state)
{
	return ((struct store_fixture *)*state)->store;
}

/* T1 "A" with S1 and S2, T2 "B" with S3, a contract C1 of A. */
static int setup(void **state)
{
	if (store_fixture_setup(state) != 0)
		return -1;
	struct store *store = store_of(state);
	run_sql(store, "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES"
		       " (1, 'A', 'a', 0), (2, 'B', 'b', 0)");
	run_sql(store, "INSERT INTO service_code (code, tenant_id) VALUES"
		       " ('S1', 1), ('S2', 1), ('S3', 2)");
	run_sql(store, "INSERT INTO contract (id, number, tenant_id, start_day, created_utc_ms)"
		       " VALUES (1, 'K-1', 1, '2020-04-01', 0)");
	return 0;
}

static int write_vm(
	struct store *store, const struct vm_record *record, int64_t *ret_id, struct error *error)
{
	ok(store_begin(store, error), error);
	int r = vms_write(store, record, NULL, 1000, ret_id, error);
	return store_end(store, r, error);
}

static int64_t add_vm(struct store *store, const char *uuid, const char *service_code)
{
	struct error error = { 0 };
	struct vm_record record = { .platform = "dc1" };
	int64_t id = 0;
	(void)snprintf(record.uuid, sizeof(record.uuid), "%s", uuid);
	(void)snprintf(record.name, sizeof(record.name), "web");
	(void)snprintf(record.service_code, sizeof(record.service_code), "%s", service_code);
	ok(write_vm(store, &record, &id, &error), &error);
	return id;
}

static struct vm_record get_vm(struct store *store, const char *uuid)
{
	struct error error = { 0 };
	struct vm_record vm = { 0 };
	int r = vms_by_uuid(store, uuid, &vm, &error);
	ok(r, &error);
	assert_int_equal(r, 1);
	return vm;
}

static void refused(int result, int number, const char *code, const struct error *error)
{
	assert_string_equal(error->code, code);
	assert_int_equal(result, -number);
}

static int64_t count_events(struct store *store, const char *action)
{
	struct error error = { 0 };
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(action) };
	ok(store_query(store, "SELECT count(*) FROM event WHERE target_kind = 'vm' AND action = $1",
		   values, 1, &rows, &error),
		&error);
	assert_int_equal(store_next(rows, &error), 1);
	return store_integer(rows, 0);
}

static void test_known_by_uuid(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	AUTO_VMS struct vm_list list = { 0 };
	assert_int_equal(add_vm(store, "5029E1F1-7A3C-4E0B-9D55-0C2F6A1B3E01", "S1"), 1);
	assert_int_equal(add_vm(store, UUID_2, "S3"), 2);
	struct vm_record vm = get_vm(store, UUID_1);
	assert_string_equal(vm.uuid, UUID_1);
	assert_string_equal(vm.tenant, "A");
	assert_int_equal(vm.tenant_id, 1);
	assert_string_equal(vm.platform, "dc1");
	assert_int_equal(vm.gone_utc_ms, 0);
	assert_int_equal(count_events(store, "vm-added"), 2);

	ok(vms_list(store, 2, &list, &error), &error);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].uuid, UUID_2);
	static const struct {
		const char *word;
		size_t count;
	} cases[] = { { "M1", 1 }, { "m2", 1 }, { UUID_1, 1 },
		{ "5029E1F1-7A3C-4E0B-9D55-0C2F6A1B3E02", 1 }, { "web", 0 }, { "S1", 0 },
		{ "M3", 0 }, { "T1", 0 }, { "", 0 }, { "5029e1f1", 0 } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		vm_list_free(&list);
		ok(vms_find(store, cases[i].word, &list, &error), &error);
		assert_int_equal(list.count, cases[i].count);
	}
}

static void test_what_is_not_entered(void **state)
{
	struct store *store = store_of(state);
	static const struct {
		struct vm_record record;
		const char *code;
	} cases[] = {
		{ { .uuid = "", .service_code = "S1" }, "vm-malformed" },
		{ { .uuid = "5029e1f1", .service_code = "S1" }, "vm-malformed" },
		{ { .uuid = "00000000-0000-0000-0000-000000000000", .service_code = "S1" },
			"vm-malformed" },
		{ { .uuid = UUID_2, .service_code = "" }, "vm-malformed" },
		{ { .uuid = UUID_2, .service_code = "S9" }, "vm-malformed" },
		{ { .uuid = UUID_2, .service_code = "s1" }, "vm-malformed" },
		{ { .uuid = UUID_2, .service_code = "S3", .tenant_id = 1 }, "vm-malformed" },
		{ { .uuid = UUID_2, .service_code = "S1", .name = "a\nb" }, "text-malformed" },
		{ { .uuid = UUID_1, .service_code = "S1" }, "uuid-fixed" },
		{ { .id = 1, .uuid = UUID_2, .service_code = "S1" }, "uuid-fixed" },
		{ { .id = 7, .uuid = UUID_2, .service_code = "S1" }, "vm-unknown" },
	};
	add_vm(store, UUID_1, "S1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		int64_t id = 0;
		if (write_vm(store, &cases[i].record, &id, &error) == 0)
			fail_msg("case %zu was entered", i);
		assert_string_equal(error.code, cases[i].code);
		assert_int_equal(id, 0);
	}
	struct vm_record vm = get_vm(store, UUID_1);
	assert_string_equal(vm.service_code, "S1");
	assert_int_equal(count_events(store, "vm-changed"), 0);
}

/* A code that was given to another tenant takes no VM along. */
static void test_code_that_moves(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	add_vm(store, UUID_1, "S1");
	run_sql(store, "UPDATE service_code SET tenant_id = 2 WHERE code = 'S1'");
	struct vm_record vm = get_vm(store, UUID_1);
	assert_int_equal(vm.tenant_id, 1);
	(void)snprintf(vm.name, sizeof(vm.name), "renamed");
	ok(write_vm(store, &vm, NULL, &error), &error);
	vm = get_vm(store, UUID_1);
	assert_string_equal(vm.name, "renamed");
	assert_int_equal(vm.tenant_id, 1);
	/* Said anew. */
	vm.tenant_id = 0;
	ok(write_vm(store, &vm, NULL, &error), &error);
	vm = get_vm(store, UUID_1);
	assert_int_equal(vm.tenant_id, 2);
}

static struct deletion_record begin_deletion(struct store *store, int64_t vm_id, const char *uuid)
{
	struct error error = { 0 };
	struct deletion_record record = { .vm_id = vm_id,
		.tenant_id = 1,
		.contract_id = 1,
		.platform = "dc1",
		.due_utc_ms = 5000,
		.begun_utc_ms = 6000 };
	(void)snprintf(record.vm_uuid, sizeof(record.vm_uuid), "%s", uuid);
	ok(deletions_begin(store, &record, &error), &error);
	return record;
}

static void test_stands_still_while_deleted(void **state)
{
	struct store *store = store_of(state);
	int64_t id = add_vm(store, UUID_1, "S1");
	begin_deletion(store, id, UUID_1);
	for (int i = 0; i < 3; i++) {
		struct error error = { 0 };
		struct vm_record vm = get_vm(store, UUID_1);
		if (i == 0)
			(void)snprintf(vm.service_code, sizeof(vm.service_code), "S2");
		else if (i == 1)
			(void)snprintf(vm.platform, sizeof(vm.platform), "dc2");
		else
			run_sql(store, "UPDATE service_code SET tenant_id = 2 WHERE code = 'S1'");
		vm.tenant_id = i == 2 ? 0 : vm.tenant_id;
		refused(write_vm(store, &vm, NULL, &error), EBUSY, "vm-deleting", &error);
	}
	struct error error = { 0 };
	struct vm_record vm = get_vm(store, UUID_1);
	(void)snprintf(vm.name, sizeof(vm.name), "renamed");
	ok(write_vm(store, &vm, NULL, &error), &error);
}

static json_t *fact(const char *word)
{
	json_t *object = json_object();
	assert_int_equal(json_put_string(object, "fact", word), 0);
	return object;
}

static int set_gone(struct store *store, int64_t id, int64_t now, struct error *error)
{
	ok(store_begin(store, error), error);
	return store_end(store, vms_set_gone(store, id, now, error), error);
}

static void append(struct store *store, int64_t deletion, const char *text)
{
	struct error error = { 0 };
	AUTO_JSON json_t *object = NULL;
	ok(json_parse(text, strlen(text), "fact", &object, &error), &error);
	ok(deletions_append(store, deletion, object, 7000, &error), &error);
}

/* Only when everybody who was asked last said so. */
static void test_gone_once(void **state)
{
	static const char *const not_gone[] = {
		"{\"fact\":\"delete\",\"answer\":\"success\"}",
		"{\"fact\":\"look\",\"hypervisor\":\"unknown\",\"datastore\":\"gone\",\"storage\":"
		"\"gone\","
		"\"left\":[]}",
		"{\"fact\":\"look\",\"hypervisor\":\"none\",\"datastore\":\"gone\",\"storage\":"
		"\"gone\","
		"\"left\":[]}",
		"{\"fact\":\"look\",\"hypervisor\":\"gone\",\"datastore\":\"present\",\"storage\":"
		"\"gone\","
		"\"left\":[]}",
		"{\"fact\":\"look\",\"hypervisor\":\"gone\",\"datastore\":\"gone\",\"storage\":"
		"\"unknown\","
		"\"left\":[]}",
		"{\"fact\":\"look\",\"hypervisor\":\"gone\",\"datastore\":\"gone\",\"storage\":"
		"\"none\","
		"\"left\":[\"/a\"]}",
		("{\"fact\":\"look\",\"hypervisor\":\"gone\",\"datastore\":\"gone\",\"storage\":"
		 "\"none\"}"),
	};
	static const char gone[] =
		"{\"fact\":\"look\",\"hypervisor\":\"gone\",\"datastore\":\"gone\","
		"\"storage\":\"none\",\"left\":[]}";
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = add_vm(store, UUID_1, "S1");
	refused(set_gone(store, id, 8000, &error), EPERM, "vm-not-gone", &error);
	struct deletion_record deletion = begin_deletion(store, id, UUID_1);
	refused(set_gone(store, id, 8000, &error), EPERM, "vm-not-gone", &error);
	append(store, deletion.id, gone);
	for (size_t i = 0; i < ARRAY_SIZE(not_gone); i++) {
		append(store, deletion.id, not_gone[i]);
		refused(set_gone(store, id, 8000, &error), EPERM, "vm-not-gone", &error);
	}
	append(store, deletion.id, gone);
	ok(set_gone(store, id, 9000, &error), &error);
	ok(set_gone(store, id, 9001, &error), &error);
	struct vm_record vm = get_vm(store, UUID_1);
	assert_int_equal(vm.gone_utc_ms, 9000);
	assert_int_equal(count_events(store, "vm-gone"), 1);
	refused(vms_set_gone(store, 77, 1, &error), ENOENT, "vm-unknown", &error);
}

static void test_facts_in_order(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = add_vm(store, UUID_1, "S1");
	struct deletion_record record = begin_deletion(store, id, UUID_1);
	static const char *const words[] = { "identity", "survey", "look" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		AUTO_JSON json_t *object = fact(words[i]);
		ok(deletions_append(store, record.id, object, 7000 + (int64_t)i, &error), &error);
	}
	AUTO_JSON json_t *facts = NULL;
	ok(deletions_facts(store, record.id, &facts, &error), &error);
	assert_int_equal(json_array_size(facts), 3);
	json_t *last = json_array_get(facts, 2);
	assert_string_equal(json_string_value(json_object_get(last, "fact")), "look");
	assert_int_equal(json_integer_value(json_object_get(last, "seq")), 3);
	assert_string_equal(
		json_string_value(json_object_get(last, "utc")), "1970-01-01T00:00:07.002Z");
	assert_int_equal(count_events(store, "deletion-begun"), 1);
	assert_int_equal(count_events(store, "deletion-look"), 1);

	struct deletion_record read = { 0 };
	assert_int_equal(deletions_of_vm(store, id, &read, &error), 1);
	assert_memory_equal(&read, &record, sizeof(read));
	assert_int_equal(deletions_of_vm(store, id + 1, &read, &error), 0);
	AUTO_DELETIONS struct deletion_list list = { 0 };
	ok(deletions_list(store, 1, &list, &error), &error);
	assert_int_equal(list.count, 1);
	deletion_list_free(&list);
	ok(deletions_list(store, 2, &list, &error), &error);
	assert_int_equal(list.count, 0);
}

static void test_deletion_refused(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = add_vm(store, UUID_1, "S1");
	struct deletion_record record = begin_deletion(store, id, UUID_1);
	struct deletion_record again = record;
	refused(deletions_begin(store, &again, &error), EEXIST, "deletion-exists", &error);
	/* Another's VM, another UUID. */
	int64_t other = add_vm(store, UUID_2, "S3");
	again.vm_id = other;
	refused(deletions_begin(store, &again, &error), EINVAL, "deletion-malformed", &error);
	(void)snprintf(again.vm_uuid, sizeof(again.vm_uuid), UUID_2);
	refused(deletions_begin(store, &again, &error), EINVAL, "deletion-malformed", &error);

	AUTO_JSON json_t *none = json_object();
	refused(deletions_append(store, record.id, none, 1, &error), EINVAL, "fact-malformed",
		&error);
	static const char *const words[] = { "", "Look", "look me", "a.b",
		"abcdefghijklmnopqrstuvwxyzabcdefg" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		AUTO_JSON json_t *object = fact(words[i]);
		refused(deletions_append(store, record.id, object, 1, &error), EINVAL,
			"fact-malformed", &error);
	}
	AUTO_JSON json_t *object = fact("look");
	refused(deletions_append(store, 99, object, 1, &error), ENOENT, "deletion-unknown", &error);
}

/* Rows are kept from change by the database itself; whoever gets around that is found out. */
static void test_tampered(void **state)
{
	static const char *const changes[] = {
		"UPDATE deletion_fact SET fact = replace(fact, 'present', 'gone') WHERE seq = 2",
		"DELETE FROM deletion_fact WHERE seq = 2",
		"DELETE FROM deletion_fact WHERE seq = 1",
		"UPDATE deletion SET due_utc_ms = 1",
		"UPDATE deletion SET vm_uuid = '" UUID_2 "'",
	};
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = add_vm(store, UUID_1, "S1");
	struct deletion_record record = begin_deletion(store, id, UUID_1);
	for (int i = 0; i < 3; i++) {
		AUTO_JSON json_t *object = fact("look");
		assert_int_equal(json_put_string(object, "hypervisor", "present"), 0);
		ok(deletions_append(store, record.id, object, 7000, &error), &error);
	}
	assert_true(store_execute(store, changes[0], NULL, 0, NULL, &error) < 0);
	assert_true(store_execute(store, changes[1], NULL, 0, NULL, &error) < 0);
	assert_true(store_execute(store, changes[3], NULL, 0, NULL, &error) < 0);
	run_sql(store, "DROP TRIGGER deletion_fact_refuse_update");
	run_sql(store, "DROP TRIGGER deletion_fact_refuse_delete");
	run_sql(store, "DROP TRIGGER deletion_refuse_update");
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO_JSON json_t *facts = NULL;
		ok(store_begin(store, &error), &error);
		run_sql(store, changes[i]);
		refused(deletions_facts(store, record.id, &facts, &error), EBADMSG, "store-corrupt",
			&error);
		assert_null(facts);
		store_rollback(store);
	}
}

/* What tells of a hold is in the ledger and withheld. */
static void test_refusal_for_a_hold_is_withheld(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = add_vm(store, UUID_1, "S1");
	static const struct {
		const char *reason, *withheld;
	} cases[] = { { "hold", "hold" }, { "code-differs", "" } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *detail = json_object();
		assert_int_equal(json_put_string(detail, "reason", cases[i].reason), 0);
		const struct subject subject = { SUBJECT_VM, id };
		const struct event event = { "deletion-refused", detail, 1 };
		ok(events_append(store, &subject, &event, &error), &error);
		CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
		ok(store_query(store,
			   "SELECT withheld FROM ledger_record ORDER BY number DESC LIMIT 1", NULL,
			   0, &rows, &error),
			&error);
		assert_int_equal(store_next(rows, &error), 1);
		assert_string_equal(store_text(rows, 0), cases[i].withheld);
	}
}

/* Of a VM that a platform has and nobody knows, the ledger tells the UUID. */
static void test_stranger_in_the_ledger(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	AUTO_JSON json_t *detail = json_object();
	assert_int_equal(json_put_string(detail, "reason", "not-in-inventory"), 0);
	assert_int_equal(json_put_string(detail, "uuid", UUID_1), 0);
	const struct subject subject = { SUBJECT_VM, 0 };
	const struct event event = { "deletion-refused", detail, 1 };
	ok(events_append(store, &subject, &event, &error), &error);
	assert_int_equal(store_fixture_number(store,
				 "SELECT count(*) FROM ledger_record WHERE record LIKE"
				 " '%\"subject\":{\"id\":\"M0\",\"kind\":\"vm\",\"label\":\"\",%'"
				 " AND record LIKE '%\"uuid\":\"" UUID_1 "\"}%'"),
		1);
}

/* -- contracts -- */

static int write_contract(struct store *store, const char *number, int64_t tenant_id,
	const char *service_codes, struct error *error)
{
	AUTO_FREE char *codes = service_codes ? strdup(service_codes) : NULL;
	char note[] = "";
	struct contract_record record = { .tenant_id = tenant_id,
		.start_day = "2020-04-01",
		.service_codes = codes,
		.note = note };
	(void)snprintf(record.number, sizeof(record.number), "%s", number);
	AUTO_CONTRACTS struct contract_list found = { 0 };
	ok(contracts_find(store, number, &found, error), error);
	record.id = found.count > 0 ? found.items[0].id : 0;
	ok(store_begin(store, error), error);
	return store_end(store, contracts_write(store, &record, NULL, 1, NULL, error), error);
}

/* "K-1(all) K-2(S1 S2) " */
static const char *covering(struct store *store, int64_t tenant_id, const char *service_code)
{
	static char text[256];
	struct error error = { 0 };
	AUTO_CONTRACTS struct contract_list list = { 0 };
	ok(contracts_of_service(store, tenant_id, service_code, &list, &error), &error);
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++) {
		size_t length = strlen(text);
		const char *codes = list.items[i].service_codes;
		(void)snprintf(text + length, sizeof(text) - length, "%s(%s) ",
			list.items[i].number, codes[0] ? codes : "all");
	}
	return text;
}

static void test_contracts_of_a_service(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	assert_string_equal(covering(store, 1, "S1"), "K-1(all) ");
	ok(write_contract(store, "K-2", 1, "S2 S1 S2", &error), &error);
	ok(write_contract(store, "K-3", 1, "S2", &error), &error);
	ok(write_contract(store, "K-9", 2, "", &error), &error);
	assert_string_equal(covering(store, 1, "S1"), "K-1(all) K-2(S1 S2) ");
	assert_string_equal(covering(store, 1, "S2"), "K-1(all) K-2(S1 S2) K-3(S2) ");
	/* Exactly, and of this tenant alone. */
	assert_string_equal(covering(store, 1, "s2"), "K-1(all) ");
	assert_string_equal(covering(store, 1, "S"), "K-1(all) ");
	assert_string_equal(covering(store, 2, "S2"), "K-9(all) ");
	assert_string_equal(covering(store, 3, "S2"), "");

	static const char *const foreign[] = { "S3", "s1", "S1 S9", "S1,S2" };
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		refused(write_contract(store, "K-3", 1, foreign[i], &error), EINVAL,
			"contract-malformed", &error);
	assert_string_equal(covering(store, 1, "S2"), "K-1(all) K-2(S1 S2) K-3(S2) ");
	ok(write_contract(store, "K-3", 1, NULL, &error), &error);
	assert_string_equal(covering(store, 1, "S1"), "K-1(all) K-2(S1 S2) K-3(all) ");
	assert_int_equal(store_fixture_number(store,
				 "SELECT count(*) FROM event WHERE action = 'contract-changed'"
				 " AND detail LIKE '%\"service_codes\":\"\"%'"),
		1);
}

/* -- holds -- */

static void add_volume(struct store *store, int id, const char *columns)
{
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO volume (id, key, kind, name, size_bytes, host, first_seen_utc_ms,"
		" last_seen_utc_ms, present) VALUES (%d, 'k%d', 'lv', 'v%d', 1, 'h', 0, 0, 1)",
		id, id, id);
	run_sql(store, sql);
	(void)snprintf(sql, sizeof(sql), "UPDATE volume SET %s WHERE id = %d", columns, id);
	run_sql(store, sql);
}

/* V1 is M1's and stands on V2 on array A1 on drive D1; V3 stands on V1; V4 came from V1, which came from V5; V6
 * came from V5 too, and is M2's, as is V7, which stands on V2 beside V1. */
static void build_volumes(struct store *store)
{
	add_volume(store, 5, "kind = 'file'");
	add_volume(store, 1, "vm_uuid = '" UUID_1 "', origin_id = 5, tenant_id = 1");
	add_volume(store, 2, "kind = 'lv'");
	add_volume(store, 3, "kind = 'lv'");
	add_volume(store, 4, "kind = 'snapshot', origin_id = 1");
	add_volume(store, 6, "vm_uuid = '" UUID_2 "', origin_id = 5, tenant_id = 2");
	add_volume(store, 7, "vm_uuid = '" UUID_2 "', tenant_id = 2");
	run_sql(store,
		"INSERT INTO raid_array (id, key, uuid, name, metadata, level, state, size_bytes,"
		" device_count, missing_count, redundancy_left, sync_action, sync_done_permille,"
		" host, first_seen_utc_ms, last_seen_utc_ms, present) VALUES (1, 'md:1', '1',"
		" 'md0', '1.2', 'raid5', 'active', 1, 3, 0, 1, 'idle', -1, 'h', 0, 0, 1)");
	run_sql(store,
		"INSERT INTO drive (id, wwn, serial, model, vendor, firmware, transport, media,"
		" zoned, is_virtual, capacity_bytes, logical_sector_bytes, physical_sector_bytes,"
		" read_only, name, devnum, disk_sequence, backing, native_source, native_bytes,"
		" native_sector_bytes, host, first_seen_utc_ms, last_seen_utc_ms, present,"
		" last_error) VALUES (1, '', 'S1', 'M', '', '', '', '', '', 0, 0, 0, 0, 0, '',"
		" 0, 0, '', '', 0, 0, 'h', 0, 0, 1, '')");
	run_sql(store, "INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
		       " partition_number, first_utc_ms, last_utc_ms, left_utc_ms) VALUES"
		       " ('volume', 1, 'volume', 2, 0, 1, 1, NULL),"
		       " ('volume', 7, 'volume', 2, 0, 1, 1, NULL),"
		       " ('volume', 3, 'volume', 1, 0, 1, 1, NULL),"
		       " ('volume', 2, 'array', 1, 0, 1, 1, 5),"
		       " ('array', 1, 'drive', 1, 0, 1, 1, NULL)");
}

/* Is M1 covered by a hold on this, and no more when it is lifted? */
static bool covers(struct store *store, enum subject_kind kind, int64_t id)
{
	struct error error = { 0 };
	struct hold hold = { 0 };
	const struct subject target = { kind, id };
	int64_t hold_id = 0;
	ok(holds_place(store, &target, "a court", "a case", "login:a (1001)", 5, &hold_id, &error),
		&error);
	int covered = vms_hold(store, 1, &hold, &error);
	ok(covered, &error);
	if (covered)
		assert_int_equal(hold.id, hold_id);
	ok(holds_ask_lift(store, hold_id, "over", "login:a (1001)", 6, &error), &error);
	assert_int_equal(vms_hold(store, 1, &hold, &error), covered);
	ok(holds_confirm_lift(store, hold_id, "login:b (1002)", 7, &error), &error);
	assert_int_equal(vms_hold(store, 1, &hold, &error), 0);
	return covered == 1;
}

static void test_holds(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct hold hold;
	add_vm(store, UUID_1, "S1");
	add_vm(store, UUID_2, "S3");
	build_volumes(store);
	assert_int_equal(vms_hold(store, 1, &hold, &error), 0);
	refused(vms_hold(store, 9, &hold, &error), ENOENT, "vm-unknown", &error);
	static const struct {
		enum subject_kind kind;
		int64_t id;
		bool covers;
	} cases[] = {
		{ SUBJECT_VM, 1, true },
		{ SUBJECT_VM, 2, false },
		{ SUBJECT_TENANT, 1, true },
		{ SUBJECT_TENANT, 2, false },
		{ SUBJECT_VOLUME, 1, true },
		{ SUBJECT_VOLUME, 2, true },
		{ SUBJECT_VOLUME, 3, true },
		{ SUBJECT_VOLUME, 4, true },
		{ SUBJECT_VOLUME, 5, true },
		{ SUBJECT_VOLUME, 6, false },
		{ SUBJECT_VOLUME, 7, false },
		{ SUBJECT_ARRAY, 1, true },
		{ SUBJECT_DRIVE, 1, true },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (covers(store, cases[i].kind, cases[i].id) != cases[i].covers)
			fail_msg("case %zu", i);
}

/* Whatever ties the VM to the held tenant B. */
static void test_held_tenant(void **state)
{
	struct store *store = store_of(state);
	static const char *const ties[] = {
		"UPDATE vm SET tenant_id = 2 WHERE id = 1",
		"UPDATE service_code SET tenant_id = 2 WHERE code = 'S1'",
		"INSERT INTO link_rule (kind, pattern, tenant_id) VALUES ('vm', '" UUID_1 "', 2)",
		"UPDATE volume SET tenant_id = 2 WHERE id = 1",
		"UPDATE volume SET tenant_id = 2 WHERE id = 4",
		"UPDATE volume SET tenant_id = 2 WHERE id = 2",
		"UPDATE volume SET linked_by = 'conflict', tenant_id = NULL,"
		" tags = '[\"haiki.tenant=A\",\"haiki.tenant=B\"]' WHERE id = 1",
		"UPDATE drive SET tenant = 'B' WHERE id = 1",
		"UPDATE drive SET service_code = 'S3' WHERE id = 1",
		"INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action, detail)"
		" VALUES (99, 1, 'x', 'volume', 1, 'linked', '{\"tenant_before\":\"T2\"}')",
	};
	add_vm(store, UUID_1, "S1");
	add_vm(store, UUID_2, "S3");
	build_volumes(store);
	for (size_t i = 0; i < ARRAY_SIZE(ties); i++) {
		struct error error = { 0 };
		ok(store_begin(store, &error), &error);
		assert_false(covers(store, SUBJECT_TENANT, 2));
		run_sql(store, ties[i]);
		if (!covers(store, SUBJECT_TENANT, 2))
			fail_msg("case %zu", i);
		store_rollback(store);
	}
}

/* One person who gives a VM to another tenant does not free it. */
static void test_was_held_tenants(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	add_vm(store, UUID_1, "S3");
	struct vm_record vm = get_vm(store, UUID_1);
	(void)snprintf(vm.service_code, sizeof(vm.service_code), "S1");
	vm.tenant_id = 0;
	ok(write_vm(store, &vm, NULL, &error), &error);
	assert_true(covers(store, SUBJECT_TENANT, 2));
	assert_true(covers(store, SUBJECT_TENANT, 1));
}

static int64_t linked(struct store *store)
{
	struct error error = { 0 };
	int64_t id = -9;
	ok(vms_linked_tenant(store, UUID_1, &id, &error), &error);
	return id;
}

static void test_linked_tenant(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = 0;
	assert_int_equal(linked(store), 0);
	run_sql(store, "INSERT INTO link_rule (kind, pattern, tenant_id) VALUES"
		       " ('vm-name', 'web', 2), ('vm', '" UUID_2 "', 2)");
	add_volume(store, 1, "vm_uuid = '" UUID_1 "'");
	assert_int_equal(linked(store), 0);
	run_sql(store, "UPDATE volume SET tenant_id = 1, linked_by = 'lv-tag'");
	assert_int_equal(linked(store), 1);
	run_sql(store, "INSERT INTO link_rule (kind, pattern, tenant_id)"
		       " VALUES ('vm', '" UUID_1 "', 1)");
	assert_int_equal(linked(store), 1);
	add_volume(store, 2, "vm_uuid = '" UUID_1 "', tenant_id = 2");
	assert_int_equal(linked(store), -1);
	run_sql(store, "UPDATE volume SET tenant_id = 1");
	run_sql(store, "UPDATE volume SET tenant_id = NULL, linked_by = 'conflict' WHERE id = 2");
	assert_int_equal(linked(store), -1);
	run_sql(store, "UPDATE volume SET linked_by = 'unknown-tenant' WHERE id = 2");
	assert_int_equal(linked(store), -1);
	refused(vms_linked_tenant(store, "web", &id, &error), EINVAL, "vm-malformed", &error);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_known_by_uuid),
		TEST(test_what_is_not_entered),
		TEST(test_code_that_moves),
		TEST(test_stands_still_while_deleted),
		TEST(test_gone_once),
		TEST(test_facts_in_order),
		TEST(test_deletion_refused),
		TEST(test_tampered),
		TEST(test_refusal_for_a_hold_is_withheld),
		TEST(test_stranger_in_the_ledger),
		TEST(test_contracts_of_a_service),
		TEST(test_holds),
		TEST(test_held_tenant),
		TEST(test_was_held_tenants),
		TEST(test_linked_tenant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
