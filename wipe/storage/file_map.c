/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a file's bytes lie, by its file system's word, and what kind of file system that is. */
#include "wipe/storage/storage_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define EXTENTS_AT_ONCE 256
#define EXTENTS_MAX ((size_t)16 * 1024 * 1024) /* of one file */

/* Not in <linux/magic.h> of Debian 12. */
#define ZFS_MAGIC 0x2fc12fc1
#define BCACHEFS_MAGIC 0xca451a4e
#define CIFS_MAGIC 0xff534d42
#define SMB2_MAGIC 0xfe534d42
#define GFS2_MAGIC_NUMBER 0x01161970
#define LUSTRE_MAGIC 0x0bd00bd0
#define VBOXSF_MAGIC 0x786f4256

/* The map ------------------------------------------------------------------------------------ */

void file_map_free(struct file_map *map)
{
	free(map->items);
	*map = (struct file_map){ 0 };
}

static bool continues(const struct file_extent *last, const struct file_extent *next)
{
	return last->logical_bytes + last->length_bytes == next->logical_bytes &&
	       last->physical_bytes + last->length_bytes == next->physical_bytes &&
	       last->shared == next->shared && last->encoded == next->encoded;
}

static int add_extent(struct file_map *map, const struct file_extent *next)
{
	struct file_extent *last = map->count ? &map->items[map->count - 1] : NULL;

	if (last && last->logical_bytes + last->length_bytes > next->logical_bytes)
		return -EBADMSG;
	if (last && continues(last, next)) {
		last->length_bytes += next->length_bytes;
		return 0;
	}
	if (map->count == EXTENTS_MAX)
		return -EFBIG;
	if (map->count == map->capacity) {
		size_t capacity = map->capacity ? 2 * map->capacity : 64;
		struct file_extent *items = reallocarray(map->items, capacity, sizeof(*map->items));
		if (!items)
			return -ENOMEM;
		map->items = items;
		map->capacity = capacity;
	}
	map->items[map->count++] = *next;
	return 0;
}

/* What was allocated and never written (FIEMAP_EXTENT_UNWRITTEN) lies somewhere too, and what lay there before is
 * there still. */
static struct file_extent extent_of(const struct fiemap_extent *extent)
{
	const uint32_t not_in_place = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC |
				      FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_NOT_ALIGNED |
				      FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL;

	return (struct file_extent){ .logical_bytes = extent->fe_logical,
		.physical_bytes = extent->fe_physical,
		.length_bytes = extent->fe_length,
		.shared = (extent->fe_flags & FIEMAP_EXTENT_SHARED) != 0,
		.encoded = (extent->fe_flags & not_in_place) != 0 };
}

/* *ret_next: where to go on; UINT64_MAX at the end. */
static int read_some(int fd, struct fiemap *request, struct file_map *map, uint64_t *ret_next)
{
	*request = (struct fiemap){ .fm_start = *ret_next,
		.fm_length = FIEMAP_MAX_OFFSET - *ret_next,
		.fm_flags = FIEMAP_FLAG_SYNC,
		.fm_extent_count = EXTENTS_AT_ONCE };
	if (ioctl(fd, FS_IOC_FIEMAP, request) < 0)
		return errno == ENOTTY || errno == EBADR ? -EOPNOTSUPP : -errno;
	*ret_next = UINT64_MAX;
	for (uint32_t i = 0; i < request->fm_mapped_extents; i++) {
		const struct fiemap_extent *extent = &request->fm_extents[i];
		const struct file_extent next = extent_of(extent);
		int result = add_extent(map, &next);
		if (result < 0)
			return result;
		*ret_next = extent->fe_flags & FIEMAP_EXTENT_LAST
				    ? UINT64_MAX
				    : extent->fe_logical + extent->fe_length;
	}
	return 0;
}

int file_map_read(int fd, struct file_map *ret)
{
	AUTO_FREE struct fiemap *request =
		calloc(1, sizeof(struct fiemap) + EXTENTS_AT_ONCE * sizeof(struct fiemap_extent));
	struct file_map map AUTO_FILE_MAP = { 0 };
	uint64_t next = 0;

	if (!request)
		return -ENOMEM;
	while (next < FIEMAP_MAX_OFFSET) {
		int result = read_some(fd, request, &map, &next);
		if (result < 0)
			return result;
	}
	file_map_free(ret);
	*ret = map;
	map = (struct file_map){ 0 };
	return 0;
}

