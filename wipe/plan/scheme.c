/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped schemes as one table, and schemes read from a policy file. */
#include "wipe/plan/scheme.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WHERE_MAX 400 /* a policy file's path and the field in it */

/* "A character" and "its complement" are 00h and FFh throughout: the documents leave the character
 * open, and a constant can be read back by anyone who has only the certificate. */
#define PERIOD(...)                                                                                \
	{                                                                                          \
		.kind = STREAM_PERIODIC, .period = { __VA_ARGS__ },                                \
		.period_bytes = sizeof((uint8_t[]){ __VA_ARGS__ }),                                \
	}
#define CONSTANT(byte)                                                                             \
	{                                                                                          \
		.pattern = PERIOD(byte)                                                            \
	}
#define CONSTANT_READ_BACK(byte)                                                                   \
	{                                                                                          \
		.pattern = PERIOD(byte), .read_back = true                                         \
	}
#define TRIPLET(first, second, third)                                                              \
	{                                                                                          \
		.pattern = PERIOD(first, second, third)                                            \
	}
#define RANDOM                                                                                     \
	{                                                                                          \
		.pattern = {.kind = STREAM_RANDOM }                                                \
	}
#define RANDOM_READ_BACK                                                                           \
	{                                                                                          \
		.pattern = { .kind = STREAM_RANDOM }, .read_back = true                            \
	}
#define PASSES(...)                                                                                \
	.passes = { __VA_ARGS__ },                                                                 \
	.pass_count = sizeof((struct scheme_pass[]){ __VA_ARGS__ }) / sizeof(struct scheme_pass)

