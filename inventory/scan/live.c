/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From rows of the store to devices of this moment. */
#include "inventory/scan/live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void live_free(struct live *live)
{
	stack_free(&live->stack);
	mount_list_free(&live->mounts);
}

int live_read(
	const struct system_paths *paths, const char *host, struct live *ret, struct error *error)
{
	AUTO_LIVE struct live live = { 0 };
	int r = stack_read(paths, &live.stack, error);
	if (r == 0 && mounts_read(paths, &live.mounts) == -ENOMEM)
		r = error_no_memory(error);
	if (r < 0)
		return r;
	(void)snprintf(live.host, sizeof(live.host), "%s", host);
	live.paths = paths;
	*ret = live;
	live = (struct live){ 0 };
	return 0;
}

static dev_t number_of(const struct live *live, size_t node, unsigned partition_number)
{
	if (node == STACK_NONE)
		return 0;
	if (partition_number == 0)
		return live->stack.nodes[node].number;
	for (size_t i = 0; i < live->stack.count; i++) {
		const struct stack_node *part = &live->stack.nodes[i];
		if (part->kind == STACK_PARTITION && part->parent == node &&
			part->partition_number == partition_number)
			return part->number;
	}
	return 0;
}

static bool is_here(const struct live *live, bool present, const char *host)
{
	return live && present && strcmp(live->host, host) == 0;
}

/* By name and number: a kernel that gave the name to another drive since the scan gave it another
 * number or size, mostly; this is shown, never trusted. */
dev_t live_drive(
	const struct live *live, const struct drive_record *drive, unsigned partition_number)
{
	if (!is_here(live, drive->present, drive->host))
		return 0;
	size_t node = stack_find_name(&live->stack, drive->identity.name);
	if (node == STACK_NONE || live->stack.nodes[node].kind != STACK_DRIVE ||
		live->stack.nodes[node].number != drive->identity.devnum ||
		live->stack.nodes[node].size_bytes != drive->identity.capacity_bytes)
		return 0;
	return number_of(live, node, partition_number);
}

dev_t live_array(
	const struct live *live, const struct array_record *array, unsigned partition_number)
{
	if (!is_here(live, array->present, array->host))
		return 0;
	size_t node = stack_find_name(&live->stack, array->name);
	if (node == STACK_NONE || live->stack.nodes[node].kind != STACK_ARRAY ||
		live->stack.nodes[node].size_bytes != array->size_bytes)
		return 0;
	return number_of(live, node, partition_number);
}

/* "dm:HOST:NAME" is "dm:NAME" here. */
static bool same_key(const struct live *live, const struct stack_node *node, const char *key)
{
	const char *own = node->volume.key, *colon = strchr(own, ':');
	if (!node->is_local)
		return strcmp(own, key) == 0;
	char full[VOLUME_KEY_MAX + sizeof(live->host)];
	if (!colon)
		return false;
	(void)snprintf(full, sizeof(full), "%.*s:%s%s", (int)(colon - own), own, live->host, colon);
	return strcmp(full, key) == 0;
}

dev_t live_volume(
	const struct live *live, const struct volume_record *volume, unsigned partition_number)
{
	if (!is_here(live, volume->present, volume->host))
		return 0;
	for (size_t i = 0; i < live->stack.count; i++) {
		const struct stack_node *node = &live->stack.nodes[i];
		if (node->kind == STACK_VOLUME && !node->hidden &&
			same_key(live, node, volume->key))
			return number_of(live, i, partition_number);
	}
	return 0;
}

void live_mounts(const struct live *live, dev_t number, char *ret, size_t size)
{
	size_t used = 0;
	ret[0] = '\0';
	for (size_t i = 0; live && number != 0 && i < live->mounts.count; i++) {
		const struct mount_point *mount = &live->mounts.items[i];
		size_t length = strlen(mount->path);
		if (mount->number != number || used + length + 3 > size)
			continue;
		used += (size_t)snprintf(
			ret + used, size - used, "%s%s", used > 0 ? ", " : "", mount->path);
	}
}

/* ---- what becomes of an array ---- */

/* What is lost with a drive: by node, and as numbers. */
struct lost {
	bool *is_lost;  /* owned */
	dev_t *numbers; /* owned */
	size_t count;
};

static void lost_free(struct lost *lost)
{
	free(lost->is_lost);
	free(lost->numbers);
}

static bool stands_on_lost(const struct live *live, const struct lost *lost, size_t node)
{
	for (size_t i = 0; i < live->stack.edge_count; i++) {
		const struct stack_edge *edge = &live->stack.edges[i];
		if (edge->upper == node && !edge->left && lost->is_lost[edge->lower])
			return true;
	}
	return false;
}

