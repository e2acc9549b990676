/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify`: the table of its commands. */
#include "cli/verify.h"

#define INTO(member) OPTION_INTO(struct verify_options, member)
#define TRUST_OPTION                                                                               \
	{                                                                                          \
		"trust", "FILE", N_("trust this issuer (default: ca.crt of the keys folder)"),     \
			option_text, INTO(trust)                                                   \
	}
#define SIGNATURE_OPTION                                                                           \
	{                                                                                          \
		"signature", "FILE", N_("the signature (default: NAME.p7s beside NAME.json)"),     \
			option_text, INTO(signature)                                               \
	}

static const struct cli_option certificate_options[] = {
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

static const struct cli_option media_options[] = {
	{ "certificate", "FILE", N_("the drive's certificate, NAME.json"), option_text,
		INTO(certificate) },
	SIGNATURE_OPTION,
	TRUST_OPTION,
	{ "sample", NULL,
		/* xgettext:no-c-format */
		N_("read a sample of 10 % or more instead of every byte"), option_flag,
		INTO(sample) },
	{ 0 },
};

#define LEDGER_INTO(member) OPTION_INTO(struct verify_ledger_options, member)
static const struct cli_option ledger_options[] = {
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

static const struct command commands[] = {
	{ "media", "DEV", 1, 1, N_("read a drive back and compare with its certificate"),
		N_("DEV is a serial, a WWN or a /dev path. The drive is only read."),
		{ media_options }, sizeof(struct verify_options), verify_media, true },
	{ "certificate", "FILE…", 1, ANY_NUMBER,
		N_("check certificates, offline, with nothing but the files"),
		N_("FILE is NAME.json with NAME.p7s and NAME.proof beside it, a NAME.pdf, or a "
		   "folder "
		   "of them. Succeeds only when every certificate is valid and says that its drive "
		   "is proven erased."),
		{ certificate_options }, sizeof(struct verify_options), verify_certificate, false },
	{ "ledger", "DIR", 1, 1,
		N_("check an exported ledger: whole, unchanged, grown from before"),
		N_("DIR is what `haiki report ledger export` wrote. Nothing but its files and the "
		   "issuer's certificate, or the ledger's public key, is needed."),
		{ ledger_options }, sizeof(struct verify_ledger_options), verify_ledger, false },
	{ "policy", "[FILE]", 0, 1, N_("check a policy, and list its rules and schemes"),
		N_("Without FILE: the policy in force."), { NULL }, 0, verify_policy, false },
};

const struct command_group verify_group = {
	.name = "verify",
	.summary = N_("proving it, also to strangers"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
