/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trust anchors an auditor gives: parsed once, used for many certificates. The system's own
 * trust store is never looked at. */
#ifndef HAIKI_VERIFY_CERTIFICATE_TRUST_H
#define HAIKI_VERIFY_CERTIFICATE_TRUST_H

#include "base/error.h"
#include "verify/certificate/decoded.h"
#include <stdbool.h>

#define TRUST_MAX_BYTES (1 * MIB)
#define TRUST_ANCHORS_MAX 64

/* Threads may share it: the anchors are not changed after loading. */
struct trust;

/* Parse one or more PEM certificates. name is what they are called in messages ("ca.crt").
 * -EBADMSG "trust-malformed" when a block is broken or there is none; *ret is the caller's. */
NODISCARD int trust_load(
	const char *pem, size_t length, const char *name, struct trust **ret, struct error *error);
struct trust *trust_free(struct trust *trust);
DEFINE_CLEANUP(struct trust *, trust_free);

/* Who certifies second persons beside these anchors: nobody whom they certify can issue. persons is trust's from now
 * on. trust_persons: NULL when there are none. */
void trust_take_persons(struct trust *trust, struct trust *persons);
const struct trust *trust_persons(const struct trust *trust);

/* Does signer lead to an anchor, was every certificate on the way valid at at_utc_ms, and may it sign?
 * at_utc_ms: the time of its time stamp where there is a good one, else now. inside: the certificates that came with
 * the signature (NULL: none). ret_way NULL: each of them must stand on that way, so that nothing unsigned travels
 * along. Else *ret_way is the way, from the signer to the anchor, the caller's (trust_way_free), untouched on error,
 * and what else is inside is the caller's to see.
 * Codes: "signature-wrong-signer", "signer-expired", "signer-not-yet-valid", "signer-not-allowed",
 * "signer-weak-key", "signer-chain" (anything else), "signature-extra-certificate". */
NODISCARD int trust_check_signer(const struct trust *trust, X509 *signer, STACK_OF(X509) * inside,
	int64_t at_utc_ms, STACK_OF(X509) * *ret_way, struct error *error);

/* The same for who signs time stamps: it may stamp (extended key usage timeStamping alone, critical; RFC 3161 2.3).
 * Codes: "timestamp-signer" (leads to no anchor, or anything else), "timestamp-expired" (not valid at that time),
 * "timestamp-not-allowed", "timestamp-weak", "timestamp-malformed" (certificates that do not belong to it). */
NODISCARD int trust_check_stamper(const struct trust *trust, X509 *signer, STACK_OF(X509) * inside,
	int64_t at_utc_ms, STACK_OF(X509) * *ret_way, struct error *error);

STACK_OF(X509) * trust_way_free(STACK_OF(X509) * way);
DEFINE_CLEANUP(STACK_OF(X509) *, trust_way_free);
/* Is it one of the way's? */
bool trust_way_has(const STACK_OF(X509) * way, const X509 *certificate);
/* -EBADMSG "signature-extra-certificate". */
int trust_error_extra(struct error *error);

/* Certificates that came with earlier signatures, so that they need not be decoded again; borrowed. */
struct decoded *trust_decoded(const struct trust *trust);

/* RSA of at least 2048 bits, or EC on P-256, P-384 or P-521. */
bool trust_key_is_allowed(const EVP_PKEY *key);

/* The subject for people: RFC 4514, UTF-8 kept, control characters escaped, cut to size. */
void trust_subject(const X509 *certificate, char *ret, size_t size);

#endif
