/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the facts of a deletion say is next. */
#include "wipe/tenant/course_parts.h"

#include "verify/tenant/deletion.h"

#include <string.h>

const char *course_step_name(enum course_step step)
{
	switch (step) {
	case COURSE_UNKNOWN:
		break;
	case COURSE_IDENTIFY:
		return "identity";
	case COURSE_SURVEY:
		return "survey";
	case COURSE_POWER_OFF:
		return "power-off";
	case COURSE_SNAPSHOTS:
		return "snapshots";
	case COURSE_ERASE:
		return "erase";
	case COURSE_DELETE:
		return "delete";
	case COURSE_LOOK:
		return "look";
	case COURSE_GONE:
		return "gone";
	}
	return "unknown";
}

static bool has_word(const json_t *object, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text && strcmp(text, word) == 0;
}

bool fact_is(const json_t *fact, const char *word)
{
	return has_word(fact, "fact", word);
}

const json_t *facts_last(const json_t *facts, const char *word)
{
	for (size_t i = json_array_size(facts); i > 0; i--)
		if (fact_is(json_array_get(facts, i - 1), word))
			return json_array_get(facts, i - 1);
	return NULL;
}

bool facts_erased(const json_t *facts, const char *place)
{
	for (size_t i = json_array_size(facts); i > 0; i--) {
		const json_t *fact = json_array_get(facts, i - 1);
		if (fact_is(fact, "erase") && has_word(fact, "place", place))
			return !has_word(fact, "result", "failed");
	}
	return false;
}

/* So that nothing is left to do with it. What was erased before it was switched off once more may have been written again, or
 * been brought back from a backup. */
static bool is_settled(const json_t *facts, const char *place)
{
	bool may_have_run = false;
	for (size_t i = json_array_size(facts); i > 0; i--) {
		const json_t *fact = json_array_get(facts, i - 1);
		may_have_run = may_have_run || fact_is(fact, "power-off");
		if (fact_is(fact, "erase") && has_word(fact, "place", place))
			return !has_word(fact, "result", "failed") &&
			       !(may_have_run && has_word(fact, "result", "done"));
	}
	return false;
}

bool facts_disk_open(const json_t *facts, const json_t *disk)
{
	const char *place = json_string_value(json_object_get(disk, "place"));
	const json_t *chain = json_object_get(disk, "chain");
	if (!place || !is_settled(facts, place))
		return true;
	for (size_t i = 0; i < json_array_size(chain); i++) {
		place = json_string_value(json_array_get(chain, i));
		if (!place || !is_settled(facts, place))
			return true;
	}
	return false;
}

/* -- places -- */

static bool is_in(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		if (item && strcmp(item, text) == 0)
			return true;
	}
	return false;
}

static int add_place(json_t *places, const json_t *place)
{
	const char *text = json_string_value(place);
	if (!text || is_in(places, text))
		return 0;
	return json_push(places, json_string(text));
}

static int add_places(json_t *places, const json_t *list)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = add_place(places, json_array_get(list, i));
	return r;
}

static int add_survey(json_t *places, const json_t *survey)
{
	const json_t *disks = json_object_get(survey, "disks");
	int r = add_places(places, json_object_get(survey, "files"));
	for (size_t i = 0; r == 0 && i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		r = add_place(places, json_object_get(disk, "place"));
		if (r == 0)
			r = add_places(places, json_object_get(disk, "chain"));
	}
	return r;
}

json_t *facts_places(const json_t *facts)
{
	AUTO_JSON json_t *places = json_array();
	int r = places ? 0 : -1;
	for (size_t i = 0; r == 0 && i < json_array_size(facts); i++)
		if (fact_is(json_array_get(facts, i), "survey"))
			r = add_survey(places, json_array_get(facts, i));
	return r == 0 ? json_incref(places) : NULL;
}

bool facts_know_place(const json_t *facts, const char *place)
{
	AUTO_JSON json_t *places = facts_places(facts);
	return is_in(places, place);
}

/* -- what is next -- */

struct passed {
	bool identified, off, snapshots, deleted;
	const json_t *survey, *look; /* the last ones; a look counts behind a deletion alone */
};

/* False for a word that is not known. */
static bool pass(struct passed *passed, const json_t *fact)
{
	if (fact_is(fact, "identity"))
		passed->identified = true;
	else if (fact_is(fact, "survey"))
		passed->survey = fact;
	else if (fact_is(fact, "power-off"))
		passed->off = true;
	else if (fact_is(fact, "snapshots"))
		passed->snapshots = true;
	else if (fact_is(fact, "delete") || fact_is(fact, "absent"))
		passed->deleted = true, passed->look = NULL;
	else if (fact_is(fact, "look"))
		passed->look = fact;
	else
		return fact_is(fact, "erase") || fact_is(fact, "refused") ||
		       fact_is(fact, "failed");
	return true;
}

static bool is_open(const json_t *facts, const json_t *survey)
{
	const json_t *disks = json_object_get(survey, "disks");
	for (size_t i = 0; i < json_array_size(disks); i++)
		if (facts_disk_open(facts, json_array_get(disks, i)))
			return true;
	return !json_is_array(disks);
}

enum course_step course_step_next(const json_t *facts)
{
	struct passed passed = { 0 };
	struct deletion_verdict verdict;
	if (!json_is_array(facts))
		return COURSE_UNKNOWN;
	for (size_t i = 0; i < json_array_size(facts); i++)
		if (!pass(&passed, json_array_get(facts, i)))
			return COURSE_UNKNOWN;
	if (passed.deleted) {
		deletion_judge(facts, &verdict);
		if (verdict.stage == DELETION_GONE)
			return COURSE_GONE;
		if (verdict.stage == DELETION_UNKNOWN)
			return COURSE_UNKNOWN;
		if (!passed.look || !has_word(passed.look, "hypervisor", "present"))
			return COURSE_LOOK;
	}
	if (!passed.identified)
		return COURSE_IDENTIFY;
	if (!passed.survey)
		return COURSE_SURVEY;
	if (!passed.off)
		return COURSE_POWER_OFF;
	if (!passed.snapshots)
		return COURSE_SNAPSHOTS;
	return is_open(facts, passed.survey) ? COURSE_ERASE : COURSE_DELETE;
}
