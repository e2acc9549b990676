/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki inventory`: the table of its commands, and which noun a word belongs to. */
#include "cli/inventory.h"

#include <errno.h>
#include <string.h>

/* In the order in which a word is looked for. */
static const struct inventory_noun nouns[] = {
	{ "drives", drives_list_command, drives_show_command },
	{ "arrays", arrays_list_command, arrays_show_command },
};

static enum error_kind list(const struct invocation *invocation, struct error *error)
{
	const char *word = invocation->argument_count > 0 ? invocation->arguments[0] : "drives";
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++)
		if (strcmp(nouns[i].word, word) == 0)
			return nouns[i].list(invocation, error);
	const char *words[ARRAY_SIZE(nouns) + 1] = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++)
		words[i] = nouns[i].word;
	const char *nearest = options_nearest(word, words);
	error_set(error, ERROR_USAGE, EINVAL, "noun-unknown",
		_("The inventory has no list called \"%s\"."), word);
	if (nearest)
		error_next(error, _("Did you mean \"%s\"?"), nearest);
	else
		error_next(error, _("See: haiki inventory list --help"));
	return command_failed(error);
}

static enum error_kind show(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	const char *word = invocation->arguments[0];
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++) {
		int r = nouns[i].show ? nouns[i].show(invocation, store, word, error) : 0;
		if (r < 0)
			return command_failed(error);
		if (r > 0)
			return ERROR_NONE;
	}
	error_set(
		error, ERROR_FAILED, ENOENT, "unknown", _("The inventory knows no \"%s\"."), word);
	error_next(error, _("Give its ID (D12), serial or WWN; first: haiki inventory scan"));
	return command_failed(error);
}

static const struct command commands[] = {
	{ "scan", "", 0, 0, N_("look for drives and enter them into the store"), NULL, { NULL }, 0,
		inventory_scan, true },
	{ "list", "[NOUN]", 0, 1, N_("list what the store knows"),
		N_("NOUN is one of: drives (as without it)."), { NULL }, 0, list, false },
	{ "show", "ID", 1, 1, N_("show one drive, what it carries, and its jobs"),
		N_("ID is an inventory ID (D12), a serial or a WWN."), { NULL }, 0, show, false },
};

const struct command_group inventory_group = {
	.name = "inventory",
	.summary = N_("what exists and whose it is"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
