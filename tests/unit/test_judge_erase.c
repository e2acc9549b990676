/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge on drives that erase themselves: every combination of what may be recorded of it, and
 * of what may be missing, contradictory or failing. Only the allowed ones may be proven; which they are
 * is told here in another way than by the judge: each fact has a letter, given by hand, and the allowed
 * words are a handful of regular expressions. */
#include "verify/judge/judge.h"

#include "tests/support/sample_job.h"
#include "verify/plan/plan_document.h"
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKERS 100
#define OPTIONS_MAX 16

/* One answer, or none where there is no witness. */
struct answer {
	char letter; /* 0 ends a list */
	const char *witness;
	const char *status;
	int progress;
	const char *raw;
};
#define NO_EVENT(letter)                                                                           \
	{                                                                                          \
		letter, NULL, "", 0, ""                                                            \
	}

/* n: no success before; s: a success, written to since; u: a success, untouched; x: not known
 * r: accepted and goes on; o: accepted and over with it; x: not seen to be accepted
 * 0: nothing new; r: this operation runs; f: failed
 * s: succeeded; k: and kept; u: and untouched; b: both; e: nothing runs any more; x: not known */
struct language {
	const char *technique;
	const char *scope;
	const char *more;
	struct answer before[OPTIONS_MAX], accepted[OPTIONS_MAX], during[OPTIONS_MAX],
		after[OPTIONS_MAX];
	/* What is proven: before, accepted, during, after, markers (g: gone, z: gone and some are
	 * zeros, x), medium (f: flash, m: magnetic), zeros accepted (1, 0). */
	const char *proven;
};

#define NVME(letter, status, progress, raw)                                                        \
	{                                                                                          \
		letter, "nvme-sanitize-log", status, progress, raw "0000ffffffffffffffffffff"      \
	}
#define ATA(letter, status, progress, raw)                                                         \
	{                                                                                          \
		letter, "ata-sanitize-status", status, progress, raw                               \
	}
#define SENSE(letter, status, progress, raw)                                                       \
	{                                                                                          \
		letter, "scsi-sense", status, progress, raw                                        \
	}
#define DONE(letter, status, raw)                                                                  \
	{                                                                                          \
		letter, "completion", status, -1, raw                                              \
	}

/* Fresh: no success before, or over by its completion, or seen running, or untouched again. */
#define ERASED "([nsu][ro][0r])"
#define FRESH "(n[ro][0r]|[su]o[0r]|[su]rr)"

