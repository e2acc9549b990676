/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which state of custody may follow which, as whoever checks a ledger knows it. The table is docs/custody.md's; a
 * test holds it against the one by which custody is changed. */
#ifndef HAIKI_VERIFY_LEDGER_CUSTODY_ORDER_H
#define HAIKI_VERIFY_LEDGER_CUSTODY_ORDER_H

#include <stdbool.h>

bool custody_order_knows(const char *state);
bool custody_order_allows(const char *from, const char *to);
/* returned, disposed, reused, destroyed. */
bool custody_order_ends(const char *state);
/* From there on it may carry data: in-service, reused. */
bool custody_order_serves(const char *state);
/* Only with a certificate that proves it: sanitized, returned, disposed, reused. */
bool custody_order_needs_proof(const char *state);

#endif
