/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From policy and drive to the plan. Pure: what is planned follows from what is given. */
#include "wipe/plan/plan.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What overwriting through the block layer reaches: every user-addressable location, on flash too,
 * but not what the drive keeps for itself. NIST SP 800-88 Rev. 2; IEEE 2883-2022 "clear". */
#define OVERWRITE_LEVEL LEVEL_CLEAR

struct decision {
	enum verification verification;
	const struct scheme *scheme;
};

/* The whole medium must be known and be within reach, in whole sectors. */
static int check_capacity(const struct drive_identity *identity,
	const struct native_capacity *native, const char *label, struct error *error)
{
	uint64_t reachable = identity->capacity_bytes;
	uint32_t sector = identity->logical_sector_bytes;

	if (reachable == 0 || sector == 0 || reachable % sector != 0)
		return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "capacity-not-whole",
			_("%s: its %llu bytes are not a whole number of sectors of %u bytes"),
			label, (unsigned long long)reachable, sector);
	if (native->sector_bytes != 0 && native->sector_bytes != sector)
		return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "sector-size-differs",
			_("%s says it has sectors of %u bytes, but the kernel addresses %u"), label,
			native->sector_bytes, sector);
	return 0;
}

static int check_native(const struct drive_identity *identity, const struct native_capacity *native,
	const char *label, struct error *error)
{
	uint64_t reachable = identity->capacity_bytes;

	if (native->source == NATIVE_UNKNOWN || native->native_bytes == 0) {
		(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "capacity-unknown",
			_("%s does not tell its native capacity: nobody could say whether all of "
			  "it "
			  "was overwritten"),
			label);
		(void)error_next(error,
			_("Connect the drive to a controller that passes commands through."));
		return -ENOTSUP;
	}
	if (native->native_bytes > reachable) {
		(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "capacity-hidden",
			_("%s hides %llu of its %llu bytes (host protected area or lowered "
			  "maximum)"),
			label, (unsigned long long)(native->native_bytes - reachable),
			(unsigned long long)native->native_bytes);
		(void)error_next(error,
			_("Unlock the hidden bytes first, with the drive's own maximum restored."));
		return -ENOTSUP;
	}
	if (native->native_bytes < reachable)
		return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "capacity-contradiction",
			_("%s says it has %llu bytes, but the kernel addresses %llu"), label,
			(unsigned long long)native->native_bytes, (unsigned long long)reachable);
	return 0;
}

/* A larger level of rule and request is due; it is reached or refused. */
static int check_level(enum level due, const char *label, struct error *error)
{
	if (due <= OVERWRITE_LEVEL)
		return 0;
	(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "level-not-reachable",
		_("%s: the level %s is due, and overwriting reaches %s; the level is not lowered"),
		label, level_name(due), level_name(OVERWRITE_LEVEL));
	(void)error_next(error,
		_("Use a method that reaches %s, or hand the drive over to be destroyed."),
		level_name(due));
	return -ENOTSUP;
}

static int decide_verification(enum verification asked, enum verification due, const char *label,
	struct decision *ret, struct error *error)
{
	if (asked == VERIFICATION_NONE)
		asked = due;
	if (asked < due) {
		(void)error_set(error, ERROR_REFUSED, EPERM, "verification-weaker",
			_("%s: the policy asks for the verification %s; %s is weaker"), label,
			verification_name(due), verification_name(asked));
		(void)error_next(error, _("Ask for %s, or leave the choice to the policy."),
			verification_name(due));
		return -EPERM;
	}
	ret->verification = asked;
	return 0;
}

static int decide_scheme(
	const struct policy *policy, const char *name, struct decision *ret, struct error *error)
{
	ret->scheme = policy_scheme(policy, name);
	if (ret->scheme)
		return 0;
	(void)error_set(error, ERROR_USAGE, EINVAL, "scheme-unknown",
		_("There is no overwrite scheme named \"%s\""), name);
	(void)error_next(error, _("Choose a shipped scheme or define it in the policy file."));
	return -EINVAL;
}

static int decide(const struct policy *policy, const struct drive_identity *identity,
	const struct plan_request *request, const char *label, struct decision *ret,
	struct error *error)
{
	const struct policy_rule *rule =
		policy_rule_for(policy, request->zone, identity->media, request->confidentiality);

