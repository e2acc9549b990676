/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of copies, and their names. */
#include "wipe/backup/backup.h"

#include "inventory/tenants/vms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void backup_list_free(struct backup_list *list)
{
	free(list->items);
	*list = (struct backup_list){ 0 };
}

int backup_list_add(struct backup_list *list, const struct backup_copy *copy)
{
	/* Doubled at every power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct backup_copy *items = reallocarray(
			list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
		if (!items)
			return -ENOMEM;
		list->items = items;
	}
	list->items[list->count++] = *copy;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct backup_copy *first = a, *second = b;
	int order = strcmp(first->vm_uuid, second->vm_uuid);
	if (order != 0)
		return order;
	if (first->created_utc_ms != second->created_utc_ms)
		return first->created_utc_ms < second->created_utc_ms ? -1 : 1;
	return strcmp(first->key, second->key);
}

void backup_list_sort(struct backup_list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}

bool backup_uuid_valid(const char *text)
{
	char spelled[VM_UUID_MAX];
	return vm_uuid_parse(text, spelled) && strcmp(spelled, text) == 0;
}

int backup_copy_name(struct backup_copy *copy, const char *repository)
{
	char key[GENERATION_KEY_MAX];
	int length = snprintf(key, sizeof(key), "%s:%s/%s", repository, copy->vm_uuid, copy->word);
	if (length < 0 || (size_t)length >= sizeof(key))
		return -ENAMETOOLONG;
	memcpy(copy->key, key, (size_t)length + 1);
	return 0;
}
