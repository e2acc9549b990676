/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting the executing process apart from the terminal: by systemd where it runs, else in a
 * session of its own with a log file. */
#ifndef HAIKI_CLI_DETACH_H
#define HAIKI_CLI_DETACH_H

#include "cli/command.h"

/* Start `haiki wipe resume JOBS… --out out` with the invocation's --config and --state. The jobs
 * stay in the store when this fails, and can be resumed by hand.
 * ret_log: where to read its messages, a unit's name or a file. */
NODISCARD int detach_resume(const struct invocation *invocation, const char *const jobs[],
	size_t count, const char *out, uint64_t rate_bytes_per_second, char *ret_log, size_t size,
	struct error *error);

#endif
