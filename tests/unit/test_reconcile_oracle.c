/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completeness against an oracle: thousands of small histories by chance, each judged a second time by going through its
 * lines from the beginning, again and again, without order or index. */
#include "tests/support/history.h"
#include "tests/support/stride.h"
#include "verify/ledger/reconcile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

#define TODAY "2027-06-01"
#define HISTORIES 6000
#define LINES_MAX 40
#define WORDS 8

/* -- histories -- */

struct chance {
	uint64_t state;
};

static unsigned pick(struct chance *chance, unsigned count)
{
	chance->state =
		chance->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(chance->state >> 33) % count;
}

static const char *one_of(struct chance *chance, const char *const words[], unsigned count)
{
	return words[pick(chance, count)];
}
#define ONE_OF(chance, ...)                                                                        \
	one_of(chance, (const char *const[]){ __VA_ARGS__ },                                       \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* What has been said so far, so that most of what follows makes sense. */
struct telling {
	char *text;
	size_t length, size, lines;
	char custody[4][16]; /* of D1 … D3 */
	unsigned certificates;
	char last[3][8]; /* certificate of each job */
	bool held[2];
	unsigned closings;
	char last_closing[8];
};

static void PRINTF_LIKE(2, 3) say(struct telling *telling, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(telling->text + telling->length, telling->size - telling->length,
		format, arguments);
	va_end(arguments);
	assert_true(length > 0 && telling->length + (size_t)length < telling->size);
	telling->length += (size_t)length;
	telling->lines++;
}

static void say_custody(struct chance *chance, struct telling *telling)
{
	unsigned drive = 1 + pick(chance, 2);
	const char *to = ONE_OF(chance, "quarantined", "sanitizing", "sanitized", "reused",
		"returned", "disposed", "destroyed", "failed", "in-service");
	char certificate[32] = "";
	if (pick(chance, 3) != 0)
		(void)snprintf(certificate, sizeof(certificate), " certificate=c%u",
			pick(chance, telling->certificates + 2));
	say(telling, "custody D%u %s %s%s%s\n", drive, telling->custody[drive], to, certificate,
		pick(chance, 2) ? " witness=W" : "");
	(void)snprintf(telling->custody[drive], sizeof(telling->custody[drive]), "%s", to);
	if (pick(chance, 12) == 0)
		(void)strcpy(telling->custody[drive], "failed");
}

static void say_certificate(struct chance *chance, struct telling *telling)
{
	unsigned job = pick(chance, 3);
	/* A job is of one drive, nearly always. */
	unsigned drive = pick(chance, 15) == 0 ? 1 + pick(chance, 2) : 1 + job % 2;
	char supersedes[32] = "";
	if (telling->last[job][0] && pick(chance, 6) != 0)
		(void)snprintf(
			supersedes, sizeof(supersedes), " supersedes=%s", telling->last[job]);
	unsigned number = telling->certificates++;
	say(telling, "certificate c%u j%u D%u %s%s\n", number, job, drive,
		ONE_OF(chance, "proven", "proven", "proven", "failed", "refused", "interrupted"),
		supersedes);
	(void)snprintf(telling->last[job], sizeof(telling->last[job]), "c%u", number);
}

static void say_hold(struct chance *chance, struct telling *telling)
{
	unsigned hold = pick(chance, 2);
	if (telling->held[hold]) {
		say(telling, "hold H%u lift-asked D%u 1001\n", hold + 1, hold + 1);
		say(telling, "hold H%u lifted D%u 1002\n", hold + 1, hold + 1);
	} else {
		say(telling, "hold H%u placed D%u 1001\n", hold + 1, hold + 1);
	}
	telling->held[hold] = true;
}

static void say_contract(struct chance *chance, struct telling *telling)
{
	if (pick(chance, 2) == 0) {
		say(telling, "contract C1 K1 %s 10\n",
			ONE_OF(chance, "2027-03-31", "2027-05-25", "2027-12-31", "-",
				"2026-12-20"));
		return;
	}
	say(telling, "deletion d%u K1 %s%s%s\n", telling->closings,
		ONE_OF(chance, "closed", "remaining"), telling->closings ? " supersedes=" : "",
		telling->last_closing);
	(void)snprintf(
		telling->last_closing, sizeof(telling->last_closing), "d%u", telling->closings++);
}

static void tell(struct chance *chance, char *text, size_t size)
{
	struct telling telling = { .text = text, .size = size };
	bool lifted[2] = { false, false };
	for (unsigned i = 0; i < 4; i++)
		(void)strcpy(telling.custody[i], "in-service");
	while (telling.lines < 6 + (size_t)pick(chance, 24)) {
		switch (pick(chance, 10)) {
		case 0:
		case 1:
		case 2:
		case 3:
			say_custody(chance, &telling);
			break;
		case 4:
		case 5: {
			unsigned job = pick(chance, 3);
			say(&telling, "began D%u j%u\n", 1 + job % 2, job);
			break;
		}
		case 6:
		case 7:
			say_certificate(chance, &telling);
			break;
		case 8:
			if (pick(chance, 3) == 0)
				say(&telling, "contents D%u\n", 1 + pick(chance, 2));
			else
				say_contract(chance, &telling);
			break;
		default: {
			unsigned before = telling.held[0] + 2U * telling.held[1];
			if (lifted[0] || lifted[1])
				break;
			say_hold(chance, &telling);
			if (before == telling.held[0] + 2U * telling.held[1])
				lifted[0] = lifted[1] = true;
			break;
		}
		}
	}
}

/* -- the oracle -- */

struct lines {
	char words[LINES_MAX][WORDS][24];
	size_t count;
	char found[8192]; /* "kind subject" each */
};

static void read_lines(const char *script, struct lines *ret)
{
	ret->count = 0;
	ret->found[0] = '\0';
	while (*script) {
		size_t number = 0;
		memset(ret->words[ret->count], 0, sizeof(ret->words[0]));
		while (*script && *script != '\n') {
			size_t length = strcspn(script, " \n");
			assert_true(number < WORDS && length < 24 && ret->count < LINES_MAX);
			memcpy(ret->words[ret->count][number++], script, length);
			script += length + (script[length] == ' ');
		}
		script += *script == '\n';
		ret->count++;
	}
}

static const char *value(const struct lines *lines, size_t line, const char *key)
{
	for (size_t i = 0; i < WORDS; i++)
		if (strncmp(lines->words[line][i], key, strlen(key)) == 0)
			return lines->words[line][i] + strlen(key);
	return "";
}

static bool is(const struct lines *lines, size_t line, size_t word, const char *text)
{
	return strcmp(lines->words[line][word], text) == 0;
}

static void find(struct lines *lines, const char *kind, const char *subject)
{
	size_t length = strlen(lines->found);
	(void)snprintf(
		lines->found + length, sizeof(lines->found) - length, "%s %s\n", kind, subject);
}

static bool among(const char *word, const char *words)
{
	char sought[32];
	(void)snprintf(sought, sizeof(sought), " %s ", word);
	return strstr(words, sought) != NULL;
}

/* The outcome of a job's newest certificate before a line, "" for none; its line. */
static const char *outcome_before(
	const struct lines *lines, const char *job, size_t before, size_t *ret_line)
{
	const char *outcome = "";
	for (size_t i = 0; i < before; i++)
		if (is(lines, i, 0, "certificate") && is(lines, i, 2, job)) {
			outcome = lines->words[i][4];
			*ret_line = i;
		}
	return outcome;
}

/* Going forward: what of this job is on the drive when it leaves at a line? */
static bool proves(const struct lines *lines, const char *drive, const char *job, size_t left)
{
	size_t line = 0;
	if (strcmp(outcome_before(lines, job, left, &line), "proven") != 0 ||
		!is(lines, line, 3, drive))
		return false;
	bool served = false, begun = false, fresh = false;
	size_t since = line;
	for (size_t i = 0; i < left; i++) {
		if (strcmp(lines->words[i][1], drive) != 0)
			continue;
		if (is(lines, i, 0, "contents") ||
			(is(lines, i, 0, "custody") &&
				among(lines->words[i][3], " in-service reused "))) {
			served = true;
			fresh = false;
		}
		if (is(lines, i, 0, "began") && is(lines, i, 2, job)) {
			fresh = fresh || !begun;
			begun = true;
			since = i;
		}
	}
	if (served && !fresh)
		return false;
	for (size_t i = since + 1; i < left; i++) {
		size_t ignored = 0;
		if (!is(lines, i, 0, "began") || !is(lines, i, 1, drive) || is(lines, i, 2, job))
			continue;
		if (!among(outcome_before(lines, lines->words[i][2], left, &ignored),
			    " proven refused "))
			return false;
	}
	return true;
}

static void judge_custody(struct lines *lines, size_t line, char *state)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "in-service", " quarantined sanitizing failed " },
		{ "quarantined", " in-service sanitizing failed destroyed " },
		{ "sanitizing", " sanitized quarantined failed " },
		{ "sanitized",
			" reused returned disposed destroyed sanitizing quarantined failed " },
		{ "reused", " in-service quarantined sanitizing failed " },
		{ "returned", " quarantined destroyed " },
		{ "disposed", " quarantined destroyed " },
		{ "destroyed", " " },
		{ "failed", " quarantined sanitizing destroyed " },
	};
	const char *drive = lines->words[line][1], *from = lines->words[line][2];
	const char *to = lines->words[line][3], *named = value(lines, line, "certificate=");
	bool good = strcmp(from, state) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].from, from) == 0)
			good = good && among(to, table[i].to);
	if (!good)
		find(lines, "contradiction", drive);
	(void)strcpy(state, to);
	good = *named || !among(to, " sanitized reused returned disposed ");
	if (*named) {
		good = false;
		for (size_t i = 0; i < line; i++)
			good = good || (is(lines, i, 0, "certificate") && is(lines, i, 1, named) &&
					       is(lines, i, 3, drive) && is(lines, i, 4, "proven"));
	}
	if (!good)
		find(lines, "contradiction", drive);
	if (!among(to, " reused returned disposed destroyed "))
		return;
	bool proven = proves(lines, drive, "j0", line) || proves(lines, drive, "j1", line) ||
		      proves(lines, drive, "j2", line);
	if (!proven)
		find(lines,
			strcmp(to, "destroyed") == 0 && *value(lines, line, "witness=")
				? "destroyed-unproven"
				: "left-without-proof",
			drive);
}

