/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entering and refreshing volumes. A volume's row is found by its key, never by its name. */
#include "inventory/assets/volumes.h"

#include "base/text.h"
#include "base/utf8.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/links.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* No chain of snapshots is longer; what is, is a ring. */
#define ORIGINS_MAX 64

static const struct {
	const char *name;
	enum volume_kind kind;
	bool scanned; /* a scan of its host sees it when it is there */
} kinds[] = {
	{ "lv", VOLUME_LV, true },
	{ "thin-pool", VOLUME_THIN_POOL, true },
	{ "thin", VOLUME_THIN, true },
	{ "snapshot", VOLUME_SNAPSHOT, true },
	{ "cache", VOLUME_CACHE, true },
	{ "luks", VOLUME_LUKS, true },
	{ "multipath", VOLUME_MULTIPATH, true },
	{ "bcache", VOLUME_BCACHE, true },
	{ "loop", VOLUME_LOOP, true },
	{ "dm", VOLUME_DM, true },
	{ "file", VOLUME_FILE, false },
	{ "vm-disk", VOLUME_VM_DISK, false },
	{ "zvol", VOLUME_ZVOL, false },
	{ "header-backup", VOLUME_HEADER_BACKUP, false },
};

const char *volume_kind_name(enum volume_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unknown";
}

enum volume_kind volume_kind_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, word) == 0)
			return kinds[i].kind;
	return VOLUME_UNKNOWN;
}

/* -- what may be entered -- */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int malformed(const struct volume_seen *seen, const char *what, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "volume-malformed",
		_("The volume \"%.200s\" cannot be entered: its %s is missing, too long or no "
		  "UTF-8"),
		or_empty(seen->name && *seen->name ? seen->name : seen->key), what);
}

static int check(const struct volume_seen *seen, struct error *error)
{
	const struct volume_record *record = NULL;
	const struct {
		const char *what, *text;
		size_t size;
	} texts[] = {
		{ "key", seen->key, sizeof(record->key) },
		{ "name", seen->name, sizeof(record->name) },
		{ "uuid", seen->uuid, sizeof(record->uuid) },
		{ "host", seen->host, sizeof(record->host) },
		{ "path", seen->path, sizeof(record->path) },
		{ "vm_uuid", seen->vm_uuid, sizeof(record->vm_uuid) },
		{ "vm_name", seen->vm_name, sizeof(record->vm_name) },
		{ "state", seen->state, sizeof(record->state) },
		{ "origin", seen->origin_key, sizeof(record->key) },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t length = strlen(or_empty(texts[i].text));
		if (length >= texts[i].size || !utf8_valid(or_empty(texts[i].text), length))
			return malformed(seen, texts[i].what, error);
	}
	if (or_empty(seen->key)[0] == '\0')
		return malformed(seen, "key", error);
	if (strcmp(volume_kind_name(seen->kind), "unknown") == 0)
		return malformed(seen, "kind", error);
	if (seen->size_bytes > INT64_MAX)
		return malformed(seen, "size_bytes", error);
	return 0;
}

/* An array of texts and nothing else, in its one spelling. */
static int write_tags(const struct volume_seen *seen, struct buffer *text, struct error *error)
{
	if (!seen->tags)
		return buffer_append_text(text, "[]") < 0 ? error_no_memory(error) : 0;
	if (!json_is_array(seen->tags))
		return malformed(seen, "tags", error);
	for (size_t i = 0; i < json_array_size(seen->tags); i++)
		if (!json_is_string(json_array_get(seen->tags, i)))
			return malformed(seen, "tags", error);
	int r = json_write_canonical(seen->tags, text);
	if (r == -ENOMEM)
		return error_no_memory(error);
	return r < 0 ? malformed(seen, "tags", error) : 0;
}

/* -- origins -- */

/* Would it come from itself? Also where the chain is too long to be one. */
static int leads_back(struct store *store, int64_t origin, int64_t id, struct error *error)
{
	for (int i = 0; i < ORIGINS_MAX && origin > 0; i++) {
		if (origin == id)
			return 1;
		const struct store_value values[] = { STORE_INT(origin) };
		int r = drive_query_integer(store,
			"SELECT coalesce(origin_id, 0) FROM volume WHERE id = $1", values, 1, 0,
			&origin, error);
		if (r < 0)
			return r;
	}
	return origin > 0;
}

/* Put the origin into *ret (0: none), which holds the one known until now. */
static int find_origin(struct store *store, const struct volume_seen *seen, int64_t id,
	int64_t *ret, struct error *error)
{
	int64_t origin = 0;
	if (or_empty(seen->origin_key)[0] == '\0') {
		*ret = 0;
		return 0;
	}
	const struct store_value values[] = { STORE_STRING(seen->origin_key) };
	int r = drive_query_integer(
		store, "SELECT id FROM volume WHERE key = $1", values, 1, 0, &origin, error);
	if (r < 0 || origin == 0)
		return r;
	r = leads_back(store, origin, id, error);
	if (r == 0)
		*ret = origin;
	return r < 0 ? r : 0;
}

