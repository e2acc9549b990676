/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading CSV and JSON files into rows. */
#include "inventory/transfer/import_sheet.h"

#include "base/nearest.h"
#include "base/text.h"
#include "inventory/transfer/csv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void import_sheets_free(struct import_state *state)
{
	for (size_t i = 0; i < TRANSFER_KINDS; i++) {
		struct import_sheet *sheet = &state->sheets[i];
		for (size_t j = 0; j < sheet->count; j++)
			transfer_fields_free(&sheet->rows[j].fields);
		free(sheet->rows);
		*sheet = (struct import_sheet){ 0 };
	}
}

void import_place(const struct transfer_kind *kind, const struct import_sheet_row *row, char *ret,
	size_t size)
{
	if (row->is_json)
		(void)snprintf(ret, size, "%s[%u]", kind->name, row->number);
	else
		(void)snprintf(ret, size, "%u", row->number);
}

int import_add_problem(struct import_state *state, const char *file, const char *place,
	const struct error *problem)
{
	struct import_report *report = state->report;
	if (report->problem_count++ >= IMPORT_PROBLEMS_KEPT)
		return 0;
	if (!report->problems)
		report->problems = calloc(IMPORT_PROBLEMS_KEPT, sizeof(*report->problems));
	if (!report->problems)
		return error_no_memory(state->error);
	struct import_problem *added = &report->problems[report->problem_count - 1];
	added->file = file;
	added->number = report->problem_count;
	(void)snprintf(added->place, sizeof(added->place), "%s", place);
	added->error = *problem;
	return 0;
}

static size_t index_of(const struct transfer_kind *kind)
{
	size_t i = 0;
	while (transfer_kinds[i] != kind)
		i++;
	return i;
}

static struct import_sheet_row *add_row(
	struct import_state *state, const struct transfer_kind *kind)
{
	struct import_sheet *sheet = &state->sheets[index_of(kind)];
	if (sheet->count == sheet->capacity) {
		size_t larger = 2 * sheet->capacity + 16;
		struct import_sheet_row *rows =
			reallocarray(sheet->rows, larger, sizeof(*sheet->rows));
		if (!rows) {
			error_no_memory(state->error);
			return NULL;
		}
		sheet->rows = rows;
		sheet->capacity = larger;
	}
	struct import_sheet_row *row = &sheet->rows[sheet->count++];
	*row = (struct import_sheet_row){ 0 };
	return row;
}

/* -- CSV -- */

struct csv_file {
	struct import_state *state;
	const struct import_input *input;
	const struct transfer_kind *kind; /* NULL: the header was not seen, or is bad */
	bool has_header;
	size_t column_count;
	int columns[CSV_FIELDS_MAX]; /* of the kind, in the order of the file */
};

static int add_at_line(struct csv_file *file, unsigned line, const struct error *problem)
{
	char place[40] = "";
	if (line > 0)
		(void)snprintf(place, sizeof(place), "%u", line);
	return import_add_problem(file->state, file->input->name, place, problem);
}

/* A column that is not there: never passed over, its cells may have been meant. */
static void unknown_column(
	const struct transfer_kind *kind, const char *name, struct error *problem)
{
	const char *names[TRANSFER_COLUMNS_MAX + 1] = { NULL };
	for (size_t i = 0; i < kind->column_count; i++)
		names[i] = kind->columns[i].name;
	const char *nearest = nearest_word(name, names);
	error_set(problem, ERROR_USAGE, EINVAL, "column-unknown",
		_("There is no column \"%.60s\" of %s"), name, kind->name);
	if (nearest)
		error_next(problem, _("Did you mean \"%s\"?"), nearest);
	else
		error_next(problem, _("Take it out; docs/import.md names the columns."));
}

static int map_columns(struct csv_file *file, const struct csv_record *record)
{
	bool good = true;
	for (size_t i = 0; i < record->count; i++) {
		struct error problem = { 0 };
		file->columns[i] = transfer_column_find(file->kind, record->fields[i]);
		if (file->columns[i] < 0)
			unknown_column(file->kind, record->fields[i], &problem);
		for (size_t j = 0; j < i && file->columns[i] >= 0; j++)
			if (file->columns[j] == file->columns[i])
				error_set(&problem, ERROR_USAGE, EINVAL, "column-twice",
					_("The column \"%.60s\" stands there twice"),
					record->fields[i]);
		if (problem.kind == ERROR_NONE)
			continue;
		good = false;
		int r = add_at_line(file, record->line, &problem);
		if (r < 0)
			return r;
	}
	file->column_count = record->count;
	if (!good)
		file->kind = NULL;
	return 0;
}

static int take_header(struct csv_file *file, const struct csv_record *record)
{
	const char *wanted = file->state->request->kind;
	file->has_header = true;
	file->kind = wanted ? transfer_kind_find(wanted)
			    : transfer_kind_tell(record->fields, record->count);
	if (file->kind)
		return map_columns(file, record);
	struct error problem = { 0 };
	error_set(&problem, ERROR_USAGE, EINVAL, "kind-untold",
		_("The names of the columns do not tell what this is: the first line must name "
		  "them"));
	error_next(&problem, _("Say it: --kind tenants, contracts, volumes, drives, generations "
			       "or rules"));
	return add_at_line(file, record->line, &problem);
}

