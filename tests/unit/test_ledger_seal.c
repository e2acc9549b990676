/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads, proofs and witnesses over the ledger of a store, against the tree as its definition has it. */
#include "reports/ledger/ledger.h"

#include "reports/ledger/ledger_tree.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/store_fixture.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SIZE_MAX_TESTED 1100 /* over four tiles */

struct scene {
	struct store_fixture *rows;
	struct sample_ca ca;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	void *rows = NULL;

	assert_non_null(scene);
	assert_int_equal(store_fixture_setup(&rows), 0);
	scene->rows = rows;
	sample_ca_make(SAMPLE_ORGANISATION, &scene->ca);
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

static void name_of(size_t index, char ret[static 32])
{
	(void)snprintf(ret, 32, "c%zu", index);
}

/* Records first … end - 1, each of a certificate of its own. */
static void append(struct scene *scene, size_t first, size_t end)
{
	struct error error = { 0 };

	must(store_begin(scene->rows->store, &error), &error);
	for (size_t i = first; i < end; i++) {
		char name[32];
		name_of(i, name);
		AUTO_JSON json_t *body = json_pack("{s:s}", "name", name);
		must(ledger_append(scene->rows->store, "certificate", body, "", SAMPLE_NOW_MS, NULL,
			     &error),
			&error);
	}
	must(store_commit(scene->rows->store, &error), &error);
}

static void seal(struct scene *scene, struct checkpoint *ret)
{
	struct error error = { 0 };

	must(store_begin(scene->rows->store, &error), &error);
	must(ledger_seal(scene->rows->store, scene->ca.keys, ret, &error), &error);
	must(store_commit(scene->rows->store, &error), &error);
}

/* --- the tree by its definition, RFC 6962 2.1 --- */

struct naive {
	struct merkle_hash leaves[SIZE_MAX_TESTED];
	size_t count;
};

static int collect(void *context, const struct ledger_row *row, struct error *error)
{
	struct naive *naive = context;
	(void)error;
	assert_true(naive->count < SIZE_MAX_TESTED);
	return record_leaf(row->record, row->record_length, &naive->leaves[naive->count++]);
}

static void load(struct scene *scene, struct naive *naive)
{
	struct error error = { 0 };

	naive->count = 0;
	must(ledger_walk(scene->rows->store, 0, LEDGER_ALL, collect, naive, &error), &error);
}

static struct merkle_hash naive_root(const struct merkle_hash *leaves, size_t count)
{
	struct merkle_hash left, right, hash;
	size_t split = 1;

	assert_true(count > 0);
	if (count == 1)
		return leaves[0];
	while (2 * split < count)
		split *= 2;
	left = naive_root(leaves, split);
	right = naive_root(leaves + split, count - split);
	assert_int_equal(merkle_node(&left, &right, &hash), 0);
	return hash;
}

static void expect_root(const struct naive *naive, const struct checkpoint *head)
{
	struct merkle_hash root = naive_root(naive->leaves, naive->count);
	assert_int_equal(head->size, naive->count);
	assert_memory_equal(root.bytes, head->root.bytes, SHA256_BYTES);
}

static const size_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 127, 255, 256, 257, 258, 300, 511,
	512, 513, 767, 768, 769, 1000, 1024, 1025, SIZE_MAX_TESTED };

static void test_heads_of_every_size_are_those_of_the_definition(void **state)
{
	struct scene *scene = *state;
	struct naive *naive = calloc(1, sizeof(*naive));
	size_t have = 0;

	assert_non_null(naive);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct checkpoint head, again;
		append(scene, have, sizes[i]);
		have = sizes[i];
		seal(scene, &head);
		load(scene, naive);
		expect_root(naive, &head);
		assert_string_equal(head.origin, scene->ca.keys->ledger_public.name);
		/* Nothing new: the same head, and no other row. */
		seal(scene, &again);
		assert_int_equal(again.size, head.size);
		assert_int_equal(store_fixture_number(
					 scene->rows->store, "SELECT count(*) FROM ledger_head"),
			i + 1);
	}
	assert_int_equal(
		store_fixture_number(scene->rows->store, "SELECT count(*) FROM ledger_hash"),
		SIZE_MAX_TESTED / 256);
	free(naive);
}

/* One seal over everything keeps the same hashes as many of them. */
static void test_one_head_over_everything(void **state)
{
	struct scene *scene = *state;
	struct naive *naive = calloc(1, sizeof(*naive));
	struct checkpoint head;

	assert_non_null(naive);
	append(scene, 0, SIZE_MAX_TESTED);
	seal(scene, &head);
	load(scene, naive);
	expect_root(naive, &head);
	free(naive);
}

