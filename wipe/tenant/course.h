/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of one VM's deletion, step by step, each recorded before the next begins, so that it is gone on with after a
 * crash anywhere: identity, hold, survey, power off, snapshots, erase, delete, look until gone. Which step is next follows
 * from the facts. Before every step that destroys, identity, hold, contract and clock are asked again. */
#ifndef HAIKI_WIPE_TENANT_COURSE_H
#define HAIKI_WIPE_TENANT_COURSE_H

#include "inventory/tenants/deletions.h"
#include "inventory/tenants/vms.h"
#include "wipe/tenant/clock_check.h"
#include "wipe/tenant/decide.h"

/* The next thing to do; pure, from the facts. */
enum course_step {
	COURSE_UNKNOWN, /* facts that cannot be understood: nothing is done */
	COURSE_IDENTIFY,
	COURSE_SURVEY,
	COURSE_POWER_OFF,
	COURSE_SNAPSHOTS,
	COURSE_ERASE, /* the disks of the last survey that have a place without a fact, with one that failed, or erased before
		       * a power-off */
	COURSE_DELETE, /* also when the last look found the hypervisor to have it still */
	COURSE_LOOK,
	COURSE_GONE, /* nothing is left to do */
};
const char *course_step_name(
	enum course_step step); /* "unknown", "identity", "survey", "power-off" … "gone" */
enum course_step course_step_next(const json_t *facts);

/* A platform that is asked; all borrowed. */
struct course_platform {
	const char *name;
	const struct platform_kind *kind;
	struct platform *platform; /* this thread's */
};

struct course {
	struct store *store;         /* borrowed; this thread's */
	const struct config *config; /* borrowed */
	/* Where it is; or, when everywhere is set, all that are configured, and none of them had it when it was looked
	 * for: then no VM is destroyed, though one may have it by now; what our deletion of it left is taken away. Borrowed. */
	const struct course_platform *platforms;
	size_t platform_count;
	bool everywhere;
	const struct platform_pace *pace;
	struct vm_record vm;
	struct deletion_record deletion; /* id 0: not begun */
	uint64_t
		look_timeout_ms; /* how long to go on asking; then it stays as it is till the next run */
	/* The clock, judged anew; *ret is read right then. Anything but CLOCK_GOOD stops. */
	enum clock_verdict (*clock)(void *context, struct clock_reading *ret);
	void *context;

	enum decision
		decision; /* set by course_run: what was decided last; DECIDE_UNKNOWN: nothing */
};

/* Go on until it is gone, is refused, fails, or is to stop. *ret: the last step that was not done; COURSE_GONE: done, and
 * the inventory says so. Returns 0 for all of these, with what stopped it in *error (ERROR_REFUSED, _WAITING, _FAILED,
 * _INTERRUPTED); -errno when the store failed. What was refused or failed is recorded once, until it changes. */
NODISCARD int course_run(struct course *course, enum course_step *ret, struct error *error);

#endif
