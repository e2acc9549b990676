/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outer layers of a CMS SignedData (RFC 5652 5.1) in DER, taken apart by their bytes: what OpenSSL
 * lets pass there is seen here, and the certificates can be decoded apart from the rest. */
#ifndef HAIKI_VERIFY_CERTIFICATE_DETACHED_SHAPE_H
#define HAIKI_VERIFY_CERTIFICATE_DETACHED_SHAPE_H

#include "base/macros.h"
#include <stdbool.h>

#define DETACHED_CERTIFICATES_MAX 16
#define DETACHED_SIGNERS_MAX 8

/* A run of bytes inside the file. */
struct der {
	const uint8_t *at;
	const uint8_t *end;
};

/* All borrowed from the file. Whole elements but where said otherwise. */
struct detached_shape {
	struct der type;       /* contentType */
	struct der head;       /* version, digestAlgorithms, encapContentInfo */
	struct der digest_set; /* inside of digestAlgorithms */
	struct der certificates[DETACHED_CERTIFICATES_MAX];
	unsigned certificate_count; /* at least one */
	struct der signers;         /* signerInfos */
};

/* Take the file apart. False unless all outside of head, certificates and signers is in DER's one
 * spelling, holds only X.509 certificates, in DER's order, each once, and no revocation lists, has nothing
 * behind its end, and the versions are what RFC 5652 5.1 and 5.3 make of the content's type and the signers. */
bool detached_shape_read(const uint8_t *p7s, size_t length, struct detached_shape *ret);

/* The same of a file by somebody who does not keep DER's order of the certificates, or gave revocation lists
 * along, which are left out. */
bool detached_shape_read_loosely(const uint8_t *p7s, size_t length, struct detached_shape *ret);

/* Put together again, with the certificates named in it sorted; malloc'd, the caller frees. NULL: out of memory. */
uint8_t *detached_shape_write(struct detached_shape *shape, size_t *ret_length);

/* The same SignedData without its certificates: malloc'd, the caller frees. NULL: out of memory. */
uint8_t *detached_shape_bare(const struct detached_shape *shape, size_t *ret_length);

#endif
