/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plans of the sample jobs, and changes to them that must be noticed. */
#include "tests/support/plan_document_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The sample jobs' plans were written by hand. */
json_t *sample_plan(enum sample_job_kind kind)
{
	struct sample_job job;
	json_t *plan;

	sample_job_make(kind, &job);
	plan = json_incref(job.plan);
	sample_job_free(&job);
	return plan;
}

json_t *sample_step(json_t *plan, size_t number)
{
	json_t *found = json_array_get(json_object_get(plan, "steps"), number - 1);

	assert_non_null(found);
	return found;
}

void remove_sample_step(json_t *plan, size_t number)
{
	assert_int_equal(json_array_remove(json_object_get(plan, "steps"), number - 1), 0);
}

void try_plan_changes(enum sample_job_kind kind, const struct plan_change *tried, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *document AUTO_JSON = sample_plan(kind);
		struct plan plan = { .step_count = 77 };
		struct error error = { 0 };
		int r;

		tried[i].change(document);
		if (plan_from_json(document, true, &plan, &error) != -EBADMSG)
			fail_msg("sealed: %s", tried[i].name);
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_int_equal(plan.step_count, 77); /* untouched */
		r = plan_from_json(document, false, &plan, &error);
		if (r != (tried[i].readable_as_draft ? 0 : -EBADMSG))
			fail_msg("draft: %s: %d %s", tried[i].name, r, error.what);
	}
}
