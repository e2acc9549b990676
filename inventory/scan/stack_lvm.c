/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volume groups as the metadata on their physical volumes tell them: names, tags and origins of volumes
 * that are active, and those that are not. */
#include "inventory/scan/stack.h"

#include "base/macros.h"
#include "device/probe/hostile_text.h"
#include "inventory/scan/dm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TAGS_MAX 64

struct physical {
	char id[39];
	size_t place;
};

struct group {
	json_t *detail; /* owned; the newest metadata */
	char id[39];
	json_int_t sequence;
};

struct lvm {
	struct stack *stack;
	struct physical *physicals; /* owned */
	size_t physical_count;
	struct group *groups; /* owned */
	size_t group_count;
};

static void lvm_free(struct lvm *lvm)
{
	for (size_t i = 0; i < lvm->group_count; i++)
		json_decref(lvm->groups[i].detail);
	free(lvm->groups);
	free(lvm->physicals);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static bool id_at(const json_t *object, const char *key, char ret[static 39])
{
	const char *text = text_at(object, key);
	return dm_lvm_id(text, strlen(text), ret);
}

/* ---- gathering ---- */

static int add_physical(struct lvm *lvm, const char *id, size_t place)
{
	struct physical *grown =
		reallocarray(lvm->physicals, lvm->physical_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	lvm->physicals = grown;
	memcpy(grown[lvm->physical_count].id, id, sizeof(grown->id));
	grown[lvm->physical_count++].place = place;
	return 0;
}

static int add_group(struct lvm *lvm, json_t *detail)
{
	char id[39];
	json_int_t sequence = json_integer_value(json_object_get(detail, "seqno"));
	if (!id_at(detail, "vg_uuid", id))
		return 0;
	for (size_t i = 0; i < lvm->group_count; i++) {
		struct group *group = &lvm->groups[i];
		if (strcmp(group->id, id) != 0)
			continue;
		if (sequence > group->sequence) {
			json_decref(group->detail);
			group->detail = json_incref(detail);
			group->sequence = sequence;
		}
		return 0;
	}
	struct group *grown = reallocarray(lvm->groups, lvm->group_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	lvm->groups = grown;
	struct group *group = &grown[lvm->group_count++];
	*group = (struct group){ .detail = json_incref(detail), .sequence = sequence };
	memcpy(group->id, id, sizeof(id));
	return 0;
}

static int gather(struct lvm *lvm, size_t carrier, const struct signature *signature)
{
	char id[39];
	size_t place;
	struct error ignored = { 0 };
	AUTO_JSON json_t *detail = NULL;
	if (strcmp(signature->type, "LVM2_member") != 0 ||
		!dm_lvm_id(signature->uuid, strlen(signature->uuid), id))
		return 0;
	int r = stack_place(lvm->stack, carrier, signature->partition_number, signature, &place);
	if (r < 0 || stack_is_covered(lvm->stack, place))
		return r;
	r = add_physical(lvm, id, place);
	if (r < 0 || !signature->detail ||
		json_parse(signature->detail, strlen(signature->detail), "detail", &detail,
			&ignored) < 0)
		return r;
	return add_group(lvm, detail);
}

/* ---- one volume ---- */

static enum volume_kind kind_of(const char *word)
{
	static const struct {
		const char *word;
		enum volume_kind kind;
	} kinds[] = {
		{ "thin-pool", VOLUME_THIN_POOL },
		{ "thin", VOLUME_THIN },
		{ "snapshot", VOLUME_SNAPSHOT },
		{ "cache", VOLUME_CACHE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return kinds[i].kind;
	return VOLUME_LV;
}

/* A thin volume that was taken of another one is a snapshot of it, whatever it costs to keep. */
static enum volume_kind kind_in(const json_t *volume)
{
	enum volume_kind kind = kind_of(text_at(volume, "kind"));
	return kind == VOLUME_THIN && text_at(volume, "origin")[0] ? VOLUME_SNAPSHOT : kind;
}

/* Put together as it fits; a key that were cut would be another one: false. */
static bool key_of(const struct group *group, const json_t *volume, char *ret, size_t size)
{
	char id[39];
	return id_at(volume, "uuid", id) &&
	       snprintf(ret, size, "lvm:%s/%s", group->id, id) < (int)size;
}

/* NULL when the group has no volume of that name. */
static const json_t *volume_named(const struct group *group, const char *name)
{
	const json_t *volumes = json_object_get(group->detail, "lvs");
	for (size_t i = 0; i < json_array_size(volumes) && name[0]; i++) {
		const json_t *volume = json_array_get(volumes, i);
		if (strcmp(text_at(volume, "name"), name) == 0)
			return volume;
	}
	return NULL;
}

static int copy_tags(const json_t *volume, json_t **ret)
{
	AUTO_JSON json_t *tags = json_array();
	const json_t *from = json_object_get(volume, "tags");
	for (size_t i = 0; i < MIN(json_array_size(from), (size_t)TAGS_MAX); i++) {
		const char *tag = json_string_value(json_array_get(from, i));
		char clean[200];
		if (!tag || strlen(tag) >= sizeof(clean))
			continue;
		hostile_text_clean(tag, strlen(tag), clean, sizeof(clean));
		if (json_push(tags, json_string(clean)) < 0)
			return -ENOMEM;
	}
	if (!tags)
		return -ENOMEM;
	*ret = json_incref(tags);
	return 0;
}

/* What the metadata say of a volume, into its node. */
static int describe(const struct group *group, const json_t *volume, struct stack_node *node)
{
	char group_name[128], name[128];
	const char *origin = text_at(volume, "origin");
	const json_t *from = volume_named(group, origin);
	hostile_text_clean(text_at(group->detail, "vg_name"),
		strlen(text_at(group->detail, "vg_name")), group_name, sizeof(group_name));
	hostile_text_clean(
		text_at(volume, "name"), strlen(text_at(volume, "name")), name, sizeof(name));
	(void)snprintf(node->volume.title, sizeof(node->volume.title), "%s/%s", group_name, name);
	node->volume.kind = kind_in(volume);
	if (from && !key_of(group, from, node->volume.origin_key, sizeof(node->volume.origin_key)))
		node->volume.origin_key[0] = '\0';
	return node->volume.tags ? 0 : copy_tags(volume, &node->volume.tags);
}

static int add_inactive(struct lvm *lvm, const json_t *volume, const char *key, size_t *ret)
{
	struct stack_node node = {
		.kind = STACK_VOLUME,
		.parent = STACK_NONE,
		.found = STACK_NONE,
		.same_as = STACK_NONE,
		.volume = { .kind = VOLUME_LV, .state = "inactive" },
	};
	json_int_t size = json_integer_value(json_object_get(volume, "size_bytes"));
	node.size_bytes = size > 0 ? (uint64_t)size : 0;
	(void)snprintf(node.volume.key, sizeof(node.volume.key), "%s", key);
	(void)id_at(volume, "uuid", node.volume.uuid);
	return stack_add_node(lvm->stack, &node, ret);
}

static int describe_all(struct lvm *lvm, const struct group *group)
{
	const json_t *volumes = json_object_get(group->detail, "lvs");
	int r = 0;
	for (size_t i = 0; i < json_array_size(volumes) && r == 0; i++) {
		const json_t *volume = json_array_get(volumes, i);
		char key[VOLUME_KEY_MAX];
		if (json_integer_value(json_object_get(volume, "visible")) == 0 ||
			!key_of(group, volume, key, sizeof(key)))
			continue;
		size_t node = stack_find_volume(lvm->stack, key);
		if (node == STACK_NONE)
			r = add_inactive(lvm, volume, key, &node);
		if (r == 0)
			r = describe(group, volume, &lvm->stack->nodes[node]);
	}
	return r;
}

/* ---- what an inactive volume stands on ---- */

static int stand_on_physicals(struct lvm *lvm, size_t upper, const json_t *volume)
{
	const json_t *ids = json_object_get(volume, "on_pvs");
	int r = 0;
	for (size_t i = 0; i < json_array_size(ids) && r == 0; i++) {
		const char *text = json_string_value(json_array_get(ids, i));
		char id[39];
		if (!text || !dm_lvm_id(text, strlen(text), id))
			continue;
		for (size_t p = 0; p < lvm->physical_count && r == 0; p++) {
			const struct stack_edge edge = {
				.upper = upper,
				.lower = lvm->physicals[p].place,
				.slot = -1,
			};
			if (strcmp(lvm->physicals[p].id, id) == 0)
				r = stack_add_edge(lvm->stack, &edge);
		}
	}
	return r;
}

/* "pool_tdata" is an inner volume of "pool". */
static bool is_inner_of(const char *inner, const char *outer)
{
	size_t length = strlen(outer);
	return length > 0 && strncmp(inner, outer, length) == 0 && inner[length] == '_';
}

static int stand_on_inner(
	struct lvm *lvm, const struct group *group, size_t upper, const char *name)
{
	const json_t *volumes = json_object_get(group->detail, "lvs");
	int r = 0;
	for (size_t i = 0; i < json_array_size(volumes) && r == 0; i++) {
		const json_t *volume = json_array_get(volumes, i);
		if (json_integer_value(json_object_get(volume, "visible")) == 0 &&
			is_inner_of(text_at(volume, "name"), name))
			r = stand_on_physicals(lvm, upper, volume);
	}
	return r;
}

/* ret_lower: the node, or STACK_NONE; may be NULL. */
static int stand_on_named(struct lvm *lvm, const struct group *group, size_t upper,
	const char *name, size_t *ret_lower)
{
	const json_t *below = volume_named(group, name);
	char key[VOLUME_KEY_MAX];
	if (!below || !key_of(group, below, key, sizeof(key)))
		return 0;
	size_t lower = stack_find_volume(lvm->stack, key);
	const struct stack_edge edge = { .upper = upper, .lower = lower, .slot = -1 };
	if (ret_lower)
		*ret_lower = lower;
	return lower == STACK_NONE ? 0 : stack_add_edge(lvm->stack, &edge);
}

/* A thin volume's bytes lie in its pool, a snapshot's also where its origin's do. The pool of a cached
 * volume is an inner volume and no node: then its drives count. */
static int stand(struct lvm *lvm, const struct group *group, size_t upper, const json_t *volume)
{
	size_t in_pool = STACK_NONE;
	int r = stand_on_named(lvm, group, upper, text_at(volume, "pool"), &in_pool);
	if (r == 0)
		r = stand_on_named(lvm, group, upper, text_at(volume, "origin"), NULL);
	if (r == 0 && in_pool == STACK_NONE)
		r = stand_on_physicals(lvm, upper, volume);
	if (r == 0 && in_pool == STACK_NONE)
		r = stand_on_inner(lvm, group, upper, text_at(volume, "name"));
	return r;
}

/* Where an active one stands the kernel has said. */
static int stand_all(struct lvm *lvm, const struct group *group)
{
	const json_t *volumes = json_object_get(group->detail, "lvs");
	int r = 0;
	for (size_t i = 0; i < json_array_size(volumes) && r == 0; i++) {
		const json_t *volume = json_array_get(volumes, i);
		char key[VOLUME_KEY_MAX];
		if (!key_of(group, volume, key, sizeof(key)))
			continue;
		size_t node = stack_find_volume(lvm->stack, key);
		if (node != STACK_NONE && lvm->stack->nodes[node].number == 0)
			r = stand(lvm, group, node, volume);
	}
	return r;
}

int stack_derive_lvm(struct stack *stack)
{
	CLEANUP(lvm_free) struct lvm lvm = { .stack = stack };
	int r = 0;
	for (size_t i = 0, count = stack->count; i < count && r == 0; i++) {
		const struct signature_list *list = stack->nodes[i].carries;
		for (size_t s = 0; list && s < list->count && r == 0; s++)
			r = gather(&lvm, i, &list->items[s]);
	}
	for (size_t i = 0; i < lvm.group_count && r == 0; i++)
		r = describe_all(&lvm, &lvm.groups[i]);
	for (size_t i = 0; i < lvm.group_count && r == 0; i++)
		r = stand_all(&lvm, &lvm.groups[i]);
	return r;
}
