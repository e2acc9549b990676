/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letting one copy of a directory repository go: each of its files erased and taken away, its manifest last, so
 * that what a crash leaves is still known for what it is. */
#include "wipe/backup/directory_parts.h"

#include "base/text.h"
#include "wipe/storage/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What became of all its files together. */
struct erased {
	const char *method; /* of those that were erased; "" none yet */
	bool all;           /* none was unlinked only */
	int64_t bytes, verified_bytes;
	json_t *limits; /* array; owned */
	char reason[256];
};

static void cleanup_erased(struct erased *erased)
{
	json_decref(erased->limits);
}

static int add_limit(struct erased *erased, const char *word)
{
	size_t index;
	const json_t *known;
	json_array_foreach (erased->limits, index, known)
		if (strcmp(json_string_value(known), word) == 0)
			return 0;
	return json_push(erased->limits, json_string(word));
}

/* Add what one file's fact says. 1: it is erased; 0: it is not. */
static int add_fact(
	struct erased *erased, const json_t *fact, const char *path, struct error *error)
{
	const char *result = "", *method = "";
	int64_t bytes = 0, verified_bytes = 0;
	json_t *limits;
	size_t index;
	const json_t *limit;
	int r = json_get_string(fact, path, "result", 16, &result, error);
	if (r == 0)
		r = json_get_string(fact, path, "method", 16, &method, error);
	if (r == 0)
		r = json_get_integer(fact, path, "bytes", 0, INT64_MAX, &bytes, error);
	if (r == 0)
		r = json_get_integer(
			fact, path, "verified_bytes", 0, INT64_MAX, &verified_bytes, error);
	if (r == 0)
		r = json_get_array(fact, path, "limits", 64, &limits, error);
	if (r < 0)
		return r;
	json_array_foreach (limits, index, limit)
		if (!json_is_string(limit) || add_limit(erased, json_string_value(limit)) < 0)
			return error_no_memory(error);
	if (strcmp(result, "done") != 0)
		return 0;
	erased->method = strcmp(method, "crypto-erase") == 0 ? "crypto-erase" : "overwrite";
	erased->bytes += bytes;
	erased->verified_bytes += verified_bytes;
	return 1;
}

static int make_fact(
	const struct erased *erased, const char *place, json_t **ret, struct error *error)
{
	AUTO_JSON json_t *fact = json_object();
	if (!fact || json_put_string(fact, "fact", "erase") < 0 ||
		json_put_string(fact, "disk", "") < 0 ||
		json_put_string(fact, "place", place) < 0 ||
		json_put_string(fact, "method", erased->all ? erased->method : "none") < 0 ||
		json_put_string(fact, "result", erased->all ? "done" : "unsupported") < 0 ||
		json_put_string(fact, "level", erased->all ? "clear" : "none") < 0 ||
		json_put_integer(fact, "bytes", erased->bytes) < 0 ||
		json_put_integer(fact, "verified_bytes", erased->verified_bytes) < 0 ||
		json_put(fact, "limits", json_incref(erased->limits)) < 0 ||
		json_put_string(fact, "reason", erased->reason) < 0 ||
		json_put_string(fact, "volume", "") < 0)
		return error_no_memory(error);
	*ret = json_incref(fact);
	return 0;
}

/* -- one file -- */

struct file {
	int folder;
	const char *folder_path; /* its own, no link in it */
	const char *name;
	char path[GENERATION_PLACE_MAX + MANIFEST_FILE_NAME_MAX]; /* for people */
};

