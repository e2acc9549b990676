/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at what stands on the drives: which nodes the found drives are, and what is on the arrays and
 * volumes, read by the same crew that reads the drives. */
#include "inventory/scan/stack.h"

#include "base/text.h"
#include "device/probe/probe.h"
#include "inventory/scan/scan_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void stack_attach(struct stack *stack, const struct found_list *found)
{
	for (size_t i = 0; i < found->count; i++) {
		char name[sizeof(stack->nodes->name)];
		const char *path = found->items[i].path;
		const char *start = strncmp(path, "/dev/", 5) == 0 ? path + 5 : path;
		(void)snprintf(name, sizeof(name), "%.63s", start);
		for (char *byte = name; *byte; byte++)
			if (*byte == '/')
				*byte = '!';
		size_t index = stack_find_name(stack, name);
		if (index == STACK_NONE || stack->nodes[index].kind != STACK_DRIVE)
			continue;
		stack->nodes[index].found = i;
		if (found->items[i].probed)
			stack->nodes[index].carries = &found->items[i].signatures;
	}
}

/* A pool's own bytes are its volumes', in no order; what is suspended or stopped does not answer. */
static bool is_worth_a_look(const struct stack_node *node)
{
	if (node->number == 0 || node->hidden || node->size_bytes == 0)
		return false;
	switch (node->kind) {
	case STACK_DRIVE:
	case STACK_PARTITION:
		return false;
	case STACK_ARRAY:
		return strcmp(node->array.level, "container") != 0 &&
		       strcmp(node->array.state, "inactive") != 0 &&
		       strcmp(node->array.state, "broken") != 0;
	case STACK_VOLUME:
		return node->volume.kind != VOLUME_THIN_POOL &&
		       strcmp(node->volume.state, "suspended") != 0;
	}
	return false;
}

/* Without a claim and without asking who it is: the kernel's tree has said that. */
static void look(struct found_drive *found, enum scan_depth depth)
{
	if (depth == SCAN_IDENTITY)
		return;
	AUTO_FD int fd = open(found->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		error_set(&found->error, ERROR_FAILED, errno, "layer-unread", "%s: %s", found->path,
			strerror(errno));
	else
		found->probed = probe_signatures(
					fd, PROBE_LIMIT_MS, &found->signatures, &found->error) == 0;
}

static int keep(struct stack_node *node, struct found_drive *found)
{
	if (!found->probed)
		return 0;
	node->own = calloc(1, sizeof(*node->own));
	if (!node->own)
		return -ENOMEM;
	*node->own = found->signatures;
	node->carries = node->own;
	found->signatures = (struct signature_list){ 0 };
	return 0;
}

int stack_probe(struct stack *stack, struct error *error)
{
	AUTO_FOUND struct found_list list = { 0 };
	AUTO_FREE size_t *nodes = calloc(stack->count + 1, sizeof(*nodes));
	list.items = calloc(stack->count + 1, sizeof(*list.items));
	if (!nodes || !list.items)
		return error_no_memory(error);
	for (size_t i = 0; i < stack->count; i++) {
		if (!is_worth_a_look(&stack->nodes[i]))
			continue;
		char *path = list.items[list.count].path;
		(void)snprintf(path, sizeof(list.items->path), "/dev/%s", stack->nodes[i].name);
		for (char *byte = path; *byte; byte++)
			if (*byte == '!')
				*byte = '/';
		nodes[list.count++] = i;
	}
	int r = scan_look_all(&list, SCAN_SIGNATURES, look, SCAN_LIMIT_MS, error);
	for (size_t i = 0; i < list.count && r == 0; i++)
		if (keep(&stack->nodes[nodes[i]], &list.items[i]) < 0)
			r = error_no_memory(error);
	return r;
}

int stack_look(const struct found_list *found, struct stack **ret, struct error *error)
{
	struct stack *stack = calloc(1, sizeof(*stack));
	if (!stack)
		return error_no_memory(error);
	int r = stack_read(NULL, stack, error);
	if (r == 0) {
		stack_attach(stack, found);
		r = stack_probe(stack, error);
	}
	if (r == 0)
		r = stack_derive(stack, error);
	if (r < 0) {
		(void)stack_destroy(stack);
		return r;
	}
	*ret = stack;
	return 0;
}

/* What the stack borrowed lives no longer than the call that made it. */
static bool detach(struct stack *stack)
{
	bool attached = false;
	for (size_t i = 0; i < stack->count; i++) {
		if (stack->nodes[i].found == STACK_NONE)
			continue;
		stack->nodes[i].carries = NULL;
		attached = true;
	}
	return attached;
}

int stack_of_drive(const char *path, const struct signature_list *signatures, struct stack **ret,
	struct error *error)
{
	struct found_drive found = { .probed = signatures != NULL };
	const struct found_list list = { .items = &found, .count = 1 };
	struct stack *stack = calloc(1, sizeof(*stack));
	if (!stack)
		return error_no_memory(error);
	(void)snprintf(found.path, sizeof(found.path), "%s", path);
	if (signatures)
		found.signatures = *signatures;
	int r = stack_read(NULL, stack, error);
	if (r == 0) {
		stack_attach(stack, &list);
		r = stack_derive(stack, error);
	}
	if (r == 0 && !detach(stack))
		r = error_set(error, ERROR_FAILED, ENODEV, "drive-unknown",
			_("the kernel's tree does not have %s"), path);
	if (r < 0) {
		(void)stack_destroy(stack);
		return r;
	}
	*ret = stack;
	return 0;
}
