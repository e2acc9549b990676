/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables, as numbered migrations, in the SQL that SQLite and PostgreSQL share: BIGINT and TEXT
 * with CHECKs, ids made by us (the highest plus one, under the write lock). */
#include "inventory/schema.h"

#include "base/text.h"
#include "inventory/store_backend.h"

#include <errno.h>
#include <inttypes.h>

/* Room for what comes: arrays, members, volumes, tenants, contracts and generations are tables of
 * their own in a later migration and need none of these rewritten.
 *  - What may be carried, held or spoken of is not only a drive: layer, hold and event name it by
 *    kind and id ('drive', D's number; later 'volume', 'array', 'tenant', 'contract'). The kinds have
 *    no CHECK, since a CHECK cannot be widened in place.
 *  - drive.tenant and drive.service_code hold the codes that tenant rows will have as their key.
 *  - A job names its target in its subject document; columns for other targets are added behind.
 * Rows of job, evidence, certificate and event never change; what changes about a job is in
 * journal. Digests let damage show that the database itself does not notice. */
static const char *const statements_1[] = {
	"CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
	"INSERT INTO meta (name, value) VALUES ('format', 'haiki-store')",

	"CREATE TABLE drive ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" wwn TEXT NOT NULL, serial TEXT NOT NULL, model TEXT NOT NULL,"
	" vendor TEXT NOT NULL, firmware TEXT NOT NULL,"
	" transport TEXT NOT NULL, media TEXT NOT NULL, zoned TEXT NOT NULL,"
	" is_virtual BIGINT NOT NULL CHECK (is_virtual IN (0, 1)),"
	" capacity_bytes BIGINT NOT NULL CHECK (capacity_bytes >= 0),"
	" logical_sector_bytes BIGINT NOT NULL, physical_sector_bytes BIGINT NOT NULL,"
	" read_only BIGINT NOT NULL CHECK (read_only IN (0, 1)),"
	" name TEXT NOT NULL, devnum BIGINT NOT NULL, disk_sequence BIGINT NOT NULL,"
	" backing TEXT NOT NULL,"
	" native_source TEXT NOT NULL,"
	" native_bytes BIGINT NOT NULL CHECK (native_bytes >= 0),"
	" native_sector_bytes BIGINT NOT NULL,"
	" asset_number TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL DEFAULT '',"
	" tenant TEXT NOT NULL DEFAULT '', service_code TEXT NOT NULL DEFAULT '',"
	" host TEXT NOT NULL,"
	" first_seen_utc_ms BIGINT NOT NULL, last_seen_utc_ms BIGINT NOT NULL,"
	" present BIGINT NOT NULL CHECK (present IN (0, 1)),"
	" probed_utc_ms BIGINT NOT NULL DEFAULT 0,"
	" layers_truncated BIGINT NOT NULL DEFAULT 0 CHECK (layers_truncated IN (0, 1)),"
	" last_error TEXT NOT NULL,"
	" UNIQUE (wwn, serial, model))",
	"CREATE INDEX drive_by_serial ON drive (serial)",
	"CREATE INDEX drive_by_host ON drive (host)",

	"CREATE TABLE sighting ("
	" drive_id BIGINT NOT NULL REFERENCES drive (id), number BIGINT NOT NULL,"
	" utc_ms BIGINT NOT NULL, host TEXT NOT NULL, name TEXT NOT NULL,"
	" firmware TEXT NOT NULL, capacity_bytes BIGINT NOT NULL,"
	" PRIMARY KEY (drive_id, number))",

	"CREATE TABLE layer ("
	" carrier_kind TEXT NOT NULL, carrier_id BIGINT NOT NULL, number BIGINT NOT NULL,"
	" usage_name TEXT NOT NULL, type TEXT NOT NULL, uuid TEXT NOT NULL, label TEXT NOT NULL,"
	" offset_bytes BIGINT NOT NULL, length_bytes BIGINT NOT NULL,"
	" magic_offset_bytes BIGINT NOT NULL," /* -1: not known */
	" magic_length BIGINT NOT NULL, partition_number BIGINT NOT NULL,"
	" PRIMARY KEY (carrier_kind, carrier_id, number))",

	"CREATE TABLE hold ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" target_kind TEXT NOT NULL, target_id BIGINT NOT NULL,"
	" authority TEXT NOT NULL, reason TEXT NOT NULL,"
	" placed_utc_ms BIGINT NOT NULL,"
	" lifted_utc_ms BIGINT)", /* NULL: it stands */
	"CREATE INDEX hold_by_target ON hold (target_kind, target_id)",

	"CREATE TABLE event ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" utc_ms BIGINT NOT NULL, actor TEXT NOT NULL,"
	" target_kind TEXT NOT NULL, target_id BIGINT NOT NULL,"
	" action TEXT NOT NULL, detail TEXT NOT NULL)",
	"CREATE INDEX event_by_target ON event (target_kind, target_id)",

	"CREATE TABLE job ("
	" id TEXT NOT NULL PRIMARY KEY, created_utc_ms BIGINT NOT NULL,"
	" subject TEXT NOT NULL, reason TEXT NOT NULL, people TEXT NOT NULL, plan TEXT NOT NULL,"
	" digest TEXT NOT NULL)", /* of the id and the four */
	"CREATE INDEX job_by_time ON job (created_utc_ms, id)",

	"CREATE TABLE journal ("
	" job_id TEXT NOT NULL PRIMARY KEY REFERENCES job (id),"
	" owner_boot_id TEXT NOT NULL, owner_pid BIGINT NOT NULL,"
	" owner_start_ticks BIGINT NOT NULL,"
	" step BIGINT NOT NULL CHECK (step >= 0),"
	" durable_bytes BIGINT NOT NULL CHECK (durable_bytes >= 0),"
	" total_bytes BIGINT NOT NULL CHECK (total_bytes >= durable_bytes),"
	" utc_ms BIGINT NOT NULL)",

	"CREATE TABLE evidence ("
	" job_id TEXT NOT NULL REFERENCES job (id), seq BIGINT NOT NULL CHECK (seq > 0),"
	" utc_ms BIGINT NOT NULL, kind TEXT NOT NULL,"
	" event TEXT NOT NULL,"
	" digest TEXT NOT NULL," /* of the digest before it (first: the job's) and the event */
	" PRIMARY KEY (job_id, seq))",

	"CREATE TABLE certificate ("
	" name TEXT NOT NULL PRIMARY KEY, job_id TEXT NOT NULL REFERENCES job (id),"
	" number BIGINT NOT NULL," /* of the job's certificates, from 1 */
	" issued_utc_ms BIGINT NOT NULL,"
	" evidence_count BIGINT NOT NULL CHECK (evidence_count > 0),"
	" outcome TEXT NOT NULL, sha256 TEXT NOT NULL, json TEXT NOT NULL,"
	" p7s_hex TEXT NOT NULL,"
	" UNIQUE (job_id, number))",
	"CREATE INDEX certificate_by_coverage ON certificate (job_id, evidence_count)",
	NULL,
};

