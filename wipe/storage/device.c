/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Block devices that a tenant's bytes lay on: claimed, guarded, overwritten. */
#include "wipe/storage/storage_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "wipe/guard/guard.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

#define PIECE_BYTES (1 * MIB)
#define GRAIN_BYTES (64 * KIB) /* the smallest block of a thin pool, and a divisor of all others */

/* Claiming ----------------------------------------------------------------------------------- */

int storage_in_use(const char *place, const char *why, struct error *error)
{
	(void)error_set(error, ERROR_REFUSED, EBUSY, "storage-in-use",
		_("%s must not be erased: it is in use: %s"), place, why);
	(void)error_next(error, _("End what uses it, then try again."));
	return -EBUSY;
}

int device_claim(const char *place, const struct platform_pace *pace, struct drive **ret,
	struct error *error)
{
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	struct guard_finding finding;
	dev_t number = 0;

	int result = place_block(place, &number);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-open",
			_("%s cannot be opened: %s"), place, strerror(-result));
	result = drive_open(place, DRIVE_CLAIM, &drive, error);
	if (result == -EBUSY) {
		char why[sizeof(error->what)] = "";
		if (error)
			memcpy(why, error->what, sizeof(why));
		return storage_in_use(place, why, error);
	}
	if (result < 0)
		return result;
	if (drive->identity.devnum != number)
		return storage_in_use(place, _("another device took its place"), error);
	const struct guard_subject subject = { .drive = drive,
		.outside_vouched = pace && pace->outside_vouched };
	guard_check_use(&subject, &finding);
	if (finding.result != GUARD_PASSED)
		return storage_in_use(place, finding.detail, error);
	*ret = drive;
	drive = NULL;
	return 0;
}

void device_of_drive(const struct drive *drive, const char *place, struct device *ret)
{
	*ret = (struct device){ .place = place,
		.drive = drive,
		.fd = drive->fd,
		.number = drive->identity.devnum,
		.capacity_bytes = drive->identity.capacity_bytes,
		.sector_bytes = drive->identity.logical_sector_bytes };
}

/* Overwriting -------------------------------------------------------------------------------- */

int device_overwrite_ranges(const struct device *device, const struct byte_range *ranges,
	size_t count, const struct platform_pace *pace, struct storage_outcome *outcome,
	struct error *error)
{
	const struct overwriting overwriting = { .drive = device->drive,
		.fd = device->fd,
		.disk_sequence = device->drive ? device->drive->identity.disk_sequence : 0,
		.sector_bytes = device->sector_bytes,
		.ranges = ranges,
		.count = count,
		.pace = pace };

	if (device_is_flash(device->number))
		outcome_limit(outcome, STORAGE_LIMIT_SPARE);
	int result = overwriting_run(&overwriting, outcome, error);
	if (result == 0 && device->drive && drive_check_same(device->drive, NULL, NULL) < 0)
		outcome_failed(outcome, STORAGE_REASON_CHANGED);
	return result;
}

int device_overwrite(const struct device *device, const struct platform_pace *pace,
	struct storage_outcome *outcome, struct error *error)
{
	const struct byte_range all = { .length_bytes = device->capacity_bytes };

	return device_overwrite_ranges(device, &all, all.length_bytes > 0, pace, outcome, error);
}

/* What is not zero --------------------------------------------------------------------------- */

static bool is_zero(const uint8_t *data, size_t length)
{
	return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

static int read_piece(int fd, uint64_t offset, uint8_t *data, size_t length)
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

/* The grains of a piece that are not zero; *ret_found: how many bytes they are. */
static int add_written(const uint8_t *data, uint64_t offset, size_t length,
	struct range_list *ranges, uint64_t *ret_found)
{
	int result = 0;

	*ret_found = 0;
	for (size_t at = 0; result == 0 && at < length; at += GRAIN_BYTES) {
		size_t grain = (size_t)MIN(GRAIN_BYTES, length - at);
		if (is_zero(data + at, grain))
			continue;
		result = ranges_add(ranges, offset + at, grain);
		*ret_found += grain;
	}
	return result;
}

/* Reading what was written is work for the storage like writing it; what never was, is none. */
static void keep_rate(const struct platform_pace *pace, int64_t since_ms, uint64_t read_bytes)
{
	if (!pace || pace->rate_bytes_per_second == 0)
		return;
	int64_t due_ms = since_ms + (int64_t)(read_bytes * 1000 / pace->rate_bytes_per_second);
	int64_t left_ms = due_ms - clock_monotonic_ms();
	if (left_ms > 0)
		(void)poll(NULL, 0, (int)MIN(left_ms, 10000));
}

int device_find_written(const struct device *device, const struct platform_pace *pace,
	struct range_list *ranges, struct error *error)
{
	AUTO_FREE uint8_t *piece = aligned_alloc(4096, PIECE_BYTES);
	int64_t since_ms = clock_monotonic_ms();
	uint64_t found = 0, read_bytes = 0;

	if (!piece)
		return error_no_memory(error);
	for (uint64_t at = 0; at < device->capacity_bytes; at += PIECE_BYTES) {
		size_t length = (size_t)MIN(PIECE_BYTES, device->capacity_bytes - at);
		if (pace && pace->stop && *pace->stop)
			return error_set(error, ERROR_INTERRUPTED, EINTR, "storage-stopped",
				_("The erasure was stopped before its end."));
		int result = read_piece(device->fd, at, piece, length);
		if (result == 0)
			result = add_written(piece, at, length, ranges, &found);
		if (result < 0)
			return error_set(error, ERROR_FAILED, -result, "storage-read",
				_("%s cannot be read: %s"), device->place, strerror(-result));
		read_bytes += found;
		keep_rate(pace, since_ms, read_bytes);
	}
	return 0;
}
