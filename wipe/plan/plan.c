/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From policy and drive to the plan. Pure: what is planned follows from what is given. */
#include "wipe/plan/plan_parts.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* Can what is hidden be lifted? Only where the drive told of every way of hiding it has, and of as
 * much as it has in all. */
static bool can_lift(const struct plan_subject *subject)
{
	const struct ata_abilities *ata = &subject->abilities->ata;
	uint64_t most = MAX(MAX(ata->hpa_sectors, ata->amac_sectors), ata->dco_sectors);

	return subject->identity->transport == TRANSPORT_ATA && ata->known && ata->hidden_known &&
	       most > ata->sectors && subject->native->source == NATIVE_ATA_MAX &&
	       subject->native->native_bytes / subject->identity->logical_sector_bytes == most &&
	       subject->native->native_bytes % subject->identity->logical_sector_bytes == 0;
}

static int check_native(
	const struct plan_subject *subject, const char *label, bool *ret_lift, struct error *error)
{
	const struct native_capacity *native = subject->native;
	uint64_t reachable = subject->identity->capacity_bytes;

	*ret_lift = false;

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
	if (native->native_bytes > reachable && can_lift(subject)) {
		*ret_lift = true;
		return 0;
	}
	if (native->native_bytes > reachable) {
		(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "capacity-hidden",
			_("%s hides %llu of its %llu bytes (host protected area or lowered "
			  "maximum)"),
			label, (unsigned long long)(native->native_bytes - reachable),
			(unsigned long long)native->native_bytes);
		(void)error_next(error,
			_("Connect the drive to a controller that passes commands through, so that "
			  "its own maximum can be restored."));
		return -ENOTSUP;
	}
	if (native->native_bytes < reachable)
		return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "capacity-contradiction",
			_("%s says it has %llu bytes, but the kernel addresses %llu"), label,
			(unsigned long long)native->native_bytes, (unsigned long long)reachable);
	return 0;
}

/* What is due ------------------------------------------------------------------------------ */

static int decide_verification(const struct plan_request *request, const struct policy_rule *rule,
	const char *label, struct plan_due *ret, struct error *error)
{
	enum verification due = policy_verification(rule, ret->level);
	enum verification asked = request->verification;

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
	ret->coverage = MAX(rule->verification, asked);
	return 0;
}

static int decide_scheme(
	const struct policy *policy, const char *name, struct plan_due *ret, struct error *error)
{
	ret->scheme = policy_scheme(policy, name);
	if (ret->scheme)
		return 0;
	(void)error_set(error, ERROR_USAGE, EINVAL, "scheme-unknown",
		_("There is no overwrite scheme named \"%s\""), name);
	(void)error_next(error, _("Choose a shipped scheme or define it in the policy file."));
	return -EINVAL;
}

/* The operator chooses among what the policy allows. */
static int decide_method(const struct policy *policy, const struct plan_request *request,
	const char *label, const struct plan_due *due, struct error *error)
{
	if (!request->method[0] || combination_find(due->methods, request->method))
		return 0;
	(void)error_set(error, ERROR_REFUSED, EPERM, "method-not-in-policy",
		_("%s: \"%s\" does not stand in the order of policy %s for the level %s"), label,
		request->method, policy->name, level_name(due->level));
	if (due->level < LEVEL_PURGE && combination_find(&policy->purge_methods, request->method))
		(void)error_next(error, _("It stands in the order for purge: ask for it with "
					  "--level purge."));
	else
		(void)error_next(error, _("See the orders: haiki verify policy"));
	return -EPERM;
}

static int decide(const struct policy *policy, const struct drive_identity *identity,
	const struct plan_request *request, const char *label, struct plan_due *ret,
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
	ret->level = MAX(rule->level, request->level);
	ret->methods = policy_methods(policy, rule, ret->level);
	ret->deallocated_accepted = rule->deallocated_accepted;
	int result = decide_verification(request, rule, label, ret, error);
	if (result == 0)
		result = decide_scheme(
			policy, request->scheme[0] ? request->scheme : rule->scheme, ret, error);
	return result < 0 ? result : decide_method(policy, request, label, ret, error);
}

/* Candidates ------------------------------------------------------------------------------- */

/* Weigh all, in order; the first that does is chosen. NULL: none. */
static const struct combination *choose(const struct plan_weighing *weighing, struct plan *plan)
{
	const struct combination_list *methods = weighing->due.methods;
	const struct combination *chosen = NULL;

	for (size_t i = 0; i < methods->count; i++) {
		struct plan_candidate *candidate = &plan->candidates[plan->candidate_count++];
		plan_weigh(weighing, &methods->items[i], candidate);
		if (candidate->why[0])
			continue;
		candidate->chosen = !chosen;
		(void)snprintf(candidate->why, sizeof(candidate->why), "%s",
			chosen ? "not-needed" : "chosen");
		if (!chosen)
			chosen = &methods->items[i];
	}
	return chosen;
}

/* The first thing that a person could do something about. */
static const char *find_help(const struct plan *plan)
{
	for (size_t i = 0; i < plan->candidate_count; i++) {
		const char *help = plan_why_help(plan->candidates[i].why);
		if (help[0])
			return help;
	}
	return "";
}

