/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What superblocks add to the kernel's graph: arrays that are not assembled, members that an array does
 * not claim, LUKS volumes that are not open. Everything a superblock says was chosen by whoever wrote
 * it. */
#include "inventory/scan/stack.h"

#include "base/macros.h"
#include "device/probe/hostile_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- places ---- */

bool stack_is_covered(const struct stack *stack, size_t node)
{
	for (size_t i = 0; i < stack->edge_count; i++) {
		const struct stack_edge *edge = &stack->edges[i];
		const struct stack_node *upper = &stack->nodes[edge->upper];
		if (edge->lower != node || edge->left || upper->number == 0)
			continue;
		if (upper->kind == STACK_ARRAY || upper->volume.kind == VOLUME_MULTIPATH ||
			upper->volume.kind == VOLUME_BCACHE)
			return true;
	}
	const struct stack_node *place = &stack->nodes[node];
	return place->kind == STACK_PARTITION && place->parent != STACK_NONE &&
	       stack_is_covered(stack, place->parent);
}

static json_t *parse_detail(const struct signature *signature)
{
	json_t *detail = NULL;
	struct error ignored = { 0 };
	if (!signature->detail || json_parse(signature->detail, strlen(signature->detail), "detail",
					  &detail, &ignored) < 0)
		return NULL;
	return detail;
}

static void copy_text(const json_t *object, const char *key, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));
	ret[0] = '\0';
	if (text)
		hostile_text_clean(text, strlen(text), ret, size);
}

static uint64_t number_at(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));
	return number > 0 ? (uint64_t)number : 0;
}

/* Call visit for each signature of each node that was looked at. The nodes that visit adds carry
 * nothing yet. */
typedef int signature_visitor(struct stack *stack, size_t carrier, const struct signature *found);

static int each_signature(struct stack *stack, signature_visitor *visit)
{
	int r = 0;
	for (size_t i = 0, count = stack->count; i < count && r == 0; i++) {
		const struct signature_list *list = stack->nodes[i].carries;
		for (size_t s = 0; list && s < list->count && r == 0; s++)
			r = visit(stack, i, &list->items[s]);
	}
	return r;
}

/* ---- md ---- */

static bool is_md_member(const struct signature *signature)
{
	return strcmp(signature->type, "linux_raid_member") == 0 && signature->uuid[0];
}

/* The kernel may spell an array's UUID in another order of bytes (0.90), or not at all: what libblkid
 * reads on a member that the array claims is the one that counts. */
static int name_array(struct stack *stack, size_t carrier, const struct signature *signature)
{
	size_t place;
	if (!is_md_member(signature))
		return 0;
	int r = stack_place(stack, carrier, signature->partition_number, signature, &place);
	for (size_t i = 0; i < stack->edge_count && r == 0; i++) {
		struct stack_node *upper = &stack->nodes[stack->edges[i].upper];
		if (stack->edges[i].lower != place || upper->kind != STACK_ARRAY ||
			upper->number == 0 || strncmp(upper->array.metadata, "external", 8) == 0)
			continue;
		memcpy(upper->array.uuid, signature->uuid, sizeof(upper->array.uuid));
		(void)snprintf(
			upper->array.key, sizeof(upper->array.key), "md:%s", signature->uuid);
		upper->is_local = false;
	}
	return r;
}

static struct stack_node inactive_array(const struct signature *signature, const json_t *detail)
{
	struct stack_node node = {
		.kind = STACK_ARRAY,
		.parent = STACK_NONE,
		.found = STACK_NONE,
		.same_as = STACK_NONE,
	};
	struct array_record *array = &node.array;
	memcpy(array->uuid, signature->uuid, sizeof(array->uuid));
	copy_text(detail, "name", array->name, sizeof(array->name));
	if (!array->name[0])
		(void)snprintf(array->name, sizeof(array->name), "%.127s", signature->label);
	copy_text(detail, "metadata", array->metadata, sizeof(array->metadata));
	copy_text(detail, "level", array->level, sizeof(array->level));
	(void)snprintf(array->state, sizeof(array->state), "inactive");
	array->size_bytes = MIN(number_at(detail, "array_size_bytes"), (uint64_t)INT64_MAX);
	array->device_count = (unsigned)MIN(number_at(detail, "raid_disks"), UINT64_C(65535));
	array->missing_count = array->device_count;
	array->redundancy_left = -1;
	array->sync_done_permille = -1;
	node.size_bytes = array->size_bytes;
	return node;
}

