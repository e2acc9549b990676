/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging the deletion of one VM: from its facts alone to whether it is gone, and what became of its disks. */
#include "verify/tenant/deletion.h"

#include "base/clock.h"
#include "verify/tenant/due.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *deletion_stage_name(enum deletion_stage stage)
{
	switch (stage) {
	case DELETION_UNKNOWN:
		break;
	case DELETION_NONE:
		return "none";
	case DELETION_BEGUN:
		return "begun";
	case DELETION_GONE:
		return "gone";
	}
	return "unknown";
}

/* In the order of the bits. */
static const char *const remark_words[DELETION_REMARKS] = {
	"unlinked",
	"shared",
	"not-erased",
	"by-others",
	"platform-word",
	"unfounded",
};

const char *deletion_remark_word(unsigned bit)
{
	return bit < DELETION_REMARKS ? remark_words[bit] : "unknown";
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool is_fact(const json_t *fact, const char *word)
{
	return strcmp(text_of(fact, "fact"), word) == 0;
}

static bool has_fact(const json_t *facts, const char *word)
{
	for (size_t i = 0; i < json_array_size(facts); i++)
		if (is_fact(json_array_get(facts, i), word))
			return true;
	return false;
}

static bool has_text(const json_t *texts, const char *text)
{
	for (size_t i = 0; i < json_array_size(texts); i++)
		if (strcmp(json_string_value(json_array_get(texts, i)), text) == 0)
			return true;
	return false;
}

/* --- where it is --- */

static bool says(const json_t *look, const char *whom, bool may_be_none)
{
	const char *word = text_of(look, whom);
	return strcmp(word, "gone") == 0 || (may_be_none && strcmp(word, "none") == 0);
}

bool deletion_look_is_gone(const json_t *fact)
{
	const json_t *left = json_object_get(fact, "left");
	return is_fact(fact, "look") && says(fact, "hypervisor", false) &&
	       says(fact, "datastore", true) && says(fact, "storage", true) &&
	       json_is_array(left) && json_array_size(left) == 0;
}

/* Facts behind which the VM is as it was. */
static bool leaves_it(const json_t *fact)
{
	return is_fact(fact, "identity") || is_fact(fact, "survey") || is_fact(fact, "refused");
}

static enum deletion_stage stage_of(const json_t *facts)
{
	size_t count = json_array_size(facts), harmless = 0;
	for (size_t i = 0; i < count; i++)
		harmless += leaves_it(json_array_get(facts, i));
	if (harmless == count)
		return DELETION_NONE;
	return deletion_look_is_gone(json_array_get(facts, count - 1)) ? DELETION_GONE
								       : DELETION_BEGUN;
}

/* --- what became of its disks --- */

/* What lay elsewhere in the end was not overwritten. */
static bool was_elsewhere(const json_t *erase)
{
	const json_t *limits = json_object_get(erase, "limits");
	return has_text(limits, "copy-on-write") || has_text(limits, "shared-extents");
}

static const char *became(const json_t *erase)
{
	const char *result = text_of(erase, "result"), *method = text_of(erase, "method");
	if (strcmp(result, "kept") == 0)
		return DELETION_PLACE_SHARED;
	if (strcmp(result, "unsupported") == 0)
		return DELETION_PLACE_UNLINKED;
	if (strcmp(result, "done") != 0)
		return DELETION_PLACE_FAILED;
	if (strcmp(method, "none") == 0 || strcmp(text_of(erase, "level"), "none") == 0 ||
		was_elsewhere(erase))
		return DELETION_PLACE_UNLINKED;
	if (strcmp(method, "zero-fill") == 0)
		return DELETION_PLACE_PLATFORM_WORD;
	if (strcmp(method, "overwrite") == 0 &&
		number_of(erase, "verified_bytes") < number_of(erase, "bytes"))
		return DELETION_PLACE_FAILED;
	return DELETION_PLACE_ERASED;
}

static int note_disk(json_t *places, const json_t *disk)
{
	const json_t *chain = json_object_get(disk, "chain");
	bool is_shared = json_array_size(json_object_get(disk, "shared_with")) > 0;
	for (size_t i = 0; i <= json_array_size(chain); i++) {
		const char *place = i == 0 ? text_of(disk, "place")
					   : json_string_value(json_array_get(chain, i - 1));
		if (json_object_set_new(places, place,
			    json_string(is_shared ? DELETION_PLACE_SHARED
						  : DELETION_PLACE_FAILED)) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int note_surveys(json_t *places, const json_t *facts)
{
	int result = 0;
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		const json_t *disks = json_object_get(fact, "disks");
		for (size_t j = 0;
			result == 0 && is_fact(fact, "survey") && j < json_array_size(disks); j++)
			result = note_disk(places, json_array_get(disks, j));
	}
	return result;
}

/* It was found running, or may have been: whoever had it could write there again, or bring it back from a backup. */
static int forget_erased(json_t *places)
{
	const char *place;
	json_t *word;
	json_object_foreach (places, place, word) {
		const char *was = json_string_value(word);
		if ((strcmp(was, DELETION_PLACE_ERASED) == 0 ||
			    strcmp(was, DELETION_PLACE_PLATFORM_WORD) == 0) &&
			json_string_set(word, DELETION_PLACE_FAILED) != 0)
			return -ENOMEM;
	}
	return 0;
}

int deletion_places(const json_t *facts, json_t **ret)
{
	AUTO_JSON json_t *places = json_object();
	if (!places || note_surveys(places, facts) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		const char *place = text_of(fact, "place");
		if (is_fact(fact, "power-off") && forget_erased(places) != 0)
			return -ENOMEM;
		if (!is_fact(fact, "erase"))
			continue;
		if (json_object_set_new(places, place, json_string(became(fact))) != 0)
			return -ENOMEM;
	}
	*ret = json_incref(places);
	return 0;
}

static unsigned remark_of_place(const char *word)
{
	static const struct {
		const char *word;
		unsigned remark;
	} remarks[] = {
		{ DELETION_PLACE_ERASED, 0 },
		{ DELETION_PLACE_PLATFORM_WORD, DELETION_PLATFORM_WORD },
		{ DELETION_PLACE_UNLINKED, DELETION_UNLINKED },
		{ DELETION_PLACE_SHARED, DELETION_SHARED },
	};
	for (size_t i = 0; i < ARRAY_SIZE(remarks); i++)
		if (strcmp(remarks[i].word, word) == 0)
			return remarks[i].remark;
	return DELETION_FAILED;
}

/* What the survey names alone is missed only once the VM was deleted: before, only what was tried counts. */
static int forget_untried(const json_t *facts, json_t *places)
{
	AUTO_JSON json_t *tried = json_object();
	const char *place;
	json_t *word;
	void *next;
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		if (is_fact(fact, "erase") &&
			json_object_set_new(tried, text_of(fact, "place"), json_integer(1)) != 0)
			return -ENOMEM;
	}
	json_object_foreach_safe(places, next, place, word) if (!json_object_get(tried, place))(
		void) json_object_del(places, place);
	return 0;
}

bool deletion_all_erased(const json_t *facts)
{
	AUTO_JSON json_t *places = NULL;
	const char *place;
	json_t *word;
	if (deletion_places(facts, &places) != 0)
		return false;
	const size_t named = json_object_size(places);
	if (forget_untried(facts, places) != 0 || json_object_size(places) != named)
		return false;
	json_object_foreach (places, place, word) {
		const char *became_of = json_string_value(word);
		if (strcmp(became_of, DELETION_PLACE_ERASED) != 0 &&
			strcmp(became_of, DELETION_PLACE_SHARED) != 0)
			return false;
	}
	return named > 0 && has_fact(facts, "survey");
}

static unsigned remarks_of_places(json_t *places)
{
	unsigned remarks = 0;
	const char *place;
	json_t *word;
	json_object_foreach (places, place, word)
		remarks |= remark_of_place(json_string_value(word));
	return remarks;
}

/* --- was it allowed? --- */

static bool is_due(const json_t *identity, int64_t utc_ms)
{
	const json_t *list = json_object_get(identity, "contracts");
	size_t count = json_array_size(list);
	AUTO_FREE struct due_contract *contracts = calloc(count + 1, sizeof(*contracts));
	if (!contracts)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *contract = json_array_get(list, i);
		contracts[i] = (struct due_contract){
			.start_day = text_of(contract, "start_day"),
			.end_day = text_of(contract, "end_day"),
			.grace_days = number_of(contract, "grace_days"),
		};
	}
	return due_of_all(contracts, count, utc_ms).state == DUE_NOW;
}

/* By the identity's own words: due when it was read, borne by the platform as we know it, by a clock that somebody
 * answers for. */
static bool allows(const json_t *identity)
{
	const json_t *inventory = json_object_get(identity, "inventory");
	const json_t *clock = json_object_get(identity, "clock");
	const char *code = text_of(identity, "service_code");
	int64_t utc_ms = 0, due_utc_ms = 0;
	return identity && clock_parse(text_of(identity, "utc"), &utc_ms) == 0 &&
	       clock_parse(text_of(identity, "due_utc"), &due_utc_ms) == 0 &&
	       due_utc_ms <= utc_ms && is_due(identity, utc_ms) && code[0] &&
	       strcmp(code, text_of(inventory, "service_code")) == 0 &&
	       (number_of(clock, "synchronised") == 1 || number_of(clock, "vouched") == 1);
}

static bool destroys(const json_t *fact)
{
	return is_fact(fact, "power-off") || is_fact(fact, "snapshots") || is_fact(fact, "erase") ||
	       is_fact(fact, "delete");
}

/* What was left without its VM may be taken away when it was erased before. */
static bool takes_rests(const json_t *facts, size_t count)
{
	AUTO_JSON json_t *before = json_array();
	for (size_t i = 0; i < count; i++)
		if (!before || json_array_append(before, json_array_get(facts, i)) != 0)
			return false;
	return before && deletion_all_erased(before);
}

/* Each step that destroys stands behind an identity that allows it. */
static bool is_founded(const json_t *facts)
{
	const json_t *identity = NULL;
	bool is_absent = false;
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		if (is_fact(fact, "identity"))
			identity = fact, is_absent = false;
		is_absent = is_absent || is_fact(fact, "absent");
		if (!destroys(fact))
			continue;
		if (!allows(identity))
			return false;
		if (is_absent && (!is_fact(fact, "delete") || !takes_rests(facts, i)))
			return false;
	}
	return true;
}

