/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a drive was erased and how that was verified: a summary of plan, verdict and evidence. */
#include "reports/statement/statement_parts.h"

#include "verify/judge/judge.h"
#include "verify/plan/plan_document.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_proven(const json_t *certificate)
{
	const json_t *verdict = json_object_get(certificate, "verdict");
	return outcome_parse(text_of(verdict, "outcome")) == OUTCOME_PROVEN;
}

static bool is_method(const json_t *step, enum step_method method)
{
	return strcmp(text_of(step, "method"), step_method_name(method)) == 0;
}

/* The first of a kind. */
static const json_t *find_event(const json_t *evidence, const char *kind)
{
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *event = json_array_get(evidence, i);
		if (strcmp(text_of(event, "kind"), kind) == 0)
			return event;
	}
	return NULL;
}

/* --- method and level --- */

static void make_overwriting(struct maker *maker, const char *label, const json_t *steps)
{
	unsigned random = 0, fixed = 0;
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		if (!is_method(step, STEP_OVERWRITE))
			continue;
		bool is_random =
			strcmp(text_of(json_object_get(step, "pattern"), "kind"), "random") == 0;
		*(is_random ? &random : &fixed) += 1;
	}
	if (random + fixed == 0)
		return;
	struct wording wording = wording_of(WORDING_METHOD, step_method_name(STEP_OVERWRITE));
	char japanese[192], english[192], japanese_kinds[64] = "", english_kinds[64] = "";
	const char *passes = random + fixed == 1 ? "pass" : "passes";
	if (random > 0 && fixed > 0) {
		(void)snprintf(japanese_kinds, sizeof(japanese_kinds), "乱数 %u、固定値 %u", random,
			fixed);
		(void)snprintf(
			english_kinds, sizeof(english_kinds), "%u random, %u fixed", random, fixed);
	}
	(void)snprintf(japanese, sizeof(japanese), "%s %u 回 (%s)", wording.japanese,
		random + fixed,
		japanese_kinds[0] ? japanese_kinds
		: random          ? "乱数"
				  : "固定値");
	(void)snprintf(english, sizeof(english), "%s, %u %s (%s)", wording.english, random + fixed,
		passes,
		english_kinds[0] ? english_kinds
		: random         ? "random"
				 : "fixed");
	make_words(maker, label, japanese, english);
}

static bool is_repeated(const json_t *steps, size_t index)
{
	const char *technique = text_of(json_array_get(steps, index), "technique");
	for (size_t i = 0; i < index; i++)
		if (strcmp(text_of(json_array_get(steps, i), "technique"), technique) == 0)
			return true;
	return false;
}

static void make_steps(struct maker *maker, const char *label, const json_t *steps)
{
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		if (is_method(step, STEP_RESTORE_CAPACITY))
			make_wording(maker, label, WORDING_METHOD, text_of(step, "method"));
		if (!is_method(step, STEP_ERASE) || is_repeated(steps, i))
			continue;
		const char *technique = text_of(step, "technique");
		make_wording(maker, label, WORDING_METHOD, technique);
		make_value(maker, "origin", technique_facts(technique_parse(technique))->origin);
	}
	make_overwriting(maker, label, steps);
	if (json_array_size(steps) == 0)
		make_wording(maker, label, WORDING_METHOD, "none");
}

static void make_course(struct maker *maker, const json_t *evidence)
{
	const json_t *started = find_event(evidence, "started");
	unsigned interruptions = 0;
	for (size_t i = 0; i < json_array_size(evidence); i++)
		if (strcmp(text_of(json_array_get(evidence, i), "kind"), "interrupted") == 0)
			interruptions++;
	if (started)
		make_time(maker, "began", text_of(started, "utc"));
	else
		make_words(maker, "began", "開始していません", "never began");
	make_time(maker, "ended",
		text_of(json_array_get(evidence, json_array_size(evidence) - 1), "utc"));
	if (interruptions > 0) {
		char japanese[32], english[32];
		(void)snprintf(japanese, sizeof(japanese), "%u 回", interruptions);
		(void)snprintf(english, sizeof(english), "%u %s", interruptions,
			interruptions == 1 ? "time" : "times");
		make_words(maker, "interruptions", japanese, english);
	}
}

