/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Opal methods and the revert by hand share. */
#ifndef HAIKI_WIPE_ERASE_OPAL_H
#define HAIKI_WIPE_ERASE_OPAL_H

#include "wipe/erase/erase.h"

/* A PSID as it is typed from a label, in groups: blanks and dashes are taken out when the 32 letters
 * and digits of a PSID are left, else it stays as it is. False: it is empty or does not fit. */
bool opal_psid_clean(const char *typed, char ret[static OPAL_CREDENTIAL_MAX + 1]);

#endif