static const struct language languages[] = {
	{ .technique = "nvme-sanitize-crypto",
		.scope = "subsystem",
		.before = { NO_EVENT('x'), NVME('n', "never", -1, "ffff000000000000"),
			NVME('s', "succeeded", -1, "ffff010004000000"),
			NVME('u', "succeeded", -1, "ffff010104020000"),
			NVME('n', "failed", -1, "ffff030004000000"),
			NVME('x', "running", 100, "6400020004000000"),
			NVME('x', "unknown", -1, "ffff070004000000"),
			DONE('x', "succeeded", "4e0000"), /* of another witness */
			SENSE('x', "never", -1, "00700000000000000a00000000000000000000") },
		.accepted = { NO_EVENT('x'), DONE('r', "running", "6e0000"),
			DONE('o', "succeeded", "4e0000"), DONE('x', "failed", "6e0102"),
			DONE('x', "unknown", ""), NVME('x', "running", 100, "6400020004000000"),
			/* of another interface's command */
			DONE('x', "running", "7300"), DONE('x', "succeeded", "5400") },
		.during = { NO_EVENT('0'), NVME('r', "running", 16384, "0040020004020000"),
			NVME('0', "running", 16384, "0040020002020000"), /* another's */
			NVME('f', "failed", -1, "ffff030004020000"),
			NVME('0', "never", -1, "ffff000000000000") },
		.after = { NO_EVENT('x'), NVME('s', "succeeded", -1, "ffff010004000000"),
			NVME('k', "succeeded", -1, "ffff010004020000"),
			NVME('u', "succeeded", -1, "ffff010104000000"),
			NVME('b', "succeeded", -1, "ffff010104020000"),
			NVME('s', "succeeded", -1, "ffff040004020000"), /* forced */
			NVME('x', "succeeded", -1, "ffff010102020000"), /* another's */
			NVME('x', "never", -1, "ffff000000000000"),     /* FFFFh alone */
			NVME('x', "running", 65535, "ffff020004020000"),
			NVME('x', "failed", -1, "ffff030004020000"),
			DONE('x', "succeeded", "4e0000") },
		.proven = "^(" ERASED "[skub](g..|zm.)|" FRESH "([kb]zf.|[su]zf1)|"
			  "sr0(bzf.|uzf1))$" },
	{ .technique = "ata-sanitize-block",
		.scope = "drive",
		.before = { NO_EVENT('x'), ATA('s', "succeeded", -1, "005000018000000000000000"),
			ATA('n', "never", -1, "005000010000000000000000"),
			ATA('n', "failed", -1, "045100010000000000000001"),
			ATA('x', "running", 16384, "005000014000000000004000"),
			ATA('x', "unknown", -1, "00500001c000000000000000"),
			ATA('x', "unknown", -1, "") },
		.accepted = { NO_EVENT('x'), DONE('r', "running", "61005000010000000000000000"),
			DONE('o', "succeeded", "41005000010000000000000000"),
			DONE('x', "failed", "61045100010000000000000000"),
			DONE('x', "unknown", "61"),
			/* the translation in between may refuse, and no more */
			DONE('x', "failed", "7302700005000000000a00000000200000000000"),
			DONE('x', "running", "7300"), DONE('x', "succeeded", "5300"),
			DONE('x', "running", "6e0000"), DONE('x', "succeeded", "4500000000") },
		.during = { NO_EVENT('0'), ATA('r', "running", 16384, "005000014000000000004000"),
			ATA('f', "failed", -1, "045100010000000000000001"),
			ATA('0', "unknown", -1, "") },
		.after = { NO_EVENT('x'), ATA('s', "succeeded", -1, "005000018000000000000000"),
			ATA('x', "never", -1, "005000010000000000000000"),
			ATA('x', "running", 65535, "00500001400000000000ffff"),
			ATA('x', "unknown", -1, "") },
		.proven = "^(" ERASED "s(g..|zm.)|" FRESH "szf1)$" },
	{ .technique = "scsi-sanitize-block",
		.scope = "drive",
		.before = { NO_EVENT('x'),
			SENSE('n', "never", -1, "00700000000000000a00000000000000000000"),
			SENSE('n', "failed", -1, "00700003000000000a00000000310300000000"),
			SENSE('x', "running", -1, "00700002000000000a00000000041b00000000"),
			SENSE('x', "unknown", -1, "00000000000000000000000000000000000000") },
		.accepted = { NO_EVENT('x'), DONE('r', "running", "7300"),
			DONE('o', "succeeded", "5300"),
			DONE('x', "failed", "7302700005000000000a00000000200000000000"),
			DONE('x', "unknown", "7308"),
			DONE('x', "running", "61005000010000000000000000"),
			DONE('x', "succeeded", "41005000010000000000000000"),
			DONE('x', "succeeded", "4e0000") },
		.during = { NO_EVENT('0'),
			SENSE('r', "running", 16384, "00700002000000000a00000000041b00804000"),
			SENSE('r', "running", -1, "00700002000000000a00000000041b00000000"),
			SENSE('f', "failed", -1, "00700003000000000a00000000310300000000"),
			SENSE('0', "unknown", -1, "00000000000000000000000000000000000000") },
		.after = { NO_EVENT('x'),
			SENSE('e', "never", -1, "00700000000000000a00000000000000000000"),
			SENSE('e', "never", -1, "007200000000000000"),
			SENSE('x', "failed", -1, "00700003000000000a00000000310300000000"),
			SENSE('x', "unknown", -1, "00000000000000000000000000000000000000"),
			DONE('x', "succeeded", "5300") },
		/* A good end is seen only after it was seen running, or over. */
		.proven = "^n(rr|o[0r])e(g..|zm.|zf1)$" },
	{ .technique = "nvme-format-crypto",
		.scope = "namespace",
		.before = { NO_EVENT('x'), NVME('n', "never", -1, "ffff000000000000") },
		.accepted = { NO_EVENT('x'), DONE('o', "succeeded", "4e0000"),
			DONE('r', "running", "6e0000"), DONE('x', "failed", "4e0102"),
			DONE('x', "unknown", "4e00"), DONE('x', "succeeded", "5300"),
			DONE('x', "succeeded", "4500000000") },
		.during = { NO_EVENT('0'), NVME('f', "failed", -1, "ffff030004020000") },
		.after = { NO_EVENT('x'), DONE('s', "succeeded", "4e0000"),
			DONE('x', "succeeded", "5300"), DONE('x', "succeeded", "4500000000"),
			DONE('x', "failed", "4e0102"), DONE('x', "running", "6e0000"),
			NVME('x', "succeeded", -1, "ffff010104020000") },
		.proven = "^.o0s(g..|zm.|zf1)$" },
	{ .technique = "opal-psid-revert",
		.scope = "drive",
		.before = { NO_EVENT('x') },
		.accepted = { NO_EVENT('x'), DONE('o', "succeeded", "5400"),
			DONE('x', "succeeded", "4500000000"), DONE('x', "succeeded", "4e0000"),
			DONE('x', "failed", "5401"), DONE('x', "failed", "4500000005"),
			DONE('x', "unknown", "54") },
		.during = { NO_EVENT('0') },
		.after = { NO_EVENT('x'), DONE('s', "succeeded", "5400"),
			DONE('x', "succeeded", "4500000000"), DONE('x', "succeeded", "4e0000"),
			DONE('x', "failed", "5412"), DONE('x', "unknown", "") },
		.proven = "^.o0s(g..|zm.|zf1)$" },
};

