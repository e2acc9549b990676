/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The techniques of TCG Opal, for the table in erase.c. */
#ifndef HAIKI_WIPE_ERASE_OPAL_H
#define HAIKI_WIPE_ERASE_OPAL_H

#include "wipe/erase/erase.h"

extern const struct erase_method erase_opal_revert;
extern const struct erase_method erase_opal_psid_revert;
extern const struct erase_method erase_opal_genkey;

/* A PSID as it is typed from a label, in groups: blanks and dashes are taken out when the 32 letters
 * and digits of a PSID are left, else it stays as it is. False: it is empty or does not fit. */
bool opal_psid_clean(const char *typed, char ret[static OPAL_CREDENTIAL_MAX + 1]);

#endif