static void test_the_tree_of_the_store_proves_every_place(void **state)
{
	struct scene *scene = *state;
	struct naive *naive = calloc(1, sizeof(*naive));
	struct error error = { 0 };
	struct checkpoint head;

	assert_non_null(naive);
	append(scene, 0, SIZE_MAX_TESTED);
	seal(scene, &head);
	load(scene, naive);
	struct merkle_tree tree = ledger_tree(scene->rows->store, SIZE_MAX_TESTED);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct merkle_hash root = naive_root(naive->leaves, sizes[i]), found;
		must(merkle_root(&tree, sizes[i], &found, &error), &error);
		assert_true(merkle_equal(&root, &found));
		for (size_t index = 0; index<sizes[i]; index += sizes[i]> 64 ? 37 : 1) {
			struct merkle_hash proof[MERKLE_PROOF_MAX];
			size_t count = 0;
			must(merkle_prove_inclusion(&tree, index, sizes[i], proof, &count, &error),
				&error);
			if (!merkle_includes(
				    &root, sizes[i], index, &naive->leaves[index], proof, count))
				fail_msg("index %zu of %zu", index, sizes[i]);
		}
	}
	free(naive);
}

/* --- proofs --- */

static void prove(struct scene *scene, size_t index, struct buffer *ret)
{
	struct error error = { 0 };
	char name[32];

	name_of(index, name);
	must(ledger_prove(scene->rows->store, name, ret, &error), &error);
}

static void expect_proof(struct scene *scene, size_t index, size_t size, const struct buffer *text)
{
	AUTO_PROOF struct proof proof = { 0 };
	AUTO_RECORD struct record record = { 0 };
	struct checkpoint head;
	struct error error = { 0 };
	char name[32];

	name_of(index, name);
	must(proof_parse(text->data, text->length, &proof, &error), &error);
	must(proof_check(&proof, &scene->ca.keys->ledger_public, &record, &head, &error), &error);
	assert_int_equal(head.size, size);
	assert_int_equal(record.index, index);
	assert_string_equal(json_string_value(json_object_get(record.body, "name")), name);
}

static void test_a_proof_never_changes(void **state)
{
	struct scene *scene = *state;
	static const size_t heads[] = { 3, 4, 300, 301, 700 };
	struct buffer first[3];
	struct checkpoint head;

	append(scene, 0, 3);
	seal(scene, &head);
	for (size_t i = 0; i < 3; i++) {
		first[i] = (struct buffer)BUFFER_INIT(PROOF_MAX_BYTES);
		prove(scene, i, &first[i]);
		expect_proof(scene, i, 3, &first[i]);
	}
	for (size_t i = 1; i < ARRAY_SIZE(heads); i++) {
		append(scene, heads[i - 1], heads[i]);
		seal(scene, &head);
		for (size_t j = 0; j < 3; j++) {
			AUTO_BUFFER struct buffer again = BUFFER_INIT(PROOF_MAX_BYTES);
			prove(scene, j, &again);
			assert_string_equal(buffer_text(&first[j]), buffer_text(&again));
		}
		AUTO_BUFFER struct buffer last = BUFFER_INIT(PROOF_MAX_BYTES);
		prove(scene, heads[i] - 1, &last);
		expect_proof(scene, heads[i] - 1, heads[i], &last);
	}
	for (size_t i = 0; i < 3; i++)
		buffer_free(&first[i]);
}

static void test_no_proof_without_a_head(void **state)
{
	struct scene *scene = *state;
	AUTO_BUFFER struct buffer proof = BUFFER_INIT(PROOF_MAX_BYTES);
	struct error error = { 0 };
	struct checkpoint head;

	append(scene, 0, 2);
	assert_int_equal(ledger_prove(scene->rows->store, "c1", &proof, &error), -ENOENT);
	assert_string_equal(error.code, "ledger-not-sealed");
	seal(scene, &head);
	append(scene, 2, 3);
	prove(scene, 1, &proof);
	assert_int_equal(ledger_prove(scene->rows->store, "c2", &proof, &error), -ENOENT);
	/* A certificate without a record is none that was released. */
	assert_int_equal(ledger_prove(scene->rows->store, "c9", &proof, &error), -EBADMSG);
	assert_string_equal(error.code, "store-corrupt");
}

static void test_an_empty_ledger_has_no_head(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	struct checkpoint head;

	assert_int_equal(ledger_seal(scene->rows->store, scene->ca.keys, &head, &error), -ENOENT);
	assert_string_equal(error.code, "ledger-empty");
}

