/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The superblocks whose detail is read from where their signature is: md, LUKS, Intel's, DDF. The first
 * byte of the input chooses; the rest is the area. */
#include "tests/fuzz/sparse.h"

#include "device/probe/detail.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "linux_raid_member", "crypto_LUKS", "isw_raid_member",
		"ddf_raid_member" };
	struct signature signature = { .usage = SIGNATURE_RAID };
	const struct signature_list list = { .items = &signature, .count = 1 };
	AUTO_JSON json_t *detail = NULL;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * MIB);
	if (size < 1)
		return 0;
	(void)snprintf(signature.type, sizeof(signature.type), "%s", types[data[0] % 4]);
	/* Intel's may go on before its anchor. */
	if (data[0] % 4 == 2 && size > 1024)
		signature.magic_offset_bytes = 512;
	AUTO_FREE uint8_t *area_bytes = malloc(size);
	require(area_bytes != NULL);
	memcpy(area_bytes, data + 1, size - 1);
	const struct device_area area = { .fd = -1, .bytes = area_bytes, .length_bytes = size - 1 };
	require(detail_read(&area, &signature, &detail) == 0 && detail);
	require(json_write_canonical(detail, &text) == 0);
	signature.detail = text.data;
	require_sound(&list);
	return 0;
}
