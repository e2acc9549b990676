/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways from a signer to an anchor that were found good before. All documents of one organisation have the same
 * one, and verifying its signature again costs as much as theirs. What a time can change is looked at each time. */
#ifndef HAIKI_VERIFY_CERTIFICATE_KNOWN_WAYS_H
#define HAIKI_VERIFY_CERTIFICATE_KNOWN_WAYS_H

#include "base/macros.h"
#include <openssl/x509.h>

/* Threads may share it. */
struct known_ways;

/* NULL: out of memory. */
struct known_ways *known_ways_new(void);
struct known_ways *known_ways_free(struct known_ways *ways);

/* A way of exactly this certificate, for this use, all of it valid at that time: the caller's own. NULL: none is
 * known. */
STACK_OF(X509) * known_ways_find(struct known_ways *ways, X509 *signer, int use, int64_t at_utc_ms);
/* It was found good, for this use. Only of signers whose issuer is the anchor itself: nothing that came with a
 * signature had a part in it. */
void known_ways_keep(struct known_ways *ways, STACK_OF(X509) * way, int use);

#endif
