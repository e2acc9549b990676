/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overwriting a thin volume. When it had a snapshot once, the kernel does not write to the blocks that it had then,
 * even when the snapshot is gone, so that they have to be overwritten where they lie. Nothing is believed of where that is until
 * each piece was seen to be the same there as through the volume. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#define PIECE_BYTES (1 * MIB)

/* Opening ------------------------------------------------------------------------------------ */

/* Without a claim: the pool has it, and we have claimed the volume. */
static int open_data(const struct thin_map *map, struct device *ret)
{
	char path[300];
	struct stat status;
	int sector_bytes = 0;
	uint64_t capacity_bytes = 0;

	int result = place_node(map->data_device, path);
	if (result < 0)
		return result;
	AUTO_FD int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode) || status.st_rdev != map->data_device)
		return -ESTALE;
	if (ioctl(fd, BLKGETSIZE64, &capacity_bytes) < 0 || ioctl(fd, BLKSSZGET, &sector_bytes) < 0)
		return -errno;
	*ret = (struct device){ .fd = fd,
		.number = map->data_device,
		.capacity_bytes = capacity_bytes,
		.sector_bytes = (uint32_t)sector_bytes };
	fd = -1;
	return 0;
}

/* Translating -------------------------------------------------------------------------------- */

/* The range of blocks that a byte of the volume lies in; NULL for none. */
static const struct thin_range *find_block(const struct thin_map *map, uint64_t offset)
{
	uint64_t block = offset / map->block_bytes;
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct thin_range *range = &map->items[middle];
		if (block < range->logical_block)
			high = middle;
		else if (block >= range->logical_block + range->blocks)
			low = middle + 1;
		else
			return range;
	}
	return NULL;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct byte_range *first = a, *second = b;

	return (first->offset_bytes > second->offset_bytes) -
	       (first->offset_bytes < second->offset_bytes);
}

/* What was written of the volume as ranges of the data device, ascending. -ERANGE: it reads what is not mapped, or
 * what is mapped lies outside. */
static int translate(const struct thin_map *map, const struct range_list *written,
	uint64_t capacity_bytes, struct range_list *ret)
{
	struct range_list parts AUTO_RANGES = { 0 };
	int result = 0;

	for (size_t i = 0; i < written->count; i++) {
		uint64_t at = written->items[i].offset_bytes;
		uint64_t end = at + written->items[i].length_bytes;
		while (result == 0 && at < end) {
			const struct thin_range *range = find_block(map, at);
			if (!range)
				return -ERANGE;
			uint64_t into = at - range->logical_block * map->block_bytes;
			uint64_t length = MIN(end - at, range->blocks * map->block_bytes - into);
			uint64_t to = range->data_block * map->block_bytes + into;
			if (to > capacity_bytes || length > capacity_bytes - to)
				return -ERANGE;
			result = ranges_add(&parts, to, length);
			at += length;
		}
	}
	if (parts.count > 0)
		qsort(parts.items, parts.count, sizeof(*parts.items), compare_ranges);
	for (size_t i = 0; result == 0 && i < parts.count; i++) {
		const struct byte_range *part = &parts.items[i];
		const struct byte_range *last = ret->count ? &ret->items[ret->count - 1] : NULL;
		if (last && last->offset_bytes + last->length_bytes > part->offset_bytes)
			return -ERANGE;
		result = ranges_add(ret, part->offset_bytes, part->length_bytes);
	}
	return result;
}

/* Comparing ---------------------------------------------------------------------------------- */

