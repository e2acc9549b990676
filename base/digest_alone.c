/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 without OpenSSL's look-up of providers: that one takes locks, which a child forked from a
 * process with threads may find held for ever. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <errno.h>
#include <openssl/sha.h>

int digest_sha256_alone(const void *data, size_t length, uint8_t ret[static SHA256_BYTES])
{
	SHA256_CTX context;
	if (SHA256_Init(&context) != 1 || SHA256_Update(&context, data, length) != 1 ||
		SHA256_Final(ret, &context) != 1)
		return -EIO;
	return 0;
}
