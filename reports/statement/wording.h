/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of certificates and reports in Japanese and English at once, as paper and the auditor's page show
 * them side by side. Stable words come from docs/certificate.md; what the program says to a person goes through
 * gettext instead. */
#ifndef HAIKI_REPORTS_STATEMENT_WORDING_H
#define HAIKI_REPORTS_STATEMENT_WORDING_H

#include <stddef.h>

enum wording_kind {
	WORDING_LABEL,        /* of a field or section: "serial", "people" … */
	WORDING_OUTCOME,      /* "proven", "failed" … */
	WORDING_LEVEL,        /* "clear", "purge" … */
	WORDING_METHOD,       /* methods and techniques */
	WORDING_VERIFICATION, /* "full", "sample", "markers" … */
	WORDING_REASON,       /* why not proven: the judge's codes */
	WORDING_LIMIT,        /* "virtual-device" … */
	WORDING_OUTSTANDING,  /* "key-copy", what stands before the colon */
	WORDING_MEDIA,
	WORDING_NATIVE, /* where the native capacity is from: "ata-max" … */
	WORDING_CUSTODY,
	WORDING_FINDING, /* of the audit: verify/ledger/reconcile.h */
	WORDING_STAGE,   /* of a contract's deletion: verify/tenant/tenant.h */
	WORDING_TENANT_REASON,
	WORDING_TENANT_REMARK, /* what became of its VMs' disks: verify/tenant/deletion.h */
	WORDING_FATE,          /* of one place of a VM's disk */
	WORDING_VM,            /* how far the deletion of one VM has come */
	WORDING_PLACE, /* why a drive counts among a tenant's places: "carries", "left" … */
};

struct wording {
	const char *word, *japanese, *english; /* static */
};

/* A word that is not in the table comes back as it is, in both languages; the result lives as long as word. */
struct wording wording_of(enum wording_kind kind, const char *word);

/* Every word of a kind; static. */
const struct wording *wording_table(enum wording_kind kind, size_t *ret_count);

#endif
