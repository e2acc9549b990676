/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's passphrase, from a file or typed. */
#ifndef HAIKI_CLI_PASSPHRASE_H
#define HAIKI_CLI_PASSPHRASE_H

#include "reports/keys/passphrase.h"

/* path: passphrase_read_file's; "-": the standard input, after a question on stderr where a person can be asked, who
 * does not see it; a new one is asked for twice then. -EINVAL "keys-passphrase". */
NODISCARD int passphrase_ask(
	const char *path, bool is_new, struct passphrase *ret, struct error *error);

#endif
