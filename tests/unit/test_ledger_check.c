/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ledger as a folder: names of tiles, the tree over them, and every change of a file, each refused for its
 * own reason. */
#include "verify/ledger/ledger.h"
#include "verify/ledger/tile.h"

#include "base/base64.h"
#include "base/file.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/scratch.h"
#include "tests/support/stride.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ORIGIN "haiki/0123456789abcdef"

/* ---- names and trees of tiles ---- */

static void tiles_have_names(void **state)
{
	(void)state;
	static const struct {
		int level;
		uint64_t number;
		unsigned width;
		const char *path;
	} cases[] = {
		/* C2SP tlog-tiles: its examples */
		{ 0, 1234067, 256, "tile/0/x001/x234/067" },
		{ 0, 272, 256, "tile/0/272" },
		{ 0, 273, 112, "tile/0/273.p/112" },
		{ 1, 0, 256, "tile/1/000" },
		{ 1, 1, 17, "tile/1/001.p/17" },
		{ 2, 0, 1, "tile/2/000.p/1" },
		{ -1, 0, 17, "tile/entries/000.p/17" },
		{ -1, 999, 256, "tile/entries/999" },
		{ -1, 1000, 256, "tile/entries/x001/000" },
		{ 7, 18014398509481984, 255, "tile/7/x018/x014/x398/x509/x481/984.p/255" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[TILE_PATH_MAX];
		tile_path(cases[i].level, cases[i].number, cases[i].width, path);
		assert_string_equal(path, cases[i].path);
	}
}

static void records_have_names(void **state)
{
	(void)state;
	static const uint64_t numbers[] = { 0, 7, 999, 1000, 1234067, 18014398509481984 };
	static const char *const wrong[] = { "records/000", "records/0.jsonl", "records/1000.jsonl",
		"records/x000/000.jsonl", "records/x001/x000.jsonl", "records/001.jsonl2",
		"records", "records/000.jsonl/x", "other/000.jsonl", "" };
	uint64_t number = 77;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char path[TILE_PATH_MAX];
		tile_records_path(numbers[i], path);
		assert_int_equal(tile_records_number(path, &number), 0);
		assert_int_equal(number, numbers[i]);
	}
	tile_records_path(1234067, (char[TILE_PATH_MAX]){ 0 });
	number = 77;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (tile_records_number(wrong[i], &number) == 0)
			fail_msg("taken: %s", wrong[i]);
	assert_int_equal(number, 77);
}

struct folder {
	struct scratch scratch;
	struct ledger_fixture fixture;
	char path[SCRATCH_PATH_MAX];
};

static void make_folder(struct folder *folder, size_t records)
{
	scratch_make(&folder->scratch);
	scratch_path(&folder->scratch, "ledger", folder->path);
	ledger_fixture_make(&folder->fixture, ORIGIN, 1);
	ledger_fixture_fill(&folder->fixture, records);
}

static void remove_folder(struct folder *folder)
{
	ledger_fixture_free(&folder->fixture);
	scratch_remove(&folder->scratch);
}

static void a_tree_of_tiles_gives_the_hashes_of_the_tree(void **state)
{
	(void)state;
	static const size_t sizes[] = { 1, 255, 256, 257, 700 };
	struct folder folder;
	make_folder(&folder, 700);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct tile_tree *tiles = NULL;
		struct error error = { 0 };
		ledger_fixture_write(&folder.fixture, sizes[i], folder.path);
		assert_int_equal(tile_tree_open(folder.path, sizes[i], &tiles, &error), 0);
		struct merkle_tree tree = { sizes[i], tile_tree_read, tiles };
		for (size_t size = 1; size <= sizes[i]; size += 1 + sizes[i] / 40) {
			struct merkle_hash expected = ledger_fixture_hash(&folder.fixture, 0, size);
			struct merkle_hash root;
			struct merkle_hash proof[MERKLE_PROOF_MAX];
			size_t count;
			assert_int_equal(merkle_root(&tree, size, &root, &error), 0);
			assert_memory_equal(&root, &expected, sizeof(root));
			assert_int_equal(merkle_prove_inclusion(
						 &tree, size - 1, sizes[i], proof, &count, &error),
				0);
			expected = ledger_fixture_hash(&folder.fixture, 0, sizes[i]);
			assert_true(merkle_includes(&expected, sizes[i], size - 1,
				&folder.fixture.leaves[size - 1], proof, count));
		}
		struct merkle_hash hash;
		assert_int_equal(tile_tree_read(tiles, 0, sizes[i], &hash, &error), -EINVAL);
		assert_int_equal(tile_tree_read(tiles, 63, 1, &hash, &error), -EINVAL);
		assert_int_equal(tile_tree_read(tiles, 64, 0, &hash, &error), -EINVAL);
		assert_int_equal(tile_tree_read(tiles, 8, UINT64_MAX, &hash, &error), -EINVAL);
		(void)tile_tree_close(tiles);
	}
	remove_folder(&folder);
}

