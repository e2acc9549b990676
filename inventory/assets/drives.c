/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entering and refreshing drives. A drive's row is found by who it is, never by where it is. */
#include "inventory/assets/drives.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* What the store knew before; found is false for a drive never seen. */
struct known_drive {
	bool found;
	int64_t id;
	bool moved; /* firmware, capacity, host or name differ: worth a sighting */
};

int drive_query_integer(struct store *store, const char *sql, const struct store_value *values,
	size_t count, int64_t missing, int64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	*ret = r > 0 ? store_integer(rows, 0) : missing;
	return 0;
}

int drive_check_known(struct store *store, int64_t drive_id, struct error *error)
{
	const struct store_value values[] = { STORE_INT(drive_id) };
	int64_t count = 0;
	int r = drive_query_integer(
		store, "SELECT count(*) FROM drive WHERE id = $1", values, 1, 0, &count, error);
	if (r < 0 || count > 0)
		return r;
	r = error_set(error, ERROR_USAGE, ENOENT, "drive-unknown",
		_("There is no drive D%" PRId64 " in the store %s"), drive_id, store_path(store));
	error_next(error, _("\"haiki inventory list\" shows the drives it knows."));
	return r;
}

int drive_check_label(const char *text, size_t size, struct error *error)
{
	if (!text || strlen(text) < size)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "label-too-long",
		_("\"%.40s…\" is too long: at most %zu bytes can be kept"), text, size - 1);
}

static int find_known(struct store *store, const struct drive_seen *seen, struct known_drive *ret,
	struct error *error)
{
	const struct drive_identity *identity = seen->identity;
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
		STORE_STRING(identity->model),
	};
	int r = store_query(store,
		"SELECT id, firmware, capacity_bytes, host, name FROM drive"
		" WHERE wwn = $1 AND serial = $2 AND model = $3",
		values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r <= 0)
		return r;
	ret->found = true;
	ret->id = store_integer(rows, 0);
	ret->moved = strcmp(store_text(rows, 1), identity->firmware) != 0 ||
		     (uint64_t)store_integer(rows, 2) != identity->capacity_bytes ||
		     strcmp(store_text(rows, 3), seen->host) != 0 ||
		     strcmp(store_text(rows, 4), identity->name) != 0;
	return 0;
}

static int insert_key(struct store *store, const struct drive_identity *identity,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int64_t id = 0;
	int r = drive_query_integer(
		store, "SELECT coalesce(max(id), 0) + 1 FROM drive", NULL, 0, 1, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
		STORE_STRING(identity->model),
		STORE_INT(now_utc_ms),
	};
	r = store_execute(store,
		"INSERT INTO drive (id, wwn, serial, model, vendor, firmware, transport, media, "
		"zoned,"
		" is_virtual, capacity_bytes, logical_sector_bytes, physical_sector_bytes, "
		"read_only,"
		" name, devnum, disk_sequence, backing, native_source, native_bytes,"
		" native_sector_bytes, host, first_seen_utc_ms, last_seen_utc_ms, present, "
		"last_error)"
		" VALUES ($1, $2, $3, $4, '', '', '', '', '', 0, 0, 0, 0, 0, '', 0, 0, '', '', 0, "
		"0,"
		" '', $5, $5, 1, '')",
		values, ARRAY_SIZE(values), NULL, error);
	if (r < 0)
		return r;
	*ret_id = id;
	return 0;
}

static int update(
	struct store *store, int64_t id, const struct drive_seen *seen, struct error *error)
{
	const struct drive_identity *identity = seen->identity;
	const struct native_capacity *native = seen->native;
	const struct store_value values[] = {
		STORE_STRING(identity->vendor),
		STORE_STRING(identity->firmware),
		STORE_STRING(transport_name(identity->transport)),
		STORE_STRING(media_name(identity->media)),
		STORE_STRING(zoned_name(identity->zoned)),
		STORE_INT(identity->is_virtual ? 1 : 0),
		STORE_INT(identity->capacity_bytes),
		STORE_INT(identity->logical_sector_bytes),
		STORE_INT(identity->physical_sector_bytes),
		STORE_INT(identity->read_only ? 1 : 0),
		STORE_STRING(identity->name),
		STORE_INT(identity->devnum),
		STORE_INT(identity->disk_sequence),
		STORE_STRING(identity->backing),
		STORE_STRING(native_source_name(native->source)),
		STORE_INT(native->native_bytes),
		STORE_INT(native->sector_bytes),
		STORE_STRING(seen->host),
		STORE_INT(seen->utc_ms),
		STORE_STRING(seen->probe_error ? seen->probe_error : ""),
		STORE_INT(id),
		STORE_INT(identity->oddities),
		STORE_STRING(twin_kind_name(seen->twin)),
		STORE_STRING(seen->twin_path ? seen->twin_path : ""),
	};
	return store_execute(store,
		"UPDATE drive SET vendor = $1, firmware = $2, transport = $3, media = $4, zoned = "
		"$5,"
		" is_virtual = $6, capacity_bytes = $7, logical_sector_bytes = $8,"
		" physical_sector_bytes = $9, read_only = $10, name = $11, devnum = $12,"
		" disk_sequence = $13, backing = $14, native_source = $15, native_bytes = $16,"
		" native_sector_bytes = $17, host = $18, last_seen_utc_ms = $19, present = 1,"
		" last_error = $20, oddities = $22, twin_kind = $23, twin_path = $24"
		" WHERE id = $21",
		values, ARRAY_SIZE(values), NULL, error);
}

