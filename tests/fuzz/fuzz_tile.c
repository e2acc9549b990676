/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles and the names of files of records. The first byte is the width, the second what the rest is. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger_key.h"
#include "verify/ledger/tile.h"

static void try_path(const uint8_t *data, size_t size)
{
	char path[128] = "";
	char again[TILE_PATH_MAX];
	uint64_t number;
	memcpy(path, data, MIN(size, sizeof(path) - 1));
	if (tile_records_number(path, &number) < 0)
		return;
	tile_records_path(number, again);
	require(strcmp(path, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct merkle_hash hashes[TILE_WIDTH];
	struct merkle_hash root;
	if (size < 2)
		return 0;
	unsigned width = data[0] == 0 ? TILE_WIDTH : data[0];
	bool entries = data[1] == 1;
	if (data[1] == 2) {
		try_path(data + 2, size - 2);
		return 0;
	}
	if (tile_parse(data + 2, size - 2, entries, width, hashes) < 0)
		return 0;
	require(size - 2 == (size_t)width * (entries ? 34 : 32));
	for (unsigned part = 1; part <= width; part *= 2)
		require(tile_root(hashes, 0, part, &root) == 0);
	return 0;
}
