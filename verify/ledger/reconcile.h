/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completeness from the ledger's records alone: each drive whose custody ended, each contract that ended and each
 * hold, against the certificates. Fed record by record (ledger_check's record function, ledger_walk), asked at the
 * end. Pure. What is looked for, kind by kind: docs/audit.md. */
#ifndef HAIKI_VERIFY_LEDGER_RECONCILE_H
#define HAIKI_VERIFY_LEDGER_RECONCILE_H

#include "verify/ledger/record.h"

/* Worst first: the order in which they are told. With any of the first five the ledger is no success. */
enum finding_kind {
	FINDING_UNKNOWN,
	FINDING_LEFT_WITHOUT_PROOF, /* returned, disposed or reused and no certificate proves it; destroyed with
	                               * neither certificate nor witness */
	FINDING_CONTRADICTION, /* a record says what another excludes: named certificate unknown, not proven, of
	                               * another drive; two certificates of one name; custody out of order */
	FINDING_DESTROYED_UNDER_HOLD, /* a wipe began, or custody ended, while a hold stood on it */
	FINDING_CONTRACT_NOT_CLOSED, /* ended, its days of grace are over, and no certificate closes it */
	FINDING_UNREADABLE, /* a record of a kind or shape that this program does not know */
	FINDING_DESTROYED_UNPROVEN, /* destroyed before a witness who is named, and no certificate proves it */
	FINDING_NOT_PROVEN, /* the last job of a drive failed, was refused or interrupted, or left no certificate
	                               * at all, and none since proved it */
	FINDING_OUTSTANDING, /* copies of keys, generations that have not expired */
	FINDING_DUPLICATE, /* two certificates that say the same of one job and neither supersedes */
	FINDING_NOT_JUDGED, /* what these records cannot show: those that are withheld, and which drives a hold on an
	                               * array or a volume covers */
	FINDING_KINDS,
};
const char *finding_word(enum finding_kind kind); /* "left-without-proof" … */
/* Is a ledger with such a finding no success? True for every kind up to UNREADABLE. */
bool finding_is_failure(enum finding_kind kind);

struct finding {
	enum finding_kind kind;
	char subject
		[64]; /* "D12", "C9", "H3"; a job where no drive is known; "" for the ledger itself */
	char label[320]; /* model and serial, tenant and contract number, name of a certificate */
	int64_t since_utc_ms; /* since when; its age is the caller's */
	uint64_t index;       /* the record it rests on */
	char detail[256];     /* stable words and names, for programs */
};
struct finding_list {
	struct finding *items; /* owned; by kind, then by time, then by index */
	size_t count;
	uint64_t unseen; /* records that were withheld: nothing was judged of them */
	uint64_t
		older; /* records that a store older than its ledger brought along: nothing but that store vouches
	                  * for them */
};
void finding_list_free(struct finding_list *list);
#define AUTO_FINDINGS CLEANUP(finding_list_free)
/* Nothing is wrong *and* nothing was hidden: no failure, none that lacks its certificate, nothing not judged. */
bool findings_complete(const struct finding_list *list);
bool findings_fail(const struct finding_list *list);
/* Days of Tokyo from then to now; and a finding as docs/json.md has it: a new reference, NULL without memory. */
int64_t finding_age_days(const struct finding *finding, int64_t now_utc_ms);
json_t *finding_json(const struct finding *finding, int64_t now_utc_ms);

struct reconcile;
NODISCARD int reconcile_begin(struct reconcile **ret, struct error *error);
struct reconcile *reconcile_drop(struct reconcile *reconcile);
DEFINE_CLEANUP(struct reconcile *, reconcile_drop);
/* In the order of the ledger; record is borrowed. An index that is left out is a record withheld. -ENOMEM;
 * -EBADMSG "record-order" for an index that was there already or lies before the last. */
NODISCARD int reconcile_take(
	struct reconcile *reconcile, const struct record *record, struct error *error);
/* So many records there are in all: what was withheld at the end counts too. */
void reconcile_size(struct reconcile *reconcile, uint64_t size);
/* As of now (contracts end by Asia/Tokyo's days: base/day.h). May be asked more than once. */
NODISCARD int reconcile_findings(const struct reconcile *reconcile, int64_t now_utc_ms,
	struct finding_list *ret, struct error *error);

#endif
