/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hook programs: sound ones, and those that hang, die, lie, say too much or another's. */
#include "wipe/backup/hook.h"

#include "base/clock.h"
#include "tests/support/backup_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
/* after the standard ones */
#include <cmocka.h>

/* Long enough for a sound hook on the slowest machine. */
static const struct hook_times patient = { 60000, 60000, 60000, 60000 };

/* Answers by the request: $id counts as haiki does. */
#define LOOP "id=0\nwhile read -r line; do id=$((id + 1)); case $line in\n"
#define END "\nesac; done"
#define HELLO                                                                                      \
	"*'\"hello\"'*) echo '{\"id\":'$id',\"answer\":\"ready\",\"version\":1,"                   \
	"\"repository\":\"id-1\"}' ;;\n"
#define COPY(vm, word)                                                                             \
	"echo '{\"id\":'$id',\"answer\":\"copy\",\"vm_uuid\":\"" vm "\",\"copy\":\"" word          \
	"\",\"place\":\"tape\",\"service_code\":\"\",\"created_utc\":\"2027-03-31T14:00:00Z\","    \
	"\"expires_utc\":\"2027-04-07T14:00:00Z\",\"size_bytes\":7}'\n"
#define COUNT(count) "echo '{\"id\":'$id',\"answer\":\"end\",\"count\":" count "}'\n"
#define SAY(rest) "echo '{\"id\":'$id',\"answer\":" rest "}'\n"

struct fixture {
	struct backup_fixture repository;
	struct backup *backup;
	struct error error;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	if (!fixture)
		return -1;
	backup_fixture_open(&fixture->repository);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	fixture->backup = backup_hook.close(fixture->backup);
	backup_fixture_close(&fixture->repository);
	free(fixture);
	return 0;
}

static int start(struct fixture *fixture, const char *script, const struct hook_times *times)
{
	backup_fixture_hook(&fixture->repository, script);
	return hook_open(&fixture->repository.config, times, &fixture->backup, &fixture->error);
}

static int list(struct fixture *fixture, struct backup_list *ret)
{
	const char *const uuids[] = { VM_A, VM_B };
	fixture->error = (struct error){ 0 };
	return backup_hook.list(fixture->backup, uuids, 2, ret, &fixture->error);
}

static void ok(int result, const struct fixture *fixture)
{
	if (result < 0)
		fail_msg("%d %s: %s %s", result, fixture->error.code, fixture->error.what,
			fixture->error.next);
}

static void test_the_whole_way(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BACKUPS struct backup_list copies = { 0 };
	char identity[BACKUP_REPOSITORY_MAX];
	AUTO_JSON json_t *fact = NULL;
	ok(start(fixture,
		   LOOP HELLO "*'\"list\"'*) " COPY(VM_B, "b") COPY(VM_A, "a") COUNT(
			   "2") ";;\n"
				"*'\"expire\"'*) " SAY("\"working\",\"done_bytes\":1,"
						       "\"total_bytes\":2")
					SAY("\"done\",\"method\":\"overwrite\",\"bytes\":"
					    "7") ";;\n"
						 "*'\"copy\":\"a\"'*) " SAY(
							 "\"gone\"") ";;\n"
								     "*'\"copy\":\"b\"'*)"
								     " " SAY("\"present"
									     "\"") ";;\n"
										   "*)"
										   " " SAY("\"unkno"
											   "wn\"") ";;" END,
		   &patient),
		fixture);
	ok(backup_hook.identity(fixture->backup, identity, &fixture->error), fixture);
	assert_string_equal(identity, "id-1");
	ok(list(fixture, &copies), fixture);
	assert_int_equal(copies.count, 2);
	assert_string_equal(copies.items[0].key, "r:" VM_A "/a");
	assert_string_equal(copies.items[1].key, "r:" VM_B "/b");
	assert_int_equal(copies.items[0].created_utc_ms, 1806501600000);
	ok(backup_hook.expire(fixture->backup, &copies.items[0], NULL, &fact, &fixture->error),
		fixture);
	assert_string_equal(json_string_value(json_object_get(fact, "method")), "overwrite");
	assert_string_equal(json_string_value(json_array_get(json_object_get(fact, "limits"), 0)),
		"platform-word");
	assert_int_equal(json_integer_value(json_object_get(fact, "verified_bytes")), 0);
	assert_int_equal(backup_hook.look(fixture->backup, &copies.items[0]), PRESENCE_GONE);
	assert_int_equal(backup_hook.look(fixture->backup, &copies.items[1]), PRESENCE_PRESENT);
	(void)snprintf(copies.items[1].word, sizeof(copies.items[1].word), "c");
	assert_int_equal(backup_hook.look(fixture->backup, &copies.items[1]), PRESENCE_UNKNOWN);
}