/* "role": a number, or a word. */
static void read_role(const json_t *detail, struct stack_edge *edge)
{
	const json_t *role = json_object_get(detail, "role");
	edge->slot = -1;
	edge->state = MEMBER_UNKNOWN;
	if (json_is_integer(role) && json_integer_value(role) >= 0 &&
		json_integer_value(role) < 65536) {
		edge->slot = (int)json_integer_value(role);
		edge->state = MEMBER_ACTIVE;
	} else if (json_is_string(role)) {
		edge->state = member_state_parse(json_string_value(role));
	}
}

/* The places of an array that is not assembled, as far as members of them are here. */
static void count_missing(struct stack *stack, size_t array)
{
	unsigned filled = 0;
	for (size_t i = 0; i < stack->edge_count; i++) {
		const struct stack_edge *edge = &stack->edges[i];
		if (edge->upper != array || edge->slot < 0)
			continue;
		bool again = false;
		for (size_t j = 0; j < i; j++)
			again |= stack->edges[j].upper == array &&
				 stack->edges[j].slot == edge->slot;
		filled += again ? 0 : 1;
	}
	struct array_record *record = &stack->nodes[array].array;
	record->missing_count = record->device_count > filled ? record->device_count - filled : 0;
}

/* The 32 digits of a UUID, the bytes of each group of four reversed: as the kernel spells that of a 0.90
 * superblock. False for what is none. */
static bool reverse_groups(const char *uuid, char ret[static 33])
{
	size_t count = 0;
	for (; *uuid; uuid++) {
		if (*uuid == '-')
			continue;
		if (count == 32)
			return false;
		size_t byte = count / 2;
		ret[(byte / 4 * 4 + 3 - byte % 4) * 2 + count % 2] = *uuid;
		count++;
	}
	ret[32] = '\0';
	return count == 32;
}

static bool same_digits(const char *uuid, const char *digits)
{
	for (; *uuid; uuid++)
		if (*uuid != '-' && *uuid != *digits++)
			return false;
	return *digits == '\0';
}

static size_t find_md_array(const struct stack *stack, const char *uuid)
{
	char key[ARRAY_KEY_MAX], reversed[33];
	(void)snprintf(key, sizeof(key), "md:%s", uuid);
	size_t array = stack_find_array(stack, key);
	if (array != STACK_NONE || !reverse_groups(uuid, reversed))
		return array;
	for (size_t i = 0; i < stack->count; i++)
		if (stack->nodes[i].kind == STACK_ARRAY && stack->nodes[i].number != 0 &&
			strcmp(stack->nodes[i].array.metadata, "0.90") == 0 &&
			same_digits(stack->nodes[i].array.uuid, reversed))
			return i;
	return STACK_NONE;
}

static int add_md_member(struct stack *stack, size_t carrier, const struct signature *signature)
{
	char key[ARRAY_KEY_MAX];
	size_t place, array;
	if (!is_md_member(signature))
		return 0;
	AUTO_JSON json_t *detail = parse_detail(signature);
	int r = stack_place(stack, carrier, signature->partition_number, signature, &place);
	if (r < 0)
		return r;
	(void)snprintf(key, sizeof(key), "md:%s", signature->uuid);
	array = find_md_array(stack, signature->uuid);
	/* A leg of a multipath device is no member, the device is. */
	if (array == STACK_NONE && stack_is_covered(stack, place))
		return 0;
	if (array == STACK_NONE) {
		struct stack_node node = inactive_array(signature, detail);
		memcpy(node.array.key, key, sizeof(node.array.key));
		r = stack_add_node(stack, &node, &array);
	}
	bool runs = r == 0 && stack->nodes[array].number != 0;
	struct stack_edge edge = {
		.upper = array, .lower = place, .is_member = true, .left = runs
	};
	if (r < 0 || (runs && stack_is_covered(stack, place)))
		return r;
	read_role(detail, &edge);
	r = stack_add_edge(stack, &edge);
	if (r == 0 && !runs)
		count_missing(stack, array);
	return r;
}

