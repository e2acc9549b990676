/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI commands by which a drive erases itself (SBC-4), and those that tell how it goes. */
#ifndef HAIKI_DEVICE_COMMAND_SCSI_ERASE_H
#define HAIKI_DEVICE_COMMAND_SCSI_ERASE_H

#include "device/command/scsi.h"
#include "device/erase/erase_answer.h"

#define SCSI_PATTERN_BYTES 4

/* SBC-4 5.30, table of service actions. */
enum scsi_sanitize { SCSI_SANITIZE_OVERWRITE = 0x01, SCSI_SANITIZE_BLOCK, SCSI_SANITIZE_CRYPTO };

/* ---- commands that destroy ----
 *
 * Return 0 when the drive answered: *ret is the completion (WITNESS_COMPLETION), to be read by
 * erase_state_read; -errno: it may or may not have got the command. From then on everything may be
 * gone. */

/* SANITIZE. Overwriting (once, with the pattern repeated, not inverted) and block erase are begun only
 * (IMMED 1, letter 's'): scsi_erase_status tells of them. A crypto erase takes seconds: the command
 * is answered when it is over (IMMED 0, letter 'S'), so that nothing that stands between can hide how
 * it ended.
 *
 * AUSE is set: what failed can be left by scsi_sanitize_exit, and the drive takes other commands
 * again, for another technique or for a look at what is left. Without it nothing but a sanitize
 * operation that succeeds ever opens the drive again. That it failed is recorded before.
 *
 * pattern: for overwriting, else not used; may be NULL then. -EINVAL when it is missing. */
NODISCARD int scsi_sanitize(struct scsi_transport *transport, enum scsi_sanitize action,
	const uint8_t *pattern, struct erase_answer *ret);

/* SANITIZE, EXIT FAILURE MODE (1Fh). Whatever is left on the medium can be read after it. */
NODISCARD int scsi_sanitize_exit(struct scsi_transport *transport, struct erase_answer *ret);

/* FORMAT UNIT (5.4) with an initialization pattern, begun only (IMMED 1, letter 's'); the drive
 * decides on defects and keeps its sector size. */
NODISCARD int scsi_format_unit(struct scsi_transport *transport,
	const uint8_t pattern[static SCSI_PATTERN_BYTES], struct erase_answer *ret);

/* WRITE SAME (16) (5.52) with UNMAP 0 of the whole medium, in pieces that the drive takes (Block
 * Limits VPD page), then SYNCHRONIZE CACHE. Takes as long as writing does. *ret: GOOD with letter 'S'
 * when every piece was; else the first answer that was not. -ESTALE, and nothing was written, when
 * the drive's capacity is not capacity_bytes. A -errno in the middle leaves it partly written. */
NODISCARD int scsi_write_same(struct scsi_transport *transport, uint64_t capacity_bytes,
	const uint8_t pattern[static SCSI_PATTERN_BYTES], struct erase_answer *ret);

/* ---- commands that tell; none changes the drive ---- */

/* How an erase operation goes (WITNESS_SCSI_SENSE). REQUEST SENSE is asked; where it says that
 * nothing runs, TEST UNIT READY is asked too, and its sense data are the answer when it says
 * otherwise: what one hides the other may tell. 0, or -errno without an answer. */
NODISCARD int scsi_erase_status(struct scsi_transport *transport, struct erase_answer *ret);

/* INQUIRY of a vital product data page (SPC-5 6.6.4): the page with its header of 4 bytes, as much
 * as fits. 0; -errno without an answer; -EREMOTEIO for a page that the drive has not; -EBADMSG for
 * an answer that is short or another page. */
NODISCARD int scsi_vital_page(struct scsi_transport *transport, uint8_t page, uint8_t *ret,
	uint16_t size, uint16_t *ret_bytes);

/* LOG SENSE (SPC-5 6.8), cumulative values: likewise. */
NODISCARD int scsi_log_page(struct scsi_transport *transport, uint8_t page, uint8_t *ret,
	uint16_t size, uint16_t *ret_bytes);

/* ---- */

/* SYNCHRONIZE CACHE of everything, answered when it is on the medium: (10), and (16) from a drive
 * that does not know the former. 0 when the drive said that it is done; -EOPNOTSUPP when it knows
 * neither; -EREMOTEIO when it reported an error; -errno without an answer. */
NODISCARD int scsi_synchronize_cache(struct scsi_transport *transport);

#endif
