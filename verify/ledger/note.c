/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outside of a signed note, and the Ed25519 signatures on it (RFC 8032, by OpenSSL). */
#include "verify/ledger/note.h"

#include "base/base64.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define EM_DASH "\xe2\x80\x94" /* U+2014 */
#define LINE_START EM_DASH " "
#define ID_BYTES 4
#define ED25519_BYTES 64
#define TIME_BYTES 8 /* before the signature of a cosignature */

/* ---- keys ---- */

/* The characters above ASCII that Unicode calls white space. */
static bool is_wide_space(const char *text, size_t bytes)
{
	static const char *const spaces[] = { "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80",
		"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80" };
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
		if (strlen(spaces[i]) == bytes && memcmp(spaces[i], text, bytes) == 0)
			return true;
	/* U+2000 to U+200A */
	return bytes == 3 && memcmp(text, "\xe2\x80", 2) == 0 && (uint8_t)text[2] >= 0x80 &&
	       (uint8_t)text[2] <= 0x8a;
}

static bool is_name(const char *text, size_t length)
{
	if (length == 0 || length >= NOTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < length;) {
		size_t bytes = utf8_character_bytes(text + i, length - i);
		if (bytes == 0 || is_wide_space(text + i, bytes))
			return false;
		if (bytes == 1 && ((uint8_t)text[i] <= 0x20 || text[i] == '+' || text[i] == 0x7f))
			return false;
		i += bytes;
	}
	return true;
}

int note_key_identify(struct note_key *key)
{
	uint8_t text[NOTE_NAME_MAX + 2 + sizeof(key->public_key)];
	uint8_t digest[SHA256_BYTES];
	size_t length = strnlen(key->name, sizeof(key->name));
	if (!is_name(key->name, length) || key->algorithm == NOTE_UNKNOWN)
		return -EINVAL;
	memcpy(text, key->name, length);
	text[length++] = '\n';
	text[length++] = (uint8_t)key->algorithm;
	memcpy(text + length, key->public_key, sizeof(key->public_key));
	int r = digest_sha256(text, length + sizeof(key->public_key), digest);
	if (r < 0)
		return r;
	memcpy(key->id, digest, ID_BYTES);
	return 0;
}

static int refuse_key(struct error *error, const char *why)
{
	error_set(error, ERROR_FAILED, EBADMSG, "ledger-key-malformed",
		_("This is not the public key of a ledger: %s"), why);
	return error_next(error, _("It is one line: NAME+IDENTIFIER+KEY, as ledger.vkey of the "
				   "keys folder has it."));
}

static int take_public_key(
	const char *text, size_t length, struct note_key *ret, struct error *error)
{
	uint8_t bytes[1 + sizeof(ret->public_key)];
	size_t count;
	if (base64_decode(text, length, bytes, sizeof(bytes), &count) < 0 || count != sizeof(bytes))
		return refuse_key(error, _("the key is not 33 bytes in base 64"));
	switch (bytes[0]) {
	case NOTE_ED25519:
		ret->algorithm = NOTE_ED25519;
		break;
	case NOTE_COSIGNATURE:
		ret->algorithm = NOTE_COSIGNATURE;
		break;
	default:
		return refuse_key(error, _("only Ed25519 is known"));
	}
	memcpy(ret->public_key, bytes + 1, sizeof(ret->public_key));
	return 0;
}

int note_key_parse(const char *text, size_t length, struct note_key *ret, struct error *error)
{
	struct note_key key = { 0 };
	char id[2 * ID_BYTES + 1];
	char found[2 * ID_BYTES + 1];
	if (length > 0 && text[length - 1] == '\n')
		length--;
	const char *plus = memchr(text, '+', length);
	size_t name_length = plus ? (size_t)(plus - text) : 0;
	if (!plus || !is_name(text, name_length))
		return refuse_key(error, _("it has no name"));
	memcpy(key.name, text, name_length);
	size_t rest = length - name_length - 1;
	if (rest < sizeof(id) || plus[sizeof(id)] != '+')
		return refuse_key(error, _("it has no identifier of 8 digits"));
	memcpy(id, plus + 1, sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	int r = take_public_key(plus + 1 + sizeof(id), rest - sizeof(id), &key, error);
	if (r < 0)
		return r;
	r = note_key_identify(&key);
	if (r < 0)
		return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
	hex_encode(key.id, ID_BYTES, found);
	if (strcmp(id, found) != 0)
		return refuse_key(error, _("its identifier is not that of its name and key"));
	*ret = key;
	return 0;
}

void note_key_format(const struct note_key *key, char ret[static NOTE_VKEY_MAX])
{
	char data[64];
	struct buffer text = BUFFER_INIT(sizeof(data));
	uint8_t bytes[1 + sizeof(key->public_key)];
	char id[2 * ID_BYTES + 1];
	bytes[0] = (uint8_t)key->algorithm;
	memcpy(bytes + 1, key->public_key, sizeof(key->public_key));
	hex_encode(key->id, ID_BYTES, id);
	/* Without memory the text is cut, and no reader takes it. */
	int r = base64_encode(bytes, sizeof(bytes), &text);
	snprintf(ret, NOTE_VKEY_MAX, "%.*s+%s+%s", NOTE_NAME_MAX - 1, key->name, id,
		r < 0 ? "" : buffer_text(&text));
	buffer_free(&text);
}

/* ---- the outside ---- */

static int refuse_note(struct error *error, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "note-malformed",
		_("This is not a signed note: %s"), why);
}