/* --- damage --- */

/* Everything is told apart from a good ledger before another head is signed. */
static void expect_damaged(struct scene *scene, const char *sql)
{
	struct error error = { 0 };
	struct checkpoint head;

	append(scene, 0, 600);
	seal(scene, &head);
	append(scene, 600, 601);
	store_fixture_tamper(scene->rows,
		"DROP TRIGGER ledger_record_refuse_UPDATE; DROP TRIGGER "
		"ledger_record_refuse_DELETE;"
		"DROP TRIGGER ledger_hash_refuse_UPDATE; DROP TRIGGER ledger_hash_refuse_DELETE;"
		"DROP TRIGGER ledger_head_refuse_UPDATE; DROP TRIGGER ledger_head_refuse_DELETE");
	store_fixture_tamper(scene->rows, sql);
	assert_int_equal(ledger_seal(scene->rows->store, scene->ca.keys, &head, &error), -EBADMSG);
	if (strcmp(error.code, "ledger-damaged") != 0 && strcmp(error.code, "store-corrupt") != 0)
		fail_msg("%s: %s", error.code, error.what);
	assert_int_equal(error.kind, ERROR_FAILED);
	assert_non_null(strstr(error.what, scene->rows->path));
	assert_true(error.next[0]);
	assert_int_equal(
		store_fixture_number(scene->rows->store, "SELECT count(*) FROM ledger_head"), 1);
}

#define DAMAGE(name, sql)                                                                          \
	static void test_damage_##name(void **state)                                               \
	{                                                                                          \
		expect_damaged(*state, sql);                                                       \
	}

#define FORGED "'" FORGED_16 FORGED_16 FORGED_16 FORGED_16 "'"
#define FORGED_16 "0123456789abcdef"
/* A record and its digest are changed together: only the tree knows. */
DAMAGE(forged_record, "UPDATE ledger_record SET sha256 = " FORGED " WHERE number = 550")
DAMAGE(kept_hash, "UPDATE ledger_hash SET hash = " FORGED " WHERE number = 1")
DAMAGE(missing_hash, "DELETE FROM ledger_hash WHERE number = 0")
DAMAGE(no_hash, "UPDATE ledger_hash SET hash = 'x' WHERE number = 0")
DAMAGE(shorter, "DELETE FROM ledger_record WHERE number >= 599")
DAMAGE(new_record, "UPDATE ledger_record SET record = '{}' WHERE number = 600")
DAMAGE(head_root, "UPDATE ledger_head SET root = " FORGED)
DAMAGE(head_note, "UPDATE ledger_head SET note = replace(note, '600', '599'), size = 599")
DAMAGE(head_text, "UPDATE ledger_head SET note = 'x'")
DAMAGE(head_unsigned, "UPDATE ledger_head SET note = replace(note, '— ', '— x')")

/* A keys folder that was lost and made anew: under another name, and only when the ledger was told. */
static void test_a_new_key_goes_on_where_it_is_recorded(void **state)
{
	struct scene *scene = *state;
	struct sample_ca other;
	struct error error = { 0 };
	struct checkpoint first, head;
	char sha256[SHA256_HEX_SIZE];

	append(scene, 0, 300);
	seal(scene, &first);
	append(scene, 300, 301);
	sample_ca_make(SAMPLE_ORGANISATION, &other);
	assert_int_equal(ledger_seal(scene->rows->store, other.keys, &head, &error), -ENOKEY);
	assert_string_equal(error.code, "ledger-key");
	assert_int_equal(error.kind, ERROR_WAITING);
	assert_int_equal(digest_sha256_hex(other.keys->ledger_public.public_key, 32, sha256), 0);
	AUTO_JSON json_t *body = json_pack("{s:s}", "sha256", sha256);
	must(ledger_append(scene->rows->store, "key", body, "", SAMPLE_NOW_MS, NULL, &error),
		&error);
	must(ledger_seal(scene->rows->store, other.keys, &head, &error), &error);
	assert_string_equal(head.origin, other.keys->ledger_public.name);
	assert_int_equal(head.size, 302);
	/* And the former one does not go on. */
	append(scene, 302, 303);
	assert_int_equal(ledger_seal(scene->rows->store, scene->ca.keys, &head, &error), -ENOKEY);
	sample_ca_free(&other);
}