static const char *const append_only_1[] = { "job", "evidence", "certificate", "event", NULL };

static const struct migration migrations[] = {
	{ .statements = statements_1, .append_only = append_only_1 },
};
_Static_assert(ARRAY_SIZE(migrations) == STORE_SCHEMA_VERSION, "one migration for each version");

int store_schema_version(struct store *store, int64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store,
		"SELECT CAST(value AS BIGINT) FROM meta WHERE name = 'schema_version'", NULL, 0,
		&rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0 || store_integer(rows, 0) < 1)
		return store_error_corrupt(store, _("the number of its schema"), error);
	*ret = store_integer(rows, 0);
	return 0;
}

/* 0 for an empty store. */
static int current_version(struct store *store, int64_t *ret, struct error *error)
{
	enum store_content content = STORE_CONTENT_UNKNOWN;
	int r = store_inspect(store, &content, error);
	if (r < 0)
		return r;
	switch (content) {
	case STORE_CONTENT_EMPTY:
		*ret = 0;
		return 0;
	case STORE_CONTENT_OURS:
		return store_schema_version(store, ret, error);
	case STORE_CONTENT_FOREIGN:
	case STORE_CONTENT_UNKNOWN:
		break;
	}
	r = error_set(error, ERROR_FAILED, EINVAL, "store-foreign",
		_("%s is the database of another program, no store of haiki"), store_path(store));
	error_next(
		error, _("Correct \"database\" in the configuration. The file was not changed."));
	return r;
}

