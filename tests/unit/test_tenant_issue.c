/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certifying a contract from the store, stage by stage: VM, volume, drive, generation, notice; what is left out of it; and
 * what belongs to other services. */
#include "reports/certificate/tenant_certificate.h"

#include "base/day.h"
#include "inventory/tenants/deletions.h"
#include "inventory/tenants/notices.h"
#include "inventory/tenants/repositories.h"
#include "tests/support/deletion_facts.h"
#include "tests/support/sample_certificate.h"
#include "verify/tenant/tenant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define DUE_MS INT64_C(1807369200000) /* UTC */
#define NOW_MS (DUE_MS + 60000)
#define OTHER_UUID "564d0000-0000-4000-8000-000000000002"

struct fixture {
	char *folder;
	struct store *store;
	struct sample_ca ca;
	struct tenant_certificate_record record;
	json_t *document;
	struct config_backup backups[2]; /* of the configuration */
	size_t backup_count;
};

static void must(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void run_sql(struct fixture *fixture, const char *sql)
{
	struct error error = { 0 };
	must(store_execute(fixture->store, sql, NULL, 0, NULL, &error), &error);
}

/* Contract K-1 of CITY-A, with the VM M1 of S-1, whose volume V7 stands on the drive D12, and the generation G4. */
static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char path[600];
	struct error error = { 0 };
	assert_non_null(fixture);
	*state = fixture;
	fixture->folder = sample_folder_make();
	(void)snprintf(path, sizeof(path), "%s/state/haiki.db", fixture->folder);
	must(store_open(path, STORE_WRITE, &fixture->store, &error), &error);
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	run_sql(fixture, "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES"
			 " (1, 'CITY-A', 'a', 0)");
	run_sql(fixture,
		"INSERT INTO service_code (code, tenant_id) VALUES ('S-1', 1), ('S-2', 1)");
	run_sql(fixture, "INSERT INTO contract (id, number, tenant_id, start_day, end_day,"
			 " grace_days, created_utc_ms)"
			 " VALUES (1, 'K-1', 1, '2026-04-01', '2027-03-31', 10, 0)");
	run_sql(fixture, "INSERT INTO vm (id, uuid, name, service_code, tenant_id, created_utc_ms)"
			 " VALUES (1, '" UUID "', 'web', 'S-1', 1, 0)");
	run_sql(fixture,
		"INSERT INTO volume (id, key, kind, name, size_bytes, host, first_seen_utc_ms,"
		" last_seen_utc_ms, present, tenant_id, vm_uuid) VALUES"
		" (7, 'k7', 'lv', 'v7', 1, 'h', 0, 0, 1, 1, '" UUID "')");
	run_sql(fixture,
		"INSERT INTO drive (id, wwn, serial, model, vendor, firmware, transport, media,"
		" zoned, is_virtual, capacity_bytes, logical_sector_bytes, physical_sector_bytes,"
		" read_only, name, devnum, disk_sequence, backing, native_source, native_bytes,"
		" native_sector_bytes, host, first_seen_utc_ms, last_seen_utc_ms, present,"
		" last_error) VALUES (12, '', 'ZA1', 'M', '', '', '', '', '', 0, 0, 0, 0, 0, '',"
		" 0, 0, '', '', 0, 0, 'h', 0, 0, 1, '')");
	run_sql(fixture, "INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
			 " partition_number, first_utc_ms, last_utc_ms, left_utc_ms)"
			 " VALUES ('volume', 7, 'drive', 12, 0, 1, 1, NULL)");
	run_sql(fixture,
		"INSERT INTO generation (id, key, tenant_id, vm_uuid, place, created_utc_ms,"
		" size_bytes) VALUES (4, 'b:1', 1, '" UUID "', 'shelf', 1, 9)");
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	json_decref(fixture->document);
	tenant_certificate_record_free(&fixture->record);
	store_close(fixture->store);
	sample_ca_free(&fixture->ca);
	sample_folder_remove(fixture->folder);
	free(fixture);
	return 0;
}