	if (!rule) {
		(void)error_set(error, ERROR_REFUSED, ENOENT, "policy-no-rule",
			_("%s: policy %s has no rule for zone \"%s\", media \"%s\", "
			  "confidentiality "
			  "\"%s\""),
			label, policy->name, request->zone, media_name(identity->media),
			request->confidentiality);
		(void)error_next(error, _("Name zone and confidentiality, or add a rule."));
		return -ENOENT;
	}
	int result = check_level(MAX(rule->level, request->level), label, error);
	if (result == 0)
		result = decide_verification(
			request->verification, rule->verification, label, ret, error);
	if (result == 0)
		result = decide_scheme(
			policy, request->scheme[0] ? request->scheme : rule->scheme, ret, error);
	return result;
}

static struct plan_step *add_step(struct plan *plan, enum step_method method, unsigned of_step)
{
	struct plan_step *step = &plan->steps[plan->step_count++];

	step->method = method;
	step->of_step = of_step;
	return step;
}

/* Every pass may be read back, and the scan follows: the longest scheme must fit. */
_Static_assert(2 * SCHEME_PASSES_MAX + 1 <= PLAN_STEPS_MAX, "a scheme may not fit into a plan");

static void add_steps(struct plan *plan, const struct decision *decision)
{
	const struct scheme *scheme = decision->scheme;
	unsigned last = 0;

	for (size_t i = 0; i < scheme->pass_count; i++) {
		const struct scheme_pass *pass = &scheme->passes[i];
		bool is_last = i + 1 == scheme->pass_count;
		add_step(plan, STEP_OVERWRITE, 0)->pattern = pass->pattern;
		last = (unsigned)plan->step_count;
		if (pass->read_back)
			add_step(plan, STEP_READ_BACK, last)->coverage = VERIFICATION_FULL;
		else if (is_last)
			add_step(plan, STEP_READ_BACK, last)->coverage = decision->verification;
	}
	(void)add_step(plan, STEP_RESIDUE_SCAN, last);
}

int plan_make(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct plan_request *request, struct plan *ret,
	struct error *error)
{
	struct plan plan = { .level = OVERWRITE_LEVEL,
		.capacity_bytes = identity->capacity_bytes,
		.sector_bytes = identity->logical_sector_bytes };
	struct decision decision = { 0 };
	char label[IDENTITY_LABEL_MAX];

	identity_label(identity, label);
	int result = identity_check_addressable(identity, error);
	if (result == 0)
		result = check_capacity(identity, native, label, error);
	if (result == 0)
		result = check_native(identity, native, label, error);
	if (result == 0)
		result = decide(policy, identity, request, label, &decision, error);
	if (result != 0 || !decision.scheme)
		return result < 0 ? result : -EINVAL;
	(void)snprintf(plan.scheme, sizeof(plan.scheme), "%s", decision.scheme->name);
	(void)snprintf(
		plan.scheme_origin, sizeof(plan.scheme_origin), "%s", decision.scheme->origin);
	add_steps(&plan, &decision);
	*ret = plan;
	return 0;
}

/* Sealing ---------------------------------------------------------------------------------- */

static int seal_step(struct plan_step *step)
{
	if (step->method == STEP_OVERWRITE && step->pattern.kind == STREAM_RANDOM) {
		int result = random_bytes(step->pattern.key, sizeof(step->pattern.key));
		if (result < 0)
			return result;
		/* All zero is how an unsealed pattern looks. */
		return pattern_is_sealed(&step->pattern) ? 0 : -EIO;
	}
	if (step->method == STEP_READ_BACK && step->coverage == VERIFICATION_SAMPLE)
		return random_bytes(step->seed, sizeof(step->seed));
	return 0;
}

int plan_seal(struct plan *plan, struct error *error)
{
	struct plan sealed = *plan;

	for (size_t i = 0; i < sealed.step_count; i++) {
		if (seal_step(&sealed.steps[i]) < 0) {
			(void)error_set(error, ERROR_FAILED, EIO, "no-random-bytes",
				_("There are no random bytes to be had for the plan's keys"));
			(void)error_next(
				error, _("Nothing was touched. Try again; if it stays, check the "
					 "system's OpenSSL."));
			return -EIO;
		}
	}
	*plan = sealed;
	return 0;
}
