/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Physical volumes of LVM2. An inactive one has no holder, yet its volume group may be in use by
 * volumes on other drives: so the group's id is read from the metadata and looked for among the
 * active volumes. It is read here and not in the prober's child: the id must come from the very fd
 * that is claimed, past the page cache, and takes neither a library nor memory of its own. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include "device/probe/lvm_metadata.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The active volumes ------------------------------------------------------------------------ */

struct active {
	const struct guard_context *context;
	bool any;           /* some volume of LVM is active on this machine */
	const char *wanted; /* a group's id; NULL: only any is asked */
	char volume[192];   /* an active volume of that group, "" */
};

static int visit_dm(struct active *active, const char *name)
{
	char path[PATH_MAX], uuid[160];

	int result = guard_path(path, "%s/block/%s/dm/uuid", active->context->paths.sys, name);
	if (result == 0)
		result = file_read_line(path, uuid, sizeof(uuid));
	/* Removed meanwhile. */
	if (result == -ENOENT || result == -ENODEV)
		return 0;
	if (result < 0 || strncmp(uuid, "LVM-", 4) != 0)
		return result;
	active->any = true;
	if (!active->wanted || strncmp(uuid + 4, active->wanted, LVM_ID_CHARACTERS) != 0)
		return 0;
	result = guard_path(path, "%s/block/%s/dm/name", active->context->paths.sys, name);
	if (result < 0 || file_read_line(path, active->volume, sizeof(active->volume)) < 0 ||
		!active->volume[0])
		(void)snprintf(active->volume, sizeof(active->volume), "%.64s", name);
	return 0;
}

static int find_active(struct active *active)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/block", active->context->paths.sys);
	if (result < 0)
		return result;
	DIR *folder = opendir(path);
	if (!folder)
		return -errno;
	while (result == 0) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (strncmp(entry->d_name, "dm-", 3) == 0)
			result = visit_dm(active, entry->d_name);
	}
	(void)closedir(folder);
	return result;
}

/* The check --------------------------------------------------------------------------------- */

static void check_area(const struct guard_context *context, const struct family_member *member,
	struct guard_finding *ret)
{
	const struct device_area area = {
		.fd = context->subject->drive->fd,
		.start_bytes = member->start_bytes,
		.length_bytes = AREA_UNBOUNDED,
	};
	struct active active = { .context = context };
	char id[LVM_ID_CHARACTERS + 1] = "";

	int result = area.fd < 0 ? -EBADF : lvm_group_id(&area, id);
	if (result == 0)
		return;
	if (result < 0) {
		finding_not_made(ret,
			_("%s: it cannot be read to which LVM volume group it belongs, and volumes "
			  "of LVM are active: %s"),
			member->title, strerror(-result));
		return;
	}
	active.wanted = id;
	result = find_active(&active);
	if (result < 0)
		finding_not_made(
			ret, _("the active volumes cannot be listed: %s"), strerror(-result));
	else if (active.volume[0])
		finding_refuse(ret,
			_("%s belongs to the LVM volume group %s, whose volume %s is active"),
			member->title, id, active.volume);
}

void check_lvm(const struct guard_context *context, struct guard_finding *ret)
{
	struct active active = { .context = context };

	if (!finding_needs_family(context, ret))
		return;
	int result = find_active(&active);
	if (result < 0) {
		finding_not_made(
			ret, _("the active volumes cannot be listed: %s"), strerror(-result));
		return;
	}
	/* Without an active volume no group is in use, whatever the drive says. */
	if (!active.any) {
		finding_pass(ret);
		return;
	}
	for (size_t i = 0; i < context->family_count; i++) {
		const struct family_member *member = &context->family[i];
		if (member->kind == FAMILY_DRIVE || member->is_part_of_drive)
			check_area(context, member, ret);
	}
	finding_pass(ret);
}
