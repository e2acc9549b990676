/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking up from a drive. What stands on a place is put below the superblock that explains it. */
#include "inventory/assets/tree.h"

#include "device/probe/hostile_text.h"
#include "inventory/assets/layers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct walker {
	struct store *store;
	const struct live *live;
	struct tree *tree;
	struct tree_entry root; /* what all stands on */
	struct error *error;
};

/* What stands on one carrier; the places are its partitions and, as 0, the whole. */
struct carrier {
	struct subject subject;
	size_t entry; /* of the tree; SIZE_MAX: the root */
	struct signature_list layers;
	struct stand_list uppers;
	bool *is_shown; /* by upper; owned */
};

static void carrier_free(struct carrier *carrier)
{
	signature_list_free(&carrier->layers);
	stand_list_free(&carrier->uppers);
	free(carrier->is_shown);
}

void tree_free(struct tree *tree)
{
	free(tree->items);
	*tree = (struct tree){ 0 };
}

/* 1: added; 0: the tree is full. The entry is at the end then. */
static int add_entry(struct walker *walker, unsigned depth, enum tree_kind kind)
{
	struct tree *tree = walker->tree;
	if (tree->count == TREE_ENTRIES_MAX || depth > TREE_DEPTH_MAX) {
		tree->truncated = true;
		return 0;
	}
	if (tree->count == tree->capacity) {
		size_t larger = tree->capacity + tree->capacity / 2 + 16;
		struct tree_entry *items = reallocarray(tree->items, larger, sizeof(*items));
		if (!items)
			return error_no_memory(walker->error);
		tree->items = items;
		tree->capacity = larger;
	}
	tree->items[tree->count++] = (struct tree_entry){ .depth = depth, .kind = kind };
	return 1;
}

static struct tree_entry *last(struct walker *walker)
{
	return &walker->tree->items[walker->tree->count - 1];
}

/* ---- where it is now ---- */

static dev_t number_of(
	const struct walker *walker, const struct carrier *carrier, unsigned partition_number)
{
	const struct tree_entry *entry =
		carrier->entry == SIZE_MAX ? &walker->root : &walker->tree->items[carrier->entry];
	switch (entry->kind) {
	case TREE_ARRAY:
		return live_array(walker->live, &entry->array, partition_number);
	case TREE_VOLUME:
		return live_volume(walker->live, &entry->volume, partition_number);
	case TREE_DRIVE:
		return live_drive(walker->live, &entry->drive, partition_number);
	case TREE_SIGNATURE:
	case TREE_PARTITION:
		break;
	}
	return 0;
}

/* ---- the subjects that stand ---- */

static int fill_array(struct walker *walker, struct tree_entry *entry)
{
	char word[SUBJECT_ID_MAX];
	AUTO_ARRAYS struct array_list list = { 0 };
	subject_format(&entry->stand.upper, word);
	int r = arrays_find(walker->store, word, &list, walker->error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].id == entry->stand.upper.id)
			entry->array = list.items[i];
	return r;
}

static int fill_tenant(struct walker *walker, struct tree_entry *entry)
{
	char word[SUBJECT_ID_MAX];
	const struct subject tenant = { SUBJECT_TENANT, entry->volume.tenant_id };
	AUTO_TENANTS struct tenant_list list = { 0 };
	if (tenant.id == 0)
		return 0;
	/* Mostly the neighbour's. */
	for (size_t i = walker->tree->count; i-- > 0;)
		if (&walker->tree->items[i] != entry &&
			walker->tree->items[i].volume.tenant_id == tenant.id) {
			memcpy(entry->tenant, walker->tree->items[i].tenant, sizeof(entry->tenant));
			return 0;
		}
	subject_format(&tenant, word);
	int r = tenants_find(walker->store, word, &list, walker->error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].id == tenant.id)
			memcpy(entry->tenant, list.items[i].code, sizeof(entry->tenant));
	return r;
}

static int fill_volume(struct walker *walker, struct tree_entry *entry)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	int r = volumes_get(walker->store, entry->stand.upper.id, &list, walker->error);
	if (r < 0 || list.count == 0)
		return r;
	entry->volume = list.items[0];
	entry->volume.tags = NULL;
	return fill_tenant(walker, entry);
}

