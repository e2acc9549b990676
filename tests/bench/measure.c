/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a command and says what it cost:
 *
 *     measure COMMAND [ARGUMENT…]                        one process
 *     measure --each DEVICE… -- COMMAND [ARGUMENT…]      one process a device, all at once; {} in
 *                                                        an argument becomes the device
 *
 * Prints "SECONDS CPU_SECONDS PEAK_KIB EXIT": wall time, user and system time of the processes and
 * their children, the sum of their peak resident sizes, and the largest exit status. Their output
 * goes to stderr. (wait4 gives, beside time and size, exactly the processes that were begun here:
 * what the kernel copies for them in threads of its own is not in it.) */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 256

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* In the child: put the device in the place of {}. Never returns. */
static void become(char *const command[], const char *device)
{
	static char words[WORDS_MAX][512];
	char *arguments[WORDS_MAX + 1] = { NULL };
	for (size_t i = 0; command[i] && i < WORDS_MAX; i++) {
		const char *place = device ? strstr(command[i], "{}") : NULL;
		arguments[i] = command[i];
		if (place) {
			(void)snprintf(words[i], sizeof(words[i]), "%.*s%s%s",
				(int)(place - command[i]), command[i], device, place + 2);
			arguments[i] = words[i];
		}
	}
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	(void)execvp(arguments[0], arguments);
	fprintf(stderr, "measure: %s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

int main(int count, char *arguments[])
{
	char **devices = NULL, **command = arguments + 1;
	int processes = 1;
	if (count > 1 && strcmp(arguments[1], "--each") == 0) {
		devices = arguments + 2;
		for (processes = 0; devices[processes] && strcmp(devices[processes], "--") != 0;)
			processes++;
		command = devices + processes + (devices[processes] != NULL);
	}
	if (!command[0] || processes == 0) {
		fprintf(stderr, "Usage: measure [--each DEVICE... --] COMMAND...\n");
		return 2;
	}
	double began = now(), cpu = 0;
	long peak_kib = 0;
	int worst = 0;
	for (int i = 0; i < processes; i++) {
		pid_t child = fork();
		if (child < 0)
			return 1;
		if (child == 0)
			become(command, devices ? devices[i] : NULL);
	}
	for (int i = 0; i < processes; i++) {
		struct rusage usage;
		int status;
		if (wait4(-1, &status, 0, &usage) < 0)
			return 1;
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
		peak_kib += usage.ru_maxrss;
		worst = code > worst ? code : worst;
	}
	printf("%.3f %.3f %ld %d\n", now() - began, cpu, peak_kib, worst);
	return 0;
}
