/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates that were exported beside the ledger: each must be named by a record, with its digest. Of a
 * file only half of the digest of its name is kept. */
#include "verify/ledger/ledger_parts.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "certificates"
#define SUFFIX ".json"
#define NAME_BYTES 16
#define NAME_MAX_BYTES 200
#define FIRST_CAPACITY 64

struct file {
	uint8_t name[NAME_BYTES]; /* of the SHA-256 of its name without .json */
	uint64_t named;           /* by so many records */
};

struct ledger_certificates {
	char folder[LEDGER_PATH_BYTES];
	struct file *files; /* owned; by name */
	size_t count, capacity;
};

struct ledger_certificates *ledger_certificates_close(struct ledger_certificates *certificates)
{
	if (certificates)
		free(certificates->files);
	free(certificates);
	return NULL;
}

static int compare_files(const void *a, const void *b)
{
	return memcmp(((const struct file *)a)->name, ((const struct file *)b)->name, NAME_BYTES);
}

static int digest_of(const char *name, size_t length, uint8_t ret[static NAME_BYTES])
{
	uint8_t digest[SHA256_BYTES];
	int r = digest_sha256(name, length, digest);
	if (r == 0)
		memcpy(ret, digest, NAME_BYTES);
	return r;
}

static int add_file(struct ledger_certificates *certificates, const char *name, size_t length)
{
	if (certificates->count == certificates->capacity) {
		size_t capacity =
			certificates->capacity ? certificates->capacity * 2 : FIRST_CAPACITY;
		struct file *files = reallocarray(certificates->files, capacity, sizeof(*files));
		if (!files)
			return -ENOMEM;
		certificates->files = files;
		certificates->capacity = capacity;
	}
	struct file *file = &certificates->files[certificates->count];
	*file = (struct file){ 0 };
	int r = digest_of(name, length, file->name);
	if (r == 0)
		certificates->count++;
	return r;
}

/* Length of the name without .json; 0: no certificate. */
static size_t certificate_name(const char *file)
{
	size_t length = strlen(file);
	const size_t suffix = strlen(SUFFIX);
	if (file[0] == '.' || length <= suffix || strcmp(file + length - suffix, SUFFIX) != 0)
		return 0;
	return length - suffix;
}

static int each_file(struct ledger_certificates *certificates,
	int (*take)(struct ledger_certificates *, const char *name, size_t length, void *context),
	void *context, struct error *error)
{
	int r = 0;
	DIR *folder = opendir(certificates->folder);
	if (!folder && errno == ENOENT)
		return 0;
	if (!folder)
		return error_set(error, ERROR_FAILED, errno, "file-open", _("Cannot open %s: %s"),
			certificates->folder, strerror(errno));
	errno = 0;
	for (struct dirent *entry = readdir(folder); entry && r == 0; entry = readdir(folder)) {
		size_t length = certificate_name(entry->d_name);
		if (length > 0)
			r = take(certificates, entry->d_name, length, context);
		errno = 0;
	}
	if (r == 0 && errno != 0)
		r = error_set(error, ERROR_FAILED, errno, "file-read", _("Cannot read %s: %s"),
			certificates->folder, strerror(errno));
	(void)closedir(folder);
	return r;
}

static int take_file(
	struct ledger_certificates *certificates, const char *name, size_t length, void *context)
{
	(void)context;
	return add_file(certificates, name, length);
}

int ledger_certificates_open(
	const char *folder, struct ledger_certificates **ret, struct error *error)
{
	struct ledger_certificates *certificates = calloc(1, sizeof(*certificates));
	if (!certificates)
		return error_no_memory(error);
	int r = 0;
	if ((size_t)snprintf(certificates->folder, sizeof(certificates->folder), "%s/" FOLDER,
		    folder) >= sizeof(certificates->folder))
		r = error_set(error, ERROR_USAGE, ENAMETOOLONG, "ledger-folder",
			_("The path is too long: %s"), folder);
	if (r == 0)
		r = each_file(certificates, take_file, NULL, error);
	if (r == -ENOMEM)
		r = error_no_memory(error);
	if (r < 0 || certificates->count == 0) {
		(void)ledger_certificates_close(certificates);
		*ret = NULL;
		return r;
	}
	qsort(certificates->files, certificates->count, sizeof(*certificates->files),
		compare_files);
	*ret = certificates;
	return 0;
}

static struct file *find_file(
	struct ledger_certificates *certificates, const char *name, size_t length)
{
	struct file wanted;
	if (digest_of(name, length, wanted.name) < 0)
		return NULL;
	return bsearch(&wanted, certificates->files, certificates->count,
		sizeof(*certificates->files), compare_files);
}

/* It is in the folder, so the name is that of a file and leads nowhere else. */
static int compare_file(struct ledger_certificates *certificates, const char *name,
	const char *sha256, struct ledger_report *report, struct error *error)
{
	AUTO_BUFFER struct buffer json = BUFFER_INIT(JSON_MAX_BYTES);
	char path[LEDGER_PATH_BYTES + NAME_MAX_BYTES];
	char found[SHA256_HEX_SIZE];
	snprintf(path, sizeof(path), "%s/%.*s" SUFFIX, certificates->folder, NAME_MAX_BYTES - 10,
		name);
	int r = file_read(path, &json, error);
	if (r < 0)
		return ledger_fault(report, LEDGER_CERTIFICATES, error);
	r = digest_sha256_hex(buffer_text(&json), json.length, found);
	if (r < 0)
		return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
	if (strcmp(found, sha256) == 0) {
		report->certificates++;
		return 0;
	}
	error_set(error, ERROR_FAILED, EBADMSG, "certificate-differs",
		_("The certificate %s is not the one that was written into the ledger."), name);
	return ledger_fault(report, LEDGER_CERTIFICATES, error);
}

int ledger_certificates_take(struct ledger_certificates *certificates, const struct record *record,
	struct ledger_report *report, struct error *error)
{
	if (record->kind != RECORD_CERTIFICATE && record->kind != RECORD_TENANT)
		return 0;
	const char *name = json_string_value(json_object_get(record->body, "name"));
	const char *sha256 = json_string_value(json_object_get(record->body, "sha256"));
	if (!name || !sha256 || strlen(name) > NAME_MAX_BYTES - 10 || strchr(name, '/'))
		return 0;
	struct file *file = find_file(certificates, name, strlen(name));
	if (!file)
		return 0;
	file->named++;
	return compare_file(certificates, name, sha256, report, error);
}

struct unrecorded {
	struct ledger_report *report;
	struct error *error;
};

static int name_unrecorded(
	struct ledger_certificates *certificates, const char *name, size_t length, void *context)
{
	struct unrecorded *unrecorded = context;
	const struct file *file = find_file(certificates, name, length);
	if (file && file->named > 0)
		return 0;
	error_set(unrecorded->error, ERROR_FAILED, EBADMSG, "certificate-unrecorded",
		_("The certificate %.*s is not in the ledger: no record names it."), (int)length,
		name);
	return ledger_fault(unrecorded->report, LEDGER_CERTIFICATES, unrecorded->error);
}

int ledger_certificates_end(
	struct ledger_certificates *certificates, struct ledger_report *report, struct error *error)
{
	struct unrecorded unrecorded = { report, error };
	int r = each_file(certificates, name_unrecorded, &unrecorded, error);
	return r < 0 && error->kind != ERROR_NONE ? ledger_fault(report, LEDGER_CERTIFICATES, error)
						  : r;
}
