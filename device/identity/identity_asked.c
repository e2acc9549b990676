/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drive's own word on who it is, by the language it speaks. */
#include "device/identity/identity_asked.h"

#include "base/patient.h"
#include "device/command/ata.h"
#include "device/command/scsi_erase.h"
#include "device/identity/identity_parts.h"
#include "device/probe/hostile_text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE_BYTES 1024

static void take(const void *bytes, size_t length, char ret[static IDENTITY_TEXT_MAX])
{
	char text[PAGE_BYTES * 4]; /* every byte may need four to be spelled */
	hostile_text_clean(bytes, length, text, sizeof(text));
	identity_take_key(text, ret);
}

/* ---- SCSI ---- */

/* A drive that has no such page answers so: that is an answer. */
static int vital_page(struct scsi_transport *scsi, uint8_t code, uint8_t *page,
	const uint8_t **ret_body, size_t *ret)
{
	uint16_t bytes = 0;
	*ret = 0;
	int error = scsi_vital_page(scsi, code, page, PAGE_BYTES, &bytes);
	if (error == 0) {
		*ret_body = page + 4;
		*ret = (size_t)bytes - 4;
	}
	return error == -EREMOTEIO ? 0 : error;
}

static int ask_scsi(struct scsi_transport *scsi, struct identity_asked *ret)
{
	uint8_t page[PAGE_BYTES];
	const uint8_t *body = NULL;
	size_t length = 0;
	int error = vital_page(scsi, 0x80, page, &body, &length);
	if (error)
		return error;
	if (length > 0)
		take(body, length, ret->serial);
	error = vital_page(scsi, 0x83, page, &body, &length);
	if (error)
		return error;
	identity_take_designator(body, length, ret->name);
	return 0;
}

/* ---- ATA ---- */

static void take_number(uint64_t number, const char *prefix, char ret[static IDENTITY_TEXT_MAX])
{
	if (number != 0)
		(void)snprintf(
			ret, IDENTITY_TEXT_MAX, "%s%016llx", prefix, (unsigned long long)number);
}

static int ask_ata(struct scsi_transport *scsi, struct identity_asked *ret)
{
	struct ata_facts facts;
	int error = ata_identify(scsi, &facts);
	if (error)
		return error;
	take(facts.serial, strlen(facts.serial), ret->serial);
	take(facts.model, strlen(facts.model), ret->model);
	take_number(facts.wwn, "naa.", ret->name);
	return 0;
}

/* ---- NVMe ---- */

/* Base 2.0, figure 275: SN bytes 23:04, MN 63:24; NVM Command Set 1.0, figure 97: NGUID 119:104,
 * EUI64 127:120. */
static int ask_nvme(struct nvme_transport *nvme, struct identity_asked *ret)
{
	uint8_t data[NVME_IDENTIFY_BYTES];
	int namespace_id = nvme->namespace_id(nvme);
	if (namespace_id <= 0)
		return namespace_id < 0 ? namespace_id : -EBADMSG;
	int error = nvme_identify(nvme, 0x01, 0, data);
	if (error)
		return error;
	take(data + 4, 20, ret->serial);
	take(data + 24, 40, ret->model);
	error = nvme_identify(nvme, 0x00, (uint32_t)namespace_id, data);
	if (error)
		return error;
	for (size_t i = 0; i < 24; i++)
		(void)snprintf(ret->name + 2 * i, 3, "%02x", data[104 + i]);
	return 0;
}

/* ---- */

int identity_ask(const struct drive_identity *identity, struct scsi_transport *scsi,
	struct nvme_transport *nvme, struct identity_asked *ret)
{
	struct identity_asked asked = { .answered = true };
	int error = 0;
	*ret = (struct identity_asked){ .answered = false };
	if (identity->is_virtual)
		return 0;
	switch (identity->transport) {
	case TRANSPORT_SCSI:
	case TRANSPORT_USB:
		error = scsi ? ask_scsi(scsi, &asked) : -EINVAL;
		break;
	case TRANSPORT_ATA:
		error = scsi ? ask_ata(scsi, &asked) : -EINVAL;
		break;
	case TRANSPORT_NVME:
		error = nvme ? ask_nvme(nvme, &asked) : -EINVAL;
		break;
	case TRANSPORT_MMC:
	case TRANSPORT_VIRTIO:
	case TRANSPORT_VIRTUAL:
	case TRANSPORT_UNKNOWN:
		return 0;
	}
	if (error == 0)
		*ret = asked;
	return error;
}

/* What one thread asks; it has an fd of its own, as the caller may be gone before the answer. */
struct question {
	int fd;
	struct drive_identity identity;
	struct identity_asked asked;
};

static int ask_here(void *value)
{
	struct question *question = value;
	struct scsi_transport scsi = scsi_transport_real(question->fd);
	struct nvme_transport nvme = nvme_transport_real(question->fd);
	int error = identity_ask(&question->identity, &scsi, &nvme, &question->asked);
	(void)close(question->fd);
	question->fd = -1;
	return error;
}

int identity_ask_real(int fd, const struct drive_identity *identity, uint64_t limit_ms,
	struct identity_asked *ret)
{
	struct question question = { .identity = *identity };
	const struct patient_question how = {
		.ask = ask_here, .size = sizeof(question), .limit_ms = limit_ms
	};
	*ret = (struct identity_asked){ .answered = false };
	question.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (question.fd < 0)
		return -errno;
	int error = patient_ask(&how, &question);
	if (error == 0)
		*ret = question.asked;
	else if (error != -ETIMEDOUT && question.fd >= 0) /* its thread never ran */
		(void)close(question.fd);
	return error;
}

bool identity_asked_same(const struct identity_asked *a, const struct identity_asked *b)
{
	return a->answered == b->answered && strcmp(a->serial, b->serial) == 0 &&
	       strcmp(a->model, b->model) == 0 && strcmp(a->name, b->name) == 0;
}
