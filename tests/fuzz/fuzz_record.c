/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of a prober's child that was taken over. */
#include "tests/fuzz/sparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUFFER struct buffer answer = BUFFER_INIT(PROBE_RECORD_MAX_BYTES);
	AUTO_SIGNATURES struct signature_list list = { 0 };
	int walked = 1;
	if (buffer_append(&answer, data, size) < 0)
		return 0;
	int result = probe_record_read(&answer, &walked, &list);
	require(result == 0 || result == -EBADMSG || result == -ENOMEM);
	require(result == 0 || (walked == 1 && !list.items));
	require(result < 0 || walked <= 0);
	if (result == 0 && walked == 0)
		require_sound(&list);
	return 0;
}
