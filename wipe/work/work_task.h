/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a work does on a thread of its own, because a drive may hang in it: claiming, guarding,
 * blocking methods, and each word with a drive that erases itself. Inside wipe/ only. */
#ifndef HAIKI_WIPE_WORK_WORK_TASK_H
#define HAIKI_WIPE_WORK_WORK_TASK_H

#include "wipe/work/work.h"

enum task_kind {
	TASK_CLAIM,  /* open the drive, and whatever is erased along with it */
	TASK_GUARD,  /* may it be destroyed? */
	TASK_METHOD, /* a blocking method */
	TASK_ERASE,  /* a function of an erase method's descriptor */
	TASK_HEALTH, /* its error counters, for the record */
	TASK_FLUSH,  /* its volatile cache, by its own command */
};

/* A task's own memory: nothing of the work's is touched, since the task may outlive it. */
struct work_task {
	enum task_kind kind;
	struct work *work; /* NULL once given up: the task frees itself when it is told */
	struct plan plan;
	char credential[CREDENTIAL_MAX]; /* cleansed with the task */
	struct error error;
	/* CLAIM */
	char path[256];
	bool again;            /* it was here a moment ago: wait for it a little */
	struct drive *claimed; /* or NULL */
	struct claims siblings;
	/* CLAIM, when it is refused, and GUARD */
	char serial[IDENTITY_TEXT_MAX];
	char wwn[IDENTITY_TEXT_MAX]; /* beside it; "" when the drive has none */
	char store_path[512];        /* the guard reads holds through a connection of its own */
	bool outside_vouched;        /* of the guard's subject */
	bool look_again;             /* size and native capacity are to be read anew before */
	struct guard_report guard;
	/* all but CLAIM */
	struct drive *drive; /* borrowed; stays open while the task runs */
	struct transports transports;
	/* METHOD, ERASE */
	unsigned step;
	const struct method *method;
	struct method_report report;
	int (*call)(const struct erase_call *call, struct erase_answer *ret);
	struct erase_answer answer; /* also HEALTH's */
	const char *health;         /* which counters */
};

/* For engine_run: do what the kind says. CLAIM: 0 when all was claimed. GUARD: 0 when it is allowed.
 * ERASE, HEALTH: as the call. METHOD: 0. Else -errno, with guard or error filled. */
int work_task_run(void *context);

/* NULL is allowed. Closes the drives it may still hold. */
void work_task_free(struct work_task *task);

#endif
