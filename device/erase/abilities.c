/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every family is asked in its own language; what is not told stays unknown. */
#include "device/erase/abilities.h"

#include "base/json.h"
#include "device/command/zones.h"
#include "device/identity/sysfs.h"
#include <stdio.h>
#include <string.h>

/* ---- transports ---- */

static bool speaks_scsi(enum transport transport)
{
	switch (transport) {
	case TRANSPORT_ATA:
	case TRANSPORT_SCSI:
	case TRANSPORT_USB:
		return true;
	case TRANSPORT_UNKNOWN:
	case TRANSPORT_NVME:
	case TRANSPORT_MMC:
	case TRANSPORT_VIRTIO:
	case TRANSPORT_VIRTUAL:
		break;
	}
	return false;
}

struct transports transports_real(int fd, const struct drive_identity *identity)
{
	struct transports transports = { .fd = fd, .kernel = kernel_transport_real(fd) };
	if (identity->is_virtual)
		return transports;
	if (speaks_scsi(identity->transport)) {
		transports.scsi = scsi_transport_real(fd);
		transports.opal = opal_transport_scsi(fd, &transports.scsi);
	} else if (identity->transport == TRANSPORT_NVME) {
		transports.nvme = nvme_transport_real(fd);
		transports.opal = opal_transport_nvme(fd, &transports.nvme);
	}
	return transports;
}

/* ---- what lies on it ---- */

static unsigned luks_version(const struct signature *signature)
{
	AUTO_JSON json_t *detail =
		signature->detail ? json_loads(signature->detail, JSON_REJECT_DUPLICATES, NULL)
				  : NULL;
	json_int_t version = json_integer_value(json_object_get(detail, "version"));
	return version == 1 || version == 2 ? (unsigned)version : 0;
}

static bool is_known_header(const struct abilities *abilities, const struct signature *signature)
{
	for (size_t i = 0; i < abilities->luks_count; i++)
		if (abilities->luks[i].offset_bytes == signature->offset_bytes)
			return true;
	return false;
}

/* A device has two headers, and is one of the list. Of more than the list takes none is told: who
 * destroyed some of them would leave others. */
static void take_luks(const struct signature_list *signatures, struct abilities *ret)
{
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature *signature = &signatures->items[i];
		if (strcmp(signature->type, "crypto_LUKS") != 0 || is_known_header(ret, signature))
			continue;
		if (ret->luks_count == LUKS_HEADERS_MAX) {
			ret->luks_count = 0;
			return;
		}
		size_t at = ret->luks_count++;
		ret->luks[at].offset_bytes = signature->offset_bytes;
		ret->luks[at].length_bytes = signature->length_bytes;
		ret->luks[at].version = luks_version(signature);
		(void)snprintf(
			ret->luks[at].uuid, sizeof(ret->luks[at].uuid), "%.39s", signature->uuid);
	}
	if (signatures->truncated)
		ret->luks_count = 0;
}

static uint64_t discard_max(const struct drive_identity *identity)
{
	struct sysfs_device device;
	char text[32], behind;
	unsigned long long bytes = 0;
	if (sysfs_find(&system_paths_real, identity->devnum, &device) < 0)
		return 0;
	sysfs_text(&device, "queue/discard_max_bytes", text, sizeof(text));
	return sscanf(text, "%llu%c", &bytes, &behind) == 1 ? bytes : 0;
}

/* ---- zones ---- */

static void read_zones(const struct kernel_transport *kernel, struct abilities *ret)
{
	AUTO_DISK_ZONES struct disk_zones zones = { 0 };
	if (zones_read(kernel, ret->capacity_bytes, &zones) < 0)
		return;
	ret->zones_known = true;
	ret->zones_whole = true;
	for (size_t i = 0; i < zones.count; i++)
		if (!zones.items[i].writable ||
			zones.items[i].capacity_bytes != zones.items[i].length_bytes)
			ret->zones_whole = false;
}

/* ---- all of it ---- */

void abilities_read(const struct drive_identity *identity, const struct signature_list *signatures,
	struct transports *transports, struct abilities *ret)
{
	*ret = (struct abilities){ .transport = identity->transport,
		.media = identity->media,
		.zoned = identity->zoned,
		.is_virtual = identity->is_virtual,
		.capacity_bytes = identity->capacity_bytes,
		.discard_max_bytes = discard_max(identity) };
	(void)snprintf(ret->model, sizeof(ret->model), "%s", identity->model);
	(void)snprintf(ret->firmware, sizeof(ret->firmware), "%s", identity->firmware);
	if (transports->nvme.send)
		nvme_abilities_read(&transports->nvme, &ret->nvme);
	if (transports->scsi.send && identity->transport == TRANSPORT_ATA)
		ata_abilities_read(&transports->scsi, &ret->ata);
	else if (transports->scsi.send)
		scsi_abilities_read(&transports->scsi, &ret->scsi);
	if (transports->kernel.call && identity->transport == TRANSPORT_MMC)
		mmc_abilities_read(&transports->kernel, &ret->mmc);
	if (transports->opal.receive)
		opal_abilities_read(&transports->opal, &ret->opal);
	if (transports->kernel.call && identity->zoned == ZONED_HOST_MANAGED)
		read_zones(&transports->kernel, ret);
	if (signatures)
		take_luks(signatures, ret);
}
