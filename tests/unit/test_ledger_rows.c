/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's rows: appended with what they tell or not at all, read only as they were written, and made
 * anew for a store that is older than its ledger. */
#include "inventory/assets/drives.h"
#include "inventory/custody/holds.h"
#include "inventory/ledger/ledger_bodies.h"
#include "inventory/ledger/ledger_rows.h"
#include "tests/support/jobs_fixture.h"
#include "verify/ledger/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

static const struct drive_identity disk = {
	.wwn = "naa.5000c500a1b2c3d4", .serial = "ZA1234", .model = "ST4000NM", .name = "sdb"
};

_Static_assert(LEDGER_RECORD_MAX_BYTES == RECORD_MAX_BYTES, "one maximum");

static void append_body(struct store *store, const char *kind, const char *name)
{
	struct error error = { 0 };
	AUTO_JSON json_t *body = job_document("name", name);
	assert_ok(ledger_append(store, kind, body, "", NOW, NULL, &error), &error);
}

static void append_event(
	struct store *store, struct subject subject, const char *key, const char *value)
{
	struct error error = { 0 };
	AUTO_JSON json_t *detail = job_document(key, value);
	const struct event event = { "custody", detail, NOW };
	assert_ok(events_append(store, &subject, &event, &error), &error);
}

static uint64_t size_of(struct store *store)
{
	struct error error = { 0 };
	uint64_t size = UINT64_MAX;
	assert_ok(ledger_size(store, &size, &error), &error);
	return size;
}

/* The newest row, read as a checker reads its record. */
struct taken {
	struct ledger_row row;
	struct record record;
};

static int take(void *context, const struct ledger_row *row, struct error *error)
{
	struct taken *taken = context;
	record_free(&taken->record);
	taken->row = *row;
	assert_int_equal(row->record_length, strlen(row->record));
	assert_ok(record_parse(row->record, row->record_length, &taken->record, error), error);
	assert_int_equal(taken->record.index, row->index);
	assert_int_equal(taken->record.utc_ms, row->utc_ms);
	assert_string_equal(record_kind_name(taken->record.kind), row->kind);
	return 0;
}

static void newest(struct store *store, struct taken *taken)
{
	struct error error = { 0 };
	memset(taken, 0, sizeof(*taken));
	assert_ok(ledger_walk(store, 0, LEDGER_ALL, take, taken, &error), &error);
	assert_non_null(taken->record.body);
}

static const char *text_at(const json_t *object, const char *first, const char *second)
{
	const json_t *value = json_object_get(object, first);
	const char *text = json_string_value(second ? json_object_get(value, second) : value);
	return text ? text : "(none)";
}

static void test_each_row_is_a_record_in_its_place(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	static const char *const kinds[] = { "event", "certificate", "tenant", "signature", "key" };
	char salts[ARRAY_SIZE(kinds)][40];

	assert_int_equal(size_of(store), 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct taken taken;
		append_body(store, kinds[i], "x");
		newest(store, &taken);
		assert_int_equal(taken.row.index, i);
		assert_string_equal(taken.row.kind, kinds[i]);
		(void)snprintf(salts[i], sizeof(salts[i]), "%s",
			text_at(taken.record.document, "salt", NULL));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(salts[i], salts[j]);
		record_free(&taken.record);
	}
	assert_int_equal(size_of(store), ARRAY_SIZE(kinds));
}

static void test_an_event_names_its_drive(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	const struct drive_seen seen = {
		.identity = &disk, .native = &native, .host = "h", .utc_ms = NOW
	};
	struct error error = { 0 };
	struct taken taken;
	int64_t id = 0;

	assert_ok(drives_record(store, &seen, &id, &error), &error);
	append_event(store, (struct subject){ SUBJECT_DRIVE, id }, "to", "returned");
	newest(store, &taken);
	const json_t *body = taken.record.body;
	assert_string_equal(text_at(body, "subject", "serial"), "ZA1234");
	assert_string_equal(text_at(body, "subject", "wwn"), "naa.5000c500a1b2c3d4");
	assert_string_equal(text_at(body, "subject", "model"), "ST4000NM");
	assert_string_equal(text_at(body, "subject", "label"), "ST4000NM (ZA1234)");
	assert_string_equal(text_at(body, "subject", "kind"), "drive");
	assert_string_equal(text_at(body, "subject", "id"), "D1");
	assert_string_equal(text_at(body, "detail", "to"), "returned");
	assert_string_equal(text_at(body, "action", NULL), "custody");
	assert_int_equal(json_integer_value(json_object_get(body, "event")),
		store_fixture_number(store, "SELECT max(id) FROM event"));
	assert_string_equal(taken.row.withheld, "");
	record_free(&taken.record);
}

