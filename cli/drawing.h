/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PDF of a certificate just written: tried once, and said where it stands. */
#ifndef HAIKI_CLI_DRAWING_H
#define HAIKI_CLI_DRAWING_H

#include "base/json.h"
#include "reports/pdf/pdf_export.h"

struct drawing {
	bool there;         /* NAME.pdf stands in the folder and shows the newest files */
	struct error error; /* why it does not */
	struct pdf_notes notes;
};

/* After the certificate's export. It is good without its PDF: this never fails. authority may be NULL. */
void drawing_try(const char *folder, const char *name, const struct keys *keys,
	struct timestamp_authority *authority, struct drawing *ret);

/* Draw what is missing in the folder, or of an earlier form: after a crash, of a store that is older than PDFs, when
 * time stamps or signatures came. Not more than most of them; says on stderr what could not be drawn. */
#define DRAWING_A_FEW 25 /* before other work, which does not wait longer for it: some 30 ms each */
void drawing_catch_up(const char *folder, size_t most, const struct keys *keys,
	struct timestamp_authority *authority);

/* For commands that need no issuer's key themselves: the PDF of this certificate, or (NULL) of all whose PDF is missing or
 * of an earlier form. Where the key cannot be had they stay as they are, each a good PDF of an earlier form, and a later
 * run draws them. */
void drawing_refresh(const struct config *config, const char *folder, const char *name,
	struct timestamp_authority *authority);

/* What no font has, and why there is no PDF; on stdout below the certificate. */
void drawing_print(const struct drawing *drawing);
/* "pdf" and "pdf_error" into an object. */
NODISCARD int drawing_put(json_t *object, const struct drawing *drawing);

#endif
