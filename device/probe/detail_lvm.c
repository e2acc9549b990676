/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An LVM2 physical volume: its volume group as the newest metadata on it tells, with every volume
 * and the physical volumes each stands on. */
#include "device/probe/detail.h"
#include "device/probe/lvm_group.h"
#include "device/probe/lvm_metadata.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX_BYTES (8 * MIB) /* about 10,000 volumes */
#define STANDS_MAX 250000        /* pairs of volume and drive that are shown: about 10 MiB */

/* Texts --------------------------------------------------------------------------------------- */

struct metadata {
	char *text; /* owned */
	struct lvm_tree tree;
	int64_t seqno;
	bool checksum_fits;
};

static void metadata_free(struct metadata *metadata)
{
	lvm_tree_free(&metadata->tree);
	free(metadata->text);
}
#define AUTO_METADATA CLEANUP(metadata_free)

static int64_t find_seqno(const struct lvm_tree *tree)
{
	const struct lvm_node *node = lvm_node_child(tree, &tree->nodes[0]);
	for (; node; node = lvm_node_next(tree, node)) {
		const struct lvm_node *seqno = lvm_node_find(tree, node, "seqno", LVM_INTEGER);
		if (node->kind == LVM_SECTION && seqno)
			return seqno->number;
	}
	return -1;
}

static int read_metadata(
	const struct device_area *area, const struct lvm_stretch *stretch, struct metadata *ret)
{
	struct lvm_text_place place;
	AUTO_METADATA struct metadata metadata = { 0 };
	int result = lvm_text_find(area, stretch, &place);
	if (result < 0)
		return result;
	if (place.length_bytes > TEXT_MAX_BYTES)
		return -EFBIG;
	metadata.text = malloc(place.length_bytes + 1);
	if (!metadata.text)
		return -ENOMEM;
	result = lvm_text_read(area, &place, place.length_bytes, metadata.text);
	if (result == 0)
		result = lvm_tree_parse(metadata.text, place.length_bytes, &metadata.tree);
	if (result < 0)
		return result;
	metadata.checksum_fits = place.checksum_fits &&
				 lvm_checksum(metadata.text, place.length_bytes) == place.checksum;
	metadata.seqno = find_seqno(&metadata.tree);
	*ret = metadata;
	metadata = (struct metadata){ 0 };
	return 0;
}

static bool is_better(const struct metadata *one, const struct metadata *other)
{
	if (!other->text || one->checksum_fits != other->checksum_fits)
		return !other->text || one->checksum_fits;
	return one->seqno > other->seqno;
}

/* The newest text that is whole. Of those that cannot be had, what is worst is told. -ENOENT: there
 * is none because it is in no group; -ESTALE: the metadata is on other drives. */
static int read_newest(
	const struct device_area *area, const struct lvm_label *label, struct metadata *ret)
{
	AUTO_METADATA struct metadata best = { 0 };
	int result = -ESTALE;
	for (size_t i = 0; i < label->metadata_count; i++) {
		AUTO_METADATA struct metadata metadata = { 0 };
		int found = read_metadata(area, &label->metadata[i], &metadata);
		if (found == -ENOMEM)
			return found;
		if (found == 0 && is_better(&metadata, &best)) {
			struct metadata worse = best;
			best = metadata;
			metadata = worse;
		}
		if (result == -ESTALE || (result == -ENOENT && found != -ESTALE))
			result = found;
	}
	if (!best.text)
		return result;
	*ret = best;
	best = (struct metadata){ 0 };
	return 0;
}

/* JSON ---------------------------------------------------------------------------------------- */

static int put_id(json_t *object, const char *key, const char id[static LVM_ID_CHARACTERS])
{
	char text[LVM_ID_DASHED_SIZE];
	(void)snprintf(text, sizeof(text), "%.6s-%.4s-%.4s-%.4s-%.4s-%.4s-%.6s", id, id + 6,
		id + 10, id + 14, id + 18, id + 22, id + 26);
	return detail_put_text(object, key, text, strnlen(text, sizeof(text)));
}

/* A string of the metadata with its escapes taken away; NULL is "". */
static int put_string(json_t *object, json_t *to, const char *key, const struct lvm_node *string)
{
	char text[DETAIL_TEXT_MAX + 2]; /* one more than is shown, so that it is told */
	size_t used = 0;
	for (size_t i = 0; string && i < string->text_length && used < sizeof(text); i++) {
		if (string->text[i] == '\\' && i + 1 < string->text_length)
			i++;
		text[used++] = string->text[i];
	}
	return key ? detail_put_text(to, key, text, used)
		   : detail_push_text(object, to, text, used);
}

static int put_strings(
	json_t *object, json_t *to, const struct lvm_tree *tree, const struct lvm_node *parent)
{
	json_t *array = json_array();
	int result = json_put(to, "tags", array);
	const struct lvm_node *node =
		lvm_node_child(tree, lvm_node_find(tree, parent, "tags", LVM_ARRAY));
	for (; node && result == 0; node = lvm_node_next(tree, node))
		if (node->kind == LVM_STRING)
			result = put_string(object, array, NULL, node);
	return result;
}

