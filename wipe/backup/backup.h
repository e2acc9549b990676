/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backup generations where they lie: one const descriptor for each kind of repository. A repository is asked which
 * generations of a VM there are, told to let one go whose time has come, and asked again. */
#ifndef HAIKI_WIPE_BACKUP_BACKUP_H
#define HAIKI_WIPE_BACKUP_BACKUP_H

#include "inventory/tenants/generations.h"
#include "wipe/platform/platform.h"

/* One copy as its repository tells it. */
struct backup_copy {
	char key[GENERATION_KEY_MAX]; /* "NAME:VMUUID/20270331T140000Z": the repository's section, then its own word */
	char vm_uuid[64];
	char place[GENERATION_PLACE_MAX];
	int64_t created_utc_ms;
	int64_t expires_utc_ms; /* 0: never by itself */
	uint64_t size_bytes;
};
struct backup_list {
	struct backup_copy *items; /* owned; by VM, then time */
	size_t count;
};
void backup_list_free(struct backup_list *list);
#define AUTO_BACKUPS CLEANUP(backup_list_free)

struct backup;

struct backup_kind {
	const char *name; /* "directory", "hook": [backup NAME] kind */
	int (*open)(const struct config_backup *config, struct backup **ret, struct error *error);
	struct backup *(*close)(struct backup *backup);
	/* Every copy of these VMs (count 0: of all). What cannot be understood is an error, never left out. */
	int (*list)(struct backup *backup, const char *const *uuids, size_t count,
		struct backup_list *ret, struct error *error);
	/* Let one copy go, erased where that can be done. *ret_fact: an "erase" fact (verify/tenant/deletion.h). The caller
	 * made sure that its time has come and that no hold stands. */
	int (*expire)(struct backup *backup, const struct backup_copy *copy,
		const struct platform_pace *pace, json_t **ret_fact, struct error *error);
	/* Asked anew. */
	enum presence (*look)(struct backup *backup, const struct backup_copy *copy);
};
extern const struct backup_kind *const backup_kinds[]; /* NULL last */
extern const struct backup_kind backup_directory, backup_hook;
const struct backup_kind *backup_kind_find(const char *name);

/* Bring the catalogue (inventory/tenants/generations.h) to what the repositories say of these VMs: enter new
 * copies, and what a repository listed before and does not know any more, asked anew, is gone. A repository that cannot
 * be asked changes nothing: ERROR_WAITING "backup-unreachable". */
struct backup_catalogue {
	size_t found, added, gone;
};
NODISCARD int backup_follow(struct store *store, const struct config *config,
	const char *const *uuids, size_t count, int64_t now_utc_ms, struct backup_catalogue *ret,
	struct error *error);

/* Let every copy of these VMs go whose time has come and that no hold keeps. Overdue: its time passed more than
 * a day ago and it is there still; those that never expire are overdue at once. */
struct backup_expiry {
	size_t expired, failed, waiting, overdue;
};
NODISCARD int backup_expire(struct store *store, const struct config *config,
	const char *const *uuids, size_t count, const struct platform_pace *pace,
	int64_t now_utc_ms, struct backup_expiry *ret, struct error *error);

#endif
