/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit of small histories: what is counted, whom it names, the sample that anybody can draw again, and the forms. */
#include "reports/audit/audit.h"

#include "base/day.h"
#include "base/digest.h"
#include "inventory/transfer/csv.h"
#include "reports/statement/wording.h"
#include "tests/support/history.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int take(void *context, const struct record *record, struct error *error)
{
	return audit_take(context, record, DIGEST, error);
}

static void audit_from(
	const char *script, const char *from, const char *to, const char *seed, struct audit *ret)
{
	struct error error = { 0 };
	struct audit_taking *taking CLEANUP(cleanup_audit_drop) = NULL;
	struct audit_question question = { .now_utc_ms = history_noon("2027-06-01"), .seed = seed };
	assert_int_equal(day_parse(from, &question.from_day), 0);
	assert_int_equal(day_parse(to, &question.to_day), 0);
	assert_int_equal(audit_begin(&question, &taking, &error), 0);
	uint64_t size = history_play(script, take, taking);
	assert_int_equal(audit_end(taking, size, ret, &error), 0);
}

static void assert_counts(const struct audit_counts *counts, const char *expected)
{
	char text[512] = "";
	size_t length = 0;
	for (size_t i = 0; i < counts->count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s=%d ",
			counts->items[i].word, (int)counts->items[i].count);
	assert_string_equal(text, expected);
}

#define MONTHS                                                                                     \
	"@2027-01-31\n"                                                                            \
	"certificate c1 j1 D1 proven zone=municipal\n"                                             \
	"@2027-02-01\n"                                                                            \
	"certificate c2 j2 D2 proven zone=municipal operator=Jiro witness=Saburo\n"                \
	"certificate c3 j3 D3 proven zone=private level=clear method=nvme-format-user\n"           \
	"certificate c4 j4 D4 failed zone=private\n"                                               \
	"certificate c5 j5 D5 interrupted zone=\n"                                                 \
	"certificate c6 j5 D5 proven zone=municipal supersedes=c5\n"                               \
	"signature c2 person=Shiro\n"                                                              \
	"signature c2 role=witness person=Saburo\n"                                                \
	"signature c2 person=Goro\n"                                                               \
	"@2027-02-28\n"                                                                            \
	"certificate c7 j7 D7 refused zone=\n"                                                     \
	"custody D8 in-service failed\n"                                                           \
	"custody D8 failed destroyed witness=W\n"                                                  \
	"@2027-03-01\n"                                                                            \
	"certificate c8 j8 D8 proven zone=municipal\n"

static void test_counts_of_the_period(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	audit_from(MONTHS, "2027-02-01", "2027-02-28", "", &audit);
	assert_int_equal(audit.certificate_count, 5);
	assert_int_equal(audit.superseded, 1);
	assert_counts(&audit.by_outcome, "proven=3 failed=1 refused=1 ");
	assert_counts(&audit.by_level, "none=2 purge=2 clear=1 ");
	assert_counts(&audit.by_method, "overwrite=4 nvme-format-user=1 ");
	assert_counts(&audit.by_zone, "municipal=2 private=2 =1 ");
	assert_counts(&audit.by_custody, "destroyed=1 ");
	assert_int_equal(audit.sample_of, 3);
	assert_int_equal(audit.sample_count, 1);
	assert_string_equal(audit.seed, DIGEST);
	assert_false(audit.seed_given);
}

static void test_people(void **state)
{
	static const struct {
		const char *role, *name;
		int count;
	} expected[] = {
		{ "operator", "Hanako", 4 },
		{ "operator", "Jiro", 1 },
		{ "witness", "Saburo", 1 },
		{ "approver", "Goro", 1 },
		{ "approver", "Shiro", 1 },
		{ "custody", "login:op (1000)", 1 },
	};
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	audit_from(MONTHS, "2027-02-01", "2027-02-28", "", &audit);
	assert_int_equal(audit.people_count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_string_equal(audit.people[i].role, expected[i].role);
		assert_string_equal(audit.people[i].name, expected[i].name);
		assert_int_equal(audit.people[i].count, expected[i].count);
	}
	assert_string_equal(audit.certificates[0].texts[AUDIT_APPROVER], "Goro, Shiro");
}

