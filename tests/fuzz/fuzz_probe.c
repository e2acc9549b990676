/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole hostile device, as the prober's child reads it: libblkid, the walk into its partitions, and
 * every detail. The walls are left out, so that a crash is the fuzzer's. */
#include "tests/fuzz/sparse.h"

static void put(void *context, uint64_t offset, const uint8_t *bytes, size_t length)
{
	require(pwrite(*(int *)context, bytes, length, (off_t)offset) == (ssize_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_SIGNATURES struct signature_list list = { 0 };
	struct error error = { 0 };
	uint64_t bytes = sparse_size_bytes(data, size);
	if (bytes == 0)
		return 0;
	AUTO_FD int fd = memfd_create("image", MFD_CLOEXEC);
	require(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	sparse_pieces(data, size, &fd, put);
	if (signatures_read(fd, &list, &error) < 0) {
		require(error.kind != ERROR_NONE && error.what[0] && !list.items);
		return 0;
	}
	require(list.count <= SIGNATURES_MAX);
	require_sound(&list);
	return 0;
}
