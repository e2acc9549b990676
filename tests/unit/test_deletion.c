/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a VM's deletion: every field is asked for, gone is only what everybody says is gone, and what became of
 * each disk follows from the facts alone. */
#include "verify/tenant/deletion.h"

#include "tests/support/deletion_facts.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define ONE_DISK SURVEY(DISK("vda", "/a", "", ""))
#define BEFORE IDENTITY "," ONE_DISK "," POWER_OFF "," SNAPSHOTS

static const struct {
	const char *what, *facts;
	enum deletion_stage stage;
	unsigned remarks;
} cases[] = {
	/* --- where it is --- */
	{ "nothing", "", DELETION_NONE, 0 },
	{ "only looked at", IDENTITY "," ONE_DISK, DELETION_NONE, 0 },
	{ "only refused", REFUSED, DELETION_NONE, 0 },
	{ "identified and refused", IDENTITY "," REFUSED, DELETION_NONE, 0 },
	{ "switched off", IDENTITY "," ONE_DISK "," POWER_OFF, DELETION_BEGUN, 0 },
	{ "a step failed", IDENTITY "," FAILED, DELETION_BEGUN, 0 },
	{ "erased", BEFORE "," ERASE("/a"), DELETION_BEGUN, 0 },
	{ "told to delete, nobody looked", BEFORE "," ERASE("/a") "," DELETE, DELETION_BEGUN, 0 },
	{ "erased, and on again before it was deleted",
		BEFORE "," ERASE("/a") "," POWER_OFF "," DELETE "," GONE, DELETION_GONE,
		DELETION_FAILED },
	{ "erased, on again, and erased again",
		BEFORE "," ERASE("/a") "," POWER_OFF "," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "gone", BEFORE "," ERASE("/a") "," DELETE "," GONE, DELETION_GONE, 0 },
	{ "all three say so",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "gone", "gone", ""),
		DELETION_GONE, 0 },
	{ "no datastore and no storage to ask",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "none", "none", ""),
		DELETION_GONE, 0 },
	{ "no hypervisor to ask is no answer",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("none", "gone", "gone", ""),
		DELETION_BEGUN, 0 },
	{ "the hypervisor has it",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("present", "gone", "gone", ""),
		DELETION_BEGUN, 0 },
	{ "the hypervisor does not say",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("unknown", "gone", "gone", ""),
		DELETION_BEGUN, 0 },
	{ "the datastore has it",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "present", "gone", ""),
		DELETION_BEGUN, 0 },
	{ "the datastore does not say",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "unknown", "gone", ""),
		DELETION_BEGUN, 0 },
	{ "the storage has it",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "gone", "present", ""),
		DELETION_BEGUN, 0 },
	{ "the storage does not say",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "gone", "unknown", ""),
		DELETION_BEGUN, 0 },
	{ "something is left",
		BEFORE "," ERASE("/a") "," DELETE "," LOOK("gone", "gone", "gone", "\"/a\""),
		DELETION_BEGUN, 0 },
	{ "first there, then gone",
		BEFORE "," ERASE("/a") "," DELETE
				       "," LOOK("present", "present", "none", "") "," GONE,
		DELETION_GONE, 0 },
	{ "first gone, then there",
		BEFORE "," ERASE("/a") "," DELETE "," GONE "," LOOK("present", "gone", "gone", ""),
		DELETION_BEGUN, 0 },
	{ "gone, and told to delete again", BEFORE "," ERASE("/a") "," DELETE "," GONE "," DELETE,
		DELETION_BEGUN, 0 },
	{ "gone, and refused behind it", BEFORE "," ERASE("/a") "," DELETE "," GONE "," REFUSED,
		DELETION_BEGUN, 0 },
	{ "gone, and failed behind it", BEFORE "," ERASE("/a") "," DELETE "," GONE "," FAILED,
		DELETION_BEGUN, 0 },
	{ "gone, and looked at twice", BEFORE "," ERASE("/a") "," DELETE "," GONE "," GONE,
		DELETION_GONE, 0 },
	{ "gone on with after a crash",
		BEFORE "," ERASE("/a") "," IDENTITY "," ERASE("/a") "," DELETE "," IDENTITY
								    "," DELETE "," GONE,
		DELETION_GONE, 0 },
	/* --- its disks --- */
	{ "not supported", BEFORE "," UNSUPPORTED("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_UNLINKED },
	{ "done by no method",
		BEFORE "," ERASE_OF("/a", "none", "done", "none", "0", "0", "", "") "," DELETE
										    "," GONE,
		DELETION_GONE, DELETION_UNLINKED },
	{ "done and of no level",
		BEFORE "," ERASE_OF("/a", "overwrite", "done", "none", "9", "9", "", "") "," DELETE
											 "," GONE,
		DELETION_GONE, DELETION_UNLINKED },
	{ "its old bytes lay elsewhere",
		BEFORE "," ERASE_OF("/a", "overwrite", "done", "clear", "9", "9",
			"\"copy-on-write\"", "") "," DELETE "," GONE,
		DELETION_GONE, DELETION_UNLINKED },
	{ "others hold its bytes",
		BEFORE "," ERASE_OF("/a", "overwrite", "done", "clear", "9", "9",
			"\"free-space\",\"shared-extents\"", "") "," DELETE "," GONE,
		DELETION_GONE, DELETION_UNLINKED },
	{ "a limit that leaves it erased",
		BEFORE "," ERASE_OF("/a", "overwrite", "done", "clear", "9", "9", "\"free-space\"",
			"") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "kept, and nobody else uses it", BEFORE "," KEPT("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_SHARED },
	{ "kept, because another VM uses it",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"")) "," ERASE(
			"/a") "," KEPT("/base") "," DELETE "," GONE,
		DELETION_GONE, DELETION_SHARED },
	{ "shared, and never heard of",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"")) "," ERASE(
			"/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_SHARED },
	{ "shared once, erased in the end",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"")) "," ERASE(
			"/a") "," KEPT("/base") "," ERASE("/base") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "erasing failed", BEFORE "," ERASE_FAILED("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_FAILED },
	{ "failed, then done", BEFORE "," ERASE_FAILED("/a") "," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "done, then failed", BEFORE "," ERASE("/a") "," ERASE_FAILED("/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_FAILED },
	{ "not read back to its end",
		BEFORE "," ERASE_OF("/a", "overwrite", "done", "clear", "9", "8", "", "") "," DELETE
											  "," GONE,
		DELETION_GONE, DELETION_FAILED },
	{ "by the platform's word", BEFORE "," ZERO_FILL("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_PLATFORM_WORD },
	{ "by its keys",
		BEFORE "," ERASE_OF("/a", "crypto-erase", "done", "purge", "9", "9", "",
			"") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "deleted without an erase", BEFORE "," DELETE "," GONE, DELETION_GONE, DELETION_FAILED },
	{ "another place was erased", BEFORE "," ERASE("/b") "," DELETE "," GONE, DELETION_GONE,
		DELETION_FAILED },
	{ "a part of its chain was not",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\",\"/older\"", "")) "," ERASE(
			"/a") "," ERASE("/base") "," DELETE "," GONE,
		DELETION_GONE, DELETION_FAILED },
	{ "the second disk was not",
		IDENTITY "," SURVEY(DISK("vda", "/a", "", "") "," DISK(
			"vdb", "/b", "", "")) "," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_FAILED },
	{ "a disk of an earlier survey was not",
		BEFORE "," SURVEY(DISK("vda", "/new", "", "")) "," ERASE("/new") "," DELETE
										 "," GONE,
		DELETION_GONE, DELETION_FAILED },
	{ "without a survey", IDENTITY "," ERASE("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_FAILED },
	{ "without a disk", IDENTITY "," SURVEY("") "," DELETE "," GONE, DELETION_GONE, 0 },
	{ "each its own way",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"") "," DISK(
			"vdb", "/b", "", "") "," DISK("vdc", "/c", "",
			"")) "," ERASE("/a") "," KEPT("/base") "," UNSUPPORTED("/b") "," ZERO_FILL("/c") "," DELETE
													 "," GONE,
		DELETION_GONE, DELETION_UNLINKED | DELETION_SHARED | DELETION_PLATFORM_WORD },
	/* --- not by us --- */
	{ "absent", IDENTITY "," ABSENT, DELETION_BEGUN, 0 },
	{ "absent and gone", IDENTITY "," ABSENT "," GONE, DELETION_GONE, DELETION_BY_OTHERS },
	{ "absent, and its rests are there",
		IDENTITY "," ABSENT "," LOOK("gone", "present", "none", ""), DELETION_BEGUN, 0 },
	{ "gone though nobody deleted it", IDENTITY "," GONE, DELETION_GONE, DELETION_BY_OTHERS },
	{ "surveyed, then absent", BEFORE "," ABSENT "," GONE, DELETION_GONE, DELETION_BY_OTHERS },
	{ "erasing failed, then absent", BEFORE "," ERASE_FAILED("/a") "," ABSENT "," GONE,
		DELETION_GONE, DELETION_BY_OTHERS },
	{ "erased, then absent", BEFORE "," ERASE("/a") "," ABSENT "," GONE, DELETION_GONE, 0 },
	{ "erased, then absent, and its rests taken away",
		BEFORE "," ERASE("/a") "," ABSENT "," LOOK(
			"gone", "none", "present", "\"/a\"") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "not erased, absent, and taken away", BEFORE "," ABSENT "," DELETE "," GONE,
		DELETION_GONE, DELETION_FAILED | DELETION_UNFOUNDED },
	{ "unlinked, absent, and taken away",
		BEFORE "," UNSUPPORTED("/a") "," ABSENT "," DELETE "," GONE, DELETION_GONE,
		DELETION_UNLINKED | DELETION_UNFOUNDED },
	{ "filled with zeros, absent, and taken away",
		BEFORE "," ZERO_FILL("/a") "," ABSENT "," DELETE "," GONE, DELETION_GONE,
		DELETION_PLATFORM_WORD | DELETION_UNFOUNDED },
	{ "taken away, and erased behind that",
		BEFORE "," ABSENT "," DELETE "," ERASE("/a") "," GONE, DELETION_GONE,
		DELETION_UNFOUNDED },
	{ "absent, and erased without being asked who it is",
		BEFORE "," ABSENT "," ERASE("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_UNFOUNDED },
	{ "absent, back, and identified anew",
		BEFORE "," ABSENT "," IDENTITY "," ERASE("/a") "," DELETE "," GONE, DELETION_GONE,
		0 },
	{ "kept and erased, absent, and its rests taken away",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"")) "," ERASE(
			"/a") "," KEPT("/base") "," ABSENT "," DELETE "," GONE,
		DELETION_GONE, DELETION_SHARED },
	{ "kept and erased, then absent",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"")) "," ERASE(
			"/a") "," KEPT("/base") "," ABSENT "," GONE,
		DELETION_GONE, DELETION_SHARED },
	{ "kept without a word, absent, and taken away",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"")) "," ERASE(
			"/a") "," ABSENT "," DELETE "," GONE,
		DELETION_GONE, DELETION_SHARED | DELETION_UNFOUNDED },
	{ "unlinked, then absent", BEFORE "," UNSUPPORTED("/a") "," ABSENT "," GONE, DELETION_GONE,
		DELETION_UNLINKED | DELETION_BY_OTHERS },
	/* --- was it allowed? --- */
	{ "without an identity", ONE_DISK "," ERASE("/a") "," DELETE "," GONE, DELETION_GONE,
		DELETION_UNFOUNDED },
	{ "identified too late",
		ONE_DISK "," POWER_OFF "," IDENTITY "," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_UNFOUNDED },
	{ "a day too early",
		IDENTITY_OF("S-1", "2027-04-01", UTC, "1", "0") "," ONE_DISK
								"," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_UNFOUNDED },
	{ "of a contract without an end",
		IDENTITY_OF("S-1", "", UTC, "1", "0") "," ONE_DISK "," ERASE("/a") "," DELETE
										   "," GONE,
		DELETION_GONE, DELETION_UNFOUNDED },
	{ "due a millisecond later",
		IDENTITY_OF("S-1", "2027-03-31", "2027-04-10T15:00:00.001Z", "1",
			"0") "," ONE_DISK "," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_UNFOUNDED },
	{ "another service code",
		IDENTITY_OF("S-2", "2027-03-31", UTC, "1", "0") "," ONE_DISK
								"," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, DELETION_UNFOUNDED },
	{ "no service code",
		IDENTITY_OF("", "2027-03-31", UTC, "1", "0") "," ONE_DISK "," ERASE("/a") "," DELETE
											  "," GONE,
		DELETION_GONE, DELETION_UNFOUNDED },
	{ "another service code, by the letter's case",
		IDENTITY_OF("s-1", "2027-03-31", UTC, "1", "0") "," ONE_DISK "," POWER_OFF,
		DELETION_BEGUN, DELETION_UNFOUNDED },
	{ "a clock nobody answered for",
		IDENTITY_OF("S-1", "2027-03-31", UTC, "0", "0") "," ONE_DISK "," SNAPSHOTS,
		DELETION_BEGUN, DELETION_UNFOUNDED },
	{ "a clock somebody vouched for",
		IDENTITY_OF("S-1", "2027-03-31", UTC, "0", "1") "," ONE_DISK
								"," ERASE("/a") "," DELETE "," GONE,
		DELETION_GONE, 0 },
	{ "not allowed, and nothing done",
		IDENTITY_OF("S-2", "2027-03-31", UTC, "1", "0") "," REFUSED, DELETION_NONE, 0 },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *facts = deletion_facts_of(cases[i].facts);
		struct error error = { 0 };
		struct deletion_verdict verdict = { 0 };
		if (deletion_check_schema(facts, &error) != 0)
			fail_msg("%s: %s", cases[i].what, error.what);
		deletion_judge(facts, &verdict);
		if (verdict.stage != cases[i].stage || verdict.remarks != cases[i].remarks)
			fail_msg("%s: %s, %x", cases[i].what, deletion_stage_name(verdict.stage),
				verdict.remarks);
	}
}

