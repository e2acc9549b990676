/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After a technique did not work: is another method of the policy's order to be tried? */
#ifndef HAIKI_WIPE_FALL_BACK_H
#define HAIKI_WIPE_FALL_BACK_H

#include "device/identity/identity.h"
#include "inventory/jobs/jobs.h"
#include "verify/plan/plan_document.h"

/* The technique a job came to grief over: the drive refused it, failed at it, never told how it ended,
 * or left markers that could not be shown to be erased. TECHNIQUE_NONE when it was proven, was
 * interrupted or refused, or failed in another way: then another method would meet the same. Pure. */
enum technique fall_back_cause(const struct plan *plan, const struct verdict *verdict);

/* The same of a job that is over, from the store. */
NODISCARD int fall_back_find(
	struct store *store, const char *job_id, enum technique *ret, struct error *error);

/* Does the next plan stay within what was shown and confirmed? Not where it takes other namespaces of an
 * NVMe drive along, and the one that was shown did not. paths NULL: the real ones. -EPERM
 * "reaches-further"; the errors of siblings_list. */
NODISCARD int fall_back_check_reach(const struct plan *shown, const struct plan *next,
	const struct drive_identity *identity, const struct system_paths *paths,
	struct error *error);

#endif
