/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What signature files and time stamp tokens have in common: one CMS SignedData (RFC 5652) read strictly, and the
 * check of each signer in it. What a fault is called is the caller's business. */
#ifndef HAIKI_VERIFY_CERTIFICATE_SIGNED_DATA_H
#define HAIKI_VERIFY_CERTIFICATE_SIGNED_DATA_H

#include "verify/certificate/decoded.h"
#include "verify/certificate/detached_shape.h"
#include <openssl/cms.h>

enum signed_fault {
	SIGNED_UNKNOWN,
	SIGNED_GOOD,
	SIGNED_NO_MEMORY,
	SIGNED_MALFORMED,      /* not in DER's one spelling, or not what it should be */
	SIGNED_WEAK,           /* digest, key or algorithm that is not allowed, or misnamed */
	SIGNED_NO_CERTIFICATE, /* the signer's certificate is not inside */
	SIGNED_BROKEN,         /* the value does not verify */
	SIGNED_UNBOUND,        /* no signing-certificate attribute, or another certificate's */
	SIGNED_OTHER_CONTENT,  /* it verifies, for other bytes */
};

struct signed_by {
	CMS_SignerInfo *info; /* borrowed from the CMS */
	X509 *certificate;    /* borrowed from the certificates; NULL: not inside */
	const EVP_MD *digest; /* static */
};

struct signed_data {
	CMS_ContentInfo *cms;          /* without its certificates */
	STACK_OF(X509) * certificates; /* all that are inside */
	struct signed_by signers[DETACHED_SIGNERS_MAX];
	unsigned signer_count; /* at least 1 */
};

/* Everything in one spelling only, the digests named outside are exactly the signers', and of unsigned attributes
 * there are none or one time stamp token a signer. After a fault *ret is empty. decoded may be NULL. */
NODISCARD enum signed_fault signed_data_read(
	const uint8_t *der, size_t length, struct decoded *decoded, struct signed_data *ret);
void signed_data_free(struct signed_data *data);

/* Is it a signature, by its certificate, over exactly these bytes as content of this type (an OpenSSL NID)? */
NODISCARD enum signed_fault signed_by_verify(
	const struct signed_by *signer, int type, const void *content, size_t length);

/* The digest it names: SHA-256, SHA-384 or SHA-512 without parameters, else NULL. */
const EVP_MD *signed_digest(const X509_ALGOR *algorithm);

/* The only value of a signed attribute that must be there once; borrowed; NULL: not so. */
const ASN1_TYPE *signed_by_attribute(const struct signed_by *signer, int nid);
/* Its time stamp token; false: there is none. */
bool signed_by_token(const struct signed_by *signer, const uint8_t **ret, size_t *ret_length);

#endif