/* What became of the markers. */
static const struct {
	char letter;
	int checked, remaining, unreadable, zeroed; /* checked -1: not told */
} checks[] = {
	{ 'g', MARKERS, 0, 0, 0 },
	{ 'z', MARKERS, 0, 0, 1 },
	{ 'z', MARKERS, 0, 0, MARKERS },
	{ 'x', -1, 0, 0, 0 },
	{ 'x', MARKERS - 1, 0, 0, 0 },
	{ 'x', MARKERS, 1, 0, 0 },
	{ 'x', MARKERS, 0, 1, 0 },
};

/* A job to be put together ------------------------------------------------------------------- */

struct work {
	struct sample_job job; /* subject and plan; evidence is empty between two */
	size_t tried, proven;
};

static json_t *with_namespaces(void)
{
	json_t *event = sample_guard("passed");
	json_array_append_new(json_object_get(event, "checks"),
		json_pack("{s:s, s:s, s:s}", "check", "namespaces", "result", "passed", "detail",
			""));
	return event;
}

/* Numbers and times are put in at the end. */
static void add(struct work *work, json_t *event)
{
	assert_int_equal(json_array_append_new(work->job.evidence, event), 0);
}

static void add_step(struct work *work, int step, int64_t bytes, int flushed)
{
	add(work, sample_started(step, 0));
	add(work, sample_finished(step, "complete", bytes, flushed));
}

static void add_answer(struct work *work, const char *moment, const struct answer *answer)
{
	if (answer->witness)
		add(work, sample_answer(2, moment, answer->witness, answer->status,
				  answer->progress, answer->raw));
}

