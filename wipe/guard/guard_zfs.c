/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of ZFS pools: ZFS keeps no holders, so while its module is loaded a member counts as in
 * use. */
#include "wipe/guard/guard_checks.h"

#include "base/text.h"
#include "device/probe/probe.h"
#include <errno.h>
#include <string.h>

static bool zfs_is_loaded(const struct guard_context *context, struct guard_finding *ret)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/module", context->paths.sys);
	if (result == 0 && access(path, F_OK) < 0)
		result = -errno;
	if (result == 0)
		result = guard_path(path, "%s/module/zfs", context->paths.sys);
	if (result < 0) {
		finding_not_made(
			ret, _("the list of kernel modules cannot be read: %s"), strerror(-result));
		return false;
	}
	if (access(path, F_OK) == 0)
		return true;
	if (errno != ENOENT)
		finding_not_made(
			ret, _("the list of kernel modules cannot be read: %s"), strerror(errno));
	return false;
}

void check_zfs(const struct guard_context *context, struct guard_finding *ret)
{
	AUTO_SIGNATURES struct signature_list list = { 0 };
	struct error error = { 0 };

	if (!zfs_is_loaded(context, ret)) {
		finding_pass(ret);
		return;
	}
	if (probe_signatures(context->subject->drive->fd, PROBE_PATIENT_MS, &list, &error) < 0) {
		finding_not_made(
			ret, _("it cannot be seen whether a ZFS pool lies on it: %s"), error.what);
		return;
	}
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.items[i].type, "zfs_member") == 0)
			finding_refuse(ret,
				_("member of the ZFS pool \"%s\" (%s), and ZFS is loaded"),
				list.items[i].label, list.items[i].uuid);
	if (list.truncated)
		finding_not_made(ret, _("it carries more signatures than can be looked through"));
	finding_pass(ret);
}
