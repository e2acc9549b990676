/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading with a maximum, replacing as a whole, and the checks on what is found in the way. */
#include "base/file.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define READ_CHUNK_BYTES 16384

/* -errno, 0 at the end of the file, or the number of bytes. */
static ssize_t read_some(int fd, void *data, size_t size)
{
	ssize_t count;

	do {
		count = read(fd, data, size);
	} while (count < 0 && errno == EINTR);
	return count < 0 ? -errno : count;
}

int file_advise(int result, struct error *error)
{
	if (error && (result == -EACCES || result == -EPERM))
		return error_next(error, _("Run haiki as root, for example with sudo."));
	if (error && (result == -ENOENT || result == -ENOTDIR))
		return error_next(error, _("Look whether the path is right."));
	return result;
}

static int read_rest(int fd, const char *path, struct buffer *buffer, struct error *error)
{
	char chunk[READ_CHUNK_BYTES];

	for (;;) {
		ssize_t count = read_some(fd, chunk, sizeof(chunk));
		if (count < 0)
			return error_set(error, ERROR_FAILED, (int)count, "file-read",
				_("Cannot read %s: %s"), path, strerror((int)-count));
		if (count == 0)
			return 0;
		int result = buffer_append(buffer, chunk, (size_t)count);
		if (result == -EOVERFLOW)
			return error_set(error, ERROR_FAILED, EFBIG, "file-too-large",
				_("%s is larger than the %zu bytes that are accepted"), path,
				buffer->limit_bytes);
		if (result < 0)
			return error_no_memory(error);
	}
}

int file_read(const char *path, struct buffer *buffer, struct error *error)
{
	struct stat status;
	size_t length_before = buffer->length;

	/* Not blocking: opening a pipe without a writer would wait for ever. */
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0) {
		int errnum = errno;
		return file_advise(error_set(error, ERROR_FAILED, errnum, "file-open",
					   _("Cannot open %s: %s"), path, strerror(errnum)),
			error);
	}
	if (!S_ISREG(status.st_mode))
		return error_set(error, ERROR_FAILED, EINVAL, "file-not-regular",
			_("%s is not a regular file"), path);
	int result = read_rest(fd, path, buffer, error);
	if (result < 0 && buffer->data) {
		buffer->length = length_before;
		buffer->data[length_before] = '\0';
	}
	return result;
}

/* Fill data as far as the file goes; the number of bytes or -errno. */
static ssize_t read_up_to(int fd, char *data, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t count = read_some(fd, data + length, size - length);
		if (count < 0)
			return count;
		if (count == 0)
			break;
		length += (size_t)count;
	}
	return (ssize_t)length;
}

int file_read_line(const char *path, char *ret, size_t size)
{
	char text[4096]; /* a sysfs attribute is never larger than a page */

	if (size == 0)
		return -EINVAL;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	ssize_t count = read_up_to(fd, text, MIN(size - 1, sizeof(text) - 1));
	if (count < 0)
		return (int)count;
	text[count] = '\0';
	size_t length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	memcpy(ret, text, length);
	ret[length] = '\0';
	return 0;
}

/* Where a file is to be written, and the name it has until it is whole. */
struct replacement {
	int folder_fd;
	const char *name; /* within the folder; borrowed from the path */
	char temporary[32];
};

static int open_folder_of(const char *path, struct replacement *replacement)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";

	replacement->name = slash ? slash + 1 : path;
	if (*replacement->name == '\0')
		return -EISDIR;
	/* "/name" lies in "/": there the slash is the folder. */
	size_t length = slash ? (size_t)MAX(slash - path, (ptrdiff_t)1) : 0;
	if (length >= sizeof(folder))
		return -ENAMETOOLONG;
	if (length > 0) {
		memcpy(folder, path, length);
		folder[length] = '\0';
	}
	replacement->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return replacement->folder_fd < 0 ? -errno : 0;
}

