/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Legal holds in a real store: two people for each step, and no way around one by way of arrays, volumes,
 * copies, tenants, time or another name of the drive. */
#include "inventory/custody/custody.h"
#include "inventory/assets/drive_labels.h"
#include "inventory/custody/history.h"
#include "inventory/custody/holds.h"
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
#define ALICE "login:alice (1000)"
#define BOB "login:bob (1001)"
#define ROOT "user:root (0)"

static const struct drive_identity disk = {
	.wwn = "naa.5000c500a1b2c3d4", .serial = "ZA1234", .model = "ST4000NM", .name = "sdb"
};
static const struct drive_identity other = {
	.wwn = "naa.5000c500ffffffff", .serial = "OTHER", .model = "ST4000NM", .name = "sdc"
};

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static int64_t record(struct store *store, const struct drive_identity *identity)
{
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	struct error error = { 0 };
	int64_t id = 0;
	const struct drive_seen seen = {
		.identity = identity, .native = &native, .host = "h", .utc_ms = NOW
	};
	ok(drives_record(store, &seen, &id, &error), &error);
	return id;
}

static int64_t place(
	struct store *store, enum subject_kind kind, int64_t id, const char *actor, int64_t now)
{
	struct error error = { 0 };
	int64_t hold = 0;
	const struct subject target = { kind, id };
	ok(holds_place(store, &target, "District Court", "case 1", actor, now, &hold, &error),
		&error);
	return hold;
}

static int held(struct store *store, const struct drive_identity *identity)
{
	struct error error = { 0 };
	struct hold hold = { 0 };
	int r = drives_hold(store, identity, &hold, &error);
	ok(r, &error);
	return r;
}

/* -- two people -- */

