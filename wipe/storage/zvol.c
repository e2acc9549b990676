/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes of ZFS. It writes elsewhere than the bytes lie: a zvol can be destroyed, and not erased in place. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "/dev/zvol/"
#define ZFS_SECONDS 300

/* The kernel's name of it: "zd16", and nothing else is called so. */
static bool is_zvol(dev_t number)
{
	char text[512];

	if (place_attribute(number, "uevent", text, sizeof(text)) == 0) {
		const char *name = strstr(text, "DEVNAME=zd");
		return name != NULL;
	}
	return false;
}

/* "POOL/NAME" of /dev/zvol/POOL/NAME; NULL for other paths. */
static const char *dataset_of(const char *place)
{
	if (strncmp(place, FOLDER, strlen(FOLDER)) != 0)
		return NULL;
	const char *name = place + strlen(FOLDER);
	if (!strchr(name, '/') || name[0] == '-' || strpbrk(name, "@#") || strstr(name, "/../"))
		return NULL;
	return name;
}

static int claims(const char *place, struct error *error)
{
	dev_t number;

	(void)error;
	int result = place_block(place, &number);
	if (result == -ENOENT && dataset_of(place))
		return -ENOENT;
	return result == 0 && is_zvol(number);
}

static int erase(
	const char *place, const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	struct storage_outcome outcome = { .reason = "" };

	outcome_limit(&outcome, STORAGE_LIMIT_COPY_ON_WRITE);
	outcome_limit(&outcome, STORAGE_LIMIT_POOL);
	return outcome_refuse_or_tell(
		&outcome, STORAGE_REASON_COPIES, place, pace, ret_fact, error);
}

/* Is there such a thing ("zfs" a dataset, "zpool" a pool)? 1, 0, -errno. */
static int ask(const char *program, const char *name)
{
	const char *const words[] = { program, "list", "-H", "-o", "name", name, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = ZFS_SECONDS };
	struct error error = { 0 };
	int status = 0;

	int result = storage_run(&command, NULL, &status, &error);
	if (result < 0)
		return result;
	if (status == 0)
		return 1;
	return strstr(error.what, "does not exist") || strstr(error.what, "no such pool") ? 0
											  : -EIO;
}

static enum presence look(const char *place)
{
	const char *name = dataset_of(place);
	char pool[256];

	if (!name)
		return PRESENCE_UNKNOWN;
	int there = ask("zfs", name);
	if (there != 0)
		return there > 0 ? PRESENCE_PRESENT : PRESENCE_UNKNOWN;
	/* Of a pool that is not imported nobody knows the volumes. */
	(void)snprintf(pool, sizeof(pool), "%.*s", (int)strcspn(name, "/"), name);
	return ask("zpool", pool) == 1 ? PRESENCE_GONE : PRESENCE_UNKNOWN;
}

/* Without -r and -R: what has snapshots or clones stays, and the error says so. */
static int remove_volume(const char *place, struct error *error)
{
	const char *name = dataset_of(place);
	const char *const words[] = { "zfs", "destroy", name, NULL };
	const struct storage_command command = { .argv = words, .timeout_seconds = ZFS_SECONDS };

	if (!name)
		return error_set(error, ERROR_FAILED, EINVAL, "storage-remove",
			_("%s cannot be removed: %s"), place,
			_("its volume is not known by this name, only by /dev/zvol/POOL/NAME"));
	if (ask("zfs", name) == 0)
		return 0;
	return storage_run(&command, NULL, NULL, error);
}

const struct storage_kind storage_zvol = {
	.name = "zvol",
	.claims = claims,
	.erase = erase,
	.remove = remove_volume,
	.look = look,
};