/* A finding stays in every later report while it stands, and is in none before its cause. */
static void test_findings_of_the_period(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit january = { 0 };
	AUTO_AUDIT struct audit march = { 0 };
	audit_from(MONTHS, "2027-01-01", "2027-01-31", "", &january);
	assert_int_equal(january.findings.count, 0);
	assert_int_equal(january.later, 3);
	assert_true(audit_complete(&january));
	audit_from(MONTHS, "2027-03-01", "2027-03-31", "", &march);
	assert_int_equal(march.findings.count, 3);
	assert_int_equal(march.later, 0);
	assert_int_equal(march.findings.items[0].kind, FINDING_DESTROYED_UNPROVEN);
	assert_int_equal(finding_age_days(&march.findings.items[0], march.made_utc_ms), 93);
}

/* What cannot be seen is no "complete", in no period. */
static void test_withheld(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	audit_from("key\nwithheld\n", "2020-01-01", "2020-01-31", "", &audit);
	assert_false(audit_complete(&audit));
	assert_int_equal(audit.findings.unseen, 1);
	assert_int_equal(audit.findings.count, 1);
	assert_int_equal(audit.size, 2);
}

/* Days of Tokyo: the eleventh hour of UTC is another day there. */
static void test_days_to_deletion(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	audit_from("contract C1 K1 2027-01-31 10\ncontract C2 K2 2027-01-31 10\n"
		   "contract C3 K3 2027-02-10 3\ncontract C4 K4 2027-01-31 10\n"
		   "contract C5 K5 2027-02-28 10\n"
		   "@2027-02-10\ndeletion d1 K1 closed\n"
		   "@2027-02-11\ndeletion d4 K4 remaining\n"
		   "@2027-02-12\ndeletion d2 K2 closed\n"
		   "@2027-02-14\ndeletion d3 K3 closed\n"
		   "@2027-02-20\ndeletion d6 K4 closed supersedes=d4\n"
		   "@2027-02-28\ndeletion d5 K5 closed\n",
		"2027-02-01", "2027-02-28", "", &audit);
	assert_int_equal(audit.closing_count, 4);
	assert_int_equal(audit.days_min, 4);
	assert_int_equal(audit.days_median, 10);
	assert_int_equal(audit.days_max, 20);
	/* On the first day after the days of grace it is in time. */
	assert_int_equal(audit.days_over, 2);
	assert_int_equal(audit.deletions, 5);
	assert_string_equal(audit.closings[0].certificate->texts[AUDIT_NAME], "d6");
	/* What was closed before the contract's end closes nothing; that shows once its days of grace are over. */
	assert_int_equal(audit.findings.count, 0);
	assert_int_equal(audit.later, 1);
}

/* Until a VM was entered as gone: the day after the days of grace is in time. What its customer was told by changes no days. */
static void test_days_to_the_end_of_vms(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	audit_from("contract C1 K1 2027-01-31 10\ncontract C2 K2 2027-01-31 3\n"
		   "@2027-02-10\nnotice C1 intended\nnotice C1 sent\n"
		   "@2027-02-11\nvm M1 t1 begun C1 2027-02-11\nvm M1 t1 look gone\nvm M1 t1 gone\n"
		   "vm M2 t1 begun C1 2027-02-11\nvm M2 t1 look present\n"
		   "vm M3 t1 begun C2 2027-02-04\nvm M3 t1 look gone\nvm M3 t1 gone\n"
		   "@2027-02-12\nvm M2 t1 look gone\nvm M2 t1 gone\n"
		   "@2027-03-01\nvm M4 t1 begun C1 2027-02-11\nvm M4 t1 look gone\nvm M4 t1 gone\n",
		"2027-02-01", "2027-02-28", "", &audit);
	assert_int_equal(audit.vm_count, 3);
	assert_int_equal(audit.vm_days_min, 11);
	assert_int_equal(audit.vm_days_median, 11);
	assert_int_equal(audit.vm_days_max, 12);
	assert_int_equal(audit.vm_late, 2);
	assert_string_equal(audit.vms[0].id, "M2");
	assert_string_equal(audit.vms[0].contract, "K1");
	assert_string_equal(audit.vms[1].id, "M1");
	assert_string_equal(audit.vms[2].contract, "K2");
}

