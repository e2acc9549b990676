/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing all rows of a kind as CSV or JSON, so that an import of it gives the same again. */
#include "base/nearest.h"
#include "base/text.h"
#include "inventory/transfer/csv.h"
#include "inventory/transfer/import.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <string.h>

struct writer {
	const struct transfer_kind *kind;
	struct buffer *text;
	json_t *rows;
};

static int too_large(int result, struct error *error)
{
	if (result != -EOVERFLOW)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, EFBIG, "export-large",
		_("There is more than can be written into one file"));
}

static int write_cells(void *context, const struct transfer_fields *fields, struct error *error)
{
	struct writer *writer = context;
	int r = 0;
	for (size_t i = 0; r == 0 && i < writer->kind->column_count; i++) {
		AUTO_BUFFER struct buffer cell = BUFFER_INIT(1 * MIB);
		r = transfer_to_cell(&writer->kind->columns[i], fields->texts[i], &cell);
		if (r == 0 && i > 0)
			r = buffer_append_text(writer->text, ",");
		if (r == 0)
			r = csv_append_cell(writer->text, buffer_text(&cell));
	}
	if (r == 0)
		r = buffer_append_text(writer->text, "\r\n");
	return r < 0 ? too_large(r, error) : 0;
}

static int write_csv(struct store *store, struct writer *writer, struct error *error)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < writer->kind->column_count; i++)
		r = buffer_printf(
			writer->text, "%s%s", i ? "," : "", writer->kind->columns[i].name);
	if (r == 0)
		r = buffer_append_text(writer->text, "\r\n");
	return r < 0 ? too_large(r, error) : writer->kind->each(store, write_cells, writer, error);
}

static int add_object(void *context, const struct transfer_fields *fields, struct error *error)
{
	struct writer *writer = context;
	AUTO_JSON json_t *row = json_object();
	if (!row)
		return error_no_memory(error);
	for (size_t i = 0; i < writer->kind->column_count; i++) {
		const struct transfer_column *column = &writer->kind->columns[i];
		if (json_put(row, column->name, transfer_to_json(column, fields->texts[i])) < 0)
			return error_no_memory(error);
	}
	return json_push(writer->rows, json_incref(row)) < 0 ? error_no_memory(error) : 0;
}

static int write_json(struct store *store, struct writer *writer, struct error *error)
{
	AUTO_JSON json_t *document = json_object();
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES - 1);
	writer->rows = json_array();
	if (!document || !writer->rows ||
		json_put(document, writer->kind->name, json_incref(writer->rows)) < 0)
		return error_no_memory(error);
	int r = writer->kind->each(store, add_object, writer, error);
	if (r < 0)
		return r;
	r = json_write_canonical(document, &text);
	if (r == 0)
		r = buffer_append(writer->text, text.data, text.length);
	if (r == 0)
		r = buffer_append_text(writer->text, "\n");
	if (r == -EOVERFLOW) {
		too_large(r, error);
		return error_next(error, _("Write it as CSV: --format csv"));
	}
	return r < 0 ? too_large(r, error) : 0;
}

int export_kind(struct store *store, const char *kind, enum export_format format,
	struct buffer *ret, struct error *error)
{
	struct writer writer = { .kind = transfer_kind_find(kind), .text = ret };
	if (!writer.kind) {
		const char *nearest = nearest_word(kind, import_kind_names);
		error_set(error, ERROR_USAGE, EINVAL, "kind-unknown",
			_("There is nothing called \"%.60s\" to export"), kind);
		return nearest ? error_next(error, _("Did you mean \"%s\"?"), nearest)
			       : error_next(error, _("One of: tenants, rules, contracts, drives, "
						     "volumes, vms, generations"));
	}
	int r = format == EXPORT_CSV ? write_csv(store, &writer, error)
				     : write_json(store, &writer, error);
	json_decref(writer.rows);
	return r;
}
