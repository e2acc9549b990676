/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every family is asked what it is asked for; what it does not tell stays unknown. */
#include "device/erase/abilities.h"

#include "device/identity/sysfs.h"
#include <errno.h>
#include <inttypes.h>
#include <linux/sed-opal.h>
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
	struct transports transports = { .scsi.fd = -1, .nvme.fd = -1, .opal.fd = -1, .fd = fd };
	if (identity->is_virtual)
		return transports;
	if (speaks_scsi(identity->transport))
		transports.scsi = scsi_transport_real(fd);
	else if (identity->transport == TRANSPORT_NVME)
		transports.nvme = nvme_transport_real(fd);
	return transports;
}

/* ---- abilities ---- */

static void take_luks(const struct signature_list *signatures, struct abilities *ret)
{
	for (size_t i = 0; i < signatures->count && ret->luks_count < LUKS_HEADERS_MAX; i++) {
		const struct signature *signature = &signatures->items[i];
		if (strcmp(signature->type, "crypto_LUKS") != 0)
			continue;
		ret->luks[ret->luks_count].offset_bytes = 0;
		ret->luks_count++;
	}
}
