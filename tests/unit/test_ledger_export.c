/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger as files: what a stranger finds there, what an export may change of an earlier one, and what it
 * must never. */
#include "reports/ledger/ledger.h"

#include "base/file.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/store_fixture.h"
#include "verify/certificate/detached.h"
#include "verify/ledger/tile.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	struct store_fixture *rows;
	struct sample_ca ca;
	char folder[128]; /* not there yet */
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	void *rows = NULL;

	assert_non_null(scene);
	assert_int_equal(store_fixture_setup(&rows), 0);
	scene->rows = rows;
	sample_ca_make(SAMPLE_ORGANISATION, &scene->ca);
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/ledger", scene->rows->folder);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	void *rows = scene->rows;

	sample_ca_free(&scene->ca);
	free(scene);
	return store_fixture_teardown(&rows);
}

static void must(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

/* Every 50th is withheld. */
static void append(struct scene *scene, size_t first, size_t end)
{
	struct error error = { 0 };

	must(store_begin(scene->rows->store, &error), &error);
	for (size_t i = first; i < end; i++) {
		AUTO_JSON json_t *body = json_pack("{s:I, s:s}", "number", (json_int_t)i, "secret",
			i % 50 == 7 ? "District Court" : "");
		must(ledger_append(scene->rows->store, "event", body, i % 50 == 7 ? "hold" : "",
			     SAMPLE_NOW_MS, NULL, &error),
			&error);
	}
	must(store_commit(scene->rows->store, &error), &error);
}

static int try_export(struct scene *scene, enum ledger_audience audience, struct error *error)
{
	struct checkpoint head;
	return ledger_export(
		scene->rows->store, scene->ca.keys, audience, scene->folder, NULL, &head, error);
}

static void export(struct scene *scene)
{
	struct error error = { 0 };
	must(try_export(scene, LEDGER_FOR_PUBLIC, &error), &error);
}

static void path_of(const struct scene *scene, const char *name, char ret[static PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%s/%s", scene->folder, name);
}

static void read_text(const struct scene *scene, const char *name, struct buffer *ret)
{
	struct error error = { 0 };
	char path[PATH_MAX];

	path_of(scene, name, path);
	must(file_read(path, ret, &error), &error);
}

static void write_text(const struct scene *scene, const char *name, const char *data, size_t length)
{
	struct error error = { 0 };
	char path[PATH_MAX];

	path_of(scene, name, path);
	must(file_write(path, data, length, 0644, &error), &error);
}

static bool is_there(const struct scene *scene, const char *name)
{
	char path[PATH_MAX];

	path_of(scene, name, path);
	return access(path, F_OK) == 0;
}

/* --- as a stranger: files alone --- */

static void open_head(const struct scene *scene, struct checkpoint *ret)
{
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer vkey = BUFFER_INIT(NOTE_MAX_BYTES);
	struct note_key key;
	struct error error = { 0 };

	read_text(scene, "ledger.vkey", &vkey);
	must(note_key_parse(vkey.data, vkey.length, &key, &error), &error);
	read_text(scene, "checkpoint", &note);
	must(checkpoint_open(note.data, note.length, &key, ret, &error), &error);
}

struct read {
	uint64_t index, withheld;
	struct merkle_stack stack;
};

static void take_line(
	struct read *read, const char *line, size_t length, const struct merkle_hash *entry)
{
	struct merkle_hash leaf, found;
	struct record_withheld withheld;

	if (record_withheld_parse(line, length, &withheld, NULL) == 0) {
		assert_int_equal(withheld.index, read->index);
		assert_string_equal(withheld.word, "private");
		read->withheld++;
	} else {
		AUTO_RECORD struct record record = { 0 };
		assert_int_equal(record_parse(line, length, &record, NULL), 0);
		assert_int_equal(record.index, read->index);
		assert_int_equal(record_entry(line, length, &found), 0);
		assert_true(merkle_equal(&found, entry));
	}
	assert_int_equal(merkle_leaf(entry->bytes, SHA256_BYTES, &leaf), 0);
	assert_int_equal(merkle_push(&read->stack, &leaf), 0);
	read->index++;
}

static void take_group(const struct scene *scene, struct read *read, unsigned width)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(16 * MIB);
	struct merkle_hash entries[TILE_WIDTH];
	struct error error = { 0 };
	char name[TILE_PATH_MAX];
	size_t at = 0;

	must(tile_read(scene->folder, -1, read->index / TILE_WIDTH, width, entries, &error),
		&error);
	tile_records_path(read->index / TILE_WIDTH, name);
	read_text(scene, name, &text);
	for (unsigned i = 0; i < width; i++) {
		const char *end = memchr(text.data + at, '\n', text.length - at);
		assert_non_null(end);
		size_t length = (size_t)(end - text.data) - at;
		take_line(read, text.data + at, length, &entries[i]);
		at += length + 1;
	}
	assert_int_equal(at, text.length);
}

/* The whole of docs/ledger.md, "What a checker does", by its first three points. */
static void expect_sound(const struct scene *scene, uint64_t size, uint64_t withheld)
{
	struct tile_tree *tiles = NULL;
	struct read read = { .index = 0 };
	struct checkpoint head;
	struct merkle_hash root;
	struct error error = { 0 };

	open_head(scene, &head);
	assert_int_equal(head.size, size);
	while (read.index < size) {
		uint64_t rest = size - read.index;
		take_group(scene, &read, rest < TILE_WIDTH ? (unsigned)rest : TILE_WIDTH);
	}
	assert_int_equal(read.withheld, withheld);
	assert_int_equal(merkle_stack_root(&read.stack, &root), 0);
	assert_true(merkle_equal(&root, &head.root));
	must(tile_tree_open(scene->folder, size, &tiles, &error), &error);
	struct merkle_tree tree = { .size = size, .read = tile_tree_read, .context = tiles };
	must(merkle_root(&tree, size, &root, &error), &error);
	assert_true(merkle_equal(&root, &head.root));
	tile_tree_close(tiles);
}

static uint64_t withheld_of(uint64_t size)
{
	return (size + 42) / 50;
}

static void test_every_size_is_sound(void **state)
{
	struct scene *scene = *state;
	static const size_t sizes[] = { 1, 2, 8, 58, 255, 256, 257, 511, 512, 513, 1024, 1100 };
	size_t have = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		append(scene, have, sizes[i]);
		have = sizes[i];
		export(scene);
		expect_sound(scene, have, withheld_of(have));
		export(scene); /* nothing new */
		expect_sound(scene, have, withheld_of(have));
	}
	/* Last tiles that no head needs are gone. */
	assert_false(is_there(scene, "tile/0/000.p"));
	assert_false(is_there(scene, "tile/0/003.p"));
	assert_false(is_there(scene, "tile/entries/002.p/1"));
	assert_true(is_there(scene, "tile/0/004.p/76"));
	assert_true(is_there(scene, "tile/1/000.p/4"));
	assert_false(is_there(scene, "tile/1/000.p/2"));
}

