/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drive's own count of its errors, as it tells it, for the record. */
#include "device/erase/abilities.h"

#include "device/command/ata.h"
#include "device/command/scsi.h"
#include <errno.h>
#include <string.h>

#define TIMEOUT_MS 30000

/* SMART / Health Information (log 02h, Base 2.0 5.16.1.3). */
static int nvme_health(struct nvme_transport *transport, uint8_t *ret, uint16_t *ret_bytes)
{
	int result = nvme_log_read(transport, 0x02, ret, ERASE_ANSWER_MAX);
	*ret_bytes = ERASE_ANSWER_MAX;
	return result;
}

/* SMART READ DATA (ACS-3 7.49.6): feature D0h, and its key in LBA 23:8. */
static int ata_health(struct scsi_transport *transport, uint8_t *ret, uint16_t *ret_bytes)
{
	const struct ata_command command = { .protocol = ATA_PROTOCOL_PIO_IN,
		.feature = 0xd0,
		.count = 1,
		.lba = 0xc24f00,
		.command = 0xb0,
		.data = ret,
		.data_length = ERASE_ANSWER_MAX,
		.timeout_ms = TIMEOUT_MS };
	*ret_bytes = ERASE_ANSWER_MAX;
	return ata_execute(transport, &command, NULL);
}

/* LOG SENSE (SPC-5 6.8) of one page: what it says, header included. */
static int log_page(struct scsi_transport *transport, uint8_t page, uint8_t *ret, uint16_t room,
	uint16_t *ret_bytes)
{
	struct scsi_answer answer;
	const struct scsi_command command = { .cdb = { 0x4d, 0, (uint8_t)(0x40 | page), 0, 0, 0, 0,
						      (uint8_t)(room >> 8), (uint8_t)room },
		.cdb_length = 10,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = ret,
		.data_length = room,
		.timeout_ms = TIMEOUT_MS };
	memset(ret, 0, room);
	int result = scsi_execute(transport, &command, &answer);
	if (result < 0)
		return result;
	if (answer.status != SCSI_STATUS_GOOD)
		return -EREMOTEIO;
	size_t told = 4 + ((size_t)ret[2] << 8 | ret[3]);
	if (answer.transferred < 4 || (ret[0] & 0x3f) != page)
		return -EBADMSG;
	*ret_bytes = (uint16_t)MIN(MIN(told, (size_t)answer.transferred), (size_t)room);
	return 0;
}

/* Write, read and verify error counters (SPC-5 7.3.7 to 7.3.9), one behind the other. */
static int scsi_health(struct scsi_transport *transport, uint8_t *ret, uint16_t *ret_bytes)
{
	static const uint8_t pages[] = { 0x02, 0x03, 0x05 };
	uint16_t used = 0;
	int result = -EOPNOTSUPP;
	for (size_t i = 0; i < ARRAY_SIZE(pages) && ERASE_ANSWER_MAX - used >= 4; i++) {
		uint16_t bytes = 0;
		int got = log_page(transport, pages[i], ret + used,
			(uint16_t)(ERASE_ANSWER_MAX - used), &bytes);
		if (got < 0 && result != 0)
			result = got;
		if (got < 0)
			continue;
		result = 0;
		used = (uint16_t)(used + bytes);
	}
	*ret_bytes = used;
	return result;
}

int health_read(const struct drive_identity *identity, struct transports *transports,
	const char **ret_what, uint8_t ret_raw[static ERASE_ANSWER_MAX], uint16_t *ret_bytes)
{
	uint8_t raw[ERASE_ANSWER_MAX] = { 0 };
	uint16_t bytes = 0;
	const char *what = NULL;
	int result = -EOPNOTSUPP;
	if (transports->nvme.send) {
		what = "nvme-health-log";
		result = nvme_health(&transports->nvme, raw, &bytes);
	} else if (transports->scsi.send && identity->transport == TRANSPORT_ATA) {
		what = "ata-smart-data";
		result = ata_health(&transports->scsi, raw, &bytes);
	} else if (transports->scsi.send) {
		what = "scsi-error-counters";
		result = scsi_health(&transports->scsi, raw, &bytes);
	}
	/* The drive knows no such question. */
	if (result == -EREMOTEIO)
		result = -EOPNOTSUPP;
	if (result < 0)
		return result;
	*ret_what = what;
	memcpy(ret_raw, raw, sizeof(raw));
	*ret_bytes = bytes;
	return 0;
}
