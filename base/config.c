/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inih cuts the file into lines and pairs; a table says what each key is and what it accepts. */
#include "base/config.h"

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CONFIG_MAX_BYTES 65536
#define MEMORY_MIN_BYTES MIB
#define MEMORY_MAX_BYTES (1024 * GIB)
#define STALL_MIN_SECONDS 1
#define STALL_MAX_SECONDS 86400
#define TIMEOUT_MIN_SECONDS 1
#define TIMEOUT_MAX_SECONDS 600

/* What a line is refused for; one sentence part each. */
static const char problem_memory[] = N_("the memory must be 1MiB to 1TiB");
static const char problem_stall[] = N_("the stall limit must be 1 to 86400 seconds");

/* Each puts value into *field, or returns why it cannot. */
typedef const char *take_value(void *field, const char *value);

static const char *take_text(void *field, const char *value)
{
	size_t length = strlen(value);

	if (length >= CONFIG_VALUE_MAX)
		return N_("the value is too long");
	memcpy(field, value, length + 1);
	return NULL;
}

static const char *take_path(void *field, const char *value)
{
	if (*value != '/')
		return N_("the value must be a path that begins with /");
	return take_text(field, value);
}

static const char *take_path_or_nothing(void *field, const char *value)
{
	return *value == '\0' ? take_text(field, value) : take_path(field, value);
}

static const char *take_country(void *field, const char *value)
{
	if (strlen(value) != 2 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
		return N_("the country must be two capital letters (ISO 3166)");
	return take_text(field, value);
}

static const char *take_memory(void *field, const char *value)
{
	uint64_t bytes;

	if (config_parse_size(value, &bytes) < 0 || bytes < MEMORY_MIN_BYTES ||
		bytes > MEMORY_MAX_BYTES)
		return problem_memory;
	*(uint64_t *)field = bytes;
	return NULL;
}

static bool take_seconds(void *field, const char *value, uint64_t min, uint64_t max)
{
	uint64_t seconds;

	/* As a size without a unit: digits and nothing else. */
	if (strspn(value, "0123456789") != strlen(value) ||
		config_parse_size(value, &seconds) < 0 || seconds < min || seconds > max)
		return false;
	*(uint64_t *)field = seconds * 1000;
	return true;
}

static const char *take_stall(void *field, const char *value)
{
	return take_seconds(field, value, STALL_MIN_SECONDS, STALL_MAX_SECONDS) ? NULL
										: problem_stall;
}

static const char *take_timeout(void *field, const char *value)
{
	return take_seconds(field, value, TIMEOUT_MIN_SECONDS, TIMEOUT_MAX_SECONDS)
		       ? NULL
		       : N_("the time limit must be 1 to 600 seconds");
}

static const char *take_signer(void *field, const char *value)
{
	if (strcmp(value, "file") != 0 && strncmp(value, "pkcs11:", 7) != 0 &&
		strncmp(value, "tpm:", 4) != 0)
		return N_("the signer must be file, pkcs11:… or tpm:…");
	return take_text(field, value);
}

static const char *take_url_or_nothing(void *field, const char *value)
{
	if (*value != '\0' && strncmp(value, "http://", 7) != 0 &&
		strncmp(value, "https://", 8) != 0)
		return N_("the address must begin with http:// or https://");
	return take_text(field, value);
}

static const char *take_io(void *field, const char *value)
{
	static const char *const backends[] = { "auto", "io_uring", "threads" };

	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (strcmp(value, backends[i]) == 0) {
			memcpy(field, value, strlen(value) + 1);
			return NULL;
		}
	return N_("io must be auto, io_uring or threads");
}

static const char *take_outside(void *field, const char *value)
{
	if (strcmp(value, "refuse") != 0 && strcmp(value, "vouched") != 0)
		return N_("outside must be refuse or vouched");
	return take_text(field, value);
}

static const struct key {
	const char *section;
	const char *name;
	size_t field;
	take_value *take;
} keys[] = {
	{ "store", "state", offsetof(struct config, state_folder), take_path },
	{ "store", "database", offsetof(struct config, store), take_path },
	{ "policy", "file", offsetof(struct config, policy), take_path_or_nothing },
	{ "keys", "folder", offsetof(struct config, keys_folder), take_path },
	{ "keys", "signer", offsetof(struct config, keys_signer), take_signer },
	{ "keys", "passphrase", offsetof(struct config, keys_passphrase), take_path_or_nothing },
	{ "timestamp", "url", offsetof(struct config, timestamp_url), take_url_or_nothing },
	{ "timestamp", "ca", offsetof(struct config, timestamp_ca), take_path_or_nothing },
	{ "timestamp", "timeout", offsetof(struct config, timestamp_timeout_ms), take_timeout },
	{ "site", "organisation", offsetof(struct config, organisation), take_text },
	{ "site", "site", offsetof(struct config, site), take_text },
	{ "site", "country", offsetof(struct config, country), take_country },
	{ "site", "zone", offsetof(struct config, zone), take_text },
	{ "engine", "memory", offsetof(struct config, memory_budget_bytes), take_memory },
	{ "engine", "stall", offsetof(struct config, stall_limit_ms), take_stall },
	{ "engine", "io", offsetof(struct config, io_backend), take_io },
	{ "guard", "outside", offsetof(struct config, guard_outside), take_outside },
};

/* One reading of one file. inih asks for lines and hands back pairs, each before the next line. */
struct reading {
	const char *rest; /* of the text, NUL-terminated */
	int line;         /* number of the line handed out last */
	struct config config;
	bool given[ARRAY_SIZE(keys)];
	const char *problem; /* the first one, untranslated; NULL: none */
	int problem_line;
};

static void note_problem(struct reading *reading, const char *problem)
{
	if (reading->problem)
		return;
	reading->problem = problem;
	reading->problem_line = reading->line;
}

static bool is_section(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].section) == length && memcmp(keys[i].section, name, length) == 0)
			return true;
	return false;
}

