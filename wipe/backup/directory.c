/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder full of copies, REPOSITORY/VMUUID/20270331T140000Z/, asked which there are. */
#include "wipe/backup/directory_parts.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* -- the repository itself -- */

static int unreachable(const char *path, int errnum, struct error *error)
{
	error_set(error, ERROR_WAITING, errnum, "backup-unreachable",
		_("The backup repository %s cannot be asked: %s"), path, strerror(errnum));
	return error_next(error, _("Is it mounted? It must hold the file repository.json."));
}

static int read_identity(
	int root, const char *folder, char ret[static BACKUP_REPOSITORY_MAX], struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(REPOSITORY_MAX_BYTES);
	char path[CONFIG_VALUE_MAX + sizeof(REPOSITORY_NAME) + 1];
	(void)snprintf(path, sizeof(path), "%s/" REPOSITORY_NAME, folder);
	int r = directory_read_file(root, REPOSITORY_NAME, path, &text, error);
	if (r == -ENOENT)
		return unreachable(folder, ENOENT, error);
	if (r == 0)
		r = repository_parse(buffer_text(&text), text.length, path, ret, error);
	/* Nobody knows then which repository it is. */
	if (r < 0 && error)
		error->kind = ERROR_WAITING;
	return r;
}

int directory_open_root(const struct config_backup *config, const char *identity,
	char ret_identity[static BACKUP_REPOSITORY_MAX], struct error *error)
{
	AUTO_FD int root = open(config->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return unreachable(config->path, errno, error);
	int r = read_identity(root, config->path, ret_identity, error);
	if (r < 0)
		return r;
	if (*identity && strcmp(identity, ret_identity) != 0)
		return error_set(error, ERROR_WAITING, ESTALE, "backup-repository",
			_("The backup repository %s is another one than before: %s, not %s"),
			config->path, ret_identity, identity);
	int descriptor = root;
	root = -1;
	return descriptor;
}

static int open_repository(
	const struct config_backup *config, struct backup **ret, struct error *error)
{
	char identity[BACKUP_REPOSITORY_MAX];
	AUTO_FD int root = directory_open_root(config, "", identity, error);
	if (root < 0)
		return root;
	struct backup *backup = calloc(1, sizeof(*backup));
	if (!backup)
		return error_no_memory(error);
	backup->config = config;
	memcpy(backup->identity, identity, sizeof(identity));
	*ret = backup;
	return 0;
}

static struct backup *close_repository(struct backup *backup)
{
	free(backup);
	return NULL;
}

static int repository_identity(
	struct backup *backup, char ret[static BACKUP_REPOSITORY_MAX], struct error *error)
{
	(void)error;
	memcpy(ret, backup->identity, BACKUP_REPOSITORY_MAX);
	return 0;
}

/* -- one copy -- */

void directory_place(const struct config_backup *config, const char *vm_uuid, const char *word,
	char ret[static GENERATION_PLACE_MAX])
{
	(void)snprintf(ret, GENERATION_PLACE_MAX, "%s/%s%s%s", config->path, vm_uuid,
		*word ? "/" : "", word);
}

struct contents {
	const struct manifest *manifest; /* NULL: anything is counted */
	size_t count;
};

static int check_content(void *context, const char *name, const char *path,
	const struct stat *status, struct error *error)
{
	struct contents *contents = context;
	contents->count++;
	if (!contents->manifest)
		return 0;
	if (S_ISLNK(status->st_mode))
		return directory_is_link(path, error);
	bool known = strcmp(name, MANIFEST_NAME) == 0 || manifest_find(contents->manifest, name);
	return known && S_ISREG(status->st_mode) ? 0 : directory_is_strange(path, error);
}

static int without_manifest(int folder, const char *place, struct error *error)
{
	struct contents contents = { 0 };
	int r = directory_each(folder, place, check_content, &contents, error);
	if (r < 0 || contents.count == 0)
		return r;
	error_set(error, ERROR_FAILED, EBADMSG, "backup-manifest",
		_("%s holds files and no manifest.json: a copy that is being made, or the rest of "
		  "one"),
		place);
	return error_next(
		error, _("Look at it; when it is nothing that must be kept, take it away."));
}

int directory_read_copy(const struct config_backup *config, int folder, const char *vm_uuid,
	const char *word, struct manifest *ret, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(MANIFEST_MAX_BYTES);
	AUTO_MANIFEST struct manifest manifest = { 0 };
	char place[GENERATION_PLACE_MAX], path[GENERATION_PLACE_MAX + sizeof(MANIFEST_NAME) + 1];
	directory_place(config, vm_uuid, word, place);
	(void)snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, place);
	int r = directory_read_file(folder, MANIFEST_NAME, path, &text, error);
	if (r == -ENOENT)
		return without_manifest(folder, place, error);
	if (r == 0)
		r = manifest_parse(
			buffer_text(&text), text.length, path, vm_uuid, word, &manifest, error);
	struct contents contents = { &manifest, 0 };
	if (r == 0)
		r = directory_each(folder, place, check_content, &contents, error);
	if (r < 0)
		return r;
	(void)snprintf(manifest.copy.place, sizeof(manifest.copy.place), "%s", place);
	if (backup_copy_name(&manifest.copy, config->name) < 0)
		return directory_is_strange(place, error);
	*ret = manifest;
	manifest = (struct manifest){ 0 };
	return 1;
}

