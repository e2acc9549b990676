/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking a time stamping authority (RFC 3161 over HTTP), and adding its word to a signature (CAdES-T, ETSI EN 319
 * 122-1 5.3): at once where it can be reached, later where not. */
#ifndef HAIKI_REPORTS_TIMESTAMP_TIMESTAMP_H
#define HAIKI_REPORTS_TIMESTAMP_TIMESTAMP_H

#include "base/config.h"
#include "inventory/store/store.h"
#include "verify/certificate/timestamp.h"

struct timestamp_authority; /* where it is and who may sign for it */

/* From [timestamp] url, ca, policy, timeout. *ret is NULL when no url is set: then nothing is stamped and nothing
 * waits. -EINVAL, errors of trust_load. */
NODISCARD int timestamp_authority_open(
	const struct config *config, struct timestamp_authority **ret, struct error *error);
struct timestamp_authority *timestamp_authority_close(struct timestamp_authority *authority);
DEFINE_CLEANUP(struct timestamp_authority *, timestamp_authority_close);
const struct trust *timestamp_authority_trust(const struct timestamp_authority *authority);

/* A token over data, checked as an auditor would (nonce, digest, signer). *ret is malloc'd. ERROR_WAITING
 * "timestamp-unreachable" (no answer, HTTP error, in time), "timestamp-refused" (PKIStatus; its text), and those of
 * timestamp_check. */
NODISCARD int timestamp_request(const struct timestamp_authority *authority, const void *data,
	size_t length, uint8_t **ret, size_t *ret_length, struct error *error);

/* The same CMS with a token over its (first) signer's value as unsigned attribute. *ret is malloc'd. */
NODISCARD int timestamp_add(const struct timestamp_authority *authority, const uint8_t *cms,
	size_t length, uint8_t **ret, size_t *ret_length, struct error *error);

/* Stamp every certificate of the store that has none; the newest form of each signature is kept beside the older
 * (certificates_cms_append). The first failure is returned when all were tried (an authority that cannot be reached
 * is tried once). *ret_done, *ret_waiting are always set. */
NODISCARD int timestamp_pending(struct store *store, const struct timestamp_authority *authority,
	int64_t now_utc_ms, size_t *ret_done, size_t *ret_waiting, struct error *error);

#endif
