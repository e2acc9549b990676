/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making a locked self-encrypting drive usable again by the PSID on its label. Neither markers nor
 * anything else can be written to a locked drive, so that nothing shows what became of the data: this
 * is preparation, level none, and a wipe has to follow. */
#ifndef HAIKI_WIPE_REVERT_H
#define HAIKI_WIPE_REVERT_H

#include "device/erase/abilities.h"
#include "wipe/guard/guard.h"

/* All borrowed. */
struct revert_order {
	const char *path;
	const char *serial; /* as the operator named it: serial or WWN */
	const char *psid;   /* as typed (opal_psid_clean); never recorded */
	const char *reason; /* "" when none was given */
	const char *host;
	bool outside_vouched; /* of the guard's subject */
	int64_t now_utc_ms;
	/* Tests put a drive of their own here; NULL: transports_real. */
	struct transports (*transports)(int fd, const struct drive_identity *identity);
};

struct reverted {
	struct drive_identity identity;
	int64_t drive_id; /* in the inventory */
	enum opal_kind kind;
	uint8_t status; /* of the method; 0 done */
	bool sent;      /* the command was: what was on the drive may be gone */
	bool unlocked;  /* the drive says so, asked again */
};

/* Claim the drive, guard it as a wipe would be, enter it in the inventory, and revert it. Events of
 * the drive say that it was begun ("psid-revert-began") and what the drive said ("psid-reverted").
 *
 * 0: it is unlocked. Errors: those of drive_open and of the guard; ERROR_UNSUPPORTED "not-supported";
 * ERROR_USAGE "credential-invalid" (it cannot be a PSID; nothing was sent);
 * ERROR_REFUSED "not-locked", "psid-refused" (the drive did not take the PSID; nothing is changed);
 * ERROR_FAILED "revert-failed" (it was sent, and the drive is not unlocked for all that is known). */
NODISCARD int revert_drive(struct store *store, const struct revert_order *order,
	struct reverted *ret, struct error *error);

#endif
