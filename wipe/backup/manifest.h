/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a directory repository say: repository.json at its top, manifest.json in each copy. Pure; any
 * bytes may come. Form and meaning: docs/backup.md. */
#ifndef HAIKI_WIPE_BACKUP_MANIFEST_H
#define HAIKI_WIPE_BACKUP_MANIFEST_H

#include "wipe/backup/backup.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_MAX_BYTES (1 * MIB)
#define MANIFEST_FILES_MAX 4096
#define MANIFEST_FILE_NAME_MAX 256

#define REPOSITORY_NAME "repository.json"
#define REPOSITORY_MAX_BYTES (4 * KIB)

struct manifest_file {
	char name[MANIFEST_FILE_NAME_MAX]; /* one part of a path, not beginning with a dot */
	uint64_t size_bytes;
};
struct manifest {
	struct backup_copy copy;     /* without key and place; size_bytes: of all files */
	struct manifest_file *files; /* owned; by name, each once */
	size_t file_count;
};
void manifest_free(struct manifest *manifest);
#define AUTO_MANIFEST CLEANUP(manifest_free)

/* where names the file in messages. -EBADMSG "backup-manifest": no such document, a newer version, another
 * VM's, times that contradict each other or the copy's word, names that are no plain names; -ENOMEM. */
NODISCARD int manifest_parse(const char *text, size_t length, const char *where,
	const char *vm_uuid, const char *word, struct manifest *ret, struct error *error);

/* The file of that name; NULL for none. */
const struct manifest_file *manifest_find(const struct manifest *manifest, const char *name);

/* -EBADMSG "backup-repository", ERROR_WAITING. */
NODISCARD int repository_parse(const char *text, size_t length, const char *where,
	char ret[static BACKUP_REPOSITORY_MAX], struct error *error);

/* "2027-03-31T14:00:00Z", or with milliseconds. -EINVAL. */
NODISCARD int backup_time_parse(const char *text, int64_t *ret_utc_ms);

#endif
