/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed notes, checkpoints and cosignatures by the examples that others published, and every byte of one
 * flipped. */
#include "verify/ledger/note.h"

#include "base/base64.h"
#include "tests/support/ledger_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#define DASH "\xe2\x80\x94 "

/* C2SP signed-note: its test vector. */
#define FOO_KEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_NOTE                                                                                   \
	"This is an example message.\n\n" DASH "example.com/foo "                                  \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72Iney" \
	"aQM=\n"

/* golang.org/x/mod/sumdb/note: the keys and the note of its tests. */
#define PETER_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define ENOCH_KEY "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define PETER_TEXT                                                                                 \
	"If you think cryptography is the answer to your problem,\n"                               \
	"then you don't know what your problem is.\n"
#define PETER_LINE                                                                                 \
	DASH "PeterNeumann "                                                                       \
	     "x08go/ZJkuBS9UG/"                                                                    \
	     "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_LINE                                                                                 \
	DASH "EnochRoot "                                                                          \
	     "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/"                                        \
	     "5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

/* A head of a log of Certificate Transparency as its witnesses signed it: a signature of another kind, the
 * log's own, and four cosignatures. */
#define LOG_KEY                                                                                    \
	"arche2025h1.staging.ct.transparency.dev+ba2f06c0+"                                        \
	"AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
#define WITNESS_KEY "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define LOG_HEAD                                                                                   \
	"arche2025h1.staging.ct.transparency.dev\n1432088532\n"                                    \
	"U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
#define LOG_SIGNATURES                                                                             \
	DASH "arche2025h1.staging.ct.transparency.dev "                                            \
	     "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2B" \
	     "X"                                                                                   \
	     "aHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n" DASH "arche2025h1.staging.ct.transparency.dev "  \
	     "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/"                                               \
	     "27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1"                                     \
	     "k3ZFWwQ=\n" DASH "transparency.dev/DEV:witness-little-garden "                       \
	     "2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/"                                            \
	     "KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErum"                                        \
	     "C2q44vdgJY096st5BQ==\n" DASH "witness1.smartit.nu/witness1 "                         \
	     "pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/"                           \
	     "iEcxZ75W3u5hNI7TOQtmJbqmNWV"                                                         \
	     "uE0tgh0XwzdZsDsUAQ==\n" DASH "remora.n621.de "                                       \
	     "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/"                               \
	     "KSiXCg9DEZI+aVCIobWX9sXTynk5XeU"                                                     \
	     "/zZ0WBxtqB0DrAWfBw==\n" DASH "witness.stagemole.eu "                                 \
	     "Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/"            \
	     "2TUFucgKi7lI"                                                                        \
	     "7cUiOvKFYe/TmN9DAg==\n"

/* The example of C2SP tlog-checkpoint and tlog-cosignature; its keys were not published. */
#define SOFA_NOTE                                                                                  \
	"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/"                            \
	"Xajj7h2fB2MPA3j2jxq2I=\n\n" DASH "example.com/behind-the-sofa "                           \
	"Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM"     \
	"cTOAYQ8=\n" DASH "witness.example.com/w1 "                                                \
	"jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0"     \
	"xUe+mbIUBkBIfZ+qnA==\n"

static struct note_key key_of(const char *vkey)
{
	struct note_key key;
	struct error error = { 0 };
	if (note_key_parse(vkey, strlen(vkey), &key, &error) < 0)
		fail_msg("%s: %s", vkey, error.what);
	return key;
}

static struct note note_of(const char *text)
{
	struct note note;
	struct error error = { 0 };
	if (note_parse(text, strlen(text), &note, &error) < 0)
		fail_msg("%s: %s", text, error.what);
	return note;
}

static void published_keys_are_read_and_written(void **state)
{
	(void)state;
	static const char *const keys[] = { FOO_KEY, PETER_KEY, ENOCH_KEY, LOG_KEY, WITNESS_KEY,
		/* transparency-dev/formats: a '+' within the base 64 */
		"TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6" };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char text[NOTE_VKEY_MAX];
		struct note_key key = key_of(keys[i]);
		note_key_format(&key, text);
		assert_string_equal(text, keys[i]);
		char line[NOTE_VKEY_MAX];
		snprintf(line, sizeof(line), "%s\n", keys[i]);
		struct note_key again = key_of(line);
		assert_memory_equal(&again, &key, sizeof(key));
	}
	struct note_key foo = key_of(FOO_KEY);
	char hex[SHA256_HEX_SIZE];
	hex_encode(foo.public_key, 32, hex);
	assert_string_equal(
		hex, "e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4");
	assert_int_equal(foo.algorithm, NOTE_ED25519);
	assert_int_equal(key_of(WITNESS_KEY).algorithm, NOTE_COSIGNATURE);
}

