/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a person typed to one device. Anything but exactly one match is an error: the wrong
 * drive is worse than no drive. */
#include "inventory/scan/scan.h"

#include "base/text.h"
#include "device/identity/sysfs.h"
#include "inventory/scan/scan_look.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static int error_unknown(const char *word, const char *why, int errnum, struct error *error)
{
	int r = error_set(error, ERROR_USAGE, errnum, "target-unknown",
		_("No drive \"%s\" is here: %s"), word, why);
	error_next(error, _("\"haiki inventory scan\" shows what is here; name a drive by serial, "
			    "WWN, inventory ID or /dev path."));
	return r;
}

/* "sda" instead of "/dev/sda": the kernel's name is no drive's name, but what was meant is plain. */
static void suggest_node(const char *word, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;
	int length = snprintf(path, sizeof(path), "/dev/%s", word);
	if (length > 0 && (size_t)length < sizeof(path) && stat(path, &status) == 0 &&
		S_ISBLK(status.st_mode))
		error_next(error,
			_("Did you mean %s? \"haiki inventory scan\" shows what is here."), path);
}

static int error_no_drive(const char *word, int errnum, const char *why, struct error *error)
{
	int r = error_set(error, ERROR_USAGE, errnum, "target-no-drive", "%s: %s", word, why);
	error_next(error, _("Name a whole drive; \"haiki inventory scan\" shows what is here."));
	return r;
}

/* Whole or not at all: a path cut short may be another drive's. */
static int copy_path(
	const char *word, const char *path, char *ret_path, size_t size, struct error *error)
{
	size_t length = strlen(path);
	if (length >= size)
		return error_no_drive(word, ENAMETOOLONG, _("its path is too long"), error);
	memcpy(ret_path, path, length + 1);
	return 0;
}

/* -- paths -- */

/* md and dm devices are stacked on drives; wiping through them would leave the rest of the drives. */
static int refuse_layer(const char *word, dev_t devnum, struct error *error)
{
	struct sysfs_device device;
	int r = sysfs_find(NULL, devnum, &device);
	if (r < 0)
		return error_no_drive(word, -r,
			_("the kernel's description of the device cannot be read"), error);
	if (sysfs_has(&device, "dm") || sysfs_has(&device, "md"))
		return error_no_drive(word, EINVAL,
			_("this is a volume or an array that lies on drives, no drive"), error);
	return 0;
}

/* Opening to look writes nothing; it tells a partition from a drive, and names the drive. */
static int look_at(const char *word, const char *path, struct error *error)
{
	AUTO_FOUND struct found_list found = { 0 };
	found.items = calloc(1, sizeof(*found.items));
	if (!found.items)
		return error_no_memory(error);
	found.count = 1;
	int r = copy_path(word, path, found.items[0].path, sizeof(found.items[0].path), error);
	if (r < 0)
		return r;
	r = scan_look_all(&found, SCAN_IDENTITY, scan_look_real, SCAN_LIMIT_MS, error);
	if (r < 0 || found.items[0].error.kind == ERROR_NONE)
		return r;
	if (error)
		*error = found.items[0].error;
	int errnum = found.items[0].error.errnum;
	return errnum > 0 ? -errnum : -EIO;
}

static int resolve_path(const char *word, char *ret_path, size_t size, struct error *error)
{
	AUTO_FREE char *path = realpath(word, NULL);
	if (!path)
		return error_unknown(word, strerror(errno), errno, error);
	struct stat status;
	if (stat(path, &status) < 0)
		return error_unknown(word, strerror(errno), errno, error);
	if (!S_ISBLK(status.st_mode))
		return error_no_drive(word, ENOTBLK, _("this is no block device"), error);
	int r = refuse_layer(word, status.st_rdev, error);
	if (r == 0)
		r = look_at(word, path, error);
	return r < 0 ? r : copy_path(word, path, ret_path, size, error);
}

/* -- words -- */

/* What a device may be known by; empty texts never match. */
static bool is_called(const struct drive_identity *identity, const char *word)
{
	return (identity->serial[0] && strcmp(identity->serial, word) == 0) ||
	       (identity->wwn[0] && strcasecmp(identity->wwn, word) == 0);
}

