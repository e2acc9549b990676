/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From policy and drive to the plan: a pure function. */
#ifndef HAIKI_WIPE_PLAN_PLAN_H
#define HAIKI_WIPE_PLAN_PLAN_H

#include "device/command/capacity.h"
#include "wipe/plan/policy.h"

/* What the operator asked for beyond the policy; "" and NONE mean: as the policy says. */
struct plan_request {
	char zone[64];
	char confidentiality[64];
	enum level level; /* asked for; never lowered silently */
	char scheme[64];
	enum verification verification; /* may be stronger than the policy's, never weaker */
};

/* Make the plan, without keys. Errors, nothing was touched:
 *   -ENOTSUP "level-not-reachable": the level asked for or due needs a method this drive or this
 *            program does not offer (overwriting gives clear); it is never lowered;
 *   -ENOTSUP from identity_check_addressable;
 *   -ENOENT  "policy-no-rule"; -EINVAL "scheme-unknown"; -EPERM "verification-weaker". */
NODISCARD int plan_make(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct plan_request *request, struct plan *ret,
	struct error *error);

/* Give every random pattern its key and every sample its seed. -EIO when no random bytes are to be
 * had; then the plan must not run. */
NODISCARD int plan_seal(struct plan *plan, struct error *error);

#endif
