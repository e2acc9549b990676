/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backup generations where they lie: one const descriptor for each kind of repository. A repository is asked which
 * generations of a VM there are, told to let one go whose time has come, and asked again. */
#ifndef HAIKI_WIPE_BACKUP_BACKUP_H
#define HAIKI_WIPE_BACKUP_BACKUP_H

#include "inventory/tenants/generations.h"
#include "wipe/platform/platform.h"

#define BACKUP_WORD_MAX 128
#define BACKUP_REPOSITORY_MAX 64

/* One copy as its repository tells it. */
struct backup_copy {
	char key[GENERATION_KEY_MAX]; /* "NAME:VMUUID/20270331T140000Z": the repository's section, then its own word */
	char word[BACKUP_WORD_MAX]; /* its own word alone */
	char vm_uuid[64];           /* in lower case, with dashes */
	char service_code
		[64]; /* that the VM bore when the copy was made; "": the repository does not say */
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

/* By VM, then time, then key. */
void backup_list_sort(struct backup_list *list);
/* Append one; -ENOMEM. */
NODISCARD int backup_list_add(struct backup_list *list, const struct backup_copy *copy);
/* 8-4-4-4-12 digits of a UUID in lower case. */
bool backup_uuid_valid(const char *text);
/* copy->key from the repository's name, the VM and the word. -ENAMETOOLONG. */
NODISCARD int backup_copy_name(struct backup_copy *copy, const char *repository);

struct backup;

/* An error of kind ERROR_WAITING says that the repository cannot be asked, by nobody for no VM; another one is of the
 * VMs that were asked for. */
struct backup_kind {
	const char *name; /* "directory", "hook": [backup NAME] kind */
	int (*open)(const struct config_backup *config, struct backup **ret, struct error *error);
	struct backup *(*close)(struct backup *backup); /* NULL is allowed; returns NULL */
	/* What it calls itself, never two alike: an empty folder where a repository was mounted yesterday, or another
	 * repository, is not one whose copies are gone. */
	int (*identity)(
		struct backup *backup, char ret[static BACKUP_REPOSITORY_MAX], struct error *error);
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
 * copies, and what a repository listed before and does not know any more, asked anew, is gone. What it knows again is
 * not gone. A copy is the VM's whose UUID it bears, and of the tenant whose the VM was when it was made.
 *
 * Each repository is asked for itself. One that cannot be asked, or is another one than before, changes
 * nothing: ERROR_WAITING "backup-unreachable". What it says of one VM and nobody can understand (a symbolic link, a
 * manifest that contradicts itself) changes nothing about that VM: "refused", with an event "backup-refused" on the
 * VM, once. When what it says of a VM was understood and entered, now_utc_ms is kept as the time when it was asked about it
 * (repository_asked): so it is read right before, and behind the deletion. The first error is told when all were asked;
 * *ret is filled in every case. */
struct backup_catalogue {
	size_t found;    /* copies that are there */
	size_t added;    /* for the first time */
	size_t gone;     /* were there before */
	size_t returned; /* were gone before */
	size_t refused;  /* VMs of which a repository says what cannot be understood */
};
NODISCARD int backup_follow(struct store *store, const struct config *config,
	const char *const *uuids, size_t count, int64_t now_utc_ms, struct backup_catalogue *ret,
	struct error *error);

/* Let every copy of these VMs go whose time has come and that no hold keeps, and follow them until the repository says
 * that they are gone. A copy goes only when all of this is so, asked anew right before:
 *  - its repository says that its time has come, and what it says is what stands in the catalogue;
 *  - its VM is in the inventory and proven gone (vms_set_gone), of the tenant whose it was when the copy was made,
 *    and of the service that the copy bears, if it bears one;
 *  - no hold covers the VM, its tenant, or the copy's volume.
 * Else it waits (a hold, of which nothing is told; a VM that is not gone yet; a catalogue that knows less) or is
 * refused, with an event "generation-refused" on it, once; each that goes has
 * "generation-expiring" before and "generation-erased" after it. Overdue: generation_overdue, of all copies of
 * these VMs that the catalogue has. The first error is told when all were tried; *ret is filled in every case. */
struct backup_expiry {
	size_t expired; /* gone, asked anew */
	size_t failed;  /* could not be let go */
	size_t waiting; /* let go and not known to be gone; kept by a hold, or until its VM is gone */
	size_t refused;
	size_t overdue;
};
NODISCARD int backup_expire(struct store *store, const struct config *config,
	const char *const *uuids, size_t count, const struct platform_pace *pace,
	int64_t now_utc_ms, struct backup_expiry *ret, struct error *error);

#endif
