/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent's side: starting the child, taking its answer while its time lasts, and its end. */
#include "device/probe/sandbox.h"

#include "base/clock.h"
#include "device/probe/sandbox_children.h"
#include "device/probe/sandbox_walls.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define NO_WALLS_STATUS 125 /* the errno is in the answer */
#define REAP_MS 2000        /* how long a killed child is waited for */
#define REAPER_STACK_BYTES (64 * KIB)
#define PIECE_BYTES (64 * KIB)

/* The child ------------------------------------------------------------------------------------ */

static _Noreturn void be_child(const struct sandbox *sandbox, int answer, pid_t parent)
{
	(void)prctl(PR_SET_NAME, "haiki-probe", 0, 0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(NO_WALLS_STATUS);
	int result = sandbox_close_in(sandbox, answer);
	if (result < 0) {
		if (write(answer, &result, sizeof(result)) < 0)
			_exit(NO_WALLS_STATUS); /* the parent makes do with the status */
		_exit(NO_WALLS_STATUS);
	}
	_exit(sandbox->work(sandbox->device, answer, sandbox->context));
}

/* No signal may find the child with the parent's handlers: all are blocked from before the fork. */
static pid_t start_child(const struct sandbox *sandbox, int answer)
{
	sigset_t all, before;
	pid_t parent = getpid();
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = sandbox_children_fork();
	if (pid == 0)
		be_child(sandbox, answer, parent);
	int failed = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -failed : pid;
}

/* Its answer ----------------------------------------------------------------------------------- */

/* 1: some more; 0: it has closed the pipe; -ETIMEDOUT, -EOVERFLOW, -ENOMEM, -errno. */
static int take_piece(int pipe, struct buffer *answer, int64_t until_ms)
{
	char piece[PIECE_BYTES];
	int64_t left = until_ms - clock_monotonic_ms();
	struct pollfd readable = { .fd = pipe, .events = POLLIN };
	if (left <= 0)
		return -ETIMEDOUT;
	int count = poll(&readable, 1, (int)MIN(left, INT64_C(60000)));
	if (count <= 0)
		return count < 0 && errno != EINTR ? -errno : 1;
	ssize_t length = read(pipe, piece, sizeof(piece));
	if (length < 0)
		return errno == EINTR ? 1 : -errno;
	if (length == 0)
		return 0;
	int result = buffer_append(answer, piece, (size_t)length);
	return result < 0 ? result : 1;
}

/* Its end -------------------------------------------------------------------------------------- */

/* It has ended. */
static int reap_child(pid_t pid, int *ret_status)
{
	pid_t reaped;
	sandbox_children_forget(pid);
	do {
		reaped = waitpid(pid, ret_status, 0);
	} while (reaped < 0 && errno == EINTR);
	return reaped == pid ? 1 : -errno;
}

/* Wait until it ended, at most until then. 1: *ret_status is how; 0: not yet; -ECHILD: somebody
 * else was told (SIGCHLD is ignored). */
static int wait_child(pid_t pid, int64_t until_ms, int *ret_status)
{
	for (int pause_ms = 0;; pause_ms = MIN(pause_ms + 1, 10)) {
		siginfo_t news = { 0 };
		int failed = 0;
		/* First only looked at: its number stays taken until it is forgotten. */
		if (waitid(P_PID, (id_t)pid, &news, WEXITED | WNOHANG | WNOWAIT) < 0)
			failed = errno;
		else if (news.si_pid == pid)
			return reap_child(pid, ret_status);
		if (failed && failed != EINTR) {
			sandbox_children_forget(pid);
			return -failed;
		}
		if (clock_monotonic_ms() >= until_ms)
			return 0;
		(void)poll(NULL, 0, pause_ms);
	}
}

static void *reap(void *argument)
{
	pid_t pid = (pid_t)(intptr_t)argument;
	siginfo_t news;
	int status;
	while (waitid(P_PID, (id_t)pid, &news, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		continue;
	(void)reap_child(pid, &status); /* whoever reaped it before, it is gone */
	return NULL;
}

/* The kernel lets go of it when its drive answers or is taken out. Without a thread it stays a
 * zombie until this process ends, which harms nobody. */
static void leave_to_reaper(pid_t pid)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, REAPER_STACK_BYTES);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_create(&thread, &attributes, reap, (void *)(intptr_t)pid);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
}

static struct sandbox_result describe_signal(int number)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		if (number == crashes[i])
			return (struct sandbox_result){ SANDBOX_CRASHED, number };
	if (number == SIGSYS)
		return (struct sandbox_result){ SANDBOX_DENIED, number };
	if (number == SIGXCPU)
		return (struct sandbox_result){ SANDBOX_EXHAUSTED, number };
	if (number == SIGALRM)
		return (struct sandbox_result){ SANDBOX_TIMEOUT, 0 };
	return (struct sandbox_result){ SANDBOX_KILLED, number };
}

static struct sandbox_result describe_end(int status, const struct buffer *answer, size_t before)
{
	struct sandbox_result result = { SANDBOX_UNKNOWN, 0 };
	if (WIFSIGNALED(status))
		return describe_signal(WTERMSIG(status));
	if (!WIFEXITED(status))
		return result;
	result.number = WEXITSTATUS(status);
	result.end = result.number == 0 ? SANDBOX_ANSWERED : SANDBOX_FAILED;
	if (result.number == NO_WALLS_STATUS) {
		int errnum = -EIO;
		if (answer->length - before == sizeof(errnum))
			memcpy(&errnum, answer->data + before, sizeof(errnum));
		result = (struct sandbox_result){ SANDBOX_NO_WALLS, -errnum };
	}
	return result;
}

/* taken: how taking its answer ended. */
static int end_child(pid_t pid, int taken, int64_t until_ms, const struct buffer *answer,
	size_t before, struct sandbox_result *ret)
{
	int status = 0;
	int waited = taken == 0 ? wait_child(pid, until_ms, &status) : 0;
	bool killed = waited == 0;
	if (killed) {
		(void)kill(pid, SIGKILL);
		waited = wait_child(pid, clock_monotonic_ms() + REAP_MS, &status);
	}
	if (waited == 0)
		leave_to_reaper(pid);
	if (killed && taken == -EOVERFLOW)
		*ret = (struct sandbox_result){ SANDBOX_TOO_MUCH, 0 };
	else if (killed && (taken == 0 || taken == -ETIMEDOUT))
		*ret = (struct sandbox_result){ SANDBOX_TIMEOUT, 0 };
	else if (killed)
		return taken;
	else if (waited < 0)
		*ret = (struct sandbox_result){ SANDBOX_UNKNOWN, -waited };
	else
		*ret = describe_end(status, answer, before);
	return 0;
}

int sandbox_run(const struct sandbox *sandbox, struct buffer *answer, struct sandbox_result *ret)
{
	int64_t until_ms = clock_monotonic_ms() + (int64_t)sandbox->limit_ms;
	size_t before = answer->length;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	AUTO_FD int from = ends[0];
	pid_t pid = start_child(sandbox, ends[1]);
	(void)close(ends[1]);
	if (pid < 0)
		return (int)pid;
	int taken;
	do {
		taken = take_piece(from, answer, until_ms);
	} while (taken > 0);
	return end_child(pid, taken, until_ms, answer, before, ret);
}
