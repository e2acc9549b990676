/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the certificate check share: one good certificate and its CA, and what is expected
 * of copies of it. Expectations fail the running test. */
#ifndef HAIKI_TESTS_SUPPORT_CERTIFICATE_CASE_H
#define HAIKI_TESTS_SUPPORT_CERTIFICATE_CASE_H

#include "tests/support/sample_certificate.h"
#include "verify/certificate/certificate.h"

/* Made once for all tests of a program; they change copies only. */
struct certificate_case {
	struct sample_ca ca;
	json_t *document;
	struct sample_files files;
};
int certificate_case_set_up(void **state);
int certificate_case_tear_down(void **state);

/* Run the check and look at what its report promises whatever it says. */
void check_files(const struct certificate_case *fixture, const struct sample_files *files,
	int64_t now_utc_ms, struct certificate_report *ret);
void print_report(const struct certificate_report *report);

/* Not valid, and this check says so by this code; the other ones may say more. */
void expect_at(const struct certificate_case *fixture, const struct sample_files *files,
	int64_t now_utc_ms, int at, const char *code);
/* At SAMPLE_NOW_MS. */
void expect(const struct certificate_case *fixture, const struct sample_files *files, int at,
	const char *code);
void expect_valid(const struct certificate_case *fixture, const struct sample_files *files);

#endif
