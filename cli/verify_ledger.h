/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `haiki verify ledger` asks and what it found: gathered by verify_ledger_ask.c, told by
 * verify_ledger.c. */
#ifndef HAIKI_CLI_VERIFY_LEDGER_H
#define HAIKI_CLI_VERIFY_LEDGER_H

#include "cli/command.h"
#include "cli/verify_findings.h"
#include "verify/ledger/ledger.h"

/* Earlier heads, witnesses and the key; owned. */
struct ledger_asked {
	char *since[OPTION_LIST_MAX];
	size_t since_count;
	struct note_key *witnesses;
	size_t witness_count;
	struct note_key key;
	bool key_is_given;      /* by --ledger-key: else the issuer's signature proves it */
	struct error key_error; /* why there is no key: the ledger is not valid */
	char signer[256];       /* subject of who signed the key */
};
void ledger_asked_free(struct ledger_asked *asked);
#define AUTO_LEDGER_ASKED CLEANUP(ledger_asked_free)

/* Read what the options name. A key of the ledger that is not proven stands in key_error; an error is what the
 * one who typed must mend. */
NODISCARD int ledger_ask(
	const struct invocation *invocation, struct ledger_asked *ret, struct error *error);

/* Progress of a long check on stderr: one line that is painted over on a terminal, else JSON lines. */
struct ledger_progress {
	int64_t start_ms, last_ms;
	bool painted;
};
void ledger_progress_begin(struct ledger_progress *progress);
void ledger_progress_show(struct ledger_progress *progress, uint64_t done, uint64_t size);
void ledger_progress_end(struct ledger_progress *progress);

#endif
