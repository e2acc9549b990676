/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one step does, and the fact that it leaves. */
#include "wipe/tenant/course_steps.h"

#include "base/text.h"
#include "verify/tenant/deletion.h"
#include "wipe/tenant/course_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- facts -- */

int course_append(struct course *course, json_t *fact, struct error *error)
{
	AUTO_JSON json_t *owned = fact;
	struct clock_reading now;
	if (!owned)
		return error_no_memory(error);
	int r = deletion_check_fact(owned, error);
	if (r < 0)
		return r;
	/* A fact's time is the clock's, whatever is thought of it. */
	(void)course->clock(course->context, &now);
	return deletions_append(course->store, course->deletion.id, owned, now.utc_ms, error);
}

static json_t *fact_of(const char *word)
{
	AUTO_JSON json_t *fact = json_object();
	return fact && json_put_string(fact, "fact", word) == 0 ? json_incref(fact) : NULL;
}

static int append_text(struct course *course, const char *word, const char *key, const char *text,
	struct error *error)
{
	AUTO_JSON json_t *fact = fact_of(word);
	if (!fact || json_put_string(fact, key, text) < 0)
		return error_no_memory(error);
	return course_append(course, json_incref(fact), error);
}

int course_note_failed(
	struct course *course, const char *step, const struct error *cause, struct error *error)
{
	AUTO_JSON json_t *facts = NULL;
	AUTO_JSON json_t *fact = fact_of("failed");
	if (!fact || json_put_string(fact, "step", step) < 0 ||
		json_put_string(fact, "code", cause->code) < 0 ||
		json_put_string(fact, "message", cause->what) < 0)
		return error_no_memory(error);
	int r = deletions_facts(course->store, course->deletion.id, &facts, error);
	if (r < 0)
		return r;
	const json_t *last = json_array_get(facts, json_array_size(facts) - 1);
	static const char *const keys[] = { "step", "code", "message" };
	bool is_new = !fact_is(last, "failed");
	for (size_t i = 0; !is_new && i < ARRAY_SIZE(keys); i++)
		is_new =
			!json_equal(json_object_get(last, keys[i]), json_object_get(fact, keys[i]));
	return is_new ? course_append(course, json_incref(fact), error) : 0;
}

/* -- who it is -- */

static int put_contracts(json_t *fact, const struct contract_list *contracts)
{
	json_t *list = json_array();
	int r = json_put(fact, "contracts", list);
	for (size_t i = 0; r == 0 && i < contracts->count; i++) {
		const struct contract_record *record = &contracts->items[i];
		json_t *object = json_object();
		r = json_push(list, object);
		if (r == 0)
			r = json_put_string(object, "number", record->number);
		if (r == 0)
			r = json_put_string(object, "start_day", record->start_day);
		if (r == 0)
			r = json_put_string(object, "end_day", record->end_day);
		if (r == 0)
			r = json_put_integer(object, "grace_days", record->grace_days);
	}
	return r;
}

static int put_inventory(json_t *fact, const struct vm_record *vm)
{
	char id[SUBJECT_ID_MAX];
	json_t *object = json_object();
	subject_format(&(struct subject){ SUBJECT_VM, vm->id }, id);
	int r = json_put(fact, "inventory", object);
	if (r == 0)
		r = json_put_string(object, "vm", id);
	if (r == 0)
		r = json_put_string(object, "service_code", vm->service_code);
	return r == 0 ? json_put_string(object, "tenant", vm->tenant) : r;
}

static int put_clock(json_t *fact, const struct course *course, const struct course_asked *asked)
{
	json_t *object = json_object();
	int r = json_put(fact, "clock", object);
	if (r == 0)
		r = json_put_integer(object, "synchronised", asked->now.synchronised);
	return r == 0 ? json_put_integer(object, "vouched",
				strcmp(course->config->deletion.clock, "vouched") == 0)
		      : r;
}

static int append_identity(
	struct course *course, const struct course_asked *asked, struct error *error)
{
	AUTO_JSON json_t *fact = fact_of("identity");
	char due[CLOCK_TEXT_SIZE];
	clock_format(asked->due.due_utc_ms, due);
	if (!fact || json_put_string(fact, "uuid", course->vm.uuid) < 0 ||
		json_put_string(fact, "name", asked->machine.name) < 0 ||
		json_put_string(fact, "platform", asked->where->name) < 0 ||
		json_put_string(fact, "service_code", asked->machine.service_code) < 0 ||
		json_put_string(fact, "due_utc", due) < 0 || put_inventory(fact, &course->vm) < 0 ||
		put_contracts(fact, &asked->contracts) < 0 || put_clock(fact, course, asked) < 0)
		return error_no_memory(error);
	return course_append(course, json_incref(fact), error);
}

