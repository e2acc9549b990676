/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The role's attribute. Each role has one spelling, so reading is comparing. */
#include "verify/certificate/role.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define ROLE_URI "urn:haiki:role:" /* RFC 5755: a role's name is an URI */

static const char *const names[] = {
	[ROLE_ISSUER] = "",
	[ROLE_APPROVER] = "approver",
	[ROLE_WITNESS] = "witness",
};

const char *role_name(enum role role)
{
	return role > ROLE_UNKNOWN && role < ARRAY_SIZE(names) ? names[role] : NULL;
}

enum role role_parse(const char *word)
{
	for (enum role role = ROLE_ISSUER; role < ARRAY_SIZE(names); role++)
		if (strcmp(word, names[role]) == 0)
			return role;
	return ROLE_UNKNOWN;
}

/* --- DER, written from its end; every length fits in one byte --- */

struct der_writer {
	uint8_t bytes[ROLE_MAX_BYTES];
	size_t first; /* what is written stands from here to the end */
};

static void put(struct der_writer *writer, const void *data, size_t length)
{
	writer->first -= length;
	memcpy(writer->bytes + writer->first, data, length);
}

/* All that stands there becomes the content of one value. */
static void wrap(struct der_writer *writer, uint8_t tag)
{
	const uint8_t head[] = { tag, (uint8_t)(sizeof(writer->bytes) - writer->first) };
	put(writer, head, sizeof(head));
}

#define DER_OBJECT 0x06
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_EXPLICIT(number) (uint8_t)(0xa0 | (number))
#define DER_IMPLICIT(number) (uint8_t)(0x80 | (number))

/* SEQUENCE OF Attribute with one Attribute ::= SEQUENCE { id-at-role, SET OF RoleSyntax } and
 * RoleSyntax ::= SEQUENCE { …, roleName [1] GeneralName }; the tag [1] is explicit, that of the URI implicit. */
static bool put_attributes(struct der_writer *writer, enum role role)
{
	static const uint8_t at_role[] = { DER_OBJECT, 3, 0x55, 0x04, 0x48 }; /* 2.5.4.72 */
	char uri[64];
	if (role != ROLE_APPROVER && role != ROLE_WITNESS)
		return false;
	int uri_length = snprintf(uri, sizeof(uri), ROLE_URI "%s", names[role]);
	writer->first = ROLE_MAX_BYTES;
	put(writer, uri, (size_t)uri_length);
	wrap(writer, DER_IMPLICIT(6)); /* uniformResourceIdentifier */
	wrap(writer, DER_EXPLICIT(1));
	wrap(writer, DER_SEQUENCE);
	wrap(writer, DER_SET);
	put(writer, at_role, sizeof(at_role));
	wrap(writer, DER_SEQUENCE);
	wrap(writer, DER_SEQUENCE);
	return true;
}

static size_t take(const struct der_writer *writer, uint8_t ret[static ROLE_MAX_BYTES])
{
	size_t length = ROLE_MAX_BYTES - writer->first;
	memcpy(ret, writer->bytes + writer->first, length);
	return length;
}

/* SignerAttributeV2 ::= SEQUENCE { claimedAttributes [0] SEQUENCE OF Attribute, … }, its tag explicit. */
size_t role_encode(enum role role, uint8_t ret[static ROLE_MAX_BYTES])
{
	struct der_writer writer;
	if (!put_attributes(&writer, role))
		return 0;
	wrap(&writer, DER_EXPLICIT(0));
	wrap(&writer, DER_SEQUENCE);
	return take(&writer, ret);
}

enum role role_decode(const uint8_t *der, size_t length)
{
	uint8_t known[ROLE_MAX_BYTES];
	for (enum role role = ROLE_APPROVER; role < ARRAY_SIZE(names); role++)
		if (role_encode(role, known) == length && memcmp(known, der, length) == 0)
			return role;
	return ROLE_UNKNOWN;
}

/* --- in a signature --- */

int role_add(CMS_SignerInfo *signer, enum role role)
{
	uint8_t value[ROLE_MAX_BYTES];
	size_t length = role_encode(role, value);
	if (length == 0)
		return -EINVAL;
	ASN1_OBJECT *type = OBJ_txt2obj(ROLE_ATTRIBUTE_OID, 1);
	bool added = type && CMS_signed_add1_attr_by_OBJ(
				     signer, type, V_ASN1_SEQUENCE, value, (int)length) == 1;
	ASN1_OBJECT_free(type);
	return added ? 0 : -ENOMEM;
}

enum role role_of(const CMS_SignerInfo *signer)
{
	const int exactly_one = -3;
	ASN1_OBJECT *type = OBJ_txt2obj(ROLE_ATTRIBUTE_OID, 1);
	if (!type)
		return ROLE_UNKNOWN;
	enum role found = ROLE_ISSUER;
	if (CMS_signed_get_attr_by_OBJ(signer, type, -1) >= 0) {
		/* It is only read, and the function's parameter is not const in OpenSSL 3.0. */
		const ASN1_STRING *value = CMS_signed_get0_data_by_OBJ(
			(CMS_SignerInfo *)(uintptr_t)signer, type, exactly_one, V_ASN1_SEQUENCE);
		found = value ? role_decode(ASN1_STRING_get0_data(value),
					(size_t)ASN1_STRING_length(value))
			      : ROLE_UNKNOWN;
	}
	ASN1_OBJECT_free(type);
	return found;
}

/* --- in a certificate --- */

static size_t encode_attributes(enum role role, uint8_t ret[static ROLE_MAX_BYTES])
{
	struct der_writer writer;
	return put_attributes(&writer, role) ? take(&writer, ret) : 0;
}

int role_add_certificate(X509 *certificate, enum role role)
{
	uint8_t value[ROLE_MAX_BYTES];
	size_t length = encode_attributes(role, value);
	if (length == 0)
		return -EINVAL;
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;
	if (octets && ASN1_OCTET_STRING_set(octets, value, (int)length) == 1)
		extension = X509_EXTENSION_create_by_NID(
			NULL, NID_subject_directory_attributes, 0, octets);
	bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
	return added ? 0 : -ENOMEM;
}

enum role role_of_certificate(const X509 *certificate)
{
	int at = X509_get_ext_by_NID(certificate, NID_subject_directory_attributes, -1);
	if (at < 0)
		return ROLE_ISSUER;
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
	if (!value || X509_get_ext_by_NID(certificate, NID_subject_directory_attributes, at) >= 0)
		return ROLE_UNKNOWN;
	uint8_t known[ROLE_MAX_BYTES];
	for (enum role role = ROLE_APPROVER; role < ARRAY_SIZE(names); role++) {
		size_t length = encode_attributes(role, known);
		if ((size_t)ASN1_STRING_length(value) == length &&
			memcmp(ASN1_STRING_get0_data(value), known, length) == 0)
			return role;
	}
	return ROLE_UNKNOWN;
}

bool role_is_allowed(enum role role, const X509 *certificate)
{
	enum role given = role_of_certificate(certificate);
	return role != ROLE_UNKNOWN && (given == role || given == ROLE_ISSUER);
}
