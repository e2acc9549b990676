/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time stamps (RFC 3161): that bytes existed at a time, by the word of an authority. */
#ifndef HAIKI_VERIFY_CERTIFICATE_TIMESTAMP_H
#define HAIKI_VERIFY_CERTIFICATE_TIMESTAMP_H

#include "verify/certificate/trust.h"

#define TIMESTAMP_MAX_BYTES (64 * KIB)

/* Is token (DER of a TimeStampToken) a time stamp over exactly these bytes, by a signer that leads to an anchor,
 * was valid at its own time and may stamp (extended key usage timeStamping alone, critical; RFC 3161 2.3)?
 * *ret_utc_ms: its genTime. Codes: "timestamp-malformed", "timestamp-broken", "timestamp-other-data",
 * "timestamp-signer" (not one that is trusted), "timestamp-expired", "timestamp-not-allowed", "timestamp-weak"
 * (digest below SHA-256). */
NODISCARD int timestamp_check(const uint8_t *token, size_t token_length, const void *data,
	size_t length, const struct trust *trust, int64_t *ret_utc_ms, struct error *error);

#endif
