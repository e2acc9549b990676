/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hook program that runs beside us: lines go to its standard input and come from its standard output, each within its
 * time. What it says on its standard error is kept for the message. */
#ifndef HAIKI_WIPE_BACKUP_HOOK_PROCESS_H
#define HAIKI_WIPE_BACKUP_HOOK_PROCESS_H

#include "base/error.h"
#include <stdbool.h>

struct hook_process; /* belongs to one thread */

/* Start the program (an absolute path) in a process group of its own, with no arguments, PATH and LC_ALL=C alone
 * in its environment, in the folder "/". It must be a regular file that root or we own and nobody else may
 * write: -EPERM "backup-hook-untrusted", ERROR_REFUSED. ERROR_WAITING "backup-unreachable" when it cannot be started. */
NODISCARD int hook_process_start(
	const char *program, struct hook_process **ret, struct error *error);

/* End it: its standard input is closed; whoever is left of its group after goodbye_ms is killed. NULL is
 * allowed; returns NULL. */
struct hook_process *hook_process_stop(struct hook_process *process, uint64_t goodbye_ms);

struct hook_patience {
	uint64_t silence_ms;      /* for one line */
	int64_t until_ms;         /* monotonic: for all of them */
	const volatile int *stop; /* may be NULL */
};

/* ERROR_WAITING "backup-unreachable": it ended (-EPIPE), or its time is over (-ETIMEDOUT); ERROR_INTERRUPTED "stopped"
 * (-EINTR). It is of no use afterwards. */
NODISCARD int hook_process_send(struct hook_process *process, const char *text, size_t length,
	const struct hook_patience *patience, struct error *error);
/* The next line without its newline; borrowed until the next call. -EBADMSG "backup-answer" when it is longer than
 * HOOK_LINE_MAX or holds a NUL. */
NODISCARD int hook_process_receive(struct hook_process *process,
	const struct hook_patience *patience, const char **ret_line, size_t *ret_length,
	struct error *error);

#endif
