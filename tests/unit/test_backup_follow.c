/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue of copies: followed until the last is gone, and nothing let go that must stay. */
#include "wipe/backup/backup.h"

#include "base/clock.h"
#include "inventory/tenants/vms.h"
#include "tests/support/backup_fixture.h"
#include "tests/support/own_processes.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define WORD_1 "20270331T140000Z"
#define MADE_1 INT64_C(1806501600000)
#define EXPIRES "2027-04-07T14:00:00Z"
#define EXPIRES_MS (MADE_1 + 7 * DAY_MS)

static const struct platform_pace vouched = { .outside_vouched = true };
static const char *const both[] = { VM_A, VM_B };
static bool processes_seen;

struct fixture {
	struct backup_fixture repository;
	struct store_fixture *stored;
	struct store *store;
	struct config config;
	struct error error;
	struct backup_catalogue catalogue;
	struct backup_expiry expiry;
	int64_t vm_a, vm_b;
};

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void run_sql(struct fixture *fixture, const char *sql)
{
	struct error error = { 0 };
	ok(store_execute(fixture->store, sql, NULL, 0, NULL, &error), &error);
}

static int64_t number(const struct fixture *fixture, const char *sql)
{
	return store_fixture_number(fixture->store, sql);
}

static int64_t write_vm(
	struct fixture *fixture, int64_t id, const char *uuid, const char *code, int64_t utc_ms)
{
	struct vm_record record = { .id = id };
	(void)snprintf(record.uuid, sizeof(record.uuid), "%s", uuid);
	(void)snprintf(record.service_code, sizeof(record.service_code), "%s", code);
	ok(store_begin(fixture->store, &fixture->error), &fixture->error);
	int r = vms_write(fixture->store, &record, NULL, utc_ms, &id, &fixture->error);
	ok(store_end(fixture->store, r, &fixture->error), &fixture->error);
	return id;
}

static void set_gone(struct fixture *fixture, int64_t id)
{
	/* Without a deletion and its facts vms_set_gone would refuse. */
	const struct store_value values[] = { STORE_INT(id), STORE_INT(MADE_1 + DAY_MS) };
	ok(store_execute(fixture->store, "UPDATE vm SET gone_utc_ms = $2 WHERE id = $1", values,
		   ARRAY_SIZE(values), NULL, &fixture->error),
		&fixture->error);
}

/* T1 "A" with S1 and S2 has VM A, proven gone a day after its first copy; T2 "B" with S3 has VM B, which lives. */
static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *stored = NULL;
	if (!fixture || store_fixture_setup(&stored) != 0)
		return -1;
	fixture->stored = stored;
	fixture->store = fixture->stored->store;
	backup_fixture_open(&fixture->repository);
	config_defaults(&fixture->config);
	fixture->config.backups[0] = fixture->repository.config;
	fixture->config.backup_count = 1;
	run_sql(fixture, "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES"
			 " (1, 'A', 'a', 0), (2, 'B', 'b', 0)");
	run_sql(fixture, "INSERT INTO service_code (code, tenant_id) VALUES"
			 " ('S1', 1), ('S2', 1), ('S3', 2)");
	fixture->vm_a = write_vm(fixture, 0, VM_A, "S1", MADE_1 - 90 * DAY_MS);
	fixture->vm_b = write_vm(fixture, 0, VM_B, "S3", MADE_1 - 90 * DAY_MS);
	set_gone(fixture, fixture->vm_a);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	void *stored = fixture->stored;
	backup_fixture_close(&fixture->repository);
	free(fixture);
	return store_fixture_teardown(&stored);
}

static int follow(struct fixture *fixture, int64_t now_utc_ms)
{
	fixture->error = (struct error){ 0 };
	return backup_follow(fixture->store, &fixture->config, both, 2, now_utc_ms,
		&fixture->catalogue, &fixture->error);
}

static int expire(struct fixture *fixture, int64_t now_utc_ms)
{
	fixture->error = (struct error){ 0 };
	return backup_expire(fixture->store, &fixture->config, both, 2, &vouched, now_utc_ms,
		&fixture->expiry, &fixture->error);
}

static int64_t events(const struct fixture *fixture, const char *action)
{
	char sql[128];
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE action = '%s'", action);
	return number(fixture, sql);
}

