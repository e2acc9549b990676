/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A method by which a drive erases itself: one descriptor for each technique, one file for each
 * command. Nothing here decides: the plan chose it, the judge believes it or not. */
#ifndef HAIKI_WIPE_ERASE_ERASE_H
#define HAIKI_WIPE_ERASE_ERASE_H

#include "device/drive.h"
#include "device/erase/abilities.h"
#include "verify/plan/plan_document.h"
#include "verify/plan/technique.h"

/* May it be planned for this drive? */
struct erase_offer {
	bool offered;
	const char *why_not; /* stable word when not offered: "not-supported", "frozen", "locked",
	                      * "status-hidden", "not-known", "needs-credential", … */
	enum erase_scope scope;
	int64_t expected_seconds; /* as the drive states; -1: it does not */
};

/* What a call works on. Calls of one step never overlap. */
struct erase_call {
	const struct drive *drive;     /* claimed */
	struct transports *transports; /* tests put fakes here */
	const struct plan *plan;
	const struct plan_step *step;
	const char *credential; /* PSID or owner's password; NULL: none was given. Never recorded */
};

/* Calls block, each on a thread of its own; work_erase.c records what they found before the next
 * one. All return 0 when the drive answered (whatever it answered: the answer says), -errno when no
 * answer was obtained, and nothing may be concluded from that. */
struct erase_method {
	enum technique technique;

	/* Pure. */
	void (*offer)(const struct abilities *abilities, struct erase_offer *ret);

	/* The status as it stands; changes nothing. NULL: there is none beside the completion. */
	int (*look)(const struct erase_call *call, struct erase_answer *ret);

	/* Send the command. *ret is its completion: RUNNING when it was accepted and goes on inside
	 * the drive (then look tells of it), SUCCEEDED when it is over with it, FAILED when the
	 * drive refused. From here on everything on the drive may be gone. -errno: it may or may not
	 * have been sent. */
	int (*start)(const struct erase_call *call, struct erase_answer *ret);

	/* After the end, what the technique's own witness says (technique_facts.witness); NULL: look
	 * does, or start's completion where there is no look. May put the drive back in order first
	 * (ATA: the password must be gone). */
	int (*prove)(const struct erase_call *call, struct erase_answer *ret);

	/* Bring the drive out of what a failed operation left it in (exit failure mode, password
	 * taken back), so that it answers again. NULL: nothing to do. */
	int (*recover)(const struct erase_call *call, struct erase_answer *ret);

	uint32_t poll_ms; /* between two looks while it goes on */
};

/* NULL when there is no such method. */
const struct erase_method *erase_method_for(enum technique technique);

#endif
