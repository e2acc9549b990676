/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pattern stream: what a pass writes, as a function of the byte offset alone. So any range can
 * be written, resumed and checked on its own, by anyone who has the description. */
#ifndef HAIKI_DEVICE_ENGINE_STREAM_H
#define HAIKI_DEVICE_ENGINE_STREAM_H

#include "base/error.h"
#include "base/json.h"
#include <stdbool.h>

#define STREAM_KEY_BYTES 32
#define STREAM_PERIOD_MAX 64

enum stream_kind {
	STREAM_NONE,     /* zero is no pattern */
	STREAM_PERIODIC, /* byte at offset o is period[o % period_bytes]; a constant has period 1 */
	STREAM_RANDOM, /* AES-256-CTR (NIST SP 800-38A 6.5) of zeros: the 128-bit big-endian counter
	                  * of the block at byte offset o is o / 16, the nonce part is zero; a key is
	                  * used for one pass of one job, so that no counter is used twice */
};

/* A plain value. The key is no secret once the certificate is issued: it lets anyone who holds the
 * drive check it. `openssl enc -aes-256-ctr -K KEY -iv 0` of zeros is the same stream. */
struct pattern {
	enum stream_kind kind;
	uint8_t period[STREAM_PERIOD_MAX];
	uint32_t period_bytes;
	uint8_t key[STREAM_KEY_BYTES];
};

/* One generator; not for two threads at once. */
struct stream;

/* Errors: -EINVAL (no pattern), -ENOMEM, -EIO (OpenSSL refused). *ret is the caller's. */
NODISCARD int stream_open(const struct pattern *pattern, struct stream **ret, struct error *error);

/* Fill data with the stream's bytes [offset, offset + length). 0 or -EIO; on -EIO data must not be
 * used. */
NODISCARD int stream_fill(struct stream *stream, uint64_t offset, uint8_t *data, size_t length);

/* Compare data with the stream's bytes. Returns 0 when the comparison was made (-EIO otherwise) and
 * *ret_equal_bytes: how many leading bytes are equal; length when all are. */
NODISCARD int stream_compare(struct stream *stream, uint64_t offset, const uint8_t *data,
	size_t length, size_t *ret_equal_bytes);

/* NULL is allowed. Cleanses the key. Returns NULL. */
struct stream *stream_close(struct stream *stream);
DEFINE_CLEANUP(struct stream *, stream_close);

/* As JSON: {"kind":"periodic","period":HEX} or {"kind":"random","key":HEX}; a random pattern whose
 * key is all zero has not been sealed yet and is written without "key". */
NODISCARD int pattern_to_json(const struct pattern *pattern, json_t **ret);
NODISCARD int pattern_from_json(
	const json_t *json, const char *where, struct pattern *ret, struct error *error);
bool pattern_is_sealed(const struct pattern *pattern);

#endif
