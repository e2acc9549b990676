/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process that a drive holds inside the kernel cannot end, not even by SIGKILL. So commands that
 * touch drives work in a child, and the process that the shell waits for can always go. */
#ifndef HAIKI_CLI_SUPERVISE_H
#define HAIKI_CLI_SUPERVISE_H

#include "base/macros.h"

/* Before any thread or file is opened. Returns in the child, with the descriptor for
 * supervise_report; -1 when no child could be made: then the caller works unsupervised. The parent
 * hands signals on, waits for the report, and exits with it. Its death is the child's. */
int supervise(void);

/* Tell the parent the exit code, when everything is done and printed. */
void supervise_report(int descriptor, int exit_code);

#endif
