/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting a hook program, talking with it by the clock, and ending it. */
#include "wipe/backup/hook_process.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "wipe/backup/hook_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define COMPLAINT_MAX 240 /* the end of what it said on its standard error */
#define SLICE_MS 200      /* how often a wish to stop is looked for */

struct hook_process {
	char program[512];
	pid_t pid;
	int pidfd;
	int talk; /* a socket: to its standard input; sending never raises SIGPIPE */
	int listen, complain;
	char line[HOOK_LINE_MAX];
	size_t filled, taken; /* of line; taken: of the line that was given out */
	char complaint[COMPLAINT_MAX + 1];
	size_t complaint_length;
};

/* -- starting -- */

static int check_program(const char *program, struct error *error)
{
	struct stat status;
	if (stat(program, &status) < 0)
		return error_set(error, ERROR_WAITING, errno, "backup-unreachable",
			_("The backup hook %s cannot be looked at: %s"), program, strerror(errno));
	if (S_ISREG(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
		(status.st_uid == 0 || status.st_uid == geteuid()))
		return 0;
	error_set(error, ERROR_REFUSED, EPERM, "backup-hook-untrusted",
		_("The backup hook %s is not run: others than root may change it"), program);
	return error_next(
		error, _("Set it right: chown root %s && chmod go-w %s"), program, program);
}

struct ends {
	int input[2], output[2], complaints[2];
};

static void close_both(int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			(void)close(pair[i]);
		pair[i] = -1;
	}
}

static void cleanup_ends(struct ends *ends)
{
	close_both(ends->input);
	close_both(ends->output);
	close_both(ends->complaints);
}

static int open_ends(struct ends *ends)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->input) < 0 ||
		pipe2(ends->output, O_CLOEXEC) < 0 || pipe2(ends->complaints, O_CLOEXEC) < 0)
		return -errno;
	const int ours[] = { ends->input[0], ends->output[0], ends->complaints[0] };
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	return 0;
}

static int prepare(
	posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const struct ends *ends)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int r = posix_spawn_file_actions_adddup2(actions, ends->input[1], 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->output[1], 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->complaints[1], 2);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(actions, "/");
	if (r == 0)
		r = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if (r == 0)
		r = posix_spawnattr_setpgroup(attributes, 0);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	return -r;
}

