/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive that carries a member's superblock may be the one that was just taken out of a running array, or
 * one of an array that nobody has assembled. The plan says which. */
#include "cli/describe_claims.h"

#include "base/text.h"
#include "cli/inventory_tree.h"
#include "inventory/scan/stack.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VOLUMES_SHOWN 6

/* Is this edge one that only a superblock of the drive tells? */
static bool is_array_claim(const struct stack *stack, const struct stack_edge *edge)
{
	const struct stack_node *upper = &stack->nodes[edge->upper];
	return upper->kind == STACK_ARRAY && (edge->left || upper->number == 0);
}

static bool is_volume_claim(const struct stack_node *node)
{
	return node->kind == STACK_VOLUME && node->number == 0 && !node->hidden;
}

static void say_array(
	const struct stack *stack, const struct stack_edge *edge, char *ret, size_t size)
{
	char label[ARRAY_LABEL_MAX], slot[48] = "";
	array_label(&stack->nodes[edge->upper].array, label);
	if (edge->slot >= 0)
		(void)snprintf(slot, sizeof(slot), _(", slot %d"), edge->slot);
	if (edge->left)
		(void)snprintf(ret, size,
			_("was a member of the array %s%s, which runs here without it"), label,
			slot);
	else
		(void)snprintf(ret, size,
			_("MEMBER of the array %s%s, which is not assembled here: its data may be "
			  "whole"),
			label, slot);
}

static bool say_volume(const struct stack *stack, size_t number, char *ret, size_t size)
{
	size_t count = 0;
	for (size_t i = 0; i < stack->count; i++) {
		if (!is_volume_claim(&stack->nodes[i]))
			continue;
		if (count == number && number < VOLUMES_SHOWN)
			(void)snprintf(ret, size, _("carries the volume %s, which is not active"),
				stack->nodes[i].volume.title);
		count++;
	}
	if (number == VOLUMES_SHOWN && count > VOLUMES_SHOWN)
		(void)snprintf(ret, size, _("and %zu more volumes"), count - (size_t)VOLUMES_SHOWN);
	return number < MIN(count, (size_t)VOLUMES_SHOWN + 1);
}

bool describe_claim(const struct stack *stack, size_t number, char *ret, size_t size)
{
	for (size_t i = 0; i < stack->edge_count; i++) {
		if (!is_array_claim(stack, &stack->edges[i]))
			continue;
		if (number-- > 0)
			continue;
		say_array(stack, &stack->edges[i], ret, size);
		return true;
	}
	return say_volume(stack, number, ret, size);
}

static json_t *array_json(const struct stack *stack, const struct stack_edge *edge)
{
	AUTO_JSON json_t *json = json_object();
	const struct array_record *array = &stack->nodes[edge->upper].array;
	if (!json || json_put_string(json, "name", array->name) < 0 ||
		json_put_string(json, "level", array->level) < 0 ||
		json_put_string(json, "uuid", array->uuid) < 0 ||
		json_put_integer(json, "slot", edge->slot) < 0 ||
		json_put_integer(json, "runs", edge->left) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *volume_json(const struct stack_node *node)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "name", node->volume.title) < 0 ||
		json_put_string(json, "kind", volume_kind_name(node->volume.kind)) < 0 ||
		json_put_string(json, "uuid", node->volume.uuid) < 0 ||
		json_put_integer(json, "size_bytes", (int64_t)node->size_bytes) < 0)
		return NULL;
	return json_incref(json);
}

int describe_claims_json(json_t *json, const struct stack *stack)
{
	AUTO_JSON json_t *arrays = json_array(), *volumes = json_array();
	for (size_t i = 0; stack && i < stack->edge_count; i++)
		if (is_array_claim(stack, &stack->edges[i]) &&
			json_push(arrays, array_json(stack, &stack->edges[i])) < 0)
			return -ENOMEM;
	for (size_t i = 0; stack && i < stack->count; i++)
		if (is_volume_claim(&stack->nodes[i]) &&
			json_push(volumes, volume_json(&stack->nodes[i])) < 0)
			return -ENOMEM;
	if (json_put(json, "arrays", json_incref(arrays)) < 0 ||
		json_put(json, "volumes", json_incref(volumes)) < 0)
		return -ENOMEM;
	return 0;
}
