/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices: on which day which one is due, and what a message says byte for byte. */
#include "base/base64.h"
#include "base/day.h"
#include "base/file.h"
#include "base/utf8.h"
#include "wipe/notice/notice_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NOW INT64_C(1792000000000) /* 2026-10-15 02:46:40 in Asia/Tokyo */

static void notices_before_are_due_once_each(void **state)
{
	(void)state;
	static const unsigned before[] = { 30, 7, 1 };
	static const struct {
		int64_t today; /* beside the day when it is due */
		enum notice_kind kind;
		int64_t day;
	} cases[] = {
		{ -400, NOTICE_NONE, 0 },
		{ -31, NOTICE_NONE, 0 },
		{ -30, NOTICE_BEFORE, -30 },
		{ -29, NOTICE_BEFORE, -30 },
		{ -8, NOTICE_BEFORE, -30 },
		{ -7, NOTICE_BEFORE, -7 },
		{ -2, NOTICE_BEFORE, -7 },
		{ -1, NOTICE_BEFORE, -1 },
		/* On the day itself it is too late for a warning. */
		{ 0, NOTICE_NONE, 0 },
		{ 1, NOTICE_NONE, 0 },
		{ 30, NOTICE_NONE, 0 },
	};
	int64_t due_day;

	/* Over a leap day, and over a year's end. */
	static const char *const days[] = { "2028-03-11", "2027-01-10", "1970-02-01" };
	for (size_t d = 0; d < ARRAY_SIZE(days); d++) {
		assert_int_equal(day_parse(days[d], &due_day), 0);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			struct notice_due due = notice_before_due(
				due_day, due_day + cases[i].today, before, ARRAY_SIZE(before));
			assert_int_equal(due.kind, cases[i].kind);
			if (due.kind != NOTICE_NONE)
				assert_int_equal(due.day, due_day + cases[i].day);
		}
	}
	assert_int_equal(notice_before_due(100, 99, before, 0).kind, NOTICE_NONE);
}

