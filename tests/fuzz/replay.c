/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives every file of a corpus folder to the fuzz target it is linked with, once, in the order of
 * their names, and prints TAP. The file is named before it is tried: after a crash it stands last. */
#include "tests/fuzz/fuzz.h"

#include "base/file.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX_BYTES (64 * MIB)

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_file(const char *folder, const char *name)
{
	AUTO_BUFFER struct buffer path = BUFFER_INIT(4096);
	AUTO_BUFFER struct buffer input = BUFFER_INIT(INPUT_MAX_BYTES);
	struct error error = { 0 };

	if (buffer_printf(&path, "%s/%s", folder, name) < 0)
		return -1;
	printf("# %s\n", name);
	(void)fflush(stdout);
	if (file_read(buffer_text(&path), &input, &error) < 0) {
		printf("# %s\n", error.what);
		return -1;
	}
	/* A copy of exactly this size, so that a sanitizer sees the first byte read behind it. */
	AUTO_FREE uint8_t *data = malloc(input.length > 0 ? input.length : 1);
	if (!data)
		return -1;
	if (input.length > 0)
		memcpy(data, input.data, input.length);
	return LLVMFuzzerTestOneInput(data, input.length);
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int failures = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	int count = scandir(argv[1], &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		if (replay_file(argv[1], entries[i]->d_name) != 0)
			failures++;
		free(entries[i]);
	}
	free(entries);
	const char *name = strrchr(argv[1], '/');
	printf("%sok 1 - %s: %d inputs, %d not read\n1..1\n",
		count > 0 && failures == 0 ? "" : "not ", name ? name + 1 : argv[1],
		count > 0 ? count : 0, failures);
	return count > 0 && failures == 0 ? 0 : 1;
}