/* It is reached or refused, never lowered. Why each method does not do stands in the candidates. */
static int refuse_all(const struct plan_weighing *weighing, const struct plan *plan,
	const char *label, struct error *error)
{
	enum level due = weighing->due.level;

	(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "level-not-reachable",
		_("%s: the level %s is due, no method of policy %s reaches it on this drive, and "
		  "it "
		  "is not lowered"),
		label, level_name(due), weighing->policy->name);
	const char *help = find_help(plan);
	if (due == LEVEL_DESTROY)
		(void)error_next(error,
			_("No program destroys a drive. Have it destroyed, then record it: haiki "
			  "inventory custody ID destroyed --reason TEXT --witness TEXT."));
	else if (help[0])
		(void)error_next(error, "%s", help);
	else
		(void)error_next(error,
			_("Hand the drive over to be destroyed, or have the policy name a method "
			  "that reaches %s on it."),
			level_name(due));
	return -ENOTSUP;
}

static bool any_wants_sectors(const struct plan *plan)
{
	for (size_t i = 0; i < plan->candidate_count; i++)
		if (strcmp(plan->candidates[i].why, "not-addressable") == 0 ||
			strcmp(plan->candidates[i].why, "sector-size") == 0)
			return true;
	return false;
}

/* The plan ----------------------------------------------------------------------------------- */

/* What the drive's sectors allow. Some methods do without reads and writes in any order: then it is
 * known here, and not refused yet. */
static int look_at_sectors(struct plan_weighing *weighing, const char *label,
	struct error *ret_objection, struct error *error)
{
	const struct plan_subject *subject = weighing->subject;
	const struct drive_identity *identity = subject->identity;
	struct error objection = { 0 };

	if (identity_check_addressable(identity, &objection) == 0)
		weighing->addressable = true;
	else if (strcmp(objection.code, "zoned") == 0)
		weighing->only_zones_stand = true;
	*ret_objection = objection;
	/* A size the kernel does not address: its capacity means nothing. */
	if (strcmp(objection.code, "sector-size") == 0)
		return 0;
	if (!weighing->addressable && !weighing->only_zones_stand) {
		if (error)
			*error = objection;
		return -ENOTSUP;
	}
	int result = check_capacity(identity, subject->native, label, error);
	return result < 0 ? result : check_native(subject, label, &weighing->lift_capacity, error);
}

static int make(
	struct plan_weighing *weighing, const char *label, struct plan *plan, struct error *error)
{
	struct error objection;
	int result = look_at_sectors(weighing, label, &objection, error);

	if (result == 0)
		result = decide(weighing->policy, weighing->subject->identity, weighing->request,
			label, &weighing->due, error);
	if (result < 0)
		return result;
	const struct combination *chosen = choose(weighing, plan);
	bool is_known_in_full = weighing->addressable || weighing->only_zones_stand;
	if ((chosen && !is_known_in_full) ||
		(!chosen && !weighing->addressable && any_wants_sectors(plan))) {
		if (error)
			*error = objection;
		return -ENOTSUP;
	}
	if (!chosen)
		return refuse_all(weighing, plan, label, error);
	return plan_compile(weighing, chosen, plan);
}

/* Where no plan was made nothing is chosen, and no step stands. */
static void keep_candidates(struct plan *plan)
{
	plan->step_count = 0;
	for (size_t i = 0; i < plan->candidate_count; i++) {
		struct plan_candidate *candidate = &plan->candidates[i];
		if (candidate->chosen)
			(void)snprintf(candidate->why, sizeof(candidate->why), "not-addressable");
		candidate->chosen = false;
	}
}

static enum level chosen_level(const struct plan *plan)
{
	for (size_t i = 0; i < plan->candidate_count; i++)
		if (plan->candidates[i].chosen)
			return plan->candidates[i].level;
	return LEVEL_NONE;
}

int plan_make(const struct policy *policy, const struct plan_subject *subject,
	const struct plan_request *request, struct plan *ret, struct error *error)
{
	struct plan_weighing weighing = {
		.policy = policy, .subject = subject, .request = request
	};
	struct plan plan = { 0 };
	char label[IDENTITY_LABEL_MAX];

	identity_label(subject->identity, label);
	int result = make(&weighing, label, &plan, error);
	if (result < 0) {
		keep_candidates(&plan);
		*ret = (struct plan){ .candidate_count = plan.candidate_count };
		memcpy(ret->candidates, plan.candidates, sizeof(plan.candidates));
		return result;
	}
	plan.level = chosen_level(&plan);
	plan.capacity_bytes = subject->native->native_bytes;
	plan.sector_bytes = subject->identity->logical_sector_bytes;
	plan.encrypted_from_first_write = subject->abilities->encrypted_from_first_write;
	if (plan.encrypted_from_first_write)
		(void)snprintf(plan.encryption_basis, sizeof(plan.encryption_basis), "%s",
			subject->abilities->encryption_basis);
	plan.deallocated_accepted = weighing.due.deallocated_accepted;
	*ret = plan;
	return 0;
}