static void begin(struct work *work)
{
	json_array_clear(work->job.evidence);
	add(work, json_pack("{s:s, s:i, s:s}", "kind", "created", "clock_synchronised", 1,
			  "version", "0.1.0"));
	add(work, with_namespaces());
	add(work, sample_opened());
	add_step(work, 1, MARKERS * 512, 1);
	add(work, sample_started(2, 0));
}

static void end(struct work *work)
{
	add_step(work, 4, 4096, 0);
	add(work, sample_closing());
	add(work, sample_ended());
}

static struct verdict judged(struct work *work)
{
	struct verdict verdict;
	size_t index;
	json_t *event;

	json_array_foreach (work->job.evidence, index, event) {
		sample_set_integer(event, "seq", (int64_t)index + 1);
		sample_set_text(event, "utc", "2026-11-23T04:00:00.000Z");
	}
	judge(work->job.subject, work->job.plan, work->job.evidence, &verdict);
	work->tried++;
	work->proven += verdict.outcome == OUTCOME_PROVEN;
	/* Whatever it is, it is told in full. */
	assert_int_equal(verdict.outcome == OUTCOME_PROVEN, verdict.reason_count == 0);
	assert_int_equal(verdict.outcome == OUTCOME_PROVEN, verdict.level != LEVEL_NONE);
	for (size_t i = 0; i < verdict.reason_count; i++)
		assert_string_not_equal(
			judge_reason_text(verdict.reasons[i].code), verdict.reasons[i].code);
	return verdict;
}

static void print_story(const struct work *work, const char *word, const struct verdict *verdict)
{
	char *text = json_dumps(work->job.evidence, 0);

	print_error("%s: %s", word, outcome_name(verdict->outcome));
	for (size_t i = 0; i < verdict->reason_count; i++)
		print_error(" %s", verdict->reasons[i].code);
	print_error("\n%s\n", text);
	free(text);
}

/* Plant, erase, check, search. */
static void make_plan(struct work *work, const struct language *language)
{
	struct plan plan;
	char text[1024];

	(void)snprintf(text, sizeof(text),
		"{\"level\":\"none\",\"scheme\":\"t\",\"scheme_origin\":\"t\",\"capacity_bytes\":%"
		"d,"
		"\"sector_bytes\":512,\"steps\":["
		"{\"step\":1,\"method\":\"plant-markers\",\"markers\":%d,\"seed\":"
		"\"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308\"},"
		"{\"step\":2,\"method\":\"erase\",\"technique\":\"%s\",\"scope\":\"%s\","
		"\"expected_seconds\":-1},"
		"{\"step\":3,\"method\":\"check-markers\",\"of_step\":1},"
		"{\"step\":4,\"method\":\"residue-scan\",\"of_step\":2}]}",
		SAMPLE_CAPACITY_BYTES, MARKERS, language->technique, language->scope);
	json_decref(work->job.plan);
	work->job.plan = sample_parse(text);
	assert_int_equal(plan_from_json(work->job.plan, true, &plan, NULL), 0);
}

static void set_medium(struct work *work, bool flash, bool accepted)
{
	struct plan plan;
	enum media media = flash ? MEDIA_FLASH : MEDIA_MAGNETIC;

	sample_set_text(json_object_get(work->job.subject, "identity"), "media", media_name(media));
	json_object_del(work->job.plan, "deallocated_accepted");
	if (accepted)
		sample_set_integer(work->job.plan, "deallocated_accepted", 1);
	assert_int_equal(plan_from_json(work->job.plan, true, &plan, NULL), 0);
	sample_set_text(work->job.plan, "level", level_name(plan_level(&plan, media)));
}

/* Every combination -------------------------------------------------------------------------- */

struct chosen {
	const struct answer *before, *accepted, *during, *after;
};

