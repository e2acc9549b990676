/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a work share: recording and steps. Inside wipe/work*.c only. Every function
 * returns 0, or -errno when the store or the engine failed. */
#ifndef HAIKI_WIPE_WORK_WORK_PARTS_H
#define HAIKI_WIPE_WORK_WORK_PARTS_H

#include "wipe/work/work.h"

/* Append an event (taken; NULL is a lack of memory). Durable when it returns 0 and no transaction
 * is open. */
NODISCARD int work_record(struct work *work, json_t *event, struct error *error);
/* The last word on the job, or on this attempt; the work is over then. */
NODISCARD int work_record_ended(struct work *work, struct error *error);
NODISCARD int work_record_interrupted(struct work *work, const char *cause, struct error *error);
NODISCARD int work_come_to_rest(struct work *work, struct error *error);
/* Where the step under way stands. */
NODISCARD int work_journal(struct work *work, uint64_t durable_bytes, struct error *error);

/* From here on no write is ours. own_bytes: what we wrote since the last call, to see that the
 * kernel counts at all. */
void work_note_writes(struct work *work, uint64_t own_bytes);

/* Begin the next step of the plan on the open drive; after the last, close the job. */
NODISCARD int work_next_step(struct work *work, struct error *error);
NODISCARD int work_on_durable(struct work *work, uint64_t durable_bytes, struct error *error);
NODISCARD int work_on_pass_ended(struct work *work, struct error *error);
NODISCARD int work_on_method_ended(struct work *work, struct work_task *task, struct error *error);

#endif
