/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question to a time stamping authority over HTTP (RFC 3161 3.4), with limits. Within this room. */
#ifndef HAIKI_REPORTS_TIMESTAMP_POST_H
#define HAIKI_REPORTS_TIMESTAMP_POST_H

#include "base/buffer.h"
#include "base/error.h"

/* POST a TimeStampReq; the answer's body is appended to *ret, at most its limit. Redirects are not followed, TLS is
 * verified, and all of it takes no longer than timeout_ms. -EHOSTUNREACH "timestamp-unreachable", -EPROTO
 * "timestamp-tls", -ETIMEDOUT "timestamp-timeout", -EFBIG "timestamp-too-large", -EREMOTEIO "timestamp-http"; all
 * ERROR_WAITING. */
NODISCARD int timestamp_post(const char *url, uint64_t timeout_ms, const void *query, size_t length,
	struct buffer *ret, struct error *error);

#endif
