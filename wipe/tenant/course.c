/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VM's deletion from the step that its facts name to its end. */
#include "wipe/tenant/course_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "verify/tenant/deletion.h"
#include "wipe/tenant/course_steps.h"

#include <errno.h>
#include <string.h>

static bool is_stopped(const struct course *course)
{
	return course->pace->stop && *course->pace->stop;
}

static int read_facts(struct course *course, json_t **ret, struct error *error)
{
	if (course->deletion.id == 0) {
		*ret = json_array();
		return *ret ? 0 : error_no_memory(error);
	}
	return deletions_facts(course->store, course->deletion.id, ret, error);
}

/* 0: go on; 1: it stops here, *error says why; -errno: the store failed. */
static int take_step(struct course *course, enum course_step step, const json_t *facts, bool *first,
	struct error *error)
{
	switch (step) {
	case COURSE_UNKNOWN:
		error_set(error, ERROR_FAILED, EBADMSG, "facts-unreadable",
			_("What was recorded of the deletion of the VM %s cannot be understood: "
			  "nothing further is done to it"),
			course->vm.uuid);
		return 1;
	case COURSE_IDENTIFY:
	case COURSE_SURVEY:
	case COURSE_POWER_OFF:
	case COURSE_SNAPSHOTS:
	case COURSE_ERASE:
	case COURSE_DELETE:
		return course_destroy(course, step, facts, first, error);
	case COURSE_LOOK:
		return course_look(course, facts, error);
	case COURSE_GONE:
		break;
	}
	return 0;
}

/* What a step that failed leaves: a fact, unless the last one says the same. Refusals recorded themselves; what waits is no
 * failure. */
static int note_failure(struct course *course, enum course_step step, const struct error *cause,
	struct error *error)
{
	if (course->deletion.id == 0 ||
		(cause->kind != ERROR_FAILED && cause->kind != ERROR_UNSUPPORTED))
		return 0;
	return course_note_failed(course, course_step_name(step), cause, error);
}

static int run(struct course *course, enum course_step *ret, struct error *error)
{
	bool first = true;
	for (;;) {
		AUTO_JSON json_t *facts = NULL;
		int r = read_facts(course, &facts, error);
		if (r < 0)
			return r;
		*ret = course_step_next(facts);
		if (*ret == COURSE_GONE)
			return course_close(course, error);
		if (is_stopped(course)) {
			error_set(error, ERROR_INTERRUPTED, EINTR, "stopped",
				_("The deletion of the VM %s was stopped before the step \"%s\""),
				course->vm.uuid, course_step_name(*ret));
			return error_next(error, _("The next run goes on with it.")), 0;
		}
		r = take_step(course, *ret, facts, &first, error);
		if (r < 0)
			return r;
		if (r > 0) {
			struct error failure = { 0 };
			if (error->kind == ERROR_NONE)
				error_set(error, ERROR_FAILED, EIO, "step-failed",
					_("The step \"%s\" of the deletion of the VM %s failed"),
					course_step_name(*ret), course->vm.uuid);
			r = note_failure(course, *ret, error, &failure);
			if (r < 0)
				*error = failure;
			return r;
		}
		*error = (struct error){ 0 }; /* what went well in the end is no failure */
	}
}

int course_run(struct course *course, enum course_step *ret, struct error *error)
{
	enum course_step step = COURSE_UNKNOWN;
	course->decision = DECIDE_UNKNOWN;
	int r = run(course, &step, error);
	if (r == 0)
		*ret = step;
	return r;
}
