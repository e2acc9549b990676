/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging a tenant's deletion: from the lists of what was known to how far it has come. */
#include "verify/tenant/tenant.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const stage_names[] = {
	[TENANT_STAGE_UNKNOWN] = "unknown",
	[TENANT_STAGE_RUNNING] = "running",
	[TENANT_STAGE_REMAINING] = "remaining",
	[TENANT_STAGE_VOLUMES_ERASED] = "volumes-erased",
	[TENANT_STAGE_CLOSED] = "closed",
};

const char *tenant_stage_name(enum tenant_stage stage)
{
	return (size_t)stage < ARRAY_SIZE(stage_names) ? stage_names[stage]
						       : stage_names[TENANT_STAGE_UNKNOWN];
}

enum tenant_stage tenant_stage_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(stage_names); i++)
		if (strcmp(stage_names[i], word) == 0)
			return (enum tenant_stage)i;
	return TENANT_STAGE_UNKNOWN;
}

/* In the order of the bits. */
static const char *const reason_words[TENANT_REASONS] = {
	"contract-running",
	"contract-grace",
	"other-contract",
	"volume-present",
	"volume-nowhere",
	"drive-not-sanitized",
	"drive-no-certificate",
	"generation-remains",
	"nothing-known",
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Flags are the integers 0 and 1; what is neither counts as what keeps the deletion open. */
static bool is_zero(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) && json_integer_value(value) == 0;
}

static bool is_one(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) && json_integer_value(value) == 1;
}

/* -- what keeps each list open -- */

/* The day in Asia/Tokyo when it was issued. */
static bool read_today(const json_t *document, int64_t *ret)
{
	int64_t issued_utc_ms = 0;
	if (clock_parse(text_of(document, "issued_utc"), &issued_utc_ms) != 0)
		return false;
	*ret = day_in_tokyo(issued_utc_ms);
	return true;
}

/* A contract's last day is part of it; without one it runs on. */
static bool is_over(const json_t *contract, int64_t grace_days, int64_t today)
{
	int64_t end = 0;
	return day_parse(text_of(contract, "end_day"), &end) == 0 && today - end > grace_days;
}

static unsigned judge_contracts(const json_t *document, int64_t today)
{
	const json_t *contract = json_object_get(document, "contract");
	const json_t *others = json_object_get(document, "other_contracts");
	int64_t grace = json_integer_value(json_object_get(contract, "grace_days"));
	unsigned reasons = 0;
	if (!is_over(contract, 0, today))
		reasons |= TENANT_CONTRACT_RUNNING;
	else if (!is_over(contract, grace, today))
		reasons |= TENANT_CONTRACT_GRACE;
	for (size_t i = 0; i < json_array_size(others); i++) {
		const json_t *other = json_array_get(others, i);
		if (!is_over(
			    other, json_integer_value(json_object_get(other, "grace_days")), today))
			reasons |= TENANT_OTHER_CONTRACT;
	}
	return reasons;
}

static unsigned judge_volume(const json_t *volume, const char *issued_utc)
{
	(void)issued_utc;
	unsigned reasons = 0;
	if (!is_zero(volume, "present"))
		reasons |= TENANT_VOLUME_PRESENT;
	if (!is_one(volume, "drives_known"))
		reasons |= TENANT_VOLUME_NOWHERE;
	return reasons;
}

/* Arrays and volumes lie on drives, which are in the list too; they matter while they are there. What was
 * destroyed before a witness (docs/custody.md) carries nothing any more. */
static unsigned judge_place(const json_t *place, const char *issued_utc)
{
	(void)issued_utc;
	if (strcmp(text_of(place, "kind"), "drive") != 0)
		return is_zero(place, "present") ? 0 : TENANT_VOLUME_PRESENT;
	if (strcmp(text_of(place, "state"), "destroyed") == 0)
		return 0;
	if (strcmp(text_of(place, "why"), "sanitized") != 0)
		return TENANT_DRIVE_NOT_SANITIZED;
	return text_of(place, "certificate")[0] && text_of(place, "certificate_sha256")[0]
		       ? 0
		       : TENANT_DRIVE_NO_CERTIFICATE;
}

/* One that is to be gone at a time to come is still there. Times have one spelling, so their order is that of
 * their texts. */
static unsigned judge_generation(const json_t *generation, const char *issued_utc)
{
	const char *gone_utc = text_of(generation, "gone_utc");
	return gone_utc[0] && strcmp(gone_utc, issued_utc) <= 0 ? 0 : TENANT_GENERATION_REMAINS;
}

