/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small CA of our own: ca.key, ca.crt, ca.crl, and what it issues. Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_AUTHORITY_H
#define HAIKI_REPORTS_KEYS_AUTHORITY_H

#include "reports/keys/key_files.h"
#include "reports/keys/manage.h"
#include "verify/certificate/role.h"

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};
void authority_free(struct authority *authority);
#define AUTO_AUTHORITY CLEANUP(authority_free)

/* A new one, not written yet. organisation may be empty. -EINVAL "organisation-invalid", -EIO "keys-failed". */
NODISCARD int authority_make(
	const char *organisation, int64_t now_utc_ms, struct authority *ret, struct error *error);
/* That of the folder. -ENOENT "ca-not-ours" where there is no ca.key (the organisation has a CA of its own),
 * -EBADMSG "keys-mismatch", key_read's codes. */
NODISCARD int authority_load(const char *folder, const struct passphrase *passphrase,
	struct authority *ret, struct error *error);

/* For whom a certificate is. The organisation is the CA's. */
struct authority_subject {
	const char *common_name;
	const char *title; /* "" : none */
	enum role role;    /* ISSUER: a signer of ours */
	int days;          /* cut at the CA's own end */
};
/* -EINVAL "person-invalid" for a name or title that no certificate can hold, -EKEYEXPIRED "ca-expired", -EIO
 * "keys-failed". */
NODISCARD int authority_issue(const struct authority *authority, EVP_PKEY *public_key,
	const struct authority_subject *subject, int64_t now_utc_ms, X509 **ret,
	struct error *error);

/* Write ca.crl anew: what is in it, and this certificate (NULL: no more), by the next number. It holds to the CA's
 * own end, since each revocation makes a new one. -EEXIST "key-revoked" when it is in it. */
NODISCARD int authority_revoke(const struct authority *authority, const char *folder,
	const X509 *certificate, enum revocation_reason reason, int64_t now_utc_ms,
	struct error *error);
/* What authority_revoke would refuse. */
NODISCARD int authority_may_revoke(const struct authority *authority, const char *folder,
	const X509 *certificate, struct error *error);
/* 1: the list of the folder has it; 0: it has not, or there is no list; -EBADMSG "keys-malformed". */
NODISCARD int authority_is_revoked(
	const char *folder, const X509 *certificate, struct error *error);

#endif