/* -- the sample -- */

/* As docs/audit.md tells anybody to do it: printf '%s%s' SEED NAME | sha256sum, sorted. */
static void test_sample_known_answer(void **state)
{
	static const char *const names[] = { "haiki-a-1", "haiki-b-1", "haiki-c-1", "haiki-d-1",
		"haiki-e-1", "haiki-f-1" };
	(void)state;
	struct error error = { 0 };
	AUTO_FREE struct audit_draw *drawn = NULL;
	size_t count = 0;
	assert_int_equal(audit_sample("2027", names, ARRAY_SIZE(names), &drawn, &count, &error), 0);
	assert_int_equal(count, 2);
	assert_string_equal(names[drawn[0].number], "haiki-f-1");
	assert_string_equal(drawn[0].digest,
		"0688dc1294d1dabd229e8fc50cd3ac9600bc288aff44302b52ec86db84fd0769");
	assert_string_equal(names[drawn[1].number], "haiki-c-1");
}

static void test_sample_size(void **state)
{
	static const struct {
		size_t of, count;
	} cases[] = { { 0, 0 }, { 1, 1 }, { 5, 1 }, { 6, 2 }, { 10, 2 }, { 99, 20 }, { 100, 20 },
		{ 101, 21 }, { 1000, 200 } };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		AUTO_FREE struct audit_draw *drawn = NULL;
		AUTO_FREE const char **names = calloc(cases[i].of + 1, sizeof(*names));
		size_t count = 0;
		assert_non_null(names);
		for (size_t j = 0; j < cases[i].of; j++)
			names[j] = "same";
		assert_int_equal(audit_sample("", names, cases[i].of, &drawn, &count, &error), 0);
		assert_int_equal(count, cases[i].count);
	}
}

/* Drawn again by hand: each that is in it is lower than each that is not. */
static void test_sample_of_an_audit(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	char highest[65] = "";
	audit_from(MONTHS, "2027-01-01", "2027-03-31", "public", &audit);
	assert_int_equal(audit.sample_of, 5);
	assert_int_equal(audit.sample_count, 1);
	assert_true(audit.seed_given);
	(void)snprintf(highest, sizeof(highest), "%s", audit.sample[0].digest);
	for (size_t i = 0; i < audit.certificate_count; i++) {
		char text[64], digest[65];
		const struct audit_certificate *certificate = &audit.certificates[i];
		if (strcmp(certificate->texts[AUDIT_OUTCOME], "proven") != 0)
			continue;
		(void)snprintf(text, sizeof(text), "public%s", certificate->texts[AUDIT_NAME]);
		assert_int_equal(digest_sha256_hex(text, strlen(text), digest), 0);
		assert_int_equal(certificate->sampled, strcmp(digest, highest) <= 0);
	}
}

/* -- forms -- */

static void test_json(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_JSON json_t *json = NULL;
	struct error error = { 0 };
	audit_from(MONTHS, "2027-02-01", "2027-02-28", "public", &audit);
	assert_int_equal(audit_write_json(&audit, &text), 0);
	if (json_parse_canonical(buffer_text(&text), text.length, "audit", &json, &error) < 0)
		fail_msg("%s", error.what);
	assert_string_equal(json_string_value(json_object_get(json, "format")), "haiki-audit");
	assert_int_equal(json_array_size(json_object_get(json, "certificates")), 5);
	assert_int_equal(json_array_size(json_object_get(json, "findings")), 3);
	assert_int_equal(json_integer_value(json_object_get(json, "complete")), 0);
}

