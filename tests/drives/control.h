/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a running drive model is told what to do: lines written to a FIFO. Each is answered by a line
 * of the log, "obeyed LINE" or "refused LINE", so that a test can wait until it holds. */
#ifndef HAIKI_TESTS_DRIVES_CONTROL_H
#define HAIKI_TESTS_DRIVES_CONTROL_H

#include "model.h"

struct control {
	int fd;
	char waiting[512]; /* what came without its newline yet */
	size_t length;
};

/* 0 or -errno. The FIFO must exist. */
int control_open(const char *path, struct control *ret);
/* Obey what was written; never waits. Returns how many lines were a conduct's name. */
unsigned control_obey(struct control *control, struct model *model);
/* Sleep so long, or until something was written; UINT32_MAX: only that. */
void control_wait(const struct control *control, uint32_t milliseconds);

uint64_t clock_now_ms(void);

#endif
