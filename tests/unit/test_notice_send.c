/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A notice leaves once: by a sendmail of the test's own, which does as it is told. */
#include "wipe/notice/notice_parts.h"

#include "base/file.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)
#define DUE_DAY 20783

static char contacts[] = "[{\"email\":\"office@city.example.jp\"}]";
static char no_contacts[] = "[]";

struct fixture {
	struct store_fixture *store;
	struct config config;
	struct tenant_record tenant;
	struct contract_record contract;
	struct notice_facts facts;
};
static struct fixture fixture;

/* A file of the test's folder. */
static const char *path_of(const char *name)
{
	static char path[160];
	(void)snprintf(path, sizeof(path), "%s/%s", fixture.store->folder, name);
	return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
	assert_int_equal(file_write(path_of(name), text, strlen(text), mode, NULL), 0);
}

/* Its text; "" when it is not there. */
static const char *text_of(const char *name)
{
	static struct buffer text = BUFFER_INIT(MIB);
	buffer_free(&text);
	text = (struct buffer)BUFFER_INIT(MIB);
	(void)!file_read(path_of(name), &text, NULL);
	return buffer_text(&text);
}

/* What sendmail does at its end, as words of a shell. */
static void tell_sendmail(const char *words)
{
	char script[1024];
	(void)snprintf(script, sizeof(script),
		"#!/bin/sh\ncd '%s'\necho once >>calls\necho \"$*\" >arguments\nenv >environment\n"
		"cat >message\n%s\n",
		fixture.store->folder, words);
	put("sendmail", script, 0755);
}

static size_t calls(void)
{
	size_t count = 0;
	for (const char *at = text_of("calls"); *at; at++)
		count += *at == '\n';
	return count;
}

static void run_sql(const char *sql)
{
	struct error error = { 0 };
	if (store_execute(fixture.store->store, sql, NULL, 0, NULL, &error) < 0)
		fail_msg("%s", error.what);
}

static int setup(void **state)
{
	if (store_fixture_setup(state) != 0)
		return -1;
	fixture = (struct fixture){ .store = *state,
		.tenant = { .id = 1, .code = "A", .name = "a", .contacts = contacts },
		.contract = { .id = 1, .number = "K-1", .tenant_id = 1, .end_day = "2026-11-14" },
		.facts = {
			.organisation = "DC", .due_day = DUE_DAY, .vms = "S v", .vm_count = 1 } };
	fixture.facts.tenant = &fixture.tenant;
	fixture.facts.contract = &fixture.contract;
	config_defaults(&fixture.config);
	struct config_deletion *deletion = &fixture.config.deletion;
	(void)snprintf(deletion->sendmail, sizeof(deletion->sendmail), "%s", path_of("sendmail"));
	(void)snprintf(deletion->from, sizeof(deletion->from), "haiki@dc.example.jp");
	(void)snprintf(deletion->operators, sizeof(deletion->operators), "ops@dc.example.jp");
	run_sql("INSERT INTO tenant (id, code, name, created_utc_ms) VALUES (1, 'A', 'a', 0)");
	run_sql("INSERT INTO contract (id, number, tenant_id, start_day, created_utc_ms)"
		" VALUES (1, 'K-1', 1, '2020-04-01', 0)");
	tell_sendmail("exit 0");
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "sendmail", "calls", "arguments", "environment",
		"message" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(path_of(names[i]));
	return store_fixture_teardown(state);
}

static int send_to(const char *audience, struct error *error)
{
	*error = (struct error){ 0 };
	return notice_send(fixture.store->store, &fixture.config, NOTICE_BEFORE, audience,
		&fixture.facts, DUE_DAY - 7, NOW, error);
}

static void sent(int expected)
{
	struct error error;
	int r = send_to("customer", &error);
	if (r != expected)
		fail_msg("%d %s: %s", r, error.code, error.what);
}

/* "before customer sent 1": the only notice, its tries behind it. */
static void assert_kept(const char *expected)
{
	AUTO_NOTICES struct notice_list list = { 0 };
	struct error error = { 0 };
	char text[128];

	assert_int_equal(notices_list(fixture.store->store, 0, &list, &error), 0);
	assert_int_equal(list.count, 1);
	(void)snprintf(text, sizeof(text), "%s %s %s %d", list.items[0].kind,
		list.items[0].audience, notice_state_name(list.items[0].state),
		(int)list.items[0].tries);
	assert_string_equal(text, expected);
	assert_int_equal(list.items[0].day, DUE_DAY - 7);
	assert_string_equal(list.items[0].end_day, "2026-11-14");
}