/* -- listing -- */

/* "20270331T140000Z" */
static bool is_word(const char *name)
{
	static const char form[] = "########T######Z";
	if (strlen(name) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '#' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
			return false;
	return true;
}

struct listing {
	const struct config_backup *config;
	struct backup_list *list; /* NULL: names are looked at and nothing else */
	const char *vm_uuid;
	int folder; /* whose entries are visited */
};

static int list_copy(void *context, const char *name, const char *path, const struct stat *status,
	struct error *error)
{
	const struct listing *listing = context;
	AUTO_MANIFEST struct manifest manifest = { 0 };
	(void)status;
	if (!is_word(name))
		return directory_is_strange(path, error);
	if (!listing->list)
		return 0;
	AUTO_FD int folder = directory_open_folder(listing->folder, name, path, error);
	if (folder < 0) /* a copy that went this very moment is seen the next time */
		return folder == -ENOENT ? directory_unreadable(path, ENOENT, error) : folder;
	int r = directory_read_copy(
		listing->config, folder, listing->vm_uuid, name, &manifest, error);
	if (r > 0 && backup_list_add(listing->list, &manifest.copy) < 0)
		return error_no_memory(error);
	return MIN(r, 0);
}

static int list_vm(const struct config_backup *config, int root, const char *vm_uuid,
	struct backup_list *list, struct error *error)
{
	char path[GENERATION_PLACE_MAX];
	directory_place(config, vm_uuid, "", path);
	if (!backup_uuid_valid(vm_uuid))
		return directory_is_strange(path, error);
	AUTO_FD int folder = directory_open_folder(root, vm_uuid, path, error);
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	struct listing listing = { config, list, vm_uuid, folder };
	return directory_each(folder, path, list_copy, &listing, error);
}

/* One spelling of each VM's name: another one would hide its copies. */
static int list_root(void *context, const char *name, const char *path, const struct stat *status,
	struct error *error)
{
	const struct listing *listing = context;
	if (strcmp(name, REPOSITORY_NAME) == 0 ||
		(strcmp(name, "lost+found") == 0 && S_ISDIR(status->st_mode)))
		return 0;
	if (!backup_uuid_valid(name))
		return directory_is_strange(path, error);
	return listing->list ? list_vm(listing->config, listing->folder, name, listing->list, error)
			     : 0;
}

/* What is strange at the top says nothing about one VM: nobody knows what it is. */
static int check_root(const struct config_backup *config, int root, struct error *error)
{
	struct listing listing = { config, NULL, "", root };
	int r = directory_each(root, config->path, list_root, &listing, error);
	if (r < 0 && error)
		error->kind = ERROR_WAITING;
	return r;
}

static int list(struct backup *backup, const char *const *uuids, size_t count,
	struct backup_list *ret, struct error *error)
{
	AUTO_BACKUPS struct backup_list copies = { 0 };
	char identity[BACKUP_REPOSITORY_MAX];
	AUTO_FD int root = directory_open_root(backup->config, backup->identity, identity, error);
	if (root < 0)
		return root;
	int r = check_root(backup->config, root, error);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_vm(backup->config, root, uuids[i], &copies, error);
	struct listing all = { backup->config, &copies, "", root };
	if (r == 0 && count == 0)
		r = directory_each(root, backup->config->path, list_root, &all, error);
	if (r < 0)
		return r;
	backup_list_sort(&copies);
	*ret = copies;
	copies = (struct backup_list){ 0 };
	return 0;
}

/* -- asking anew -- */

static enum presence look_in(const struct config_backup *config, int folder,
	const struct backup_copy *copy, const char *path)
{
	struct listing names = { config, NULL, copy->vm_uuid, folder };
	struct contents contents = { 0 };
	if (directory_each(folder, path, list_copy, &names, NULL) < 0)
		return PRESENCE_UNKNOWN;
	AUTO_FD int inner = directory_open_folder(folder, copy->word, copy->place, NULL);
	if (inner < 0)
		return inner == -ENOENT ? PRESENCE_GONE : PRESENCE_UNKNOWN;
	if (directory_each(inner, copy->place, check_content, &contents, NULL) < 0)
		return PRESENCE_UNKNOWN;
	return contents.count == 0 ? PRESENCE_GONE : PRESENCE_PRESENT;
}

static enum presence look(struct backup *backup, const struct backup_copy *copy)
{
	char identity[BACKUP_REPOSITORY_MAX], path[GENERATION_PLACE_MAX];
	AUTO_FD int root = directory_open_root(backup->config, backup->identity, identity, NULL);
	if (root < 0 || check_root(backup->config, root, NULL) < 0 ||
		!backup_uuid_valid(copy->vm_uuid) || !is_word(copy->word))
		return PRESENCE_UNKNOWN;
	directory_place(backup->config, copy->vm_uuid, "", path);
	AUTO_FD int folder = directory_open_folder(root, copy->vm_uuid, path, NULL);
	if (folder < 0)
		return folder == -ENOENT ? PRESENCE_GONE : PRESENCE_UNKNOWN;
	return look_in(backup->config, folder, copy, path);
}

const struct backup_kind backup_directory = {
	.name = "directory",
	.open = open_repository,
	.close = close_repository,
	.identity = repository_identity,
	.list = list,
	.expire = directory_expire,
	.look = look,
};