static void test_second_person(void **state)
{
	(void)state;
	static const struct {
		const char *actor, *first, *code; /* NULL: may */
	} cases[] = {
		{ BOB, ALICE, NULL },
		{ BOB, ROOT, NULL },
		{ ALICE, ALICE, "hold-same-person" },
		{ "login:renamed (1000)", ALICE, "hold-same-person" },
		{ ALICE, "user:alice (1000)", "hold-same-person" },
		{ ALICE, "login:alice (10001)", NULL },
		{ ROOT, ALICE, "hold-no-person" },
		{ "login:root (0)", ALICE, "hold-no-person" },
		{ "user:haiki (998)", ALICE, "hold-no-person" },
		{ "user:alice (1002)", ALICE, "hold-no-person" },
		{ "login:? (4294967295)", ALICE, NULL },
		{ "login:", ALICE, "hold-no-person" },
		{ "", ALICE, "hold-no-person" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		int r = hold_check_second(cases[i].actor, cases[i].first, &error);
		assert_int_equal(r, cases[i].code ? -EPERM : 0);
		assert_string_equal(error.code, cases[i].code ? cases[i].code : "");
		if (cases[i].code) {
			assert_int_equal(error.kind, ERROR_REFUSED);
			assert_true(error.next[0] != '\0');
		}
	}
}

enum verb { CONFIRM, ASK, LIFT, CANCEL };

static int make_step(struct store *store, enum verb verb, const char *actor, struct error *error)
{
	switch (verb) {
	case CONFIRM:
		return holds_confirm(store, 1, actor, NOW + 1, error);
	case ASK:
		return holds_ask_lift(store, 1, "case closed", actor, NOW + 2, error);
	case LIFT:
		return holds_confirm_lift(store, 1, actor, NOW + 3, error);
	case CANCEL:
		return holds_cancel_lift(store, 1, actor, NOW + 4, error);
	}
	return -EINVAL;
}

/* One life of a hold that alice placed; it blocks in every line but after the last. */
static void test_steps(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	static const struct {
		enum verb verb;
		const char *actor, *code; /* NULL: done */
		enum hold_state state;    /* afterwards */
	} steps[] = {
		{ LIFT, BOB, "hold-order", HOLD_UNCONFIRMED },
		{ CANCEL, BOB, "hold-order", HOLD_UNCONFIRMED },
		{ CONFIRM, ALICE, "hold-same-person", HOLD_UNCONFIRMED },
		{ CONFIRM, ROOT, "hold-no-person", HOLD_UNCONFIRMED },
		{ CONFIRM, BOB, NULL, HOLD_CONFIRMED },
		{ CONFIRM, BOB, "hold-order", HOLD_CONFIRMED },
		{ ASK, ROOT, "hold-no-person", HOLD_CONFIRMED },
		{ ASK, ALICE, NULL, HOLD_LIFT_ASKED },
		{ ASK, BOB, "hold-order", HOLD_LIFT_ASKED },
		{ LIFT, ALICE, "hold-same-person", HOLD_LIFT_ASKED },
		{ LIFT, "login:alice2 (1000)", "hold-same-person", HOLD_LIFT_ASKED },
		{ LIFT, ROOT, "hold-no-person", HOLD_LIFT_ASKED },
		{ CANCEL, ROOT, NULL, HOLD_CONFIRMED },
		{ LIFT, BOB, "hold-order", HOLD_CONFIRMED },
		{ ASK, BOB, NULL, HOLD_LIFT_ASKED },
		{ LIFT, BOB, "hold-same-person", HOLD_LIFT_ASKED },
		{ LIFT, ALICE, NULL, HOLD_LIFTED },
		{ LIFT, ALICE, "hold-order", HOLD_LIFTED },
		{ ASK, ALICE, "hold-order", HOLD_LIFTED },
		{ CONFIRM, BOB, "hold-order", HOLD_LIFTED },
	};
	record(store, &disk);
	place(store, SUBJECT_DRIVE, 1, ALICE, NOW);
	size_t events = 1;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct error error = { 0 };
		struct hold hold = { 0 };
		int r = make_step(store, steps[i].verb, steps[i].actor, &error);
		if ((r < 0) != (steps[i].code != NULL) ||
			(steps[i].code && strcmp(error.code, steps[i].code) != 0))
			fail_msg("step %zu: %d %s", i, r, error.code);
		events += r == 0;
		ok(holds_get(store, 1, &hold, &error), &error);
		assert_int_equal(hold_state(&hold), steps[i].state);
		assert_int_equal(held(store, &disk), steps[i].state != HOLD_LIFTED);
	}
	assert_int_equal(store_fixture_number(
				 store, "SELECT count(*) FROM event WHERE target_kind = 'hold'"),
		events);
	struct error error = { 0 };
	struct hold hold = { 0 };
	ok(holds_get(store, 1, &hold, &error), &error);
	assert_string_equal(hold.placed_by, ALICE);
	assert_string_equal(hold.confirmed_by, BOB);
	assert_string_equal(hold.lift_asked_by, BOB);
	assert_string_equal(hold.lifted_by, ALICE);
	assert_string_equal(hold.lift_reason, "case closed");
	/* The history of the drive tells of its hold. */
	AUTO_EVENTS struct event_list history = { 0 };
	const struct subject drive = { SUBJECT_DRIVE, 1 };
	ok(history_list(store, &drive, 100, &history, &error), &error);
	assert_int_equal(history.count, events + 1);
	assert_string_equal(history.items[0].action, "seen");
	assert_string_equal(history.items[1].action, "hold-placed");
	assert_string_equal(history.items[history.count - 1].action, "hold-lifted");
	event_list_free(&history);
	ok(history_list(store, &drive, 2, &history, &error), &error);
	assert_int_equal(history.count, 2);
	assert_string_equal(history.items[1].action, "hold-lifted");
}

