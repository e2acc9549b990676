/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which program this is: haiki (cli/haiki.c), or the auditor's haiki-verify (cli/verifier.c). main.c runs either. */
#ifndef HAIKI_CLI_PROGRAM_H
#define HAIKI_CLI_PROGRAM_H

#include "cli/command.h"

struct program {
	const char *name;    /* as it is typed */
	const char *summary; /* N_() */
	/* Of one group alone the verbs follow the name at once. */
	const struct command_group *const *groups;
	size_t group_count;
	/* Fill the configuration; NULL: there is none, and its values are empty. */
	int (*configure)(
		const struct global_options *global, struct config *ret, struct error *error);
};

extern const struct program program;

#endif
