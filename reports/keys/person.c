/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing beside those who have signed. */
#include "reports/keys/person.h"

#include "base/text.h"
#include "reports/keys/authority.h"
#include "verify/certificate/detached.h"
#include <ctype.h>
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <string.h>

/* The digest of the document is taken from those who signed it. */
#define SIGN_FLAGS                                                                                 \
	(CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | CMS_PARTIAL | CMS_REUSE_DIGEST)

void person_free(struct person_key *person)
{
	EVP_PKEY_free(person->key);
	X509_free(person->certificate);
	sk_X509_pop_free(person->chain, X509_free);
	*person = (struct person_key){ 0 };
}

static int read_name(struct person_key *person, struct error *error)
{
	const X509_NAME *subject = X509_get_subject_name(person->certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int length = at < 0 ? -1
			    : ASN1_STRING_to_UTF8(&text,
				      X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	bool fits = length > 0 && (size_t)length < sizeof(person->name) &&
		    !memchr(text, 0, (size_t)length);
	if (fits) {
		memcpy(person->name, text, (size_t)length);
		person->name[length] = '\0';
	}
	OPENSSL_free(text);
	ERR_clear_error();
	return fits ? 0
		    : error_set(error, ERROR_USAGE, EINVAL, "person-invalid",
			      _("The person's certificate does not say a name"));
}

static int read_key(const char *folder, const struct passphrase *passphrase, EVP_PKEY **ret,
	struct error *error)
{
	if (!key_is_there(folder, "person.key")) {
		error_set(error, ERROR_USAGE, ENOENT, "keys-missing",
			_("There is no person's key in the folder %s"), folder);
		return error_next(error,
			_("Name the folder that was made with: haiki report key person NAME"));
	}
	int result = key_read(folder, "person.key", passphrase, ret, error);
	/* The person's passphrase is not the one of the configuration. */
	return result == -EACCES || result == -ENOKEY
		       ? error_next(
				 error, _("Give the person's own passphrase: --passphrase FILE, or "
					  "--passphrase - to be asked for it."))
		       : result;
}

int person_load(const char *folder, const struct passphrase *passphrase, struct person_key *ret,
	struct error *error)
{
	AUTO_PERSON struct person_key person = { 0 };
	int result = read_key(folder, passphrase, &person.key, error);
	if (result == 0)
		result = key_read_certificates(folder, "person.crt", &person.chain, error);
	if (result != 0)
		return result;
	person.certificate = sk_X509_shift(person.chain);
	if (!key_is_of(person.key, person.certificate))
		return error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("person.key is not the key of person.crt"));
	result = read_name(&person, error);
	if (result != 0)
		return result;
	*ret = person;
	person = (struct person_key){ 0 };
	return 0;
}

int person_check(const struct person_key *person, enum role role, const struct trust *trust,
	const char *list_folder, int64_t now_utc_ms, struct error *error)
{
	STACK_OF(X509) *way = NULL;
	if (!role_is_allowed(role, person->certificate))
		return error_set(error, ERROR_REFUSED, EKEYREJECTED, "signer-not-allowed",
			_("The certificate of %s was given for another role"), person->name);
	int result = trust_check_signer(
		trust, person->certificate, person->chain, now_utc_ms, &way, error);
	if (result != 0)
		return result;
	trust_way_free(way);
	result = authority_is_revoked(list_folder, person->certificate, error);
	if (result == 1)
		result = error_set(error, ERROR_REFUSED, EKEYREVOKED, "signer-revoked",
			_("The certificate of %s was revoked"), person->name);
	return result;
}

/* --- names --- */

static const char *skip_blanks(const char *text)
{
	for (;;)
		if (*text == ' ' || *text == '\t')
			text++;
		else if (strncmp(text, "\xe3\x80\x80", 3) == 0) /* U+3000 */
			text += 3;
		else
			return text;
}

bool person_same_name(const char *a, const char *b)
{
	for (;;) {
		a = skip_blanks(a);
		b = skip_blanks(b);
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

/* --- signing --- */

static int failed(struct error *error)
{
	char reason[160];
	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	ERR_clear_error();
	return error_set(error, ERROR_FAILED, EIO, "signing-failed",
		_("The document could not be signed: %s"), reason);
}

static bool has_certificate(CMS_ContentInfo *cms, const X509 *certificate)
{
	STACK_OF(X509) *inside = CMS_get1_certs(cms);
	bool has = false;
	for (int i = 0; !has && i < sk_X509_num(inside); i++)
		has = X509_cmp(sk_X509_value(inside, i), certificate) == 0;
	sk_X509_pop_free(inside, X509_free);
	return has;
}

static bool add_signature(CMS_ContentInfo *cms, const struct person_key *person, enum role role)
{
	CMS_SignerInfo *info =
		CMS_add1_signer(cms, person->certificate, person->key, EVP_sha256(), SIGN_FLAGS);
	bool added = info && role_add(info, role) == 0 && CMS_SignerInfo_sign(info) == 1;
	for (int i = 0; added && i < sk_X509_num(person->chain); i++) {
		X509 *one = sk_X509_value(person->chain, i);
		added = has_certificate(cms, one) || CMS_add1_cert(cms, one) == 1;
	}
	return added;
}

static int encode(
	const CMS_ContentInfo *cms, uint8_t **ret, size_t *ret_length, struct error *error)
{
	unsigned char *der = NULL;
	int length = i2d_CMS_ContentInfo(cms, &der);
	if (length <= 0)
		return failed(error);
	*ret = malloc((size_t)length);
	if (*ret)
		memcpy(*ret, der, (size_t)length);
	OPENSSL_free(der);
	*ret_length = (size_t)length;
	return *ret ? 0 : error_no_memory(error);
}

/* What we cannot verify ourselves, nobody can; and nothing that was there may be lost. */
static int read_back(const struct detached *before, const struct person_key *person, enum role role,
	const struct signed_document *document, const uint8_t *der, size_t der_length,
	struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *after = NULL;
	int result = detached_parse(der, der_length, NULL, &after, error);
	if (result == 0)
		result = detached_verify(after, document->data, document->length, error);
	if (result != 0)
		return result;
	bool found = false;
	for (unsigned i = 1; i < detached_signer_count(after); i++) {
		struct detached_signer signer;
		detached_signer_get(after, i, &signer);
		found = found || (signer.certificate &&
					 X509_cmp(signer.certificate, person->certificate) == 0 &&
					 strcmp(signer.role, role_name(role)) == 0);
	}
	if (found && detached_extends(before, after))
		return 0;
	return error_set(error, ERROR_FAILED, EIO, "signing-failed",
		_("The document was signed, but the signature does not verify"));
}

static int sign_again(const struct person_key *person, enum role role,
	const struct signed_document *document, uint8_t **ret, size_t *ret_length,
	struct error *error)
{
	const unsigned char *cursor = document->p7s;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)document->p7s_length);
	int result = cms && add_signature(cms, person, role) ? encode(cms, ret, ret_length, error)
							     : failed(error);
	CMS_ContentInfo_free(cms);
	return result;
}

int person_sign(const struct person_key *person, enum role role,
	const struct signed_document *document, uint8_t **ret, size_t *ret_length,
	struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *before = NULL;
	AUTO_FREE uint8_t *der = NULL;
	size_t der_length = 0;
	int result = detached_parse(document->p7s, document->p7s_length, NULL, &before, error);
	if (result == 0)
		result = detached_verify(before, document->data, document->length, error);
	if (result == 0)
		result = sign_again(person, role, document, &der, &der_length, error);
	if (result == 0)
		result = read_back(before, person, role, document, der, der_length, error);
	if (result != 0)
		return result;
	*ret = der;
	*ret_length = der_length;
	der = NULL;
	return 0;
}
