/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of one ERASE step: what to ask or tell the drive next, decided from what it answered
 * and what time it is. Pure: it calls nobody, and every time is an argument. */
#ifndef HAIKI_WIPE_WORK_ERASE_COURSE_H
#define HAIKI_WIPE_WORK_ERASE_COURSE_H

#include "wipe/erase/erase.h"

/* Which function of the descriptor comes next. */
enum course_call { COURSE_WAIT, COURSE_LOOK, COURSE_START, COURSE_PROVE, COURSE_RECOVER };

enum course_stage {
	COURSE_BEFORE,     /* nothing was sent: how does the status stand? */
	COURSE_READY,      /* it is recorded; the command comes next */
	COURSE_FOLLOWING,  /* sent; the drive is asked again and again */
	COURSE_PROVING,    /* it is over; the technique's own witness is asked */
	COURSE_RECOVERING, /* it did not work; the drive is to answer again */
	COURSE_OVER,
};

/* How the step ended. Zero is none. */
enum course_end {
	COURSE_NO_END,
	COURSE_COMPLETE,       /* the drive says that it ended well; whether that counts is the
	                        * judge's */
	COURSE_REFUSED,        /* the command was refused: "drive-refused" */
	COURSE_FAILED,         /* the operation ended badly: "drive-failed" */
	COURSE_STATUS_UNKNOWN, /* it never told how it ended: "status-unknown" */
	COURSE_STALLED,        /* its progress stopped: "stalled" */
};

/* A success that may be an old one is looked at for so long before it is believed to be an end. */
#define COURSE_GRACE_MS 10000

/* Plain value, filled by course_begin or course_go_on. */
struct erase_course {
	const struct erase_method *method; /* borrowed */
	int64_t expected_seconds;          /* -1: not known */
	int64_t stall_ms;                  /* without one answer for so long it counts as silent */
	enum course_stage stage;
	enum course_end end;
	int errnum;       /* of the last call that brought no answer, for "finished" */
	int64_t due_ms;   /* the next call not before this */
	int64_t pause_ms; /* between two looks; grows to the method's own */
	unsigned tries;   /* without a usable answer, at one stage */
	unsigned notes;   /* of the moment "during" so far */
	struct erase_state before;
	bool unsure;       /* whether the command was taken is not known: no end is believed */
	bool over_at_once; /* the completion was the end */
	bool seen_running; /* after the command */
	int64_t sent_ms;   /* when it was sent, or the drive was found at it */
	int64_t silent_since_ms;        /* -1: it answers */
	enum erase_status noted_status; /* last recorded as "during" */
	int32_t noted_progress;
	int32_t progress;       /* of 65536; -1: not told */
	int32_t first_progress; /* and when: for the time left */
	int64_t first_ms;
	int64_t moved_ms;   /* when the progress was last another */
	int64_t longest_ms; /* the longest that one progress has stood before it moved */
	bool recovered;     /* the drive answers again after what went wrong */
};

/* What is to be recorded of an answer, in this order; NULL-terminated. */
struct course_notes {
	const char *moments[3];
};

void course_begin(struct erase_course *course, const struct erase_method *method,
	const struct plan_step *step, uint64_t stall_limit_ms, int64_t now_ms);

/* Taken up again within the step; found is what the drive said then: RUNNING, or SUCCEEDED and
 * untouched. */
void course_go_on(struct erase_course *course, const struct erase_method *method,
	const struct plan_step *step, uint64_t stall_limit_ms, const struct erase_state *found,
	int64_t now_ms);

/* What comes next: COURSE_WAIT until due_ms, or because it is over (see stage). */
enum course_call course_next(const struct erase_course *course, int64_t now_ms);

/* What the call that came next brought: 0 and the answer, or -errno. */
void course_take(struct erase_course *course, int result, const struct erase_answer *answer,
	int64_t now_ms, struct course_notes *ret);

/* May it be left here? The drive waits for nothing of us then, or goes on by itself. */
bool course_may_stop(const struct erase_course *course);

/* Of this step, from the drive's progress or from how long it said it would take; -1: not known. */
int64_t course_seconds_left(const struct erase_course *course, int64_t now_ms);
/* How far, of 65536, by the drive's word or else by the time; -1: not known. */
int32_t course_progress(const struct erase_course *course, int64_t now_ms);

/* How long one call may take before the drive counts as hung. Starting may be the whole erasure. */
int64_t course_patience_ms(const struct erase_course *course, enum course_call call);

/* Stable word for "finished"; "internal" without an end. */
const char *course_end_name(enum course_end end);

#endif
