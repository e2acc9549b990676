/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command of the program as data: one table gives parsing, usage text and the check of the manual
 * page. The groups are named as the rooms: `haiki GROUP VERB`. */
#ifndef HAIKI_CLI_COMMAND_H
#define HAIKI_CLI_COMMAND_H

#include "base/config.h"
#include "base/text.h"
#include "cli/options.h"
#include <stdbool.h>

#define COMMAND_OPTION_TABLES 3

struct invocation;

/* Returns the exit code. When *error is filled, nothing was printed to stdout yet and the caller of
 * run prints it; a command that printed its result leaves *error empty. */
typedef enum error_kind command_run(const struct invocation *invocation, struct error *error);

struct command {
	const char *name;      /* "run", or two words: "key init" */
	const char *arguments; /* "TARGET…", "" for none */
	unsigned min_arguments, max_arguments;
	const char *summary; /* N_() */
	const char *details; /* N_(), printed by --help below the usage; may be NULL */
	const struct cli_option *options[COMMAND_OPTION_TABLES]; /* NULL after the last */
	size_t values_size; /* of the struct the options write into; zeroed before */
	command_run *run;
	bool touches_drives; /* works in a child (cli/supervise.h) */
};

struct command_group {
	const char *name;
	const char *summary; /* N_() */
	const struct command *commands;
	size_t count;
};

/* What was typed, read. Everything is borrowed for the call of run. */
struct invocation {
	const struct command_group *group;
	const struct command *command;
	struct config config; /* file, then --state */
	bool json;
	const char *config_path;  /* "" when not given; to hand on to a detached process */
	const char *state_folder; /* the same */
	const char *const *arguments;
	size_t argument_count;
	const void *values; /* the command's own struct */
};

extern const struct command_group inventory_group;
extern const struct command_group wipe_group;
extern const struct command_group verify_group;
extern const struct command_group report_group;

#define ANY_NUMBER (~0U)

/* What a command returns when something it called failed: the kind of *error. A callee that failed
 * without saying why still gives ERROR_FAILED, and a sentence: no failure ends as a success. */
enum error_kind command_failed(struct error *error);

#endif