#define EVERY_FACT                                                                                 \
	IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"",                                         \
		"\"other\"")) "," POWER_OFF "," SNAPSHOTS                                          \
			      "," ERASE("/a") "," KEPT("/base") "," REFUSED "," FAILED "," ABSENT  \
								"," DELETE "," GONE

static void must_be_malformed(const json_t *facts, const char *what, const char *key)
{
	struct error error = { 0 };
	struct deletion_verdict verdict = { 0 };
	if (deletion_check_schema(facts, &error) != -EBADMSG)
		fail_msg("%s: %s passes", key, what);
	deletion_judge(facts, &verdict);
	assert_int_equal(verdict.stage, DELETION_UNKNOWN);
	assert_int_equal(verdict.remarks, 0);
}

/* Every field of every object: missing, of another type, and one too many. */
static void walk(json_t *facts, json_t *value)
{
	if (json_is_array(value))
		for (size_t i = 0; i < json_array_size(value); i++)
			walk(facts, json_array_get(value, i));
	if (!json_is_object(value))
		return;
	AUTO_JSON json_t *before = json_copy(value);
	const char *key;
	json_t *member;
	json_object_foreach (before, key, member) {
		assert_int_equal(json_object_del(value, key), 0);
		must_be_malformed(facts, "missing", key);
		assert_int_equal(
			json_object_set_new(value, key,
				json_is_integer(member) ? json_string("1") : json_integer(1)),
			0);
		must_be_malformed(facts, "another type", key);
		assert_int_equal(json_object_set(value, key, member), 0);
		walk(facts, member);
	}
	assert_int_equal(json_object_set_new(value, "more", json_integer(1)), 0);
	must_be_malformed(facts, "one too many", "more");
	assert_int_equal(json_object_del(value, "more"), 0);
}

