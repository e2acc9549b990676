/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the trust anchors to the ledger's key. */
#include "verify/certificate/ledger_key.h"

#include "verify/certificate/certificate_seal.h"

int ledger_key_check(const char *text, size_t length, const uint8_t *p7s, size_t p7s_length,
	const struct certificate_anchors *anchors, struct note_key *ret, struct error *error)
{
	AUTO_SEAL struct seal seal = { 0 };
	seal_examine(p7s, p7s_length, text, length, anchors, &seal);
	int result = seal_verdict(&seal, error);
	return result == 0 ? note_key_parse(text, length, ret, error) : result;
}
