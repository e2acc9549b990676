/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inih cuts the file into lines and pairs; tables say which sections and keys there are. */
#include "base/config_parts.h"

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_MAX_BYTES 65536
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* in UTF-8 */

/* One reading of one file. inih asks for lines and hands back pairs, each before the next line. */
struct reading {
	const char *rest; /* of the text, NUL-terminated */
	int line;         /* number of the line handed out last */
	struct config config;
	const struct config_section *section; /* in which we are; NULL: in none that is known */
	void *base;                           /* where its fields lie */
	int section_line;
	bool given[CONFIG_KEYS_MAX]; /* keys; of a section with a name: in the one we are in */
	const char *problem;         /* the first one, untranslated; NULL: none */
	int problem_line;
};

static void note_problem(struct reading *reading, const char *problem)
{
	if (reading->problem)
		return;
	reading->problem = problem;
	reading->problem_line = reading->line;
}

static bool is_of(const struct config_key *key, const struct config_section *section)
{
	return section && strcmp(key->section, section->word) == 0;
}

/* A section with a name is over: is it whole? What it was given counts for that one alone. */
static void leave_section(struct reading *reading)
{
	bool whole = true;

	if (!reading->section || !reading->section->open)
		return;
	for (size_t i = 0; i < config_key_count; i++) {
		if (!is_of(&config_keys[i], reading->section))
			continue;
		whole = whole && (reading->given[i] || !config_keys[i].needed);
		reading->given[i] = false;
	}
	if (!whole && !reading->problem) {
		reading->problem = N_("a key that this section needs is missing");
		reading->problem_line = reading->section_line;
	}
}

/* "vsphere tokyo-1": word and name. The name is "" where there is none; one that is no name is told. */
static const char *take_name(const char *name, size_t length, char ret[static CONFIG_NAME_MAX])
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	if (length == 0)
		return N_("the section needs a name, as [vsphere tokyo-1]");
	if (length >= CONFIG_NAME_MAX)
		return N_("the section's name is longer than 63 letters");
	if (strspn(name, allowed) < length)
		return N_("the section's name may have letters, digits, - and _ alone");
	memcpy(ret, name, length);
	ret[length] = '\0';
	return NULL;
}

/* text: what stands between the brackets. */
static void enter_section(struct reading *reading, const char *text, size_t length)
{
	size_t word = 0;
	char name[CONFIG_NAME_MAX];
	const char *problem = NULL;

	leave_section(reading);
	while (word < length && text[word] != ' ' && text[word] != '\t')
		word++;
	reading->section = config_section_find(text, word);
	reading->section_line = reading->line;
	reading->base = &reading->config;
	if (reading->section && reading->section->open) {
		for (text += word, length -= word; length > 0 && (*text == ' ' || *text == '\t');
			length--)
			text++;
		problem = take_name(text, length, name);
		reading->base =
			problem ? NULL : reading->section->open(&reading->config, name, &problem);
	} else if (!reading->section || word < length) {
		problem = N_("the section is not known");
	}
	if (problem) {
		reading->section = NULL;
		note_problem(reading, problem);
	}
}

/* inih tells of a section only with its first pair, and cuts a long name: so it is read here. */
static void look_for_section(struct reading *reading, const char *line)
{
	size_t blanks = strspn(line, " \t");

	if (line[blanks] != '[')
		return;
	/* inih would take it for more of the value before it. */
	if (blanks > 0)
		note_problem(reading, N_("the line of a section must begin at its first column"));
	else
		enter_section(reading, line + 1, strcspn(line + 1, "]\r\n"));
}

/* As fgets(): the next line with its newline, or NULL at the end. A line that does not fit ends
 * the reading; fgets would hand out its rest as another line. */
static char *next_line(char *ret, int size, void *context)
{
	struct reading *reading = context;
	size_t length = strcspn(reading->rest, "\n");

	if (*reading->rest == '\0' || reading->problem)
		return NULL;
	reading->line++;
	if (reading->rest[length] == '\n')
		length++;
	if (size <= 0 || length >= (size_t)size) {
		note_problem(reading, N_("the line is too long"));
		return NULL;
	}
	memcpy(ret, reading->rest, length);
	ret[length] = '\0';
	reading->rest += length;
	look_for_section(reading, ret);
	return ret;
}