/* ---- LUKS ---- */

static int add_tag(json_t *tags, const char *prefix, const char *text)
{
	char tag[512], clean[256];
	if (!text || !text[0])
		return 0;
	hostile_text_clean(text, strlen(text), clean, sizeof(clean));
	(void)snprintf(tag, sizeof(tag), "%s%s", prefix, clean);
	return json_push(tags, json_string(tag));
}

/* The token that says whose the volume is (links.h); its text is its JSON. */
static int add_token(json_t *tags, const json_t *token)
{
	const char *type = json_string_value(json_object_get(token, "type"));
	const char *text = json_string_value(json_object_get(token, "text"));
	AUTO_JSON json_t *said = NULL;
	struct error ignored = { 0 };
	if (!type || strcmp(type, "haiki-tenant") != 0)
		return 0;
	if (text && json_parse(text, strlen(text), "token", &said, &ignored) < 0)
		said = NULL;
	const json_t *object = said ? said : token;
	int r = add_tag(
		tags, "token.tenant=", json_string_value(json_object_get(object, "tenant")));
	return r < 0 ? r
		     : add_tag(tags, "token.service=",
			       json_string_value(json_object_get(object, "service")));
}

static int luks_tags(const struct signature *signature, const json_t *detail, json_t **ret)
{
	AUTO_JSON json_t *tags = json_array();
	const json_t *tokens = json_object_get(detail, "tokens");
	const char *label = json_string_value(json_object_get(detail, "label"));
	int r = tags ? add_tag(tags, "label=", label && label[0] ? label : signature->label)
		     : -ENOMEM;
	for (size_t i = 0; i < MIN(json_array_size(tokens), (size_t)32) && r == 0; i++)
		r = add_token(tags, json_array_get(tokens, i));
	if (r < 0)
		return r;
	*ret = json_incref(tags);
	return 0;
}

static struct stack_node closed_luks(const struct stack *stack, size_t place,
	const struct signature *signature, const json_t *detail)
{
	struct stack_node node = {
		.kind = STACK_VOLUME,
		.parent = STACK_NONE,
		.found = STACK_NONE,
		.same_as = STACK_NONE,
		.volume.kind = VOLUME_LUKS,
	};
	uint64_t offset = number_at(detail, "data_offset_bytes");
	uint64_t size = stack->nodes[place].size_bytes;
	node.size_bytes = size > offset ? size - offset : 0;
	memcpy(node.volume.uuid, signature->uuid, sizeof(node.volume.uuid));
	(void)snprintf(node.volume.title, sizeof(node.volume.title), "%s",
		signature->label[0] ? signature->label : signature->uuid);
	(void)snprintf(node.volume.key, sizeof(node.volume.key), "luks:%s", signature->uuid);
	(void)snprintf(node.volume.state, sizeof(node.volume.state), "locked");
	return node;
}

static int add_luks(struct stack *stack, size_t carrier, const struct signature *signature)
{
	size_t place, volume;
	char key[VOLUME_KEY_MAX];
	if (strcmp(signature->type, "crypto_LUKS") != 0 || !signature->uuid[0])
		return 0;
	int r = stack_place(stack, carrier, signature->partition_number, signature, &place);
	if (r < 0 || stack_is_covered(stack, place))
		return r;
	AUTO_JSON json_t *detail = parse_detail(signature);
	(void)snprintf(key, sizeof(key), "luks:%s", signature->uuid);
	volume = stack_find_volume(stack, key);
	if (volume == STACK_NONE) {
		const struct stack_node node = closed_luks(stack, place, signature, detail);
		r = stack_add_node(stack, &node, &volume);
	}
	/* Where an open one lies the kernel says; a second header is a copy. */
	const struct stack_edge edge = { .upper = volume, .lower = place, .slot = -1 };
	if (r == 0 && stack->nodes[volume].number == 0)
		r = stack_add_edge(stack, &edge);
	if (r == 0 && !stack->nodes[volume].volume.tags)
		r = luks_tags(signature, detail, &stack->nodes[volume].volume.tags);
	return r;
}