static void it_leaves_once(void **state)
{
	(void)state;
	sent(1);
	assert_kept("before customer sent 1");
	assert_string_equal(text_of("arguments"), "-i -t -f haiki@dc.example.jp\n");
	assert_non_null(strstr(text_of("message"), "To: office@city.example.jp\n"));
	sent(0);
	sent(0);
	assert_int_equal(calls(), 1);
}

/* The passphrase's folder, among others. */
static void sendmail_sees_nothing_of_our_environment(void **state)
{
	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1), 0);
	sent(1);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	assert_non_null(strstr(text_of("environment"), "PATH=/usr/sbin:"));
	assert_null(strstr(text_of("environment"), "CREDENTIALS"));
}

static void each_audience_is_told(void **state)
{
	(void)state;
	struct error error;

	sent(1);
	assert_int_equal(send_to("operator", &error), 1);
	assert_non_null(strstr(text_of("message"), "To: ops@dc.example.jp\n"));
	assert_int_equal(send_to("operator", &error), 0);
	assert_int_equal(calls(), 2);
}

static void a_moved_end_is_told_anew(void **state)
{
	(void)state;
	sent(1);
	(void)snprintf(fixture.contract.end_day, sizeof(fixture.contract.end_day), "2026-11-30");
	sent(1);
	sent(0);
	assert_int_equal(calls(), 2);
}

static void another_sender_is_no_reason_to_tell_it_again(void **state)
{
	(void)state;
	sent(1);
	(void)snprintf(
		fixture.config.deletion.from, sizeof(fixture.config.deletion.from), "x@y.jp");
	(void)snprintf(fixture.config.site, sizeof(fixture.config.site), "elsewhere");
	sent(0);
	assert_int_equal(calls(), 1);
}

static void what_failed_is_tried_five_times(void **state)
{
	(void)state;
	struct error error;
	char expected[64];

	tell_sendmail("exit 75");
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(send_to("customer", &error), -EIO);
		assert_string_equal(error.code, "notice-sendmail");
		assert_non_null(strstr(error.what, "75"));
		(void)snprintf(expected, sizeof(expected), "before customer failed %d", i);
		assert_kept(expected);
	}
	tell_sendmail("exit 0");
	sent(0);
	assert_int_equal(calls(), 5);
}

/* The Message-ID is the same, so that two copies could be told for one. */
static void a_second_try_has_the_same_identifier(void **state)
{
	(void)state;
	struct error error;
	char first[128] = "";

	tell_sendmail("exit 1");
	assert_int_equal(send_to("customer", &error), -EIO);
	const char *at = strstr(text_of("message"), "\nMessage-ID: <haiki.");
	assert_non_null(at);
	(void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(at + 1, "\n") + 1, at);
	tell_sendmail("exit 0");
	sent(1);
	assert_non_null(strstr(text_of("message"), first));
	assert_kept("before customer sent 2");
}

static void whoever_was_killed_may_have_sent_it(void **state)
{
	(void)state;
	struct error error;
	size_t count = 0;

	tell_sendmail("kill -9 $$");
	assert_int_equal(send_to("customer", &error), -EINTR);
	assert_string_equal(error.code, "notice-uncertain");
	assert_kept("before customer intended 1");
	tell_sendmail("exit 0");
	sent(0);
	assert_int_equal(notices_give_up(fixture.store->store, NOW, &count, &error), 0);
	assert_int_equal(count, 1);
	assert_kept("before customer uncertain 1");
	sent(0);
	assert_int_equal(calls(), 1);
}

/* haiki is killed while sendmail has the message, which sends it all the same. */
static void a_crash_in_the_middle_sends_no_second_mail(void **state)
{
	(void)state;
	struct store_fixture *store = fixture.store;
	struct error error = { 0 };
	size_t count = 0;
	int status = 0;

	tell_sendmail("kill -9 $PPID");
	store->store = store_close(store->store);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (store_open(store->path, STORE_WRITE, &store->store, &error) < 0)
			_exit(1);
		(void)!send_to("customer", &error);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);

	store_fixture_reopen(store, STORE_WRITE);
	assert_kept("before customer intended 1");
	tell_sendmail("exit 0");
	assert_int_equal(notices_give_up(store->store, NOW, &count, &error), 0);
	assert_int_equal(count, 1);
	sent(0);
	assert_kept("before customer uncertain 1");
	assert_int_equal(calls(), 1);
}