/* ---- ledgers ---- */

struct told {
	uint64_t records, next, progress;
	uint64_t fail_at;
};

static int tell_record(void *context, const struct record *record, struct error *error)
{
	struct told *told = context;
	if (told->fail_at > 0 && told->records == told->fail_at)
		return error_set(error, ERROR_FAILED, EDOM, "told", "enough");
	assert_true(record->index >= told->next);
	told->next = record->index + 1;
	told->records++;
	return 0;
}

static void tell_progress(void *context, uint64_t done, uint64_t size)
{
	struct told *told = context;
	assert_true(done <= size);
	assert_true(done >= told->progress);
	told->progress = done;
}

struct asked {
	const char *since[4];
	struct note_key witnesses[4];
	size_t witness_count;
	const struct note_key *key; /* NULL: the fixture's */
};

static struct ledger_report check_asked(const struct folder *folder, const struct asked *asked)
{
	struct told told = { 0 };
	struct ledger_report report;
	struct error error = { 0 };
	struct ledger_question question = {
		.folder = folder->path,
		.key = asked->key ? asked->key : &folder->fixture.signer.public_key,
		.since = asked->since,
		.witnesses = asked->witnesses,
		.witness_count = asked->witness_count,
		.record = tell_record,
		.progress = tell_progress,
		.context = &told,
	};
	while (question.since_count < 4 && asked->since[question.since_count])
		question.since_count++;
	assert_int_equal(ledger_check(&question, &report, &error), 0);
	assert_int_equal(error.kind, ERROR_NONE);
	assert_int_equal(told.records, report.records);
	for (size_t i = 0; i < LEDGER_CHECKS; i++)
		assert_int_equal(report.checks[i].result == LEDGER_FAILED,
			report.checks[i].error.kind != ERROR_NONE);
	return report;
}

static struct ledger_report check_folder(const struct folder *folder)
{
	return check_asked(folder, &(struct asked){ 0 });
}

static void assert_valid(const struct ledger_report *report)
{
	for (enum ledger_check_name i = 0; i < LEDGER_CHECKS; i++)
		if (report->checks[i].result == LEDGER_FAILED ||
			report->checks[i].result == LEDGER_NOT_MADE)
			fail_msg("%s: %s", ledger_check_word(i), report->checks[i].error.what);
	assert_true(report->valid);
}

static void assert_failed(
	const struct ledger_report *report, enum ledger_check_name check, const char *code)
{
	assert_false(report->valid);
	if (report->checks[check].result != LEDGER_FAILED ||
		strcmp(report->checks[check].error.code, code) != 0)
		fail_msg("%s: %d %s instead of %s", ledger_check_word(check),
			report->checks[check].result, report->checks[check].error.code, code);
}

