/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setting the write pointers of all zones back: what stood there is no longer read, and still stands
 * there. Worth nothing by itself; it is what makes zones writable from their beginnings again. */
#include "wipe/erase/methods.h"

#include "device/command/zones.h"
#include "wipe/erase/completion.h"
#include <errno.h>

static void offer(const struct abilities *abilities, struct erase_offer *ret)
{
	*ret = (struct erase_offer){ .scope = SCOPE_DRIVE, .expected_seconds = -1 };
	switch (abilities->zoned) {
	case ZONED_HOST_MANAGED:
		if (!abilities->zones_known)
			ret->why_not = "not-known";
		else if (!abilities->zones_whole)
			ret->why_not = "zones-not-whole";
		break;
	case ZONED_HOST_AWARE: /* takes writes in any order */
	case ZONED_UNKNOWN:
	case ZONED_NONE:
		ret->why_not = "not-supported";
		break;
	}
	ret->offered = !ret->why_not;
}

/* A reset that the drive only said it did is found out by asking for its zones again. */
static int check_empty(const struct kernel_transport *kernel, uint64_t capacity_bytes)
{
	AUTO_DISK_ZONES struct disk_zones now = { 0 };
	int result = zones_read(kernel, capacity_bytes, &now);
	for (size_t i = 0; result == 0 && i < now.count; i++)
		if (now.items[i].sequential &&
			(!now.items[i].empty || now.items[i].written_bytes != 0))
			result = -EIO;
	return result;
}

static int start(const struct erase_call *call, struct erase_answer *ret)
{
	const struct kernel_transport *kernel = &call->transports->kernel;
	uint64_t capacity = call->drive->identity.capacity_bytes;
	AUTO_DISK_ZONES struct disk_zones zones = { 0 };
	int result = zones_read(kernel, capacity, &zones);
	if (result == 0)
		result = zones_reset(kernel, &zones);
	if (result == 0)
		result = check_empty(kernel, capacity);
	completion_of_call(result, ret);
	return 0;
}

const struct erase_method erase_zone_reset = {
	.technique = TECHNIQUE_ZONE_RESET,
	.offer = offer,
	.start = start,
};
