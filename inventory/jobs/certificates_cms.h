/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Later forms of a certificate's signature: the same CMS with something added, a time stamp or a second person's
 * signature. Each is kept; the newest is handed out, and is what certificates_latest gives. */
#ifndef HAIKI_INVENTORY_JOBS_CERTIFICATES_CMS_H
#define HAIKI_INVENTORY_JOBS_CERTIFICATES_CMS_H

#include "inventory/store/store.h"

#define CMS_CHANGE_STAMPED "time-stamp" /* every signer in it has a time stamp now */
#define CMS_CHANGE_SIGNED "signature"   /* another person signed */

/* A form as stored. */
struct certificate_cms {
	int64_t number;  /* 0: as it was issued */
	int64_t utc_ms;  /* when it was entered, or issued */
	char change[16]; /* "" for number 0 */
	uint8_t *p7s;    /* owned */
	size_t length;
};
void certificate_cms_free(struct certificate_cms *cms);
#define AUTO_CERTIFICATE_CMS CLEANUP(certificate_cms_free)

/* The newest form of a certificate, of a job or a tenant, by its name: 1, 0 when there is no such certificate,
 * -errno; -EBADMSG "store-corrupt". */
NODISCARD int certificates_cms_latest(
	struct store *store, const char *name, struct certificate_cms *ret, struct error *error);

/* Enter a form made out of the one numbered after (0: out of the issued one). What it holds is the caller's to have
 * checked. -ESTALE "certificate-cms-stale" when another form was entered since: take that one and try again; -ENOENT
 * "certificate-unknown"; store errors. */
NODISCARD int certificates_cms_append(struct store *store, const char *name, int64_t after,
	const char *change, const uint8_t *p7s, size_t length, int64_t now_utc_ms,
	struct error *error);

/* A certificate and where its time stamps stand. */
struct cms_state {
	char name[96];
	char subject[64];     /* the job, or the tenant's contract by its number in the store */
	bool stamped;         /* every signer in the newest form has one */
	int64_t since_utc_ms; /* of the newest form */
};
struct cms_state_list {
	struct cms_state *items;
	size_t count;
};
void cms_state_list_free(struct cms_state_list *list);
#define AUTO_CMS_STATES CLEANUP(cms_state_list_free)
/* All certificates, or those alone that wait, oldest first. */
NODISCARD int certificates_cms_states(
	struct store *store, bool waiting_alone, struct cms_state_list *ret, struct error *error);

#endif
