/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive offers to erase itself with, asked of the drive and never guessed from its name. */
#ifndef HAIKI_DEVICE_ERASE_ABILITIES_H
#define HAIKI_DEVICE_ERASE_ABILITIES_H

#include "device/command/ata_abilities.h"
#include "device/command/kernel.h"
#include "device/command/mmc.h"
#include "device/command/nvme.h"
#include "device/command/opal.h"
#include "device/command/scsi_abilities.h"
#include "device/identity/identity.h"
#include "device/probe/signature.h"

/* The ways to speak past the block layer; tests put fakes here. A member without send does not
 * exist for this drive. */
struct transports {
	struct scsi_transport scsi;
	struct nvme_transport nvme;
	struct opal_transport opal;
	struct kernel_transport kernel;
	int fd; /* of the block device, for kernel calls; borrowed */
};
/* The real ones for this drive's transport: virtual drives have none. */
struct transports transports_real(int fd, const struct drive_identity *identity);

#define LUKS_HEADERS_MAX 64

/* Plain value. Zeroed, nothing is offered. */
struct abilities {
	enum transport transport;
	enum media media;
	enum zoned_model zoned;
	bool is_virtual;
	char model[IDENTITY_TEXT_MAX];
	char firmware[IDENTITY_TEXT_MAX];
	uint64_t capacity_bytes;
	struct nvme_abilities nvme;
	struct ata_abilities ata;
	struct scsi_abilities scsi;
	struct opal_abilities opal;
	struct {
		uint64_t offset_bytes; /* where the device begins that the header stands on */
		uint64_t length_bytes;
		unsigned version; /* 1, 2; 0 not told */
		char uuid[40];
	} luks[LUKS_HEADERS_MAX]; /* LUKS headers seen by the prober, on drive and partitions */
	size_t luks_count;
	uint64_t discard_max_bytes; /* of the kernel's queue; 0: none */
	struct mmc_abilities mmc;
	bool zones_known; /* of a zoned drive: they were reported, and lie over all of it */
	bool zones_whole; /* each can be written, and to its end */
	bool encrypted_from_first_write; /* as the inventory shows; filled by the caller */
	char encryption_basis[640];      /* the same: how that is known, by whom */
};

/* Ask everything the transports offer; changes nothing; a question that fails leaves its part
 * unknown. signatures may be NULL. */
void abilities_read(const struct drive_identity *identity, const struct signature_list *signatures,
	struct transports *transports, struct abilities *ret);

/* SMART / error counters as one raw answer for the record (NVMe log 02h 512 bytes; ATA SMART READ
 * DATA 512 bytes; SCSI log pages 02h+03h+05h parameters, cut to 512). Which it is: *ret_what
 * "nvme-health-log", "ata-smart-data", "scsi-error-counters". -EOPNOTSUPP when the drive tells
 * none; -errno. */
NODISCARD int health_read(const struct drive_identity *identity, struct transports *transports,
	const char **ret_what, uint8_t ret_raw[static ERASE_ANSWER_MAX], uint16_t *ret_bytes);

#endif
