/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe admin commands on a namespace's own fd: the kernel's call, and the questions that change
 * nothing. */
#include "device/command/nvme.h"

#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

#define QUESTION_TIMEOUT_MS 30000

/* Opcodes of admin commands (Base 2.0, figure 138). */
#define OPCODE_GET_LOG_PAGE 0x02
#define OPCODE_IDENTIFY 0x06

#define LOG_SANITIZE_STATUS 0x81
#define LOG_SANITIZE_BYTES 512
#define LOG_RETAIN_EVENT 0x8000

/* CNS values of Identify. */
#define IDENTIFY_CONTROLLER 0x01
#define IDENTIFY_ACTIVE_LIST 0x02
#define IDENTIFY_ALLOCATED_LIST 0x10

/* ---- the kernel's call ---- */

/* Statuses that no controller gave: the host's own (Base 2.0, Path Related Status: Host Pathing Error,
 * Command Aborted By Host, and what the kernel calls a lost connection). */
static bool is_of_the_host(unsigned status)
{
	return status >= 0x370 && status <= 0x37f;
}

static int status_of(int answer, uint16_t *ret_status)
{
	unsigned status = (unsigned)answer & NVME_STATUS_MASK;
	if (is_of_the_host(status))
		return -ECOMM;
	/* A status with nothing in it but the flags that are masked away is no success. */
	if (answer != 0 && status == 0)
		return -EBADMSG;
	*ret_status = (uint16_t)status;
	return 0;
}

static int send_admin(int fd, const struct nvme_command *command, uint32_t *ret_result)
{
	struct nvme_admin_cmd kernel = { .opcode = command->opcode,
		.nsid = command->namespace_id,
		.addr = (uintptr_t)command->data,
		.data_len = command->data_length,
		.cdw10 = command->dword_10,
		.cdw11 = command->dword_11,
		.cdw12 = command->dword_12,
		.cdw13 = command->dword_13,
		.cdw14 = command->dword_14,
		.cdw15 = command->dword_15,
		.timeout_ms = command->timeout_ms };
	int answer = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &kernel);
	*ret_result = kernel.result;
	return answer < 0 ? -errno : answer;
}

static int send_real(struct nvme_transport *transport, const struct nvme_command *command,
	uint16_t *ret_status, uint32_t *ret_result)
{
	uint16_t status = 0;
	uint32_t result = 0;
	int answer = send_admin(transport->fd, command, &result);
	if (answer < 0)
		return answer;
	answer = status_of(answer, &status);
	if (answer < 0)
		return answer;
	*ret_status = status;
	*ret_result = result;
	return 0;
}

static int namespace_id_real(struct nvme_transport *transport)
{
	int id = ioctl(transport->fd, NVME_IOCTL_ID);
	if (id < 0)
		return -errno;
	return id > 0 ? id : -ENODEV;
}

struct nvme_transport nvme_transport_real(int fd)
{
	return (struct nvme_transport){
		.send = send_real, .namespace_id = namespace_id_real, .fd = fd
	};
}

/* ---- questions ---- */

static int ask(struct nvme_transport *transport, const struct nvme_command *command)
{
	uint16_t status = 0;
	uint32_t result = 0;
	if (!transport->send)
		return -EOPNOTSUPP;
	int sent = transport->send(transport, command, &status, &result);
	if (sent < 0)
		return sent;
	return status == 0 ? 0 : -EREMOTEIO;
}

int nvme_identify(struct nvme_transport *transport, uint8_t structure, uint32_t namespace_id,
	uint8_t ret[static NVME_IDENTIFY_BYTES])
{
	const struct nvme_command command = { .opcode = OPCODE_IDENTIFY,
		.namespace_id = namespace_id,
		.dword_10 = structure,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = ret,
		.data_length = NVME_IDENTIFY_BYTES,
		.timeout_ms = QUESTION_TIMEOUT_MS };
	memset(ret, 0, NVME_IDENTIFY_BYTES);
	return ask(transport, &command);
}

int nvme_log_read(struct nvme_transport *transport, uint8_t page, uint8_t *ret, uint32_t length)
{
	uint32_t dwords = length / 4 - 1; /* NUMD counts from 0 */
	const struct nvme_command command = { .opcode = OPCODE_GET_LOG_PAGE,
		.namespace_id = NVME_ALL_NAMESPACES,
		.dword_10 = page | LOG_RETAIN_EVENT | (dwords & 0xffff) << 16,
		.dword_11 = dwords >> 16,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = ret,
		.data_length = length,
		.timeout_ms = QUESTION_TIMEOUT_MS };
	if (length == 0 || length % 4 != 0)
		return -EINVAL;
	memset(ret, 0, length);
	return ask(transport, &command);
}

int nvme_sanitize_log_read(struct nvme_transport *transport, struct erase_answer *ret)
{
	struct erase_answer answer = { .witness = WITNESS_NVME_SANITIZE_LOG,
		.raw_bytes = LOG_SANITIZE_BYTES };
	int result = nvme_log_read(transport, LOG_SANITIZE_STATUS, answer.raw, LOG_SANITIZE_BYTES);
	if (result == 0)
		*ret = answer;
	return result;
}

/* ---- the list of namespaces ---- */

static uint32_t field_32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* The numbers above `after`, ascending, a zero behind the last (Base 2.0, 5.17.2.2 and 5.17.2.10). */
static int read_list(const uint8_t data[static NVME_IDENTIFY_BYTES],
	uint32_t ret_ids[static NVME_NAMESPACES_MAX], size_t *ret_count)
{
	uint32_t last = 0;
	size_t count = 0;
	for (; count < NVME_NAMESPACES_MAX; count++) {
		uint32_t id = field_32(data + 4 * count);
		if (id == 0)
			break;
		if (id <= last || id == NVME_ALL_NAMESPACES)
			return -EBADMSG;
		ret_ids[count] = last = id;
	}
	if (count == NVME_NAMESPACES_MAX)
		return -E2BIG; /* there may be more */
	*ret_count = count;
	return 0;
}

int nvme_namespaces_read(struct nvme_transport *transport,
	uint32_t ret_ids[static NVME_NAMESPACES_MAX], size_t *ret_count)
{
	uint8_t data[NVME_IDENTIFY_BYTES];
	int result = nvme_identify(transport, IDENTIFY_CONTROLLER, 0, data);
	if (result < 0)
		return result;
	/* OACS bit 3: Namespace Management, and then the allocated list is told. CMIC bit 1: there may
	 * be other controllers, which may have namespaces that this one does not tell of. */
	bool manages = data[256] & 0x08, has_others = data[76] & 0x02;
	if (!manages && has_others)
		return -EOPNOTSUPP;
	result = nvme_identify(
		transport, manages ? IDENTIFY_ALLOCATED_LIST : IDENTIFY_ACTIVE_LIST, 0, data);
	return result < 0 ? result : read_list(data, ret_ids, ret_count);
}