/* inih tells of a section only with its first pair; an empty one is looked at here. */
static void check_section(struct reading *reading, const char *line)
{
	line += strspn(line, " \t");
	if (*line == '[' && !is_section(line + 1, strcspn(line + 1, "]\r\n")))
		note_problem(reading, N_("the section is not known"));
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
	check_section(reading, ret);
	return ret;
}

/* inih's convention: 1 is well, 0 is an error. */
static int take_pair(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
			continue;
		/* inih takes an indented line for more of the value before it. */
		const char *problem =
			reading->given[i] ? N_("the key is given twice, or the line is indented")
					  : keys[i].take((char *)&reading->config + keys[i].field,
						    value ? value : "");
		reading->given[i] = true;
		if (problem)
			note_problem(reading, problem);
		return problem == NULL;
	}
	note_problem(reading, N_("the key is not known in this section"));
	return 0;
}

static bool is_given(const struct reading *reading, const void *field)
{
	size_t offset = (size_t)((const char *)field - (const char *)&reading->config);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].field == offset)
			return reading->given[i];
	return false;
}

static int place_below_state(const struct config *config, char *ret, const char *name)
{
	int length = snprintf(ret, CONFIG_VALUE_MAX, "%s/%s", config->state_folder, name);
	return length < 0 || length >= CONFIG_VALUE_MAX ? -ENAMETOOLONG : 0;
}

void config_defaults(struct config *ret)
{
	*ret = (struct config){
		.state_folder = "/var/lib/haiki",
		.store = "/var/lib/haiki/haiki.db",
		.keys_folder = "/var/lib/haiki/keys",
		.keys_signer = "file",
		.timestamp_timeout_ms = UINT64_C(10) * 1000,
		.country = "JP",
		.memory_budget_bytes = 64 * MIB,
		.stall_limit_ms = UINT64_C(300) * 1000,
		.io_backend = "auto",
		.guard_outside = "refuse",
	};
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

	if (!is_plain_text(text))
		return error_set(error, ERROR_USAGE, EINVAL, "config",
			_("%s is not plain UTF-8 text"), path);
	config_defaults(&reading.config);
	int result = ini_parse_stream(next_line, &reading, take_pair, &reading);
	if (result < 0)
		return error_no_memory(error);
	if (reading.problem && (result == 0 || reading.problem_line <= result))
		return refuse_line(path, reading.problem_line, reading.problem, error);
	if (result > 0)
		return refuse_line(path, result, N_("neither a [section] nor key = value"), error);
	if (follow_state_folder(&reading) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "config",
			_("%s: the path of the state folder is too long"), path);
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
