/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of LUKS headers, and headers that came back. What was said of a copy last decides. */
#include "inventory/assets/key_copies.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/assets/volumes.h"
#include "inventory/tenants/tenants.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECORDED "key-copy-recorded"
#define DESTROYED "key-copy-destroyed"
#define KEYS_DESTROYED "keys-destroyed"

void key_copy_list_free(struct key_copy_list *list)
{
	free(list->items);
	*list = (struct key_copy_list){ 0 };
}

static int malformed(const char *what, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "key-copy-malformed", "%s", what);
}

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, as LUKS writes it. */
static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[36] == '\0';
}

static void lower_case(const char *text, char *ret, size_t size)
{
	size_t i = 0;
	for (; i + 1 < size && text[i]; i++)
		ret[i] = (char)tolower((unsigned char)text[i]);
	ret[i] = '\0';
}

static int volume_by_key(struct store *store, const char *key, int64_t *ret, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(key) };
	return drive_query_integer(
		store, "SELECT id FROM volume WHERE key = $1", values, 1, 0, ret, error);
}

/* The volume with this key, entered when it is new. */
static int enter(struct store *store, const struct volume_seen *seen, int64_t now_utc_ms,
	int64_t *ret_id, struct error *error)
{
	int r = volume_by_key(store, seen->key, ret_id, error);
	return r < 0 || *ret_id > 0 ? r : volumes_record(store, seen, now_utc_ms, ret_id, error);
}

static int append(struct store *store, int64_t volume_id, const char *action, const char *key,
	const char *text, int64_t now_utc_ms, struct error *error)
{
	const struct subject subject = { SUBJECT_VOLUME, volume_id };
	AUTO_JSON json_t *detail = json_object();
	const struct event event = { action, detail, now_utc_ms };
	if (json_put_string(detail, key, text) < 0)
		return error_no_memory(error);
	return events_append(store, &subject, &event, error);
}

static int set_present(struct store *store, int64_t id, bool present, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_INT(present),
		STORE_STRING(present ? "" : "destroyed"),
	};
	return store_execute(store, "UPDATE volume SET present = $2, state = $3 WHERE id = $1",
		values, ARRAY_SIZE(values), NULL, error);
}

/* ---- saying ---- */

static int record(struct store *store, const char *uuid, const char *place, int64_t now_utc_ms,
	int64_t *ret_id, struct error *error)
{
	char key[KEY_COPY_PLACE_MAX + 16], origin[64];
	(void)snprintf(key, sizeof(key), "header:%s", place);
	(void)snprintf(origin, sizeof(origin), "luks:%s", uuid);
	const struct volume_seen seen = { .key = key,
		.kind = VOLUME_HEADER_BACKUP,
		.name = place,
		.uuid = uuid,
		.origin_key = origin };
	int r = enter(store, &seen, now_utc_ms, ret_id, error);
	if (r == 0)
		r = set_present(store, *ret_id, true, error);
	return r < 0 ? r : append(store, *ret_id, RECORDED, "uuid", uuid, now_utc_ms, error);
}

int key_copies_record(struct store *store, const char *uuid, const char *place, int64_t now_utc_ms,
	int64_t *ret_id, struct error *error)
{
	char small[40];
	if (!is_uuid(uuid))
		return malformed(_("Give the UUID of the LUKS volume, as `cryptsetup luksUUID` "
				   "shows it"),
			error);
	if (!*place)
		return malformed(_("Say where the copy of the header lies"), error);
	lower_case(uuid, small, sizeof(small));
	int r = text_check(place, KEY_COPY_PLACE_MAX, false, "place", error);
	if (r == 0)
		r = store_begin(store, error);
	return r < 0 ? r
		     : store_end(store, record(store, small, place, now_utc_ms, ret_id, error),
			       error);
}

static int check_stands(struct store *store, int64_t id, struct error *error)
{
	AUTO_KEY_COPIES struct key_copy_list all = { 0 };
	int r = key_copies_list(store, NULL, true, &all, error);
	for (size_t i = 0; r == 0 && i < all.count; i++)
		if (all.items[i].id == id)
			return all.items[i].destroyed
				       ? error_set(error, ERROR_USAGE, EALREADY,
						 "key-copy-destroyed",
						 _("V%" PRId64 " is recorded as destroyed already"),
						 id)
				       : 0;
	if (r < 0)
		return r;
	error_set(error, ERROR_USAGE, ENOENT, "key-copy-unknown",
		_("V%" PRId64 " is no copy of a LUKS header"), id);
	return error_next(error, _("See: haiki inventory list key-copies"));
}