static void test_refused(void **state)
{
	struct store_fixture *fixture = *state;
	char long_text[300];
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[299] = '\0';
	record(fixture->store, &disk);
	static const struct subject drive = { SUBJECT_DRIVE, 1 };
	const struct {
		struct subject target;
		const char *authority, *reason, *code;
	} cases[] = {
		{ { SUBJECT_DRIVE, 2 }, "Court", "case", "target-unknown" },
		{ { SUBJECT_TENANT, 1 }, "Court", "case", "target-unknown" },
		{ { SUBJECT_HOLD, 1 }, "Court", "case", "hold-target" },
		{ { SUBJECT_CONTRACT, 1 }, "Court", "case", "hold-target" },
		{ { SUBJECT_UNKNOWN, 1 }, "Court", "case", "hold-target" },
		{ drive, "", "case", "hold-incomplete" },
		{ drive, "Court", "", "hold-incomplete" },
		{ drive, "Court", NULL, "hold-incomplete" },
		{ drive, "Court", long_text, "label-too-long" },
		{ drive, "Court", "\xFF", "label-malformed" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		assert_true(holds_place(fixture->store, &cases[i].target, cases[i].authority,
				    cases[i].reason, ALICE, NOW, NULL, &error) < 0);
		assert_string_equal(error.code, cases[i].code);
	}
	assert_int_equal(held(fixture->store, &disk), 0);
	assert_int_equal(store_fixture_number(fixture->store, "SELECT count(*) FROM hold"), 0);
}

/* -- what a hold covers -- */

static void test_names(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct hold hold = { 0 };
	record(store, &disk);
	record(store, &other);
	assert_int_equal(held(store, &disk), 0);
	place(store, SUBJECT_DRIVE, 1, ROOT, NOW + 5);
	place(store, SUBJECT_DRIVE, 1, ALICE, NOW);
	store_fixture_reopen(fixture, STORE_READ);
	store = fixture->store;
	ok(drives_hold(store, &disk, &hold, &error), &error);
	assert_int_equal(hold.id, 2);
	assert_string_equal(hold.authority, "District Court");
	assert_string_equal(hold.reason, "case 1");
	assert_true(hold.placed_utc_ms == NOW);
	assert_int_equal(held(store, &other), 0);
	/* The same drive behind an enclosure that says less, or another model, is held too. */
	struct drive_identity disguised = disk;
	disguised.wwn[0] = '\0';
	(void)strcpy(disguised.model, "USB bridge");
	assert_int_equal(held(store, &disguised), 1);
	disguised = disk;
	(void)strcpy(disguised.serial, "0000");
	assert_int_equal(held(store, &disguised), 1);
	/* But an empty field is no match. */
	disguised = other;
	disguised.wwn[0] = '\0';
	assert_int_equal(held(store, &disguised), 0);
	/* Whether what has no name is held cannot be told, which is not "no". */
	disguised.serial[0] = '\0';
	assert_int_equal(drives_hold(store, &disguised, &hold, &error), -EINVAL);
}

/* "The store could not say" is never "no hold". */
static void test_unreadable(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct hold hold = { 0 };
	record(fixture->store, &disk);
	store_fixture_tamper(fixture, "DROP TABLE hold");
	assert_true(drives_hold(fixture->store, &disk, &hold, &error) < 0);
	assert_string_equal(error.code, "store-failed");
}

static void execute(struct store *store, const char *sql)
{
	struct error error = { 0 };
	ok(store_execute(store, sql, NULL, 0, NULL, &error), &error);
}

static void stand(struct store *store, const char *upper, int upper_id, const char *lower,
	int lower_id, int64_t last, int64_t left)
{
	struct error error = { 0 };
	const struct store_value values[] = {
		STORE_STRING(upper),
		STORE_INT(upper_id),
		STORE_STRING(lower),
		STORE_INT(lower_id),
		STORE_INT(last),
		left ? STORE_INT(left) : (struct store_value){ .type = STORE_NULL },
	};
	ok(store_execute(store,
		   "INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
		   " partition_number, first_utc_ms, last_utc_ms, left_utc_ms)"
		   " VALUES ($1, $2, $3, $4, 0, 1, $5, $6)",
		   values, ARRAY_SIZE(values), NULL, &error),
		&error);
}

#define INSERT_VOLUME                                                                              \
	"INSERT INTO volume (id, key, kind, name, size_bytes, host, first_seen_utc_ms,"            \
	" last_seen_utc_ms, present, origin_id, tenant_id) VALUES "

/* D1 below A1 below V1, of tenant T1; V2 is a snapshot of V1, V3 a copy of V2's on D2, V9 somebody
 * else's on D2 too; A2 once stood on D1. */
static void make_graph(struct store *store)
{
	record(store, &disk);
	record(store, &other);
	execute(store, "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES"
		       " (1, 'T-1', 'City', 1), (2, 'T-2', 'Town', 1)");
	execute(store, "INSERT INTO service_code (code, tenant_id) VALUES ('SVC-2', 2)");
	execute(store,
		"INSERT INTO raid_array (id, key, uuid, name, metadata, level, state, size_bytes,"
		" device_count, missing_count, redundancy_left, sync_action, sync_done_permille,"
		" host, first_seen_utc_ms, last_seen_utc_ms, present) VALUES"
		" (1, 'md:1', '1', 'md0', '1.2', 'raid1', '', 1, 2, 0, 1, '', -1, 'h', 1, 1, 1),"
		" (2, 'md:2', '2', 'md1', '1.2', 'raid1', '', 1, 2, 0, 1, '', -1, 'h', 1, 1, 1)");
	execute(store, INSERT_VOLUME "(1, 'v1', 'lv', 'v1', 1, 'h', 1, 1, 1, NULL, NULL),"
				     " (2, 'v2', 'snapshot', 'v2', 1, 'h', 1, 1, 1, 1, NULL),"
				     " (3, 'v3', 'file', 'v3', 1, 'h', 1, 1, 1, 2, NULL),"
				     " (4, 'v4', 'luks', 'v4', 1, 'h', 1, 1, 1, NULL, 1),"
				     " (9, 'v9', 'lv', 'v9', 1, 'h', 1, 1, 1, NULL, NULL)");
	stand(store, "array", 1, "drive", 1, NOW, 0);
	stand(store, "array", 2, "drive", 1, NOW - 100, NOW);
	stand(store, "volume", 1, "array", 1, NOW, 0);
	stand(store, "volume", 4, "volume", 1, NOW, 0);
	stand(store, "volume", 3, "drive", 2, NOW, 0);
	stand(store, "volume", 9, "drive", 2, NOW, 0);
	/* A store that is damaged may hold a ring. */
	stand(store, "array", 1, "volume", 4, NOW, 0);
}

static void test_covers(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	static const struct {
		enum subject_kind kind;
		int64_t id;
		bool first, second; /* is D1 held, is D2? */
	} cases[] = {
		{ SUBJECT_DRIVE, 1, true, false },
		{ SUBJECT_DRIVE, 2, false, true },
		{ SUBJECT_ARRAY, 1, true, true }, /* D2 carries a copy of what stands on it */
		{ SUBJECT_ARRAY, 2, true, false },
		{ SUBJECT_VOLUME, 1, true, true },
		{ SUBJECT_VOLUME, 2, true, true },
		{ SUBJECT_VOLUME, 3, true, true },
		{ SUBJECT_VOLUME, 4, true, true },
		{ SUBJECT_VOLUME, 9, false, true },
		{ SUBJECT_TENANT, 1, true, true },
		{ SUBJECT_TENANT, 2, false, false },
		/* V9 is the disk of M1, T3's. */
		{ SUBJECT_VM, 1, false, true },
		{ SUBJECT_TENANT, 3, false, true },
	};
	make_graph(store);
	execute(store, "INSERT INTO tenant (id, code, name, created_utc_ms)"
		       " VALUES (3, 'T-3', 'Village', 1)");
	execute(store, "INSERT INTO vm (id, uuid, service_code, tenant_id, created_utc_ms)"
		       " VALUES (1, '5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e01', 'S', 3, 1)");
	execute(store, "UPDATE volume SET vm_uuid = '5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e01'"
		       " WHERE id = 9");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		place(store, cases[i].kind, cases[i].id, ALICE, NOW);
		/* D2's volume V3 comes from V1: V1's own upper ones are copies' too. */
		bool first = held(store, &disk), second = held(store, &other);
		execute(store, "UPDATE hold SET lifted_utc_ms = 5");
		if (first != cases[i].first || second != cases[i].second)
			fail_msg("case %zu: %d %d", i, first, second);
	}
}