static bool issue(struct fixture *fixture, int64_t contract, const char *erasure)
{
	const struct clock_reading now = { .utc_ms = NOW_MS, .synchronised = true };
	const struct tenant_issuer issuer = { "o", "n", "t", "p", "T-1", erasure, fixture->backups,
		fixture->backup_count };
	struct error error = { 0 };
	bool is_new = false;
	tenant_certificate_record_free(&fixture->record);
	must(tenant_certificate_issue(fixture->store, contract, &issuer, fixture->ca.keys, &now,
		     &fixture->record, &is_new, &error),
		&error);
	json_decref(fixture->document);
	fixture->document = NULL;
	must(json_parse(fixture->record.json, strlen(fixture->record.json), "it",
		     &fixture->document, &error),
		&error);
	return is_new;
}

/* What is left, with blanks between. */
static void expect_new(struct fixture *fixture, const char *stage, const char *left)
{
	char text[256] = "";
	assert_true(issue(fixture, 1, "where-possible"));
	const json_t *list = json_object_get(fixture->document, "outstanding");
	for (size_t i = 0; i < json_array_size(list); i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			i ? " " : "", json_string_value(json_array_get(list, i)));
	assert_string_equal(fixture->record.outcome, stage);
	assert_string_equal(text, left);
	assert_false(issue(fixture, 1, "where-possible"));
}

static int64_t begin(struct fixture *fixture)
{
	struct error error = { 0 };
	struct deletion_record record = {
		.vm_id = 1,
		.tenant_id = 1,
		.contract_id = 1,
		.vm_uuid = UUID,
		.platform = "dc1",
		.due_utc_ms = DUE_MS,
		.begun_utc_ms = DUE_MS,
	};
	must(deletions_begin(fixture->store, &record, &error), &error);
	return record.id;
}

static void append(struct fixture *fixture, int64_t id, const char *text)
{
	AUTO_JSON json_t *facts = deletion_facts_of(text);
	struct error error = { 0 };
	for (size_t i = 0; i < json_array_size(facts); i++)
		must(deletions_append(fixture->store, id, json_array_get(facts, i), DUE_MS, &error),
			&error);
}

static const json_t *facts_of_first(const struct fixture *fixture)
{
	const json_t *vms = json_object_get(fixture->document, "vms");
	return json_object_get(json_array_get(vms, 0), "facts");
}

static int64_t enter_notice(struct fixture *fixture, const char *kind)
{
	struct error error = { 0 };
	struct notice_record notice = {
		.contract_id = 1, .audience = "customer", .end_day = "2027-03-31"
	};
	assert_int_equal(day_parse("2027-04-11", &notice.day), 0);
	(void)snprintf(notice.kind, sizeof(notice.kind), "%s", kind);
	(void)snprintf(notice.message_id, sizeof(notice.message_id), "%s@example.jp", kind);
	int r = notices_intend(fixture->store, &notice, DUE_MS, &error);
	must(r, &error);
	assert_int_equal(r, 1);
	return notice.id;
}

static void settle(struct fixture *fixture, int64_t id, enum notice_state state)
{
	struct error error = { 0 };
	must(notices_settle(fixture->store, id, state, DUE_MS, &error), &error);
}

static void test_stage_by_stage(void **state)
{
	struct fixture *fixture = *state;
	expect_new(fixture, "remaining", "vm:M1 volume:V7 drive:D12 generation:G4");
	int64_t id = begin(fixture);
	append(fixture, id, IDENTITY "," SURVEY(DISK("vda", "/a", "", "")) "," POWER_OFF);
	expect_new(fixture, "remaining", "vm:M1 volume:V7 drive:D12 generation:G4");
	append(fixture, id,
		ERASE_OF("/a", "overwrite", "done", "clear", "9", "9", "",
			"V7") "," DELETE "," LOOK("present", "gone", "none", ""));
	expect_new(fixture, "remaining", "vm:M1 generation:G4");
	append(fixture, id, GONE);
	expect_new(fixture, "volumes-erased", "generation:G4");
	run_sql(fixture, "UPDATE generation SET gone_utc_ms = 2");
	int64_t notice = enter_notice(fixture, "deleted");
	expect_new(fixture, "generations-expired", "notice:deleted");
	settle(fixture, notice, NOTICE_FAILED);
	expect_new(fixture, "generations-expired", "notice:deleted");
	assert_int_equal(enter_notice(fixture, "deleted"), notice);
	settle(fixture, notice, NOTICE_SENT);
	expect_new(fixture, "closed", "");
	/* What is told of the certificate itself makes no other one. */
	settle(fixture, enter_notice(fixture, "closed"), NOTICE_SENT);
	assert_false(issue(fixture, 1, "where-possible"));
	assert_int_equal(fixture->record.number, 7);
}

