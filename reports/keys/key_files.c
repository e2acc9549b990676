/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing the key folder's files. */
#include "reports/keys/key_files.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <string.h>

#define KEY_FILE_MAX (16 * KIB)

int key_path(char ret[static PATH_MAX], const char *folder, const char *name, struct error *error)
{
	int length = snprintf(ret, PATH_MAX, "%s/%s", folder, name);
	if (length > 0 && length < PATH_MAX)
		return 0;
	return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
		_("The path of the folder %s is too long"), folder);
}

int key_openssl_failed(const char *code, struct error *error)
{
	char reason[160];
	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	ERR_clear_error();
	return error_set(error, ERROR_FAILED, EIO, code, _("OpenSSL refused: %s"), reason);
}

int key_missing(const char *path, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, ENOENT, "keys-missing",
		_("There is no key to sign with: %s is missing"), path);
	return error_next(error,
		_("Make the keys with: haiki report key init --organisation NAME; then start "
		  "again."));
}

int key_malformed(const char *path, struct error *error)
{
	ERR_clear_error();
	return error_set(error, ERROR_WAITING, EBADMSG, "keys-malformed", _("%s is damaged"), path);
}

/* --- reading --- */

/* Read into the caller's memory, so that no copy of a key stays behind in the heap. */
static int read_secret(const char *path, char *data, size_t size, size_t *ret, struct error *error)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = 0;
	ssize_t got = fd < 0 ? -1 : 1;
	while (got > 0 && length < size) {
		got = read(fd, data + length, size - length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			length += (size_t)got;
	}
	if (got < 0)
		return file_advise(error_set(error, ERROR_WAITING, errno, "keys-read",
					   _("Cannot read %s: %s"), path, strerror(errno)),
			error);
	if (length == size)
		return key_malformed(path, error);
	*ret = length;
	return 0;
}