/* Each is refused for what it says to "list", and is nobody's list. */
static void test_lists_that_are_none(void **state)
{
	static const struct {
		const char *answer, *code;
		enum error_kind kind;
	} cases[] = {
		{ COUNT("1"), "backup-answer", ERROR_FAILED },
		{ COPY(VM_A, "a") COUNT("0"), "backup-answer", ERROR_FAILED },
		{ COPY(VM_A, "a") COPY(VM_A, "a") COUNT("2"), "backup-answer", ERROR_FAILED },
		{ COPY("4211cccc-0000-4000-8000-00000000000c", "c") COUNT("1"), "backup-answer",
			ERROR_FAILED },
		{ SAY("\"gone\""), "backup-answer", ERROR_FAILED },
		{ "id=$((id + 1)); " COUNT("0"), "backup-answer", ERROR_FAILED },
		{ "echo hello", "backup-answer", ERROR_FAILED },
		{ "head -c 70000 /dev/zero", "backup-answer", ERROR_FAILED },
		{ "head -c 70000 /dev/zero | tr '\\0' x", "backup-answer", ERROR_FAILED },
		{ SAY("\"error\",\"code\":\"locked\",\"message\":\"not now\""), "backup-hook",
			ERROR_FAILED },
		{ SAY("\"error\",\"code\":\"unreachable\",\"message\":\"no route\""),
			"backup-unreachable", ERROR_WAITING },
		{ COPY(VM_A, "a") "exit 0", "backup-unreachable", ERROR_WAITING },
		{ "kill -9 $$", "backup-unreachable", ERROR_WAITING },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture = *state;
		AUTO_BACKUPS struct backup_list copies = { 0 };
		char script[4096];
		(void)snprintf(script, sizeof(script), LOOP HELLO "*) %s ;;" END, cases[i].answer);
		ok(start(fixture, script, &patient), fixture);
		if (list(fixture, &copies) >= 0)
			fail_msg("case %zu was taken", i);
		if (strcmp(fixture->error.code, cases[i].code) != 0 ||
			fixture->error.kind != cases[i].kind)
			fail_msg("case %zu: %s %s", i, fixture->error.code, fixture->error.what);
		assert_int_equal(copies.count, 0);
		fixture->backup = backup_hook.close(fixture->backup);
	}
}

/* What it said wrong of one thing does not end it: it is started anew for the next. */
static void test_started_anew(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BACKUPS struct backup_list copies = { 0 };
	ok(start(fixture, LOOP HELLO "*'\"look\"'*) echo nonsense ;;\n*) " COUNT("0") ";;" END,
		   &patient),
		fixture);
	const struct backup_copy copy = { .vm_uuid = VM_A, .word = "a" };
	assert_int_equal(backup_hook.look(fixture->backup, &copy), PRESENCE_UNKNOWN);
	ok(list(fixture, &copies), fixture);
}

