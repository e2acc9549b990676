/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent's side: hand signals on, wait for the report, go. */
#include "cli/supervise.h"

#include "base/text.h"
#include "cli/output.h"
#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

/* How long a child that has said everything may take to end. */
#define PATIENCE_STEPS 200
#define STEP_NS (10 * 1000 * 1000)

static volatile sig_atomic_t child;

static void hand_on(int number)
{
	if (child > 0)
		(void)kill((pid_t)child, number);
}

/* In the child, or where there is none: nothing is handed on. */
static void keep_own_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct sigaction action = { 0 };
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler == hand_on)
			(void)signal(numbers[i], SIG_DFL);
	}
}

/* A wish to end, which a child that works on jobs obeys in its own way (cli/stop.h): one that it ends
 * by had not begun. */
static bool is_wish_to_end(int number)
{
	return number == SIGINT || number == SIGTERM || number == SIGHUP;
}

/* The child crashed, or was killed: what it had recorded stands, and resume goes on. */
static int exit_code_of(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (is_wish_to_end(WTERMSIG(status))) {
		output_line(stderr, _("haiki: Ended by signal %d. Nothing was touched."),
			WTERMSIG(status));
		output_line(stderr, "%s", _("  → Start the command again when you want to."));
		return ERROR_REFUSED;
	}
	output_line(stderr, _("haiki: The program was ended by signal %d."), WTERMSIG(status));
	output_line(stderr, "%s",
		_("  → What was recorded stands. Go on with: haiki wipe resume; of VMs: haiki wipe "
		  "expired"));
	return ERROR_FAILED;
}

/* It has said everything; usually it ends at once. */
static void await_end(pid_t pid)
{
	for (int i = 0; i < PATIENCE_STEPS; i++) {
		pid_t ended = waitpid(pid, NULL, WNOHANG);
		if (ended == pid || (ended < 0 && errno != EINTR))
			return;
		const struct timespec step = { .tv_nsec = STEP_NS };
		(void)nanosleep(&step, NULL);
	}
	output_line(stderr,
		_("haiki: Process %ld is still held by a drive that does not answer; it ends when "
		  "the drive answers or is taken out."),
		(long)pid);
}

static _Noreturn void watch(pid_t pid, int descriptor)
{
	unsigned char code = 0;
	ssize_t got;
	do {
		got = read(descriptor, &code, 1);
	} while (got < 0 && errno == EINTR);
	if (got == 1) {
		await_end(pid);
		_exit(code);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	_exit(exit_code_of(status));
}

int supervise(void)
{
	int ends[2];
	pid_t parent = getpid();
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	stop_handle(hand_on, SA_RESTART);
	pid_t pid = fork();
	if (pid > 0) {
		child = pid;
		(void)close(ends[1]);
		watch(pid, ends[0]);
	}
	keep_own_signals();
	(void)close(ends[0]);
	if (pid < 0) {
		(void)close(ends[1]);
		return -1;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(ERROR_INTERRUPTED);
	return ends[1];
}

void supervise_report(int descriptor, int exit_code)
{
	unsigned char code = (unsigned char)exit_code;
	ssize_t written = write(descriptor, &code, 1);
	(void)written; /* a parent that is gone needs no report */
	(void)close(descriptor);
}
