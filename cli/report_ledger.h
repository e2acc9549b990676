/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report ledger`: what report.c's table needs of it. */
#ifndef HAIKI_CLI_REPORT_LEDGER_H
#define HAIKI_CLI_REPORT_LEDGER_H

#include "cli/command.h"
#include "verify/ledger/note.h"

struct report_ledger_options {
	bool for_auditor;
	char witness[NOTE_VKEY_MAX];
};
extern const struct cli_option report_ledger_export_options[];
extern const struct cli_option report_ledger_cosign_options[];
command_run report_ledger_export;
command_run report_ledger_cosign;
command_run report_ledger_head;

#endif
