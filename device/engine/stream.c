/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generating and comparing the pattern stream, in pieces that stay in the first-level cache. */
#include "device/engine/stream.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#define CIPHER_BLOCK_BYTES 16
/* Half a first-level data cache: input and output of one step stay in it. */
#define PIECE_BYTES 16384

struct stream {
	enum stream_kind kind;
	EVP_CIPHER_CTX *cipher;
	uint32_t period_bytes;
	size_t tile_bytes;          /* PERIODIC: whole periods, at least PIECE_BYTES + one period */
	uint8_t *tile;              /* PERIODIC: the pattern repeated; RANDOM: NULL */
	uint8_t piece[PIECE_BYTES]; /* RANDOM: zeros to encrypt, or the difference to look at */
};

static int cipher_open(struct stream *stream, const uint8_t key[static STREAM_KEY_BYTES])
{
	static const uint8_t iv[CIPHER_BLOCK_BYTES];
	stream->cipher = EVP_CIPHER_CTX_new();
	if (!stream->cipher)
		return -ENOMEM;
	if (EVP_EncryptInit_ex(stream->cipher, EVP_aes_256_ctr(), NULL, key, iv) != 1)
		return -EIO;
	return 0;
}

static int tile_open(struct stream *stream, const struct pattern *pattern)
{
	size_t period = pattern->period_bytes;
	stream->period_bytes = pattern->period_bytes;
	stream->tile_bytes = (PIECE_BYTES / period + 2) * period;
	stream->tile = malloc(stream->tile_bytes);
	if (!stream->tile)
		return -ENOMEM;
	for (size_t i = 0; i < stream->tile_bytes; i++)
		stream->tile[i] = pattern->period[i % period];
	return 0;
}

int stream_open(const struct pattern *pattern, struct stream **ret, struct error *error)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	if (!stream)
		return error_no_memory(error);
	stream->kind = pattern->kind;
	int result = -EINVAL;
	if (pattern->kind == STREAM_RANDOM && pattern_is_sealed(pattern))
		result = cipher_open(stream, pattern->key);
	else if (pattern->kind == STREAM_PERIODIC && pattern->period_bytes >= 1 &&
		 pattern->period_bytes <= STREAM_PERIOD_MAX)
		result = tile_open(stream, pattern);
	if (result < 0) {
		stream_close(stream);
		return error_set(error, ERROR_FAILED, -result, "stream-open",
			_("The pattern generator could not be started: %s"), strerror(-result));
	}
	*ret = stream;
	return 0;
}

/* Place the counter on the block that holds offset and drop the bytes before offset in it. */
static int seek(struct stream *stream, uint64_t offset)
{
	uint8_t iv[CIPHER_BLOCK_BYTES] = { 0 };
	uint64_t counter = offset / CIPHER_BLOCK_BYTES;
	for (int i = 0; i < 8; i++)
		iv[15 - i] = (uint8_t)(counter >> (8 * i));
	if (EVP_EncryptInit_ex(stream->cipher, NULL, NULL, NULL, iv) != 1)
		return -EIO;
	uint8_t skipped[CIPHER_BLOCK_BYTES] = { 0 };
	int skip = (int)(offset % CIPHER_BLOCK_BYTES);
	int length = 0;
	if (skip > 0 && EVP_EncryptUpdate(stream->cipher, skipped, &length, skipped, skip) != 1)
		return -EIO;
	return length == skip ? 0 : -EIO;
}

static int encrypt(struct stream *stream, uint8_t *out, const uint8_t *in, size_t length)
{
	int written = 0;
	if (EVP_EncryptUpdate(stream->cipher, out, &written, in, (int)length) != 1)
		return -EIO;
	return written == (int)length ? 0 : -EIO;
}

static int fill_random(struct stream *stream, uint64_t offset, uint8_t *data, size_t length)
{
	int result = seek(stream, offset);
	memset(stream->piece, 0, sizeof(stream->piece));
	for (size_t done = 0; result == 0 && done < length;) {
		size_t piece = MIN(length - done, (size_t)PIECE_BYTES);
		result = encrypt(stream, data + done, stream->piece, piece);
		done += piece;
	}
	return result;
}

int stream_fill(struct stream *stream, uint64_t offset, uint8_t *data, size_t length)
{
	if (stream->kind == STREAM_RANDOM)
		return fill_random(stream, offset, data, length);
	for (size_t done = 0; done < length;) {
		size_t piece = MIN(length - done, (size_t)PIECE_BYTES);
		memcpy(data + done, stream->tile + (offset + done) % stream->period_bytes, piece);
		done += piece;
	}
	return 0;
}

/* How many leading bytes are zero. */
static size_t leading_zeros(const uint8_t *data, size_t length)
{
	/* memcmp of the data with itself, one byte on, says whether all bytes are the same. */
	if (length > 0 && data[0] == 0 && memcmp(data, data + 1, length - 1) == 0)
		return length;
	size_t equal = 0;
	while (equal < length && data[equal] == 0)
		equal++;
	return equal;
}

