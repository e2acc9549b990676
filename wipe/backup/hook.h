/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup product, asked through a hook program. Within this part, and for tests. */
#ifndef HAIKI_WIPE_BACKUP_HOOK_H
#define HAIKI_WIPE_BACKUP_HOOK_H

#include "wipe/backup/backup.h"

/* How patient haiki is; [ms]. */
struct hook_times {
	uint64_t silence; /* between two lines; "working" is one */
	uint64_t answer;  /* for all of a list, a look, a hello */
	uint64_t expiry;  /* for all of an expire */
	uint64_t goodbye; /* to end by itself */
};
extern const struct hook_times hook_times_usual;

/* backup_hook.open with other times (borrowed). */
NODISCARD int hook_open(const struct config_backup *config, const struct hook_times *times,
	struct backup **ret, struct error *error);

#endif