static void test_third_level(void **state)
{
	struct scene *scene = *state;
	append(scene, 0, 65536 + 300);
	export(scene);
	expect_sound(scene, 65536 + 300, withheld_of(65536 + 300));
	assert_true(is_there(scene, "tile/1/000"));
	assert_true(is_there(scene, "tile/2/000.p/1"));
}

/* What is withheld is neither there nor can it be guessed; the auditor has all. */
static void test_for_the_public_and_for_auditors(void **state)
{
	struct scene *scene = *state;
	AUTO_BUFFER struct buffer records = BUFFER_INIT(16 * MIB);
	struct error error = { 0 };

	append(scene, 0, 60);
	export(scene);
	read_text(scene, "records/000.jsonl", &records);
	assert_null(strstr(buffer_text(&records), "District Court"));
	assert_null(strstr(buffer_text(&records), "hold"));
	/* Not into the same folder, either way. */
	assert_int_equal(try_export(scene, LEDGER_FOR_AUDITOR, &error), -EEXIST);
	assert_string_equal(error.code, "ledger-audience");
	expect_sound(scene, 60, 2);
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/auditor", scene->rows->folder);
	must(try_export(scene, LEDGER_FOR_AUDITOR, &error), &error);
	expect_sound(scene, 60, 0);
	assert_int_equal(try_export(scene, LEDGER_FOR_PUBLIC, &error), -EEXIST);
	assert_string_equal(error.code, "ledger-audience");
}

