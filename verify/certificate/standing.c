/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates of a ledger, by name, with what came later. */
#include "verify/certificate/standing.h"

#include "base/text.h"
#include "verify/ledger/tile.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 128

/* One record of a certificate. */
struct entry {
	char name[NAME_SIZE];
	char supersedes[NAME_SIZE]; /* "": no one */
	char sha256[SHA256_HEX_SIZE];
	uint64_t index;
};

struct standing {
	struct note_key key;
	struct checkpoint head;
	struct tile_tree *tree;
	struct entry *entries;           /* by name once all are there */
	const struct entry **succession; /* by what they supersede */
	size_t count, capacity, succession_count;
	uint64_t next_index;     /* behind the last record that was there */
	uint64_t withheld_until; /* behind the last record that was left out; 0: none was */
};

struct standing *standing_new(const struct note_key *key)
{
	struct standing *standing = calloc(1, sizeof(*standing));
	if (standing)
		standing->key = *key;
	return standing;
}

struct standing *standing_close(struct standing *standing)
{
	if (standing) {
		tile_tree_close(standing->tree);
		free(standing->entries);
		free(standing->succession);
	}
	free(standing);
	return NULL;
}

const struct note_key *standing_key(const struct standing *standing)
{
	return &standing->key;
}

const struct checkpoint *standing_head(const struct standing *standing)
{
	return &standing->head;
}

/* --- reading --- */

static bool take_text(const json_t *body, const char *key, char *ret, size_t size)
{
	const json_t *value = json_object_get(body, key);
	const char *text = json_string_value(value);
	if (!text || json_string_length(value) >= size)
		return false;
	(void)snprintf(ret, size, "%s", text);
	return true;
}

static bool fill(const struct record *record, struct entry *ret)
{
	ret->index = record->index;
	return take_text(record->body, "name", ret->name, sizeof(ret->name)) &&
	       take_text(record->body, "sha256", ret->sha256, sizeof(ret->sha256)) &&
	       take_text(record->body, "supersedes", ret->supersedes, sizeof(ret->supersedes));
}

int standing_record(void *context, const struct record *record, struct error *error)
{
	struct standing *standing = context;
	if (record->index > standing->next_index)
		standing->withheld_until = record->index;
	standing->next_index = record->index + 1;
	if (record->kind != RECORD_CERTIFICATE && record->kind != RECORD_TENANT)
		return 0;
	if (standing->count == standing->capacity) {
		size_t capacity = MAX(2 * standing->capacity, 256U);
		struct entry *entries =
			reallocarray(standing->entries, capacity, sizeof(*standing->entries));
		if (!entries)
			return error_no_memory(error);
		standing->entries = entries;
		standing->capacity = capacity;
	}
	struct entry *entry = &standing->entries[standing->count];
	if (!fill(record, entry))
		return error_set(error, ERROR_FAILED, EBADMSG, "record-malformed",
			_("The ledger's record %llu is of a certificate and does not name it"),
			(unsigned long long)record->index);
	standing->count++;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static int compare_succession(const void *a, const void *b)
{
	const struct entry *const *left = a, *const *right = b;
	int order = strcmp((*left)->supersedes, (*right)->supersedes);
	return order != 0 ? order
			  : ((*left)->index > (*right)->index) - ((*left)->index < (*right)->index);
}

static int sort(struct standing *standing, struct error *error)
{
	standing->succession = calloc(standing->count + 1, sizeof(const struct entry *));
	if (!standing->succession)
		return error_no_memory(error);
	if (standing->count == 0)
		return 0;
	qsort(standing->entries, standing->count, sizeof(*standing->entries), compare_names);
	for (size_t i = 0; i < standing->count; i++)
		if (standing->entries[i].supersedes[0])
			standing->succession[standing->succession_count++] = &standing->entries[i];
	qsort(standing->succession, standing->succession_count, sizeof(const struct entry *),
		compare_succession);
	return 0;
}

int standing_complete(struct standing *standing, const char *folder, const struct checkpoint *head,
	struct error *error)
{
	standing->head = *head;
	if (head->size > standing->next_index)
		standing->withheld_until = head->size;
	int result = tile_tree_open(folder, head->size, &standing->tree, error);
	return result == 0 ? sort(standing, error) : result;
}

/* --- asking --- */

/* The first of the name. */
static const struct entry *find(const struct standing *standing, const char *name)
{
	size_t from = 0, to = standing->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(standing->entries[middle].name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < standing->count && strcmp(standing->entries[from].name, name) == 0
		       ? &standing->entries[from]
		       : NULL;
}

static const char *find_later(const struct standing *standing, const char *name)
{
	size_t from = 0, to = standing->succession_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(standing->succession[middle]->supersedes, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < standing->succession_count &&
			       strcmp(standing->succession[from]->supersedes, name) == 0
		       ? standing->succession[from]->name
		       : NULL;
}

bool standing_find(const struct standing *standing, const char *name, struct standing_entry *ret)
{
	const struct entry *entry = find(standing, name);
	if (!entry)
		return false;
	*ret = (struct standing_entry){ .index = entry->index,
		.later = find_later(standing, name),
		.withheld = standing->withheld_until > entry->index + 1 };
	memcpy(ret->sha256, entry->sha256, sizeof(ret->sha256));
	const struct entry *next = entry + 1;
	ret->doubled = next < standing->entries + standing->count && strcmp(next->name, name) == 0;
	return true;
}

int standing_root(const struct standing *standing, uint64_t size, struct merkle_hash *ret,
	struct error *error)
{
	const struct merkle_tree tree = {
		.size = standing->head.size, .read = tile_tree_read, .context = standing->tree
	};
	return merkle_root(&tree, size, ret, error);
}
