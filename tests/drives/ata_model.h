/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ATA side of a drive model (ACS-4, and ACS-2 for what it dropped: HPA and DCO). */
#ifndef HAIKI_TESTS_DRIVES_ATA_MODEL_H
#define HAIKI_TESTS_DRIVES_ATA_MODEL_H

#include "model.h"

#define ATA_PASSWORD_BYTES 32

struct ata_taskfile {
	bool extended; /* a 48-bit command */
	uint16_t feature, count;
	uint64_t lba;
	uint8_t device, command;
	uint8_t error, status; /* of the answer */
};

/* Registers go in and come back changed; data is one block of 512 bytes, in or out. */
struct ata_call {
	struct ata_taskfile registers;
	uint8_t data[512];
	bool gives_data;   /* data comes from the drive */
	uint32_t delay_ms; /* to wait before the answer is given */
	bool hangs;        /* it is never given */
};

/* Addresses in sectors, as counts: the highest address is one less. Invariant:
 * current <= native <= factory. */
struct ata_model {
	uint64_t factory_sectors; /* all there are; what DEVICE CONFIGURATION IDENTIFY shows */
	uint64_t native_sectors;  /* what READ NATIVE MAX ADDRESS shows */
	uint64_t current_sectors; /* what IDENTIFY DEVICE shows */
	bool has_hpa, has_dco, has_amac;
	bool native_max_read; /* the command before was READ NATIVE MAX ADDRESS */
	bool max_is_set;      /* for good, which is granted once until the power was off */
	bool has_password, security_frozen, erase_prepared;
	bool erase_answered_late; /* the last command was an erase: until the next one comes, its answer
	                           * may be waited for, and a power loss finds the password */
	bool sanitize_frozen, antifreeze;
	bool exit_allowed; /* the last sanitize command came with FAILURE MODE */
	uint8_t password[ATA_PASSWORD_BYTES];
};

/* The power comes on: what the conduct says about hidden capacity and passwords, and then what a host
 * has changed for good: a drive that has its password is locked. Also a power cycle in a test. */
void ata_model_start(struct ata_model *ret, struct model *model);
/* The conduct was changed: what it says holds, and what a host has set as hidden capacity no longer
 * does; the host's password stays. */
void ata_model_told(struct ata_model *ata, struct model *model);
/* A command on the drive; those that read and write user data are not spoken here: the kernel
 * uses SCSI for them. */
void ata_model_answer(
	struct ata_model *ata, struct model *model, struct ata_call *call, uint64_t now_ms);
void ata_model_identify(const struct ata_model *ata, const struct model *model, uint8_t data[512]);

#endif
