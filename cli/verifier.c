/* SPDX-License-Identifier: GPL-3.0-or-later */
/* haiki-verify: what an auditor needs on a machine of their own, and nothing of storage. The same commands as
 * `haiki verify certificate` and `haiki verify ledger`, without a configuration. */
#include "cli/program.h"
#include "cli/verify_commands.h"

static const struct command commands[] = {
	VERIFY_CERTIFICATE_COMMAND,
	VERIFY_LEDGER_COMMAND,
};

static const struct command_group verifier_group = {
	.name = "verify",
	.summary = N_("checking what haiki certified"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};

static const struct command_group *const groups[] = { &verifier_group };

const struct program program = {
	.name = "haiki-verify",
	.summary = N_("haiki-verify checks certificates and ledgers, offline."),
	.groups = groups,
	.group_count = ARRAY_SIZE(groups),
};