static bool knows_drive(const struct lines *lines, const char *drive)
{
	for (size_t i = 0; i < lines->count; i++)
		if (among(lines->words[i][0], " custody began contents ") && is(lines, i, 1, drive))
			return true;
	return false;
}

static const char *told_as(const struct lines *lines, const char *drive, const char *job)
{
	return knows_drive(lines, drive) ? drive : job;
}

static void judge_jobs(struct lines *lines)
{
	static const char *const jobs[] = { "j0", "j1", "j2" };
	for (size_t j = 0; j < ARRAY_SIZE(jobs); j++) {
		const char *drive = NULL;
		size_t before = SIZE_MAX;
		bool any = false, other = false;
		for (size_t i = 0; i < lines->count; i++)
			if (is(lines, i, 0, "began") && is(lines, i, 2, jobs[j]))
				drive = lines->words[i][1];
		for (size_t i = 0; i < lines->count; i++) {
			if (!is(lines, i, 0, "certificate") || !is(lines, i, 2, jobs[j]))
				continue;
			const char *told = told_as(lines, lines->words[i][3], jobs[j]);
			const char *supersedes = value(lines, i, "supersedes=");
			any = true;
			other = other || (drive && !is(lines, i, 3, drive));
			if (before != SIZE_MAX && !*supersedes)
				find(lines,
					is(lines, i, 4, lines->words[before][4]) ? "duplicate"
										 : "contradiction",
					told);
			if (before != SIZE_MAX && !is(lines, i, 3, lines->words[before][3]))
				find(lines, "contradiction", told);
			before = i;
		}
		if (drive && !any)
			find(lines, "not-proven", drive);
		if (drive && other)
			find(lines, "contradiction", drive);
	}
}

