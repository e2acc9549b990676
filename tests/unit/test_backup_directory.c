/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A directory repository: what it lists, what it refuses, and what is left when a copy went. */
#include "wipe/backup/backup.h"

#include "tests/support/backup_fixture.h"
#include "tests/support/own_processes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
/* after the standard ones */
#include <cmocka.h>

#define WORD_1 "20270331T140000Z"
#define WORD_2 "20270401T140000Z"
#define EXPIRES "2027-04-07T14:00:00Z"

struct fixture {
	struct backup_fixture repository;
	struct backup *backup;
	struct error error;
};

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	if (!fixture)
		return -1;
	backup_fixture_open(&fixture->repository);
	*state = fixture;
	return backup_directory.open(
		&fixture->repository.config, &fixture->backup, &fixture->error);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	fixture->backup = backup_directory.close(fixture->backup);
	backup_fixture_close(&fixture->repository);
	free(fixture);
	return 0;
}

/* "a/20270331T140000Z b/20270401T140000Z ", or the error's code. */
static const char *listed(struct fixture *fixture, const char *vm_uuid)
{
	static char text[512];
	AUTO_BACKUPS struct backup_list list = { 0 };
	fixture->error = (struct error){ 0 };
	if (backup_directory.list(
		    fixture->backup, &vm_uuid, vm_uuid ? 1 : 0, &list, &fixture->error) < 0)
		return fixture->error.code;
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++) {
		size_t length = strlen(text);
		(void)snprintf(text + length, sizeof(text) - length, "%s/%s ",
			strcmp(list.items[i].vm_uuid, VM_A) == 0 ? "a" : "b", list.items[i].word);
	}
	return text;
}

static void test_listed(void **state)
{
	struct fixture *fixture = *state;
	assert_string_equal(listed(fixture, NULL), "");
	backup_fixture_copy(&fixture->repository, VM_B, WORD_1, "", "");
	backup_fixture_copy(&fixture->repository, VM_A, WORD_2, EXPIRES, "S1");
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "S1");
	backup_fixture_shell(&fixture->repository, "mkdir lost+found");
	assert_string_equal(listed(fixture, NULL), "a/" WORD_1 " a/" WORD_2 " b/" WORD_1 " ");
	assert_string_equal(listed(fixture, VM_B), "b/" WORD_1 " ");
	assert_string_equal(listed(fixture, "4211cccc-0000-4000-8000-00000000000c"), "");
	AUTO_BACKUPS struct backup_list list = { 0 };
	const char *const uuids[] = { VM_A };
	ok(backup_directory.list(fixture->backup, uuids, 1, &list, &fixture->error),
		&fixture->error);
	assert_string_equal(list.items[0].key, "r:" VM_A "/" WORD_1);
	assert_string_equal(list.items[0].service_code, "S1");
	assert_non_null(strstr(list.items[0].place, "/r/" VM_A "/" WORD_1));
}

