/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests that ask who uses a file: among processes of their own, because of others not everything can be seen. */
#ifndef HAIKI_TESTS_OWN_PROCESSES_H
#define HAIKI_TESTS_OWN_PROCESSES_H

#include <stdbool.h>

/* Run the tests in a PID namespace of their own and return their result; where there is none to be had, run them as
 * they are, with seen false: what needs to see all processes is skipped then. */
int run_among_own_processes(int (*run)(bool seen));

#endif
