/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive that misbehaves as told: a FUSE file system with two files. `disk` is the drive's bytes; a
 * loop device on it is a real block device of the real kernel. `control` takes the words of
 * behaviour.c, one a line, while the drive is in use, and shows what the drive saw.
 *
 *     faulty SIZE_BYTES MOUNTPOINT [BACKING_FILE]
 *     losetup --direct-io=on --show -f MOUNTPOINT/disk
 *     echo "unwritable 1048576 512" > MOUNTPOINT/control
 *
 * Runs in the foreground until unmounted. A thread that hangs waits here, so there are many.
 *
 * What the loop driver makes of it (measured, Linux 6.18): the kernel cuts a large request into pieces
 * of some 512 KiB. A piece that touches a failing range is not done at all, the others are; the
 * caller sees EIO for its whole request. With smaller requests errors are told apart down to the
 * loop device's logical sector, 512 bytes included, although FUSE's own pages are 4096. */
#define FUSE_USE_VERSION 312
#include "behaviour.h"
#include "medium.h"

#include <errno.h>
#include <fuse.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the drive saw; shown by reading `control`. */
struct counters {
	uint64_t answered[OPERATIONS];
	uint64_t failed;
	uint64_t dropped;
	uint64_t flipped;
	uint64_t hung_now;
};

/* One drive; everything under the lock, but for sleeping. */
struct drive {
	pthread_mutex_t lock;
	pthread_cond_t released;
	struct medium medium;
	struct behaviour behaviour;
	struct counters counters;
	uint64_t shown_size_bytes;
};

static struct drive *this_drive(void)
{
	return fuse_get_context()->private_data;
}

/* Wait as the behaviour says. Called with the lock held, gives it up meanwhile. */
static void linger(struct drive *drive, enum operation operation, uint64_t offset, uint64_t length)
{
	while (behaviour_find(&drive->behaviour, FAULT_HANGS, operation, offset, length)) {
		drive->counters.hung_now++;
		pthread_cond_wait(&drive->released, &drive->lock);
		drive->counters.hung_now--;
	}
	uint64_t delay_us = drive->behaviour.delay_us +
			    drive->behaviour.delay_us_per_mib * length / (1024 * 1024);
	if (delay_us > 0) {
		pthread_mutex_unlock(&drive->lock);
		usleep((useconds_t)delay_us);
		pthread_mutex_lock(&drive->lock);
	}
}

/* Take the lock, and decide whether this operation is answered at all. 0 or -EIO; -EINVAL for
 * what no drive is ever sent: less than a block. */
static int begin(struct drive *drive, enum operation operation, uint64_t offset, uint64_t length)
{
	pthread_mutex_lock(&drive->lock);
	linger(drive, operation, offset, length);
	bool fails = behaviour_is_dead(&drive->behaviour) ||
		     behaviour_strikes(&drive->behaviour, FAULT_FAILS, operation, offset, length) ||
		     (operation != OPERATION_FLUSH && offset + length > drive->shown_size_bytes);
	drive->counters.failed += fails;
	drive->counters.answered[operation] += !fails;
	if ((offset | length) % MEDIUM_BLOCK_BYTES != 0)
		return -EINVAL;
	return fails ? -EIO : 0;
}

static void end(struct drive *drive)
{
	pthread_mutex_unlock(&drive->lock);
}

/* Do block by block what a fault changes, so that its range is exact. */
static void flip_bits(struct drive *drive, uint8_t *data, size_t length, uint64_t offset)
{
	for (size_t at = 0; at < length; at++)
		if (behaviour_find(&drive->behaviour, FAULT_FLIPS, OPERATION_READ, offset + at, 1))
			data[at] ^= 1;
	drive->counters.flipped++;
}

static int write_except_dropped(
	struct drive *drive, const uint8_t *data, size_t length, uint64_t offset)
{
	int r = 0;
	for (size_t at = 0; at < length && r == 0; at += MEDIUM_BLOCK_BYTES)
		if (!behaviour_find(&drive->behaviour, FAULT_DROPS, OPERATION_WRITE, offset + at,
			    MEDIUM_BLOCK_BYTES))
			r = medium_write(
				&drive->medium, data + at, MEDIUM_BLOCK_BYTES, offset + at);
	drive->counters.dropped++;
	return r;
}

static int disk_read(struct drive *drive, char *data, size_t length, uint64_t offset)
{
	int r = begin(drive, OPERATION_READ, offset, length);
	if (r == 0)
		r = medium_read(&drive->medium, data, length, offset);
	if (r == 0 &&
		behaviour_strikes(&drive->behaviour, FAULT_FLIPS, OPERATION_READ, offset, length))
		flip_bits(drive, (uint8_t *)data, length, offset);
	end(drive);
	return r < 0 ? r : (int)length;
}

static int disk_write(struct drive *drive, const char *data, size_t length, uint64_t offset)
{
	int r = begin(drive, OPERATION_WRITE, offset, length);
	if (r == 0 &&
		behaviour_strikes(&drive->behaviour, FAULT_DROPS, OPERATION_WRITE, offset, length))
		r = write_except_dropped(drive, (const uint8_t *)data, length, offset);
	else if (r == 0)
		r = medium_write(&drive->medium, data, length, offset);
	end(drive);
	return r < 0 ? r : (int)length;
}

static int disk_flush(struct drive *drive)
{
	int r = begin(drive, OPERATION_FLUSH, 0, 0);
	if (r == 0)
		r = medium_flush(&drive->medium);
	else if (drive->behaviour.flush_loses)
		medium_lose(&drive->medium);
	end(drive);
	return r;
}

