/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's key: made once, read with its public half beside it. */
#include "reports/keys/ledger_key.h"

#include "base/digest.h"
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

/* --- the verifier key, C2SP signed-note: name "+" id "+" base64(algorithm byte and key) --- */

static int identify(struct note_key *key)
{
	uint8_t hashed[NOTE_NAME_MAX + 2 + 32], digest[SHA256_BYTES];
	size_t length = strlen(key->name);
	memcpy(hashed, key->name, length);
	hashed[length] = '\n';
	hashed[length + 1] = NOTE_ED25519;
	memcpy(hashed + length + 2, key->public_key, sizeof(key->public_key));
	int result = digest_sha256(hashed, length + 2 + sizeof(key->public_key), digest);
	if (result == 0)
		memcpy(key->id, digest, sizeof(key->id));
	return result;
}

static void format(const struct note_key *key, char ret[static NOTE_VKEY_MAX])
{
	uint8_t encoded[1 + 32] = { NOTE_ED25519 };
	unsigned char base64[64];
	memcpy(encoded + 1, key->public_key, sizeof(key->public_key));
	EVP_EncodeBlock(base64, encoded, (int)sizeof(encoded));
	(void)snprintf(ret, NOTE_VKEY_MAX, "%s+%02x%02x%02x%02x+%s", key->name, key->id[0],
		key->id[1], key->id[2], key->id[3], (const char *)base64);
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
	return identify(ret) == 0 ? 0 : error_no_memory(error);
}

/* The key that is there, or a new one. */
static int take_key(const char *folder, EVP_PKEY **ret, struct error *error)
{
	char path[PATH_MAX];
	int result = key_path(path, folder, "ledger.key", error);
	if (result != 0)
		return result;
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return key_read(folder, "ledger.key", ret, error);
	*ret = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return *ret ? key_write(*ret, folder, "ledger.key", error)
		    : key_openssl_failed("keys-failed", error);
}

int ledger_key_make(const char *folder, const char *origin, struct error *error)
{
	char path[PATH_MAX], vkey[NOTE_VKEY_MAX + 1];
	struct note_key public;
	EVP_PKEY *key = NULL;
	int result = take_key(folder, &key, error);
	if (result == 0)
		result = public_half(key, origin, &public, error);
	if (result == 0)
		result = key_path(path, folder, "ledger.vkey", error);
	if (result == 0) {
		format(&public, vkey);
		size_t length = strlen(vkey);
		vkey[length++] = '\n';
		result = file_write(path, vkey, length, 0644, error);
	}
	EVP_PKEY_free(key);
	return result;
}

/* The public half as it was handed out says the name; the rest of it must be this key's. */
static int check_public(const char *path, const EVP_PKEY *key, const struct buffer *text,
	struct note_key *ret, struct error *error)
{
	char name[NOTE_NAME_MAX], vkey[NOTE_VKEY_MAX];
	const char *line = (const char *)text->data;
	size_t length = text->length;
	if (length > 0 && line[length - 1] == '\n')
		length--;
	const char *plus = length > 0 ? memchr(line, '+', length) : NULL;
	if (!plus || plus == line || (size_t)(plus - line) >= sizeof(name))
		return key_malformed(path, error);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(plus - line), line);
	int result = public_half(key, name, ret, error);
	if (result != 0)
		return result;
	format(ret, vkey);
	if (strlen(vkey) == length && memcmp(vkey, line, length) == 0)
		return 0;
	return error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
		_("ledger.vkey is not the public key of ledger.key"));
}

int ledger_key_load(
	const char *folder, EVP_PKEY **ret, struct note_key *ret_public, struct error *error)
{
	char path[PATH_MAX];
	AUTO_BUFFER struct buffer text = BUFFER_INIT(PUBLIC_FILE_MAX);
	int result = key_read(folder, "ledger.key", ret, error);
	if (result == 0)
		result = key_path(path, folder, "ledger.vkey", error);
	if (result == 0 && access(path, F_OK) != 0 && errno == ENOENT)
		result = key_missing(path, error);
	if (result == 0 && EVP_PKEY_is_a(*ret, "ED25519") != 1)
		result = error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("ledger.key is not an Ed25519 key"));
	if (result == 0)
		result = file_read(path, &text, error);
	return result == 0 ? check_public(path, *ret, &text, ret_public, error) : result;
}
