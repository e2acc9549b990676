/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A loop device of the test's own, over a file in a folder of its own. It is set to go away by
 * itself when the last descriptor is closed, so that a test that crashes leaves none behind. */
#ifndef HAIKI_TESTS_OWN_LOOP_H
#define HAIKI_TESTS_OWN_LOOP_H

#include "base/macros.h"
#include <limits.h>
#include <stdbool.h>

struct own_loop {
	bool made;
	int fd;          /* keeps it attached; read-write, but nothing is written through it */
	char path[32];   /* /dev/loopN */
	char folder[64]; /* "" when it was only attached */
	char image[80];
};

/* A sparse file of this size, and a loop device on it. False when loop devices are not to be had
 * here (no privilege, no driver); then the test is to be skipped. */
NODISCARD bool own_loop_begin(struct own_loop *ret, uint64_t bytes);
/* A loop device on a file or device that is there already. */
NODISCARD bool own_loop_attach(struct own_loop *ret, const char *backing);

/* Any of these on what was not made is fine. */
void own_loop_detach(struct own_loop *loop);
void own_loop_end(struct own_loop *loop);

#endif
