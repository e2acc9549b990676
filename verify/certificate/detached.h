/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One detached CMS signature (RFC 5652, CAdES-BES by ETSI EN 319 122-1): strict reading and the
 * check of its value. Who the signer is, is trust.h's question. */
#ifndef HAIKI_VERIFY_CERTIFICATE_DETACHED_H
#define HAIKI_VERIFY_CERTIFICATE_DETACHED_H

#include "base/error.h"
#include "verify/certificate/decoded.h"

#define DETACHED_MAX_BYTES (256 * KIB)

struct detached;

/* Read the DER of a NAME.p7s. Everything outside the signed attributes must be there in one spelling
 * only: DER, no other version, no revocation lists, no unsigned attributes, nothing behind the end.
 * Codes: "signature-malformed", "signature-not-detached" (a document inside), "signature-count" (not
 * exactly one signer), "signature-algorithm". decoded: certificates decoded before, may be NULL.
 * *ret is the caller's. */
NODISCARD int detached_parse(const uint8_t *p7s, size_t length, struct decoded *decoded,
	struct detached **ret, struct error *error);
struct detached *detached_free(struct detached *detached);
DEFINE_CLEANUP(struct detached *, detached_free);

/* Is this a signature, by the certificate inside, over exactly these bytes?
 * Codes: "signature-broken" (its value does not verify), "signature-wrong-content" (it verifies, for
 * another document), "signature-certificate" (the signer's certificate is missing, or is not the
 * one that signing-certificate-v2, RFC 5035, binds). */
NODISCARD int detached_verify(
	struct detached *detached, const void *data, size_t length, struct error *error);

/* Borrowed. The signer's certificate is NULL when it is not inside. */
X509 *detached_signer(const struct detached *detached);
STACK_OF(X509) * detached_certificates(const struct detached *detached);

#endif
