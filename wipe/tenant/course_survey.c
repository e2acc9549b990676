/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surveys of a VM: kept, compared with what is there now, and read again. */
#include "wipe/tenant/course_survey.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/generations.h"
#include "wipe/tenant/course_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SURVEYS_MAX 3 /* in a row */

/* -- making one -- */

static int put_generations(struct course *course, json_t *survey, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	json_t *keys = json_array();
	const struct store_value values[] = { STORE_STRING(course->vm.uuid) };
	if (json_put(survey, "generations", keys) < 0)
		return error_no_memory(error);
	int r = store_query(course->store,
		"SELECT key FROM generation WHERE vm_uuid = $1 AND gone_utc_ms IS NULL"
		" ORDER BY created_utc_ms, key",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = json_push(keys, json_string(store_text(rows, 0))) < 0 ? error_no_memory(error)
									  : 0;
	return r;
}

static int survey_json(
	struct course *course, const struct machine *machine, json_t **ret, struct error *error)
{
	AUTO_JSON json_t *survey = NULL;
	int r = machine_to_json(machine, &survey);
	if (r < 0)
		return error_set(error, ERROR_FAILED, -r, "survey-malformed",
			_("What the platform says of the VM %s cannot be written down"),
			course->vm.uuid);
	r = put_generations(course, survey, error);
	if (r == 0)
		*ret = json_incref(survey);
	return r;
}

int course_survey(struct course *course, const struct course_asked *asked, struct error *error)
{
	AUTO_JSON json_t *survey = NULL;
	int r = survey_json(course, &asked->machine, &survey, error);
	return r < 0 ? r : course_append(course, json_incref(survey), error);
}

/* -- what is there now -- */

static bool is_begun(const json_t *facts, const json_t *disks)
{
	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		const json_t *chain = json_object_get(disk, "chain");
		const char *place = json_string_value(json_object_get(disk, "place"));
		if (place && facts_erased(facts, place))
			return true;
		for (size_t j = 0; j < json_array_size(chain); j++) {
			place = json_string_value(json_array_get(chain, j));
			if (place && facts_erased(facts, place))
				return true;
		}
	}
	return false;
}

/* Killed while the first disk was erased, before that was a fact: where the header lay nothing says any more how large
 * the disk is and what it stands on, which the survey before knows. */
static bool lost_header(const json_t *before, const json_t *now)
{
	static const char *const keys[] = { "id", "place" };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_equal(json_object_get(before, keys[i]), json_object_get(now, keys[i])))
			return false;
	return json_array_size(json_object_get(now, "chain")) <
		       json_array_size(json_object_get(before, "chain")) &&
	       !json_equal(
		       json_object_get(before, "size_bytes"), json_object_get(now, "size_bytes"));
}

static bool any_lost_header(const json_t *before, const json_t *now)
{
	for (size_t i = 0; i < json_array_size(before); i++)
		for (size_t j = 0; j < json_array_size(now); j++)
			if (lost_header(json_array_get(before, i), json_array_get(now, j)))
				return true;
	return false;
}

static bool has_new_place(const json_t *facts, const struct machine *machine)
{
	for (size_t i = 0; i < machine->disk_count; i++) {
		const struct machine_disk *disk = &machine->disks[i];
		if (!facts_know_place(facts, disk->place))
			return true;
		for (size_t j = 0; j < disk->chain_count; j++)
			if (!facts_know_place(facts, disk->chain[j]))
				return true;
	}
	return false;
}

/* The disks that were surveyed and then those that are new, as one survey. */
static int append_union(struct course *course, const json_t *before, const json_t *now,
	const json_t *facts, struct error *error)
{
	AUTO_JSON json_t *survey = json_deep_copy(now);
	json_t *disks = json_object_get(before, "disks");
	const json_t *more = json_object_get(now, "disks");
	AUTO_JSON json_t *all = json_deep_copy(disks);
	int r = survey && all ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < json_array_size(more); i++) {
		json_t *disk = json_array_get(more, i);
		const char *place = json_string_value(json_object_get(disk, "place"));
		if (place && !facts_know_place(facts, place))
			r = json_push(all, json_incref(disk));
	}
	if (r == 0)
		r = json_put(survey, "disks", json_incref(all));
	if (r < 0)
		return error_no_memory(error);
	return course_append(course, json_incref(survey), error);
}

