/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema of a certificate (docs/certificate.md): every field there, of its type and within its bounds,
 * and none else. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_SCHEMA_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_SCHEMA_H

#include "base/json.h"

#define CERTIFICATE_FORMAT "haiki-certificate"
#define CERTIFICATE_FORMAT_VERSION 2        /* what is issued */
#define CERTIFICATE_FORMAT_VERSION_OLDEST 1 /* what is read: 1 knew no ledger */

/* -EBADMSG naming the field; "certificate-newer": a later version than this program knows. */
NODISCARD int certificate_check_schema(const json_t *certificate, struct error *error);

#endif