static int take_cells(struct csv_file *file, const struct csv_record *record)
{
	struct import_sheet_row *row = add_row(file->state, file->kind);
	if (!row)
		return -ENOMEM;
	row->file = file->input->name;
	row->number = record->line;
	for (size_t i = 0; i < record->count; i++) {
		struct error problem = { 0 };
		int column = file->columns[i];
		int r = transfer_from_cell(&file->kind->columns[column], record->fields[i],
			&row->fields.texts[column], &problem);
		if (r == -ENOMEM)
			return error_no_memory(file->state->error);
		if (r < 0) {
			/* It is no row any more: nothing shall be said of it twice. */
			row->is_done = true;
			r = add_at_line(file, record->line, &problem);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_record(void *context, const struct csv_record *record, struct error *error)
{
	struct csv_file *file = context;
	(void)error;
	if (!file->has_header)
		return take_header(file, record);
	if (!file->kind)
		return 0;
	if (record->count == file->column_count)
		return take_cells(file, record);
	struct error problem = { 0 };
	error_set(&problem, ERROR_USAGE, EINVAL, "csv-cells",
		_("There are %zu cells, and %zu columns"), record->count, file->column_count);
	error_next(&problem, _("A cell with a comma or a line break in it must be quoted."));
	return add_at_line(file, record->line, &problem);
}

static int read_csv(struct import_state *state, const struct import_input *input)
{
	struct csv_file file = { .state = state, .input = input };
	struct error problem = { 0 };
	unsigned line = 0;
	int r = csv_read(input->text, input->length, take_record, &file, &line, &problem);
	if (r == -ENOMEM)
		return error_no_memory(state->error);
	if (r < 0 && problem.kind == ERROR_NONE)
		return r; /* what a visit returned, told in state->error */
	if (r == 0 && !file.has_header) {
		line = 0;
		r = error_set(&problem, ERROR_USAGE, EINVAL, "csv-empty",
			_("There is nothing in it, not even the names of the columns"));
	}
	return r < 0 ? add_at_line(&file, line, &problem) : 0;
}

/* -- JSON -- */

struct json_file {
	struct import_state *state;
	const struct import_input *input;
	const struct transfer_kind *kind;
};

static int take_json_row(struct json_file *file, const json_t *object, unsigned number)
{
	const struct transfer_kind *kind = file->kind;
	struct error problem = { 0 };
	char place[40];
	const char *key;
	json_t *value;
	struct import_sheet_row *row = add_row(file->state, kind);
	if (!row)
		return -ENOMEM;
	row->file = file->input->name;
	row->number = number;
	row->is_json = true;
	import_place(kind, row, place, sizeof(place));
	if (!json_is_object(object)) {
		row->is_done = true;
		error_set(&problem, ERROR_USAGE, EINVAL, "json-row",
			_("It is no object with the names of the columns"));
		return import_add_problem(file->state, file->input->name, place, &problem);
	}
	json_object_foreach ((json_t *)object, key, value) {
		int column = transfer_column_find(kind, key);
		int r = -EINVAL;
		if (column < 0)
			unknown_column(kind, key, &problem);
		else
			r = transfer_from_json(&kind->columns[column], value,
				&row->fields.texts[column], &problem);
		if (r == -ENOMEM)
			return error_no_memory(file->state->error);
		if (r == 0)
			continue;
		row->is_done = true;
		r = import_add_problem(file->state, file->input->name, place, &problem);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_json_kind(struct json_file *file, const char *name, const json_t *rows)
{
	struct error problem = { 0 };
	file->kind = transfer_kind_find(name);
	if (file->kind && json_is_array(rows)) {
		int r = 0;
		for (size_t i = 0; r == 0 && i < json_array_size(rows); i++)
			r = take_json_row(file, json_array_get(rows, i), (unsigned)i);
		return r;
	}
	if (file->kind) {
		error_set(&problem, ERROR_USAGE, EINVAL, "json-row", _("\"%.60s\" is no array"),
			name);
	} else {
		const char *nearest = nearest_word(name, import_kind_names);
		error_set(&problem, ERROR_USAGE, EINVAL, "kind-unknown",
			_("There is nothing called \"%.60s\" to import"), name);
		if (nearest)
			error_next(&problem, _("Did you mean \"%s\"?"), nearest);
	}
	return import_add_problem(file->state, file->input->name, "", &problem);
}

static int read_json(struct import_state *state, const char *text, size_t length,
	const struct import_input *input)
{
	AUTO_JSON json_t *document = NULL;
	struct json_file file = { .state = state, .input = input };
	struct error problem = { 0 };
	const char *name;
	json_t *rows;
	int r = json_parse(text, length, input->name, &document, &problem);
	if (r == 0 && !json_is_object(document))
		r = error_set(&problem, ERROR_USAGE, EINVAL, "json-row",
			_("It is no object with arrays like \"tenants\""));
	if (r == -EFBIG)
		error_next(&problem, _("Large lists are imported as CSV."));
	if (r < 0)
		return import_add_problem(state, input->name, "", &problem);
	json_object_foreach (document, name, rows) {
		r = take_json_kind(&file, name, rows);
		if (r < 0)
			return r;
	}
	return 0;
}

int import_read(struct import_state *state, const struct import_input *input)
{
	static const char mark[] = "\xEF\xBB\xBF";
	const char *text = input->text;
	size_t length = input->length;
	if (length >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		length -= 3;
	}
	size_t blanks = 0;
	while (blanks < length && strchr(" \t\r\n", text[blanks]) && text[blanks])
		blanks++;
	if (blanks < length && text[blanks] == '{')
		return read_json(state, text, length, input);
	return read_csv(state, input);
}
