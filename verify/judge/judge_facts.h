/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a job, as its evidence tells them. Inside the judge only: judge.c asks for them,
 * judge_fold.c says what may follow what, judge_steps.c and judge_erase.c what happened within a
 * step, judge_require.c what proof takes. */
#ifndef HAIKI_VERIFY_JUDGE_JUDGE_FACTS_H
#define HAIKI_VERIFY_JUDGE_JUDGE_FACTS_H

#include "device/erase/erase_answer.h"
#include "verify/judge/evidence.h"
#include "verify/plan/plan_document.h"

/* Where the story told by the evidence stands. Bits, so that a table can name several. */
enum stage {
	STAGE_NOTHING = 1 << 0,     /* before "created" */
	STAGE_ENTERED = 1 << 1,     /* created, resumed or restored: the guard has to look */
	STAGE_GUARDED = 1 << 2,     /* the guard passed */
	STAGE_REFUSED = 1 << 3,     /* the guard or the planning refused */
	STAGE_OPEN = 1 << 4,        /* a drive is claimed, no step is under way */
	STAGE_RUNNING = 1 << 5,     /* within a step */
	STAGE_CUT = 1 << 6,         /* a step ended without being complete */
	STAGE_CLOSED = 1 << 7,      /* the drive was compared at the end */
	STAGE_INTERRUPTED = 1 << 8, /* nobody works on the job */
	STAGE_ENDED = 1 << 9,       /* nothing may follow */
	STAGE_AT_WORK = STAGE_ENTERED | STAGE_GUARDED | STAGE_REFUSED | STAGE_OPEN | STAGE_RUNNING |
			STAGE_CUT | STAGE_CLOSED,
};

/* How far the answers of one run of an ERASE have come. */
enum answered { ANSWERED_NOTHING, ANSWERED_BEFORE, ANSWERED_ACCEPTED, ANSWERED_AFTER };

/* One erasure by the drive, from its "before" to its "after"; over an interruption when the drive is
 * found at it, or done with it. Zeroed, it proves nothing. */
struct erase_run {
	unsigned step; /* 0: none yet */
	enum answered answered;
	bool namespaces;           /* the guard had looked at all that is erased along */
	enum erase_witness asked;  /* before */
	struct erase_state before; /* UNKNOWN: not asked, or it did not say */
	enum erase_status accepted;
	bool accepted_by_completion;
	bool running;               /* the own witness saw it under way after it was accepted */
	bool failed;                /* somebody said so after it was accepted */
	enum erase_witness witness; /* after */
	struct erase_state after;
};

/* What the documents say. Zeroed, nothing is known and nothing holds. */
struct facts {
	struct drive_identity subject;
	struct native_capacity native; /* of the subject */
	struct plan plan;
	bool plan_sealed;

	enum stage stage;
	bool guard_refused;    /* the last time it looked */
	bool guard_namespaces; /* the last time it looked, it looked at all namespaces */
	bool plan_refused;
	bool ever_resumed;
	bool ever_started;
	bool ever_opened;
	bool other_drive;      /* some drive opened or closed was not the subject */
	bool shared;           /* some drive was opened without exclusive claim */
	bool other_size;       /* some drive's capacity was unknown or not the plan's */
	bool same_at_end;      /* in the claim that is the last one so far */
	bool error;            /* since the last resumption */
	unsigned residue_step; /* the first that found something; 0: none did */

	/* The claim that is the last one so far. */
	uint64_t claim_bytes; /* capacity of the drive that was opened */
	bool claim_started;   /* a step was started in it */

	/* Steps 1 … done have finished as "complete"; done + 1 is under way or next. All of [0,
	 * covered_to) was tried by its earlier runs, as far as that is known: it may start again
	 * there or before, so that no gap is left. 0 for a new step, and for one that is no
	 * overwriting. */
	unsigned done;
	uint64_t covered_to;
	const char *flaw[PLAN_STEPS_MAX + 1]; /* by step: the first thing wrong with it, or NULL */

	/* The run of the step under way. */
	uint64_t run_from;
	uint64_t run_bad;       /* by its bad ranges */
	bool run_markers;       /* the markers were told */
	struct erase_run erase; /* the last one that was started */

	/* The ERASE that was accepted and then left alone by an interruption, 0: none. It is followed
	 * on when the drive is found at it, or done with it and untouched since. */
	unsigned lost_erase;
	bool found;

	bool status_unknown; /* some ERASE never told how it ended */
	bool deallocated;    /* zeros were taken for erased on the drive's word alone */

	uint64_t overwritten_to;  /* how far the last overwriting step came */
	uint64_t overwritten_bad; /* bad bytes of that step */
	uint64_t read_back;       /* of the last step of the plan that changes the contents */
	uint64_t bad;
	enum verification verification;
};

/* Fields of events that evidence_check has passed: there, of their type and within bounds. */
static inline int64_t event_integer(const json_t *event, const char *key)
{
	return json_integer_value(json_object_get(event, key));
}
static inline uint64_t event_number(const json_t *event, const char *key)
{
	return (uint64_t)event_integer(event, key);
}
static inline bool event_flag(const json_t *event, const char *key)
{
	return event_integer(event, key) == 1;
}
bool event_is_word(const json_t *event, const char *key, const char *word);

/* Of numbers that fit an integer of JSON. */
static inline uint64_t add_capped(uint64_t a, uint64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}
static inline uint64_t subtract_capped(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* The step under way: there when is_step_under_way says so. */
const struct plan_step *step_under_way(const struct facts *facts);
bool is_step_under_way(const struct facts *facts, const json_t *event);
void add_flaw(struct facts *facts, const char *code); /* of the step under way */

/* Does the plan begin by lifting what hides a part of the medium? */
bool plan_restores(const struct plan *plan);
/* Is that the whole medium, as the plan covers it? */
bool covers_native(const struct facts *facts, const struct native_capacity *native);

/* Events within a step (judge_steps.c) and of erasing (judge_erase.c): false when one contradicts
 * what came before. */
bool on_started(struct facts *facts, const json_t *event);
bool on_bad_range(struct facts *facts, const json_t *event);
bool on_residue(struct facts *facts, const json_t *event);
bool on_finished(struct facts *facts, const json_t *event);
void settle_bad(struct facts *facts, uint64_t reported); /* what the run that ends had of them */

bool on_capacity(struct facts *facts, const json_t *event);
bool on_answer(struct facts *facts, const json_t *event);
bool on_markers(struct facts *facts, const json_t *event);
void erase_started(struct facts *facts);
void erase_complete(struct facts *facts);   /* adds what is wrong with it to the step's flaw */
void erase_left_alone(struct facts *facts); /* interrupted: may it be followed on? */

/* All events in their order; false when they contradict one another. */
bool fold_evidence(const json_t *evidence, struct facts *facts);

/* What proof takes; each line that does not hold is a reason. */
bool is_proven(const struct facts *facts, struct verdict *verdict);
void add_reason(struct verdict *verdict, const char *code, unsigned step);

#endif
