/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a self-encrypting drive asks for: the PSID on its label, or its owner's password. Read from a
 * file, a scanner or the keyboard; never shown, never recorded. */
#ifndef HAIKI_CLI_CREDENTIAL_H
#define HAIKI_CLI_CREDENTIAL_H

#include "cli/options.h"
#include "verify/technique.h"
#include "wipe/work/run.h"

/* As typed; a file "-" is the standard input. */
struct credential_options {
	char psid[CREDENTIAL_MAX];
	char psid_file[256];
	char credential_file[256];
};
bool credential_is_psid(const struct credential_options *options);
bool credential_is_password(const struct credential_options *options);

/* Does the technique take one, and is it of the kind that was given? */
bool credential_needed(enum technique technique);
bool credential_fits(const struct credential_options *options, enum technique technique);

/* At most one of the three, a PSID for one drive only: -EINVAL, a usage error. */
NODISCARD int credential_check(
	const struct credential_options *options, size_t drives, struct error *error);

/* Read what was asked for: one line; on a terminal it is asked for, a password without being shown.
 * "" when nothing was. The caller cleanses it with credential_forget. Errors: -EINVAL when it is
 * empty, too long or has a NUL byte; those of the file, and a password's must be secret
 * (file_check_secret). */
NODISCARD int credential_read(const struct credential_options *options,
	char ret[static CREDENTIAL_MAX], struct error *error);
void credential_forget(char credential[static CREDENTIAL_MAX]);

#endif