/* ---- bcache, and what others put together ---- */

/* Older kernels do not say a bcache device's UUID; the backing device's superblock does. */
static int name_bcache(struct stack *stack, size_t carrier, const struct signature *signature)
{
	size_t place;
	if (strcmp(signature->type, "bcache") != 0 || !signature->uuid[0])
		return 0;
	int r = stack_place(stack, carrier, signature->partition_number, signature, &place);
	for (size_t i = 0; i < stack->edge_count && r == 0; i++) {
		struct stack_node *upper = &stack->nodes[stack->edges[i].upper];
		if (stack->edges[i].lower != place || upper->kind != STACK_VOLUME ||
			upper->volume.kind != VOLUME_BCACHE || !upper->is_local)
			continue;
		memcpy(upper->volume.uuid, signature->uuid, sizeof(upper->volume.uuid));
		(void)snprintf(
			upper->volume.key, sizeof(upper->volume.key), "bcache:%s", signature->uuid);
		upper->is_local = false;
	}
	return r;
}

/* "isw" for "isw_raid_member", "zfs" for "zfs_member"; 0 for what is no set of several drives. */
static size_t set_format(const struct signature *signature)
{
	static const char *const ends[] = { "_raid_member", "_member" };
	size_t length = strlen(signature->type);
	if (signature->usage != SIGNATURE_RAID || is_md_member(signature) ||
		strcmp(signature->type, "LVM2_member") == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t end = strlen(ends[i]);
		if (length > end && strcmp(signature->type + length - end, ends[i]) == 0)
			return length - end;
	}
	return 0;
}

/* A set whose superblock names it: drives of one set are found together. One without a name says only
 * that the drive belongs to something, which its signature tells already. */
static int add_set(struct stack *stack, size_t carrier, const struct signature *signature)
{
	size_t place, array, length = set_format(signature);
	char key[ARRAY_KEY_MAX];
	const char *id = signature->uuid[0] ? signature->uuid : signature->label;
	if (length == 0 || !id[0])
		return 0;
	int r = stack_place(stack, carrier, signature->partition_number, signature, &place);
	if (r < 0 || stack_is_covered(stack, place))
		return r;
	(void)snprintf(key, sizeof(key), "%.*s:%s", (int)length, signature->type, id);
	array = stack_find_array(stack, key);
	if (array == STACK_NONE) {
		struct stack_node node = inactive_array(signature, NULL);
		memcpy(node.array.key, key, sizeof(node.array.key));
		(void)snprintf(node.array.metadata, sizeof(node.array.metadata), "%.*s",
			(int)MIN(length, sizeof(node.array.metadata) - 1), signature->type);
		if (!node.array.name[0])
			(void)snprintf(node.array.name, sizeof(node.array.name), "%.127s", id);
		/* Whether it runs (a pool of ZFS has no device) is not known. */
		(void)snprintf(node.array.state, sizeof(node.array.state), "unknown");
		r = stack_add_node(stack, &node, &array);
	}
	const struct stack_edge edge = {
		.upper = array,
		.lower = place,
		.slot = -1,
		.is_member = true,
	};
	return r < 0 ? r : stack_add_edge(stack, &edge);
}

int stack_derive(struct stack *stack, struct error *error)
{
	static signature_visitor *const visitors[] = { name_array, name_bcache, add_md_member,
		add_luks, add_set };
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(visitors) && r == 0; i++)
		r = each_signature(stack, visitors[i]);
	if (r == 0)
		r = stack_derive_lvm(stack);
	return r < 0 ? error_no_memory(error) : 0;
}
