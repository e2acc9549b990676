/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds there are, and which a file is of. */
#include "inventory/transfer/transfer.h"

#include <string.h>

/* Tenants before what names them; rules before the volumes they link. */
const struct transfer_kind *const transfer_kinds[] = {
	&transfer_tenants,
	&transfer_rules,
	&transfer_contracts,
	&transfer_drives,
	&transfer_volumes,
	&transfer_vms,
	&transfer_generations,
	NULL,
};

const struct transfer_kind *transfer_kind_find(const char *name)
{
	for (size_t i = 0; transfer_kinds[i]; i++)
		if (strcmp(transfer_kinds[i]->name, name) == 0)
			return transfer_kinds[i];
	return NULL;
}

int transfer_column_find(const struct transfer_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->column_count; i++)
		if (strcmp(kind->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Are all the words, with a blank between two, among the names? */
static bool has_all(const char *words, const char *const names[], size_t count)
{
	while (*words) {
		size_t length = strcspn(words, " ");
		bool found = false;
		for (size_t i = 0; i < count; i++)
			found = found || (strlen(names[i]) == length &&
						 strncmp(names[i], words, length) == 0);
		if (!found)
			return false;
		words += length + (words[length] == ' ');
	}
	return true;
}

const struct transfer_kind *transfer_kind_tell(const char *const names[], size_t count)
{
	const struct transfer_kind *told = NULL;
	for (size_t i = 0; transfer_kinds[i]; i++) {
		bool is_this = false;
		for (size_t j = 0; transfer_kinds[i]->telling[j]; j++)
			is_this = is_this || has_all(transfer_kinds[i]->telling[j], names, count);
		if (is_this && told)
			return NULL;
		if (is_this)
			told = transfer_kinds[i];
	}
	return told;
}