static int set_version(struct store *store, int64_t version, struct error *error)
{
	const struct store_value values[] = { STORE_INT(version) };
	if (version == 1) {
		int r = store_claim(store, error);
		if (r < 0)
			return r;
		return store_execute(store,
			"INSERT INTO meta (name, value) VALUES ('schema_version', CAST($1 AS "
			"TEXT))",
			values, 1, NULL, error);
	}
	return store_execute(store,
		"UPDATE meta SET value = CAST($1 AS TEXT) WHERE name = 'schema_version'", values, 1,
		NULL, error);
}

static int apply(struct store *store, const struct migration *migration, int64_t version,
	struct error *error)
{
	int r = 0;
	for (const char *const *sql = migration->statements; *sql && r == 0; sql++)
		r = store_execute(store, *sql, NULL, 0, NULL, error);
	for (const char *const *table = migration->append_only; *table && r == 0; table++)
		r = store_make_append_only(store, *table, error);
	return r < 0 ? r : set_version(store, version, error);
}

/* One migration in one transaction. The version is read again inside it: another process may have
 * migrated while this one waited for the lock. Returns 1 when there may be more to do. */
static int migrate_once(
	struct store *store, const struct migration *list, size_t count, struct error *error)
{
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	int64_t version = 0;
	r = current_version(store, &version, error);
	if (r == 0 && version < (int64_t)count) {
		r = apply(store, &list[version], version + 1, error);
		if (r == 0)
			r = 1;
	}
	return store_end(store, r, error);
}

int schema_migrate(
	struct store *store, const struct migration *list, size_t count, struct error *error)
{
	int r = 1;
	while (r > 0)
		r = migrate_once(store, list, count, error);
	return r;
}

static int check_version(
	struct store *store, enum store_mode mode, int64_t version, struct error *error)
{
	if (version > STORE_SCHEMA_VERSION) {
		int r = error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "store-newer",
			_("The store %s was made by a newer haiki (schema %" PRId64
			  ", this program knows %d)"),
			store_path(store), version, STORE_SCHEMA_VERSION);
		error_next(error, _("Install the newer haiki on this host. The store was not "
				    "changed."));
		return r;
	}
	if (mode == STORE_WRITE || version == STORE_SCHEMA_VERSION)
		return 0;
	if (version == 0) {
		int r = error_set(error, ERROR_FAILED, ENOENT, "store-missing",
			_("The store %s holds nothing yet"), store_path(store));
		error_next(error, _("Run \"haiki inventory scan\" first."));
		return r;
	}
	int r = error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "store-older",
		_("The store %s was made by an older haiki (schema %" PRId64
		  ", this program needs %d)"),
		store_path(store), version, STORE_SCHEMA_VERSION);
	error_next(error, _("Run \"haiki inventory scan\" as its owner: it brings the store up to "
			    "date."));
	return r;
}

int schema_prepare(struct store *store, enum store_mode mode, struct error *error)
{
	int64_t version = 0;
	int r = current_version(store, &version, error);
	if (r < 0)
		return r;
	r = check_version(store, mode, version, error);
	if (r < 0 || mode == STORE_READ)
		return r;
	r = store_settle(store, error);
	if (r < 0 || version == STORE_SCHEMA_VERSION)
		return r;
	return schema_migrate(store, migrations, ARRAY_SIZE(migrations), error);
}
