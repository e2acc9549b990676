/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which flags should stand: each drive by itself, drives beside one another, and drives beside what
 * the store remembers. */
#include "inventory/assets/flag_rows.h"

#include "inventory/assets/drives.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct candidate {
	int64_t id;
	bool present;
	struct drive_identity identity; /* the key, the name and what flags_of_identity reads */
	char host[128];
	bool is_copy; /* of twin_path */
	char twin_path[256];
	char serial_before[IDENTITY_TEXT_MAX];
};

struct candidates {
	struct candidate *items;
	size_t count, capacity;
};

static void candidates_free(struct candidates *candidates)
{
	free(candidates->items);
}

struct wanted {
	struct flag_list list;
	size_t capacity;
};

static int want(struct wanted *wanted, int64_t drive_id, enum flag_code code, json_t *detail,
	struct error *error)
{
	const struct flag flag = { .drive_id = drive_id, .code = code };
	return flag_list_add(&wanted->list, &wanted->capacity, &flag, detail, error);
}

/* {key: text}; NULL without memory, which flag_list_add tells. */
static json_t *detail_of(const char *key, const char *text)
{
	json_t *detail = json_object();
	if (detail && json_put_string(detail, key, text) < 0) {
		json_decref(detail);
		return NULL;
	}
	return detail;
}

static int want_with(struct wanted *wanted, int64_t drive_id, enum flag_code code, const char *key,
	const char *text, struct error *error)
{
	json_t *detail = detail_of(key, text);
	if (!detail)
		return error_no_memory(error);
	return want(wanted, drive_id, code, detail, error);
}

/* -- reading -- */

static int read_candidate(
	const struct store_rows *rows, struct candidate *candidate, struct error *error)
{
	struct drive_identity *identity = &candidate->identity;
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 2, identity->wwn, sizeof(identity->wwn) },
		{ 3, identity->serial, sizeof(identity->serial) },
		{ 4, identity->model, sizeof(identity->model) },
		{ 5, identity->name, sizeof(identity->name) },
		{ 6, candidate->host, sizeof(candidate->host) },
		{ 11, candidate->twin_path, sizeof(candidate->twin_path) },
		{ 12, candidate->serial_before, sizeof(candidate->serial_before) },
	};
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts) && r == 0; i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	candidate->id = store_integer(rows, 0);
	candidate->present = store_integer(rows, 1) != 0;
	identity->transport = transport_parse(store_text(rows, 7));
	identity->is_virtual = store_integer(rows, 8) != 0;
	identity->oddities = (unsigned)store_integer(rows, 9);
	candidate->is_copy = twin_kind_parse(store_text(rows, 10)) == TWIN_COPY;
	return r;
}

static int read_candidates(struct store *store, struct candidates *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store,
		"SELECT id, present, wwn, serial, model, name, host, transport, is_virtual, "
		"oddities,"
		" twin_kind, twin_path, serial_before FROM drive ORDER BY id",
		NULL, 0, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		if (ret->count == ret->capacity) {
			size_t larger = ret->capacity * 2 + 64;
			struct candidate *items =
				reallocarray(ret->items, larger, sizeof(*ret->items));
			if (!items)
				return error_no_memory(error);
			ret->items = items;
			ret->capacity = larger;
		}
		struct candidate *candidate = &ret->items[ret->count++];
		*candidate = (struct candidate){ 0 };
		r = read_candidate(rows, candidate, error);
		if (r < 0)
			return r;
	}
	return r;
}

/* -- each by itself -- */

