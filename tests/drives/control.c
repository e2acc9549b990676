/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control FIFO and the clock of a running drive model. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Opened for writing as well, so that it is never at its end. */
int control_open(const char *path, struct control *ret)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret = (struct control){ .fd = fd };
	return 0;
}

static unsigned obey_line(struct model *model, const char *line)
{
	int r = model_obey(model, line);
	fprintf(stderr, "%s %s\n", r == 0 ? "obeyed" : "refused", line);
	return conduct_find(line) != NULL;
}

unsigned control_obey(struct control *control, struct model *model)
{
	unsigned conducts = 0;
	for (;;) {
		char *end = memchr(control->waiting, '\n', control->length);
		if (end) {
			size_t whole = (size_t)(end - control->waiting) + 1;
			*end = '\0';
			conducts += obey_line(model, control->waiting);
			control->length -= whole;
			memmove(control->waiting, end + 1, control->length);
			continue;
		}
		if (control->length == sizeof(control->waiting))
			control->length = 0; /* no line is so long */
		ssize_t got = read(control->fd, control->waiting + control->length,
			sizeof(control->waiting) - control->length);
		if (got <= 0)
			return conducts;
		control->length += (size_t)got;
	}
}

void control_wait(const struct control *control, uint32_t milliseconds)
{
	struct pollfd poll_fd = { .fd = control->fd, .events = POLLIN };
	(void)poll(&poll_fd, 1, milliseconds > INT32_MAX ? -1 : (int)milliseconds);
}
