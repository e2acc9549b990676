/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entering the graph. Arrays and volumes first, then the edges between them; what stood there and no
 * longer does keeps its edge, marked with the time. */
#include "inventory/scan/stack.h"

#include "inventory/assets/layers.h"
#include "inventory/scan/scan.h"
#include "inventory/assets/stands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct recorder {
	struct stack *stack;
	struct store *store;
	const struct found_list *found;
	const char *host;
	int64_t now_utc_ms;
	struct subject *subjects; /* owned; by node; kind UNKNOWN: not in the store */
	bool *is_ours;            /* owned; by node: its edges are for us to tell */
	struct error *error;
};

/* "md:NAME" of this host is "md:HOST:NAME". */
static bool full_key(const struct recorder *recorder, const struct stack_node *node,
	const char *key, char *ret, size_t size)
{
	const char *colon = strchr(key, ':');
	if (!colon || !colon[1])
		return false;
	int length = node->is_local ? snprintf(ret, size, "%.*s:%s%s", (int)(colon - key), key,
					      recorder->host, colon)
				    : snprintf(ret, size, "%s", key);
	return length > 0 && (size_t)length < size;
}

/* ---- arrays ---- */

/* What is only known from a superblock does not speak against a host that has it assembled. */
static int is_elsewhere_array(const struct recorder *recorder, const char *key, int64_t *ret_id)
{
	AUTO_ARRAYS struct array_list list = { 0 };
	int r = arrays_find(recorder->store, key, &list, recorder->error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct array_record *known = &list.items[i];
		if (strcmp(known->key, key) != 0 || !known->present ||
			strcmp(known->host, recorder->host) == 0 ||
			strcmp(known->state, "inactive") == 0)
			continue;
		*ret_id = known->id;
		return 1;
	}
	return r;
}

static int record_array(struct recorder *recorder, size_t index)
{
	const struct stack_node *node = &recorder->stack->nodes[index];
	struct array_record record = node->array;
	int64_t id = 0;
	if (!full_key(recorder, node, node->array.key, record.key, sizeof(record.key)))
		return 0;
	int r = node->number == 0 ? is_elsewhere_array(recorder, record.key, &id) : 0;
	recorder->is_ours[index] = r == 0;
	if (r == 0) {
		(void)snprintf(record.host, sizeof(record.host), "%s", recorder->host);
		record.size_bytes = MIN(record.size_bytes, (uint64_t)INT64_MAX);
		r = arrays_record(
			recorder->store, &record, recorder->now_utc_ms, &id, recorder->error);
	}
	if (r < 0)
		return r;
	recorder->subjects[index] = (struct subject){ SUBJECT_ARRAY, id };
	return 0;
}

/* ---- volumes ---- */

/* 1 with the record when the store knows it. */
static int find_volume(
	const struct recorder *recorder, const char *key, struct volume_list *list, size_t *ret)
{
	int r = volumes_find(recorder->store, key, list, recorder->error);
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		if (strcmp(list->items[i].key, key) == 0) {
			*ret = i;
			return 1;
		}
	}
	return r;
}

static int enter_volume(const struct recorder *recorder, const struct stack_node *node,
	const char *key, json_t *tags, int64_t *ret_id)
{
	const struct volume_seen seen = {
		.key = key,
		.kind = node->volume.kind,
		.name = node->volume.title,
		.uuid = node->volume.uuid,
		.size_bytes = MIN(node->size_bytes, (uint64_t)INT64_MAX),
		.host = recorder->host,
		.path = node->volume.path,
		.tags = tags,
		.state = node->volume.state,
		.origin_key = node->volume.origin_key[0] ? node->volume.origin_key : NULL,
	};
	return volumes_record(
		recorder->store, &seen, recorder->now_utc_ms, ret_id, recorder->error);
}

/* The tags it had, when what says them could not be read this time: a link to a tenant is not lost to a
 * bad sector. */
static json_t *tags_of(const struct stack_node *node, const struct volume_record *known)
{
	json_t *tags = NULL;
	struct error ignored = { 0 };
	if (node->volume.tags)
		return json_incref(node->volume.tags);
	if (known && json_parse(known->tags, strlen(known->tags), "tags", &tags, &ignored) < 0)
		return NULL;
	return tags;
}

static int record_volume(struct recorder *recorder, size_t index)
{
	const struct stack_node *node = &recorder->stack->nodes[index];
	AUTO_VOLUMES struct volume_list list = { 0 };
	char key[VOLUME_KEY_MAX];
	size_t at = 0;
	int64_t id = 0;
	if (!full_key(recorder, node, node->volume.key, key, sizeof(key)))
		return 0;
	bool asks = node->number == 0 || !node->volume.tags;
	int r = asks ? find_volume(recorder, key, &list, &at) : 0;
	if (r < 0)
		return r;
	const struct volume_record *known = r > 0 ? &list.items[at] : NULL;
	bool elsewhere = known && node->number == 0 && known->present &&
			 strcmp(known->host, recorder->host) != 0 &&
			 strcmp(known->state, "active") == 0;
	recorder->is_ours[index] = !elsewhere;
	AUTO_JSON json_t *tags = tags_of(node, known);
	if (elsewhere)
		id = known->id;
	r = elsewhere ? 0 : enter_volume(recorder, node, key, tags, &id);
	if (r < 0)
		return r;
	recorder->subjects[index] = (struct subject){ SUBJECT_VOLUME, id };
	return 0;
}

