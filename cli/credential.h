/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a self-encrypting drive wants before it forgets its key: the PSID on its label, or its owner's
 * password. It is handed to the drive and to nobody else: no record, no message, no command line. */
#ifndef HAIKI_CLI_CREDENTIAL_H
#define HAIKI_CLI_CREDENTIAL_H

#include "base/error.h"
#include <stdbool.h>
#include <stdio.h>

#define CREDENTIAL_SIZE 256

/* Read the first line of the file into ret; "-": of input, after a question on stderr where a person
 * can be asked. A password's file must be nobody else's to read (file_check_secret); a PSID is printed
 * on the drive and no secret. -EINVAL when there is none in it, or it is too long. */
NODISCARD int credential_read(const char *path, bool is_secret, FILE *input,
	char ret[static CREDENTIAL_SIZE], struct error *error);

#endif
