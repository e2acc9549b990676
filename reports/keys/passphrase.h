/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The passphrase of keys, the PIN of a token, the authorisation of a TPM's key: one line of a file that only its
 * owner can read. */
#ifndef HAIKI_REPORTS_KEYS_PASSPHRASE_H
#define HAIKI_REPORTS_KEYS_PASSPHRASE_H

#include "base/config.h"
#include <stdbool.h>

#define PASSPHRASE_MAX 256 /* with NUL */
#define PASSPHRASE_CREDENTIAL "haiki-passphrase"

/* Cleansed by passphrase_forget, also after an error. */
struct passphrase {
	char text[PASSPHRASE_MAX];
	bool given;
};
void passphrase_forget(struct passphrase *passphrase);
#define AUTO_PASSPHRASE CLEANUP(passphrase_forget)

/* Of the file that [keys] passphrase names; where it names none, of systemd's credential haiki-passphrase, and
 * where that is not there either, none is given. All errors are ERROR_WAITING: -EPERM (others may read it), -ENOENT
 * and other -errno "keys-passphrase", -EINVAL "keys-passphrase" (no line, a NUL byte, too long). */
NODISCARD int passphrase_read(
	const struct config *config, struct passphrase *ret, struct error *error);

/* The first line that fd gives, name being what it is called in messages. */
NODISCARD int passphrase_read_fd(
	int fd, const char *name, struct passphrase *ret, struct error *error);
/* Of this file, whose owner and mode are checked. */
NODISCARD int passphrase_read_file(const char *path, struct passphrase *ret, struct error *error);

#endif
