/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every place where a tenant's bytes are: over all layers, also where they once were. */
#include "inventory/tenants/contracts.h"
#include "base/day.h"
#include "inventory/tenants/places.h"
#include "verify/tenant/due.h"
#include "tests/support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

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

static void add_drive(struct store *store, int id, const char *more)
{
	char sql[1024];
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO drive (id, wwn, serial, model, vendor, firmware, transport, media,"
		" zoned, is_virtual, capacity_bytes, logical_sector_bytes, physical_sector_bytes,"
		" read_only, name, devnum, disk_sequence, backing, native_source, native_bytes,"
		" native_sector_bytes, host, first_seen_utc_ms, last_seen_utc_ms, present,"
		" last_error) VALUES (%d, '', 'S%d', 'M', '', '', '', '', '', 0, 0, 0, 0, 0, '',"
		" 0, 0, '', '', 0, 0, 'h', 0, 0, 1, '')",
		id, id);
	run_sql(store, sql);
	(void)snprintf(
		sql, sizeof(sql), "UPDATE drive SET slot = '%d' %s WHERE id = %d", id, more, id);
	run_sql(store, sql);
}

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

static void stand(struct store *store, const char *upper, int upper_id, const char *lower,
	int lower_id, int left)
{
	char sql[512], left_text[16] = "NULL";
	if (left > 0)
		(void)snprintf(left_text, sizeof(left_text), "%d", left);
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
		" partition_number, first_utc_ms, last_utc_ms, left_utc_ms)"
		" VALUES ('%s', %d, '%s', %d, 0, 1, 1, %s)",
		upper, upper_id, lower, lower_id, left_text);
	run_sql(store, sql);
}

/* T1 "A" with service SV, and T2; an array A1. */
static int setup(void **state)
{
	if (store_fixture_setup(state) != 0)
		return -1;
	struct store *store = ((struct store_fixture *)*state)->store;
	run_sql(store, "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES"
		       " (1, 'A', 'a', 0), (2, 'B', 'b', 0)");
	run_sql(store, "INSERT INTO service_code (code, tenant_id) VALUES ('SV', 1)");
	run_sql(store,
		"INSERT INTO raid_array (id, key, uuid, name, metadata, level, state, size_bytes,"
		" device_count, missing_count, redundancy_left, sync_action, sync_done_permille,"
		" host, first_seen_utc_ms, last_seen_utc_ms, present) VALUES (1, 'md:1', '1',"
		" 'md0', '1.2', 'raid5', 'active', 1, 3, 0, 1, 'idle', -1, 'h', 0, 0, 1)");
	return 0;
}

/* "D1 carries A1 carries V3 above | V2 ": the places, then the volumes of which no drive is known. */
static const char *places(struct store *store, int64_t tenant_id)
{
	static char text[1024];
	struct error error = { 0 };
	AUTO_PLACES struct place_list list = { 0 };
	ok(places_of_tenant(store, tenant_id, &list, &error), &error);
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++) {
		char id[SUBJECT_ID_MAX];
		size_t length = strlen(text);
		subject_format(&list.items[i].subject, id);
		(void)snprintf(text + length, sizeof(text) - length, "%s %s ", id,
			place_why_name(list.items[i].why));
	}
	(void)strcat(text, "|");
	for (size_t i = 0; i < list.nowhere_count; i++) {
		size_t length = strlen(text);
		(void)snprintf(text + length, sizeof(text) - length, " V%d", (int)list.nowhere[i]);
	}
	return text;
}

static void test_all_the_way_down(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	assert_string_equal(places(store, 1), "|");
	for (int id = 1; id <= 4; id++)
		add_drive(store, id, "");
	add_volume(store, 1, "tenant_id = 1, linked_by = 'lv-tag'");
	assert_string_equal(places(store, 1), "| V1");
	/* A thin volume on a pool on an array of three; drive 4 carries another's. */
	add_volume(store, 2, "kind = 'thin-pool'");
	stand(store, "volume", 1, "volume", 2, 0);
	assert_string_equal(places(store, 1), "V2 carries | V1");
	stand(store, "volume", 2, "array", 1, 0);
	for (int id = 1; id <= 3; id++)
		stand(store, "array", 1, "drive", id, 0);
	add_volume(store, 3, "tenant_id = 2");
	stand(store, "volume", 3, "drive", 4, 0);
	assert_string_equal(
		places(store, 1), "D1 carries D2 carries D3 carries A1 carries V2 carries |");
	assert_string_equal(places(store, 2), "D4 carries |");
}

