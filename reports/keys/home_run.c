/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running the programs that make a key in a token or TPM. */
#include "base/text.h"
#include "reports/keys/home_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define VARIABLES_MAX 512

/* The environment and one variable more, borrowed. */
static void gather(const char *variable, char *ret[static VARIABLES_MAX + 2])
{
	size_t count = 0;
	for (char **one = environ; *one && count < VARIABLES_MAX; one++)
		ret[count++] = *one;
	if (variable)
		ret[count++] = (char *)(uintptr_t)variable; /* spawned programs get a copy */
	ret[count] = NULL;
}

static int spawn(const char *const *arguments, int input, const char *variable, pid_t *ret)
{
	char *environment[VARIABLES_MAX + 2];
	posix_spawn_file_actions_t actions;
	gather(variable, environment);
	int failed = posix_spawn_file_actions_init(&actions);
	if (failed != 0)
		return failed;
	failed = input >= 0
			 ? posix_spawn_file_actions_adddup2(&actions, input, 0)
			 : posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	for (int fd = 1; failed == 0 && fd <= 2; fd++)
		failed = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
	if (failed == 0)
		failed = posix_spawnp(ret, arguments[0], &actions, NULL,
			(char *const *)(uintptr_t)arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

/* A socket, so that a program which does not read its input is no SIGPIPE for us. */
static int open_input(const char *input, int *ret)
{
	int ends[2];
	size_t length = strlen(input);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return errno;
	ssize_t sent = length > 0 ? send(ends[1], input, length, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	int failed = sent == (ssize_t)length ? 0 : EIO;
	close(ends[1]);
	if (failed == 0)
		*ret = ends[0];
	else
		close(ends[0]);
	return failed;
}

static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t ended;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

int home_run(const char *const *arguments, const char *input, const char *variable,
	const char *package, struct error *error)
{
	AUTO_FD int fd = -1;
	pid_t pid = 0;
	int failed = input ? open_input(input, &fd) : 0;
	if (failed == 0)
		failed = spawn(arguments, fd, variable, &pid);
	if (failed == ENOENT) {
		(void)error_set(error, ERROR_UNSUPPORTED, ENOENT, "home-tool",
			_("%s is needed to make the key and is not installed"), arguments[0]);
		return error_next(error,
			_("Install the package %s, or make the key there by other means "
			  "and start again."),
			package);
	}
	if (failed == 0)
		failed = wait_for(pid);
	if (failed == 0)
		return 0;
	(void)error_set(error, ERROR_FAILED, failed, "home-tool", _("%s could not make the key"),
		arguments[0]);
	return error_next(
		error, _("Make a P-256 key for signatures there by other means, and start "
			 "again: it is taken then."));
}