static void judge_last_words(struct lines *lines)
{
	static const char *const drives[] = { "D1", "D2" };
	for (size_t d = 0; d < ARRAY_SIZE(drives); d++) {
		size_t last = SIZE_MAX, refused = SIZE_MAX;
		for (size_t i = 0; i < lines->count; i++) {
			if (!is(lines, i, 0, "certificate") || !is(lines, i, 3, drives[d]))
				continue;
			if (is(lines, i, 4, "refused"))
				refused = i;
			else
				last = i;
		}
		last = last == SIZE_MAX ? refused : last;
		if (last == SIZE_MAX || is(lines, last, 4, "proven"))
			continue;
		bool left = false;
		for (size_t i = last + 1; i < lines->count; i++)
			left = left || (is(lines, i, 0, "custody") && is(lines, i, 1, drives[d]) &&
					       among(lines->words[i][3],
						       " reused returned disposed destroyed "));
		if (!left)
			find(lines, "not-proven", told_as(lines, drives[d], lines->words[last][2]));
	}
}

/* H1 is on D1, H2 on D2; both held and lifted at most once. Jobs that no event tells of began an hour before their
 * certificate: never within a hold of the same day, or always. */
static void judge_holds(struct lines *lines)
{
	for (unsigned hold = 0; hold < 2; hold++) {
		const char *drive = hold ? "D2" : "D1", *name = hold ? "H2" : "H1";
		bool stands = false;
		for (size_t i = 0; i < lines->count; i++) {
			if (is(lines, i, 0, "hold") && is(lines, i, 1, name))
				stands = is(lines, i, 2, "placed") ||
					 (stands && !is(lines, i, 2, "lifted"));
			bool ends =
				is(lines, i, 0, "custody") &&
				among(lines->words[i][3], " reused returned disposed destroyed ");
			if (stands && is(lines, i, 1, drive) && (ends || is(lines, i, 0, "began")))
				find(lines, "destroyed-under-hold", drive);
		}
	}
}

