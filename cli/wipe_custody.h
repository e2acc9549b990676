/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Custody after a wipe: a proven drive with its certificate becomes "sanitized". */
#ifndef HAIKI_CLI_WIPE_CUSTODY_H
#define HAIKI_CLI_WIPE_CUSTODY_H

#include "cli/wipe.h"

/* Of each proven result whose drive is "sanitizing": ask for the release as a person would, and record it.
 * What cannot be recorded stays as it is and is said on stderr; the wipe itself is none the worse. */
void wipe_follow_custody(const struct invocation *invocation, struct store *store,
	const struct job_result *results, size_t count);

#endif