static void whole_ledgers_are_valid(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 1, 2, 255, 256, 257, 511, 512, 600, 4097 };
	struct folder folder;
	make_folder(&folder, 4097);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char name[32];
		snprintf(name, sizeof(name), "ledger-%zu", sizes[i]);
		scratch_path(&folder.scratch, name, folder.path);
		ledger_fixture_write(&folder.fixture, sizes[i], folder.path);
		struct ledger_report report = check_folder(&folder);
		assert_valid(&report);
		assert_int_equal(report.head.size, sizes[i]);
		assert_int_equal(report.records, sizes[i]);
		assert_int_equal(report.checks[LEDGER_CONSISTENT].result, LEDGER_ABSENT);
		assert_int_equal(report.checks[LEDGER_COSIGNED].result, LEDGER_ABSENT);
		assert_int_equal(report.checks[LEDGER_CERTIFICATES].result, LEDGER_ABSENT);
	}
	remove_folder(&folder);
}

/* 65,537 leaves have a tile on three levels; that all are withheld makes it short. */
static void a_tile_above_tiles_is_checked_too(void **state)
{
	(void)state;
	struct folder folder;
	make_folder(&folder, 65537);
	for (size_t i = 0; i < folder.fixture.count; i++)
		ledger_fixture_withhold(&folder.fixture, i, "hold");
	ledger_fixture_write(&folder.fixture, 65537, folder.path);
	struct ledger_report report = check_folder(&folder);
	assert_valid(&report);
	static const char *const tiles[] = { "tile/1/000", "tile/2/000.p/1", "tile/0/256.p/1" };
	for (size_t i = 0; i < ARRAY_SIZE(tiles); i++) {
		AUTO_BUFFER struct buffer bytes = BUFFER_INIT(16 * KIB);
		char path[SCRATCH_PATH_MAX];
		char name[64];
		struct error error = { 0 };
		snprintf(name, sizeof(name), "ledger/%s", tiles[i]);
		scratch_path(&folder.scratch, name, path);
		assert_int_equal(file_read(path, &bytes, &error), 0);
		bytes.data[31] ^= 1;
		scratch_write(&folder.scratch, name, bytes.data, bytes.length);
		report = check_folder(&folder);
		assert_failed(&report, LEDGER_TILES, "tile-differs");
		bytes.data[31] ^= 1;
		scratch_write(&folder.scratch, name, bytes.data, bytes.length);
	}
	remove_folder(&folder);
}

static void a_full_tile_stands_in_for_its_part(void **state)
{
	(void)state;
	struct folder folder;
	make_folder(&folder, 300);
	ledger_fixture_write(&folder.fixture, 256, folder.path);
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);
	/* Tiles were written for 256; the head is of 200, as while an export is under way. */
	ledger_fixture_checkpoint(&folder.fixture, 200, &head);
	scratch_write(&folder.scratch, "ledger/checkpoint", head.data, head.length);
	struct ledger_report report = check_folder(&folder);
	assert_int_equal(report.checks[LEDGER_TILES].result, LEDGER_PASSED);
	assert_int_equal(report.checks[LEDGER_ENTRIES].result, LEDGER_PASSED);
	/* The records go on behind the head. */
	assert_failed(&report, LEDGER_RECORDS, "record-extra");
	remove_folder(&folder);
}

/* ---- one file changed ---- */

/* The lines of records/000.jsonl, taken apart. */
static void rewrite_lines(struct folder *folder, const char *const lines[], size_t count, bool cut)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(1 * MIB);
	for (size_t i = 0; i < count; i++)
		if (lines[i])
			assert_int_equal(buffer_printf(&text, "%s\n", lines[i]), 0);
	scratch_write(&folder->scratch, "ledger/records/000.jsonl", buffer_text(&text),
		text.length - (cut ? 1 : 0));
}

#define RECORDS 10