static void try_one(struct work *work, const struct chosen *chosen, const regex_t *allowed,
	size_t check, bool flash, bool accepted)
{
	char word[] = { chosen->before->letter, chosen->accepted->letter, chosen->during->letter,
		chosen->after->letter, checks[check].letter, flash ? 'f' : 'm',
		accepted ? '1' : '0', '\0' };
	bool expected = regexec(allowed, word, 0, NULL, 0) == 0;

	set_medium(work, flash, accepted);
	begin(work);
	add_answer(work, "before", chosen->before);
	add_answer(work, "accepted", chosen->accepted);
	add_answer(work, "during", chosen->during);
	add_answer(work, "after", chosen->after);
	add(work, sample_finished(2, "complete", 0, 0));
	add(work, sample_started(3, 0));
	if (checks[check].checked >= 0)
		add(work, sample_markers(3, checks[check].checked, checks[check].remaining,
				  checks[check].unreadable, checks[check].zeroed));
	add(work, sample_finished(3, "complete", MARKERS * 512, 0));
	end(work);
	struct verdict verdict = judged(work);
	bool proven = verdict.outcome == OUTCOME_PROVEN;
	if (proven != expected)
		print_story(work, word, &verdict);
	assert_int_equal(proven, expected);
	if (!proven)
		return;
	assert_int_equal(verdict.verification, VERIFICATION_MARKERS);
	assert_int_equal(
		verdict.deallocated, word[4] == 'z' && flash && word[3] != 'k' && word[3] != 'b');
}

static void try_answers(struct work *work, const struct chosen *chosen, const regex_t *allowed)
{
	/* What is bad is tried where most is allowed: zeros accepted. */
	for (size_t check = 0; check < ARRAY_SIZE(checks); check++)
		for (unsigned medium = checks[check].letter == 'x' ? 2 : 0; medium < 4; medium++)
			try_one(work, chosen, allowed, check, medium & 1, medium & 2);
}

static void try_language(struct work *work, const struct language *language)
{
	size_t tried = work->tried, proven = work->proven;
	regex_t allowed;

	assert_int_equal(regcomp(&allowed, language->proven, REG_EXTENDED | REG_NOSUB), 0);
	make_plan(work, language);
	for (const struct answer *before = language->before; before->letter; before++)
		for (const struct answer *accepted = language->accepted; accepted->letter;
			accepted++)
			for (const struct answer *during = language->during; during->letter;
				during++)
				for (const struct answer *after = language->after; after->letter;
					after++)
					try_answers(work,
						&(struct chosen){ before, accepted, during, after },
						&allowed);
	regfree(&allowed);
	print_message("  %s: %zu combinations, %zu proven\n", language->technique,
		work->tried - tried, work->proven - proven);
	assert_true(work->proven > proven);
	assert_true(work->proven - proven < (work->tried - tried) / 4);
}

static void work_make(struct work *work)
{
	*work = (struct work){ 0 };
	sample_job_make(SAMPLE_JOB_NVME, &work->job);
}

static void test_every_combination_of_answers(void **state)
{
	struct work work;

	(void)state;
	work_make(&work);
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		try_language(&work, &languages[i]);
	sample_job_free(&work.job);
}

/* How a step may end that is not complete: never proven, whatever the drive had said before. */
static void test_every_other_end(void **state)
{
	static const char *const results[] = { "cancelled", "vanished", "stalled",
		"too-many-errors", "flush-failed", "internal", "drive-refused", "drive-failed",
		"status-unknown" };
	const struct language *language = &languages[0];
	struct work work;

	(void)state;
	work_make(&work);
	make_plan(&work, language);
	set_medium(&work, true, true);
	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		begin(&work);
		add_answer(&work, "before", &language->before[1]);
		add_answer(&work, "accepted", &language->accepted[1]);
		add_answer(&work, "during", &language->during[1]);
		add_answer(&work, "after", &language->after[4]);
		add(&work, sample_finished(2, results[i], 0, 0));
		add(&work, sample_closing());
		add(&work, sample_ended());
		enum outcome expected = strcmp(results[i], "status-unknown") == 0 ? OUTCOME_UNKNOWN
										  : OUTCOME_FAILED;
		assert_int_equal(judged(&work).outcome, expected);
	}
	sample_job_free(&work.job);
}

