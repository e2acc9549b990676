/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logical volumes, thick and thin. Of a thin one only what was written is overwritten, and nothing when others share
 * its blocks: a write would take new blocks from the pool and leave the old ones to them. */
#include "wipe/storage/lvm.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

/* Which ------------------------------------------------------------------------------------- */

/* The volume at a place, active or not. -ENOENT; -ENOTBLK: something else is there. */
static int volume_at(const char *place, struct logical_volume *ret, struct error *error)
{
	char uuid[64];
	dev_t number;

	int result = place_block(place, &number);
	if (result == -ENOENT)
		return volume_find_by_path(place, ret, error);
	if (result == 0)
		result = volume_uuid_of(number, uuid);
	if (result == 0)
		result = -ENOTBLK;
	if (result > 0)
		return volume_find(uuid, ret, error);
	return error_set(error, ERROR_FAILED, -result, "storage-open", _("%s cannot be opened: %s"),
		place, strerror(-result));
}

static int claims(const char *place, struct error *error)
{
	struct logical_volume volume;
	char uuid[64], group[130], name[130];
	dev_t number;

	int result = place_block(place, &number);
	if (result == 0)
		return volume_uuid_of(number, uuid);
	if (result != -ENOENT || !lvm_split_path(place, group, name))
		return 0;
	/* It may only not be active. */
	result = volume_find_by_path(place, &volume, error);
	if (result == -ENOPKG)
		return -ENOENT; /* a host without LVM has no volumes */
	return result == 0 ? 1 : result;
}

/* Layouts ------------------------------------------------------------------------------------ */

/* Does each word of a list, parted by commas, stand among these? */
static bool only_words(const char *list, const char *const words[], size_t count)
{
	while (*list) {
		size_t length = strcspn(list, ",");
		bool known = false;
		for (size_t i = 0; i < count; i++)
			known = known || (strlen(words[i]) == length &&
						 strncmp(words[i], list, length) == 0);
		if (!known)
			return false;
		list += length + (list[length] == ',');
	}
	return true;
}

/* Whose every byte lies at one place, or at the same in each mirror (lvmreport(7), lv_layout). */
static bool is_simple(const char *layout)
{
	static const char *const words[] = { "linear", "striped", "mirror", "raid", "raid0",
		"raid0_meta", "raid1", "raid4", "raid5", "raid5_la", "raid5_ls", "raid5_ra",
		"raid5_rs", "raid5_n", "raid6", "raid6_nc", "raid6_nr", "raid6_zr", "raid10",
		"raid10_near" };

	return layout[0] && only_words(layout, words, ARRAY_SIZE(words));
}

static bool is_thin(const struct logical_volume *volume)
{
	static const char *const layouts[] = { "thin", "sparse" };
	static const char *const roles[] = { "public", "origin", "snapshot", "thinorigin",
		"multithinorigin", "thinsnapshot" };

	return volume->pool[0] && only_words(volume->layout, layouts, ARRAY_SIZE(layouts)) &&
	       only_words(volume->role, roles, ARRAY_SIZE(roles));
}

static const char *why_not(const struct logical_volume *volume)
{
	if (is_thin(volume))
		return NULL;
	if (strstr(volume->role, "origin"))
		return STORAGE_REASON_SHARED;
	return strcmp(volume->role, "public") == 0 && is_simple(volume->layout)
		       ? NULL
		       : STORAGE_REASON_LAYOUT;
}

/* Erasing ------------------------------------------------------------------------------------ */

/* Nothing is written that would need a new block: what is not zero is mapped, and mapped by it alone, before and
 * after. */
