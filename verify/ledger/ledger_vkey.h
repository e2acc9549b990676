/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the issuer of certificates to the key of the ledger: ledger.vkey is a line that the signer of the
 * certificates has signed (ledger.vkey.p7s), so who trusts ca.crt needs no other key. */
#ifndef HAIKI_VERIFY_LEDGER_LEDGER_VKEY_H
#define HAIKI_VERIFY_LEDGER_LEDGER_VKEY_H

#include "base/buffer.h"
#include "verify/certificate/revocation.h"
#include "verify/certificate/trust.h"
#include "verify/ledger/note.h"

/* All borrowed. */
struct ledger_anchors {
	const struct trust *trust;
	const struct trust *stampers; /* of time stamps; NULL: none is looked at */
	const struct revocation
		*required; /* NULL: none was given. It must say that nobody was revoked */
	const struct revocation
		*incidental; /* NULL: none. What came with the ledger: it can only refuse */
	int64_t now_utc_ms;
};

/* Is this line a key of a ledger, signed by an issuer that leads to an anchor? With a good time stamp the issuer
 * is looked at as of that time, else as of now. ret_signer: its subject, for people.
 * Codes: those of note_key_parse, detached_parse, detached_verify, timestamp_check, detached_check_chains and
 * revocation_check; "signature-count" when anybody but the issuer signed too. */
NODISCARD int ledger_vkey_prove(const struct buffer *vkey, const struct buffer *p7s,
	const struct ledger_anchors *anchors, struct note_key *ret, char ret_signer[static 256],
	struct error *error);

#endif
