/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What deletions wait for and what people are told: approvals, notices, and by which clock it was last. */
#include "inventory/tenants/approvals.h"

#include "inventory/custody/events.h"
#include "inventory/tenants/notices.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)
#define ALICE "login:alice (1000)"
#define UUID(last) "5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e0" last

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void refused(int result, int number, const char *code, const struct error *error)
{
	assert_string_equal(error->code, code);
	assert_int_equal(result, -number);
}

static struct store *store_of(void **state)
{
	return ((struct store_fixture *)*state)->store;
}

/* A contract C1. */
static int setup(void **state)
{
	struct error error = { 0 };
	if (store_fixture_setup(state) != 0)
		return -1;
	ok(store_execute(store_of(state),
		   "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES (1, 'A', 'a', 0)",
		   NULL, 0, NULL, &error),
		&error);
	ok(store_execute(store_of(state),
		   "INSERT INTO contract (id, number, tenant_id, start_day, created_utc_ms)"
		   " VALUES (1, 'K-1', 1, '2020-04-01', 0)",
		   NULL, 0, NULL, &error),
		&error);
	return 0;
}

/* -- approvals -- */

/* "1,2": the id and whether it is given; the VMs by their last digits. */
static const char *ask(struct store *store, const char *reason, const char *vms, int64_t now)
{
	static char text[64];
	struct error error = { 0 };
	AUTO_APPROVAL struct approval_record record = { 0 };
	AUTO_JSON json_t *uuids = json_array();
	for (; *vms; vms++) {
		char uuid[] = UUID("0");
		uuid[sizeof(uuid) - 2] = *vms;
		assert_int_equal(json_push(uuids, json_string(uuid)), 0);
	}
	int r = approvals_ask(store, reason, uuids, now, &record, &error);
	ok(r, &error);
	assert_string_equal(record.reason, reason);
	(void)snprintf(text, sizeof(text), "P%d %s", (int)record.id, r == 1 ? "given" : "open");
	return text;
}

static void test_approvals(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	assert_string_equal(ask(store, "share", "321", NOW), "P1 open");
	assert_string_equal(ask(store, "share", "1231", NOW + 1), "P1 open");
	assert_string_equal(ask(store, "clock-gap", "123", NOW), "P2 open");
	assert_string_equal(ask(store, "share", "12", NOW), "P3 open");
	assert_int_equal(store_fixture_number(store,
				 "SELECT count(*) FROM event WHERE action = 'approval-asked'"),
		3);

	static const char *const nobody[] = { "user:root (0)", "login:root (0)", "user:haiki (998)",
		"" };
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		refused(approvals_give(store, 1, nobody[i], NOW, &error), EPERM,
			"approval-no-person", &error);
	refused(approvals_give(store, 9, ALICE, NOW, &error), ENOENT, "approval-unknown", &error);
	assert_string_equal(ask(store, "share", "123", NOW), "P1 open");
	ok(approvals_give(store, 1, ALICE, NOW + 5, &error), &error);
	refused(approvals_give(store, 1, ALICE, NOW + 6, &error), EALREADY, "approval-given",
		&error);

	/* All of them or some; none that is not among them, no other reason, and not for ever. */
	assert_string_equal(ask(store, "share", "123", NOW + 6), "P1 given");
	assert_string_equal(ask(store, "share", "13", NOW + 6), "P1 given");
	assert_string_equal(ask(store, "share", "2", NOW + 6), "P1 given");
	assert_string_equal(ask(store, "share", "1234", NOW + 6), "P4 open");
	assert_string_equal(ask(store, "clock-gap", "123", NOW + 6), "P2 open");
	assert_string_equal(ask(store, "share", "3", NOW + 5 + APPROVAL_HOLDS_MS - 1), "P1 given");
	assert_string_equal(ask(store, "share", "3", NOW + 5 + APPROVAL_HOLDS_MS), "P5 open");

	struct approval_record record = { 0 };
	ok(approvals_get(store, 1, &record, &error), &error);
	assert_string_equal(record.given_by, ALICE);
	assert_string_equal(record.vms, "[\"" UUID("1") "\",\"" UUID("2") "\",\"" UUID("3") "\"]");
	approval_record_free(&record);
	AUTO_APPROVALS struct approval_list list = { 0 };
	ok(approvals_list(store, true, NOW, &list, &error), &error);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.items[0].id, 2);
}

static void test_questions_become_void(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	AUTO_APPROVALS struct approval_list list = { 0 };
	int64_t later = NOW + APPROVAL_OPEN_MS;
	assert_string_equal(ask(store, "share", "1", NOW), "P1 open");
	refused(approvals_give(store, 1, ALICE, later, &error), ESTALE, "approval-expired", &error);
	ok(approvals_list(store, true, later, &list, &error), &error);
	assert_int_equal(list.count, 0);
	assert_string_equal(ask(store, "share", "1", later), "P2 open");
}

static void test_what_cannot_be_asked(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct approval_record record = { 0 };
	AUTO_JSON json_t *none = json_array();
	AUTO_JSON json_t *name = json_pack("[s]", "web-1");
	AUTO_JSON json_t *number = json_pack("[i]", 5);
	AUTO_JSON json_t *one = json_pack("[s]", UUID("1"));
	refused(approvals_ask(store, "share", none, NOW, &record, &error), EINVAL,
		"approval-malformed", &error);
	refused(approvals_ask(store, "share", name, NOW, &record, &error), EINVAL,
		"approval-malformed", &error);
	refused(approvals_ask(store, "share", number, NOW, &record, &error), EINVAL,
		"approval-malformed", &error);
	refused(approvals_ask(store, "", one, NOW, &record, &error), EINVAL, "approval-malformed",
		&error);
	assert_null(record.vms);
}

