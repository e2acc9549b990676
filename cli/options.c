/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading options from their tables, and printing the help from the same tables. */
#include "cli/options.h"

#include "base/config.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/output.h"
#include <errno.h>
#include <string.h>

#define WORD_MAX 48

const struct cli_option global_options[] = {
	{ "json", NULL, N_("print the result as JSON"), option_flag,
		OPTION_INTO(struct global_options, json) },
	{ "config", "FILE", N_("read this configuration instead of /etc/haiki/haiki.conf"),
		option_text, OPTION_INTO(struct global_options, config) },
	{ "state", "DIR", N_("keep store, keys and certificates in this folder"), option_text,
		OPTION_INTO(struct global_options, state) },
	{ "help", NULL, N_("show this help"), option_flag,
		OPTION_INTO(struct global_options, help) },
	{ 0 },
};

int option_flag(const struct cli_option *option, const char *text, void *value, struct error *error)
{
	(void)option, (void)text, (void)error;
	*(bool *)value = true;
	return 0;
}

int option_text(const struct cli_option *option, const char *text, void *value, struct error *error)
{
	AUTO_FREE char *cleaned = strdup(text);
	if (!cleaned)
		return error_no_memory(error);
	format_clean(cleaned);
	if (strcmp(cleaned, text) != 0)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("The value of --%s has characters that cannot be printed."),
			option->name);
	if (format_copy(value, option->size, text) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("The value of --%s is longer than %zu bytes."), option->name,
			option->size - 1);
	return 0;
}

int option_list(const struct cli_option *option, const char *text, void *value, struct error *error)
{
	struct option_list *list = value;
	if (!*text)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("The value of --%s is empty."), option->name);
	if (list->count == OPTION_LIST_MAX)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s was given more than %d times."), option->name, OPTION_LIST_MAX);
	list->items[list->count++] = text;
	return 0;
}

int option_bytes(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	uint64_t bytes = 0;
	if (config_parse_size(text, &bytes) < 0 || bytes == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("The value of --%s is no number of bytes: %s"), option->name, text);
		return error_next(error, _("Write it like 4096, 64KiB, 100M or 2G."));
	}
	*(uint64_t *)value = bytes;
	return 0;
}

const char *options_nearest(const char *word, const char *const candidates[])
{
	return nearest_word(word, candidates);
}

/* The tables a command's options come from: its own, then the global one; NULL after the last. */
static const struct cli_option *option_table(const struct command *command, size_t index)
{
	size_t own = 0;
	while (own < COMMAND_OPTION_TABLES && command->options[own])
		own++;
	if (index < own)
		return command->options[index];
	return index == own ? global_options : NULL;
}

static const struct cli_option *find_option(
	const struct command *command, const char *name, size_t length)
{
	const struct cli_option *table;
	for (size_t i = 0; (table = option_table(command, i)); i++)
		for (; table->name; table++)
			if (strlen(table->name) == length &&
				strncmp(table->name, name, length) == 0)
				return table;
	return NULL;
}

static int unknown_option(const struct command *command, const char *typed, struct error *error)
{
	const char *candidates[64];
	size_t count = 0;
	const struct cli_option *table;
	for (size_t i = 0; (table = option_table(command, i)); i++)
		for (; table->name && count + 1 < ARRAY_SIZE(candidates); table++)
			candidates[count++] = table->name;
	candidates[count] = NULL;

	const char *name = typed;
	while (*name == '-')
		name++;
	char word[WORD_MAX + 1];
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "="), name);
	const char *nearest = options_nearest(word, candidates);
	error_set(error, ERROR_USAGE, EINVAL, "option-unknown", _("There is no option %s."), typed);
	if (nearest)
		return error_next(error, _("Did you mean --%s?"), nearest);
	return error_next(error, _("See the options with --help."));
}

struct reading {
	const struct command *command;
	void *values;
	struct global_options *global;
	const struct cli_option *seen[64];
	size_t seen_count;
};

