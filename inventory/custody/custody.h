/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Custody: who has a drive, from service to its end. A table says which state may follow which;
 * each change is a "custody" event in the transaction that makes it. */
#ifndef HAIKI_INVENTORY_CUSTODY_CUSTODY_H
#define HAIKI_INVENTORY_CUSTODY_CUSTODY_H

#include "inventory/assets/drives.h"
#include "inventory/custody/events.h"

enum custody {
	CUSTODY_UNKNOWN,
	CUSTODY_IN_SERVICE, /* "in-service": it may carry data; what a drive is until somebody says else */
	CUSTODY_QUARANTINED, /* "quarantined": out of use, locked away, not sanitized */
	CUSTODY_SANITIZING,  /* "sanitizing": a job has begun on it */
	CUSTODY_SANITIZED,   /* "sanitized": proven, by a certificate that was checked */
	CUSTODY_REUSED,      /* "reused": given out again; as good as in service */
	CUSTODY_RETURNED,    /* "returned": to the vendor or lessor */
	CUSTODY_DISPOSED,    /* "disposed": to whoever takes waste or second-hand drives */
	CUSTODY_DESTROYED,   /* "destroyed": physically, before a witness; the end */
	CUSTODY_FAILED,      /* "failed": it could not be sanitized, or is defective */
};
#define CUSTODY_STATES 10 /* with the unknown one */

const char *custody_name(enum custody custody);
enum custody custody_parse(const char *word); /* UNKNOWN for none */

/* The table. */
bool custody_allows(enum custody from, enum custody to);
/* What may follow, as words with commas; "" for destroyed. */
#define CUSTODY_NEXT_MAX 160
void custody_next(enum custody from, char ret[static CUSTODY_NEXT_MAX]);
/* Only with a certificate that proves it: sanitized, reused, returned, disposed. */
bool custody_needs_proof(enum custody to);
/* A legal hold forbids it: sanitizing, reused, returned, disposed, destroyed. */
bool custody_ends_evidence(enum custody to);

/* All texts borrowed; NULL or "" where there is nothing to say. */
struct custody_change {
	enum custody to;
	const char *reason; /* needed */
	const char *ticket;
	const char *receiver;           /* who took it; needed for returned and disposed */
	const char *witness;            /* who saw it; needed for destroyed */
	const char *certificate;        /* the proof that was checked (wipe/release.h); needed where
	                          * custody_needs_proof */
	const char *to_zone;            /* reused only: it serves another zone from now on */
	const char *site, *rack, *slot; /* NULL: where it was */
};

struct custody_changed {
	enum custody from, to;
	char zone[64]; /* from now on */
};

/* Change the custody of a drive, in one transaction with its event. A drive that was returned,
 * disposed of or destroyed has no place any more; one that is reused serves nobody yet: tenant and
 * service code are taken off (the event keeps them). When it becomes sanitized, what stood on it
 * has left.
 *
 * Whether the certificate is good enough is not decided here (this room knows no policy): a caller
 * asks release_check in the same transaction. Never trust a certificate from anywhere else.
 *
 * Errors; then nothing was changed: -EPERM "custody-order" (naming what may follow), -EINVAL
 * "custody-incomplete" (naming what is missing), -EPERM "hold-stands" (ERROR_WAITING), -ENOENT
 * "drive-unknown", those of drives_describe for the place. */
NODISCARD int custody_change(struct store *store, int64_t drive_id,
	const struct custody_change *change, int64_t now_utc_ms, struct custody_changed *ret,
	struct error *error);

/* Order and holds alone, of what custody_change asks; so that a person hears of these before a proof is
 * looked for. The same errors. */
NODISCARD int custody_check(
	struct store *store, int64_t drive_id, enum custody to, struct error *error);

/* What a job does to custody by itself; each in one transaction. Where the table does not allow it,
 * custody stays as it is and nothing fails: the guard decides about wiping, not custody.
 *   begun   adds a "wipe-began" event in any case, then → sanitizing
 *   failed  sanitizing → failed */
NODISCARD int custody_job_begun(struct store *store, const struct drive_identity *identity,
	const char *job_id, const char *ticket, int64_t now_utc_ms, struct error *error);
NODISCARD int custody_job_failed(struct store *store, const struct drive_identity *identity,
	const char *job_id, int64_t now_utc_ms, struct error *error);

/* Was the job's first beginning after the drive was last put in service or reused, or seen to carry
 * something anew ("contents-seen", drives.h)? A job that goes on after that does not write again what
 * it wrote before it. By the order of events, not by clocks. A drive of which no event says that it
 * ever was in service counts from its entry into the store. 1: yes; 0: no; -errno. */
NODISCARD int custody_wiped_since_service(
	struct store *store, int64_t drive_id, const char *job_id, struct error *error);
/* Was the first job's last beginning on the drive after the other's, by the order of events? 1, 0, -errno. */
NODISCARD int custody_began_after(struct store *store, int64_t drive_id, const char *job_id,
	const char *other_job_id, struct error *error);

#endif