static void each_change_of_the_records_has_its_reason(void **state)
{
	(void)state;
	struct folder folder;
	const char *good[RECORDS + 1];
	const char *lines[RECORDS + 1];
	make_folder(&folder, RECORDS + 1);
	ledger_fixture_write(&folder.fixture, RECORDS, folder.path);
	for (size_t i = 0; i <= RECORDS; i++)
		good[i] = folder.fixture.records[i].text;
#define START memcpy((void *)lines, (const void *)good, sizeof(lines))
	AUTO_FREE char *edited = strdup(good[3]);
	assert_non_null(edited);
	*strstr(edited, "quarantined") = 'Q';

	START;
	lines[3] = edited;
	rewrite_lines(&folder, lines, RECORDS, false);
	struct ledger_report report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-differs");
	assert_int_equal(report.checks[LEDGER_TILES].result, LEDGER_PASSED);
	assert_int_equal(report.checks[LEDGER_ENTRIES].result, LEDGER_PASSED);

	START; /* removed from the middle, from the end, all */
	lines[3] = NULL;
	rewrite_lines(&folder, lines, RECORDS, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-index");
	START;
	rewrite_lines(&folder, lines, RECORDS - 1, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-missing");
	rewrite_lines(&folder, lines, 0, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-missing");

	START; /* put in another order */
	lines[3] = good[4];
	lines[4] = good[3];
	rewrite_lines(&folder, lines, RECORDS, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-index");

	START; /* one more; one twice; an empty line; the last newline */
	rewrite_lines(&folder, lines, RECORDS + 1, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-extra");
	lines[RECORDS] = good[RECORDS - 1];
	rewrite_lines(&folder, lines, RECORDS + 1, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-extra");
	lines[RECORDS] = "";
	rewrite_lines(&folder, lines, RECORDS + 1, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-extra");
	rewrite_lines(&folder, lines, RECORDS, true);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-missing");

	START; /* withheld is allowed in its own place only */
	lines[3] = "{\"index\":3,\"withheld\":\"hold\"}";
	rewrite_lines(&folder, lines, RECORDS, false);
	report = check_folder(&folder);
	assert_valid(&report);
	assert_int_equal(report.withheld, 1);
	assert_int_equal(report.records, RECORDS - 1);
	lines[3] = "{\"index\":4,\"withheld\":\"hold\"}";
	rewrite_lines(&folder, lines, RECORDS, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-index");
	lines[3] = "{\"index\":3,\"withheld\":\"hold\"} ";
	rewrite_lines(&folder, lines, RECORDS, false);
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-differs");
	remove_folder(&folder);
}

static void a_file_that_is_gone_or_too_much_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *remove, *add, *code;
		enum ledger_check_name check;
	} cases[] = {
		{ "checkpoint", NULL, "file-open", LEDGER_CHECKPOINT },
		{ "tile/0/000", NULL, "tile-missing", LEDGER_TILES },
		{ "tile/0/001.p/44", NULL, "tile-missing", LEDGER_TILES },
		{ "tile/1/000.p/1", NULL, "tile-missing", LEDGER_TILES },
		{ "tile/entries/000", NULL, "tile-missing", LEDGER_ENTRIES },
		{ "tile/entries/001.p/44", NULL, "tile-missing", LEDGER_ENTRIES },
		{ "records/000.jsonl", NULL, "record-missing", LEDGER_RECORDS },
		{ "records/001.jsonl", NULL, "record-missing", LEDGER_RECORDS },
		{ NULL, "records/002.jsonl", "record-extra", LEDGER_RECORDS },
		{ NULL, "records/more.jsonl", "record-extra", LEDGER_RECORDS },
		{ NULL, "records/x001/000.jsonl", "record-extra", LEDGER_RECORDS },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct folder folder;
		char name[128];
		char path[SCRATCH_PATH_MAX];
		make_folder(&folder, 300);
		ledger_fixture_write(&folder.fixture, 300, folder.path);
		snprintf(name, sizeof(name), "ledger/%s",
			cases[i].remove ? cases[i].remove : cases[i].add);
		scratch_path(&folder.scratch, name, path);
		if (cases[i].remove)
			assert_int_equal(unlink(path), 0);
		else
			scratch_text(&folder.scratch, name, "");
		struct ledger_report report = check_folder(&folder);
		assert_failed(&report, cases[i].check, cases[i].code);
		remove_folder(&folder);
	}
}

/* A head may state any size: where nothing is, nothing is looked for a quintillion times. */
static void a_size_without_tiles_is_soon_over(void **state)
{
	(void)state;
	struct folder folder;
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);
	static const char text[] = ORIGIN "\n4611686018427387904\n"
					  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
	make_folder(&folder, 300);
	ledger_fixture_write(&folder.fixture, 300, folder.path);
	assert_int_equal(buffer_printf(&head, "%s\n", text), 0);
	ledger_signer_sign(&folder.fixture.signer, text, strlen(text), 0, &head);
	scratch_write(&folder.scratch, "ledger/checkpoint", head.data, head.length);
	struct ledger_report report = check_folder(&folder);
	assert_failed(&report, LEDGER_TILES, "tile-missing");
	assert_failed(&report, LEDGER_ENTRIES, "tile-missing");
	assert_int_equal(report.checks[LEDGER_RECORDS].result, LEDGER_NOT_MADE);
	assert_int_equal(report.records, 256);
	remove_folder(&folder);
}

/* What an interrupted copy left is no record. */
static void hidden_files_are_passed_over(void **state)
{
	(void)state;
	struct folder folder;
	make_folder(&folder, 3);
	ledger_fixture_write(&folder.fixture, 3, folder.path);
	scratch_text(&folder.scratch, "ledger/records/.000.jsonl.new", "x");
	struct ledger_report report = check_folder(&folder);
	assert_valid(&report);
	remove_folder(&folder);
}

static bool fails_with(const struct ledger_report *report, const char *const expected[])
{
	for (size_t i = 0; i < LEDGER_CHECKS; i++)
		for (size_t j = 0; expected[j]; j++)
			if (report->checks[i].result == LEDGER_FAILED &&
				strcmp(report->checks[i].error.code, expected[j]) == 0)
				return true;
	return false;
}

static void every_bit_of_every_file_counts(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		const char *codes[6];
	} cases[] = {
		{ "checkpoint", { "note-malformed", "note-unsigned", "note-broken",
					"checkpoint-malformed", "checkpoint-origin" } },
		{ "tile/0/000.p/9", { "tile-differs" } },
		{ "tile/entries/000.p/9", { "tile-malformed", "entry-differs" } },
		{ "records/000.jsonl",
			{ "record-differs", "record-index", "record-missing", "record-extra" } },
	};
	struct folder folder;
	make_folder(&folder, 9);
	ledger_fixture_write(&folder.fixture, 9, folder.path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUFFER struct buffer bytes = BUFFER_INIT(1 * MIB);
		struct error error = { 0 };
		char name[64];
		char path[SCRATCH_PATH_MAX];
		snprintf(name, sizeof(name), "ledger/%s", cases[i].file);
		scratch_path(&folder.scratch, name, path);
		assert_int_equal(file_read(path, &bytes, &error), 0);
		for (size_t bit = 0; bit < bytes.length * 8; bit += test_stride()) {
			/* Of the long file not every bit of every byte. */
			if (bytes.length > 1024 && bit % 8 != bit / 8 % 8)
				continue;
			bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
			scratch_write(&folder.scratch, name, bytes.data, bytes.length);
			struct ledger_report report = check_folder(&folder);
			assert_false(report.valid);
			if (!fails_with(&report, cases[i].codes))
				fail_msg("%s: bit %zu has no code of its own", name, bit);
			bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
		}
		scratch_write(&folder.scratch, name, bytes.data, bytes.length - 1);
		struct ledger_report report = check_folder(&folder);
		assert_false(report.valid);
		scratch_write(&folder.scratch, name, bytes.data, bytes.length);
		report = check_folder(&folder);
		assert_valid(&report);
	}
	remove_folder(&folder);
}

/* Whoever changes a record and all above it lacks the key for the head. */
static void a_tree_made_anew_is_not_the_signed_one(void **state)
{
	(void)state;
	struct folder folder;
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);
	make_folder(&folder, 300);
	ledger_fixture_checkpoint(&folder.fixture, 300, &head);
	ledger_fixture_replace(&folder.fixture, 9, folder.fixture.records[8].text,
		folder.fixture.records[8].length);
	ledger_fixture_write(&folder.fixture, 300, folder.path);
	scratch_write(&folder.scratch, "ledger/checkpoint", head.data, head.length);
	struct ledger_report report = check_folder(&folder);
	assert_failed(&report, LEDGER_TILES, "tile-differs");
	remove_folder(&folder);
}

static void a_signed_record_that_is_none_is_told(void **state)
{
	(void)state;
	struct folder folder;
	make_folder(&folder, 3);
	ledger_fixture_append_text(&folder.fixture, "{\"a\":1}", 7);
	ledger_fixture_write(&folder.fixture, 4, folder.path);
	struct ledger_report report = check_folder(&folder);
	assert_failed(&report, LEDGER_RECORDS, "record-malformed");
	remove_folder(&folder);
}

/* ---- earlier heads ---- */

static void a_ledger_grew_from_each_earlier_head(void **state)
{
	(void)state;
	struct folder folder;
	make_folder(&folder, 700);
	ledger_fixture_write(&folder.fixture, 700, folder.path);
	static const size_t sizes[] = { 0, 1, 255, 256, 300, 512, 699, 700 };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO_BUFFER struct buffer since = BUFFER_INIT(NOTE_MAX_BYTES);
		AUTO_BUFFER struct buffer first = BUFFER_INIT(NOTE_MAX_BYTES);
		ledger_fixture_checkpoint(&folder.fixture, sizes[i], &since);
		ledger_fixture_checkpoint(&folder.fixture, 1, &first);
		struct asked asked = { .since = { since.data, first.data } };
		struct ledger_report report = check_asked(&folder, &asked);
		assert_valid(&report);
		assert_int_equal(report.checks[LEDGER_CONSISTENT].result, LEDGER_PASSED);
	}
	remove_folder(&folder);
}

static void a_store_that_was_set_back_is_seen(void **state)
{
	(void)state;
	struct folder folder;
	AUTO_BUFFER struct buffer since = BUFFER_INIT(NOTE_MAX_BYTES);
	make_folder(&folder, 700);
	ledger_fixture_checkpoint(&folder.fixture, 700, &since);
	ledger_fixture_write(&folder.fixture, 600, folder.path);
	struct ledger_report report = check_folder(&folder);
	assert_valid(&report);
	struct asked asked = { .since = { since.data } };
	report = check_asked(&folder, &asked);
	assert_failed(&report, LEDGER_CONSISTENT, "ledger-rolled-back");
	remove_folder(&folder);
}

static void a_second_history_is_seen(void **state)
{
	(void)state;
	static const size_t sizes[] = { 400, 300, 256, 41 };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct folder folder;
		AUTO_BUFFER struct buffer since = BUFFER_INIT(NOTE_MAX_BYTES);
		make_folder(&folder, 400);
		ledger_fixture_checkpoint(&folder.fixture, sizes[i], &since);
		/* Number 40 never happened: signed anew by the same key. */
		AUTO_FREE char *text = strdup(folder.fixture.records[40].text);
		assert_non_null(text);
		*strstr(text, "quarantined") = 'Q';
		ledger_fixture_replace(&folder.fixture, 40, text, strlen(text));
		ledger_fixture_write(&folder.fixture, 400, folder.path);
		struct ledger_report report = check_folder(&folder);
		assert_valid(&report);
		struct asked asked = { .since = { since.data } };
		report = check_asked(&folder, &asked);
		assert_failed(&report, LEDGER_CONSISTENT, "ledger-forked");
		remove_folder(&folder);
	}
}

static void heads_of_others_and_broken_ones_are_refused(void **state)
{
	(void)state;
	struct folder folder;
	struct ledger_fixture other;
	struct ledger_fixture thief;
	AUTO_BUFFER struct buffer foreign = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer forged = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer broken = BUFFER_INIT(NOTE_MAX_BYTES);
	make_folder(&folder, 10);
	ledger_fixture_write(&folder.fixture, 10, folder.path);
	ledger_fixture_make(&other, "haiki/other", 2);
	ledger_fixture_fill(&other, 5);
	ledger_fixture_checkpoint(&other, 5, &foreign);
	ledger_fixture_make(&thief, ORIGIN, 3);
	ledger_fixture_fill(&thief, 5);
	ledger_fixture_checkpoint(&thief, 5, &forged);
	ledger_fixture_checkpoint(&folder.fixture, 5, &broken);
	*strstr(broken.data, "\n5\n") = '\n';
	strstr(broken.data, "\n5\n")[1] = '6';
	const struct {
		const char *since, *code;
	} cases[] = {
		{ foreign.data, "ledger-other" },
		{ forged.data, "note-unsigned" },
		{ broken.data, "note-broken" },
		{ "", "note-malformed" },
		{ "text\n", "note-malformed" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asked asked = { .since = { cases[i].since } };
		struct ledger_report report = check_asked(&folder, &asked);
		assert_failed(&report, LEDGER_CONSISTENT, cases[i].code);
	}
	struct asked asked = { .key = &other.signer.public_key };
	struct ledger_report report = check_asked(&folder, &asked);
	assert_failed(&report, LEDGER_CHECKPOINT, "note-unsigned");
	assert_int_equal(report.head.size, 0);
	assert_int_equal(report.checks[LEDGER_TILES].result, LEDGER_NOT_MADE);
	ledger_fixture_free(&other);
	ledger_fixture_free(&thief);
	remove_folder(&folder);
}

/* ---- witnesses ---- */

static void each_witness_must_have_signed(void **state)
{
	(void)state;
	struct folder folder;
	struct ledger_signer one;
	struct ledger_signer two;
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);
	make_folder(&folder, 10);
	ledger_signer_make(&one, "witness.example/1", NOTE_COSIGNATURE, 8);
	ledger_signer_make(&two, "witness.example/2", NOTE_COSIGNATURE, 9);
	ledger_fixture_write(&folder.fixture, 10, folder.path);
	ledger_fixture_checkpoint(&folder.fixture, 10, &head);
	size_t text_length = (size_t)(strstr(head.data, "\n\n") - head.data) + 1;
	AUTO_FREE char *text = strndup(head.data, text_length);
	assert_non_null(text);
	ledger_signer_sign(&one, text, text_length, 1795406400, &head);
	scratch_write(&folder.scratch, "ledger/checkpoint", head.data, head.length);
	struct asked asked = { .witnesses = { one.public_key, two.public_key },
		.witness_count = 1 };
	struct ledger_report report = check_asked(&folder, &asked);
	assert_valid(&report);
	assert_int_equal(report.checks[LEDGER_COSIGNED].result, LEDGER_PASSED);
	asked.witness_count = 2;
	report = check_asked(&folder, &asked);
	assert_failed(&report, LEDGER_COSIGNED, "note-unsigned");
	/* It signed, but another head. */
	ledger_signer_sign(&two, text, text_length - 1, 1795406400, &head);
	scratch_write(&folder.scratch, "ledger/checkpoint", head.data, head.length);
	report = check_asked(&folder, &asked);
	assert_failed(&report, LEDGER_COSIGNED, "note-broken");
	ledger_signer_free(&one);
	ledger_signer_free(&two);
	remove_folder(&folder);
}

/* ---- certificates beside it ---- */

static void append_certificate(
	struct ledger_fixture *fixture, const char *kind, const char *name, const char *json)
{
	char sha256[SHA256_HEX_SIZE];
	assert_int_equal(digest_sha256_hex(json, strlen(json), sha256), 0);
	ledger_fixture_append(
		fixture, kind, json_pack("{s:s, s:s}", "name", name, "sha256", sha256));
}

static void certificates_are_those_of_their_records(void **state)
{
	(void)state;
	struct folder folder;
	make_folder(&folder, 5);
	append_certificate(&folder.fixture, "certificate", "one", "{\"a\":1}");
	append_certificate(&folder.fixture, "tenant", "two", "{\"b\":2}");
	append_certificate(&folder.fixture, "certificate", "not-exported", "{\"c\":3}");
	append_certificate(&folder.fixture, "certificate", "../../etc/passwd", "x");
	ledger_fixture_write(&folder.fixture, folder.fixture.count, folder.path);
	scratch_text(&folder.scratch, "ledger/certificates/README", "not one");
	struct ledger_report report = check_folder(&folder);
	assert_valid(&report);
	assert_int_equal(report.checks[LEDGER_CERTIFICATES].result, LEDGER_ABSENT);
	scratch_text(&folder.scratch, "ledger/certificates/one.json", "{\"a\":1}");
	scratch_text(&folder.scratch, "ledger/certificates/two.json", "{\"b\":2}");
	scratch_text(&folder.scratch, "ledger/certificates/two.p7s", "any");
	report = check_folder(&folder);
	assert_valid(&report);
	assert_int_equal(report.checks[LEDGER_CERTIFICATES].result, LEDGER_PASSED);
	assert_int_equal(report.certificates, 2);
	assert_int_equal(report.certificates_recorded, 4);
	scratch_text(&folder.scratch, "ledger/certificates/two.json", "{\"b\":3}");
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_CERTIFICATES, "certificate-differs");
	scratch_text(&folder.scratch, "ledger/certificates/two.json", "{\"b\":2}");
	scratch_text(&folder.scratch, "ledger/certificates/three.json", "{\"b\":2}");
	report = check_folder(&folder);
	assert_failed(&report, LEDGER_CERTIFICATES, "certificate-unrecorded");
	assert_non_null(strstr(report.checks[LEDGER_CERTIFICATES].error.what, "three"));
	remove_folder(&folder);
}

