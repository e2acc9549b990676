/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signature files from a stranger: with one signer and several, with time stamps and without. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/anchors.h"
#include "verify/certificate/detached.h"
#include "verify/certificate/timestamp.h"

static const char document[] = "{\"a\":1}\n";

/* The files of the corpus that are good. */
static const char *const good_ones[] = {
	"631752609b13bad34125297a6aa4a0edbf5938a65cf7f8df2effc82eb4c356fd",
	"f069b303035202c79f2e39a3fd02d5f22d882069358ee6cde39626522cf44130",
	"b685c2e521669840d248866eaa2aacf80a3df9047ef707e4312e2175514b8d13",
	"74a8760cbaffd7c4e5a27527ad3f93a824d9d232d7b4e9310eaa0907676d9f67",
};

/* As an auditor does: every signer, every time stamp, every chain. */
static int check(struct detached *detached)
{
	int64_t at_utc_ms[DETACHED_SIGNERS_MAX];
	int result = detached_verify(detached, document, strlen(document), NULL);
	for (unsigned i = 0; result == 0 && i < detached_signer_count(detached); i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		at_utc_ms[i] = SEEDS_MS;
		if (signer.token)
			result = timestamp_check(signer.token, signer.token_length, signer.value,
				signer.value_length, time_trust(), &at_utc_ms[i], NULL, NULL);
	}
	return result == 0 ? detached_check_chains(detached, issuer_trust(), at_utc_ms, NULL, NULL)
			   : result;
}

/* What detached.h promises of everything that it takes. */
static void hold_promises(const struct detached *detached, const uint8_t *data, size_t size)
{
	unsigned count = detached_signer_count(detached);
	must(count >= 1 && count <= DETACHED_SIGNERS_MAX);
	for (unsigned i = 0; i < count; i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		must((signer.role[0] == '\0') == (i == 0));
		must(signer.token == NULL || signer.token_length > 0);
		must(memmem(data, size, signer.value, signer.value_length) != NULL);
	}
	must(!detached_extends(detached, detached));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	struct error error = { 0 };
	bool known = is_known(data, size, good_ones, ARRAY_SIZE(good_ones));
	if (detached_parse(data, size, NULL, &detached, &error) != 0) {
		must(error.code[0] != '\0' && !known);
		return 0;
	}
	hold_promises(detached, data, size);
	must((check(detached) == 0) == known);
	return 0;
}