static void test_a_proof_from_damaged_rows_is_not_handed_out(void **state)
{
	struct scene *scene = *state;
	AUTO_BUFFER struct buffer proof = BUFFER_INIT(PROOF_MAX_BYTES);
	struct error error = { 0 };
	struct checkpoint head;

	append(scene, 0, 20);
	seal(scene, &head);
	store_fixture_tamper(scene->rows, "DROP TRIGGER ledger_record_refuse_UPDATE");
	store_fixture_tamper(
		scene->rows, "UPDATE ledger_record SET sha256 = " FORGED " WHERE number = 7");
	assert_int_equal(ledger_prove(scene->rows->store, "c3", &proof, &error), -EBADMSG);
	assert_string_equal(error.code, "ledger-damaged");
	assert_int_equal(proof.length, 0);
}

/* --- witnesses --- */

static void head_note(struct scene *scene, struct buffer *ret)
{
	struct error error = { 0 };
	struct checkpoint head;

	must(ledger_head_note(scene->rows->store, scene->ca.keys, &head, ret, &error), &error);
}

/* The newest head with a line of the witness. */
static void cosign(struct scene *scene, const struct ledger_signer *witness, uint64_t seconds,
	struct buffer *ret)
{
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	struct note parsed;

	head_note(scene, &note);
	assert_int_equal(note_parse(note.data, note.length, &parsed, NULL), 0);
	assert_int_equal(buffer_append(ret, note.data, note.length), 0);
	ledger_signer_sign(witness, parsed.text, parsed.text_length, seconds, ret);
}

static int import(struct scene *scene, const struct buffer *note,
	const struct ledger_signer *witness, int64_t now, struct error *error)
{
	return ledger_cosign_import(
		scene->rows->store, note->data, note->length, &witness->public_key, now, error);
}

static void test_cosignatures_are_added_to_head_and_proof(void **state)
{
	struct scene *scene = *state;
	struct ledger_signer one, two;
	struct error error = { 0 };
	AUTO_BUFFER struct buffer before = BUFFER_INIT(PROOF_MAX_BYTES);
	AUTO_BUFFER struct buffer between = BUFFER_INIT(PROOF_MAX_BYTES);
	AUTO_BUFFER struct buffer after = BUFFER_INIT(PROOF_MAX_BYTES);
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer other = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);
	struct checkpoint sealed;

	ledger_signer_make(&one, "zeta.example/witness", NOTE_COSIGNATURE, 1);
	ledger_signer_make(&two, "alpha.example/witness", NOTE_COSIGNATURE, 2);
	append(scene, 0, 10);
	seal(scene, &sealed);
	prove(scene, 4, &before);
	cosign(scene, &one, 1795410000, &note);
	must(import(scene, &note, &one, SAMPLE_NOW_MS, &error), &error);
	prove(scene, 4, &between);
	/* The clock went back meanwhile, and its name comes first: its line is the last all the same. */
	cosign(scene, &two, 1795410001, &other);
	must(import(scene, &other, &two, SAMPLE_NOW_MS - 5000, &error), &error);
	must(import(scene, &note, &one, SAMPLE_NOW_MS + 5000, &error), &error);
	prove(scene, 4, &after);
	assert_true(before.length < between.length && between.length < after.length);
	assert_memory_equal(before.data, between.data, before.length);
	assert_memory_equal(between.data, after.data, between.length);
	expect_proof(scene, 4, 10, &after);
	head_note(scene, &head);
	struct note parsed;
	must(note_parse(head.data, head.length, &parsed, &error), &error);
	assert_int_equal(parsed.signature_count, 3);
	must(note_verify(&parsed, &one.public_key, NULL, &error), &error);
	must(note_verify(&parsed, &two.public_key, NULL, &error), &error);
	ledger_signer_free(&one);
	ledger_signer_free(&two);
}

