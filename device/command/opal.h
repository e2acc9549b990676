/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG Storage: what a self-encrypting drive says of itself (Level 0 Discovery, TCG Core 2.01 3.3.6),
 * and what makes it forget its key: the kernel's calls (<linux/sed-opal.h>) for drives that the
 * kernel knows as Opal, else a session of our own. */
#ifndef HAIKI_DEVICE_COMMAND_OPAL_H
#define HAIKI_DEVICE_COMMAND_OPAL_H

#include "device/command/nvme.h"
#include "device/command/transport.h"
#include <stdbool.h>

/* A member that is NULL: there is no such way to this drive. */
struct opal_transport {
	/* ioctl(2) on the block device: 0, a positive TCG method status, or -errno. */
	int (*call)(struct opal_transport *transport, unsigned long request, void *argument);
	/* IF-SEND and IF-RECV (TCG SIIS 1.08) of security protocol 01h: SECURITY PROTOCOL OUT and IN,
	 * or NVMe Security Send and Receive. size is a multiple of 512. 0 and the bytes that came;
	 * -EREMOTEIO when the drive refused the command, -errno without an answer. */
	int (*send)(struct opal_transport *transport, uint16_t com_id, const uint8_t *data,
		uint32_t size);
	int (*receive)(
		struct opal_transport *transport, uint16_t com_id, uint8_t *data, uint32_t size);
	int fd; /* for the real ones, borrowed */
	struct scsi_transport scsi;
	struct nvme_transport nvme;
	uint32_t patience_ms; /* how long a method may take; 0: OPAL_PATIENCE_MS */
	void *context;        /* for fakes */
};
#define OPAL_PATIENCE_MS 120000

/* Over one of these, which is copied; the kernel's calls on the same fd. */
struct opal_transport opal_transport_scsi(int fd, const struct scsi_transport *scsi);
struct opal_transport opal_transport_nvme(int fd, const struct nvme_transport *nvme);

enum opal_kind { OPAL_NONE, OPAL_ENTERPRISE, OPAL_1, OPAL_2, OPAL_OPALITE, OPAL_RUBY, OPAL_PYRITE };

/* Zeroed: nothing is known, and nothing is offered. */
struct opal_abilities {
	bool known; /* discovery was answered, and every length in it is right */
	enum opal_kind kind;
	bool encrypts; /* Locking feature, Media Encryption; never with OPAL_PYRITE */
	bool locking_supported, locking_enabled;
	bool locked; /* some range is, or the shadow MBR stands where the first sectors are */
	bool sid_is_factory; /* SID value state, where the drive tells; false: not told or changed */
	bool sid_blocked; /* the owner's credential is not listened to until the next power cycle */
	uint16_t com_id;  /* base ComID of the kind's feature; 0: none */
	bool kernel_calls; /* the kernel knows the drive as Opal */
};
void opal_abilities_read(struct opal_transport *transport, struct opal_abilities *ret);

/* Pure: the answer of Level 0 Discovery. 0; -EBADMSG when a length is wrong, a feature is cut or
 * stands twice: then nothing of it counts. *ret is untouched on error; kernel_calls is not its
 * matter. */
NODISCARD int opal_discovery_read(const uint8_t *data, size_t size, struct opal_abilities *ret);

/* "none", "enterprise", "opal-1", "opal-2", "opalite", "ruby", "pyrite" */
const char *opal_kind_name(enum opal_kind kind);

enum opal_order {
	OPAL_REVERT,        /* Revert of the Admin SP by SID, the owner's credential */
	OPAL_PSID_REVERT,   /* the same by PSID, which is printed on the drive's label */
	OPAL_GENERATE_KEYS, /* GenKey of every locking range's active key by Admin1 */
};
#define OPAL_CREDENTIAL_MAX 255

/* Carry it out. 0: the drive answered, and *ret_status is the TCG method status (Core 5.1.5): 0
 * done, anything else refused; also of the session that could not be opened. -errno: no answer was
 * obtained; when it was sent everything may be gone. -EOPNOTSUPP: there is no way to this drive, nothing was
 * sent. */
NODISCARD int opal_order(struct opal_transport *transport, enum opal_order order,
	const char *credential, uint8_t *ret_status);

/* Method statuses that say that the credential was not taken (Core 2.01 5.1.5). */
#define OPAL_STATUS_NOT_AUTHORIZED 0x01
#define OPAL_STATUS_LOCKED_OUT 0x12
/* Is it one of these? Then no session was opened, and nothing is changed. Any other that is not 0 may
 * be that of a method that began. */
bool opal_status_is_of_credential(uint8_t status);

/* What a person is told of a method status: "not-authorized", "authority-locked-out", …; "" for a
 * number the specification does not have. */
const char *opal_status_name(uint8_t status);

#endif
