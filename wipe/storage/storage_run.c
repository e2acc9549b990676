/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calling a program and waiting for it: no shell, nothing of our environment, no more than so long and so much. */
#include "wipe/storage/storage_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define OUTPUT_MAX_BYTES (1 * MIB)
#define COMPLAINT_MAX_BYTES (4 * KIB)

struct running {
	pid_t pid;
	int pidfd;
	int output, complaint; /* ends of pipes that we read; -1: at its end */
	struct buffer text, complained;
	bool too_much;
};

static void cleanup_running(struct running *running)
{
	cleanup_fd(&running->pidfd);
	cleanup_fd(&running->output);
	cleanup_fd(&running->complaint);
	buffer_free(&running->text);
	buffer_free(&running->complained);
}

/* Finding the program ------------------------------------------------------------------------ */

static int find_program(const char *name, char ret[static 4096])
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	if (name[0] == '/') {
		(void)snprintf(ret, 4096, "%s", name);
		return access(ret, X_OK) < 0 ? -errno : 0;
	}
	for (size_t i = 0; !strchr(name, '/') && i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(ret, 4096, "%s/%s", folders[i], name);
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* Starting ----------------------------------------------------------------------------------- */

/* A file and no pipe: a program that does not read it cannot stop us. */
static int open_input(const char *text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	size_t length = strlen(text), done = 0;

	if (fd < 0)
		return -errno;
	while (done < length) {
		ssize_t put = pwrite(fd, text + done, length - done, (off_t)done);
		if (put <= 0) {
			int result = put < 0 ? -errno : -EIO;
			(void)close(fd);
			return result;
		}
		done += (size_t)put;
	}
	return fd;
}

static int spawn_with(const char *path, const struct storage_command *command, const int fds[3],
	posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, pid_t *ret_pid)
{
	char locale[] = "LC_ALL=C";
	char *const environment[] = { locale, NULL };
	sigset_t none, all;
	int result = 0;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	for (int i = 0; result == 0 && i < 3; i++)
		result = posix_spawn_file_actions_adddup2(actions, fds[i], i);
	if (result == 0)
		result = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	if (result == 0)
		result = posix_spawnattr_setsigmask(attributes, &none);
	if (result == 0)
		result = posix_spawnattr_setsigdefault(attributes, &all);
	if (result == 0)
		result = posix_spawnattr_setpgroup(attributes, 0);
	if (result == 0)
		result = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	/* The words are not changed: exec's type is older than const. */
	if (result == 0)
		result = posix_spawn(ret_pid, path, actions, attributes,
			(char *const *)(uintptr_t)command->argv, environment);
	return -result;
}

static int spawn(
	const char *path, const struct storage_command *command, const int fds[3], pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	int result = posix_spawn_file_actions_init(&actions);
	if (result != 0)
		return -result;
	result = -posix_spawnattr_init(&attributes);
	if (result == 0) {
		result = spawn_with(path, command, fds, &actions, &attributes, ret_pid);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return result;
}

/* What dup2 must not find in its way: an fd below 3 would be overwritten by the one before. */
static int open_pipe(int ret[2])
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		ret[i] = fcntl(pair[i], F_DUPFD_CLOEXEC, 3);
		(void)close(pair[i]);
	}
	if (ret[0] >= 0 && ret[1] >= 0 && fcntl(ret[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	int result = -errno;
	cleanup_fd(&ret[0]);
	cleanup_fd(&ret[1]);
	ret[0] = ret[1] = -1;
	return result;
}

static int start(const char *path, const struct storage_command *command, struct running *running)
{
	int output[2] = { -1, -1 }, complaint[2] = { -1, -1 };
	AUTO_FD int given = open_input(command->input ? command->input : "");
	AUTO_FD int input = given < 0 ? -1 : fcntl(given, F_DUPFD_CLOEXEC, 3);

	int result = given < 0 ? given : (input < 0 ? -errno : 0);
	if (result == 0)
		result = open_pipe(output);
	if (result == 0)
		result = open_pipe(complaint);
	if (result == 0) {
		const int fds[3] = { input, output[1], complaint[1] };
		result = spawn(path, command, fds, &running->pid);
	}
	cleanup_fd(&output[1]);
	cleanup_fd(&complaint[1]);
	running->output = output[0];
	running->complaint = complaint[0];
	return result;
}

/* Waiting ------------------------------------------------------------------------------------ */

/* What there is to be read now. */
static int drain(int *fd, struct buffer *buffer, bool *ret_too_much)
{
	char piece[4096];

	while (*fd >= 0) {
		ssize_t got = read(*fd, piece, sizeof(piece));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got <= 0) {
			cleanup_fd(fd);
			*fd = -1;
			return 0;
		}
		int result = buffer_append(buffer, piece, (size_t)got);
		if (result == -ENOMEM)
			return result;
		if (result < 0 && ret_too_much)
			*ret_too_much = true;
	}
	return 0;
}

static int drain_both(struct running *running)
{
	int result = drain(&running->output, &running->text, &running->too_much);

	/* Of a long complaint the beginning will do. */
	return result == 0 ? drain(&running->complaint, &running->complained, NULL) : result;
}

/* Until the program itself has ended, whoever else keeps its pipes. */
static int wait_for_end(struct running *running, int64_t until_ms)
{
	for (;;) {
		int64_t left = until_ms - clock_monotonic_ms();
		struct pollfd fds[] = { { running->pidfd, POLLIN, 0 },
			{ running->output, POLLIN, 0 }, { running->complaint, POLLIN, 0 } };
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(fds, ARRAY_SIZE(fds), (int)MIN(left, 60000)) < 0 && errno != EINTR)
			return -errno;
		int result = drain_both(running);
		if (result < 0 || running->too_much)
			return result < 0 ? result : -EOVERFLOW;
		if (fds[0].revents & POLLIN)
			return drain_both(running);
	}
}

/* Ends it and all that it began, and reaps it. *ret_status: as exit codes go, 128 and more by a signal. */
static int reap(const struct running *running, int *ret_status)
{
	int status = 0;

	(void)kill(-running->pid, SIGKILL);
	pid_t ended;
	do
		ended = waitpid(running->pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return -errno;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

static int complete(struct running *running, const struct storage_command *command, int *ret_status)
{
	int64_t until = clock_monotonic_ms() + (int64_t)command->timeout_seconds * 1000;

	running->pidfd = pidfd_open(running->pid, 0);
	int result = running->pidfd < 0 ? -errno : wait_for_end(running, until);
	int reaped = reap(running, ret_status);
	return result < 0 ? result : reaped;
}

/* Telling ------------------------------------------------------------------------------------ */

static int failed(const char *name, int result, struct error *error)
{
	if (result == -ENOENT) {
		(void)error_set(error, ERROR_UNSUPPORTED, ENOENT, "command-missing",
			_("The program %s is not installed."), name);
		(void)error_next(error, _("Install it, then try again."));
		return -ENOENT;
	}
	if (result == -ETIMEDOUT)
		return error_set(error, ERROR_FAILED, ETIMEDOUT, "command-timeout",
			_("The program %s did not end in time."), name);
	if (result == -EOVERFLOW)
		return error_set(error, ERROR_FAILED, EOVERFLOW, "command-output",
			_("The program %s says more than can be read."), name);
	return error_set(error, ERROR_FAILED, -result, "command-failed",
		_("The program %s cannot be run: %s"), name, strerror(-result));
}

static int said_no(const char *name, int status, struct buffer *complained, struct error *error)
{
	AUTO_FREE char *text = buffer_take(complained);

	if (text)
		utf8_clean(text, true);
	return error_set(error, ERROR_FAILED, EIO, "command-failed",
		_("The program %s failed (exit status %d): %s"), name, status, text ? text : "");
}

int storage_run(const struct storage_command *command, char **ret_output, int *ret_status,
	struct error *error)
{
	const char *name = command->argv[0];
	struct running running CLEANUP(cleanup_running) = { .pidfd = -1,
		.output = -1,
		.complaint = -1,
		.text = BUFFER_INIT(OUTPUT_MAX_BYTES),
		.complained = BUFFER_INIT(COMPLAINT_MAX_BYTES) };
	char path[4096];
	int status = 0;

	int result = find_program(name, path);
	if (result == 0)
		result = start(path, command, &running);
	if (result == 0)
		result = complete(&running, command, &status);
	if (result < 0)
		return failed(name, result, error);
	if (status != 0 && !ret_status)
		return said_no(name, status, &running.complained, error);
	if (status != 0)
		(void)said_no(name, status, &running.complained, error);
	char *text = ret_output ? buffer_take(&running.text) : NULL;
	if (ret_output && !text)
		return error_no_memory(error);
	if (ret_output)
		*ret_output = text;
	if (ret_status)
		*ret_status = status;
	return 0;
}
