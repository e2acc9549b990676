/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Behind a deletion everybody is asked until they say that it is gone. */
#include "wipe/tenant/course_steps.h"

#include "base/text.h"
#include "verify/tenant/deletion.h"
#include "wipe/tenant/course_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define FIRST_PAUSE_MS 50
#define LAST_PAUSE_MS 5000

/* -- asking -- */

static const struct course_platform *platform_named(const struct course *course, const char *name)
{
	for (size_t i = 0; i < course->platform_count; i++)
		if (strcmp(course->platforms[i].name, name) == 0)
			return &course->platforms[i];
	return NULL;
}

/* The one it was on, as far as is known. */
static const struct course_platform *platform_of(const struct course *course, const json_t *facts)
{
	const json_t *identity = facts_last(facts, "identity");
	const char *name = json_string_value(json_object_get(identity, "platform"));
	return name ? platform_named(course, name) : NULL;
}

/* Nothing but its UUID is known of it: that no platform has it is all that can be asked. */
static void look_by_uuid(struct course *course, struct machine_look *look)
{
	look->hypervisor = course->everywhere ? PRESENCE_GONE : PRESENCE_UNKNOWN;
	look->datastore = look->storage = PRESENCE_NONE;
	for (size_t i = 0; i < course->platform_count; i++) {
		const struct course_platform *where = &course->platforms[i];
		struct machine machine CLEANUP(machine_free) = { 0 };
		struct error error = { 0 };
		int r = where->kind->survey(where->platform, course->vm.uuid, &machine, &error);
		bool is_absent = r == -ENOENT && strcmp(error.code, "vm-absent") == 0;
		if (r == 0 || r == -EEXIST)
			look->hypervisor = PRESENCE_PRESENT;
		else if (!is_absent && look->hypervisor != PRESENCE_PRESENT)
			look->hypervisor = PRESENCE_UNKNOWN;
	}
}

static int look_once(struct course *course, const json_t *facts, const struct machine *machine,
	struct machine_look *look, struct error *error)
{
	const struct course_platform *where = platform_of(course, facts);
	if (!facts_last(facts, "survey")) {
		look_by_uuid(course, look);
		return 0;
	}
	if (!where) {
		error_set(error, ERROR_WAITING, EHOSTUNREACH, "platform-unreachable",
			_("Whether the VM %s is gone cannot be asked: its platform does not "
			  "answer"),
			course->vm.uuid);
		return 1;
	}
	/* What cannot be asked is unknown, and never gone. */
	if (where->kind->look(where->platform, machine, look, error) < 0)
		return 1;
	return 0;
}

static bool is_gone(const struct machine_look *look)
{
	return look->hypervisor == PRESENCE_GONE && look->left_count == 0 &&
	       (look->datastore == PRESENCE_GONE || look->datastore == PRESENCE_NONE) &&
	       (look->storage == PRESENCE_GONE || look->storage == PRESENCE_NONE);
}

static void rest(int64_t milliseconds)
{
	const struct timespec pause = { .tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000 };
	(void)nanosleep(&pause, NULL);
}

/* Until it is gone, the time is over, or it is to stop. */
static int look_on(struct course *course, const json_t *facts, const struct machine *machine,
	struct machine_look *ret, struct error *error)
{
	int64_t until_ms = clock_monotonic_ms() + (int64_t)course->look_timeout_ms;
	for (int64_t pause_ms = FIRST_PAUSE_MS;; pause_ms = MIN(2 * pause_ms, LAST_PAUSE_MS)) {
		machine_look_free(ret);
		int r = look_once(course, facts, machine, ret, error);
		int64_t left_ms = until_ms - clock_monotonic_ms();
		if (r != 0 || is_gone(ret) || left_ms <= 0 ||
			(course->pace->stop && *course->pace->stop))
			return r;
		rest(MIN(pause_ms, left_ms));
	}
}

/* -- recording -- */

