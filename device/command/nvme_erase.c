/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe Sanitize and Format NVM: the commands that destroy, and what their refusals mean. */
#include "device/command/nvme.h"

#include "base/text.h"
#include <errno.h>

/* Opcodes of admin commands (Base 2.0, figure 138). */
#define OPCODE_FORMAT_NVM 0x80
#define OPCODE_SANITIZE 0x84

#define IDENTIFY_NAMESPACE 0x00

/* Sanitize only begins. Format answers when it has ended, and nothing tells how long it takes: a drive
 * must not be reset by the kernel in the middle of it. */
#define SANITIZE_TIMEOUT_MS (2 * 60 * 1000)
#define FORMAT_TIMEOUT_MS (24 * 60 * 60 * 1000)

static int send(
	struct nvme_transport *transport, const struct nvme_command *command, uint16_t *ret_status)
{
	uint16_t status = 0;
	uint32_t result = 0;
	if (!transport->send)
		return -EOPNOTSUPP;
	int sent = transport->send(transport, command, &status, &result);
	if (sent == 0)
		*ret_status = status;
	return sent;
}

/* No namespace: it is the whole subsystem's. */
int nvme_sanitize(
	struct nvme_transport *transport, uint32_t dword_10, uint32_t pattern, uint16_t *ret_status)
{
	const struct nvme_command command = { .opcode = OPCODE_SANITIZE,
		.dword_10 = dword_10,
		.dword_11 = pattern,
		.timeout_ms = SANITIZE_TIMEOUT_MS };
	return send(transport, &command, ret_status);
}

/* Identify Namespace: NLBAF (byte 25), FLBAS (26), DPS (29); NULBAF (82). As dword 10 of Format NVM:
 * LBAFL 3:0, MSET 4, PI 7:5, PIL 8, LBAFU 13:12. -EBADMSG when they contradict each other. */
static int current_format(const uint8_t data[static NVME_IDENTIFY_BYTES], uint32_t *ret)
{
	uint32_t formats = data[25] + 1U + data[82], flbas = data[26], dps = data[29];
	uint32_t low = flbas & 0x0f, high = formats > 16 ? flbas >> 5 & 3 : 0;
	uint64_t size = 0;
	for (size_t i = 0; i < 8; i++)
		size |= (uint64_t)data[i] << 8 * i;
	if (size == 0 || (high << 4 | low) >= formats)
		return -EBADMSG;
	*ret = low | (flbas >> 4 & 1) << 4 | (dps & 7) << 5 | (dps >> 3 & 1) << 8 | high << 12;
	return 0;
}

int nvme_format(
	struct nvme_transport *transport, enum nvme_secure_erase settings, uint16_t *ret_status)
{
	uint8_t data[NVME_IDENTIFY_BYTES];
	uint32_t format = 0;
	if (settings != NVME_ERASE_USER_DATA && settings != NVME_ERASE_CRYPTO)
		return -EINVAL;
	if (!transport->namespace_id)
		return -EOPNOTSUPP;
	int id = transport->namespace_id(transport);
	if (id <= 0)
		return id < 0 ? id : -EINVAL;
	int result = nvme_identify(transport, IDENTIFY_NAMESPACE, (uint32_t)id, data);
	if (result == 0)
		result = current_format(data, &format);
	if (result < 0)
		return result;
	const struct nvme_command command = { .opcode = OPCODE_FORMAT_NVM,
		.namespace_id = (uint32_t)id,
		.dword_10 = format | (uint32_t)settings << 9, /* SES 11:9 */
		.timeout_ms = FORMAT_TIMEOUT_MS };
	return send(transport, &command, ret_status);
}

/* ---- what a refusal means (Base 2.0, figures 93 to 97, and 5.24, 5.14) ---- */

static const struct {
	uint16_t status;
	const char *meaning;
} meanings[] = {
	{ 0x001, N_("the drive does not know the command") },
	{ 0x002, N_("the drive does not take the command with these settings") },
	{ 0x006, N_("the drive reports an internal error") },
	{ 0x00b, N_("the drive does not take the namespace") },
	{ 0x00c, N_("the drive does not take the command now (a command was out of sequence)") },
	{ 0x015, N_("the drive denies the operation, as one that is locked or frozen does") },
	{ 0x01c, N_("an earlier sanitize operation failed, and the drive does nothing else before "
		    "it is left") },
	{ 0x01d, N_("a sanitize operation is in progress already") },
	{ 0x020, N_("a namespace is write-protected") },
	{ 0x023, N_("the command is prohibited by the drive's lockdown") },
	{ 0x084, N_("a format is in progress") },
	{ 0x10a, N_("the drive does not take the format") },
	{ 0x10b,
		N_("a new firmware waits for a reset of the drive before anything can be erased") },
	{ 0x110,
		N_("a new firmware waits for a reset of the drive before anything can be erased") },
	{ 0x111,
		N_("a new firmware waits for a reset of the drive before anything can be erased") },
	{ 0x123, N_("the drive's persistent memory region is enabled, and is in the way") },
	{ 0x286, N_("access to the drive is denied, as one that is locked does") },
};

const char *nvme_status_explain(uint16_t status)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].status == (status & NVME_STATUS_MASK))
			return _(meanings[i].meaning);
	return status & NVME_STATUS_MASK ? _("the drive refuses, for a reason of its own")
					 : _("the drive accepted it");
}
