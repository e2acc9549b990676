/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The auditor's report over a period: what is wrong first, then what was done, by whom, in what time, and which of it to
 * check again. Worked out from the ledger's records alone, so that the store and an exported ledger give the same. Pure
 * but for audit_store.c. */
#ifndef HAIKI_REPORTS_AUDIT_AUDIT_H
#define HAIKI_REPORTS_AUDIT_AUDIT_H

#include "base/buffer.h"
#include "verify/ledger/reconcile.h"

#define AUDIT_SAMPLE_PERCENT 20
#define AUDIT_SEED_MAX 256
#define AUDIT_MAX_BYTES (2 * GIB) /* of a report in any form */

/* What is told of a certificate; of a contract's deletion some are "". */
enum audit_column {
	AUDIT_NAME,
	AUDIT_SHA256,
	AUDIT_OUTCOME,
	AUDIT_LEVEL,
	AUDIT_VERIFICATION,
	AUDIT_METHODS, /* with '+' between them */
	AUDIT_SCHEME,
	AUDIT_ZONE,
	AUDIT_TENANT,
	AUDIT_SERIAL,
	AUDIT_WWN,
	AUDIT_MODEL,
	AUDIT_ASSET_NUMBER,
	AUDIT_JOB,
	AUDIT_CONTRACT,
	AUDIT_OPERATOR,
	AUDIT_WITNESS,
	AUDIT_APPROVER, /* who signed it as approver; with ", " between them */
	AUDIT_TICKET,
	AUDIT_COLUMNS,
};
const char *audit_column_key(enum audit_column column); /* "name", "sha256" … */

struct audit_certificate {
	char *texts[AUDIT_COLUMNS]; /* owned; none is NULL */
	int64_t issued_utc_ms;
	uint64_t index; /* of its record */
	bool sampled;
};

struct audit_count {
	char *word; /* owned; "" where nothing was told */
	uint64_t count;
};
struct audit_counts {
	struct audit_count *items; /* owned; the largest first, of equal ones by word */
	size_t count;
};

/* From the last day of a contract to the certificate that closes it. */
struct audit_closing {
	const struct audit_certificate *certificate; /* borrowed from the audit */
	char end_day[16];
	int64_t grace_days;
	int64_t days; /* Tokyo's days between them */
};

/* From the last day of a contract to the day on which a VM of it was proven gone. */
struct audit_vm {
	char *id, *label, *tenant,
		*contract; /* owned: "M3", service code and name, codes; none is NULL */
	char end_day[16];
	int64_t grace_days;
	int64_t gone_utc_ms;
	int64_t days;
	uint64_t index; /* of the record that says so */
};

/* What was left behind is due with the first day after the days of grace: what is done on that day is in time. */
static inline bool audit_is_late(int64_t days, int64_t grace_days)
{
	return days > grace_days + 1;
}

/* How often somebody did what. role: "operator", "witness", "approver" of certificates; "custody": an account under
 * which the end of a drive's custody was recorded. */
struct audit_person {
	char *name; /* owned */
	const char *role;
	uint64_t count;
};

struct audit_sampled {
	const struct audit_certificate *certificate; /* borrowed from the audit */
	char digest[65];                             /* SHA-256(seed ‖ name) */
};

struct audit {
	int64_t from_day, to_day; /* both included, Asia/Tokyo: base/day.h */
	int64_t made_utc_ms;
	uint64_t size; /* of the ledger */
	struct finding_list
		findings; /* that stand now, and whose cause lies in the period or before */
	uint64_t later;   /* findings whose cause came after the period: not told */
	/* Issued in the period and not superseded by now; by the order of the ledger. */
	struct audit_certificate *certificates; /* owned */
	size_t certificate_count;
	uint64_t superseded; /* issued in the period too, and superseded since */
	uint64_t deletions;  /* of the certificates: those of contracts */
	struct audit_counts by_outcome, by_level, by_method, by_zone; /* of drives' certificates */
	struct audit_counts by_custody; /* ends of custody in the period */
	struct audit_closing *closings; /* owned; the longest first */
	size_t closing_count;
	int64_t days_min, days_median,
		days_max;     /* of the closings; of an even number the lower middle */
	uint64_t days_over;   /* late */
	struct audit_vm *vms; /* owned: gone in the period; the longest first */
	size_t vm_count;
	int64_t vm_days_min, vm_days_median, vm_days_max; /* as of the closings */
	uint64_t vm_late;
	struct audit_person *people; /* owned; by role, then the most frequent first */
	size_t people_count;
	char seed[AUDIT_SEED_MAX];
	bool seed_given; /* else it is the digest of the ledger's last record */
	size_t sample_of;
	struct audit_sampled *sample; /* owned; in the order in which they were drawn */
	size_t sample_count;
};
void audit_free(struct audit *audit);
#define AUTO_AUDIT CLEANUP(audit_free)

/* Nothing lacks its certificate and nothing was hidden; findings_complete. */
bool audit_complete(const struct audit *audit);

struct audit_question {
	int64_t from_day, to_day; /* from ≤ to */
	int64_t now_utc_ms;
	const char *seed; /* borrowed; "": the digest of the ledger's last record */
};

/* Feed every record of the ledger, in order; ask once. */
struct audit_taking;
NODISCARD int audit_begin(
	const struct audit_question *question, struct audit_taking **ret, struct error *error);
/* digest: of the record, 64 hexadecimal digits, borrowed. Errors of reconcile_take. */
NODISCARD int audit_take(struct audit_taking *taking, const struct record *record,
	const char *digest, struct error *error);
/* size: how many records the ledger has, with those that are withheld. */
NODISCARD int audit_end(
	struct audit_taking *taking, uint64_t size, struct audit *ret, struct error *error);
struct audit_taking *audit_drop(struct audit_taking *taking);
DEFINE_CLEANUP(struct audit_taking *, audit_drop);

/* The sample: of count names the k whose SHA-256(seed ‖ name) is lowest, in this order; k is AUDIT_SAMPLE_PERCENT of
 * them, rounded up, so at least one of any. *ret: indexes of names, owned by the caller; digests: k of them too. */
struct audit_draw {
	size_t number; /* of names */
	char digest[65];
};
NODISCARD int audit_sample(const char *seed, const char *const *names, size_t count,
	struct audit_draw **ret, size_t *ret_count, struct error *error);

/* The report as bytes, appended to *ret: -ENOMEM, -EOVERFLOW. JSON: docs/json.md. CSV: RFC 4180 in UTF-8 with a byte
 * order mark (docs/audit.md). */
NODISCARD int audit_write_json(const struct audit *audit, struct buffer *ret);
NODISCARD int audit_write_csv(const struct audit *audit, struct buffer *ret);
/* organisation: whose report it is, or "". Errors of page_end. */
NODISCARD int audit_write_pdf(const struct audit *audit, const char *organisation,
	struct buffer *ret, struct error *error);

#endif