/* All around it ------------------------------------------------------------------------------ */

/* What else must hold: of each the first value, and those marked, do; every combination of them. */
enum around {
	AROUND_GUARD,     /* + namespaces; none */
	AROUND_EXCLUSIVE, /* + yes; no */
	AROUND_SIBLING,   /* + none; + exclusive; shared */
	AROUND_PLANTED,   /* + all; one less; not flushed; cut */
	AROUND_SCAN,      /* + clean; + coincident; residue; none */
	AROUND_SAME,      /* + yes; no */
	AROUND_ERROR,     /* + none; one */
	AROUND_END,       /* + ended; not; interrupted */
	AROUND_LEVEL,     /* + what it reaches; more; less */
	AROUND_NATIVE,    /* + the plan's; unknown; larger */
	AROUNDS
};
static const unsigned values[AROUNDS] = { 2, 2, 3, 4, 4, 2, 2, 3, 3, 3 };
static const unsigned good[AROUNDS] = { 1, 1, 2, 1, 2, 1, 1, 1, 1, 1 };

static void add_beginning(struct work *work, const unsigned *pick)
{
	json_t *opened = sample_opened(), *native = json_object_get(opened, "native");

	json_array_clear(work->job.evidence);
	add(work, json_pack("{s:s, s:i, s:s}", "kind", "created", "clock_synchronised", 1,
			  "version", "0.1.0"));
	add(work, pick[AROUND_GUARD] == 0 ? with_namespaces() : sample_guard("passed"));
	sample_set_integer(opened, "exclusive", pick[AROUND_EXCLUSIVE] == 0);
	if (pick[AROUND_NATIVE] == 1)
		sample_set_text(native, "source", "unknown");
	if (pick[AROUND_NATIVE] == 2)
		sample_set_integer(native, "bytes", SAMPLE_CAPACITY_BYTES + 512);
	add(work, opened);
	if (pick[AROUND_SIBLING] == 0)
		return;
	json_t *sibling = sample_sibling();
	sample_set_integer(sibling, "exclusive", pick[AROUND_SIBLING] == 1);
	add(work, sibling);
}

static void add_planting(struct work *work, unsigned pick)
{
	add(work, sample_started(1, 0));
	add(work, sample_finished(1, pick == 3 ? "stalled" : "complete",
			  pick == 1 ? (MARKERS - 1) * 512 : MARKERS * 512, pick != 2));
}

static void add_erasing(struct work *work)
{
	const struct language *language = &languages[0];

	add(work, sample_started(2, 0));
	add_answer(work, "before", &language->before[1]);
	add_answer(work, "accepted", &language->accepted[1]);
	add_answer(work, "during", &language->during[1]);
	add_answer(work, "after", &language->after[4]);
	add(work, sample_finished(2, "complete", 0, 0));
	add(work, sample_started(3, 0));
	add(work, sample_markers(3, MARKERS, 0, 0, 0));
	add(work, sample_finished(3, "complete", MARKERS * 512, 0));
}

static void add_ending(struct work *work, const unsigned *pick)
{
	json_t *closing = sample_closing();

	if (pick[AROUND_SCAN] != 3) {
		add(work, sample_started(4, 0));
		if (pick[AROUND_SCAN] > 0)
			add(work, sample_residue(4, pick[AROUND_SCAN] == 1));
		add(work, sample_finished(4, "complete", 4096, 0));
	}
	if (pick[AROUND_ERROR] == 1)
		add(work, sample_error("written-by-others"));
	sample_set_integer(closing, "same", pick[AROUND_SAME] == 0);
	add(work, closing);
	if (pick[AROUND_END] == 0)
		add(work, sample_ended());
	if (pick[AROUND_END] == 2)
		add(work, sample_interrupted("operator"));
}

