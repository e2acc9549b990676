/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a certificate: offline, with nothing but the files and the trust anchors given. Each
 * check has its own line; the verdict is valid only when every one passed. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_H

#include "base/json.h"
#include "verify/judge/judge.h"
#include "verify/certificate/trust.h"

#define CERTIFICATE_FORMAT "haiki-certificate"
#define CERTIFICATE_FORMAT_VERSION 2        /* what is issued */
#define CERTIFICATE_FORMAT_VERSION_OLDEST 1 /* what is read: 1 knew no ledger */

enum check_result { CHECK_NOT_MADE, CHECK_PASSED, CHECK_FAILED };

struct check {
	const char *name; /* "canonical", "schema", "signature", "chain", "judgement"; static */
	enum check_result result;
	struct error error; /* why it failed, else kind NONE */
};
#define CERTIFICATE_CHECKS 5

/* Owned by the caller, freed by certificate_report_free. */
struct certificate_report {
	struct check checks[CERTIFICATE_CHECKS]; /* in the order above */
	bool valid;                              /* every check passed */
	json_t *certificate; /* parsed, NULL when it could not be; do not trust it unless valid */
	char signer[256];    /* subject of the signing certificate, "" until the signature passed */
	enum outcome outcome; /* what the certificate states and the judge found again; UNKNOWN
	                          * unless valid */
	char sha256[65];      /* of the JSON bytes */
};
void certificate_report_free(struct certificate_report *report);
#define AUTO_REPORT CLEANUP(certificate_report_free)

/* json, p7s: the bytes of the two files. trust: the anchors, loaded once by trust_load.
 * now_utc_ms: when the signer's certificate must be valid.
 *   canonical  one spelling of strict JSON
 *   schema     every field there, of its type, none unknown, version known
 *   signature  the CMS covers exactly these bytes (wrong key and broken signature are told apart)
 *   chain      the signer leads to an anchor, valid now, allowed to sign
 *   judgement  verify/judge/judge.h, run on the certificate's own evidence, gives the stated verdict, and
 *              certificate_limits the stated limits
 * A check is made also when an earlier one failed, unless it has nothing to look at.
 * Always fills *ret; 0, or -ENOMEM when a report could not be made at all. */
NODISCARD int certificate_check(const char *json, size_t json_length, const uint8_t *p7s,
	size_t p7s_length, const struct trust *trust, int64_t now_utc_ms,
	struct certificate_report *ret, struct error *error);

/* The schema alone (docs/certificate.md). -EBADMSG naming the field. */
NODISCARD int certificate_check_schema(const json_t *certificate, struct error *error);

/* What a statement does not cover: the words of "limits" in docs/certificate.md, in their order.
 * certificate: its "subject", "plan" and "evidence" are read; verdict: what the judge says of them;
 * synchronised_at_issue: "clock"."synchronised". *ret is a new reference. 0, -ENOMEM. */
NODISCARD int certificate_limits(const json_t *certificate, bool synchronised_at_issue,
	const struct verdict *verdict, json_t **ret);
/* Is it one of them? */
bool certificate_is_limit(const char *word);
#define CERTIFICATE_LIMITS_MAX 8

#endif
