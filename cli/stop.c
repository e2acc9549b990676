/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stop flag. A signal handler can only reach what lives as long as the process. */
#include "cli/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile int stop;

static void raise_flag(int number)
{
	(void)number;
	stop = 1;
}

void stop_handle(void (*handler)(int number), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	/* Under nohup(1) a terminal that goes away is no wish to stop. */
	struct sigaction hangup = { 0 };
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
		(void)sigaction(SIGHUP, &action, NULL);
}

void stop_install(void)
{
	/* No SA_RESTART: a wait should end, so that the flag is looked at. */
	stop_handle(raise_flag, 0);
}

const volatile int *stop_flag(void)
{
	return &stop;
}
