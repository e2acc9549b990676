/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label, header and metadata areas of an LVM2 physical volume. The bytes come from the drive: every
 * offset and length is taken as hostile. */
#include "device/probe/lvm_metadata.h"
#include "device/probe/bytes.h"

#include <errno.h>

#define SECTOR 512
#define LABEL_SECTORS 4 /* the label is in one of the first four */
#define LABEL_CHECKSUM_FIELD 16
#define LABEL_OFFSET_FIELD 20 /* u32: from the label to the PV header; the checksum begins here */
#define LABEL_TYPE_FIELD 24   /* "LVM2 001" */
#define PV_LOCATIONS 40       /* behind the PV's id [32] and size [8]: pairs of u64 */
#define MDA_MAGIC_FIELD 4     /* behind a checksum */
#define MDA_MAGIC " LVM2 x[5A%r0N*>"
#define MDA_LOCATIONS 40 /* behind version, start, size: raw_locn of 24 bytes */
#define MDA_CHECKSUM_FIELD (MDA_LOCATIONS + 16)
#define MDA_FLAGS_FIELD (MDA_LOCATIONS + 20)
#define MDA_IGNORED 1u        /* this area is not kept up to date */
#define MDA_HEADER_BYTES 512  /* the ring buffer of texts begins behind it */
#define GROUP_TEXT_BYTES 4096 /* the group's id stands in its first lines */