static void copy(struct fixture *fixture, const char *vm_uuid, const char *code)
{
	backup_fixture_copy(&fixture->repository, vm_uuid, WORD_1, EXPIRES, code);
}

static bool stands(const struct fixture *fixture, const char *vm_uuid)
{
	char path[CONFIG_VALUE_MAX + 80];
	(void)snprintf(path, sizeof(path), "%s/%s/" WORD_1 "/disk-0",
		fixture->repository.config.path, vm_uuid);
	return access(path, F_OK) == 0;
}

static void need_processes(void)
{
	if (processes_seen)
		return;
	print_message("# skip: no PID namespace to be had\n");
	skip();
}

/* -- following -- */

/* Eight daily copies, each kept for seven days, of a VM that was deleted after the last. */
static void test_until_the_last_is_gone(void **state)
{
	struct fixture *fixture = *state;
	need_processes();
	for (int i = 0; i < 8; i++) {
		char word[32], expires[32];
		(void)snprintf(word, sizeof(word), "202704%02dT140000Z", i + 1);
		(void)snprintf(expires, sizeof(expires), "2027-04-%02dT14:00:00Z", i + 8);
		backup_fixture_copy(&fixture->repository, VM_A, word, expires, "S1");
	}
	copy(fixture, VM_B, "S3");
	ok(follow(fixture, MADE_1 + 9 * DAY_MS - 1), &fixture->error);
	assert_int_equal(fixture->catalogue.found, 9);
	assert_int_equal(fixture->catalogue.added, 9);
	for (int day = 0; day < 8; day++) {
		/* The day's copy expires to the millisecond, and no other one. */
		int64_t now = MADE_1 + (8 + day) * DAY_MS;
		(void)expire(fixture, now - 1);
		assert_int_equal(fixture->expiry.expired, 0);
		(void)expire(fixture, now);
		assert_int_equal(fixture->expiry.expired, 1);
		assert_int_equal(fixture->expiry.failed + fixture->expiry.refused, 0);
		assert_int_equal(
			number(fixture, "SELECT count(*) FROM generation WHERE vm_uuid = '" VM_A
					"' AND gone_utc_ms IS NULL"),
			7 - day);
		/* The other's time has come as well, and its VM lives. */
		assert_int_equal(fixture->expiry.waiting, 1);
		assert_true(stands(fixture, VM_B));
	}
	ok(follow(fixture, MADE_1 + 20 * DAY_MS), &fixture->error);
	assert_int_equal(fixture->catalogue.found, 1);
	assert_int_equal(fixture->catalogue.gone, 0);
	assert_int_equal(events(fixture, "generation-expiring"), 8);
	assert_int_equal(events(fixture, "generation-erased"), 8);
}

static void test_gone_by_itself_and_back(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "");
	copy(fixture, VM_B, "");
	ok(follow(fixture, MADE_1 + DAY_MS), &fixture->error);
	backup_fixture_shell(&fixture->repository, "mv " VM_A " ../kept");
	ok(follow(fixture, MADE_1 + 2 * DAY_MS), &fixture->error);
	assert_int_equal(fixture->catalogue.gone, 1);
	assert_int_equal(fixture->catalogue.found, 1);
	assert_int_equal(
		number(fixture, "SELECT gone_utc_ms FROM generation WHERE vm_uuid = '" VM_A "'"),
		MADE_1 + 2 * DAY_MS);
	ok(follow(fixture, MADE_1 + 3 * DAY_MS), &fixture->error);
	assert_int_equal(fixture->catalogue.gone, 0);
	backup_fixture_shell(&fixture->repository, "mv ../kept " VM_A);
	ok(follow(fixture, MADE_1 + 4 * DAY_MS), &fixture->error);
	assert_int_equal(fixture->catalogue.returned, 1);
	assert_int_equal(
		number(fixture, "SELECT count(*) FROM generation WHERE gone_utc_ms IS NULL"), 2);
}