static void test_labels(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	make_graph(store);
	place(store, SUBJECT_TENANT, 2, ALICE, NOW);
	assert_int_equal(held(store, &other), 0);
	ok(drives_set_labels(store, 2, NULL, NULL, "T-2", NULL, NOW, &error), &error);
	assert_int_equal(held(store, &other), 1);
	ok(drives_set_labels(store, 2, NULL, NULL, "", "SVC-2", NOW, &error), &error);
	assert_int_equal(held(store, &other), 1);
	/* One person's new label lifts no hold: the bytes are where they were. */
	ok(drives_set_labels(store, 2, NULL, NULL, NULL, "SVC-3", NOW, &error), &error);
	assert_int_equal(held(store, &other), 1);
	assert_int_equal(held(store, &disk), 0);
	execute(store, "UPDATE drive SET custody = 'sanitizing' WHERE id = 2");
	struct custody_changed changed;
	const struct custody_change change = { CUSTODY_SANITIZED, .reason = "r",
		.certificate = "C" };
	ok(custody_change(store, 2, &change, NOW + 1, &changed, &error), &error);
	assert_int_equal(held(store, &other), 0);
}

/* A tag or a rule that goes to another tenant does not either. */
static void test_relinked(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	make_graph(store);
	place(store, SUBJECT_TENANT, 1, ALICE, NOW);
	const struct link_word words[] = { { 1, LINKED_BY_PERSON, "" }, { 2, LINKED_BY_PERSON, "" },
		{ 0, LINKED_BY_PERSON, "" } };
	assert_int_equal(held(store, &disk), 1);
	execute(store, "UPDATE volume SET tenant_id = NULL");
	assert_int_equal(held(store, &disk), 0);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ok(store_begin(store, &error), &error);
		ok(store_end(store, links_set(store, 9, &words[i], NOW, &error), &error), &error);
		assert_int_equal(held(store, &other), 1);
	}
	assert_int_equal(held(store, &disk), 0);
}

