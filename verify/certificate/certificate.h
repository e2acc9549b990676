/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a certificate: offline, with nothing but its files and the anchors given. Each check has its
 * own line; one verdict over all. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_H

#include "base/json.h"
#include "verify/certificate/bundle.h"
#include "verify/certificate/certificate_schema.h"
#include "verify/certificate/trust.h"
#include "verify/judge/judge.h"
#include "verify/ledger/note.h"
#include "verify/tenant/tenant.h"

/* In the order in which they are told. */
enum check_name {
	CHECK_DOCUMENT, /* the PDF is of haiki's shape and wholly signed, by the signer of the JSON */
	CHECK_ATTACHMENTS, /* its pages were drawn from the JSON that is attached to it */
	CHECK_CANONICAL,   /* one spelling of strict JSON */
	CHECK_SCHEMA,      /* every field there, of its type, none unknown, version known */
	CHECK_SIGNATURE, /* the CMS covers exactly these bytes (wrong key and broken are told apart) */
	CHECK_CHAIN,     /* the signer leads to an anchor, valid when it signed, allowed to sign */
	CHECK_REVOCATION, /* by the lists given, it was not revoked when it signed */
	CHECK_TIMESTAMP,  /* a trusted authority has seen the signature, and says when */
	CHECK_JUDGEMENT, /* the certificate's own evidence, judged again, gives the stated verdict and limits */
	CHECK_LEDGER,     /* the ledger that the certificate names holds it */
	CHECK_SUPERSEDED, /* no later certificate that was looked at takes its place */
	CERTIFICATE_CHECKS,
};
const char *certificate_check_word(enum check_name name); /* "document", "attachments" … */
/* Its place, or CERTIFICATE_CHECKS for no such word. */
enum check_name certificate_check_parse(const char *word, size_t length);

enum check_result {
	CHECK_NOT_MADE, /* an earlier one failed, so there was nothing to look at */
	CHECK_PASSED,
	CHECK_FAILED,
	CHECK_ABSENT, /* there was nothing to check, and that is no fault of its own */
};

struct check {
	const char *name; /* certificate_check_word; static */
	enum check_result result;
	/* Why there was nothing: "no-pdf", "no-crl", "no-timestamp", "no-timestamp-trust", "no-proof",
	 * "no-ledger-key" (the certificate names none and none was given), "no-later" (no other was
	 * looked at), "ledger-older" (it ends before the certificate), "records-withheld" (behind it); NULL unless ABSENT. Static. */
	const char *absent;
	struct error error; /* why it failed, else kind NONE */
};

struct revocation;
struct standing;

/* What the auditor gives; all borrowed. Only trust must be there. Threads may share it. */
struct certificate_anchors {
	const struct trust *trust;           /* who issues certificates */
	const struct trust *timestamp_trust; /* who stamps them; NULL: no one, stamps say nothing */
	const struct revocation *revocation; /* lists of revoked signers; NULL: none */
	const struct note_key *ledger_key;   /* the ledger must be this one; NULL: as signed */
	const struct standing *standing;     /* a ledger's folder that was checked; NULL: none */
	int64_t now_utc_ms;
	uint32_t required; /* bits by enum check_name: where one of these is absent, it failed */
};

/* A second person whose signature stands beside the issuer's. */
struct certificate_person {
	char subject[256], role[32];
};
#define CERTIFICATE_PERSONS_MAX 8

/* Owned by the caller, freed by certificate_report_free. */
struct certificate_report {
	struct check checks[CERTIFICATE_CHECKS];
	/* None failed, none was left unmade; canonical, schema, signature, chain and judgement passed. */
	bool valid;
	json_t *certificate; /* parsed, NULL when it could not be; do not trust it unless valid */
	char signer[256];    /* subject of the signing certificate, "" until the signature passed */
	struct certificate_person persons[CERTIFICATE_PERSONS_MAX]; /* as signer is */
	unsigned person_count;
	enum outcome
		outcome; /* what the certificate states and the judge found again; UNKNOWN unless valid */
	enum tenant_stage stage; /* the same of a tenant's certificate */
	char sha256[65];         /* of the JSON bytes */
	bool stamped;            /* by a time stamp that passed */
	int64_t stamped_utc_ms;  /* its time; 0 when there is none */
	uint64_t ledger_index;   /* where the ledger has it; only where that check passed */
};
void certificate_report_free(struct certificate_report *report);
#define AUTO_REPORT CLEANUP(certificate_report_free)

/* Every check of one certificate. A check is made also when an earlier one failed, unless it has nothing to
 * look at. The chain and the revocation are looked at for the time of a time stamp that passed, else for
 * anchors->now_utc_ms.
 * Always fills *ret; 0, or -ENOMEM when a report could not be made at all. */
NODISCARD int certificate_check(const struct bundle *bundle,
	const struct certificate_anchors *anchors, struct certificate_report *ret,
	struct error *error);

/* Another valid certificate, later, says that it takes this one's place: the report is not valid any more. */
void certificate_report_supersede(struct certificate_report *report, const char *later);

/* What a statement does not cover: the words of "limits" in docs/certificate.md, in their order.
 * certificate: its "subject", "plan" and "evidence" are read; verdict: what the judge says of them;
 * synchronised_at_issue: "clock"."synchronised". *ret is a new reference. 0, -ENOMEM. */
NODISCARD int certificate_limits(const json_t *certificate, bool synchronised_at_issue,
	const struct verdict *verdict, json_t **ret);
/* Is it one of them? */
bool certificate_is_limit(const char *word);
#define CERTIFICATE_LIMITS_MAX 8

#endif
