/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What our own CA does after it was made: a new signer, a person's key, a revocation. */
#include "base/file.h"
#include "base/text.h"
#include "reports/keys/authority.h"
#include "reports/keys/home.h"
#include "reports/keys/keys_change.h"
#include "reports/keys/keys_record.h"
#include "reports/keys/summary.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ISSUED "issued"

/* The new key of a file is as well kept as the CA's. */
static int seal_of(const char *folder, const struct passphrase *passphrase,
	const struct passphrase **ret, struct error *error)
{
	int encrypted = key_is_encrypted(folder, "ca.key", error);
	*ret = encrypted > 0 ? passphrase : NULL;
	return encrypted < 0 ? encrypted : 0;
}

/* --- a new signer --- */

static int prepare(const struct config *config, int64_t now_utc_ms, struct error *error)
{
	static const struct authority_subject signer = {
		.common_name = "haiki signer",
		.title = "",
		.role = ROLE_ISSUER,
		.days = KEYS_SIGNER_DAYS,
	};
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_AUTHORITY struct authority authority = { 0 };
	const struct passphrase *seal = NULL;
	struct key_home *home = NULL;
	struct keys_new new = { 0 };
	EVP_PKEY *key = NULL;
	bool in_file = home_kind_of(config) == HOME_FILE;
	int result = passphrase_read(config, &passphrase, error);
	if (result == 0)
		result = authority_load(config->keys_folder, &passphrase, &authority, error);
	if (result == 0)
		result = seal_of(config->keys_folder, &passphrase, &seal, error);
	if (result == 0 && !in_file)
		result = home_open(config, &passphrase, &home, &key, error);
	if (result == 0 && in_file && !(key = EVP_EC_gen("P-256")))
		result = key_openssl_failed("keys-failed", error);
	if (result == 0)
		result = authority_issue(&authority, key, &signer, now_utc_ms, &new.signer, error);
	if (result == 0) {
		new.signer_key = in_file ? key : NULL;
		result = keys_change_begin(config->keys_folder, &new, seal, error);
	}
	X509_free(new.signer);
	EVP_PKEY_free(key);
	home_close(home);
	return result;
}

int keys_rotate(const struct config *config, struct store *store, int64_t now_utc_ms,
	struct key_summary *ret_old, struct key_summary *ret_new, struct error *error)
{
	int result = store ? store_begin(store, error) : 0;
	if (result != 0)
		return result;
	if (!keys_change_is_cut(config->keys_folder))
		result = prepare(config, now_utc_ms, error);
	if (result == 0)
		result = keys_change_install(
			config->keys_folder, store, now_utc_ms, ret_old, ret_new, error);
	if (store)
		result = store_end(store, result, error);
	if (result == 0)
		keys_change_clear(config->keys_folder);
	return result;
}

/* --- a person's key --- */

static int make_person_folder(const char *folder, struct error *error)
{
	if (mkdir(folder, 0700) == 0)
		return 0;
	if (errno == EEXIST) {
		(void)error_set(error, ERROR_REFUSED, EEXIST, "keys-exist",
			_("%s is there already; keys are never overwritten"), folder);
		return error_next(error, _("Name a folder that is not there yet."));
	}
	return file_advise(error_set(error, ERROR_FAILED, errno, "keys-write",
				   _("Cannot make the folder %s: %s"), folder, strerror(errno)),
		error);
}

/* So that it can be revoked by its number when the person's folder is gone. */
static int keep_issued(const char *folder, X509 *certificate, struct error *error)
{
	char path[PATH_MAX], name[64], serial[41];
	if (!key_serial_number(certificate, serial, sizeof(serial)))
		return key_openssl_failed("keys-failed", error);
	(void)snprintf(name, sizeof(name), ISSUED "/%s.crt", serial);
	int result = key_path(path, folder, ISSUED, error);
	if (result == 0)
		result = file_make_folder(path, 0700, error);
	return result == 0 ? key_write_certificate(certificate, folder, name, error) : result;
}

static int write_person(const struct person_wish *wish, EVP_PKEY *key, X509 *certificate, X509 *ca,
	struct error *error)
{
	int result = key_write(key, wish->folder, "person.key", wish->passphrase, error);
	if (result == 0)
		result = key_write_certificate(certificate, wish->folder, "person.crt", error);
	return result == 0 ? key_write_certificate(ca, wish->folder, "ca.crt", error) : result;
}

/* A folder that lacks something is of no use to anybody. */
static void remove_person(const char *folder)
{
	static const char *const names[] = { "person.key", "person.crt", "ca.crt" };
	char path[PATH_MAX];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (key_path(path, folder, names[i], NULL) == 0)
			(void)unlink(path);
	(void)rmdir(folder);
}

static int record_person(struct store *store, const char *folder, X509 *certificate,
	int64_t now_utc_ms, struct error *error)
{
	static const struct key_change made = { "made", "person", "" };
	int result = store ? store_begin(store, error) : 0;
	if (result != 0)
		return result;
	result = keep_issued(folder, certificate, error);
	if (result == 0)
		result = keys_record(store, &made, certificate, now_utc_ms, error);
	return store ? store_end(store, result, error) : result;
}

/* Recorded before it is written: a certificate whose key nobody has does no harm, one that nobody knows of may. */
static int hand_out(const struct config *config, struct store *store,
	const struct person_wish *wish, EVP_PKEY *key, X509 *certificate, X509 *ca,
	int64_t now_utc_ms, struct error *error)
{
	int result = make_person_folder(wish->folder, error);
	if (result != 0)
		return result;
	result = record_person(store, config->keys_folder, certificate, now_utc_ms, error);
	if (result == 0)
		result = write_person(wish, key, certificate, ca, error);
	if (result != 0)
		remove_person(wish->folder);
	return result;
}

