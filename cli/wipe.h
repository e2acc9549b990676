/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of `haiki wipe` share: their options, and the way from jobs to results. */
#ifndef HAIKI_CLI_WIPE_H
#define HAIKI_CLI_WIPE_H

#include "cli/credential.h"
#include "cli/result.h"
#include "cli/settings.h"

struct wipe_options {
	struct job_request request;
	struct option_list serials;
	char policy[256];
	char out[256];
	char psid_file[256], password_file[256];
	uint64_t rate_bytes_per_second;
	char reason[256];
	bool detach;
	bool once;
	bool dry_run;
	char now[40];
};

/* What run and resume need before anything is touched. */
struct wipe_work {
	struct store *store;
	struct keys *keys;
	struct timestamp_authority *authority; /* NULL: none is configured */
	char credential[CREDENTIAL_SIZE];      /* for the drive; "": none; cleansed with the rest */
	char out[SETTINGS_FOLDER_SIZE];        /* the certificates' folder, there and writable */
};
void wipe_work_free(struct wipe_work *work);
#define AUTO_WORK CLEANUP(wipe_work_free)

/* Open store, keys and folder, and certify what an earlier run left. The signals only raise the stop
 * flag from here on. Errors: nothing was touched. */
NODISCARD int wipe_work_open(
	const struct invocation *invocation, struct wipe_work *ret, struct error *error);

/* Run the targets with progress on stderr, then certify each and let custody follow; results has an
 * entry for each of them, in any order, and more that were not run: those that are not pending are
 * certified too. *general is an error of the whole run. */
void wipe_run_targets(const struct invocation *invocation, struct wipe_work *work,
	struct run_target *targets, size_t count, struct job_result *results, size_t result_count,
	struct error *general);

/* The same, and print all results. Returns the exit code. */
enum error_kind wipe_execute(const struct invocation *invocation, struct wipe_work *work,
	struct run_target *targets, size_t count, struct job_result *results, size_t result_count,
	struct error *error);

enum error_kind wipe_plan(const struct invocation *invocation, struct error *error);
enum error_kind wipe_run(const struct invocation *invocation, struct error *error);
enum error_kind wipe_resume(const struct invocation *invocation, struct error *error);
enum error_kind wipe_revert(const struct invocation *invocation, struct error *error);
enum error_kind wipe_watch(const struct invocation *invocation, struct error *error);

#endif
