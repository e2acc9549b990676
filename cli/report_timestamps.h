/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report timestamps`: what report.c's table needs of it. */
#ifndef HAIKI_CLI_REPORT_TIMESTAMPS_H
#define HAIKI_CLI_REPORT_TIMESTAMPS_H

#include "cli/command.h"

struct report_timestamps_options {
	char out[256];
};
extern const struct cli_option report_timestamps_options[];
command_run report_timestamps;

#endif
