/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records and the proofs that they stand in a ledger: the shape of C2SP tlog-proof, every place of trees of
 * many sizes, and every bit of a proof flipped. */
#include "verify/ledger/proof.h"

#include "base/base64.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/stride.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#define ORIGIN "haiki/0123456789abcdef"

/* ---- records ---- */

#define GOOD                                                                                       \
	"{\"body\":{\"event\":1},\"format\":\"haiki-record\",\"format_version\":1,\"index\":7,"    \
	"\"kind\":\"event\",\"salt\":\"00112233445566778899aabbccddeeff\","                        \
	"\"utc\":\"2026-11-23T04:00:00.000Z\"}"

static void a_record_is_read(void **state)
{
	(void)state;
	AUTO_RECORD struct record record = { 0 };
	struct error error = { 0 };
	assert_int_equal(record_parse(GOOD, strlen(GOOD), &record, &error), 0);
	assert_int_equal(record.index, 7);
	assert_int_equal(record.kind, RECORD_EVENT);
	assert_int_equal(record.utc_ms, INT64_C(1795406400000));
	assert_int_equal(json_integer_value(json_object_get(record.body, "event")), 1);
}

static void kinds_have_words(void **state)
{
	(void)state;
	static const char *const words[] = { "event", "certificate", "tenant", "signature", "key" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(record_kind_parse(words[i]), i + 1);
		assert_string_equal(record_kind_name((enum record_kind)(i + 1)), words[i]);
	}
	assert_int_equal(record_kind_parse("other"), RECORD_UNKNOWN);
	assert_string_equal(record_kind_name((enum record_kind)99), "unknown");
}

/* GOOD with what replaced by by. */
static void vary(const char *what, const char *by, struct buffer *ret)
{
	const char *at = strstr(GOOD, what);
	assert_non_null(at);
	assert_int_equal(buffer_append(ret, GOOD, (size_t)(at - GOOD)), 0);
	assert_int_equal(buffer_append_text(ret, by), 0);
	assert_int_equal(buffer_append_text(ret, at + strlen(what)), 0);
}

static void a_record_in_another_shape_is_refused(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "{\"body\"", " {\"body\"" },
		{ "\"index\":7", "\"index\": 7" },
		{ "\"index\":7", "\"index\":-1" },
		{ "\"index\":7", "\"index\":4611686018427387904" },
		{ "\"index\":7", "\"index\":\"7\"" },
		{ "\"index\":7,", "" },
		{ "haiki-record", "haiki-recorD" },
		{ "haiki-record", "haiki-recor" },
		{ "_version\":1", "_version\":2" },
		{ "_version\":1", "_version\":0" },
		{ "{\"event\":1}", "[1]" },
		{ "{\"event\":1}", "1" },
		{ "\"kind\":\"event\"", "\"kind\":\"Event\"" },
		{ "\"kind\":\"event\"", "\"kind\":\"\"" },
		{ "\"kind\":\"event\"", "\"kind\":\"unknown\"" },
		{ "\"kind\":\"event\"", "\"kind\":1" },
		{ "00112233", "0011223" },
		{ "00112233", "0011223G" },
		{ "aabb", "AABB" },
		{ "04:00:00.000Z", "04:00:00Z" },
		{ "04:00:00.000Z", "24:00:00.000Z" },
		{ "Z\"}", "Z\",\"x\":1}" },
		{ "Z\"}", "Z\"}\n" },
		{ "Z\"}", "Z\"" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
		struct record record = { .index = 77 };
		struct error error = { 0 };
		vary(cases[i][0], cases[i][1], &text);
		if (record_parse(text.data, text.length, &record, &error) != -EBADMSG)
			fail_msg("taken: %s", text.data);
		assert_string_equal(error.code, "record-malformed");
		assert_int_equal(error.errnum, EBADMSG);
		assert_int_equal(record.index, 77);
	}
	struct record record;
	struct error error = { 0 };
	assert_int_equal(record_parse("[]", 2, &record, &error), -EBADMSG);
	assert_int_equal(record_parse("", 0, &record, &error), -EBADMSG);
}

/* It stands in the ledger all the same; who reads what it says must say that it cannot. */
static void a_kind_of_later_is_unknown(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	AUTO_RECORD struct record record = { 0 };
	struct error error = { 0 };
	vary("\"kind\":\"event\"", "\"kind\":\"sea-burial\"", &text);
	assert_int_equal(record_parse(text.data, text.length, &record, &error), 0);
	assert_int_equal(record.kind, RECORD_UNKNOWN);
}

