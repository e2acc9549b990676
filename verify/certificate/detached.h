/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One detached CMS signature file (RFC 5652, CAdES-B-B and B-T by ETSI EN 319 122-1) with its signers: strict
 * reading and the check of their values. Whether they are trusted is trust.h's question, and whether their time
 * stamps are good is timestamp.h's. */
#ifndef HAIKI_VERIFY_CERTIFICATE_DETACHED_H
#define HAIKI_VERIFY_CERTIFICATE_DETACHED_H

#include "base/error.h"
#include "verify/certificate/detached_shape.h"
#include "verify/certificate/trust.h"

#define DETACHED_MAX_BYTES (256 * KIB)
#define DETACHED_ROLE_SIZE 32

struct detached;

/* What one signer says, all borrowed from the struct detached. Believe it only after detached_verify; the token
 * and its time only after timestamp_check over value. */
struct detached_signer {
	X509 *certificate;             /* NULL: it is not inside */
	char role[DETACHED_ROLE_SIZE]; /* signed attribute (role.h): "" is the issuer's */
	int64_t signing_utc_ms;        /* signed attribute, the signer's own word; -1: not stated */
	const uint8_t *value;          /* signature value: what a time stamp is over */
	size_t value_length;
	const uint8_t *token; /* DER of the time stamp token (RFC 3161), NULL: there is none */
	size_t token_length;
};

/* Read the DER of a NAME.p7s. Everything that is not signed must be there in one spelling only: DER, no other
 * version, no revocation lists, nothing behind the end, of unsigned attributes none but one time stamp token a
 * signer (id-aa-timeStampToken, RFC 3161 appendix A). So no byte can be changed unseen, but inside of a token,
 * where timestamp_check sees it. Exactly one signer has no role: the issuer.
 * Codes: "signature-malformed", "signature-not-detached" (a document inside), "signature-count" (no signer, more
 * than DETACHED_SIGNERS_MAX, not exactly one issuer, or one certificate signing twice), "signature-role" (a role
 * that is not known), "signature-algorithm". decoded: certificates decoded before, may be NULL. *ret is the
 * caller's. */
NODISCARD int detached_parse(const uint8_t *p7s, size_t length, struct decoded *decoded,
	struct detached **ret, struct error *error);
struct detached *detached_free(struct detached *detached);
DEFINE_CLEANUP(struct detached *, detached_free);

/* Is each of them a signature, by a certificate inside, over exactly these bytes?
 * Codes: "signature-broken" (a value does not verify), "signature-wrong-content" (it verifies, for
 * another document), "signature-certificate" (the signer's certificate is missing, or is not the
 * one that signing-certificate-v2, RFC 5035, binds). */
NODISCARD int detached_verify(
	struct detached *detached, const void *data, size_t length, struct error *error);

/* 1 to DETACHED_SIGNERS_MAX; number 0 is the issuer, the others follow in the order of the file. */
unsigned detached_signer_count(const struct detached *detached);
void detached_signer_get(
	const struct detached *detached, unsigned number, struct detached_signer *ret);

/* Does each signer lead to an anchor at its own time, at_utc_ms[number], as trust_check_signer sees it, and does
 * each certificate inside stand on one of these ways? ret_ways NULL: not wanted; else room for a way of each signer,
 * by number, the caller's (trust_way_free), untouched on error. Whose certificate was given for a role signs in that
 * one alone (role_is_allowed), else "signer-not-allowed". Codes: those of trust_check_signer. */
NODISCARD int detached_check_chains(const struct detached *detached, const struct trust *trust,
	const int64_t *at_utc_ms, STACK_OF(X509) * *ret_ways, struct error *error);

/* Is the second file the first one with something added? The issuer is the same, each signature and each time stamp
 * of the first stands in the second, byte by byte, and the second has at least one more. */
bool detached_extends(const struct detached *first, const struct detached *second);

/* Borrowed. The issuer's certificate is NULL when it is not inside. */
X509 *detached_issuer(const struct detached *detached);
STACK_OF(X509) * detached_certificates(const struct detached *detached);

#endif
