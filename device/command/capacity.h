/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Native capacity: how much medium there is, against how much we can reach. A host protected area
 * or a lowered maximum hides sectors from every write; "unknown" is said, never taken for "none". */
#ifndef HAIKI_DEVICE_COMMAND_CAPACITY_H
#define HAIKI_DEVICE_COMMAND_CAPACITY_H

#include "device/identity/identity.h"
#include "device/command/transport.h"

enum native_source {
	NATIVE_UNKNOWN,       /* not asked, or the drive did not answer */
	NATIVE_VIRTUAL,       /* a virtual device is what the kernel shows */
	NATIVE_SCSI_CAPACITY, /* SBC-4 READ CAPACITY (16) */
	NATIVE_NVME_SIZE,     /* NVMe Identify Namespace NSZE, as the kernel shows it */
	NATIVE_ATA_MAX, /* ACS-4 IDENTIFY DEVICE / READ NATIVE MAX ADDRESS EXT / DCO IDENTIFY /
	                       * AMAC GET NATIVE MAX ADDRESS EXT; the largest that was answered */
};

struct native_capacity {
	enum native_source source;
	uint64_t native_bytes; /* 0 when unknown */
	uint32_t sector_bytes; /* as the drive answered; 0 when it was not asked */
};

/* Ask the drive. transport is used for SCSI and ATA only and may be NULL (then they are unknown).
 * ATA is asked by ATA PASS-THROUGH (16) (SAT-4 12.2). Never changes the drive. Always fills *ret:
 * what was not answered in full is NATIVE_UNKNOWN, and so are USB (a bridge may show less than the
 * drive behind it has) and MMC. Virtual drives are never sent a command. A SCSI drive's sector size is told here also
 * when the kernel refuses to address it (520, 528). */
void native_capacity_read(const struct drive_identity *identity, struct scsi_transport *transport,
	struct native_capacity *ret);

/* Stable words for JSON: "unknown", "virtual", "scsi-read-capacity", "nvme-identify", "ata-max". */
const char *native_source_name(enum native_source source);
enum native_source native_source_parse(const char *word);

#endif