static void a_withheld_record_leaves_its_place(void **state)
{
	(void)state;
	static const char good[] = "{\"index\":12,\"withheld\":\"hold\"}";
	static const char *const bad[] = { "{\"index\":12}", "{\"withheld\":\"hold\"}", "[]", "",
		"{\"index\":-1,\"withheld\":\"hold\"}", "{\"index\":12,\"withheld\":\"\"}",
		"{\"index\":12,\"withheld\":\"Hold\"}", "{\"index\":12, \"withheld\":\"hold\"}",
		"{\"index\":12,\"withheld\":\"hold\",\"x\":1}",
		"{\"index\":12,\"withheld\":\"hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh\"}", GOOD };
	struct record_withheld withheld;
	struct error error = { 0 };
	assert_int_equal(record_withheld_parse(good, strlen(good), &withheld, &error), 0);
	assert_int_equal(withheld.index, 12);
	assert_string_equal(withheld.word, "hold");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (record_withheld_parse(bad[i], strlen(bad[i]), &withheld, &error) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(error.code, "record-malformed");
	}
}

static void a_leaf_is_the_hash_of_the_hash(void **state)
{
	(void)state;
	struct merkle_hash entry;
	struct merkle_hash leaf;
	struct merkle_hash expected;
	uint8_t prefixed[33] = { 0 };
	assert_int_equal(digest_sha256(GOOD, strlen(GOOD), prefixed + 1), 0);
	assert_int_equal(record_entry(GOOD, strlen(GOOD), &entry), 0);
	assert_memory_equal(entry.bytes, prefixed + 1, 32);
	assert_int_equal(digest_sha256(prefixed, sizeof(prefixed), expected.bytes), 0);
	assert_int_equal(record_leaf(GOOD, strlen(GOOD), &leaf), 0);
	assert_memory_equal(&leaf, &expected, sizeof(leaf));
}

/* ---- proofs ---- */

static struct ledger_fixture fixture;

static int make_fixture(void **state)
{
	(void)state;
	ledger_fixture_make(&fixture, ORIGIN, 1);
	ledger_fixture_fill(&fixture, 70);
	return 0;
}

static int free_fixture(void **state)
{
	(void)state;
	ledger_fixture_free(&fixture);
	return 0;
}

static int check(const struct buffer *text, const struct note_key *key, struct record *record,
	struct error *error)
{
	AUTO_PROOF struct proof proof = { 0 };
	struct checkpoint checkpoint;
	*error = (struct error){ 0 };
	int r = proof_parse(buffer_text(text), text->length, &proof, error);
	if (r < 0) {
		assert_string_equal(error->code, "proof-malformed");
		return r;
	}
	return proof_check(&proof, key, record, &checkpoint, error);
}

static void every_record_is_proven(void **state)
{
	(void)state;
	for (size_t size = 1; size <= fixture.count; size += 1 + size / 8 * test_stride())
		for (size_t index = 0; index < size; index++) {
			AUTO_BUFFER struct buffer text = BUFFER_INIT(PROOF_MAX_BYTES);
			AUTO_BUFFER struct buffer again = BUFFER_INIT(PROOF_MAX_BYTES);
			AUTO_PROOF struct proof proof = { 0 };
			AUTO_RECORD struct record record = { 0 };
			struct checkpoint checkpoint;
			struct error error = { 0 };
			ledger_fixture_proof(&fixture, index, size, &text);
			assert_int_equal(proof_parse(text.data, text.length, &proof, &error), 0);
			if (proof_check(&proof, &fixture.signer.public_key, &record, &checkpoint,
				    &error) < 0)
				fail_msg("%zu of %zu: %s", index, size, error.what);
			assert_int_equal(record.index, index);
			assert_int_equal(checkpoint.size, size);
			assert_int_equal(proof_format(&proof, &again), 0);
			assert_string_equal(again.data, text.data);
		}
}

