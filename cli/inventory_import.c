/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki inventory import` and `export`. */
#include "inventory/transfer/import.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct cli_option import_options[] = {
	{ "kind", "KIND", N_("what the CSV files hold, where their header does not tell"),
		option_text, OPTION_INTO(struct import_values, kind) },
	{ "dry-run", NULL, N_("try everything, enter nothing, say what would be"), option_flag,
		OPTION_INTO(struct import_values, dry_run) },
	{ 0 },
};

const struct cli_option export_options[] = {
	{ "format", "FORMAT", N_("csv (as without it) or json"), option_text,
		OPTION_INTO(struct export_values, format) },
	{ "output", "FILE", N_("write it there instead of to stdout"), option_text,
		OPTION_INTO(struct export_values, output) },
	{ 0 },
};

/* -- import -- */

struct files {
	struct buffer texts[OPTION_ARGUMENTS_MAX];
	struct import_input inputs[OPTION_ARGUMENTS_MAX];
	size_t count;
};

static void files_free(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		buffer_free(&files->texts[i]);
	free(files);
}
static void cleanup_files(struct files **files)
{
	if (*files)
		files_free(*files);
}

static int read_files(const struct invocation *invocation, struct files *files, struct error *error)
{
	for (size_t i = 0; i < invocation->argument_count; i++) {
		const char *path = invocation->arguments[i];
		files->texts[i] = (struct buffer)BUFFER_INIT(IMPORT_MAX_BYTES);
		files->count++;
		int r = file_read(path, &files->texts[i], error);
		if (r < 0)
			return file_advise(r, error);
		files->inputs[i] = (struct import_input){ .name = path,
			.text = buffer_text(&files->texts[i]),
			.length = files->texts[i].length };
	}
	return 0;
}

/* "FILE:12: what" and the next step, on stderr. */
static void print_problems(const struct import_report *report)
{
	size_t shown = MIN(report->problem_count, (size_t)IMPORT_PROBLEMS_KEPT);
	for (size_t i = 0; i < shown; i++) {
		const struct import_problem *problem = &report->problems[i];
		output_line(stderr, "%s:%s%s %s", problem->file, problem->place,
			problem->place[0] ? ":" : "", problem->error.what);
		if (problem->error.next[0])
			output_line(stderr, "  → %s", problem->error.next);
	}
	if (report->problem_count > shown)
		output_line(stderr, _("and %zu more"), report->problem_count - shown);
}

static void print_counts(const struct import_report *report)
{
	for (size_t i = 0; i < IMPORT_KINDS; i++) {
		const struct import_count *count = &report->counts[i];
		if (count->added + count->changed + count->unchanged > 0)
			output_line(stdout, _("%s: %zu added, %zu changed, %zu as they were"),
				count->kind, count->added, count->changed, count->unchanged);
	}
}

static void print_changes(const struct import_report *report)
{
	for (size_t i = 0; i < report->change_count; i++) {
		const struct import_change *change = &report->changes[i];
		output_line(stdout, "%s  %s  %s%s%s", change->added ? "+" : "~", change->kind,
			change->key, change->added ? "" : ": ", change->columns);
	}
}

static json_t *problem_json(const struct import_problem *problem)
{
	AUTO_JSON json_t *json = output_error_json(&problem->error);
	if (!json || json_put_string(json, "file", problem->file) < 0 ||
		json_put_string(json, "place", problem->place) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *change_json(const struct import_change *change)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "file", change->file) < 0 ||
		json_put_string(json, "place", change->place) < 0 ||
		json_put_string(json, "kind", change->kind) < 0 ||
		json_put_string(json, "key", change->key) < 0 ||
		json_put_string(json, "action", change->added ? "added" : "changed") < 0 ||
		json_put_string(json, "columns", change->columns) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *count_json(const struct import_count *count)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "kind", count->kind ? count->kind : "") < 0 ||
		json_put_integer(json, "added", (int64_t)count->added) < 0 ||
		json_put_integer(json, "changed", (int64_t)count->changed) < 0 ||
		json_put_integer(json, "unchanged", (int64_t)count->unchanged) < 0)
		return NULL;
	return json_incref(json);
}

/* More changes than this are counted and not named: the answer would be larger than the files. */
#define CHANGES_SHOWN_JSON 20000

static int print_json(const struct import_report *report, bool dry_run, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	AUTO_JSON json_t *problems = json_array();
	AUTO_JSON json_t *changes = json_array();
	AUTO_JSON json_t *counts = json_array();
	size_t shown = MIN(report->problem_count, (size_t)IMPORT_PROBLEMS_KEPT);
	for (size_t i = 0; i < shown; i++)
		if (json_push(problems, problem_json(&report->problems[i])) < 0)
			return error_no_memory(error);
	for (size_t i = 0; i < MIN(report->change_count, (size_t)CHANGES_SHOWN_JSON); i++)
		if (json_push(changes, change_json(&report->changes[i])) < 0)
			return error_no_memory(error);
	for (size_t i = 0; i < IMPORT_KINDS; i++)
		if (json_push(counts, count_json(&report->counts[i])) < 0)
			return error_no_memory(error);
	if (!json || json_put(json, "problems", json_incref(problems)) < 0 ||
		json_put(json, "changes", json_incref(changes)) < 0 ||
		json_put(json, "counts", json_incref(counts)) < 0 ||
		json_put_integer(json, "problem_count", (int64_t)report->problem_count) < 0 ||
		json_put_integer(json, "dry_run", dry_run) < 0 ||
		json_put_integer(json, "entered", report->entered) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

static void print_text(const struct import_report *report, bool dry_run)
{
	if (report->problem_count > 0) {
		print_problems(report);
		output_line(stderr, _("haiki: nothing was entered: %zu problems"),
			report->problem_count);
		return;
	}
	if (dry_run)
		print_changes(report);
	print_counts(report);
	if (dry_run)
		output_line(stdout, "%s", _("Nothing was entered: this was a dry run."));
}

static int check_kind(const char *kind, struct error *error)
{
	if (!*kind)
		return 0;
	for (size_t i = 0; import_kind_names[i]; i++)
		if (strcmp(import_kind_names[i], kind) == 0)
			return 0;
	const char *nearest = options_nearest(kind, import_kind_names);
	error_set(error, ERROR_USAGE, EINVAL, "kind-unknown",
		_("There is nothing called \"%.60s\" to import"), kind);
	if (nearest)
		error_next(error, _("Did you mean \"%s\"?"), nearest);
	return -EINVAL;
}

enum error_kind inventory_import(const struct invocation *invocation, struct error *error)
{
	const struct import_values *values = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct files *files CLEANUP(cleanup_files) = calloc(1, sizeof(*files));
	AUTO_REPORT struct import_report report = { 0 };
	struct clock_reading now;
	clock_read(&now);
	if (!files) {
		error_no_memory(error);
		return command_failed(error);
	}
	if (check_kind(values->kind, error) < 0 || read_files(invocation, files, error) < 0)
		return command_failed(error);
	const struct import_request request = { .inputs = files->inputs,
		.count = files->count,
		.kind = values->kind[0] ? values->kind : NULL,
		.dry_run = values->dry_run,
		.now_utc_ms = now.utc_ms };
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		import_run(store, &request, &report, error) < 0)
		return command_failed(error);
	if (!invocation->json)
		print_text(&report, values->dry_run);
	else if (print_json(&report, values->dry_run, error) < 0)
		return command_failed(error);
	return report.problem_count > 0 ? ERROR_FAILED : ERROR_NONE;
}

/* -- export -- */

static int check_format(const char *format, enum export_format *ret, struct error *error)
{
	*ret = strcmp(format, "json") == 0 ? EXPORT_JSON : EXPORT_CSV;
	if (!*format || strcmp(format, "csv") == 0 || *ret == EXPORT_JSON)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "option-value",
		_("The format is csv or json, not \"%s\"."), format);
}

enum error_kind inventory_export(const struct invocation *invocation, struct error *error)
{
	const struct export_values *values = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(IMPORT_MAX_BYTES);
	enum export_format format = EXPORT_CSV;
	if (check_format(values->format, &format, error) < 0)
		return command_failed(error);
	if (invocation->json)
		format = EXPORT_JSON;
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		export_kind(store, invocation->arguments[0], format, &text, error) < 0)
		return command_failed(error);
	if (!values->output[0]) {
		fwrite(buffer_text(&text), 1, text.length, stdout);
		return ERROR_NONE;
	}
	/* Whose data lies where is nobody else's to read. */
	if (file_write(values->output, buffer_text(&text), text.length, 0600, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}