static void test_holds_and_contacts_are_withheld(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	const struct drive_seen seen = {
		.identity = &disk, .native = &native, .host = "h", .utc_ms = NOW
	};
	struct error error = { 0 };
	struct taken taken;
	int64_t id = 0, hold = 0;

	assert_ok(drives_record(store, &seen, &id, &error), &error);
	const struct subject target = { SUBJECT_DRIVE, id };
	assert_ok(holds_place(store, &target, "Court", "case", "login:a (1)", NOW, &hold, &error),
		&error);
	newest(store, &taken);
	assert_string_equal(taken.row.withheld, "hold");
	assert_string_equal(
		text_at(json_object_get(taken.record.body, "subject"), "target", "id"), "D1");
	record_free(&taken.record);
	append_event(store, (struct subject){ SUBJECT_TENANT, 9 }, "contacts", "a@example.org");
	newest(store, &taken);
	assert_string_equal(taken.row.withheld, "personal");
	record_free(&taken.record);
}

/* Nothing of a transaction that failed, and no event without its record. */
static void test_event_and_record_or_neither(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	struct error error = { 0 };

	assert_ok(store_begin(store, &error), &error);
	append_event(store, (struct subject){ SUBJECT_DRIVE, 1 }, "to", "returned");
	assert_int_equal(size_of(store), 1);
	store_rollback(store);
	assert_int_equal(size_of(store), 0);
	assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM event"), 0);
	append_event(store, (struct subject){ SUBJECT_DRIVE, 1 }, "to", "returned");
	assert_int_equal(size_of(store), 1);
	assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM event"), 1);
}

static void test_what_is_too_long(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	struct error error = { 0 };
	struct taken taken;
	char *text = malloc(LEDGER_RECORD_MAX_BYTES + 1);

	assert_non_null(text);
	memset(text, 'x', LEDGER_RECORD_MAX_BYTES);
	text[LEDGER_RECORD_MAX_BYTES] = '\0';
	AUTO_JSON json_t *body = job_document("name", text);
	assert_int_equal(ledger_append(store, "key", body, "", NOW, NULL, &error), -EFBIG);
	assert_string_equal(error.code, "ledger-record-too-long");
	assert_int_equal(size_of(store), 0);
	/* An event must be entered all the same. */
	text[60000] = '\0';
	append_event(store, (struct subject){ SUBJECT_DRIVE, 1 }, "to", text);
	newest(store, &taken);
	assert_int_equal(strlen(text_at(taken.record.body, "detail_sha256", NULL)), 64);
	assert_null(json_object_get(taken.record.body, "detail"));
	record_free(&taken.record);
	free(text);
}

static void test_a_certificate_is_found_by_its_name(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	AUTO_LEDGER_ROW struct ledger_row row = { 0 };
	struct error error = { 0 };

	insert_job(store, "J20261123-7QK3ZD", NOW);
	append_kinds(store, "J20261123-7QK3ZD", "created,opened");
	append_body(store, "key", "haiki-J20261123-7QK3ZD-2"); /* another kind of that name */
	certify_job(store, "J20261123-7QK3ZD", "haiki-J20261123-7QK3ZD-2", 2);
	assert_int_equal(
		ledger_row_of_certificate(store, "haiki-J20261123-7QK3ZD-2", &row, &error), 1);
	assert_string_equal(row.kind, "certificate");
	assert_int_equal(row.index, 1);
	assert_int_equal(
		ledger_row_of_certificate(store, "haiki-J20261123-7QK3ZD-3", &row, &error), 0);
	assert_int_equal(ledger_row_of_certificate(store, "", &row, &error), 0);
}