static int fill_drive(struct walker *walker, struct tree_entry *entry)
{
	char word[SUBJECT_ID_MAX];
	AUTO_DRIVES struct drive_list list = { 0 };
	subject_format(&entry->stand.upper, word);
	int r = drives_find(walker->store, word, &list, walker->error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].id == entry->stand.upper.id)
			entry->drive = list.items[i];
	return r;
}

static bool is_in_tree(const struct walker *walker, const struct subject *subject)
{
	if (walker->root.stand.upper.kind == subject->kind &&
		walker->root.stand.upper.id == subject->id)
		return true;
	for (size_t i = 0; i + 1 < walker->tree->count; i++) {
		const struct tree_entry *entry = &walker->tree->items[i];
		if (entry->stand.upper.kind == subject->kind &&
			entry->stand.upper.id == subject->id)
			return true;
	}
	return false;
}

static int add_carrier(
	struct walker *walker, const struct subject *subject, size_t entry, unsigned depth);

static bool kind_of(const struct subject *subject, enum tree_kind *ret)
{
	if (subject->kind == SUBJECT_ARRAY)
		*ret = TREE_ARRAY;
	else if (subject->kind == SUBJECT_DRIVE)
		*ret = TREE_DRIVE;
	else if (subject->kind == SUBJECT_VOLUME)
		*ret = TREE_VOLUME;
	else
		return false;
	return true;
}

/* By entry->stand.upper. */
static int fill(struct walker *walker, struct tree_entry *entry)
{
	if (entry->kind == TREE_ARRAY)
		return fill_array(walker, entry);
	return entry->kind == TREE_DRIVE ? fill_drive(walker, entry) : fill_volume(walker, entry);
}

/* Also above what the drive has left: whom it served is known by that. */
static int add_upper(struct walker *walker, const struct stand *stand, unsigned depth)
{
	enum tree_kind kind;
	if (!kind_of(&stand->upper, &kind))
		return 0;
	int r = add_entry(walker, depth, kind);
	if (r <= 0)
		return r;
	struct tree_entry *entry = last(walker);
	entry->stand = *stand;
	entry->again = is_in_tree(walker, &stand->upper);
	r = fill(walker, entry);
	if (r < 0 || entry->again)
		return r;
	return add_carrier(walker, &stand->upper, walker->tree->count - 1, depth + 1);
}

/* ---- places ---- */

/* Does the superblock explain what stands there? */
static bool explains(const struct signature *signature, const struct subject *upper)
{
	if (upper->kind == SUBJECT_ARRAY)
		return signature->usage == SIGNATURE_RAID &&
		       strcmp(signature->type, "LVM2_member") != 0;
	return upper->kind == SUBJECT_VOLUME &&
	       (strcmp(signature->type, "LVM2_member") == 0 ||
		       strcmp(signature->type, "crypto_LUKS") == 0 ||
		       strcmp(signature->type, "bcache") == 0);
}

static int add_uppers(struct walker *walker, struct carrier *carrier, unsigned partition_number,
	const struct signature *below, unsigned depth)
{
	int r = 0;
	for (size_t i = 0; i < carrier->uppers.count && r >= 0; i++) {
		const struct stand *stand = &carrier->uppers.items[i];
		if (carrier->is_shown[i] || stand->partition_number != partition_number ||
			(below && !explains(below, &stand->upper)))
			continue;
		carrier->is_shown[i] = true;
		r = add_upper(walker, stand, depth);
	}
	return MIN(r, 0);
}

/* What stands on a physical volume may be nothing yet: the group is named all the same. */
static void read_group(struct tree_entry *entry)
{
	AUTO_JSON json_t *detail = NULL;
	struct error ignored = { 0 };
	const char *text = entry->signature.detail;
	if (!text || strcmp(entry->signature.type, "LVM2_member") != 0 ||
		json_parse(text, strlen(text), "detail", &detail, &ignored) < 0)
		return;
	const char *name = json_string_value(json_object_get(detail, "vg_name"));
	if (name)
		hostile_text_clean(name, strlen(name), entry->group, sizeof(entry->group));
}

