/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the directory repository share. Within this part. Every folder is opened below the one that
 * holds it, and never through a symbolic link. */
#ifndef HAIKI_WIPE_BACKUP_DIRECTORY_PARTS_H
#define HAIKI_WIPE_BACKUP_DIRECTORY_PARTS_H

#include "wipe/backup/manifest.h"
#include <sys/stat.h>

struct backup {
	const struct config_backup *config; /* borrowed */
	char identity[BACKUP_REPOSITORY_MAX];
};

/* -- folders (directory_folder.c); path is for people -- */

/* ERROR_REFUSED, -ELOOP "backup-link". */
int directory_is_link(const char *path, struct error *error);
/* ERROR_FAILED, -EBADMSG "backup-entry". */
int directory_is_strange(const char *path, struct error *error);
/* ERROR_FAILED, -errno "backup-unreadable". */
int directory_unreadable(const char *path, int errnum, struct error *error);

/* The descriptor of a folder within a folder. -ENOENT without a message; else an error as above. */
NODISCARD int directory_open_folder(
	int parent, const char *name, const char *path, struct error *error);

/* All of a plain file. -ENOENT without a message; else an error as above. */
NODISCARD int directory_read_file(
	int folder, const char *name, const char *path, struct buffer *ret, struct error *error);

/* Everything that is in a folder, links not followed. Ends with the first result of visit that is not 0. */
typedef int directory_visit(void *context, const char *name, const char *path,
	const struct stat *status, struct error *error);
NODISCARD int directory_each(
	int folder, const char *path, directory_visit *visit, void *context, struct error *error);

/* -- copies (directory.c) -- */

/* The repository's folder, opened anew, and its repository.json read. ERROR_WAITING "backup-unreachable" or
 * "backup-repository" when it is not there, or another one than identity ("": any). The descriptor. */
NODISCARD int directory_open_root(const struct config_backup *config, const char *identity,
	char ret_identity[static BACKUP_REPOSITORY_MAX], struct error *error);

/* What people call a copy's folder. */
void directory_place(const struct config_backup *config, const char *vm_uuid, const char *word,
	char ret[static GENERATION_PLACE_MAX]);

/* One copy, from its open folder: its manifest, and that it holds what that names and nothing else, all of it plain
 * files. 1: *ret (with key and place); 0: the folder is empty, so there is no copy. */
NODISCARD int directory_read_copy(const struct config_backup *config, int folder,
	const char *vm_uuid, const char *word, struct manifest *ret, struct error *error);

/* As backup_kind (directory_expire.c). */
NODISCARD int directory_expire(struct backup *backup, const struct backup_copy *copy,
	const struct platform_pace *pace, json_t **ret_fact, struct error *error);

#endif
