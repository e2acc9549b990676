/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repository.json and manifest.json, read strictly. */
#include "wipe/backup/manifest.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void manifest_free(struct manifest *manifest)
{
	free(manifest->files);
	*manifest = (struct manifest){ 0 };
}

int backup_time_parse(const char *text, int64_t *ret_utc_ms)
{
	char whole[CLOCK_TEXT_SIZE];
	size_t length = strlen(text);
	if (length == CLOCK_TEXT_SIZE - 1)
		return clock_parse(text, ret_utc_ms);
	if (length != sizeof("2027-03-31T14:00:00Z") - 1 || text[length - 1] != 'Z')
		return -EINVAL;
	(void)snprintf(whole, sizeof(whole), "%.19s.000Z", text);
	return clock_parse(whole, ret_utc_ms);
}

/* -- the form -- */

static int contradicts(const char *where, const char *why, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "backup-manifest",
		_("%s cannot be understood: %s"), where, why);
}

/* What the readers of fields found, under our own code. */
static int as_manifest(int result, enum error_kind kind, const char *code, struct error *error)
{
	if (result == -EBADMSG && error) {
		error->kind = kind;
		(void)snprintf(error->code, sizeof(error->code), "%s", code);
	}
	return result;
}

static int check_format(
	const json_t *document, const char *where, const char *format, struct error *error)
{
	const char *word;
	int64_t version;
	int r = json_get_string(document, where, "format", 64, &word, error);
	if (r < 0)
		return r;
	if (strcmp(word, format) != 0)
		return contradicts(where, _("\"format\" is another one"), error);
	return json_get_integer(document, where, "version", 1, 1, &version, error);
}

int repository_parse(const char *text, size_t length, const char *where,
	char ret[static BACKUP_REPOSITORY_MAX], struct error *error)
{
	static const char *const keys[] = { "format", "version", "id", NULL };
	AUTO_JSON json_t *document = NULL;
	const char *id = "";
	int r = json_parse(text, length, where, &document, error);
	if (r == 0)
		r = check_format(document, where, "haiki-backup-repository", error);
	if (r == 0)
		r = json_only_keys(document, where, keys, error);
	if (r == 0)
		r = json_get_string(document, where, "id", BACKUP_REPOSITORY_MAX - 1, &id, error);
	if (r == 0 && id[0] == '\0')
		r = contradicts(where, _("\"id\" is empty"), error);
	if (r < 0)
		return as_manifest(r, ERROR_WAITING, "backup-repository", error);
	(void)snprintf(ret, BACKUP_REPOSITORY_MAX, "%s", id);
	return 0;
}

/* -- times -- */

/* "20270331T140000Z" of that second. */
static void word_of(int64_t utc_ms, char ret[static 17])
{
	char text[CLOCK_TEXT_SIZE];
	size_t length = 0;
	clock_format(utc_ms, text);
	for (const char *at = text; *at != '.' && length < 15; at++)
		if (*at != '-' && *at != ':')
			ret[length++] = *at;
	ret[length++] = 'Z';
	ret[length] = '\0';
}

static int read_times(
	const json_t *document, const char *where, struct backup_copy *copy, struct error *error)
{
	const char *created, *expires;
	char word[17];
	int r = json_get_string(document, where, "created_utc", 32, &created, error);
	if (r == 0)
		r = json_get_string(document, where, "expires_utc", 32, &expires, error);
	if (r < 0)
		return r;
	if (backup_time_parse(created, &copy->created_utc_ms) < 0)
		return contradicts(
			where, _("\"created_utc\" is no time, as 2027-03-31T14:00:00Z is"), error);
	if (*expires && backup_time_parse(expires, &copy->expires_utc_ms) < 0)
		return contradicts(
			where, _("\"expires_utc\" is no time, as 2027-03-31T14:00:00Z is"), error);
	if (*expires && copy->expires_utc_ms < copy->created_utc_ms)
		return contradicts(where, _("it expires before it was made"), error);
	word_of(copy->created_utc_ms, word);
	if (strcmp(word, copy->word) != 0)
		return contradicts(where,
			_("\"created_utc\" is not the time that its folder is named by"), error);
	return 0;
}

/* -- files -- */

static int compare(const void *a, const void *b)
{
	const struct manifest_file *first = a, *second = b;
	return strcmp(first->name, second->name);
}

const struct manifest_file *manifest_find(const struct manifest *manifest, const char *name)
{
	struct manifest_file wanted = { 0 };
	if (strlen(name) >= sizeof(wanted.name) || manifest->file_count == 0)
		return NULL;
	(void)snprintf(wanted.name, sizeof(wanted.name), "%s", name);
	return bsearch(&wanted, manifest->files, manifest->file_count, sizeof(wanted), compare);
}

