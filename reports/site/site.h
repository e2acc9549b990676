/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A site of static files: a searchable list of the certificates, a page for each, and scripts that check them in
 * a browser. It needs no server and no network, and can be copied or handed on as a folder. */
#ifndef HAIKI_REPORTS_SITE_SITE_H
#define HAIKI_REPORTS_SITE_SITE_H

#include "inventory/store/store.h"
#include "verify/certificate/trust.h"

/* All borrowed. */
struct site_request {
	const char *folder; /* of the site; the folder it stands in must be there */
	const char *
		certificates; /* where NAME.json, .p7s and, if there are any, .proof and .pdf lie */
	const char *tenant;   /* code: of this tenant alone; "": of all */
	const char *organisation; /* whose site it is; may be "" */
	const char *anchors;      /* PEM: the CAs that the pages carry */
	size_t anchors_length;
	const struct trust *timestamp_trust; /* who stamps certificates; NULL: no one */
	const char *ledger_key; /* the ledger's public key (NAME+HASH+BASE64), "" none */
	int64_t now_utc_ms;
};

struct site_summary {
	size_t certificates, proven, not_proven, superseded;
	size_t withheld; /* not in it, since they tell of a legal hold */
};

/* Write the site of the store's certificates. The new one is made beside the old and takes its place at once: a
 * reader finds either of them whole, also after a crash or on a full disk, and a folder that is no site of ours
 * is never touched ("site-foreign"; "site-busy" while another process writes it).
 * Each certificate is first checked by verify/, with the request's anchors: one that is not valid is the end of it.
 * Nothing that tells of a legal hold is in it. Codes: "certificate-missing", "certificate-differs" (files that are
 * not what the store holds), "certificate-not-valid", those of the schema, of trust_load, of the store and of
 * files. */
NODISCARD int site_write(struct store *store, const struct site_request *request,
	struct site_summary *ret, struct error *error);

#endif