/* What cannot be asked changes nothing: no mount, another repository, no program. */
static void test_what_cannot_be_asked(void **state)
{
	static const char *const scripts[] = {
		"cd .. && mv r s && mkdir r",
		"cd .. && rmdir r && mv s r && sed -i s/id-1/id-2/ r/repository.json",
		"rm -r " VM_A " " VM_B,
	};
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "");
	copy(fixture, VM_B, "");
	ok(follow(fixture, MADE_1 + DAY_MS), &fixture->error);
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		backup_fixture_shell(&fixture->repository, scripts[i]);
		assert_true(follow(fixture, MADE_1 + 9 * DAY_MS) < 0);
		assert_int_equal(fixture->error.kind, ERROR_WAITING);
		assert_int_equal(fixture->catalogue.gone, 0);
		assert_true(expire(fixture, MADE_1 + 9 * DAY_MS) < 0);
		assert_int_equal(fixture->expiry.expired, 0);
		assert_int_equal(fixture->expiry.overdue, 2);
	}
	(void)snprintf(
		fixture->config.backups[0].kind, sizeof(fixture->config.backups[0].kind), "tape");
	assert_true(follow(fixture, MADE_1 + 9 * DAY_MS) < 0);
	assert_int_equal(fixture->error.kind, ERROR_WAITING);
	assert_int_equal(
		number(fixture, "SELECT count(*) FROM generation WHERE gone_utc_ms IS NULL"), 2);
}

static int64_t asked(const struct fixture *fixture, const char *vm_uuid)
{
	char sql[160];
	(void)snprintf(sql, sizeof(sql),
		"SELECT coalesce(max(utc_ms), 0) FROM backup_asked WHERE repository = 'r' AND "
		"vm_uuid = '%s'",
		vm_uuid);
	return number(fixture, sql);
}

/* Only an answer that was understood counts as one, for the VM that it is about; there need not be a copy. */
static void test_when_it_was_asked(void **state)
{
	struct fixture *fixture = *state;
	backup_fixture_shell(&fixture->repository, "cd .. && mv r s && mkdir r");
	assert_true(follow(fixture, MADE_1) < 0);
	assert_int_equal(number(fixture, "SELECT count(*) FROM backup_asked"), 0);
	backup_fixture_shell(&fixture->repository, "cd .. && rmdir r && mv s r");
	ok(follow(fixture, MADE_1 + 1), &fixture->error);
	assert_int_equal(asked(fixture, VM_A), MADE_1 + 1);
	assert_int_equal(asked(fixture, VM_B), MADE_1 + 1);
	backup_fixture_shell(&fixture->repository, "mkdir ../b && ln -s ../b " VM_B);
	assert_true(follow(fixture, MADE_1 + 2) < 0);
	assert_int_equal(asked(fixture, VM_A), MADE_1 + 2);
	assert_int_equal(asked(fixture, VM_B), MADE_1 + 1);
	backup_fixture_shell(&fixture->repository, "rm " VM_B);
	/* What contradicts the catalogue is refused as well. */
	copy(fixture, VM_B, "");
	assert_int_equal(follow(fixture, MADE_1 - DAY_MS), -EBADMSG);
	assert_string_equal(fixture->error.code, "backup-future");
	assert_int_equal(asked(fixture, VM_A), MADE_1 - DAY_MS);
	assert_int_equal(asked(fixture, VM_B), MADE_1 + 1);
	/* Another repository in its place. */
	backup_fixture_shell(&fixture->repository, "sed -i s/id-1/id-2/ repository.json");
	assert_true(follow(fixture, MADE_1 + DAY_MS) < 0);
	assert_int_equal(asked(fixture, VM_A), MADE_1 - DAY_MS);
}

/* What nobody can understand of one VM is told once, changes nothing of it, and stops no other. */
static void test_one_stops_no_other(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "");
	copy(fixture, VM_B, "");
	ok(follow(fixture, MADE_1 + DAY_MS), &fixture->error);
	backup_fixture_shell(
		&fixture->repository, "rm -r " VM_A " && mv " VM_B " ../b && ln -s ../b " VM_B);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(follow(fixture, MADE_1 + 2 * DAY_MS), -ELOOP);
		assert_string_equal(fixture->error.code, "backup-link");
		assert_int_equal(fixture->catalogue.refused, 1);
		assert_int_equal(fixture->catalogue.gone, i == 0);
	}
	assert_int_equal(events(fixture, "backup-refused"), 1);
	assert_int_equal(number(fixture, "SELECT count(*) FROM generation WHERE vm_uuid = '" VM_B
					 "' AND gone_utc_ms IS NULL"),
		1);
}

