/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As what somebody signs a certificate: a signed attribute of the SignerInfo, signer-attributes-v2 (ETSI EN 319
 * 122-1 5.2.6) with one claimed attribute, role (RFC 5755 4.4.5). The issuer's has none. */
#ifndef HAIKI_VERIFY_CERTIFICATE_ROLE_H
#define HAIKI_VERIFY_CERTIFICATE_ROLE_H

#include "base/error.h"
#include <openssl/cms.h>

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

#endif