static int control_line(struct drive *drive, const char *line)
{
	enum request request = REQUEST_NOTHING;
	uint64_t size_bytes = 0;
	pthread_mutex_lock(&drive->lock);
	int r = behaviour_obey(&drive->behaviour, line, &request, &size_bytes);
	if (r == 0) {
		switch (request) {
		case REQUEST_NOTHING:
			break;
		case REQUEST_RELEASE:
			pthread_cond_broadcast(&drive->released);
			break;
		case REQUEST_CACHE:
			drive->medium.cached = true;
			break;
		case REQUEST_LOSE_CACHE:
			medium_lose(&drive->medium);
			break;
		case REQUEST_SIZE:
			drive->shown_size_bytes = size_bytes;
			break;
		}
	}
	pthread_mutex_unlock(&drive->lock);
	return r;
}

static int control_write(struct drive *drive, const char *data, size_t length)
{
	char text[4096];
	if (length >= sizeof(text))
		return -EFBIG;
	memcpy(text, data, length);
	text[length] = '\0';
	char *rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		int r = *line ? control_line(drive, line) : 0;
		if (r < 0)
			return r;
	}
	return (int)length;
}

static int control_read(struct drive *drive, char *data, size_t length, uint64_t offset)
{
	char text[512];
	pthread_mutex_lock(&drive->lock);
	const struct counters *seen = &drive->counters;
	int size = snprintf(text, sizeof(text),
		"reads %" PRIu64 "\nwrites %" PRIu64 "\nflushes %" PRIu64 "\nfailed %" PRIu64
		"\ndropped %" PRIu64 "\nflipped %" PRIu64 "\nhung %" PRIu64 "\nwaiting %" PRIu64
		"\n",
		seen->answered[OPERATION_READ], seen->answered[OPERATION_WRITE],
		seen->answered[OPERATION_FLUSH], seen->failed, seen->dropped, seen->flipped,
		seen->hung_now, medium_waiting_bytes(&drive->medium));
	pthread_mutex_unlock(&drive->lock);
	if (offset >= (uint64_t)size)
		return 0;
	if (length > (size_t)size - offset)
		length = (size_t)size - offset;
	memcpy(data, text + offset, length);
	return (int)length;
}

/* ---- the two files, as FUSE asks for them ---- */

static bool is_disk(const char *path)
{
	return strcmp(path, "/disk") == 0;
}

static bool is_control(const char *path)
{
	return strcmp(path, "/control") == 0;
}

static int on_getattr(const char *path, struct stat *ret, struct fuse_file_info *file)
{
	(void)file;
	memset(ret, 0, sizeof(*ret));
	ret->st_nlink = 1;
	ret->st_mode = S_IFREG | 0600;
	if (strcmp(path, "/") == 0)
		ret->st_mode = S_IFDIR | 0700;
	else if (is_disk(path))
		ret->st_size = (off_t)this_drive()->shown_size_bytes;
	else if (!is_control(path))
		return -ENOENT;
	return 0;
}

static int on_readdir(const char *path, void *list, fuse_fill_dir_t fill, off_t offset,
	struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
	(void)path, (void)offset, (void)file, (void)flags;
	fill(list, "disk", NULL, 0, 0);
	fill(list, "control", NULL, 0, 0);
	return 0;
}

static int on_open(const char *path, struct fuse_file_info *file)
{
	file->direct_io = 1; /* no page cache between the loop device and us */
	return is_disk(path) || is_control(path) ? 0 : -ENOENT;
}

static int on_read(
	const char *path, char *data, size_t length, off_t offset, struct fuse_file_info *file)
{
	(void)file;
	return is_disk(path) ? disk_read(this_drive(), data, length, (uint64_t)offset)
			     : control_read(this_drive(), data, length, (uint64_t)offset);
}

static int on_write(const char *path, const char *data, size_t length, off_t offset,
	struct fuse_file_info *file)
{
	(void)file;
	return is_disk(path) ? disk_write(this_drive(), data, length, (uint64_t)offset)
			     : control_write(this_drive(), data, length);
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *file)
{
	(void)data_only, (void)file;
	return is_disk(path) ? disk_flush(this_drive()) : 0;
}

/* `echo … > control` truncates first; the drive itself cannot be cut. */
static int on_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
	(void)size, (void)file;
	return is_control(path) ? 0 : -EPERM;
}

static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	connection->max_background = 128;
	connection->congestion_threshold = 128;
	config->attr_timeout = 0;
	config->entry_timeout = 0;
	config->negative_timeout = 0;
	return this_drive();
}

static const struct fuse_operations operations = {
	.getattr = on_getattr,
	.readdir = on_readdir,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.fsync = on_fsync,
	.truncate = on_truncate,
	.init = on_init,
};

int main(int count, char *arguments[])
{
	static struct drive drive = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.released = PTHREAD_COND_INITIALIZER };
	if (count < 3 || count > 4) {
		printf("Usage: faulty SIZE_BYTES MOUNTPOINT [BACKING_FILE]\n"
		       "Words for MOUNTPOINT/control, one a line, numbers in bytes:\n");
		behaviour_print_words();
		return count == 2 && strcmp(arguments[1], "--help") == 0 ? 0 : 2;
	}
	drive.shown_size_bytes = strtoull(arguments[1], NULL, 10);
	behaviour_honest(&drive.behaviour);
	int r = medium_open(
		count == 4 ? arguments[3] : NULL, drive.shown_size_bytes, &drive.medium);
	if (r < 0) {
		fprintf(stderr, "faulty: no medium of %s bytes: %s\n", arguments[1], strerror(-r));
		return 1;
	}
	char *fuse_arguments[] = { arguments[0], "-f", "-o",
		"max_threads=256,max_idle_threads=8,fsname=haiki-faulty", arguments[2], NULL };
	return fuse_main(5, fuse_arguments, &operations, &drive);
}
