/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As what somebody signs a certificate: a signed attribute of the SignerInfo, signer-attributes-v2 (ETSI EN 319
 * 122-1 5.2.6) with one claimed attribute, role (RFC 5755 4.4.5). The issuer's has none. */
#ifndef HAIKI_VERIFY_CERTIFICATE_ROLE_H
#define HAIKI_VERIFY_CERTIFICATE_ROLE_H

#include "base/error.h"
#include <openssl/cms.h>
#include <openssl/x509.h>
#include <stdbool.h>

#define ROLE_ATTRIBUTE_OID "0.4.0.19122.1.1" /* id-aa-ets-signerAttrV2 */
#define ROLE_MAX_BYTES 128                   /* of the attribute's value */

enum role {
	ROLE_UNKNOWN,
	ROLE_ISSUER, /* haiki itself, which wrote the document */
	ROLE_APPROVER,
	ROLE_WITNESS,
};

/* "" for the issuer, "approver", "witness"; NULL for UNKNOWN. */
const char *role_name(enum role role);
enum role role_parse(const char *word); /* UNKNOWN for none */

/* The attribute's value in DER. Its length; 0 for a role that has none. */
size_t role_encode(enum role role, uint8_t ret[static ROLE_MAX_BYTES]);
/* Exactly one of these values, byte by byte; else UNKNOWN. */
enum role role_decode(const uint8_t *der, size_t length);

/* Add the attribute to a signer that has not signed yet. 0, -EINVAL for a role that has none, -ENOMEM. */
NODISCARD int role_add(CMS_SignerInfo *signer, enum role role);
/* What a signer says: ISSUER when there is no such attribute, UNKNOWN when there are several or it says something
 * else. */
enum role role_of(const CMS_SignerInfo *signer);

/* For what a certificate was given to a person by our own CA: the same attribute among its subject's directory
 * attributes (RFC 5280 4.2.1.8). An issuer's has none, and whose has one may sign as that and nothing else: else a
 * witness could issue certificates. A person's certificate of another CA has none. */
NODISCARD int role_add_certificate(X509 *certificate, enum role role);
/* ISSUER when the certificate says nothing, UNKNOWN when it says something else. */
enum role role_of_certificate(const X509 *certificate);
/* May the owner of this certificate sign in this role? Only an issuer's certificate may issue. */
bool role_is_allowed(enum role role, const X509 *certificate);

#endif
