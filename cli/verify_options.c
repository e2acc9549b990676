/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of `verify certificate` and `verify ledger`. */
#include "cli/verify_commands.h"

const struct cli_option verify_certificate_options[] = {
	SIGNATURE_OPTION,
	TRUST_OPTION,
	{ "tsa-trust", "FILE",
		N_("trust this issuer of who signs time stamps (default: as configured)"),
		option_text, INTO(timestamp_trust) },
	{ "person-trust", "FILE",
		N_("trust this issuer of approvers and witnesses too, and of nobody who issues"),
		option_text, INTO(person_trust) },
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

#define LEDGER_INTO(member) OPTION_INTO(struct verify_ledger_options, member)
const struct cli_option verify_ledger_options[] = {
	{ "since", "CHECKPOINT",
		N_("it must have grown from this earlier head: a checkpoint or NAME.proof "
		   "(repeatable)"),
		option_list, LEDGER_INTO(since) },
	{ "witness", "VKEY", N_("this witness must have signed the head (repeatable)"), option_list,
		LEDGER_INTO(witnesses) },
	{ "ledger-key", "FILE", N_("the ledger's public key, a file or the key itself"),
		option_text, LEDGER_INTO(ledger_key) },
	{ "trust", "FILE",
		N_("without a key: trust the one this issuer signed (default: ca.crt of the keys "
		   "folder)"),
		option_text, LEDGER_INTO(trust) },
	{ "tsa-trust", "FILE", N_("trust time stamps of this authority"), option_text,
		LEDGER_INTO(tsa_trust) },
	{ "crl", "FILE", N_("revocation list of the issuer"), option_text, LEDGER_INTO(crl) },
	{ 0 },
};