static void test_every_field(void **state)
{
	(void)state;
	AUTO_JSON json_t *facts = deletion_facts_of(EVERY_FACT);
	struct error error = { 0 };
	assert_int_equal(deletion_check_schema(facts, &error), 0);
	walk(facts, facts);
	assert_int_equal(deletion_check_schema(facts, &error), 0);
}

/* A fact taken away, doubled or at another place is seen by its number. */
static void test_every_number(void **state)
{
	(void)state;
	AUTO_JSON json_t *whole = deletion_facts_of(EVERY_FACT);
	struct error error = { 0 };
	for (size_t i = 0; i < json_array_size(whole); i++) {
		AUTO_JSON json_t *facts = json_deep_copy(whole);
		assert_int_equal(json_array_insert(facts, i, json_array_get(whole, i)), 0);
		must_be_malformed(facts, "doubled", "seq");
		assert_int_equal(json_array_remove(facts, i), 0);
		assert_int_equal(deletion_check_schema(facts, &error), 0);
		assert_int_equal(json_array_remove(facts, i), 0);
		if (i + 1 < json_array_size(whole))
			must_be_malformed(facts, "taken away", "seq");
	}
}

static void test_other_words(void **state)
{
	static const char *const texts[] = {
		"{\"fact\":\"gone\"}",
		"{\"fact\":\"\"}",
		"{\"fact\":\"look\",\"hypervisor\":\"\",\"datastore\":\"gone\",\"storage\":"
		"\"gone\","
		"\"left\":[]}",
		LOOK("GONE", "gone", "gone", ""),
		LOOK("gone ", "gone", "gone", ""),
		LOOK("gone present", "gone", "gone", ""),
		LOOK("gone", "gone", "gone", "1"),
		LOOK("gone", "gone", "gone", "\"\""),
		ERASE_OF("", "overwrite", "done", "clear", "9", "9", "", ""),
		ERASE_OF("/a", "wish", "done", "clear", "9", "9", "", ""),
		ERASE_OF("/a", "overwrite", "done well", "clear", "9", "9", "", ""),
		ERASE_OF("/a", "overwrite", "done", "destroy", "9", "9", "", ""),
		ERASE_OF("/a", "overwrite", "done", "clear", "-1", "9", "", ""),
		"{\"fact\":\"power-off\",\"result\":\"perhaps\"}",
		"{\"fact\":\"snapshots\",\"removed\":-1}",
		IDENTITY_OF("S-1", "2027-02-29", UTC, "1", "0"),
		IDENTITY_OF("S-1", "2027-03-31", "", "1", "0"),
		IDENTITY_OF("S-1", "2027-03-31", UTC, "2", "0"),
		"1",
		"[]",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char list[4096];
		struct error error = { 0 };
		(void)snprintf(list, sizeof(list), "[%s]", texts[i]);
		AUTO_JSON json_t *facts = json_loads(list, 0, NULL);
		assert_non_null(facts);
		json_t *fact = json_array_get(facts, 0);
		assert_int_equal(deletion_check_fact(fact, &error), -EBADMSG);
		if (json_is_object(fact)) {
			assert_int_equal(json_put_integer(fact, "seq", 1), 0);
			assert_int_equal(json_put_string(fact, "utc", UTC), 0);
		}
		must_be_malformed(facts, texts[i], "fact");
	}
	AUTO_JSON json_t *object = json_object();
	must_be_malformed(object, "an object", "facts");
	must_be_malformed(NULL, "nothing", "facts");
}

