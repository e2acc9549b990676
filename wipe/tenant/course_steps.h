/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a VM's course. Within this folder. Each returns 0: go on; 1: it stops here, *error says why; -errno: the
 * store failed. */
#ifndef HAIKI_WIPE_TENANT_COURSE_STEPS_H
#define HAIKI_WIPE_TENANT_COURSE_STEPS_H

#include "wipe/tenant/course_parts.h"

/* Any step before the look: it is asked anew who it is and whether it may go, then the step is done. first: nothing was done in
 * this run yet; then who it is becomes a fact. */
NODISCARD int course_destroy(struct course *course, enum course_step step, const json_t *facts,
	bool *first, struct error *error);
/* Ask until it is gone or the time is over; what is seen becomes a fact when it is something new. */
NODISCARD int course_look(struct course *course, const json_t *facts, struct error *error);
/* Behind a look that found the VM gone and places left. Those that this very deletion erased whole are taken away where its
 * platform can (platform.h, remove_rests), and nobody else uses or changed them since: it is asked anew of our records and
 * all platforms whether it may go, as before any step that destroys. *ret_removed: something was told to go, and it is to be
 * looked for again; false with 0: what is left is not ours to take. where: the platform that it was on. */
NODISCARD int course_rests(struct course *course, const struct course_platform *where,
	const json_t *facts, const struct machine_look *look, bool *ret_removed,
	struct error *error);
/* What was decided is no yes: recorded once. Returns 1 or -errno. */
NODISCARD int course_refuse(
	struct course *course, const struct course_asked *asked, struct error *error);
/* The inventory says that it is gone. */
NODISCARD int course_close(struct course *course, struct error *error);

/* A fact, checked as whoever reads the certificate checks it; takes the reference, NULL is out of memory. now: of the course's
 * clock. */
NODISCARD int course_append(struct course *course, json_t *fact, struct error *error);
NODISCARD int course_note_failed(
	struct course *course, const char *step, const struct error *cause, struct error *error);

#endif
