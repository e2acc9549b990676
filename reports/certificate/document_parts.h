/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What certificates of drives and of tenants have in common. */
#ifndef HAIKI_REPORTS_CERTIFICATE_DOCUMENT_PARTS_H
#define HAIKI_REPORTS_CERTIFICATE_DOCUMENT_PARTS_H

#include "base/clock.h"
#include "base/json.h"

/* Each puts one field of docs/certificate.md into document: 0, -ENOMEM. */
NODISCARD int document_put_time(json_t *document, const char *key, int64_t utc_ms);
/* "clock": the kernel's word on now. */
NODISCARD int document_put_clock(json_t *document, const struct clock_reading *now);
/* "tool": this program. */
NODISCARD int document_put_tool(json_t *document);

#endif