/* Where tools disagree, the comment says which reading stands here and which others there are. */
const struct scheme schemes_shipped[] = {
	{ .name = "zero",
		.title = "Zeros",
		.origin = "haiki: one pass of 00h",
		PASSES(CONSTANT(0x00)) },
	{ .name = "one",
		.title = "Ones",
		.origin = "haiki: one pass of FFh",
		PASSES(CONSTANT(0xff)) },
	{
		.name = "random",
		.title = "Random",
		.origin = "haiki: one pass of AES-256-CTR; a Clear technique of NIST SP 800-88",
		PASSES(RANDOM),
	},
	/* 8-306 matrix, method d: "a character, its complement, then a random character and verify".
	 * Taken as 00h, FFh, random stream; others take a random character, or the stream first. */
	{
		.name = "dod-5220.22-m-short",
		.title = "DoD 5220.22-M (3 passes)",
		.origin = "DoD 5220.22-M (1995), 8-306 clearing and sanitization matrix, method d",
		PASSES(CONSTANT(0x00), CONSTANT(0xff), RANDOM_READ_BACK),
	},
	/* Methods e, c, e of the same matrix, one after the other; the single character of c is FFh
	 * here, so that no two neighbouring passes are alike. The matrix itself asks for no seven
	 * passes: the combination is what tools and contracts call by this name. */
	{
		.name = "dod-5220.22-m",
		.title = "DoD 5220.22-M (ECE, 7 passes)",
		.origin =
			"DoD 5220.22-M (1995), 8-306 matrix, methods e, c, e as tools combine them",
		PASSES(CONSTANT(0x00), CONSTANT(0xff), RANDOM, CONSTANT(0xff), CONSTANT(0x00),
			CONSTANT(0xff), RANDOM_READ_BACK),
	},
	/* Three times zeros and ones in turn, then random, verified. nwipe reads it as eight passes of
	 * a random character and its complement; some end with a fixed character. */
	{
		.name = "tssit-ops-ii",
		.title = "RCMP TSSIT OPS-II",
		.origin = "RCMP TSSIT, appendix OPS-II: Media Sanitization; the 7-pass reading",
		PASSES(CONSTANT(0x00), CONSTANT(0xff), CONSTANT(0x00), CONSTANT(0xff),
			CONSTANT(0x00), CONSTANT(0xff), RANDOM_READ_BACK),
	},
	/* Some tools write a random pass instead of zeros. */
	{
		.name = "hmg-is5-baseline",
		.title = "HMG IS5 Baseline",
		.origin = "HMG Infosec Standard No. 5, baseline overwriting, verified",
		PASSES(CONSTANT_READ_BACK(0x00)),
	},
	{
		.name = "hmg-is5-enhanced",
		.title = "HMG IS5 Enhanced",
		.origin = "HMG Infosec Standard No. 5, enhanced overwriting, verified",
		PASSES(CONSTANT(0x00), CONSTANT(0xff), RANDOM_READ_BACK),
	},
	/* Ones before zeros, as the book has it; scrub writes zeros first. */
	{
		.name = "schneier",
		.title = "Schneier (7 passes)",
		.origin = "B. Schneier, Applied Cryptography, 2nd ed. (1996), 10.9",
		PASSES(CONSTANT(0xff), CONSTANT(0x00), RANDOM, RANDOM, RANDOM, RANDOM, RANDOM),
	},
	/* Passes 5 to 31 in the order of the paper's table, not shuffled as the paper suggests: the
	 * plan must be the same document each time. */
	{
		.name = "gutmann",
		.title = "Gutmann (35 passes)",
		.origin = "P. Gutmann, Secure Deletion of Data ..., USENIX Security 1996, "
			  "overwrite table",
		PASSES(RANDOM, RANDOM, RANDOM, RANDOM,  /* 1 to 4 */
			CONSTANT(0x55), CONSTANT(0xaa), /* 5, 6: RLL (1,7) and MFM */
			TRIPLET(0x92, 0x49, 0x24), TRIPLET(0x49, 0x24, 0x92), /* 7, 8 */
			TRIPLET(0x24, 0x92, 0x49), /* 9: RLL (2,7) and MFM */
			CONSTANT(0x00), CONSTANT(0x11), CONSTANT(0x22), CONSTANT(0x33), /* 10 on */
			CONSTANT(0x44), CONSTANT(0x55), CONSTANT(0x66), CONSTANT(0x77),
			CONSTANT(0x88), CONSTANT(0x99), CONSTANT(0xaa), CONSTANT(0xbb),
			CONSTANT(0xcc), CONSTANT(0xdd), CONSTANT(0xee), CONSTANT(0xff), /* to 25 */
			TRIPLET(0x92, 0x49, 0x24), TRIPLET(0x49, 0x24, 0x92),           /* 26, 27 */
			TRIPLET(0x24, 0x92, 0x49), /* 28: RLL (2,7) and MFM */
			TRIPLET(0x6d, 0xb6, 0xdb), TRIPLET(0xb6, 0xdb, 0x6d), /* 29, 30 */
			TRIPLET(0xdb, 0x6d, 0xb6),                            /* 31: RLL (2,7) */
			RANDOM, RANDOM, RANDOM, RANDOM),                      /* 32 to 35 */
	},
	/* Zeros and ones three times in turn, then AAh. The later BSI TL-03423 describes eight steps
	 * with sector numbers under the same name; that is another procedure. */
	{
		.name = "vsitr",
		.title = "VSITR (7 passes)",
		.origin = "BMI, VS-IT-Richtlinien (VSITR) of 1998; withdrawn",
		PASSES(CONSTANT(0x00), CONSTANT(0xff), CONSTANT(0x00), CONSTANT(0xff),
			CONSTANT(0x00), CONSTANT(0xff), CONSTANT(0xaa)),
	},
	/* No table of its own was found under this name; lists give it as another name of VSITR. Other
	 * "BSI" schemes (scrub: nine fixed patterns) are not this one. */
	{
		.name = "bsi-gsds",
		.title = "BSI-GSDS (as VSITR, 7 passes)",
		.origin = "the table of vsitr; no BSI document with a table under this name was "
			  "found",
		PASSES(CONSTANT(0x00), CONSTANT(0xff), CONSTANT(0x00), CONSTANT(0xff),
			CONSTANT(0x00), CONSTANT(0xff), CONSTANT(0xaa)),
	},
	/* A pseudorandom pattern twice, then a known pattern (00h here), verified. */
	{
		.name = "nnsa-nap-14.1-c",
		.title = "NNSA NAP-14.1-C",
		.origin = "NNSA Policy Letter NAP-14.1-C, chapter XVI, 8",
		PASSES(RANDOM, RANDOM, CONSTANT_READ_BACK(0x00)),
	},
	/* Random, a character, its complement, verified. scrub writes zeros, ones, random. */
	{
		.name = "ar-380-19",
		.title = "US Army AR 380-19",
		.origin =
			"Army Regulation 380-19 (1998), appendix F; random, character, complement",
		PASSES(RANDOM, CONSTANT(0x00), CONSTANT_READ_BACK(0xff)),
	},
	/* The standard is not public; this is the six-pass table that nwipe gives for it. */
	{
		.name = "bmb21-2019",
		.title = "BMB21-2019",
		.origin =
			"BMB 21-2019 (China, not public); the 6-pass table other tools give for it",
		PASSES(CONSTANT(0xff), CONSTANT(0x00), RANDOM, RANDOM, RANDOM, CONSTANT(0xff)),
	},
	{ .pass_count = 0 },
};

