/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calling programs: what they get, what is taken of what they say, and that none is waited for too long. */
#include "wipe/storage/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PATIENT_SECONDS 60

static int run_shell(const char *script, const char *input, unsigned seconds, char **ret_output,
	int *ret_status, struct error *error)
{
	const char *const words[] = { "sh", "-c", script, NULL };
	const struct storage_command command = {
		.argv = words, .input = input, .timeout_seconds = seconds
	};

	return storage_run(&command, ret_output, ret_status, error);
}

static void test_output_and_input(void **state)
{
	AUTO_FREE char *output = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(
		0, run_shell("cat; echo done", "given\n", PATIENT_SECONDS, &output, NULL, &error));
	assert_string_equal("given\ndone\n", output);
}

/* Nothing of ours: no variable but one, no descriptor but three, no blocked signal. */
static void test_environment(void **state)
{
	AUTO_FREE char *output = NULL;
	struct error error = { 0 };
	const char *const words[] = { "env", NULL };
	const struct storage_command command = { .argv = words,
		.timeout_seconds = PATIENT_SECONDS };
	sigset_t blocked;

	(void)state;
	assert_int_equal(0, setenv("HAIKI_SECRET", "1", 1));
	assert_int_equal(0, storage_run(&command, &output, NULL, &error));
	assert_string_equal("LC_ALL=C\n", output);
	free(output);
	output = NULL;

	int leaked = open("/dev/null", O_RDONLY); /* and stays open in whom we start by mistake */
	assert_true(leaked > 2);
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	assert_int_equal(0, run_shell("ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status", "",
				    PATIENT_SECONDS, &output, NULL, &error));
	(void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	(void)close(leaked);
	/* Its three, and the folder that ls looks at. */
	assert_string_equal("4\nSigBlk:\t0000000000000000\n", output);
}

static void test_failure(void **state)
{
	struct error error = { 0 };
	int status = 0;

	(void)state;
	assert_int_equal(
		-EIO, run_shell("echo why >&2; exit 5", "", PATIENT_SECONDS, NULL, NULL, &error));
	assert_string_equal("command-failed", error.code);
	assert_non_null(strstr(error.what, "why"));
	assert_non_null(strstr(error.what, "5"));
	assert_int_equal(0, run_shell("exit 5", "", PATIENT_SECONDS, NULL, &status, &error));
	assert_int_equal(5, status);
	assert_int_equal(0, run_shell("kill -KILL $$", "", PATIENT_SECONDS, NULL, &status, &error));
	assert_int_equal(128 + SIGKILL, status);
}

static void test_missing(void **state)
{
	const char *const names[] = { "haiki-no-such-program", "../bin/sh", "bin/sh",
		"/nonexistent/sh" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *const words[] = { names[i], NULL };
		const struct storage_command command = { .argv = words,
			.timeout_seconds = PATIENT_SECONDS };
		struct error error = { 0 };
		assert_int_equal(-ENOENT, storage_run(&command, NULL, NULL, &error));
		assert_string_equal("command-missing", error.code);
	}
}

static void test_too_much(void **state)
{
	AUTO_FREE char *output = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(-EOVERFLOW, run_shell("yes", "", PATIENT_SECONDS, &output, NULL, &error));
	assert_null(output);
	/* Of complaints the beginning will do. */
	assert_int_equal(0, run_shell("yes | head -c 3000000 >&2; echo end", "", PATIENT_SECONDS,
				    &output, NULL, &error));
	assert_string_equal("end\n", output);
}

/* It and what it began are ended; and a child that keeps its pipes does not keep us. */
static void test_time(void **state)
{
	AUTO_FREE char *output = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(-ETIMEDOUT,
		run_shell("trap '' TERM; while :; do sleep 1; done", "", 1, NULL, NULL, &error));
	assert_string_equal("command-timeout", error.code);
	assert_int_equal(
		0, run_shell("sleep 3600 & echo $!", "", PATIENT_SECONDS, &output, NULL, &error));
	long child = strtol(output, NULL, 10);
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", child);
	char text[16] = "";
	for (int i = 0; i < 2000; i++) {
		AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
			return; /* gone, or only to be reaped by whoever has it now */
		(void)usleep(5000);
	}
	fail_msg("the child is there still");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_input),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
