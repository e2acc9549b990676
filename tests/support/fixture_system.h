/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine made of files: sysfs, procfs and /dev trees below a folder of their own, for tests of
 * what reads the kernel's trees. Asserts by cmocka: a fixture that cannot be made fails the test. */
#ifndef HAIKI_TESTS_FIXTURE_SYSTEM_H
#define HAIKI_TESTS_FIXTURE_SYSTEM_H

#include "device/identity/identity.h"
#include <limits.h>

#define FIXTURE_MOUNTINFO                                                                          \
	"22 28 0:21 / /proc rw,relatime - proc proc rw\n"                                          \
	"28 1 240:16 / / rw,relatime shared:1 - ext4 /dev/other rw\n"
#define FIXTURE_MAPS "7ffe12300000-7ffe12321000 rw-p 00000000 00:00 0          [stack]\n"
#define FIXTURE_SWAPS "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

struct fixture_system {
	char root[64];
	char sys[80], proc[80], dev[80];
	struct system_paths paths; /* leads to the three */
};

/* A quiet machine: a disk "other" (240:16) that carries /, a process 1 that does nothing, the
 * first PID namespace, no swap,
 * no modules. Device numbers are of major 240, which the kernel keeps for experiments. */
void fixture_begin(struct fixture_system *fixture);
/* Removes everything below the folder. */
void fixture_end(struct fixture_system *fixture);

/* Write a file below the root, making its folders; "" makes an empty one. */
void fixture_write(const struct fixture_system *fixture, const char *path, const char *text);
void fixture_folder(const struct fixture_system *fixture, const char *path);
/* Remove a file, link or whole folder below the root. */
void fixture_remove(const struct fixture_system *fixture, const char *path);
void fixture_link(const struct fixture_system *fixture, const char *path, const char *target);

/* A disk, or a device stacked on others (md, dm, loop): 240:minor. */
void fixture_disk(const struct fixture_system *fixture, const char *name, unsigned minor);
void fixture_partition(const struct fixture_system *fixture, const char *disk, const char *name,
	unsigned minor, uint64_t start_sectors);
/* upper stands on lower, which is a disk or, as "disk/partition", a partition. */
void fixture_stack(const struct fixture_system *fixture, const char *lower, const char *upper);
/* <dev>/NAME as a block node 240:minor. False when nodes cannot be made here (no privilege): the
 * test is to be skipped. The node is only ever looked at: no driver answers to it. */
bool fixture_node(const struct fixture_system *fixture, const char *name, unsigned minor);

/* A process of its own mount namespace, by the number of it, that runs as root, has one thread and
 * nothing open. */
void fixture_process(
	const struct fixture_system *fixture, long pid, const char *name, unsigned namespace);

#endif
