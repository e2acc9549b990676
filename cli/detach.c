/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting `haiki wipe resume` apart from the terminal, without a shell in between. */
#include "cli/detach.h"

#include "base/file.h"
#include "cli/output.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

extern char **environ;

#define WORDS_MAX (OPTION_ARGUMENTS_MAX + 32)

/* The command line under construction; words are borrowed. */
struct words {
	const char *items[WORDS_MAX + 1];
	size_t count;
};

static void add(struct words *words, const char *word)
{
	if (words->count < WORDS_MAX)
		words->items[words->count++] = word;
}

static void add_option(struct words *words, const char *option, const char *value)
{
	if (*value) {
		add(words, option);
		add(words, value);
	}
}

static int own_path(char *ret, size_t size, struct error *error)
{
	ssize_t length = readlink("/proc/self/exe", ret, size - 1);
	if (length <= 0 || (size_t)length >= size - 1)
		return error_set(error, ERROR_FAILED, errno, "detach",
			_("The path of the program cannot be read from /proc."));
	ret[length] = '\0';
	return 0;
}

static int spawn_failed(const char *program, int errnum, const char *job, struct error *error)
{
	error_set(error, ERROR_FAILED, errnum, "detach", _("%s cannot be started: %s"), program,
		strerror(errnum));
	return error_next(error,
		_("Nothing was written to a drive yet. Start by hand: haiki wipe resume %s"), job);
}

static int spawn_systemd(const struct words *words, const char *job, struct error *error)
{
	pid_t pid;
	int r = posix_spawnp(
		&pid, words->items[0], NULL, NULL, (char *const *)words->items, environ);
	if (r != 0)
		return spawn_failed(words->items[0], r, job, error);
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return spawn_failed(words->items[0], errno, job, error);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return spawn_failed(words->items[0], EIO, job, error);
	return 0;
}

static int spawn_session(
	const struct words *words, const char *log, const char *job, struct error *error)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return error_no_memory(error);
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return error_no_memory(error);
	}
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW;
	int r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, 1, log, flags, 0600);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, 1, 2);
	pid_t pid;
	if (r == 0)
		r = posix_spawn(&pid, words->items[0], &actions, &attributes,
			(char *const *)words->items, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return r == 0 ? 0 : spawn_failed(words->items[0], r, job, error);
}

int detach_resume(const struct invocation *invocation, const char *const jobs[], size_t count,
	const char *out, uint64_t rate_bytes_per_second, char *ret_log, size_t size,
	struct error *error)
{
	char program[4096], folder[CONFIG_VALUE_MAX + 8], rate[24], unit[64];
	int r = own_path(program, sizeof(program), error);
	if (r < 0)
		return r;
	struct words words = { 0 };
	bool systemd = sd_booted() > 0;
	snprintf(unit, sizeof(unit), "--unit=haiki-%s", jobs[0]);
	if (systemd) {
		add(&words, "systemd-run");
		add(&words, "--quiet");
		add(&words, "--collect");
		add(&words, "--same-dir");
		add(&words, unit);
		/* A clean end flushes every drive and records the interruption. */
		add(&words, "--property=TimeoutStopSec=6min");
		add(&words, "--");
	}
	add(&words, program);
	add(&words, "wipe");
	add(&words, "resume");
	for (size_t i = 0; i < count; i++)
		add(&words, jobs[i]);
	add_option(&words, "--config", invocation->config_path);
	add_option(&words, "--state", invocation->state_folder);
	add_option(&words, "--out", out);
	snprintf(rate, sizeof(rate), "%" PRIu64, rate_bytes_per_second);
	if (rate_bytes_per_second > 0)
		add_option(&words, "--rate", rate);
	if (systemd) {
		snprintf(ret_log, size, "journalctl -u haiki-%s", jobs[0]);
		return spawn_systemd(&words, jobs[0], error);
	}
	snprintf(folder, sizeof(folder), "%s/log", invocation->config.state_folder);
	r = file_make_folder(folder, 0700, error);
	if (r < 0)
		return r;
	snprintf(ret_log, size, "%s/%s.log", folder, jobs[0]);
	return spawn_session(&words, ret_log, jobs[0], error);
}
