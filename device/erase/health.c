/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive counts of its own errors, byte for byte: a look before and after shows what an erasure
 * found. */
#include "device/erase/abilities.h"

#include "device/command/scsi_erase.h"
#include <errno.h>
#include <string.h>

#define LOG_HEALTH 0x02
#define HEALTH_BYTES 512
_Static_assert(HEALTH_BYTES <= ERASE_ANSWER_MAX, "an answer holds it");

/* SMART / Health Information (NVM Express Base 2.0, 5.16.1.3) of the controller. */
static int read_nvme(struct nvme_transport *transport, uint8_t *ret_raw, uint16_t *ret_bytes)
{
	int error = nvme_log_read(transport, LOG_HEALTH, ret_raw, HEALTH_BYTES);
	if (error)
		return error == -EREMOTEIO ? -EOPNOTSUPP : error;
	*ret_bytes = HEALTH_BYTES;
	return 0;
}

/* SMART READ DATA (ACS-3 7.48.6; ACS-4 keeps it for compatibility): B0h, feature D0h, with C24Fh in
 * LBA 23:8. */
static int read_ata(struct scsi_transport *transport, uint8_t *ret_raw, uint16_t *ret_bytes)
{
	if (!transport->send)
		return -EOPNOTSUPP;
	int error = ata_smart_read(transport, ret_raw);
	if (error)
		return error == -EREMOTEIO ? -EOPNOTSUPP : error;
	*ret_bytes = ATA_SMART_BYTES;
	return 0;
}

/* The error counter log pages (SPC-5 7.3.7 and on) of writing, reading and verifying, each with its
 * header, one behind the other. */
static int read_scsi(struct scsi_transport *transport, uint8_t *ret_raw, uint16_t *ret_bytes)
{
	static const uint8_t pages[] = { 0x02, 0x03, 0x05 };
	uint16_t used = 0;
	if (!transport->send)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		uint16_t bytes = 0;
		uint8_t page[HEALTH_BYTES] = { 0 };
		int error = scsi_log_page(transport, pages[i], page, sizeof(page), &bytes);
		if (error == -EREMOTEIO) /* it has no such page */
			continue;
		if (error)
			return error;
		bytes = (uint16_t)MIN((int)bytes, HEALTH_BYTES - used);
		memcpy(ret_raw + used, page, bytes);
		used = (uint16_t)(used + bytes);
	}
	*ret_bytes = used;
	return used > 0 ? 0 : -EOPNOTSUPP;
}

int health_read(const struct drive_identity *identity, struct transports *transports,
	const char **ret_what, uint8_t ret_raw[static ERASE_ANSWER_MAX], uint16_t *ret_bytes)
{
	uint8_t raw[ERASE_ANSWER_MAX] = { 0 };
	uint16_t bytes = 0;
	const char *what = NULL;
	int error = -EOPNOTSUPP;
	if (identity->is_virtual)
		return error;
	switch (identity->transport) {
	case TRANSPORT_NVME:
		what = "nvme-health-log";
		error = read_nvme(&transports->nvme, raw, &bytes);
		break;
	case TRANSPORT_ATA:
		what = "ata-smart-data";
		error = read_ata(&transports->scsi, raw, &bytes);
		break;
	case TRANSPORT_SCSI:
		what = "scsi-error-counters";
		error = read_scsi(&transports->scsi, raw, &bytes);
		break;
	case TRANSPORT_USB: /* which of both languages the bridge passes on is not known */
	case TRANSPORT_MMC:
	case TRANSPORT_VIRTIO:
	case TRANSPORT_VIRTUAL:
	case TRANSPORT_UNKNOWN:
		break;
	}
	if (error)
		return error;
	*ret_what = what;
	memcpy(ret_raw, raw, sizeof(raw));
	*ret_bytes = bytes;
	return 0;
}
