/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local sendmail: it gets the message as a file that is only in memory, so that one which does not read
 * it cannot hold us up, and its exit status is believed. */
#include "wipe/notice/notice_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

/* -1 and errno: it could not be made. */
static int open_message(const char *message, size_t length)
{
	int fd = memfd_create("notice", MFD_CLOEXEC);
	size_t written = 0;

	while (fd >= 0 && written < length) {
		ssize_t one = write(fd, message + written, length - written);
		if (one < 0 && errno == EINTR)
			continue;
		if (one <= 0) {
			int saved = one < 0 ? errno : EIO;
			(void)close(fd);
			errno = saved;
			return -1;
		}
		written += (size_t)one;
	}
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
		(void)close(fd);
		errno = EIO;
		return -1;
	}
	return fd;
}

/* A positive errno. In a group of its own: a terminal's Ctrl-C is ours, and what it starts can be ended
 * with it. */
static int start(const char *program, const char *from, int input, pid_t *ret)
{
	/* Nothing of ours: where the passphrase lies is in the environment. */
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C";
	static char as_is[] = "-i", from_headers[] = "-t", sender[] = "-f";
	char *environment[] = { path, language, NULL };
	char *arguments[] = { (char *)(uintptr_t)program, as_is, from_headers, sender,
		(char *)(uintptr_t)from, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int failed = posix_spawn_file_actions_init(&actions);

	if (failed != 0)
		return failed;
	failed = posix_spawnattr_init(&attributes);
	if (failed != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return failed;
	}
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	failed = posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	for (int fd = STDIN_FILENO + 1; failed == 0 && fd <= STDIN_FILENO + 2; fd++)
		failed = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
	if (failed == 0)
		failed = posix_spawn(ret, program, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

/* 0: ended, with its status; -ETIMEDOUT: it was made to end. */
static int wait_for(pid_t pid, uint64_t limit_ms, int *ret_status)
{
	int64_t until_ms = clock_monotonic_ms() + (int64_t)limit_ms;
	long pause_ms = 1;

	for (;;) {
		pid_t ended = waitpid(pid, ret_status, WNOHANG);
		if (ended == pid)
			return 0;
		if (ended < 0 && errno != EINTR)
			return -errno;
		if (ended == 0 && clock_monotonic_ms() >= until_ms)
			break;
		struct timespec pause = { .tv_nsec = pause_ms * 1000000 };
		(void)nanosleep(&pause, NULL);
		pause_ms = MIN(pause_ms * 2, 100L);
	}
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		continue;
	return -ETIMEDOUT;
}

/* It may have sent the message before it ended: nobody can tell. */
static int uncertain(const char *program, int result, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, -result, "notice-uncertain",
		result == -ETIMEDOUT
			? _("%s did not end in time; whether it sent the message is not known")
			: _("%s was killed; whether it sent the message is not known"),
		program);
	return error_next(error, _("Look for its Message-ID in the log of the mail server."));
}

int notice_hand_over(const char *program, const char *from, const char *message, size_t length,
	uint64_t limit_ms, struct error *error)
{
	AUTO_FD int input = open_message(message, length);
	pid_t pid;
	int status = 0;

	if (input < 0)
		return error_set(error, ERROR_FAILED, EIO, "notice-sendmail",
			_("The message for %s could not be put together: %s"), program,
			strerror(errno));
	int failed = start(program, from, input, &pid);
	if (failed != 0)
		return error_set(error, ERROR_FAILED, EIO, "notice-sendmail",
			_("%s could not be started: %s"), program, strerror(failed));
	int r = wait_for(pid, limit_ms, &status);
	/* Whatever kept us from hearing its end: it may have taken the message. */
	if (r < 0)
		return uncertain(program, r == -ETIMEDOUT ? r : -EINTR, error);
	if (WIFSIGNALED(status))
		return uncertain(program, -EINTR, error);
	if (WEXITSTATUS(status) != 0)
		return error_set(error, ERROR_FAILED, EIO, "notice-sendmail",
			_("%s did not take the message: exit code %d"), program,
			WEXITSTATUS(status));
	return 0;
}