/* "D1: V1 V2 " */
static const char *volumes_on(struct store *store, const char *wanted)
{
	static char text[256];
	struct error error = { 0 };
	AUTO_PLACES struct place_list list = { 0 };
	ok(places_of_tenant(store, 1, &list, &error), &error);
	(void)snprintf(text, sizeof(text), "no place");
	for (size_t i = 0; i < list.count; i++) {
		char id[SUBJECT_ID_MAX];
		subject_format(&list.items[i].subject, id);
		if (strcmp(id, wanted) != 0)
			continue;
		text[0] = '\0';
		for (size_t j = 0; j < list.items[i].volume_count; j++) {
			size_t length = strlen(text);
			(void)snprintf(text + length, sizeof(text) - length, "V%d ",
				(int)list.items[i].volumes[j]);
		}
	}
	return text;
}

static void erase(struct store *store, int seq, int volume, int utc_ms, const char *result)
{
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO deletion_fact (deletion_id, seq, utc_ms, fact, digest) VALUES"
		" (1, %d, %d, '{\"fact\":\"erase\",\"method\":\"overwrite\",\"result\":\"%s\","
		"\"volume\":\"V%d\"}', '')",
		seq, utc_ms, result, volume);
	run_sql(store, sql);
}

/* Which volumes have to be erased so that nothing is left on a drive: all that stand or stood on it; where one went
 * elsewhere before it was erased, that does not help. */
static void test_which_volumes(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	for (int id = 1; id <= 4; id++)
		add_drive(store, id, "");
	add_drive(store, 5, ", tenant = 'A'");
	add_volume(store, 1, "tenant_id = 1");
	add_volume(store, 2, "tenant_id = 1");
	add_volume(store, 3, "tenant_id = 2");
	stand(store, "volume", 1, "array", 1, 0);
	stand(store, "volume", 2, "array", 1, 0);
	stand(store, "volume", 3, "array", 1, 0);
	stand(store, "array", 1, "drive", 1, 0);
	stand(store, "array", 1, "drive", 2, 50);  /* was replaced at 50 */
	stand(store, "volume", 2, "drive", 3, 70); /* moved at 70 */
	assert_string_equal(volumes_on(store, "A1"), "V1 V2 ");
	assert_string_equal(volumes_on(store, "D1"), "V1 V2 ");
	assert_string_equal(volumes_on(store, "D2"), "V1 V2 ");
	assert_string_equal(volumes_on(store, "D3"), "V2 ");
	assert_string_equal(volumes_on(store, "D5"), "");

	run_sql(store, "INSERT INTO contract (id, number, tenant_id, start_day, created_utc_ms)"
		       " VALUES (1, 'K', 1, '2020-01-01', 0)");
	run_sql(store, "INSERT INTO vm (id, uuid, service_code, tenant_id, created_utc_ms)"
		       " VALUES (1, 'u', 'SV', 1, 0)");
	run_sql(store, "INSERT INTO deletion (id, vm_id, tenant_id, contract_id, vm_uuid, platform,"
		       " due_utc_ms, begun_utc_ms, digest) VALUES (1, 1, 1, 1, 'u', '', 0, 0, '')");
	/* What failed erased nothing. */
	erase(store, 1, 2, 100, "failed");
	assert_string_equal(volumes_on(store, "D3"), "V2 ");
	erase(store, 2, 2, 60, "done");
	assert_string_equal(volumes_on(store, "D1"), "V1 V2 ");
	assert_string_equal(volumes_on(store, "D2"), "");
	assert_string_equal(volumes_on(store, "D3"), "V2 ");
	erase(store, 3, 1, 40, "done");
	assert_string_equal(volumes_on(store, "D1"), "V1 V2 ");
	run_sql(store, "DROP TRIGGER deletion_fact_refuse_update");
	run_sql(store, "UPDATE deletion_fact SET utc_ms = 90 WHERE seq = 2");
	assert_string_equal(volumes_on(store, "D3"), "");
	/* The volumes vanish after their erasure. */
	run_sql(store, "UPDATE stands_on SET left_utc_ms = 200 WHERE lower_kind = 'array'");
	assert_string_equal(volumes_on(store, "D1"), "V1 V2 ");
}

