/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which blocks of its pool a thin volume has, and how many of them others have too: from a snapshot of the pool's
 * metadata, which a pool has one of at a time. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

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
	(void)snprintf(path, sizeof(path), STORAGE_RUN_FOLDER "/thin.%s", name);
	(void)mkdir(STORAGE_RUN_FOLDER, 0700);
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

/* Counting ----------------------------------------------------------------------------------- */

/* The row of our volume: "ID MAPPED SHARED". A volume without blocks has a row, too. */
static int parse_row(const char *text, uint64_t id, struct thin_map *ret)
{
	uint64_t row_id, mapped, shared;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64, &row_id, &mapped, &shared) ==
				3 &&
			row_id == id) {
			ret->mapped = mapped;
			ret->shared = shared;
			return 0;
		}
	}
	return -EBADMSG;
}

static int not_understood(const char *program, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "thin-answer",
		_("The answer of %s is not understood."), program);
}

static void metadata_path(const struct logical_volume *volume, char ret[static NAME_MAX_BYTES + 16])
{
	(void)snprintf(ret, NAME_MAX_BYTES + 16, "/dev/mapper/");
	mapper_name(volume, "_tmeta", ret + strlen(ret));
}

static int count_blocks(
	const struct logical_volume *volume, struct thin_map *map, struct error *error)
{
	char metadata[NAME_MAX_BYTES + 16];
	const char *const words[] = { "thin_ls", "--metadata-snap", "--no-headers", "--format",
		"DEV,MAPPED_BLOCKS,SHARED_BLOCKS", metadata, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = THIN_SECONDS };
	AUTO_FREE char *text = NULL;

	metadata_path(volume, metadata);
	int result = storage_run(&command, &text, NULL, error);
	if (result < 0)
		return result;
	return parse_row(text, volume->thin_id, map) < 0 ? not_understood("thin_ls", error) : 0;
}

/* The mapping -------------------------------------------------------------------------------- */

static int add_blocks(struct thin_map *map, const struct thin_range *range)
{
	const struct thin_range *last = map->count ? &map->items[map->count - 1] : NULL;

	if (range->blocks == 0 || range->time > UINT32_MAX ||
		range->logical_block > UINT64_MAX / 2 || range->data_block > UINT64_MAX / 2 ||
		range->blocks > map->mapped ||
		(last && last->logical_block + last->blocks > range->logical_block))
		return -EBADMSG;
	if (map->count == map->capacity) {
		size_t capacity = map->capacity ? 2 * map->capacity : 256;
		struct thin_range *items = reallocarray(map->items, capacity, sizeof(*map->items));
		if (!items)
			return -ENOMEM;
		map->items = items;
		map->capacity = capacity;
	}
	map->items[map->count++] = *range;
	return 0;
}

struct dump {
	struct thin_map *map;
	uint64_t id, snap_time, blocks;
	bool in_device, has_device;
};

/* One element of thin_dump's XML, each on a line of its own. What is not known is not understood. */
static int parse_line(struct dump *dump, const char *line)
{
	struct thin_range range = { .blocks = 1 };
	uint64_t id, sectors;

	line += strspn(line, " \t");
	if (strncmp(line, "<superblock ", 12) == 0) {
		const char *size = strstr(line, " data_block_size=");
		if (!size || sscanf(size, " data_block_size=\"%" SCNu64 "\"", &sectors) != 1)
			return -EBADMSG;
		dump->map->block_bytes = sectors * 512;
		return 0;
	}
	if (sscanf(line,
		    "<device dev_id=\"%" SCNu64 "\" mapped_blocks=\"%*u\" transaction=\"%*u\""
		    " creation_time=\"%*u\" snap_time=\"%" SCNu64 "\"",
		    &id, &dump->snap_time) == 2) {
		if (id != dump->id || dump->has_device)
			return -EBADMSG;
		dump->in_device = dump->has_device = true;
		return 0;
	}
	if (sscanf(line,
		    "<range_mapping origin_begin=\"%" SCNu64 "\" data_begin=\"%" SCNu64
		    "\" length=\"%" SCNu64 "\" time=\"%" SCNu64 "\"",
		    &range.logical_block, &range.data_block, &range.blocks, &range.time) == 4 ||
		sscanf(line,
			"<single_mapping origin_block=\"%" SCNu64 "\" data_block=\"%" SCNu64
			"\" time=\"%" SCNu64 "\"",
			&range.logical_block, &range.data_block, &range.time) == 3) {
		if (!dump->in_device)
			return -EBADMSG;
		dump->blocks += range.blocks;
		dump->map->has_old = dump->map->has_old || range.time < dump->snap_time;
		return add_blocks(dump->map, &range);
	}
	if (strncmp(line, "</device>", 9) == 0)
		dump->in_device = false;
	else if (strncmp(line, "</superblock>", 13) != 0 && line[0] != '\n' && line[0] != '\0')
		return -EBADMSG;
	return 0;
}

