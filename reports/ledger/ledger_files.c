/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of an exported ledger. */
#include "reports/ledger/ledger_files.h"

#include "base/file.h"
#include "base/text.h"
#include "verify/ledger/record.h"
#include "verify/ledger/tile.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define RECORDS_MAX_BYTES ((RECORD_MAX_BYTES + 1) * TILE_WIDTH + 1)

int ledger_differs(const char *what, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, EEXIST, "ledger-differs",
		_("%s, and nothing was written"), what);
	return error_next(error,
		_("Keep that folder for an inquiry: was the store restored from a backup, or is it "
		  "another one? Export into a new folder only when you know."));
}

int ledger_other_audience(const char *path, struct error *error)
{
	(void)error_set(error, ERROR_REFUSED, EEXIST, "ledger-audience",
		_("%s was exported for others: what is withheld is not the same"), path);
	return error_next(
		error, _("Export into one folder for the public and into another for auditors."));
}

int ledger_file_path(
	const char *folder, const char *name, char *ret, size_t size, struct error *error)
{
	int length = snprintf(ret, size, "%s/%s", folder, name);
	if (length > 0 && (size_t)length < size)
		return 0;
	return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
		_("The path of the folder %s is too long"), folder);
}

/* Is the line that holds this byte a note that a record was withheld? */
static bool is_withheld(const char *data, size_t length, size_t at)
{
	static const char word[] = "\"withheld\":";
	while (at > 0 && data[at - 1] != '\n')
		at--;
	const char *end = memchr(data + at, '\n', length - at);
	size_t line = end ? (size_t)(end - data) - at : length - at;
	return line < 128 && memmem(data + at, line, word, sizeof(word) - 1);
}

static int compare(const struct ledger_file *file, const char *path, const struct buffer *found,
	bool *ret_there, struct error *error)
{
	const char *data = file->data;
	size_t shorter = found->length < file->length ? found->length : file->length, at = 0;
	while (at < shorter && found->data[at] == data[at])
		at++;
	*ret_there = at == file->length && at == found->length;
	if (*ret_there || (file->grows && at == found->length))
		return 0;
	if (at < shorter && is_withheld(data, file->length, at) !=
				    is_withheld(found->data, found->length, at)) {
		return ledger_other_audience(path, error);
	}
	char what[PATH_MAX + 64];
	(void)snprintf(what, sizeof(what), _("%s is there already with another content"), path);
	return ledger_differs(what, error);
}

int ledger_file_look(const struct ledger_file *file, bool *ret_there, struct error *error)
{
	char path[PATH_MAX], what[PATH_MAX + 64];
	/* Of records also one that was written for auditors, and is longer. */
	AUTO_BUFFER struct buffer found =
		BUFFER_INIT(file->grows ? RECORDS_MAX_BYTES : file->length + 1);
	struct error reading = { 0 };
	*ret_there = false;
	int r = ledger_file_path(file->folder, file->name, path, sizeof(path), error);
	if (r < 0)
		return r;
	r = file_read(path, &found, &reading);
	if (r == 0)
		return compare(file, path, &found, ret_there, error);
	if (r == -ENOENT)
		return 0;
	if (r == -EFBIG) {
		(void)snprintf(
			what, sizeof(what), _("%s is there already with another content"), path);
		return ledger_differs(what, error);
	}
	if (error)
		*error = reading;
	return r;
}

int ledger_file_write(const struct ledger_file *file, struct error *error)
{
	char path[PATH_MAX], folder[PATH_MAX];
	int r = ledger_file_path(file->folder, file->name, path, sizeof(path), error);
	if (r < 0)
		return r;
	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	r = file_make_folder(folder, 0755, error);
	return r == 0 ? file_write(path, file->data, file->length, 0644, error) : r;
}