static void custody(struct store *store, int drive, int utc_ms, const char *to)
{
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action, detail)"
		" VALUES ((SELECT coalesce(max(o.id), 0) + 1 FROM event o), %d, '', 'drive', %d,"
		" 'custody', '{\"from\":\"sanitized\",\"to\":\"%s\"}')",
		utc_ms, drive, to);
	run_sql(store, sql);
	(void)snprintf(
		sql, sizeof(sql), "UPDATE drive SET custody = '%s' WHERE id = %d", to, drive);
	run_sql(store, sql);
}

static void test_what_left_may_still_hold_it(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	for (int id = 1; id <= 4; id++)
		add_drive(store, id, "");
	add_volume(store, 1, "tenant_id = 1");
	stand(store, "volume", 1, "array", 1, 0);
	stand(store, "array", 1, "drive", 1, 0);
	stand(store, "array", 1, "drive", 2, 500);
	run_sql(store, "UPDATE stands_on SET last_utc_ms = 450 WHERE lower_kind = 'drive'");
	assert_string_equal(places(store, 1), "D1 carries D2 left A1 carries |");
	/* A state without its event is nobody's word. */
	run_sql(store, "UPDATE drive SET custody = 'sanitized' WHERE id = 2");
	assert_string_equal(places(store, 1), "D1 carries D2 left A1 carries |");
	/* Sanitized before it was last seen there was of other bytes. */
	custody(store, 2, 450, "sanitized");
	assert_string_equal(places(store, 1), "D1 carries D2 left A1 carries |");
	custody(store, 2, 900, "quarantined");
	assert_string_equal(places(store, 1), "D1 carries D2 left A1 carries |");
	/* Sanitized after that, also before a scan noticed that it had left; and whatever came then. */
	custody(store, 2, 451, "sanitized");
	assert_string_equal(places(store, 1), "D1 carries D2 sanitized A1 carries |");
	custody(store, 2, 900, "reused");
	assert_string_equal(places(store, 1), "D1 carries D2 sanitized A1 carries |");
	/* What still carries is never sanitized. */
	custody(store, 1, 900, "sanitized");
	assert_string_equal(places(store, 1), "D1 carries D2 sanitized A1 carries |");
	/* The volume moved away: all below may still hold it, and nothing is known of where it is. */
	run_sql(store, "UPDATE stands_on SET left_utc_ms = 600 WHERE upper_kind = 'volume'");
	run_sql(store, "UPDATE stands_on SET last_utc_ms = 901 WHERE lower_id = 1 AND"
		       " lower_kind = 'drive'");
	assert_string_equal(places(store, 1), "D1 left D2 sanitized A1 left | V1");
	custody(store, 1, 902, "destroyed");
	assert_string_equal(places(store, 1), "D1 sanitized D2 sanitized A1 left | V1");
}

static void test_labels(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	add_drive(store, 1, ", tenant = 'A'");
	add_drive(store, 2, ", service_code = 'SV'");
	add_drive(store, 3, ", tenant = 'a'");
	add_drive(store, 4, ", tenant = 'B'");
	assert_string_equal(places(store, 1), "D1 labelled D2 labelled |");
	custody(store, 1, 5, "sanitized");
	assert_string_equal(places(store, 1), "D1 sanitized D2 labelled |");
	/* In service again with the label on it. */
	custody(store, 1, 6, "in-service");
	assert_string_equal(places(store, 1), "D1 labelled D2 labelled |");
}

