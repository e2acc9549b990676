/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options as tables: what may be typed, where it is written to, and what the help says. Options are
 * spelled out in full (no abbreviations: a destructive command should read as what it does). */
#ifndef HAIKI_CLI_OPTIONS_H
#define HAIKI_CLI_OPTIONS_H

#include "base/error.h"
#include <stdbool.h>
#include <stdio.h>

struct cli_option;
struct command;

/* Reads text into value. Returns 0 or -EINVAL with a usage error. */
typedef int option_reader(
	const struct cli_option *option, const char *text, void *value, struct error *error);

/* A table ends with an entry without name. */
struct cli_option {
	const char *name;     /* without the dashes */
	const char *argument; /* "FILE"; NULL for a flag */
	const char *help;     /* N_() */
	option_reader *read;
	size_t offset, size; /* of the value in the command's struct */
};

#define OPTION_INTO(type, member)                                                                  \
	.offset = offsetof(type, member), .size = sizeof(((const type *)NULL)->member)

#define OPTION_LIST_MAX 256

/* A repeatable option; items are borrowed from the command line. */
struct option_list {
	const char *items[OPTION_LIST_MAX];
	size_t count;
};

int option_flag(const struct cli_option *, const char *, void *, struct error *);  /* bool */
int option_text(const struct cli_option *, const char *, void *, struct error *);  /* char[] */
int option_list(const struct cli_option *, const char *, void *, struct error *);  /* option_list */
int option_bytes(const struct cli_option *, const char *, void *, struct error *); /* uint64_t */

/* The options every command takes. */
struct global_options {
	bool help;
	bool json;
	char config[256];
	char state[200];
};
extern const struct cli_option global_options[];

#define OPTION_ARGUMENTS_MAX 16384

struct parsed_arguments {
	const char *items[OPTION_ARGUMENTS_MAX];
	size_t count;
};

/* Read argv (without program, group and verb). values: the command's struct, zeroed by the caller.
 * An unknown option is a usage error naming the nearest known one; an option but a list given twice
 * is one too; so is a wrong number of arguments, unless --help was among them. */
NODISCARD int options_parse(const struct command *command, int argc, char *const argv[],
	void *values, struct global_options *ret_global, struct parsed_arguments *ret_arguments,
	struct error *error);

/* The candidate that was probably meant, or NULL when none is near. NULL-terminated. */
const char *options_nearest(const char *word, const char *const candidates[]);

/* "--serial S" and its help, aligned, for one table. */
void options_print(FILE *stream, const struct cli_option *table);

#endif
