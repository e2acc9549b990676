/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many blocks of its pool a thin volume has, and how many of them others have too: from a snapshot of the pool's
 * metadata, which a pool has one of at a time. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define THIN_SECONDS 600
#define NAME_MAX_BYTES 600

/* A dash of a name is two in the device mapper's. */
static void append_name(char *ret, size_t size, const char *name)
{
	size_t at = strlen(ret);

	for (; *name && at + 2 < size; name++) {
		ret[at++] = *name;
		if (*name == '-')
			ret[at++] = '-';
	}
	ret[at] = '\0';
}

static void mapper_name(
	const struct logical_volume *volume, const char *ending, char ret[static NAME_MAX_BYTES])
{
	ret[0] = '\0';
	append_name(ret, NAME_MAX_BYTES, volume->group);
	size_t length = strlen(ret);
	(void)snprintf(ret + length, NAME_MAX_BYTES - length, "-");
	append_name(ret, NAME_MAX_BYTES, volume->pool);
	length = strlen(ret);
	(void)snprintf(ret + length, NAME_MAX_BYTES - length, "%s", ending);
}

static int tell_pool(const struct logical_volume *volume, const char *message, struct error *error)
{
	char pool[NAME_MAX_BYTES];
	const char *const words[] = { "dmsetup", "message", pool, "0", message, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = THIN_SECONDS };

	mapper_name(volume, "-tpool", pool);
	return storage_run(&command, NULL, NULL, error);
}

/* One at a time, and a snapshot that we left behind when we were killed is released: the file is not empty then.
 * One that somebody else holds is not ours to release. */
static int lock_pool(const struct logical_volume *volume, int *ret_fd, struct error *error)
{
	char name[NAME_MAX_BYTES], path[NAME_MAX_BYTES + 64];
	struct stat status;

	mapper_name(volume, "", name);
	(void)snprintf(path, sizeof(path), "/run/haiki-thin.%s", name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &status) < 0 ||
		(status.st_size == 0 && pwrite(fd, "1", 1, 0) != 1)) {
		int result = error_set(error, ERROR_FAILED, errno, "thin-lock",
			_("%s cannot be opened: %s"), path, strerror(errno));
		cleanup_fd(&fd);
		return result;
	}
	if (status.st_size > 0)
		(void)tell_pool(volume, "release_metadata_snap", NULL);
	*ret_fd = fd;
	return 0;
}

/* The row of our volume: "ID MAPPED SHARED". A volume without blocks has a row, too. */
static int parse(const char *text, uint64_t id, struct thin_blocks *ret)
{
	uint64_t row_id, mapped, shared;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64, &row_id, &mapped, &shared) ==
				3 &&
			row_id == id) {
			*ret = (struct thin_blocks){ .mapped = mapped, .shared = shared };
			return 0;
		}
	}
	return -EBADMSG;
}

static int list(const struct logical_volume *volume, struct thin_blocks *ret, struct error *error)
{
	char metadata[NAME_MAX_BYTES + 16] = "/dev/mapper/";
	const char *const words[] = { "thin_ls", "--metadata-snap", "--no-headers", "--format",
		"DEV,MAPPED_BLOCKS,SHARED_BLOCKS", metadata, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = THIN_SECONDS };
	AUTO_FREE char *text = NULL;

	mapper_name(volume, "_tmeta", metadata + strlen(metadata));
	int result = storage_run(&command, &text, NULL, error);
	if (result < 0)
		return result;
	if (parse(text, volume->thin_id, ret) < 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "thin-answer",
			_("The answer of %s is not understood."), "thin_ls");
	return 0;
}

int thin_count(const struct logical_volume *volume, struct thin_blocks *ret, struct error *error)
{
	struct thin_blocks blocks;
	AUTO_FD int lock = -1;

	int result = lock_pool(volume, &lock, error);
	if (result == 0)
		result = tell_pool(volume, "reserve_metadata_snap", error);
	if (result < 0) {
		if (lock >= 0)
			(void)!ftruncate(lock, 0);
		return result;
	}
	result = list(volume, &blocks, error);
	int released = tell_pool(volume, "release_metadata_snap", result == 0 ? error : NULL);
	if (released == 0 && ftruncate(lock, 0) < 0)
		released = -errno;
	if (result == 0 && released == 0)
		*ret = blocks;
	return result == 0 ? released : result;
}
