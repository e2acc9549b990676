/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that haiki and haiki-verify have both, and their options. */
#ifndef HAIKI_CLI_VERIFY_COMMANDS_H
#define HAIKI_CLI_VERIFY_COMMANDS_H

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

extern const struct cli_option verify_certificate_options[], verify_ledger_options[];

#define VERIFY_CERTIFICATE_COMMAND                                                                 \
	{                                                                                          \
		"certificate", "FILE…", 1, ANY_NUMBER,                                             \
			N_("check certificates, offline, with nothing but the files"),             \
			N_("FILE is NAME.json with NAME.p7s and NAME.proof beside it, a "          \
			   "NAME.pdf, or a "                                                       \
			   "folder of them. Succeeds only when every certificate is valid and "    \
			   "says that its "                                                        \
			   "drive is proven erased."),                                             \
			{ verify_certificate_options }, sizeof(struct verify_options),             \
			verify_certificate, false                                                  \
	}

#define VERIFY_LEDGER_COMMAND                                                                      \
	{                                                                                          \
		"ledger", "DIR", 1, 1,                                                             \
			N_("check an exported ledger: whole, unchanged, grown from before"),       \
			N_("DIR is what `haiki report ledger export` wrote. Nothing but its "      \
			   "files and the "                                                        \
			   "issuer's certificate, or the ledger's public key, is needed."),        \
			{ verify_ledger_options }, sizeof(struct verify_ledger_options),           \
			verify_ledger, false                                                       \
	}

#endif