/* hasty: from when it was greeted on, so that only what never answers meets it. */
static void assert_hangs(
	struct fixture *fixture, const char *script, const struct hook_times *hasty)
{
	AUTO_BACKUPS struct backup_list copies = { 0 };
	struct hook_times times = patient;
	ok(start(fixture, script, &times), fixture);
	times = *hasty;
	assert_int_equal(list(fixture, &copies), -ETIMEDOUT);
	assert_string_equal(fixture->error.code, "backup-unreachable");
	assert_int_equal(fixture->error.kind, ERROR_WAITING);
	/* It is not waited for a second time. */
	assert_int_equal(list(fixture, &copies), -EHOSTUNREACH);
	const struct backup_copy copy = { .vm_uuid = VM_A, .word = "a" };
	assert_int_equal(backup_hook.look(fixture->backup, &copy), PRESENCE_UNKNOWN);
	fixture->backup = backup_hook.close(fixture->backup);
}

static void test_silence(void **state)
{
	assert_hangs(*state, LOOP HELLO "*) echo 'waiting for the tape' >&2; read -r never ;;" END,
		&(struct hook_times){ 300, 60000, 60000, 0 });
}

/* "working" for ever is no answer either. */
static void test_endless_work(void **state)
{
	assert_hangs(*state,
		LOOP HELLO "*) while " SAY(
			"\"working\",\"done_bytes\":0,\"total_bytes\":0") "do :; done ;;" END,
		&(struct hook_times){ 60000, 300, 60000, 0 });
}

static void test_what_it_complains_of_is_told(void **state)
{
	struct fixture *fixture = *state;
	int r = start(fixture, "echo 'no such vault: A7' >&2; exit 3", &patient);
	assert_int_equal(r, -EPIPE);
	assert_int_equal(fixture->error.kind, ERROR_WAITING);
	assert_non_null(strstr(fixture->error.next, "no such vault: A7"));
	/* However much it is, it does not block. */
	r = start(fixture, "head -c 300000 /dev/zero | tr '\\0' y >&2; echo last words >&2",
		&patient);
	assert_int_equal(r, -EPIPE);
	assert_non_null(strstr(fixture->error.next, "last words"));
}

static void test_greetings_that_are_none(void **state)
{
	static const char *const scripts[] = {
		LOOP "*) " SAY("\"ready\",\"version\":2,\"repository\":\"a\"") ";;" END,
		LOOP "*) " SAY("\"ready\",\"version\":1,\"repository\":\"\"") ";;" END,
		LOOP "*) " SAY("\"gone\"") ";;" END,
		"exit 0",
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		assert_true(start(fixture, scripts[i], &patient) < 0);
		assert_int_equal(fixture->error.kind, ERROR_WAITING);
		assert_null(fixture->backup);
	}
}

/* What others may write is not run as root. */
static void test_programs_that_are_not_run(void **state)
{
	struct fixture *fixture = *state;
	backup_fixture_hook(&fixture->repository, "touch ran");
	const char *path = fixture->repository.config.path;
	char ran[128];
	(void)snprintf(ran, sizeof(ran), "%s/r/ran", fixture->repository.folder);
	assert_int_equal(chmod(path, 0772), 0);
	assert_int_equal(
		hook_open(&fixture->repository.config, &patient, &fixture->backup, &fixture->error),
		-EPERM);
	assert_int_equal(fixture->error.kind, ERROR_REFUSED);
	assert_int_not_equal(access(ran, F_OK), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(
		hook_open(&fixture->repository.config, &patient, &fixture->backup, &fixture->error),
		-EACCES);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
		hook_open(&fixture->repository.config, &patient, &fixture->backup, &fixture->error),
		-ENOENT);
	assert_int_equal(fixture->error.kind, ERROR_WAITING);
}

/* Is the process in this state, or gone? "Z" is what nobody has reaped yet. */
static bool runs(const char *pid)
{
	char path[64], line[256];
	bool found = false;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", atoi(pid));
	FILE *status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		found = found || (strncmp(line, "State:", 6) == 0 && !strchr("ZX", line[7]));
	if (status)
		(void)fclose(status);
	return found;
}

