/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setting up, and what is expected. */
#include "tests/support/certificate_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

int certificate_case_set_up(void **state)
{
	struct certificate_case *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	fixture->document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	sample_files_sign(fixture->document, fixture->ca.keys, &fixture->files);
	*state = fixture;
	return 0;
}

int certificate_case_tear_down(void **state)
{
	struct certificate_case *fixture = *state;

	sample_ca_free(&fixture->ca);
	sample_files_free(&fixture->files);
	json_decref(fixture->document);
	free(fixture);
	return 0;
}

void check_files(const struct certificate_case *fixture, const struct sample_files *files,
	int64_t now_utc_ms, struct certificate_report *ret)
{
	struct error error = { 0 };

	struct bundle bundle =
		bundle_borrow(files->json, files->json_length, files->p7s, files->p7s_length);
	const struct certificate_anchors anchors = { .trust = fixture->ca.trust,
		.now_utc_ms = now_utc_ms };

	assert_int_equal(certificate_check(&bundle, &anchors, ret, &error), 0);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		bool has_reason = ret->checks[i].error.kind != ERROR_NONE;
		assert_int_equal(has_reason, ret->checks[i].result == CHECK_FAILED);
		assert_int_equal(has_reason, ret->checks[i].error.what[0] != '\0');
		assert_int_equal(
			ret->checks[i].absent != NULL, ret->checks[i].result == CHECK_ABSENT);
	}
	if (!ret->valid)
		assert_int_equal(ret->outcome, OUTCOME_UNKNOWN);
}

void print_report(const struct certificate_report *report)
{
	static const char *const words[] = { "not made", "passed", "failed", "absent" };

	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		print_message("%s: %s %s %s\n", report->checks[i].name,
			words[report->checks[i].result], report->checks[i].error.code,
			report->checks[i].error.what);
}

void expect_at(const struct certificate_case *fixture, const struct sample_files *files,
	int64_t now_utc_ms, int at, const char *code)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	check_files(fixture, files, now_utc_ms, &report);
	if (report.valid || report.checks[at].result != CHECK_FAILED ||
		strcmp(report.checks[at].error.code, code) != 0) {
		print_report(&report);
		fail_msg("expected check %d to fail by %s", at, code);
	}
}

void expect(const struct certificate_case *fixture, const struct sample_files *files, int at,
	const char *code)
{
	expect_at(fixture, files, SAMPLE_NOW_MS, at, code);
}

void expect_valid(const struct certificate_case *fixture, const struct sample_files *files)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	check_files(fixture, files, SAMPLE_NOW_MS, &report);
	if (!report.valid) {
		print_report(&report);
		fail_msg("not valid");
	}
	assert_int_equal(report.outcome, OUTCOME_PROVEN);
}
