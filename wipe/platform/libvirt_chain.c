/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a disk image stands on, file by file.
 *
 * A format is only believed when whoever administers the VM stated it: in the domain, or in the image above. A raw
 * disk is written by its guest, which could write a header into it that names somebody else's file. */
#include "wipe/platform/libvirt_parts.h"
#include "wipe/platform/qcow2.h"

#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define DEPTH_MAX 256

struct image {
	bool is_there, is_qcow2;
	uint64_t size_bytes;
	struct qcow2_header header;
};

static int unreadable(const char *place, int errnum, struct error *error)
{
	return error_set(error, ERROR_FAILED, errnum, "place-unreadable",
		_("The disk image %s cannot be read: %s"), place, strerror(errnum));
}

static int chain_unknown(const char *place, const char *format, struct error *error)
{
	error_set(error, ERROR_REFUSED, EOPNOTSUPP, "chain-unknown",
		_("It cannot be told what the disk image %s (format %s) stands on"), place,
		format[0] ? format : "?");
	error_next(error, _("Convert it with qemu-img convert, or state the format with qemu-img "
			    "rebase -u -F."));
	return -EOPNOTSUPP;
}

/* As many bytes from the start as there are, up to size. */
static ssize_t read_start(int fd, uint8_t *bytes, size_t size)
{
	size_t done = 0;
	while (done < size) {
		const ssize_t count = pread(fd, bytes + done, size - done, (off_t)done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		done += (size_t)count;
	}
	return (ssize_t)done;
}

static int read_header(const char *place, int fd, struct image *image, struct error *error)
{
	size_t size = 4 * KIB, needed = 0;
	for (;;) {
		AUTO_FREE uint8_t *bytes = malloc(size);
		if (!bytes)
			return error_no_memory(error);
		const ssize_t length = read_start(fd, bytes, size);
		if (length < 0)
			return unreadable(place, (int)-length, error);
		image->is_qcow2 = qcow2_begins(bytes, (size_t)length);
		if (!image->is_qcow2)
			return 0;
		const int result =
			qcow2_parse(place, bytes, (size_t)length, &image->header, &needed, error);
		/* An image that is shorter than its first cluster is filled up, as QEMU reads it. */
		if (result == -ENODATA && needed > size) {
			size = needed;
			continue;
		}
		if (result == -ENODATA) {
			AUTO_FREE uint8_t *whole = calloc(1, needed);
			if (!whole)
				return error_no_memory(error);
			memcpy(whole, bytes, (size_t)length);
			return qcow2_parse(place, whole, needed, &image->header, &needed, error);
		}
		return result;
	}
}

static int image_read(const char *place, struct image *ret, struct error *error)
{
	struct stat status;
	*ret = (struct image){ 0 };
	AUTO_FD int fd = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : unreadable(place, errno, error);
	if (fstat(fd, &status) < 0)
		return unreadable(place, errno, error);
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return unreadable(place, EINVAL, error);
	ret->is_there = true;
	if (S_ISREG(status.st_mode))
		ret->size_bytes = (uint64_t)status.st_size;
	else if (ioctl(fd, BLKGETSIZE64, &ret->size_bytes) < 0)
		ret->size_bytes = 0;
	return read_header(place, fd, ret, error);
}

static bool is_flat(const char *format)
{
	return strcmp(format, "raw") == 0 || strcmp(format, "luks") == 0 ||
	       strcmp(format, "iso") == 0;
}

static int add(struct texts *ret, const char *place, struct error *error)
{
	return texts_add(ret, place) < 0 ? error_no_memory(error) : 0;
}

struct walk {
	enum chain_of whose;
	struct texts *chain;
	char place[MACHINE_PLACE_MAX], format[32];
	bool ended;
};

/* Does the chain go on below this image? Ours has to be understood. What is said to be qcow2 and does not begin so
 * is damaged, or erased already: nothing can be read from it, and it stands on nothing any more. */
static int consider(struct walk *walk, const struct image *image, int result, struct error *error)
{
	const bool own = walk->whose == CHAIN_OWN, stated = strcmp(walk->format, "qcow2") == 0;
	walk->ended = true;
	if (result == -EBADMSG && !own)
		return 0; /* what is no image can stand on nothing */
	if (result != 0 || !image->is_there)
		return result;
	if (image->is_qcow2 && (stated || (!own && !walk->format[0])))
		walk->ended = false;
	else if (own && !stated && (image->is_qcow2 || walk->format[0]))
		return chain_unknown(walk->place, walk->format, error);
	return 0;
}

/* One step down. */
static int descend(struct walk *walk, const struct qcow2_header *header, struct error *error)
{
	char below[MACHINE_PLACE_MAX];
	bool is_local = false;
	int result = 0;
	if (header->data[0]) {
		result = qcow2_place(
			walk->place, header->data, below, sizeof(below), &is_local, error);
		if (result == 0)
			result = add(walk->chain, below, error);
	}
	walk->ended = !header->backing[0];
	if (result != 0 || walk->ended)
		return result;
	result = qcow2_place(walk->place, header->backing, below, sizeof(below), &is_local, error);
	if (result != 0)
		return result;
	walk->ended = !is_local || texts_have(walk->chain, below);
	memcpy(walk->place, below, sizeof(walk->place));
	memcpy(walk->format, header->backing_format, sizeof(walk->format));
	return add(walk->chain, below, error);
}

/* What is being erased has no header any more that could be read; what it stood on is known. */
static int add_erased(struct texts *chain, const struct machine_disk *disk, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < disk->chain_count && result == 0; i++)
		result = add(chain, disk->chain[i], error);
	return result;
}