static bool is_recorded(const struct drive_identity *identity, const struct drive_list *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct drive_identity *known = &records->items[i].identity;
		if ((identity->serial[0] || identity->wwn[0]) &&
			strcmp(identity->serial, known->serial) == 0 &&
			strcmp(identity->wwn, known->wwn) == 0 &&
			strcmp(identity->model, known->model) == 0)
			return true;
	}
	return false;
}

static int error_ambiguous(const char *word, const struct found_drive *first,
	const struct found_drive *second, struct error *error)
{
	const char *const wwns[] = { first->identity.wwn, second->identity.wwn };
	char label_first[IDENTITY_LABEL_MAX];
	char label_second[IDENTITY_LABEL_MAX];
	identity_label(&first->identity, label_first);
	identity_label(&second->identity, label_second);
	int r = error_set(error, ERROR_USAGE, EEXIST, "target-ambiguous",
		_("\"%s\" may mean more than one drive: %.200s, %.200s"), word, label_first,
		label_second);
	if (strcmp(wwns[0], wwns[1]) == 0 &&
		strcmp(first->identity.serial, second->identity.serial) == 0)
		error_next(error,
			_("They give the same serial and WWN and cannot be told apart: take one "
			  "out, or one of its two paths away."));
	else if (wwns[0][0] && wwns[1][0])
		error_next(error, _("Name the one you mean by its WWN: %.80s is %s, %.80s is %s."),
			wwns[0], first->path, wwns[1], second->path);
	else
		error_next(error, _("Name the one you mean by its WWN or its /dev path."));
	return r;
}

/* drives_describe lets no two stand in one slot; where they do anyway, it names neither. */
static int error_two_in_slot(
	const char *word, const struct drive_list *records, struct error *error)
{
	char label_first[IDENTITY_LABEL_MAX];
	char label_second[IDENTITY_LABEL_MAX];
	identity_label(&records->items[0].identity, label_first);
	identity_label(&records->items[1].identity, label_second);
	int r = error_set(error, ERROR_USAGE, EEXIST, "target-ambiguous",
		_("\"%s\" may mean more than one drive: %.200s, %.200s"), word, label_first,
		label_second);
	error_next(error, _("Name the one you mean by its WWN or its /dev path."));
	return r;
}

static const char *why_unknown(const struct found_list *found, const struct drive_list *records)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].error.kind != ERROR_NONE)
			return _("nothing that could be read is called so, and some devices could "
				 "not "
				 "be read");
	return records->count > 0 ? _("it is in the inventory, but not attached now")
				  : _("nothing attached is called so");
}

static int choose(const char *word, const struct found_list *found,
	const struct drive_list *records, char *ret_path, size_t size, struct error *error)
{
	const struct found_drive *match = NULL;
	for (size_t i = 0; i < found->count; i++) {
		const struct found_drive *item = &found->items[i];
		if (!is_called(&item->identity, word) && !is_recorded(&item->identity, records))
			continue;
		if (match)
			return error_ambiguous(word, match, item, error);
		match = item;
	}
	if (!match) {
		int r = error_unknown(word, why_unknown(found, records), ENOENT, error);
		suggest_node(word, error);
		return r;
	}
	return copy_path(word, match->path, ret_path, size, error);
}

int scan_resolve(
	struct store *store, const char *word, char *ret_path, size_t size, struct error *error)
{
	AUTO_FOUND struct found_list found = { 0 };
	AUTO_DRIVES struct drive_list records = { 0 };
	if (word[0] == '/' || word[0] == '.')
		return resolve_path(word, ret_path, size, error);
	int r = store ? drives_find(store, word, &records, error) : 0;
	if (r < 0)
		return r;
	if (strchr(word, '/')) { /* a place, if anything is recorded there */
		if (records.count == 0)
			return resolve_path(word, ret_path, size, error);
		if (records.count > 1)
			return error_two_in_slot(word, &records, error);
	}
	r = scan_drives(SCAN_IDENTITY, &found, error);
	if (r < 0)
		return r;
	return choose(word, &found, &records, ret_path, size, error);
}