struct cells_seen {
	size_t rows, width;
	bool formula;
	char sections[2048];
};

static int see(void *context, const struct csv_record *record, struct error *error)
{
	struct cells_seen *seen = context;
	size_t length = strlen(seen->sections);
	(void)error;
	if (seen->rows++ == 0)
		seen->width = record->count;
	assert_int_equal(record->count, seen->width);
	(void)snprintf(
		seen->sections + length, sizeof(seen->sections) - length, "%s ", record->fields[0]);
	return 0;
}

/* Names come from people, serials from drives: none of them is a formula. */
static void test_csv(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	AUTO_BUFFER struct buffer text = BUFFER_INIT(AUDIT_MAX_BYTES);
	struct error error = { 0 };
	struct cells_seen seen = { 0 };
	unsigned line = 0;
	audit_from("@2027-02-01\n"
		   "certificate c1 j1 D1 proven operator==HYPERLINK(1) ticket=+1 witness=\"A,\" "
		   "zone=@x tenant=-2\n",
		"2027-02-01", "2027-02-28", "=SUM(A1)", &audit);
	assert_int_equal(audit_write_csv(&audit, &text), 0);
	const char *bytes = buffer_text(&text);
	assert_memory_equal(bytes,
		"\xEF\xBB\xBF"
		"section",
		10);
	assert_null(strstr(bytes, ",="));
	assert_null(strstr(bytes, ",+"));
	assert_null(strstr(bytes, ",-"));
	assert_null(strstr(bytes, ",@"));
	assert_non_null(strstr(bytes, ",'=HYPERLINK(1),\"\"\"A,\"\"\","));
	assert_non_null(strstr(bytes, "'=SUM(A1)"));
	assert_int_equal(csv_read(bytes, text.length, see, &seen, &line, &error), 0);
	assert_memory_equal(seen.sections, "section 区分 certificate count", 28);
	/* Each line ends as RFC 4180 has it. */
	for (const char *end = bytes; (end = strchr(end, '\n')); end++)
		assert_int_equal(end[-1], '\r');
}

static void test_pdf(void **state)
{
	(void)state;
	AUTO_AUDIT struct audit audit = { 0 };
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(AUDIT_MAX_BYTES);
	struct error error = { 0 };
	audit_from(MONTHS "contract C1 K1 2027-01-31 10\n@2027-03-12\ndeletion d1 K1 closed\n",
		"2027-01-01", "2027-03-31", "", &audit);
	int r = audit_write_pdf(&audit, "例示株式会社", &pdf, &error);
	if (r < 0 && strcmp(error.code, "pdf-font") == 0)
		skip();
	assert_int_equal(r, 0);
	assert_memory_equal(buffer_text(&pdf), "%PDF-", 5);
}

/* Paper and tables say every finding in both languages. */
static void test_findings_have_words(void **state)
{
	(void)state;
	for (enum finding_kind kind = FINDING_LEFT_WITHOUT_PROOF; kind < FINDING_KINDS; kind++) {
		const char *word = finding_word(kind);
		struct wording wording = wording_of(WORDING_FINDING, word);
		if (strcmp(wording.japanese, word) == 0 || strcmp(wording.english, word) == 0)
			fail_msg("%s", word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_of_the_period),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_findings_of_the_period),
		cmocka_unit_test(test_withheld),
		cmocka_unit_test(test_days_to_deletion),
		cmocka_unit_test(test_days_to_the_end_of_vms),
		cmocka_unit_test(test_sample_known_answer),
		cmocka_unit_test(test_sample_size),
		cmocka_unit_test(test_sample_of_an_audit),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_pdf),
		cmocka_unit_test(test_findings_have_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
