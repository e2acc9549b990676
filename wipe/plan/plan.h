/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From policy and drive to the plan: every method of the policy's order is weighed, and the first
 * that reaches the level due is taken. A pure function. */
#ifndef HAIKI_WIPE_PLAN_PLAN_H
#define HAIKI_WIPE_PLAN_PLAN_H

#include "device/command/capacity.h"
#include "wipe/erase/erase.h"
#include "wipe/plan/policy.h"

/* What the operator asked for beyond the policy; "" and NONE mean: as the policy says. */
struct plan_request {
	char zone[64];
	char confidentiality[64];
	enum level level; /* asked for; never lowered silently */
	char scheme[64];
	enum verification verification; /* may be stronger than the policy's, never weaker */
	char method[128];               /* this combination of the policy's order and no other */
	bool has_psid, has_password;    /* a credential is at hand (never what it is) */
	bool failed_before[TECHNIQUES]; /* what this drive refused or failed in an earlier job */
};

/* What is planned for. All borrowed. */
struct plan_subject {
	const struct drive_identity *identity;
	const struct native_capacity *native;
	const struct abilities *abilities;
	/* erase_method_for; tests have methods of their own. */
	const struct erase_method *(*method_for)(enum technique technique);
};

/* Make the plan, without keys. On an error *ret has no steps, and the candidates as far as they were
 * weighed. Errors, nothing was touched:
 *   -ENOTSUP "level-not-reachable": no method of the policy's order reaches the level asked for or
 *            due on this drive; it is never lowered. Why each does not stands in the candidates;
 *   -ENOTSUP from identity_check_addressable, where a method would do but for that;
 *   -ENOTSUP "capacity-…": what the plan has to cover is not known or not within reach;
 *   -ENOENT  "policy-no-rule"; -EINVAL "scheme-unknown"; -EPERM "verification-weaker",
 *            "method-not-in-policy". */
NODISCARD int plan_make(const struct policy *policy, const struct plan_subject *subject,
	const struct plan_request *request, struct plan *ret, struct error *error);

/* Give every random pattern its key, every sample and every set of markers its seed, every pattern a
 * drive writes by itself its four bytes, and every drive that takes one its password. -EIO when no
 * random bytes are to be had; then the plan must not run. */
NODISCARD int plan_seal(struct plan *plan, struct error *error);

/* Why a candidate is chosen or not (plan_candidate.why), for people, translated; the word itself when
 * it is not known. */
const char *plan_why_text(const char *why);
/* What a person can do about it; "" when nothing. */
const char *plan_why_help(const char *why);

#endif
