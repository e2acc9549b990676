/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identity flags in words and as JSON. */
#ifndef HAIKI_CLI_DESCRIBE_FLAGS_H
#define HAIKI_CLI_DESCRIBE_FLAGS_H

#include "inventory/assets/flags.h"

/* "serial doubled, WWN zero": for a cell of a table. */
void describe_flags_short(const struct flag *flags, size_t count, char *ret, size_t size);
/* A sentence, with whom and what. */
void describe_flag(const struct flag *flag, char *ret, size_t size);
/* {"code", "since_utc", and what the detail says}; NULL without memory. */
json_t *describe_flag_json(const struct flag *flag);
/* An array of these. */
json_t *describe_flags_json(const struct flag *flags, size_t count);

#endif
