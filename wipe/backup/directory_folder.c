/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders and plain files of a repository, opened without following anything. */
#include "wipe/backup/directory_parts.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 1024

int directory_is_link(const char *path, struct error *error)
{
	error_set(error, ERROR_REFUSED, ELOOP, "backup-link",
		_("%s is a symbolic link: what stands behind it is nobody's copy"), path);
	return error_next(error, _("Move the copy itself to this place, or take the link away."));
}

int directory_is_strange(const char *path, struct error *error)
{
	error_set(error, ERROR_FAILED, EBADMSG, "backup-entry",
		_("%s does not belong into a backup repository"), path);
	return error_next(error, _("What a repository holds is described in docs/backup.md."));
}

int directory_unreadable(const char *path, int errnum, struct error *error)
{
	return error_set(error, ERROR_FAILED, errnum, "backup-unreadable",
		_("%s cannot be read: %s"), path, strerror(errnum));
}

int directory_open_folder(int parent, const char *name, const char *path, struct error *error)
{
	struct stat status;
	int descriptor =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (descriptor >= 0)
		return descriptor;
	int errnum = errno;
	if (errnum == ENOENT)
		return -ENOENT;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISLNK(status.st_mode))
			return directory_is_link(path, error);
		if (!S_ISDIR(status.st_mode))
			return directory_is_strange(path, error);
	}
	return directory_unreadable(path, errnum, error);
}

static int read_all(int descriptor, const char *path, struct buffer *ret, struct error *error)
{
	for (;;) {
		char piece[16 * KIB];
		ssize_t got = read(descriptor, piece, sizeof(piece));
		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return directory_unreadable(path, errno, error);
		int r = buffer_append(ret, piece, (size_t)got);
		if (r < 0)
			return directory_unreadable(path, r == -EOVERFLOW ? EFBIG : -r, error);
	}
}

int directory_read_file(
	int folder, const char *name, const char *path, struct buffer *ret, struct error *error)
{
	struct stat status;
	AUTO_FD int descriptor =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (descriptor < 0 && errno == ENOENT)
		return -ENOENT;
	if (descriptor < 0 && errno == ELOOP)
		return directory_is_link(path, error);
	if (descriptor < 0 || fstat(descriptor, &status) < 0)
		return directory_unreadable(path, errno, error);
	if (!S_ISREG(status.st_mode))
		return directory_is_strange(path, error);
	return read_all(descriptor, path, ret, error);
}

/* -- everything in a folder -- */

static void cleanup_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

/* The next name that is no dot; "" behind the last. */
static int next_name(DIR *directory, const char **ret)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(directory);
		if (!entry) {
			*ret = "";
			return -errno;
		}
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*ret = entry->d_name;
		return 0;
	}
}

int directory_each(
	int folder, const char *path, directory_visit *visit, void *context, struct error *error)
{
	/* A descriptor of its own, so that it begins at the beginning. */
	AUTO_FD int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(cleanup_directory) DIR *directory = again >= 0 ? fdopendir(again) : NULL;
	if (!directory)
		return directory_unreadable(path, errno, error);
	again = -1; /* the directory's now */
	for (;;) {
		char inner[PATH_SIZE];
		struct stat status;
		const char *name;
		int r = next_name(directory, &name);
		if (r < 0)
			return directory_unreadable(path, -r, error);
		if (*name == '\0')
			return 0;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, name);
		if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return directory_unreadable(inner, errno, error);
		r = visit(context, name, inner, &status, error);
		if (r != 0)
			return r;
	}
}
