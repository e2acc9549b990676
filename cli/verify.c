/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify`: the table of its commands. */
#include "cli/verify.h"
#include "cli/verify_commands.h"

static const struct cli_option media_options[] = {
	{ "certificate", "FILE", N_("the drive's certificate, NAME.json or NAME.pdf"), option_text,
		INTO(certificate) },
	SIGNATURE_OPTION,
	TRUST_OPTION,
	{ "sample", NULL,
		/* xgettext:no-c-format */
		N_("read a sample of 10 % or more instead of every byte"), option_flag,
		INTO(sample) },
	{ 0 },
};

static const struct command commands[] = {
	{ "media", "DEV", 1, 1, N_("read a drive back and compare with its certificate"),
		N_("DEV is a serial, a WWN or a /dev path. The drive is only read."),
		{ media_options }, sizeof(struct verify_options), verify_media, true },
	VERIFY_CERTIFICATE_COMMAND,
	VERIFY_LEDGER_COMMAND,
	{ "policy", "[FILE]", 0, 1, N_("check a policy, and list its rules and schemes"),
		N_("Without FILE: the policy in force."), { NULL }, 0, verify_policy, false },
};

const struct command_group verify_group = {
	.name = "verify",
	.summary = N_("proving it, also to strangers"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