/* The deletion's row, with its first breath. */
static int begin(struct course *course, const struct course_asked *asked, struct error *error)
{
	if (course->deletion.id != 0)
		return 0;
	struct deletion_record record = {
		.vm_id = course->vm.id,
		.tenant_id = course->vm.tenant_id,
		.contract_id = asked->longest->id,
		.due_utc_ms = asked->due.due_utc_ms,
		.begun_utc_ms = asked->now.utc_ms,
	};
	memcpy(record.vm_uuid, course->vm.uuid, sizeof(record.vm_uuid));
	(void)snprintf(record.platform, sizeof(record.platform), "%s",
		asked->where ? asked->where->name : course->vm.platform);
	int r = deletions_begin(course->store, &record, error);
	if (r == 0)
		course->deletion = record;
	return r;
}

/* -- no -- */

int course_refuse(struct course *course, const struct course_asked *asked, struct error *error)
{
	const struct refusal refusal = {
		.uuid = course->vm.uuid,
		.name = asked->machine.name[0] ? asked->machine.name : course->vm.name,
		.platform = asked->where ? asked->where->name : "",
		.service_code = asked->machine.service_code,
		.vm_id = course->vm.id,
		.deletion_id = course->deletion.id,
		.decision = asked->decision,
	};
	bool is_told = decision_is_refusal(asked->decision) ||
		       (asked->decision == DECIDE_NOT_DUE && course->deletion.id != 0);
	int r = is_told ? refusal_record(course->store, &refusal, asked->now.utc_ms, error) : 0;
	if (r < 0)
		return r;
	refusal_error(asked->decision, refusal.uuid, refusal.name, error);
	return 1;
}

/* It was to be deleted and is not there. */
static int note_absent(struct course *course, const struct course_asked *asked, const json_t *facts,
	struct error *error)
{
	int r = begin(course, asked, error);
	if (r < 0 || fact_is(json_array_get(facts, json_array_size(facts) - 1), "absent"))
		return r;
	return course_append(course, fact_of("absent"), error);
}

/* -- steps that destroy -- */

static int power_off(struct course *course, const struct course_asked *asked, struct error *error)
{
	bool was_off = false;
	const struct course_platform *where = asked->where;
	if (where->kind->power_off(
		    where->platform, &asked->machine, course->pace, &was_off, error) < 0)
		return 1;
	return append_text(course, "power-off", "result", was_off ? "was-off" : "done", error);
}

static int remove_snapshots(
	struct course *course, const struct course_asked *asked, struct error *error)
{
	AUTO_JSON json_t *fact = fact_of("snapshots");
	unsigned count = 0;
	const struct course_platform *where = asked->where;
	if (where->kind->remove_snapshots(
		    where->platform, &asked->machine, course->pace, &count, error) < 0)
		return 1;
	if (!fact || json_put_integer(fact, "removed", count) < 0)
		return error_no_memory(error);
	return course_append(course, json_incref(fact), error);
}

/* Each fact of a disk's erasure, with the volume that the inventory knows at the place. */
static int append_erased(struct course *course, const char *disk, const json_t *erased,
	bool *ret_failed, struct error *error)
{
	for (size_t i = 0; i < json_array_size(erased); i++) {
		json_t *fact = json_array_get(erased, i);
		char volume[SUBJECT_ID_MAX] = "";
		const char *place = json_string_value(json_object_get(fact, "place"));
		const char *result = json_string_value(json_object_get(fact, "result"));
		int r = course_volume(course, disk, place ? place : "", volume, error);
		if (r < 0)
			return r;
		if (json_put_string(fact, "disk", disk) < 0 ||
			(volume[0] && json_put_string(fact, "volume", volume) < 0) ||
			(!json_has(fact, "volume") && json_put_string(fact, "volume", "") < 0))
			return error_no_memory(error);
		r = course_append(course, json_incref(fact), error);
		if (r < 0)
			return r;
		*ret_failed = *ret_failed || !result || strcmp(result, "failed") == 0;
	}
	return 0;
}

static int check_erased(struct course *course, const json_t *disk, bool failed, struct error *error)
{
	AUTO_JSON json_t *facts = NULL;
	const char *place = json_string_value(json_object_get(disk, "place"));
	int r = deletions_facts(course->store, course->deletion.id, &facts, error);
	if (r < 0)
		return r;
	if (!failed && !facts_disk_open(facts, disk))
		return 0;
	error_set(error, ERROR_FAILED, EIO, "erase-failed",
		_("The disk %s of the VM %s was not erased; nothing of it is deleted"),
		place ? place : "?", course->vm.uuid);
	(void)error_next(error, _("See why: haiki inventory show %s"), course->vm.uuid);
	return 1;
}

/* The first disk that is open; the next one is asked for anew. */
static int erase(struct course *course, const struct course_asked *asked, const json_t *facts,
	struct error *error)
{
	struct machine machine CLEANUP(machine_free) = { 0 };
	AUTO_JSON json_t *erased = NULL;
	const json_t *disks = json_object_get(facts_last(facts, "survey"), "disks");
	size_t index = 0;
	bool failed = false;
	while (index < json_array_size(disks) &&
		!facts_disk_open(facts, json_array_get(disks, index)))
		index++;
	int r = course_machine(course, asked, facts, &machine, error);
	if (r != 0)
		return r;
	if (index >= machine.disk_count || index >= json_array_size(disks)) {
		error_set(error, ERROR_FAILED, EBADMSG, "survey-malformed",
			_("The survey of the VM %s cannot be read"), course->vm.uuid);
		return 1;
	}
	const struct course_platform *where = asked->where;
	if (where->kind->erase(where->platform, &machine, index, course->pace, &erased, error) < 0)
		return 1;
	r = append_erased(course, machine.disks[index].id, erased, &failed, error);
	return r < 0 ? r : check_erased(course, json_array_get(disks, index), failed, error);
}