/* Renaming over a device node or a link would destroy it without changing what is behind it. */
static int check_target(const struct replacement *replacement)
{
	struct stat status;

	if (fstatat(replacement->folder_fd, replacement->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

static int create_temporary(struct replacement *replacement)
{
	for (int attempt = 0; attempt < 100; attempt++) {
		uint8_t random[8];
		char digits[2 * sizeof(random) + 1];
		int result = random_bytes(random, sizeof(random));
		if (result < 0)
			return result;
		hex_encode(random, sizeof(random), digits);
		(void)snprintf(replacement->temporary, sizeof(replacement->temporary),
			".haiki-%s.tmp", digits);
		int fd = openat(replacement->folder_fd, replacement->temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, data, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? -errno : -EIO;
		data += count;
		length -= (size_t)count;
	}
	return 0;
}

/* Always closes fd: what close() says belongs to the result. */
static int fill_and_close(int fd, const void *data, size_t length, mode_t mode)
{
	int result = write_all(fd, data, length);
	if (result == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		result = -errno;
	if (close(fd) < 0 && result == 0)
		result = -errno;
	return result;
}

static int replace(struct replacement *replacement, const void *data, size_t length, mode_t mode)
{
	int result = check_target(replacement);
	if (result < 0)
		return result;
	int fd = create_temporary(replacement);
	if (fd < 0)
		return fd;
	result = fill_and_close(fd, data, length, mode);
	if (result == 0 && renameat(replacement->folder_fd, replacement->temporary,
				   replacement->folder_fd, replacement->name) < 0)
		result = -errno;
	if (result < 0) {
		/* The first error is the one to tell; a leftover is only untidy. */
		(void)unlinkat(replacement->folder_fd, replacement->temporary, 0);
		return result;
	}
	return fsync(replacement->folder_fd) < 0 ? -errno : 0;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *error)
{
	struct replacement replacement = { .folder_fd = -1 };

	int result = open_folder_of(path, &replacement);
	if (result == 0)
		result = replace(&replacement, data, length, mode);
	cleanup_fd(&replacement.folder_fd);
	if (result == 0)
		return 0;
	if (result == -EINVAL)
		return error_set(error, ERROR_FAILED, EINVAL, "file-not-regular",
			_("Cannot write %s: it exists and is not a regular file"), path);
	result = error_set(error, ERROR_FAILED, -result, "file-write", _("Cannot write %s: %s"),
		path, strerror(-result));
	if (result == -ENOSPC || result == -EDQUOT)
		(void)error_next(error, _("Make room on its filesystem, then run this again."));
	return result;
}

/* 0 also when the folder was there; then its mode is left alone. */
static int make_one_folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode & 0700) < 0) {
		struct stat status;
		int errnum = errno;
		if (errnum != EEXIST && errnum != EISDIR && errnum != EROFS)
			return -errnum;
		if (stat(path, &status) < 0)
			return -errnum;
		return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
	}
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return -errno;
	return 0;
}

int file_make_folder(const char *path, mode_t mode, struct error *error)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	int result = 0;

	if (length == 0)
		result = -ENOENT;
	if (length >= sizeof(part))
		result = -ENAMETOOLONG;
	/* Each "/" ends the name of a parent; the end of the text ends the folder's own. */
	for (size_t i = 1; i <= length && result == 0; i++) {
		if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		result = make_one_folder(part, mode);
	}
	if (result < 0)
		return file_advise(
			error_set(error, ERROR_FAILED, -result, "folder-make",
				_("Cannot make the folder %s: %s"), path, strerror(-result)),
			error);
	return 0;
}

int file_check_secret(const char *path, struct error *error)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		int errnum = errno;
		return file_advise(
			error_set(error, ERROR_FAILED, errnum, "secret-open",
				_("Cannot open the secret file %s: %s"), path, strerror(errnum)),
			error);
	}
	if (!S_ISREG(status.st_mode))
		return error_set(error, ERROR_REFUSED, EPERM, "secret-not-regular",
			_("The secret file %s is not a regular file"), path);
	if (status.st_uid != 0 && status.st_uid != geteuid()) {
		(void)error_set(error, ERROR_REFUSED, EPERM, "secret-owner",
			_("The secret file %s belongs to somebody else (user %u)"), path,
			(unsigned int)status.st_uid);
		(void)error_next(error, _("Run: chown root %s"), path);
		return -EPERM;
	}
	if (status.st_mode & (S_IRWXG | S_IRWXO)) {
		(void)error_set(error, ERROR_REFUSED, EPERM, "secret-mode",
			_("The secret file %s is open to others (mode %04o)"), path,
			(unsigned int)(status.st_mode & 07777));
		(void)error_next(error, _("Run: chmod 600 %s"), path);
		return -EPERM;
	}
	return 0;
}