static bool is_code(const char *code)
{
	static const char *const codes[] = { "proof-malformed", "proof-wrong", "note-malformed",
		"note-unsigned", "note-broken" };
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

static void every_bit_of_a_proof_counts(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(PROOF_MAX_BYTES);
	const struct note_key *key = &fixture.signer.public_key;
	AUTO_RECORD struct record record = { 0 };
	struct error error;
	ledger_fixture_proof(&fixture, 5, 11, &text);
	assert_int_equal(check(&text, key, &record, &error), 0);
	for (size_t i = 0; i < text.length * 8; i += test_stride()) {
		struct record unused = { 0 };
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
		if (check(&text, key, &unused, &error) == 0)
			fail_msg("bit %zu is not seen", i);
		if (!is_code(error.code))
			fail_msg("bit %zu: %s", i, error.code);
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
	}
	for (size_t length = text.length; length-- > 0;) {
		struct record unused = { 0 };
		text.length = length;
		assert_true(check(&text, key, &unused, &error) < 0);
		assert_true(is_code(error.code));
	}
}

/* Of a proof with its parts in our hands. */
static void make_text(const char *record, size_t index, const char *hashes,
	const struct buffer *note, struct buffer *ret)
{
	assert_int_equal(buffer_append_text(ret, "c2sp.org/tlog-proof@v1\nextra "), 0);
	assert_int_equal(base64_encode(record, strlen(record), ret), 0);
	assert_int_equal(buffer_printf(ret, "\nindex %zu\n%s\n", index, hashes), 0);
	assert_int_equal(buffer_append(ret, note->data, note->length), 0);
}

static void what_is_proven_must_be_a_record_in_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *record, *code;
		size_t index;
	} cases[] = {
		{ GOOD, "record-index", 0 }, /* it says 7 */
		{ "{\"a\":1}", "record-malformed", 0 },
		{ "not JSON", "record-malformed", 0 },
		{ GOOD, "proof-wrong", 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(PROOF_MAX_BYTES);
		AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
		struct ledger_fixture one;
		struct record record = { 0 };
		struct error error;
		ledger_fixture_make(&one, ORIGIN, 1);
		ledger_fixture_append_text(&one, cases[i].record, strlen(cases[i].record));
		ledger_fixture_checkpoint(&one, 1, &note);
		make_text(cases[i].record, cases[i].index, "", &note, &text);
		assert_int_equal(check(&text, &one.signer.public_key, &record, &error), -EBADMSG);
		assert_string_equal(error.code, cases[i].code);
		ledger_fixture_free(&one);
	}
}

static void a_proof_of_another_ledger_or_record_is_refused(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(PROOF_MAX_BYTES);
	AUTO_BUFFER struct buffer swapped = BUFFER_INIT(PROOF_MAX_BYTES);
	AUTO_BUFFER struct buffer foreign = BUFFER_INIT(PROOF_MAX_BYTES);
	struct ledger_fixture other;
	struct record record = { 0 };
	struct error error;
	ledger_fixture_make(&other, ORIGIN, 2);
	ledger_fixture_fill(&other, 11);
	ledger_fixture_proof(&fixture, 5, 11, &text);
	assert_int_equal(check(&text, &other.signer.public_key, &record, &error), -ENOKEY);
	assert_string_equal(error.code, "note-unsigned");
	/* Another ledger's head under our proof. */
	const char *head = strstr(text.data, "\n\n");
	assert_non_null(head);
	assert_int_equal(buffer_append(&foreign, text.data, (size_t)(head - text.data) + 2), 0);
	ledger_fixture_checkpoint(&other, 11, &foreign);
	assert_int_equal(check(&foreign, &fixture.signer.public_key, &record, &error), -ENOKEY);
	/* Another record with our hashes. */
	const char *index_line = strstr(text.data, "\nindex ");
	assert_non_null(index_line);
	assert_int_equal(buffer_append_text(&swapped, "c2sp.org/tlog-proof@v1\nextra "), 0);
	assert_int_equal(
		base64_encode(fixture.records[6].text, fixture.records[6].length, &swapped), 0);
	assert_int_equal(buffer_append_text(&swapped, index_line), 0);
	assert_int_equal(check(&swapped, &fixture.signer.public_key, &record, &error), -EBADMSG);
	assert_string_equal(error.code, "proof-wrong");
	ledger_fixture_free(&other);
}

/* The example of C2SP tlog-proof; its note and record are not whole there. */
#define HASHES                                                                                     \
	"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"                                           \
	"B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"                                           \
	"EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"                                           \
	"RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"                                           \
	"AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"
