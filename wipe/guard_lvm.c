/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Physical volumes of LVM2. An inactive one has no holder, yet its volume group may be in use by
 * volumes on other drives: so the group's id is read from the metadata and looked for among the
 * active volumes. The bytes come from the drive: every offset and length is taken as hostile. */
#include "wipe/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* On-disk format of LVM2, "LVM2 001" (lib/format_text/layout.h of LVM2 describes it). */
#define SECTOR 512
#define LABEL_SECTORS 4       /* the label is in one of the first four */
#define LABEL_OFFSET_FIELD 20 /* u32: from the label to the PV header */
#define LABEL_TYPE_FIELD 24   /* "LVM2 001" */
#define PV_LOCATIONS 40       /* behind the PV's id [32] and size [8]: pairs of u64 */
#define MDA_MAGIC_FIELD 4     /* behind a checksum */
#define MDA_MAGIC " LVM2 x[5A%r0N*>"
#define MDA_LOCATIONS 40 /* behind version, start, size: raw_locn of 24 bytes */
#define MDA_FLAGS_FIELD (MDA_LOCATIONS + 20)
#define MDA_IGNORED 1u       /* this area is not kept up to date */
#define MDA_HEADER_BYTES 512 /* the ring buffer of texts begins behind it */
#define ID_CHARACTERS 32     /* without dashes */
#define TEXT_BYTES 4096      /* the group's id stands in its first lines */
#define AREA_BYTES 8192      /* read at once: two of the largest sectors */
#define ALIGNMENT 4096

/* Reading ----------------------------------------------------------------------------------- */

/* A part of the drive that may carry a label. The fd may be O_DIRECT: aligned reads only. */
struct area {
	int fd;
	uint64_t start_bytes; /* on the drive */
	uint8_t *scratch;     /* AREA_BYTES, aligned; borrowed */
};

/* Read [offset, offset + length) of the area into ret; length is at most TEXT_BYTES. Short reads,
 * as at the drive's end, are -ENODATA. */
