/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine made of files with drives, arrays and mapped devices on each other, and what is read
 * from it. */
#include "tests/support/stack_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

int stack_scene_begin(void **state)
{
	struct stack_scene *scene = calloc(1, sizeof(*scene));
	assert_non_null(scene);
	fixture_begin(&scene->fixture);
	scene->minor = 32;
	scene->found.items = calloc(32, sizeof(*scene->found.items));
	*state = scene;
	return 0;
}

int stack_scene_end(void **state)
{
	struct stack_scene *scene = *state;
	stack_free(&scene->stack);
	found_list_free(&scene->found);
	fixture_end(&scene->fixture);
	free(scene);
	return 0;
}

/* ---- making ---- */

void PRINTF_LIKE(3, 4)
	plant_attribute(struct stack_scene *scene, const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	fixture_write(&scene->fixture, path, text);
}

void plant_disk(struct stack_scene *scene, const char *name)
{
	fixture_disk(&scene->fixture, name, scene->minor++);
	plant_attribute(scene, "2048\n", "sys/block/%s/size", name);
}

void plant_partition(struct stack_scene *scene, const char *of, unsigned number)
{
	char name[32];
	(void)snprintf(name, sizeof(name), "%s%u", of, number);
	fixture_partition(&scene->fixture, of, name, scene->minor++, 2048);
	plant_attribute(scene, "1024\n", "sys/block/%s/%s/size", of, name);
	/* The fixture writes 1 whatever the number. */
	char text[16];
	(void)snprintf(text, sizeof(text), "%u\n", number);
	plant_attribute(scene, text, "sys/block/%s/%s/partition", of, name);
}

void plant_md(struct stack_scene *scene, const char *name, const char *level, unsigned disks)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%u\n", disks);
	plant_disk(scene, name);
	plant_attribute(scene, level, "sys/block/%s/md/level", name);
	plant_attribute(scene, text, "sys/block/%s/md/raid_disks", name);
	plant_attribute(scene, "clean\n", "sys/block/%s/md/array_state", name);
	plant_attribute(scene, "1.2\n", "sys/block/%s/md/metadata_version", name);
	plant_attribute(scene, "idle\n", "sys/block/%s/md/sync_action", name);
	plant_attribute(scene, ARRAY_UUID "\n", "sys/block/%s/md/uuid", name);
}

void plant_member(struct stack_scene *scene, const char *array, const char *lower, const char *slot,
	const char *words)
{
	const char *slash = strchr(lower, '/');
	const char *name = slash ? slash + 1 : lower;
	fixture_stack(&scene->fixture, lower, array);
	plant_attribute(scene, slot, "sys/block/%s/md/dev-%s/slot", array, name);
	plant_attribute(scene, words, "sys/block/%s/md/dev-%s/state", array, name);
}

void plant_dm(struct stack_scene *scene, const char *name, const char *uuid, const char *title)
{
	plant_disk(scene, name);
	plant_attribute(scene, uuid, "sys/block/%s/dm/uuid", name);
	plant_attribute(scene, title, "sys/block/%s/dm/name", name);
	plant_attribute(scene, "0\n", "sys/block/%s/dm/suspended", name);
}

/* A drive that a scan has found, with one signature. */
struct signature *plant_signature(struct stack_scene *scene, const char *name,
	unsigned partition_number, enum signature_usage usage, const char *type, const char *uuid,
	const char *detail)
{
	struct found_drive *found = NULL;
	char path[64];
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	for (size_t i = 0; i < scene->found.count; i++)
		if (strcmp(scene->found.items[i].path, path) == 0)
			found = &scene->found.items[i];
	if (!found) {
		found = &scene->found.items[scene->found.count++];
		(void)snprintf(found->path, sizeof(found->path), "%s", path);
		found->probed = true;
		found->signatures.items = calloc(8, sizeof(struct signature));
	}
	struct signature *signature = &found->signatures.items[found->signatures.count++];
	signature->usage = usage;
	signature->partition_number = partition_number;
	signature->length_bytes = 1048576;
	(void)snprintf(signature->type, sizeof(signature->type), "%s", type);
	(void)snprintf(signature->uuid, sizeof(signature->uuid), "%s", uuid);
	signature->detail = detail ? strdup(detail) : NULL;
	return signature;
}

void read_stack(struct stack_scene *scene)
{
	struct error error = { 0 };
	stack_free(&scene->stack);
	assert_int_equal(stack_read(&scene->fixture.paths, &scene->stack, &error), 0);
	stack_attach(&scene->stack, &scene->found);
	assert_int_equal(stack_derive(&scene->stack, &error), 0);
}

/* ---- asking ---- */

size_t node_named(const struct stack_scene *scene, const char *name)
{
	size_t index = stack_find_name(&scene->stack, name);
	if (index == STACK_NONE)
		fail_msg("there is no %s", name);
	return index;
}

size_t volume_of_key(const struct stack_scene *scene, const char *key)
{
	size_t index = stack_find_volume(&scene->stack, key);
	if (index == STACK_NONE)
		fail_msg("there is no volume %s", key);
	return index;
}

const struct stack_edge *edge_between(const struct stack_scene *scene, size_t upper, size_t lower)
{
	for (size_t i = 0; i < scene->stack.edge_count; i++)
		if (scene->stack.edges[i].upper == upper && scene->stack.edges[i].lower == lower)
			return &scene->stack.edges[i];
	return NULL;
}

size_t edges_of(const struct stack_scene *scene, size_t upper)
{
	size_t count = 0;
	for (size_t i = 0; i < scene->stack.edge_count; i++)
		count += scene->stack.edges[i].upper == upper ? 1 : 0;
	return count;
}