static int note_seen(struct reading *reading, const struct cli_option *option, struct error *error)
{
	if (option->read == option_list)
		return 0;
	for (size_t i = 0; i < reading->seen_count; i++)
		if (reading->seen[i] == option)
			return error_set(error, ERROR_USAGE, EINVAL, "option-repeated",
				_("--%s was given twice."), option->name);
	if (reading->seen_count < ARRAY_SIZE(reading->seen))
		reading->seen[reading->seen_count++] = option;
	return 0;
}

static bool is_global(const struct cli_option *option)
{
	for (const struct cli_option *global = global_options; global->name; global++)
		if (global == option)
			return true;
	return false;
}

/* One option at argv[0]. Returns how many words it took, or -EINVAL. */
static int read_option(struct reading *reading, int argc, char *const argv[], struct error *error)
{
	const char *typed = argv[0];
	size_t length = strcspn(typed, "=");
	const char *text = typed[length] == '=' ? typed + length + 1 : NULL;
	const struct cli_option *option = NULL;
	if (strncmp(typed, "--", 2) == 0)
		option = find_option(reading->command, typed + 2, length - 2);
	if (!option)
		return unknown_option(reading->command, typed, error);
	int words = 1;
	if (!option->argument && text)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s takes no value."), option->name);
	if (option->argument && !text) {
		if (argc < 2) {
			error_set(error, ERROR_USAGE, EINVAL, "option-value",
				_("--%s wants a value: %s"), option->name, option->argument);
			return error_next(error, _("See the usage with --help."));
		}
		text = argv[1];
		words = 2;
	}
	char *values = is_global(option) ? (char *)reading->global : reading->values;
	int r = note_seen(reading, option, error);
	if (r == 0)
		r = option->read(option, text, values + option->offset, error);
	return r < 0 ? r : words;
}

static int check_argument_count(const struct command *command, size_t count, struct error *error)
{
	if (count < command->min_arguments) {
		error_set(error, ERROR_USAGE, EINVAL, "arguments", _("%s is missing."),
			command->arguments);
		return error_next(error, _("See the usage with --help."));
	}
	if (count > command->max_arguments) {
		error_set(error, ERROR_USAGE, EINVAL, "arguments", _("There are too many words."));
		return error_next(error, _("See the usage with --help."));
	}
	return 0;
}

static int add_argument(struct parsed_arguments *arguments, const char *word, struct error *error)
{
	if (arguments->count == OPTION_ARGUMENTS_MAX)
		return error_set(error, ERROR_USAGE, E2BIG, "arguments",
			_("More than %d words at once."), OPTION_ARGUMENTS_MAX);
	if (!*word)
		return error_set(
			error, ERROR_USAGE, EINVAL, "arguments", _("An empty word names nothing."));
	arguments->items[arguments->count++] = word;
	return 0;
}

int options_parse(const struct command *command, int argc, char *const argv[], void *values,
	struct global_options *ret_global, struct parsed_arguments *ret_arguments,
	struct error *error)
{
	struct reading reading = { .command = command, .values = values, .global = ret_global };
	bool only_words = false;
	for (int i = 0; i < argc;) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
			i++;
			continue;
		}
		int r;
		if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			r = read_option(&reading, argc - i, argv + i, error);
			if (r < 0)
				return r;
			i += r;
			continue;
		}
		r = add_argument(ret_arguments, argv[i++], error);
		if (r < 0)
			return r;
	}
	return ret_global->help ? 0 : check_argument_count(command, ret_arguments->count, error);
}

void options_print(FILE *stream, const struct cli_option *table)
{
	for (; table->name; table++) {
		char left[64];
		snprintf(left, sizeof(left), "  --%s%s%s", table->name, table->argument ? " " : "",
			table->argument ? table->argument : "");
		output_line(
			stream, "%s%*s  %s", left, format_padding(left, 28), "", _(table->help));
	}
}