static bool is_encrypted(const char *pem)
{
	return strstr(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	       strstr(pem, "Proc-Type: 4,ENCRYPTED");
}

static int refuse_key(
	const char *path, bool encrypted, const struct passphrase *passphrase, struct error *error)
{
	ERR_clear_error();
	if (!encrypted)
		return key_malformed(path, error);
	if (passphrase && passphrase->given)
		(void)error_set(error, ERROR_WAITING, EACCES, "keys-passphrase-wrong",
			_("The passphrase does not open %s"), path);
	else
		(void)error_set(error, ERROR_WAITING, ENOKEY, "keys-locked",
			_("%s has a passphrase, and none was given"), path);
	return error_next(
		error, _("Write it into the file that [keys] passphrase names, or give it as the "
			 "credential haiki-passphrase of the systemd unit; then start again."));
}

static int decode_key(char *pem, size_t length, const char *path,
	const struct passphrase *passphrase, EVP_PKEY **ret, struct error *error)
{
	pem[length] = '\0';
	/* Never NULL, else OpenSSL would ask on the terminal. It takes a copy and cleanses that. */
	char secret[PASSPHRASE_MAX] = "";
	if (passphrase)
		memcpy(secret, passphrase->text, sizeof(secret));
	BIO *source = BIO_new_mem_buf(pem, (int)length);
	*ret = source ? PEM_read_bio_PrivateKey(source, NULL, NULL, secret) : NULL;
	BIO_free(source);
	OPENSSL_cleanse(secret, sizeof(secret));
	return *ret ? 0 : refuse_key(path, is_encrypted(pem), passphrase, error);
}

/* Read the PEM, checked but not decoded. */
static int load_pem(const char *folder, const char *name, char path[static PATH_MAX],
	char pem[static KEY_FILE_MAX], size_t *ret_length, struct error *error)
{
	int result = key_path(path, folder, name, error);
	if (result == 0 && access(path, F_OK) != 0 && errno == ENOENT)
		result = key_missing(path, error);
	if (result == 0)
		result = file_check_secret(path, error);
	return result == 0 ? read_secret(path, pem, KEY_FILE_MAX, ret_length, error) : result;
}

int key_read(const char *folder, const char *name, const struct passphrase *passphrase,
	EVP_PKEY **ret, struct error *error)
{
	char path[PATH_MAX], pem[KEY_FILE_MAX];
	size_t length = 0;
	int result = load_pem(folder, name, path, pem, &length, error);
	if (result == 0)
		result = decode_key(pem, length, path, passphrase, ret, error);
	OPENSSL_cleanse(pem, sizeof(pem));
	return result;
}

bool key_is_there(const char *folder, const char *name)
{
	char path[PATH_MAX];
	return key_path(path, folder, name, NULL) == 0 &&
	       (access(path, F_OK) == 0 || errno != ENOENT);
}

int key_is_encrypted(const char *folder, const char *name, struct error *error)
{
	char path[PATH_MAX], pem[KEY_FILE_MAX];
	size_t length = 0;
	int result = load_pem(folder, name, path, pem, &length, error);
	if (result == 0) {
		pem[length] = '\0';
		result = is_encrypted(pem);
	}
	OPENSSL_cleanse(pem, sizeof(pem));
	return result;
}

int key_read_certificate(
	const char *folder, const char *name, struct buffer *pem, X509 **ret, struct error *error)
{
	char path[PATH_MAX];
	int result = key_path(path, folder, name, error);
	if (result == 0 && access(path, F_OK) != 0 && errno == ENOENT)
		result = key_missing(path, error);
	if (result == 0)
		result = file_read(path, pem, error);
	if (result != 0)
		return result;
	char no_passphrase[] = "";
	BIO *source = BIO_new_mem_buf(pem->data, (int)pem->length);
	*ret = source ? PEM_read_bio_X509(source, NULL, NULL, no_passphrase) : NULL;
	BIO_free(source);
	return *ret ? 0 : key_malformed(path, error);
}

int key_read_certificates(
	const char *folder, const char *name, STACK_OF(X509) * *ret, struct error *error)
{
	char path[PATH_MAX];
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = key_path(path, folder, name, error);
	if (result == 0)
		result = file_read(path, &pem, error);
	return result == 0 ? key_decode_certificates(&pem, path, ret, error) : result;
}

int key_decode_certificates(
	const struct buffer *pem, const char *path, STACK_OF(X509) * *ret, struct error *error)
{
	char no_passphrase[] = "";
	STACK_OF(X509) *found = sk_X509_new_null();
	BIO *source = BIO_new_mem_buf(pem->data, (int)pem->length);
	X509 *one = NULL;
	bool fits = found && source;
	while (fits && (one = PEM_read_bio_X509(source, NULL, NULL, no_passphrase)))
		if (sk_X509_push(found, one) <= 0) {
			X509_free(one);
			fits = false;
		}
	bool whole = fits && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(source);
	if (whole && sk_X509_num(found) > 0) {
		*ret = found;
		return 0;
	}
	sk_X509_pop_free(found, X509_free);
	return fits ? key_malformed(path, error) : error_no_memory(error);
}

/* What a token or another provider holds cannot always be compared by OpenSSL; its DER can. */
bool key_is_of(EVP_PKEY *key, X509 *certificate)
{
	unsigned char *own = NULL, *stated = NULL;
	EVP_PKEY *public = X509_get0_pubkey(certificate);
	int own_length = i2d_PUBKEY(key, &own);
	int stated_length = public ? i2d_PUBKEY(public, &stated) : -1;
	bool same = own && stated && own_length > 0 && own_length == stated_length &&
		    memcmp(own, stated, (size_t)own_length) == 0;
	OPENSSL_free(own);
	OPENSSL_free(stated);
	ERR_clear_error();
	return same;
}

/* --- writing --- */

static int write_pem(BIO *pem, bool encoded, const char *folder, const char *name, mode_t mode,
	struct error *error)
{
	char path[PATH_MAX];
	char *data = NULL;
	long length = encoded ? BIO_get_mem_data(pem, &data) : 0;
	if (length <= 0)
		return key_openssl_failed("keys-failed", error);
	int result = key_path(path, folder, name, error);
	return result == 0 ? file_write(path, data, (size_t)length, mode, error) : result;
}

#define SCRYPT_N 16384 /* with r 8: 16 MiB, half of what OpenSSL allows */
#define SCRYPT_R 8
#define SCRYPT_P 1

/* PEM_write_bio_PKCS8PrivateKey knows PBKDF2 alone. */
static bool encode_encrypted(BIO *pem, EVP_PKEY *key, const struct passphrase *passphrase)
{
	PKCS8_PRIV_KEY_INFO *bare = EVP_PKEY2PKCS8(key); /* cleansed when freed */
	X509_ALGOR *scheme = PKCS5_pbe2_set_scrypt(
		EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	X509_SIG *sealed = bare && scheme ? PKCS8_set0_pbe(passphrase->text,
						    (int)strlen(passphrase->text), bare, scheme)
					  : NULL;
	bool encoded = sealed && PEM_write_bio_PKCS8(pem, sealed) == 1;
	if (!sealed)
		X509_ALGOR_free(scheme); /* else it belongs to what was sealed */
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(bare);
	return encoded;
}

int key_write(EVP_PKEY *key, const char *folder, const char *name,
	const struct passphrase *passphrase, struct error *error)
{
	BIO *pem = BIO_new(BIO_s_secmem()); /* cleansed when freed */
	bool encoded = false;
	if (pem && passphrase && passphrase->given)
		encoded = encode_encrypted(pem, key, passphrase);
	else if (pem)
		encoded = PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1;
	int result = write_pem(pem, encoded, folder, name, 0600, error);
	BIO_free(pem);
	return result;
}

int key_write_certificate(
	X509 *certificate, const char *folder, const char *name, struct error *error)
{
	BIO *pem = BIO_new(BIO_s_mem());
	bool encoded = pem && PEM_write_bio_X509(pem, certificate) == 1;
	int result = write_pem(pem, encoded, folder, name, 0644, error);
	BIO_free(pem);
	return result;
}

int key_write_certificates(const STACK_OF(X509) * certificates, const char *folder,
	const char *name, struct error *error)
{
	BIO *pem = BIO_new(BIO_s_mem());
	bool encoded = pem != NULL;
	for (int i = 0; encoded && i < sk_X509_num(certificates); i++)
		encoded = PEM_write_bio_X509(pem, sk_X509_value(certificates, i)) == 1;
	int result = write_pem(pem, encoded, folder, name, 0644, error);
	BIO_free(pem);
	return result;
}
