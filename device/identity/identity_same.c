/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a drive is: compared with another reading, named for people, and judged for whether we can address it.
 * Pure: nothing is asked of a device. */
#include "device/identity/identity.h"
#include "base/text.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool texts_same(const char *field, const char *a, const char *b, char *why, size_t size)
{
	if (strcmp(a, b) == 0)
		return true;
	if (why && size > 0) {
		(void)snprintf(why, size, _("%s was \"%s\" and is \"%s\""), field, a, b);
		utf8_clean(why, true);
	}
	return false;
}

bool identity_same(
	const struct drive_identity *a, const struct drive_identity *b, char *why, size_t size)
{
	if (why && size > 0)
		why[0] = '\0';
	if (!texts_same(_("the WWN"), a->wwn, b->wwn, why, size) ||
		!texts_same(_("the serial number"), a->serial, b->serial, why, size) ||
		!texts_same(_("the model"), a->model, b->model, why, size))
		return false;
	if (a->capacity_bytes != b->capacity_bytes) {
		if (why && size > 0) {
			(void)snprintf(why, size, _("the capacity was %llu bytes and is %llu"),
				(unsigned long long)a->capacity_bytes,
				(unsigned long long)b->capacity_bytes);
			utf8_clean(why, true);
		}
		return false;
	}
	if (a->wwn[0] == '\0' && a->serial[0] == '\0') {
		if (why && size > 0) {
			(void)snprintf(why, size, "%s",
				_("neither has a serial number or a WWN to know it by"));
			utf8_clean(why, true);
		}
		return false;
	}
	return true;
}

void identity_label(const struct drive_identity *identity, char ret[static IDENTITY_LABEL_MAX])
{
	const char *model = identity->model[0]    ? identity->model
			    : identity->vendor[0] ? identity->vendor
						  : _("drive");
	const char *serial = identity->serial[0] ? identity->serial : identity->wwn;
	if (serial[0])
		(void)snprintf(ret, IDENTITY_LABEL_MAX, _("%s (serial %s, /dev/%s)"), model, serial,
			identity->name);
	else
		(void)snprintf(ret, IDENTITY_LABEL_MAX, _("%s (no serial number, /dev/%s)"), model,
			identity->name);
	utf8_clean(ret, true);
}

/* 520 = 512 + 8 and so on: sectors with room for a storage array's own checksums. */
static bool is_array_format(uint32_t sector)
{
	static const uint32_t sizes[] = { 520, 524, 528, 4104, 4112, 4160, 4224 };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sector == sizes[i])
			return true;
	}
	return false;
}

static int check_sector(
	const struct drive_identity *identity, const char *label, struct error *error)
{
	uint32_t sector = identity->logical_sector_bytes;
	if (sector == 512 || sector == 1024 || sector == 2048 || sector == 4096)
		return 0;
	if (!is_array_format(sector)) {
		int result = error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "sector-size",
			_("%s has sectors of %u bytes, a size haiki cannot address."), label,
			sector);
		(void)error_next(error,
			_("Reformat it to 512- or 4096-byte sectors, or have it destroyed."));
		return result;
	}
	unsigned usual = sector < 4096 ? 512 : 4096;
	int result = error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "sector-size",
		_("%s has %u-byte sectors (a storage array's format), which the kernel cannot "
		  "address."),
		label, sector);
	(void)error_next(error,
		_("Reformat it to %u-byte sectors (sg_format --format --size=%u; takes hours and "
		  "does not "
		  "count as erasing), then sanitize it."),
		usual, usual);
	return result;
}

/* One refusal, in the words of the caller's table line. */
static int refuse(struct error *error, const char *code, const char *what, const char *label,
	const char *next)
{
	int result = error_set(error, ERROR_UNSUPPORTED, ENOTSUP, code, "%s: %s", label, what);
	(void)error_next(error, "%s", next);
	return result;
}

int identity_check_sectors(const struct drive_identity *identity, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(identity, label);
	int refused = check_sector(identity, label, error);
	if (refused)
		return refused;
	if (identity->capacity_bytes == 0)
		return refuse(error, "no-capacity",
			_("it has no capacity; it is empty, not ready, or defective."), label,
			_("Check cables and medium; a defective drive is to be destroyed."));
	if (identity->capacity_bytes % identity->logical_sector_bytes != 0)
		return refuse(error, "capacity-not-whole",
			_("its capacity is no whole number of sectors, so its end cannot be "
			  "reached."),
			label, _("Attach it in a way that shows whole sectors."));
	if (identity->serial[0] == '\0' && identity->wwn[0] == '\0')
		return refuse(error, "no-identity",
			_("it tells neither a serial number nor a WWN, so nobody could say later "
			  "which "
			  "drive was sanitized."),
			label, _("Attach it to a controller that passes its serial number on."));
	return 0;
}

int identity_check_addressable(const struct drive_identity *identity, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	int refused = identity_check_sectors(identity, error);
	if (refused || identity->zoned != ZONED_HOST_MANAGED)
		return refused;
	identity_label(identity, label);
	return refuse(error, "zoned",
		_("it is host-managed zoned and cannot be overwritten in any order."), label,
		_("Use the drive's own sanitize command, or have it destroyed."));
}
