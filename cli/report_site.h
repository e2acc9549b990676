/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report site`. */
#ifndef HAIKI_CLI_REPORT_SITE_H
#define HAIKI_CLI_REPORT_SITE_H

#include "cli/command.h"

struct report_site_options {
	char certificates[256];
	char tenant[64];
	char trust[256];
};
#define REPORT_SITE_VALUES sizeof(struct report_site_options)

extern const struct cli_option report_site_options[];
command_run report_site;

#endif
