/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From SQLite's result codes to the codes of store.h. A full disk shows itself in several ways; all
 * must be told as the same one. */
#include "inventory/store/store_sqlite_error.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static int missing(const char *path, struct error *error)
{
	int r = error_set(
		error, ERROR_FAILED, ENOENT, "store-missing", _("There is no store at %s"), path);
	error_next(error, _("Run \"haiki inventory scan\" to make it, or correct \"database\" in "
			    "the configuration."));
	return r;
}

static int full(const char *path, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, ENOSPC, "store-full",
		_("The store %s cannot grow: the disk it is on is full"), path);
	error_next(error, _("Make room on that disk and run the command again. What was recorded "
			    "before is still there."));
	return r;
}

static int read_only(const char *path, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, EROFS, "store-read-only",
		_("The store %s cannot be written"), path);
	error_next(error, _("Mount its file system writable, or run the command as the user who "
			    "owns the store."));
	return r;
}

static int busy(const char *path, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, EBUSY, "store-busy",
		_("The store %s is kept locked by another process"), path);
	error_next(error,
		_("Wait for the other command to end and try again; \"fuser -v %s\" "
		  "shows who it is."),
		path);
	return r;
}

static int corrupt(const char *path, const char *detail, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, EBADMSG, "store-corrupt",
		_("The store %s is damaged or is no store of haiki: %s"), path, detail);
	error_next(
		error, _("Nothing was changed. Restore the file from a backup, or move it away "
			 "and scan again. Certificates already exported stay valid without it."));
	return r;
}

static int cannot_open(const char *path, int errnum, const char *detail, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, errnum, "store-open",
		_("Cannot open the store \"%s\": %s"), path, detail);
	error_next(error, _("Check \"database\" in the configuration and the rights on that path; "
			    "most commands need root (sudo)."));
	return r;
}

static int failed(const char *path, int errnum, const char *detail, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, errnum, "store-failed",
		_("The store %s could not do its work: %s"), path, detail);
	error_next(error, _("What was recorded before is still there. Look at the system log for "
			    "errors of the disk it is on, then run the command again."));
	return r;
}

int sqlite_error_make(const char *path, int errnum, struct error *error)
{
	if (errnum == ENOENT)
		return cannot_open(path, errnum, strerror(errnum), error);
	return sqlite_error_file(path, errnum, error);
}

int sqlite_error_file(const char *path, int errnum, struct error *error)
{
	switch (errnum) {
	case ENOENT:
		return missing(path, error);
	case ENOSPC:
	case EDQUOT:
		return full(path, error);
	case EROFS:
		return read_only(path, error);
	case ENOMEM:
		return error_no_memory(error);
	case EINVAL:
		return cannot_open(path, errnum, _("it is no regular file"), error);
	default:
		return cannot_open(path, errnum, strerror(errnum), error);
	}
}

/* The errno behind a failed system call. SQLite keeps the last one for ever, so it is asked only
 * after results that come from a system call. */
static int system_errno(sqlite3 *database)
{
	return database ? sqlite3_system_errno(database) : 0;
}

static bool is_full(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT;
}

int sqlite_error(sqlite3 *database, const char *path, int result, struct error *error)
{
	const char *detail = sqlite3_errstr(result);
	if (database && (sqlite3_errcode(database) & 0xff) == (result & 0xff))
		detail = sqlite3_errmsg(database);
	int errnum = system_errno(database);
	switch (result & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return busy(path, error);
	case SQLITE_FULL:
		return full(path, error);
	case SQLITE_READONLY:
		return read_only(path, error);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return corrupt(path, detail, error);
	case SQLITE_NOMEM:
		return error_no_memory(error);
	case SQLITE_IOERR:
		if (result == SQLITE_IOERR_NOMEM)
			return error_no_memory(error);
		if (result == SQLITE_IOERR_CORRUPTFS)
			return corrupt(path, detail, error);
		if (is_full(errnum))
			return full(path, error);
		if (errnum == EROFS)
			return read_only(path, error);
		return failed(path, EIO, errnum ? strerror(errnum) : detail, error);
	case SQLITE_CANTOPEN:
		if (is_full(errnum))
			return full(path, error);
		if (errnum == EROFS)
			return read_only(path, error);
		return cannot_open(
			path, errnum ? errnum : EIO, errnum ? strerror(errnum) : detail, error);
	default:
		return failed(path, EIO, detail, error);
	}
}