void make_method(struct maker *maker, const json_t *certificate)
{
	const json_t *plan = json_object_get(certificate, "plan");
	const json_t *verdict = json_object_get(certificate, "verdict");
	bool proven = is_proven(certificate);
	make_section(maker, "method");
	make_wording(maker, "level", WORDING_LEVEL, text_of(verdict, "level"));
	if (!proven)
		make_wording(maker, "level-planned", WORDING_LEVEL, text_of(plan, "level"));
	make_steps(
		maker, proven ? "technique" : "technique-planned", json_object_get(plan, "steps"));
	const char *origin = text_of(plan, "scheme_origin");
	if (text_of(plan, "scheme")[0])
		make_format(maker, "scheme", "%s%s%s%s", text_of(plan, "scheme"),
			origin[0] ? " (" : "", origin, origin[0] ? ")" : "");
	make_value(maker, "encryption", text_of(plan, "encryption_basis"));
	make_course(maker, json_object_get(certificate, "evidence"));
	if (number_of(verdict, "bytes_overwritten") > 0)
		make_bytes(maker, "overwritten", number_of(verdict, "bytes_overwritten"));
}

/* --- verification --- */

struct marker_sums {
	int64_t checked, remaining, unreadable, zeroed;
	unsigned events;
};

/* Of each step what its last run found. */
static void sum_markers(const json_t *evidence, struct marker_sums *sums)
{
	bool seen[PLAN_STEPS_MAX + 1] = { false };
	for (size_t i = json_array_size(evidence); i > 0; i--) {
		const json_t *event = json_array_get(evidence, i - 1);
		int64_t step = number_of(event, "step");
		if (strcmp(text_of(event, "kind"), "markers") != 0 || step < 0 ||
			step > PLAN_STEPS_MAX || seen[step])
			continue;
		seen[step] = true;
		sums->events++;
		sums->checked += number_of(event, "checked");
		sums->remaining += number_of(event, "remaining");
		sums->unreadable += number_of(event, "unreadable");
		sums->zeroed += number_of(event, "zeroed");
	}
}

static void make_markers(struct maker *maker, const json_t *evidence)
{
	struct marker_sums sums = { 0 };
	sum_markers(evidence, &sums);
	if (sums.events == 0)
		return;
	char japanese[256], english[256];
	(void)snprintf(japanese, sizeof(japanese),
		"確認 %lld 箇所、残存 %lld、読み取り不能 %lld、ゼロ %lld", (long long)sums.checked,
		(long long)sums.remaining, (long long)sums.unreadable, (long long)sums.zeroed);
	(void)snprintf(english, sizeof(english),
		"%lld looked at, %lld remaining, %lld unreadable, %lld zeros",
		(long long)sums.checked, (long long)sums.remaining, (long long)sums.unreadable,
		(long long)sums.zeroed);
	make_words(maker, "markers", japanese, english);
}

/* Of a search that was complete. */
static bool is_scanned(const json_t *plan, const json_t *evidence)
{
	const json_t *steps = json_object_get(plan, "steps");
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *event = json_array_get(evidence, i);
		int64_t step = number_of(event, "step");
		if (strcmp(text_of(event, "kind"), "finished") == 0 &&
			strcmp(text_of(event, "result"), "complete") == 0 && step > 0 &&
			is_method(json_array_get(steps, (size_t)step - 1), STEP_RESIDUE_SCAN))
			return true;
	}
	return false;
}

static void make_residue(struct maker *maker, const json_t *plan, const json_t *evidence)
{
	unsigned found = 0;
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *event = json_array_get(evidence, i);
		if (strcmp(text_of(event, "kind"), "residue") == 0 &&
			number_of(event, "coincident") != 1)
			found++;
	}
	char japanese[64], english[64];
	(void)snprintf(japanese, sizeof(japanese), "%u 件検出", found);
	(void)snprintf(english, sizeof(english), "%u found", found);
	if (found > 0)
		make_words(maker, "residue", japanese, english);
	else if (is_scanned(plan, evidence))
		make_words(maker, "residue", "検出なし", "nothing found");
	else
		make_words(maker, "residue", "完了していません", "not completed");
}

void make_verification(struct maker *maker, const json_t *certificate)
{
	const json_t *plan = json_object_get(certificate, "plan");
	const json_t *verdict = json_object_get(certificate, "verdict");
	const json_t *evidence = json_object_get(certificate, "evidence");
	make_section(maker, "verification");
	make_wording(maker, "verification", WORDING_VERIFICATION, text_of(verdict, "verification"));
	make_bytes(maker, "read-back", number_of(verdict, "bytes_read_back"));
	make_bytes(maker, "bad", number_of(verdict, "bytes_bad"));
	make_markers(maker, evidence);
	make_residue(maker, plan, evidence);
}
