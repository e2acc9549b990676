/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an NVMe drive offers to erase itself with: Identify Controller and Namespace, log 81h. */
#include "device/command/nvme.h"

#include <string.h>

#define IDENTIFY_NAMESPACE 0x00
#define IDENTIFY_CONTROLLER 0x01

#define NOT_TOLD UINT32_MAX

static uint32_t field_32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* Padded with blanks; what is no printable ASCII (Base 2.0, 1.6.1.1) is shown as one. */
static void take_text(char *ret, const uint8_t *bytes, size_t length)
{
	size_t end = 0;
	for (size_t i = 0; i < length; i++) {
		ret[i] = bytes[i] > ' ' && bytes[i] < 0x7f ? (char)bytes[i] : ' ';
		if (ret[i] != ' ')
			end = i + 1;
	}
	ret[end] = '\0';
}

static void take_controller(const uint8_t *data, struct nvme_abilities *ret)
{
	take_text(ret->serial, data + 4, 20);
	take_text(ret->model, data + 24, 40);
	take_text(ret->firmware, data + 64, 8);
	ret->format_supported = data[256] & 0x02; /* OACS */
	ret->event_log = data[261] & 0x10;        /* LPA */
	ret->sanitize_capabilities = field_32(data + 328);
	ret->format_attributes = data[524];
}

/* Log 81h (Base 2.0, figure 250): at 8 the seconds for overwrite, block erase, crypto erase; at 20 the
 * same where the medium is modified additionally because nothing is to be deallocated. */
static void take_estimates(struct nvme_abilities *ret)
{
	const uint8_t *raw = ret->sanitize_log.raw;
	bool modifies = !(ret->sanitize_capabilities & NVME_SANICAP_NO_DEALLOCATE_INHIBITED) &&
			(ret->sanitize_capabilities & NVME_SANICAP_MODIFIES_MASK) ==
				NVME_SANICAP_MODIFIES_AFTER;
	uint32_t *const estimates[] = { &ret->overwrite_seconds, &ret->block_seconds,
		&ret->crypto_seconds };
	for (size_t i = 0; i < ARRAY_SIZE(estimates); i++) {
		uint32_t without = field_32(raw + 20 + 4 * i);
		*estimates[i] = modifies && without != NOT_TOLD && without != 0
					? without
					: field_32(raw + 8 + 4 * i);
	}
}

void nvme_abilities_read(struct nvme_transport *transport, struct nvme_abilities *ret)
{
	uint8_t controller[NVME_IDENTIFY_BYTES], space[NVME_IDENTIFY_BYTES];
	uint32_t ids[NVME_NAMESPACES_MAX];
	size_t count = 0;
	*ret = (struct nvme_abilities){
		.overwrite_seconds = NOT_TOLD, .block_seconds = NOT_TOLD, .crypto_seconds = NOT_TOLD
	};
	int id = transport->namespace_id ? transport->namespace_id(transport) : -1;
	if (id <= 0 || nvme_identify(transport, IDENTIFY_CONTROLLER, 0, controller) < 0 ||
		nvme_identify(transport, IDENTIFY_NAMESPACE, (uint32_t)id, space) < 0)
		return;
	ret->known = true;
	ret->namespace_id = (uint32_t)id;
	take_controller(controller, ret);
	if (nvme_namespaces_read(transport, ids, &count) == 0)
		ret->namespaces = (uint32_t)count;
	if (nvme_sanitize_log_read(transport, &ret->sanitize_log) == 0)
		take_estimates(ret);
}
