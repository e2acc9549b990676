/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a repository's files and a hook's lines may say: tables of hostile ones. */
#include "wipe/backup/manifest.h"

#include "tests/support/backup_fixture.h"
#include "wipe/backup/hook_protocol.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define WORD "20270331T140000Z"

static const char good[] =
	"{\"format\":\"haiki-backup\",\"version\":1,\"vm_uuid\":\"" VM_A "\","
	"\"generation\":\"" WORD "\",\"service_code\":\"S1\","
	"\"created_utc\":\"2027-03-31T14:00:00Z\",\"expires_utc\":\"2027-04-07T14:00:00.000Z\","
	"\"files\":[{\"name\":\"disk-1\",\"size_bytes\":5},{\"name\":\"disk-0\",\"size_bytes\":4}]"
	"}";

static int parse(const char *text, struct manifest *ret, struct error *error)
{
	return manifest_parse(text, strlen(text), "m", VM_A, WORD, ret, error);
}

static void test_manifest(void **state)
{
	AUTO_MANIFEST struct manifest manifest = { 0 };
	struct error error = { 0 };
	(void)state;
	assert_int_equal(parse(good, &manifest, &error), 0);
	assert_string_equal(manifest.copy.vm_uuid, VM_A);
	assert_string_equal(manifest.copy.word, WORD);
	assert_string_equal(manifest.copy.service_code, "S1");
	assert_int_equal(manifest.copy.created_utc_ms, 1806501600000);
	assert_int_equal(
		manifest.copy.expires_utc_ms - manifest.copy.created_utc_ms, 7 * 24 * 3600 * 1000);
	assert_int_equal(manifest.copy.size_bytes, 9);
	assert_int_equal(manifest.file_count, 2);
	assert_non_null(manifest_find(&manifest, "disk-1"));
	assert_int_equal(manifest_find(&manifest, "disk-0")->size_bytes, 4);
	assert_null(manifest_find(&manifest, "disk-"));
	assert_null(manifest_find(&manifest, ""));
}

/* The good one with one piece put in another's place. */
static void test_hostile_manifests(void **state)
{
	static const struct {
		const char *piece, *instead;
	} cases[] = {
		{ "haiki-backup\"", "haiki-backups\"" },
		{ "\"version\":1", "\"version\":2" },
		{ "\"version\":1", "\"version\":true" },
		{ "\"version\":1,", "" },
		{ VM_A, VM_B },
		{ VM_A, "4211AAAA-0000-4000-8000-00000000000A" },
		{ "\"vm_uuid\":\"" VM_A "\"", "\"vm_uuid\":\"\"" },
		{ WORD, "20270331T140001Z" },
		{ "14:00:00Z", "14:00:01Z" },
		{ "14:00:00Z", "23:00:00+09:00" },
		{ "2027-03-31T", "2027-02-31T" },
		{ "2027-04-07T14:00:00.000Z", "2027-03-31T13:59:59.999Z" },
		{ "2027-04-07T14:00:00.000Z", "never" },
		{ "\"expires_utc\":\"2027-04-07T14:00:00.000Z\",", "" },
		{ "disk-1", "disk-0" },
		{ "disk-1", "../disk-1" },
		{ "disk-1", "a/b" },
		{ "disk-1", "/etc/shadow" },
		{ "disk-1", ".." },
		{ "disk-1", "." },
		{ "disk-1", ".hidden" },
		{ "disk-1", "" },
		{ "disk-1", "a\\u0000b" },
		{ "disk-1", "a\\nb" },
		{ "disk-1", "manifest.json" },
		{ "\"size_bytes\":5", "\"size_bytes\":-5" },
		{ "\"size_bytes\":5", "\"size_bytes\":9223372036854775807" },
		{ "\"size_bytes\":5", "\"size_bytes\":9223372036854775808" },
		{ "\"size_bytes\":5", "\"size_bytes\":5,\"link\":\"x\"" },
		{ "{\"name\":\"disk-1\",\"size_bytes\":5}", "\"disk-1\"" },
		{ "{\"name\":\"disk-1\",\"size_bytes\":5}", "[]" },
		{ "\"service_code\":\"S1\"", "\"service_code\":7" },
		{ "\"service_code\":\"S1\"", "\"service_code\":\"S1\",\"service_code\":\"S2\"" },
		{ "\"service_code\":\"S1\"", "\"service_code\":\"S1\",\"hold\":\"no\"" },
		{ "]}", "]} "
			"{}" },
		{ "]}", "]" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_MANIFEST struct manifest manifest = { 0 };
		struct error error = { 0 };
		char text[1024];
		const char *at = strstr(good, cases[i].piece);
		assert_non_null(at);
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good,
			cases[i].instead, at + strlen(cases[i].piece));
		if (parse(text, &manifest, &error) != -EBADMSG)
			fail_msg("case %zu was taken: %s", i, text);
		assert_string_equal(error.code, "backup-manifest");
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_null(manifest.files);
	}
}

