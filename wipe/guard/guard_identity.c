/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is the open drive the one that was named, and could that name mean another one that is here? The
 * others are not opened: one of them may not answer. */
#include "wipe/guard/guard_checks.h"

#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The fd is what will be written; everything else is looked up by the identity's number. */
static void check_named(const struct guard_subject *subject, struct guard_finding *ret)
{
	const struct drive_identity *identity = &subject->drive->identity;
	const char *expected = subject->expected_serial;
	struct stat status;

	if (fstat(subject->drive->fd, &status) == 0 && S_ISBLK(status.st_mode) &&
		status.st_rdev != identity->devnum)
		finding_refuse(ret, _("the open device is not the one that was identified"));
	if (!identity->serial[0] && !identity->wwn[0])
		finding_refuse(ret, _("the drive tells neither a serial number nor a WWN"));
	if (!expected || !expected[0]) {
		if (subject->require_serial)
			finding_refuse(ret, _("no serial number was named for it"));
	} else if (strcmp(expected, identity->serial) != 0 &&
		   strcmp(expected, identity->wwn) != 0) {
		finding_refuse(ret, _("\"%s\" was named, but the drive's serial number is \"%s\""),
			expected, identity->serial[0] ? identity->serial : identity->wwn);
	}
	if (subject->expected_wwn && subject->expected_wwn[0] &&
		strcmp(subject->expected_wwn, identity->wwn) != 0)
		finding_refuse(ret, _("its WWN was \"%s\", and is \"%s\""), subject->expected_wwn,
			identity->wwn);
}

/* What is to be said when all else is well: the serial alone names two. */
struct lookalike {
	bool found;
	char name[64];
};

static void compare_serial(const struct guard_context *context, const struct drive_identity *other,
	struct lookalike *lookalike, struct guard_finding *ret)
{
	const struct drive_identity *identity = &context->subject->drive->identity;
	const char *expected = context->subject->expected_serial;
	const char *wwn = context->subject->expected_wwn;
	/* With its WWN beside it, checked before, the serial need not be its own. */
	bool by_serial = expected && strcmp(expected, identity->serial) == 0 && !(wwn && wwn[0]);

	/* Also where none was named yet: nothing that could be would do. */
	if (!identity->wwn[0])
		finding_refuse(ret,
			_("the serial number \"%s\" is also that of %s, and it has no WWN to name "
			  "it by"),
			identity->serial, other->name);
	else if (by_serial)
		finding_refuse(ret,
			_("the serial number \"%s\" is also that of %s; only its WWN, %s, names "
			  "it"),
			identity->serial, other->name, identity->wwn);
	lookalike->found = true;
	(void)snprintf(lookalike->name, sizeof(lookalike->name), "%s", other->name);
}

static void compare(const struct guard_context *context, const struct drive_identity *other,
	struct lookalike *lookalike, struct guard_finding *ret)
{
	const struct drive_identity *identity = &context->subject->drive->identity;
	const struct family_member *relative = family_find(context, other->devnum);

	/* The same medium by another path is told, and refused, by the check "paths". */
	if (relative && relative->kind == FAMILY_OTHER_PATH)
		return;
	if (!identity->serial[0] && !identity->wwn[0])
		return;
	bool same_serial = strcmp(identity->serial, other->serial) == 0;
	if (same_serial && strcmp(identity->wwn, other->wwn) == 0)
		finding_refuse(ret,
			_("%s and %s give the same serial number and WWN: they cannot be told "
			  "apart"),
			identity->name, other->name);
	else if (same_serial && identity->serial[0])
		compare_serial(context, other, lookalike, ret);
}

static void check_others(
	const struct guard_context *context, struct lookalike *lookalike, struct guard_finding *ret)
{
	char path[PATH_MAX];
	const struct dirent *entry;

	DIR *folder = guard_path(path, "%s/block", context->paths.sys) == 0 ? opendir(path) : NULL;
	if (!folder) {
		finding_not_made(ret, _("the other drives of this machine cannot be listed"));
		return;
	}
	for (errno = 0; (entry = readdir(folder)); errno = 0) {
		struct drive_identity other;
		dev_t number = 0;
		if (entry->d_name[0] == '.')
			continue;
		int result = guard_number_of(context, entry->d_name, &number);
		if (result == 0 && number == context->subject->drive->identity.devnum)
			continue;
		if (result == 0)
			result = identity_peek(number, &context->paths, &other);
		if (result == 0)
			compare(context, &other, lookalike, ret);
		else if (result != -ENOENT && result != -ENODEV) /* it may have left meanwhile */
			finding_not_made(
				ret, _("it cannot be told what %s is called"), entry->d_name);
	}
	if (errno)
		finding_not_made(ret, _("the other drives of this machine cannot be listed"));
	(void)closedir(folder);
}

const char *guard_name_of(const struct guard_report *report, const struct drive_identity *identity)
{
	bool is_shared = false;

	for (size_t i = 0; i < report->count; i++)
		is_shared |= report->findings[i].shares_serial;
	if (!identity->serial[0] || (is_shared && identity->wwn[0]))
		return identity->wwn;
	return identity->serial;
}

void check_identity(const struct guard_context *context, struct guard_finding *ret)
{
	const struct drive_identity *identity = &context->subject->drive->identity;
	struct lookalike lookalike = { 0 };

	check_named(context->subject, ret);
	check_others(context, &lookalike, ret);
	ret->shares_serial = lookalike.found;
	if (lookalike.found)
		finding_pass_with(ret, _("%s has the same serial number; name it by its WWN, %s"),
			lookalike.name, identity->wwn);
	finding_pass(ret);
}
