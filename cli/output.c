/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Printing: cleaned lines, canonical JSON, and errors with the next step. */
#include "cli/output.h"

#include "cli/command.h"

#include "base/text.h"
#include "cli/format.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

void output_line(FILE *stream, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		return;
	}
	format_clean(text);
	fprintf(stream, "%s\n", text);
}

void output_error(const struct error *error)
{
	if (error->kind == ERROR_NONE)
		return;
	output_line(stderr, "haiki: %s", error->what);
	if (error->next[0])
		output_line(stderr, "  → %s", error->next);
}

json_t *output_error_json(const struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "kind", error_kind_name(error->kind)) < 0 ||
		json_put_string(json, "code", error->code) < 0 ||
		json_put_string(json, "what", error->what) < 0 ||
		json_put_string(json, "next", error->next) < 0)
		return NULL;
	return json_incref(json);
}

static int error_unwritable(int result, struct error *error)
{
	return error_set(error, ERROR_FAILED, -result, "output",
		_("The result cannot be written as JSON: %s"), strerror(-result));
}

int output_json(json_t *value, struct error *error)
{
	AUTO_JSON json_t *owned = value;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	int r = owned ? json_write_canonical(owned, &text) : -ENOMEM;
	if (r < 0)
		return error_unwritable(r, error);
	printf("%s\n", buffer_text(&text));
	return 0;
}

/* More than a store of a hundred thousand drives gives. */
#define LIST_MAX_BYTES (2 * GIB)

void output_list_begin(struct output_list *list, const char *key)
{
	*list = (struct output_list){ .text = BUFFER_INIT(LIST_MAX_BYTES) };
	list->result = buffer_printf(&list->text, "{\"%s\":[", key);
}

void output_list_add(struct output_list *list, json_t *item)
{
	AUTO_JSON json_t *owned = item;
	if (list->result == 0 && !owned)
		list->result = -ENOMEM;
	if (list->result == 0 && list->count++ > 0)
		list->result = buffer_append(&list->text, ",", 1);
	if (list->result == 0)
		list->result = json_write_canonical(owned, &list->text);
}

void output_list_add_text(struct output_list *list, const char *item)
{
	if (list->result == 0 && !item)
		list->result = -ENOMEM;
	if (list->result == 0 && list->count++ > 0)
		list->result = buffer_append(&list->text, ",", 1);
	if (list->result == 0)
		list->result = buffer_append_text(&list->text, item);
}

int output_list_end(struct output_list *list, struct error *error)
{
	int r = list->result == 0 ? buffer_append(&list->text, "]}", 2) : list->result;
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0)
		return error_unwritable(r, error);
	printf("%s\n", buffer_text(&list->text));
	return 0;
}

void output_list_free(struct output_list *list)
{
	buffer_free(&list->text);
}

int output_list_json(const char *key, json_t *items, struct error *error)
{
	AUTO_JSON json_t *owned = items;
	AUTO_OUTPUT_LIST struct output_list list;
	output_list_begin(&list, key);
	if (!owned)
		list.result = -ENOMEM;
	for (size_t i = 0; i < json_array_size(owned); i++)
		output_list_add(&list, json_incref(json_array_get(owned, i)));
	return output_list_end(&list, error);
}

int output_table(const struct table *table, struct error *error)
{
	unsigned columns, lines;
	if (table->cell_count == 0 && !table->failed) {
		output_line(stderr, "%s", _("haiki: there is nothing to list."));
		return 0;
	}
	output_terminal(stdout, &columns, &lines);
	return table_print(table, stdout, columns) < 0 ? error_no_memory(error) : 0;
}

enum error_kind command_failed(struct error *error)
{
	if (error->kind == ERROR_NONE)
		error_set(error, ERROR_FAILED, EIO, "unexplained",
			_("Something failed without saying why; take nothing for done."));
	return error->kind;
}

enum error_kind output_finish(enum error_kind code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* A closed pipe is the reader's choice; everything else is worth a word. */
	if (errno != EPIPE)
		output_line(
			stderr, "haiki: %s", _("The result could not be written to the output."));
	return code == ERROR_NONE ? ERROR_FAILED : code;
}

void output_terminal(FILE *stream, unsigned *ret_columns, unsigned *ret_lines)
{
	*ret_columns = *ret_lines = 0;
	int fd = fileno(stream);
	if (!isatty(fd))
		return;
	struct winsize size = { 0 };
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
		size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	*ret_columns = size.ws_col;
	*ret_lines = size.ws_row;
}

enum error_kind output_common_code(const enum error_kind *codes, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (codes[i] != codes[0])
			return ERROR_PARTIAL;
	return count ? codes[0] : ERROR_NONE;
}
