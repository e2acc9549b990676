/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entering the rows of files, in one transaction, in the order in which they depend on one another. */
#include "inventory/transfer/import.h"

#include "base/text.h"
#include "inventory/transfer/import_sheet.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX 64 /* origins above one another: as many as volumes.c takes */

const char *const import_kind_names[] = { "tenants", "rules", "contracts", "drives", "volumes",
	"vms", "generations", NULL };

_Static_assert(ARRAY_SIZE(import_kind_names) == TRANSFER_KINDS + 1, "all kinds are named");
_Static_assert(IMPORT_KINDS == TRANSFER_KINDS, "all kinds are counted");

void import_report_free(struct import_report *report)
{
	for (size_t i = 0; i < report->change_count; i++) {
		free(report->changes[i].key);
		free(report->changes[i].columns);
	}
	free(report->changes);
	free(report->problems);
	*report = (struct import_report){ 0 };
}

/* -- keys -- */

static const char *field(const struct import_sheet_row *row, size_t column)
{
	return row->fields.texts[column] ? row->fields.texts[column] : "";
}

static int compare_keys(const struct transfer_kind *kind, const struct import_sheet_row *a,
	const struct import_sheet_row *b)
{
	for (size_t i = 0; i < kind->column_count; i++) {
		int order = kind->columns[i].is_key ? strcmp(field(a, i), field(b, i)) : 0;
		if (order != 0)
			return order;
	}
	return 0;
}

/* What a person calls the row: its key's parts that are there. */
static char *name_of(const struct transfer_kind *kind, const struct import_sheet_row *row)
{
	AUTO_BUFFER struct buffer name = BUFFER_INIT(64 * KIB);
	for (size_t i = 0; i < kind->column_count; i++)
		if (kind->columns[i].is_key && *field(row, i) &&
			buffer_printf(&name, "%s%s", name.length ? " " : "", field(row, i)) < 0)
			return NULL;
	return strdup(buffer_text(&name));
}

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct import_sheet_row *const *row_a = a, *const *row_b = b;
	int order = compare_keys(context, *row_a, *row_b);
	/* The same key: in the order of the files. */
	return order != 0 ? order : (*row_a < *row_b ? -1 : *row_a > *row_b);
}

/* One kind while it is entered. */
struct work {
	struct import_state *state;
	struct store *store;
	const struct transfer_kind *kind;
	struct import_sheet *sheet;
	struct import_sheet_row **by_key; /* owned */
	struct transfer_effects effects;
	struct import_count *count;
};

static int add_row_problem(
	struct work *work, const struct import_sheet_row *row, const struct error *problem)
{
	char place[40];
	import_place(work->kind, row, place, sizeof(place));
	return import_add_problem(work->state, row->file, place, problem);
}

