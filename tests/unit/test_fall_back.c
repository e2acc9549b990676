/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After which ends of a job another method is tried, by table; and with the judge's own words for jobs
 * that came to grief. */
#include "wipe/fall_back.h"

#include "tests/support/sample_job.h"
#include "tests/support/scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* plant, erase crypto, check, plant, erase block, check, overwrite, read back, scan; and behind them,
 * as no plan has it, a drive's own overwriting with its read-back */
static void fill(struct plan *plan)
{
	static const struct plan_step steps[] = {
		{ .method = STEP_PLANT_MARKERS },
		{ .method = STEP_ERASE, .technique = TECHNIQUE_NVME_SANITIZE_CRYPTO },
		{ .method = STEP_CHECK_MARKERS, .of_step = 1 },
		{ .method = STEP_PLANT_MARKERS },
		{ .method = STEP_ERASE, .technique = TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ .method = STEP_CHECK_MARKERS, .of_step = 4 },
		{ .method = STEP_OVERWRITE },
		{ .method = STEP_READ_BACK, .of_step = 7 },
		{ .method = STEP_RESIDUE_SCAN, .of_step = 7 },
		{ .method = STEP_ERASE, .technique = TECHNIQUE_SCSI_SANITIZE_OVERWRITE },
		{ .method = STEP_READ_BACK, .of_step = 10 },
	};

	memset(plan, 0, sizeof(*plan));
	memcpy(plan->steps, steps, sizeof(steps));
	plan->step_count = ARRAY_SIZE(steps);
}

static void only_a_technique_that_did_not_work_is_replaced(void **state)
{
	(void)state;
	static const struct {
		enum outcome outcome;
		struct {
			const char *code;
			int64_t step;
		} reasons[2];
		enum technique cause;
	} cases[] = {
		{ OUTCOME_FAILED, { { "drive-refused", 2 } }, TECHNIQUE_NVME_SANITIZE_CRYPTO },
		{ OUTCOME_FAILED, { { "drive-failed", 5 } }, TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ OUTCOME_UNKNOWN, { { "status-unknown", 5 } }, TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ OUTCOME_FAILED, { { "markers-remain", 3 } }, TECHNIQUE_NVME_SANITIZE_CRYPTO },
		{ OUTCOME_FAILED, { { "markers-remain", 6 } }, TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ OUTCOME_FAILED, { { "markers-zeroed", 6 } }, TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ OUTCOME_FAILED, { { "markers-unreadable", 6 } }, TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ OUTCOME_FAILED, { { "step-not-complete", 6 }, { "drive-failed", 5 } },
			TECHNIQUE_NVME_SANITIZE_BLOCK },
		{ OUTCOME_FAILED, { { "mismatch", 11 } }, TECHNIQUE_SCSI_SANITIZE_OVERWRITE },
		{ OUTCOME_FAILED, { { "unreadable", 11 } }, TECHNIQUE_SCSI_SANITIZE_OVERWRITE },
		/* Not the technique's fault, or not to be gone on from. */
		{ OUTCOME_PROVEN, { { "", 0 } }, TECHNIQUE_NONE },
		{ OUTCOME_INTERRUPTED, { { "drive-failed", 2 } }, TECHNIQUE_NONE },
		{ OUTCOME_REFUSED, { { "drive-refused", 2 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "mismatch", 8 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "residue-found", 9 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "unwritable", 1 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "drive-refused", 2 }, { "guard-refused", 0 } },
			TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "drive-refused", 2 }, { "other-drive", 0 } },
			TECHNIQUE_NONE },
		{ OUTCOME_UNKNOWN, { { "evidence-contradictory", 0 }, { "drive-refused", 2 } },
			TECHNIQUE_NONE },
		{ OUTCOME_UNKNOWN, { { "not-ended", 0 }, { "status-unknown", 2 } },
			TECHNIQUE_NONE },
		/* A step that is none of an erasure's. */
		{ OUTCOME_FAILED, { { "drive-refused", 0 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "drive-refused", 7 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "mismatch", 10 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "drive-refused", 12 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "drive-refused", -1 } }, TECHNIQUE_NONE },
		{ OUTCOME_FAILED, { { "", 0 } }, TECHNIQUE_NONE },
	};
	static struct plan plan;

	fill(&plan);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct verdict verdict = { .outcome = cases[i].outcome };
		for (size_t j = 0; j < 2 && cases[i].reasons[j].code; j++) {
			(void)snprintf(verdict.reasons[j].code, sizeof(verdict.reasons[j].code),
				"%s", cases[i].reasons[j].code);
			verdict.reasons[j].step = cases[i].reasons[j].step;
			verdict.reason_count = j + 1;
		}
		if (fall_back_cause(&plan, &verdict) != cases[i].cause)
			fail_msg("case %zu: %s", i,
				technique_name(fall_back_cause(&plan, &verdict)));
	}
}