static void try_around(struct work *work, const unsigned *pick)
{
	static const char *const levels[] = { "purge", "destroy", "clear" };
	bool expected = true;

	for (unsigned i = 0; i < AROUNDS; i++)
		expected = expected && pick[i] < good[i];
	sample_set_text(work->job.plan, "level", levels[pick[AROUND_LEVEL]]);
	add_beginning(work, pick);
	add_planting(work, pick[AROUND_PLANTED]);
	add_erasing(work);
	add_ending(work, pick);
	struct verdict verdict = judged(work);
	if ((verdict.outcome == OUTCOME_PROVEN) != expected)
		print_story(work, "around", &verdict);
	assert_int_equal(verdict.outcome == OUTCOME_PROVEN, expected);
}

static void test_every_combination_around_it(void **state)
{
	unsigned pick[AROUNDS] = { 0 };
	struct work work;
	unsigned at;

	(void)state;
	work_make(&work);
	make_plan(&work, &languages[0]);
	set_medium(&work, true, false);
	do {
		try_around(&work, pick);
		for (at = 0; at < AROUNDS && ++pick[at] == values[at]; at++)
			pick[at] = 0;
	} while (at < AROUNDS);
	print_message("  %zu combinations, %zu proven\n", work.tried, work.proven);
	assert_int_equal(work.proven, 4); /* siblings 2 x scans 2 */
	sample_job_free(&work.job);
}

/* Interrupted -------------------------------------------------------------------------------- */

/* What is found when it goes on: + lets it go on with the erasure. */
static const struct {
	bool good;
	struct answer answer;
} finds[] = {
	{ false, NO_EVENT('-') },
	{ true, NVME('-', "running", 32768, "0080020004020000") },
	{ true, NVME('-', "succeeded", -1, "ffff010104020000") },
	{ false, NVME('-', "succeeded", -1, "ffff010004020000") },  /* written to since */
	{ false, NVME('-', "running", 32768, "0080020002020000") }, /* another operation */
	{ false, NVME('-', "succeeded", -1, "ffff010102020000") },
	{ false, NVME('-', "failed", -1, "ffff030004020000") },
	{ false, NVME('-', "never", -1, "ffff000000000000") },
	{ false, NVME('-', "unknown", -1, "ffff070000000000") },
	{ false, DONE('-', "running", "6e0000") },
};

/* How far it had come: was it accepted, did it fail, how was it cut? */
static const struct {
	bool accepted, lost;
	const char *result; /* of a step that was cut; NULL: the process was gone */
	bool final;
} cuts[] = {
	{ true, true, NULL, false },
	{ true, true, "vanished", false },
	{ true, true, "cancelled", false },
	{ true, false, "drive-failed", true },
	{ true, false, "status-unknown", true },
	{ false, false, NULL, false },
	{ false, false, "vanished", false },
};

static void add_resumption(struct work *work)
{
	add(work, sample_interrupted("power-lost"));
	add(work, sample_resumed());
	add(work, with_namespaces());
	add(work, sample_opened());
}

static void finish_erasing(struct work *work)
{
	const struct language *language = &languages[0];

	add_answer(work, "after", &language->after[4]);
	add(work, sample_finished(2, "complete", 0, 0));
	add(work, sample_started(3, 0));
	add(work, sample_markers(3, MARKERS, 0, 0, 0));
	add(work, sample_finished(3, "complete", MARKERS * 512, 0));
	end(work);
}