static int add_signature(struct walker *walker, const struct carrier *carrier,
	const struct signature *signature, unsigned depth)
{
	int r = add_entry(walker, depth,
		signature->usage == SIGNATURE_PARTITION ? TREE_PARTITION : TREE_SIGNATURE);
	if (r <= 0)
		return r;
	struct tree_entry *entry = last(walker);
	entry->signature = *signature;
	read_group(entry);
	entry->signature.detail = NULL;
	if (signature->usage == SIGNATURE_FILESYSTEM || strcmp(signature->type, "swap") == 0)
		live_mounts(walker->live, number_of(walker, carrier, signature->partition_number),
			entry->mounted, sizeof(entry->mounted));
	return 1;
}

/* What is on the whole, or in one partition: superblocks, each with what it explains, then the rest. */
static int add_place(
	struct walker *walker, struct carrier *carrier, unsigned partition_number, unsigned depth)
{
	int r = 0;
	for (size_t i = 0; i < carrier->layers.count && r >= 0; i++) {
		const struct signature *signature = &carrier->layers.items[i];
		if (signature->usage == SIGNATURE_PARTITION ||
			signature->partition_number != partition_number)
			continue;
		r = add_signature(walker, carrier, signature, depth);
		if (r > 0)
			r = add_uppers(walker, carrier, partition_number, signature, depth + 1);
	}
	return r < 0 ? r : add_uppers(walker, carrier, partition_number, NULL, depth);
}

/* A partition that no table tells of any more, but something stood on it. */
static int add_lost_partitions(struct walker *walker, struct carrier *carrier, unsigned depth)
{
	int r = 0;
	for (size_t i = 0; i < carrier->uppers.count && r >= 0; i++) {
		unsigned number = carrier->uppers.items[i].partition_number;
		const struct signature partition = {
			.usage = SIGNATURE_PARTITION,
			.partition_number = number,
		};
		if (carrier->is_shown[i])
			continue;
		r = add_signature(walker, carrier, &partition, depth);
		if (r > 0)
			r = add_uppers(walker, carrier, number, NULL, depth + 1);
		carrier->is_shown[i] = true;
	}
	return MIN(r, 0);
}

static int add_carrier(
	struct walker *walker, const struct subject *subject, size_t entry, unsigned depth)
{
	CLEANUP(carrier_free) struct carrier carrier = { .subject = *subject, .entry = entry };
	int r = layers_read(walker->store, subject, &carrier.layers, walker->error);
	if (r == 0)
		r = stands_above(walker->store, subject, true, &carrier.uppers, walker->error);
	if (r < 0)
		return r;
	carrier.is_shown = calloc(carrier.uppers.count + 1, sizeof(*carrier.is_shown));
	if (!carrier.is_shown)
		return error_no_memory(walker->error);
	r = add_place(walker, &carrier, 0, depth);
	for (size_t i = 0; i < carrier.layers.count && r >= 0; i++) {
		const struct signature *signature = &carrier.layers.items[i];
		if (signature->usage != SIGNATURE_PARTITION)
			continue;
		r = add_signature(walker, &carrier, signature, depth);
		if (r > 0)
			r = add_place(walker, &carrier, signature->partition_number, depth + 1);
	}
	if (r >= 0)
		r = add_lost_partitions(walker, &carrier, depth);
	return MIN(r, 0);
}

int tree_read(struct store *store, const struct subject *root, const struct live *live,
	struct tree *ret, struct error *error)
{
	AUTO_TREE struct tree tree = { 0 };
	struct walker walker = { .store = store, .live = live, .tree = &tree, .error = error };
	walker.root.stand.upper = *root;
	int r = kind_of(root, &walker.root.kind) ? fill(&walker, &walker.root) : 0;
	if (r == 0)
		r = add_carrier(&walker, root, SIZE_MAX, 0);
	if (r < 0)
		return r;
	*ret = tree;
	tree = (struct tree){ 0 };
	return 0;
}
