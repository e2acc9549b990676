/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways to a drive's TCG part: SECURITY PROTOCOL IN and OUT (SPC-5 6.40, 6.41), NVMe Security
 * Receive and Send (Base 2.0 5.24, 5.25), and the kernel's calls. */
#include "device/command/opal.h"
#include "device/command/scsi.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#define PROTOCOL_TCG 0x01
#define TIMEOUT_MS 60000

static int call_real(struct opal_transport *transport, unsigned long request, void *argument)
{
	int result = ioctl(transport->fd, request, argument);
	return result < 0 ? -errno : result;
}

/* ---- SCSI ---- */

static struct scsi_command scsi_command_for(
	uint8_t operation, uint16_t com_id, uint8_t *data, uint32_t size)
{
	return (struct scsi_command){
		.cdb = { operation, PROTOCOL_TCG, (uint8_t)(com_id >> 8), (uint8_t)com_id, 0, 0,
			(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
			(uint8_t)size },
		.cdb_length = 12,
		.data = data,
		.data_length = size,
		.timeout_ms = TIMEOUT_MS,
	};
}

static int execute_scsi(struct opal_transport *transport, const struct scsi_command *command)
{
	struct scsi_answer answer = { 0 };
	int r = scsi_execute(&transport->scsi, command, &answer);
	if (r < 0)
		return r;
	return answer.status == SCSI_STATUS_GOOD ? (int)answer.transferred : -EREMOTEIO;
}

static int send_scsi(
	struct opal_transport *transport, uint16_t com_id, const uint8_t *data, uint32_t size)
{
	struct scsi_command command = scsi_command_for(0xb5, com_id, (uint8_t *)data, size);
	command.transfer = TRANSFER_TO_DRIVE;
	int moved = execute_scsi(transport, &command);
	return moved < 0 ? moved : 0;
}

static int receive_scsi(
	struct opal_transport *transport, uint16_t com_id, uint8_t *data, uint32_t size)
{
	struct scsi_command command = scsi_command_for(0xa2, com_id, data, size);
	command.transfer = TRANSFER_FROM_DRIVE;
	return execute_scsi(transport, &command);
}

struct opal_transport opal_transport_scsi(int fd, const struct scsi_transport *scsi)
{
	return (struct opal_transport){ .call = call_real,
		.send = send_scsi,
		.receive = receive_scsi,
		.fd = fd,
		.scsi = *scsi };
}

/* ---- NVMe ---- */

static int execute_nvme(struct opal_transport *transport, uint8_t opcode, uint16_t com_id,
	uint8_t *data, uint32_t size)
{
	struct nvme_command command = {
		.opcode = opcode,
		.dword_10 = (uint32_t)PROTOCOL_TCG << 24 | (uint32_t)com_id << 8,
		.dword_11 = size,
		.transfer = opcode == 0x81 ? TRANSFER_TO_DRIVE : TRANSFER_FROM_DRIVE,
		.data = data,
		.data_length = size,
		.timeout_ms = TIMEOUT_MS,
	};
	uint16_t status = 0;
	uint32_t result = 0;
	int r = transport->nvme.send(&transport->nvme, &command, &status, &result);
	if (r < 0)
		return r;
	return status == 0 ? 0 : -EREMOTEIO;
}

static int send_nvme(
	struct opal_transport *transport, uint16_t com_id, const uint8_t *data, uint32_t size)
{
	return execute_nvme(transport, 0x81, com_id, (uint8_t *)data, size);
}

/* How much came is not told: all of it, behind what the lengths inside say it is zero. */
static int receive_nvme(
	struct opal_transport *transport, uint16_t com_id, uint8_t *data, uint32_t size)
{
	memset(data, 0, size);
	int r = execute_nvme(transport, 0x82, com_id, data, size);
	return r < 0 ? r : (int)size;
}

struct opal_transport opal_transport_nvme(int fd, const struct nvme_transport *nvme)
{
	return (struct opal_transport){ .call = call_real,
		.send = send_nvme,
		.receive = receive_nvme,
		.fd = fd,
		.nvme = *nvme };
}