static int overwrite_thin(const struct logical_volume *volume, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error)
{
	struct thin_map before AUTO_THIN_MAP = { 0 };
	struct thin_map after AUTO_THIN_MAP = { 0 };

	outcome_limit(outcome, STORAGE_LIMIT_POOL);
	if (thin_map_read(volume, &before, error) < 0) {
		*ret_reason = STORAGE_REASON_NO_ASKING;
		return 0;
	}
	if (before.shared > 0) {
		outcome_limit(outcome, STORAGE_LIMIT_SHARED_EXTENTS);
		*ret_reason = STORAGE_REASON_SHARED;
		return 0;
	}
	int result = thin_overwrite(&before, device, pace, outcome, ret_reason, error);
	if (result < 0 || *ret_reason || strcmp(outcome->result, "done") != 0)
		return result;
	if (thin_map_read(volume, &after, error) < 0 || after.shared > 0)
		outcome_failed(outcome, STORAGE_REASON_CHANGED);
	else if (!thin_map_same(&before, &after))
		outcome_failed(outcome, STORAGE_REASON_MOVED);
	return 0;
}

int volume_overwrite(const struct logical_volume *volume, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error)
{
	*ret_reason = why_not(volume);
	if (*ret_reason && strcmp(*ret_reason, STORAGE_REASON_SHARED) == 0)
		outcome_limit(outcome, STORAGE_LIMIT_SHARED_EXTENTS);
	if (*ret_reason)
		return 0;
	if (is_thin(volume))
		return overwrite_thin(volume, device, pace, outcome, ret_reason, error);
	return device_overwrite(device, pace, outcome, error);
}

/* The claimed device is still that of the volume. */
static int claim(const char *place, const struct logical_volume *volume,
	const struct platform_pace *pace, struct drive **ret, struct error *error)
{
	char uuid[64];

	int result = device_claim(place, pace, ret, error);
	if (result < 0)
		return result;
	if (volume_uuid_of((*ret)->identity.devnum, uuid) == 1 && strcmp(uuid, volume->uuid) == 0)
		return 0;
	*ret = drive_close(*ret);
	return storage_in_use(place, _("another device took its place"), error);
}

static int erase(
	const char *place, const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	struct storage_outcome outcome = {
		.method = "overwrite", .result = "done", .level = "clear", .reason = ""
	};
	struct logical_volume volume;
	struct device device;
	const char *reason = NULL;

	int result = volume_at(place, &volume, error);
	if (result == 0 && !volume.is_active)
		result = volume_activate(&volume, error);
	if (result == 0)
		result = claim(place, &volume, pace, &drive, error);
	if (result < 0)
		return result;
	device_of_drive(drive, place, &device);
	place_forget_removal(place);
	result = volume_overwrite(&volume, &device, pace, &outcome, &reason, error);
	if (result == 0 && reason)
		return outcome_refuse_or_tell(&outcome, reason, place, pace, ret_fact, error);
	return result == 0 ? outcome_to_fact(&outcome, place, ret_fact, error) : result;
}

/* Removing and looking ----------------------------------------------------------------------- */

static int remove_volume(const char *place, struct error *error)
{
	struct logical_volume volume;

	int result = volume_at(place, &volume, error);
	if (result == -ENOENT)
		return 0;
	if (result == 0)
		result = place_note_removal(place, "", error);
	return result < 0 ? result : volume_remove(&volume, error);
}

static enum presence look(const char *place)
{
	struct logical_volume volume;
	char group[130], name[130];
	dev_t number;

	int result = place_block(place, &number);
	if (result == 0)
		return PRESENCE_PRESENT;
	if (result != -ENOENT || !lvm_split_path(place, group, name))
		return PRESENCE_UNKNOWN;
	if (lvm_group_is_seen(group, NULL) != 1)
		return PRESENCE_UNKNOWN;
	result = volume_find_by_path(place, &volume, NULL);
	if (result == 0)
		return PRESENCE_PRESENT;
	return result == -ENOENT ? PRESENCE_GONE : PRESENCE_UNKNOWN;
}

const struct storage_kind storage_lv = {
	.name = "lv",
	.claims = claims,
	.erase = erase,
	.remove = remove_volume,
	.look = look,
};