/* What a shell does to a repository in which VM A and B have a copy each; what is said of A then, and of B. */
static void test_hostile_repositories(void **state)
{
	static const struct {
		const char *script, *of_a, *of_b;
		enum error_kind kind;
	} cases[] = {
		/* Links, at every level. */
		{ "mv " VM_A " ../a && ln -s ../a " VM_A, "backup-link", "b/" WORD_1 " ",
			ERROR_REFUSED },
		{ "ln -s ../" VM_B "/" WORD_1 " " VM_A "/" WORD_2, "backup-link", "b/" WORD_1 " ",
			ERROR_REFUSED },
		{ "ln -s nowhere " VM_A "/" WORD_2, "backup-link", "b/" WORD_1 " ", ERROR_REFUSED },
		{ "rm " VM_A "/" WORD_1 "/disk-0 && ln -s /etc/passwd " VM_A "/" WORD_1 "/disk-0",
			"backup-link", "b/" WORD_1 " ", ERROR_REFUSED },
		{ "mv " VM_A "/" WORD_1 "/manifest.json ../m && ln -s ../../../m " VM_A "/" WORD_1
		  "/manifest.json",
			"backup-link", "b/" WORD_1 " ", ERROR_REFUSED },
		/* What has no place there. */
		{ "touch " VM_A "/" WORD_1 "/more", "backup-entry", "b/" WORD_1 " ", ERROR_FAILED },
		{ "mkdir " VM_A "/" WORD_1 "/more", "backup-entry", "b/" WORD_1 " ", ERROR_FAILED },
		{ "rm " VM_A "/" WORD_1 "/disk-0 && mkfifo " VM_A "/" WORD_1 "/disk-0",
			"backup-entry", "b/" WORD_1 " ", ERROR_FAILED },
		{ "rm " VM_A "/" WORD_1 "/manifest.json && mkfifo " VM_A "/" WORD_1
		  "/manifest.json",
			"backup-entry", "b/" WORD_1 " ", ERROR_FAILED },
		{ "mv " VM_A "/" WORD_1 " " VM_A "/" WORD_1 ".old", "backup-entry", "b/" WORD_1 " ",
			ERROR_FAILED },
		{ "touch " VM_A "/.hidden", "backup-entry", "b/" WORD_1 " ", ERROR_FAILED },
		{ "touch " VM_A "/" WORD_2, "backup-entry", "b/" WORD_1 " ", ERROR_FAILED },
		/* A copy without a manifest, or with another's. */
		{ "rm " VM_A "/" WORD_1 "/manifest.json", "backup-manifest", "b/" WORD_1 " ",
			ERROR_FAILED },
		{ "cp " VM_B "/" WORD_1 "/manifest.json " VM_A "/" WORD_1 "/", "backup-manifest",
			"b/" WORD_1 " ", ERROR_FAILED },
		{ "head -c 2000000 /dev/zero >" VM_A "/" WORD_1 "/manifest.json",
			"backup-unreadable", "b/" WORD_1 " ", ERROR_FAILED },
		{ "mv " VM_A "/" WORD_1 " " VM_A "/" WORD_2, "backup-manifest", "b/" WORD_1 " ",
			ERROR_FAILED },
		/* At the top, where nobody knows whose it is. */
		{ "mv " VM_A " 4211AAAA-0000-4000-8000-00000000000A", "backup-entry",
			"backup-entry", ERROR_WAITING },
		{ "mv " VM_A " " VM_A ".old", "backup-entry", "backup-entry", ERROR_WAITING },
		{ "touch .nfs0001", "backup-entry", "backup-entry", ERROR_WAITING },
		/* Another repository, or none. */
		{ "sed -i s/id-1/id-2/ repository.json", "backup-repository", "backup-repository",
			ERROR_WAITING },
		{ "rm repository.json", "backup-unreachable", "backup-unreachable", ERROR_WAITING },
		{ "echo '{}' >repository.json", "backup-repository", "backup-repository",
			ERROR_WAITING },
		{ "mv repository.json ../j && ln -s ../j repository.json", "backup-link",
			"backup-link", ERROR_WAITING },
		{ "cd .. && mv r s", "backup-unreachable", "backup-unreachable", ERROR_WAITING },
		{ "cd .. && mv r s && mkdir r", "backup-unreachable", "backup-unreachable",
			ERROR_WAITING },
		/* Nothing wrong: files that a crash took, an empty folder. */
		{ "rm " VM_A "/" WORD_1 "/disk-0", "a/" WORD_1 " ", "b/" WORD_1 " ", 0 },
		{ "mkdir " VM_A "/" WORD_2, "a/" WORD_1 " ", "b/" WORD_1 " ", 0 },
	};
	const struct backup_copy copy = { .vm_uuid = VM_A, .word = WORD_1 };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		assert_int_equal(setup(&own), 0);
		struct fixture *fixture = own;
		backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "");
		backup_fixture_copy(&fixture->repository, VM_B, WORD_1, EXPIRES, "");
		backup_fixture_shell(&fixture->repository, cases[i].script);
		const char *of_a = listed(fixture, VM_A);
		if (strcmp(of_a, cases[i].of_a) != 0 || fixture->error.kind != cases[i].kind)
			fail_msg("case %zu: %s, kind %d", i, of_a, (int)fixture->error.kind);
		assert_string_equal(listed(fixture, VM_B), cases[i].of_b);
		/* Whatever it is, the copy is not called gone, but where its place is free. */
		enum presence presence = backup_directory.look(fixture->backup, &copy);
		bool moved =
			strcmp(cases[i].script, "mv " VM_A "/" WORD_1 " " VM_A "/" WORD_2) == 0;
		if ((presence == PRESENCE_GONE) != moved)
			fail_msg("case %zu: it is %s", i, presence_name(presence));
		assert_int_equal(teardown(&own), 0);
	}
}