static void test_what_changes(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "");
	ok(follow(fixture, MADE_1 + DAY_MS), &fixture->error);
	backup_fixture_shell(&fixture->repository,
		"sed -i s/2027-04-07/2027-05-07/ " VM_A "/" WORD_1 "/manifest.json");
	ok(follow(fixture, MADE_1 + DAY_MS), &fixture->error);
	assert_int_equal(
		number(fixture, "SELECT expires_utc_ms FROM generation"), MADE_1 + 37 * DAY_MS);
	/* Whoever said before that this key is another's is asked. */
	run_sql(fixture, "UPDATE generation SET vm_uuid = '" VM_B "'");
	assert_int_equal(follow(fixture, MADE_1 + DAY_MS), -EBADMSG);
	assert_string_equal(fixture->error.code, "backup-conflict");
	assert_int_equal(number(fixture, "SELECT count(*) FROM generation WHERE vm_uuid = '" VM_B
					 "' AND gone_utc_ms IS NULL"),
		1);
	run_sql(fixture, "DELETE FROM generation");
	assert_int_equal(follow(fixture, MADE_1 - DAY_MS), -EBADMSG);
	assert_string_equal(fixture->error.code, "backup-future");
	assert_int_equal(number(fixture, "SELECT count(*) FROM generation"), 0);
}

/* -- what is not let go -- */

static void assert_kept(
	struct fixture *fixture, const char *vm_uuid, size_t refused, size_t waiting)
{
	for (int i = 0; i < 2; i++) {
		(void)expire(fixture, EXPIRES_MS + DAY_MS);
		assert_int_equal(fixture->expiry.expired + fixture->expiry.failed, 0);
		assert_int_equal(fixture->expiry.refused, refused);
		assert_int_equal(fixture->expiry.waiting, waiting);
		assert_int_equal(fixture->expiry.overdue, 1);
	}
	/* Each refusal is told once, and of a hold nothing is. */
	assert_int_equal(events(fixture, "generation-refused"), refused);
	assert_int_equal(events(fixture, "generation-expiring"), 0);
	assert_true(stands(fixture, vm_uuid));
}

static void test_its_vm_lives(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_B, "S3");
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	assert_kept(fixture, VM_B, 0, 1);
}

static void test_its_vm_is_unknown(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "");
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	run_sql(fixture, "DELETE FROM vm WHERE uuid = '" VM_A "'");
	assert_kept(fixture, VM_A, 1, 0);
	assert_string_equal(fixture->error.code, "vm-unknown");
}

/* It was B's when the copy was made, and became A's afterwards. */
static void test_it_was_anothers(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_B, "");
	(void)write_vm(fixture, fixture->vm_b, VM_B, "S1", MADE_1 + DAY_MS);
	set_gone(fixture, fixture->vm_b);
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	assert_int_equal(number(fixture, "SELECT tenant_id FROM generation"), 2);
	assert_kept(fixture, VM_B, 1, 0);
	assert_string_equal(fixture->error.code, "tenant-differs");
}

/* Its own word, S3, is B's, whatever the inventory says of the VM. */
static void test_it_bears_anothers_code(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "S3");
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	assert_int_equal(number(fixture, "SELECT tenant_id FROM generation"), 2);
	assert_kept(fixture, VM_A, 1, 0);
	assert_string_equal(fixture->error.code, "tenant-differs");
}

static void test_it_bears_nobodys_code(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "S9");
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	assert_kept(fixture, VM_A, 1, 0);
	assert_string_equal(fixture->error.code, "code-differs");
}

static void place_hold(struct fixture *fixture, enum subject_kind kind, int64_t id)
{
	const struct subject target = { kind, id };
	int64_t hold;
	ok(holds_place(fixture->store, &target, "court", "case", "login:a (1000)", MADE_1, &hold,
		   &fixture->error),
		&fixture->error);
}

