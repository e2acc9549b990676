/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of `verify certificate`. */
#include "cli/verify_commands.h"

const struct cli_option verify_certificate_options[] = {
	SIGNATURE_OPTION,
	TRUST_OPTION,
	{ "tsa-trust", "FILE", N_("trust this issuer of who signs time stamps"), option_text,
		INTO(timestamp_trust) },
	{ "crl", "FILE", N_("a list of revoked signers (repeatable)"), option_list, INTO(revoked) },
	{ "ledger", "DIR", N_("an exported ledger that must hold it, and tells what came later"),
		option_text, INTO(ledger) },
	{ "ledger-key", "KEY", N_("the ledger must be of this key: a file, or the line itself"),
		option_text, INTO(ledger_key) },
	{ "require", "LIST", N_("these must have been checked: timestamp,ledger,revocation …"),
		option_text, INTO(require) },
	{ "at", "TIME", N_("check as of this time (UTC) instead of now"), option_text, INTO(at) },
	{ "serial", "SERIAL", N_("it must be of the drive with this serial or WWN"), option_text,
		INTO(serial) },
	{ 0 },
};
