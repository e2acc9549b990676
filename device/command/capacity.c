/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Native capacity: how much medium there is. Any question that was not answered in full makes the
 * whole answer unknown. */
#include "device/command/capacity.h"
#include "device/command/ata.h"
#include "device/command/scsi.h"

#include <string.h>

/* Take sectors of sector_bytes as the native capacity, unless it does not fit or is less than the
 * kernel addresses already: then one of the two is wrong. */
static void take(const struct drive_identity *identity, enum native_source source, uint64_t sectors,
	struct native_capacity *ret)
{
	uint64_t bytes;
	if (sectors == 0 || __builtin_mul_overflow(sectors, (uint64_t)ret->sector_bytes, &bytes) ||
		bytes > INT64_MAX || bytes < identity->capacity_bytes)
		return;
	ret->source = source;
	ret->native_bytes = bytes;
}

static void ask_scsi(const struct drive_identity *identity, struct scsi_transport *transport,
	struct native_capacity *ret)
{
	struct scsi_capacity capacity;
	if (scsi_read_capacity(transport, &capacity))
		return;
	ret->sector_bytes = capacity.block_bytes;
	take(identity, NATIVE_SCSI_CAPACITY, capacity.blocks, ret);
}

/* The largest of all that can hide sectors from IDENTIFY DEVICE. False when a feature set is there
 * and its question was not answered, or an answer contradicts. */
static bool ask_hidden(
	struct scsi_transport *transport, const struct ata_facts *facts, uint64_t *sectors)
{
	uint64_t answered;
	if (facts->has_protected_area) {
		if (ata_read_native_max(transport, facts->extended, &answered) ||
			answered < facts->sectors)
			return false;
		*sectors = MAX(*sectors, answered);
	}
	if (facts->has_accessible_max_address) {
		if (ata_read_accessible_max(transport, &answered) || answered < facts->sectors)
			return false;
		*sectors = MAX(*sectors, answered);
	}
	if (facts->has_configuration_overlay) {
		if (ata_read_configuration_max(transport, &answered) || answered < facts->sectors)
			return false;
		*sectors = MAX(*sectors, answered);
	}
	return true;
}

static void ask_ata(const struct drive_identity *identity, struct scsi_transport *transport,
	struct native_capacity *ret)
{
	struct ata_facts facts;
	if (ata_identify(transport, &facts))
		return;
	ret->sector_bytes = facts.sector_bytes;
	uint64_t sectors = facts.sectors;
	if (ask_hidden(transport, &facts, &sectors))
		take(identity, NATIVE_ATA_MAX, sectors, ret);
}

void native_capacity_read(const struct drive_identity *identity, struct scsi_transport *transport,
	struct native_capacity *ret)
{
	*ret = (struct native_capacity){ .source = NATIVE_UNKNOWN };
	if (identity->is_virtual) {
		ret->source = NATIVE_VIRTUAL;
		ret->native_bytes = identity->capacity_bytes;
		return;
	}
	switch (identity->transport) {
	case TRANSPORT_ATA:
		if (transport)
			ask_ata(identity, transport, ret);
		return;
	case TRANSPORT_SCSI:
		if (transport)
			ask_scsi(identity, transport, ret);
		return;
	case TRANSPORT_NVME:
		if (identity->capacity_bytes > 0) {
			ret->source = NATIVE_NVME_SIZE;
			ret->native_bytes = identity->capacity_bytes;
		}
		return;
	case TRANSPORT_USB: /* what a bridge shows need not be what the drive behind it has */
	case TRANSPORT_MMC:
	case TRANSPORT_VIRTIO:
	case TRANSPORT_VIRTUAL:
	case TRANSPORT_UNKNOWN:
		return;
	}
}
