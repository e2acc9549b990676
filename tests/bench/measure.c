/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs commands side by side and writes down what they cost, for `make bench`: seconds from the
 * first's start to the last's end, CPU seconds, peak memory, of all their descendants together. */
#include "base/macros.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define SAMPLE_NS (10 * 1000 * 1000)
#define CHILDREN_TEXT_MAX 4096

static const char usage[] = "measure RESULT COMMAND [WORD]... [+ COMMAND [WORD]...]...\n";

struct cost {
	double cpu_seconds;
	long largest_kib; /* of the largest process, as the kernel knows it */
	long sum_kib;     /* of all at one moment, as sampled; what they share counts for each */
	int status;       /* exit status of the first that failed */
};

static double clock_seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* What a process that ended meanwhile used at its end is in the kernel's figure. */
static long resident_kib(pid_t pid)
{
	char path[64];
	long pages = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	(void)fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Resident memory of all descendants of a process; as deep as they fork. */
static long descendants_kib(pid_t pid)
{
	char path[64], text[CHILDREN_TEXT_MAX];
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[length] = '\0';
	long kib = 0;
	char *rest = text, *end;
	for (long child = strtol(rest, &end, 10); end != rest; child = strtol(rest, &end, 10)) {
		kib += resident_kib((pid_t)child) + descendants_kib((pid_t)child);
		rest = end;
	}
	return kib;
}

/* Start one command; it does not outlive us. */
static int start(char **words, const sigset_t *child_ended)
{
	pid_t parent = getpid(), pid = fork();
	if (pid < 0) {
		(void)fprintf(stderr, "measure: %s\n", strerror(errno));
		return -1;
	}
	if (pid > 0)
		return 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigprocmask(SIG_UNBLOCK, child_ended, NULL);
	if (getppid() == parent)
		(void)execvp(words[0], words);
	(void)fprintf(stderr, "measure: %s: %s\n", words[0], strerror(errno));
	_exit(127);
}

/* Start what stands between the plus signs. */
static int start_all(char **words, const sigset_t *child_ended)
{
	while (*words) {
		char **end = words;
		while (*end && strcmp(*end, "+") != 0)
			end++;
		bool more = *end;
		*end = NULL;
		if (end == words || start(words, child_ended) < 0)
			return -1;
		words = more ? end + 1 : end;
	}
	return 0;
}

static void add(struct cost *cost, int status, const struct rusage *used)
{
	cost->cpu_seconds += seconds_of(&used->ru_utime) + seconds_of(&used->ru_stime);
	cost->largest_kib = MAX(cost->largest_kib, used->ru_maxrss);
	if (cost->status == 0)
		cost->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Until none is left, also of those whose parent went away before them. */
static void await_all(struct cost *cost, const sigset_t *child_ended)
{
	const struct timespec pause = { .tv_nsec = SAMPLE_NS };
	for (;;) {
		int status;
		struct rusage used;
		pid_t pid = wait4(-1, &status, WNOHANG, &used);
		if (pid < 0 && errno != EINTR)
			return;
		if (pid > 0) {
			add(cost, status, &used);
		} else {
			cost->sum_kib = MAX(cost->sum_kib, descendants_kib(getpid()));
			(void)sigtimedwait(child_ended, NULL, &pause);
		}
	}
}

static int write_down(const char *path, double seconds, const struct cost *cost)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return -1;
	int printed = fprintf(file, "seconds %.6f\ncpu_seconds %.6f\npeak_kib %ld\n", seconds,
		cost->cpu_seconds, MAX(cost->largest_kib, cost->sum_kib));
	return fclose(file) == 0 && printed > 0 ? 0 : -1;
}

int main(int count, char **words)
{
	struct cost cost = { 0 };
	sigset_t child_ended;
	if (count < 3) {
		(void)fputs(usage, stderr);
		return 125;
	}
	(void)sigemptyset(&child_ended);
	(void)sigaddset(&child_ended, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child_ended, NULL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	double begin = clock_seconds();
	if (start_all(words + 2, &child_ended) < 0)
		return 125; /* whatever was started dies with us */
	await_all(&cost, &child_ended);
	if (write_down(words[1], clock_seconds() - begin, &cost) < 0) {
		(void)fprintf(stderr, "measure: %s: %s\n", words[1], strerror(errno));
		return 125;
	}
	return cost.status;
}
