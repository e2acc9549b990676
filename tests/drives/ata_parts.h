/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the ATA model share. */
#ifndef HAIKI_TESTS_DRIVES_ATA_PARTS_H
#define HAIKI_TESTS_DRIVES_ATA_PARTS_H

#include "ata_model.h"

#define ATA_STATUS_GOOD 0x50
#define ATA_STATUS_ERROR 0x51
#define ATA_ERROR_ABORT 0x04

/* One command being answered. */
struct ata_turn {
	struct ata_model *ata;
	struct model *model;
	struct ata_call *call;
	struct ata_taskfile *registers; /* of the call */
	uint64_t now_ms;
	bool was_prepared;        /* the command before was SECURITY ERASE PREPARE */
	bool native_max_was_read; /* or READ NATIVE MAX ADDRESS */
};

void ata_turn_abort(struct ata_turn *turn);
/* Word 255: A5h, and a byte that makes the sum of all 512 zero. */
void ata_turn_seal(uint8_t data[512]);

/* ata_capacity.c */
void ata_capacity_start(struct ata_model *ata, const struct model *model);
void ata_turn_read_native_max_address(struct ata_turn *turn);
void ata_turn_set_max_address(struct ata_turn *turn);
void ata_turn_device_configuration(struct ata_turn *turn);
void ata_turn_accessible_max_address(struct ata_turn *turn);

/* ata_security.c */
/* Let what a host has changed for good survive that the power is off. */
void ata_keep(const struct ata_model *ata, struct model *model);
void ata_turn_security_set_password(struct ata_turn *turn);
void ata_turn_security_unlock(struct ata_turn *turn);
void ata_turn_security_erase_prepare(struct ata_turn *turn);
void ata_turn_security_erase(struct ata_turn *turn);
void ata_turn_security_freeze(struct ata_turn *turn);
void ata_turn_security_disable(struct ata_turn *turn);

/* ata_sanitize.c */
void ata_turn_sanitize(struct ata_turn *turn);

#endif