static void test_repository(void **state)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "{\"format\":\"haiki-backup-repository\",\"version\":1,\"id\":\"a\"}", 0 },
		{ "{\"format\":\"haiki-backup-repository\",\"version\":1,\"id\":\"\"}", -EBADMSG },
		{ "{\"format\":\"haiki-backup-repository\",\"version\":1}", -EBADMSG },
		{ "{\"format\":\"haiki-backup-repository\",\"version\":2,\"id\":\"a\"}", -EBADMSG },
		{ "{\"format\":\"haiki-backup\",\"version\":1,\"id\":\"a\"}", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "", -EBADMSG },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		char id[BACKUP_REPOSITORY_MAX] = "";
		int r = repository_parse(cases[i].text, strlen(cases[i].text), "r", id, &error);
		assert_int_equal(r, cases[i].result);
		/* A repository that cannot be understood cannot be asked. */
		assert_int_equal(error.kind, r < 0 ? ERROR_WAITING : ERROR_NONE);
	}
}

/* -- a hook's lines -- */

#define COPY                                                                                       \
	"\"vm_uuid\":\"" VM_A "\",\"copy\":\"c 1\",\"place\":\"tape 7\",\"service_code\":\"\","    \
	"\"created_utc\":\"2027-03-31T14:00:00Z\",\"expires_utc\":\"\",\"size_bytes\":7}"

