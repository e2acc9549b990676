/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The organisation's own CA: a request out, a certificate with its chain in. */
#include "base/file.h"
#include "base/text.h"
#include "reports/keys/authority.h"
#include "reports/keys/home.h"
#include "reports/keys/keys_change.h"
#include "reports/keys/summary.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define REQUEST_KEY "request.key" /* waits for its certificate; signer.key signs meanwhile */

/* --- a request --- */

static bool wish_extensions(X509_REQ *request)
{
	static const struct {
		int nid;
		const char *value;
	} wishes[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
		{ NID_ext_key_usage, "emailProtection" },
	};
	STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
	bool wished = extensions != NULL;
	for (size_t i = 0; wished && i < ARRAY_SIZE(wishes); i++) {
		X509_EXTENSION *one =
			X509V3_EXT_conf_nid(NULL, NULL, wishes[i].nid, wishes[i].value);
		wished = one && sk_X509_EXTENSION_push(extensions, one) > 0;
		if (!wished)
			X509_EXTENSION_free(one);
	}
	wished = wished && X509_REQ_add_extensions(request, extensions) == 1;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return wished;
}

static bool sign_request(X509_REQ *request, EVP_PKEY *key, const struct key_home *home)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context &&
		    EVP_DigestSignInit_ex(
			    context, NULL, "SHA256", NULL, home_properties(home), key, NULL) == 1 &&
		    X509_REQ_sign_ctx(request, context) > 0;
	EVP_MD_CTX_free(context);
	return done;
}

static int write_request(const X509 *signer, EVP_PKEY *key, const struct key_home *home,
	struct buffer *ret, struct error *error)
{
	X509_REQ *request = X509_REQ_new();
	BIO *pem = BIO_new(BIO_s_mem());
	char *data = NULL;
	bool made = request && pem && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
		    X509_REQ_set_subject_name(request, X509_get_subject_name(signer)) == 1 &&
		    X509_REQ_set_pubkey(request, key) == 1 && wish_extensions(request) &&
		    sign_request(request, key, home) && PEM_write_bio_X509_REQ(pem, request) == 1;
	long length = made ? BIO_get_mem_data(pem, &data) : 0;
	int result = length > 0 ? 0 : key_openssl_failed("keys-failed", error);
	if (result == 0 && buffer_append(ret, data, (size_t)length) != 0)
		result = error_no_memory(error);
	BIO_free(pem);
	X509_REQ_free(request);
	return result;
}

/* The key the request is for: the token's, or one that waits in a file. */
static int take_key(const struct config *config, const struct passphrase *passphrase, bool make,
	struct key_home **ret_home, EVP_PKEY **ret, struct error *error)
{
	const char *folder = config->keys_folder;
	*ret_home = NULL;
	if (home_kind_of(config) != HOME_FILE)
		return home_open(config, passphrase, ret_home, ret, error);
	if (!make && !key_is_there(folder, REQUEST_KEY)) {
		error_set(error, ERROR_WAITING, ENOENT, "keys-missing",
			_("No certificate was asked for by this keys folder: %s"), folder);
		return error_next(error, _("Ask first: haiki report key request; the answer fits "
					   "that request alone."));
	}
	if (!make || key_is_there(folder, REQUEST_KEY))
		return key_read(folder, REQUEST_KEY, passphrase, ret, error);
	int encrypted = key_is_encrypted(folder, "signer.key", error);
	if (encrypted < 0)
		return encrypted;
	*ret = EVP_EC_gen("P-256");
	return *ret ? key_write(*ret, folder, REQUEST_KEY, encrypted > 0 ? passphrase : NULL, error)
		    : key_openssl_failed("keys-failed", error);
}

int keys_request(const struct config *config, struct buffer *ret, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	struct key_home *home = NULL;
	EVP_PKEY *key = NULL;
	X509 *signer = NULL;
	int result = passphrase_read(config, &passphrase, error);
	if (result == 0)
		result = key_read_certificate(
			config->keys_folder, "signer.crt", &pem, &signer, error);
	if (result == 0)
		result = take_key(config, &passphrase, true, &home, &key, error);
	if (result == 0)
		result = write_request(signer, key, home, ret, error);
	X509_free(signer);
	EVP_PKEY_free(key);
	home_close(home);
	return result;
}

/* --- its answer --- */

struct answer {
	STACK_OF(X509) * all; /* owner of the others */
	X509 *signer, *ca;
	STACK_OF(X509) * between;
};

static void cleanup_answer(struct answer *answer)
{
	sk_X509_free(answer->between);
	sk_X509_pop_free(answer->all, X509_free);
}

static int incomplete(struct error *error)
{
	(void)error_set(error, ERROR_USAGE, EBADMSG, "chain-incomplete",
		_("The file does not hold one certificate for the key that was asked for and all "
		  "up to "
		  "one CA that signed itself"));
	return error_next(
		error, _("Put the certificates of the signer, of the CAs between and of the "
			 "root into one PEM file."));
}

