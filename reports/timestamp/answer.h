/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked (TimeStampReq) and what is answered (TimeStampResp, RFC 3161 2.4). Within this room. */
#ifndef HAIKI_REPORTS_TIMESTAMP_ANSWER_H
#define HAIKI_REPORTS_TIMESTAMP_ANSWER_H

#include "verify/certificate/timestamp.h"

#define NONCE_BYTES 16

/* A question for a time stamp over data by SHA-256, with this nonce and the signer's certificate wanted; malloc'd.
 * NULL: out of memory. */
uint8_t *question_make(const void *data, size_t length, const uint8_t nonce[static NONCE_BYTES],
	size_t *ret_length);

/* The token of an answer, in DER's order and with those certificates alone that are on the signer's way to an
 * anchor; malloc'd. Whether it is any good, timestamp_check says. "timestamp-refused", "timestamp-malformed". */
NODISCARD int answer_token(const uint8_t *answer, size_t length, const struct trust *trust,
	uint8_t **ret, size_t *ret_length, struct error *error);

/* Is it the answer to the question with this nonce? */
bool token_has_nonce(const uint8_t *token, size_t length, const uint8_t nonce[static NONCE_BYTES]);

#endif
