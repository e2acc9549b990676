/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs in the store: what was decided, the evidence in order, the journal, the certificates. The
 * wipe side writes here and the report side reads here; neither knows the other. This room keeps
 * the documents as canonical JSON text and does not interpret them, but for whose job it is. */
#ifndef HAIKI_INVENTORY_JOBS_JOBS_H
#define HAIKI_INVENTORY_JOBS_JOBS_H

#include "base/clock.h"
#include "base/json.h"
#include "inventory/store/store.h"

/* Boot id, '/', and the inode of the PID namespace: where a pid means something. */
#define OWNER_PLACE_SIZE 64

#define JOB_ID_SIZE 24 /* "J20261123-7QK3ZD" and NUL */

/* Derived, never stored: from the evidence, the certificates and whether the owner lives. */
enum job_state {
	JOB_UNKNOWN,
	JOB_READY,       /* created, not begun */
	JOB_RUNNING,     /* its owner process lives, and has not said "interrupted" */
	JOB_INTERRUPTED, /* begun, not ended, nobody works on it: `wipe resume` goes on; also when a
	                  * record of the interruption was signed meanwhile */
	JOB_ENDED,       /* ended, and its last evidence is not certified yet */
	JOB_CERTIFIED,   /* ended, and a certificate covers all of its evidence */
};

/* Owned by the caller, freed by job_record_free. */
struct job_record {
	char id[JOB_ID_SIZE];
	int64_t created_utc_ms;
	json_t *subject; /* docs/certificate.md: what is sanitized */
	json_t *reason;  /* why */
	json_t *people;  /* who */
	json_t *plan;    /* exactly what runs, keys included */
	enum job_state state;
	char owner_boot_id[OWNER_PLACE_SIZE]; /* "" when nobody ever worked on it */
	int64_t owner_pid;
	int64_t owner_start_ticks; /* /proc/PID/stat field 22: a pid may be used again */
	int64_t step;              /* journal: the step under way, 1-based; 0: none yet */
	int64_t durable_bytes;     /* journal: of that step, flushed */
	int64_t total_bytes;       /* journal: of that step */
	int64_t journal_utc_ms;
};
void job_record_free(struct job_record *job);
#define AUTO_JOB CLEANUP(job_record_free)

/* Make a fresh id ("J", the UTC date, six characters of Crockford's base 32 at random). */
NODISCARD int job_new_id(int64_t now_utc_ms, char ret[static JOB_ID_SIZE]);

/* Enter a job; id, created_utc_ms and the four documents of *job are used.
 * -EEXIST "job-exists" when the id is taken: roll back, make another one and try again. */
NODISCARD int jobs_insert(struct store *store, const struct job_record *job, struct error *error);

/* -ENOENT "job-unknown" when there is none. The documents are checked against the digest made when
 * they were entered: -EBADMSG "store-corrupt". */
NODISCARD int jobs_load(
	struct store *store, const char *id, struct job_record *ret, struct error *error);

struct job_list {
	struct job_record *items; /* owned; oldest first */
	size_t count;
};
void job_list_free(struct job_list *list);
#define AUTO_JOBS CLEANUP(job_list_free)
/* wanted: JOB_UNKNOWN for all. */
NODISCARD int jobs_list(
	struct store *store, enum job_state wanted, struct job_list *ret, struct error *error);

/* The jobs whose subject has this serial and this WWN, oldest first. */
NODISCARD int jobs_of_drive(struct store *store, const char *serial, const char *wwn,
	struct job_list *ret, struct error *error);

/* Become the owner: this process, this boot. -EBUSY "job-running" naming the pid while another
 * living process owns it; whether it lives is asked of /proc, and what cannot be told counts as
 * living. A job whose last event is "interrupted" may be taken also while the process that had it
 * lives on; from then on that process can add no evidence any more. */
NODISCARD int jobs_own(struct store *store, const char *id, struct error *error);

/* Append one event, an object with a "kind". Its "seq" (from 1, no gaps) and "utc" are put here;
 * event is changed. Committed, hence durable, when it returns 0 and no transaction of the caller is
 * open. -EBUSY "job-running" while another living process owns the job, -EINVAL "event-malformed",
 * -ENOENT "job-unknown". */
NODISCARD int jobs_append(struct store *store, const char *id, json_t *event, int64_t now_utc_ms,
	struct error *error);

/* All evidence in order, as a JSON array; a new reference. Each event is checked against its number
 * and its digest, which is chained from the job's documents: an event that was changed, lost or put
 * elsewhere is -EBADMSG "store-corrupt". */
NODISCARD int jobs_evidence(struct store *store, const char *id, json_t **ret, struct error *error);

/* The journal: replace step, durable_bytes and total_bytes. Durable when it returns 0. */
NODISCARD int jobs_journal(struct store *store, const char *id, int64_t step, int64_t durable_bytes,
	int64_t total_bytes, int64_t now_utc_ms, struct error *error);

/* A certificate as issued. */
struct certificate_record {
	char name[96]; /* file name without ending; unique */
	char job_id[JOB_ID_SIZE];
	int64_t issued_utc_ms;
	int64_t evidence_count; /* how many events it covers */
	char outcome[24];
	char sha256[65]; /* of json */
	char *json;      /* owned; canonical text */
	char *p7s_hex;   /* owned; the detached CMS in DER, hexadecimal; read: its newest form
			  * (certificates_cms.h) */
};
void certificate_record_free(struct certificate_record *certificate);
#define AUTO_CERTIFICATE CLEANUP(certificate_record_free)
/* -EEXIST "certificate-exists" when the name is taken, -EINVAL "certificate-malformed" when sha256 is
 * not that of json or it claims evidence that is not there. It is entered into the ledger along: errors of
 * ledger_append. */
NODISCARD int certificates_insert(
	struct store *store, const struct certificate_record *certificate, struct error *error);
/* The one entered last for a job. 1 found, 0 none, -errno. */
NODISCARD int certificates_latest(struct store *store, const char *job_id,
	struct certificate_record *ret, struct error *error);

/* The one of this name, also of a tenant: without job and events. 1 found, 0 none, -errno. */
NODISCARD int certificates_named(
	struct store *store, const char *name, struct certificate_record *ret, struct error *error);

const char *job_state_name(enum job_state state);

/* All certificates, in the order of their names, each handed to a function (borrowed); an error of it ends the
 * walk. */
NODISCARD int certificates_walk(struct store *store,
	int (*each)(
		void *context, const struct certificate_record *certificate, struct error *error),
	void *context, struct error *error);

#endif