static void ask(struct fixture *fixture, const char *name, const char *uuid, int64_t utc_ms)
{
	struct error error = { 0 };
	must(repository_asked(fixture->store, name, uuid, utc_ms, &error), &error);
}

static void expect_backups(const struct fixture *fixture, const char *expected)
{
	AUTO_JSON json_t *wanted = json_loads(expected, 0, NULL);
	assert_non_null(wanted);
	assert_true(json_equal(json_object_get(fixture->document, "backups"), wanted));
}

#define ASKED(name, utc) "{\"repository\":\"" name "\",\"asked_utc\":\"" utc "\"}"

/* Closed when each repository, of the configuration or known from before, has answered about each VM since it was gone. */
static void test_repositories(void **state)
{
	struct fixture *fixture = *state;
	(void)snprintf(fixture->backups[0].name, sizeof(fixture->backups[0].name), "vault");
	(void)snprintf(fixture->backups[1].name, sizeof(fixture->backups[1].name), "nightly");
	fixture->backup_count = 2;
	append(fixture, begin(fixture),
		IDENTITY "," SURVEY(DISK("vda", "/a", "", "")) "," ERASE_OF("/a", "overwrite",
			"done", "clear", "9", "9", "", "V7") "," DELETE "," GONE);
	run_sql(fixture, "UPDATE generation SET gone_utc_ms = 2");
	expect_new(fixture, "volumes-erased", "backup:nightly backup:vault");
	expect_backups(fixture, "[" ASKED("nightly", "") "," ASKED("vault", "") "]");
	ask(fixture, "nightly", UUID, DUE_MS + 1000);
	expect_new(fixture, "volumes-erased", "backup:vault");
	ask(fixture, "vault", UUID, DUE_MS - 1);
	ask(fixture, "older", UUID, DUE_MS - 1);
	expect_new(fixture, "volumes-erased", "backup:older backup:vault");
	ask(fixture, "vault", UUID, DUE_MS + 2000);
	ask(fixture, "older", UUID, DUE_MS);
	expect_new(fixture, "closed", "");
	expect_backups(fixture, "[" ASKED("nightly", "2027-04-10T15:00:01.000Z") "," ASKED("older",
					UTC) "," ASKED("vault", "2027-04-10T15:00:02.000Z") "]");
	/* That they are asked every night makes no other one. */
	ask(fixture, "vault", UUID, DUE_MS + 3000);
	assert_false(issue(fixture, 1, "where-possible"));
	/* The oldest of all VMs, and none while one of them was never asked about. */
	run_sql(fixture, "INSERT INTO vm (id, uuid, name, service_code, tenant_id, created_utc_ms)"
			 " VALUES (2, '" OTHER_UUID "', 'db', 'S-2', 1, 0)");
	ask(fixture, "vault", OTHER_UUID, DUE_MS + 1);
	expect_new(fixture, "remaining", "vm:M2 backup:nightly backup:older");
	expect_backups(fixture, "[" ASKED("nightly", "") "," ASKED("older", "") "," ASKED(
					"vault", "2027-04-10T15:00:00.001Z") "]");
}

static void test_unlinked(void **state)
{
	struct fixture *fixture = *state;
	append(fixture, begin(fixture),
		IDENTITY "," SURVEY(DISK("vda", "/a", "", "")) "," ERASE_OF("/a", "none",
			"unsupported", "none", "0", "0", "", "V7") "," DELETE "," GONE);
	run_sql(fixture, "UPDATE generation SET gone_utc_ms = 2");
	expect_new(fixture, "vms-deleted", "drive:D12");
	assert_true(issue(fixture, 1, "required"));
	assert_string_equal(fixture->record.outcome, "vms-deleted");
	const json_t *verdict = json_object_get(fixture->document, "verdict");
	AUTO_JSON json_t *expected = json_pack("{s:s, s:[s,s], s:[s]}", "stage", "vms-deleted",
		"reasons", "drive-not-sanitized", "vm-not-erased", "remarks", "unlinked");
	assert_true(json_equal(verdict, expected));
}

