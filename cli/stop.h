/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ctrl-C, a terminal that went away, a service that is stopped: each asks for a clean end. */
#ifndef HAIKI_CLI_STOP_H
#define HAIKI_CLI_STOP_H

/* Hand what asks for an end (SIGINT, SIGTERM, SIGHUP) to handler; flags as in sigaction(2). */
void stop_handle(void (*handler)(int number), int flags);

/* From here on SIGINT, SIGTERM and SIGHUP only raise the flag, however often they come. */
void stop_install(void);
const volatile int *stop_flag(void);

#endif