/* It gets what it needs and nothing of ours; and nothing of it outlives us. */
static void test_its_surroundings(void **state)
{
	struct fixture *fixture = *state;
	char file[128], pid[64] = "";
	assert_int_equal(setenv("HAIKI_SECRET", "x", 1), 0);
	ok(start(fixture,
		   "[ -z \"$HAIKI_SECRET\" ] && [ \"$LC_ALL\" = C ] || exit 1\n"
		   "[ \"$(ls /proc/self/fd | wc -l)\" -le 4 ] || exit 1\n"
		   "sh -c 'trap \"\" HUP TERM; echo $$ >child; exec sleep 1000' &\n"
		   "while [ ! -s child ]; do :; done\n" LOOP HELLO "*) ;;" END,
		   &patient),
		fixture);
	fixture->backup = backup_hook.close(fixture->backup);
	(void)snprintf(file, sizeof(file), "%s/r/child", fixture->repository.folder);
	FILE *child = fopen(file, "re");
	assert_non_null(child);
	assert_non_null(fgets(pid, sizeof(pid), child));
	(void)fclose(child);
	/* It was killed; dying takes a moment. */
	for (int i = 0; i < 6000 && runs(pid); i++)
		(void)usleep(10000);
	assert_false(runs(pid));
}

/* packaging/backup-hook, on a folder of images. */
static void test_the_sample(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BACKUPS struct backup_list copies = { 0 };
	AUTO_JSON json_t *fact = NULL;
	if (system("command -v jq >/dev/null") != 0 || access("packaging/backup-hook", R_OK) != 0) {
		print_message("# skip: no jq, or not in the folder of the sources\n");
		skip();
	}
	char command[512];
	backup_fixture_hook(&fixture->repository, "");
	(void)snprintf(command, sizeof(command),
		"sed 's|^folder=.*|folder=%s/r|' packaging/backup-hook >%s/hook",
		fixture->repository.folder, fixture->repository.folder);
	assert_int_equal(system(command), 0);
	backup_fixture_shell(&fixture->repository, "touch " VM_A ".20270331T140000Z.img");
	assert_true(hook_open(&fixture->repository.config, &patient, &fixture->backup,
			    &fixture->error) < 0);
	assert_string_equal(fixture->error.code, "backup-unreachable");
	backup_fixture_shell(&fixture->repository, "echo id-7 >.repository");
	ok(hook_open(&fixture->repository.config, &patient, &fixture->backup, &fixture->error),
		fixture);
	ok(list(fixture, &copies), fixture);
	assert_int_equal(copies.count, 1);
	assert_string_equal(copies.items[0].key, "r:" VM_A "/20270331T140000Z");
	assert_int_equal(copies.items[0].created_utc_ms, 1806501600000);
	assert_int_equal(copies.items[0].expires_utc_ms, 1806501600000 + 7 * 24 * 3600 * 1000);
	assert_int_equal(backup_hook.look(fixture->backup, &copies.items[0]), PRESENCE_PRESENT);
	ok(backup_hook.expire(fixture->backup, &copies.items[0], NULL, &fact, &fixture->error),
		fixture);
	assert_string_equal(json_string_value(json_object_get(fact, "result")), "unsupported");
	assert_int_equal(backup_hook.look(fixture->backup, &copies.items[0]), PRESENCE_GONE);
}

static void test_stop(void **state)
{
	struct fixture *fixture = *state;
	const volatile int stop = 1;
	const struct platform_pace pace = { .stop = &stop };
	const struct backup_copy copy = { .vm_uuid = VM_A, .word = "a" };
	AUTO_JSON json_t *fact = NULL;
	ok(start(fixture, LOOP HELLO "*) read -r never ;;" END, &patient), fixture);
	assert_int_equal(
		backup_hook.expire(fixture->backup, &copy, &pace, &fact, &fixture->error), -EINTR);
	assert_int_equal(fixture->error.kind, ERROR_INTERRUPTED);
	assert_null(fact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_whole_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_started_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_endless_work, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_it_complains_of_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_greetings_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_programs_that_are_not_run, setup, teardown),
		cmocka_unit_test_setup_teardown(test_its_surroundings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_sample, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