static int count_rows(void *context, const struct ledger_row *row, struct error *error)
{
	(void)row, (void)error;
	++*(uint64_t *)context;
	return 0;
}

static uint64_t walked(struct store *store, uint64_t first, uint64_t count)
{
	struct error error = { 0 };
	uint64_t seen = 0;
	assert_ok(ledger_walk(store, first, count, count_rows, &seen, &error), &error);
	return seen;
}

static int stop_at_two(void *context, const struct ledger_row *row, struct error *error)
{
	(void)context, (void)error;
	return row->index == 2 ? -ECANCELED : 0;
}

static void test_walks(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	struct error error = { 0 };

	for (size_t i = 0; i < 5; i++)
		append_body(store, "key", "x");
	assert_int_equal(walked(store, 0, LEDGER_ALL), 5);
	assert_int_equal(walked(store, 3, LEDGER_ALL), 2);
	assert_int_equal(walked(store, 5, LEDGER_ALL), 0);
	assert_int_equal(walked(store, UINT64_MAX, LEDGER_ALL), 0);
	assert_int_equal(walked(store, 1, 3), 3);
	assert_int_equal(walked(store, 0, 0), 0);
	assert_int_equal(ledger_walk(store, 0, LEDGER_ALL, stop_at_two, NULL, &error), -ECANCELED);
	/* More than there are is not what was asked for. */
	uint64_t seen = 0;
	assert_int_equal(ledger_walk(store, 3, 3, count_rows, &seen, &error), -EBADMSG);
}

static void expect_damage(struct store_fixture *fixture, const char *sql)
{
	struct error error = { 0 };
	uint64_t seen = 0;

	store_fixture_tamper(fixture, "DROP TRIGGER ledger_record_refuse_UPDATE;"
				      "DROP TRIGGER ledger_record_refuse_DELETE");
	store_fixture_tamper(fixture, sql);
	assert_int_equal(ledger_walk(fixture->store, 0, 5, count_rows, &seen, &error), -EBADMSG);
	assert_string_equal(error.code, "store-corrupt");
	assert_int_equal(error.kind, ERROR_FAILED);
	assert_non_null(strstr(error.what, fixture->path));
	assert_true(error.next[0]);
}

#define DAMAGE(name, sql)                                                                          \
	static void test_damage_##name(void **state)                                               \
	{                                                                                          \
		struct store_fixture *fixture = *state;                                            \
		for (size_t i = 0; i < 5; i++)                                                     \
			append_body(fixture->store, "key", "x");                                   \
		expect_damage(fixture, sql);                                                       \
	}

DAMAGE(record,
	"UPDATE ledger_record SET record = replace(record, '\"x\"', '\"y\"') WHERE number = 2")
DAMAGE(digest, "UPDATE ledger_record SET sha256 = replace(sha256, 'a', 'b') || '' WHERE number = 4;"
	       "UPDATE ledger_record SET sha256 = 'ff' WHERE number = 4")
DAMAGE(missing, "DELETE FROM ledger_record WHERE number = 2")
DAMAGE(missing_last, "DELETE FROM ledger_record WHERE number = 4")
DAMAGE(missing_first, "DELETE FROM ledger_record WHERE number = 0")
DAMAGE(kind, "UPDATE ledger_record SET kind = 'a kind that is longer than any' WHERE number = 1")

