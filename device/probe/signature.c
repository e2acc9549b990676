/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is on a device: the walk over the whole device and into each partition. Probing one area is
 * signature_probe.c; here is what makes sure that an unreadable place is an error. */
#include "device/probe/signature.h"
#include "base/text.h"
#include "device/probe/detail.h"
#include "device/identity/identity.h"
#include "device/probe/signature_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Where libblkid looks: at the start up to LUKS2's last place for its second header (4 MiB), at the
 * end up to Promise's RAID (1.5 MiB). It tells read errors but loses short reads, so these places are
 * read here too; inside partitions, where most superblocks are. */
#define DEVICE_HEAD_BYTES (4 * MIB + 64 * KIB)
#define DEVICE_TAIL_BYTES (2 * MIB)
#define PARTITION_ENDS_BYTES (128 * KIB)
#define READ_BYTES (256 * KIB)
#define DETAILS_MAX_BYTES ((size_t)(12 * MIB)) /* of all signatures of a device */

static int read_through(int fd, uint64_t offset, uint64_t length, uint8_t *scratch)
{
	while (length > 0) {
		size_t want = (size_t)MIN(length, READ_BYTES);
		ssize_t got = pread(fd, scratch, want, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -EIO;
		offset += (uint64_t)got;
		length -= (uint64_t)got;
	}
	return 0;
}

int signature_check_readable(int fd, uint64_t offset, uint64_t length, bool whole_device)
{
	uint64_t head = MIN(length, whole_device ? DEVICE_HEAD_BYTES : PARTITION_ENDS_BYTES);
	uint64_t tail = MIN(length, whole_device ? DEVICE_TAIL_BYTES : PARTITION_ENDS_BYTES);
	AUTO_FREE uint8_t *scratch = malloc(READ_BYTES);
	if (!scratch)
		return -ENOMEM;
	int error = read_through(fd, offset, head, scratch);
	return error ? error : read_through(fd, offset + length - tail, tail, scratch);
}

/* The walk needs a descriptor of its own: libblkid's reads are not aligned as O_DIRECT wants them,
 * and they move the file position. What was written past the page cache must be seen. */
static int open_own(int fd)
{
	char path[64];
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int own = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (own < 0 && (flags & O_DIRECT))
		return -errno;
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return -errno;

	if ((flags & O_DIRECT) && ioctl(own, BLKFLSBUF, 0)) {
		/* Not permitted, or an image file: the cache's clean pages can be dropped anyway. */
		int errnum = posix_fadvise(own, 0, 0, POSIX_FADV_DONTNEED);
		if (errnum) {
			(void)close(own);
			return -errnum;
		}
	}
	return own;
}

static int find_size(int fd, uint64_t *ret_size, uint32_t *ret_sector)
{
	struct stat status;
	int sector = 512;
	uint64_t size = 0;
	if (fstat(fd, &status))
		return -errno;
	if (S_ISREG(status.st_mode))
		size = (uint64_t)status.st_size;
	else if (!S_ISBLK(status.st_mode))
		return -ENOTBLK;
	else if (ioctl(fd, BLKGETSIZE64, &size) || ioctl(fd, BLKSSZGET, &sector))
		return -errno;
	if (size == 0)
		return -ENXIO; /* gone, or no medium: not the same as nothing on it */
	*ret_size = size;
	*ret_sector = sector > 0 ? (uint32_t)sector : 512;
	return 0;
}

void signature_name_device(int fd, char ret[static IDENTITY_LABEL_MAX])
{
	struct drive_identity identity;
	if (identity_read(fd, NULL, &identity, NULL) == 0) {
		identity_label(&identity, ret);
		return;
	}
	char link[64];
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, ret, IDENTITY_LABEL_MAX - 1);
	if (length > 0)
		ret[length] = '\0';
	else
		(void)snprintf(ret, IDENTITY_LABEL_MAX, "%s", _("the device"));
}

