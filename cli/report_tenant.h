/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report tenant`, for the table of `haiki report`. */
#ifndef HAIKI_CLI_REPORT_TENANT_H
#define HAIKI_CLI_REPORT_TENANT_H

#include "cli/command.h"

struct report_tenant_values {
	char out[256];
	char name[128], title[128], place[128], ticket[128];
};
extern const struct cli_option report_tenant_options[];
command_run report_tenant;

#endif
