/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sysfs says of a whole disk: which transport it is on, and what all transports share. */
#include "device/probe/hostile_text.h"
#include "device/identity/identity_parts.h"
#include "base/digest.h"

#include <stdio.h>
#include <string.h>

void identity_take_key(const char *text, char ret[static IDENTITY_TEXT_MAX])
{
	size_t length = strlen(text);
	char digest[SHA256_HEX_SIZE];
	if (length < IDENTITY_TEXT_MAX)
		memcpy(ret, text, length + 1);
	else if (digest_sha256_hex(text, length, digest))
		ret[0] = '\0'; /* no key at all: refused later, never mistaken */
	else
		(void)snprintf(ret, IDENTITY_TEXT_MAX, "sha256.%s", digest);
}

static enum zoned_model read_zoned(const struct sysfs_device *device)
{
	char word[32];
	sysfs_text(device, "queue/zoned", word, sizeof(word));
	return zoned_parse(word);
}

/* The kernel says 1 also where it was not told; only 0 is the drive's own word. A SCSI or ATA drive
 * that rotates has said so itself, before this is asked. */
static enum media read_media(const struct sysfs_device *device, enum transport transport)
{
	char rotational[8];
	sysfs_text(device, "queue/rotational", rotational, sizeof(rotational));
	if (strcmp(rotational, "0") == 0)
		return MEDIA_FLASH;
	bool told = transport == TRANSPORT_NVME;
	return told && strcmp(rotational, "1") == 0 ? MEDIA_MAGNETIC : MEDIA_UNKNOWN;
}

void identity_add_sysfs(const struct sysfs_device *device, struct drive_identity *identity)
{
	char subsystem[32];
	sysfs_link_name(device, "device/subsystem", subsystem, sizeof(subsystem));

	if (sysfs_path_has(device, "/virtual/block/"))
		identity_add_virtual(device, identity);
	else if (strcmp(subsystem, "nvme") == 0 || strcmp(subsystem, "nvme-subsystem") == 0)
		identity_add_nvme(device, identity);
	else if (strcmp(subsystem, "scsi") == 0)
		identity_add_scsi(device, identity);
	else if (strcmp(subsystem, "mmc") == 0)
		identity_add_mmc(device, identity);
	else if (strcmp(subsystem, "virtio") == 0)
		identity_add_virtio(device, identity);
	else if (strcmp(subsystem, "xen") == 0 || sysfs_path_has(device, "/devices/rbd/"))
		identity_add_virtual(device, identity);

	identity->zoned = read_zoned(device);
	if (identity->is_virtual)
		identity->media = MEDIA_VIRTUAL;
	else if (identity->media == MEDIA_UNKNOWN)
		identity->media = read_media(device, identity->transport);
}

void identity_add_mmc(const struct sysfs_device *device, struct drive_identity *identity)
{
	identity->transport = TRANSPORT_MMC;
	identity->media = MEDIA_FLASH;
	sysfs_text(device, "device/serial", identity->serial, sizeof(identity->serial));
	sysfs_text(device, "device/name", identity->model, sizeof(identity->model));
	sysfs_text(device, "device/fwrev", identity->firmware, sizeof(identity->firmware));

	/* The serial is 32 bits, unique per maker only: the whole CID is the key. Boot and general
	 * purpose partitions are disks of their own on the same card ("mmcblk0boot1"). */
	char cid[64];
	sysfs_text(device, "device/cid", cid, sizeof(cid));
	if (cid[0] == '\0')
		return;
	size_t stem = strcspn(device->name, "0123456789");
	stem += strspn(device->name + stem, "0123456789");
	char key[160];
	(void)snprintf(key, sizeof(key), "mmc.%s%s%s", cid, device->name[stem] ? "-" : "",
		device->name + stem);
	identity_take_key(key, identity->wwn);
}

void identity_add_virtio(const struct sysfs_device *device, struct drive_identity *identity)
{
	identity->transport = TRANSPORT_VIRTIO;
	identity->is_virtual = true; /* a hypervisor's: the medium behind it is not reached */
	sysfs_text(device, "serial", identity->serial, sizeof(identity->serial));
	sysfs_text(device, "device/vendor", identity->vendor, sizeof(identity->vendor));
	hostile_text_clean("virtio disk", 11, identity->model, sizeof(identity->model));
}
