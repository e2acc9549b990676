/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks on an exported ledger, in one pass over its tiles. */
#include "verify/ledger/ledger.h"

#include "base/file.h"
#include "base/text.h"
#include "base/words.h"
#include "verify/ledger/ledger_parts.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_TILES (4096 / TILE_WIDTH)
#define LINES_MAX_BYTES (TILE_WIDTH * (RECORD_MAX_BYTES + 1))

const char *ledger_check_word(enum ledger_check_name name)
{
	static const char *const words[] = {
		[LEDGER_CHECKPOINT] = "checkpoint",
		[LEDGER_TILES] = "tiles",
		[LEDGER_ENTRIES] = "entries",
		[LEDGER_RECORDS] = "records",
		[LEDGER_CERTIFICATES] = "certificates",
		[LEDGER_CONSISTENT] = "consistent",
		[LEDGER_COSIGNED] = "cosigned",
	};
	return word_of(words, ARRAY_SIZE(words), name);
}

int ledger_fault(struct ledger_report *report, enum ledger_check_name check, struct error *error)
{
	if (error->kind == ERROR_NONE)
		error_set(error, ERROR_FAILED, EIO, "ledger", _("The ledger cannot be checked."));
	if (error->errnum == ENOMEM)
		return -ENOMEM;
	if (report->checks[check].result != LEDGER_FAILED) {
		report->checks[check].result = LEDGER_FAILED;
		report->checks[check].error = *error;
	}
	*error = (struct error){ 0 };
	return 0;
}

void ledger_unmade(struct ledger_report *report, enum ledger_check_name check)
{
	if (report->checks[check].result == LEDGER_PASSED)
		report->checks[check].result = LEDGER_NOT_MADE;
}

/* ---- the head ---- */

static int read_head(const struct ledger_question *question, struct buffer *note,
	struct ledger_report *report, struct error *error)
{
	char path[LEDGER_PATH_BYTES];
	if ((size_t)snprintf(path, sizeof(path), "%s/checkpoint", question->folder) >= sizeof(path))
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "ledger-folder",
			_("The path is too long: %s"), question->folder);
	if (file_read(path, note, error) < 0 || checkpoint_open(buffer_text(note), note->length,
							question->key, &report->head, error) < 0)
		return ledger_fault(report, LEDGER_CHECKPOINT, error);
	report->checks[LEDGER_CHECKPOINT].result = LEDGER_PASSED;
	return 0;
}