static int read_file(
	const json_t *item, const char *where, struct manifest_file *ret, struct error *error)
{
	static const char *const keys[] = { "name", "size_bytes", NULL };
	const char *name;
	int64_t size = 0;
	int r = json_is_object(item) ? json_only_keys(item, where, keys, error)
				     : contradicts(where, _("a file is no object"), error);
	if (r == 0)
		r = json_get_string(item, where, "name", MANIFEST_FILE_NAME_MAX - 1, &name, error);
	if (r == 0)
		r = json_get_integer(item, where, "size_bytes", 0, INT64_MAX, &size, error);
	if (r < 0)
		return r;
	/* One part of a path: nothing that leads out of the copy's own folder. */
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') ||
		strcmp(name, MANIFEST_NAME) == 0)
		return contradicts(where, _("the name of a file is no plain name"), error);
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return contradicts(where, _("the name of a file is no plain name"), error);
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->size_bytes = (uint64_t)size;
	return 0;
}

static int read_files(
	const json_t *document, const char *where, struct manifest *manifest, struct error *error)
{
	json_t *items;
	int r = json_get_array(document, where, "files", MANIFEST_FILES_MAX, &items, error);
	size_t count = r == 0 ? json_array_size(items) : 0;
	if (r == 0 && count == 0)
		r = contradicts(where, _("it has no files"), error);
	if (r < 0)
		return r;
	manifest->files = calloc(count, sizeof(*manifest->files));
	if (!manifest->files)
		return error_no_memory(error);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct manifest_file *file = &manifest->files[manifest->file_count++];
		r = read_file(json_array_get(items, i), where, file, error);
		if (r == 0 && file->size_bytes > INT64_MAX - manifest->copy.size_bytes)
			r = contradicts(
				where, _("its files are larger than can be counted"), error);
		if (r == 0)
			manifest->copy.size_bytes += file->size_bytes;
	}
	if (r < 0)
		return r;
	qsort(manifest->files, count, sizeof(*manifest->files), compare);
	for (size_t i = 1; i < count; i++)
		if (strcmp(manifest->files[i - 1].name, manifest->files[i].name) == 0)
			return contradicts(where, _("a file stands there twice"), error);
	return 0;
}

/* -- the whole -- */

/* It says of which VM and which copy it is, and that is where it lies. */
static int read_identity(
	const json_t *document, const char *where, struct backup_copy *copy, struct error *error)
{
	const char *uuid, *word, *code;
	int r = json_get_string(document, where, "vm_uuid", 63, &uuid, error);
	if (r == 0)
		r = json_get_string(document, where, "generation", 63, &word, error);
	if (r == 0)
		r = json_get_string(document, where, "service_code", sizeof(copy->service_code) - 1,
			&code, error);
	if (r < 0)
		return r;
	if (strcmp(uuid, copy->vm_uuid) != 0)
		return contradicts(where, _("\"vm_uuid\" is another VM than its folder's"), error);
	if (strcmp(word, copy->word) != 0)
		return contradicts(
			where, _("\"generation\" is another one than its folder's"), error);
	(void)snprintf(copy->service_code, sizeof(copy->service_code), "%s", code);
	return 0;
}

static int read_manifest(
	const json_t *document, const char *where, struct manifest *manifest, struct error *error)
{
	static const char *const keys[] = { "format", "version", "vm_uuid", "generation",
		"service_code", "created_utc", "expires_utc", "files", NULL };
	int r = check_format(document, where, "haiki-backup", error);
	if (r == 0)
		r = json_only_keys(document, where, keys, error);
	if (r == 0)
		r = read_identity(document, where, &manifest->copy, error);
	if (r == 0)
		r = read_times(document, where, &manifest->copy, error);
	return r < 0 ? r : read_files(document, where, manifest, error);
}

int manifest_parse(const char *text, size_t length, const char *where, const char *vm_uuid,
	const char *word, struct manifest *ret, struct error *error)
{
	AUTO_JSON json_t *document = NULL;
	AUTO_MANIFEST struct manifest manifest = { 0 };
	(void)snprintf(manifest.copy.vm_uuid, sizeof(manifest.copy.vm_uuid), "%s", vm_uuid);
	(void)snprintf(manifest.copy.word, sizeof(manifest.copy.word), "%s", word);
	int r = json_parse(text, length, where, &document, error);
	if (r == 0)
		r = read_manifest(document, where, &manifest, error);
	if (r < 0)
		return as_manifest(r, ERROR_FAILED, "backup-manifest", error);
	*ret = manifest;
	manifest = (struct manifest){ 0 };
	return 0;
}