static int read_exactly(int fd, uint64_t offset, uint8_t *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t got = pread(fd, data + done, length - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

/* One range of the volume with where it is said to lie; -ESTALE when it does not lie there. */
static int compare_range(const struct thin_map *map, const struct device *device,
	const struct device *data, const struct byte_range *range, uint8_t *buffers)
{
	uint64_t end = range->offset_bytes + range->length_bytes;

	for (uint64_t at = range->offset_bytes; at < end;) {
		const struct thin_range *blocks = find_block(map, at);
		if (!blocks)
			return -ERANGE;
		uint64_t into = at - blocks->logical_block * map->block_bytes;
		size_t length = (size_t)MIN(
			MIN(PIECE_BYTES, end - at), blocks->blocks * map->block_bytes - into);
		uint64_t below = blocks->data_block * map->block_bytes + into;
		int result = read_exactly(device->fd, at, buffers, length);
		if (result == 0)
			result = read_exactly(data->fd, below, buffers + PIECE_BYTES, length);
		if (result < 0)
			return result;
		if (memcmp(buffers, buffers + PIECE_BYTES, length) != 0)
			return -ESTALE;
		at += length;
	}
	return 0;
}

static int compare_all(const struct thin_map *map, const struct device *device,
	const struct device *data, const struct range_list *written,
	const struct platform_pace *pace)
{
	AUTO_FREE uint8_t *buffers = aligned_alloc(4096, 2 * PIECE_BYTES);
	int result = buffers ? 0 : -ENOMEM;

	for (size_t i = 0; result == 0 && i < written->count; i++)
		result = pace && pace->stop && *pace->stop
				 ? -EINTR
				 : compare_range(map, device, data, &written->items[i], buffers);
	return result;
}

/* All of it ---------------------------------------------------------------------------------- */

static int overwrite_data(const struct thin_map *map, const struct device *device,
	const struct device *data, const struct range_list *written,
	const struct platform_pace *pace, struct storage_outcome *outcome, struct error *error)
{
	struct range_list ranges AUTO_RANGES = { 0 };

	int result = translate(map, written, data->capacity_bytes, &ranges);
	if (result == 0)
		result = compare_all(map, device, data, written, pace);
	if (result == -ERANGE || result == -ESTALE) {
		outcome_failed(outcome, STORAGE_REASON_MOVED);
		return 0;
	}
	if (result == -EINTR)
		return error_set(error, ERROR_INTERRUPTED, EINTR, "storage-stopped",
			_("The erasure was stopped before its end."));
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-read",
			_("%s cannot be read: %s"), device->place, strerror(-result));
	const struct overwriting overwriting = { .fd = data->fd,
		.sector_bytes = data->sector_bytes,
		.ranges = ranges.items,
		.count = ranges.count,
		.pace = pace };
	if (device_is_flash(data->number))
		outcome_limit(outcome, STORAGE_LIMIT_SPARE);
	return overwriting_run(&overwriting, outcome, error);
}

static int overwrite_below(const struct thin_map *map, const struct device *device,
	const struct range_list *written, const struct platform_pace *pace,
	struct storage_outcome *outcome, struct error *error)
{
	struct device data = { .fd = -1 };

	int result = open_data(map, &data);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-open",
			_("%s cannot be opened: %s"), device->place, strerror(-result));
	result = overwrite_data(map, device, &data, written, pace, outcome, error);
	(void)close(data.fd);
	return result;
}

static bool has_all(const struct thin_map *map, const struct range_list *written)
{
	for (size_t i = 0; i < written->count; i++) {
		uint64_t at = written->items[i].offset_bytes;
		uint64_t end = at + written->items[i].length_bytes;
		while (at < end) {
			const struct thin_range *range = find_block(map, at);
			if (!range)
				return false;
			at = (range->logical_block + range->blocks) * map->block_bytes;
		}
	}
	return true;
}

int thin_overwrite(const struct thin_map *map, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error)
{
	struct range_list written AUTO_RANGES = { 0 };

	int result = device_find_written(device, pace, &written, error);
	if (result < 0)
		return result;
	if (!has_all(map, &written)) {
		*ret_reason = STORAGE_REASON_LAYOUT;
		return 0;
	}
	if (map->has_old)
		return overwrite_below(map, device, &written, pace, outcome, error);
	return device_overwrite_ranges(device, written.items, written.count, pace, outcome, error);
}
