/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of mail: only plain ones, which neither a header nor a command line can misread. */
#ifndef HAIKI_BASE_MAIL_ADDRESS_H
#define HAIKI_BASE_MAIL_ADDRESS_H

#include "base/macros.h"
#include <stdbool.h>

#define MAIL_ADDRESS_MAX 255 /* RFC 5321, 4.5.3.1.3, with its NUL */

/* A dot-atom, @ and a host name of ASCII (RFC 5322, 3.4.1), at most 254 bytes. Quoted local parts,
 * comments, literals of IP addresses and a leading "-" are none. length: of text, in bytes. */
bool mail_address_is_plain(const char *text, size_t length);

/* Addresses with one or more blanks between two: the first one that is none; NULL: all are. Its
 * length in *ret_length (may be NULL). "" has none that is not. */
const char *mail_addresses_bad(const char *text, size_t *ret_length);

#endif
