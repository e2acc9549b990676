/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of one certificate as bytes: NAME.json with NAME.p7s and NAME.proof beside it, or NAME.pdf, which
 * carries all three. */
#ifndef HAIKI_VERIFY_CERTIFICATE_BUNDLE_H
#define HAIKI_VERIFY_CERTIFICATE_BUNDLE_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdbool.h>

struct bundle {
	struct buffer json, p7s;
	struct buffer proof; /* empty: there is none */
	struct buffer pdf;   /* empty: it was not read from one */
};
void bundle_free(struct bundle *bundle);
#define AUTO_BUNDLE CLEANUP(bundle_free)

/* A bundle of borrowed bytes; must not be freed. */
struct bundle bundle_borrow(
	const char *json, size_t json_length, const uint8_t *p7s, size_t p7s_length);

/* Read FILE.json and what lies beside it under the same name (p7s: another path for the signature, NULL: beside),
 * or FILE.pdf: which of the two it is, its name or its first bytes say. A PDF that cannot be taken apart is given as it is,
 * with nothing else: checking it says why. Errors of file_read; "certificate-name". */
NODISCARD int bundle_read(
	const char *path, const char *p7s, struct bundle *ret, struct error *error);

#endif
