/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a job in the store to a signed certificate. What is issued was first checked by verify/,
 * exactly as an auditor would. */
#ifndef HAIKI_REPORTS_CERTIFICATE_CERTIFICATE_H
#define HAIKI_REPORTS_CERTIFICATE_CERTIFICATE_H

#include "base/clock.h"
#include "inventory/jobs/jobs.h"
#include "reports/keys/keys.h"

/* Build the canonical JSON of a job (docs/certificate.md). Pure but for what it is given.
 * ledger: the key of the ledger that the certificate will stand in. outstanding: see outstanding.h; NULL: nothing is. supersedes: the name of the job's earlier
 * certificate, or "". */
NODISCARD int certificate_build(const struct job_record *job, const json_t *evidence,
	const json_t *outstanding, const struct note_key *ledger, const char *name,
	const char *supersedes, const struct clock_reading *now, struct buffer *ret,
	struct error *error);

/* Certify a job: build, sign, check, enter into the store and its ledger, and sign the ledger's head over it:
 * all of it or nothing. Does nothing but return the newest
 * certificate when it already covers all evidence. The job must not be running (-EBUSY
 * "job-running", ERROR_WAITING) and must have begun (-EINVAL "job-not-begun"). When it is
 * interrupted its owner's end is recorded first. What an auditor would not accept is not entered:
 * -EBADMSG "certificate-not-valid".
 * *ret is the caller's, freed by certificate_record_free. */
NODISCARD int certificate_issue(struct store *store, const char *job_id, const struct keys *keys,
	const struct clock_reading *now, struct certificate_record *ret, struct error *error);

/* Write NAME.json, NAME.p7s and NAME.proof into folder (made 0755 when missing), each whole or not at all.
 * A certificate that is older than its ledger's first head gets its proof later. Files that are there already
 * and equal are fine, a proof may get more cosignatures, and a signature its newer forms (detached_extends); another content under the name is -EEXIST
 * "certificate-differs" and nothing is written. Errors of ledger_prove. */
NODISCARD int certificate_export(struct store *store, const struct certificate_record *certificate,
	const char *folder, struct error *error);

/* Certify everything that ended and is not certified yet, and export it; sign a head over what else the ledger
 * holds; also export again what was
 * certified but is not in folder (a full disk, a crash). One job's failure does not hold up the
 * others: the first error is returned when all were tried. *ret_count: how many were certified;
 * always set. */
NODISCARD int certificate_issue_pending(struct store *store, const struct keys *keys,
	const struct clock_reading *now, const char *folder, size_t *ret_count,
	struct error *error);

/* Does the document tell of a legal hold? Then it is for operators and auditors, not for the public (holds.h).
 * A guard that was passed says only that there is none. */
bool certificate_tells_of_hold(const json_t *certificate);

#endif