static void test_holds(void **state)
{
	static const struct {
		enum subject_kind kind;
		int64_t id;
	} cases[] = { { SUBJECT_VM, 0 }, { SUBJECT_TENANT, 1 }, { SUBJECT_VOLUME, 1 } };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		assert_int_equal(setup(&own), 0);
		struct fixture *fixture = own;
		run_sql(fixture, "INSERT INTO volume (id, key, kind, name, size_bytes, host,"
				 " first_seen_utc_ms, last_seen_utc_ms, present)"
				 " VALUES (1, 'v1', 'lv', 'v', 1, 'h', 0, 0, 1)");
		copy(fixture, VM_A, "S1");
		ok(follow(fixture, EXPIRES_MS), &fixture->error);
		run_sql(fixture, "UPDATE generation SET volume_id = 1");
		place_hold(fixture, cases[i].kind, cases[i].id ? cases[i].id : fixture->vm_a);
		assert_kept(fixture, VM_A, 0, 1);
		assert_int_equal(fixture->error.kind, ERROR_NONE);
		assert_int_equal(teardown(&own), 0);
	}
}

/* A repository that says something else than the catalogue is followed first. */
static void test_not_followed(void **state)
{
	struct fixture *fixture = *state;
	copy(fixture, VM_A, "S1");
	ok(expire(fixture, EXPIRES_MS), &fixture->error);
	assert_int_equal(fixture->expiry.waiting, 1);
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	backup_fixture_shell(&fixture->repository,
		"sed -i s/2027-04-07/2027-04-06/ " VM_A "/" WORD_1 "/manifest.json");
	ok(expire(fixture, EXPIRES_MS), &fixture->error);
	assert_int_equal(fixture->expiry.waiting, 1);
	assert_int_equal(fixture->expiry.expired, 0);
	assert_true(stands(fixture, VM_A));
}

/* Never by itself: nobody lets it go, and it is overdue as soon as its VM is gone. */
static void test_overdue(void **state)
{
	struct fixture *fixture = *state;
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, "", "S1");
	backup_fixture_copy(&fixture->repository, VM_B, WORD_1, "", "S3");
	ok(follow(fixture, MADE_1 + DAY_MS), &fixture->error);
	ok(expire(fixture, MADE_1 + DAY_MS), &fixture->error);
	assert_int_equal(fixture->expiry.overdue, 1);
	assert_int_equal(fixture->expiry.expired + fixture->expiry.waiting, 0);
	const struct {
		int64_t expires, gone, vm_gone, now, since;
	} cases[] = {
		{ 100, 0, 0, 100 + GENERATION_OVERDUE_MS - 1, 0 },
		{ 100, 0, 0, 100 + GENERATION_OVERDUE_MS, 100 + GENERATION_OVERDUE_MS },
		{ 100, 100, 0, 100 + GENERATION_OVERDUE_MS, 0 },
		{ 0, 0, 0, INT64_MAX, 0 },
		{ 0, 0, 200, 200, 200 },
		{ 0, 0, 200, 199, 0 },
		{ 0, 1, 200, 200, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct generation_record record = { .expires_utc_ms = cases[i].expires,
			.gone_utc_ms = cases[i].gone,
			.vm_gone_utc_ms = cases[i].vm_gone };
		assert_int_equal(generation_overdue_since(&record, cases[i].now), cases[i].since);
	}
}

/* -- a hook that lies -- */

#define LOOP "id=0\nwhile read -r line; do id=$((id + 1)); case $line in\n"
#define END "\nesac; done"
#define HELLO                                                                                      \
	"*'\"hello\"'*) echo '{\"id\":'$id',\"answer\":\"ready\",\"version\":1,"                   \
	"\"repository\":\"id-1\"}' ;;\n"
#define COPY                                                                                       \
	"echo '{\"id\":'$id',\"answer\":\"copy\",\"vm_uuid\":\"" VM_A "\",\"copy\":\"c\","         \
	"\"place\":\"tape\",\"service_code\":\"S1\",\"created_utc\":\"2027-03-31T14:00:00Z\","     \
	"\"expires_utc\":\"2027-04-07T14:00:00Z\",\"size_bytes\":7}'\n"
#define SAY(rest) "echo '{\"id\":'$id',\"answer\":" rest "}'\n"
#define DONE                                                                                       \
	"*'\"expire\"'*) touch told\n" SAY("\"done\",\"method\":\"overwrite\",\"bytes\":7") ";;\n"