/* A hold leaves no trace in what the customer gets. */
static void test_no_hold_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	int64_t id = begin(fixture);
	append(fixture, id, IDENTITY "," REFUSED "," REFUSED);
	assert_true(issue(fixture, 1, NULL));
	assert_int_equal(json_array_size(facts_of_first(fixture)), 1);
	append(fixture, id, REFUSED);
	assert_false(issue(fixture, 1, NULL));
	append(fixture, id, "{\"fact\":\"refused\",\"reason\":\"code-differs\"}");
	assert_true(issue(fixture, 1, NULL));
	assert_int_equal(json_array_size(facts_of_first(fixture)), 2);
	must(tenant_check_schema(fixture->document, &error), &error);
	assert_null(strstr(fixture->record.json, "hold"));
}

/* A contract for one of two services: the other's VM and volume are none of it, and its drive only when nothing else is
 * there. What nobody knows is. */
static void test_services(void **state)
{
	struct fixture *fixture = *state;
	run_sql(fixture, "INSERT INTO contract (id, number, tenant_id, start_day, end_day,"
			 " grace_days, created_utc_ms)"
			 " VALUES (2, 'K-2', 1, '2026-04-01', '2027-03-31', 10, 0)");
	run_sql(fixture,
		"INSERT INTO contract (id, number, tenant_id, start_day, end_day,"
		" grace_days, created_utc_ms) VALUES (3, 'K-3', 1, '2026-04-01', '', 10, 0)");
	run_sql(fixture, "INSERT INTO contract_service (contract_id, service_code) VALUES"
			 " (2, 'S-1'), (3, 'S-2')");
	run_sql(fixture, "DELETE FROM contract WHERE id = 1");
	run_sql(fixture, "INSERT INTO vm (id, uuid, name, service_code, tenant_id, created_utc_ms)"
			 " VALUES (2, '" OTHER_UUID "', 'db', 'S-2', 1, 0)");
	run_sql(fixture,
		"INSERT INTO volume (id, key, kind, name, size_bytes, host, first_seen_utc_ms,"
		" last_seen_utc_ms, present, tenant_id, vm_uuid) VALUES"
		" (8, 'k8', 'lv', 'v8', 1, 'h', 0, 0, 1, 1, '" OTHER_UUID "'),"
		" (9, 'k9', 'lv', 'v9', 1, 'h', 0, 0, 0, 1, '')");
	run_sql(fixture, "INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
			 " partition_number, first_utc_ms, last_utc_ms, left_utc_ms)"
			 " VALUES ('volume', 8, 'drive', 12, 0, 1, 1, NULL)");
	assert_true(issue(fixture, 2, NULL));
	assert_string_equal(fixture->record.outcome, "remaining");
	AUTO_JSON json_t *left = json_pack(
		"[s,s,s,s,s]", "vm:M1", "volume:V7", "volume:V9", "drive:D12", "generation:G4");
	assert_true(json_equal(json_object_get(fixture->document, "outstanding"), left));
	const json_t *place = json_array_get(json_object_get(fixture->document, "places"), 0);
	AUTO_JSON json_t *volumes = json_pack("[s]", "V7");
	assert_true(json_equal(json_object_get(place, "volumes"), volumes));
	/* The other contract's VM, and not this one's. */
	assert_true(issue(fixture, 3, NULL));
	assert_string_equal(fixture->record.outcome, "running");
	AUTO_JSON json_t *others =
		json_pack("[s,s,s,s]", "vm:M2", "volume:V8", "volume:V9", "drive:D12");
	assert_true(json_equal(json_object_get(fixture->document, "outstanding"), others));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stage_by_stage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repositories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unlinked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_hold_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_services, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
