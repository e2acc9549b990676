/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report key` and `haiki report sign`: what report.c's table needs of them. */
#ifndef HAIKI_CLI_REPORT_KEYS_H
#define HAIKI_CLI_REPORT_KEYS_H

#include "cli/command.h"

struct report_key_options {
	char organisation[128];
	char ledger[128];
	char signer[CONFIG_VALUE_MAX];
	bool encrypt;
	char reason[32];
	char title[256];
	char role[16];
	char out[256];
	char key[256];
	char passphrase[256];
	char trust[256];
};
extern const struct cli_option report_key_init_options[];
extern const struct cli_option report_key_revoke_options[];
extern const struct cli_option report_key_person_options[];
extern const struct cli_option report_key_request_options[];
extern const struct cli_option report_sign_options[];
command_run report_key_init;
command_run report_key_show;
command_run report_key_rotate;
command_run report_key_revoke;
command_run report_key_person;
command_run report_key_request;
command_run report_key_accept;
command_run report_sign;

#endif