/* ---- who is told ---- */

static void an_error_of_who_is_told_ends_it(void **state)
{
	(void)state;
	struct folder folder;
	struct told told = { .fail_at = 4 };
	struct ledger_report report;
	struct error error = { 0 };
	make_folder(&folder, 10);
	ledger_fixture_write(&folder.fixture, 10, folder.path);
	struct ledger_question question = { .folder = folder.path,
		.key = &folder.fixture.signer.public_key,
		.record = tell_record,
		.context = &told };
	assert_int_equal(ledger_check(&question, &report, &error), -EDOM);
	assert_string_equal(error.code, "told");
	assert_false(report.valid);
	question.record = NULL;
	assert_int_equal(ledger_check(&question, &report, &error), 0);
	assert_valid(&report);
	remove_folder(&folder);
}

static void progress_comes_to_the_end(void **state)
{
	(void)state;
	struct folder folder;
	struct told told = { 0 };
	struct ledger_report report;
	struct error error = { 0 };
	make_folder(&folder, 5000);
	ledger_fixture_write(&folder.fixture, 5000, folder.path);
	struct ledger_question question = { .folder = folder.path,
		.key = &folder.fixture.signer.public_key,
		.progress = tell_progress,
		.context = &told };
	assert_int_equal(ledger_check(&question, &report, &error), 0);
	assert_int_equal(told.progress, 5000);
	remove_folder(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiles_have_names),
		cmocka_unit_test(records_have_names),
		cmocka_unit_test(a_tree_of_tiles_gives_the_hashes_of_the_tree),
		cmocka_unit_test(whole_ledgers_are_valid),
		cmocka_unit_test(a_tile_above_tiles_is_checked_too),
		cmocka_unit_test(a_full_tile_stands_in_for_its_part),
		cmocka_unit_test(each_change_of_the_records_has_its_reason),
		cmocka_unit_test(a_file_that_is_gone_or_too_much_is_named),
		cmocka_unit_test(a_size_without_tiles_is_soon_over),
		cmocka_unit_test(hidden_files_are_passed_over),
		cmocka_unit_test(every_bit_of_every_file_counts),
		cmocka_unit_test(a_tree_made_anew_is_not_the_signed_one),
		cmocka_unit_test(a_signed_record_that_is_none_is_told),
		cmocka_unit_test(a_ledger_grew_from_each_earlier_head),
		cmocka_unit_test(a_store_that_was_set_back_is_seen),
		cmocka_unit_test(a_second_history_is_seen),
		cmocka_unit_test(heads_of_others_and_broken_ones_are_refused),
		cmocka_unit_test(each_witness_must_have_signed),
		cmocka_unit_test(certificates_are_those_of_their_records),
		cmocka_unit_test(an_error_of_who_is_told_ends_it),
		cmocka_unit_test(progress_comes_to_the_end),
	};
	return cmocka_run_group_tests_name("ledger_check", tests, NULL, NULL);
}