static bool is_volume(const struct stack_node *node)
{
	return node->kind == STACK_VOLUME && !node->hidden;
}

/* Origins before what comes from them; a ring of origins is entered as it comes. */
static int record_volumes(struct recorder *recorder)
{
	struct stack *stack = recorder->stack;
	bool ring = false, progress = true;
	int r = 0;
	while (progress && r == 0) {
		progress = false;
		for (size_t i = 0; i < stack->count && r == 0; i++) {
			const struct stack_node *node = &stack->nodes[i];
			if (!is_volume(node) || recorder->subjects[i].id != 0)
				continue;
			size_t origin = node->volume.origin_key[0]
						? stack_find_volume(stack, node->volume.origin_key)
						: STACK_NONE;
			if (!ring && origin != STACK_NONE && origin != i &&
				recorder->subjects[origin].id == 0)
				continue;
			r = record_volume(recorder, i);
			progress |= recorder->subjects[i].id != 0;
		}
		if (!progress && !ring)
			progress = ring = true;
	}
	return r;
}

/* ---- edges ---- */

/* Where an edge ends in the store: partitions are places on what they are of. */
static bool find_place(
	const struct recorder *recorder, size_t node, struct subject *ret, unsigned *ret_partition)
{
	const struct stack_node *place = &recorder->stack->nodes[node];
	*ret_partition = 0;
	if (place->kind == STACK_PARTITION) {
		*ret_partition = place->partition_number;
		node = place->parent;
	}
	if (node == STACK_NONE)
		return false;
	*ret = recorder->subjects[node];
	return ret->id != 0;
}

static bool make_stand(
	const struct recorder *recorder, const struct stack_edge *edge, struct stand *ret)
{
	const struct stack_node *upper = &recorder->stack->nodes[edge->upper];
	struct stand stand = { .upper = recorder->subjects[edge->upper], .slot = edge->slot };
	if (stand.upper.id == 0 ||
		!find_place(recorder, edge->lower, &stand.lower, &stand.partition_number))
		return false;
	/* What is not assembled has no active members. */
	bool idle = upper->number == 0 &&
		    (edge->state == MEMBER_ACTIVE || edge->state == MEMBER_UNKNOWN);
	if (edge->is_member && !idle)
		(void)snprintf(stand.state, sizeof(stand.state), "%s",
			edge->left ? "removed" : member_state_name(edge->state));
	stand.left_utc_ms = edge->left ? recorder->now_utc_ms : 0;
	*ret = stand;
	return true;
}

/* Does the graph have this edge of the store? */
static bool is_here(const struct recorder *recorder, size_t upper, const struct stand *known)
{
	for (size_t i = 0; i < recorder->stack->edge_count; i++) {
		const struct stack_edge *edge = &recorder->stack->edges[i];
		struct subject lower;
		unsigned partition_number;
		if (edge->upper == upper && !edge->left &&
			find_place(recorder, edge->lower, &lower, &partition_number) &&
			lower.kind == known->lower.kind && lower.id == known->lower.id &&
			partition_number == known->partition_number)
			return true;
	}
	return false;
}

/* A drive that could not be read may still carry the superblock. */
static bool is_unread(const struct recorder *recorder, const struct subject *lower)
{
	for (size_t i = 0; i < recorder->stack->count; i++)
		if (recorder->subjects[i].kind == lower->kind &&
			recorder->subjects[i].id == lower->id)
			return recorder->stack->nodes[i].carries == NULL;
	return false;
}

static int expire_edges(struct recorder *recorder, size_t upper)
{
	AUTO_STANDS struct stand_list known = { 0 };
	int r = stands_below(
		recorder->store, &recorder->subjects[upper], false, &known, recorder->error);
	for (size_t i = 0; r == 0 && i < known.count; i++) {
		struct stand *stand = &known.items[i];
		if (is_here(recorder, upper, stand) || (recorder->stack->nodes[upper].number == 0 &&
							       is_unread(recorder, &stand->lower)))
			continue;
		stand->left_utc_ms = recorder->now_utc_ms;
		r = stands_record(recorder->store, stand, recorder->now_utc_ms, recorder->error);
	}
	return r;
}

/* Of what another host has only what nobody has told yet is entered: a member here is one that it has
 * let go of, unless both hosts reach the same drive. */
