/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another time, for a program that knows nothing of it (LD_PRELOAD); the machine's clock stays as it is.
 *
 *     CLOCK_SHIFT_MS=86400000 CLOCK_STATUS=synchronised LD_PRELOAD=clock.so program
 *
 * CLOCK_SHIFT_MS     milliseconds that are added to the time of day, with a sign where they are taken away
 * CLOCK_BOOT_MS      the same for the clock since the boot, which never jumps (CLOCK_BOOTTIME)
 * CLOCK_STATUS       what the kernel says of its clock: synchronised or unsynchronised; without it, its own word
 *
 * A value @FILE stands for what the file says at that moment, so that a test can turn the clock while the
 * program runs; a file that is not there is 0. It prints nothing and allocates nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* The value of a variable, or what its file says, into text; "" when there is none. */
static void read_variable(const char *name, char *text, size_t size)
{
	const char *value = getenv(name);
	int saved = errno;

	text[0] = '\0';
	if (value && value[0] == '@') {
		long fd = syscall(SYS_openat, AT_FDCWD, value + 1, O_RDONLY | O_CLOEXEC, 0);
		long length = fd >= 0 ? syscall(SYS_read, fd, text, size - 1) : 0;
		text[length > 0 ? length : 0] = '\0';
		if (fd >= 0)
			(void)syscall(SYS_close, fd);
	} else if (value && strlen(value) < size) {
		memcpy(text, value, strlen(value) + 1);
	}
	text[strcspn(text, "\r\n")] = '\0';
	errno = saved;
}

static long long shift_ms(const char *name)
{
	char text[32];

	read_variable(name, text, sizeof(text));
	return strtoll(text, NULL, 10);
}

static void shift(struct timespec *time, long long by_ms)
{
	time->tv_sec += by_ms / 1000;
	time->tv_nsec += by_ms % 1000 * 1000000;
	if (time->tv_nsec < 0) {
		time->tv_nsec += 1000000000;
		time->tv_sec--;
	} else if (time->tv_nsec >= 1000000000) {
		time->tv_nsec -= 1000000000;
		time->tv_sec++;
	}
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	if (syscall(SYS_clock_gettime, id, ret) != 0)
		return -1;
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		shift(ret, shift_ms("CLOCK_SHIFT_MS"));
	else if (id == CLOCK_BOOTTIME)
		shift(ret, shift_ms("CLOCK_BOOT_MS"));
	return 0;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	ret->tv_sec = now.tv_sec;
	ret->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return (time_t)-1;
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

/* What the kernel answers, with another word on whether it is synchronised. */
static int say(struct timex *timex, int state)
{
	char text[32];

	read_variable("CLOCK_STATUS", text, sizeof(text));
	if (strcmp(text, "synchronised") == 0) {
		timex->status &= ~STA_UNSYNC;
		timex->maxerror = 1000;
		return TIME_OK;
	}
	if (strcmp(text, "unsynchronised") == 0) {
		timex->status |= STA_UNSYNC;
		timex->maxerror = 16000000;
		return TIME_ERROR;
	}
	return state;
}

/* A sandbox may refuse to ask at all; then the answer that is to be given has nothing under it. */
int adjtimex(struct timex *timex)
{
	long state = syscall(SYS_adjtimex, timex);

	return say(timex, (int)state);
}

int clock_adjtime(clockid_t id, struct timex *timex)
{
	long state = syscall(SYS_clock_adjtime, id, timex);

	return say(timex, (int)state);
}

int ntp_adjtime(struct timex *timex)
{
	return adjtimex(timex);
}
