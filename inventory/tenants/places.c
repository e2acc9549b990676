/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a tenant's volumes down to the drives, in a handful of queries however many volumes it has. */
#include "inventory/tenants/places.h"

#include "inventory/tenants/links.h"
#include "inventory/assets/stands.h"
#include "inventory/assets/volumes.h"
#include "inventory/tenants/erased_volumes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *place_why_name(enum place_why why)
{
	switch (why) {
	case PLACE_UNKNOWN:
		break;
	case PLACE_CARRIES:
		return "carries";
	case PLACE_ABOVE:
		return "above";
	case PLACE_COPY:
		return "copy";
	case PLACE_DISPUTED:
		return "disputed";
	case PLACE_LEFT:
		return "left";
	case PLACE_LABELLED:
		return "labelled";
	case PLACE_SANITIZED:
		return "sanitized";
	}
	return "unknown";
}

void place_list_free(struct place_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].volumes);
	free(list->items);
	free(list->nowhere);
	*list = (struct place_list){ 0 };
}

/* -- the graph below the tenant's volumes -- */

struct edge {
	struct subject upper, lower;
	int64_t left_utc_ms; /* 0: it stands */
	int64_t last_utc_ms; /* when it was last seen to */
};

struct node {
	struct subject subject;
	bool is_own;            /* a volume of the tenant */
	bool stands;            /* reached over edges that stand */
	int64_t carried_utc_ms; /* when an edge above it was last seen to stand */
	enum { NOT_ASKED, ASKING, NO_DRIVE, A_DRIVE } drive;
	int64_t *volumes; /* owned: the tenant's above it, by number */
	size_t volume_count;
	bool has_remains; /* one of them went elsewhere before it was erased */
	size_t seen[2];   /* for which volume it was looked at, without and with remains */
};

struct graph {
	struct edge *edges; /* owned; by upper */
	size_t edge_count;
	struct node *nodes; /* owned; by subject, each once */
	size_t node_count;
};

static void graph_free(struct graph *graph)
{
	for (size_t i = 0; i < graph->node_count; i++)
		free(graph->nodes[i].volumes);
	free(graph->edges);
	free(graph->nodes);
}

/* Doubled at every power of two. NULL without memory. */
static void *grow(void *items, size_t count, size_t size)
{
	if (count > 0 && (count & (count - 1)) != 0)
		return items;
	return reallocarray(items, count ? 2 * count : 1, size);
}

static int compare_subjects(const struct subject *a, const struct subject *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *edge_a = a, *edge_b = b;
	return compare_subjects(&edge_a->upper, &edge_b->upper);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *node_a = a, *node_b = b;
	return compare_subjects(&node_a->subject, &node_b->subject);
}

/* Everything below, also over what has left. */
#define REACH                                                                                      \
	"WITH RECURSIVE reach (kind, id) AS ("                                                     \
	"SELECT 'volume', v.id FROM volume v WHERE v.tenant_id = $1"                               \
	" UNION SELECT s.lower_kind, s.lower_id FROM stands_on s"                                  \
	" JOIN reach ON s.upper_kind = reach.kind AND s.upper_id = reach.id) "

static int read_edges(
	struct store *store, int64_t tenant_id, struct graph *graph, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = store_query(store,
		REACH "SELECT s.upper_kind, s.upper_id, s.lower_kind, s.lower_id,"
		      " coalesce(s.left_utc_ms, 0), s.last_utc_ms FROM reach"
		      " JOIN stands_on s"
		      " ON s.upper_kind = reach.kind AND s.upper_id = reach.id",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		struct edge *edges = grow(graph->edges, graph->edge_count, sizeof(*edges));
		if (!edges)
			return error_no_memory(error);
		graph->edges = edges;
		edges[graph->edge_count++] =
			(struct edge){ .upper = { subject_kind_parse(store_text(rows, 0)),
					       store_integer(rows, 1) },
				.lower = { subject_kind_parse(store_text(rows, 2)),
					store_integer(rows, 3) },
				.left_utc_ms = store_integer(rows, 4),
				.last_utc_ms = store_integer(rows, 5) };
		r = 0;
	}
	if (graph->edge_count > 1)
		qsort(graph->edges, graph->edge_count, sizeof(*graph->edges), compare_edges);
	return r;
}