static void a_key_in_another_spelling_is_refused(void **state)
{
	(void)state;
	static const char *const keys[] = { "", "\n", "+", "++", "name", "name+01234567",
		"name+01234567+",
		/* no name, a blank, a control, a wide space in it */
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example\t+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example\xe3\x80\x80+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example\xff+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		/* the identifier: another, capitals, too short */
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		/* the key: unused bits, blanks, cut, longer, another kind */
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k ",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n\n",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Uw=",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==",
		"example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+00000000+++++++++++++++++++++++++++++++++++++++++++++" };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct note_key key = { .name = "untouched" };
		struct error error = { 0 };
		if (note_key_parse(keys[i], strlen(keys[i]), &key, &error) != -EBADMSG)
			fail_msg("taken: %s", keys[i]);
		assert_string_equal(error.code, "ledger-key-malformed");
		assert_string_equal(key.name, "untouched");
	}
}

static void every_byte_of_a_key_counts(void **state)
{
	(void)state;
	char text[] = FOO_KEY;
	for (size_t i = 0; i < strlen(FOO_KEY); i++)
		for (int bit = 0; bit < 8; bit++) {
			struct note_key key;
			struct error error = { 0 };
			text[i] = (char)(FOO_KEY[i] ^ 1 << bit);
			if (note_key_parse(text, sizeof(text) - 1, &key, &error) != -EBADMSG)
				fail_msg("taken: %s", text);
			assert_string_equal(error.code, "ledger-key-malformed");
			text[i] = FOO_KEY[i];
		}
}

static void published_signatures_hold(void **state)
{
	(void)state;
	static const struct {
		const char *note, *key;
		int64_t utc_ms;
	} cases[] = {
		{ FOO_NOTE, FOO_KEY, 0 },
		{ PETER_TEXT "\n" PETER_LINE, PETER_KEY, 0 },
		{ PETER_TEXT "\n" PETER_LINE ENOCH_LINE, PETER_KEY, 0 },
		{ PETER_TEXT "\n" PETER_LINE ENOCH_LINE, ENOCH_KEY, 0 },
		{ LOG_HEAD "\n" LOG_SIGNATURES, LOG_KEY, 0 },
		{ LOG_HEAD "\n" LOG_SIGNATURES, WITNESS_KEY, INT64_C(1779573024000) },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct note note = note_of(cases[i].note);
		struct note_key key = key_of(cases[i].key);
		struct error error = { 0 };
		int64_t utc_ms = -1;
		if (note_verify(&note, &key, &utc_ms, &error) < 0)
			fail_msg("%s: %s", cases[i].key, error.what);
		assert_int_equal(utc_ms, cases[i].utc_ms);
		assert_int_equal(note_verify(&note, &key, NULL, &error), 0);
	}
}

static void an_unknown_key_and_a_broken_signature_are_told_apart(void **state)
{
	(void)state;
	struct note_key peter = key_of(PETER_KEY);
	struct note_key enoch = key_of(ENOCH_KEY);
	struct error error = { 0 };
	struct note note = note_of(PETER_TEXT "\n" PETER_LINE);
	assert_int_equal(note_verify(&note, &enoch, NULL, &error), -ENOKEY);
	assert_string_equal(error.code, "note-unsigned");
	note = note_of("Another text.\n\n" PETER_LINE);
	assert_int_equal(note_verify(&note, &peter, NULL, &error), -EKEYREJECTED);
	assert_string_equal(error.code, "note-broken");
	/* The same name with another identifier is another key, and the other way round. */
	struct note_key other = peter;
	other.id[0] ^= 1;
	assert_int_equal(note_verify(&note, &other, NULL, &error), -ENOKEY);
	other = peter;
	other.name[0] = 'Q';
	assert_int_equal(note_verify(&note, &other, NULL, &error), -ENOKEY);
	/* One good signature does not make up for a broken one of the same key. */
	note = note_of(PETER_TEXT
		"\n" PETER_LINE DASH "PeterNeumann "
		"x08go/ZJkuBS9UG/"
		"SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAQ=\n");
	assert_int_equal(note_verify(&note, &peter, NULL, &error), -EKEYREJECTED);
	/* Too short, too long: by the key's name, so it is broken. */
	note = note_of(PETER_TEXT "\n" DASH "PeterNeumann x08go/ZJ\n");
	assert_int_equal(note_verify(&note, &peter, NULL, &error), -EKEYREJECTED);
}