/* CRC-32 (reflected, polynomial EDB88320h), begun with a number of LVM's own and not inverted. */
uint32_t lvm_checksum(const void *data, size_t length)
{
	const uint8_t *bytes = data;
	uint32_t table[16], sum = 0xf597a6cf;
	for (uint32_t i = 0; i < ARRAY_SIZE(table); i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	for (size_t i = 0; i < length; i++) {
		sum ^= bytes[i];
		sum = sum >> 4 ^ table[sum & 15];
		sum = sum >> 4 ^ table[sum & 15];
	}
	return sum;
}

/* The label ----------------------------------------------------------------------------------- */

/* The lists of data areas and of metadata areas follow each other, each ended by zeros. */
static void take_locations(const uint8_t *locations, size_t bytes, struct lvm_label *ret)
{
	unsigned list = 0;
	for (size_t at = 0; at + 16 <= bytes && list < 2; at += 16) {
		const struct lvm_stretch stretch = { le64_at(locations + at),
			le64_at(locations + at + 8) };
		if (stretch.offset_bytes == 0)
			list++;
		else if (list == 1 && ret->metadata_count < LVM_AREAS_MAX)
			ret->metadata[ret->metadata_count++] = stretch;
	}
}

int lvm_label_read(const struct device_area *area, struct lvm_label *ret)
{
	uint8_t sectors[LABEL_SECTORS * SECTOR];
	int result = device_area_read(area, 0, sectors, sizeof(sectors));
	if (result < 0)
		/* Smaller than a label needs: an extended partition's entry, for one. */
		return result == -ENODATA ? 0 : result;
	for (size_t i = 0; i < LABEL_SECTORS; i++) {
		const uint8_t *label = sectors + i * SECTOR;
		if (memcmp(label, "LABELONE", 8) != 0 ||
			memcmp(label + LABEL_TYPE_FIELD, "LVM2 001", 8) != 0)
			continue;
		uint32_t header = le32_at(label + LABEL_OFFSET_FIELD);
		if (header > SECTOR - PV_LOCATIONS)
			return -EBADMSG;
		*ret = (struct lvm_label){ 0 };
		memcpy(ret->pv_id, label + header, LVM_ID_CHARACTERS);
		ret->checksum_fits =
			le32_at(label + LABEL_CHECKSUM_FIELD) ==
			lvm_checksum(label + LABEL_OFFSET_FIELD, SECTOR - LABEL_OFFSET_FIELD);
		take_locations(label + header + PV_LOCATIONS, SECTOR - PV_LOCATIONS - header, ret);
		return 1;
	}
	return 0;
}

/* Metadata areas ------------------------------------------------------------------------------ */

int lvm_text_find(const struct device_area *area, const struct lvm_stretch *metadata,
	struct lvm_text_place *ret)
{
	uint8_t header[MDA_HEADER_BYTES];
	uint64_t bytes = metadata->length_bytes;

	if (bytes <= MDA_HEADER_BYTES || metadata->offset_bytes > INT64_MAX || bytes > INT64_MAX)
		return -EBADMSG;
	int result = device_area_read(area, metadata->offset_bytes, header, sizeof(header));
	if (result < 0)
		return result;
	if (memcmp(header + MDA_MAGIC_FIELD, MDA_MAGIC, strlen(MDA_MAGIC)) != 0)
		return -EBADMSG;
	const struct lvm_text_place place = {
		.area = *metadata,
		.offset_bytes = le64_at(header + MDA_LOCATIONS),
		.length_bytes = le64_at(header + MDA_LOCATIONS + 8),
		.checksum = le32_at(header + MDA_CHECKSUM_FIELD),
		.checksum_fits = le32_at(header) == lvm_checksum(header + MDA_MAGIC_FIELD,
							    MDA_HEADER_BYTES - MDA_MAGIC_FIELD),
	};
	if (le32_at(header + MDA_FLAGS_FIELD) & MDA_IGNORED)
		return -ESTALE;
	if (place.offset_bytes == 0 && place.length_bytes == 0)
		return -ENOENT;
	if (place.offset_bytes < MDA_HEADER_BYTES || place.offset_bytes >= bytes ||
		place.length_bytes > bytes - MDA_HEADER_BYTES)
		return -EBADMSG;
	*ret = place;
	return 0;
}

/* The text may run over the end of the ring and go on behind the header. */
int lvm_text_read(const struct device_area *area, const struct lvm_text_place *place, size_t length,
	char *ret)
{
	uint64_t start = place->area.offset_bytes;
	size_t first =
		(size_t)MIN((uint64_t)length, place->area.length_bytes - place->offset_bytes);
	int result = device_area_read(area, start + place->offset_bytes, ret, first);
	if (result == 0 && first < length)
		result = device_area_read(
			area, start + MDA_HEADER_BYTES, ret + first, length - first);
	return result;
}

/* The group's id ------------------------------------------------------------------------------ */

/* NAME { id = "xxxxxx-xxxx-…" …: the first id in the text is the group's. */
static int id_from_text(const char *text, char ret[static LVM_ID_CHARACTERS + 1])
{
	static const char key[] = "id = \"";
	const char *id = strstr(text, key);
	size_t count = 0;

	if (!id)
		return -EBADMSG;
	for (id += strlen(key); *id && *id != '"'; id++) {
		if (*id == '-')
			continue;
		if (count == LVM_ID_CHARACTERS)
			return -EBADMSG;
		ret[count++] = *id;
	}
	ret[count] = '\0';
	return *id == '"' && count == LVM_ID_CHARACTERS ? 0 : -EBADMSG;
}

static int id_from_metadata(const struct device_area *area, const struct lvm_stretch *metadata,
	char ret[static LVM_ID_CHARACTERS + 1])
{
	struct lvm_text_place place;
	char text[GROUP_TEXT_BYTES + 1];

	int result = lvm_text_find(area, metadata, &place);
	if (result < 0)
		return result == -ESTALE ? -EBADMSG : result;
	size_t length = (size_t)MIN(place.length_bytes, (uint64_t)GROUP_TEXT_BYTES);
	result = lvm_text_read(area, &place, length, text);
	if (result < 0)
		return result;
	text[length] = '\0';
	return id_from_text(text, ret);
}

int lvm_group_id(const struct device_area *area, char ret_id[static LVM_ID_CHARACTERS + 1])
{
	struct lvm_label label;
	int result = lvm_label_read(area, &label);
	if (result <= 0)
		return result;
	result = -ENODATA; /* no metadata area */
	for (size_t i = 0; i < label.metadata_count; i++) {
		int found = id_from_metadata(area, &label.metadata[i], ret_id);
		if (found == 0)
			return 1;
		/* "In no group" counts only when every metadata area says so. */
		if (result == -ENODATA || found != -ENOENT)
			result = found;
	}
	return result == -ENOENT ? 0 : result;
}