/* --- the verdict --- */

/* Nobody of ours deleted it: then only what was erased before is known of. */
static unsigned remarks_of_absent(const json_t *facts, unsigned surveyed, unsigned tried)
{
	bool all_erased =
		(surveyed & ~(unsigned)DELETION_PLATFORM_WORD) == 0 || deletion_all_erased(facts);
	if (all_erased && has_fact(facts, "survey"))
		return tried;
	return (tried & ~(unsigned)DELETION_FAILED) | DELETION_BY_OTHERS;
}

static int judge_places(const json_t *facts, struct deletion_verdict *verdict)
{
	AUTO_JSON json_t *places = NULL;
	int result = deletion_places(facts, &places);
	unsigned surveyed = result == 0 ? remarks_of_places(places) : 0;
	if (result == 0 && has_fact(facts, "delete")) {
		verdict->remarks =
			has_fact(facts, "survey") ? surveyed : surveyed | DELETION_FAILED;
		return 0;
	}
	if (result == 0)
		result = forget_untried(facts, places);
	if (result != 0)
		return result;
	verdict->remarks = remarks_of_places(places);
	if (verdict->stage == DELETION_GONE)
		verdict->remarks = remarks_of_absent(facts, surveyed, verdict->remarks);
	return 0;
}

void deletion_judge(const json_t *facts, struct deletion_verdict *ret)
{
	struct error ignored = { 0 };
	struct deletion_verdict verdict = { 0 };
	*ret = (struct deletion_verdict){ .stage = DELETION_UNKNOWN };
	if (deletion_check_schema(facts, &ignored) != 0)
		return;
	verdict.stage = stage_of(facts);
	if (judge_places(facts, &verdict) != 0)
		return;
	if (!is_founded(facts))
		verdict.remarks |= DELETION_UNFOUNDED;
	*ret = verdict;
}