/* Nothing is withheld yet, so no file would differ; the hold that comes next must not be told. */
static void test_the_folder_remembers_for_whom_it_is(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	struct stat status;

	append(scene, 0, 5);
	export(scene);
	assert_int_equal(try_export(scene, LEDGER_FOR_AUDITOR, &error), -EEXIST);
	assert_string_equal(error.code, "ledger-audience");
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/auditor", scene->rows->folder);
	must(try_export(scene, LEDGER_FOR_AUDITOR, &error), &error);
	assert_int_equal(stat(scene->folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(try_export(scene, LEDGER_FOR_PUBLIC, &error), -EEXIST);
	assert_string_equal(error.code, "ledger-audience");
}

static void test_the_key_is_signed_once(void **state)
{
	struct scene *scene = *state;
	AUTO_BUFFER struct buffer vkey = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer one = BUFFER_INIT(DETACHED_MAX_BYTES);
	AUTO_BUFFER struct buffer two = BUFFER_INIT(DETACHED_MAX_BYTES);
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	struct error error = { 0 };

	append(scene, 0, 3);
	export(scene);
	read_text(scene, "ledger.vkey", &vkey);
	read_text(scene, "ledger.vkey.p7s", &one);
	must(detached_parse((uint8_t *)one.data, one.length, NULL, &detached, &error), &error);
	must(detached_verify(detached, vkey.data, vkey.length, &error), &error);
	append(scene, 3, 5);
	export(scene);
	read_text(scene, "ledger.vkey.p7s", &two);
	assert_int_equal(one.length, two.length);
	assert_memory_equal(one.data, two.data, one.length);
	/* A damaged one is made again. */
	write_text(scene, "ledger.vkey.p7s", "x", 1);
	export(scene);
	buffer_free(&two);
	read_text(scene, "ledger.vkey.p7s", &two);
	assert_true(two.length > 100);
}

/* --- what an export never changes --- */

static uint64_t fingerprint;

static int add_print(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)where;
	AUTO_BUFFER struct buffer data = BUFFER_INIT(16 * MIB);
	uint8_t digest[SHA256_BYTES];
	uint64_t part;

	assert_int_equal(buffer_append(&data, path, strlen(path)), 0);
	assert_int_equal(buffer_append(&data, &status->st_ino, sizeof(status->st_ino)), 0);
	if (type == FTW_F)
		assert_int_equal(file_read(path, &data, NULL), 0);
	assert_int_equal(digest_sha256(data.data, data.length, digest), 0);
	memcpy(&part, digest, sizeof(part));
	fingerprint += part;
	return 0;
}

/* Of every file and its inode. */
static uint64_t print_of(const struct scene *scene)
{
	fingerprint = 0;
	assert_int_equal(nftw(scene->folder, add_print, 8, FTW_PHYS), 0);
	return fingerprint;
}

static void expect_refused(struct scene *scene, const char *code)
{
	struct error error = { 0 };
	uint64_t before = print_of(scene);

	assert_int_equal(try_export(scene, LEDGER_FOR_PUBLIC, &error), -EEXIST);
	assert_string_equal(error.code, code);
	assert_true(error.next[0]);
	assert_true(print_of(scene) == before);
}

static void test_what_is_there_and_differs(void **state)
{
	struct scene *scene = *state;
	static const char *const names[] = { "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
		"tile/entries/000", "tile/entries/001.p/44", "records/000.jsonl",
		"records/001.jsonl", "ledger.vkey", "checkpoint" };

	append(scene, 0, 300);
	export(scene);
	append(scene, 300, 310); /* something to write, were it not refused */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO_BUFFER struct buffer data = BUFFER_INIT(16 * MIB);
		/* The last tile of the old head is none of the new one: only what is compared. */
		if (strstr(names[i], ".p/44"))
			continue;
		read_text(scene, names[i], &data);
		data.data[data.length / 2] ^= 1;
		write_text(scene, names[i], data.data, data.length);
		expect_refused(scene, "ledger-differs");
		data.data[data.length / 2] ^= 1;
		write_text(scene, names[i], data.data, data.length);
		/* One byte more. */
		assert_int_equal(buffer_append(&data, "x", 1), 0);
		write_text(scene, names[i], data.data, data.length);
		expect_refused(scene, "ledger-differs");
		write_text(scene, names[i], data.data, data.length - 1);
	}
	export(scene);
	expect_sound(scene, 310, withheld_of(310));
}

