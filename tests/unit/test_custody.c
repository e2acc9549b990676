/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Custody: which state may follow which, what each change takes, and what it leaves behind. */
#include "inventory/custody/custody.h"
#include "inventory/assets/drive_labels.h"
#include "inventory/custody/holds.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)

static const struct drive_identity disk = {
	.wwn = "naa.5000c500a1b2c3d4", .serial = "ZA1234", .model = "ST4000NM", .name = "sdb"
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

static void get(struct store *store, int64_t id, struct drive_record *ret)
{
	struct error error = { 0 };
	AUTO_DRIVES struct drive_list list = { 0 };
	ok(drives_get(store, id, &list, &error), &error);
	assert_int_equal(list.count, 1);
	*ret = list.items[0];
}

static void set_custody(struct store *store, enum custody custody)
{
	char sql[128];
	struct error error = { 0 };
	(void)snprintf(sql, sizeof(sql), "UPDATE drive SET custody = '%s'", custody_name(custody));
	ok(store_execute(store, sql, NULL, 0, NULL, &error), &error);
}

/* -- the table -- */

/* What follows each state, written out by hand. */
static const struct {
	enum custody from;
	const char *next;
} expected[] = {
	{ CUSTODY_UNKNOWN, "" },
	{ CUSTODY_IN_SERVICE, "quarantined, sanitizing, failed" },
	{ CUSTODY_QUARANTINED, "in-service, sanitizing, destroyed, failed" },
	{ CUSTODY_SANITIZING, "quarantined, sanitized, failed" },
	{ CUSTODY_SANITIZED,
		"quarantined, sanitizing, reused, returned, disposed, destroyed, failed" },
	{ CUSTODY_REUSED, "in-service, quarantined, sanitizing, failed" },
	{ CUSTODY_RETURNED, "quarantined, destroyed" },
	{ CUSTODY_DISPOSED, "quarantined, destroyed" },
	{ CUSTODY_DESTROYED, "" },
	{ CUSTODY_FAILED, "quarantined, sanitizing, destroyed" },
};

static bool is_among(const char *word, const char *list)
{
	size_t length = strlen(word);
	for (const char *at = list; (at = strstr(at, word)); at++)
		if ((at == list || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

static void every_state_has_its_followers_and_no_others(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(expected), CUSTODY_STATES);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		char next[CUSTODY_NEXT_MAX];
		custody_next(expected[i].from, next);
		assert_string_equal(next, expected[i].next);
		for (unsigned to = 0; to < CUSTODY_STATES; to++)
			assert_int_equal(custody_allows(expected[i].from, (enum custody)to),
				is_among(custody_name((enum custody)to), expected[i].next));
	}
	assert_false(custody_allows((enum custody)99, CUSTODY_QUARANTINED));
	assert_false(custody_allows(CUSTODY_QUARANTINED, (enum custody)99));
}

static void names_are_read_back_and_nothing_else_is(void **state)
{
	(void)state;
	for (unsigned i = 1; i < CUSTODY_STATES; i++)
		assert_int_equal(custody_parse(custody_name((enum custody)i)), i);
	static const char *const wrong[] = { "", "unknown", "In-service", "in service", "disposed ",
		"sanitize" };
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(custody_parse(wrong[i]), CUSTODY_UNKNOWN);
}

/* In the store, every pair: done with its event, or refused and nothing changed. */
static void every_change_is_made_or_refused_as_the_table_says(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	int64_t done = 0;
	record(store, &disk);
	for (unsigned from = 1; from < CUSTODY_STATES; from++)
		for (unsigned to = 0; to < CUSTODY_STATES; to++) {
			struct error error = { 0 };
			struct custody_changed changed = { 0 };
			struct drive_record drive;
			const struct custody_change change = { .to = (enum custody)to,
				.reason = "r",
				.receiver = "x",
				.witness = "w",
				.certificate = "c" };
			bool may = custody_allows((enum custody)from, (enum custody)to);
			set_custody(store, (enum custody)from);
			int r = custody_change(store, 1, &change, NOW, &changed, &error);
			assert_int_equal(r, may ? 0 : -EPERM);
			if (!may) {
				assert_string_equal(error.code, "custody-order");
				char next[CUSTODY_NEXT_MAX];
				custody_next((enum custody)from, next);
				assert_non_null(strstr(error.next, next));
			}
			get(store, 1, &drive);
			assert_string_equal(
				drive.custody, custody_name((enum custody)(may ? to : from)));
			done += may;
			assert_int_equal(
				store_fixture_number(store,
					"SELECT count(*) FROM event WHERE action = 'custody'"),
				done);
		}
}

static void what_is_missing_is_named(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	static const struct {
		struct custody_change change;
		enum custody from;
		const char *missing; /* "": nothing */
	} cases[] = {
		{ { .to = CUSTODY_QUARANTINED, .reason = "" }, CUSTODY_IN_SERVICE, "--reason" },
		{ { .to = CUSTODY_QUARANTINED }, CUSTODY_IN_SERVICE, "--reason" },
		{ { .to = CUSTODY_SANITIZED, .reason = "r" }, CUSTODY_SANITIZING, "certificate" },
		{ { .to = CUSTODY_SANITIZED, .reason = "r", .certificate = "" }, CUSTODY_SANITIZING,
			"certificate" },
		{ { .to = CUSTODY_REUSED, .reason = "r" }, CUSTODY_SANITIZED, "certificate" },
		{ { .to = CUSTODY_RETURNED, .reason = "r", .receiver = "x" }, CUSTODY_SANITIZED,
			"certificate" },
		{ { .to = CUSTODY_DISPOSED, .reason = "r", .certificate = "c" }, CUSTODY_SANITIZED,
			"--receiver" },
		{ { .to = CUSTODY_DESTROYED, .reason = "r" }, CUSTODY_FAILED, "--witness" },
		{ { .to = CUSTODY_QUARANTINED, .reason = "r", .to_zone = "z" }, CUSTODY_IN_SERVICE,
			"zone" },
		{ { .to = CUSTODY_DESTROYED, .reason = "r", .witness = "w" }, CUSTODY_FAILED, "" },
	};
	record(store, &disk);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		struct custody_changed changed;
		set_custody(store, cases[i].from);
		int r = custody_change(store, 1, &cases[i].change, NOW, &changed, &error);
		if (!cases[i].missing[0]) {
			ok(r, &error);
			continue;
		}
		assert_int_equal(r, -EINVAL);
		assert_string_equal(error.code, "custody-incomplete");
		assert_non_null(strstr(error.what, cases[i].missing));
	}
	struct error error = { 0 };
	struct custody_changed changed;
	assert_int_equal(
		custody_change(store, 9, &cases[9].change, NOW, &changed, &error), -ENOENT);
	assert_string_equal(error.code, "drive-unknown");
}

/* -- what a change does -- */

static void an_event_says_everything(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	record(store, &disk);
	const struct drive_facts facts = {
		.zone = "municipal", .site = "tokyo", .rack = "R1", .slot = "4"
	};
	ok(drives_describe(store, 1, &facts, NOW, &error), &error);
	const struct custody_change change = { .to = CUSTODY_QUARANTINED,
		.reason = "廃棄 \"x\"",
		.ticket = "T-1",
		.rack = "box",
		.slot = "" };
	ok(custody_change(store, 1, &change, NOW + 1, &changed, &error), &error);
	assert_int_equal(changed.from, CUSTODY_IN_SERVICE);
	assert_int_equal(changed.to, CUSTODY_QUARANTINED);
	assert_string_equal(changed.zone, "municipal");
	AUTO_EVENTS struct event_list events = { 0 };
	const struct subject subject = { SUBJECT_DRIVE, 1 };
	ok(events_list(store, &subject, 2, &events, &error), &error);
	assert_int_equal(events.count, 2);
	assert_string_equal(events.items[0].action, "custody");
	assert_string_equal(events.items[0].detail,
		"{\"from\":\"in-service\",\"rack\":\"box\",\"reason\":\"廃棄 \\\"x\\\"\","
		"\"site\":\"tokyo\",\"ticket\":\"T-1\",\"to\":\"quarantined\",\"zone\":"
		"\"municipal\"}");
	assert_true(events.items[0].utc_ms == NOW + 1);
	assert_true(events.items[0].actor[0] != '\0');
	assert_string_equal(events.items[1].action, "placed");
}

static void what_is_gone_has_no_place_and_what_is_reused_no_tenant(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	struct drive_record drive;
	struct drive_identity second = disk;
	(void)strcpy(second.serial, "SECOND");
	record(store, &disk);
	record(store, &second);
	const struct drive_facts facts = { .zone = "municipal",
		.tenant = "T-1",
		.service_code = "S-1",
		.site = "tokyo",
		.rack = "R1",
		.slot = "4" };
	const struct drive_facts same_place = { .site = "tokyo", .rack = "R1", .slot = "4" };
	ok(drives_describe(store, 1, &facts, NOW, &error), &error);
	assert_int_equal(drives_describe(store, 2, &same_place, NOW, &error), -EEXIST);
	assert_string_equal(error.code, "slot-taken");
	assert_non_null(strstr(error.what, "D1"));

	set_custody(store, CUSTODY_SANITIZED);
	const struct custody_change reuse = {
		.to = CUSTODY_REUSED, .reason = "r", .certificate = "c", .to_zone = "private"
	};
	ok(custody_change(store, 1, &reuse, NOW, &changed, &error), &error);
	get(store, 1, &drive);
	assert_string_equal(drive.zone, "private");
	assert_string_equal(changed.zone, "private");
	assert_string_equal(drive.tenant, "");
	assert_string_equal(drive.service_code, "");
	assert_string_equal(drive.slot, "4");

	set_custody(store, CUSTODY_SANITIZED);
	const struct custody_change dispose = {
		.to = CUSTODY_DISPOSED, .reason = "r", .certificate = "c", .receiver = "x"
	};
	ok(custody_change(store, 1, &dispose, NOW, &changed, &error), &error);
	get(store, 1, &drive);
	assert_string_equal(drive.site, "");
	assert_string_equal(drive.rack, "");
	assert_string_equal(drive.slot, "");
	ok(drives_describe(store, 2, &same_place, NOW, &error), &error);
}

static void a_hold_forbids_what_would_end_the_evidence(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	record(store, &disk);
	const struct subject held = { SUBJECT_DRIVE, 1 };
	ok(holds_place(store, &held, "Court", "case 1", "user:root (0)", NOW, NULL, &error),
		&error);
	for (unsigned from = 1; from < CUSTODY_STATES; from++)
		for (unsigned to = 1; to < CUSTODY_STATES; to++) {
			struct custody_changed changed;
			const struct custody_change change = { .to = (enum custody)to,
				.reason = "r",
				.receiver = "x",
				.witness = "w",
				.certificate = "c" };
			if (!custody_allows((enum custody)from, (enum custody)to))
				continue;
			bool harmless = to == CUSTODY_IN_SERVICE || to == CUSTODY_QUARANTINED ||
					to == CUSTODY_SANITIZED || to == CUSTODY_FAILED;
			set_custody(store, (enum custody)from);
			error = (struct error){ 0 };
			int r = custody_change(store, 1, &change, NOW, &changed, &error);
			assert_int_equal(r, harmless ? 0 : -EPERM);
			assert_string_equal(error.code, harmless ? "" : "hold-stands");
			assert_int_equal(error.kind, harmless ? ERROR_NONE : ERROR_WAITING);
			assert_null(strstr(error.what, "Court"));
		}
}

/* -- jobs -- */

static void a_job_moves_custody_where_the_table_lets_it(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct drive_record drive;
	record(store, &disk);
	for (unsigned from = 1; from < CUSTODY_STATES; from++) {
		enum custody custody = (enum custody)from;
		bool moves = custody_allows(custody, CUSTODY_SANITIZING);
		set_custody(store, custody);
		ok(custody_job_begun(store, &disk, "J1", "T-1", NOW, &error), &error);
		get(store, 1, &drive);
		assert_string_equal(
			drive.custody, custody_name(moves ? CUSTODY_SANITIZING : custody));
		set_custody(store, custody);
		ok(custody_job_failed(store, &disk, "J1", NOW, &error), &error);
		get(store, 1, &drive);
		assert_string_equal(drive.custody,
			custody_name(custody == CUSTODY_SANITIZING ? CUSTODY_FAILED : custody));
	}
	assert_int_equal(store_fixture_number(
				 store, "SELECT count(*) FROM event WHERE action = 'wipe-began'"),
		CUSTODY_STATES - 1);
	/* A drive that the store does not know is no reason to fail. */
	struct drive_identity stranger = disk;
	(void)strcpy(stranger.model, "other");
	ok(custody_job_begun(store, &stranger, "J1", "", NOW, &error), &error);
}

static int since_service(struct store *store, const char *job)
{
	struct error error = { 0 };
	int r = custody_wiped_since_service(store, 1, job, &error);
	ok(r, &error);
	return r;
}

static void an_old_wipe_does_not_count_after_service(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	const struct custody_change to_service = { .to = CUSTODY_IN_SERVICE,
		.reason = "\"job\":\"J2\"" };
	record(store, &disk);
	assert_int_equal(since_service(store, "J1"), 1); /* never said to be in service */
	ok(custody_job_begun(store, &disk, "J1", "", NOW, &error), &error);
	assert_int_equal(since_service(store, "J1"), 1);
	set_custody(store, CUSTODY_QUARANTINED);
	/* By order, whatever the clock says. */
	ok(custody_change(store, 1, &to_service, NOW - 1000000, &changed, &error), &error);
	assert_int_equal(since_service(store, "J1"), 0);
	assert_int_equal(since_service(store, "J2"), 0);
	ok(custody_job_begun(store, &disk, "J2", "", NOW - 2000000, &error), &error);
	assert_int_equal(since_service(store, "J1"), 0);
	assert_int_equal(since_service(store, "J2"), 1);
	/* Reused is as good as in service. */
	set_custody(store, CUSTODY_SANITIZED);
	const struct custody_change reuse = {
		.to = CUSTODY_REUSED, .reason = "r", .certificate = "c"
	};
	ok(custody_change(store, 1, &reuse, NOW, &changed, &error), &error);
	assert_int_equal(since_service(store, "J2"), 0);
}

/* -- labels and zones -- */

static void places_are_checked(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	static const struct {
		struct drive_facts facts;
		const char *code; /* "": fine */
	} cases[] = {
		{ { .slot = "4" }, "place-malformed" }, /* no rack */
		{ { .rack = "R/1" }, "place-malformed" },
		{ { .site = "a/b" }, "place-malformed" },
		{ { .rack = "R1", .slot = "4/5" }, "place-malformed" },
		{ { .rack = "R1", .slot = "4" }, "" },
		{ { .slot = "5" }, "" }, /* the rack stays */
		{ { .rack = "" }, "place-malformed" },
		{ { .rack = "", .slot = "" }, "" },
		{ { .site = "\xFF" }, "label-malformed" },
	};
	record(store, &disk);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		int r = drives_describe(store, 1, &cases[i].facts, NOW, &error);
		assert_int_equal(r == 0, cases[i].code[0] == '\0');
		assert_string_equal(error.code, cases[i].code);
	}
	/* The same again is no event. */
	struct error error = { 0 };
	int64_t before = store_fixture_number(store, "SELECT count(*) FROM event");
	const struct drive_facts same = { .rack = "", .slot = "", .zone = "" };
	ok(drives_describe(store, 1, &same, NOW, &error), &error);
	assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM event"), before);
}

