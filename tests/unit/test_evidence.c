/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence: what fits the table of docs/certificate.md passes, and nothing else does. */
#include "verify/judge/evidence.h"

#include "tests/support/sample_job.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *event_of(const char *kind)
{
	struct sample_job job;
	json_t *event = NULL;

	if (strcmp(kind, "plan-refused") == 0)
		return json_pack("{s:s, s:s}", "kind", kind, "code", "level-not-reachable");
	if (strcmp(kind, "bad-range") == 0)
		return sample_bad_range(1, "unwritable");
	if (strcmp(kind, "residue") == 0)
		return sample_residue(3, 1);
	if (strcmp(kind, "health") == 0)
		return sample_health("before");
	if (strcmp(kind, "sibling") == 0)
		return sample_sibling();
	if (strcmp(kind, "capacity") == 0)
		return sample_capacity(1, "dco", 8192, 16384);
	if (strcmp(kind, "answer") == 0)
		return sample_answer(2, "during", "scsi-sense", "running", 16384, "00700002");
	if (strcmp(kind, "markers") == 0)
		return sample_markers(3, 1000, 0, 0, 3);
	sample_job_make(SAMPLE_JOB_RESUMED, &job);
	event = json_incref(sample_event(&job, kind, 0));
	json_object_del(event, "seq");
	json_object_del(event, "utc");
	sample_job_free(&job);
	return event;
}

/* The table of the document, written down once more: kind, and its fields. */
static const struct {
	const char *kind;
	const char *fields[8];
} kinds[] = {
	{ "created", { "clock_synchronised", "version" } },
	{ "guard", { "result", "checks" } },
	{ "plan-refused", { "code" } },
	{ "opened", { "path", "identity", "native", "exclusive" } },
	{ "started", { "step", "from_bytes" } },
	{ "bad-range", { "step", "range", "offset_bytes", "length_bytes", "errno" } },
	{ "residue", { "step", "type", "offset_bytes", "coincident" } },
	{ "finished", { "step", "result", "bytes", "bad_bytes", "flushed", "errno" } },
	{ "closing", { "identity", "same" } },
	{ "error", { "code", "errno" } },
	{ "interrupted", { "cause" } },
	{ "resumed", { "clock_synchronised", "version" } },
	{ "ended", { "clock_synchronised" } },
	{ "sibling", { "identity", "exclusive" } },
	{ "health", { "moment", "what", "raw" } },
	{ "capacity", { "step", "area", "before_sectors", "after_sectors", "errno" } },
	{ "answer", { "step", "moment", "witness", "status", "progress", "raw" } },
	{ "markers", { "step", "checked", "remaining", "unreadable", "zeroed" } },
};

static void expect_refused(json_t *event, bool with_stamp, const char *kind, const char *change)
{
	struct error error = { 0 };

	if (evidence_check_event(event, with_stamp, &error) != -EBADMSG)
		fail_msg("%s: %s", kind, change);
	assert_int_equal(error.kind, ERROR_FAILED);
	assert_true(error.what[0] != '\0');
}

static void check_kind(const char *kind, const char *const *fields)
{
	json_t *event AUTO_JSON = event_of(kind);
	size_t count = 1;

	assert_int_equal(evidence_check_event(event, false, NULL), 0);
	expect_refused(event, true, kind, "without its stamp");
	for (; *fields; fields++, count++) {
		json_t *value = json_incref(json_object_get(event, *fields));

		assert_non_null(value);
		json_object_del(event, *fields);
		expect_refused(event, false, kind, *fields);
		json_object_set_new(event, *fields, json_true());
		expect_refused(event, false, kind, *fields);
		json_object_set_new(
			event, *fields, json_is_string(value) ? json_integer(1) : json_string("1"));
		expect_refused(event, false, kind, *fields);
		json_object_set_new(event, *fields, value);
	}
	assert_int_equal(json_object_size(event), count); /* none but those */
	sample_set_integer(event, "more", 1);
	expect_refused(event, false, kind, "an unknown field");
	json_object_del(event, "more");

	sample_set_integer(event, "seq", 1);
	sample_set_text(event, "utc", "2026-11-23T04:03:43.123Z");
	assert_int_equal(evidence_check_event(event, true, NULL), 0);
	expect_refused(event, false, kind, "the stamp before the store gave it");
}

static void test_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		check_kind(kinds[i].kind, kinds[i].fields);
}

