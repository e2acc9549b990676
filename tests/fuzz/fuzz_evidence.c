/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as subject, plan and evidence of a job: they are refused, or what is promised holds;
 * and whatever they say, the judge stays within its word. */
#include "tests/fuzz/fuzz.h"

#include "verify/judge/evidence.h"
#include "verify/plan/plan_document.h"
#include <stdlib.h>
#include <string.h>

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_plan(const json_t *document, bool sealed)
{
	struct plan *plan AUTO_FREE = calloc(1, sizeof(*plan));
	json_t *again AUTO_JSON = NULL;

	require(plan != NULL);
	if (plan_from_json(document, sealed, plan, NULL) < 0)
		return;
	require(plan->step_count <= PLAN_STEPS_MAX);
	require(plan_to_json(plan, &again) == 0);
	require(json_equal(document, again));
	require(!sealed || plan_last_destroying(plan) > 0);
	for (unsigned done = 0; done <= plan->step_count; done++) {
		unsigned next = plan_resume_step(plan, done);
		require(next >= 1 && next <= done + 1);
	}
}

static void check_events(const json_t *evidence)
{
	bool whole = evidence_check(evidence, NULL) == 0;

	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *event = json_array_get(evidence, i);
		bool fits = evidence_check_event(event, true, NULL) == 0;

		require(fits || !whole);
		require(!fits || evidence_check_event(event, false, NULL) < 0);
	}
}

static bool ends_with(const json_t *evidence, const char *kind)
{
	const json_t *last = json_array_get(evidence, json_array_size(evidence) - 1);
	const char *word = json_string_value(json_object_get(last, "kind"));

	return word && strcmp(word, kind) == 0;
}

/* Whatever is proven was read back, or its markers were gone, or only its keys were to go. */
static void check_proven(const json_t *document, const struct verdict *verdict)
{
	struct plan *plan AUTO_FREE = calloc(1, sizeof(*plan));

	require(plan != NULL);
	require(plan_from_json(document, true, plan, NULL) == 0);
	const struct plan_step *last = &plan->steps[plan_last_destroying(plan) - 1];
	bool keys = last->method == STEP_ERASE &&
		    technique_facts(last->technique)->erasure == ERASURE_KEYS;
	require(verdict->verification != VERIFICATION_NONE || keys);
	require(verdict->bytes_overwritten > 0 || last->method == STEP_ERASE);
	require(verdict->bytes_overwritten <= plan->capacity_bytes);
	require(verdict->bytes_read_back <= plan->capacity_bytes);
	require(!verdict->deallocated || plan->deallocated_accepted);
}

static void check_verdict(const json_t *subject, const json_t *plan, const json_t *evidence)
{
	struct verdict verdict;
	json_t *document AUTO_JSON = NULL;

	judge(subject, plan, evidence, &verdict);
	require((verdict.outcome == OUTCOME_PROVEN) == (verdict.reason_count == 0));
	require((verdict.outcome == OUTCOME_PROVEN) == (verdict.level != LEVEL_NONE));
	require(verdict.reason_count <= VERDICT_REASONS_MAX);
	require(verdict_to_json(&verdict, &document) == 0);
	if (verdict.outcome != OUTCOME_PROVEN)
		return;
	require(ends_with(evidence, "ended") && verdict.bytes_bad == 0);
	check_proven(plan, &verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *job AUTO_JSON = NULL;

	if (json_parse((const char *)data, size, "fuzz", &job, NULL) < 0)
		return 0;
	check_plan(json_object_get(job, "plan"), false);
	check_plan(json_object_get(job, "plan"), true);
	check_events(json_object_get(job, "evidence"));
	check_verdict(json_object_get(job, "subject"), json_object_get(job, "plan"),
		json_object_get(job, "evidence"));
	return 0;
}
