/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify certificate`: one in full, or ten thousand in a table. Of many only a line each is kept. */
#include "base/clock.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/verify.h"
#include "cli/verify_files.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_INTERVAL_MS 1000

/* What is kept of one among many; texts are owned. */
struct line {
	char *name, *supersedes, *serial, *problem;
	char *json; /* canonical text; NULL unless it is wanted */
	const char *verdict;
	bool valid, proven, outstanding;
	bool superseded; /* by another of the same call */
};

struct line_list {
	struct line *items; /* owned */
	size_t count;
};

static void line_list_free(struct line_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].supersedes);
		free(list->items[i].serial);
		free(list->items[i].problem);
		free(list->items[i].json);
	}
	free(list->items);
}

/* --- from a check to its line --- */

static char *json_text(const struct checked *checked)
{
	AUTO_JSON json_t *json = verify_json(checked);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	if (!json || json_write_canonical(json, &text) < 0)
		return NULL;
	return buffer_take(&text);
}

static int fill(
	struct line *line, const struct checked *checked, bool with_json, struct error *error)
{
	struct drive_identity subject = verify_subject(checked);
	line->valid = verify_is_valid(checked);
	line->proven = verify_is_success(checked);
	line->verdict = verify_verdict(checked);
	line->outstanding =
		json_array_size(json_object_get(checked->report.certificate, "outstanding")) > 0;
	line->name = strdup(verify_text(checked, NULL, "name"));
	line->supersedes = strdup(verify_text(checked, NULL, "supersedes"));
	/* An invalid certificate says nothing about any drive. */
	line->serial = strdup(line->valid ? subject.serial : "");
	line->problem = strdup(verify_problem(checked));
	line->json = with_json ? json_text(checked) : NULL;
	if (!line->name || !line->supersedes || !line->serial || !line->problem ||
		(with_json && !line->json))
		return error_no_memory(error);
	return 0;
}

/* --- a later one in the same call --- */

static int compare_names(const void *a, const void *b)
{
	const struct line *const *left = a, *const *right = b;
	return strcmp((*left)->name, (*right)->name);
}

/* The first of the name in what is sorted by it, or count. */
static size_t find_name(struct line *const *sorted, size_t count, const char *name)
{
	size_t from = 0, to = count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(sorted[middle]->name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int supersede(struct line *line, const char *later, struct error *error)
{
	struct certificate_report report = { 0 };
	struct check *check = &report.checks[CHECK_SUPERSEDED];
	check->name = certificate_check_word(CHECK_SUPERSEDED);
	certificate_report_supersede(&report, later);
	line->superseded = true;
	line->valid = line->proven = false;
	line->verdict = _("INVALID");
	free(line->problem);
	line->problem = strdup(check->error.what);
	line->serial[0] = '\0';
	if (!line->problem)
		return error_no_memory(error);
	if (!line->json)
		return 0;
	AUTO_JSON json_t *json = NULL;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	int r = json_parse(line->json, strlen(line->json), "checked", &json, error);
	if (r == 0 &&
		(verify_json_supersede(json, check) < 0 || json_write_canonical(json, &text) < 0))
		r = error_no_memory(error);
	if (r < 0)
		return r;
	free(line->json);
	line->json = buffer_take(&text);
	return line->json ? 0 : error_no_memory(error);
}

/* Only what is valid itself takes another's place; it counts even when it was superseded in its turn. */
static int supersede_all(struct line_list *list, struct error *error)
{
	AUTO_FREE struct line **sorted = calloc(list->count + 1, sizeof(*sorted));
	AUTO_FREE bool *was_valid = calloc(list->count + 1, sizeof(*was_valid));
	if (!sorted || !was_valid)
		return error_no_memory(error);
	for (size_t i = 0; i < list->count; i++) {
		sorted[i] = &list->items[i];
		was_valid[i] = list->items[i].valid;
	}
	qsort(sorted, list->count, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < list->count; i++) {
		const struct line *later = &list->items[i];
		if (!was_valid[i] || !later->supersedes[0])
			continue;
		size_t at = find_name(sorted, list->count, later->supersedes);
		for (; at < list->count && strcmp(sorted[at]->name, later->supersedes) == 0; at++) {
			int r = sorted[at]->valid ? supersede(sorted[at], later->name, error) : 0;
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* --- printing many --- */

static int print_json(const struct line_list *list, struct error *error)
{
	AUTO_OUTPUT_LIST struct output_list output;
	output_list_begin(&output, "certificates");
	for (size_t i = 0; i < list->count; i++)
		output_list_add_text(&output, list->items[i].json);
	return output_list_end(&output, error);
}

static int print_table(
	const struct line_list *list, const struct file_list *files, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("VERDICT"), false, true },
		{ N_("SERIAL"), false, true },
		{ N_("CERTIFICATE"), false, true },
		{ N_("WHY NOT"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	size_t proven = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct line *line = &list->items[i];
		proven += line->proven;
		table_cell(&table, "%s", line->verdict);
		table_cell(&table, "%s", line->serial);
		table_cell(&table, "%s", files->items[i]);
		table_cell(&table, "%s", line->problem);
	}
	int r = output_table(&table, error);
	if (r < 0)
		return r;
	output_line(
		stdout, _("%zu of %zu certificates are valid and proven."), proven, list->count);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].proven && list->items[i].outstanding)
			output_line(stdout,
				_("%s: something was outstanding when it was issued; check it "
				  "alone"),
				files->items[i]);
	return 0;
}

/* On a terminal one line, painted over; else a line of JSON a second. */
static void show_progress(size_t done, size_t total, int64_t *last_ms)
{
	int64_t now_ms = clock_monotonic_ms();
	bool terminal = isatty(STDERR_FILENO);
	if (now_ms - *last_ms < PROGRESS_INTERVAL_MS && !(terminal && done == total))
		return;
	*last_ms = now_ms;
	if (!terminal)
		(void)fprintf(stderr, "{\"checked\":%zu,\"total\":%zu}\n", done, total);
	else
		(void)fprintf(stderr, done == total ? "\r\033[K" : "\r%zu / %zu", done, total);
	(void)fflush(stderr);
}

/* --- the command --- */

static int check_many(const struct invocation *invocation, const struct verify_anchors *anchors,
	const struct file_list *files, struct line_list *ret, struct error *error)
{
	int64_t last_ms = clock_monotonic_ms();
	ret->items = calloc(files->count, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory(error);
	for (size_t i = 0; i < files->count; i++) {
		struct checked checked CLEANUP(checked_free) = { 0 };
		ret->count++;
		int r = verify_check_file(invocation, anchors, files->items[i], &checked, error);
		/* One that is none must not keep the others from being checked. */
		if (r < 0 && error->kind == ERROR_USAGE) {
			checked.unread = *error;
			*error = (struct error){ 0 };
			r = 0;
		}
		if (r == 0)
			r = fill(&ret->items[i], &checked, invocation->json, error);
		if (r < 0)
			return r;
		show_progress(i + 1, files->count, &last_ms);
	}
	return supersede_all(ret, error);
}

static enum error_kind verify_many(const struct invocation *invocation,
	const struct verify_anchors *anchors, const struct file_list *files, struct error *error)
{
	struct line_list list CLEANUP(line_list_free) = { 0 };
	int r = check_many(invocation, anchors, files, &list, error);
	if (r == 0)
		r = invocation->json ? print_json(&list, error) : print_table(&list, files, error);
	AUTO_FREE enum error_kind *codes = calloc(files->count, sizeof(*codes));
	if (r == 0 && !codes)
		r = error_no_memory(error);
	if (r < 0)
		return command_failed(error);
	for (size_t i = 0; i < list.count; i++)
		codes[i] = list.items[i].proven ? ERROR_NONE : ERROR_FAILED;
	return output_common_code(codes, list.count);
}

static enum error_kind verify_one(const struct invocation *invocation,
	const struct verify_anchors *anchors, const char *file, struct error *error)
{
	struct checked checked CLEANUP(checked_free) = { 0 };
	int r = verify_check_file(invocation, anchors, file, &checked, error);
	if (r < 0)
		return command_failed(error);
	if (!invocation->json) {
		verify_print(&checked);
	} else {
		AUTO_JSON json_t *array = json_array();
		if (json_push(array, verify_json(&checked)) < 0)
			r = error_no_memory(error);
		else
			r = output_list_json("certificates", json_incref(array), error);
	}
	if (r < 0)
		return command_failed(error);
	return verify_is_success(&checked) ? ERROR_NONE : ERROR_FAILED;
}

enum error_kind verify_certificate(const struct invocation *invocation, struct error *error)
{
	const struct verify_options *options = invocation->values;
	struct verify_anchors anchors CLEANUP(verify_anchors_close) = { 0 };
	AUTO_FILES struct file_list files = { 0 };
	for (size_t i = 0; i < invocation->argument_count; i++)
		if (file_list_add(&files, invocation->arguments[i], error) < 0)
			return command_failed(error);
	if (options->signature[0] && files.count > 1) {
		error_set(error, ERROR_USAGE, EINVAL, "signature-for-many",
			_("--signature goes with one certificate only."));
		return command_failed(error);
	}
	if (verify_anchors_open(invocation, &anchors, error) < 0)
		return command_failed(error);
	return files.count == 1 ? verify_one(invocation, &anchors, files.items[0], error)
				: verify_many(invocation, &anchors, &files, error);
}
