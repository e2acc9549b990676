/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is odd about the serial and the WWN as the drive gave them: once they are cleaned it can no
 * longer be seen. */
#include "device/identity/identity_parts.h"
#include "base/utf8.h"

#include <string.h>

#define VPD_PAGE_MAX 4096

/* Padding: SPC-5 asks for blanks, many drives give NUL. */
static bool is_padding(uint8_t byte)
{
	return byte == ' ' || byte == '\0';
}

unsigned identity_serial_oddities(const void *data, size_t length)
{
	const uint8_t *bytes = data;
	size_t given = length;
	unsigned oddities = 0;
	while (length > 0 && is_padding(bytes[length - 1]))
		length--;
	while (length > 0 && is_padding(bytes[0])) {
		bytes++;
		length--;
	}
	if (given > 0 && length == 0)
		return IDENTITY_SERIAL_BLANK;
	for (size_t at = 0; at < length;) {
		size_t count = utf8_character_bytes((const char *)bytes + at, length - at);
		if (count == 0)
			oddities |= IDENTITY_SERIAL_ENCODING;
		else if (bytes[at] < ' ' || bytes[at] == 0x7f)
			oddities |= IDENTITY_SERIAL_CONTROL;
		at += count > 0 ? count : 1;
	}
	return oddities;
}

/* The kernel ends a text attribute with a newline of its own. */
static unsigned of_attribute(const struct sysfs_device *device, const char *attribute)
{
	uint8_t bytes[VPD_PAGE_MAX];
	size_t length = sysfs_bytes(device, attribute, bytes, sizeof(bytes));
	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	return identity_serial_oddities(bytes, length);
}

/* SPC-5 7.7.18 Unit Serial Number: four bytes of header, the length in the last two of them. */
static unsigned of_page(const struct sysfs_device *device)
{
	uint8_t page[VPD_PAGE_MAX];
	size_t length = sysfs_bytes(device, "device/vpd_pg80", page, sizeof(page));
	if (length < 4 || page[1] != 0x80)
		return 0;
	return identity_serial_oddities(page + 4, MIN(length - 4, (size_t)page[2] << 8 | page[3]));
}

/* "naa.0000000000000000" */
static bool is_zero_name(const struct sysfs_device *device, const char *attribute)
{
	char text[1024];
	sysfs_text(device, attribute, text, sizeof(text));
	const char *dot = strchr(text, '.');
	return dot && strspn(dot + 1, "0-") > 0 && dot[1 + strspn(dot + 1, "0-")] == '\0';
}

void identity_add_oddities(const struct sysfs_device *device, struct drive_identity *identity)
{
	unsigned oddities = 0;
	switch (identity->transport) {
	case TRANSPORT_ATA:
	case TRANSPORT_SCSI:
	case TRANSPORT_USB:
		oddities = of_page(device);
		break;
	case TRANSPORT_NVME:
	case TRANSPORT_MMC:
		oddities = of_attribute(device, "device/serial");
		break;
	case TRANSPORT_VIRTIO:
		oddities = of_attribute(device, "serial");
		break;
	case TRANSPORT_VIRTUAL:
	case TRANSPORT_UNKNOWN:
		return;
	}
	if (is_zero_name(device, "wwid") || is_zero_name(device, "device/wwid"))
		oddities |= IDENTITY_WWN_ZERO;
	identity->oddities = oddities;
}
