/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a work share: recording and steps. Inside wipe/work*.c only. Every function
 * returns 0, or -errno when the store or the engine failed. */
#ifndef HAIKI_WIPE_WORK_WORK_PARTS_H
#define HAIKI_WIPE_WORK_WORK_PARTS_H

#include "wipe/job_documents.h"
#include "wipe/work/work.h"
#include "wipe/work/work_task.h"

/* Append an event (taken; NULL is a lack of memory). Durable when it returns 0 and no transaction
 * is open. */
NODISCARD int work_record(struct work *work, json_t *event, struct error *error);
/* The last word on the job, or on this attempt; the work is over then. */
NODISCARD int work_record_ended(struct work *work, struct error *error);
NODISCARD int work_record_interrupted(struct work *work, const char *cause, struct error *error);
NODISCARD int work_come_to_rest(struct work *work, struct error *error);
/* Where the step under way stands; of an ERASE its progress. */
NODISCARD int work_journal(struct work *work, uint64_t durable_bytes, struct error *error);

/* Run the task on a thread of its own; taken over, also when it fails. */
NODISCARD int work_run_task(struct work *work, struct work_task *task, enum work_phase phase,
	int64_t patience_ms, struct error *error);
/* A new task on the open drive. NULL without memory. */
struct work_task *work_new_task(struct work *work, enum task_kind kind);
/* How long one request to the drive may take. */
int64_t work_patience_ms(const struct work *work);

/* What the evidence of before says: which step is next, and whether a drive may be found erasing
 * itself. */
void work_read_history(struct work *work, const json_t *evidence, const char **ret_last_kind);
/* Somebody worked on this job before: say that he is gone, and that it goes on. */
NODISCARD int work_take_up_again(struct work *work, const char *last_kind, struct error *error);

/* Claim the drive; what follows is told by events, up to the next step. again: it was just let go. */
NODISCARD int work_open(struct work *work, bool again, struct error *error);
NODISCARD int work_on_claimed(
	struct work *work, struct work_task *task, int task_result, struct error *error);
NODISCARD int work_on_guarded(
	struct work *work, struct work_task *task, int task_result, struct error *error);

/* From here on no write is ours. own_bytes: what we wrote since the last call, to see that the
 * kernel counts at all. */
void work_note_writes(struct work *work, uint64_t own_bytes);

/* Before it, what the drive's error counters say, if no step was begun yet. */
NODISCARD int work_first_step(struct work *work, struct error *error);
/* Begin the next step of the plan on the open drive; after the last, close the job. */
NODISCARD int work_next_step(struct work *work, struct error *error);
NODISCARD int work_after_step(struct work *work, enum pass_end end, struct error *error);
NODISCARD int work_on_health(
	struct work *work, struct work_task *task, int task_result, struct error *error);

/* An ERASE step: begun, or taken up where the drive was found (work->cut). */
NODISCARD int work_erase_begin(struct work *work, struct error *error);
/* Once the drive is opened: how it was found. */
NODISCARD int work_record_found(struct work *work, struct error *error);
/* What a function of its descriptor brought, and when it is time for the next. */
NODISCARD int work_on_erase(
	struct work *work, struct work_task *task, int task_result, struct error *error);
NODISCARD int work_erase_tick(struct work *work, struct error *error);

/* Before the drive is opened: is it still at the ERASE that the job was cut in? */
NODISCARD int work_find_begin(struct work *work, struct error *error);
NODISCARD int work_on_found(
	struct work *work, struct work_task *task, int task_result, struct error *error);
NODISCARD int work_guard(struct work *work, struct error *error);

NODISCARD int work_on_durable(struct work *work, uint64_t durable_bytes, struct error *error);
NODISCARD int work_on_pass_ended(struct work *work, struct error *error);
/* The drive's own cache was flushed behind the pass that ended (drive_flush). */
NODISCARD int work_on_flushed(struct work *work, int task_result, struct error *error);
NODISCARD int work_on_method_ended(struct work *work, struct work_task *task, struct error *error);

#endif