static bool processes_seen;

static void need_processes(void)
{
	if (processes_seen)
		return;
	print_message("# skip: no PID namespace to be had\n");
	skip();
}

static const struct platform_pace vouched = { .outside_vouched = true };

static int expire(struct fixture *fixture, const struct platform_pace *pace, json_t **ret_fact)
{
	AUTO_BACKUPS struct backup_list list = { 0 };
	const char *const uuids[] = { VM_A };
	ok(backup_directory.list(fixture->backup, uuids, 1, &list, &fixture->error),
		&fixture->error);
	assert_true(list.count >= 1);
	return backup_directory.expire(
		fixture->backup, &list.items[0], pace, ret_fact, &fixture->error);
}

static const char *text_of(const json_t *fact, const char *key)
{
	return json_string_value(json_object_get(fact, key));
}

static void test_expired(void **state)
{
	need_processes();
	struct fixture *fixture = *state;
	const struct backup_copy copy = { .vm_uuid = VM_A, .word = WORD_1 };
	AUTO_JSON json_t *fact = NULL;
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "");
	backup_fixture_copy(&fixture->repository, VM_A, WORD_2, EXPIRES, "");
	backup_fixture_copy(&fixture->repository, VM_B, WORD_1, EXPIRES, "");
	backup_fixture_shell(&fixture->repository,
		"find " VM_A "/" WORD_2 " " VM_B " -type f -exec sha256sum {} + >../before");
	assert_int_equal(backup_directory.look(fixture->backup, &copy), PRESENCE_PRESENT);
	ok(expire(fixture, &vouched, &fact), &fixture->error);
	assert_string_equal(text_of(fact, "fact"), "erase");
	assert_string_equal(text_of(fact, "method"), "overwrite");
	assert_string_equal(text_of(fact, "result"), "done");
	assert_string_equal(text_of(fact, "level"), "clear");
	assert_int_equal(json_integer_value(json_object_get(fact, "verified_bytes")), 4096);
	assert_int_equal(backup_directory.look(fixture->backup, &copy), PRESENCE_GONE);
	backup_fixture_shell(&fixture->repository,
		"test ! -e " VM_A "/" WORD_1 " && sha256sum --status -c ../before");
}

/* Bytes with another name are another copy's, too: not one of them changes. */
static void test_hard_links(void **state)
{
	struct fixture *fixture = *state;
	AUTO_JSON json_t *fact = NULL;
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "");
	backup_fixture_copy(&fixture->repository, VM_A, WORD_2, EXPIRES, "");
	backup_fixture_shell(&fixture->repository,
		"ln -f " VM_A "/" WORD_1 "/disk-0 " VM_A "/" WORD_2 "/disk-0\n"
		"sha256sum " VM_A "/" WORD_2 "/disk-0 >../before");
	const struct platform_pace required = { .outside_vouched = true, .erasure_required = true };
	assert_int_equal(expire(fixture, &required, &fact), -EMLINK);
	assert_null(fact);
	backup_fixture_shell(&fixture->repository, "test -e " VM_A "/" WORD_1 "/disk-0");
	ok(expire(fixture, &vouched, &fact), &fixture->error);
	assert_string_equal(text_of(fact, "method"), "none");
	assert_string_equal(text_of(fact, "result"), "unsupported");
	assert_string_equal(text_of(fact, "level"), "none");
	assert_string_equal(json_string_value(json_array_get(json_object_get(fact, "limits"), 0)),
		"shared-extents");
	backup_fixture_shell(&fixture->repository,
		"test ! -e " VM_A "/" WORD_1 " && sha256sum --status -c ../before");
}

