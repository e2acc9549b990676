/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eMMC: erase all of the user area, then have the card purge what it no longer maps. Not covered: boot
 * areas and RPMB. Never seen on a card; no built-in order takes it before overwriting. */
#include "wipe/erase/methods.h"

#include "wipe/erase/completion.h"
#include <errno.h>

static void offer(const struct abilities *abilities, struct erase_offer *ret)
{
	*ret = (struct erase_offer){ .scope = SCOPE_DRIVE, .expected_seconds = -1 };
	if (abilities->transport != TRANSPORT_MMC)
		ret->why_not = "not-supported";
	else if (!abilities->mmc.known)
		ret->why_not = "not-known";
	else if (!abilities->mmc.sanitize ||
		 (uint64_t)abilities->mmc.sectors * 512 != abilities->capacity_bytes)
		ret->why_not = "not-supported";
	ret->offered = !ret->why_not;
}

/* How large the card is it says itself, and that is what the kernel lets us address, or nothing is
 * sent. */
static int start(const struct erase_call *call, struct erase_answer *ret)
{
	const struct kernel_transport *kernel = &call->transports->kernel;
	struct mmc_abilities card;
	mmc_abilities_read(kernel, &card);
	if (!card.known)
		return -EIO;
	int result = 0;
	if (!card.sanitize || (uint64_t)card.sectors * 512 != call->drive->identity.capacity_bytes)
		result = -ENOTSUP;
	if (result == 0)
		result = mmc_erase_all(kernel, card.sectors);
	if (result == 0)
		result = mmc_sanitize(kernel);
	completion_of_call(result, ret);
	return 0;
}

const struct erase_method erase_mmc_sanitize = {
	.technique = TECHNIQUE_MMC_SANITIZE,
	.offer = offer,
	.start = start,
};
