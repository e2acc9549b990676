/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts by which something else is looked up. */
#include "reports/audit/audit_parts.h"

#include <errno.h>
#include <string.h>

int audit_pairs_add(struct audit_pairs *pairs, const char *key, const char *value)
{
	if (pairs->count == pairs->capacity) {
		size_t larger = pairs->capacity ? 2 * pairs->capacity : 64;
		struct audit_pair *items = reallocarray(pairs->items, larger, sizeof(*items));
		if (!items)
			return -ENOMEM;
		pairs->items = items;
		pairs->capacity = larger;
	}
	struct audit_pair pair = { audit_copy(key), audit_copy(value) };
	if (!pair.key || !pair.value) {
		free(pair.key);
		free(pair.value);
		return -ENOMEM;
	}
	pairs->items[pairs->count++] = pair;
	return 0;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct audit_pair *one = a, *other = b;
	int order = strcmp(one->key, other->key);
	return order != 0 ? order : strcmp(one->value, other->value);
}

void audit_pairs_sort(struct audit_pairs *pairs)
{
	if (pairs->count > 1)
		qsort(pairs->items, pairs->count, sizeof(*pairs->items), compare_pairs);
}

const struct audit_pair *audit_pairs_find(
	const struct audit_pairs *pairs, const char *key, size_t *ret_count)
{
	size_t low = 0, high = pairs->count, count = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(pairs->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < pairs->count && strcmp(pairs->items[low + count].key, key) == 0)
		count++;
	*ret_count = count;
	return count > 0 ? &pairs->items[low] : NULL;
}

void audit_pairs_free(struct audit_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].key);
		free(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = (struct audit_pairs){ 0 };
}
