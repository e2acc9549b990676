/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe Identify: controller, namespace, the list of namespaces and their identifiers. */
#include "nvme_parts.h"

#include <string.h>

#define IDENTIFY_BYTES 4096

/* What goes with a command and its answer over a fabric, in units of 16 bytes. */
#define COMMAND_CAPSULE_BYTES (64 + 8192)

static void put_text(uint8_t *to, const char *text, size_t bytes)
{
	memset(to, ' ', bytes);
	memcpy(to, text, strlen(text));
}

/* The drive that only unmaps cannot do without. */
uint32_t nvme_call_sanicap(const struct nvme_call *call)
{
	static const struct {
		enum erase_kind kind;
		uint32_t bit;
	} kinds[] = { { ERASE_CRYPTO, 1 }, { ERASE_BLOCK, 2 }, { ERASE_OVERWRITE, 4 } };
	uint32_t told = call->model->conduct->ending == ENDING_UNMAPPED ? NO_DEALLOCATE_INHIBITED
									: NOT_MODIFIED_AFTER;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!(call->model->lacks & LACKS(kinds[i].kind)))
			told |= kinds[i].bit;
	return told & 7 ? told : 0;
}

static bool has(const struct nvme_call *call, enum erase_kind kind)
{
	return !(call->model->lacks & LACKS(kind));
}

static void identify_controller(struct nvme_call *call, uint8_t *data)
{
	const struct nvme_model *nvme = call->nvme;
	unsigned abilities =
		0x0001 | (has(call, ERASE_FORMAT) ? 0x0002 : 0) | (nvme->unattached ? 0x0008 : 0);
	memcpy(data + 4, call->model->serial, MODEL_SERIAL_BYTES);
	put_text(data + 24, "HAIKI MODEL NVME DRIVE", 40);
	put_text(data + 64, "1.0", 8);
	data[77] = 5;                     /* MDTS: 2^5 pages of 4 KiB */
	put_le(data + 78, 1, 2);          /* CNTLID */
	put_le(data + 80, 0x00010400, 4); /* VER */
	put_le(data + 256, abilities, 2); /* OACS: security, format, namespace management */
	data[258] = 3;
	data[259] = 3;
	data[260] = 2;
	data[261] = 0x12;          /* LPA: commands supported and effects, persistent events */
	put_le(data + 320, 10, 2); /* KAS */
	put_le(data + 328, nvme_call_sanicap(call), 4);
	put_le(data + 352, 1, 4); /* PELS: 64 KiB of events at most */
	data[512] = 0x66;         /* SQES, CQES */
	data[513] = 0x44;
	put_le(data + 514, 128, 2); /* MAXCMD */
	put_le(data + 516, nvme->namespaces + nvme->unattached, 4);
	put_le(data + 520, 0x000c, 2); /* ONCS: dataset management, write zeroes */
	/* FNA: crypto erase is there; with two tenants one's secure erase is the other's as well. */
	data[524] =
		(uint8_t)((has(call, ERASE_CRYPTO) ? 0x04 : 0) | (nvme->namespaces > 1 ? 0x02 : 0));
	data[525] = call->model->medium.cached; /* VWC */
	put_le(data + 536, 0x00100001, 4);      /* SGLS */
	memcpy(data + 768, nvme->nqn, strlen(nvme->nqn));
	put_le(data + 1792, COMMAND_CAPSULE_BYTES / 16, 4); /* IOCCSZ */
	put_le(data + 1796, 1, 4);                          /* IORCSZ */
	data[1803] = 1;                                     /* MSDBD */
}

/* 0 where the drive has no name at all. */
static uint64_t unique_of(const struct nvme_call *call)
{
	return call->model->wwn ? call->model->wwn + call->namespace - 1 : 0;
}

static void identify_namespace(struct nvme_call *call, uint8_t *data)
{
	uint64_t sectors = nvme_call_sectors(call->nvme);
	for (size_t at = 0; at < 24; at += 8) /* NSZE, NCAP, NUSE */
		put_le(data + at, sectors, 8);
	data[24] =
		0x04; /* NSFEAT: an error is told for a block that is deallocated, not used here */
	data[25] = 0; /* NLBAF: one format */
	data[33] = 0x01;                         /* DLFEAT: deallocated blocks read as zeros */
	put_be(data + 104, call->model->wwn, 8); /* NGUID */
	put_be(data + 112, unique_of(call), 8);
	put_be(data + 120, unique_of(call), 8); /* EUI64 */
	data[130] = 9;                          /* LBAF0: 512 bytes */
}

static void list_namespaces(struct nvme_call *call, unsigned last, uint8_t *data)
{
	size_t at = 0;
	for (uint32_t namespace = call->namespace + 1; namespace <= last; namespace ++, at += 4)
		put_le(data + at, namespace, 4);
}

/* Namespace identification descriptors: an EUI-64, if there is one. */
static void list_identifiers(struct nvme_call *call, uint8_t *data)
{
	if (unique_of(call) == 0)
		return;
	data[0] = 0x01;
	data[1] = 8;
	put_be(data + 4, unique_of(call), 8);
}

void nvme_call_identify(struct nvme_call *call)
{
	uint8_t data[IDENTIFY_BYTES] = { 0 };
	bool has_namespace = call->namespace >= 1 && call->namespace <= call->nvme->namespaces;
	uint8_t structure = call->dword[0] & 0xff;
	if ((structure == 0x00 || structure == 0x03) && !has_namespace) {
		call->completion->status = NVME_INVALID_NAMESPACE;
		return;
	}
	switch (structure) {
	case 0x00:
		identify_namespace(call, data);
		break;
	case 0x01:
		identify_controller(call, data);
		break;
	case 0x02: /* active */
		list_namespaces(call, call->nvme->namespaces, data);
		break;
	case 0x10: /* allocated */
		list_namespaces(call, call->nvme->namespaces + call->nvme->unattached, data);
		break;
	case 0x03:
		list_identifiers(call, data);
		break;
	case 0x06: /* of the NVM command set: no limits */
		break;
	default:
		call->completion->status = NVME_INVALID_FIELD;
		return;
	}
	nvme_call_give(call, data, sizeof(data));
}
