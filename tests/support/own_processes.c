/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PID namespace with a /proc of its own. */
#include "tests/support/own_processes.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_TO_BE_HAD 125

static int wait_for(pid_t child)
{
	int status;
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void run_inside(int (*run)(bool seen))
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("proc", "/proc", "proc", 0, NULL) < 0)
		_exit(NOT_TO_BE_HAD);
	int failed = run(true);
	(void)fflush(NULL);
	_exit(failed != 0);
}

int run_among_own_processes(int (*run)(bool seen))
{
	(void)fflush(NULL);
	pid_t outer = fork();
	if (outer == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(NOT_TO_BE_HAD);
		pid_t inner = fork();
		if (inner == 0)
			run_inside(run);
		_exit(wait_for(inner));
	}
	int result = wait_for(outer);
	return result == NOT_TO_BE_HAD ? run(false) : result;
}