static void notices_after_are_due_once_each(void **state)
{
	(void)state;
	static const unsigned after[] = { 1, 7, 30 };
	static const struct {
		int64_t today;
		int64_t day; /* 0: none */
	} cases[] = {
		{ -1, 0 },
		{ 0, 0 },
		{ 1, 1 },
		{ 6, 1 },
		{ 7, 7 },
		{ 29, 7 },
		{ 30, 30 },
		{ 999, 30 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct notice_due due =
			notice_after_due(20000, 20000 + cases[i].today, after, ARRAY_SIZE(after));
		assert_int_equal(due.kind, cases[i].day ? NOTICE_AFTER : NOTICE_NONE);
		if (cases[i].day)
			assert_int_equal(due.day, 20000 + cases[i].day);
	}
	assert_int_equal(notice_after_due(20000, 20100, after, 0).kind, NOTICE_NONE);
}

static void dates_are_as_mail_has_them(void **state)
{
	(void)state;
	static const struct {
		int64_t utc_ms;
		const char *text;
	} cases[] = {
		{ 0, "Thu, 01 Jan 1970 09:00:00 +0900" },
		{ NOW, "Thu, 15 Oct 2026 02:46:40 +0900" },
		{ INT64_C(1835362799999), "Mon, 28 Feb 2028 23:59:59 +0900" },
		{ INT64_C(1835362800000), "Tue, 29 Feb 2028 00:00:00 +0900" },
		{ INT64_C(1798729200000), "Fri, 01 Jan 2027 00:00:00 +0900" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char date[NOTICE_DATE_SIZE];
		notice_date(cases[i].utc_ms, date);
		assert_string_equal(date, cases[i].text);
	}
}

/* ---- messages ---- */

static char contacts[512] =
	"[{\"email\":\"office@city.example.jp\",\"name\":\"A\",\"phone\":\"\",\"role\":\"\"},"
	"{\"email\":\"\",\"name\":\"B\",\"phone\":\"03-0000-0000\",\"role\":\"\"},"
	"{\"email\":\"it@city.example.jp\"},{\"email\":\"office@city.example.jp\"}]";
static struct tenant_record tenant = {
	.id = 5, .code = "T5", .name = "何々市", .contacts = contacts
};
static struct contract_record contract = {
	.id = 9, .number = "C-2026-001", .tenant_id = 5, .end_day = "2027-03-31", .grace_days = 10
};

static struct config make_config(void)
{
	struct config config;
	config_defaults(&config);
	(void)snprintf(config.deletion.from, sizeof(config.deletion.from), "haiki@dc.example.jp");
	(void)snprintf(config.deletion.operators, sizeof(config.deletion.operators),
		"ops@dc.example.jp  ops2@dc.example.jp");
	return config;
}

static struct notice_facts make_facts(void)
{
	int64_t due_day = 0;
	assert_int_equal(day_parse("2027-04-11", &due_day), 0);
	return (struct notice_facts){ .tenant = &tenant,
		.contract = &contract,
		.organisation = "情報基盤センター",
		.due_day = due_day,
		.vm_count = 2,
		.vms = "SVC-1 web\nSVC-2 db\n",
		.remaining_count = 1,
		.remaining = "backup 2027-03-30",
		.certificate = "haiki-C9" };
}

static const char *header_end(const char *message)
{
	const char *end = strstr(message, "\n\n");
	assert_non_null(end);
	return end + 2;
}

/* The text behind the headers; the caller frees. */
static char *body_of(const char *message)
{
	const char *at = header_end(message);
	size_t size = strlen(at);
	char *text = malloc(size + 1);
	size_t length = 0;

	assert_non_null(text);
	while (*at != '\0') {
		size_t line = strcspn(at, "\n"), one = 0;
		assert_true(line > 0 && line <= 76);
		assert_int_equal(
			base64_decode(at, line, (uint8_t *)text + length, size - length, &one), 0);
		length += one;
		at += line + 1;
	}
	text[length] = '\0';
	assert_true(utf8_valid(text, length));
	return text;
}

/* The subject with its encoded words read; the caller frees. */
static char *subject_of(const char *message)
{
	const char *at = strstr(message, "\nSubject: ");
	char *text = calloc(1, 65536);
	size_t length = 0;

	assert_non_null(at);
	assert_non_null(text);
	for (at += strlen("\nSubject: "); strncmp(at, "=?UTF-8?B?", 10) == 0;) {
		size_t word = strcspn(at + 10, "?"), one = 0;
		assert_true(10 + word + 2 <= 75);
		assert_int_equal(base64_decode(at + 10, word, (uint8_t *)text + length,
					 65536 - length, &one),
			0);
		/* Each word is whole characters (RFC 2047, 5). */
		assert_true(utf8_valid(text + length, one));
		length += one;
		at += 10 + word + 2;
		if (strncmp(at, "\n ", 2) == 0)
			at += 2;
	}
	assert_true(*at == '\n');
	return text;
}

static char *compose(enum notice_kind kind, const char *audience, const struct notice_facts *facts)
{
	struct config config = make_config();
	struct error error = { 0 };
	char *message = NULL;

	if (notice_compose(&config, kind, audience, facts, "haiki.abc@dc.example.jp", NOW, &message,
		    &error) < 0)
		fail_msg("%s", error.what);
	for (const char *line = message; line < header_end(message); line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") <= 78);
	return message;
}

static void a_message_is_whole(void **state)
{
	(void)state;
	struct notice_facts facts = make_facts();
	AUTO_FREE char *message = compose(NOTICE_BEFORE, "customer", &facts);
	AUTO_FREE char *subject = subject_of(message);
	AUTO_FREE char *body = body_of(message);

	assert_int_equal(strncmp(message, "From: =?UTF-8?B?", 16), 0);
	assert_non_null(strstr(message, "?=\n <haiki@dc.example.jp>\n"));
	assert_non_null(strstr(message, "\nTo: office@city.example.jp,\n it@city.example.jp\n"));
	assert_non_null(strstr(message, "\nDate: Thu, 15 Oct 2026 02:46:40 +0900\n"));
	assert_non_null(strstr(message, "\nMessage-ID: <haiki.abc@dc.example.jp>\n"));
	assert_non_null(strstr(message, "\nMIME-Version: 1.0\n"));
	assert_non_null(strstr(message, "\nContent-Type: text/plain; charset=utf-8\n"));
	assert_non_null(strstr(message, "\nContent-Transfer-Encoding: base64\n"));
	assert_non_null(strstr(message, "\nAuto-Submitted: auto-generated\n"));
	for (const char *c = message; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));

	assert_string_equal(subject,
		"契約の終了に伴う仮想マシンの削除について (契約 C-2026-001、2027年4月11日) / "
		"Deletion of virtual machines after the end of contract C-2026-001 (2027-04-11)");
	const char *english = strstr(body, "To 何々市\n");
	assert_non_null(english);
	assert_int_equal(strncmp(body, "何々市 御中\n", strlen("何々市 御中\n")), 0);
	assert_non_null(strstr(body, "最終日は 2027年3月31日"));
	assert_non_null(strstr(body, "2 台\nSVC-1 web\nSVC-2 db\n\n"));
	assert_non_null(strstr(english, "is 2027-03-31."));
	assert_non_null(strstr(english, "from 2027-04-11, 00:00 (Japan time)"));
	assert_non_null(strstr(english, ": 2\nSVC-1 web\nSVC-2 db\n\n"));
	assert_non_null(strstr(english, "情報基盤センター\n"));
}

static void every_kind_has_its_words(void **state)
{
	(void)state;
	static const enum notice_kind kinds[] = { NOTICE_BEFORE, NOTICE_AFTER, NOTICE_DELETED,
		NOTICE_CLOSED, NOTICE_OVERDUE };
	static const char *const audiences[] = { "customer", "operator" };
	struct notice_facts facts = make_facts();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t a = 0; a < ARRAY_SIZE(audiences); a++) {
			AUTO_FREE char *message = compose(kinds[i], audiences[a], &facts);
			AUTO_FREE char *subject = subject_of(message);
			AUTO_FREE char *body = body_of(message);
			assert_null(strpbrk(subject, "{}"));
			assert_null(strpbrk(body, "{}"));
			assert_non_null(strstr(body, "何々市"));
			assert_non_null(strstr(body, "C-2026-001"));
			if (a == 1)
				assert_non_null(strstr(message,
					"\nTo: ops@dc.example.jp,\n ops2@dc.example.jp\n"));
		}
}

static void what_is_empty_is_said(void **state)
{
	(void)state;
	struct notice_facts facts = make_facts();
	facts.remaining = "";
	facts.remaining_count = 0;
	facts.certificate = "";
	facts.vms = "\n\n";
	facts.organisation = "";
	AUTO_FREE char *message = compose(NOTICE_DELETED, "customer", &facts);
	AUTO_FREE char *body = body_of(message);

	assert_non_null(strstr(message, "From: <haiki@dc.example.jp>\n"));
	assert_non_null(strstr(body, "0 件\nなし\n"));
	assert_non_null(strstr(body, "証明書: なし\n"));
	assert_non_null(strstr(body, "as backups: 0\nnone\n"));
	assert_non_null(strstr(body, "Certificate: none\n"));
}

/* Names of VMs are what somebody typed. */
static void names_cannot_become_headers_or_words(void **state)
{
	(void)state;
	struct notice_facts facts = make_facts();
	struct tenant_record other = tenant;
	(void)snprintf(other.name, sizeof(other.name), "%s", "X\nBcc: a@b\r\n\r\n{vms}");
	facts.tenant = &other;
	facts.vms = "S {organisation} \xff\n\x1b[2Jweb";
	facts.organisation = "A\nTo: x@y, \"Z\" <z@example.jp>";
	AUTO_FREE char *message = compose(NOTICE_BEFORE, "customer", &facts);
	AUTO_FREE char *body = body_of(message);

	assert_null(strstr(message, "\nBcc"));
	assert_non_null(
		strstr(message, "\nTo: office@city.example.jp,\n it@city.example.jp\nSubject"));
	assert_null(strstr(message, "x@y"));
	assert_non_null(strstr(body, "X?Bcc: a@b????{vms} 御中\n"));
	assert_non_null(strstr(body, "\nS {organisation} ?\n?[2Jweb\n"));
	assert_non_null(strstr(body, "\nA?To: x@y"));
}

static int try_compose(struct config *config, const struct notice_facts *facts,
	const char *audience, const char *message_id, struct error *error)
{
	char *message = NULL;
	*error = (struct error){ 0 };
	int r = notice_compose(
		config, NOTICE_BEFORE, audience, facts, message_id, NOW, &message, error);
	if (r < 0)
		assert_null(message);
	free(message);
	return r;
}

static void nobody_is_told_when_an_address_is_none(void **state)
{
	(void)state;
	static char *const lists[] = {
		"[{\"email\":\"a@b.jp\"},{\"email\":\"-x@b.jp\"}]",
		"[{\"email\":\"a@b.jp\\nBcc: c@d.jp\"}]",
		"[{\"email\":\"a@b.jp, c@d.jp\"}]",
		"[{\"email\":\"a b@c.jp\"}]",
	};
	struct config config = make_config();
	struct notice_facts facts = make_facts();
	struct tenant_record other = tenant;
	struct error error;

	facts.tenant = &other;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		other.contacts = lists[i];
		assert_int_equal(try_compose(&config, &facts, "customer", "a@b", &error), -EINVAL);
		assert_string_equal(error.code, "notice-address");
		assert_non_null(strstr(error.what, "T5"));
	}
	other.contacts = "[{\"email\":\"\"},{\"phone\":\"03\"}]";
	assert_int_equal(try_compose(&config, &facts, "customer", "a@b", &error), -ENOENT);
	assert_string_equal(error.code, "notice-no-address");
	other.contacts = NULL;
	assert_int_equal(try_compose(&config, &facts, "customer", "a@b", &error), -ENOENT);
	other.contacts = "nonsense";
	assert_true(try_compose(&config, &facts, "customer", "a@b", &error) < 0);

	config.deletion.operators[0] = '\0';
	assert_int_equal(try_compose(&config, &facts, "operator", "a@b", &error), -ENOENT);
	(void)snprintf(config.deletion.operators, sizeof(config.deletion.operators), "a@b -c@d");
	assert_int_equal(try_compose(&config, &facts, "operator", "a@b", &error), -EINVAL);
}