static int parse_dump(FILE *file, const struct logical_volume *volume, struct thin_map *map)
{
	struct dump dump = { .map = map, .id = volume->thin_id };
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	int result = 0;

	while (result == 0 && getline(&line, &size, file) >= 0)
		result = parse_line(&dump, line);
	if (result == 0 && ferror(file))
		result = -EIO;
	if (result == 0 && (!dump.has_device || dump.in_device || dump.blocks != map->mapped ||
				   map->block_bytes == 0))
		result = -EBADMSG;
	return result;
}

/* Of a large volume it is more than a program's output may be: by a file of ours. */
static int dump_blocks(
	const struct logical_volume *volume, struct thin_map *map, struct error *error)
{
	char metadata[NAME_MAX_BYTES + 16], name[NAME_MAX_BYTES], path[NAME_MAX_BYTES + 64], id[32];
	const char *const words[] = { "thin_dump", "--metadata-snap", "--dev-id", id, "--output",
		path, metadata, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = THIN_SECONDS };

	metadata_path(volume, metadata);
	mapper_name(volume, "", name);
	(void)snprintf(path, sizeof(path), STORAGE_RUN_FOLDER "/thin.%s.map", name);
	(void)snprintf(id, sizeof(id), "%" PRIu64, volume->thin_id);
	int result = storage_run(&command, NULL, NULL, error);
	if (result < 0)
		return result;
	FILE *file = fopen(path, "re");
	result = file ? parse_dump(file, volume, map) : -errno;
	if (file)
		(void)fclose(file);
	(void)unlink(path);
	if (result == -ENOMEM)
		return error_no_memory(error);
	return result < 0 ? not_understood("thin_dump", error) : 0;
}

/* The data device ---------------------------------------------------------------------------- */

/* "0 SECTORS thin-pool METADATA DATA BLOCKSECTORS …" */
static int find_data_device(
	const struct logical_volume *volume, struct thin_map *map, struct error *error)
{
	char pool[NAME_MAX_BYTES];
	const char *const words[] = { "dmsetup", "table", pool, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = THIN_SECONDS };
	AUTO_FREE char *text = NULL;
	unsigned major_number, minor_number;
	uint64_t sectors;

	mapper_name(volume, "-tpool", pool);
	int result = storage_run(&command, &text, NULL, error);
	if (result < 0)
		return result;
	if (sscanf(text, "0 %*u thin-pool %*u:%*u %u:%u %" SCNu64, &major_number, &minor_number,
		    &sectors) != 3 ||
		sectors * 512 != map->block_bytes)
		return not_understood("dmsetup", error);
	map->data_device = makedev(major_number, minor_number);
	return 0;
}

static int read_all(const struct logical_volume *volume, struct thin_map *map, struct error *error)
{
	int result = count_blocks(volume, map, error);

	if (result == 0)
		result = dump_blocks(volume, map, error);
	return result == 0 ? find_data_device(volume, map, error) : result;
}

void thin_map_free(struct thin_map *map)
{
	free(map->items);
	*map = (struct thin_map){ 0 };
}

bool thin_map_same(const struct thin_map *a, const struct thin_map *b)
{
	if (a->mapped != b->mapped || a->count != b->count || a->data_device != b->data_device)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].logical_block != b->items[i].logical_block ||
			a->items[i].data_block != b->items[i].data_block ||
			a->items[i].blocks != b->items[i].blocks)
			return false;
	return true;
}

int thin_map_read(const struct logical_volume *volume, struct thin_map *ret, struct error *error)
{
	struct thin_map map AUTO_THIN_MAP = { 0 };
	AUTO_FD int lock = -1;

	int result = lock_pool(volume, &lock, error);
	if (result < 0)
		return result;
	result = tell_pool(volume, "reserve_metadata_snap", error);
	if (result < 0) {
		/* It is somebody else's: not to be released by the next run. */
		return ftruncate(lock, 0) < 0 ? -errno : result;
	}
	result = read_all(volume, &map, error);
	int released = tell_pool(volume, "release_metadata_snap", result == 0 ? error : NULL);
	if (released == 0 && ftruncate(lock, 0) < 0)
		released = -errno;
	result = result == 0 ? released : result;
	if (result == 0) {
		*ret = map;
		map = (struct thin_map){ 0 };
	}
	return result;
}
