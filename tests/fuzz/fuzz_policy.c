/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy file of any bytes: refused with a sentence, or a policy whose promises hold. */
#include "tests/fuzz/fuzz.h"

#include "wipe/plan/plan.h"
#include <stdlib.h>

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* policy.h: every rule's scheme exists, verification is never none, and no level is out of reach of
 * every program. */
static void check_policy(const struct policy *policy)
{
	require(policy->rule_count > 0 && policy->rule_count <= POLICY_RULES_MAX);
	require(policy->scheme_count <= POLICY_SCHEMES_MAX);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const struct scheme *scheme = policy_scheme(policy, rule->scheme);
		require(scheme && scheme->pass_count > 0);
		require(rule->verification != VERIFICATION_NONE);
		require(rule->level == LEVEL_CLEAR || rule->level == LEVEL_PURGE);
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const struct combination_list *methods = policy_methods(policy, rule, rule->level);
		require(rule->purge_verification != VERIFICATION_NONE);
		require(methods->count > 0 && methods->count <= PLAN_CANDIDATES_MAX);
		for (size_t j = 0; j < methods->count; j++)
			require(methods->items[j].part_count > 0 &&
				methods->items[j].part_count <= COMBINATION_PARTS_MAX);
	}
	for (size_t i = 0; i < policy->distrust_count; i++)
		(void)distrust_matches(
			&policy->distrust[i], "MODEL 1", "1.2b10", TECHNIQUE_NVME_SANITIZE_CRYPTO);
	for (size_t i = 0; i < policy->scheme_count; i++)
		require(!scheme_find_shipped(policy->schemes[i].name));
}

static void check_plan(const struct policy *policy)
{
	const struct drive_identity identity = { .serial = "S",
		.transport = TRANSPORT_SCSI,
		.media = MEDIA_MAGNETIC,
		.zoned = ZONED_NONE,
		.capacity_bytes = 1 * GIB,
		.logical_sector_bytes = 512,
		.physical_sector_bytes = 512 };
	const struct native_capacity native = { NATIVE_SCSI_CAPACITY, 1 * GIB, 512 };
	const struct plan_request request = { .level = LEVEL_NONE };
	struct error error = { 0 };
	struct plan plan = { 0 };

	static const struct abilities abilities;
	const struct plan_subject subject = { &identity, &native, &abilities, erase_method_for };

	if (plan_make(policy, &subject, &request, &plan, &error) < 0) {
		require(error.kind != ERROR_NONE && error.what[0]);
		return;
	}
	require(plan.level == LEVEL_CLEAR && plan.step_count >= 3);
	require(plan.steps[plan.step_count - 2].of_step == plan_last_overwrite(&plan));
	require(plan.steps[plan.step_count - 1].method == STEP_RESIDUE_SCAN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *policy = NULL;
	struct error error = { 0 };

	if (policy_parse((const char *)data, size, "fuzz", &policy, &error) < 0) {
		require(!policy && error.kind != ERROR_NONE && error.what[0]);
		return 0;
	}
	check_policy(policy);
	check_plan(policy);
	policy_free(policy);
	return 0;
}
