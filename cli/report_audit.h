/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report audit` and `haiki report destroyed`: what report.c's table needs of them. */
#ifndef HAIKI_CLI_REPORT_AUDIT_H
#define HAIKI_CLI_REPORT_AUDIT_H

#include "cli/command.h"
#include "reports/audit/audit.h"
#include <stdio.h>

struct report_audit_options {
	char from[16], to[16];
	char seed[AUDIT_SEED_MAX];
	char format[8];
	char out[512];
	char ledger[512]; /* a folder; "": the store */
	char ledger_key[512], trust[512];
};
extern const struct cli_option report_audit_options[];
command_run report_audit;
command_run report_destroyed;

/* The audit for people, in the reader's language. */
NODISCARD int report_audit_print(FILE *stream, const struct audit *audit, struct error *error);

#endif
