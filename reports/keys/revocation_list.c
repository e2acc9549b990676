/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ca.crl, the list of what our CA no longer stands for: X.509 CRL version 2 (RFC 5280 5). */
#include "base/file.h"
#include "base/text.h"
#include "reports/keys/authority.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define LIST_FILE "ca.crl"
#define LIST_FILE_MAX (4 * MIB)

static const struct {
	enum revocation_reason reason;
	const char *name;
} reasons[] = {
	{ REVOKED_UNSPECIFIED, "unspecified" },
	{ REVOKED_KEY_COMPROMISE, "key-compromise" },
	{ REVOKED_AFFILIATION_CHANGED, "affiliation-changed" },
	{ REVOKED_SUPERSEDED, "superseded" },
	{ REVOKED_CESSATION, "cessation" },
	{ REVOKED_PRIVILEGE_WITHDRAWN, "privilege-withdrawn" },
};

const char *revocation_reason_name(enum revocation_reason reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].name;
	return NULL;
}

enum revocation_reason revocation_reason_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strcmp(reasons[i].name, word) == 0)
			return reasons[i].reason;
	return REVOKED_UNKNOWN;
}

/* NULL in *ret: there is none yet. */
static int load(const char *folder, X509_CRL **ret, struct error *error)
{
	char path[PATH_MAX];
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(LIST_FILE_MAX);
	*ret = NULL;
	if (!key_is_there(folder, LIST_FILE))
		return 0;
	int result = key_path(path, folder, LIST_FILE, error);
	if (result == 0)
		result = file_read(path, &pem, error);
	if (result != 0)
		return result;
	char no_passphrase[] = "";
	BIO *source = BIO_new_mem_buf(pem.data, (int)pem.length);
	*ret = source ? PEM_read_bio_X509_CRL(source, NULL, NULL, no_passphrase) : NULL;
	BIO_free(source);
	return *ret ? 0 : key_malformed(path, error);
}

static bool has(X509_CRL *list, const X509 *certificate)
{
	X509_REVOKED *found = NULL;
	return X509_CRL_get0_by_serial(list, &found, X509_get0_serialNumber(certificate)) != 0;
}

int authority_is_revoked(const char *folder, const X509 *certificate, struct error *error)
{
	X509_CRL *list = NULL;
	int result = load(folder, &list, error);
	if (result == 0 && list)
		result = X509_NAME_cmp(X509_CRL_get_issuer(list),
				 X509_get_issuer_name(certificate)) == 0 &&
			 has(list, certificate);
	X509_CRL_free(list);
	return result;
}

/* --- writing --- */

static bool copy_entries(X509_CRL *list, X509_CRL *earlier)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(earlier);
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		X509_REVOKED *copy = X509_REVOKED_dup(sk_X509_REVOKED_value(entries, i));
		if (!copy || X509_CRL_add0_revoked(list, copy) != 1) {
			X509_REVOKED_free(copy);
			return false;
		}
	}
	return true;
}

/* "unspecified" is said by saying nothing (RFC 5280 5.3.1). */
static bool add_reason(X509_REVOKED *entry, enum revocation_reason reason)
{
	if (reason == REVOKED_UNSPECIFIED)
		return true;
	ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
	bool added = value && ASN1_ENUMERATED_set(value, (long)reason) == 1 &&
		     X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1;
	ASN1_ENUMERATED_free(value);
	return added;
}

static bool add_entry(X509_CRL *list, const X509 *certificate, enum revocation_reason reason,
	const ASN1_TIME *now)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	/* Only read; the function takes a copy. */
	ASN1_INTEGER *number = (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(certificate);
	ASN1_TIME *date = ASN1_STRING_dup(now);
	bool added = entry && date && X509_REVOKED_set_serialNumber(entry, number) == 1 &&
		     X509_REVOKED_set_revocationDate(entry, date) == 1 &&
		     add_reason(entry, reason) && X509_CRL_add0_revoked(list, entry) == 1;
	ASN1_TIME_free(date);
	if (!added)
		X509_REVOKED_free(entry);
	return added;
}

