/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing the key folder's files. */
#include "reports/keys/key_files.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
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
	return error_set(error, ERROR_WAITING, EBADMSG, "keys-malformed",
		_("%s is damaged, or protected by a passphrase"), path);
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

int key_read(const char *folder, const char *name, EVP_PKEY **ret, struct error *error)
{
	char path[PATH_MAX], pem[KEY_FILE_MAX];
	char no_passphrase[] = ""; /* else OpenSSL would ask on the terminal */
	size_t length = 0;
	int result = key_path(path, folder, name, error);
	if (result == 0 && access(path, F_OK) != 0 && errno == ENOENT)
		result = key_missing(path, error);
	if (result == 0)
		result = file_check_secret(path, error);
	if (result == 0)
		result = read_secret(path, pem, sizeof(pem), &length, error);
	if (result == 0) {
		BIO *source = BIO_new_mem_buf(pem, (int)length);
		*ret = source ? PEM_read_bio_PrivateKey(source, NULL, NULL, no_passphrase) : NULL;
		BIO_free(source);
		if (!*ret)
			result = key_malformed(path, error);
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

int key_write(EVP_PKEY *key, const char *folder, const char *name, struct error *error)
{
	BIO *pem = BIO_new(BIO_s_secmem()); /* cleansed when freed */
	bool encoded =
		pem && PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1;
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