/* Bytes that another name stands for, too, are another copy's as well: those stay as they are. 1: so it is. */
static int is_shared(const struct file *file, bool *ret_absent, struct error *error)
{
	struct stat status;
	*ret_absent = false;
	if (fstatat(file->folder, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISREG(status.st_mode) ? status.st_nlink > 1
					       : directory_is_strange(file->path, error);
	*ret_absent = errno == ENOENT;
	return *ret_absent ? 0 : directory_unreadable(file->path, errno, error);
}

static int take_away(const struct file *file, struct error *error)
{
	if (unlinkat(file->folder, file->name, 0) == 0 || errno == ENOENT)
		return 0;
	return error_set(error, ERROR_FAILED, errno, "backup-remove",
		_("%s cannot be taken away: %s"), file->path, strerror(errno));
}

static int unlink_shared(struct erased *erased, const struct file *file,
	const struct platform_pace *pace, struct error *error)
{
	if (pace && pace->erasure_required)
		return error_set(error, ERROR_FAILED, EMLINK, "backup-shared",
			_("%s is not erased: its bytes have another name, too"), file->path);
	erased->all = false;
	(void)snprintf(erased->reason, sizeof(erased->reason), "hard-link");
	if (add_limit(erased, STORAGE_LIMIT_SHARED_EXTENTS) < 0)
		return error_no_memory(error);
	return take_away(file, error);
}

/* The path leads to the very file that is in the open folder. */
static int check_place(const struct file *file, const char *place, struct error *error)
{
	struct stat inside, named;
	if (fstatat(file->folder, file->name, &inside, AT_SYMLINK_NOFOLLOW) < 0 ||
		lstat(place, &named) < 0)
		return directory_unreadable(file->path, errno, error);
	if (inside.st_dev != named.st_dev || inside.st_ino != named.st_ino)
		return error_set(error, ERROR_REFUSED, ESTALE, "backup-changed",
			_("%s says something else than a moment ago"), file->path);
	return 0;
}

/* Done, or unlinked behind a fact that says why it cannot be erased. */
static int erase_own(struct erased *erased, const struct file *file, const char *place,
	const struct platform_pace *pace, struct error *error)
{
	AUTO_JSON json_t *fact = NULL;
	int r = storage_file.erase(place, pace, &fact, error);
	if (r == 0)
		r = add_fact(erased, fact, file->path, error);
	if (r < 0)
		return r;
	if (r == 0) {
		const char *result = json_string_value(json_object_get(fact, "result"));
		if (!result || strcmp(result, "unsupported") != 0)
			return error_set(error, ERROR_FAILED, EIO, "backup-erase",
				_("%s could not be erased"), file->path);
		const char *reason = json_string_value(json_object_get(fact, "reason"));
		erased->all = false;
		(void)snprintf(erased->reason, sizeof(erased->reason), "%s",
			reason ? reason : "unsupported");
	}
	return storage_file.remove(place, error);
}

static int erase_file(struct erased *erased, const struct file *file,
	const struct platform_pace *pace, struct error *error)
{
	char place[PATH_MAX + MANIFEST_FILE_NAME_MAX];
	bool absent;
	int r = is_shared(file, &absent, error);
	if (r < 0)
		return r;
	/* By whom it was taken away, and how, nobody knows: a run of ours may have unlinked it only. */
	if (absent) {
		erased->all = false;
		(void)snprintf(erased->reason, sizeof(erased->reason), "storage-absent");
		return add_limit(erased, STORAGE_LIMIT_FREE_SPACE) < 0 ? error_no_memory(error) : 0;
	}
	if (r > 0)
		return unlink_shared(erased, file, pace, error);
	(void)snprintf(place, sizeof(place), "%s/%s", file->folder_path, file->name);
	r = check_place(file, place, error);
	return r < 0 ? r : erase_own(erased, file, place, pace, error);
}

/* -- the copy -- */

static int erase_files(struct erased *erased, const struct manifest *manifest, int folder,
	const struct platform_pace *pace, struct error *error)
{
	char link[64], path[PATH_MAX];
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0 || (size_t)length >= sizeof(path) - 1)
		return directory_unreadable(manifest->copy.place, ENAMETOOLONG, error);
	path[length] = '\0';
	int r = 0;
	for (size_t i = 0; r == 0 && i < manifest->file_count; i++) {
		struct file file = { folder, path, manifest->files[i].name, "" };
		(void)snprintf(
			file.path, sizeof(file.path), "%s/%s", manifest->copy.place, file.name);
		if (pace && pace->stop && *pace->stop)
			return error_set(error, ERROR_INTERRUPTED, EINTR, "stopped",
				_("Stopped before %s was erased"), file.path);
		r = erase_file(erased, &file, pace, error);
	}
	return r;
}

static int sync_folder(int folder, const char *path, struct error *error)
{
	if (fsync(folder) == 0)
		return 0;
	return error_set(error, ERROR_FAILED, errno, "backup-remove",
		_("%s cannot be taken away: %s"), path, strerror(errno));
}

/* The manifest, and the folder. The VM's folder stays: its next copy may be on its way. */
static int close_copy(
	int vm_folder, int folder, const struct manifest *manifest, struct error *error)
{
	const char *place = manifest->copy.place;
	struct file file = { .folder = folder, .name = MANIFEST_NAME };
	(void)snprintf(file.path, sizeof(file.path), "%s/" MANIFEST_NAME, place);
	int r = sync_folder(folder, place, error);
	if (r == 0)
		r = take_away(&file, error);
	if (r < 0)
		return r;
	if (unlinkat(vm_folder, manifest->copy.word, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_set(error, ERROR_FAILED, errno, "backup-remove",
			_("%s cannot be taken away: %s"), place, strerror(errno));
	return sync_folder(vm_folder, place, error);
}

static int check_same(
	const struct backup_copy *copy, const struct backup_copy *now, struct error *error)
{
	if (copy->created_utc_ms == now->created_utc_ms &&
		copy->expires_utc_ms == now->expires_utc_ms &&
		strcmp(copy->service_code, now->service_code) == 0)
		return 0;
	return error_set(error, ERROR_REFUSED, ESTALE, "backup-changed",
		_("%s says something else than a moment ago"), now->place);
}

static int expire_in(int vm_folder, int folder, const struct manifest *manifest,
	const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	CLEANUP(cleanup_erased)
	struct erased erased = { .method = "overwrite", .all = true, .limits = json_array() };
	if (!erased.limits)
		return error_no_memory(error);
	int r = erase_files(&erased, manifest, folder, pace, error);
	if (r == 0)
		r = close_copy(vm_folder, folder, manifest, error);
	return r < 0 ? r : make_fact(&erased, manifest->copy.place, ret_fact, error);
}

static int absent(const char *place, struct error *error)
{
	return error_set(error, ERROR_FAILED, ENOENT, "backup-absent",
		_("The copy %s is not there any more"), place);
}

int directory_expire(struct backup *backup, const struct backup_copy *copy,
	const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	AUTO_MANIFEST struct manifest manifest = { 0 };
	char identity[BACKUP_REPOSITORY_MAX], path[GENERATION_PLACE_MAX],
		place[GENERATION_PLACE_MAX];
	AUTO_FD int root = directory_open_root(backup->config, backup->identity, identity, error);
	if (root < 0)
		return root;
	directory_place(backup->config, copy->vm_uuid, "", path);
	directory_place(backup->config, copy->vm_uuid, copy->word, place);
	AUTO_FD int vm_folder = directory_open_folder(root, copy->vm_uuid, path, error);
	AUTO_FD int folder = vm_folder < 0
				     ? vm_folder
				     : directory_open_folder(vm_folder, copy->word, place, error);
	if (folder < 0)
		return folder == -ENOENT ? absent(place, error) : folder;
	int r = directory_read_copy(
		backup->config, folder, copy->vm_uuid, copy->word, &manifest, error);
	if (r == 0)
		return absent(place, error);
	if (r > 0)
		r = check_same(copy, &manifest.copy, error);
	return r < 0 ? r : expire_in(vm_folder, folder, &manifest, pace, ret_fact, error);
}
