/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second person's signature on a certificate that was issued: kept as a newer form of its CMS, and recorded in the
 * ledger, in one transaction. */
#ifndef HAIKI_REPORTS_CERTIFICATE_COUNTERSIGN_H
#define HAIKI_REPORTS_CERTIFICATE_COUNTERSIGN_H

#include "inventory/jobs/jobs.h"
#include "reports/keys/person.h"

struct countersign_wish {
	const char *certificate; /* its name, or a job: the newest of it */
	enum role role;
	const struct person_key *person;
	const struct trust *trust;
	const char *keys_folder; /* whose ca.crl is looked at */
};

/* Not everyone may: the person must be another than the operator that the certificate names (who must be named, else
 * nothing shows that it is another), the issuer and all who signed already; and a witness whom the certificate names
 * is that one. "certificate-unknown", "person-operator", "person-signed", "person-other-witness", -ENODATA
 * "operator-unknown" (all ERROR_REFUSED), person_check's and person_sign's codes, those of certificates_cms_append and
 * ledger_append. *ret is the certificate with the new form, freed by certificate_record_free. */
NODISCARD int certificate_countersign(struct store *store, const struct countersign_wish *wish,
	int64_t now_utc_ms, struct certificate_record *ret, struct error *error);

#endif
