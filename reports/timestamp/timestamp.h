/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking a time stamping authority (RFC 3161 over HTTP), and adding its word to a signature (CAdES-B-T, ETSI EN 319
 * 122-1 5.3): at once where it can be reached, later where not. */
#ifndef HAIKI_REPORTS_TIMESTAMP_TIMESTAMP_H
#define HAIKI_REPORTS_TIMESTAMP_TIMESTAMP_H

#include "base/config.h"
#include "inventory/jobs/jobs.h"
#include "inventory/store/store.h"
#include "verify/certificate/timestamp.h"

/* Where it is and who may sign for it. Once it has failed, whatever the reason, it is not asked again as long as it
 * is open: every later request fails at once with the same error. Threads may share it; one asks at a time. */
struct timestamp_authority;

/* From [timestamp] url, ca, timeout. *ret is NULL when no url is set: then nothing is stamped and nothing
 * waits. -EINVAL "timestamp-ca" (nobody is named who may sign), errors of file_read and trust_load. */
NODISCARD int timestamp_authority_open(
	const struct config *config, struct timestamp_authority **ret, struct error *error);
struct timestamp_authority *timestamp_authority_close(struct timestamp_authority *authority);
DEFINE_CLEANUP(struct timestamp_authority *, timestamp_authority_close);
const struct trust *timestamp_authority_trust(const struct timestamp_authority *authority);
/* Has a request failed since it was opened? */
bool timestamp_authority_failed(struct timestamp_authority *authority);

/* A token over data, checked as an auditor would (nonce, digest, signer). What travels along in it and is not its
 * signer's way to the anchor (certificates, revocation lists; none of it is signed) is left out first. *ret is
 * malloc'd. All errors are ERROR_WAITING: "timestamp-unreachable", "timestamp-tls", "timestamp-timeout",
 * "timestamp-too-large", "timestamp-http" (another status than 200), "timestamp-refused" (PKIStatus; its text),
 * "timestamp-nonce" (an answer to something else), and those of timestamp_check. */
NODISCARD int timestamp_request(struct timestamp_authority *authority, const void *data,
	size_t length, uint8_t **ret, size_t *ret_length, struct error *error);

/* The same CMS with a token over the value of each signer that has none, as unsigned attribute. *ret is malloc'd.
 * -EALREADY when all have one; errors of detached_parse and timestamp_request. */
NODISCARD int timestamp_add(struct timestamp_authority *authority, const uint8_t *cms,
	size_t length, uint8_t **ret, size_t *ret_length, struct error *error);

/* Stamp the newest form of a certificate's signature and keep it as a newer one (certificates_cms_append); then
 * certificate->p7s_hex is that. Outside of any transaction of the caller's: it waits for the network. authority
 * NULL, or nothing to stamp: 0. After an error the certificate is as it was, and waits. */
NODISCARD int timestamp_certificate(struct store *store, struct timestamp_authority *authority,
	struct certificate_record *certificate, int64_t now_utc_ms, struct error *error);

/* What is done with a certificate (borrowed) that was stamped: its files are written anew. */
typedef int timestamp_stamped(
	void *context, const struct certificate_record *certificate, struct error *error);

/* Stamp every certificate of the store that waits, and hand each to a function (may be NULL). The first failure is
 * returned when all were tried; once the authority has failed the rest waits. *ret_done, *ret_waiting are always
 * set. */
NODISCARD int timestamp_pending(struct store *store, struct timestamp_authority *authority,
	int64_t now_utc_ms, timestamp_stamped *each, void *context, size_t *ret_done,
	size_t *ret_waiting, struct error *error);

#endif
