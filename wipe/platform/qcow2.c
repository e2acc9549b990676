/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header of a qcow2 image. What is not understood is refused: what an image stands on decides what is deleted. */
#include "wipe/platform/qcow2.h"

#include "base/json.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>

/* QEMU, docs/interop/qcow2.txt: "Header", "Header extensions". */
#define MAGIC 0x514649fbu
#define VERSION_2_BYTES 72
#define VERSION_3_BYTES 104
#define EXTENSION_END 0u
#define EXTENSION_BACKING_FORMAT 0xe2792acau
#define EXTENSION_DATA_FILE 0x44415441u
#define FEATURE_EXTERNAL_DATA (UINT64_C(1) << 2)
#define FEATURES_KNOWN UINT64_C(0x1f)

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static uint64_t get64(const uint8_t *bytes)
{
	return (uint64_t)get32(bytes) << 32 | get32(bytes + 4);
}

static int malformed(const char *place, const char *why, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "qcow2-malformed",
		_("The header of the disk image %s cannot be understood (%s)."), place, why);
	error_next(error, _("Look at it with qemu-img info and qemu-img check."));
	return -EBADMSG;
}

bool qcow2_begins(const uint8_t *bytes, size_t length)
{
	return length >= 4 && get32(bytes) == MAGIC;
}

/* A name without NUL in it, that fits. */
static bool take_name(char *ret, size_t size, const uint8_t *bytes, size_t length)
{
	if (length == 0 || length >= size || memchr(bytes, 0, length))
		return false;
	memcpy(ret, bytes, length);
	ret[length] = 0;
	return true;
}

/* The extensions between the header and the backing file's name. */
static int take_extensions(const char *place, const uint8_t *bytes, size_t from, size_t end,
	struct qcow2_header *header, struct error *error)
{
	size_t at = from;
	while (end - at >= 8) {
		const uint32_t type = get32(bytes + at);
		const size_t length = get32(bytes + at + 4);
		if (type == EXTENSION_END)
			return 0;
		at += 8;
		if (length > end - at)
			return malformed(place, "extension", error);
		if (type == EXTENSION_BACKING_FORMAT &&
			!take_name(header->backing_format, sizeof(header->backing_format),
				bytes + at, length))
			return malformed(place, "backing format", error);
		if (type == EXTENSION_DATA_FILE &&
			!take_name(header->data, sizeof(header->data), bytes + at, length))
			return malformed(place, "data file", error);
		const size_t padded = (length + 7) / 8 * 8;
		if (padded > end - at)
			return 0;
		at += padded;
	}
	return 0;
}

static int take_backing(const char *place, const uint8_t *bytes, size_t cluster,
	struct qcow2_header *header, struct error *error)
{
	const uint64_t offset = get64(bytes + 8);
	const uint32_t length = get32(bytes + 16);
	if (offset == 0)
		return 0;
	if (offset > cluster || length > cluster - offset ||
		!take_name(header->backing, sizeof(header->backing), bytes + offset, length))
		return malformed(place, "backing file", error);
	return 0;
}

static int take_features(const char *place, const uint8_t *bytes, size_t *ret_header_bytes,
	bool *ret_external, struct error *error)
{
	const uint64_t features = get64(bytes + 72);
	const uint32_t header_bytes = get32(bytes + 100);
	if (features & ~FEATURES_KNOWN)
		return malformed(place, "feature", error);
	if (header_bytes < VERSION_3_BYTES || header_bytes % 8 != 0)
		return malformed(place, "header length", error);
	*ret_header_bytes = header_bytes;
	*ret_external = (features & FEATURE_EXTERNAL_DATA) != 0;
	return 0;
}