static void test_rows_never_change(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	static const char *const statements[] = {
		"UPDATE ledger_record SET withheld = 'hold'",
		"DELETE FROM ledger_record",
		"DELETE FROM ledger_head",
		"UPDATE ledger_hash SET hash = ''",
	};
	append_body(store, "key", "x");
	assert_int_equal(store_execute(store,
				 "INSERT INTO ledger_hash (level, number, hash) VALUES (8, 0, 'x')",
				 NULL, 0, NULL, NULL),
		0);
	assert_int_equal(store_execute(store,
				 "INSERT INTO ledger_head (size, utc_ms, root, note) VALUES"
				 " (1, 0, '', '')",
				 NULL, 0, NULL, NULL),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		assert_true(store_execute(store, statements[i], NULL, 0, NULL, NULL) < 0);
}

/* --- a store that is older --- */

static void make_older(struct store_fixture *fixture)
{
	fixture->store = store_close(fixture->store);
	store_fixture_tamper(fixture,
		"DROP TABLE ledger_record; DROP TABLE ledger_hash; DROP TABLE ledger_cosignature;"
		"DROP TABLE ledger_head; DROP TABLE certificate_cms; DROP TABLE tenant_certificate;"
		"DROP TABLE deletion_fact; DROP TABLE deletion; DROP TABLE vm; DROP TABLE contract_service;"
		"DROP TABLE notice; DROP TABLE approval; DROP TABLE backup_asked;"
		"UPDATE meta SET value = '2' WHERE name = 'schema_version'");
	store_fixture_reopen(fixture, STORE_WRITE);
}

struct filled {
	const char *expected[8]; /* what each record is about */
	size_t count;
};

static int check_filled(void *context, const struct ledger_row *row, struct error *error)
{
	struct filled *filled = context;
	AUTO_RECORD struct record record = { 0 };
	assert_ok(record_parse(row->record, row->record_length, &record, error), error);
	const char *name = json_string_value(json_object_get(record.body, "name"));
	if (!name)
		name = text_at(record.body, "detail", "to");
	if (row->index > 0)
		assert_string_equal(name, filled->expected[row->index]);
	filled->count++;
	return 0;
}

static void test_an_older_store_is_filled_in_order_of_time(void **state)
{
	struct store_fixture *fixture = *state;
	struct filled filled = { .expected = { NULL, "one", "two", "haiki-J20261123-7QK3ZD-2",
					 "three" } };
	struct error error = { 0 };
	struct taken taken;

	append_event(fixture->store, (struct subject){ SUBJECT_DRIVE, 1 }, "to", "one");
	append_event(fixture->store, (struct subject){ SUBJECT_HOLD, 1 }, "to", "two");
	insert_job(fixture->store, "J20261123-7QK3ZD", NOW);
	append_kinds(fixture->store, "J20261123-7QK3ZD", "created,opened");
	certify_job(fixture->store, "J20261123-7QK3ZD", "haiki-J20261123-7QK3ZD-2", 2);
	AUTO_JSON json_t *detail = job_document("to", "three");
	const struct event later = { "custody", detail, NOW + 1 };
	assert_ok(events_append(
			  fixture->store, &(struct subject){ SUBJECT_DRIVE, 1 }, &later, &error),
		&error);
	make_older(fixture);
	assert_ok(
		ledger_walk(fixture->store, 0, LEDGER_ALL, check_filled, &filled, &error), &error);
	assert_int_equal(filled.count, 5);
	memset(&taken, 0, sizeof(taken));
	assert_ok(ledger_walk(fixture->store, 0, 1, take, &taken, &error), &error);
	assert_string_equal(text_at(taken.record.body, "action", NULL), "ledger-began");
	assert_int_equal(json_integer_value(json_object_get(taken.record.body, "event")), 0);
	record_free(&taken.record);
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM ledger_record WHERE withheld = 'hold'"),
		1);
	/* Once. */
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(size_of(fixture->store), 5);
}

static void test_an_older_empty_store_has_an_empty_ledger(void **state)
{
	struct store_fixture *fixture = *state;
	make_older(fixture);
	assert_int_equal(size_of(fixture->store), 0);
}

#define WITH_STORE(function)                                                                       \
	cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_each_row_is_a_record_in_its_place),
		WITH_STORE(test_an_event_names_its_drive),
		WITH_STORE(test_holds_and_contacts_are_withheld),
		WITH_STORE(test_event_and_record_or_neither),
		WITH_STORE(test_what_is_too_long),
		WITH_STORE(test_a_certificate_is_found_by_its_name),
		WITH_STORE(test_walks),
		WITH_STORE(test_damage_record),
		WITH_STORE(test_damage_digest),
		WITH_STORE(test_damage_missing),
		WITH_STORE(test_damage_missing_last),
		WITH_STORE(test_damage_missing_first),
		WITH_STORE(test_damage_kind),
		WITH_STORE(test_rows_never_change),
		WITH_STORE(test_an_older_store_is_filled_in_order_of_time),
		WITH_STORE(test_an_older_empty_store_has_an_empty_ledger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
