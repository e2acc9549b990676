/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of one VM's deletion, step by step, each recorded before the next begins, so that it is gone on with after a
 * crash anywhere: identity, hold, survey, power off, snapshots, erase, delete, look until gone. Which step is next follows
 * from the facts. Before every step that destroys, identity, hold, contract and clock are asked again. */
#ifndef HAIKI_WIPE_TENANT_COURSE_H
#define HAIKI_WIPE_TENANT_COURSE_H

#include "inventory/tenants/deletions.h"
#include "inventory/tenants/vms.h"
#include "wipe/tenant/decide.h"

/* The next thing to do; pure, from the facts. */
enum course_step {
	COURSE_UNKNOWN, /* facts that cannot be understood: nothing is done */
	COURSE_IDENTIFY,
	COURSE_SURVEY,
	COURSE_POWER_OFF,
	COURSE_SNAPSHOTS,
	COURSE_ERASE, /* the disks that have no fact yet */
	COURSE_DELETE,
	COURSE_LOOK,
	COURSE_GONE, /* nothing is left to do */
};
const char *course_step_name(enum course_step step);
enum course_step course_next(const json_t *facts);

struct course {
	struct store *store;         /* borrowed; this thread's */
	const struct config *config; /* borrowed */
	const struct platform_kind
		*kind;             /* of platform; NULL with platform: it is absent everywhere */
	struct platform *platform; /* borrowed; this thread's */
	const char *platform_name;
	const struct platform_pace *pace;
	struct vm_record vm;
	struct deletion_record deletion;
	int64_t look_until_ms; /* monotonic: how long to go on asking; then it stays as it is till the next run */
	int64_t (*now)(void); /* utc ms; tests */
};

/* Go on until it is gone, is refused, fails, or is to stop. *ret: the last step that was not done; COURSE_GONE: done.
 * Returns 0 for all of these, with what stopped it in *error; -errno when the store failed. */
NODISCARD int course_run(struct course *course, enum course_step *ret, struct error *error);

#endif
