/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder that is replaced as a whole: the new one is made beside it under a name of its own, and the two
 * change places in one step. */
#include "base/file.h"
#include "base/text.h"
#include "reports/site/site_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* What says that a folder is ours; its content is checked by its beginning. */
#define MARKER "site.json"
#define MARKER_TEXT "{\"format\":\"haiki-site\",\"format_version\":1}"
/* What may stand beside it. */
static const char *const ours[] = { MARKER, "index.html", "ca.crt", "ledger.vkey", "site", "list",
	"c", "certificates" };

struct site_folder {
	/* Old and new are locked as long as they are open, so that nobody takes for left over what is about to be
	 * removed. */
	int parent, old, new; /* fds; old -1: there is none yet */
	char path[PATH_MAX];
	char name[NAME_MAX + 1];     /* of the site in its parent */
	char new_name[NAME_MAX + 1]; /* ".NAME.haiki-new": the new one, then the old one */
	bool begun;                  /* the new one is, and is ours to remove */
};

static int failed(const struct site_folder *folder, int errnum, struct error *error)
{
	int result = error_set(error, ERROR_FAILED, errnum, "site-write",
		_("The site %s cannot be written: %s"), folder->path, strerror(errnum));
	return errnum == ENOSPC || errnum == EDQUOT
		       ? error_next(error, _("The site is as it was. Make room and run it again."))
		       : file_advise(result, error);
}

static int foreign(const char *path, const char *name, struct error *error)
{
	(void)error_set(error, ERROR_REFUSED, EEXIST, "site-foreign",
		_("%s is no site of haiki (%s), and nothing in it was touched"), path, name);
	return error_next(error, _("Name a folder that is empty or not there yet."));
}

/* -- looking -- */

static bool marked(int folder)
{
	char text[sizeof(MARKER_TEXT)] = "";
	AUTO_FD int fd = openat(folder, MARKER, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text)) == (ssize_t)strlen(MARKER_TEXT) &&
	       memcmp(text, MARKER_TEXT, strlen(MARKER_TEXT)) == 0;
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strcmp(ours[i], name) == 0)
			return true;
	return false;
}

/* Empty, or marked and holding nothing but what we put there: 0. fd is borrowed. named: it bears the name that is
 * ours alone, and who was killed in it may have left no mark. */
static int check_ours(int fd, const char *path, bool named, struct error *error)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
	if (!entries) {
		int errnum = errno;
		if (copy >= 0)
			(void)close(copy);
		return error_set(error, ERROR_FAILED, errnum, "site-read",
			_("The folder %s cannot be read: %s"), path, strerror(errnum));
	}
	bool good = named || marked(fd);
	int result = 0;
	const struct dirent *entry;
	while (result == 0 && (errno = 0, entry = readdir(entries)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!good || !is_ours(entry->d_name))
			result = foreign(path, entry->d_name, error);
	}
	if (result == 0 && errno != 0)
		result = error_set(error, ERROR_FAILED, errno, "site-read",
			_("The folder %s cannot be read: %s"), path, strerror(errno));
	(void)closedir(entries);
	return result;
}

/* -- removing -- */

static int remove_at(int parent, const char *name, unsigned depth);

static int remove_entries(int fd, unsigned depth)
{
	DIR *entries = fdopendir(fd); /* takes fd */
	if (!entries) {
		int errnum = errno;
		(void)close(fd);
		return -errnum;
	}
	int result = 0;
	const struct dirent *entry;
	while (result == 0 && (errno = 0, entry = readdir(entries)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = remove_at(dirfd(entries), entry->d_name, depth);
	if (result == 0 && errno != 0)
		result = -errno;
	(void)closedir(entries);
	return result;
}

/* A file, or a folder of at most so many levels. Links are removed, never followed. */
static int remove_at(int parent, const char *name, unsigned depth)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || depth == 0)
		return -errno;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int result = remove_entries(fd, depth - 1);
	return result == 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0 ? -errno : result;
}

/* Site, its folders, their files. */
#define SITE_DEPTH 2

/* -- beginning -- */

static int split_path(const char *path, struct site_folder *folder, struct error *error)
{
	char parent[PATH_MAX];
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	const char *slash = memrchr(path, '/', length);
	const char *name = slash ? slash + 1 : path;
	size_t name_length = (size_t)(path + length - name);
	/* Its neighbour's name has twelve characters more. */
	if (length >= sizeof(parent) || name_length == 0 || name_length + 12 > NAME_MAX ||
		strncmp(name, ".", name_length) == 0 || strncmp(name, "..", name_length) == 0)
		return error_set(error, ERROR_USAGE, EINVAL, "site-path",
			_("\"%s\" cannot be the folder of a site"), path);
	(void)snprintf(folder->path, sizeof(folder->path), "%.*s", (int)length, path);
	(void)snprintf(folder->name, sizeof(folder->name), "%.*s", (int)name_length, name);
	(void)snprintf(folder->new_name, sizeof(folder->new_name), ".%.*s.haiki-new",
		(int)name_length, name);
	if (slash)
		(void)snprintf(parent, sizeof(parent), "%.*s",
			slash == path ? 1 : (int)(slash - path), path);
	folder->parent = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder->parent >= 0 ? 0 : failed(folder, errno, error);
}

