/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X.509 certificates that were decoded before, found by their bytes. All documents of one organisation
 * carry the same two, and decoding one takes longer than checking a signature. Only the decoding is
 * spared: being here says nothing about trust. */
#ifndef HAIKI_VERIFY_CERTIFICATE_DECODED_H
#define HAIKI_VERIFY_CERTIFICATE_DECODED_H

#include "base/macros.h"
#include <openssl/x509.h>

/* Threads may share it. */
struct decoded;

/* NULL: out of memory. */
struct decoded *decoded_new(void);
struct decoded *decoded_free(struct decoded *decoded);

/* A certificate that is exactly these bytes, in DER: a reference of the caller's own. NULL when they
 * are none. decoded NULL: nothing is kept. */
X509 *decoded_certificate(struct decoded *decoded, const uint8_t *der, size_t length);

#endif
