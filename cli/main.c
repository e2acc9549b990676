/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program: a table of command groups and a loop over it. */
#include "base/log.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/supervise.h"
#include "version.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#define GROUPS_MAX 8

static void setup_language(void)
{
	setlocale(LC_ALL, "");
	/* All text in the program is UTF-8, also where the environment says nothing. */
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	const char *folder = getenv("HAIKI_LOCALE_DIR");
	bindtextdomain("haiki", folder && *folder ? folder : HAIKI_LOCALE_DIR);
	bind_textdomain_codeset("haiki", "UTF-8");
	textdomain("haiki");
}

static void say(void *context, enum log_level level, const char *subject, const char *text)
{
	(void)context;
	if (level == LOG_LEVEL_WARNING || level == LOG_LEVEL_ERROR)
		output_line(
			stderr, "haiki: %s%s%s", subject ? subject : "", subject ? ": " : "", text);
}

/* "encryption" of "encryption record", "encryption revoke". */
static bool begins_with_word(const struct command *command, const char *word)
{
	size_t length = strlen(word);
	return strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

#define TYPED_SIZE 64

/* What is typed before a command of the group: "haiki wipe", "haiki-verify". */
static const char *typed_before(const struct command_group *group, char ret[static TYPED_SIZE])
{
	if (program.group_count > 1)
		snprintf(ret, TYPED_SIZE, "%s %s", program.name, group->name);
	else
		snprintf(ret, TYPED_SIZE, "%s", program.name);
	return ret;
}

/* first_word: of the commands that are shown; NULL: all. */
static void print_group(FILE *stream, const struct command_group *group, const char *first_word)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct command *command = &group->commands[i];
		if (first_word && !begins_with_word(command, first_word))
			continue;
		char left[96], before[TYPED_SIZE];
		snprintf(left, sizeof(left), "  %s %s %s", typed_before(group, before),
			command->name, command->arguments);
		if (format_width(left) > 40) {
			output_line(stream, "%s", left);
			left[0] = '\0';
		}
		output_line(stream, "%s%*s  %s", left, format_padding(left, 40), "",
			_(command->summary));
	}
}

static void print_usage(FILE *stream)
{
	output_line(stream, "%s", _(program.summary));
	for (size_t i = 0; i < program.group_count; i++) {
		output_line(stream, "%s", "");
		output_line(
			stream, "%s: %s", program.groups[i]->name, _(program.groups[i]->summary));
		print_group(stream, program.groups[i], NULL);
	}
	output_line(stream, "%s", "");
	if (program.group_count > 1)
		output_line(
			stream, "%s", _("Each command explains itself: haiki GROUP VERB --help"));
}

static void print_group_usage(FILE *stream, const struct command_group *group)
{
	output_line(stream, "%s: %s", group->name, _(group->summary));
	print_group(stream, group, NULL);
}

static void print_command_usage(
	FILE *stream, const struct command_group *group, const struct command *command)
{
	char before[TYPED_SIZE];
	output_line(stream, _("Usage: %s %s%s%s [OPTION…]"), typed_before(group, before),
		command->name, command->arguments[0] ? " " : "", command->arguments);
	output_line(stream, "%s", _(command->summary));
	if (command->details) {
		output_line(stream, "%s", "");
		output_line(stream, "%s", _(command->details));
	}
	output_line(stream, "%s", "");
	for (size_t i = 0; i < COMMAND_OPTION_TABLES && command->options[i]; i++)
		options_print(stream, command->options[i]);
	options_print(stream, global_options);
}

static void list_table(const struct command_group *group, const struct command *command,
	const struct cli_option *table)
{
	for (; table->name; table++)
		printf("%s %s --%s\n", group->name, command->name, table->name);
}

/* For the check of manual page and completion: every command and option, a line each. */
static void list_options(void)
{
	for (size_t i = 0; i < program.group_count; i++)
		for (size_t j = 0; j < program.groups[i]->count; j++) {
			const struct command *command = &program.groups[i]->commands[j];
			for (size_t k = 0; k < COMMAND_OPTION_TABLES && command->options[k]; k++)
				list_table(program.groups[i], command, command->options[k]);
			list_table(program.groups[i], command, global_options);
		}
}

/* Does the command's name stand at the beginning of words? Returns how many it takes, 0 if not. */
static int match_command(const struct command *command, int count, char *const words[])
{
	const char *name = command->name;
	for (int i = 0; i < count; i++) {
		size_t length = strcspn(name, " ");
		if (strlen(words[i]) != length || strncmp(words[i], name, length) != 0)
			return 0;
		name += length;
		if (!*name)
			return i + 1;
		name++;
	}
	return 0;
}

/* A command that failed before it had a result says so on both channels. */
static enum error_kind report_error(struct error *error, bool json)
{
	enum error_kind code = command_failed(error);
	output_error(error);
	AUTO_JSON json_t *document = json ? json_object() : NULL;
	struct error lost = { 0 };
	if (document && json_put(document, "error", output_error_json(error)) == 0 &&
		output_json(json_incref(document), &lost) < 0)
		output_error(&lost);
	return code;
}

/* Where the options could not be read, a program still wants its JSON. */
static bool asks_json(int argc, char *const argv[])
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