int keys_person(const struct config *config, struct store *store, const struct person_wish *wish,
	int64_t now_utc_ms, struct key_summary *ret, struct error *error)
{
	const struct authority_subject subject = { wish->name, wish->title, wish->role,
		KEYS_PERSON_DAYS };
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_AUTHORITY struct authority authority = { 0 };
	X509 *certificate = NULL;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	int result = key ? passphrase_read(config, &passphrase, error)
			 : key_openssl_failed("keys-failed", error);
	if (result == 0)
		result = authority_load(config->keys_folder, &passphrase, &authority, error);
	if (result == 0)
		result =
			authority_issue(&authority, key, &subject, now_utc_ms, &certificate, error);
	if (result == 0)
		result = hand_out(config, store, wish, key, certificate, authority.certificate,
			now_utc_ms, error);
	if (result == 0)
		result = key_summarise(certificate, ret, error);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return result;
}

/* --- revocation --- */

static bool is_serial_number(const char *text)
{
	size_t length = strlen(text);
	return length > 0 && length <= 40 && strspn(text, "0123456789ABCDEFabcdef") == length;
}

/* 1: it is this certificate's number, regardless of case and leading zeros. */
static bool has_number(const X509 *certificate, const char *text)
{
	BIGNUM *wanted = NULL;
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	bool same = BN_hex2bn(&wanted, text) > 0 && number && BN_cmp(wanted, number) == 0;
	BN_free(wanted);
	BN_free(number);
	return same;
}

static int find_by_number(const char *folder, const char *number, X509 **ret, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	char upper[41] = "", name[96];
	for (size_t i = 0; number[i]; i++)
		upper[i] = (char)(number[i] >= 'a' ? number[i] - 'a' + 'A' : number[i]);
	static const char *const places[] = { ISSUED "/", "retired/signer-" };
	int result = key_read_certificate(folder, "signer.crt", &pem, ret, error);
	if (result != 0 || has_number(*ret, number))
		return result;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		(void)snprintf(name, sizeof(name), "%s%s.crt", places[i], upper);
		if (!key_is_there(folder, name))
			continue;
		X509_free(*ret);
		*ret = NULL;
		pem.length = 0;
		return key_read_certificate(folder, name, &pem, ret, error);
	}
	X509_free(*ret);
	*ret = NULL;
	return error_set(error, ERROR_USAGE, ENOENT, "key-unknown",
		_("No certificate with the number %s was issued from this key folder"), number);
}

static int find_by_file(const char *path, X509 **ret, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	STACK_OF(X509) *found = NULL;
	int result = file_read(path, &pem, error);
	if (result == 0)
		result = key_decode_certificates(&pem, path, &found, error);
	if (result == 0)
		*ret = sk_X509_shift(found); /* others are those above it */
	sk_X509_pop_free(found, X509_free);
	return result;
}

static int check_ours(const struct authority *authority, X509 *certificate, struct error *error)
{
	if (X509_cmp(authority->certificate, certificate) != 0 &&
		X509_verify(certificate, authority->key) == 1)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "key-not-ours",
		_("This certificate was not issued by the CA of this key folder"));
}

static const char *kind_of(const X509 *certificate)
{
	return role_of_certificate(certificate) == ROLE_ISSUER ? "signer" : "person";
}

static int record_revocation(struct store *store, X509 *certificate, enum revocation_reason reason,
	int64_t now_utc_ms, struct error *error)
{
	const struct key_change change = { "revoked", kind_of(certificate),
		revocation_reason_name(reason) };
	int result = store ? store_begin(store, error) : 0;
	if (result != 0)
		return result;
	result = keys_record(store, &change, certificate, now_utc_ms, error);
	return store ? store_end(store, result, error) : result;
}

/* The record first: cut in between, it is not on the list yet, and doing it again puts it there. */
static int put_on_list(const struct config *config, struct store *store, X509 *certificate,
	enum revocation_reason reason, int64_t now_utc_ms, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_AUTHORITY struct authority authority = { 0 };
	const char *folder = config->keys_folder;
	int result = passphrase_read(config, &passphrase, error);
	if (result == 0)
		result = authority_load(folder, &passphrase, &authority, error);
	if (result == 0)
		result = check_ours(&authority, certificate, error);
	if (result == 0)
		result = authority_may_revoke(&authority, folder, certificate, error);
	if (result == 0)
		result = record_revocation(store, certificate, reason, now_utc_ms, error);
	return result == 0 ? authority_revoke(
				     &authority, folder, certificate, reason, now_utc_ms, error)
			   : result;
}

int keys_revoke(const struct config *config, struct store *store, const char *which,
	enum revocation_reason reason, int64_t now_utc_ms, struct key_summary *ret,
	struct error *error)
{
	X509 *certificate = NULL;
	if (!revocation_reason_name(reason))
		return error_set(error, ERROR_USAGE, EINVAL, "revocation-reason",
			_("The reason of the revocation is not known"));
	int result = is_serial_number(which)
			     ? find_by_number(config->keys_folder, which, &certificate, error)
			     : find_by_file(which, &certificate, error);
	if (result == 0)
		result = put_on_list(config, store, certificate, reason, now_utc_ms, error);
	if (result == 0)
		result = key_summarise(certificate, ret, error);
	X509_free(certificate);
	return result;
}
