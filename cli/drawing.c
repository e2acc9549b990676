/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PDFs on the way of a certificate to its files. */
#include "cli/drawing.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include <errno.h>

void drawing_try(const char *folder, const char *name, const struct keys *keys,
	struct timestamp_authority *authority, struct drawing *ret)
{
	*ret = (struct drawing){ 0 };
	ret->there = pdf_export(folder, name, keys, authority, &ret->notes, NULL, &ret->error) == 0;
}

void drawing_catch_up(const char *folder, size_t most, const struct keys *keys,
	struct timestamp_authority *authority)
{
	struct error error = { 0 };
	size_t count = 0;
	if (pdf_export_missing(folder, most, keys, authority, &count, &error) != 0)
		output_error(&error);
	if (count > 0)
		output_line(stderr, _("haiki: %zu PDFs of earlier certificates were drawn now: %s"),
			count, folder);
}

void drawing_refresh(const struct config *config, const char *folder, const char *name,
	struct timestamp_authority *authority)
{
	struct keys *keys CLEANUP(cleanup_keys_free) = NULL;
	struct clock_reading now;
	clock_read(&now);
	if (keys_load(config, now.utc_ms, &keys, NULL) != 0)
		return;
	if (!name) {
		drawing_catch_up(folder, SIZE_MAX, keys, authority);
		return;
	}
	struct drawing drawing;
	drawing_try(folder, name, keys, authority, &drawing);
	output_error(&drawing.error);
}

void drawing_print(const struct drawing *drawing)
{
	if (drawing->notes.missing[0])
		output_line(stdout,
			_("  No font has these characters; the PDF shows their numbers: %s"),
			drawing->notes.missing);
	if (drawing->error.kind == ERROR_NONE)
		return;
	output_line(stdout, _("  There is no PDF: %s"), drawing->error.what);
	if (drawing->error.next[0])
		output_line(stdout, "  → %s", drawing->error.next);
}

int drawing_put(json_t *object, const struct drawing *drawing)
{
	int result = json_put_integer(object, "pdf", drawing->there ? 1 : 0);
	if (result == 0)
		result = json_put_string(object, "pdf_missing_characters", drawing->notes.missing);
	return result == 0 ? json_put(object, "pdf_error", output_error_json(&drawing->error))
			   : result;
}
