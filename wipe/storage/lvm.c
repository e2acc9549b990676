/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What LVM says of a volume, always asked for by its UUID or by its exact name. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include "wipe/storage/lvm.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LVM_SECONDS 120
#define UUID_DIGITS 32

/* Asking ------------------------------------------------------------------------------------- */

int lvm_report(const char *program, const char *options, const char *selection, json_t **ret,
	struct error *error)
{
	const char *const words[] = { program, "--reportformat", "json", "--units", "b",
		"--nosuffix", "--options", options, "--select", selection,
		strcmp(program, "lvs") == 0 ? "--all" : NULL, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = LVM_SECONDS };
	AUTO_FREE char *text = NULL;
	AUTO_JSON json_t *document = NULL;

	int result = storage_run(&command, &text, NULL, error);
	if (result == -ENOENT)
		result = -ENOPKG; /* nobody to ask is no word that there is no volume */
	if (result == 0)
		result = json_parse(text, strlen(text), program, &document, error);
	if (result < 0)
		return result;
	const json_t *report = json_array_get(json_object_get(document, "report"), 0);
	json_t *rows = json_object_get(report, strcmp(program, "lvs") == 0 ? "lv" : "vg");
	if (!json_is_array(rows))
		return error_set(error, ERROR_FAILED, EBADMSG, "lvm-answer",
			_("The answer of %s is not understood."), program);
	*ret = json_incref(rows);
	return 0;
}

static const char *field(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static void copy(char *ret, size_t size, const char *text)
{
	(void)snprintf(ret, size, "%s", text);
}

static void take_row(const json_t *row, struct logical_volume *ret)
{
	*ret = (struct logical_volume){ .thin_id = strtoull(field(row, "thin_id"), NULL, 10),
		.is_active = strcmp(field(row, "lv_active"), "active") == 0 };
	copy(ret->uuid, sizeof(ret->uuid), field(row, "lv_uuid"));
	copy(ret->group, sizeof(ret->group), field(row, "vg_name"));
	copy(ret->name, sizeof(ret->name), field(row, "lv_name"));
	copy(ret->pool, sizeof(ret->pool), field(row, "pool_lv"));
	copy(ret->layout, sizeof(ret->layout), field(row, "lv_layout"));
	copy(ret->role, sizeof(ret->role), field(row, "lv_role"));
}

static int find_by(const char *selection, struct logical_volume *ret, struct error *error)
{
	AUTO_JSON json_t *rows = NULL;

	int result = lvm_report("lvs",
		"lv_uuid,vg_name,lv_name,pool_lv,lv_layout,lv_role,lv_active,thin_id", selection,
		&rows, error);
	if (result < 0)
		return result;
	size_t count = json_array_size(rows);
	if (count == 1)
		take_row(json_array_get(rows, 0), ret);
	if (count == 1 && ret->uuid[0] && ret->group[0] && ret->name[0])
		return 0;
	if (count == 0)
		return error_set(error, ERROR_FAILED, ENOENT, "storage-absent",
			_("LVM knows no such volume: %s"), selection);
	return error_set(error, ERROR_FAILED, EBADMSG, "lvm-answer",
		_("The answer of %s is not understood."), "lvs");
}

int volume_find(const char *uuid, struct logical_volume *ret, struct error *error)
{
	char selection[128];

	(void)snprintf(selection, sizeof(selection), "lv_uuid=\"%s\"", uuid);
	return find_by(selection, ret, error);
}

/* Names -------------------------------------------------------------------------------------- */

/* "LVM-", the group's 32 digits, the volume's 32; what has more behind it is a part of a volume. */
int volume_uuid_of(dev_t number, char ret[static 64])
{
	static const int parts[] = { 6, 4, 4, 4, 4, 4, 6 };
	char text[256];

	int result = place_attribute(number, "dm/uuid", text, sizeof(text));
	if (result == -ENOENT || result == -ENOTDIR)
		return 0;
	if (result < 0)
		return result;
	if (strncmp(text, "LVM-", 4) != 0 || strlen(text) != 4 + 2 * UUID_DIGITS)
		return 0;
	const char *at = text + 4 + UUID_DIGITS;
	char *to = ret;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		to += snprintf(to, 8, "%s%.*s", i ? "-" : "", parts[i], at);
		at += parts[i];
	}
	return 1;
}