/* Settle every row, so that equal keys are equal texts. */
static int settle_rows(struct work *work)
{
	for (size_t i = 0; i < work->sheet->count; i++) {
		struct import_sheet_row *row = &work->sheet->rows[i];
		struct error problem = { 0 };
		int r = 0;
		bool has_key = false;
		for (size_t j = 0; j < work->kind->column_count; j++)
			has_key = has_key || (work->kind->columns[j].is_key && *field(row, j));
		if (row->is_done)
			continue;
		if (!has_key)
			r = error_set(&problem, ERROR_USAGE, EINVAL, "key-missing",
				_("It does not say which one it is: there is no %s"),
				work->kind->columns[0].name);
		/* A key that has two parts and lacks one is the kind's to judge. */
		for (size_t j = 0; r == 0 && work->kind->settle && j < work->kind->column_count;
			j++)
			if (work->kind->columns[j].is_key && !row->fields.texts[j])
				r = transfer_put(&row->fields, j, "", &problem);
		if (r == 0 && work->kind->settle)
			r = work->kind->settle(&row->fields, &problem);
		if (r == -ENOMEM)
			return error_no_memory(work->state->error);
		if (r < 0) {
			row->is_done = true;
			r = add_row_problem(work, row, &problem);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_doubles(struct work *work)
{
	for (size_t i = 1; i < work->sheet->count; i++) {
		const struct import_sheet_row *first = work->by_key[i - 1];
		struct import_sheet_row *row = work->by_key[i];
		char place[40];
		struct error problem = { 0 };
		if (first->is_done || row->is_done || compare_keys(work->kind, first, row) != 0)
			continue;
		import_place(work->kind, first, place, sizeof(place));
		error_set(&problem, ERROR_USAGE, EINVAL, "key-twice",
			_("This one stands there already: %s:%s"), first->file, place);
		int r = add_row_problem(work, row, &problem);
		if (r < 0)
			return r;
	}
	return 0;
}

/* -- entering -- */

static int join_columns(const struct transfer_kind *kind, uint32_t columns, char **ret)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4 * KIB);
	for (size_t i = 0; i < kind->column_count; i++)
		if ((columns & (1U << i)) && buffer_printf(&text, "%s%s", text.length ? ", " : "",
						     kind->columns[i].name) < 0)
			return -ENOMEM;
	*ret = strdup(buffer_text(&text));
	return *ret ? 0 : -ENOMEM;
}

static int add_change(
	struct work *work, const struct import_sheet_row *row, bool added, uint32_t changed)
{
	struct import_report *report = work->state->report;
	size_t count = report->change_count;
	/* Doubled at every power of two. */
	if ((count & (count - 1)) == 0) {
		struct import_change *changes = reallocarray(
			report->changes, count ? 2 * count : 1, sizeof(*report->changes));
		if (!changes)
			return error_no_memory(work->state->error);
		report->changes = changes;
	}
	struct import_change *change = &report->changes[report->change_count++];
	*change = (struct import_change){
		.kind = work->kind->name, .file = row->file, .added = added
	};
	import_place(work->kind, row, change->place, sizeof(change->place));
	change->key = name_of(work->kind, row);
	if (!change->key || join_columns(work->kind, added ? 0 : changed, &change->columns) < 0)
		return error_no_memory(work->state->error);
	return 0;
}

/* Lay the row over what the store has. */
static int merge(const struct transfer_kind *kind, const struct transfer_fields *row, bool found,
	struct transfer_fields *current, struct transfer_write *write, json_t *names,
	struct error *error)
{
	for (size_t i = 0; i < kind->column_count; i++) {
		const char *given = row->texts[i];
		const char *before = current->texts[i] ? current->texts[i] : "";
		/* What names a drive is not what is changed about it. */
		bool same =
			!given || strcmp(given, before) == 0 || (found && kind->columns[i].is_key);
		write->given |= given ? 1U << i : 0;
		int r = 0;
		if (!same) {
			write->changed |= 1U << i;
			r = transfer_put(current, i, given, error);
			if (r == 0 && json_push(names, json_string(kind->columns[i].name)) < 0)
				r = error_no_memory(error);
		} else if (!current->texts[i]) {
			r = transfer_put(current, i, "", error);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

struct entered {
	bool found;
	int64_t id;
	uint32_t changed;
};

/* Errors of kind USAGE or REFUSED are the row's. */
static int enter_fields(struct store *store, const struct transfer_kind *kind,
	struct transfer_fields *row, int64_t now_utc_ms, struct entered *ret, struct error *error)
{
	AUTO_FIELDS struct transfer_fields current = { 0 };
	AUTO_JSON json_t *names = json_array();
	struct transfer_write write = { .fields = &current, .now_utc_ms = now_utc_ms };
	if (!names)
		return error_no_memory(error);
	int r = kind->load(store, row, &current, &write.id, error);
	if (r < 0)
		return r;
	bool found = r > 0;
	r = merge(kind, row, found, &current, &write, names, error);
	write.names = found ? names : NULL;
	if (r == 0 && (!found || write.changed))
		r = kind->enter(store, &write, error);
	if (r == 0)
		*ret = (struct entered){ found, write.id, write.changed };
	return r;
}

static bool is_of_row(const struct error *error)
{
	return error->kind == ERROR_USAGE || error->kind == ERROR_REFUSED;
}

static int enter_row(struct work *work, struct import_sheet_row *row)
{
	struct error problem = { 0 };
	struct entered entered = { 0 };
	row->is_done = true;
	int r = enter_fields(work->store, work->kind, &row->fields,
		work->state->request->now_utc_ms, &entered, &problem);
	if (r < 0 && is_of_row(&problem))
		return add_row_problem(work, row, &problem);
	if (r < 0) {
		if (work->state->error)
			*work->state->error = problem;
		return r;
	}
	row->id = entered.id;
	if (entered.found && !entered.changed) {
		work->count->unchanged++;
		return 0;
	}
	work->count->added += !entered.found;
	work->count->changed += entered.found;
	work->effects.added |= !entered.found;
	work->effects.changed |= entered.found ? entered.changed : 0;
	return add_change(work, row, !entered.found, entered.changed);
}

/* The row whose key this is; NULL when no file has it, or it was entered already. */
static struct import_sheet_row *find_parent(struct work *work, const char *key)
{
	size_t low = 0, high = work->sheet->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(field(work->by_key[middle], 0), key);
		if (order == 0)
			return work->by_key[middle]->is_done ? NULL : work->by_key[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Those above it first; a ring is entered as far as it goes, and then refused by the kind. */
static int enter_with_parents(struct work *work, struct import_sheet_row *row)
{
	struct import_sheet_row *chain[CHAIN_MAX];
	int parent = work->kind->parent ? transfer_column_find(work->kind, work->kind->parent) : -1;
	size_t count = 0;
	while (row && count < CHAIN_MAX) {
		chain[count++] = row;
		const char *above = parent >= 0 ? field(row, (size_t)parent) : "";
		row = *above ? find_parent(work, above) : NULL;
		for (size_t i = 0; row && i < count; i++)
			if (chain[i] == row)
				row = NULL;
	}
	int r = 0;
	while (r == 0 && count > 0)
		r = enter_row(work, chain[--count]);
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	const struct import_sheet_row *const *row_a = a, *const *row_b = b;
	if ((*row_a)->id != (*row_b)->id)
		return (*row_a)->id < (*row_b)->id ? -1 : 1;
	return *row_a < *row_b ? -1 : *row_a > *row_b;
}

/* One drive by its serial in one row and by its WWN in another. */
static int find_aliases(struct work *work)
{
	int r = 0;
	qsort(work->by_key, work->sheet->count, sizeof(struct import_sheet_row *), compare_ids);
	for (size_t i = 1; r == 0 && i < work->sheet->count; i++) {
		const struct import_sheet_row *first = work->by_key[i - 1];
		const struct import_sheet_row *row = work->by_key[i];
		char place[40];
		struct error problem = { 0 };
		if (row->id == 0 || first->id != row->id ||
			compare_keys(work->kind, first, row) == 0)
			continue;
		import_place(work->kind, first, place, sizeof(place));
		error_set(&problem, ERROR_USAGE, EINVAL, "key-twice",
			_("This one stands there already: %s:%s"), first->file, place);
		r = add_row_problem(work, row, &problem);
	}
	return r;
}

static int enter_sheet(struct work *work)
{
	int r = settle_rows(work);
	if (r < 0)
		return r;
	for (size_t i = 0; i < work->sheet->count; i++)
		work->by_key[i] = &work->sheet->rows[i];
	qsort_r(work->by_key, work->sheet->count, sizeof(struct import_sheet_row *), compare_rows,
		(void *)work->kind);
	r = find_doubles(work);
	for (size_t i = 0; r == 0 && i < work->sheet->count; i++)
		if (!work->sheet->rows[i].is_done)
			r = enter_with_parents(work, &work->sheet->rows[i]);
	if (r == 0 && work->kind->has_aliases)
		r = find_aliases(work);
	if (r == 0 && work->kind->finish && (work->effects.added || work->effects.changed))
		r = work->kind->finish(work->store, &work->effects,
			work->state->request->now_utc_ms, work->state->error);
	return r;
}

static int enter_kind(struct import_state *state, struct store *store, size_t index)
{
	struct import_sheet *sheet = &state->sheets[index];
	struct import_count *count = &state->report->counts[index];
	count->kind = transfer_kinds[index]->name;
	if (sheet->count == 0)
		return 0;
	AUTO_FREE struct import_sheet_row **by_key = calloc(sheet->count, sizeof(*by_key));
	struct work work = { .state = state,
		.store = store,
		.kind = transfer_kinds[index],
		.sheet = sheet,
		.by_key = by_key,
		.count = count };
	return by_key ? enter_sheet(&work) : error_no_memory(state->error);
}

static int enter_all(struct import_state *state, struct store *store)
{
	int r = store_begin(store, state->error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < TRANSFER_KINDS; i++)
		r = enter_kind(state, store, i);
	if (r < 0 || state->request->dry_run || state->report->problem_count > 0) {
		store_rollback(store);
		return r;
	}
	r = store_commit(store, state->error);
	if (r < 0)
		store_rollback(store);
	state->report->entered = r == 0;
	return r;
}

static size_t file_number(const struct import_request *request, const char *file)
{
	size_t i = 0;
	while (i < request->count && request->inputs[i].name != file)
		i++;
	return i;
}

/* As a person goes through the files. Places in JSON keep the order in which they were found. */
static int compare_problems(const void *a, const void *b, void *context)
{
	const struct import_problem *one = a, *other = b;
	size_t file_one = file_number(context, one->file);
	size_t file_other = file_number(context, other->file);
	unsigned long line_one = strtoul(one->place, NULL, 10);
	unsigned long line_other = strtoul(other->place, NULL, 10);
	if (file_one != file_other)
		return file_one < file_other ? -1 : 1;
	if (line_one != line_other)
		return line_one < line_other ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

int import_run(struct store *store, const struct import_request *request, struct import_report *ret,
	struct error *error)
{
	struct import_state state = { .request = request, .report = ret, .error = error };
	int r = 0;
	*ret = (struct import_report){ 0 };
	for (size_t i = 0; r == 0 && i < request->count; i++)
		r = import_read(&state, &request->inputs[i]);
	if (r == 0)
		r = enter_all(&state, store);
	import_sheets_free(&state);
	if (ret->problems)
		qsort_r(ret->problems, MIN(ret->problem_count, (size_t)IMPORT_PROBLEMS_KEPT),
			sizeof(*ret->problems), compare_problems, (void *)request);
	return r;
}

/* -- one row -- */

static int take_fields(const struct transfer_kind *kind, const struct import_row *row,
	struct transfer_fields *ret, struct error *error)
{
	for (size_t i = 0; i < row->count; i++) {
		int column = transfer_column_find(kind, row->fields[i].column);
		if (column < 0)
			return error_set(error, ERROR_FAILED, EINVAL, "column-unknown",
				_("There is no column \"%.60s\" of %s"), row->fields[i].column,
				kind->name);
		if (!row->fields[i].text)
			continue;
		int r = transfer_from_cell(
			&kind->columns[column], row->fields[i].text, &ret->texts[column], error);
		if (r < 0)
			return r;
	}
	return kind->settle ? kind->settle(ret, error) : 0;
}

/* Is it there, as the command takes for granted? */
static int check_there(struct store *store, const struct transfer_kind *kind,
	struct transfer_fields *fields, bool add, struct error *error)
{
	AUTO_FIELDS struct transfer_fields current = { 0 };
	int64_t id = 0;
	int r = kind->load(store, fields, &current, &id, error);
	if (r < 0 || (r == 0) == add)
		return r < 0 ? r : 0;
	return add ? error_set(error, ERROR_USAGE, EEXIST, "exists",
			     _("\"%s\" is there already (%s)"), fields->texts[0], kind->name)
		   : error_set(error, ERROR_USAGE, ENOENT, "unknown", _("There is no \"%s\" (%s)"),
			     fields->texts[0], kind->name);
}

static int enter_one(struct store *store, const struct transfer_kind *kind,
	struct transfer_fields *fields, const struct import_row *row, char **ret_columns,
	struct error *error)
{
	struct entered entered = { 0 };
	int r = check_there(store, kind, fields, row->add, error);
	if (r == 0)
		r = enter_fields(store, kind, fields, row->now_utc_ms, &entered, error);
	if (r < 0)
		return r;
	const struct transfer_effects effects = { !entered.found,
		entered.found ? entered.changed : 0 };
	if (kind->finish)
		r = kind->finish(store, &effects, row->now_utc_ms, error);
	if (r == 0 && join_columns(kind, entered.changed, ret_columns) < 0)
		r = error_no_memory(error);
	return r;
}

int import_one(
	struct store *store, const struct import_row *row, char **ret_columns, struct error *error)
{
	AUTO_FIELDS struct transfer_fields fields = { 0 };
	const struct transfer_kind *kind = transfer_kind_find(row->kind);
	if (!kind)
		return error_set(error, ERROR_FAILED, EINVAL, "kind-unknown",
			_("There is nothing called \"%.60s\" to import"), row->kind);
	int r = take_fields(kind, row, &fields, error);
	if (r == 0)
		r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, enter_one(store, kind, &fields, row, ret_columns, error), error);
}
