/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files written whole or not at all, and read with a stated maximum. */
#ifndef HAIKI_BASE_FILE_H
#define HAIKI_BASE_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdbool.h>
#include <sys/types.h>

/* Read all of path into buffer (appending), never more than the buffer's limit.
 * Errors: -errno of open/read, -EFBIG when it is larger, -EINVAL when it is no regular file. */
NODISCARD int file_read(const char *path, struct buffer *buffer, struct error *error);

/* Read a small attribute as sysfs and procfs give them; trailing white space is cut.
 * At most size-1 bytes (and 4095), NUL-terminated. Returns 0 or -errno; no message, the caller
 * knows more. */
NODISCARD int file_read_line(const char *path, char *ret, size_t size);

/* Replace path by these bytes: written to a temporary name beside it, fsync, rename, fsync of the
 * folder. After an error (full disk, killed process) the old file is as it was, and no temporary
 * file is left by a process that lived; only when the folder's own fsync fails may the new file
 * stand already, whole. mode is exact, not masked by umask. What exists and is no regular file
 * (a device node, a link) is not replaced: -EINVAL. */
NODISCARD int file_write(
	const char *path, const void *data, size_t length, mode_t mode, struct error *error);

/* Make a folder and its parents, each with exactly this mode; an existing folder is fine, and keeps
 * its mode. */
NODISCARD int file_make_folder(const char *path, mode_t mode, struct error *error);

/* Say what to do next where result is -EACCES, -EPERM, -ENOENT or -ENOTDIR of the error just set.
 * Returns result, so that it can stand around error_set. */
int file_advise(int result, struct error *error);

/* A secret's file must be a regular file, owned by us or root, with no rights for group or others.
 * -EPERM with a sentence saying which chmod mends it; -errno when it cannot be looked at. */
NODISCARD int file_check_secret(const char *path, struct error *error);

#endif
