/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys that end soon are told of on stderr, before they hold up a job. */
#ifndef HAIKI_CLI_KEY_WARNING_H
#define HAIKI_CLI_KEY_WARNING_H

#include "reports/keys/keys.h"

/* Days that are left before the first of the certificates ends; 0 on its last day. */
int64_t key_days_left(const struct keys *keys, int64_t now_utc_ms);
/* One warning when there are fewer than KEYS_WARNING_DAYS. */
void key_warning(const struct keys *keys, int64_t now_utc_ms);

#endif
