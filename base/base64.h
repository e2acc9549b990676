/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base 64 (RFC 4648 section 4) in its one spelling: with padding, without blanks, unused bits zero. */
#ifndef HAIKI_BASE_BASE64_H
#define HAIKI_BASE_BASE64_H

#include "base/buffer.h"

/* Characters for so many bytes, without NUL. */
#define BASE64_LENGTH(bytes) (((bytes) + 2) / 3 * 4)

/* Append the text of data. 0, -ENOMEM, -EOVERFLOW. */
NODISCARD int base64_encode(const void *data, size_t length, struct buffer *ret);
/* Into ret of at most size bytes; *ret_length tells how many. -EINVAL for another spelling or no base 64,
 * -EOVERFLOW when they are more; *ret_length is untouched then. */
NODISCARD int base64_decode(
	const char *text, size_t length, uint8_t *ret, size_t size, size_t *ret_length);

#endif