static void copy_store(const struct scene *scene, const char *from, const char *to)
{
	AUTO_BUFFER struct buffer data = BUFFER_INIT(64 * MIB);
	struct error error = { 0 };

	(void)scene;
	must(file_read(from, &data, &error), &error);
	must(file_write(to, data.data, data.length, 0600, &error), &error);
}

/* A backup of yesterday's store is put back. */
static void test_a_store_that_was_rolled_back(void **state)
{
	struct scene *scene = *state;
	char backup[PATH_MAX];

	append(scene, 0, 100);
	export(scene);
	(void)snprintf(backup, sizeof(backup), "%s/backup", scene->rows->folder);
	scene->rows->store = store_close(scene->rows->store);
	copy_store(scene, scene->rows->path, backup);
	store_fixture_reopen(scene->rows, STORE_WRITE);
	append(scene, 100, 120);
	export(scene);
	scene->rows->store = store_close(scene->rows->store);
	copy_store(scene, backup, scene->rows->path);
	store_fixture_reopen(scene->rows, STORE_WRITE);
	/* It is shorter than what was handed out … */
	expect_refused(scene, "ledger-differs");
	/* … and when it has grown again it is another one. */
	append(scene, 100, 120);
	expect_refused(scene, "ledger-differs");
	append(scene, 120, 200);
	expect_refused(scene, "ledger-differs");
}

/* The slower of two would put an older head over a newer one. */
static void test_one_export_at_a_time(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };

	append(scene, 0, 3);
	export(scene);
	AUTO_FD int other = open(scene->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	append(scene, 3, 4);
	assert_int_equal(try_export(scene, LEDGER_FOR_PUBLIC, &error), -EBUSY);
	assert_string_equal(error.code, "ledger-busy");
	assert_int_equal(error.kind, ERROR_WAITING);
	expect_sound(scene, 3, 0);
	assert_int_equal(flock(other, LOCK_UN), 0);
	export(scene);
	expect_sound(scene, 4, 0);
}

static void test_a_folder_of_another_ledger(void **state)
{
	struct scene *scene = *state;
	struct ledger_fixture foreign;

	ledger_fixture_make(&foreign, "haiki/other", 3);
	ledger_fixture_fill(&foreign, 5);
	ledger_fixture_write(&foreign, 5, scene->folder);
	ledger_fixture_free(&foreign);
	append(scene, 0, 10);
	expect_refused(scene, "ledger-differs");
}

/* An old record is forged under a hash that is kept: the head is the right one, the rows are not. */
static void test_forged_rows_are_not_exported(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };

	append(scene, 0, 300);
	export(scene);
	store_fixture_tamper(scene->rows, "DROP TRIGGER ledger_record_refuse_UPDATE");
	AUTO_BUFFER struct buffer sql = BUFFER_INIT(1 * KIB);
	char digest[SHA256_HEX_SIZE];
	assert_int_equal(digest_sha256_hex("{}", 2, digest), 0);
	assert_int_equal(
		buffer_printf(&sql,
			"UPDATE ledger_record SET record = '{}', sha256 = '%s' WHERE number = 5",
			digest),
		0);
	store_fixture_tamper(scene->rows, buffer_text(&sql));
	expect_refused(scene, "ledger-differs");
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/new", scene->rows->folder);
	assert_int_equal(try_export(scene, LEDGER_FOR_PUBLIC, &error), -EBADMSG);
	assert_string_equal(error.code, "ledger-damaged");
	assert_false(is_there(scene, "checkpoint"));
	assert_false(is_there(scene, "records"));
}

