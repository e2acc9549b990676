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

void stop_install(void)
{
	struct sigaction action = { .sa_handler = raise_flag };
	sigemptyset(&action.sa_mask);
	/* No SA_RESTART: a wait should end, so that the flag is looked at. */
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	/* Under nohup(1) a terminal that goes away is no wish to stop. */
	struct sigaction hangup = { 0 };
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
		(void)sigaction(SIGHUP, &action, NULL);
}

const volatile int *stop_flag(void)
{
	return &stop;
}
