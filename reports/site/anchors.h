/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CAs that the pages carry. Inside reports/site only. */
#ifndef HAIKI_REPORTS_SITE_ANCHORS_H
#define HAIKI_REPORTS_SITE_ANCHORS_H

#include "base/buffer.h"
#include "base/error.h"

/* pem: what trust_load accepted. Appends "BASE64","BASE64" for a script, and name and digest of each for the
 * page. */
NODISCARD int site_anchors(const char *pem, size_t length, struct buffer *ret_script,
	struct buffer *ret_html, struct error *error);

#endif