static int read_nodes(
	struct store *store, int64_t tenant_id, struct graph *graph, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = store_query(store,
		REACH "SELECT reach.kind, reach.id, coalesce(v.tenant_id, 0) FROM reach"
		      " LEFT JOIN volume v ON reach.kind = 'volume' AND v.id = reach.id",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		struct node *nodes = grow(graph->nodes, graph->node_count, sizeof(*nodes));
		if (!nodes)
			return error_no_memory(error);
		graph->nodes = nodes;
		nodes[graph->node_count++] = (struct node){
			.subject = { subject_kind_parse(store_text(rows, 0)),
				store_integer(rows, 1) },
			.is_own = store_integer(rows, 2) == tenant_id,
		};
		r = 0;
	}
	if (graph->node_count > 1)
		qsort(graph->nodes, graph->node_count, sizeof(*graph->nodes), compare_nodes);
	return r;
}

static struct node *find_node(const struct graph *graph, const struct subject *subject)
{
	const struct node wanted = { .subject = *subject };
	if (graph->node_count == 0)
		return NULL;
	return bsearch(&wanted, graph->nodes, graph->node_count, sizeof(wanted), compare_nodes);
}

/* The first edge below a subject; those that follow it are behind. */
static size_t first_edge(const struct graph *graph, const struct subject *upper)
{
	size_t low = 0, high = graph->edge_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_subjects(&graph->edges[middle].upper, upper) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Mark what is reached over edges that stand, from a list of nodes still to be looked at. */
static int mark_standing(struct graph *graph, struct error *error)
{
	AUTO_FREE struct node **waiting = calloc(graph->node_count + 1, sizeof(struct node *));
	size_t count = 0;
	if (!waiting)
		return error_no_memory(error);
	for (size_t i = 0; i < graph->node_count; i++) {
		if (!graph->nodes[i].is_own)
			continue;
		graph->nodes[i].stands = true;
		waiting[count++] = &graph->nodes[i];
	}
	while (count > 0) {
		const struct subject upper = waiting[--count]->subject;
		for (size_t i = first_edge(graph, &upper);
			i < graph->edge_count &&
			compare_subjects(&graph->edges[i].upper, &upper) == 0;
			i++) {
			struct node *lower = find_node(graph, &graph->edges[i].lower);
			if (!lower)
				continue;
			if (graph->edges[i].left_utc_ms != 0 || lower->stands)
				continue;
			lower->stands = true;
			waiting[count++] = lower;
		}
	}
	return 0;
}

/* When each was last seen to stand below something of the tenant, over whatever path: an array that
 * the tenant has left may have written its bytes again as long as it stands. */
static void mark_carried(struct graph *graph)
{
	for (size_t i = 0; i < graph->edge_count; i++) {
		struct node *lower = find_node(graph, &graph->edges[i].lower);
		if (lower)
			lower->carried_utc_ms =
				MAX(lower->carried_utc_ms, graph->edges[i].last_utc_ms);
	}
}

/* -- which volumes above -- */

struct step {
	struct node *node;
	bool remains; /* on the way here is an edge that left before the volume was erased */
};

static int note_volume(struct node *node, int64_t volume_id, bool remains, struct error *error)
{
	node->has_remains = node->has_remains || remains;
	if (node->volume_count > 0 && node->volumes[node->volume_count - 1] == volume_id)
		return 0;
	int64_t *volumes = grow(node->volumes, node->volume_count, sizeof(*volumes));
	if (!volumes)
		return error_no_memory(error);
	node->volumes = volumes;
	volumes[node->volume_count++] = volume_id;
	return 0;
}

/* Everything below one volume of the tenant's. waiting has room for each node twice. */
static int note_below(struct graph *graph, struct node *own, int64_t erased_utc_ms,
	struct step *waiting, struct error *error)
{
	size_t mark = (size_t)(own - graph->nodes) + 1, count = 0;
	int r = 0;
	waiting[count++] = (struct step){ own, false };
	while (r == 0 && count > 0) {
		const struct step step = waiting[--count];
		const struct subject *upper = &step.node->subject;
		for (size_t i = first_edge(graph, upper);
			r == 0 && i < graph->edge_count &&
			compare_subjects(&graph->edges[i].upper, upper) == 0;
			i++) {
			const struct edge *edge = &graph->edges[i];
			struct node *lower = find_node(graph, &edge->lower);
			bool remains = step.remains || (edge->left_utc_ms != 0 &&
							       edge->left_utc_ms < erased_utc_ms);
			if (!lower || lower->seen[remains] == mark)
				continue;
			lower->seen[remains] = mark;
			waiting[count++] = (struct step){ lower, remains };
			r = note_volume(lower, own->subject.id, remains, error);
		}
	}
	return r;
}

static int note_volumes(
	struct store *store, int64_t tenant_id, struct graph *graph, struct error *error)
{
	CLEANUP(erased_volumes_free) struct erased_volumes erased = { 0 };
	AUTO_FREE struct step *waiting = calloc(2 * graph->node_count + 1, sizeof(*waiting));
	if (!waiting)
		return error_no_memory(error);
	int r = erased_volumes_read(store, tenant_id, &erased, error);
	for (size_t i = 0; r == 0 && i < graph->node_count; i++)
		if (graph->nodes[i].is_own)
			r = note_below(graph, &graph->nodes[i],
				erased_volumes_when(&erased, graph->nodes[i].subject.id), waiting,
				error);
	return r;
}

/* The place takes them over. */
static void take_volumes(struct node *node, struct place *place)
{
	if (!node || node->has_remains)
		return;
	place->volumes = node->volumes;
	place->volume_count = node->volume_count;
	node->volumes = NULL;
	node->volume_count = 0;
}

#define DEPTH_MAX 256

/* Does a drive stand below? NOLINTNEXTLINE(misc-no-recursion): ends at DEPTH_MAX */
static bool reaches_drive(struct graph *graph, struct node *node, unsigned depth)
{
	if (node->subject.kind == SUBJECT_DRIVE)
		return true;
	if (node->drive != NOT_ASKED)
		return node->drive == A_DRIVE;
	if (depth >= DEPTH_MAX)
		return false;
	node->drive = ASKING;
	bool found = false;
	for (size_t i = first_edge(graph, &node->subject);
		!found && i < graph->edge_count &&
		compare_subjects(&graph->edges[i].upper, &node->subject) == 0;
		i++) {
		struct node *lower = graph->edges[i].left_utc_ms == 0
					     ? find_node(graph, &graph->edges[i].lower)
					     : NULL;
		found = lower && reaches_drive(graph, lower, depth + 1);
	}
	node->drive = found ? A_DRIVE : NO_DRIVE;
	return found;
}

static int list_nowhere(struct graph *graph, struct place_list *list, struct error *error)
{
	for (size_t i = 0; i < graph->node_count; i++) {
		struct node *node = &graph->nodes[i];
		if (!node->is_own || reaches_drive(graph, node, 0))
			continue;
		int64_t *nowhere = grow(list->nowhere, list->nowhere_count, sizeof(*nowhere));
		if (!nowhere)
			return error_no_memory(error);
		list->nowhere = nowhere;
		nowhere[list->nowhere_count++] = node->subject.id;
	}
	return 0;
}

/* -- what the places are -- */

static struct place *add_place(struct place_list *list, struct error *error)
{
	struct place *items = grow(list->items, list->count, sizeof(*items));
	if (!items) {
		error_no_memory(error);
		return NULL;
	}
	list->items = items;
	items[list->count] = (struct place){ 0 };
	return &items[list->count++];
}

struct text_column {
	unsigned column;
	size_t offset, size;
};
#define INTO(column, member)                                                                       \
	{                                                                                          \
		column, offsetof(struct place, member), sizeof(((struct place *)NULL)->member)     \
	}

static int read_texts(const struct store_rows *rows, const struct text_column *columns,
	size_t count, struct place *place, struct error *error)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = store_copy_text(rows, columns[i].column, (char *)place + columns[i].offset,
			columns[i].size, error);
	return r;
}