static void use_hook(struct fixture *fixture, const char *script)
{
	backup_fixture_hook(&fixture->repository, script);
	fixture->config.backups[0] = fixture->repository.config;
}

/* "done" and "gone", and it is in the list still; or in no list any more, and "present": it is not gone. */
static void test_hooks_that_lie(void **state)
{
	static const char *const scripts[] = {
		LOOP HELLO DONE
		"*'\"list\"'*) " COPY SAY("\"end\",\"count\":1") ";;\n*) " SAY("\"gone\"") ";;" END,
		LOOP HELLO DONE
		"*'\"list\"'*) if [ -e told ]; then " SAY("\"end\",\"count\":0") "else " COPY SAY(
			"\"end\",\"count\":1") "fi ;;\n*) " SAY("\"present\"") ";;" END,
		LOOP HELLO DONE
		"*'\"list\"'*) if [ -e told ]; then " SAY("\"end\",\"count\":0") "else " COPY SAY(
			"\"end\",\"count\":1") "fi ;;\n*) echo gone ;;" END,
		LOOP HELLO DONE "*'\"list\"'*) if [ -e told ]; then exit 0\nelse " COPY SAY(
			"\"end\",\"count\":1") "fi ;;\n*) " SAY("\"gone\"") ";;" END,
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		void *own = NULL;
		assert_int_equal(setup(&own), 0);
		struct fixture *fixture = own;
		use_hook(fixture, scripts[i]);
		ok(follow(fixture, EXPIRES_MS), &fixture->error);
		assert_int_equal(fixture->catalogue.added, 1);
		(void)expire(fixture, EXPIRES_MS);
		assert_int_equal(fixture->expiry.expired, 0);
		assert_int_equal(fixture->expiry.waiting, 1);
		assert_int_equal(events(fixture, "generation-erased"), 1);
		assert_int_equal(
			number(fixture,
				"SELECT count(*) FROM generation WHERE gone_utc_ms IS NULL"),
			1);
		assert_int_equal(teardown(&own), 0);
	}
}

static void test_a_hook_that_does_it(void **state)
{
	struct fixture *fixture = *state;
	use_hook(fixture, LOOP HELLO DONE
		"*'\"list\"'*) if [ -e told ]; then " SAY("\"end\",\"count\":0") "else " COPY
			SAY("\"end\",\"count\":1") "fi ;;\n*) if [ -e told ]; then " SAY(
				"\"gone\"") "else " SAY("\"present\"") "fi ;;" END);
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	ok(expire(fixture, EXPIRES_MS), &fixture->error);
	assert_int_equal(fixture->expiry.expired, 1);
	assert_int_equal(fixture->expiry.waiting, 0);
	assert_int_equal(number(fixture, "SELECT gone_utc_ms FROM generation"), EXPIRES_MS);
}

/* It says no, and says why. */
static void test_a_hook_that_cannot(void **state)
{
	struct fixture *fixture = *state;
	use_hook(fixture, LOOP HELLO
		"*'\"expire\"'*) " SAY("\"error\",\"code\":\"immutable\",\"message\":\"locked by "
				       "vault\"") ";;\n*'\"list\"'*) " COPY
			SAY("\"end\",\"count\":1") ";;\n*) " SAY("\"present\"") ";;" END);
	ok(follow(fixture, EXPIRES_MS), &fixture->error);
	assert_true(expire(fixture, EXPIRES_MS + DAY_MS) < 0);
	assert_int_equal(fixture->expiry.failed, 1);
	assert_int_equal(fixture->expiry.overdue, 1);
	assert_non_null(strstr(fixture->error.what, "locked by vault"));
	assert_int_equal(events(fixture, "generation-failed"), 1);
}

static int run(bool seen)
{
	processes_seen = seen;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_until_the_last_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_by_itself_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_when_it_was_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_stops_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_its_vm_lives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_its_vm_is_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_was_anothers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_bears_anothers_code, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_bears_nobodys_code, setup, teardown),
		cmocka_unit_test(test_holds),
		cmocka_unit_test_setup_teardown(test_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overdue, setup, teardown),
		cmocka_unit_test(test_hooks_that_lie),
		cmocka_unit_test_setup_teardown(test_a_hook_that_does_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_hook_that_cannot, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return run_among_own_processes(run);
}
