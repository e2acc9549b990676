/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI SANITIZE (SBC-4 5.30): the logical unit erases itself, and goes on after a reset or a power
 * loss until it is done.
 *
 * REQUEST SENSE tells while it runs and when it failed. A good end is told by silence: nothing runs,
 * and the drive is ready. So silence is the end only of what was seen running, or what was answered
 * when it was over; an adapter that hides the status gives neither, and no progress is no success. */
#include "device/command/scsi_erase.h"
#include "wipe/erase/scsi.h"
#include "wipe/erase/methods.h"

#include <errno.h>

#define POLL_MS 500

/* ---- offer ---- */

const char *scsi_obstacle(const struct abilities *abilities, bool has_command)
{
	const struct scsi_abilities *scsi = &abilities->scsi;
	struct erase_state state;
	erase_state_read(&scsi->sense, &state);
	if (abilities->transport != TRANSPORT_SCSI)
		return "not-supported";
	if (!has_command)
		return scsi->known ? "not-supported" : "not-known";
	if (scsi->sense.raw_bytes == 0)
		return "status-hidden";
	if (state.status == ERASE_STATUS_RUNNING)
		return "busy";
	/* 520, 528 …: the kernel addresses none of it, so nothing could be read back. */
	if (scsi->block_bytes < 512 || (scsi->block_bytes & (scsi->block_bytes - 1)))
		return "sector-size";
	return NULL;
}

/* The standard has no field for how long it takes. */
static void offer(const struct abilities *abilities, bool has_action, struct erase_offer *ret)
{
	const char *obstacle = scsi_obstacle(abilities, abilities->scsi.known && has_action);
	*ret = (struct erase_offer){ .offered = obstacle == NULL,
		.why_not = obstacle,
		.scope = SCOPE_DRIVE,
		.expected_seconds = -1 };
}

static void offer_crypto(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->scsi.sanitize_crypto, ret);
}

static void offer_block(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->scsi.sanitize_block, ret);
}

static void offer_overwrite(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->scsi.sanitize_overwrite, ret);
}

/* ---- the drive ---- */

int scsi_look(const struct erase_call *call, struct erase_answer *ret)
{
	return scsi_erase_status(&call->transports->scsi, ret);
}

const uint8_t *scsi_pattern_of(const struct erase_call *call)
{
	const struct pattern *pattern = &call->step->pattern;
	bool suits =
		pattern->kind == STREAM_PERIODIC && pattern->period_bytes == SCSI_PATTERN_BYTES;
	return suits ? pattern->period : NULL;
}

static int start_crypto(const struct erase_call *call, struct erase_answer *ret)
{
	return scsi_sanitize(&call->transports->scsi, SCSI_SANITIZE_CRYPTO, NULL, ret);
}

static int start_block(const struct erase_call *call, struct erase_answer *ret)
{
	return scsi_sanitize(&call->transports->scsi, SCSI_SANITIZE_BLOCK, NULL, ret);
}

static int start_overwrite(const struct erase_call *call, struct erase_answer *ret)
{
	return scsi_sanitize(
		&call->transports->scsi, SCSI_SANITIZE_OVERWRITE, scsi_pattern_of(call), ret);
}

static int exit_failure_mode(const struct erase_call *call, struct erase_answer *ret)
{
	return scsi_sanitize_exit(&call->transports->scsi, ret);
}

#define METHOD(TECHNIQUE, OFFER, START)                                                            \
	{                                                                                          \
		.technique = (TECHNIQUE), .offer = (OFFER), .look = scsi_look, .start = (START),   \
		.recover = exit_failure_mode, .poll_ms = POLL_MS                                   \
	}

const struct erase_method erase_scsi_sanitize_crypto =
	METHOD(TECHNIQUE_SCSI_SANITIZE_CRYPTO, offer_crypto, start_crypto);
const struct erase_method erase_scsi_sanitize_block =
	METHOD(TECHNIQUE_SCSI_SANITIZE_BLOCK, offer_block, start_block);
const struct erase_method erase_scsi_sanitize_overwrite =
	METHOD(TECHNIQUE_SCSI_SANITIZE_OVERWRITE, offer_overwrite, start_overwrite);
