/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI disks: SAS and the like, ATA behind a translation, USB bridges. The vital product data pages
 * are read as the kernel fetched them (SPC-5 7.7); every length in them is the drive's claim. */
#include "device/command/ata.h"
#include "device/probe/hostile_text.h"
#include "device/identity/identity_parts.h"

#include <stdio.h>
#include <string.h>

#define VPD_PAGE_MAX 4096

/* A page's bytes behind its 4-byte header, as many as both the page and the file have. */
static size_t read_page(
	const struct sysfs_device *device, uint8_t code, uint8_t *page, const uint8_t **ret_body)
{
	char attribute[32];
	(void)snprintf(attribute, sizeof(attribute), "device/vpd_pg%02x", code);
	size_t length = sysfs_bytes(device, attribute, page, VPD_PAGE_MAX);
	if (length < 4 || page[1] != code)
		return 0;
	*ret_body = page + 4;
	return MIN(length - 4, (size_t)page[2] << 8 | page[3]);
}

static void read_serial(const struct sysfs_device *device, struct drive_identity *identity)
{
	uint8_t page[VPD_PAGE_MAX];
	const uint8_t *body;
	size_t length = read_page(device, 0x80, page, &body);
	char text[VPD_PAGE_MAX * 4]; /* every byte may need four to be spelled */
	if (length == 0)
		return;
	hostile_text_clean(body, length, text, sizeof(text));
	identity_take_key(text, identity->serial);
}

/* SPC-5 7.7.6: designation descriptors. Wanted: binary, of the logical unit (association 0), NAA
 * (type 3) before EUI-64 (type 2). */
static const uint8_t *find_designator(
	const uint8_t *body, size_t length, uint8_t type, size_t *ret_length)
{
	for (size_t at = 0; at + 4 <= length;) {
		const uint8_t *descriptor = body + at;
		size_t count = descriptor[3];
		if (at + 4 + count > length)
			return NULL;
		bool binary = (descriptor[0] & 0x0f) == 1;
		bool unit = (descriptor[1] & 0x30) == 0;
		if (binary && unit && (descriptor[1] & 0x0f) == type && count >= 8 && count <= 16) {
			*ret_length = count;
			return descriptor + 4;
		}
		at += 4 + count;
	}
	return NULL;
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

void identity_take_designator(
	const uint8_t *body, size_t length, char ret[static IDENTITY_TEXT_MAX])
{
	static const struct {
		uint8_t type;
		const char *prefix;
	} kinds[] = { { 3, "naa." }, { 2, "eui." } };
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && length > 0; i++) {
		size_t count;
		const uint8_t *designator = find_designator(body, length, kinds[i].type, &count);
		if (!designator || is_zero(designator, count))
			continue;
		size_t used = (size_t)snprintf(ret, IDENTITY_TEXT_MAX, "%s", kinds[i].prefix);
		for (size_t byte = 0; byte < count; byte++)
			used += (size_t)snprintf(
				ret + used, IDENTITY_TEXT_MAX - used, "%02x", designator[byte]);
		return;
	}
}

static void read_designators(const struct sysfs_device *device, struct drive_identity *identity)
{
	uint8_t page[VPD_PAGE_MAX];
	const uint8_t *body;
	size_t length = read_page(device, 0x83, page, &body);
	if (length > 0)
		identity_take_designator(body, length, identity->wwn);
}

static void read_wwn(const struct sysfs_device *device, struct drive_identity *identity)
{
	char text[1024];
	sysfs_text(device, "device/wwid", text, sizeof(text));
	const char *dot = strchr(text, '.');
	if (dot && dot[1 + strspn(dot + 1, "0 ")] != '\0')
		identity_take_key(text, identity->wwn);
	else
		read_designators(device, identity);
}

/* SAT-4 12.4.2 ATA Information page: the whole IDENTIFY DEVICE data, with the names that INQUIRY
 * has no room for. */
static bool read_ata_page(const struct sysfs_device *device, struct ata_facts *ret)
{
	uint8_t page[VPD_PAGE_MAX];
	const uint8_t *body;
	size_t length = read_page(device, 0x89, page, &body);
	const size_t command_code = 56 - 4;
	const size_t identify = 60 - 4;
	return length >= identify + ATA_IDENTIFY_BYTES && body[command_code] == 0xec &&
	       ata_identify_read(body + identify, ret) == 0;
}

/* ACS-4 7.12.7.86 and SBC-4 6.6.2 alike: 0001h no rotation, 0401h … FFFEh rotations per minute. */
static void take_rotation(unsigned rate, struct drive_identity *identity)
{
	if (rate == 1)
		identity->media = MEDIA_FLASH;
	else if (rate >= 0x0401 && rate <= 0xfffe)
		identity->media = MEDIA_MAGNETIC;
}

/* SBC-4 6.6.2 Block Device Characteristics page. A bridge may fill it as it likes. */
static void read_rotation(const struct sysfs_device *device, struct drive_identity *identity)
{
	uint8_t page[VPD_PAGE_MAX];
	const uint8_t *body;
	if (identity->media == MEDIA_UNKNOWN && identity->transport != TRANSPORT_USB &&
		read_page(device, 0xb1, page, &body) >= 2)
		take_rotation((unsigned)body[0] << 8 | body[1], identity);
}

static void take_text(const char *text, char ret[static IDENTITY_TEXT_MAX])
{
	char clean[IDENTITY_TEXT_MAX];
	hostile_text_clean(text, strlen(text), clean, sizeof(clean));
	if (clean[0])
		memcpy(ret, clean, strlen(clean) + 1);
}

static void add_ata(const struct ata_facts *facts, struct drive_identity *identity)
{
	take_text(facts->model, identity->model);
	take_text(facts->firmware, identity->firmware);
	if (identity->serial[0] == '\0')
		take_text(facts->serial, identity->serial);
	if (identity->wwn[0] == '\0' && facts->wwn != 0)
		(void)snprintf(identity->wwn, sizeof(identity->wwn), "naa.%016llx",
			(unsigned long long)facts->wwn);
	take_rotation(facts->rotation_rate, identity);
}

void identity_add_scsi(const struct sysfs_device *device, struct drive_identity *identity)
{
	sysfs_text(device, "device/vendor", identity->vendor, sizeof(identity->vendor));
	sysfs_text(device, "device/model", identity->model, sizeof(identity->model));
	sysfs_text(device, "device/rev", identity->firmware, sizeof(identity->firmware));
	read_serial(device, identity);
	read_wwn(device, identity);

	struct ata_facts facts;
	bool has_ata_page = read_ata_page(device, &facts);
	if (has_ata_page)
		add_ata(&facts, identity);

	if (sysfs_path_has_numbered(device, "usb")) {
		identity->transport = TRANSPORT_USB;
		if (identity->serial[0] == '\0')
			sysfs_text_above(device, "idVendor", "serial", identity->serial,
				sizeof(identity->serial));
	} else if (has_ata_page || strcmp(identity->vendor, "ATA") == 0 ||
		   sysfs_has(device, "device/vpd_pg89") || sysfs_path_has_numbered(device, "ata")) {
		identity->transport = TRANSPORT_ATA;
	} else {
		identity->transport = TRANSPORT_SCSI;
	}
	read_rotation(device, identity);
}