/* By the key whose is the signer's, by who signed itself the CA's, and the rest stands between. */
static int sort_answer(struct answer *answer, EVP_PKEY *key, struct error *error)
{
	answer->between = sk_X509_new_null();
	if (!answer->between)
		return error_no_memory(error);
	for (int i = 0; i < sk_X509_num(answer->all); i++) {
		X509 *one = sk_X509_value(answer->all, i);
		if (key_is_of(key, one)) {
			if (answer->signer)
				return incomplete(error);
			answer->signer = one;
		} else if (X509_self_signed(one, 1) == 1) {
			if (answer->ca)
				return incomplete(error);
			answer->ca = one;
		} else if (sk_X509_push(answer->between, one) <= 0) {
			return error_no_memory(error);
		}
	}
	ERR_clear_error();
	return answer->signer && answer->ca ? 0 : incomplete(error);
}

/* As a stranger does who has this CA's certificate alone. */
static int check_answer(const struct answer *answer, int64_t now_utc_ms, struct error *error)
{
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	BIO *pem = BIO_new(BIO_s_mem());
	char *data = NULL;
	long length =
		pem && PEM_write_bio_X509(pem, answer->ca) == 1 ? BIO_get_mem_data(pem, &data) : 0;
	int result = length > 0 ? trust_load(data, (size_t)length, "ca.crt", &trust, error)
				: error_no_memory(error);
	BIO_free(pem);
	if (result == 0 && !role_is_allowed(ROLE_ISSUER, answer->signer))
		result = error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-not-allowed",
			_("signer.crt is a person's certificate, which cannot issue certificates"));
	return result == 0 ? trust_check_signer(
				     trust, answer->signer, answer->all, now_utc_ms, NULL, error)
			   : result;
}

static int read_answer(const char *path, EVP_PKEY *key, struct answer *ret, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = file_read(path, &pem, error);
	if (result == 0)
		result = key_decode_certificates(&pem, path, &ret->all, error);
	return result == 0 ? sort_answer(ret, key, error) : result;
}

static int prepare(
	const struct config *config, const char *path, int64_t now_utc_ms, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	CLEANUP(cleanup_answer) struct answer answer = { 0 };
	struct key_home *home = NULL;
	EVP_PKEY *key = NULL;
	bool in_file = home_kind_of(config) == HOME_FILE;
	int encrypted = 0;
	int result = passphrase_read(config, &passphrase, error);
	if (result == 0)
		result = take_key(config, &passphrase, false, &home, &key, error);
	if (result == 0)
		result = read_answer(path, key, &answer, error);
	if (result == 0)
		result = check_answer(&answer, now_utc_ms, error);
	if (result == 0 && in_file) {
		encrypted = key_is_encrypted(config->keys_folder, REQUEST_KEY, error);
		result = MIN(encrypted, 0);
	}
	if (result == 0) {
		const struct keys_new new = { in_file ? key : NULL, answer.signer, answer.ca,
			answer.between };
		result = keys_change_begin(
			config->keys_folder, &new, encrypted > 0 ? &passphrase : NULL, error);
	}
	EVP_PKEY_free(key);
	home_close(home);
	return result;
}

/* A change that was cut and is none of the request's is finished by who began it. */
static int check_cut(const struct config *config, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	struct key_home *home = NULL;
	EVP_PKEY *key = NULL;
	X509 *next = NULL;
	int result = passphrase_read(config, &passphrase, error);
	if (result == 0)
		result = take_key(config, &passphrase, false, &home, &key, error);
	if (result == 0)
		result = key_read_certificate(
			config->keys_folder, "next/signer.crt", &pem, &next, error);
	if (result == 0 && !key_is_of(key, next)) {
		result = error_set(error, ERROR_REFUSED, EBUSY, "keys-change-cut",
			_("Another change of the signer was cut"));
		error_next(error, _("Finish it with: haiki report key rotate; then accept again."));
	}
	X509_free(next);
	EVP_PKEY_free(key);
	home_close(home);
	return result;
}

static int summarise_ca(const char *folder, struct key_summary *ret, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	X509 *ca = NULL;
	int result = key_read_certificate(folder, "ca.crt", &pem, &ca, error);
	if (result == 0)
		result = key_summarise(ca, ret, error);
	X509_free(ca);
	return result;
}

int keys_accept(const struct config *config, struct store *store, const char *path,
	int64_t now_utc_ms, struct key_summary *ret_ca, struct key_summary *ret_signer,
	struct error *error)
{
	struct key_summary old;
	char request[PATH_MAX];
	int result = store ? store_begin(store, error) : 0;
	if (result != 0)
		return result;
	if (keys_change_is_cut(config->keys_folder))
		result = check_cut(config, error);
	else
		result = prepare(config, path, now_utc_ms, error);
	if (result == 0)
		result = keys_change_install(
			config->keys_folder, store, now_utc_ms, &old, ret_signer, error);
	if (result == 0)
		result = summarise_ca(config->keys_folder, ret_ca, error);
	if (store)
		result = store_end(store, result, error);
	if (result != 0)
		return result;
	keys_change_clear(config->keys_folder);
	if (key_path(request, config->keys_folder, REQUEST_KEY, NULL) == 0)
		(void)unlink(request);
	return 0;
}