/* "— NAME BASE64", without its newline. */
static int take_signature(
	const char *line, size_t length, struct note_signature *ret, struct error *error)
{
	const size_t start = strlen(LINE_START);
	uint8_t bytes[NOTE_MAX_BYTES * 3 / 4];
	size_t count;
	if (length < start || memcmp(line, LINE_START, start) != 0)
		return refuse_note(error, _("a line of its signatures does not begin with a dash"));
	line += start;
	length -= start;
	const char *blank = memchr(line, ' ', length);
	size_t name_length = blank ? (size_t)(blank - line) : 0;
	if (!blank || !is_name(line, name_length))
		return refuse_note(error, _("a signature has no name"));
	int r = base64_decode(blank + 1, length - name_length - 1, bytes, sizeof(bytes), &count);
	if (r < 0 || count <= ID_BYTES)
		return refuse_note(error, _("a signature is not in base 64"));
	*ret = (struct note_signature){ .length = count - ID_BYTES };
	memcpy(ret->name, line, name_length);
	memcpy(ret->id, bytes, ID_BYTES);
	memcpy(ret->bytes, bytes + ID_BYTES, MIN(ret->length, sizeof(ret->bytes)));
	return 0;
}

static bool is_clean(const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)data[i] < 0x20 && data[i] != '\n')
			return false;
	return utf8_valid(data, length);
}

int note_parse(const char *data, size_t length, struct note *ret, struct error *error)
{
	size_t text_length = 0;
	if (length > NOTE_MAX_BYTES)
		return refuse_note(error, _("it is too long"));
	if (!is_clean(data, length))
		return refuse_note(error, _("it has bytes that are no text"));
	for (size_t i = 1; i + 1 < length; i++)
		if (data[i - 1] == '\n' && data[i] == '\n')
			text_length = i;
	if (text_length == 0 || data[length - 1] != '\n')
		return refuse_note(error, _("no empty line parts its text from signatures"));
	ret->text = data;
	ret->text_length = text_length;
	ret->signature_count = 0;
	for (size_t at = text_length + 1; at < length;) {
		const char *end = memchr(data + at, '\n', length - at);
		size_t line = (size_t)(end - (data + at));
		if (ret->signature_count == NOTE_SIGNATURES_MAX)
			return refuse_note(error, _("it has too many signatures"));
		int r = take_signature(
			data + at, line, &ret->signatures[ret->signature_count], error);
		if (r < 0)
			return r;
		ret->signature_count++;
		at += line + 1;
	}
	return 0;
}

/* ---- signatures ---- */

static bool ed25519_holds(const uint8_t public_key[static 32], const uint8_t *signature,
	const void *text, size_t length)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool holds = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		     EVP_DigestVerify(context, signature, ED25519_BYTES, text, length) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return holds;
}

/* C2SP tlog-cosignature: eight bytes of seconds, then the signature over two lines and the note's text. */
static bool cosignature_holds(const struct note *note, const struct note_key *key,
	const struct note_signature *signature, int64_t *ret_utc_ms)
{
	AUTO_BUFFER struct buffer message = BUFFER_INIT(NOTE_MAX_BYTES + 128);
	uint64_t seconds = 0;
	if (signature->length != TIME_BYTES + ED25519_BYTES)
		return false;
	for (size_t i = 0; i < TIME_BYTES; i++)
		seconds = seconds << 8 | signature->bytes[i];
	if (seconds > INT64_MAX / 1000 ||
		buffer_printf(&message, "cosignature/v1\ntime %" PRIu64 "\n", seconds) < 0 ||
		buffer_append(&message, note->text, note->text_length) < 0)
		return false;
	*ret_utc_ms = (int64_t)seconds * 1000;
	return ed25519_holds(
		key->public_key, signature->bytes + TIME_BYTES, message.data, message.length);
}

static bool signature_holds(const struct note *note, const struct note_key *key,
	const struct note_signature *signature, int64_t *ret_utc_ms)
{
	switch (key->algorithm) {
	case NOTE_ED25519:
		return signature->length == ED25519_BYTES &&
		       ed25519_holds(
			       key->public_key, signature->bytes, note->text, note->text_length);
	case NOTE_COSIGNATURE:
		return cosignature_holds(note, key, signature, ret_utc_ms);
	case NOTE_UNKNOWN:
		break;
	}
	return false;
}

int note_verify(const struct note *note, const struct note_key *key, int64_t *ret_utc_ms,
	struct error *error)
{
	bool any = false;
	int64_t utc_ms = 0;
	for (size_t i = 0; i < note->signature_count; i++) {
		const struct note_signature *signature = &note->signatures[i];
		if (strcmp(signature->name, key->name) != 0 ||
			memcmp(signature->id, key->id, ID_BYTES) != 0)
			continue;
		if (!signature_holds(note, key, signature, &utc_ms))
			return error_set(error, ERROR_FAILED, EKEYREJECTED, "note-broken",
				_("The signature of %s does not hold: the text was changed, or "
				  "another key signed it."),
				key->name);
		any = true;
	}
	if (!any)
		return error_set(error, ERROR_FAILED, ENOKEY, "note-unsigned",
			_("It is not signed by %s."), key->name);
	if (ret_utc_ms)
		*ret_utc_ms = utc_ms;
	return 0;
}
