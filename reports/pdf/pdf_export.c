/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.pdf in the folder of certificates: made when it is missing or older than what it shows. */
#include "reports/pdf/pdf_export.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "reports/pdf/pdf_parts.h"
#include "verify/ledger/proof.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_MAX_BYTES 127 /* what struct pdf_document takes */

static int make_path(char ret[static PATH_MAX], const char *folder, const char *name,
	const char *ending, struct error *error)
{
	int length = snprintf(ret, PATH_MAX, "%s/%s%s", folder, name, ending);
	if (length > 0 && length < PATH_MAX && strlen(name) <= NAME_MAX_BYTES)
		return 0;
	return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
		_("The path of the folder %s is too long"), folder);
}

static int read_part(const char *folder, const char *name, const char *ending, struct buffer *ret,
	struct error *error)
{
	char path[PATH_MAX];
	int result = make_path(path, folder, name, ending, error);
	return result == 0 ? file_read(path, ret, error) : result;
}

/* --- what is there --- */

static bool is_run(const struct pdf_run *run, const void *data, size_t length)
{
	return run->length == length && (length == 0 || memcmp(run->at, data, length) == 0);
}

static int differs(const char *path, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, EEXIST, "certificate-differs",
		_("%s is there already with another content, and nothing was written"), path);
	return error_next(
		error, _("Keep that file for an inquiry and export into another folder."));
}

/* Is it a PDF of this document by us, untouched? */
static bool is_ours(const struct pdf_document *document, const struct pdf_source *source,
	const struct keys *keys)
{
	char sha256[SHA256_HEX_SIZE];
	struct clock_reading now;
	clock_read(&now);
	return strcmp(document->name, source->name) == 0 &&
	       is_run(&document->json, source->json, source->json_length) &&
	       digest_sha256_hex(source->json, source->json_length, sha256) == 0 &&
	       strcmp(document->sha256, sha256) == 0 &&
	       pdf_check_signature(document, keys, now.utc_ms, NULL) == 0;
}

/* 1: it carries just these files; 0: it is missing, or of earlier forms of them. */
static int look(const char *path, const struct pdf_source *source, const struct keys *keys,
	struct error *error)
{
	AUTO_BUFFER struct buffer found = BUFFER_INIT(PDF_MAX_BYTES);
	AUTO_PDF struct pdf_document document = { 0 };
	struct error reading = { 0 };
	int result = file_read(path, &found, &reading);
	if (result == -ENOENT)
		return 0;
	if (result == -EFBIG)
		return differs(path, error);
	if (result != 0) {
		if (error)
			*error = reading;
		return result;
	}
	if (pdf_read((const uint8_t *)found.data, found.length, &document, NULL) != 0 ||
		!is_ours(&document, source, keys))
		return differs(path, error);
	return is_run(&document.p7s, source->p7s, source->p7s_length) &&
	       is_run(&document.proof, source->proof, source->proof_length);
}

/* --- making it --- */

static int write_pdf(const char *path, const struct pdf_source *source, const struct keys *keys,
	struct timestamp_authority *authority, struct pdf_notes *ret_notes, struct error *error)
{
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(PDF_MAX_BYTES);
	int result = pdf_write(source, keys, authority, &pdf, ret_notes, error);
	return result == 0 ? file_write(path, pdf.data, pdf.length, 0644, error) : result;
}

int pdf_export(const char *folder, const char *name, const struct keys *keys,
	struct timestamp_authority *authority, struct pdf_notes *ret_notes, bool *ret_made,
	struct error *error)
{
	AUTO_BUFFER struct buffer json = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_BUFFER struct buffer p7s = BUFFER_INIT(DETACHED_MAX_BYTES);
	AUTO_BUFFER struct buffer proof = BUFFER_INIT(PROOF_MAX_BYTES);
	struct pdf_notes notes = { 0 };
	char path[PATH_MAX];
	int result = make_path(path, folder, name, ".pdf", error);
	if (result == 0)
		result = read_part(folder, name, ".json", &json, error);
	if (result == 0)
		result = read_part(folder, name, ".p7s", &p7s, error);
	if (result != 0)
		return result;
	struct error no_proof = { 0 };
	result = read_part(folder, name, ".proof", &proof, &no_proof);
	if (result != 0 && result != -ENOENT) {
		if (error)
			*error = no_proof;
		return result;
	}
	const struct pdf_source source = { .name = name,
		.json = json.data,
		.json_length = json.length,
		.p7s = (const uint8_t *)p7s.data,
		.p7s_length = p7s.length,
		.proof = proof.length > 0 ? proof.data : NULL,
		.proof_length = proof.length };
	int there = look(path, &source, keys, error);
	if (there < 0)
		return there;
	result = there ? 0 : write_pdf(path, &source, keys, authority, &notes, error);
	if (result != 0)
		return result;
	if (ret_notes)
		*ret_notes = notes;
	if (ret_made)
		*ret_made = !there;
	return 0;
}

/* --- all of a folder --- */

static bool is_later(const struct stat *one, const struct stat *other)
{
	if (one->st_mtim.tv_sec != other->st_mtim.tv_sec)
		return one->st_mtim.tv_sec > other->st_mtim.tv_sec;
	return one->st_mtim.tv_nsec > other->st_mtim.tv_nsec;
}

/* Has it no PDF, or one that may be of an earlier form? Whether it is, its content says. */
static bool may_lack(int folder, const char *name)
{
	static const char *const parts[] = { ".p7s", ".proof" };
	char file[NAME_MAX_BYTES + 8];
	struct stat pdf, part;
	(void)snprintf(file, sizeof(file), "%s.pdf", name);
	if (fstatat(folder, file, &pdf, 0) != 0)
		return errno == ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", name, parts[i]);
		if (fstatat(folder, file, &part, 0) == 0 && is_later(&part, &pdf))
			return true;
	}
	return false;
}

/* Names of the folder's certificates; those of temporary files begin with a dot. */
static int is_certificate(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 5 && length <= NAME_MAX_BYTES + 5 && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + length - 5, ".json") == 0;
}

struct pass {
	const char *folder;
	const struct keys *keys;
	struct timestamp_authority *authority;
	size_t most, tried, made;
	int first;
};

static void export_one(struct pass *pass, int folder, char *file, struct error *error)
{
	struct error one = { 0 };
	bool made = false;
	file[strlen(file) - 5] = '\0';
	if (pass->tried == pass->most || !may_lack(folder, file))
		return;
	pass->tried++;
	int result = pdf_export(pass->folder, file, pass->keys, pass->authority, NULL, &made, &one);
	pass->made += made;
	if (result != 0 && pass->first == 0) {
		pass->first = result;
		if (error)
			*error = one;
	}
}

int pdf_export_missing(const char *folder, size_t most, const struct keys *keys,
	struct timestamp_authority *authority, size_t *ret_count, struct error *error)
{
	struct pass pass = { folder, keys, authority, most, 0, 0, 0 };
	struct dirent **entries = NULL;
	*ret_count = 0;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int count = fd < 0 ? -1 : scandirat(fd, ".", &entries, is_certificate, alphasort);
	if (count < 0) {
		int why = errno;
		if (fd >= 0)
			(void)close(fd);
		return error_set(error, ERROR_FAILED, why, "folder-unreadable",
			_("The folder %s cannot be read: %s"), folder, strerror(why));
	}
	for (int i = count - 1; i >= 0; i--) {
		export_one(&pass, fd, entries[i]->d_name, error);
		free(entries[i]);
	}
	free(entries);
	(void)close(fd);
	*ret_count = pass.made;
	return pass.first;
}