/* Bounds and words: {kind, field, a value that is refused}. */
static void test_integers_out_of_bounds(void **state)
{
	static const struct {
		const char *kind, *field;
		int64_t value;
	} cases[] = {
		{ "created", "clock_synchronised", 2 },
		{ "created", "clock_synchronised", -1 },
		{ "opened", "exclusive", 2 },
		{ "started", "step", 0 },
		{ "started", "step", 81 },
		{ "started", "from_bytes", -1 },
		{ "bad-range", "length_bytes", 0 },
		{ "bad-range", "offset_bytes", -1 },
		{ "bad-range", "errno", -5 },
		{ "bad-range", "errno", 4096 },
		{ "residue", "coincident", -1 },
		{ "finished", "bytes", -1 },
		{ "finished", "bad_bytes", -1 },
		{ "finished", "flushed", 2 },
		{ "closing", "same", 2 },
		{ "error", "errno", 70000 },
		{ "sibling", "exclusive", 2 },
		{ "capacity", "before_sectors", -2 },
		{ "capacity", "after_sectors", -2 },
		{ "capacity", "errno", -5 },
		{ "answer", "step", 81 },
		{ "answer", "progress", -2 },
		{ "answer", "progress", 65537 },
		{ "markers", "checked", 65537 },
		{ "markers", "remaining", -1 },
		{ "markers", "zeroed", 65537 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *event AUTO_JSON = event_of(cases[i].kind);

		sample_set_integer(event, cases[i].field, cases[i].value);
		expect_refused(event, false, cases[i].kind, cases[i].field);
	}
}

static void test_texts(void **state)
{
	static const char long_text[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const struct {
		const char *kind, *field, *value;
		bool fits;
	} cases[] = {
		{ "guard", "result", "not-made", false },
		{ "guard", "result", "Passed", false },
		{ "plan-refused", "code", "", false },
		{ "plan-refused", "code", "Level not reachable", false },
		{ "plan-refused", "code", "a-code-of-forty-characters-is-one-too-l", true },
		{ "plan-refused", "code", "a-code-of-forty-characters-is-one-too-lo", false },
		{ "opened", "path", "", false },
		{ "created", "version", "", false },
		{ "created", "version", long_text, false },
		{ "bad-range", "range", "bad", false },
		{ "bad-range", "range", "mismatch", true },
		{ "residue", "type", "", false },
		{ "residue", "type", "LVM2_member", true },
		{ "residue", "type", long_text, false },
		{ "finished", "result", "unknown", false },
		{ "finished", "result", "completed", false },
		{ "finished", "result", "stalled", true },
		{ "interrupted", "cause", "", false },
		{ "interrupted", "cause", "power", false },
		{ "interrupted", "cause", "power-lost", true },
		{ "interrupted", "cause", "store", true },
		{ "interrupted", "cause", "drive", true },
		{ "ended", "kind", "end", false },
		{ "finished", "result", "drive-refused", true },
		{ "finished", "result", "drive-failed", true },
		{ "finished", "result", "status-unknown", true },
		{ "health", "moment", "during", false },
		{ "health", "moment", "after", true },
		{ "health", "what", "", false },
		{ "health", "what", "SMART", false },
		{ "health", "raw", "", true },
		{ "health", "raw", "0", false },
		{ "capacity", "area", "amac", true },
		{ "capacity", "area", "HPA", false },
		{ "answer", "moment", "found", true },
		{ "answer", "moment", "ended", false },
		{ "answer", "witness", "none", true },
		{ "answer", "witness", "luks-headers", true },
		{ "answer", "witness", "", false },
		{ "answer", "status", "never", true },
		{ "answer", "status", "done", false },
		{ "answer", "raw", "", true },
		{ "answer", "raw", "00F0", false },
		{ "answer", "raw", "00 0", false },
		{ "answer", "raw", "0x00", false },
		{ "answer", "raw", "000", false },
		{ "ended", "kind", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *event AUTO_JSON = event_of(cases[i].kind);

		sample_set_text(event, cases[i].field, cases[i].value);
		if (cases[i].fits)
			assert_int_equal(evidence_check_event(event, false, NULL), 0);
		else
			expect_refused(event, false, cases[i].kind, cases[i].value);
	}
}

/* No drive's answer is longer than 512 bytes; no sector is put into one. */
static void test_how_long_an_answer_may_be(void **state)
{
	json_t *event AUTO_JSON = event_of("answer");
	char raw[1027];

	(void)state;
	memset(raw, 'a', sizeof(raw));
	raw[1024] = '\0';
	sample_set_text(event, "raw", raw);
	assert_int_equal(evidence_check_event(event, false, NULL), 0);
	raw[1024] = 'a';
	raw[1026] = '\0';
	sample_set_text(event, "raw", raw);
	expect_refused(event, false, "answer", "513 bytes");
}

static void test_findings_of_the_guard(void **state)
{
	static const struct {
		const char *field, *value;
		bool fits;
	} cases[] = {
		{ "result", "not-made", true },
		{ "result", "unknown", false },
		{ "check", "loop-backing", true },
		{ "check", "", false },
		{ "check", "Loop Backing", false },
		{ "detail", "/dev/sdb1 は /srv にマウントされています", true },
		{ "more", "x", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *event AUTO_JSON = event_of("guard");
		json_t *finding = json_array_get(json_object_get(event, "checks"), 1);

		sample_set_text(finding, cases[i].field, cases[i].value);
		if (cases[i].fits)
			assert_int_equal(evidence_check_event(event, false, NULL), 0);
		else
			expect_refused(event, false, "guard", cases[i].value);
	}
	json_t *event AUTO_JSON = event_of("guard");
	json_t *checks = json_object_get(event, "checks");

	json_array_clear(checks); /* a fact, though a poor one; the judge weighs it */
	assert_int_equal(evidence_check_event(event, false, NULL), 0);
	json_array_append_new(checks, json_string("passed"));
	expect_refused(event, false, "guard", "a finding that is no object");
}

static void test_identity_and_native_within(void **state)
{
	json_t *event AUTO_JSON = event_of("opened");
	json_t *native = json_object_get(event, "native");

	(void)state;
	json_object_del(json_object_get(event, "identity"), "wwn");
	expect_refused(event, false, "opened", "an identity without wwn");
	sample_set_text(json_object_get(event, "identity"), "wwn", "");
	assert_int_equal(evidence_check_event(event, false, NULL), 0);
	sample_set_text(native, "source", "unknown");
	assert_int_equal(evidence_check_event(event, false, NULL), 0);
	sample_set_text(native, "source", "guessed");
	expect_refused(event, false, "opened", "an unknown source");
	sample_set_text(native, "source", "virtual");
	sample_set_integer(native, "bytes", -1);
	expect_refused(event, false, "opened", "negative bytes");
}

static void test_native_there_and_back(void **state)
{
	const struct native_capacity native = { NATIVE_SCSI_CAPACITY, 4 * GIB, 4096 };
	const struct native_capacity too_large = { NATIVE_SCSI_CAPACITY, UINT64_MAX, 512 };
	struct native_capacity again = { 0 };
	json_t *json AUTO_JSON = NULL;

	(void)state;
	assert_int_equal(evidence_native_to_json(&native, &json), 0);
	assert_int_equal(evidence_native_from_json(json, "subject", &again, NULL), 0);
	assert_int_equal(again.source, native.source);
	assert_int_equal(again.native_bytes, native.native_bytes);
	assert_int_equal(again.sector_bytes, native.sector_bytes);
	assert_int_equal(evidence_native_from_json(NULL, "subject", &again, NULL), -EBADMSG);
	assert_int_equal(evidence_native_to_json(&too_large, &json), -EINVAL);
}

/* Arrays -------------------------------------------------------------------------------------- */

static void test_sample_jobs_pass(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		struct sample_job job;
		struct error error = { 0 };

		sample_job_make((enum sample_job_kind)kind, &job);
		if (evidence_check(job.evidence, &error) < 0)
			fail_msg("%s", error.what);
		sample_job_free(&job);
	}
}

static void test_numbers_without_gaps(void **state)
{
	struct sample_job job;

	(void)state;
	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	json_array_remove(job.evidence, 3); /* and not numbered anew */
	assert_int_equal(evidence_check(job.evidence, NULL), -EBADMSG);
	sample_renumber(&job);
	assert_int_equal(evidence_check(job.evidence, NULL), 0);
	sample_set_integer(json_array_get(job.evidence, 0), "seq", 0);
	assert_int_equal(evidence_check(job.evidence, NULL), -EBADMSG);
	sample_job_free(&job);
}

static void test_times(void **state)
{
	static const struct {
		const char *utc;
		bool fits;
	} cases[] = {
		{ "1999-01-01T00:00:00.000Z", true }, /* a clock may be set back */
		{ "2026-11-23T04:03:43Z", false },
		{ "2026-11-23T04:03:43.123+09:00", false },
		{ "2026-13-23T04:03:43.123Z", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_job job;

		sample_job_make(SAMPLE_JOB_PLAIN, &job);
		sample_set_text(json_array_get(job.evidence, 4), "utc", cases[i].utc);
		assert_int_equal(evidence_check(job.evidence, NULL), cases[i].fits ? 0 : -EBADMSG);
		sample_job_free(&job);
	}
}

static void test_no_array_and_too_many(void **state)
{
	json_t *empty AUTO_JSON = json_array(), *object AUTO_JSON = json_object();
	json_t *event AUTO_JSON = event_of("ended");

	(void)state;
	assert_int_equal(evidence_check(empty, NULL), 0);
	assert_int_equal(evidence_check(object, NULL), -EBADMSG);
	assert_int_equal(evidence_check(NULL, NULL), -EBADMSG);
	assert_int_equal(evidence_check_event(NULL, false, NULL), -EBADMSG);
	assert_int_equal(evidence_check_event(empty, false, NULL), -EBADMSG);
	for (size_t i = 0; i <= EVIDENCE_EVENTS_MAX; i++)
		json_array_append(empty, event);
	assert_int_equal(evidence_check(empty, NULL), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_integers_out_of_bounds),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_how_long_an_answer_may_be),
		cmocka_unit_test(test_findings_of_the_guard),
		cmocka_unit_test(test_identity_and_native_within),
		cmocka_unit_test(test_native_there_and_back),
		cmocka_unit_test(test_sample_jobs_pass),
		cmocka_unit_test(test_numbers_without_gaps),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_no_array_and_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