static bool add_number(X509_CRL *list, X509_CRL *earlier)
{
	ASN1_INTEGER *last =
		earlier ? X509_CRL_get_ext_d2i(earlier, NID_crl_number, NULL, NULL) : NULL;
	int64_t count = 0;
	ASN1_INTEGER *next = ASN1_INTEGER_new();
	bool added = next && (!last || ASN1_INTEGER_get_int64(&count, last) == 1) && count >= 0 &&
		     count < INT64_MAX && ASN1_INTEGER_set_int64(next, count + 1) == 1 &&
		     X509_CRL_add1_ext_i2d(list, NID_crl_number, next, 0, 0) == 1;
	ASN1_INTEGER_free(last);
	ASN1_INTEGER_free(next);
	return added;
}

static bool add_authority(X509_CRL *list, X509 *issuer)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, NULL, NULL, list, 0);
	X509V3_set_ctx_nodb(&context);
	X509_EXTENSION *extension =
		X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
	bool added = extension && X509_CRL_add_ext(list, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool fill(X509_CRL *list, X509_CRL *earlier, const struct authority *authority,
	const X509 *certificate, enum revocation_reason reason, const ASN1_TIME *now)
{
	X509 *issuer = authority->certificate;
	return X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
	       X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer)) == 1 &&
	       X509_CRL_set1_lastUpdate(list, now) == 1 &&
	       X509_CRL_set1_nextUpdate(list, X509_get0_notAfter(issuer)) == 1 &&
	       (!earlier || copy_entries(list, earlier)) &&
	       (!certificate || add_entry(list, certificate, reason, now)) &&
	       X509_CRL_sort(list) == 1 && add_authority(list, issuer) &&
	       add_number(list, earlier) && X509_CRL_sign(list, authority->key, EVP_sha256()) > 0;
}

static int write_list(X509_CRL *list, const char *folder, struct error *error)
{
	char path[PATH_MAX], *data = NULL;
	BIO *pem = BIO_new(BIO_s_mem());
	long length =
		pem && PEM_write_bio_X509_CRL(pem, list) == 1 ? BIO_get_mem_data(pem, &data) : 0;
	int result = length > 0 ? key_path(path, folder, LIST_FILE, error)
				: key_openssl_failed("keys-failed", error);
	if (result == 0)
		result = file_write(path, data, (size_t)length, 0644, error);
	BIO_free(pem);
	return result;
}

/* The list that is there must be this CA's, else its entries would be lost or false. */
static int check_earlier(X509_CRL *earlier, const struct authority *authority,
	const X509 *certificate, struct error *error)
{
	if (earlier && X509_CRL_verify(earlier, authority->key) != 1) {
		ERR_clear_error();
		return error_set(error, ERROR_FAILED, EBADMSG, "keys-mismatch",
			_("ca.crl is not signed by ca.key"));
	}
	if (earlier && certificate && has(earlier, certificate))
		return error_set(error, ERROR_USAGE, EEXIST, "key-revoked",
			_("This certificate is on the list of revoked certificates already"));
	return 0;
}

int authority_may_revoke(const struct authority *authority, const char *folder,
	const X509 *certificate, struct error *error)
{
	X509_CRL *earlier = NULL;
	int result = load(folder, &earlier, error);
	if (result == 0)
		result = check_earlier(earlier, authority, certificate, error);
	X509_CRL_free(earlier);
	return result;
}

int authority_revoke(const struct authority *authority, const char *folder, const X509 *certificate,
	enum revocation_reason reason, int64_t now_utc_ms, struct error *error)
{
	X509_CRL *earlier = NULL, *list = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(now_utc_ms / 1000));
	int result = list && now ? load(folder, &earlier, error) : error_no_memory(error);
	if (result == 0)
		result = check_earlier(earlier, authority, certificate, error);
	if (result == 0)
		result = fill(list, earlier, authority, certificate, reason, now)
				 ? write_list(list, folder, error)
				 : key_openssl_failed("keys-failed", error);
	ASN1_TIME_free(now);
	X509_CRL_free(earlier);
	X509_CRL_free(list);
	return result;
}
