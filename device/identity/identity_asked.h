/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a drive says that it is when it is asked itself, past what the kernel and udev remember of
 * it. Asked when it is claimed and again at the end: a drive that was exchanged behind an adapter, or
 * calls itself something else meanwhile, is caught without anybody's help. */
#ifndef HAIKI_DEVICE_IDENTITY_IDENTITY_ASKED_H
#define HAIKI_DEVICE_IDENTITY_IDENTITY_ASKED_H

#include "device/command/nvme.h"
#include "device/identity/identity.h"

/* Plain value. What the drive has no page or field for is "". */
struct identity_asked {
	bool answered; /* every question was, be it that there is no such page */
	char serial[IDENTITY_TEXT_MAX];
	char model[IDENTITY_TEXT_MAX]; /* ATA and NVMe only */
	char name[IDENTITY_TEXT_MAX];  /* NAA or EUI-64 of the unit, NGUID or EUI-64, WWN */
};

/* SCSI and USB: INQUIRY pages 80h and 83h. ATA: IDENTIFY DEVICE. NVMe: Identify Controller and
 * Namespace. The transport that the drive does not have may be NULL. Not asked at all (0, nothing
 * answered): virtual drives, virtio, cards. 0, or -errno when a question was not answered: then nothing
 * may be concluded and *ret has answered false. */
NODISCARD int identity_ask(const struct drive_identity *identity, struct scsi_transport *scsi,
	struct nvme_transport *nvme, struct identity_asked *ret);

/* The same with the real transports on fd. A drive that does not answer is given up after limit_ms
 * (-ETIMEDOUT); the fd may be closed then. */
NODISCARD int identity_ask_real(int fd, const struct drive_identity *identity, uint64_t limit_ms,
	struct identity_asked *ret);

bool identity_asked_same(const struct identity_asked *a, const struct identity_asked *b);

#endif