/* What a person only labelled was sanitized as long as it was not taken into service again. */
static bool is_out_of_service(const char *custody)
{
	static const char *const states[] = { "sanitized", "returned", "disposed", "destroyed" };
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(states[i], custody) == 0)
			return true;
	return false;
}

/* What does not carry the tenant's bytes any more. What was sanitized before it was last seen to
 * carry them, was sanitized of others. */
static enum place_why why_of(const struct node *node, const char *custody, int64_t sanitized_utc_ms)
{
	if (node)
		return sanitized_utc_ms > node->carried_utc_ms ? PLACE_SANITIZED : PLACE_LEFT;
	return sanitized_utc_ms > 0 && is_out_of_service(custody) ? PLACE_SANITIZED
								  : PLACE_LABELLED;
}

static int read_drive(const struct store_rows *rows, const struct graph *graph,
	struct place_list *list, struct error *error)
{
	static const struct text_column columns[] = {
		INTO(1, name),
		INTO(2, model),
		INTO(3, host),
		INTO(4, device),
		INTO(5, site),
		INTO(6, rack),
		INTO(7, slot),
		INTO(8, state),
	};
	struct place *place = add_place(list, error);
	if (!place)
		return -ENOMEM;
	place->subject = (struct subject){ SUBJECT_DRIVE, store_integer(rows, 0) };
	place->size_bytes = (uint64_t)store_integer(rows, 9);
	place->present = store_integer(rows, 10) != 0;
	(void)snprintf(place->kind, sizeof(place->kind), "drive");
	int r = read_texts(rows, columns, ARRAY_SIZE(columns), place, error);
	if (r < 0)
		return r;
	struct node *node = find_node(graph, &place->subject);
	take_volumes(node, place);
	if (node && node->stands)
		place->why = PLACE_CARRIES;
	else
		place->why = why_of(node, place->state, store_integer(rows, 11));
	return 0;
}