static int add_sighting(
	struct store *store, int64_t id, const struct drive_seen *seen, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_INT(seen->utc_ms),
		STORE_STRING(seen->host),
		STORE_STRING(seen->identity->name),
		STORE_STRING(seen->identity->firmware),
		STORE_INT(seen->identity->capacity_bytes),
	};
	return store_execute(store,
		"INSERT INTO sighting (drive_id, number, utc_ms, host, name, firmware, "
		"capacity_bytes)"
		" VALUES ($1, (SELECT coalesce(max(s.number), 0) + 1 FROM sighting s"
		" WHERE s.drive_id = $1), $2, $3, $4, $5, $6)",
		values, ARRAY_SIZE(values), NULL, error);
}

static int append_contents_seen(struct store *store, int64_t id, const char *key, const char *value,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (json_put_string(detail, key, value) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_DRIVE, id };
	const struct event event = { "contents-seen", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* A drive that a job was begun on was empty when it was last read, and carries something again: what
 * proved it sanitized does so no longer, also when this is taken off again. */
static int note_contents(
	struct store *store, int64_t id, const struct drive_seen *seen, struct error *error)
{
	int64_t was_empty = 0;
	const struct store_value values[] = { STORE_INT(id) };
	if (!seen->signatures || (seen->signatures->count == 0 && !seen->signatures->truncated))
		return 0;
	int r = drive_query_integer(store,
		"SELECT 1 FROM drive d WHERE d.id = $1 AND d.probed_utc_ms > 0"
		" AND d.layers_truncated = 0 AND NOT EXISTS (SELECT 1 FROM layer l"
		" WHERE l.carrier_kind = 'drive' AND l.carrier_id = d.id) AND EXISTS (SELECT 1"
		" FROM event e WHERE e.target_kind = 'drive' AND e.target_id = d.id"
		" AND e.action = 'wipe-began')",
		values, ARRAY_SIZE(values), 0, &was_empty, error);
	if (r < 0 || was_empty == 0)
		return r;
	return append_contents_seen(store, id, "host", seen->host, seen->utc_ms, error);
}

static int note_difference(struct store *store, const struct drive_identity *identity,
	const char *by, int64_t now_utc_ms, struct error *error)
{
	int64_t id = 0;
	int r = drives_id_of(store, identity, &id, error);
	if (r < 0 || id == 0)
		return r;
	r = append_contents_seen(store, id, "by", by, now_utc_ms, error);
	return r < 0 ? r : 1;
}

int drives_note_difference(struct store *store, const struct drive_identity *identity,
	const char *by, int64_t now_utc_ms, struct error *error)
{
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, note_difference(store, identity, by, now_utc_ms, error), error);
}

static int record(
	struct store *store, const struct drive_seen *seen, int64_t *ret_id, struct error *error)
{
	struct known_drive known = { 0 };
	int r = find_known(store, seen, &known, error);
	if (r == 0 && !known.found)
		r = insert_key(store, seen->identity, seen->utc_ms, &known.id, error);
	if (r == 0)
		r = update(store, known.id, seen, error);
	if (r == 0 && (!known.found || known.moved))
		r = add_sighting(store, known.id, seen, error);
	if (r == 0 && known.found)
		r = note_contents(store, known.id, seen, error);
	if (r == 0 && seen->signatures)
		r = drive_layers_replace(store, known.id, seen->signatures, seen->utc_ms, error);
	if (r == 0)
		*ret_id = known.id;
	return r;
}

int drives_record(
	struct store *store, const struct drive_seen *seen, int64_t *ret_id, struct error *error)
{
	const struct drive_identity *identity = seen->identity;
	if (identity->serial[0] == '\0' && identity->wwn[0] == '\0')
		return error_set(error, ERROR_UNSUPPORTED, EINVAL, "identity-missing",
			_("/dev/%s has neither serial nor WWN and cannot be told from another"),
			identity->name);
	int64_t id = 0;
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(store, record(store, seen, &id, error), error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

int drives_mark_absent(
	struct store *store, const char *host, int64_t scan_start_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(host),
		STORE_INT(scan_start_utc_ms),
	};
	return store_execute(store,
		"UPDATE drive SET present = 0 WHERE host = $1 AND last_seen_utc_ms < $2", values,
		ARRAY_SIZE(values), NULL, error);
}