static void a_message_id_is_looked_at(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "a", "a@b>", "a@b\nBcc: c@d", "a @b" };
	struct config config = make_config();
	struct notice_facts facts = make_facts();
	struct error error;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(try_compose(&config, &facts, "customer", bad[i], &error), -EINVAL);
}

/* ---- texts of the configuration ---- */

static char folder[] = "/tmp/haiki-test-notice-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/before.ja.txt", folder);
	(void)unlink(path);
	return rmdir(folder);
}

static int with_template(const char *text, size_t length, char **ret_message, struct error *error)
{
	struct config config = make_config();
	struct notice_facts facts = make_facts();
	char path[64];

	(void)snprintf(config.deletion.templates, sizeof(config.deletion.templates), "%s", folder);
	(void)snprintf(path, sizeof(path), "%s/before.ja.txt", folder);
	assert_int_equal(file_write(path, text, length, 0644, NULL), 0);
	*error = (struct error){ 0 };
	return notice_compose(
		&config, NOTICE_BEFORE, "customer", &facts, "a@b", NOW, ret_message, error);
}

static void a_folder_of_texts_goes_first(void **state)
{
	(void)state;
	static const char text[] =
		"件名 {vms}\r\n\r\n\n本文 {contract}{contract}\r\n末尾 {vm_count}";
	struct error error;
	AUTO_FREE char *message = NULL;

	if (with_template(text, strlen(text), &message, &error) < 0)
		fail_msg("%s", error.what);
	AUTO_FREE char *subject = subject_of(message);
	AUTO_FREE char *body = body_of(message);
	assert_int_equal(strncmp(subject, "件名 SVC-1 web SVC-2 db / Deletion of virtual", 44), 0);
	assert_int_equal(strncmp(body, "本文 C-2026-001C-2026-001\n末尾 2\n\n---",
				 strlen("本文 C-2026-001C-2026-001\n末尾 2\n\n---")),
		0);
	assert_non_null(strstr(body, "To 何々市\n"));
}