/* -- rows -- */

struct known_volume {
	int64_t id; /* 0: never seen */
	int64_t origin_id;
};

static int find_known(
	struct store *store, const char *key, struct known_volume *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(key) };
	int r = store_query(store, "SELECT id, coalesce(origin_id, 0) FROM volume WHERE key = $1",
		values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		*ret = (struct known_volume){ store_integer(rows, 0), store_integer(rows, 1) };
	return r < 0 ? r : 0;
}

static int insert_key(struct store *store, const char *key, int64_t now_utc_ms, int64_t *ret_id,
	struct error *error)
{
	int64_t id = 0;
	int r = drive_query_integer(
		store, "SELECT coalesce(max(id), 0) + 1 FROM volume", NULL, 0, 1, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(key),
		STORE_INT(now_utc_ms),
	};
	r = store_execute(store,
		"INSERT INTO volume (id, key, kind, name, size_bytes, host, first_seen_utc_ms,"
		" last_seen_utc_ms, present) VALUES ($1, $2, '', '', 0, '', $3, $3, 1)",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0)
		*ret_id = id;
	return r;
}

/* UUIDs of VMs are written in either case; the store has one. */
static void lower_case(const char *text, char *ret, size_t size)
{
	size_t i = 0;
	for (; i + 1 < size && text[i]; i++)
		ret[i] = (char)tolower((unsigned char)text[i]);
	ret[i] = '\0';
}

static int update(struct store *store, const struct known_volume *known,
	const struct volume_seen *seen, const char *tags, int64_t now_utc_ms, struct error *error)
{
	char vm_uuid[sizeof(((struct volume_record *)NULL)->vm_uuid)];
	lower_case(or_empty(seen->vm_uuid), vm_uuid, sizeof(vm_uuid));
	const struct store_value values[] = {
		STORE_INT(known->id),
		STORE_STRING(volume_kind_name(seen->kind)),
		STORE_STRING(or_empty(seen->name)),
		STORE_STRING(or_empty(seen->uuid)),
		STORE_INT(seen->size_bytes),
		STORE_STRING(or_empty(seen->host)),
		STORE_STRING(or_empty(seen->path)),
		STORE_STRING(vm_uuid),
		STORE_STRING(or_empty(seen->vm_name)),
		STORE_STRING(tags),
		STORE_STRING(or_empty(seen->state)),
		known->origin_id > 0 ? STORE_INT(known->origin_id) : (struct store_value){ 0 },
		STORE_INT(now_utc_ms),
	};
	return store_execute(store,
		"UPDATE volume SET kind = $2, name = $3, uuid = $4, size_bytes = $5, host = $6,"
		" path = $7, vm_uuid = $8, vm_name = $9, tags = $10, state = $11, origin_id = $12,"
		" last_seen_utc_ms = $13, present = 1 WHERE id = $1",
		values, ARRAY_SIZE(values), NULL, error);
}

static int record(struct store *store, const struct volume_seen *seen, const char *tags,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	struct known_volume known = { 0 };
	int r = find_known(store, seen->key, &known, error);
	if (r == 0 && known.id == 0)
		r = insert_key(store, seen->key, now_utc_ms, &known.id, error);
	if (r == 0)
		r = find_origin(store, seen, known.id, &known.origin_id, error);
	if (r == 0)
		r = update(store, &known, seen, tags, now_utc_ms, error);
	if (r == 0)
		r = links_update(store, known.id, now_utc_ms, error);
	if (r == 0)
		*ret_id = known.id;
	return r;
}

int volumes_record(struct store *store, const struct volume_seen *seen, int64_t now_utc_ms,
	int64_t *ret_id, struct error *error)
{
	AUTO_BUFFER struct buffer tags = BUFFER_INIT(VOLUME_TAGS_MAX);
	int64_t id = 0;
	int r = check(seen, error);
	if (r == 0)
		r = write_tags(seen, &tags, error);
	if (r < 0)
		return r;
	r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(
		store, record(store, seen, buffer_text(&tags), now_utc_ms, &id, error), error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

int volumes_mark_absent(
	struct store *store, const char *host, int64_t since_utc_ms, struct error *error)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++) {
		const struct store_value values[] = {
			STORE_STRING(host),
			STORE_INT(since_utc_ms),
			STORE_STRING(kinds[i].name),
		};
		if (kinds[i].scanned)
			r = store_execute(store,
				"UPDATE volume SET present = 0 WHERE host = $1 AND"
				" last_seen_utc_ms < $2 AND kind = $3 AND present = 1",
				values, ARRAY_SIZE(values), NULL, error);
	}
	return r;
}
