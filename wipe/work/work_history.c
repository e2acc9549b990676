/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the evidence says of a job's past, and taking it up again. */
#include "wipe/work/work_parts.h"

#include <string.h>

static bool is_word(const json_t *event, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(event, key));
	return text && strcmp(text, word) == 0;
}

/* Was the command of the ERASE under way taken, so that the drive may be found at it? */
static void read_erase(struct work *work, const json_t *event)
{
	unsigned step = (unsigned)json_integer_value(json_object_get(event, "step"));
	if (is_word(event, "kind", "started") && step != work->cut.step)
		work->cut.step = 0;
	if (is_word(event, "kind", "finished"))
		work->cut.step = 0;
	if (!is_word(event, "kind", "answer"))
		return;
	if (is_word(event, "moment", "before"))
		work->cut.step = 0;
	if (is_word(event, "moment", "accepted") &&
		is_word(event, "status", erase_status_name(ERASE_STATUS_RUNNING)))
		work->cut.step = step;
}

/* Whether a step was begun, which one is next, and the last event. The proof is one unbroken claim:
 * what was read back before an interruption is read again. */
void work_read_history(struct work *work, const json_t *evidence, const char **ret_last_kind)
{
	size_t index;
	json_t *event;
	*ret_last_kind = "";
	work->step = 1;
	json_array_foreach (evidence, index, event) {
		json_int_t step = json_integer_value(json_object_get(event, "step"));
		*ret_last_kind = json_string_value(json_object_get(event, "kind"));
		if (is_word(event, "kind", "opened"))
			work->was_opened = true;
		if (is_word(event, "kind", "started")) {
			work->has_begun = true;
			work->step = (unsigned)step;
		}
		if (is_word(event, "kind", "resumed"))
			work->step = plan_resume_step(&work->plan, work->step - 1);
		if (is_word(event, "kind", "finished") && is_word(event, "result", "complete") &&
			step == (json_int_t)work->step)
			work->step++;
		read_erase(work, event);
	}
}

static bool another_boot(const struct job_record *record)
{
	char boot_id[37];
	clock_boot_id(boot_id);
	return strncmp(boot_id, record->owner_boot_id, strlen(boot_id)) != 0;
}

int work_take_up_again(struct work *work, const char *last_kind, struct error *error)
{
	unsigned proof = plan_proof_step(&work->plan);
	int result = 0;
	if (strcmp(last_kind, "interrupted") != 0)
		result = work_record(work,
			job_event_interrupted(
				another_boot(&work->record) ? "power-lost" : "process-lost"),
			error);
	work->step = plan_resume_step(&work->plan, work->step - 1);
	if (work->step == proof)
		work->record.step = 0; /* from its beginning, whatever the journal says */
	struct clock_reading now;
	clock_read(&now);
	return result < 0 ? result : work_record(work, job_event_resumed(&now), error);
}