static void test_answers(void **state)
{
	static const struct {
		const char *line;
		enum hook_word word; /* UNKNOWN: refused */
	} cases[] = {
		{ "{\"id\":1,\"answer\":\"ready\",\"version\":1,\"repository\":\"a\"}",
			HOOK_READY },
		{ "{\"id\":1,\"answer\":\"ready\",\"version\":2,\"repository\":\"a\"}", 0 },
		{ "{\"id\":1,\"answer\":\"ready\",\"version\":1,\"repository\":\"\"}", 0 },
		{ "{\"id\":1,\"answer\":\"copy\"," COPY, HOOK_COPY },
		{ "{\"id\":1,\"answer\":\"copy\",\"more\":1," COPY, 0 },
		{ "{\"id\":1,\"answer\":\"end\",\"count\":0}", HOOK_END },
		{ "{\"id\":1,\"answer\":\"end\",\"count\":-1}", 0 },
		{ "{\"id\":1,\"answer\":\"end\",\"count\":100001}", 0 },
		{ "{\"id\":1,\"answer\":\"end\"}", 0 },
		{ "{\"id\":1,\"answer\":\"working\",\"done_bytes\":1,\"total_bytes\":2}",
			HOOK_WORKING },
		{ "{\"id\":1,\"answer\":\"done\",\"method\":\"none\",\"bytes\":0}", HOOK_DONE },
		{ "{\"id\":1,\"answer\":\"done\",\"method\":\"proven\",\"bytes\":0}", 0 },
		{ "{\"id\":1,\"answer\":\"done\"}", 0 },
		{ "{\"id\":1,\"answer\":\"present\"}", HOOK_PRESENT },
		{ "{\"id\":1,\"answer\":\"gone\"}", HOOK_GONE },
		{ "{\"id\":1,\"answer\":\"gone\",\"but\":\"not\"}", 0 },
		{ "{\"id\":1,\"answer\":\"unknown\"}", HOOK_NOT_KNOWN },
		{ "{\"id\":1,\"answer\":\"Gone\"}", 0 },
		{ "{\"id\":1,\"answer\":\"\"}", 0 },
		{ "{\"id\":0,\"answer\":\"gone\"}", 0 },
		{ "{\"id\":\"1\",\"answer\":\"gone\"}", 0 },
		{ "{\"answer\":\"gone\"}", 0 },
		{ "{\"id\":1,\"answer\":\"error\",\"code\":\"x\",\"message\":\"a\\nb\"}",
			HOOK_ERROR },
		{ "{\"id\":1,\"answer\":\"error\",\"code\":\"\",\"message\":\"\"}", 0 },
		{ "{\"id\":1,\"id\":2,\"answer\":\"gone\"}", 0 },
		{ "[{\"id\":1,\"answer\":\"gone\"}]", 0 },
		{ "gone", 0 },
		{ "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hook_answer answer = { .id = 99 };
		struct error error = { 0 };
		int r = hook_answer_parse(cases[i].line, strlen(cases[i].line), &answer, &error);
		if (r != (cases[i].word == HOOK_UNKNOWN ? -EBADMSG : 0))
			fail_msg("%d: %s", r, cases[i].line);
		assert_int_equal(answer.id, r == 0 ? 1 : 99);
		assert_int_equal(answer.word, cases[i].word);
		assert_string_equal(error.code, r == 0 ? "" : "backup-answer");
	}
}

static void test_copies_in_answers(void **state)
{
	static const struct {
		const char *piece, *instead;
	} cases[] = {
		{ VM_A, "4211AAAA-0000-4000-8000-00000000000A" },
		{ VM_A, "vm-1" },
		{ "c 1", "" },
		{ "c 1", "a\\u001b[2Jb" },
		{ "tape 7", "" },
		{ "2027-03-31T14:00:00Z", "" },
		{ "2027-03-31T14:00:00Z", "yesterday" },
		{ "\"expires_utc\":\"\"", "\"expires_utc\":\"2027-03-31T13:00:00Z\"" },
		{ "\"size_bytes\":7", "\"size_bytes\":-1" },
	};
	static const char line[] = "{\"id\":1,\"answer\":\"copy\"," COPY;
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hook_answer answer;
		struct error error = { 0 };
		char text[1024];
		const char *at = strstr(line, cases[i].piece);
		assert_non_null(at);
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - line), line,
			cases[i].instead, at + strlen(cases[i].piece));
		if (hook_answer_parse(text, strlen(text), &answer, &error) != -EBADMSG)
			fail_msg("case %zu was taken: %s", i, text);
	}
}

static void test_requests(void **state)
{
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(4 * KIB);
	const char *const uuids[] = { VM_A, VM_B };
	const struct backup_copy copy = { .vm_uuid = VM_A,
		.word = "c \"1\"",
		.created_utc_ms = 1806501600000,
		.expires_utc_ms = 1807106400000 };
	(void)state;
	assert_int_equal(hook_say_hello(&buffer, 1), 0);
	assert_int_equal(hook_say_list(&buffer, 2, uuids, 2), 0);
	assert_int_equal(hook_say_expire(&buffer, 3, &copy, 4096), 0);
	assert_int_equal(hook_say_look(&buffer, 4, &copy), 0);
	assert_string_equal(buffer_text(&buffer),
		"{\"haiki\":\"backup\",\"id\":1,\"request\":\"hello\",\"version\":1}\n"
		"{\"haiki\":\"backup\",\"id\":2,\"request\":\"list\",\"version\":1,"
		"\"vms\":[\"" VM_A "\",\"" VM_B "\"]}\n"
		"{\"copy\":\"c \\\"1\\\"\",\"created_utc\":\"2027-03-31T14:00:00.000Z\","
		"\"expires_utc\":\"2027-04-07T14:00:00.000Z\",\"haiki\":\"backup\",\"id\":3,"
		"\"rate_bytes_per_second\":4096,\"request\":\"expire\",\"version\":1,"
		"\"vm_uuid\":\"" VM_A "\"}\n"
		"{\"copy\":\"c \\\"1\\\"\",\"created_utc\":\"2027-03-31T14:00:00.000Z\","
		"\"haiki\":\"backup\",\"id\":4,\"request\":\"look\",\"version\":1,"
		"\"vm_uuid\":\"" VM_A "\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_hostile_manifests),
		cmocka_unit_test(test_repository),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_copies_in_answers),
		cmocka_unit_test(test_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
