/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings: their words, what they mean for the whole, and how they are told to programs. */
#include "base/clock.h"
#include "base/day.h"
#include "base/words.h"
#include "verify/ledger/reconcile.h"

static const char *const words[FINDING_KINDS] = {
	[FINDING_UNKNOWN] = "unknown",
	[FINDING_LEFT_WITHOUT_PROOF] = "left-without-proof",
	[FINDING_CONTRADICTION] = "contradiction",
	[FINDING_DESTROYED_UNDER_HOLD] = "destroyed-under-hold",
	[FINDING_CONTRACT_NOT_CLOSED] = "contract-not-closed",
	[FINDING_UNREADABLE] = "unreadable",
	[FINDING_DESTROYED_UNPROVEN] = "destroyed-unproven",
	[FINDING_NOT_PROVEN] = "not-proven",
	[FINDING_OUTSTANDING] = "outstanding",
	[FINDING_DUPLICATE] = "duplicate",
	[FINDING_NOT_JUDGED] = "not-judged",
};

const char *finding_word(enum finding_kind kind)
{
	return word_of(words, ARRAY_SIZE(words), kind);
}

bool finding_is_failure(enum finding_kind kind)
{
	return kind <= FINDING_UNREADABLE || kind >= FINDING_KINDS;
}

void finding_list_free(struct finding_list *list)
{
	free(list->items);
	*list = (struct finding_list){ 0 };
}

bool findings_fail(const struct finding_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (finding_is_failure(list->items[i].kind))
			return true;
	return false;
}

bool findings_complete(const struct finding_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == FINDING_NOT_JUDGED ||
			list->items[i].kind == FINDING_DESTROYED_UNPROVEN)
			return false;
	return list->unseen == 0 && !findings_fail(list);
}

int64_t finding_age_days(const struct finding *finding, int64_t now_utc_ms)
{
	return MAX(day_in_tokyo(now_utc_ms) - day_in_tokyo(finding->since_utc_ms), INT64_C(0));
}

json_t *finding_json(const struct finding *finding, int64_t now_utc_ms)
{
	AUTO_JSON json_t *json = json_object();
	char since[CLOCK_TEXT_SIZE];
	clock_format(finding->since_utc_ms, since);
	if (!json || json_put_string(json, "kind", finding_word(finding->kind)) < 0 ||
		json_put_string(json, "subject", finding->subject) < 0 ||
		json_put_string(json, "label", finding->label) < 0 ||
		json_put_string(json, "detail", finding->detail) < 0 ||
		json_put_integer(json, "failure", finding_is_failure(finding->kind)) < 0 ||
		json_put_integer(json, "index", (int64_t)finding->index) < 0 ||
		json_put_integer(json, "age_days", finding_age_days(finding, now_utc_ms)) < 0 ||
		json_put_string(json, "since_utc", since) < 0)
		return NULL;
	return json_incref(json);
}
