/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing the signer without a moment that cannot be mended: all that is new is gathered in the folder next/, its
 * signer.crt last; then it is put into place file by file; next/ is cleared when the records are committed. Doing it
 * again after a cut finishes it. Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_KEYS_CHANGE_H
#define HAIKI_REPORTS_KEYS_KEYS_CHANGE_H

#include "reports/keys/key_files.h"
#include "reports/keys/manage.h"

struct keys_new {
	EVP_PKEY *signer_key; /* NULL: it is where it was, or in a token */
	X509 *signer;
	X509 *ca;               /* NULL: as it was */
	STACK_OF(X509) * chain; /* with ca: what stands between; may be NULL */
};

/* Is a change there that was cut? */
bool keys_change_is_cut(const char *folder);
/* Gather a change in next/. */
NODISCARD int keys_change_begin(const char *folder, const struct keys_new *new,
	const struct passphrase *passphrase, struct error *error);
/* Put it into place and record it, in the caller's transaction (store NULL: no record). */
NODISCARD int keys_change_install(const char *folder, struct store *store, int64_t now_utc_ms,
	struct key_summary *ret_old, struct key_summary *ret_new, struct error *error);
/* After the commit. What cannot be removed is removed by the next change. */
void keys_change_clear(const char *folder);

#endif
