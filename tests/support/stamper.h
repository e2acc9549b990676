/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A time stamping authority for tests, honest or not: its certificates, tokens and answers as odd as wished. Everything
 * here aborts when it cannot do its work. */
#ifndef HAIKI_TESTS_SUPPORT_STAMPER_H
#define HAIKI_TESTS_SUPPORT_STAMPER_H

#include "verify/certificate/trust.h"
#include <openssl/evp.h>

/* Texts of NULL and numbers of 0 are what an honest one has. */
struct stamper_wish {
	const char *extended_usage; /* "critical,timeStamping"; "": none */
	const char *algorithm;      /* "P-256", "RSA" */
	unsigned rsa_bits;
	int valid_from_days, valid_to_days; /* from SAMPLE_NOW_MS */
};

struct stamper {
	EVP_PKEY *ca_key, *key;
	X509 *ca, *certificate;
	struct trust *trust; /* its CA */
	char *ca_pem;
};
void stamper_make(const struct stamper_wish *wish, struct stamper *ret);
void stamper_free(struct stamper *stamper);

struct stamp_wish {
	int64_t utc_ms;         /* SAMPLE_NOW_MS */
	const char *time;       /* instead of it, as GeneralizedTime */
	const char *digest;     /* of the data: "SHA256" */
	const uint8_t *imprint; /* that digest itself, 32 bytes; then data is not looked at */
	const char *signing;    /* digest of the signature: "SHA256" */
	unsigned flags;         /* added to those of CMS_sign */
	long version;           /* of TSTInfo: 1 */
	const uint8_t *nonce;   /* as in the request, DER's INTEGER content; NULL: none */
	size_t nonce_length;
	int type;           /* NID of the content: TSTInfo */
	X509 *extra;        /* rides along */
	bool unbound;       /* no signing-certificate attribute */
	bool names_another; /* TSTInfo.tsa */
	bool critical_extension;
};
/* *ret is malloc'd. */
void stamper_stamp(const struct stamper *stamper, const struct stamp_wish *wish, const void *data,
	size_t length, uint8_t **ret, size_t *ret_length);

/* The same CMS with this token at the signer of this number of the file. *ret is malloc'd. */
void stamper_attach(const uint8_t *cms, size_t length, int signer, const uint8_t *token,
	size_t token_length, uint8_t **ret, size_t *ret_length);

#endif
