/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole block devices that were given to a VM: disks, LUNs, arrays, loop devices. They are overwritten and stay. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

/* Of the device mapper's only what no other kind knows, as multipath; a part of a volume or of a crypt device is
 * none that anybody may write to. */
static bool is_part_of_others(dev_t number)
{
	char uuid[256];

	if (place_attribute(number, "dm/uuid", uuid, sizeof(uuid)) < 0)
		return false;
	return strncmp(uuid, "LVM-", 4) == 0 || strncmp(uuid, "CRYPT-", 6) == 0;
}

static int claims(const char *place, struct error *error)
{
	dev_t number;
	char text[32];

	int result = place_block(place, &number);
	if (result == -ENOENT || result == -ENOTDIR)
		return -ENOENT;
	if (result == -ENOTBLK || result == -EINVAL || result == -ELOOP)
		return 0;
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-open",
			_("%s cannot be opened: %s"), place, strerror(-result));
	/* Of a partition's neighbours nothing is known here. */
	if (place_attribute(number, "partition", text, sizeof(text)) == 0)
		return 0;
	return !is_part_of_others(number);
}

static int erase(
	const char *place, const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	struct storage_outcome outcome = {
		.method = "overwrite", .result = "done", .level = "clear", .reason = ""
	};
	struct device device;

	int result = device_claim(place, pace, &drive, error);
	if (result == 0 && identity_check_addressable(&drive->identity, error) < 0)
		return outcome_refuse_or_tell(
			&outcome, STORAGE_REASON_LAYOUT, place, pace, ret_fact, error);
	if (result < 0)
		return result;
	device_of_drive(drive, place, &device);
	if (drive->identity.backing[0])
		outcome_limit(&outcome, STORAGE_LIMIT_FREE_SPACE);
	result = device_overwrite(&device, pace, &outcome, error);
	return result == 0 ? outcome_to_fact(&outcome, place, ret_fact, error) : result;
}

static int keep(const char *place, struct error *error)
{
	(void)place;
	(void)error;
	return 0;
}

/* A device that is not seen may be unplugged. */
static enum presence look(const char *place)
{
	dev_t number;

	return place_block(place, &number) == 0 ? PRESENCE_NONE : PRESENCE_UNKNOWN;
}

const struct storage_kind storage_block = {
	.name = "block",
	.claims = claims,
	.erase = erase,
	.remove = keep,
	.look = look,
};