static void test_beside_its_volumes(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	add_drive(store, 1, "");
	add_volume(store, 1, "tenant_id = 1");
	stand(store, "volume", 1, "drive", 1, 0);
	/* Opened on top of it, and nobody's; a snapshot of it that says another; and a dispute. */
	add_volume(store, 2, "kind = 'luks'");
	stand(store, "volume", 2, "volume", 1, 0);
	add_volume(store, 3, "origin_id = 1, tenant_id = 2");
	add_volume(store, 4,
		"linked_by = 'conflict', tags = '[\"haiki.tenant=A\",\"haiki.tenant=B\"]'");
	add_volume(store, 5, "linked_by = 'conflict', tags = '[\"haiki.tenant=B\"]'");
	assert_string_equal(places(store, 1), "D1 carries V2 above V3 copy V4 disputed |");
}

static void test_rings_end(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	add_drive(store, 1, "");
	add_volume(store, 1, "tenant_id = 1");
	add_volume(store, 2, "state = ''");
	stand(store, "volume", 1, "volume", 2, 0);
	stand(store, "volume", 2, "volume", 1, 0);
	assert_string_equal(places(store, 1), "V2 carries | V1");
	stand(store, "volume", 2, "drive", 1, 0);
	assert_string_equal(places(store, 1), "D1 carries V2 carries |");
}

static void test_states_of_contracts(void **state)
{
	(void)state;
	static const struct {
		const char *start, *end;
		int64_t grace;
		const char *today;
		enum contract_state state;
	} cases[] = {
		{ "2027-04-01", "", 10, "2027-03-31", CONTRACT_FUTURE },
		{ "2027-04-01", "", 10, "2027-04-01", CONTRACT_RUNNING },
		{ "2027-04-01", "", 10, "2099-04-01", CONTRACT_RUNNING },
		{ "2026-04-01", "2027-03-31", 10, "2027-03-31", CONTRACT_RUNNING },
		{ "2026-04-01", "2027-03-31", 10, "2027-04-01", CONTRACT_GRACE },
		{ "2026-04-01", "2027-03-31", 10, "2027-04-10", CONTRACT_GRACE },
		{ "2026-04-01", "2027-03-31", 10, "2027-04-11", CONTRACT_ENDED },
		{ "2026-04-01", "2027-03-31", 0, "2027-04-01", CONTRACT_ENDED },
		{ "2024-01-01", "2024-02-29", 1, "2024-03-01", CONTRACT_GRACE },
		{ "2024-01-01", "2023-12-31", 1, "2024-01-02", CONTRACT_UNKNOWN },
		{ "2024-01-01", "2024-01-31", 3651, "2099-01-02", CONTRACT_UNKNOWN },
		{ "2024-01-01", "2024-01-31", -1, "2099-01-02", CONTRACT_UNKNOWN },
		{ "2023-01-01", "2023-12-31", 1, "2024-01-01", CONTRACT_GRACE },
		{ "", "2023-12-31", 1, "2024-01-01", CONTRACT_UNKNOWN },
		{ "2023-01-01", "x", 1, "2024-01-01", CONTRACT_UNKNOWN },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct contract_record contract = { .grace_days = cases[i].grace };
		int64_t today = 0;
		(void)strcpy(contract.start_day, cases[i].start);
		(void)strcpy(contract.end_day, cases[i].end);
		assert_int_equal(day_parse(cases[i].today, &today), 0);
		if (contract_state_on(&contract, today) != cases[i].state)
			fail_msg("case %zu: %s", i,
				contract_state_name(contract_state_on(&contract, today)));
		/* Who checks a certificate must find the same, in every hour of the day. */
		const struct due_contract same = { contract.start_day, contract.end_day,
			contract.grace_days };
		for (int64_t hour = 0; hour < 24; hour++) {
			struct due due = due_of_contract(
				&same, day_start_utc_ms(today) + hour * 3600 * 1000);
			assert_string_equal(contract_state_name(cases[i].state),
				due.state == DUE_NOW ? "ended" : due_state_name(due.state));
		}
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_all_the_way_down),
		TEST(test_what_left_may_still_hold_it),
		TEST(test_labels),
		TEST(test_beside_its_volumes),
		TEST(test_rings_end),
		TEST(test_which_volumes),
		cmocka_unit_test(test_states_of_contracts),
	};
	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
