/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of a ledger, line by line against its entries. */
#include "verify/ledger/ledger_parts.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WITHHELD_START "{\"index\":"
#define NESTING_MAX 8 /* folders below records/ */

struct line {
	const char *text;
	size_t length;
	uint64_t index;
};

static int fault(struct ledger_report *report, struct error *error)
{
	return ledger_fault(report, LEDGER_RECORDS, error);
}

static int moved(uint64_t index, uint64_t said, struct ledger_report *report, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "record-index",
		_("In the place of record %" PRIu64 " stands record %" PRIu64 "."), index, said);
	return fault(report, error);
}

/* The line is not its entry: another record, or one that was edited? */
static int differs(const struct line *line, struct ledger_report *report, struct error *error)
{
	AUTO_RECORD struct record record = { 0 };
	struct error ignored = { 0 };
	int r = record_parse(line->text, line->length, &record, &ignored);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r == 0 && record.index != line->index)
		return moved(line->index, record.index, report, error);
	error_set(error, ERROR_FAILED, EBADMSG, "record-differs",
		_("Record %" PRIu64 " was changed after it was written into the ledger."),
		line->index);
	return fault(report, error);
}

static int take_withheld(const struct line *line, struct ledger_report *report, struct error *error)
{
	struct record_withheld withheld;
	struct error ignored = { 0 };
	int r = record_withheld_parse(line->text, line->length, &withheld, &ignored);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0)
		return differs(line, report, error);
	if (withheld.index != line->index)
		return moved(line->index, withheld.index, report, error);
	report->withheld++;
	return 0;
}

static int take_good(const struct ledger_question *question, const struct line *line,
	struct ledger_certificates *certificates, struct ledger_report *report, struct error *error)
{
	AUTO_RECORD struct record record = { 0 };
	int r = record_parse(line->text, line->length, &record, error);
	if (r < 0)
		return fault(report, error);
	if (record.index != line->index)
		return moved(line->index, record.index, report, error);
	report->records++;
	if (record.kind == RECORD_CERTIFICATE || record.kind == RECORD_TENANT)
		report->certificates_recorded++;
	if (certificates)
		r = ledger_certificates_take(certificates, &record, report, error);
	if (r == 0 && question->record)
		r = question->record(question->context, &record, error);
	return r;
}

static int take_line(const struct ledger_question *question, const struct line *line,
	const struct merkle_hash *entry, struct ledger_certificates *certificates,
	struct ledger_report *report, struct error *error)
{
	struct merkle_hash found;
	const size_t start = strlen(WITHHELD_START);
	if (line->length > start && memcmp(line->text, WITHHELD_START, start) == 0)
		return take_withheld(line, report, error);
	int r = record_entry(line->text, line->length, &found);
	if (r < 0)
		return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
	if (!merkle_equal(&found, entry))
		return differs(line, report, error);
	return take_good(question, line, certificates, report, error);
}

static int missing(
	const char *path, uint64_t index, struct ledger_report *report, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "record-missing",
		_("Record %" PRIu64 " is missing in %s."), index, path);
	return fault(report, error);
}

static int extra(const char *path, struct ledger_report *report, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "record-extra",
		_("%s holds records that are not in the ledger."), path);
	return fault(report, error);
}

/* 1 when the lines are there, 0 when a fault was noted. */
static int read_lines(const struct ledger_question *question, const char *path, uint64_t first,
	struct buffer *lines, struct ledger_report *report, struct error *error)
{
	char whole[LEDGER_PATH_BYTES];
	lines->length = 0;
	if ((size_t)snprintf(whole, sizeof(whole), "%s/%s", question->folder, path) >=
		sizeof(whole))
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "ledger-folder",
			_("The path is too long: %s"), question->folder);
	int r = file_read(whole, lines, error);
	if (r == -ENOENT || r == -ENOTDIR)
		return missing(path, first, report, error);
	if (r == -EFBIG)
		return extra(path, report, error);
	return r < 0 ? fault(report, error) : 1;
}

int ledger_records_check(const struct ledger_question *question,
	const struct ledger_stretch *stretch, struct buffer *lines,
	struct ledger_certificates *certificates, struct ledger_report *report, struct error *error)
{
	char path[TILE_PATH_MAX];
	tile_records_path(stretch->number, path);
	if (!stretch->have_entries) {
		ledger_unmade(report, LEDGER_RECORDS);
		return 0;
	}
	int r = read_lines(question, path, stretch->first, lines, report, error);
	if (r <= 0)
		return r;
	const char *at = buffer_text(lines);
	const char *end = at + lines->length;
	for (unsigned i = 0; i < stretch->width; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			return missing(path, stretch->first + i, report, error);
		struct line line = { at, (size_t)(newline - at), stretch->first + i };
		r = take_line(question, &line, &stretch->entries[i], certificates, report, error);
		if (r < 0)
			return r;
		at = newline + 1;
	}
	return at == end ? 0 : extra(path, report, error);
}

/* ---- files that should not be there ---- */

struct search {
	const struct ledger_question *question;
	uint64_t tiles;
	struct ledger_report *report;
};

static int search_folder(
	const struct search *search, const char *path, unsigned depth, struct error *error);

static bool is_folder(const struct search *search, const char *path, const struct dirent *entry)
{
	char whole[LEDGER_PATH_BYTES];
	struct stat status;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return (size_t)snprintf(whole, sizeof(whole), "%s/%s", search->question->folder, path) <
		       sizeof(whole) &&
	       lstat(whole, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A hidden file is what an interrupted copy left. */
static int search_entry(const struct search *search, const char *folder, const struct dirent *entry,
	unsigned depth, struct error *error)
{
	char path[LEDGER_PATH_BYTES];
	uint64_t number;
	if (entry->d_name[0] == '.')
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= sizeof(path))
		return extra(folder, search->report, error);
	if (depth < NESTING_MAX && is_folder(search, path, entry))
		return search_folder(search, path, depth + 1, error);
	if (tile_records_number(path, &number) < 0 || number >= search->tiles)
		return extra(path, search->report, error);
	return 0;
}

static int search_folder(
	const struct search *search, const char *path, unsigned depth, struct error *error)
{
	char whole[LEDGER_PATH_BYTES];
	int r = 0;
	if ((size_t)snprintf(whole, sizeof(whole), "%s/%s", search->question->folder, path) >=
		sizeof(whole))
		return extra(path, search->report, error);
	DIR *folder = opendir(whole);
	if (!folder && errno == ENOENT)
		return 0;
	if (!folder) {
		error_set(error, ERROR_FAILED, errno, "file-open", _("Cannot open %s: %s"), whole,
			strerror(errno));
		return fault(search->report, error);
	}
	errno = 0;
	for (struct dirent *entry = readdir(folder); entry && r == 0; entry = readdir(folder)) {
		r = search_entry(search, path, entry, depth, error);
		errno = 0;
	}
	if (r == 0 && errno != 0) {
		error_set(error, ERROR_FAILED, errno, "file-read", _("Cannot read %s: %s"), whole,
			strerror(errno));
		r = fault(search->report, error);
	}
	(void)closedir(folder);
	return r;
}

int ledger_records_end(const struct ledger_question *question, uint64_t tiles,
	struct ledger_report *report, struct error *error)
{
	const struct search search = { question, tiles, report };
	return search_folder(&search, "records", 0, error);
}
