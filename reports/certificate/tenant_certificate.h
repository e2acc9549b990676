/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the store knows of a contract to a signed statement on its deletion: at any time, each saying how
 * far it has come; the one that says "closed" is the customer's deletion certificate. */
#ifndef HAIKI_REPORTS_CERTIFICATE_TENANT_CERTIFICATE_H
#define HAIKI_REPORTS_CERTIFICATE_TENANT_CERTIFICATE_H

#include "base/clock.h"
#include "base/config.h"
#include "inventory/tenants/tenant_certificates.h"
#include "reports/keys/keys.h"

/* Who issues it; all borrowed, "" where there is nothing to say. */
struct tenant_issuer {
	const char *organisation, *name, *title, *place, *ticket;
	const char *erasure; /* [deletion] erasure of the configuration; NULL: where-possible */
	const struct config_backup *backups; /* its [backup NAME]: each is to have been asked */
	size_t backup_count;
};

/* Certify the contract with this id as it stands now: build, sign, check as an auditor would, enter into the
 * store and its ledger, in one transaction. Returns the newest one when nothing but the time has changed since, that of
 * asking repositories included (ret_new, which may be NULL, is false then). -ENOENT "contract-unknown"; -EBADMSG "certificate-not-valid";
 * store errors. *ret is the caller's. No hold is named in it (holds.h): whether one stands changes nothing here. */
NODISCARD int tenant_certificate_issue(struct store *store, int64_t contract_id,
	const struct tenant_issuer *issuer, const struct keys *keys,
	const struct clock_reading *now, struct tenant_certificate_record *ret, bool *ret_new,
	struct error *error);

/* NAME.json, NAME.p7s, NAME.proof into folder, as certificate_export does (certificate.h). */
NODISCARD int tenant_certificate_export(struct store *store,
	const struct tenant_certificate_record *record, const char *folder, struct error *error);

#endif
