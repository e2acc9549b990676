/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of `haiki wipe expired` share. */
#ifndef HAIKI_CLI_WIPE_EXPIRED_H
#define HAIKI_CLI_WIPE_EXPIRED_H

#include "cli/command.h"
#include "cli/settings.h"
#include "wipe/tenant/expired.h"

/* A contract's certificate as this run left it. */
struct expired_certificate {
	char contract[SUBJECT_ID_MAX]; /* "C9" */
	char number[CONTRACT_NUMBER_MAX];
	char name[96], stage[24];
	bool is_new;
	json_t *outstanding; /* owned */
	struct error error;  /* why there is none */
};
struct expired_report {
	struct expired_plan plan;
	struct expired_result result;
	struct expired_certificate *certificates; /* owned */
	size_t certificate_count;
	struct error keys_error; /* why none could be issued; kind NONE: they could */
	char out[SETTINGS_FOLDER_SIZE];
	bool dry_run;
};

command_run wipe_expired;
command_run wipe_approve;
extern const struct cli_option wipe_expired_options[];

/* The result, for people or as one JSON document. The VMs that are not due and those that are gone are only counted. */
NODISCARD int expired_print(const struct expired_report *report, struct error *error);
NODISCARD int expired_print_json(const struct expired_report *report, struct error *error);
enum error_kind expired_code(const struct expired_report *report);

/* "2027-04-11": the day in Japan; "" for 0. */
void expired_day(int64_t utc_ms, char ret[static 11]);

/* The reporter of one line on stderr, painted over on a terminal. context: struct expired_progress. */
struct expired_progress {
	int64_t begun_ms, last_ms;
	size_t of;
};
void expired_show_progress(void *context, const struct expired_plan *plan, size_t done);

#endif
