/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives whose word is not taken: models and firmware of which it is known that a technique does not
 * do what it reports. Data of the policy. */
#ifndef HAIKI_WIPE_PLAN_DISTRUST_H
#define HAIKI_WIPE_PLAN_DISTRUST_H

#include "device/identity/identity.h"
#include "verify/plan/technique.h"

/* Plain value. firmware or firmware_below is filled, never both. */
struct distrust {
	char model[IDENTITY_TEXT_MAX];          /* glob, fnmatch(3) */
	char firmware[IDENTITY_TEXT_MAX];       /* glob */
	char firmware_below[IDENTITY_TEXT_MAX]; /* every version before this one */
	enum technique technique;               /* TECHNIQUE_NONE: all */
	char why[256];
};

/* Does it speak of this technique of this drive? A drive that does not tell its firmware may have any,
 * and one that does not tell its model may be any. Pure. */
bool distrust_matches(const struct distrust *distrust, const char *model, const char *firmware,
	enum technique technique);

/* As versions are counted: digits as numbers, the rest by byte ("9" < "10" < "A"). <0, 0, >0. */
int distrust_compare_versions(const char *a, const char *b);

#endif
