/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of kind "key". */
#include "reports/keys/keys_record.h"

#include "base/clock.h"
#include "base/digest.h"
#include "inventory/ledger/ledger_rows.h"
#include "reports/keys/summary.h"
#include <string.h>

static int append(struct store *store, const struct key_change *change,
	const struct key_summary *summary, const char *not_after, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_JSON json_t *body = json_object();
	if (!body || json_put_string(body, "action", change->action) != 0 ||
		json_put_string(body, "which", change->which) != 0 ||
		json_put_string(body, "subject", summary->subject) != 0 ||
		json_put_string(body, "serial_number", summary->serial_number) != 0 ||
		json_put_string(body, "sha256", summary->sha256) != 0 ||
		json_put_string(body, "not_after_utc", not_after) != 0 ||
		json_put_string(body, "reason", change->reason) != 0)
		return error_no_memory(error);
	return ledger_append(store, "key", body, "", now_utc_ms, NULL, error);
}

int keys_record(struct store *store, const struct key_change *change, X509 *certificate,
	int64_t now_utc_ms, struct error *error)
{
	struct key_summary summary;
	char not_after[CLOCK_TEXT_SIZE];
	int result = store ? key_summarise(certificate, &summary, error) : 0;
	if (result != 0 || !store)
		return result;
	clock_format(summary.not_after_utc_ms, not_after);
	return append(store, change, &summary, not_after, now_utc_ms, error);
}

int keys_record_ledger(struct store *store, const struct key_change *change,
	const struct note_key *key, int64_t now_utc_ms, struct error *error)
{
	struct key_summary summary = { 0 };
	uint8_t digest[SHA256_BYTES];
	if (!store)
		return 0;
	if (digest_sha256(key->public_key, sizeof(key->public_key), digest) != 0)
		return error_no_memory(error);
	hex_encode(digest, sizeof(digest), summary.sha256);
	(void)snprintf(summary.subject, sizeof(summary.subject), "%s", key->name);
	return append(store, change, &summary, "", now_utc_ms, error);
}