/* -- clocks -- */

static void test_clock_mark(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct clock_mark read = { .utc_ms = 9 };
	struct clock_mark mark = {
		.utc_ms = NOW, .boottime_ms = 5, .boot_id = "0b8c1f4e-5a4e-4d2e-8d0a-3d6f1a2b3c4d"
	};
	ok(clock_mark_read(store, &read, &error), &error);
	assert_int_equal(read.utc_ms, 0);
	for (int i = 0; i < 2; i++) {
		mark.utc_ms++;
		ok(clock_mark_write(store, &mark, &error), &error);
		ok(clock_mark_read(store, &read, &error), &error);
		assert_int_equal(read.utc_ms, mark.utc_ms);
		assert_int_equal(read.boottime_ms, mark.boottime_ms);
		assert_string_equal(read.boot_id, mark.boot_id);
	}
	mark.utc_ms = 0;
	refused(clock_mark_write(store, &mark, &error), EINVAL, "clock-mark-malformed", &error);
	static const char *const damaged[] = { "", "{}", "5",
		"{\"boot_id\":\"x\",\"boottime_ms\":1,\"utc_ms\":\"2\"}",
		"{\"boot_id\":\"x\",\"boottime_ms\":1}" };
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		char sql[256];
		(void)snprintf(sql, sizeof(sql),
			"UPDATE meta SET value = '%s' WHERE name = 'deletion_clock'", damaged[i]);
		store_fixture_tamper(fixture, sql);
		refused(clock_mark_read(store, &read, &error), EBADMSG, "store-corrupt", &error);
	}
}

static void test_newest_record(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t newest = -1;
	static const int64_t times[] = { NOW, NOW + 50, NOW - 7 };
	ok(clock_newest_record(store, &newest, &error), &error);
	assert_int_equal(newest, 0);
	AUTO_JSON json_t *detail = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		const struct subject subject = { SUBJECT_TENANT, 1 };
		const struct event event = { "x", detail, times[i] };
		ok(events_append(store, &subject, &event, &error), &error);
	}
	ok(clock_newest_record(store, &newest, &error), &error);
	assert_int_equal(newest, NOW + 50);
}

/* -- notices -- */

static struct notice_record notice(const char *kind, const char *message_id)
{
	struct notice_record record = { .contract_id = 1, .day = 20000 };
	(void)snprintf(record.kind, sizeof(record.kind), "%s", kind);
	(void)snprintf(record.audience, sizeof(record.audience), "customer");
	(void)snprintf(record.end_day, sizeof(record.end_day), "2026-11-12");
	(void)snprintf(record.message_id, sizeof(record.message_id), "%s", message_id);
	return record;
}

static int intend(struct store *store, struct notice_record record)
{
	struct error error = { 0 };
	int r = notices_intend(store, &record, NOW, &error);
	ok(r, &error);
	return r;
}

/* No crash at any point makes it leave twice. */
static void test_notice_leaves_once(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	size_t count = 9;
	const struct notice_record first = notice("before", "a@h"), second = notice("after", "b@h");
	assert_int_equal(intend(store, first), 1);
	assert_int_equal(intend(store, first), 0);
	ok(notices_settle(store, 1, NOTICE_FAILED, NOW, &error), &error);
	assert_int_equal(intend(store, first), 1);
	ok(notices_settle(store, 1, NOTICE_SENT, NOW, &error), &error);
	assert_int_equal(intend(store, first), 0);
	refused(notices_settle(store, 1, NOTICE_FAILED, NOW, &error), EALREADY, "notice-settled",
		&error);

	assert_int_equal(intend(store, second), 1);
	ok(notices_give_up(store, NOW, &count, &error), &error);
	assert_int_equal(count, 1);
	ok(notices_give_up(store, NOW, &count, &error), &error);
	assert_int_equal(count, 0);
	assert_int_equal(intend(store, second), 0);

	AUTO_NOTICES struct notice_list list = { 0 };
	ok(notices_list(store, 1, &list, &error), &error);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].state, NOTICE_SENT);
	assert_int_equal(list.items[0].tries, 2);
	assert_int_equal(list.items[1].state, NOTICE_UNCERTAIN);
	assert_int_equal(store_fixture_number(store,
				 "SELECT count(*) FROM event WHERE target_kind = 'contract'"
				 " AND action LIKE 'notice-%'"),
		6);
	notice_list_free(&list);
	ok(notices_list(store, 2, &list, &error), &error);
	assert_int_equal(list.count, 0);
}

static void test_notices_refused(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct notice_record record = notice("before", "a@h");
	assert_int_equal(intend(store, record), 1);
	/* Another notice under the same name. */
	record.day++;
	refused(notices_intend(store, &record, NOW, &error), EINVAL, "notice-malformed", &error);
	record = notice("before", "");
	refused(notices_intend(store, &record, NOW, &error), EINVAL, "notice-malformed", &error);
	refused(notices_settle(store, 1, NOTICE_UNCERTAIN, NOW, &error), EINVAL, "notice-malformed",
		&error);
	refused(notices_settle(store, 7, NOTICE_SENT, NOW, &error), EALREADY, "notice-settled",
		&error);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_approvals),
		TEST(test_questions_become_void),
		TEST(test_what_cannot_be_asked),
		TEST(test_clock_mark),
		TEST(test_newest_record),
		TEST(test_notice_leaves_once),
		TEST(test_notices_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