static const char *zones_of(struct store *store)
{
	static char text[256];
	struct error error = { 0 };
	AUTO_ZONES struct zone_list zones = { 0 };
	ok(drive_zones_served(store, 1, &zones, &error), &error);
	text[0] = '\0';
	for (size_t i = 0; i < zones.count; i++) {
		size_t length = strlen(text);
		(void)snprintf(text + length, sizeof(text) - length, "%s ", zones.items[i]);
	}
	return text;
}

static void every_zone_a_drive_served_counts_until_it_is_reused(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	struct custody_changed changed;
	record(store, &disk);
	assert_string_equal(zones_of(store), "");
	ok(drives_set_labels(store, 1, NULL, "private", NULL, NULL, NOW, &error), &error);
	assert_string_equal(zones_of(store), "private ");
	const struct drive_facts correction = { .zone = "lab", .reason = "typed wrongly" };
	ok(drives_describe(store, 1, &correction, NOW, &error), &error);
	assert_string_equal(zones_of(store), "lab private ");
	ok(store_execute(store,
		   "INSERT INTO tenant (id, code, name, zone, created_utc_ms)"
		   " VALUES (1, 'T-1', 'City', 'municipal', 1)",
		   NULL, 0, NULL, &error),
		&error);
	ok(drives_set_labels(store, 1, NULL, NULL, "T-1", NULL, NOW, &error), &error);
	assert_string_equal(zones_of(store), "lab municipal private ");
	set_custody(store, CUSTODY_SANITIZED);
	const struct custody_change reuse = {
		.to = CUSTODY_REUSED, .reason = "r", .certificate = "c", .to_zone = "new"
	};
	ok(custody_change(store, 1, &reuse, NOW, &changed, &error), &error);
	assert_string_equal(zones_of(store), "new ");
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_has_its_followers_and_no_others),
		cmocka_unit_test(names_are_read_back_and_nothing_else_is),
		WITH_STORE(every_change_is_made_or_refused_as_the_table_says),
		WITH_STORE(what_is_missing_is_named),
		WITH_STORE(an_event_says_everything),
		WITH_STORE(what_is_gone_has_no_place_and_what_is_reused_no_tenant),
		WITH_STORE(a_hold_forbids_what_would_end_the_evidence),
		WITH_STORE(a_job_moves_custody_where_the_table_lets_it),
		WITH_STORE(an_old_wipe_does_not_count_after_service),
		WITH_STORE(places_are_checked),
		WITH_STORE(every_zone_a_drive_served_counts_until_it_is_reused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