/* LVM's own rule for names (lvm(8), VALID NAMES). */
static bool is_name(const char *name, size_t length)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+_.-";

	return length > 0 && length < 128 && name[0] != '-' && name[0] != '.' &&
	       strspn(name, allowed) >= length;
}

/* One dash parts group and volume, two are one in a name. */
static bool split_mapper_name(const char *name, char group[static 130], char volume[static 130])
{
	char *to = group, *const ends[] = { group + 129, volume + 129 };
	size_t part = 0;

	for (; *name; name++) {
		bool parts = name[0] == '-' && name[1] != '-';
		if (parts && part == 1)
			return false;
		if (parts) {
			*to = '\0';
			to = volume;
			part = 1;
			continue;
		}
		if (name[0] == '-')
			name++;
		if (to == ends[part])
			return false;
		*to++ = *name;
	}
	*to = '\0';
	return part == 1;
}

bool lvm_split_path(const char *place, char group[static 130], char volume[static 130])
{
	static const char mapper[] = "/dev/mapper/";

	if (!place_names_device(place))
		return false;
	if (strncmp(place, mapper, strlen(mapper)) == 0) {
		if (!split_mapper_name(place + strlen(mapper), group, volume))
			return false;
	} else {
		const char *name = place + strlen("/dev/");
		const char *slash = strchr(name, '/');
		if (!slash || slash - name >= 128 || strlen(slash + 1) >= 128)
			return false;
		(void)snprintf(group, 130, "%.*s", (int)(slash - name), name);
		(void)snprintf(volume, 130, "%s", slash + 1);
	}
	return is_name(group, strlen(group)) && is_name(volume, strlen(volume));
}

int volume_find_by_path(const char *place, struct logical_volume *ret, struct error *error)
{
	char group[130], volume[130], selection[512];

	if (!lvm_split_path(place, group, volume))
		return error_set(error, ERROR_FAILED, EINVAL, "lvm-name",
			_("%s is no name of a logical volume."), place);
	(void)snprintf(
		selection, sizeof(selection), "vg_name=\"%s\" && lv_name=\"%s\"", group, volume);
	return find_by(selection, ret, error);
}

/* Of a group that is not seen the volumes are not known. */
int lvm_group_is_seen(const char *group, struct error *error)
{
	char selection[256];
	AUTO_JSON json_t *rows = NULL;

	(void)snprintf(selection, sizeof(selection), "vg_name=\"%s\"", group);
	int result = lvm_report("vgs", "vg_name", selection, &rows, error);
	return result < 0 ? result : json_array_size(rows) == 1;
}

/* Changing ----------------------------------------------------------------------------------- */

int volume_activate(const struct logical_volume *volume, struct error *error)
{
	char name[300];
	const char *const words[] = { "lvchange", "--activate", "y", "--ignoreactivationskip", name,
		NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = LVM_SECONDS };

	(void)snprintf(name, sizeof(name), "%s/%s", volume->group, volume->name);
	return storage_run(&command, NULL, NULL, error);
}

/* With an origin LVM takes all its snapshots away, with an external origin all thin volumes that stand on it, with a pool
 * all that is in it (lvmreport(7), lv_role). */
static bool takes_others_along(const struct logical_volume *volume)
{
	return strstr(volume->role, "thickorigin") || strstr(volume->role, "extthinorigin") ||
	       strstr(volume->role, "private") || strstr(volume->layout, "pool");
}

/* By UUID: a name may have become another volume's. LVM itself refuses what is open. */
int volume_remove(const struct logical_volume *volume, struct error *error)
{
	char selection[128];
	const char *const words[] = { "lvremove", "--yes", "--select", selection, volume->group,
		NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = LVM_SECONDS };
	struct logical_volume after;
	struct error absent = { 0 };

	if (takes_others_along(volume))
		return storage_in_use(volume->name,
			_("there are snapshots of it, which would go with it"), error);
	(void)snprintf(selection, sizeof(selection), "lv_uuid=\"%s\"", volume->uuid);
	int result = storage_run(&command, NULL, NULL, error);
	if (result < 0)
		return result;
	result = volume_find(volume->uuid, &after, &absent);
	if (result == -ENOENT)
		return 0;
	return error_set(error, ERROR_FAILED, EBUSY, "storage-remove",
		_("%s cannot be removed: %s"), volume->name,
		result == 0 ? _("LVM still knows it") : absent.what);
}
