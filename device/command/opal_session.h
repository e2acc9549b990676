/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TCG session spoken by ourselves, for drives that the kernel does not know as Opal: SAS drives,
 * NVMe over fabrics, SSCs it has not heard of. Inside device/command/ only. */
#ifndef HAIKI_DEVICE_COMMAND_OPAL_SESSION_H
#define HAIKI_DEVICE_COMMAND_OPAL_SESSION_H

#include "device/command/opal.h"
#include "device/command/opal_tokens.h"

#define OPAL_UID_BYTES 8
#define OPAL_FRAME_BYTES 2048

/* Invariant: open means that the drive has given its session number and has not closed it. */
struct opal_session {
	struct opal_transport *transport; /* borrowed */
	uint16_t com_id;
	uint32_t host_number, drive_number; /* HSN, TSN */
	bool open;
	struct opal_reader results; /* of the last method, in frame */
	uint8_t frame[OPAL_FRAME_BYTES];
};

/* Open a session with a security provider as this authority. As opal_order: 0 and the method
 * status, or -errno. */
NODISCARD int opal_session_start(struct opal_session *session, const uint8_t *provider,
	const uint8_t *authority, const char *credential, uint8_t *ret_status);

/* Invoke a method of an object. arguments: what stands between the brackets, as tokens. 0: the
 * drive answered; session->results stands before the list of results. */
NODISCARD int opal_session_call(struct opal_session *session, const uint8_t *object,
	const uint8_t *method, const uint8_t *arguments, size_t argument_bytes,
	uint8_t *ret_status);

/* Say that it is over, whatever the drive says to that; and forget what stands in the frame. */
void opal_session_end(struct opal_session *session);

#endif