static void a_long_signature_of_another_kind_is_passed_over(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_MAX_BYTES);
	uint8_t signature[2428] = { 1, 2, 3, 4 }; /* as long as one of ML-DSA-44 */
	struct note_key peter = key_of(PETER_KEY);
	struct error error = { 0 };
	assert_int_equal(buffer_append_text(&text, PETER_TEXT "\n" DASH "post.quantum "), 0);
	assert_int_equal(base64_encode(signature, sizeof(signature), &text), 0);
	assert_int_equal(buffer_append_text(&text, "\n" PETER_LINE), 0);
	struct note note = note_of(buffer_text(&text));
	assert_int_equal(note.signature_count, 2);
	assert_int_equal(note.signatures[0].length, 2424);
	assert_int_equal(note_verify(&note, &peter, NULL, &error), 0);
	/* The same under the name and identifier of a known key. */
	struct note_key long_one = {
		.name = "post.quantum", .id = { 1, 2, 3, 4 }, .algorithm = NOTE_COSIGNATURE
	};
	assert_int_equal(note_verify(&note, &long_one, NULL, &error), -EKEYREJECTED);
}

static void a_note_in_another_shape_is_refused(void **state)
{
	(void)state;
	static const char *const notes[] = { "", "\n", "\n\n", "text", "text\n", "text\n\n",
		"text\n\n\n", "\n" PETER_LINE, PETER_TEXT PETER_LINE,
		PETER_TEXT "\n" PETER_LINE "\n", PETER_TEXT "\n" PETER_LINE " ",
		PETER_TEXT "\n" PETER_LINE "more\n", PETER_TEXT "\n\r" PETER_LINE,
		"te\txt\n\n" PETER_LINE, "te\x7fxt\xff\n\n" PETER_LINE,
		PETER_TEXT "\n- PeterNeumann x08go/ZJ\n", PETER_TEXT "\n" DASH "PeterNeumann\n",
		PETER_TEXT "\n" DASH " x08go/ZJ\n", PETER_TEXT "\n" DASH "Peter+Neumann x08go/ZJ\n",
		PETER_TEXT "\n" DASH "PeterNeumann  x08go/ZJ\n",
		PETER_TEXT "\n" DASH "PeterNeumann x08go/ZJ \n",
		PETER_TEXT "\n" DASH "PeterNeumann x08go/Z\n",
		PETER_TEXT "\n" DASH "PeterNeumann x08go/Z=\n",
		/* an identifier and nothing else */
		PETER_TEXT "\n" DASH "PeterNeumann x08gow==\n",
		PETER_TEXT "\n" DASH "PeterNeumann x08go/ZJ" };
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		struct note note;
		struct error error = { 0 };
		if (note_parse(notes[i], strlen(notes[i]), &note, &error) != -EBADMSG)
			fail_msg("%zu taken: %s", i, notes[i]);
		assert_string_equal(error.code, "note-malformed");
	}
	struct note note;
	struct error error = { 0 };
	assert_int_equal(
		note_parse("a\0b\n\n" PETER_LINE, 5 + strlen(PETER_LINE), &note, &error), -EBADMSG);
}

static void too_long_or_too_many_is_refused(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(2 * NOTE_MAX_BYTES);
	struct note note;
	struct error error = { 0 };
	assert_int_equal(buffer_append_text(&text, PETER_TEXT "\n"), 0);
	for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
		assert_int_equal(buffer_append_text(&text, PETER_LINE), 0);
	assert_int_equal(note_parse(text.data, text.length, &note, &error), 0);
	assert_int_equal(note.signature_count, NOTE_SIGNATURES_MAX);
	assert_int_equal(buffer_append_text(&text, PETER_LINE), 0);
	assert_int_equal(note_parse(text.data, text.length, &note, &error), -EBADMSG);
	text.length = 0;
	while (text.length <= NOTE_MAX_BYTES)
		assert_int_equal(buffer_append_text(&text, PETER_TEXT), 0);
	assert_int_equal(buffer_append_text(&text, "\n" PETER_LINE), 0);
	assert_int_equal(note_parse(text.data, text.length, &note, &error), -EBADMSG);
	assert_string_equal(error.code, "note-malformed");
}

