/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify media` of a drive that erased itself: what was looked for, and found or not. */
#ifndef HAIKI_CLI_VERIFY_REMAINS_H
#define HAIKI_CLI_VERIFY_REMAINS_H

#include "cli/verify.h"
#include "verify/media/media_remains.h"

void verify_remains_print(const struct drive *drive, const struct media_remains *remains);
NODISCARD int verify_remains_json(const struct drive *drive, const struct checked *checked,
	const struct media_remains *remains, struct error *error);

#endif