static bool names_place(const json_t *survey, const char *place)
{
	AUTO_JSON json_t *alone = json_array();
	json_t *shared = (json_t *)(uintptr_t)survey; /* only its count of references changes */
	return alone && json_push(alone, json_incref(shared)) == 0 &&
	       facts_know_place(alone, place);
}

static int append_left(struct course *course, const char *place, struct error *error)
{
	AUTO_JSON json_t *fact = json_object();
	char volume[SUBJECT_ID_MAX] = "";
	int r = course_volume(course, "", place, volume, error);
	if (r < 0)
		return r;
	if (!fact || json_put_string(fact, "fact", "erase") < 0 ||
		json_put_string(fact, "disk", "") < 0 ||
		json_put_string(fact, "place", place) < 0 ||
		json_put_string(fact, "method", "none") < 0 ||
		json_put_string(fact, "result", "unsupported") < 0 ||
		json_put_string(fact, "level", "none") < 0 ||
		json_put_integer(fact, "bytes", 0) < 0 ||
		json_put_integer(fact, "verified_bytes", 0) < 0 ||
		json_put(fact, "limits", json_array()) < 0 ||
		json_put_string(fact, "reason", "left-before") < 0 ||
		json_put_string(fact, "volume", volume) < 0)
		return error_no_memory(error);
	return course_append(course, json_incref(fact), error);
}

/* Disks' places of earlier surveys that the last one does not name, each told once. 1: some were. */
static int note_left(struct course *course, const json_t *facts, struct error *error)
{
	const json_t *last = facts_last(facts, "survey");
	int told = 0;
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		const json_t *disks = json_object_get(fact, "disks");
		for (size_t j = 0; fact_is(fact, "survey") && j < json_array_size(disks); j++) {
			const json_t *disk = json_array_get(disks, j);
			const json_t *chain = json_object_get(disk, "chain");
			for (size_t k = 0; k <= json_array_size(chain); k++) {
				const char *place =
					json_string_value(k == 0 ? json_object_get(disk, "place")
								 : json_array_get(chain, k - 1));
				if (!place || facts_erased(facts, place) ||
					names_place(last, place))
					continue;
				int r = append_left(course, place, error);
				if (r < 0)
					return r;
				told = 1;
			}
		}
	}
	return told;
}

/* A platform that says something else each time would be asked for ever. */
static int check_settled(struct course *course, const json_t *facts, struct error *error)
{
	size_t count = json_array_size(facts), surveys = 0;
	while (surveys < count && fact_is(json_array_get(facts, count - 1 - surveys), "survey"))
		surveys++;
	if (surveys < SURVEYS_MAX)
		return 0;
	error_set(error, ERROR_FAILED, EAGAIN, "survey-unsettled",
		_("The platform says something else of the disks of the VM %s each time it is "
		  "asked"),
		course->vm.uuid);
	(void)error_next(error, _("Find out who is changing it: a backup, a migration?"));
	return 1;
}

int course_survey_again(struct course *course, const struct course_asked *asked,
	const json_t *facts, struct error *error)
{
	AUTO_JSON json_t *now = NULL;
	const json_t *last = facts_last(facts, "survey");
	const json_t *disks = json_object_get(last, "disks");
	int r = check_settled(course, facts, error);
	if (r == 0)
		r = survey_json(course, &asked->machine, &now, error);
	if (r != 0)
		return r;
	if (is_begun(facts, disks) || any_lost_header(disks, json_object_get(now, "disks"))) {
		if (has_new_place(facts, &asked->machine)) {
			r = append_union(course, last, now, facts, error);
			return r < 0 ? r : 1;
		}
	} else if (!json_equal(disks, json_object_get(now, "disks")) ||
		   !json_equal(json_object_get(last, "files"), json_object_get(now, "files"))) {
		r = course_append(course, json_incref(now), error);
		return r < 0 ? r : 1;
	}
	return note_left(course, facts, error);
}

