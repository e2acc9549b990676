/* SPDX-License-Identifier: GPL-3.0-or-later */
/* haiki: all groups of commands, and the configuration file. */
#include "cli/program.h"

#include <stdio.h>

static const struct command_group *const groups[] = {
	&inventory_group,
	&wipe_group,
	&verify_group,
	&report_group,
};

static int configure(const struct global_options *global, struct config *ret, struct error *error)
{
	int r = config_load(global->config[0] ? global->config : NULL, ret, error);
	if (r < 0 && error->kind == ERROR_USAGE && !error->next[0])
		error_next(error, _("Correct it; haiki.conf(5) names every section and key."));
	if (r < 0 || !global->state[0])
		return r;
	snprintf(ret->state_folder, sizeof(ret->state_folder), "%s", global->state);
	snprintf(ret->store, sizeof(ret->store), "%s/haiki.db", global->state);
	snprintf(ret->keys_folder, sizeof(ret->keys_folder), "%s/keys", global->state);
	return 0;
}

const struct program program = {
	.name = "haiki",
	.summary = N_("haiki erases storage and proves it."),
	.groups = groups,
	.group_count = ARRAY_SIZE(groups),
	.configure = configure,
};
