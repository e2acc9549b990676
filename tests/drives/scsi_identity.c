/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the SCSI side says of the drive: INQUIRY and its pages, capacity, modes. */
#include "scsi_parts.h"

#include <string.h>

#define SCSI_VENDOR "HAIKI   "
#define SCSI_MODEL "MODEL SAS DRIVE "
#define ATA_VENDOR "ATA     "
#define ATA_MODEL "MODEL SATA DRIVE"
#define REVISION "1.0 "

uint64_t scsi_call_sectors(const struct scsi_model *scsi)
{
	return scsi->is_ata ? scsi->ata.current_sectors : scsi->model->sectors;
}

/* SPC-5 6.6.2 */
static size_t standard_inquiry(const struct scsi_model *scsi, uint8_t *data)
{
	data[2] = 6; /* SPC-4 */
	data[3] = 2;
	data[4] = 96 - 5;
	data[7] = 2; /* CMDQUE */
	memcpy(data + 8, scsi->is_ata ? ATA_VENDOR : SCSI_VENDOR, 8);
	memcpy(data + 16, scsi->is_ata ? ATA_MODEL : SCSI_MODEL, 16);
	memcpy(data + 32, REVISION, 4);
	put_be(data + 58, 0x0460, 2); /* SPC-4 */
	put_be(data + 60, 0x04c0, 2); /* SBC-3 */
	return 96;
}

static size_t supported_pages(const struct scsi_model *scsi, uint8_t *body)
{
	static const uint8_t pages[] = { 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2 };
	memcpy(body, pages, sizeof(pages));
	if (!scsi->is_ata)
		return sizeof(pages);
	body[sizeof(pages)] = 0x89;
	return sizeof(pages) + 1;
}

/* A SCSI serial is left as it is, padding included: the host trims it. */
static size_t serial_page(const struct scsi_model *scsi, uint8_t *body)
{
	memcpy(body, scsi->model->serial, MODEL_SERIAL_BYTES);
	return MODEL_SERIAL_BYTES;
}

/* SPC-5 7.7.6: a binary NAA designator of the logical unit, if there is one. */
static size_t designators_page(const struct scsi_model *scsi, uint8_t *body)
{
	if (scsi->model->wwn == 0)
		return 0;
	body[0] = 1;
	body[1] = 3;
	body[3] = 8;
	put_be(body + 4, scsi->model->wwn, 8);
	return 12;
}

/* SAT-4 12.4.2: the whole IDENTIFY DEVICE data from byte 60 of the page on. */
static size_t ata_page(const struct scsi_model *scsi, uint8_t *body)
{
	memcpy(body + 4, "HAIKI   MODEL TRANSLATOR1.0 ", 28);
	body[32] = 0x34; /* the signature: a device-to-host register FIS */
	body[52] = 0xec;
	ata_model_identify(&scsi->ata, scsi->model, body + 56);
	return 568;
}

/* SBC-4 6.6.3 */
static size_t limits_page(const struct scsi_model *scsi, uint8_t *body)
{
	(void)scsi;
	put_be(body + 4, 2048, 4);        /* MAXIMUM TRANSFER LENGTH */
	put_be(body + 16, UINT32_MAX, 4); /* MAXIMUM UNMAP LBA COUNT */
	put_be(body + 20, 64, 4);         /* … DESCRIPTOR COUNT */
	put_be(body + 32, 65535, 8);      /* MAXIMUM WRITE SAME LENGTH */
	return 60;
}

static size_t characteristics_page(const struct scsi_model *scsi, uint8_t *body)
{
	put_be(body, scsi->model->is_magnetic ? 7200 : 1, 2); /* MEDIUM ROTATION RATE; 1: none */
	return 60;
}

static size_t provisioning_page(const struct scsi_model *scsi, uint8_t *body)
{
	(void)scsi;
	body[1] = 0xe4; /* UNMAP, WRITE SAME (16) and (10) with UNMAP; LBPRZ */
	body[2] = 1;    /* resource provisioned */
	return 4;
}

static const struct {
	uint8_t code;
	size_t (*fill)(const struct scsi_model *scsi, uint8_t *body);
} pages[] = {
	{ 0x00, supported_pages },
	{ 0x80, serial_page },
	{ 0x83, designators_page },
	{ 0x89, ata_page },
	{ 0xb0, limits_page },
	{ 0xb1, characteristics_page },
	{ 0xb2, provisioning_page },
};

void scsi_call_inquiry(struct scsi_call *call)
{
	uint8_t data[1024] = { 0 };
	size_t allocated = (size_t)get_be(call->cdb + 3, 2);
	if (!(call->cdb[1] & 1)) {
		scsi_call_give(call, data, standard_inquiry(call->scsi, data), allocated);
		return;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].code != call->cdb[2] || (pages[i].code == 0x89 && !call->scsi->is_ata))
			continue;
		size_t bytes = pages[i].fill(call->scsi, data + 4);
		data[1] = pages[i].code;
		put_be(data + 2, bytes, 2);
		scsi_call_give(call, data, 4 + bytes, allocated);
		return;
	}
	scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
}

