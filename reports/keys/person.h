/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second person's key: who approves or witnesses signs the same certificate by a key of the own. */
#ifndef HAIKI_REPORTS_KEYS_PERSON_H
#define HAIKI_REPORTS_KEYS_PERSON_H

#include "base/error.h"
#include "reports/keys/passphrase.h"
#include "verify/certificate/role.h"
#include "verify/certificate/trust.h"

struct person_key {
	EVP_PKEY *key;
	X509 *certificate;
	STACK_OF(X509) * chain; /* what came behind it in person.crt; may be empty */
	char name[256];         /* common name of the certificate */
};
void person_free(struct person_key *person);
#define AUTO_PERSON CLEANUP(person_free)

/* person.key and person.crt of a folder (keys_person, or of another CA). Codes of keys_load, -EINVAL "person-invalid"
 * (no common name in the certificate). */
NODISCARD int person_load(const char *folder, const struct passphrase *passphrase,
	struct person_key *ret, struct error *error);

/* May this person sign in this role now? trust: ca.crt and what else is trusted; list_folder: whose ca.crl is looked
 * at. trust_check_signer's codes, -EKEYREVOKED "signer-revoked", -EKEYREJECTED "signer-not-allowed" (the certificate
 * was given for another role). */
NODISCARD int person_check(const struct person_key *person, enum role role,
	const struct trust *trust, const char *list_folder, int64_t now_utc_ms,
	struct error *error);

/* Are these names of the same person? Blanks (also U+3000) and the case of Latin letters make no other name. */
bool person_same_name(const char *a, const char *b);

/* A document and its signature as it is, both borrowed. */
struct signed_document {
	const void *data;
	size_t length;
	const uint8_t *p7s;
	size_t p7s_length;
};
/* The same CMS with this person's signature beside those that are there, which stay byte by byte. Errors of
 * detached_parse; -EIO "signing-failed". *ret is malloc'd, the caller frees. */
NODISCARD int person_sign(const struct person_key *person, enum role role,
	const struct signed_document *document, uint8_t **ret, size_t *ret_length,
	struct error *error);

#endif