static int spawn(const char *program, const struct ends *ends, pid_t *ret_pid)
{
	char *const argv[] = { (char *)(uintptr_t)program, NULL };
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = { path, locale, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	int r = prepare(&actions, &attributes, ends);
	if (r == 0)
		r = -posix_spawn(ret_pid, program, &actions, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return r;
}

static int take(int pair[2])
{
	int descriptor = pair[0];
	pair[0] = -1;
	return descriptor;
}

int hook_process_start(const char *program, struct hook_process **ret, struct error *error)
{
	CLEANUP(cleanup_ends) struct ends ends = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int r = check_program(program, error);
	if (r < 0)
		return r;
	struct hook_process *process = calloc(1, sizeof(*process));
	if (!process)
		return error_no_memory(error);
	(void)snprintf(process->program, sizeof(process->program), "%s", program);
	process->pidfd = -1;
	r = open_ends(&ends);
	if (r == 0)
		r = spawn(program, &ends, &process->pid);
	if (r < 0) {
		free(process);
		return error_set(error, ERROR_WAITING, r, "backup-unreachable",
			_("The backup hook %s cannot be started: %s"), program, strerror(-r));
	}
	/* Nobody else waits for it, so the number is still its own. */
	process->pidfd = pidfd_open(process->pid, 0);
	process->talk = take(ends.input);
	process->listen = take(ends.output);
	process->complain = take(ends.complaints);
	*ret = process;
	return 0;
}

/* -- ending -- */

/* Wait until it has ended, and leave it unreaped. False when somebody else reaped it (SIGCHLD is ignored): then
 * its number may be another's by now. */
static bool await_end(const struct hook_process *process, int64_t until_ms)
{
	for (;;) {
		siginfo_t info = { 0 };
		if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
			return false;
		int64_t left_ms = until_ms - clock_monotonic_ms();
		if (info.si_pid != 0 || left_ms <= 0)
			return true;
		struct pollfd waited = { .fd = process->pidfd, .events = POLLIN };
		(void)poll(&waited, 1, (int)MIN(left_ms, (int64_t)SLICE_MS));
	}
}

struct hook_process *hook_process_stop(struct hook_process *process, uint64_t goodbye_ms)
{
	if (!process)
		return NULL;
	(void)close(process->talk);
	/* While it is not reaped, the group's number is no other's. */
	if (await_end(process, clock_monotonic_ms() + (int64_t)goodbye_ms))
		(void)kill(-process->pid, SIGKILL);
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	(void)close(process->listen);
	(void)close(process->complain);
	if (process->pidfd >= 0)
		(void)close(process->pidfd);
	free(process);
	return NULL;
}

/* -- talking -- */

/* Keep the end of what it says on its standard error. */
static void hear_complaints(struct hook_process *process)
{
	char piece[4096];
	ssize_t got;
	while (process->complain >= 0 &&
		(got = read(process->complain, piece, sizeof(piece))) != -1) {
		if (got == 0) {
			(void)close(process->complain);
			process->complain = -1;
			return;
		}
		size_t kept = MIN((size_t)got, (size_t)COMPLAINT_MAX);
		size_t old = MIN(process->complaint_length, COMPLAINT_MAX - kept);
		memmove(process->complaint, process->complaint + process->complaint_length - old,
			old);
		memcpy(process->complaint + old, piece + (size_t)got - kept, kept);
		process->complaint_length = old + kept;
		process->complaint[old + kept] = '\0';
	}
}

/* What people hear: its last words, or that it said none. */
static int gone(struct hook_process *process, int errnum, const char *how, struct error *error)
{
	hear_complaints(process);
	for (size_t i = 0; i < process->complaint_length; i++)
		if (process->complaint[i] == '\n' || process->complaint[i] == '\0')
			process->complaint[i] = ' ';
	utf8_clean(process->complaint, true);
	error_set(error, ERROR_WAITING, errnum, "backup-unreachable",
		_("The backup hook %s cannot be asked: %s"), process->program, how);
	if (process->complaint_length > 0)
		return error_next(error, _("It said: %s"), process->complaint);
	return error_next(
		error, _("Start it by hand and give it the line "
			 "{\"haiki\":\"backup\",\"id\":1,\"request\":\"hello\",\"version\":1}"));
}

/* Wait until the descriptor is ready: 0, or what ended the wait. */
static int await(struct hook_process *process, int descriptor, short events, int64_t until_ms,
	const struct hook_patience *patience, struct error *error)
{
	for (;;) {
		int64_t left_ms = MIN(until_ms, patience->until_ms) - clock_monotonic_ms();
		if (patience->stop && *patience->stop)
			return error_set(error, ERROR_INTERRUPTED, EINTR, "stopped",
				_("The backup hook %s was asked to stop"), process->program);
		if (left_ms <= 0)
			return gone(process, ETIMEDOUT, _("it does not answer in its time"), error);
		struct pollfd waited[2] = { { .fd = descriptor, .events = events },
			{ .fd = process->complain, .events = POLLIN } };
		int r = poll(waited, 2, (int)MIN(left_ms, (int64_t)SLICE_MS));
		if (r < 0 && errno != EINTR)
			return gone(process, errno, _("it cannot be heard"), error);
		if (r > 0 && waited[1].revents)
			hear_complaints(process);
		if (r > 0 && waited[0].revents)
			return 0;
	}
}

int hook_process_send(struct hook_process *process, const char *text, size_t length,
	const struct hook_patience *patience, struct error *error)
{
	int64_t until_ms = clock_monotonic_ms() + (int64_t)patience->silence_ms;
	for (size_t done = 0; done < length;) {
		int r = await(process, process->talk, POLLOUT, until_ms, patience, error);
		if (r < 0)
			return r;
		ssize_t sent = send(process->talk, text + done, length - done, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return gone(process, EPIPE, _("it has ended"), error);
		done += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

static int too_long(const struct hook_process *process, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "backup-answer",
		_("The backup hook %s says what is no line of text, or too long"),
		process->program);
}

int hook_process_receive(struct hook_process *process, const struct hook_patience *patience,
	const char **ret_line, size_t *ret_length, struct error *error)
{
	int64_t until_ms = clock_monotonic_ms() + (int64_t)patience->silence_ms;
	memmove(process->line, process->line + process->taken, process->filled - process->taken);
	process->filled -= process->taken;
	process->taken = 0;
	for (;;) {
		char *newline = memchr(process->line, '\n', process->filled);
		if (newline) {
			size_t length = (size_t)(newline - process->line);
			if (memchr(process->line, '\0', length))
				return too_long(process, error);
			process->taken = length + 1;
			*ret_line = process->line;
			*ret_length = length;
			return 0;
		}
		if (process->filled == sizeof(process->line))
			return too_long(process, error);
		int r = await(process, process->listen, POLLIN, until_ms, patience, error);
		if (r < 0)
			return r;
		ssize_t got = read(process->listen, process->line + process->filled,
			sizeof(process->line) - process->filled);
		if (got == 0)
			return gone(process, EPIPE, _("it has ended"), error);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return gone(process, errno, _("it cannot be heard"), error);
		process->filled += got > 0 ? (size_t)got : 0;
	}
}