static int want_own(const struct candidate *candidate, struct wanted *wanted, struct error *error)
{
	const struct drive_identity *identity = &candidate->identity;
	unsigned flags = flags_of_identity(identity);
	int r = 0;
	for (unsigned code = 1; flags >> code && r == 0; code++) {
		if (!(flags >> code & 1))
			continue;
		if (code == FLAG_SERIAL_PLACEHOLDER)
			r = want_with(wanted, candidate->id, code, "origin",
				flag_placeholder_origin(identity->serial), error);
		else
			r = want(wanted, candidate->id, (enum flag_code)code, json_object(), error);
	}
	if (r == 0 && candidate->present && candidate->is_copy)
		r = want_with(wanted, candidate->id, FLAG_IDENTITY_DUPLICATE, "path",
			candidate->twin_path, error);
	if (r == 0 && candidate->present && candidate->serial_before[0])
		r = want_with(wanted, candidate->id, FLAG_SERIAL_CHANGED, "was",
			candidate->serial_before, error);
	return r;
}

/* -- beside one another -- */

typedef const char *key_of(const struct candidate *candidate);

static const char *serial_key(const struct candidate *candidate)
{
	return candidate->identity.serial;
}

static const char *wwn_key(const struct candidate *candidate)
{
	return candidate->identity.wwn;
}

static int compare_key(const void *a, const void *b, void *key)
{
	const struct candidate *const *one = a;
	const struct candidate *const *other = b;
	key_of *const *read = key;
	int order = strcmp((*read)(*one), (*read)(*other));
	return order ? order : ((*one)->id > (*other)->id) - ((*one)->id < (*other)->id);
}

/* Namespaces of one NVMe controller share its serial and are no duplicates of each other: "nvme0n1",
 * "nvme0n2" of one host. */
static bool same_controller(const struct candidate *a, const struct candidate *b)
{
	unsigned one = 0, other = 0;
	return a->identity.transport == TRANSPORT_NVME && b->identity.transport == TRANSPORT_NVME &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->identity.model, b->identity.model) == 0 &&
	       strcmp(a->identity.wwn, b->identity.wwn) != 0 &&
	       sscanf(a->identity.name, "nvme%un", &one) == 1 &&
	       sscanf(b->identity.name, "nvme%un", &other) == 1 && one == other;
}

/* As many as a person reads; there may be thousands with one placeholder. */
#define OTHERS_MAX 16

/* One drive of a group with one key: the ids of the others. */
static int want_duplicate(const struct candidate *const group[], size_t count, size_t own,
	enum flag_code code, struct wanted *wanted, struct error *error)
{
	AUTO_JSON json_t *others = json_array();
	for (size_t i = 0; i < count && json_array_size(others) < OTHERS_MAX; i++) {
		char id[DRIVE_ID_MAX];
		if (i == own ||
			(code == FLAG_SERIAL_DUPLICATE && same_controller(group[i], group[own])))
			continue;
		(void)snprintf(id, sizeof(id), "D%" PRId64, group[i]->id);
		if (json_push(others, json_string(id)) < 0)
			return error_no_memory(error);
	}
	if (json_array_size(others) == 0)
		return 0;
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put(detail, "others", json_incref(others)) < 0)
		return error_no_memory(error);
	return want(wanted, group[own]->id, code, json_incref(detail), error);
}

static int want_duplicates(const struct candidate **sorted, size_t count, key_of *key,
	enum flag_code code, struct wanted *wanted, struct error *error)
{
	if (count > 1)
		qsort_r(sorted, count, sizeof(*sorted), compare_key, &key);
	int r = 0;
	for (size_t from = 0, to; from < count && r == 0; from = to) {
		for (to = from + 1; to < count && strcmp(key(sorted[from]), key(sorted[to])) == 0;)
			to++;
		for (size_t i = from; i < to && to - from > 1 && key(sorted[from])[0] && r == 0;
			i++)
			r = want_duplicate(sorted + from, to - from, i - from, code, wanted, error);
	}
	return r;
}

static int want_all_duplicates(
	const struct candidates *candidates, struct wanted *wanted, struct error *error)
{
	AUTO_FREE const struct candidate **present =
		calloc(candidates->count + 1, sizeof(const struct candidate *));
	size_t count = 0;
	if (!present)
		return error_no_memory(error);
	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->items[i].present)
			present[count++] = &candidates->items[i];
	int r = want_duplicates(present, count, serial_key, FLAG_SERIAL_DUPLICATE, wanted, error);
	if (r == 0)
		r = want_duplicates(present, count, wwn_key, FLAG_WWN_DUPLICATE, wanted, error);
	return r;
}

