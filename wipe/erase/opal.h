/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Opal methods and the revert by hand share. */
#ifndef HAIKI_WIPE_ERASE_OPAL_H
#define HAIKI_WIPE_ERASE_OPAL_H

#include "wipe/erase/erase.h"

/* As printed on drives of all makers. (A PIN of TCG's tables never has more bytes, Core 2.01 C_PIN;
 * the PSID feature set leaves it to the vendor how many of them it uses.) */
#define PSID_CHARACTERS 32

/* A PSID as it is typed from a label, in groups, without its blanks and dashes. False, and *ret is
 * empty: the letters and digits of a PSID are not what is left. A drive listens to a few wrong ones
 * only, so none that cannot be right is sent. */
bool opal_psid_clean(const char *typed, char ret[static PSID_CHARACTERS + 1]);

#endif