static int read_area(const struct area *area, uint64_t offset, void *ret, size_t length)
{
	uint64_t at;

	if (__builtin_add_overflow(area->start_bytes, offset, &at) || at > INT64_MAX - AREA_BYTES)
		return -ENODATA;
	size_t lead = at % ALIGNMENT;
	ssize_t count;
	do {
		count = pread(area->fd, area->scratch, AREA_BYTES, (off_t)(at - lead));
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	if ((size_t)count < lead + length)
		return -ENODATA;
	memcpy(ret, area->scratch + lead, length);
	return 0;
}

static uint32_t u32_at(const uint8_t *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return le32toh(value);
}

static uint64_t u64_at(const uint8_t *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	return le64toh(value);
}

/* The group's id ---------------------------------------------------------------------------- */

/* NAME { id = "xxxxxx-xxxx-…" …: the first id in the text is the group's. */
static int id_from_text(const char *text, char ret[static ID_CHARACTERS + 1])
{
	static const char key[] = "id = \"";
	const char *id = strstr(text, key);
	size_t count = 0;

	if (!id)
		return -EBADMSG;
	for (id += strlen(key); *id && *id != '"'; id++) {
		if (*id == '-')
			continue;
		if (count == ID_CHARACTERS)
			return -EBADMSG;
		ret[count++] = *id;
	}
	ret[count] = '\0';
	return *id == '"' && count == ID_CHARACTERS ? 0 : -EBADMSG;
}

/* The text may run over the end of the ring and go on behind the header. */
static int read_ring(const struct area *area, uint64_t mda, uint64_t mda_bytes, uint64_t offset,
	size_t length, char *ret)
{
	size_t first = (size_t)MIN((uint64_t)length, mda_bytes - offset);

	int result = read_area(area, mda + offset, ret, first);
	if (result == 0 && first < length)
		result = read_area(area, mda + MDA_HEADER_BYTES, ret + first, length - first);
	ret[length] = '\0';
	return result;
}

static int id_from_mda(const struct area *area, uint64_t mda, uint64_t mda_bytes,
	char ret[static ID_CHARACTERS + 1])
{
	uint8_t header[MDA_HEADER_BYTES];
	char text[TEXT_BYTES + 1];

	if (mda_bytes <= MDA_HEADER_BYTES || mda > INT64_MAX || mda_bytes > INT64_MAX)
		return -EBADMSG;
	int result = read_area(area, mda, header, sizeof(header));
	if (result < 0)
		return result;
	if (memcmp(header + MDA_MAGIC_FIELD, MDA_MAGIC, strlen(MDA_MAGIC)) != 0)
		return -EBADMSG;
	uint64_t offset = u64_at(header + MDA_LOCATIONS);
	uint64_t length = u64_at(header + MDA_LOCATIONS + 8);
	if (u32_at(header + MDA_FLAGS_FIELD) & MDA_IGNORED)
		return -EBADMSG;
	/* No text: a physical volume that is in no group yet. */
	if (offset == 0 && length == 0)
		return -ENOENT;
	uint64_t ring = mda_bytes - MDA_HEADER_BYTES;
	if (offset < MDA_HEADER_BYTES || offset >= mda_bytes || length > ring)
		return -EBADMSG;
	result = read_ring(
		area, mda, mda_bytes, offset, (size_t)MIN(length, (uint64_t)TEXT_BYTES), text);
	return result < 0 ? result : id_from_text(text, ret);
}

/* The lists of data areas and of metadata areas follow each other, each ended by zeros. */
static int id_from_locations(const struct area *area, const uint8_t *locations, size_t bytes,
	char ret[static ID_CHARACTERS + 1])
{
	unsigned list = 0;
	int result = -ENODATA; /* no metadata area */

	for (size_t at = 0; at + 16 <= bytes && list < 2; at += 16) {
		uint64_t offset = u64_at(locations + at);
		uint64_t length = u64_at(locations + at + 8);
		if (offset == 0) {
			list++;
			continue;
		}
		if (list == 0)
			continue;
		int found = id_from_mda(area, offset, length, ret);
		if (found == 0)
			return 0;
		/* "In no group" counts only when every metadata area says so. */
		if (result == -ENODATA || found != -ENOENT)
			result = found;
	}
	return result;
}

/* 1: *ret is the group's id; 0: no label, or in no group; -errno: a label whose group cannot be
 * told, or the area cannot be read. */
static int read_group_id(const struct area *area, char ret[static ID_CHARACTERS + 1])
{
	uint8_t sectors[LABEL_SECTORS * SECTOR];

	int result = read_area(area, 0, sectors, sizeof(sectors));
	if (result < 0)
		/* Smaller than a label needs: an extended partition's entry, for one. */
		return result == -ENODATA ? 0 : result;
	for (size_t i = 0; i < LABEL_SECTORS; i++) {
		const uint8_t *label = sectors + i * SECTOR;
		if (memcmp(label, "LABELONE", 8) != 0 ||
			memcmp(label + LABEL_TYPE_FIELD, "LVM2 001", 8) != 0)
			continue;
		uint32_t header = u32_at(label + LABEL_OFFSET_FIELD);
		if (header > SECTOR - PV_LOCATIONS)
			return -EBADMSG;
		result = id_from_locations(
			area, label + header + PV_LOCATIONS, SECTOR - PV_LOCATIONS - header, ret);
		if (result == -ENOENT)
			return 0;
		return result < 0 ? result : 1;
	}
	return 0;
}

/* The active volumes ------------------------------------------------------------------------ */

struct active {
	const struct guard_context *context;
	bool any;           /* some volume of LVM is active on this machine */
	const char *wanted; /* a group's id; NULL: only any is asked */
	char volume[192];   /* an active volume of that group, "" */
};

static int visit_dm(struct active *active, const char *name)
{
	char path[PATH_MAX], uuid[160];

	int result = guard_path(path, "%s/block/%s/dm/uuid", active->context->paths.sys, name);
	if (result == 0)
		result = file_read_line(path, uuid, sizeof(uuid));
	/* Removed meanwhile. */
	if (result == -ENOENT || result == -ENODEV)
		return 0;
	if (result < 0 || strncmp(uuid, "LVM-", 4) != 0)
		return result;
	active->any = true;
	if (!active->wanted || strncmp(uuid + 4, active->wanted, ID_CHARACTERS) != 0)
		return 0;
	result = guard_path(path, "%s/block/%s/dm/name", active->context->paths.sys, name);
	if (result < 0 || file_read_line(path, active->volume, sizeof(active->volume)) < 0 ||
		!active->volume[0])
		(void)snprintf(active->volume, sizeof(active->volume), "%.64s", name);
	return 0;
}

static int find_active(struct active *active)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/block", active->context->paths.sys);
	if (result < 0)
		return result;
	DIR *folder = opendir(path);
	if (!folder)
		return -errno;
	while (result == 0) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (strncmp(entry->d_name, "dm-", 3) == 0)
			result = visit_dm(active, entry->d_name);
	}
	(void)closedir(folder);
	return result;
}

/* The check --------------------------------------------------------------------------------- */

static void check_area(const struct guard_context *context, const struct family_member *member,
	uint8_t *scratch, struct guard_finding *ret)
{
	const struct area area = { context->subject->drive->fd, member->start_bytes, scratch };
	struct active active = { .context = context };
	char id[ID_CHARACTERS + 1] = "";

	int result = read_group_id(&area, id);
	if (result == 0)
		return;
	if (result < 0) {
		finding_not_made(ret,
			_("%s: it cannot be read to which LVM volume group it belongs, and volumes "
			  "of LVM are active: %s"),
			member->title, strerror(-result));
		return;
	}
	active.wanted = id;
	result = find_active(&active);
	if (result < 0)
		finding_not_made(
			ret, _("the active volumes cannot be listed: %s"), strerror(-result));
	else if (active.volume[0])
		finding_refuse(ret,
			_("%s belongs to the LVM volume group %s, whose volume %s is active"),
			member->title, id, active.volume);
}

void check_lvm(const struct guard_context *context, struct guard_finding *ret)
{
	struct active active = { .context = context };

	if (!finding_needs_family(context, ret))
		return;
	int result = find_active(&active);
	if (result < 0) {
		finding_not_made(
			ret, _("the active volumes cannot be listed: %s"), strerror(-result));
		return;
	}
	/* Without an active volume no group is in use, whatever the drive says. */
	if (!active.any) {
		finding_pass(ret);
		return;
	}
	AUTO_FREE uint8_t *scratch = aligned_alloc(ALIGNMENT, AREA_BYTES);
	if (!scratch) {
		finding_not_made(ret, "%s", strerror(ENOMEM));
		return;
	}
	for (size_t i = 0; i < context->family_count; i++) {
		const struct family_member *member = &context->family[i];
		if (member->kind == FAMILY_DRIVE || member->is_part_of_drive)
			check_area(context, member, scratch, ret);
	}
	finding_pass(ret);
}