static int record_foreign(struct recorder *recorder, struct stand *stand)
{
	AUTO_STANDS struct stand_list known = { 0 };
	int r = stands_above(recorder->store, &stand->lower, true, &known, recorder->error);
	for (size_t i = 0; r == 0 && i < known.count; i++)
		if (known.items[i].upper.kind == stand->upper.kind &&
			known.items[i].upper.id == stand->upper.id &&
			known.items[i].left_utc_ms == 0)
			return 0;
	return r < 0 ? r
		     : stands_record_left(
			       recorder->store, stand, recorder->now_utc_ms, recorder->error);
}

static int record_edge(struct recorder *recorder, const struct stack_edge *edge)
{
	struct stand stand;
	if (!make_stand(recorder, edge, &stand))
		return 0;
	if (!recorder->is_ours[edge->upper])
		return record_foreign(recorder, &stand);
	return edge->left ? stands_record_left(
				    recorder->store, &stand, recorder->now_utc_ms, recorder->error)
			  : stands_record(
				    recorder->store, &stand, recorder->now_utc_ms, recorder->error);
}

static int record_edges(struct recorder *recorder)
{
	const struct stack *stack = recorder->stack;
	int r = 0;
	for (size_t i = 0; i < stack->count && r == 0; i++)
		if (recorder->is_ours[i] && recorder->subjects[i].id != 0)
			r = expire_edges(recorder, i);
	for (size_t i = 0; i < stack->edge_count && r == 0; i++)
		r = record_edge(recorder, &stack->edges[i]);
	return r;
}

/* What is gone from this host has left the drives that are still here. */
static int expire_absent(const struct recorder *recorder)
{
	static const char *const sql[] = {
		"UPDATE stands_on SET left_utc_ms = $2 WHERE left_utc_ms IS NULL"
		" AND upper_kind = 'array' AND lower_kind = 'drive'"
		" AND upper_id IN (SELECT id FROM raid_array WHERE host = $1 AND present = 0)"
		" AND lower_id IN (SELECT id FROM drive WHERE host = $1 AND present = 1 AND "
		"last_error = '')",
		"UPDATE stands_on SET left_utc_ms = $2 WHERE left_utc_ms IS NULL"
		" AND upper_kind = 'volume' AND lower_kind = 'drive'"
		" AND upper_id IN (SELECT id FROM volume WHERE host = $1 AND present = 0)"
		" AND lower_id IN (SELECT id FROM drive WHERE host = $1 AND present = 1 AND "
		"last_error = '')",
		"UPDATE stands_on SET left_utc_ms = $2 WHERE left_utc_ms IS NULL"
		" AND upper_kind = 'volume' AND lower_kind = 'array'"
		" AND upper_id IN (SELECT id FROM volume WHERE host = $1 AND present = 0)"
		" AND lower_id IN (SELECT id FROM raid_array WHERE host = $1 AND present = 1)",
	};
	const struct store_value values[] = {
		STORE_STRING(recorder->host),
		STORE_INT(recorder->now_utc_ms),
	};
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sql) && r == 0; i++)
		r = store_execute(
			recorder->store, sql[i], values, ARRAY_SIZE(values), NULL, recorder->error);
	return r;
}

/* ---- all ---- */

static int record_layers(struct recorder *recorder)
{
	const struct stack *stack = recorder->stack;
	int r = 0;
	for (size_t i = 0; i < stack->count && r == 0; i++)
		if (stack->nodes[i].own && recorder->subjects[i].id != 0)
			r = layers_replace(recorder->store, &recorder->subjects[i],
				stack->nodes[i].own, recorder->error);
	return r;
}

static int record_nodes(struct recorder *recorder)
{
	const struct stack *stack = recorder->stack;
	int r = 0;
	for (size_t i = 0; i < stack->count && r == 0; i++) {
		const struct stack_node *node = &stack->nodes[i];
		if (node->kind == STACK_ARRAY) {
			r = record_array(recorder, i);
		} else if (node->kind == STACK_DRIVE && node->found != STACK_NONE) {
			recorder->subjects[i] = (struct subject){ SUBJECT_DRIVE,
				recorder->found->items[node->found].id };
			recorder->is_ours[i] = true;
		}
	}
	return r < 0 ? r : record_volumes(recorder);
}

int stack_record(struct stack *stack, struct store *store, const struct found_list *found,
	const char *host, int64_t now_utc_ms, struct error *error)
{
	AUTO_FREE struct subject *subjects = calloc(stack->count + 1, sizeof(*subjects));
	AUTO_FREE bool *is_ours = calloc(stack->count + 1, sizeof(*is_ours));
	struct recorder recorder = { stack, store, found, host, now_utc_ms, subjects, is_ours,
		error };
	if (!subjects || !is_ours)
		return error_no_memory(error);
	/* All are marked first: the clock may have been set back since the last scan. */
	int r = arrays_mark_absent(store, host, INT64_MAX, error);
	if (r == 0)
		r = volumes_mark_absent(store, host, INT64_MAX, error);
	if (r == 0)
		r = record_nodes(&recorder);
	if (r == 0)
		r = record_edges(&recorder);
	if (r == 0)
		r = record_layers(&recorder);
	return r < 0 ? r : expire_absent(&recorder);
}
