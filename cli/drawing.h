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

/* Draw what earlier runs left (a crash, a store that is older than PDFs), a few in each run so that no one waits for
 * it; says on stderr what could not be drawn. */
void drawing_catch_up(
	const char *folder, const struct keys *keys, struct timestamp_authority *authority);

/* What no font has, and why there is no PDF; on stdout below the certificate. */
void drawing_print(const struct drawing *drawing);
/* "pdf" and "pdf_error" into an object. */
NODISCARD int drawing_put(json_t *object, const struct drawing *drawing);

#endif