bool file_map_same(const struct file_map *a, const struct file_map *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].logical_bytes != b->items[i].logical_bytes ||
			a->items[i].physical_bytes != b->items[i].physical_bytes ||
			a->items[i].length_bytes != b->items[i].length_bytes ||
			a->items[i].shared != b->items[i].shared)
			return false;
	return true;
}

/* The file system ---------------------------------------------------------------------------- */

static const struct {
	uint64_t magic;
	enum file_system is;
} file_systems[] = {
	{ EXT4_SUPER_MAGIC, FILE_SYSTEM_IN_PLACE }, /* ext2 and ext3 have the same */
	{ XFS_SUPER_MAGIC, FILE_SYSTEM_IN_PLACE },
	{ TMPFS_MAGIC, FILE_SYSTEM_MEMORY },
	{ BTRFS_SUPER_MAGIC, FILE_SYSTEM_COPIES },
	{ ZFS_MAGIC, FILE_SYSTEM_COPIES },
	{ BCACHEFS_MAGIC, FILE_SYSTEM_COPIES },
	{ F2FS_SUPER_MAGIC, FILE_SYSTEM_COPIES },
	{ NILFS_SUPER_MAGIC, FILE_SYSTEM_COPIES },
	{ OVERLAYFS_SUPER_MAGIC, FILE_SYSTEM_COPIES },
	{ NFS_SUPER_MAGIC, FILE_SYSTEM_NETWORK },
	{ SMB_SUPER_MAGIC, FILE_SYSTEM_NETWORK },
	{ CIFS_MAGIC, FILE_SYSTEM_NETWORK },
	{ SMB2_MAGIC, FILE_SYSTEM_NETWORK },
	{ CEPH_SUPER_MAGIC, FILE_SYSTEM_NETWORK },
	{ AFS_SUPER_MAGIC, FILE_SYSTEM_NETWORK },
	{ V9FS_MAGIC, FILE_SYSTEM_NETWORK },
	{ OCFS2_SUPER_MAGIC, FILE_SYSTEM_NETWORK },
	{ GFS2_MAGIC_NUMBER, FILE_SYSTEM_NETWORK },
	{ LUSTRE_MAGIC, FILE_SYSTEM_NETWORK },
	{ FUSE_SUPER_MAGIC, FILE_SYSTEM_NETWORK },
	{ VBOXSF_MAGIC, FILE_SYSTEM_NETWORK },
};

int file_system_of(int fd, enum file_system *ret)
{
	struct statfs status;

	if (fstatfs(fd, &status) < 0)
		return -errno;
	*ret = FILE_SYSTEM_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++)
		if (file_systems[i].magic == (uint64_t)status.f_type)
			*ret = file_systems[i].is;
	return 0;
}

static int file_read_proc(const char *path, struct buffer *buffer)
{
	char piece[4096];
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));
		if (got <= 0)
			return got < 0 ? -errno : 0;
		int result = buffer_append(buffer, piece, (size_t)got);
		if (result < 0)
			return result;
	}
}

/* The driver's own word, by the name that it knows the device by; of ext2 without a journal there is none. */
bool file_is_journaled(int fd, const struct stat *status)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	char node[300], path[400];
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_JOURNAL_DATA_FL)
		return true;
	int result = place_node(status->st_dev, node);
	if (result < 0)
		return major(status->st_dev) != 0; /* tmpfs has no device */
	(void)snprintf(path, sizeof(path), "/proc/fs/ext4/%s/options", node + strlen("/dev/"));
	result = access(path, F_OK) < 0 ? -errno : file_read_proc(path, &text);
	if (result == -ENOENT)
		return false;
	return result < 0 || strstr(buffer_text(&text), "data=journal") != NULL;
}

bool device_is_flash(dev_t number)
{
	char word[16];

	if (place_attribute(number, "queue/rotational", word, sizeof(word)) < 0 &&
		place_attribute(number, "../queue/rotational", word, sizeof(word)) < 0)
		return true;
	return word[0] != '1';
}
