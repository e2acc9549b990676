/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's public key as it lies in an exported ledger: believed because the signer of certificates signed
 * it. */
#ifndef HAIKI_VERIFY_CERTIFICATE_LEDGER_KEY_H
#define HAIKI_VERIFY_CERTIFICATE_LEDGER_KEY_H

#include "verify/certificate/certificate.h"

/* text: of ledger.vkey; p7s: of ledger.vkey.p7s. Errors of the signature, its time stamp, its signer's chain and
 * revocation, as certificate_check has them; "ledger-key-malformed". */
NODISCARD int ledger_key_check(const char *text, size_t length, const uint8_t *p7s,
	size_t p7s_length, const struct certificate_anchors *anchors, struct note_key *ret,
	struct error *error);

#endif
