/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bringing a store up to date: which version it has, and the migrations it still needs. */
#include "inventory/store/schema.h"

#include "base/text.h"
#include "inventory/store/store_backend.h"

#include <errno.h>
#include <inttypes.h>

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
	if (r == 0 && migration->fill)
		r = migration->fill(store, error);
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
	return schema_migrate(store, schema_migrations, STORE_SCHEMA_VERSION, error);
}