static void a_text_with_unknown_words_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *said;
	} cases[] = {
		{ "S\n\n{tenat}\n", "line 3: there is no such word: {tenat}" },
		{ "S {Tenant}\nB\n", "line 1: there is no such word: {Tenant}" },
		{ "S\n{tenant\n}\n", "line 2: there is no such word: {tenant" },
		{ "S\n{}\n", "line 2" },
		{ "S\n{ tenant}\n", "line 2" },
		{ "S\n{a_word_that_is_much_longer_than_any_that_we_have}\n", "line 2" },
		{ "S\n{", "line 2" },
		{ "", "needs a subject" },
		{ "S", "needs a subject" },
		{ "S\n\n\n", "needs a subject" },
		{ "\nB\n", "needs a subject" },
		{ "S\n\x1b\n", "not plain" },
		{ "S\n\xff\n", "not plain" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error;
		char *message = NULL;
		int r = with_template(cases[i].text, strlen(cases[i].text), &message, &error);
		if (r != -EINVAL || !strstr(error.what, cases[i].said) ||
			!strstr(error.what, "before.ja.txt"))
			fail_msg("%s: %d %s", cases[i].text, r, error.what);
		assert_string_equal(error.code, "notice-template");
		assert_null(message);
	}
}

/* Before one is needed. */
static void texts_are_checked_beforehand(void **state)
{
	(void)state;
	struct config config = make_config();
	struct error error = { 0 };
	char path[64];

	(void)snprintf(config.deletion.sendmail, sizeof(config.deletion.sendmail), "/x");
	assert_int_equal(notice_check(&config, &error), 0);
	(void)snprintf(config.deletion.templates, sizeof(config.deletion.templates), "%s", folder);
	/* What the tests before left. */
	(void)snprintf(path, sizeof(path), "%s/before.ja.txt", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/closed.en.txt", folder);
	assert_int_equal(file_write(path, "S\n{x}\n", 6, 0644, NULL), 0);
	assert_int_equal(notice_check(&config, &error), -EINVAL);
	assert_non_null(strstr(error.what, "closed.en.txt, line 2"));
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(notice_check(&config, &error) < 0);
	(void)rmdir(path);
	config.deletion.sendmail[0] = '\0';
	assert_int_equal(notice_check(&config, &error), 0);
}

static void a_list_of_thousands_fits(void **state)
{
	(void)state;
	struct notice_facts facts = make_facts();
	AUTO_BUFFER struct buffer vms = BUFFER_INIT(16 * MIB);

	for (int i = 0; i < 10000; i++)
		assert_int_equal(buffer_printf(&vms, "SVC-%05d virtual-machine-%d\n", i, i), 0);
	facts.vms = buffer_text(&vms);
	AUTO_FREE char *message = compose(NOTICE_BEFORE, "customer", &facts);
	AUTO_FREE char *body = body_of(message);
	assert_non_null(strstr(body, "SVC-09999 virtual-machine-9999\n\n"));

	/* And one that does not is told. */
	struct config config = make_config();
	struct error error;
	while (vms.length < 8 * MIB)
		assert_int_equal(buffer_append_text(&vms, "SVC-1 a-virtual-machine\n"), 0);
	facts.vms = buffer_text(&vms);
	assert_int_equal(try_compose(&config, &facts, "customer", "a@b", &error), -EOVERFLOW);
	assert_string_equal(error.code, "notice-too-long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_before_are_due_once_each),
		cmocka_unit_test(notices_after_are_due_once_each),
		cmocka_unit_test(dates_are_as_mail_has_them),
		cmocka_unit_test(a_message_is_whole),
		cmocka_unit_test(every_kind_has_its_words),
		cmocka_unit_test(what_is_empty_is_said),
		cmocka_unit_test(names_cannot_become_headers_or_words),
		cmocka_unit_test(nobody_is_told_when_an_address_is_none),
		cmocka_unit_test(a_message_id_is_looked_at),
		cmocka_unit_test(a_folder_of_texts_goes_first),
		cmocka_unit_test(a_text_with_unknown_words_is_refused),
		cmocka_unit_test(texts_are_checked_beforehand),
		cmocka_unit_test(a_list_of_thousands_fits),
	};
	return cmocka_run_group_tests_name("notice", tests, make_folder, remove_folder);
}
