/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of one's own for a test, and loop devices on files in it. */
#ifndef HAIKI_TESTS_SUPPORT_SCRATCH_H
#define HAIKI_TESTS_SUPPORT_SCRATCH_H

#include "base/macros.h"

#define SCRATCH_PATH_MAX 1024

struct scratch {
	char folder[128];
};

/* Both fail the running test when they cannot. */
void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch);

/* folder/name into ret; the parents of name are made. Fails the test. */
void scratch_path(
	const struct scratch *scratch, const char *name, char ret[static SCRATCH_PATH_MAX]);
void scratch_write(
	const struct scratch *scratch, const char *name, const void *data, size_t length);
void scratch_text(const struct scratch *scratch, const char *name, const char *text);
/* A symbolic link; target is relative to the link's own folder or absolute. */
void scratch_link(const struct scratch *scratch, const char *name, const char *target);
/* A sparse file. */
void scratch_image(const struct scratch *scratch, const char *name, uint64_t bytes,
	char ret[static SCRATCH_PATH_MAX]);

struct loop_drive {
	int fd; /* keeps it attached; -1: detached */
	unsigned number;
	char path[32];
};

struct loop_drive_options {
	uint64_t offset_bytes;
	uint64_t limit_bytes;
	uint32_t sector_bytes; /* 0: 512 */
	int read_only;
	int scan_partitions;
};

/* Attach a loop device to a file. Returns 0 or -errno: -EPERM, -ENOENT where there are no loop
 * devices for us (then the test is skipped with that reason). */
NODISCARD int loop_drive_attach(
	const char *file, const struct loop_drive_options *options, struct loop_drive *ret);
/* Only a device that we attached; NULL and a detached one are fine. */
void loop_drive_detach(struct loop_drive *loop);

/* Skip the running test unless it may attach loop devices, saying why. */
void loop_drive_require(void);

/* Run a program found in PATH, output thrown away; 0 when it ended with 0, -ENOENT when there is no
 * such program. */
NODISCARD int run_program(const char *const arguments[]);

#endif
