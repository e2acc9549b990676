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

/* NVME_IOCTL_ADMIN_CMD. Needs CAP_SYS_ADMIN. */
struct nvme_transport nvme_transport_real(int fd);

#define NVME_IDENTIFY_BYTES 4096
#define NVME_ALL_NAMESPACES UINT32_MAX

/* The status field as nvme_transport.send gives it: Status Code Type in bits 10:8, Status Code in
 * 7:0. */
#define NVME_STATUS_MASK 0x07ff

/* ---- questions; none of them changes the drive ----
 *
 * All return 0 when the controller answered with success; -EREMOTEIO when it answered with another
 * status; -errno without an answer. *ret holds what was asked for only when it is 0. */

/* Identify (06h): CNS and the namespace it is about, 0 for none. */
NODISCARD int nvme_identify(struct nvme_transport *transport, uint8_t structure,
	uint32_t namespace_id, uint8_t ret[static NVME_IDENTIFY_BYTES]);

/* Get Log Page (02h) of the whole subsystem, from its beginning; length in bytes, a multiple of 4.
 * Retain Asynchronous Event is set: who waits for the event still gets it. */
NODISCARD int nvme_log_read(
	struct nvme_transport *transport, uint8_t page, uint8_t *ret, uint32_t length);

/* Log 81h, 512 bytes, as WITNESS_NVME_SANITIZE_LOG. */
NODISCARD int nvme_sanitize_log_read(struct nvme_transport *transport, struct erase_answer *ret);

/* The namespaces that are there at all, by their numbers, ascending: the allocated ones, attached to
 * this controller or not. -EOPNOTSUPP when the controller tells only of its own and there may be
 * others. */
#define NVME_NAMESPACES_MAX 1024
NODISCARD int nvme_namespaces_read(struct nvme_transport *transport,
	uint32_t ret_ids[static NVME_NAMESPACES_MAX], size_t *ret_count);

/* What the persistent event log (0Dh) says of the newest sanitize operation. Plain value. */
struct nvme_sanitize_event {
	bool told;         /* there is one, and which is the newest is beyond doubt */
	uint32_t dword_10; /* of its command */
	bool over;         /* its completion is logged too: */
	uint16_t status;   /* SSTAT */
};

/* Read it. The log's reporting context is established and released again; the drive is not changed
 * otherwise. -EOPNOTSUPP without such a log; -EBADMSG for one that contradicts itself or changed
 * meanwhile; -E2BIG for one of more than 1 MiB. */
NODISCARD int nvme_sanitize_event_read(
	struct nvme_transport *transport, struct nvme_sanitize_event *ret);

/* ---- commands that destroy ----
 *
 * Return 0 when the controller answered: *ret_status tells what; -errno: it may or may not have got the
 * command. From then on everything may be gone. */

/* Sanitize (84h), Base 2.0 5.24, dword 10. */
#define NVME_SANITIZE_EXIT_FAILURE 0x1
#define NVME_SANITIZE_BLOCK 0x2
#define NVME_SANITIZE_OVERWRITE 0x3
#define NVME_SANITIZE_CRYPTO 0x4
#define NVME_SANITIZE_UNRESTRICTED_EXIT 0x8             /* AUSE */
#define NVME_SANITIZE_PASSES(count) ((count) % 16 << 4) /* OWPASS: 0 stands for 16 */
#define NVME_SANITIZE_NO_DEALLOCATE 0x200               /* NDAS */
NODISCARD int nvme_sanitize(struct nvme_transport *transport, uint32_t dword_10, uint32_t pattern,
	uint16_t *ret_status);

/* Secure Erase Settings of Format NVM that erase; 000b erases nothing and has no name here. */
enum nvme_secure_erase { NVME_ERASE_USER_DATA = 1, NVME_ERASE_CRYPTO = 2 };

/* Format NVM (80h), Base 2.0 5.14, of the namespace that the transport stands for, which keeps its
 * LBA format, metadata and protection. Takes as long as it takes. -EINVAL, and nothing is sent, for
 * other settings than the two and for a namespace number that stands for several; -EBADMSG, and
 * nothing is sent, when the namespace does not tell its format. */
NODISCARD int nvme_format(
	struct nvme_transport *transport, enum nvme_secure_erase settings, uint16_t *ret_status);

/* SANICAP (Identify Controller bytes 331:328): crypto, block erase, overwrite are there; the
 * controller takes no wish for No-Deallocate; what the medium is modified with additionally
 * after an operation without deallocation. */
#define NVME_SANICAP_CRYPTO 0x1
#define NVME_SANICAP_BLOCK 0x2
#define NVME_SANICAP_OVERWRITE 0x4
#define NVME_SANICAP_NO_DEALLOCATE_INHIBITED 0x20000000
#define NVME_SANICAP_MODIFIES_AFTER 0x80000000 /* NODMMAS 10b */
#define NVME_SANICAP_MODIFIES_MASK 0xc0000000

/* FNA (byte 524). */
#define NVME_FNA_FORMATS_ALL 0x1
#define NVME_FNA_ERASES_ALL 0x2
#define NVME_FNA_CRYPTO 0x4

/* What a status of Sanitize or Format means for a person, translated; never NULL. */
const char *nvme_status_explain(uint16_t status);

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