/* A volume that two tenants are said to have may be either's. */
static void test_disputed(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct hold hold = { 0 };
	make_graph(store);
	execute(store, "UPDATE volume SET linked_by = 'conflict',"
		       " tags = '[\"haiki.tenant=T-1\",\"haiki.tenant=T-2\"]' WHERE id = 9");
	place(store, SUBJECT_TENANT, 2, ALICE, NOW);
	ok(drives_hold(store, &other, &hold, &error), &error);
	assert_int_equal(hold.id, 1);
	assert_int_equal(held(store, &disk), 0);
}

/* What a drive carries that no scan has seen may be held. */
static void test_unscanned(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	static const struct drive_identity stranger = { .serial = "NEW", .name = "sdz" };
	struct error error = { 0 };
	struct hold hold = { 0 };
	make_graph(store);
	assert_int_equal(held(store, &stranger), 0);
	place(store, SUBJECT_DRIVE, 1, ALICE, NOW);
	assert_int_equal(held(store, &stranger), 0);
	place(store, SUBJECT_ARRAY, 1, ALICE, NOW);
	assert_int_equal(drives_hold(store, &stranger, &hold, &error), -EPERM);
	assert_string_equal(error.code, "hold-unscanned");
}

/* What left a drive before it was sanitized is not on it any more; what is there now is. */
static void test_sanitized_since(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	const struct custody_change to_sanitizing = { .to = CUSTODY_SANITIZING, .reason = "r" };
	const struct custody_change to_sanitized = {
		.to = CUSTODY_SANITIZED,
		.reason = "says \"to\":\"sanitized\"",
		.certificate = "C",
	};
	make_graph(store);
	ok(custody_change(store, 1, &to_sanitizing, NOW + 10, &changed, &error), &error);
	place(store, SUBJECT_TENANT, 1, ALICE, NOW);
	place(store, SUBJECT_ARRAY, 2, ALICE, NOW);
	assert_int_equal(held(store, &disk), 1);
	/* It stands as a fact that it is sanitized, also under a hold. */
	ok(custody_change(store, 1, &to_sanitized, NOW + 20, &changed, &error), &error);
	assert_int_equal(held(store, &disk), 0);
	/* It is a member again, later. */
	execute(store, "UPDATE stands_on SET left_utc_ms = NULL WHERE upper_kind = 'array'"
		       " AND upper_id = 1");
	assert_int_equal(held(store, &disk), 1);
	execute(store, "UPDATE stands_on SET left_utc_ms = 1 WHERE upper_kind = 'array'");
	assert_int_equal(held(store, &disk), 0);
	execute(store, "UPDATE stands_on SET last_utc_ms = 1795406400200 WHERE upper_id = 2");
	assert_int_equal(held(store, &disk), 1);
}

