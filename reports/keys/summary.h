/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate in a few lines. Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_SUMMARY_H
#define HAIKI_REPORTS_KEYS_SUMMARY_H

#include "reports/keys/keys.h"

/* -EBADMSG "keys-malformed". */
NODISCARD int key_summarise(X509 *certificate, struct key_summary *ret, struct error *error);
/* Its serial number, hexadecimal. */
bool key_serial_number(const X509 *certificate, char *ret, size_t size);

#endif
