/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's key: made once, read with its public half beside it. */
#include "reports/keys/ledger_key.h"

#include "base/file.h"
#include "base/text.h"
#include "reports/keys/key_files.h"
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define ORIGIN_DIGITS 16
#define PUBLIC_FILE_MAX (4 * KIB)

int ledger_key_origin(const X509 *ca, char ret[static NOTE_NAME_MAX], struct error *error)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(ca), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;
	int result = hex ? 0 : key_openssl_failed("keys-failed", error);
	if (hex) {
		for (char *digit = hex; *digit; digit++)
			if (*digit >= 'A' && *digit <= 'F')
				*digit = (char)(*digit - 'A' + 'a');
		(void)snprintf(ret, NOTE_NAME_MAX, "haiki/%.*s", ORIGIN_DIGITS, hex);
	}
	OPENSSL_free(hex);
	BN_free(number);
	return result;
}

static int public_half(
	const EVP_PKEY *key, const char *name, struct note_key *ret, struct error *error)
{
	size_t length = sizeof(ret->public_key);
	*ret = (struct note_key){ .algorithm = NOTE_ED25519 };
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	if (EVP_PKEY_get_raw_public_key(key, ret->public_key, &length) != 1 ||
		length != sizeof(ret->public_key))
		return key_openssl_failed("keys-failed", error);
	int result = note_key_identify(ret);
	if (result == -ENOMEM)
		return error_no_memory(error);
	if (result == 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "ledger-name",
		_("A ledger's name has no blanks and no plus sign, and is not empty"));
}

/* --- making --- */

/* The key that is there, or a new one. */
static int take_key(const char *folder, const struct passphrase *passphrase, EVP_PKEY **ret,
	bool *ret_new, struct error *error)
{
	*ret_new = !key_is_there(folder, "ledger.key");
	if (!*ret_new)
		return key_read(folder, "ledger.key", passphrase, ret, error);
	*ret = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return *ret ? 0 : key_openssl_failed("keys-failed", error);
}

static int write_public(const char *folder, const struct note_key *public, struct error *error)
{
	char path[PATH_MAX], vkey[NOTE_VKEY_MAX + 1];
	note_key_format(public, vkey);
	size_t length = strlen(vkey);
	vkey[length++] = '\n';
	int result = key_path(path, folder, "ledger.vkey", error);
	return result == 0 ? file_write(path, vkey, length, 0644, error) : result;
}

int ledger_key_make(const char *folder, const char *origin, const struct passphrase *passphrase,
	struct note_key *ret, struct error *error)
{
	struct note_key public;
	EVP_PKEY *key = NULL;
	bool is_new = false;
	int result = take_key(folder, passphrase, &key, &is_new, error);
	if (result == 0)
		result = public_half(key, origin, &public, error);
	if (result == 0 && is_new)
		result = key_write(key, folder, "ledger.key", passphrase, error);
	if (result == 0)
		result = write_public(folder, &public, error);
	if (result == 0)
		*ret = public;
	EVP_PKEY_free(key);
	return result;
}

/* --- loading --- */

/* The public half as it was handed out says the name; the rest of it must be this key's. */
static int check_public(const char *path, const EVP_PKEY *key, const struct buffer *text,
	struct note_key *ret, struct error *error)
{
	struct note_key stated, own;
	struct error reading = { 0 };
	int result = note_key_parse((const char *)text->data, text->length, &stated, &reading);
	if (result == -EBADMSG)
		return key_malformed(path, error);
	if (result != 0)
		return error_no_memory(error);
	result = public_half(key, stated.name, &own, error);
	if (result != 0)
		return result;
	if (stated.algorithm == own.algorithm &&
		memcmp(stated.public_key, own.public_key, sizeof(own.public_key)) == 0) {
		*ret = own;
		return 0;
	}
	return error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
		_("ledger.vkey is not the public key of ledger.key"));
}

int ledger_key_load(const char *folder, const struct passphrase *passphrase, EVP_PKEY **ret,
	struct note_key *ret_public, struct error *error)
{
	char path[PATH_MAX];
	AUTO_BUFFER struct buffer text = BUFFER_INIT(PUBLIC_FILE_MAX);
	int result = key_read(folder, "ledger.key", passphrase, ret, error);
	if (result == 0)
		result = key_path(path, folder, "ledger.vkey", error);
	if (result == 0 && !key_is_there(folder, "ledger.vkey"))
		result = key_missing(path, error);
	if (result == 0 && EVP_PKEY_is_a(*ret, "ED25519") != 1)
		result = error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("ledger.key is not an Ed25519 key"));
	if (result == 0)
		result = file_read(path, &text, error);
	return result == 0 ? check_public(path, *ret, &text, ret_public, error) : result;
}