static void judge_contract(struct lines *lines)
{
	const char *end = "-", *outcome = "";
	bool known = false;
	for (size_t i = 0; i < lines->count; i++) {
		if (is(lines, i, 0, "contract")) {
			end = lines->words[i][3];
			known = true;
		}
		if (is(lines, i, 0, "deletion"))
			outcome = lines->words[i][3];
	}
	for (size_t i = 0; !known && i < lines->count; i++)
		if (is(lines, i, 0, "deletion"))
			find(lines, "contradiction", "K1");
	/* All is said on 2027-01-01. */
	bool over = among(end, " 2027-03-31 2026-12-20 ");
	bool closed = strcmp(outcome, "closed") == 0 && strcmp(end, "2026-12-20") == 0;
	if (over && !closed)
		find(lines, "contract-not-closed", "C1");
}

static void judge(struct lines *lines)
{
	char states[2][24] = { "in-service", "in-service" };
	for (size_t i = 0; i < lines->count; i++)
		if (is(lines, i, 0, "custody"))
			judge_custody(lines, i, states[is(lines, i, 1, "D2")]);
	judge_jobs(lines);
	judge_last_words(lines);
	judge_holds(lines);
	judge_contract(lines);
}

/* -- the comparison -- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same lines in the order of their bytes. */
static void sort_lines(char *text, char *ret, size_t size)
{
	char *items[256], *line;
	size_t count = 0, length = 0;
	while ((line = strsep(&text, "\n")) && count < ARRAY_SIZE(items))
		if (*line)
			items[count++] = line;
	qsort(items, count, sizeof(*items), compare_texts);
	ret[0] = '\0';
	for (size_t i = 0; i < count && length < size; i++)
		length += (size_t)snprintf(ret + length, size - length, "%s\n", items[i]);
}

static int take(void *context, const struct record *record, struct error *error)
{
	return reconcile_take(context, record, error);
}

static void reconcile(const char *script, char *ret, size_t size)
{
	struct error error = { 0 };
	AUTO_FINDINGS struct finding_list list = { 0 };
	struct reconcile *reconcile CLEANUP(cleanup_reconcile_drop) = NULL;
	size_t length = 0;
	assert_int_equal(reconcile_begin(&reconcile, &error), 0);
	reconcile_size(reconcile, history_play(script, take, reconcile));
	assert_int_equal(reconcile_findings(reconcile, history_noon(TODAY), &list, &error), 0);
	ret[0] = '\0';
	for (size_t i = 0; i < list.count && length < size; i++)
		length += (size_t)snprintf(ret + length, size - length, "%s %s\n",
			finding_word(list.items[i].kind), list.items[i].subject);
}

static void test_oracle(void **state)
{
	(void)state;
	static const char *const kinds[] = { "left-without-proof ", "contradiction ",
		"destroyed-under-hold ", "contract-not-closed ", "destroyed-unproven ",
		"not-proven ", "duplicate " };
	size_t times[ARRAY_SIZE(kinds)] = { 0 }, without = 0;
	for (unsigned i = 0; i < HISTORIES; i += test_stride()) {
		struct chance chance = { .state = 1000003 + i };
		static struct lines lines;
		char script[4096], unsorted[8192], mine[8192], theirs[8192];
		tell(&chance, script, sizeof(script));
		read_lines(script, &lines);
		judge(&lines);
		reconcile(script, unsorted, sizeof(unsorted));
		without += unsorted[0] == '\0';
		for (size_t j = 0; j < ARRAY_SIZE(kinds); j++)
			times[j] += strstr(unsorted, kinds[j]) != NULL;
		sort_lines(unsorted, mine, sizeof(mine));
		sort_lines(lines.found, theirs, sizeof(theirs));
		if (strcmp(mine, theirs) != 0)
			fail_msg("history %u\n%s--- the oracle\n%s--- reconcile\n%s", i, script,
				theirs, mine);
	}
	/* A history that says nothing tests nothing. */
	for (size_t j = 0; j < ARRAY_SIZE(kinds); j++)
		assert_true(times[j] > 0);
	assert_true(without > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_oracle) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
