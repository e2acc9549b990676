/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe admin commands on the fd of the namespace's own block device: the kernel hands them to the
 * controller behind it, whatever the controller is called. (NVM Express Base 2.0.) */
#ifndef HAIKI_DEVICE_COMMAND_NVME_H
#define HAIKI_DEVICE_COMMAND_NVME_H

#include "device/command/transport.h"
#include "device/erase/erase_answer.h"

struct nvme_command {
	uint8_t opcode;
	uint32_t namespace_id;
	uint32_t dword_10, dword_11, dword_12, dword_13, dword_14, dword_15;
	enum transfer transfer;
	uint8_t *data; /* borrowed */
	uint32_t data_length;
	uint32_t timeout_ms;
};

/* One function pointer, as scsi_transport. */
struct nvme_transport {
	/* Returns 0 when the controller answered: *ret_status is the status field of the completion
	 * (code and type, without phase; 0 success), *ret_result dword 0. -errno: no answer was
	 * obtained, and nothing may be concluded. */
	int (*send)(struct nvme_transport *transport, const struct nvme_command *command,
		uint16_t *ret_status, uint32_t *ret_result);
	/* NVME_IOCTL_ID: the namespace the fd stands for. > 0, or -errno. */
	int (*namespace_id)(struct nvme_transport *transport);
	int fd;        /* for the real one, borrowed */
	void *context; /* for fakes */
};

struct nvme_transport nvme_transport_real(int fd);

/* What controller and namespace offer. Zeroed: nothing is known, and nothing is offered. */
struct nvme_abilities {
	bool known; /* Identify Controller and Namespace were answered */
	char serial[21];
	char model[41];
	char firmware[9];
	uint32_t namespace_id;
	uint32_t sanitize_capabilities; /* SANICAP (Identify Controller bytes 331:328) */
	uint8_t format_attributes;      /* FNA (byte 524) */
	bool format_supported;          /* OACS bit 1 */
	uint32_t namespaces;            /* allocated in the subsystem as far as told; 0 unknown */
	bool event_log;                 /* LPA bit 4: persistent event log */
	uint32_t overwrite_seconds, block_seconds, crypto_seconds; /* of log 81h; UINT32_MAX: not
	                                                            * told; without deallocation when
	                                                            * that is what will be asked */
	struct erase_answer sanitize_log; /* as it stood; raw_bytes 0: it is not told */
};
/* Asks, changes nothing. Always fills *ret. */
void nvme_abilities_read(struct nvme_transport *transport, struct nvme_abilities *ret);

#endif
