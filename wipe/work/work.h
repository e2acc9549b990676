/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One job under way: opened, guarded, step after step, closed. Each function is called by the one
 * thread that owns store and engine, and records what happened before anything new begins. Inside
 * wipe/ only. */
#ifndef HAIKI_WIPE_WORK_WORK_H
#define HAIKI_WIPE_WORK_WORK_H

#include "wipe/job.h"
#include "wipe/work/erase_course.h"
#include "wipe/work/method.h"
#include "wipe/work/run.h"
#include "wipe/work/work_seams.h"

enum work_phase {
	WORK_OPENING,  /* a task claims and guards the drive, or looks whether it erases itself */
	WORK_PASS,     /* the engine works on a pass */
	WORK_BLOCKING, /* a task runs a blocking method, or talks with a drive that erases itself */
	WORK_WAITING,  /* the drive erases itself; it is looked at again at course.due_ms */
	WORK_OVER,     /* nothing is under way; the evidence says how it came to rest */
};

/* Drives that are claimed, and these pointers; owned. */
struct claims {
	struct drive **drives;
	size_t count;
};
void claims_free(struct claims *claims);

/* A task's own memory: when a drive hangs, the task outlives the work that waited for it. */
struct work_task;

struct work {
	struct run_target *target; /* borrowed */
	struct store *store;       /* borrowed */
	struct engine *engine;     /* borrowed */
	const struct run_options *options;
	struct job_record record; /* as loaded; its journal says where a cut step stood */
	struct plan plan;
	struct drive_identity identity; /* the job's subject */
	char label[IDENTITY_LABEL_MAX];
	struct drive *drive;      /* claimed; owned; NULL until opened */
	struct claims siblings;   /* they are erased along */
	uint64_t sectors_written; /* drive_sectors_written after our own last write; what is written
				   * later is somebody else's */
	bool writes_counted;      /* the kernel does count them on this drive */
	enum work_phase phase;
	bool was_opened; /* somebody worked on it before */
	bool has_begun;  /* a step was started, now or before an interruption */
	unsigned step;   /* 1-based; the first that is not complete */
	uint64_t from_bytes;
	struct pass *pass;       /* owned while in WORK_PASS */
	uint64_t reported_bytes; /* bad ranges below this offset are in the evidence */
	struct work_task *task;  /* while in WORK_OPENING or WORK_BLOCKING */
	int64_t task_since_ms;   /* monotonic */
	int64_t task_patience_ms;
	struct erase_course course; /* of the ERASE under way */
	const char *refusal;   /* of its command, for people; NULL: none, or it says no reason */
	int64_t journaled_ms;  /* its progress */
	struct {               /* the job was cut within an ERASE */
		unsigned step; /* that one; 0: it was not */
		bool accepted; /* its command was, so that the drive may be found at it */
		struct erase_state before; /* that command */
		bool awaits;  /* found running; followed to its end before it is opened */
		bool goes_on; /* what was found is to be judged */
		unsigned tries;
		struct erase_answer found;
	} cut;
	bool reopened;    /* after its capacity was restored */
	bool health_told; /* after the last step */
	bool stopping;    /* the operator wants an end */
	struct {          /* for the rate shown */
		int64_t since_ms;
		uint64_t bytes;
		uint64_t bytes_per_second;
	} meter;
};

/* Load the job, become its owner, and let a task open the drive. -errno: the store or the engine
 * failed; a job that cannot run for its own reasons comes to rest instead and returns 0. */
NODISCARD int work_begin(struct work *work, struct error *error);

/* The engine's word on this work's pass or task. -errno: the store failed. */
NODISCARD int work_on_event(
	struct work *work, const struct engine_event *event, struct error *error);

/* Time passes: a task that hangs is given up, and a drive that erases itself looked at again. */
NODISCARD int work_on_tick(struct work *work, struct error *error);

/* In how many milliseconds the next tick should come; -1: whenever. */
int64_t work_due_in_ms(const struct work *work);

/* Cancel what runs; it comes to rest as interrupted. */
void work_stop(struct work *work);

void work_progress(struct work *work, struct run_progress *ret);

/* Let go of everything; the engine must have been closed before, since it works on the drive. */
void work_close(struct work *work);

/* Which work does a task's event belong to? NULL when it was given up; then the task is freed. */
struct work *work_of_task(void *user);

#endif
