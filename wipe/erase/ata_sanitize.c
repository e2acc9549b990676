/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA SANITIZE DEVICE: crypto scramble, block erase, overwrite (ACS-4 7.36). */
#include "device/command/ata_sanitize.h"
#include "wipe/erase/methods.h"

#include <errno.h>

#define POLL_MS 1000

/* What keeps this drive from a sanitize command of a kind that it has or has not; NULL: nothing. */
static const char *obstacle(const struct ata_abilities *ata, bool has_kind)
{
	if (!ata->known)
		return "not-known";
	if (!has_kind)
		return "not-supported";
	if (ata->locked)
		return "locked";
	/* Without it no end of the operation could be told from its beginning. */
	if (ata->sanitize_status.raw_bytes == 0)
		return "status-hidden";
	if (ata_sanitize_is_frozen(&ata->sanitize_status))
		return "frozen";
	return NULL;
}

/* The standard has no field for how long it takes. */
static void offer(const struct abilities *abilities, bool has_kind, struct erase_offer *ret)
{
	const char *why_not = abilities->transport == TRANSPORT_ATA
				      ? obstacle(&abilities->ata, has_kind)
				      : "not-supported";
	*ret = (struct erase_offer){ .offered = why_not == NULL,
		.why_not = why_not,
		.scope = SCOPE_DRIVE,
		.expected_seconds = -1 };
}

static void offer_crypto(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->ata.sanitize_crypto, ret);
}

static void offer_block(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->ata.sanitize_block, ret);
}

static void offer_overwrite(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->ata.sanitize_overwrite, ret);
}

static int look(const struct erase_call *call, struct erase_answer *ret)
{
	return ata_sanitize_status(&call->transports->scsi, false, ret);
}

static int start_crypto(const struct erase_call *call, struct erase_answer *ret)
{
	return ata_sanitize_start(&call->transports->scsi, ATA_SANITIZE_CRYPTO, 0, ret);
}

static int start_block(const struct erase_call *call, struct erase_answer *ret)
{
	return ata_sanitize_start(&call->transports->scsi, ATA_SANITIZE_BLOCK, 0, ret);
}

static int start_overwrite(const struct erase_call *call, struct erase_answer *ret)
{
	const struct pattern *pattern = &call->step->pattern;
	if (pattern->kind != STREAM_PERIODIC || pattern->period_bytes != 4)
		return -EINVAL;
	uint32_t value = pattern->period[0] | (uint32_t)pattern->period[1] << 8 |
			 (uint32_t)pattern->period[2] << 16 | (uint32_t)pattern->period[3] << 24;
	return ata_sanitize_start(&call->transports->scsi, ATA_SANITIZE_OVERWRITE, value, ret);
}

/* A drive whose operation failed answers no read or write before that is cleared. */
static int recover(const struct erase_call *call, struct erase_answer *ret)
{
	return ata_sanitize_status(&call->transports->scsi, true, ret);
}

const struct erase_method erase_ata_sanitize_crypto = {
	.technique = TECHNIQUE_ATA_SANITIZE_CRYPTO,
	.offer = offer_crypto,
	.look = look,
	.start = start_crypto,
	.recover = recover,
	.poll_ms = POLL_MS,
};

const struct erase_method erase_ata_sanitize_block = {
	.technique = TECHNIQUE_ATA_SANITIZE_BLOCK,
	.offer = offer_block,
	.look = look,
	.start = start_block,
	.recover = recover,
	.poll_ms = POLL_MS,
};

const struct erase_method erase_ata_sanitize_overwrite = {
	.technique = TECHNIQUE_ATA_SANITIZE_OVERWRITE,
	.offer = offer_overwrite,
	.look = look,
	.start = start_overwrite,
	.recover = recover,
	.poll_ms = POLL_MS,
};