static int read_drives(struct store *store, int64_t tenant_id, const struct graph *graph,
	struct place_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = store_query(store,
		REACH "SELECT d.id, d.serial, d.model, d.host, d.name, d.site, d.rack, d.slot,"
		      " d.custody, d.capacity_bytes, d.present, (SELECT coalesce(max(e.utc_ms), 0)"
		      " FROM event e WHERE e.target_kind = 'drive' AND e.target_id = d.id"
		      " AND e.action = 'custody' AND (e.detail LIKE '%\"to\":\"sanitized\"%'"
		      " OR e.detail LIKE '%\"to\":\"destroyed\"%')) FROM drive d WHERE d.id IN ("
		      "SELECT reach.id FROM reach WHERE kind = 'drive'"
		      " UNION SELECT b.id FROM drive b JOIN tenant t ON t.code = b.tenant"
		      " WHERE t.id = $1"
		      " UNION SELECT c.id FROM drive c JOIN service_code k"
		      " ON k.code = c.service_code WHERE k.tenant_id = $1)"
		      " ORDER BY d.host, d.site, d.rack, d.slot, d.id",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = read_drive(rows, graph, list, error);
	return r;
}

/* An array or a volume below; those of the tenant are told elsewhere. */
static int read_below(struct store *store, int64_t tenant_id, const struct graph *graph,
	struct place_list *list, struct error *error)
{
	static const struct text_column columns[] = {
		INTO(1, kind),
		INTO(2, name),
		INTO(3, host),
		INTO(4, state),
	};
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = store_query(store,
		REACH
		"SELECT a.id, 'array', a.name, a.host, a.state, a.size_bytes, a.present"
		" FROM reach JOIN raid_array a ON reach.kind = 'array' AND a.id = reach.id"
		" UNION ALL SELECT v.id, v.kind, v.name, v.host, v.state, v.size_bytes,"
		" v.present FROM reach JOIN volume v ON reach.kind = 'volume' AND v.id = reach.id"
		" WHERE coalesce(v.tenant_id, 0) <> $1 ORDER BY 2, 4, 3, 1",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		struct place *place = add_place(list, error);
		if (!place)
			return -ENOMEM;
		r = read_texts(rows, columns, ARRAY_SIZE(columns), place, error);
		place->subject.kind =
			strcmp(place->kind, "array") == 0 ? SUBJECT_ARRAY : SUBJECT_VOLUME;
		place->subject.id = store_integer(rows, 0);
		place->size_bytes = (uint64_t)store_integer(rows, 5);
		place->present = store_integer(rows, 6) != 0;
		struct node *node = find_node(graph, &place->subject);
		take_volumes(node, place);
		place->why = node && node->stands ? PLACE_CARRIES : PLACE_LEFT;
	}
	return r;
}

/* -- volumes beside the tenant's -- */

static bool is_listed(const struct place_list *list, int64_t volume_id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].subject.kind == SUBJECT_VOLUME &&
			list->items[i].subject.id == volume_id)
			return true;
	return false;
}

