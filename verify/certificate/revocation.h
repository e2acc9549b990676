/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revocation lists (CRL, RFC 5280 5) that an auditor was given: who of a way to an anchor may no longer be
 * believed, and since when. */
#ifndef HAIKI_VERIFY_CERTIFICATE_REVOCATION_H
#define HAIKI_VERIFY_CERTIFICATE_REVOCATION_H

#include "base/error.h"
#include <openssl/x509.h>
#include <stdbool.h>

#define REVOCATION_MAX_BYTES (16 * MIB)
#define REVOCATION_LISTS_MAX 64

/* Threads may share it once all lists are added. */
struct revocation;

/* NULL: out of memory. */
struct revocation *revocation_new(void);
struct revocation *revocation_free(struct revocation *revocation);
DEFINE_CLEANUP(struct revocation *, revocation_free);

/* Add the lists of one file: one in DER, or one or more in PEM. name is what it is called in messages ("ca.crl").
 * -EBADMSG "revocation-malformed" (ERROR_USAGE): a broken one, none, an indirect or partial one, one without nextUpdate, or too many; then
 * nothing was added. */
NODISCARD int revocation_add(struct revocation *revocation, const void *data, size_t length,
	const char *name, struct error *error);
/* How many lists there are. */
size_t revocation_count(const struct revocation *revocation);

/* Is no certificate of a way (trust_check_signer; the anchor at its end is not asked for) revoked?
 * at_utc_ms: when it signed, by a good time stamp; -1: nobody knows, and then a revocation at any time counts. A
 * revocation counts from its date, or from its invalidityDate where that is earlier.
 * now_utc_ms: when the lists must be current: from thisUpdate to nextUpdate. Who expired may have been taken off the
 * list, so one that is newer than the certificate's end counts only if it keeps them (ExpiredCertsOnCRL); there an
 * older one from between at_utc_ms and the certificate's end counts too. A list that ended is always used to refuse.
 * 0: passed. Codes: "signer-revoked", "revocation-outdated" (no list says so for this time), "revocation-broken" (its
 * signature is not the issuer's), and -ENODATA "revocation-missing" (none is given of one of the issuers: nothing
 * was checked, or not all). */
NODISCARD int revocation_check(const struct revocation *revocation, const STACK_OF(X509) * way,
	int64_t at_utc_ms, int64_t now_utc_ms, struct error *error);

#endif