/* -- reading one -- */

static int add_text(char ***texts, size_t *count, const char *text)
{
	char **more = reallocarray(*texts, *count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	*texts = more;
	more[*count] = strdup(text);
	if (!more[*count])
		return -ENOMEM;
	*count += 1;
	return 0;
}

static bool has_text(char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* Who shares a disk today also shares what was surveyed of it: by its id, or by its place. */
static int add_sharers(struct machine *machine, const struct machine *today)
{
	int r = 0;
	for (size_t i = 0; i < machine->disk_count; i++) {
		struct machine_disk *disk = &machine->disks[i];
		for (size_t j = 0; r == 0 && j < today->disk_count; j++) {
			const struct machine_disk *other = &today->disks[j];
			if (strcmp(disk->id, other->id) != 0 &&
				strcmp(disk->place, other->place) != 0)
				continue;
			for (size_t k = 0; r == 0 && k < other->shared_count; k++)
				if (!has_text(disk->shared_with, disk->shared_count,
					    other->shared_with[k]))
					r = add_text(&disk->shared_with, &disk->shared_count,
						other->shared_with[k]);
		}
	}
	return r;
}

static int read_survey(
	struct course *course, const json_t *facts, struct machine *ret, struct error *error)
{
	const json_t *survey = facts_last(facts, "survey");
	if (survey && machine_from_json(survey, ret, error) < 0)
		return 1;
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%s", course->vm.uuid);
	(void)snprintf(ret->service_code, sizeof(ret->service_code), "%s", course->vm.service_code);
	const char *name =
		json_string_value(json_object_get(facts_last(facts, "identity"), "name"));
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name ? name : course->vm.name);
	return 0;
}

int course_machine(struct course *course, const struct course_asked *asked, const json_t *facts,
	struct machine *ret, struct error *error)
{
	struct machine machine CLEANUP(machine_free) = { 0 };
	int r = read_survey(course, facts, &machine, error);
	if (r != 0)
		return r;
	if (add_sharers(&machine, &asked->machine) < 0)
		return error_no_memory(error);
	memcpy(machine.ref, asked->machine.ref, sizeof(machine.ref));
	memcpy(machine.name, asked->machine.name, sizeof(machine.name));
	machine.power = asked->machine.power;
	*ret = machine;
	machine = (struct machine){ 0 };
	return 0;
}

/* Every place that is not among the machine's own yet is a file to be looked for. */
int course_machine_before(
	struct course *course, const json_t *facts, struct machine *ret, struct error *error)
{
	struct machine machine CLEANUP(machine_free) = { 0 };
	AUTO_JSON json_t *places = facts_places(facts);
	const json_t *last = facts_last(facts, "survey");
	int r = read_survey(course, facts, &machine, error);
	if (r != 0)
		return r;
	r = places ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < json_array_size(places); i++) {
		const char *place = json_string_value(json_array_get(places, i));
		if (!names_place(last, place))
			r = add_text(&machine.files, &machine.file_count, place);
	}
	if (r < 0)
		return error_no_memory(error);
	*ret = machine;
	machine = (struct machine){ 0 };
	return 0;
}

/* -- volumes of the inventory -- */

int course_volume(struct course *course, const char *disk, const char *place,
	char ret[static SUBJECT_ID_MAX], struct error *error)
{
	char key[192];
	int64_t id = 0;
	(void)snprintf(key, sizeof(key), "vm:%s/%s", course->vm.uuid, disk);
	const struct store_value values[] = {
		STORE_STRING(course->vm.uuid),
		STORE_STRING(place),
		STORE_STRING(key),
	};
	/* One alone: of two it is not known which is meant. */
	int r = drive_query_integer(course->store,
		"SELECT CASE WHEN count(*) = 1 THEN min(id) ELSE 0 END FROM volume WHERE"
		" vm_uuid = $1 AND ((path <> '' AND path = $2) OR (path = '' AND key = $3))",
		values, ARRAY_SIZE(values), 0, &id, error);
	if (r == 0 && id > 0)
		subject_format(&(struct subject){ SUBJECT_VOLUME, id }, ret);
	return r;
}