/* As it is written: without number and time. */
static void test_one_fact(void **state)
{
	(void)state;
	AUTO_JSON json_t *facts = deletion_facts_of(EVERY_FACT);
	for (size_t i = 0; i < json_array_size(facts); i++) {
		json_t *fact = json_array_get(facts, i);
		struct error error = { 0 };
		assert_int_equal(json_object_del(fact, "seq"), 0);
		assert_int_equal(json_object_del(fact, "utc"), 0);
		assert_int_equal(deletion_check_fact(fact, &error), 0);
		assert_false(json_has(fact, "seq"));
	}
	struct error error = { 0 };
	assert_int_equal(deletion_check_fact(NULL, &error), -EBADMSG);
}

#define ERASE_V(place, volume) ERASE_OF(place, "overwrite", "done", "clear", "9", "9", "", volume)

static void test_volumes(void **state)
{
	static const struct {
		const char *facts;
		bool erased;
	} volumes[] = {
		{ "", false },
		{ ERASE("/a"), false },
		{ ERASE_V("/a", "V8"), false },
		{ ERASE_V("/a", "V7"), true },
		{ ERASE_OF("/a", "crypto-erase", "done", "purge", "9", "9", "", "V7"), true },
		{ ERASE_OF("/a", "zero-fill", "done", "clear", "9", "0", "\"platform-word\"", "V7"),
			true },
		{ ERASE_OF("/a", "overwrite", "done", "clear", "9", "8", "", "V7"), false },
		{ ERASE_OF("/a", "overwrite", "done", "clear", "9", "9", "\"copy-on-write\"", "V7"),
			false },
		{ ERASE_OF("/a", "none", "unsupported", "none", "0", "0", "", "V7"), false },
		{ ERASE_OF("/a", "none", "kept", "none", "0", "0", "", "V7"), false },
		{ ERASE_OF("/a", "overwrite", "failed", "none", "9", "0", "", "V7"), false },
		{ ERASE_OF("/a", "overwrite", "failed", "none", "9", "0", "", "V7") "," ERASE_V(
			  "/a", "V7"),
			true },
		{ ERASE_V("/a", "V7") "," ERASE_OF(
			  "/a", "overwrite", "failed", "none", "9", "0", "", "V7"),
			false },
		{ ERASE_V("/a", "V7") "," ERASE_V("/b", "V7"), true },
		{ ERASE_V("/a", "V7") "," ERASE_OF(
			  "/b", "none", "unsupported", "none", "0", "0", "", "V7"),
			false },
		{ ERASE_V("/a", "V7") "," FAILED, true },
		{ ERASE_V("/a", "V7") "," POWER_OFF, false },
		{ POWER_OFF "," ERASE_V("/a", "V7"), true },
		{ ERASE_V("/a", "V7") "," POWER_OFF "," ERASE_V("/b", "V7"), false },
		{ ERASE_V("/a", "V7") ",{\"fact\":\"nonsense\"}", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++) {
		AUTO_JSON json_t *facts = deletion_facts_of(volumes[i].facts);
		if (deletion_erased(facts, "V7") != volumes[i].erased)
			fail_msg("%s", volumes[i].facts);
		assert_false(deletion_erased(facts, ""));
		assert_false(deletion_erased(facts, "V77"));
	}
}

static void test_places(void **state)
{
	(void)state;
	AUTO_JSON json_t *facts = deletion_facts_of(
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"", "\"other\"") "," DISK(
			"vdb", "/b", "", "")) "," ERASE("/a") "," ZERO_FILL("/z"));
	AUTO_JSON json_t *places = NULL,
			 *expected = json_pack("{s:s, s:s, s:s, s:s}", "/a", "erased", "/base",
				 "shared", "/b", "not-erased", "/z", "platform-word");
	assert_int_equal(deletion_places(facts, &places), 0);
	assert_true(json_equal(places, expected));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(deletion_stage_name(DELETION_UNKNOWN), "unknown");
	assert_string_equal(deletion_stage_name(DELETION_NONE), "none");
	assert_string_equal(deletion_stage_name(DELETION_BEGUN), "begun");
	assert_string_equal(deletion_stage_name(DELETION_GONE), "gone");
	assert_string_equal(deletion_remark_word(0), "unlinked");
	assert_string_equal(deletion_remark_word(DELETION_REMARKS - 1), "unfounded");
	assert_string_equal(deletion_remark_word(DELETION_REMARKS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_one_fact),
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