static void sanitize(struct store *store, int64_t when)
{
	struct error error = { 0 };
	struct custody_changed changed;
	const struct custody_change change = { CUSTODY_SANITIZED, .reason = "r",
		.certificate = "C" };
	execute(store, "UPDATE drive SET custody = 'sanitizing' WHERE id = 1");
	ok(custody_change(store, 1, &change, when, &changed, &error), &error);
}

/* What a volume left behind in an array comes back to a drive with the array's next rebuild. */
static void test_rebuilt(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	make_graph(store);
	execute(store, "UPDATE stands_on SET left_utc_ms = 7, last_utc_ms = 6 WHERE upper_kind = "
		       "'volume'");
	place(store, SUBJECT_TENANT, 1, ALICE, NOW);
	sanitize(store, NOW + 20);
	assert_int_equal(held(store, &disk), 0);
	execute(store, "UPDATE stands_on SET left_utc_ms = NULL, last_utc_ms = 1795406400200"
		       " WHERE upper_kind = 'array' AND upper_id = 1");
	assert_int_equal(held(store, &disk), 1);
}

/* Sanitized by a clock that was years ahead, and in use again by one that was set right. */
static void test_clock_set_back(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	static const struct custody_change reuse = { CUSTODY_REUSED, .reason = "r",
		.certificate = "C" };
	make_graph(store);
	sanitize(store, NOW * 2);
	ok(custody_change(store, 1, &reuse, NOW + 10, &changed, &error), &error);
	place(store, SUBJECT_ARRAY, 2, ALICE, NOW);
	assert_int_equal(held(store, &disk), 0);
	execute(store,
		"UPDATE stands_on SET left_utc_ms = 1795406400300, last_utc_ms = 1795406400200"
		" WHERE upper_kind = 'array' AND upper_id = 2");
	assert_int_equal(held(store, &disk), 1);
}

/* Only the event says so, not a text in it. */
static void test_reason_is_no_event(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	const struct custody_change change = { .to = CUSTODY_QUARANTINED,
		.reason = "\"to\":\"sanitized\" ,\"to\":\"sanitized\"" };
	make_graph(store);
	place(store, SUBJECT_ARRAY, 2, ALICE, NOW);
	ok(custody_change(store, 1, &change, NOW + 10, &changed, &error), &error);
	assert_int_equal(held(store, &disk), 1);
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_person),
		WITH_STORE(test_steps),
		WITH_STORE(test_refused),
		WITH_STORE(test_names),
		WITH_STORE(test_unreadable),
		WITH_STORE(test_covers),
		WITH_STORE(test_labels),
		WITH_STORE(test_relinked),
		WITH_STORE(test_disputed),
		WITH_STORE(test_unscanned),
		WITH_STORE(test_sanitized_since),
		WITH_STORE(test_rebuilt),
		WITH_STORE(test_clock_set_back),
		WITH_STORE(test_reason_is_no_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