static int check_cosigned(const struct ledger_question *question, const struct buffer *head,
	struct ledger_report *report, struct error *error)
{
	AUTO_FREE struct note *note = malloc(sizeof(*note));
	if (!note)
		return error_no_memory(error);
	report->checks[LEDGER_COSIGNED].result = LEDGER_PASSED;
	if (note_parse(buffer_text(head), head->length, note, error) < 0)
		return ledger_fault(report, LEDGER_COSIGNED, error);
	for (size_t i = 0; i < question->witness_count; i++) {
		if (note_verify(note, &question->witnesses[i], NULL, error) == 0)
			continue;
		int r = ledger_fault(report, LEDGER_COSIGNED, error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- earlier heads ---- */

/* The origin is looked at before the signature, which another ledger's head has not. */
static int open_earlier(const struct ledger_question *question, const char *text,
	struct checkpoint *ret, struct error *error)
{
	AUTO_FREE struct note *note = malloc(sizeof(*note));
	size_t length = strlen(text);
	if (!note)
		return error_no_memory(error);
	int r = note_parse(text, length, note, error);
	if (r == 0)
		r = checkpoint_parse(note, ret, error);
	if (r < 0)
		return r;
	if (strcmp(ret->origin, question->key->name) != 0) {
		error_set(error, ERROR_FAILED, EBADMSG, "ledger-other",
			_("The earlier head is of another ledger, %s."), ret->origin);
		return error_next(error, _("Look for the heads of %s."), question->key->name);
	}
	return checkpoint_open(text, length, question->key, ret, error);
}

static int rolled_back(
	const struct checkpoint *earlier, const struct ledger_report *report, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "ledger-rolled-back",
		_("The ledger has %" PRIu64 " records; an earlier head of it has %" PRIu64
		  ": it was set back, and records are gone."),
		report->head.size, earlier->size);
	return error_next(error, _("Ask for the ledger from before it was set back."));
}

static int forked(const struct checkpoint *earlier, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "ledger-forked",
		_("The earlier head at %" PRIu64 " records is no head of this ledger: its past was "
		  "written anew."),
		earlier->size);
	return error_next(error, _("Whoever holds the ledger's key signed two histories: keep both "
				   "heads, they prove it."));
}

/* A root of the tiles says something when they are those of the signed head. */
static int check_earlier(const struct ledger_question *question, const struct checkpoint *earlier,
	struct ledger_report *report, struct error *error)
{
	struct tile_tree *tiles = NULL;
	struct merkle_hash root;
	if (earlier->size > report->head.size)
		return rolled_back(earlier, report, error);
	if (earlier->size == report->head.size)
		return merkle_equal(&earlier->root, &report->head.root) ? 0
									: forked(earlier, error);
	if (report->checks[LEDGER_TILES].result != LEDGER_PASSED) {
		ledger_unmade(report, LEDGER_CONSISTENT);
		return 0;
	}
	int r = tile_tree_open(question->folder, report->head.size, &tiles, error);
	if (r < 0)
		return r;
	struct merkle_tree tree = { report->head.size, tile_tree_read, tiles };
	r = merkle_root(&tree, earlier->size, &root, error);
	(void)tile_tree_close(tiles);
	if (r < 0)
		return r;
	return merkle_equal(&earlier->root, &root) ? 0 : forked(earlier, error);
}

static int check_consistent(
	const struct ledger_question *question, struct ledger_report *report, struct error *error)
{
	report->checks[LEDGER_CONSISTENT].result = LEDGER_PASSED;
	for (size_t i = 0; i < question->since_count; i++) {
		struct checkpoint earlier;
		int r = open_earlier(question, question->since[i], &earlier, error);
		if (r == 0)
			r = check_earlier(question, &earlier, report, error);
		if (r < 0)
			r = ledger_fault(report, LEDGER_CONSISTENT, error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the pass ---- */

static int walk(const struct ledger_question *question, struct ledger_tiles *tiles,
	struct ledger_stretch *stretch, struct ledger_certificates *certificates,
	struct ledger_report *report, struct error *error)
{
	AUTO_BUFFER struct buffer lines = BUFFER_INIT(LINES_MAX_BYTES);
	const uint64_t size = report->head.size;
	const uint64_t count = size / TILE_WIDTH + (size % TILE_WIDTH != 0);
	int r = 0;
	for (uint64_t i = 0; i < count && r == 0; i++) {
		r = ledger_tiles_next(tiles, stretch, report, error);
		if (r == 0)
			r = ledger_records_check(
				question, stretch, &lines, certificates, report, error);
		if (r == 0 && question->progress && (i + 1) % PROGRESS_TILES == 0)
			question->progress(question->context, (i + 1) * TILE_WIDTH, size);
		/* Here it ends, whatever size is stated: that may be one nobody could walk through. */
		if (!stretch->have_leaves && !stretch->have_entries)
			break;
	}
	if (r == 0)
		r = ledger_tiles_end(tiles, report, error);
	if (r == 0)
		r = ledger_records_end(question, count, report, error);
	/* A record that was not read may have named any of them. */
	if (r == 0 && certificates && report->checks[LEDGER_RECORDS].result == LEDGER_PASSED)
		r = ledger_certificates_end(certificates, report, error);
	else if (r == 0 && certificates)
		ledger_unmade(report, LEDGER_CERTIFICATES);
	if (r == 0 && question->progress)
		question->progress(question->context, size, size);
	return r;
}

static int check_tree(
	const struct ledger_question *question, struct ledger_report *report, struct error *error)
{
	static const enum ledger_check_name made[] = { LEDGER_TILES, LEDGER_ENTRIES,
		LEDGER_RECORDS };
	AUTO_FREE struct ledger_stretch *stretch = malloc(sizeof(*stretch));
	struct ledger_certificates *certificates CLEANUP(cleanup_ledger_certificates_close) = NULL;
	struct ledger_tiles *tiles CLEANUP(cleanup_ledger_tiles_close) = NULL;
	if (!stretch)
		return error_no_memory(error);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		report->checks[made[i]].result = LEDGER_PASSED;
	if (ledger_certificates_open(question->folder, &certificates, error) < 0) {
		int r = ledger_fault(report, LEDGER_CERTIFICATES, error);
		if (r < 0)
			return r;
	} else {
		report->checks[LEDGER_CERTIFICATES].result =
			certificates ? LEDGER_PASSED : LEDGER_ABSENT;
	}
	int r = ledger_tiles_open(question->folder, report->head.size, &tiles, error);
	if (r < 0)
		return r;
	return walk(question, tiles, stretch, certificates, report, error);
}

static bool is_valid(const struct ledger_report *report)
{
	for (size_t i = 0; i < LEDGER_CHECKS; i++)
		switch (report->checks[i].result) {
		case LEDGER_NOT_MADE:
		case LEDGER_FAILED:
			return false;
		case LEDGER_PASSED:
		case LEDGER_ABSENT:
			break;
		}
	return report->checks[LEDGER_CHECKPOINT].result == LEDGER_PASSED;
}

int ledger_check(
	const struct ledger_question *question, struct ledger_report *ret, struct error *error)
{
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);
	struct error local = { 0 };
	struct error *kept = error ? error : &local;
	*ret = (struct ledger_report){ 0 };
	*kept = (struct error){ 0 };
	if (question->since_count == 0)
		ret->checks[LEDGER_CONSISTENT].result = LEDGER_ABSENT;
	if (question->witness_count == 0)
		ret->checks[LEDGER_COSIGNED].result = LEDGER_ABSENT;
	int r = read_head(question, &head, ret, kept);
	if (r < 0 || ret->checks[LEDGER_CHECKPOINT].result != LEDGER_PASSED)
		return r;
	r = check_tree(question, ret, kept);
	if (r == 0 && question->since_count > 0)
		r = check_consistent(question, ret, kept);
	if (r == 0 && question->witness_count > 0)
		r = check_cosigned(question, &head, ret, kept);
	if (r < 0)
		return r;
	ret->valid = is_valid(ret);
	return 0;
}
