/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plans of the sample jobs, and changes to them that must be noticed. What fails here fails the
 * running test. */
#ifndef HAIKI_TESTS_SUPPORT_PLAN_DOCUMENT_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_PLAN_DOCUMENT_FIXTURE_H

#include "tests/support/sample_job.h"
#include "verify/plan/plan_document.h"

/* The sample jobs' plans were written by hand. A new reference. */
json_t *sample_plan(enum sample_job_kind kind);
/* Counted from 1, as the plan does. */
json_t *sample_step(json_t *plan, size_t number);
void remove_sample_step(json_t *plan, size_t number);

struct plan_change {
	const char *name;
	void (*change)(json_t *plan);
	bool readable_as_draft;
};
#define NEVER(change)                                                                              \
	{                                                                                          \
#change, change, false                                                             \
	}
#define DRAFT(change)                                                                              \
	{                                                                                          \
#change, change, true                                                              \
	}

/* Each of them makes the sealed plan of this job one that is refused, and by its word the draft. */
void try_plan_changes(enum sample_job_kind kind, const struct plan_change *tried, size_t count);

#endif
