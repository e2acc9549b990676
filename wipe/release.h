/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May this drive be called sanitized, go to another owner or serve another zone? Policy, store and the
 * check of the certificate together; fails closed. Writes nothing. */
#ifndef HAIKI_WIPE_RELEASE_H
#define HAIKI_WIPE_RELEASE_H

#include "inventory/custody/custody.h"
#include "verify/certificate/trust.h"
#include "wipe/plan/policy.h"

/* All borrowed. */
struct release_question {
	const struct policy *policy;
	const struct trust *trust; /* who may have signed */
	int64_t drive_id;
	enum custody to;         /* one of custody_needs_proof */
	const char *to_zone;     /* reused: the zone it is to serve; "": the one it is in */
	const char *certificate; /* this one and no other; "": the newest that is good enough */
	int64_t now_utc_ms;
};

struct release {
	char certificate[96]; /* the proof */
	enum level level;     /* what it proves */
	enum level due;       /* what was due */
};

/* Yes, when there is a certificate that
 *  - is of a job of this very drive: same serial and same WWN;
 *  - is valid now in every check of verify/certificate/certificate.h by these anchors, and proven;
 *  - is the newest of its job, and no later job has begun to write to the drive without being proven;
 *  - is of a job that began after the drive was last put in service or reused;
 *  - reaches the level and the verification that the policy wants (of a purge: purge_verification; a
 *    proof by planted markers satisfies no rule that wants more) for the drive's medium, the
 *    confidentiality on the certificate, and every zone the drive served (drive_zones_served, and
 *    the certificate's own): the strictest of them; and where the drive is to serve a zone that is
 *    not the only one it served, or it is not known where it served, the policy's level for crossing;
 *  - where that level rests on the destruction of LUKS keys: no copy of those headers is known that
 *    is not destroyed;
 * and the inventory has seen nothing on the drive since, and no open flag (flags.h) leaves it without a
 * sound name.
 *
 * Call it in the transaction of the change it is asked for. 0, or the reason with what to do next:
 * ERROR_REFUSED "release-no-proof", "release-not-proven", "release-before-service",
 * "release-level", "release-verification", "release-in-use", "release-unread", "release-identity-doubt",
 * "release-other-drive", "release-key-copies", "release-certificate", "policy-no-rule"; ERROR_WAITING
 * "release-not-certified", "job-running"; those of the store. */
NODISCARD int release_check(struct store *store, const struct release_question *question,
	struct release *ret, struct error *error);

#endif