static int add_volume(struct place_list *list, const struct volume_record *volume,
	enum place_why why, struct error *error)
{
	if (is_listed(list, volume->id))
		return 0;
	struct place *place = add_place(list, error);
	if (!place)
		return -ENOMEM;
	place->subject = (struct subject){ SUBJECT_VOLUME, volume->id };
	place->size_bytes = volume->size_bytes;
	place->present = volume->present;
	place->why = why;
	(void)snprintf(place->kind, sizeof(place->kind), "%s", volume_kind_name(volume->kind));
	(void)snprintf(place->name, sizeof(place->name), "%s", volume->name);
	(void)snprintf(place->host, sizeof(place->host), "%s", volume->host);
	(void)snprintf(place->state, sizeof(place->state), "%s", volume->state);
	return 0;
}

/* Volumes by their numbers, which the SQL gives for the tenant. */
static int add_selected(struct store *store, int64_t tenant_id, const char *sql, enum place_why why,
	struct place_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = store_query(store, sql, values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_VOLUMES struct volume_list volumes = { 0 };
		r = volumes_get(store, store_integer(rows, 0), &volumes, error);
		if (r == 0 && volumes.count > 0)
			r = add_volume(list, &volumes.items[0], why, error);
	}
	return r;
}

static int add_disputed(
	struct store *store, int64_t tenant_id, struct place_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, "SELECT id FROM volume WHERE linked_by = 'conflict' ORDER BY id",
		NULL, 0, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_VOLUMES struct volume_list volumes = { 0 };
		AUTO_LINK_STATEMENTS struct link_statement_list statements = { 0 };
		bool names_it = false;
		r = volumes_get(store, store_integer(rows, 0), &volumes, error);
		if (r == 0 && volumes.count > 0)
			r = links_statements(store, &volumes.items[0], &statements, error);
		for (size_t i = 0; i < statements.count; i++)
			names_it = names_it || statements.items[i].tenant_id == tenant_id;
		if (r == 0 && names_it)
			r = add_volume(list, &volumes.items[0], PLACE_DISPUTED, error);
	}
	return r;
}

static int add_beside(
	struct store *store, int64_t tenant_id, struct place_list *list, struct error *error)
{
	int r = add_selected(store, tenant_id,
		"WITH RECURSIVE rising (kind, id) AS ("
		"SELECT 'volume', v.id FROM volume v WHERE v.tenant_id = $1"
		" UNION SELECT s.upper_kind, s.upper_id FROM stands_on s"
		" JOIN rising ON s.lower_kind = rising.kind AND s.lower_id = rising.id"
		" WHERE s.left_utc_ms IS NULL) SELECT w.id FROM rising"
		" JOIN volume w ON rising.kind = 'volume' AND w.id = rising.id"
		" WHERE coalesce(w.tenant_id, 0) <> $1 ORDER BY w.id",
		PLACE_ABOVE, list, error);
	if (r == 0)
		r = add_selected(store, tenant_id,
			"SELECT c.id FROM volume o CROSS JOIN volume c"
			" WHERE o.tenant_id = $1 AND c.origin_id = o.id AND coalesce(c.tenant_id, "
			"0) <> $1 ORDER BY c.id",
			PLACE_COPY, list, error);
	return r < 0 ? r : add_disputed(store, tenant_id, list, error);
}

int places_of_tenant(
	struct store *store, int64_t tenant_id, struct place_list *ret, struct error *error)
{
	CLEANUP(graph_free) struct graph graph = { 0 };
	AUTO_PLACES struct place_list list = { 0 };
	int r = read_edges(store, tenant_id, &graph, error);
	if (r == 0)
		r = read_nodes(store, tenant_id, &graph, error);
	if (r == 0)
		r = mark_standing(&graph, error);
	mark_carried(&graph);
	if (r == 0)
		r = note_volumes(store, tenant_id, &graph, error);
	if (r == 0)
		r = list_nowhere(&graph, &list, error);
	if (r == 0)
		r = read_drives(store, tenant_id, &graph, &list, error);
	if (r == 0)
		r = read_below(store, tenant_id, &graph, &list, error);
	if (r == 0)
		r = add_beside(store, tenant_id, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct place_list){ 0 };
	return 0;
}
