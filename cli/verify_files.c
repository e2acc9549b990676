/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listing the certificates of a folder. */
#include "cli/verify_files.h"

#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void file_list_free(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct file_list){ 0 };
}

/* Takes path. */
static int push(struct file_list *list, char *path, struct error *error)
{
	if (path && list->count == list->capacity) {
		size_t capacity = MAX(2 * list->capacity, 64U);
		char **items = reallocarray(list->items, capacity, sizeof(*items));
		if (items) {
			list->items = items;
			list->capacity = capacity;
		}
	}
	if (!path || list->count == list->capacity) {
		free(path);
		return error_no_memory(error);
	}
	list->items[list->count++] = path;
	return 0;
}

static bool ends_in(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	return length > tail && strcmp(name + length - tail, ending) == 0;
}

static int is_certificate(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (ends_in(entry->d_name, ".json") || ends_in(entry->d_name, ".pdf"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(struct file_list *list, const char *path, struct error *error)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_certificate, by_name);
	if (count < 0)
		return error_set(error, ERROR_FAILED, errno, "folder-unreadable",
			_("The folder %s cannot be read: %s"), path, strerror(errno));
	int r = 0;
	for (int i = 0; i < count; i++) {
		char *file = NULL;
		if (r == 0 && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			file = NULL;
		if (r == 0)
			r = push(list, file, error);
		free(entries[i]);
	}
	free(entries);
	if (r == 0 && count == 0)
		return error_set(error, ERROR_FAILED, ENOENT, "folder-empty",
			_("There is no certificate (.json, .pdf) in the folder %s"), path);
	return r;
}

int file_list_add(struct file_list *list, const char *path, struct error *error)
{
	struct stat status;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_folder(list, path, error);
	return push(list, strdup(path), error);
}