#define FIRST "c2sp.org/tlog-proof@v1\n"
#define NOTE                                                                                       \
	"example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"           \
	"\xe2\x80\x94 example.com/fancylog hI2DJwAA\n"

static void the_published_shape_is_read(void **state)
{
	(void)state;
	static const char text[] =
		FIRST "extra YWdlLXYxLjIuMS1kYXJ3aW4=\nindex 73894\n" HASHES "\n" NOTE;
	AUTO_PROOF struct proof proof = { 0 };
	struct error error = { 0 };
	char hex[SHA256_HEX_SIZE];
	assert_int_equal(proof_parse(text, strlen(text), &proof, &error), 0);
	assert_int_equal(proof.index, 73894);
	assert_int_equal(proof.hash_count, 5);
	hex_encode(proof.hashes[0].bytes, 32, hex);
	assert_string_equal(hex, "8122b25e861952067a8ddb9662b90338046"
				 "29ce30626f7978e032405371d3e54");
	assert_string_equal(proof.record, "age-v1.2.1-darwin");
	assert_int_equal(proof.note_length, strlen(NOTE));
}

static void a_proof_in_another_shape_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = { "", FIRST, "c2sp.org/tlog-proof@v2\n",
		FIRST "index 1\n" HASHES "\n" NOTE, FIRST "extra \nindex 1\n" HASHES "\n" NOTE,
		FIRST "extra YWdl\n" HASHES "\n" NOTE, FIRST "extra YWdl\nindex 1\n" HASHES,
		FIRST "extra YWdl\nindex 1\n" HASHES "\n", FIRST "extra YWdl\nindex 1\n" NOTE,
		FIRST "extra YWdl\nindex 01\n" HASHES "\n" NOTE,
		FIRST "extra YWdl\nindex -1\n" HASHES "\n" NOTE,
		FIRST "extra YWdl\nindex \n" HASHES "\n" NOTE,
		FIRST "extra YWdl\nindex 4611686018427387904\n" HASHES "\n" NOTE,
		FIRST "extra YWdl\nindex 99999999999999999999\n" HASHES "\n" NOTE,
		FIRST "extra YWdl \nindex 1\n" HASHES "\n" NOTE,
		FIRST "extra YWdm\r\nindex 1\n" HASHES "\n" NOTE,
		FIRST "extra YWd\nindex 1\n" HASHES "\n" NOTE,
		FIRST "extra YWdl\nextra YWdl\nindex 1\n" HASHES "\n" NOTE,
		FIRST "extra YWdl\nindex 1\nYWdl\n\n" NOTE, ("\n" FIRST) };
	AUTO_BUFFER struct buffer many = BUFFER_INIT(PROOF_MAX_BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct proof proof = { .index = 77 };
		struct error error = { 0 };
		if (proof_parse(texts[i], strlen(texts[i]), &proof, &error) != -EBADMSG)
			fail_msg("taken: %s", texts[i]);
		assert_string_equal(error.code, "proof-malformed");
		assert_int_equal(proof.index, 77);
	}
	struct proof proof;
	struct error error = { 0 };
	assert_int_equal(buffer_append_text(&many, FIRST "extra YWdl\nindex 1\n"), 0);
	for (int i = 0; i < 13; i++)
		assert_int_equal(buffer_append_text(&many, HASHES), 0);
	assert_int_equal(buffer_append_text(&many, "\n" NOTE), 0);
	assert_int_equal(proof_parse(many.data, many.length, &proof, &error), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_read),
		cmocka_unit_test(kinds_have_words),
		cmocka_unit_test(a_record_in_another_shape_is_refused),
		cmocka_unit_test(a_kind_of_later_is_unknown),
		cmocka_unit_test(a_withheld_record_leaves_its_place),
		cmocka_unit_test(a_leaf_is_the_hash_of_the_hash),
		cmocka_unit_test(every_record_is_proven),
		cmocka_unit_test(every_bit_of_a_proof_counts),
		cmocka_unit_test(what_is_proven_must_be_a_record_in_its_place),
		cmocka_unit_test(a_proof_of_another_ledger_or_record_is_refused),
		cmocka_unit_test(the_published_shape_is_read),
		cmocka_unit_test(a_proof_in_another_shape_is_refused),
	};
	return cmocka_run_group_tests_name("proof", tests, make_fixture, free_fixture);
}
