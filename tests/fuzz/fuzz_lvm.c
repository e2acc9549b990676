/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LVM2's label, metadata areas and text: the detail, and the guard's look for the group's id. */
#include "tests/fuzz/sparse.h"

#include "device/detail.h"
#include "device/lvm_metadata.h"

static void put(void *context, uint64_t offset, const uint8_t *bytes, size_t length)
{
	memcpy(*(uint8_t **)context + offset, bytes, length);
}

static void check_detail(const struct device_area *area)
{
	struct signature signature = { .usage = SIGNATURE_RAID, .type = "LVM2_member" };
	const struct signature_list list = { .items = &signature, .count = 1 };
	AUTO_JSON json_t *detail = NULL;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * MIB);
	require(detail_read(area, &signature, &detail) == 0 && detail);
	require(json_write_canonical(detail, &text) == 0);
	if (text.length > 12 * MIB)
		return;
	signature.detail = text.data;
	require_sound(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[LVM_ID_CHARACTERS + 1];
	uint64_t bytes = MIN(sparse_size_bytes(data, size), 2 * MIB);
	AUTO_FREE uint8_t *image = calloc(1, sparse_size_bytes(data, size) + 1);
	require(image != NULL);
	sparse_pieces(data, size, &image, put);
	/* Exactly as long, so that the sanitizer sees the first byte read behind it. */
	AUTO_FREE uint8_t *cut = malloc(bytes > 0 ? bytes : 1);
	require(cut != NULL);
	memcpy(cut, image, bytes);
	const struct device_area area = { .fd = -1, .bytes = cut, .length_bytes = bytes };
	check_detail(&area);
	if (lvm_group_id(&area, id) == 1)
		require(strnlen(id, sizeof(id)) == LVM_ID_CHARACTERS);
	return 0;
}