static void test_cosignatures_that_are_refused(void **state)
{
	struct scene *scene = *state;
	struct ledger_signer witness, other, ledger;
	struct ledger_fixture foreign;
	struct error error = { 0 };
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer unsigned_note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer forked = BUFFER_INIT(NOTE_MAX_BYTES);
	struct checkpoint sealed;

	ledger_signer_make(&witness, "witness.example/a", NOTE_COSIGNATURE, 1);
	ledger_signer_make(&other, "witness.example/b", NOTE_COSIGNATURE, 2);
	ledger_signer_make(&ledger, scene->ca.keys->ledger_public.name, NOTE_COSIGNATURE, 3);
	append(scene, 0, 10);
	seal(scene, &sealed);
	cosign(scene, &witness, 1795410000, &note);
	assert_int_equal(import(scene, &note, &other, SAMPLE_NOW_MS, &error), -ENOKEY);
	assert_int_equal(import(scene, &note, &ledger, SAMPLE_NOW_MS, &error), -EINVAL);
	assert_string_equal(error.code, "cosignature-own");
	/* Another ledger of this name. */
	ledger_fixture_make(&foreign, scene->ca.keys->ledger_public.name, 9);
	ledger_fixture_fill(&foreign, 10);
	ledger_fixture_checkpoint(&foreign, 10, &forked);
	assert_int_equal(import(scene, &forked, &witness, SAMPLE_NOW_MS, &error), -ENOENT);
	assert_string_equal(error.code, "cosignature-unknown");
	buffer_free(&forked);
	ledger_fixture_fill(&foreign, 10);
	ledger_fixture_checkpoint(&foreign, 20, &forked); /* longer than ours */
	assert_int_equal(import(scene, &forked, &witness, SAMPLE_NOW_MS, &error), -ENOENT);
	/* One bit of the last signature. */
	note.data[note.length - 6] = note.data[note.length - 6] == 'A' ? 'B' : 'A';
	assert_int_equal(import(scene, &note, &witness, SAMPLE_NOW_MS, &error), -EKEYREJECTED);
	assert_int_equal(
		store_fixture_number(scene->rows->store, "SELECT count(*) FROM ledger_cosignature"),
		0);
	ledger_fixture_free(&foreign);
	ledger_signer_free(&witness);
	ledger_signer_free(&other);
	ledger_signer_free(&ledger);
}

/* A head that nobody could read any more because of its witnesses would be none. */
static void test_a_head_keeps_only_as_many_witnesses_as_can_be_read(void **state)
{
	struct scene *scene = *state;
	struct checkpoint sealed;
	struct note parsed;
	AUTO_BUFFER struct buffer head = BUFFER_INIT(NOTE_MAX_BYTES);

	append(scene, 0, 3);
	seal(scene, &sealed);
	for (unsigned i = 0; i < NOTE_SIGNATURES_MAX; i++) {
		AUTO_BUFFER struct buffer base = BUFFER_INIT(NOTE_MAX_BYTES);
		AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
		struct ledger_signer witness;
		struct error error = { 0 };
		char name[32];
		(void)snprintf(name, sizeof(name), "witness%u", i);
		ledger_signer_make(&witness, name, NOTE_COSIGNATURE, (uint8_t)(i + 1));
		/* What the witness was given had no other's line yet. */
		head_note(scene, &base);
		const char *end = strstr(buffer_text(&base), "\n\n");
		end = strchr(end + 2, '\n') + 1;
		assert_int_equal(buffer_append(&note, base.data, (size_t)(end - base.data)), 0);
		assert_int_equal(note_parse(note.data, note.length, &parsed, NULL), 0);
		AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_MAX_BYTES);
		assert_int_equal(buffer_append(&text, parsed.text, parsed.text_length), 0);
		ledger_signer_sign(&witness, text.data, text.length, 1795410000 + i, &note);
		int r = import(scene, &note, &witness, SAMPLE_NOW_MS, &error);
		if (i < NOTE_SIGNATURES_MAX - 1)
			must(r, &error);
		else
			assert_string_equal(error.code, "cosignature-many");
		ledger_signer_free(&witness);
	}
	head_note(scene, &head);
	assert_int_equal(note_parse(head.data, head.length, &parsed, NULL), 0);
	assert_int_equal(parsed.signature_count, NOTE_SIGNATURES_MAX);
}

#define WITH_SCENE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(test_heads_of_every_size_are_those_of_the_definition),
		WITH_SCENE(test_one_head_over_everything),
		WITH_SCENE(test_the_tree_of_the_store_proves_every_place),
		WITH_SCENE(test_a_proof_never_changes),
		WITH_SCENE(test_no_proof_without_a_head),
		WITH_SCENE(test_an_empty_ledger_has_no_head),
		WITH_SCENE(test_damage_forged_record),
		WITH_SCENE(test_damage_kept_hash),
		WITH_SCENE(test_damage_missing_hash),
		WITH_SCENE(test_damage_no_hash),
		WITH_SCENE(test_damage_shorter),
		WITH_SCENE(test_damage_new_record),
		WITH_SCENE(test_damage_head_root),
		WITH_SCENE(test_damage_head_note),
		WITH_SCENE(test_damage_head_text),
		WITH_SCENE(test_damage_head_unsigned),
		WITH_SCENE(test_a_new_key_goes_on_where_it_is_recorded),
		WITH_SCENE(test_a_proof_from_damaged_rows_is_not_handed_out),
		WITH_SCENE(test_cosignatures_are_added_to_head_and_proof),
		WITH_SCENE(test_cosignatures_that_are_refused),
		WITH_SCENE(test_a_head_keeps_only_as_many_witnesses_as_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