/* Print a usage error about a word, with the nearest of what there is. group: where it was looked for, or "". */
static enum error_kind unknown_word(struct error *error, const char *group, const char *word,
	const char *const candidates[], bool json)
{
	const char *nearest = options_nearest(word, candidates);
	if (nearest)
		error_next(error, _("Did you mean \"%s\"?"), nearest);
	else
		error_next(error, _("See what there is: %s%s%s --help"), program.name,
			group[0] ? " " : "", group);
	return report_error(error, json);
}

static enum error_kind unknown_group(const char *word, bool json)
{
	const char *candidates[GROUPS_MAX + 1] = { NULL };
	for (size_t i = 0; i < program.group_count && i < GROUPS_MAX; i++)
		candidates[i] = program.groups[i]->name;
	struct error error = { 0 };
	error_set(&error, ERROR_USAGE, EINVAL, "command-unknown", _("There is no command \"%s\"."),
		word);
	return unknown_word(&error, "", word, candidates, json);
}

static enum error_kind unknown_verb(
	const struct command_group *group, int count, char *const words[])
{
	const char *candidates[64] = { NULL };
	bool two_words = false;
	size_t length = strlen(words[0]);
	for (size_t i = 0; i < group->count && i + 1 < ARRAY_SIZE(candidates); i++) {
		const char *name = group->commands[i].name;
		candidates[i] = name;
		if (strncmp(name, words[0], length) == 0 && name[length] == ' ')
			two_words = count > 1 && words[1][0] != '-';
	}
	char typed[128];
	snprintf(typed, sizeof(typed), "%s%s%s", words[0], two_words ? " " : "",
		two_words ? words[1] : "");
	struct error error = { 0 };
	error_set(&error, ERROR_USAGE, EINVAL, "command-unknown",
		_("There is no command \"%s %s\"."), group->name, typed);
	return unknown_word(&error, group->name, typed, candidates, asks_json(count, words));
}

static enum error_kind run_command(const struct command_group *group, const struct command *command,
	int argc, char *const argv[])
{
	struct global_options global = { 0 };
	struct parsed_arguments arguments = { 0 };
	struct error error = { 0 };
	AUTO_FREE void *values = calloc(1, command->values_size + 1);
	if (!values) {
		error_no_memory(&error);
		return report_error(&error, false);
	}
	if (options_parse(command, argc, argv, values, &global, &arguments, &error) < 0)
		return report_error(&error, asks_json(argc, argv));
	if (global.help) {
		print_command_usage(stdout, group, command);
		return ERROR_NONE;
	}
	struct invocation invocation = { .group = group,
		.command = command,
		.json = global.json,
		.config_path = global.config,
		.state_folder = global.state,
		.arguments = arguments.items,
		.argument_count = arguments.count,
		.values = values };
	if (program.configure && program.configure(&global, &invocation.config, &error) < 0)
		return report_error(&error, global.json);
	int parent = command->touches_drives ? supervise() : -1;
	enum error_kind code = command->run(&invocation, &error);
	if (error.kind != ERROR_NONE)
		code = report_error(&error, global.json);
	if (parent >= 0) {
		code = output_finish(code);
		supervise_report(parent, (int)code);
	}
	return code;
}

static bool is_first_word(const struct command_group *group, const char *word)
{
	for (size_t i = 0; i < group->count; i++)
		if (begins_with_word(&group->commands[i], word))
			return true;
	return false;
}

static enum error_kind run_group(const struct command_group *group, int argc, char *const argv[])
{
	if (argc == 0) {
		print_group_usage(stderr, group);
		return ERROR_USAGE;
	}
	if (strcmp(argv[0], "--help") == 0) {
		print_group_usage(stdout, group);
		return ERROR_NONE;
	}
	for (size_t i = 0; i < group->count; i++) {
		int words = match_command(&group->commands[i], argc, argv);
		if (words > 0)
			return run_command(group, &group->commands[i], argc - words, argv + words);
	}
	bool asks_help = argc == 2 && strcmp(argv[1], "--help") == 0;
	if ((argc == 1 || asks_help) && is_first_word(group, argv[0])) {
		print_group(asks_help ? stdout : stderr, group, argv[0]);
		return asks_help ? ERROR_NONE : ERROR_USAGE;
	}
	return unknown_verb(group, argc, argv);
}

static enum error_kind run_program(int argc, char *const argv[])
{
	if (argc < 2) {
		print_usage(stderr);
		return ERROR_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return ERROR_NONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("%s %s (%s)\n", program.name, HAIKI_VERSION, HAIKI_BUILD);
		return ERROR_NONE;
	}
	if (strcmp(argv[1], "--list-options") == 0) {
		list_options();
		return ERROR_NONE;
	}
	if (program.group_count == 1)
		return run_group(program.groups[0], argc - 1, argv + 1);
	for (size_t i = 0; i < program.group_count; i++)
		if (strcmp(argv[1], program.groups[i]->name) == 0)
			return run_group(program.groups[i], argc - 2, argv + 2);
	return unknown_group(argv[1], asks_json(argc, argv));
}

/* With stdin, stdout or stderr closed, the next file opened takes their number: a message would be
 * written to a drive. */
static int setup_descriptors(void)
{
	int fd;
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

int main(int argc, char *argv[])
{
	if (setup_descriptors() < 0)
		return ERROR_FAILED;
	setup_language();
	/* A reader that went away must not end a wipe. */
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_sink(say, NULL);
	return (int)output_finish(run_program(argc, argv));
}