int signature_walk_say(int fd, int failed, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	if (failed == -ENOMEM)
		return error_no_memory(error);
	signature_name_device(fd, label);
	if (failed == -ENOTBLK)
		return error_set(error, ERROR_USAGE, ENOTBLK, "not-block-device",
			_("%s is neither a block device nor an image file."), label);
	if (failed == -ENXIO) {
		int result = error_set(error, ERROR_FAILED, ENXIO, "no-capacity",
			_("%s has no capacity: there is nothing to look at."), label);
		(void)error_next(error, _("Check that the drive is still attached."));
		return result;
	}
	int result = error_set(error, ERROR_FAILED, -failed, "signatures-unreadable",
		_("What is on %s cannot be read: %s."), label, strerror(-failed));
	(void)error_next(error, _("Nothing may be concluded about what it holds. Check cables and "
				  "the kernel's messages; a defective drive is to be destroyed."));
	return result;
}

/* Details ------------------------------------------------------------------------------------- */

/* Without its lists, which are what makes a detail large. */
static int cut_lists(json_t *detail)
{
	void *next;
	const char *key;
	json_t *value;
	json_object_foreach_safe(detail, next, key, value)
	{
		if (json_is_array(value) && json_object_del(detail, key) < 0)
			return -ENOMEM;
	}
	(void)json_object_del(detail, "problem");
	return detail_problem(detail, "cut");
}

static int read_detail(const struct signature_walk *walk, struct signature *signature, size_t *left)
{
	const struct device_area area = { .fd = walk->fd,
		.start_bytes = signature->offset_bytes,
		.length_bytes = signature->length_bytes };
	AUTO_JSON json_t *detail = NULL;
	int result = detail_read(&area, signature, &detail);
	if (result < 0 || !detail)
		return result;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(*left);
	result = json_write_canonical(detail, &text);
	if (result == -EOVERFLOW) {
		result = cut_lists(detail);
		if (result == 0)
			result = json_write_canonical(detail, &text);
	}
	if (result < 0)
		return result == -ENOMEM ? result : 0; /* a disk full of superblocks */
	*left -= text.length;
	signature->detail = buffer_take(&text);
	return signature->detail ? 0 : -ENOMEM;
}

static int signature_read_details(struct signature_walk *walk)
{
	size_t left = DETAILS_MAX_BYTES;
	int result = 0;
	for (size_t i = 0; i < walk->list->count && result == 0; i++)
		result = read_detail(walk, &walk->list->items[i], &left);
	return result;
}

/* The walk ------------------------------------------------------------------------------------ */

int signature_walk_open(int fd, struct signature_walk *ret)
{
	AUTO_WALK struct signature_walk walk = { .fd = -1 };
	int failed = find_size(fd, &walk.size_bytes, &walk.sector_bytes);
	if (failed)
		return failed;
	walk.fd = open_own(fd);
	if (walk.fd < 0)
		return walk.fd;
	failed = signature_probe_open(&walk);
	if (failed)
		return failed;
	/* The first object made seeds all tables of keys from a file, which the child cannot open. */
	json_object_seed(0);
	*ret = walk;
	walk = (struct signature_walk){ .fd = -1 };
	return 0;
}

void signature_walk_close(struct signature_walk *walk)
{
	if (walk->whole)
		blkid_free_probe(walk->whole);
	if (walk->fd >= 0)
		(void)close(walk->fd);
	*walk = (struct signature_walk){ .fd = -1 };
}

int signature_walk_all(struct signature_walk *walk)
{
	int failed = signature_check_readable(walk->fd, 0, walk->size_bytes, true);
	if (!failed)
		failed = signature_probe_device(walk);
	return failed ? failed : signature_read_details(walk);
}

int signatures_read(int fd, struct signature_list *ret, struct error *error)
{
	AUTO_WALK struct signature_walk walk = { .fd = -1 };
	AUTO_SIGNATURES struct signature_list list = { 0 };
	int failed = signature_walk_open(fd, &walk);
	walk.list = &list;
	if (!failed)
		failed = signature_walk_all(&walk);
	if (failed)
		return signature_walk_say(fd, failed, error);
	*ret = list;
	list = (struct signature_list){ 0 };
	return 0;
}

void signature_list_free(struct signature_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].detail);
	free(list->items);
	*list = (struct signature_list){ 0 };
}