/* -- beside what the store remembers -- */

/* Rows of an id and a text. */
static int want_rows(struct store *store, const char *sql, enum flag_code code, const char *key,
	struct wanted *wanted, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, NULL, 0, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = want_with(
			wanted, store_integer(rows, 0), code, key, store_text(rows, 1), error);
		if (r < 0)
			return r;
	}
	return r;
}

static int want_remembered(struct store *store, struct wanted *wanted, struct error *error)
{
	/* The same WWN with another serial, which is gone; two that are here are duplicates. */
	int r = want_rows(store,
		"SELECT d.id, (SELECT o.serial FROM drive o WHERE o.wwn = d.wwn AND o.present = 0"
		"  AND o.serial <> d.serial AND o.serial <> '' ORDER BY o.last_seen_utc_ms DESC, "
		"o.id"
		"  LIMIT 1) AS before FROM drive d"
		" WHERE d.present = 1 AND d.wwn <> '' AND EXISTS (SELECT 1 FROM drive o"
		"  WHERE o.wwn = d.wwn AND o.present = 0 AND o.serial <> d.serial AND o.serial <> "
		"'')",
		FLAG_SERIAL_CHANGED, "was", wanted, error);
	if (r < 0)
		return r;
	/* Seen here, there, and here again, without having been seen to leave; until that other host
	 * has looked again and did not find it. */
	return want_rows(store,
		"SELECT d.id, two.host FROM drive d"
		" JOIN sighting three ON three.drive_id = d.id AND three.number ="
		"  (SELECT max(s.number) FROM sighting s WHERE s.drive_id = d.id)"
		" JOIN sighting two ON two.drive_id = d.id AND two.number = three.number - 1"
		" JOIN sighting one ON one.drive_id = d.id AND one.number = three.number - 2"
		" WHERE d.present = 1 AND three.host <> two.host AND three.host = one.host"
		" AND NOT EXISTS (SELECT 1 FROM event e WHERE e.target_kind = 'drive'"
		"  AND e.target_id = d.id AND e.action = 'vanished'"
		"  AND e.utc_ms BETWEEN one.utc_ms AND three.utc_ms)"
		" AND NOT EXISTS (SELECT 1 FROM drive o WHERE o.host = two.host"
		"  AND o.last_seen_utc_ms > three.utc_ms)",
		FLAG_TWO_HOSTS, "other_host", wanted, error);
}

/* -- all of it -- */

/* A serial may have changed by both signs. */
static void drop_repeated(struct flag_list *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && flag_compare(&list->items[kept - 1], &list->items[i]) == 0)
			free(list->items[i].detail);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static int work_out(struct store *store, struct wanted *wanted, struct error *error)
{
	CLEANUP(candidates_free) struct candidates candidates = { 0 };
	int r = read_candidates(store, &candidates, error);
	for (size_t i = 0; i < candidates.count && r == 0; i++)
		r = want_own(&candidates.items[i], wanted, error);
	if (r == 0)
		r = want_all_duplicates(&candidates, wanted, error);
	if (r == 0)
		r = want_remembered(store, wanted, error);
	return r;
}

int flags_wanted(struct store *store, struct flag_list *ret, struct error *error)
{
	struct wanted wanted = { 0 };
	int r = work_out(store, &wanted, error);
	if (r < 0) {
		flag_list_free(&wanted.list);
		return r;
	}
	if (wanted.list.count > 1)
		qsort(wanted.list.items, wanted.list.count, sizeof(*wanted.list.items),
			flag_compare);
	drop_repeated(&wanted.list);
	*ret = wanted.list;
	return 0;
}