typedef unsigned judge_item(const json_t *item, const char *issued_utc);

/* The lists, and what each of their items can keep open. */
static const struct list {
	const char *key;
	judge_item *judge;
} lists[] = {
	{ "volumes", judge_volume },
	{ "places", judge_place },
	{ "generations", judge_generation },
};

static unsigned judge_lists(const json_t *document)
{
	const char *issued_utc = text_of(document, "issued_utc");
	unsigned reasons = 0;
	size_t known = 0;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const json_t *items = json_object_get(document, lists[i].key);
		known += json_array_size(items);
		for (size_t j = 0; j < json_array_size(items); j++)
			reasons |= lists[i].judge(json_array_get(items, j), issued_utc);
	}
	return known > 0 ? reasons : reasons | TENANT_NOTHING_KNOWN;
}

void tenant_judge(const json_t *document, struct tenant_verdict *ret)
{
	const unsigned contracts =
		TENANT_CONTRACT_RUNNING | TENANT_CONTRACT_GRACE | TENANT_OTHER_CONTRACT;
	struct error ignored = { 0 };
	int64_t today = 0;
	*ret = (struct tenant_verdict){ .stage = TENANT_STAGE_UNKNOWN };
	if (tenant_check_schema(document, &ignored) != 0 || !read_today(document, &today))
		return;
	ret->reasons = judge_contracts(document, today) | judge_lists(document);
	if (ret->reasons & contracts)
		ret->stage = TENANT_STAGE_RUNNING;
	else if (ret->reasons & ~(unsigned)TENANT_GENERATION_REMAINS)
		ret->stage = TENANT_STAGE_REMAINING;
	else if (ret->reasons)
		ret->stage = TENANT_STAGE_VOLUMES_ERASED;
	else
		ret->stage = TENANT_STAGE_CLOSED;
}

/* -- as JSON -- */

int tenant_verdict_to_json(const struct tenant_verdict *verdict, json_t **ret)
{
	AUTO_JSON json_t *object = json_object();
	json_t *reasons = json_array();
	int result = json_put(object, "reasons", reasons);
	for (unsigned i = 0; result == 0 && i < TENANT_REASONS; i++)
		if (verdict->reasons & (1U << i))
			result = json_push(reasons, json_string(reason_words[i]));
	if (result == 0)
		result = json_put_string(object, "stage", tenant_stage_name(verdict->stage));
	if (result == 0)
		*ret = json_incref(object);
	return result;
}

/* Each thing once, though it may be in two lists. */
static int push_once(json_t *list, const char *kind, const char *id)
{
	char text[64];
	(void)snprintf(text, sizeof(text), "%s:%s", kind, id);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
			return 0;
	return json_push(list, json_string(text));
}

/* "V7" is a volume, wherever it stands. */
static const char *kind_of(const char *id)
{
	switch (id[0]) {
	case 'V':
		return "volume";
	case 'D':
		return "drive";
	case 'A':
		return "array";
	default: /* not an enum */
		return "generation";
	}
}

int tenant_outstanding(const json_t *document, json_t **ret)
{
	AUTO_JSON json_t *left = json_array();
	int result = left ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(lists); i++) {
		const json_t *items = json_object_get(document, lists[i].key);
		for (size_t j = 0; result == 0 && j < json_array_size(items); j++) {
			const json_t *item = json_array_get(items, j);
			const char *id = text_of(item, "id");
			if (lists[i].judge(item, text_of(document, "issued_utc")) != 0)
				result = push_once(left, kind_of(id), id);
		}
	}
	if (result == 0)
		*ret = json_incref(left);
	return result;
}

int tenant_check_judgement(const json_t *document, struct tenant_verdict *ret, struct error *error)
{
	AUTO_JSON json_t *verdict = NULL, *left = NULL;
	tenant_judge(document, ret);
	if (tenant_verdict_to_json(ret, &verdict) != 0 || tenant_outstanding(document, &left) != 0)
		return error_no_memory(error);
	const json_t *stated = json_object_get(document, "verdict");
	if (ret->stage != TENANT_STAGE_UNKNOWN && json_equal(verdict, stated) &&
		json_equal(left, json_object_get(document, "outstanding")))
		return 0;
	(void)error_set(error, ERROR_FAILED, EBADMSG, "judgement-differs",
		_("The certificate states the stage \"%s\", but its own lists give \"%s\""),
		text_of(stated, "stage"), tenant_stage_name(ret->stage));
	return error_next(error, _("Do not rely on this certificate. Ask who signed it."));
}
