/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a night's run share. Within this folder. */
#ifndef HAIKI_WIPE_TENANT_EXPIRED_PARTS_H
#define HAIKI_WIPE_TENANT_EXPIRED_PARTS_H

#include "wipe/tenant/expired.h"

/* Reasons of approvals. */
#define EXPIRED_SHARE "share"
#define EXPIRED_GAP "clock-gap"

/* CLOCK_BOOTTIME. */
void expired_boottime(int64_t *ret_ms);

/* The courses of all VMs of the plan that run, several at once; what became of each is put into it. 0, or -errno when the
 * store failed: then the rest was not begun. */
NODISCARD int expired_courses(const struct config *config, const struct expired_options *options,
	struct expired_plan *plan, struct expired_result *result, struct error *error);

/* Notices before the due day, of all contracts that keep VMs. */
NODISCARD int expired_tell_before(struct store *store, const struct config *config,
	const struct expired_plan *plan, struct expired_result *result, struct error *error);

#endif