/* The last empty line parts text from signatures: a text may have empty lines, and they are signed. */
static void a_text_may_have_empty_lines(void **state)
{
	(void)state;
	struct ledger_signer signer;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	static const char body[] = "one\n\n" DASH "quoted x08go/ZJ\n\nthree\n";
	struct error error = { 0 };
	ledger_signer_make(&signer, "example.org/log", NOTE_ED25519, 7);
	assert_int_equal(buffer_append_text(&text, body), 0);
	assert_int_equal(buffer_append_text(&text, "\n"), 0);
	ledger_signer_sign(&signer, body, strlen(body), 0, &text);
	struct note note = note_of(buffer_text(&text));
	assert_int_equal(note.text_length, strlen(body));
	assert_int_equal(note_verify(&note, &signer.public_key, NULL, &error), 0);
	ledger_signer_free(&signer);
}

static void checkpoints_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *note, *text, *origin;
		uint64_t size;
	} cases[] = {
		{ SOFA_NOTE,
			"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/"
			"Xajj7h2fB2MPA3j2jxq2I=\n",
			"example.com/behind-the-sofa", 20852163 },
		{ LOG_HEAD "\n" LOG_SIGNATURES, LOG_HEAD, "arche2025h1.staging.ct.transparency.dev",
			1432088532 },
		{ "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n" PETER_LINE,
			"o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "o", 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
		struct checkpoint checkpoint;
		struct error error = { 0 };
		struct note note = note_of(cases[i].note);
		assert_int_equal(checkpoint_parse(&note, &checkpoint, &error), 0);
		assert_string_equal(checkpoint.origin, cases[i].origin);
		assert_int_equal(checkpoint.size, cases[i].size);
		assert_int_equal(checkpoint_format(&checkpoint, &text), 0);
		assert_string_equal(buffer_text(&text), cases[i].text);
	}
	struct note note =
		note_of("o\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n\n" PETER_LINE);
	struct checkpoint checkpoint;
	struct error error = { 0 };
	assert_int_equal(checkpoint_parse(&note, &checkpoint, &error), 0);
	assert_int_equal(checkpoint.size, 7);
}

static void a_checkpoint_in_another_shape_is_refused(void **state)
{
	(void)state;
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	static const char *const texts[] = { "o\n", "o\n7\n", "\n7\n" ROOT, "o\n\n" ROOT,
		"o\n07\n" ROOT, "o\n+7\n" ROOT, "o\n-7\n" ROOT, "o\n 7\n" ROOT, "o\n7 \n" ROOT,
		"o\n0x7\n" ROOT, "o\n7a\n" ROOT, "o\n4611686018427387905\n" ROOT,
		"o\n18446744073709551623\n" ROOT, "o\n99999999999999999999\n" ROOT,
		"o\n7\n47DEQpj8\n", "o\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		"o\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA\n", "o\n7\n" ROOT "\nmore\n",
		"o\n7\n" ROOT "more\n\nmore\n" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
		struct checkpoint checkpoint = { .size = 77 };
		struct error error = { 0 };
		assert_int_equal(buffer_printf(&text, "%s\n%s", texts[i], PETER_LINE), 0);
		struct note note;
		if (note_parse(text.data, text.length, &note, &error) < 0)
			continue;
		if (checkpoint_parse(&note, &checkpoint, &error) != -EBADMSG)
			fail_msg("taken: %s", texts[i]);
		assert_string_equal(error.code, "checkpoint-malformed");
		assert_int_equal(checkpoint.size, 77);
	}
}

static const char *const codes[] = { "note-malformed", "note-unsigned", "note-broken",
	"checkpoint-malformed", "checkpoint-origin" };