static int remove_machine(struct course *course, const struct course_asked *asked,
	const json_t *facts, struct error *error)
{
	struct machine machine CLEANUP(machine_free) = { 0 };
	char answer[128] = "";
	const struct course_platform *where = asked->where;
	int r = course_machine(course, asked, facts, &machine, error);
	if (r != 0)
		return r;
	if (where->kind->remove(where->platform, &machine, course->pace, answer, error) < 0)
		return 1;
	return append_text(course, "delete", "answer", answer, error);
}

/* It is switched off before anything is taken from it, also when somebody switched it on since. */
static int switch_off(struct course *course, const struct course_asked *asked, const json_t *facts,
	struct error *error)
{
	const json_t *last = json_array_get(facts, json_array_size(facts) - 1);
	if (!fact_is(last, "power-off"))
		return power_off(course, asked, error);
	error_set(error, ERROR_FAILED, EBUSY, "vm-still-on",
		_("The VM %s was switched off, and its platform says that it is not"),
		course->vm.uuid);
	return 1;
}

/* [deletion] erasure = required: what is only unlinked is not deleted at all. */
static int check_required(struct course *course, const json_t *facts, struct error *error)
{
	AUTO_JSON json_t *places = NULL;
	const char *place;
	json_t *word;
	if (!course->pace->erasure_required)
		return 0;
	if (deletion_places(facts, &places) < 0)
		return error_no_memory(error);
	json_object_foreach (places, place, word) {
		const char *became = json_string_value(word);
		if (strcmp(became, DELETION_PLACE_UNLINKED) != 0 &&
			strcmp(became, DELETION_PLACE_FAILED) != 0)
			continue;
		error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "erasure-required",
			_("The VM %s is not deleted: %s was not erased, and the configuration "
			  "requires it"),
			course->vm.uuid, place);
		(void)error_next(error,
			_("Erase it by other means, or set [deletion] erasure = where-possible."));
		return 1;
	}
	return 0;
}

static int destroy_disks(struct course *course, enum course_step step,
	const struct course_asked *asked, const json_t *facts, struct error *error)
{
	int r = course_survey_again(course, asked, facts, error);
	if (r < 0 || error->kind != ERROR_NONE)
		return r;
	if (r > 0)
		return 0; /* what is next follows from what was new */
	if (step == COURSE_ERASE)
		return erase(course, asked, facts, error);
	r = check_required(course, facts, error);
	return r != 0 ? r : remove_machine(course, asked, facts, error);
}

static int do_step(struct course *course, enum course_step step, const struct course_asked *asked,
	const json_t *facts, struct error *error)
{
	bool is_off = asked->machine.power == MACHINE_OFF;
	switch (step) {
	case COURSE_IDENTIFY: /* what was asked tells its disks as well */
	case COURSE_SURVEY:
		return course_survey(course, asked, error);
	case COURSE_POWER_OFF:
		return power_off(course, asked, error);
	case COURSE_SNAPSHOTS:
		return is_off ? remove_snapshots(course, asked, error)
			      : switch_off(course, asked, facts, error);
	case COURSE_ERASE:
	case COURSE_DELETE:
		return is_off ? destroy_disks(course, step, asked, facts, error)
			      : switch_off(course, asked, facts, error);
	case COURSE_UNKNOWN:
	case COURSE_LOOK:
	case COURSE_GONE:
		break;
	}
	return 0;
}

/* The plan has it as one that no platform knows: so nobody counted it among those that are to be deleted, and nobody approved
 * it as such. */
static int seen_again(struct course *course, struct error *error)
{
	error_set(error, ERROR_WAITING, EAGAIN, "vm-seen-again",
		_("The VM %s was on no platform when all were listed, and is there now: nothing is "
		  "done to it"),
		course->vm.uuid);
	(void)error_next(error, _("The next run decides anew."));
	return 1;
}

int course_destroy(struct course *course, enum course_step step, const json_t *facts, bool *first,
	struct error *error)
{
	AUTO_ASKED struct course_asked asked = { 0 };
	int r = course_ask(course, step, &asked, error);
	if (r != 0)
		return r;
	if (asked.decision == DECIDE_ABSENT && asked.longest) {
		*first = true; /* should it come back, who it is is told anew */
		return note_absent(course, &asked, facts, error);
	}
	if (asked.decision != DECIDE_DELETE || !asked.longest || !asked.where)
		return course_refuse(course, &asked, error);
	if (course->everywhere)
		return seen_again(course, error);
	r = begin(course, &asked, error);
	if (r == 0 && (*first || step == COURSE_IDENTIFY))
		r = append_identity(course, &asked, error);
	if (r < 0)
		return r;
	*first = false;
	return do_step(course, step, &asked, facts, error);
}
