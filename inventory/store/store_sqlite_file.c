/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file below the store: made with the right modes, told from everything that is no file, and
 * named so that SQLite cannot take the name for something else. */
#include "inventory/store/store_sqlite_file.h"

#include "base/file.h"
#include "inventory/store/store_sqlite_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define PATH_LIMIT 4096

static int sync_folder(const char *folder)
{
	AUTO_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

/* Make the empty file ourselves: SQLite would make it readable for all. */
static int make_file(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *folder =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!folder)
		return error_no_memory(error);
	struct error reason = { 0 };
	int r = file_make_folder(folder, 0700, &reason);
	if (r < 0)
		return sqlite_error_make(path, -r, error);
	AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : sqlite_error_make(path, errno, error);
	r = sync_folder(folder);
	return r < 0 ? sqlite_error_make(path, -r, error) : 0;
}

int sqlite_file_check(const char *path, enum store_mode mode, struct error *error)
{
	struct stat status;
	if (*path == '\0')
		return sqlite_error_file(path, EINVAL, error);
	if (stat(path, &status) < 0) {
		if (errno != ENOENT || mode != STORE_WRITE)
			return sqlite_error_file(path, errno, error);
		int r = make_file(path, error);
		if (r < 0)
			return r;
		if (stat(path, &status) < 0)
			return sqlite_error_file(path, errno, error);
	}
	if (S_ISDIR(status.st_mode))
		return sqlite_error_file(path, EISDIR, error);
	if (!S_ISREG(status.st_mode))
		return sqlite_error_file(path, EINVAL, error);
	return 0;
}

/* On a read-only file system WAL cannot keep its index beside the file. Nobody can write there
 * either, so the file may be read as it stands, when no log is left to be played back. */
static bool stands_still(const char *path)
{
	struct statvfs filesystem;
	if (statvfs(path, &filesystem) < 0 || !(filesystem.f_flag & ST_RDONLY))
		return false;
	char log[PATH_LIMIT];
	int length = snprintf(log, sizeof(log), "%s-wal", path);
	struct stat status;
	if (length < 0 || (size_t)length >= sizeof(log))
		return false;
	if (stat(log, &status) < 0)
		return errno == ENOENT;
	return status.st_size == 0;
}

int sqlite_file_uri(const char *path, enum store_mode mode, struct buffer *uri)
{
	int r = buffer_append_text(uri, *path == '/' ? "file:" : "file:./");
	for (const char *byte = path; r == 0 && *byte; byte++) {
		if (strchr("%?#", *byte))
			r = buffer_printf(uri, "%%%02X", (unsigned)*byte);
		else
			r = buffer_append(uri, byte, 1);
	}
	if (r == 0 && mode == STORE_READ && stands_still(path))
		r = buffer_append_text(uri, "?immutable=1");
	return r;
}