int qcow2_parse(const char *place, const uint8_t *bytes, size_t length, struct qcow2_header *ret,
	size_t *ret_needed, struct error *error)
{
	struct qcow2_header header = { 0 };
	size_t header_bytes = VERSION_2_BYTES;
	bool external = false;
	if (length < VERSION_3_BYTES || !qcow2_begins(bytes, length))
		return malformed(place, "magic", error);
	header.version = get32(bytes + 4);
	header.cluster_bits = get32(bytes + 20);
	header.size_bytes = get64(bytes + 24);
	header.snapshot_count = get32(bytes + 60);
	if (header.version != 2 && header.version != 3)
		return malformed(place, "version", error);
	if (header.cluster_bits < 9 || header.cluster_bits > 21)
		return malformed(place, "cluster size", error);
	const size_t cluster = (size_t)1 << header.cluster_bits;
	if (length < cluster) {
		*ret_needed = cluster;
		return -ENODATA;
	}
	int result = header.version == 3
			     ? take_features(place, bytes, &header_bytes, &external, error)
			     : 0;
	if (result == 0)
		result = take_backing(place, bytes, cluster, &header, error);
	const uint64_t backing = get64(bytes + 8);
	const size_t end = backing != 0 ? (size_t)backing : cluster;
	if (result == 0 && header_bytes > end)
		return malformed(place, "header length", error);
	if (result == 0)
		result = take_extensions(place, bytes, header_bytes, end, &header, error);
	if (result != 0)
		return result;
	if (external && !header.data[0])
		return malformed(place, "data file", error);
	if (!external)
		header.data[0] = 0; /* a name that a former use left behind */
	*ret = header;
	return 0;
}

/* ---- names of files ---- */

static int unusable(const char *image, const char *reference, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "chain-unknown",
		_("The disk image %s stands on \"%s\", which cannot be understood."), image,
		reference);
}

/* "nbd://host", "rbd:pool/image": letters before a colon, and no slash before it. */
static bool has_protocol(const char *reference)
{
	const size_t length = strcspn(reference, ":/");
	return reference[length] == ':';
}

static int keep(const char *text, char *ret, size_t size, const char *image, struct error *error)
{
	if (!*text || strlen(text) >= size)
		return unusable(image, text, error);
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static int file_place(
	const char *image, const char *name, char *ret, size_t size, struct error *error)
{
	const char *slash = strrchr(image, '/');
	if (name[0] == '/' || !slash)
		return keep(name, ret, size, image, error);
	const size_t folder = (size_t)(slash - image) + 1;
	if (!*name || folder + strlen(name) >= size)
		return unusable(image, name, error);
	memcpy(ret, image, folder);
	memcpy(ret + folder, name, strlen(name) + 1);
	return 0;
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The file of a "json:" name (QEMU, BlockdevOptions): the innermost "file" node; NULL when it is none. */
static const char *json_file(const json_t *node)
{
	for (unsigned depth = 0; depth < 8 && json_is_object(node); depth++) {
		const json_t *below = json_object_get(node, "file");
		const char *driver = member(node, "file.driver") ? member(node, "file.driver")
								 : member(node, "driver");
		const char *name = member(node, "file.filename") ? member(node, "file.filename")
								 : member(node, "filename");
		if (name && driver &&
			(strcmp(driver, "file") == 0 || strcmp(driver, "host_device") == 0))
			return name;
		node = below;
	}
	return NULL;
}

static int json_place(const char *image, const char *reference, char *ret, size_t size,
	bool *ret_local, struct error *error)
{
	AUTO_JSON json_t *root =
		json_loads(reference + strlen("json:"), JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		return unusable(image, reference, error);
	const char *name = json_file(root);
	*ret_local = name != NULL;
	return name ? file_place(image, name, ret, size, error)
		    : keep(reference, ret, size, image, error);
}

int qcow2_place(const char *image, const char *reference, char *ret, size_t size, bool *ret_local,
	struct error *error)
{
	if (strncmp(reference, "json:", 5) == 0)
		return json_place(image, reference, ret, size, ret_local, error);
	if (strncmp(reference, "file:", 5) == 0)
		reference += 5;
	else if (strncmp(reference, "host_device:", 12) == 0)
		reference += 12;
	else if (has_protocol(reference)) {
		*ret_local = false;
		return keep(reference, ret, size, image, error);
	}
	*ret_local = true;
	return file_place(image, reference, ret, size, error);
}
