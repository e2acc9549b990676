/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time stamps (RFC 3161): that bytes existed at a time, by the word of an authority. */
#ifndef HAIKI_VERIFY_CERTIFICATE_TIMESTAMP_H
#define HAIKI_VERIFY_CERTIFICATE_TIMESTAMP_H

#include "verify/certificate/trust.h"

#define TIMESTAMP_MAX_BYTES (64 * KIB)

/* Is token (DER of a TimeStampToken) a time stamp over exactly these bytes, by a signer that leads to an anchor,
 * was valid at its own time and may stamp (extended key usage timeStamping alone, critical; RFC 3161 2.3)? The
 * signer's certificate must be inside and bound (ESSCertID, RFC 2634, or ESSCertIDv2, RFC 5035). As in detached.h
 * there is one spelling only, and no byte of it can be changed unseen; of what else it says nothing is believed.
 * *ret_utc_ms: its genTime, fractions of a millisecond cut. ret_way: see trust_check_stamper; may be NULL.
 * Codes: "timestamp-malformed", "timestamp-broken", "timestamp-other-data", "timestamp-signer" (not one that is
 * trusted), "timestamp-expired" (the signer was not valid at that time), "timestamp-not-allowed", "timestamp-weak"
 * (digest below SHA-256, weak key). */
NODISCARD int timestamp_check(const uint8_t *token, size_t token_length, const void *data,
	size_t length, const struct trust *trust, int64_t *ret_utc_ms, STACK_OF(X509) * *ret_way,
	struct error *error);

#endif
