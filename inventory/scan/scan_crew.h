/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crew looks at devices side by side, on threads: so many at once as the machine has use for. Who
 * is stuck in the kernel with a drive that does not answer takes nobody's place, and is left behind
 * when the time is over. Within this room and for its tests. */
#ifndef HAIKI_INVENTORY_SCAN_SCAN_CREW_H
#define HAIKI_INVENTORY_SCAN_SCAN_CREW_H

#include "inventory/scan/scan.h"

/* Fill the rest of *found, whose path is set; an error goes into found->error. Called on a thread that
 * may outlive the crew. */
typedef void scan_look(struct found_drive *found, enum scan_depth depth);

struct crew_options {
	scan_look *look;
	unsigned width;    /* looks at once, those that are stuck not counted; from 1 */
	unsigned stuck_ms; /* a look that takes longer waits for its drive and needs no processor */
	unsigned limit_ms; /* a look that takes longer is given up */
};
/* For this machine: four for each processor; stuck after a second; SCAN_LIMIT_MS. */
void crew_options_default(struct crew_options *ret);

struct crew; /* belongs to the thread that opened it */

/* -ENOMEM, or -errno of eventfd(2). */
NODISCARD int crew_open(const struct crew_options *options, struct crew **ret);
/* NULL is allowed. Looks that run on are left behind, what they find is thrown away. Returns NULL. */
struct crew *crew_close(struct crew *crew);
DEFINE_CLEANUP(struct crew *, crew_close);

/* Have the device at path (shorter than found_drive.path) looked at; ticket comes back with the answer.
 * Every look that was added without an error gives one answer. -ENOMEM, -ENAMETOOLONG. */
NODISCARD int crew_add(struct crew *crew, const char *path, enum scan_depth depth, uint64_t ticket);

struct crew_answer {
	uint64_t ticket;
	enum scan_depth depth;
	int result; /* 0; -ETIMEDOUT: given up; -errno: no thread could be started for it */
	struct found_drive
		found; /* result 0; the taker's: signature_list_free(&found.signatures) */
};
/* 1: an answer; 0: none within wait_ms. Also keeps the crew going, so call it at least every second
 * while something is pending. */
int crew_take(struct crew *crew, unsigned wait_ms, struct crew_answer *ret);

/* Looks added and not yet answered for. */
size_t crew_pending(const struct crew *crew);
/* For poll(2): readable while an answer may be there. */
int crew_descriptor(const struct crew *crew);

#endif