/* An array is lost when its data are, or when nobody can tell. */
static bool is_array_lost(const struct live *live, const struct lost *lost, const char *name)
{
	AUTO_MD struct md_array md = { 0 };
	struct redundancy redundancy;
	if (md_array_read(live->paths, name, &md) < 0 ||
		md_array_judge(&md, lost->numbers, lost->count, &redundancy) < 0)
		return true;
	switch (redundancy.verdict) {
	case REDUNDANCY_UNKNOWN:
	case REDUNDANCY_BROKEN:
	case REDUNDANCY_DESTROYED:
		return true;
	case REDUNDANCY_LAST:
	case REDUNDANCY_GOES_ON:
	case REDUNDANCY_UNTOUCHED:
		break;
	}
	return false;
}

static bool goes_too(const struct live *live, const struct lost *lost, size_t index)
{
	const struct stack_node *node = &live->stack.nodes[index];
	if (node->hidden && node->same_as != STACK_NONE && lost->is_lost[node->same_as])
		return true;
	switch (node->kind) {
	case STACK_PARTITION:
		return node->parent != STACK_NONE && lost->is_lost[node->parent];
	case STACK_ARRAY:
		return stands_on_lost(live, lost, index) && is_array_lost(live, lost, node->name);
	case STACK_DRIVE: /* a loop device stands on what its file lies on */
	case STACK_VOLUME:
		break;
	}
	return stands_on_lost(live, lost, index);
}

static void lose(const struct live *live, struct lost *lost, size_t node)
{
	lost->is_lost[node] = true;
	lost->numbers[lost->count++] = live->stack.nodes[node].number;
}

/* Until nothing more goes; the array itself, and so what stands on it, is not asked. */
static int gather_lost(const struct live *live, size_t drive, size_t array, struct lost *ret)
{
	ret->is_lost = calloc(live->stack.count + 1, sizeof(*ret->is_lost));
	ret->numbers = calloc(live->stack.count + 1, sizeof(*ret->numbers));
	if (!ret->is_lost || !ret->numbers)
		return -ENOMEM;
	lose(live, ret, drive);
	for (size_t before = 0; before != ret->count;) {
		before = ret->count;
		for (size_t i = 0; i < live->stack.count; i++)
			if (i != array && !ret->is_lost[i] && goes_too(live, ret, i))
				lose(live, ret, i);
	}
	return 0;
}

static int judge_live(const struct live *live, const struct array_record *array, dev_t drive,
	struct redundancy *ret)
{
	AUTO_MD struct md_array md = { 0 };
	CLEANUP(lost_free) struct lost lost = { 0 };
	size_t node = stack_find_number(&live->stack, drive);
	if (node == STACK_NONE)
		return -ENODEV;
	int r = gather_lost(live, node, stack_find_name(&live->stack, array->name), &lost);
	if (r == 0)
		r = md_array_read(live->paths, array->name, &md);
	return r < 0 ? r : md_array_judge(&md, lost.numbers, lost.count, ret);
}

static bool is_above(const struct stand_list *above, const struct subject *subject)
{
	for (size_t i = 0; i < above->count; i++)
		if (above->items[i].upper.kind == subject->kind &&
			above->items[i].upper.id == subject->id)
			return true;
	return false;
}

/* What becomes of a member with the drive. Whether an array that is a member survives is not told
 * here: then nothing is. */
static struct redundancy_member member_of(
	const struct stand *stand, const struct drive_record *drive, const struct stand_list *above)
{
	bool is_drive = stand->lower.kind == SUBJECT_DRIVE;
	bool goes = is_drive ? stand->lower.id == drive->id : is_above(above, &stand->lower);
	return (struct redundancy_member){
		.slot = stand->slot,
		.state = goes && stand->lower.kind == SUBJECT_ARRAY
				 ? MEMBER_UNKNOWN
				 : member_state_parse(stand->state),
		.goes = goes,
	};
}

static int judge_stored(struct store *store, const struct array_record *array,
	const struct drive_record *drive, struct redundancy *ret, struct error *error)
{
	const struct subject subject = { SUBJECT_ARRAY, array->id };
	const struct subject below = { SUBJECT_DRIVE, drive->id };
	AUTO_STANDS struct stand_list stands = { 0 }, above = { 0 };
	int r = stands_below(store, &subject, false, &stands, error);
	if (r == 0)
		r = stands_all_above(store, &below, false, &above, error);
	if (r < 0)
		return r;
	AUTO_FREE struct redundancy_member *members = calloc(stands.count + 1, sizeof(*members));
	if (!members)
		return error_no_memory(error);
	for (size_t i = 0; i < stands.count; i++)
		members[i] = member_of(&stands.items[i], drive, &above);
	const struct redundancy_question question = {
		.level = array->level,
		.layout = -1,
		.device_count = array->device_count,
		.sync_action = array->sync_action,
		.members = members,
		.count = stands.count,
	};
	redundancy_judge(&question, ret);
	return 0;
}

int array_judge_without(struct store *store, const struct live *live,
	const struct array_record *array, const struct drive_record *drive, struct redundancy *ret,
	struct error *error)
{
	dev_t number = live ? live_drive(live, drive, 0) : 0;
	if (number != 0 && live_array(live, array, 0) != 0 &&
		judge_live(live, array, number, ret) == 0)
		return 0;
	return judge_stored(store, array, drive, ret, error);
}