const struct scheme *scheme_find_shipped(const char *name)
{
	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count; scheme++)
		if (strcmp(scheme->name, name) == 0)
			return scheme;
	return NULL;
}

/* Reading ---------------------------------------------------------------------------------- */

/* A name is typed on a command line and shown in tables. */
static bool name_is_plain(const char *name)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyz0123456789.-_";

	return name[0] && name[strspn(name, plain)] == '\0';
}

static int read_texts(
	const json_t *json, const char *where, struct scheme *scheme, struct error *error)
{
	const struct {
		const char *key;
		char *text;
		size_t size;
	} fields[] = {
		{ "name", scheme->name, sizeof(scheme->name) },
		{ "title", scheme->title, sizeof(scheme->title) },
		{ "origin", scheme->origin, sizeof(scheme->origin) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *text;
		int result = json_get_string(
			json, where, fields[i].key, fields[i].size - 1, &text, error);
		if (result < 0)
			return result;
		(void)snprintf(fields[i].text, fields[i].size, "%s", text);
	}
	if (!name_is_plain(scheme->name))
		return error_set(error, ERROR_FAILED, EBADMSG, "scheme-malformed",
			_("%s.name may have only the letters a to z, digits, '.', '-' and '_'"),
			where);
	if (!scheme->title[0] || !scheme->origin[0])
		return error_set(error, ERROR_FAILED, EBADMSG, "scheme-malformed",
			_("%s needs a title and an origin: they stand on each certificate"), where);
	return 0;
}

static int read_pass(
	const json_t *json, const char *where, struct scheme_pass *ret, struct error *error)
{
	static const char *const allowed[] = { "pattern", "read_back", NULL };
	char inner[WHERE_MAX + 16];
	json_t *pattern;
	int64_t read_back;

	int result = json_only_keys(json, where, allowed, error);
	if (result == 0)
		result = json_get_object(json, where, "pattern", &pattern, error);
	if (result == 0)
		result = json_get_integer(json, where, "read_back", 0, 1, &read_back, error);
	if (result < 0)
		return result;
	(void)snprintf(inner, sizeof(inner), "%s.pattern", where);
	result = pattern_from_json(pattern, inner, &ret->pattern, error);
	if (result < 0)
		return result;
	/* A key that stands in a file would be used for more than one pass of one job. */
	if (json_has(pattern, "key"))
		return error_set(error, ERROR_FAILED, EBADMSG, "scheme-malformed",
			_("%s.key must not be there: every job makes its own keys"), inner);
	ret->read_back = read_back == 1;
	return 0;
}

int scheme_from_json(const json_t *json, const char *where, struct scheme *ret, struct error *error)
{
	static const char *const allowed[] = { "name", "title", "origin", "passes", NULL };
	struct scheme scheme = { 0 };
	json_t *passes;

	int result = json_only_keys(json, where, allowed, error);
	if (result == 0)
		result = read_texts(json, where, &scheme, error);
	if (result == 0)
		result = json_get_array(json, where, "passes", SCHEME_PASSES_MAX, &passes, error);
	if (result < 0)
		return result;
	if (json_array_size(passes) == 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "scheme-malformed",
			_("%s.passes is empty: a scheme without a pass erases nothing"), where);
	for (size_t i = 0; i < json_array_size(passes); i++) {
		char inner[WHERE_MAX];
		(void)snprintf(inner, sizeof(inner), "%s.passes[%zu]", where, i);
		result = read_pass(json_array_get(passes, i), inner, &scheme.passes[i], error);
		if (result < 0)
			return result;
	}
	scheme.pass_count = json_array_size(passes);
	*ret = scheme;
	return 0;
}
