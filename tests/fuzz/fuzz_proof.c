/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.proof: what is taken has one spelling, and what is proven is one of the five records of the corpus. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger_key.h"
#include "verify/ledger/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_PROOF struct proof proof = { 0 };
	AUTO_RECORD struct record record = { 0 };
	AUTO_BUFFER struct buffer again = BUFFER_INIT(PROOF_MAX_BYTES);
	struct checkpoint checkpoint;
	const struct note_key key = ledger_key();
	if (proof_parse((const char *)data, size, &proof, NULL) < 0)
		return 0;
	require(proof_format(&proof, &again) == 0);
	require(again.length == size && memcmp(again.data, data, size) == 0);
	if (proof_check(&proof, &key, &record, &checkpoint, NULL) < 0)
		return 0;
	require(checkpoint.size == 5 && record.index < 5 && record.index == proof.index);
	require(record.kind == RECORD_EVENT);
	require((uint64_t)json_integer_value(json_object_get(record.body, "event")) ==
		record.index);
	return 0;
}
