/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the tree of the metadata text to volumes, and on which physical volumes each has bytes. */
#include "device/probe/lvm_group.h"

#include "base/json.h"
#include <errno.h>
#include <string.h>

#define STANDS_ON_MAX_BYTES (64 * MIB)
#define NESTING_MAX 32 /* volumes on volumes; LVM2 itself goes to about six */

void lvm_group_free(struct lvm_group *group)
{
	free(group->drives);
	free(group->volumes);
	free(group->stands_on);
	json_decref(group->names);
	*group = (struct lvm_group){ 0 };
}

/* Names --------------------------------------------------------------------------------------- */

static size_t count_sections(const struct lvm_tree *tree, const struct lvm_node *parent)
{
	size_t count = 0;
	const struct lvm_node *node = lvm_node_child(tree, parent);
	for (; node; node = lvm_node_next(tree, node))
		count += node->kind == LVM_SECTION;
	return count;
}

/* Volumes are known by their number, physical volumes by -1 - number. */
static int add_name(struct lvm_group *group, const struct lvm_node *node, json_int_t number)
{
	return json_object_setn_new_nocheck(
		       group->names, node->name, node->name_length, json_integer(number)) < 0
		       ? -ENOMEM
		       : 0;
}

static int list_drives(struct lvm_group *group)
{
	const struct lvm_node *section =
		lvm_node_find(group->tree, group->node, "physical_volumes", LVM_SECTION);
	group->drives = calloc(count_sections(group->tree, section) + 1, sizeof(*group->drives));
	if (!group->drives)
		return -ENOMEM;
	const struct lvm_node *node = lvm_node_child(group->tree, section);
	for (; node; node = lvm_node_next(group->tree, node)) {
		if (node->kind != LVM_SECTION)
			continue;
		group->drives[group->drive_count++] = node;
		if (add_name(group, node, -(json_int_t)group->drive_count) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int list_volumes(struct lvm_group *group)
{
	const struct lvm_node *section =
		lvm_node_find(group->tree, group->node, "logical_volumes", LVM_SECTION);
	group->volumes = calloc(count_sections(group->tree, section) + 1, sizeof(*group->volumes));
	if (!group->volumes)
		return -ENOMEM;
	const struct lvm_node *node = lvm_node_child(group->tree, section);
	for (; node; node = lvm_node_next(group->tree, node)) {
		if (node->kind != LVM_SECTION)
			continue;
		if (add_name(group, node, (json_int_t)group->volume_count) < 0)
			return -ENOMEM;
		group->volumes[group->volume_count++].node = node;
	}
	return 0;
}

static const json_t *find_name(const struct lvm_group *group, const struct lvm_node *string)
{
	return json_object_getn(group->names, string->text, string->text_length);
}

/* Kinds --------------------------------------------------------------------------------------- */

/* The kinds of LVM2's segment types; of those that begin alike the first that fits. */
static const struct {
	const char *type;
	const char *kind;
	bool is_prefix;
} kinds[] = {
	{ "linear", "linear", false }, { "striped", "striped", false },
	{ "mirror", "mirror", false }, { "raid10", "raid10", true }, { "raid0", "raid0", true },
	{ "raid1", "raid1", false }, { "raid4", "raid4", false }, { "raid5", "raid5", true },
	{ "raid6", "raid6", true }, { "thin-pool", "thin-pool", false }, { "thin", "thin", false },
	{ "cache-pool", "cache-pool", false },
	{ "cache", "cache", true }, /* "cache+METADATA_FORMAT" */
	{ "vdo", "vdo", true },     /* and its pool */
};

static const char *kind_of_type(const struct lvm_node *type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(kinds); i++) {
		size_t length = strlen(kinds[i].type);
		if (type->text_length >= length && memcmp(type->text, kinds[i].type, length) == 0 &&
			(kinds[i].is_prefix || type->text_length == length))
			return kinds[i].kind;
	}
	return "other";
}

static int64_t integer_of(
	const struct lvm_tree *tree, const struct lvm_node *parent, const char *name)
{
	const struct lvm_node *node = lvm_node_find(tree, parent, name, LVM_INTEGER);
	return node ? node->number : 0;
}

static const struct lvm_node *string_of(
	const struct lvm_tree *tree, const struct lvm_node *parent, const char *name)
{
	return lvm_node_find(tree, parent, name, LVM_STRING);
}

/* One stripe is what people call linear. */
static const char *kind_of_segment(const struct lvm_tree *tree, const struct lvm_node *segment)
{
	const char *kind = kind_of_type(string_of(tree, segment, "type"));
	if (strcmp(kind, "striped") == 0 && integer_of(tree, segment, "stripe_count") <= 1)
		return "linear";
	return kind;
}

/* Of a volume whose segments differ, the first that is not linear says the most. */
static void read_segment(const struct lvm_group *group, struct lvm_volume *volume,
	const struct lvm_node *segment, int64_t extent_sectors)
{
	const struct lvm_tree *tree = group->tree;
	const char *kind = kind_of_segment(tree, segment);
	uint64_t bytes;
	if (!volume->kind || strcmp(volume->kind, "linear") == 0)
		volume->kind = kind;
	if (!volume->origin)
		volume->origin = string_of(tree, segment, "origin");
	static const char *const pools[] = { "thin_pool", "cache_pool", "vdo_pool" };
	for (size_t i = 0; i < ARRAY_SIZE(pools) && !volume->pool; i++)
		volume->pool = string_of(tree, segment, pools[i]);
	int64_t extents = integer_of(tree, segment, "extent_count");
	if (extents < 0 || extent_sectors < 0 ||
		__builtin_mul_overflow((uint64_t)extents, (uint64_t)extent_sectors, &bytes) ||
		__builtin_mul_overflow(bytes, UINT64_C(512), &bytes) ||
		__builtin_add_overflow(volume->size_bytes, bytes, &volume->size_bytes))
		volume->size_bytes = UINT64_MAX;
}

/* A snapshot that copies on write has a record of its own, which names the volume that holds what
 * was copied; that one is the snapshot. */
static bool take_snapshot(struct lvm_group *group, const struct lvm_node *segment)
{
	const struct lvm_tree *tree = group->tree;
	if (!lvm_node_is(string_of(tree, segment, "type"), "snapshot"))
		return false;
	const struct lvm_node *store = string_of(tree, segment, "cow_store");
	if (!store)
		store = string_of(tree, segment, "merging_store");
	const json_t *found = store ? find_name(group, store) : NULL;
	if (!found || json_integer_value(found) < 0) {
		group->damaged = true;
		return false;
	}
	struct lvm_volume *volume = &group->volumes[json_integer_value(found)];
	volume->kind = "snapshot";
	volume->origin = string_of(tree, segment, "origin");
	return true;
}

static void read_volumes(struct lvm_group *group)
{
	int64_t extent_sectors = integer_of(group->tree, group->node, "extent_size");
	for (size_t i = 0; i < group->volume_count; i++) {
		struct lvm_volume *volume = &group->volumes[i];
		bool record = false;
		const struct lvm_node *node = lvm_node_child(group->tree, volume->node);
		for (; node; node = lvm_node_next(group->tree, node)) {
			if (node->kind != LVM_SECTION)
				continue;
			record |= take_snapshot(group, node);
			const char *kind = volume->kind; /* a snapshot stays one */
			read_segment(group, volume, node, extent_sectors);
			if (kind && strcmp(kind, "snapshot") == 0)
				volume->kind = kind;
		}
		if (record)
			volume->kind = NULL;
		else if (!volume->kind)
			volume->kind = "other";
	}
}

/* What stands on what ------------------------------------------------------------------------- */

static int visit_volume(struct lvm_group *group, size_t number, unsigned depth);

static int stand_on(
	struct lvm_group *group, size_t volume, const struct lvm_node *name, unsigned depth)
{
	const json_t *found = find_name(group, name);
	uint64_t *drives = group->stands_on + volume * group->words;
	if (!found)
		return 0;
	json_int_t number = json_integer_value(found);
	if (number < 0) {
		size_t drive = (size_t)(-1 - number);
		drives[drive / 64] |= UINT64_C(1) << drive % 64;
		return 0;
	}
	size_t other = (size_t)number;
	if (other == volume)
		return -ELOOP;
	int result = visit_volume(group, other, depth + 1);
	for (size_t i = 0; i < group->words; i++)
		drives[i] |= group->stands_on[other * group->words + i];
	return result;
}

/* Whatever a segment names that is a volume or a physical volume, it stands on: "stripes", "raids",
 * "thin_pool", "metadata", "cache_pool" and what later versions may add. Too much is shown rather
 * than too little. */
static int visit_segment(
	struct lvm_group *group, size_t volume, const struct lvm_node *segment, unsigned depth)
{
	static const char *const words[] = { "type", "cache_mode", "policy", "discards" };
	const struct lvm_node *node = lvm_node_child(group->tree, segment);
	int result = 0;
	for (; node; node = lvm_node_next(group->tree, node)) {
		bool is_word = false;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			is_word |= node->name_length == strlen(words[i]) &&
				   memcmp(node->name, words[i], node->name_length) == 0;
		int one = 0;
		if (node->kind == LVM_STRING && !is_word)
			one = stand_on(group, volume, node, depth);
		const struct lvm_node *element =
			node->kind == LVM_ARRAY ? lvm_node_child(group->tree, node) : NULL;
		for (; element; element = lvm_node_next(group->tree, element))
			if (element->kind == LVM_STRING) {
				int other = stand_on(group, volume, element, depth);
				one = one ? one : other;
			}
		result = result ? result : one;
	}
	return result;
}

/* -ELOOP: it stands on itself, or too many stand on each other. What was found stands. */
static int visit_volume(struct lvm_group *group, size_t number, unsigned depth)
{
	struct lvm_volume *volume = &group->volumes[number];
	int result = 0;
	if (volume->visit == VOLUME_DONE)
		return 0;
	if (volume->visit == VOLUME_VISITED || depth > NESTING_MAX)
		return -ELOOP;
	volume->visit = VOLUME_VISITED;
	const struct lvm_node *node = lvm_node_child(group->tree, volume->node);
	for (; node; node = lvm_node_next(group->tree, node))
		if (node->kind == LVM_SECTION) {
			int one = visit_segment(group, number, node, depth);
			result = result ? result : one;
		}
	volume->visit = VOLUME_DONE;
	return result;
}

static int follow_volumes(struct lvm_group *group)
{
	group->words = (group->drive_count + 63) / 64;
	if (group->words > 0 &&
		group->volume_count > STANDS_ON_MAX_BYTES / sizeof(uint64_t) / group->words)
		return -EFBIG;
	group->stands_on =
		calloc(group->volume_count * group->words + 1, sizeof(*group->stands_on));
	if (!group->stands_on)
		return -ENOMEM;
	for (size_t i = 0; i < group->volume_count; i++)
		if (visit_volume(group, i, 0) < 0)
			group->damaged = true;
	return 0;
}

bool lvm_volume_stands_on(const struct lvm_group *group, size_t volume, size_t drive)
{
	return group->stands_on[volume * group->words + drive / 64] >> drive % 64 & 1;
}

/* ------------------------------------------------------------------------------------------- */

/* The first section is the group; numbers and words of the program that wrote it stand around it. */
static const struct lvm_node *find_group(const struct lvm_tree *tree)
{
	const struct lvm_node *node = lvm_node_child(tree, &tree->nodes[0]);
	for (; node; node = lvm_node_next(tree, node))
		if (node->kind == LVM_SECTION && lvm_node_find(tree, node, "id", LVM_STRING))
			return node;
	return NULL;
}

int lvm_group_read(const struct lvm_tree *tree, struct lvm_group *ret)
{
	AUTO_LVM_GROUP struct lvm_group group = { .tree = tree, .node = find_group(tree) };
	if (!group.node)
		return -EBADMSG;
	group.names = json_object();
	int result = group.names ? list_drives(&group) : -ENOMEM;
	if (result == 0)
		result = list_volumes(&group);
	if (result < 0)
		return result;
	read_volumes(&group);
	result = follow_volumes(&group);
	if (result < 0)
		return result;
	*ret = group;
	group = (struct lvm_group){ 0 };
	return 0;
}