static void try_interrupted(struct work *work, size_t cut, size_t find, bool anew)
{
	const struct language *language = &languages[0];
	bool told = finds[find].answer.witness != NULL;
	/* It goes on with the erasure exactly when that is found; and what was not accepted is not
	 * looked for. */
	bool expected =
		!cuts[cut].final && (anew ? !(told && (finds[find].good || !cuts[cut].accepted))
					  : cuts[cut].accepted && finds[find].good);

	begin(work);
	add_answer(work, "before", &language->before[1]);
	if (cuts[cut].accepted)
		add_answer(work, "accepted", &language->accepted[1]);
	if (cuts[cut].result)
		add(work, sample_finished(2, cuts[cut].result, 0, 0));
	add_resumption(work);
	add_answer(work, "found", &finds[find].answer);
	if (anew)
		add_step(work, 1, MARKERS * 512, 1);
	add(work, sample_started(2, 0));
	if (anew) {
		add_answer(work, "before", &language->before[1]);
		add_answer(work, "accepted", &language->accepted[1]);
	}
	finish_erasing(work);
	struct verdict verdict = judged(work);
	if ((verdict.outcome == OUTCOME_PROVEN) != expected)
		print_story(work, anew ? "anew" : "on", &verdict);
	assert_int_equal(verdict.outcome == OUTCOME_PROVEN, expected);
}

static void test_every_way_to_go_on(void **state)
{
	struct work work;

	(void)state;
	work_make(&work);
	make_plan(&work, &languages[0]);
	set_medium(&work, true, false);
	for (size_t cut = 0; cut < ARRAY_SIZE(cuts); cut++)
		for (size_t find = 0; find < ARRAY_SIZE(finds); find++)
			for (unsigned anew = 0; anew < 2; anew++)
				try_interrupted(&work, cut, find, anew);
	print_message("  %zu combinations, %zu proven\n", work.tried, work.proven);
	sample_job_free(&work.job);
}

/* A drive that called itself untouched while markers were planted may be written to now, too. */
static void test_untouched_is_worth_nothing_when_it_always_is(void **state)
{
	const struct language *language = &languages[0];
	struct work work;

	(void)state;
	work_make(&work);
	make_plan(&work, language);
	set_medium(&work, true, false);
	for (unsigned always = 0; always < 2; always++) {
		begin(&work);
		add_answer(&work, "before", &language->before[always ? 3 : 2]);
		add_answer(&work, "accepted", &language->accepted[1]);
		add_resumption(&work);
		add_answer(&work, "found", &finds[2].answer);
		add(&work, sample_started(2, 0));
		finish_erasing(&work);
		assert_int_equal(judged(&work).outcome == OUTCOME_PROVEN, !always);
	}
	sample_job_free(&work.job);
}

/* Between two steps: markers that were planted and not checked are planted again. */
static void test_interrupted_between_the_steps(void **state)
{
	struct work work;

	(void)state;
	work_make(&work);
	make_plan(&work, &languages[0]);
	set_medium(&work, true, false);
	for (unsigned done = 1; done <= 4; done++) {
		for (unsigned next = 1; next <= 4; next++) {
			begin(&work);
			json_array_clear(work.job.evidence);
			add_beginning(&work, (const unsigned[AROUNDS]){ 0 });
			add_planting(&work, 0);
			add_erasing(&work);
			add_step(&work, 4, 4096, 0);
			/* Of a step 2 events, but of 2 six and of 3 three; before them 3. */
			static const size_t ends[] = { 3, 5, 11, 14, 16 };
			while (json_array_size(work.job.evidence) > ends[done])
				json_array_remove(
					work.job.evidence, json_array_size(work.job.evidence) - 1);
			add_resumption(&work);
			if (next == 1)
				add_planting(&work, 0);
			if (next <= 2)
				add_erasing(&work);
			if (next == 3) {
				add(&work, sample_started(3, 0));
				add(&work, sample_markers(3, MARKERS, 0, 0, 0));
				add(&work, sample_finished(3, "complete", MARKERS * 512, 0));
			}
			end(&work);
			bool proven = judged(&work).outcome == OUTCOME_PROVEN;
			assert_int_equal(proven, next == 1);
		}
	}
	sample_job_free(&work.job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination_of_answers),
		cmocka_unit_test(test_every_other_end),
		cmocka_unit_test(test_every_combination_around_it),
		cmocka_unit_test(test_every_way_to_go_on),
		cmocka_unit_test(test_untouched_is_worth_nothing_when_it_always_is),
		cmocka_unit_test(test_interrupted_between_the_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