/* inih's convention: 1 is well, 0 is an error. */
static int take_pair(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	(void)section;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		if (!is_of(key, reading->section) || strcmp(key->name, name) != 0)
			continue;
		/* inih takes an indented line for more of the value before it. */
		const char *problem =
			reading->given[i]
				? N_("the key is given twice, or the line is indented")
				: key->take((char *)reading->base + key->field, value ? value : "");
		reading->given[i] = true;
		if (problem)
			note_problem(reading, problem);
		return problem == NULL;
	}
	note_problem(reading, N_("the key is not known in this section"));
	return 0;
}

/* Of a field of struct config itself. */
static bool is_given(const struct reading *reading, const void *field)
{
	size_t offset = (size_t)((const char *)field - (const char *)&reading->config);

	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].field == offset &&
			!config_section_find(config_keys[i].section, strlen(config_keys[i].section))
				 ->open)
			return reading->given[i];
	return false;
}

static int place_below_state(const struct config *config, char *ret, const char *name)
{
	int length = snprintf(ret, CONFIG_VALUE_MAX, "%s/%s", config->state_folder, name);
	return length < 0 || length >= CONFIG_VALUE_MAX ? -ENAMETOOLONG : 0;
}

/* The store and the keys go where the state goes, unless they are told otherwise. */
static int follow_state_folder(struct reading *reading)
{
	struct config *config = &reading->config;
	int result = 0;

	if (!is_given(reading, config->state_folder))
		return 0;
	if (!is_given(reading, config->store))
		result = place_below_state(config, config->store, "haiki.db");
	if (result == 0 && !is_given(reading, config->keys_folder))
		result = place_below_state(config, config->keys_folder, "keys");
	return result;
}

static bool is_plain_text(const struct buffer *text)
{
	for (size_t i = 0; i < text->length; i++) {
		unsigned char byte = (unsigned char)text->data[i];
		if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7f)
			return false;
	}
	return utf8_valid(buffer_text(text), text->length);
}

static int refuse_line(const char *path, int line, const char *problem, struct error *error)
{
	return error_set(
		error, ERROR_USAGE, EINVAL, "config", _("%s, line %d: %s"), path, line, _(problem));
}

static int parse(
	const char *path, const struct buffer *text, struct config *ret, struct error *error)
{
	struct reading reading = { .rest = buffer_text(text) };

	/* inih would skip it as well, but only behind our back. */
	if (strncmp(reading.rest, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		reading.rest += strlen(BYTE_ORDER_MARK);
	if (!is_plain_text(text))
		return error_set(error, ERROR_USAGE, EINVAL, "config",
			_("%s is not plain UTF-8 text"), path);
	config_defaults(&reading.config);
	int result = ini_parse_stream(next_line, &reading, take_pair, &reading);
	if (result < 0)
		return error_no_memory(error);
	leave_section(&reading);
	if (reading.problem && (result == 0 || reading.problem_line <= result))
		return refuse_line(path, reading.problem_line, reading.problem, error);
	if (result > 0)
		return refuse_line(path, result, N_("neither a [section] nor key = value"), error);
	if (follow_state_folder(&reading) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "config",
			_("%s: the path of the state folder is too long"), path);
	if (reading.config.deletion.sendmail[0] != '\0' && reading.config.deletion.from[0] == '\0')
		return error_set(error, ERROR_USAGE, EINVAL, "config",
			_("%s: sendmail is set in [deletion], and from is not: whose message would "
			  "it be?"),
			path);
	*ret = reading.config;
	return 0;
}

int config_load(const char *path, struct config *ret, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(CONFIG_MAX_BYTES);
	struct error reading_error = { 0 };

	int result = file_read(path ? path : CONFIG_DEFAULT_PATH, &text, &reading_error);
	if (result == -ENOENT && !path) {
		config_defaults(ret);
		return 0;
	}
	if (result < 0) {
		if (error)
			*error = reading_error;
		return result;
	}
	return parse(path ? path : CONFIG_DEFAULT_PATH, &text, ret, error);
}