int chain_walk(const char *place, const char *format, enum chain_of whose, struct texts *ret,
	uint64_t *ret_size_bytes, struct error *error)
{
	struct walk walk = { .whose = whose, .chain = ret };
	struct image image;
	if (strlen(place) >= sizeof(walk.place))
		return unreadable(place, ENAMETOOLONG, error);
	(void)snprintf(walk.place, sizeof(walk.place), "%s", place);
	(void)snprintf(walk.format, sizeof(walk.format), "%s", format);
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		if (is_flat(walk.format) && (depth > 0 || whose == CHAIN_OTHERS))
			return 0;
		const struct machine_disk *erased = erasure_of(walk.place);
		if (erased)
			return add_erased(ret, erased, error);
		int result = image_read(walk.place, &image, error);
		if (depth == 0 && (result == 0 || is_flat(walk.format)))
			*ret_size_bytes = image.is_qcow2 && !is_flat(walk.format)
						  ? image.header.size_bytes
						  : image.size_bytes;
		if (is_flat(walk.format))
			return result == -EBADMSG ? 0 : result;
		result = consider(&walk, &image, result, error);
		if (result != 0 || walk.ended)
			return result;
		result = descend(&walk, &image.header, error);
		if (result != 0 || walk.ended)
			return result;
	}
	return chain_unknown(place, format, error);
}

/* ---- on another host: what libvirt says ---- */

static int remote_walk(struct platform *platform, const char *place, const char *format,
	enum chain_of whose, struct texts *ret, struct error *error)
{
	char at[MACHINE_PLACE_MAX];
	struct volume_xml volume = { 0 };
	(void)snprintf(at, sizeof(at), "%s", place);
	(void)snprintf(volume.backing_format, sizeof(volume.backing_format), "%s", format);
	for (unsigned depth = 0; depth < DEPTH_MAX && !is_flat(volume.backing_format); depth++) {
		AUTO_VOLUME_HANDLE virStorageVolPtr handle = NULL;
		int result = pool_volume_at(platform, at, &handle, error);
		if (result != 0)
			return result;
		if (!handle)
			return whose == CHAIN_OWN && at[0] == '/'
				       ? chain_unknown(at, volume.backing_format, error)
				       : 0;
		AUTO_FREE char *xml = virStorageVolGetXMLDesc(handle, 0);
		if (!xml)
			return libvirt_error(platform, _("Asking for a volume"), error);
		result = volume_parse(xml, &volume, error);
		if (result != 0 || !volume.backing[0])
			return result;
		memcpy(at, volume.backing, sizeof(at));
		result = add(ret, at, error);
		if (result != 0)
			return result;
	}
	return 0;
}

int chain_of_source(struct platform *platform, const struct domain_source *source,
	enum chain_of whose, struct texts *ret, uint64_t *ret_size_bytes, struct error *error)
{
	int result = 0;
	*ret_size_bytes = 0;
	const bool is_disk = source->part == DOMAIN_DISK || source->part == DOMAIN_MEDIUM;
	const char *format = is_disk ? source->format : "raw";
	/* The headers first: the walk ends where it meets what it knows, and the XML may know only a part. */
	if (!source->is_file || source->part == DOMAIN_FILESYSTEM)
		result = 0;
	else if (place_in_reach(platform, source->place))
		result = chain_walk(source->place, format, whose, ret, ret_size_bytes, error);
	else if (!source->backing_ends)
		result = remote_walk(platform, source->place, format, whose, ret, error);
	for (size_t i = 0; i < source->backing_count && result == 0; i++)
		result = add(ret, source->backing[i].place, error);
	return result;
}
