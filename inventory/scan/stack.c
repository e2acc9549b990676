/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The graph itself: nodes, edges, and finding them. */
#include "inventory/scan/stack.h"

#include <errno.h>
#include <string.h>

void stack_free(struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		json_decref(stack->nodes[i].volume.tags);
		if (stack->nodes[i].own)
			signature_list_free(stack->nodes[i].own);
		free(stack->nodes[i].own);
	}
	free(stack->nodes);
	free(stack->edges);
	*stack = (struct stack){ 0 };
}

struct stack *stack_destroy(struct stack *stack)
{
	if (stack)
		stack_free(stack);
	free(stack);
	return NULL;
}

int stack_add_node(struct stack *stack, const struct stack_node *node, size_t *ret_index)
{
	if (stack->count == stack->capacity) {
		size_t larger = stack->capacity + stack->capacity / 2 + 16;
		struct stack_node *nodes =
			reallocarray(stack->nodes, larger, sizeof(*stack->nodes));
		if (!nodes)
			return -ENOMEM;
		stack->nodes = nodes;
		stack->capacity = larger;
	}
	*ret_index = stack->count;
	stack->nodes[stack->count++] = *node;
	return 0;
}

bool stack_has_edge(const struct stack *stack, size_t upper, size_t lower)
{
	for (size_t i = 0; i < stack->edge_count; i++)
		if (stack->edges[i].upper == upper && stack->edges[i].lower == lower)
			return true;
	return false;
}

bool stack_has_upper(const struct stack *stack, size_t lower)
{
	for (size_t i = 0; i < stack->edge_count; i++)
		if (stack->edges[i].lower == lower && !stack->edges[i].left)
			return true;
	return false;
}

int stack_add_edge(struct stack *stack, const struct stack_edge *edge)
{
	if (edge->upper == edge->lower || stack_has_edge(stack, edge->upper, edge->lower))
		return 0;
	if (stack->edge_count == stack->edge_capacity) {
		size_t larger = stack->edge_capacity + stack->edge_capacity / 2 + 16;
		struct stack_edge *edges =
			reallocarray(stack->edges, larger, sizeof(*stack->edges));
		if (!edges)
			return -ENOMEM;
		stack->edges = edges;
		stack->edge_capacity = larger;
	}
	stack->edges[stack->edge_count++] = *edge;
	return 0;
}

size_t stack_find_name(const struct stack *stack, const char *name)
{
	for (size_t i = 0; i < stack->count; i++)
		if (name[0] && strcmp(stack->nodes[i].name, name) == 0)
			return i;
	return STACK_NONE;
}

size_t stack_find_number(const struct stack *stack, dev_t number)
{
	for (size_t i = 0; i < stack->count; i++)
		if (number != 0 && stack->nodes[i].number == number)
			return i;
	return STACK_NONE;
}

size_t stack_find_volume(const struct stack *stack, const char *key)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->nodes[i].kind == STACK_VOLUME && !stack->nodes[i].hidden &&
			strcmp(stack->nodes[i].volume.key, key) == 0)
			return i;
	return STACK_NONE;
}

size_t stack_find_array(const struct stack *stack, const char *key)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->nodes[i].kind == STACK_ARRAY &&
			strcmp(stack->nodes[i].array.key, key) == 0)
			return i;
	return STACK_NONE;
}

int stack_place(struct stack *stack, size_t node, unsigned partition_number,
	const struct signature *at, size_t *ret_index)
{
	if (partition_number == 0) {
		*ret_index = node;
		return 0;
	}
	for (size_t i = 0; i < stack->count; i++)
		if (stack->nodes[i].kind == STACK_PARTITION && stack->nodes[i].parent == node &&
			stack->nodes[i].partition_number == partition_number) {
			*ret_index = i;
			return 0;
		}
	const struct stack_node partition = {
		.kind = STACK_PARTITION,
		.parent = node,
		.partition_number = partition_number,
		.size_bytes = at ? at->length_bytes : 0,
		.found = STACK_NONE,
		.same_as = STACK_NONE,
	};
	return stack_add_node(stack, &partition, ret_index);
}