/* --- what was cut --- */

static void test_a_cut_export_is_completed(void **state)
{
	struct scene *scene = *state;
	static const char *const names[] = { "tile/0/000", "tile/entries/001", "records/000.jsonl",
		"tile/1/000.p/2", "checkpoint", "ledger.vkey", "tile/0/002.p/38" };

	append(scene, 0, 550);
	export(scene);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[PATH_MAX];
		path_of(scene, names[i], path);
		assert_int_equal(unlink(path), 0);
		export(scene);
		expect_sound(scene, 550, withheld_of(550));
	}
	/* The newest was not written any more: everything before is the older ledger. */
	AUTO_BUFFER struct buffer old = BUFFER_INIT(NOTE_MAX_BYTES);
	read_text(scene, "checkpoint", &old);
	append(scene, 550, 900);
	export(scene);
	write_text(scene, "checkpoint", old.data, old.length);
	export(scene);
	expect_sound(scene, 900, withheld_of(900));
}

static void test_a_witness_line_in_the_folder_stays(void **state)
{
	struct scene *scene = *state;
	struct ledger_signer witness;
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer again = BUFFER_INIT(NOTE_MAX_BYTES);
	struct note parsed;

	append(scene, 0, 5);
	export(scene);
	read_text(scene, "checkpoint", &note);
	assert_int_equal(note_parse(note.data, note.length, &parsed, NULL), 0);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_MAX_BYTES);
	assert_int_equal(buffer_append(&text, parsed.text, parsed.text_length), 0);
	ledger_signer_make(&witness, "witness.example/w", NOTE_COSIGNATURE, 1);
	ledger_signer_sign(&witness, text.data, text.length, 1795410000, &note);
	ledger_signer_free(&witness);
	write_text(scene, "checkpoint", note.data, note.length);
	export(scene);
	read_text(scene, "checkpoint", &again);
	assert_string_equal(buffer_text(&note), buffer_text(&again));
	append(scene, 5, 6);
	export(scene);
	expect_sound(scene, 6, 0);
}

static void test_the_list_of_revoked_signers_is_copied(void **state)
{
	struct scene *scene = *state;
	char crl[PATH_MAX];
	struct error error = { 0 };
	struct checkpoint head;
	AUTO_BUFFER struct buffer found = BUFFER_INIT(1 * KIB);

	append(scene, 0, 2);
	(void)snprintf(crl, sizeof(crl), "%s/crl", scene->rows->folder);
	must(ledger_export(scene->rows->store, scene->ca.keys, LEDGER_FOR_PUBLIC, scene->folder,
		     crl, &head, &error),
		&error);
	assert_false(is_there(scene, "ca.crl"));
	for (const char *text = "12"; *text; text++) {
		must(file_write(crl, text, 1, 0644, &error), &error);
		must(ledger_export(scene->rows->store, scene->ca.keys, LEDGER_FOR_PUBLIC,
			     scene->folder, crl, &head, &error),
			&error);
	}
	read_text(scene, "ca.crl", &found);
	assert_string_equal(buffer_text(&found), "2");
}

#define WITH_SCENE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(test_every_size_is_sound),
		WITH_SCENE(test_third_level),
		WITH_SCENE(test_for_the_public_and_for_auditors),
		WITH_SCENE(test_the_folder_remembers_for_whom_it_is),
		WITH_SCENE(test_the_key_is_signed_once),
		WITH_SCENE(test_what_is_there_and_differs),
		WITH_SCENE(test_a_store_that_was_rolled_back),
		WITH_SCENE(test_one_export_at_a_time),
		WITH_SCENE(test_a_folder_of_another_ledger),
		WITH_SCENE(test_forged_rows_are_not_exported),
		WITH_SCENE(test_a_cut_export_is_completed),
		WITH_SCENE(test_a_witness_line_in_the_folder_stays),
		WITH_SCENE(test_the_list_of_revoked_signers_is_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