static int lock(const struct site_folder *folder, int fd, struct error *error)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return error_set(error, ERROR_WAITING, EBUSY, "site-busy",
		_("Another process is writing the site %s"), folder->path);
}

static int look_at_old(struct site_folder *folder, struct error *error)
{
	folder->old = openat(
		folder->parent, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->old < 0 && errno == ENOENT)
		return 0;
	if (folder->old < 0 && (errno == ENOTDIR || errno == ELOOP))
		return foreign(folder->path, _("it is no folder"), error);
	if (folder->old < 0)
		return failed(folder, errno, error);
	int result = lock(folder, folder->old, error);
	return result == 0 ? check_ours(folder->old, folder->path, false, error) : result;
}

/* What an earlier process left there when it was killed is removed; the lock tells that it lives no more. */
static int make_new(struct site_folder *folder, struct error *error)
{
	if (mkdirat(folder->parent, folder->new_name, 0755) != 0 && errno != EEXIST)
		return failed(folder, errno, error);
	folder->new = openat(
		folder->parent, folder->new_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->new < 0)
		return failed(folder, errno, error);
	int result = lock(folder, folder->new, error);
	if (result == 0)
		result = check_ours(folder->new, folder->new_name, true, error);
	if (result != 0)
		return result;
	folder->begun = true;
	int copy = openat(folder->new, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = copy < 0 ? -errno : remove_entries(copy, SITE_DEPTH - 1);
	return result == 0 ? 0 : failed(folder, -result, error);
}

int site_folder_begin(const char *path, struct site_folder **ret, struct error *error)
{
	CLEANUP(cleanup_site_folder_drop) struct site_folder *folder = calloc(1, sizeof(*folder));
	if (!folder)
		return error_no_memory(error);
	folder->parent = folder->old = folder->new = -1;
	int result = split_path(path, folder, error);
	if (result == 0)
		result = look_at_old(folder, error);
	if (result == 0)
		result = make_new(folder, error);
	/* From here on it can be told for ours, whatever happens to us. */
	if (result == 0)
		result = site_folder_write(folder, MARKER, MARKER_TEXT, strlen(MARKER_TEXT), error);
	if (result != 0)
		return result;
	*ret = folder;
	folder = NULL;
	return 0;
}

/* -- filling -- */

int site_folder_make(struct site_folder *folder, const char *name, struct error *error)
{
	return mkdirat(folder->new, name, 0755) == 0 && fchmodat(folder->new, name, 0755, 0) == 0
		       ? 0
		       : failed(folder, errno, error);
}

int site_folder_write(struct site_folder *folder, const char *name, const void *data, size_t length,
	struct error *error)
{
	const char *at = data;
	int fd = openat(
		folder->new, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return failed(folder, errno, error);
	int errnum = 0;
	while (errnum == 0 && length > 0) {
		ssize_t written = write(fd, at, length);
		if (written > 0) {
			at += written;
			length -= (size_t)written;
		} else if (written == 0 || errno != EINTR) {
			errnum = written == 0 ? EIO : errno;
		}
	}
	/* Read by others, whatever the umask. */
	if (errnum == 0 && fchmod(fd, 0644) != 0)
		errnum = errno;
	if (close(fd) != 0 && errnum == 0)
		errnum = errno;
	return errnum == 0 ? 0 : failed(folder, errnum, error);
}

/* -- finishing -- */

static int change_places(struct site_folder *folder)
{
	unsigned how = folder->old >= 0 ? RENAME_EXCHANGE : RENAME_NOREPLACE;
	if (renameat2(folder->parent, folder->new_name, folder->parent, folder->name, how) != 0)
		return -errno;
	folder->begun = false;
	return fsync(folder->parent) == 0 ? 0 : -errno;
}

int site_folder_finish(struct site_folder *folder, struct error *error)
{
	/* All of its files, before anybody can find them. */
	if (fchmod(folder->new, 0755) != 0 || syncfs(folder->new) != 0)
		return failed(folder, errno, error);
	int result = change_places(folder);
	if (result == -EINVAL || result == -ENOSYS) {
		(void)error_set(error, ERROR_UNSUPPORTED, -result, "site-exchange",
			_("On the file system of %s two folders cannot change places"),
			folder->path);
		return error_next(error, _("Write the site into a folder that is not there yet."));
	}
	if (result != 0)
		return failed(folder, -result, error);
	/* The old one bears that name now; where there was none, it may be another process's. */
	if (folder->old >= 0)
		result = remove_at(folder->parent, folder->new_name, SITE_DEPTH);
	return result == 0 ? 0 : failed(folder, -result, error);
}

struct site_folder *site_folder_drop(struct site_folder *folder)
{
	if (!folder)
		return NULL;
	/* What cannot be removed now is removed by the next run. */
	if (folder->begun)
		(void)remove_at(folder->parent, folder->new_name, SITE_DEPTH);
	if (folder->old >= 0)
		(void)close(folder->old);
	if (folder->new >= 0)
		(void)close(folder->new);
	if (folder->parent >= 0)
		(void)close(folder->parent);
	free(folder);
	return NULL;
}