static json_t *look_fact(const struct machine_look *look)
{
	AUTO_JSON json_t *fact = json_object();
	json_t *left = json_array();
	int r = json_put(fact, "left", left);
	for (size_t i = 0; r == 0 && i < look->left_count; i++)
		r = json_push(left, json_string(look->left[i]));
	if (r < 0 || json_put_string(fact, "fact", "look") < 0 ||
		json_put_string(fact, "hypervisor", presence_name(look->hypervisor)) < 0 ||
		json_put_string(fact, "datastore", presence_name(look->datastore)) < 0 ||
		json_put_string(fact, "storage", presence_name(look->storage)) < 0)
		return NULL;
	return json_incref(fact);
}

static bool is_said(const json_t *last, const json_t *fact)
{
	static const char *const keys[] = { "fact", "hypervisor", "datastore", "storage", "left" };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_equal(json_object_get(last, keys[i]), json_object_get(fact, keys[i])))
			return false;
	return true;
}

static int waits(struct course *course, const struct machine_look *look, struct error *error)
{
	error_set(error, ERROR_WAITING, EAGAIN, "not-gone",
		_("The VM %s is not proven gone: the hypervisor says %s, the datastore %s, the "
		  "storage %s; %zu places are left"),
		course->vm.uuid, presence_name(look->hypervisor), presence_name(look->datastore),
		presence_name(look->storage), look->left_count);
	if (look->left_count > 0)
		(void)error_next(error,
			_("The first of them: %.200s. Find out what keeps it there."),
			look->left[0]);
	else
		(void)error_next(error, _("The next run asks again."));
	return 1;
}

/* What is said already is not said again, night by night; nor behind what failed or was refused meanwhile, unless it is
 * the end, which stands behind all. */
static const json_t *last_said(const json_t *facts, const struct machine_look *look)
{
	size_t count = json_array_size(facts);
	while (!is_gone(look) && count > 0 &&
		(fact_is(json_array_get(facts, count - 1), "failed") ||
			fact_is(json_array_get(facts, count - 1), "refused")))
		count--;
	return count > 0 ? json_array_get(facts, count - 1) : NULL;
}

static int record(struct course *course, const json_t *facts, const struct machine_look *look,
	struct error *error)
{
	AUTO_JSON json_t *fact = look_fact(look);
	if (!fact)
		return error_no_memory(error);
	if (is_said(last_said(facts, look), fact))
		return 0;
	return course_append(course, json_incref(fact), error);
}

/* 0: *ret is what was seen, and a fact. */
static int look_and_record(
	struct course *course, const json_t *facts, struct machine_look *ret, struct error *error)
{
	struct machine machine CLEANUP(machine_free) = { 0 };
	int r = course_machine_before(course, facts, &machine, error);
	if (r == 0)
		r = look_on(course, facts, &machine, ret, error);
	return r == 0 ? record(course, facts, ret, error) : r;
}

int course_look(struct course *course, const json_t *facts, struct error *error)
{
	struct machine_look look CLEANUP(machine_look_free) = { 0 };
	AUTO_JSON json_t *since = NULL;
	bool removed = false;
	int r = look_and_record(course, facts, &look, error);
	if (r != 0 || is_gone(&look))
		return r;
	r = course_rests(course, platform_of(course, facts), facts, &look, &removed, error);
	if (r == 0 && removed) {
		r = deletions_facts(course->store, course->deletion.id, &since, error);
		if (r == 0)
			r = look_and_record(course, since, &look, error);
	}
	if (r != 0 || is_gone(&look))
		return r;
	return waits(course, &look, error);
}

int course_close(struct course *course, struct error *error)
{
	struct clock_reading now;
	(void)course->clock(course->context, &now);
	int r = store_begin(course->store, error);
	if (r < 0)
		return r;
	return store_end(course->store,
		vms_set_gone(course->store, course->vm.id, now.utc_ms, error), error);
}