static bool is_erased(const json_t *erase)
{
	return (remark_of_place(became(erase)) & ~(unsigned)DELETION_PLATFORM_WORD) == 0;
}

/* What was erased before a power-off is not called so. */
static int forget_last(json_t *last)
{
	const char *key;
	json_t *fact;
	json_object_foreach (last, key, fact) {
		AUTO_JSON json_t *forgotten = json_copy(fact);
		if (json_put_string(forgotten, "result", "failed") != 0 ||
			json_object_set(last, key, forgotten) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Of several erases of a volume's place the last counts. */
static int note_last(json_t *last, const json_t *facts)
{
	for (size_t i = 0; i < json_array_size(facts); i++) {
		json_t *fact = json_array_get(facts, i);
		AUTO_BUFFER struct buffer key = BUFFER_INIT(8 * KIB);
		if (is_fact(fact, "power-off") && forget_last(last) != 0)
			return -ENOMEM;
		if (!is_fact(fact, "erase") || !text_of(fact, "volume")[0])
			continue;
		if (buffer_printf(
			    &key, "%s\n%s", text_of(fact, "volume"), text_of(fact, "place")) != 0 ||
			json_object_set(last, buffer_text(&key), fact) != 0)
			return -ENOMEM;
	}
	return 0;
}

int deletion_volumes(const json_t *facts, json_t **ret)
{
	AUTO_JSON json_t *last = json_object(), *volumes = json_object();
	const char *key;
	json_t *fact;
	if (!last || !volumes || note_last(last, facts) != 0)
		return -ENOMEM;
	json_object_foreach (last, key, fact) {
		const char *volume = text_of(fact, "volume");
		const json_t *before = json_object_get(volumes, volume);
		bool erased = is_erased(fact) && (!before || json_integer_value(before) == 1);
		if (json_object_set_new(volumes, volume, json_integer(erased)) != 0)
			return -ENOMEM;
	}
	*ret = json_incref(volumes);
	return 0;
}

bool deletion_erased(const json_t *facts, const char *volume)
{
	AUTO_JSON json_t *volumes = NULL;
	struct error ignored = { 0 };
	return deletion_check_schema(facts, &ignored) == 0 &&
	       deletion_volumes(facts, &volumes) == 0 &&
	       json_integer_value(json_object_get(volumes, volume)) == 1;
}