static int destroy(
	struct store *store, int64_t id, const char *how, int64_t now_utc_ms, struct error *error)
{
	int r = check_stands(store, id, error);
	if (r == 0)
		r = set_present(store, id, false, error);
	return r < 0 ? r : append(store, id, DESTROYED, "how", how, now_utc_ms, error);
}

int key_copies_destroyed(
	struct store *store, int64_t id, const char *how, int64_t now_utc_ms, struct error *error)
{
	if (!how || !*how) {
		int wrong = malformed(_("Say how the copy was destroyed, with --how"), error);
		error_next(error, _("See how: haiki inventory key-copy --help"));
		return wrong;
	}
	int r = text_check(how, sizeof(((struct key_copy *)NULL)->how), false, "how", error);
	if (r == 0)
		r = store_begin(store, error);
	return r < 0 ? r : store_end(store, destroy(store, id, how, now_utc_ms, error), error);
}

/* ---- asking ---- */

/* The UUID is the copy's own, or that of what it was copied from. */
#define COPY_UUID                                                                                  \
	"CASE WHEN v.uuid <> '' THEN lower(v.uuid) WHEN coalesce(o.uuid, '') <> '' THEN "          \
	"lower(o.uuid) ELSE coalesce(lower(substr(o.key, 6)), '') END"
#define LAST_EVENT(column)                                                                         \
	"(SELECT e." column " FROM event e WHERE e.target_kind = 'volume' AND e.target_id = v.id"  \
	" AND e.action IN ('" RECORDED "', '" DESTROYED "') ORDER BY e.id DESC LIMIT 1)"

static int read_how(
	struct store *store, const char *text, struct key_copy *ret, struct error *error)
{
	AUTO_JSON json_t *detail = NULL;
	int r = json_parse(text, strlen(text), _("event"), &detail, error);
	if (r < 0)
		return r;
	const char *how = json_string_value(json_object_get(detail, "how"));
	int length = snprintf(ret->how, sizeof(ret->how), "%s", how ? how : "");
	return length < 0 || (size_t)length >= sizeof(ret->how)
		       ? store_error_corrupt(store, "event.detail", error)
		       : 0;
}

static int read_copy(struct store *store, const struct store_rows *rows, struct key_copy *ret,
	struct error *error)
{
	*ret = (struct key_copy){ .id = store_integer(rows, 0),
		.utc_ms = store_integer(rows, 4),
		.destroyed = strcmp(store_text(rows, 3), DESTROYED) == 0 };
	int r = store_copy_text(rows, 1, ret->uuid, sizeof(ret->uuid), error);
	if (r == 0)
		r = store_copy_text(rows, 5, ret->actor, sizeof(ret->actor), error);
	/* Of an import: a name, or a path on a host, cut to what is shown. */
	(void)snprintf(ret->place, sizeof(ret->place), "%.255s", store_text(rows, 2));
	return r == 0 && ret->destroyed ? read_how(store, store_text(rows, 6), ret, error) : r;
}

int key_copies_list(struct store *store, const char *uuid, bool with_destroyed,
	struct key_copy_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_KEY_COPIES struct key_copy_list list = { 0 };
	char small[64];
	lower_case(uuid ? uuid : "", small, sizeof(small));
	const struct store_value values[] = { STORE_STRING(small) };
	int r =
		store_query(store,
			"SELECT v.id, " COPY_UUID
			", CASE WHEN v.name <> '' THEN v.name ELSE v.key END,"
			" coalesce(" LAST_EVENT("action") ", ''), coalesce(" LAST_EVENT("utc_ms") ", v.first_seen_utc_ms), coalesce(" LAST_EVENT(
				"actor") ", ''),"
					 " coalesce(" LAST_EVENT(
						 "detail") ", '') FROM volume v LEFT JOIN volume o"
							   " ON o.id = v.origin_id WHERE v.kind = "
							   "'header-backup'"
							   " AND ($1 = '' OR " COPY_UUID
							   " = $1) ORDER BY v.id",
			values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		struct key_copy *grown =
			reallocarray(list.items, list.count + 1, sizeof(*list.items));
		if (!grown)
			return error_no_memory(error);
		list.items = grown;
		r = read_copy(store, rows, &grown[list.count], error);
		if (r == 0 && (with_destroyed || !grown[list.count].destroyed))
			list.count++;
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct key_copy_list){ 0 };
	return 0;
}

