/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenSSL's digest and generator behind four functions, and hexadecimal in lower case only. */
#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

int digest_sha256(const void *data, size_t length, uint8_t ret[static SHA256_BYTES])
{
	uint8_t digest[SHA256_BYTES];
	unsigned int digest_length = 0;

	if (EVP_Digest(data, length, digest, &digest_length, EVP_sha256(), NULL) != 1 ||
		digest_length != SHA256_BYTES)
		return -EIO;
	memcpy(ret, digest, SHA256_BYTES);
	return 0;
}

int digest_sha256_hex(const void *data, size_t length, char ret[static SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_BYTES];

	int result = digest_sha256(data, length, digest);
	if (result < 0)
		return result;
	hex_encode(digest, SHA256_BYTES, ret);
	return 0;
}

void hex_encode(const uint8_t *data, size_t length, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		ret[2 * i] = digits[data[i] >> 4];
		ret[2 * i + 1] = digits[data[i] & 0x0f];
	}
	ret[2 * length] = '\0';
}

static unsigned int digit_value(char digit)
{
	return (unsigned int)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

int hex_decode(const char *text, uint8_t *ret, size_t length)
{
	if (length > SIZE_MAX / 2 || strspn(text, "0123456789abcdef") != 2 * length ||
		text[2 * length] != '\0')
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		ret[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
	return 0;
}

int random_bytes(uint8_t *ret, size_t length)
{
	if (length > INT_MAX || RAND_priv_bytes(ret, (int)length) != 1)
		return -EIO;
	return 0;
}
