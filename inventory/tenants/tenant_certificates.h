/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates of contracts' deletions, as issued; kept for good. */
#ifndef HAIKI_INVENTORY_TENANTS_TENANT_CERTIFICATES_H
#define HAIKI_INVENTORY_TENANTS_TENANT_CERTIFICATES_H

#include "inventory/store/store.h"

struct tenant_certificate_record {
	char name[96]; /* file name without ending; unique */
	int64_t contract_id;
	int64_t number; /* of the contract's certificates, from 1 */
	int64_t issued_utc_ms;
	char outcome[24]; /* its stage: "closed" or how far it has come */
	char sha256[65];  /* of json */
	char *json;       /* owned; canonical text */
	char *p7s_hex;    /* owned; the detached CMS in DER, hexadecimal */
};
void tenant_certificate_record_free(struct tenant_certificate_record *record);
#define AUTO_TENANT_CERTIFICATE CLEANUP(tenant_certificate_record_free)

/* In the caller's transaction; number must be the contract's highest plus one. -EINVAL
 * "certificate-malformed" when something is missing or sha256 is not that of json; store errors. */
NODISCARD int tenant_certificates_insert(
	struct store *store, const struct tenant_certificate_record *record, struct error *error);

/* The contract's newest: 1, 0 none, -errno; -EBADMSG "store-corrupt" when json is not what was entered. */
NODISCARD int tenant_certificates_latest(struct store *store, int64_t contract_id,
	struct tenant_certificate_record *ret, struct error *error);

/* The newest of every contract that has one, by contract; each borrowed for the call. */
NODISCARD int tenant_certificates_each(struct store *store,
	int (*each)(
		void *context, const struct tenant_certificate_record *record, struct error *error),
	void *context, struct error *error);

/* Every one, by contract and number. */
NODISCARD int tenant_certificates_walk(struct store *store,
	int (*each)(
		void *context, const struct tenant_certificate_record *record, struct error *error),
	void *context, struct error *error);

#endif