/* left: how many pairs of volume and drive may still be shown. */
static int put_drives(
	json_t *object, json_t *to, const struct lvm_group *group, size_t volume, size_t *left)
{
	json_t *array = json_array();
	int result = json_put(to, "on_pvs", array);
	for (size_t i = 0; i < group->drive_count && result == 0; i++) {
		if (!lvm_volume_stands_on(group, volume, i))
			continue;
		if (*left == 0)
			return detail_problem(object, "cut");
		--*left;
		result = put_string(object, array, NULL,
			lvm_node_find(group->tree, group->drives[i], "id", LVM_STRING));
	}
	return result;
}

static int put_volume(
	json_t *object, const struct lvm_group *group, size_t number, json_t *to, size_t *left)
{
	const struct lvm_volume *volume = &group->volumes[number];
	const struct lvm_tree *tree = group->tree;
	if (detail_put_text(to, "name", volume->node->name, volume->node->name_length) < 0 ||
		put_string(object, to, "uuid",
			lvm_node_find(tree, volume->node, "id", LVM_STRING)) < 0 ||
		json_put_string(to, "kind", volume->kind) < 0 ||
		detail_put_number(to, "size_bytes", volume->size_bytes) < 0 ||
		put_strings(object, to, tree, volume->node) < 0 ||
		json_put_integer(to, "visible",
			lvm_node_lists(tree, volume->node, "status", "VISIBLE")) < 0 ||
		put_string(object, to, "origin", volume->origin) < 0 ||
		put_string(object, to, "pool", volume->pool) < 0 ||
		json_put_string(to, "active_hint", "") < 0 ||
		put_drives(object, to, group, number, left) < 0)
		return -ENOMEM;
	return 0;
}

static int put_volumes(json_t *object, const struct lvm_group *group)
{
	json_t *array = json_array();
	size_t left = STANDS_MAX;
	int result = json_put(object, "lvs", array);
	for (size_t i = 0; i < group->volume_count && result == 0; i++) {
		json_t *volume = group->volumes[i].kind ? json_object() : NULL;
		if (!group->volumes[i].kind)
			continue;
		result = json_push(array, volume);
		if (result == 0)
			result = put_volume(object, group, i, volume, &left);
	}
	return result;
}

/* Flags tell the drives that were missing when the metadata was written. */
static size_t count_missing(const struct lvm_group *group)
{
	size_t count = 0;
	for (size_t i = 0; i < group->drive_count; i++)
		count += lvm_node_lists(group->tree, group->drives[i], "flags", "MISSING");
	return count;
}

static int put_group(json_t *object, const struct lvm_group *group, int64_t seqno)
{
	if (!group->node)
		return detail_problem(object, "damaged");
	if (detail_put_text(object, "vg_name", group->node->name, group->node->name_length) < 0 ||
		put_string(object, object, "vg_uuid",
			lvm_node_find(group->tree, group->node, "id", LVM_STRING)) < 0 ||
		json_put_integer(object, "seqno", seqno) < 0 ||
		json_put_integer(object, "pv_count", (json_int_t)group->drive_count) < 0 ||
		json_put_integer(object, "missing_pvs", (json_int_t)count_missing(group)) < 0 ||
		put_strings(object, object, group->tree, group->node) < 0 ||
		put_volumes(object, group) < 0)
		return -ENOMEM;
	return group->damaged ? detail_problem(object, "damaged") : 0;
}

/* In no group yet: the same fields, empty. */
static int put_no_group(json_t *object)
{
	static const struct lvm_tree nothing;
	const struct lvm_node none = { .kind = LVM_SECTION, .name = "" };
	const struct lvm_group group = { .tree = &nothing, .node = &none };
	return put_group(object, &group, 0);
}

int detail_lvm(const struct device_area *area, uint64_t magic, json_t *ret)
{
	struct lvm_label label;
	AUTO_METADATA struct metadata metadata = { 0 };
	AUTO_LVM_GROUP struct lvm_group group = { 0 };

	(void)magic; /* the label is looked for as LVM2 does */
	int result = lvm_label_read(area, &label);
	if (result <= 0)
		return result < 0 ? result : -EBADMSG;
	result = put_id(ret, "pv_uuid", label.pv_id);
	if (result == 0 && !label.checksum_fits)
		result = detail_problem(ret, "checksum");
	if (result == 0)
		result = read_newest(area, &label, &metadata);
	if (result == -ENOENT)
		return put_no_group(ret);
	if (result == -ESTALE)
		return detail_problem(ret, "no-metadata");
	if (result == 0 && !metadata.checksum_fits)
		result = detail_problem(ret, "checksum");
	if (result == 0)
		result = lvm_group_read(&metadata.tree, &group);
	if (result == -EFBIG)
		return detail_problem(ret, "cut");
	return result < 0 ? result : put_group(ret, &group, metadata.seqno);
}