void scsi_call_read_capacity_10(struct scsi_call *call)
{
	uint8_t data[8];
	put_be(data, scsi_call_sectors(call->scsi) - 1, 4);
	put_be(data + 4, call->scsi->model->told_bytes, 4);
	scsi_call_give(call, data, sizeof(data), sizeof(data));
}

/* READ CAPACITY (16), SBC-4 5.20 */
void scsi_call_service_action_in(struct scsi_call *call)
{
	uint8_t data[32] = { 0 };
	if ((call->cdb[1] & 0x1f) != 0x10) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
	put_be(data, scsi_call_sectors(call->scsi) - 1, 8);
	put_be(data + 8, call->scsi->model->told_bytes, 4);
	data[14] = 0xc0; /* LBPME, LBPRZ */
	scsi_call_give(call, data, sizeof(data), (size_t)get_be(call->cdb + 10, 4));
}

/* SBC-4 6.5.6: the caching page; WCE says whether there is a volatile cache. */
static size_t caching_page(const struct scsi_model *scsi, uint8_t *page)
{
	page[0] = 0x08;
	page[1] = 0x12;
	page[2] = scsi->model->medium.cached && !scsi->model->hides_cache ? 4 : 0;
	return 20;
}

/* SPC-5 7.5.9: informational exceptions control, all as it comes from the factory. */
static size_t exceptions_page(uint8_t *page)
{
	page[0] = 0x1c;
	page[1] = 0x0a;
	return 12;
}

/* SBC-4 6.5.10: read-write error recovery, nothing set; sg_format looks for it. */
static size_t recovery_page(uint8_t *page)
{
	page[0] = 0x01;
	page[1] = 0x0a;
	return 12;
}

/* The pages asked for (3Fh: all), behind a header; 0 when there is no such page. */
static size_t mode_pages(const struct scsi_call *call, uint8_t *to)
{
	uint8_t code = call->cdb[2] & 0x3f;
	size_t bytes = 0;
	if (code == 0x01 || code == 0x3f)
		bytes += recovery_page(to);
	if (code == 0x08 || code == 0x3f)
		bytes += caching_page(call->scsi, to + bytes);
	if (code == 0x1c || code == 0x3f)
		bytes += exceptions_page(to + bytes);
	return bytes;
}

/* SBC-4 6.5.2: the short block descriptor, unless it is not wanted (DBD). */
static size_t block_descriptor(const struct scsi_call *call, uint8_t *to)
{
	if (call->cdb[1] & 0x08)
		return 0;
	put_be(to, scsi_call_sectors(call->scsi), 4);
	put_be(to + 5, call->scsi->model->told_bytes, 3);
	return 8;
}

void scsi_call_mode_sense_6(struct scsi_call *call)
{
	uint8_t data[4 + 8 + 48] = { 0 };
	size_t descriptor = block_descriptor(call, data + 4);
	size_t bytes = mode_pages(call, data + 4 + descriptor);
	data[0] = (uint8_t)(3 + descriptor + bytes);
	data[3] = (uint8_t)descriptor;
	if (bytes == 0)
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
	else
		scsi_call_give(call, data, 4 + descriptor + bytes, call->cdb[4]);
}

void scsi_call_mode_sense_10(struct scsi_call *call)
{
	uint8_t data[8 + 8 + 48] = { 0 };
	size_t descriptor = block_descriptor(call, data + 8);
	size_t bytes = mode_pages(call, data + 8 + descriptor);
	put_be(data, 6 + descriptor + bytes, 2);
	put_be(data + 6, descriptor, 2);
	if (bytes == 0)
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
	else
		scsi_call_give(
			call, data, 8 + descriptor + bytes, (size_t)get_be(call->cdb + 7, 2));
}

/* Of all that can be selected only the sector size of the next FORMAT UNIT is obeyed. */
void scsi_call_mode_select(struct scsi_call *call)
{
	const uint8_t *list = call->request->sent;
	size_t bytes = call->request->sent_bytes, header = call->cdb[0] == 0x15 ? 4 : 8;
	if (bytes < header + 8)
		return;
	size_t descriptor = header == 4 ? list[3] : (size_t)get_be(list + 6, 2);
	uint32_t wanted = (uint32_t)get_be(list + header + 5, 3);
	if (descriptor == 8 && wanted != 0)
		call->scsi->next_bytes = wanted;
}

/* SPC-5 7.3: the error counters of writing, reading and verifying, of which each has one parameter:
 * 0006h, total uncorrected errors. */
void scsi_call_log_sense(struct scsi_call *call)
{
	static const uint8_t logs[] = { 0x00, 0x02, 0x03, 0x05 };
	uint8_t data[4 + 8] = { call->cdb[2] & 0x3f };
	size_t bytes = 0;
	if (data[0] == 0x00) {
		memcpy(data + 4, logs, sizeof(logs));
		bytes = sizeof(logs);
	} else if (memchr(logs, data[0], sizeof(logs))) {
		static const uint8_t parameter[] = { 0x00, 0x06, 0x03, 4, 0, 0, 0, 0 };
		memcpy(data + 4, parameter, sizeof(parameter));
		bytes = sizeof(parameter);
	}
	put_be(data + 2, bytes, 2);
	if (bytes == 0 || call->cdb[3] != 0)
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
	else
		scsi_call_give(call, data, 4 + bytes, (size_t)get_be(call->cdb + 7, 2));
}
