/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of a ledger, and the lines that stand for those withheld: what is taken has one spelling. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger_key.h"
#include "verify/ledger/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	AUTO_RECORD struct record record = { 0 };
	AUTO_BUFFER struct buffer again = BUFFER_INIT(RECORD_MAX_BYTES + 1);
	struct record_withheld withheld;
	bool is_withheld = record_withheld_parse(text, size, &withheld, NULL) == 0;
	if (record_parse(text, size, &record, NULL) < 0)
		return 0;
	require(!is_withheld && json_is_object(record.body) && record.index < MERKLE_SIZE_MAX);
	require(json_write_canonical(record.document, &again) == 0);
	require(again.length == size && memcmp(again.data, data, size) == 0);
	return 0;
}