static size_t leading_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
	if (memcmp(a, b, length) == 0)
		return length;
	size_t equal = 0;
	while (equal < length && a[equal] == b[equal])
		equal++;
	return equal;
}

int stream_compare(struct stream *stream, uint64_t offset, const uint8_t *data, size_t length,
	size_t *ret_equal_bytes)
{
	if (stream->kind == STREAM_RANDOM && seek(stream, offset) < 0)
		return -EIO;
	size_t done = 0;
	while (done < length) {
		size_t piece = MIN(length - done, (size_t)PIECE_BYTES);
		size_t equal;
		if (stream->kind == STREAM_RANDOM) {
			/* Data combined with the key stream is zero exactly where they agree. */
			if (encrypt(stream, stream->piece, data + done, piece) < 0)
				return -EIO;
			equal = leading_zeros(stream->piece, piece);
		} else {
			equal = leading_equal(data + done,
				stream->tile + (offset + done) % stream->period_bytes, piece);
		}
		done += equal;
		if (equal < piece)
			break;
	}
	*ret_equal_bytes = done;
	return 0;
}

struct stream *stream_close(struct stream *stream)
{
	if (!stream)
		return NULL;
	EVP_CIPHER_CTX_free(stream->cipher);
	free(stream->tile);
	explicit_bzero(stream, sizeof(*stream));
	free(stream);
	return NULL;
}

bool pattern_is_sealed(const struct pattern *pattern)
{
	static const uint8_t none[STREAM_KEY_BYTES];
	return pattern->kind != STREAM_RANDOM || memcmp(pattern->key, none, sizeof(none)) != 0;
}

int pattern_to_json(const struct pattern *pattern, json_t **ret)
{
	AUTO_JSON json_t *json = json_object();
	char hex[2 * STREAM_PERIOD_MAX + 1];
	int result = -EINVAL;
	if (pattern->kind == STREAM_PERIODIC) {
		hex_encode(pattern->period, pattern->period_bytes, hex);
		result = json_put_string(json, "kind", "periodic");
		if (result == 0)
			result = json_put_string(json, "period", hex);
	} else if (pattern->kind == STREAM_RANDOM) {
		hex_encode(pattern->key, STREAM_KEY_BYTES, hex);
		result = json_put_string(json, "kind", "random");
		if (result == 0 && pattern_is_sealed(pattern))
			result = json_put_string(json, "key", hex);
	}
	if (result == 0)
		*ret = json_incref(json);
	return result;
}

static int bad_pattern(const char *where, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pattern-malformed",
		_("%s: the pattern must be periodic with a period of 1 to %d bytes, or random with "
		  "a "
		  "key of %d bytes, in lower-case hexadecimal"),
		where, STREAM_PERIOD_MAX, STREAM_KEY_BYTES);
}

static int period_from_json(
	const json_t *json, const char *where, struct pattern *ret, struct error *error)
{
	static const char *const keys[] = { "kind", "period", NULL };
	const char *hex;
	int result = json_only_keys(json, where, keys, error);
	if (result == 0)
		result = json_get_string(json, where, "period", 2 * STREAM_PERIOD_MAX, &hex, error);
	if (result < 0)
		return result;
	size_t bytes = strlen(hex) / 2;
	if (bytes < 1 || strlen(hex) % 2 != 0 || hex_decode(hex, ret->period, bytes) < 0)
		return bad_pattern(where, error);
	ret->kind = STREAM_PERIODIC;
	ret->period_bytes = (uint32_t)bytes;
	return 0;
}

static int key_from_json(
	const json_t *json, const char *where, struct pattern *ret, struct error *error)
{
	static const char *const keys[] = { "key", "kind", NULL };
	const char *hex;
	int result = json_only_keys(json, where, keys, error);
	ret->kind = STREAM_RANDOM;
	if (result < 0 || !json_has(json, "key"))
		return result;
	result = json_get_string(json, where, "key", 2 * STREAM_KEY_BYTES, &hex, error);
	if (result < 0)
		return result;
	if (hex_decode(hex, ret->key, STREAM_KEY_BYTES) < 0 || !pattern_is_sealed(ret))
		return bad_pattern(where, error);
	return 0;
}

int pattern_from_json(
	const json_t *json, const char *where, struct pattern *ret, struct error *error)
{
	const char *kind;
	struct pattern pattern = { 0 };
	int result = json_get_string(json, where, "kind", 16, &kind, error);
	if (result < 0)
		return result;
	if (strcmp(kind, "periodic") == 0)
		result = period_from_json(json, where, &pattern, error);
	else if (strcmp(kind, "random") == 0)
		result = key_from_json(json, where, &pattern, error);
	else
		result = bad_pattern(where, error);
	if (result == 0)
		*ret = pattern;
	return result;
}
