/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small CA: itself, and the certificates it issues (RFC 5280). */
#include "reports/keys/authority.h"

#include "base/text.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define SERIAL_BITS 128
#define NAME_MAX_CHARACTERS 64 /* RFC 5280 A.1, ub-organization-name, ub-common-name, ub-title */

void authority_free(struct authority *authority)
{
	EVP_PKEY_free(authority->key);
	X509_free(authority->certificate);
	*authority = (struct authority){ 0 };
}

/* --- certificates --- */

static bool add_entry(X509_NAME *name, int nid, const char *text)
{
	return !text[0] || X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
				   (const unsigned char *)text, -1, -1, 0) == 1;
}

/* The organisation of one name into another, as it is written there. */
static bool copy_organisation(X509_NAME *name, const X509_NAME *from)
{
	int at = X509_NAME_get_index_by_NID(from, NID_organizationName, -1);
	return at < 0 || X509_NAME_add_entry(name, X509_NAME_get_entry(from, at), -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&context);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

struct extension {
	int nid;
	const char *value;
};

/* RFC 5280 4.2.1. The subject's key identifier comes before the authority's, which copies it when a
 * certificate is self-signed. */
static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
};

/* emailProtection is what `openssl cms -verify` wants of a signer unless it is told otherwise. */
static const struct extension signer_extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
	{ NID_ext_key_usage, "emailProtection" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
};

static bool add_extensions(
	X509 *certificate, X509 *issuer, const struct extension *extensions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!add_extension(certificate, issuer, extensions[i].nid, extensions[i].value))
			return false;
	return true;
}

static bool set_serial_number(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool set = number &&
		   BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
		   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return set;
}

static bool set_validity(X509 *certificate, const X509 *issuer, int days, int64_t now_utc_ms)
{
	time_t now = (time_t)(now_utc_ms / 1000);
	if (!X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &now) ||
		!X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, &now))
		return false;
	const ASN1_TIME *end = issuer ? X509_get0_notAfter(issuer) : NULL;
	return !end || ASN1_TIME_compare(X509_get0_notAfter(certificate), end) <= 0 ||
	       X509_set1_notAfter(certificate, end) == 1;
}

/* What all have: an issuer of NULL means itself. */
static bool begin(
	X509 *certificate, EVP_PKEY *key, const X509 *issuer, int days, int64_t now_utc_ms)
{
	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       set_serial_number(certificate) &&
	       set_validity(certificate, issuer, days, now_utc_ms) &&
	       X509_set_pubkey(certificate, key) == 1;
}

static int check_organisation(const char *organisation, struct error *error)
{
	X509_NAME *name = X509_NAME_new();
	bool usable = name && add_entry(name, NID_organizationName, organisation);
	X509_NAME_free(name);
	ERR_clear_error();
	if (usable)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "organisation-invalid",
		_("The organisation's name must be UTF-8 of at most %d characters"),
		NAME_MAX_CHARACTERS);
}

int authority_make(
	const char *organisation, int64_t now_utc_ms, struct authority *ret, struct error *error)
{
	AUTO_AUTHORITY struct authority made = { 0 };
	int result = check_organisation(organisation, error);
	if (result != 0)
		return result;
	made.key = EVP_EC_gen("P-256");
	X509 *own = made.certificate = X509_new();
	if (!made.key || !own || !begin(own, made.key, NULL, KEYS_CA_DAYS, now_utc_ms) ||
		!add_entry(X509_get_subject_name(own), NID_organizationName, organisation) ||
		!add_entry(X509_get_subject_name(own), NID_commonName, "haiki CA") ||
		X509_set_issuer_name(own, X509_get_subject_name(own)) != 1 ||
		!add_extensions(own, own, ca_extensions, ARRAY_SIZE(ca_extensions)) ||
		X509_sign(own, made.key, EVP_sha256()) <= 0)
		return key_openssl_failed("keys-failed", error);
	*ret = made;
	made = (struct authority){ 0 };
	return 0;
}

static int set_subject(const struct authority *authority, const struct authority_subject *subject,
	X509 *certificate, struct error *error)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	const X509_NAME *issuer = X509_get_subject_name(authority->certificate);
	if (copy_organisation(name, issuer) &&
		add_entry(name, NID_commonName, subject->common_name) &&
		add_entry(name, NID_title, subject->title) && subject->common_name[0])
		return 0;
	ERR_clear_error();
	return error_set(error, ERROR_USAGE, EINVAL, "person-invalid",
		_("A person's name and title must be UTF-8 of at most %d characters, and the name "
		  "not "
		  "empty"),
		NAME_MAX_CHARACTERS);
}

int authority_issue(const struct authority *authority, EVP_PKEY *public_key,
	const struct authority_subject *subject, int64_t now_utc_ms, X509 **ret,
	struct error *error)
{
	time_t now = (time_t)(now_utc_ms / 1000);
	if (X509_cmp_time(X509_get0_notAfter(authority->certificate), &now) <= 0) {
		(void)error_set(error, ERROR_REFUSED, EKEYEXPIRED, "ca-expired",
			_("The certificate of the CA has ended, and it issues nothing more"));
		return error_next(error,
			_("Name a new key folder in the configuration and make its keys with: "
			  "haiki report key init"));
	}
	X509 *issuer = authority->certificate, *made = X509_new();
	bool begun = made && begin(made, public_key, issuer, subject->days, now_utc_ms);
	int result = begun ? set_subject(authority, subject, made, error)
			   : key_openssl_failed("keys-failed", error);
	if (result == 0 && (X509_set_issuer_name(made, X509_get_subject_name(issuer)) != 1 ||
				   !add_extensions(made, issuer, signer_extensions,
					   ARRAY_SIZE(signer_extensions)) ||
				   (subject->role != ROLE_ISSUER &&
					   role_add_certificate(made, subject->role) != 0) ||
				   X509_sign(made, authority->key, EVP_sha256()) <= 0))
		result = key_openssl_failed("keys-failed", error);
	if (result == 0)
		*ret = made;
	else
		X509_free(made);
	return result;
}

/* --- that of the folder --- */

static int not_ours(const char *folder, struct error *error)
{
	(void)error_set(error, ERROR_USAGE, ENOENT, "ca-not-ours",
		_("There is no ca.key in %s: certificates come from another CA"), folder);
	return error_next(error, _("Ask that CA for it: haiki report key request."));
}

int authority_load(const char *folder, const struct passphrase *passphrase, struct authority *ret,
	struct error *error)
{
	AUTO_AUTHORITY struct authority found = { 0 };
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = key_read_certificate(folder, "ca.crt", &pem, &found.certificate, error);
	if (result == 0 && !key_is_there(folder, "ca.key"))
		return not_ours(folder, error);
	if (result == 0)
		result = key_read(folder, "ca.key", passphrase, &found.key, error);
	if (result != 0)
		return result;
	if (X509_check_private_key(found.certificate, found.key) != 1) {
		ERR_clear_error();
		return error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("ca.key is not the key of ca.crt"));
	}
	*ret = found;
	found = (struct authority){ 0 };
	return 0;
}