/* ---- when keys were destroyed ---- */

static int is_noted(
	struct store *store, int64_t volume_id, const char *job, bool *ret, struct error *error)
{
	int64_t count = 0;
	const struct store_value values[] = { STORE_INT(volume_id), STORE_STRING(job) };
	int r = drive_query_integer(store,
		"SELECT count(*) FROM event WHERE target_kind = 'volume' AND target_id = $1"
		" AND action = '" KEYS_DESTROYED "'"
		" AND ($2 = '' OR detail LIKE '%\"job\":\"' || $2 || '\"%')",
		values, ARRAY_SIZE(values), 0, &count, error);
	*ret = count > 0;
	return r;
}

static int note(struct store *store, const char *uuid, const char *job, int64_t now_utc_ms,
	struct error *error)
{
	char key[64];
	int64_t id = 0;
	bool noted = false;
	(void)snprintf(key, sizeof(key), "luks:%s", uuid);
	const struct volume_seen seen = {
		.key = key, .kind = VOLUME_LUKS, .name = uuid, .uuid = uuid
	};
	int r = enter(store, &seen, now_utc_ms, &id, error);
	if (r == 0)
		r = is_noted(store, id, job, &noted, error);
	return r < 0 || noted ? r
			      : append(store, id, KEYS_DESTROYED, "job", job, now_utc_ms, error);
}

int key_copies_note_erased(struct store *store, const char *uuid, const char *job,
	int64_t now_utc_ms, struct error *error)
{
	char small[40];
	if (!is_uuid(uuid))
		return 0; /* a header without one is no volume of the store, and no copy's */
	lower_case(uuid, small, sizeof(small));
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, note(store, small, job, now_utc_ms, error), error);
}

/* Has a job destroyed the keys of the volume with this UUID? */
static int is_erased(struct store *store, const char *uuid, bool *ret, struct error *error)
{
	char key[128];
	int64_t id = 0;
	*ret = false;
	(void)snprintf(key, sizeof(key), "luks:%s", uuid);
	int r = volume_by_key(store, key, &id, error);
	return r < 0 || id == 0 ? r : is_noted(store, id, "", ret, error);
}

/* The copy that stands on a drive is known by drive and UUID: two headers there are two copies. */
static int record_found(struct store *store, const struct drive_identity *identity,
	const char *uuid, int64_t now_utc_ms, struct error *error)
{
	char place[KEY_COPY_PLACE_MAX], small[40], key[KEY_COPY_PLACE_MAX + 16];
	int64_t id = 0;
	AUTO_KEY_COPIES struct key_copy_list known = { 0 };
	lower_case(uuid, small, sizeof(small));
	const char *serial = identity->serial[0] ? identity->serial : identity->wwn;
	(void)snprintf(place, sizeof(place), "%.80s %.100s %s", identity->model, serial, small);
	(void)snprintf(key, sizeof(key), "header:%s", place);
	int r = volume_by_key(store, key, &id, error);
	if (r == 0)
		r = key_copies_list(store, small, false, &known, error);
	for (size_t i = 0; r == 0 && i < known.count; i++)
		if (known.items[i].id == id)
			return 0; /* it is known to be there */
	return r < 0 ? r : record(store, small, place, now_utc_ms, &id, error);
}

int key_copies_look(struct store *store, const struct drive_identity *identity,
	const struct signature_list *signatures, int64_t now_utc_ms, size_t *ret_count,
	struct error *error)
{
	size_t count = 0;
	int r = 0;
	for (size_t i = 0; r == 0 && i < signatures->count; i++) {
		const struct signature *item = &signatures->items[i];
		bool erased = false;
		if (item->usage != SIGNATURE_CRYPTO || !is_uuid(item->uuid))
			continue;
		r = is_erased(store, item->uuid, &erased, error);
		if (r == 0 && erased)
			r = record_found(store, identity, item->uuid, now_utc_ms, error);
		count += erased;
	}
	if (r == 0 && ret_count)
		*ret_count = count;
	return r;
}
