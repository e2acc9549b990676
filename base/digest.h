/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), hexadecimal, and random bytes; all by OpenSSL. */
#ifndef HAIKI_BASE_DIGEST_H
#define HAIKI_BASE_DIGEST_H

#include "base/macros.h"

#define SHA256_BYTES 32
#define SHA256_HEX_SIZE 65 /* with NUL */

NODISCARD int digest_sha256(const void *data, size_t length, uint8_t ret[static SHA256_BYTES]);
NODISCARD int digest_sha256_hex(const void *data, size_t length, char ret[static SHA256_HEX_SIZE]);

/* The same without locks and memory: for a child forked from a process with threads. */
NODISCARD int digest_sha256_alone(
	const void *data, size_t length, uint8_t ret[static SHA256_BYTES]);

/* Lower case. ret needs 2 * length + 1 bytes. */
void hex_encode(const uint8_t *data, size_t length, char *ret);
/* Exactly 2 * length lower-case digits, else -EINVAL. */
NODISCARD int hex_decode(const char *text, uint8_t *ret, size_t length);

/* Bytes fit for keys; -EIO when the generator fails (then nothing may be used). */
NODISCARD int random_bytes(uint8_t *ret, size_t length);

#endif