/* What the judge says of a job whose evidence was cut after an event and ended by others. */
static enum technique cause_after(
	enum sample_job_kind kind, const char *event, unsigned nth, json_t *const events[])
{
	struct sample_job job;
	struct verdict verdict = { 0 };
	static struct plan plan;
	struct error error = { 0 };

	sample_job_make(kind, &job);
	if (plan_from_json(job.plan, true, &plan, &error) < 0)
		fail_msg("%s", error.what);
	sample_cut(&job, sample_find(&job, event, nth) + 1);
	for (size_t i = 0; events[i]; i++)
		sample_append(&job, events[i]);
	judge(job.subject, job.plan, job.evidence, &verdict);
	sample_job_free(&job);
	return fall_back_cause(&plan, &verdict);
}

static void the_judges_words_are_understood(void **state)
{
	(void)state;
	static const struct {
		const char *result;
		enum technique cause;
	} cases[] = {
		{ "drive-refused", TECHNIQUE_NVME_SANITIZE_CRYPTO },
		{ "drive-failed", TECHNIQUE_NVME_SANITIZE_CRYPTO },
		{ "status-unknown", TECHNIQUE_NVME_SANITIZE_CRYPTO },
		{ "vanished", TECHNIQUE_NONE },
		{ "cancelled", TECHNIQUE_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* The second step that is started is the erasing one. */
		json_t *const ended[] = { sample_finished(2, cases[i].result, 0, 0),
			sample_closing(), sample_ended(), NULL };
		json_t *const cut[] = { sample_finished(2, cases[i].result, 0, 0),
			sample_interrupted("drive"), NULL };
		enum technique cause = cause_after(SAMPLE_JOB_NVME, "started", 1, ended);
		if (cause != cases[i].cause)
			fail_msg("%s: %s", cases[i].result, technique_name(cause));
		assert_int_equal(cause_after(SAMPLE_JOB_NVME, "started", 1, cut), TECHNIQUE_NONE);
	}
	/* Nothing came to grief. */
	json_t *const nothing[] = { NULL };
	assert_int_equal(cause_after(SAMPLE_JOB_NVME, "ended", 0, nothing), TECHNIQUE_NONE);
}

/* ---- how far the next one reaches ---- */

static int reach(const struct scratch *tree, enum erase_scope shown, enum erase_scope next,
	unsigned minor, struct error *ret)
{
	static struct plan before, after;
	char sys[SCRATCH_PATH_MAX];
	struct drive_identity identity = { .transport = TRANSPORT_NVME,
		.devnum = makedev(240, minor),
		.model = "M",
		.serial = "S" };
	const struct system_paths paths = { .sys = sys, .dev = "/dev" };
	scratch_path(tree, "sys", sys);
	fill(&before);
	fill(&after);
	for (size_t i = 0; i < before.step_count; i++) {
		before.steps[i].scope = shown;
		after.steps[i].scope = next;
	}
	*ret = (struct error){ 0 };
	return fall_back_check_reach(&before, &after, &identity, &paths, ret);
}

/* nvme0 has one namespace, nvme1 has two. */
static void other_namespaces_are_erased_only_where_that_was_confirmed(void **state)
{
	(void)state;
	static const char *const names[] = { "nvme-subsys0/nvme0n1", "nvme-subsys1/nvme1n1",
		"nvme-subsys1/nvme1n2" };
	struct scratch tree;
	struct error error;
	char path[128], number[16];
	scratch_make(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "sys/class/nvme-subsystem/%s/dev", names[i]);
		(void)snprintf(number, sizeof(number), "240:%zu\n", i);
		scratch_text(&tree, path, number);
	}
	assert_int_equal(reach(&tree, SCOPE_NAMESPACE, SCOPE_NAMESPACE, 1, &error), 0);
	assert_int_equal(reach(&tree, SCOPE_SUBSYSTEM, SCOPE_SUBSYSTEM, 1, &error), 0);
	assert_int_equal(reach(&tree, SCOPE_SUBSYSTEM, SCOPE_NAMESPACE, 1, &error), 0);
	assert_int_equal(reach(&tree, SCOPE_NAMESPACE, SCOPE_SUBSYSTEM, 0, &error), 0);
	assert_int_equal(reach(&tree, SCOPE_NAMESPACE, SCOPE_SUBSYSTEM, 1, &error), -EPERM);
	assert_string_equal(error.code, "reaches-further");
	assert_int_equal(error.kind, ERROR_REFUSED);
	/* Nobody can tell what there is. */
	assert_int_equal(reach(&tree, SCOPE_NAMESPACE, SCOPE_SUBSYSTEM, 9, &error), -ENOENT);
	assert_int_equal(error.kind, ERROR_REFUSED);
	scratch_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_technique_that_did_not_work_is_replaced),
		cmocka_unit_test(the_judges_words_are_understood),
		cmocka_unit_test(other_namespaces_are_erased_only_where_that_was_confirmed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
