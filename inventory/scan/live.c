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

static int judge_live(const struct live *live, const struct array_record *array, dev_t drive,
	struct redundancy *ret)
{
	AUTO_MD struct md_array md = { 0 };
	dev_t gone[64] = { drive };
	size_t count = 1;
	for (size_t i = 0; i < live->stack.count && count < ARRAY_SIZE(gone); i++) {
		const struct stack_node *node = &live->stack.nodes[i];
		if (node->kind == STACK_PARTITION && node->parent != STACK_NONE &&
			live->stack.nodes[node->parent].number == drive)
			gone[count++] = node->number;
	}
	int r = md_array_read(NULL, array->name, &md);
	return r < 0 ? r : md_array_judge(&md, gone, count, ret);
}

static int judge_stored(struct store *store, const struct array_record *array,
	const struct drive_record *drive, struct redundancy *ret, struct error *error)
{
	const struct subject subject = { SUBJECT_ARRAY, array->id };
	AUTO_STANDS struct stand_list stands = { 0 };
	int r = stands_below(store, &subject, false, &stands, error);
	if (r < 0)
		return r;
	AUTO_FREE struct redundancy_member *members = calloc(stands.count + 1, sizeof(*members));
	if (!members)
		return error_no_memory(error);
	for (size_t i = 0; i < stands.count; i++)
		members[i] = (struct redundancy_member){
			.slot = stands.items[i].slot,
			.state = member_state_parse(stands.items[i].state),
			.goes = stands.items[i].lower.kind == SUBJECT_DRIVE &&
				stands.items[i].lower.id == drive->id,
		};
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