static bool is_code(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

static void every_bit_of_a_checkpoint_counts(void **state)
{
	(void)state;
	struct ledger_fixture fixture;
	AUTO_BUFFER struct buffer note = BUFFER_INIT(4096);
	struct checkpoint checkpoint;
	struct error error = { 0 };
	ledger_fixture_make(&fixture, "haiki/0123456789abcdef", 1);
	ledger_fixture_fill(&fixture, 5);
	ledger_fixture_checkpoint(&fixture, 5, &note);
	const struct note_key *key = &fixture.signer.public_key;
	assert_int_equal(checkpoint_open(note.data, note.length, key, &checkpoint, &error), 0);
	assert_int_equal(checkpoint.size, 5);
	struct merkle_hash root = ledger_fixture_hash(&fixture, 0, 5);
	assert_memory_equal(&checkpoint.root, &root, sizeof(root));
	for (size_t i = 0; i < note.length * 8; i++) {
		note.data[i / 8] = (char)(note.data[i / 8] ^ 1 << i % 8);
		assert_true(checkpoint_open(note.data, note.length, key, &checkpoint, &error) < 0);
		assert_true(is_code(error.code));
		note.data[i / 8] = (char)(note.data[i / 8] ^ 1 << i % 8);
	}
	for (size_t length = 0; length < note.length; length++)
		assert_true(checkpoint_open(note.data, length, key, &checkpoint, &error) < 0);
	ledger_fixture_free(&fixture);
}

static void a_checkpoint_of_another_origin_is_refused(void **state)
{
	(void)state;
	struct ledger_signer signer;
	AUTO_BUFFER struct buffer note = BUFFER_INIT(4096);
	static const char text[] = "haiki/other\n7\n" ROOT;
	struct checkpoint checkpoint;
	struct error error = { 0 };
	ledger_signer_make(&signer, "haiki/one", NOTE_ED25519, 3);
	assert_int_equal(buffer_printf(&note, "%s\n", text), 0);
	ledger_signer_sign(&signer, text, strlen(text), 0, &note);
	assert_int_equal(
		checkpoint_open(note.data, note.length, &signer.public_key, &checkpoint, &error),
		-EBADMSG);
	assert_string_equal(error.code, "checkpoint-origin");
	ledger_signer_free(&signer);
}

static void a_cosignature_binds_its_time(void **state)
{
	(void)state;
	struct ledger_signer witness;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	struct error error = { 0 };
	int64_t utc_ms;
	ledger_signer_make(&witness, "witness.example/w1", NOTE_COSIGNATURE, 9);
	assert_int_equal(buffer_printf(&text, "%s\n", LOG_HEAD), 0);
	ledger_signer_sign(&witness, LOG_HEAD, strlen(LOG_HEAD), 1679315147, &text);
	struct note note = note_of(buffer_text(&text));
	assert_int_equal(note_verify(&note, &witness.public_key, &utc_ms, &error), 0);
	assert_int_equal(utc_ms, INT64_C(1679315147000));
	for (size_t i = 0; i < note.signatures[0].length; i++) {
		note.signatures[0].bytes[i] ^= 1;
		utc_ms = 77;
		assert_int_equal(
			note_verify(&note, &witness.public_key, &utc_ms, &error), -EKEYREJECTED);
		assert_int_equal(utc_ms, 77);
		note.signatures[0].bytes[i] ^= 1;
	}
	/* The same key as a plain one signs another message. */
	struct note_key plain = witness.public_key;
	plain.algorithm = NOTE_ED25519;
	assert_int_equal(note_verify(&note, &plain, NULL, &error), -EKEYREJECTED);
	ledger_signer_free(&witness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_keys_are_read_and_written),
		cmocka_unit_test(a_key_in_another_spelling_is_refused),
		cmocka_unit_test(every_byte_of_a_key_counts),
		cmocka_unit_test(published_signatures_hold),
		cmocka_unit_test(an_unknown_key_and_a_broken_signature_are_told_apart),
		cmocka_unit_test(a_long_signature_of_another_kind_is_passed_over),
		cmocka_unit_test(a_note_in_another_shape_is_refused),
		cmocka_unit_test(too_long_or_too_many_is_refused),
		cmocka_unit_test(a_text_may_have_empty_lines),
		cmocka_unit_test(checkpoints_are_read_and_written),
		cmocka_unit_test(a_checkpoint_in_another_shape_is_refused),
		cmocka_unit_test(every_bit_of_a_checkpoint_counts),
		cmocka_unit_test(a_checkpoint_of_another_origin_is_refused),
		cmocka_unit_test(a_cosignature_binds_its_time),
	};
	return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
