/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA behind a SCSI/ATA translation: ATA PASS-THROUGH (16) (SAT-4 12.2.2) and what a drive tells
 * about its capacity, shown and hidden (ACS-2 to ACS-4). */
#ifndef HAIKI_DEVICE_COMMAND_ATA_H
#define HAIKI_DEVICE_COMMAND_ATA_H

#include "device/command/transport.h"
#include <stdbool.h>

#define ATA_IDENTIFY_BYTES 512
#define ATA_SMART_BYTES 512
#define ATA_TIMEOUT_MS 30000 /* of commands that are answered at once */
#define ATA_DEVICE_LBA 0x40  /* the LBA bit of the device field */

#define ATA_STATUS_BUSY 0x80 /* ACS-4 6.2.5 … 6.2.9 */
#define ATA_STATUS_READY 0x40
#define ATA_STATUS_DEVICE_FAULT 0x20
#define ATA_STATUS_ERROR 0x01

/* SAT-4 table 171, PROTOCOL field. */
enum ata_protocol {
	ATA_PROTOCOL_NON_DATA = 3,
	ATA_PROTOCOL_PIO_IN = 4,
	ATA_PROTOCOL_PIO_OUT = 5,
};

struct ata_command {
	enum ata_protocol protocol;
	bool extended;       /* a 48-bit command: the high halves of the fields count */
	bool want_registers; /* CK_COND: have the registers in the sense data also after success */
	uint16_t feature;
	uint16_t count;
	uint64_t lba; /* 48 bits */
	uint8_t device;
	uint8_t command;
	uint8_t *data; /* borrowed; whole 512-byte blocks, as many as count says */
	uint32_t data_length;
	uint32_t timeout_ms;
};

/* The ATA Status Return sense data descriptor (SAT-4 12.2.7). */
struct ata_registers {
	bool extended;
	uint8_t error;
	uint16_t count;
	uint64_t lba;
	uint8_t device;
	uint8_t status;
};

/* Send it. ret_registers may be NULL when the registers were not wanted. Returns 0 when the drive
 * carried the command out and said so: a whole transfer, or the registers in a descriptor without
 * BUSY, DEVICE FAULT and ERROR. -errno without an answer; -EREMOTEIO when the drive or the
 * translation reported an error; -EBADMSG when the answer does not say what was asked. */
NODISCARD int ata_execute(struct scsi_transport *transport, const struct ata_command *command,
	struct ata_registers *ret_registers);

/* Send it and give what came back, errors included. -errno: no answer was obtained. */
NODISCARD int ata_send(struct scsi_transport *transport, const struct ata_command *command,
	struct scsi_answer *ret_answer);
/* The registers in an answer's sense data, whatever they say. From sense data in fixed format, which
 * leaves half of them out, only those of an error. -EBADMSG: there are none. */
NODISCARD int ata_registers_read(const struct scsi_answer *answer, struct ata_registers *ret);

/* What IDENTIFY DEVICE data says. Plain value. */
struct ata_facts {
	char serial[21]; /* as given: blanks not trimmed, nothing cleaned */
	char firmware[9];
	char model[41];
	uint64_t wwn;     /* 0 when the drive has none */
	uint64_t sectors; /* accessible now; never 0 */
	uint32_t sector_bytes;
	uint16_t rotation_rate;          /* word 217: 0 not reported, 1 no rotation, else rpm */
	bool extended;                   /* 48-bit commands */
	bool has_protected_area;         /* HPA feature set */
	bool has_configuration_overlay;  /* DCO feature set */
	bool has_accessible_max_address; /* AMAC feature set */
};

/* Read IDENTIFY DEVICE data. -EBADMSG when it is no ATA drive's, a checksum is wrong, the words on
 * the feature sets are not valid, or no capacity is given: then nothing may be concluded. */
NODISCARD int ata_identify_read(
	const uint8_t data[static ATA_IDENTIFY_BYTES], struct ata_facts *ret);

/* Ask the drive; errors as ata_execute. None of these changes it. */
NODISCARD int ata_identify_raw(
	struct scsi_transport *transport, uint8_t ret_data[static ATA_IDENTIFY_BYTES]);
/* SMART READ DATA; -EBADMSG also when its checksum is wrong. */
NODISCARD int ata_smart_read(
	struct scsi_transport *transport, uint8_t ret_data[static ATA_SMART_BYTES]);
NODISCARD int ata_identify(struct scsi_transport *transport, struct ata_facts *ret);
/* Each gives the sectors up to and with the highest address. */
NODISCARD int ata_read_native_max(
	struct scsi_transport *transport, bool extended, uint64_t *ret_sectors);
NODISCARD int ata_read_accessible_max(struct scsi_transport *transport, uint64_t *ret_sectors);
NODISCARD int ata_read_configuration_max(struct scsi_transport *transport, uint64_t *ret_sectors);

/* Show more of the medium, up to and with sector sectors - 1; errors as ata_execute, -EINVAL for an
 * address that does not fit. What the drive then shows is asked by ata_identify, not taken for done.
 * ata_set_max: ata_read_native_max must have been the command before it; permanent: also after the
 * power was off, which a drive grants once until then. */
NODISCARD int ata_set_max(
	struct scsi_transport *transport, bool extended, bool permanent, uint64_t sectors);
NODISCARD int ata_set_accessible_max(struct scsi_transport *transport, uint64_t sectors);
/* DEVICE CONFIGURATION RESTORE; drives refuse it while a protected area is set. */
NODISCARD int ata_restore_configuration(struct scsi_transport *transport);

#endif
