/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive made of a script: the commands it expects, in order, and what it answers to each. Any
 * deviation and any leftover fails the test. */
#ifndef HAIKI_TESTS_SUPPORT_FAKE_SCSI_H
#define HAIKI_TESTS_SUPPORT_FAKE_SCSI_H

#include "device/command/transport.h"
#include <stdbool.h>

/* One command expected, one answer. Start from the makers below; fields may be changed after. */
struct fake_scsi_step {
	const char *name; /* for messages */

	/* Expected, to the byte. */
	uint8_t cdb[32];
	uint8_t cdb_length;
	enum transfer transfer;
	uint32_t data_length;
	const uint8_t *sent; /* TRANSFER_TO_DRIVE: data_length bytes; NULL: not looked at */

	/* Answered. */
	int error; /* -errno: no answer was obtained; the rest is not used */
	uint8_t status;
	uint8_t sense[64];
	uint8_t sense_length;
	const uint8_t *data;  /* TRANSFER_FROM_DRIVE: what comes */
	uint32_t transferred; /* how much of it moves; never more than asked for */
};

struct fake_scsi {
	struct scsi_transport transport;    /* hand out &fake.transport */
	const struct fake_scsi_step *steps; /* borrowed */
	size_t count;
	size_t next;
	char deviation[512]; /* the first one; "" when none */
};

void fake_scsi_start(struct fake_scsi *fake, const struct fake_scsi_step *steps, size_t count);
/* Fails the running cmocka test unless exactly the script was played. */
void fake_scsi_finish(const struct fake_scsi *fake);

/* Answers, to be put on a step. */
void fake_scsi_good(struct fake_scsi_step *step, const uint8_t *data, uint32_t transferred);
void fake_scsi_no_answer(struct fake_scsi_step *step, int error);
/* Sense in fixed format (SPC-5 4.5.3). */
void fake_scsi_check_fixed(
	struct fake_scsi_step *step, uint8_t key, uint8_t code, uint8_t qualifier);
/* Sense in descriptor format without descriptors (SPC-5 4.5.2). */
void fake_scsi_check(struct fake_scsi_step *step, uint8_t key, uint8_t code, uint8_t qualifier);
/* The ATA registers as after CK_COND=1: RECOVERED ERROR, 00h/1Dh, ATA Status Return descriptor. */
void fake_scsi_registers(struct fake_scsi_step *step, bool extended, uint8_t error, uint16_t count,
	uint64_t lba, uint8_t device, uint8_t status);

/* Commands. */
struct fake_scsi_step fake_read_capacity_16(void);
struct fake_scsi_step fake_read_capacity_10(void);
/* ATA PASS-THROUGH (16), spelled out as bytes here, not by the code under test. */
struct fake_scsi_step fake_ata_non_data(
	const char *name, bool extended, uint8_t feature, uint8_t command, uint8_t device);
struct fake_scsi_step fake_ata_pio_in(
	const char *name, uint8_t feature, uint8_t command, uint8_t device);

#endif
