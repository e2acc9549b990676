/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drives of one `haiki wipe run`: planned, entered, run, and where a technique did not work run
 * again by the next method of the policy's order. */
#ifndef HAIKI_CLI_WIPE_TARGETS_H
#define HAIKI_CLI_WIPE_TARGETS_H

#include "cli/wipe.h"

struct target {
	const char *word; /* as typed */
	char path[256];
	struct job_preview preview;
	char job[JOB_ID_SIZE]; /* the last one */
	bool failed_before[TECHNIQUES];
};

struct targets {
	struct target *items; /* owned */
	size_t count;
};

/* What stays the same for all targets while they are prepared. */
struct preparation {
	struct store *store;
	const struct policy *policy;
	struct job_request request;
	const struct option_list *serials;
};

/* All jobs of a run, the targets' own first. */
struct outcomes {
	struct job_result *items; /* owned */
	size_t count;
};
void outcomes_free(struct outcomes *outcomes);
#define AUTO_OUTCOMES CLEANUP(outcomes_free)

/* Room for as many more. */
NODISCARD int outcomes_reserve(struct outcomes *outcomes, size_t more, struct error *error);

/* Room was reserved. The outcome of target's job as it was entered, and the run of it. */
struct job_result *outcomes_add(
	struct outcomes *outcomes, const struct target *target, const struct job_preview *preview);
void outcomes_add_run(const struct target *target, struct job_result *result,
	struct run_target *runs, size_t *count);

/* -ESTALE: the drive is not as it was shown. */
NODISCARD int wipe_changed_meanwhile(const struct job_preview *shown, struct error *error);

/* Run the jobs; after one that came to grief over a technique (fall_back.h) enter a new job for the
 * next method of the policy's order that still reaches the level, show it and run it, until nothing
 * is left or all is over. Nobody is asked again: the drive was confirmed. runs has room for every
 * target. */
void wipe_run_rounds(const struct invocation *invocation, struct wipe_work *work,
	const struct preparation *preparation, struct targets *targets, struct run_target *runs,
	size_t count, struct outcomes *outcomes, struct error *general);

#endif
