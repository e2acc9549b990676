/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left where the VM itself is gone: of our own deletion, cut short between the VM and its files, or of one that others
 * finished. */
#include "wipe/tenant/course_steps.h"

#include "base/clock.h"
#include "verify/tenant/deletion.h"
#include "wipe/tenant/course_survey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* -- are they ours to take? -- */

static bool was_erased(const json_t *places, const char *place)
{
	return strcmp(text_of(places, place), DELETION_PLACE_ERASED) == 0;
}

/* By our own facts: each step behind an identity that allows it, all of it erased, and nothing left that was not. */
static bool are_erased(const json_t *facts, const json_t *places, const struct machine_look *look)
{
	struct deletion_verdict verdict;
	deletion_judge(facts, &verdict);
	if (verdict.stage != DELETION_BEGUN || (verdict.remarks & DELETION_UNFOUNDED) ||
		!deletion_all_erased(facts))
		return false;
	for (size_t i = 0; i < look->left_count; i++)
		if (!was_erased(places, look->left[i]))
			return false;
	return look->left_count > 0 && look->hypervisor == PRESENCE_GONE;
}

/* The platform cannot be asked for its service code any more: what it bore when it was erased is what our records
 * say still. */
static bool is_same(const struct course *course, const json_t *facts)
{
	const json_t *identity = facts_last(facts, "identity");
	const json_t *inventory = json_object_get(identity, "inventory");
	const struct vm_record *vm = &course->vm;
	return strcmp(text_of(identity, "uuid"), vm->uuid) == 0 && vm->service_code[0] &&
	       strcmp(text_of(identity, "service_code"), vm->service_code) == 0 &&
	       strcmp(text_of(inventory, "service_code"), vm->service_code) == 0 &&
	       strcmp(text_of(inventory, "tenant"), vm->tenant) == 0 &&
	       (!vm->platform[0] || strcmp(text_of(identity, "platform"), vm->platform) == 0);
}

/* -- taking them -- */

/* Whatever was not erased stays, also where nobody seems to use it by now. */
static int keep_unerased(struct machine_disk *disk, const json_t *places)
{
	for (size_t link = 0; link <= disk->chain_count; link++) {
		const char *place = link == 0 ? disk->place : disk->chain[link - 1];
		char **more = NULL;
		if (was_erased(places, place))
			continue;
		more = reallocarray(
			disk->shared_with, disk->shared_count + 1, sizeof(*disk->shared_with));
		if (!more)
			return -ENOMEM;
		disk->shared_with = more;
		if (asprintf(&more[disk->shared_count], MACHINE_KEPT_PREFIX "%s", place) < 0)
			return -ENOMEM;
		disk->shared_count++;
	}
	return 0;
}

static int append_deleted(struct course *course, const char *answer, struct error *error)
{
	AUTO_JSON json_t *fact = json_object();
	if (!fact || json_put_string(fact, "fact", "delete") < 0 ||
		json_put_string(fact, "answer", answer) < 0)
		return error_no_memory(error);
	return course_append(course, json_incref(fact), error);
}

static int take(struct course *course, const struct course_platform *where, const json_t *facts,
	const json_t *places, struct error *error)
{
	struct machine machine CLEANUP(machine_free) = { 0 };
	char answer[128] = "";
	int64_t erased_utc_ms = 0;
	int r = course_machine_before(course, facts, &machine, error);
	for (size_t i = 0; r == 0 && i < machine.disk_count; i++)
		r = keep_unerased(&machine.disks[i], places);
	if (r < 0)
		return error_no_memory(error);
	if (r == 0)
		r = clock_parse(text_of(facts_last(facts, "erase"), "utc"), &erased_utc_ms) < 0;
	if (r != 0)
		return r;
	if (where->kind->remove_rests(
		    where->platform, &machine, erased_utc_ms, course->pace, answer, error) < 0)
		return 1;
	return append_deleted(course, answer, error);
}

/* 0: it may be done; 1: it stops here; 2: no word against it, but nothing is left to say that it is ours. */
static int ask(struct course *course, const json_t *facts, struct error *error)
{
	AUTO_ASKED struct course_asked asked = { 0 };
	int r = course_ask(course, COURSE_LOOK, &asked, error);
	if (r != 0)
		return r;
	if (asked.decision != DECIDE_ABSENT)
		return decision_is_refusal(asked.decision) || asked.decision == DECIDE_NOT_DUE
			       ? course_refuse(course, &asked, error)
			       : 2;
	return asked.longest && !asked.where && is_same(course, facts) ? 0 : 2;
}

int course_rests(struct course *course, const struct course_platform *where, const json_t *facts,
	const struct machine_look *look, bool *ret_removed, struct error *error)
{
	AUTO_JSON json_t *places = NULL;
	bool is_stopped = course->pace->stop && *course->pace->stop;
	if (!where || !where->kind->remove_rests || !course->everywhere || is_stopped ||
		!facts_last(facts, "survey"))
		return 0;
	if (deletion_places(facts, &places) < 0)
		return error_no_memory(error);
	if (!are_erased(facts, places, look))
		return 0;
	int r = ask(course, facts, error);
	if (r == 0)
		r = take(course, where, facts, places, error);
	else if (r == 2)
		return 0;
	*ret_removed = r == 0;
	return r;
}
