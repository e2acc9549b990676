/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's yes: the drive's serial, typed. There is no --yes. */
#ifndef HAIKI_CLI_CONFIRM_H
#define HAIKI_CLI_CONFIRM_H

#include "device/identity/identity.h"
#include "cli/options.h"

/* Can a person be asked? (stdin and stderr are a terminal.) */
bool confirm_possible(void);

/* What the drive is confirmed by: its serial, or its WWN when it has no serial. */
const char *confirm_word(const struct drive_identity *identity);

/* Ask on stderr, read one line from input. word: the drive's serial or WWN, which is asked for. 0 when
 * exactly that was typed; -EPERM with a refusal otherwise, also at the end of the input, for a word "",
 * and when the stop flag is up (cli/stop.h). */
NODISCARD int confirm_drive(
	const struct drive_identity *identity, const char *word, FILE *input, struct error *error);

/* Which of the --serial words names this drive? NULL when none does. */
const char *confirm_named(const struct drive_identity *identity, const struct option_list *serials);

#endif