static void a_program_that_never_ends_is_ended(void **state)
{
	(void)state;
	struct error error = { 0 };

	/* Which of them gets how far in that time does not matter: neither ends by itself. */
	tell_sendmail("while :; do sleep 1000; done");
	assert_int_equal(
		notice_hand_over(path_of("sendmail"), "a@b", "x", 1, 1, &error), -ETIMEDOUT);
	assert_string_equal(error.code, "notice-uncertain");
}

static void a_program_that_does_not_read_is_believed(void **state)
{
	(void)state;
	struct error error = { 0 };
	AUTO_FREE char *message = malloc(MIB);

	assert_non_null(message);
	memset(message, 'x', MIB);
	put("sendmail", "#!/bin/sh\nexit 0\n", 0755);
	assert_int_equal(
		notice_hand_over(path_of("sendmail"), "a@b", message, MIB, 60000, &error), 0);
}

static void the_whole_message_arrives(void **state)
{
	(void)state;
	struct error error = { 0 };
	AUTO_FREE char *message = malloc(MIB);

	assert_non_null(message);
	for (size_t i = 0; i < MIB; i++)
		message[i] = i % 64 == 63 ? '\n' : 'x';
	assert_int_equal(
		notice_hand_over(path_of("sendmail"), "a@b", message, MIB - 1, 60000, &error), 0);
	assert_int_equal(strlen(text_of("message")), MIB - 1);
	assert_memory_equal(text_of("message"), message, MIB - 1);
}

static void a_program_that_is_not_there_fails(void **state)
{
	(void)state;
	struct error error;

	(void)unlink(path_of("sendmail"));
	assert_int_equal(send_to("customer", &error), -EIO);
	assert_non_null(strstr(error.what, path_of("sendmail")));
	assert_kept("before customer failed 1");
}

static void nobody_to_tell_is_a_failure(void **state)
{
	(void)state;
	struct error error;

	fixture.tenant.contacts = no_contacts;
	assert_int_equal(send_to("customer", &error), -ENOENT);
	assert_string_equal(error.code, "notice-no-address");
	assert_kept("before customer failed 1");
	assert_int_equal(calls(), 0);
	/* When somebody entered one. */
	fixture.tenant.contacts = contacts;
	sent(1);
}

static void without_sendmail_nothing_is_done(void **state)
{
	(void)state;
	AUTO_NOTICES struct notice_list list = { 0 };
	struct error error = { 0 };

	fixture.config.deletion.sendmail[0] = '\0';
	sent(0);
	assert_int_equal(notices_list(fixture.store->store, 0, &list, &error), 0);
	assert_int_equal(list.count, 0);
}

static void operators_need_not_be_told(void **state)
{
	(void)state;
	AUTO_NOTICES struct notice_list list = { 0 };
	struct error error = { 0 };

	fixture.config.deletion.operators[0] = '\0';
	assert_int_equal(send_to("operator", &error), 0);
	assert_int_equal(notices_list(fixture.store->store, 0, &list, &error), 0);
	assert_int_equal(list.count, 0);
	sent(1);
}

/* A store that cannot keep the intention: nothing may leave. */
static void without_an_intention_nothing_leaves(void **state)
{
	(void)state;
	struct error error;

	run_sql("DROP TABLE notice");
	assert_true(send_to("customer", &error) < 0);
	assert_int_equal(calls(), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_leaves_once),
		TEST(sendmail_sees_nothing_of_our_environment),
		TEST(each_audience_is_told),
		TEST(a_moved_end_is_told_anew),
		TEST(another_sender_is_no_reason_to_tell_it_again),
		TEST(what_failed_is_tried_five_times),
		TEST(a_second_try_has_the_same_identifier),
		TEST(whoever_was_killed_may_have_sent_it),
		TEST(a_crash_in_the_middle_sends_no_second_mail),
		TEST(a_program_that_never_ends_is_ended),
		TEST(a_program_that_does_not_read_is_believed),
		TEST(the_whole_message_arrives),
		TEST(a_program_that_is_not_there_fails),
		TEST(nobody_to_tell_is_a_failure),
		TEST(without_sendmail_nothing_is_done),
		TEST(operators_need_not_be_told),
		TEST(without_an_intention_nothing_leaves),
	};
	return cmocka_run_group_tests_name("notice_send", tests, NULL, NULL);
}
