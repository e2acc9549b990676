/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with keys over the years: making, changing, revoking, giving one to a person, taking a certificate of
 * the organisation's own CA. Each change is a record of the ledger, in a transaction of its own; where it was cut in
 * between, doing it again finishes it. */
#ifndef HAIKI_REPORTS_KEYS_MANAGE_H
#define HAIKI_REPORTS_KEYS_MANAGE_H

#include "base/buffer.h"
#include "inventory/store/store.h"
#include "reports/keys/keys.h"
#include "reports/keys/passphrase.h"
#include "verify/certificate/role.h"

struct keys_wish {
	const char *organisation; /* may be empty */
	const char *ledger;       /* the ledger's name; "": by the CA's serial number */
	bool encrypt;             /* the files, under the configured passphrase */
};

/* Make a CA, a signer and the ledger's key in the configured folder (made with mode 0700; keys 0600, certificates
 * 0644). Where [keys] signer names a token or TPM, the signer's key is taken from there, or made there when there is
 * none (reports/keys/home.h). The set is written beside the folder and appears under its name all at once, so a crash
 * leaves no half of it there. A folder of an older haiki, which lacks nothing but the ledger's key, gets that one and
 * keeps all others. store NULL: nothing is recorded.
 * -EEXIST "keys-exist" when the folder holds anything else: nothing is ever overwritten; -EINVAL
 * "organisation-invalid" (not UTF-8, longer than 64 characters), "ledger-name" (blank or '+' in it), -ENOKEY
 * "keys-passphrase" (encrypt, and none is configured). */
NODISCARD int keys_make(const struct config *config, struct store *store,
	const struct keys_wish *wish, int64_t now_utc_ms, struct error *error);

/* A new signer by our CA; the old certificate goes to retired/ and stays valid at its time. In a token or TPM the
 * key there gets a new certificate (a new key: name another in the configuration first). */
NODISCARD int keys_rotate(const struct config *config, struct store *store, int64_t now_utc_ms,
	struct key_summary *ret_old, struct key_summary *ret_new, struct error *error);

/* Why a certificate may no longer be believed (RFC 5280 5.3.1). */
enum revocation_reason {
	REVOKED_UNKNOWN = -1,
	REVOKED_UNSPECIFIED = 0,
	REVOKED_KEY_COMPROMISE = 1,
	REVOKED_AFFILIATION_CHANGED = 3,
	REVOKED_SUPERSEDED = 4,
	REVOKED_CESSATION = 5,
	REVOKED_PRIVILEGE_WITHDRAWN = 9,
};
const char *revocation_reason_name(enum revocation_reason reason); /* NULL for UNKNOWN */
enum revocation_reason revocation_reason_parse(const char *word);

/* Put a certificate of our CA on ca.crl. which: the path of its file, or its serial number (hexadecimal) where it
 * was issued by this folder. "key-unknown", "key-not-ours", -EEXIST "key-revoked". */
NODISCARD int keys_revoke(const struct config *config, struct store *store, const char *which,
	enum revocation_reason reason, int64_t now_utc_ms, struct key_summary *ret,
	struct error *error);

/* A key of a person's own with a certificate by our CA: person.key (under the passphrase), person.crt and ca.crt in a
 * new folder of mode 0700. "person-invalid", "keys-exist". */
struct person_wish {
	const char *name, *title;
	enum role role;
	const char *folder;
	const struct passphrase *passphrase;
};
NODISCARD int keys_person(const struct config *config, struct store *store,
	const struct person_wish *wish, int64_t now_utc_ms, struct key_summary *ret,
	struct error *error);

/* The organisation's own CA. A request (PKCS#10, PEM; appended to *ret) for a new signer's key, which waits in next/
 * until its certificate comes; asked again it is for the same key. */
NODISCARD int keys_request(const struct config *config, struct buffer *ret, struct error *error);
/* The certificate for it: PEM of the signer's certificate and all up to the CA's, in any order. Checked as a stranger
 * would who trusts that CA; then ca.crt, chain.crt and signer.crt are these, and what was there is in retired/.
 * "chain-incomplete", "keys-mismatch" (for another key), trust_check_signer's codes. */
NODISCARD int keys_accept(const struct config *config, struct store *store, const char *path,
	int64_t now_utc_ms, struct key_summary *ret_ca, struct key_summary *ret_signer,
	struct error *error);

#endif