/* A copy that somebody reads is left alone, and is still known for what it is. */
static void test_in_use(void **state)
{
	need_processes();
	struct fixture *fixture = *state;
	AUTO_JSON json_t *fact = NULL;
	char path[256];
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "");
	(void)snprintf(
		path, sizeof(path), "%s/r/" VM_A "/" WORD_1 "/disk-0", fixture->repository.folder);
	FILE *reader = fopen(path, "re");
	assert_non_null(reader);
	assert_true(expire(fixture, &vouched, &fact) < 0);
	assert_string_equal(fixture->error.code, "storage-in-use");
	assert_null(fact);
	(void)fclose(reader);
	assert_string_equal(listed(fixture, VM_A), "a/" WORD_1 " ");
	ok(expire(fixture, &vouched, &fact), &fixture->error);
	assert_string_equal(listed(fixture, VM_A), "");
}

/* Whatever a crash left: files gone, a manifest alone, an empty folder. */
static void test_gone_on_with(void **state)
{
	struct fixture *fixture = *state;
	const struct backup_copy copy = { .vm_uuid = VM_A, .word = WORD_1 };
	AUTO_JSON json_t *fact = NULL;
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "");
	backup_fixture_shell(&fixture->repository, "rm " VM_A "/" WORD_1 "/disk-0");
	assert_int_equal(backup_directory.look(fixture->backup, &copy), PRESENCE_PRESENT);
	ok(expire(fixture, &vouched, &fact), &fixture->error);
	/* What became of it nobody knows. */
	assert_string_equal(text_of(fact, "method"), "none");
	assert_string_equal(text_of(fact, "result"), "unsupported");
	assert_string_equal(text_of(fact, "level"), "none");
	assert_string_equal(text_of(fact, "reason"), "storage-absent");
	assert_int_equal(backup_directory.look(fixture->backup, &copy), PRESENCE_GONE);
	backup_fixture_shell(&fixture->repository, "mkdir " VM_A "/" WORD_1);
	assert_int_equal(backup_directory.look(fixture->backup, &copy), PRESENCE_GONE);
	assert_string_equal(listed(fixture, VM_A), "");
}

/* What was decided on is what is there when it goes. */
static void test_changed_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BACKUPS struct backup_list list = { 0 };
	AUTO_JSON json_t *fact = NULL;
	const char *const uuids[] = { VM_A };
	backup_fixture_copy(&fixture->repository, VM_A, WORD_1, EXPIRES, "");
	ok(backup_directory.list(fixture->backup, uuids, 1, &list, &fixture->error),
		&fixture->error);
	backup_fixture_shell(&fixture->repository,
		"sed -i s/2027-04-07/2037-04-07/ " VM_A "/" WORD_1 "/manifest.json");
	assert_int_equal(backup_directory.expire(
				 fixture->backup, &list.items[0], &vouched, &fact, &fixture->error),
		-ESTALE);
	assert_string_equal(fixture->error.code, "backup-changed");
	backup_fixture_shell(&fixture->repository, "test -s " VM_A "/" WORD_1 "/disk-0");
}

static int run(bool seen)
{
	processes_seen = seen;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_listed, setup, teardown),
		cmocka_unit_test(test_hostile_repositories),
		cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hard_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_on_with, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_meanwhile, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return run_among_own_processes(run);
}
