/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LVM2's label, metadata areas and text: the detail, and the guard's look for the group's id. */
#include "tests/fuzz/sparse.h"

#include "device/probe/detail.h"
#include "device/probe/lvm_metadata.h"

#define IMAGE_MAX_BYTES (256 * KIB)

struct image {
	uint8_t *bytes;
	uint64_t length;
};

static void put(void *context, uint64_t offset, const uint8_t *bytes, size_t length)
{
	const struct image *image = context;
	if (offset < image->length)
		memcpy(image->bytes + offset, bytes, MIN(length, image->length - offset));
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
	/* Exactly as long, so that the sanitizer sees the first byte read behind it. */
	struct image image = { .length = MIN(sparse_size_bytes(data, size), IMAGE_MAX_BYTES) };
	image.bytes = calloc(1, image.length > 0 ? image.length : 1);
	AUTO_FREE void *owned = image.bytes;
	require(image.bytes != NULL);
	sparse_pieces(data, size, &image, put);
	const struct device_area area = {
		.fd = -1, .bytes = image.bytes, .length_bytes = image.length
	};
	check_detail(&area);
	if (lvm_group_id(&area, id) == 1)
		require(strnlen(id, sizeof(id)) == LVM_ID_CHARACTERS);
	return 0;
}
