/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a self-encrypting drive wants before it forgets its key: the PSID on its label, or its owner's
 * password. It is handed to the drive and to nobody else: no record, no message, no command line. */
#ifndef HAIKI_CLI_CREDENTIAL_H
#define HAIKI_CLI_CREDENTIAL_H

#include "base/error.h"
#include "verify/plan/technique.h"
#include <stdbool.h>

#define CREDENTIAL_SIZE 256

/* Read the first line of the file into ret; "-": of the standard input, after a question on stderr
 * where a person can be asked; a password is not shown then. Nothing behind the line is taken, since
 * serials may be typed there, and no copy is left. A password's file must be nobody else's to read
 * (file_check_secret); a PSID is printed on the drive and no secret. -EINVAL when there is none in
 * it, it is too long, has a NUL byte, or cannot be a PSID (opal_psid_clean). */
NODISCARD int credential_read(
	const char *path, bool is_secret, char ret[static CREDENTIAL_SIZE], struct error *error);

/* Does the technique ask for a credential that is not among these? */
bool credential_missing(enum technique technique, bool has_psid, bool has_password);

#endif
