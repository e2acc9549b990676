/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's rows in the store. */
#include "inventory/ledger/ledger_rows.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SALT_BYTES 16

static int too_long(struct error *error)
{
	return error_set(error, ERROR_FAILED, EFBIG, "ledger-record-too-long",
		_("What happened cannot be entered into the ledger: its record would have more "
		  "than %d bytes"),
		(int)LEDGER_RECORD_MAX_BYTES);
}

static int make_salt(char ret[static 2 * SALT_BYTES + 1], struct error *error)
{
	uint8_t salt[SALT_BYTES];
	if (random_bytes(salt, sizeof(salt)) != 0)
		return error_set(error, ERROR_FAILED, EIO, "ledger-random",
			_("What happened cannot be entered into the ledger: the system gives no "
			  "random bytes"));
	hex_encode(salt, sizeof(salt), ret);
	return 0;
}

/* Canonical by its making: the keys stand in their order, and only the body is somebody else's. */
static int make_record(uint64_t index, const char *kind, const json_t *body, int64_t utc_ms,
	struct buffer *ret, struct error *error)
{
	char salt[2 * SALT_BYTES + 1], time[CLOCK_TEXT_SIZE];
	int r = make_salt(salt, error);
	if (r < 0)
		return r;
	clock_format(utc_ms, time);
	r = buffer_append_text(ret, "{\"body\":");
	if (r == 0)
		r = json_write_canonical(body, ret);
	if (r == 0)
		r = buffer_printf(ret,
			",\"format\":\"haiki-record\",\"format_version\":1,\"index\":%" PRIu64
			",\"kind\":\"%s\",\"salt\":\"%s\",\"utc\":\"%s\"}",
			index, kind, salt, time);
	if (r == -EOVERFLOW)
		return too_long(error);
	if (r == -EINVAL)
		return error_set(error, ERROR_FAILED, EINVAL, "ledger-record-malformed",
			_("What happened cannot be entered into the ledger: it is no valid text"));
	return r < 0 ? error_no_memory(error) : 0;
}

/* By name are found the statements on drives and tenants. */
static const char *name_of(const char *kind, const json_t *body)
{
	if (strcmp(kind, "certificate") != 0 && strcmp(kind, "tenant") != 0)
		return "";
	const char *name = json_string_value(json_object_get(body, "name"));
	return name ? name : "";
}

int ledger_size(struct store *store, uint64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, "SELECT coalesce(max(number), -1) + 1 FROM ledger_record", NULL,
		0, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0 || store_integer(rows, 0) < 0)
		return store_error_corrupt(store, _("the number of the ledger's records"), error);
	*ret = (uint64_t)store_integer(rows, 0);
	return 0;
}

static int append(struct store *store, const char *kind, const json_t *body, const char *withheld,
	int64_t now_utc_ms, uint64_t *ret_index, struct error *error)
{
	AUTO_BUFFER struct buffer record = BUFFER_INIT(LEDGER_RECORD_MAX_BYTES);
	char sha256[SHA256_HEX_SIZE];
	uint64_t index = 0;
	int r = ledger_size(store, &index, error);
	if (r == 0)
		r = make_record(index, kind, body, now_utc_ms, &record, error);
	if (r < 0)
		return r;
	if (digest_sha256_hex(record.data, record.length, sha256) != 0)
		return error_no_memory(error);
	const struct store_value values[] = {
		STORE_INT(index),
		STORE_INT(now_utc_ms),
		STORE_STRING(kind),
		STORE_STRING(name_of(kind, body)),
		STORE_STRING(withheld),
		STORE_STRING(sha256),
		STORE_STRING(buffer_text(&record)),
	};
	r = store_execute(store,
		"INSERT INTO ledger_record (number, utc_ms, kind, name, withheld, sha256, record)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0 && ret_index)
		*ret_index = index;
	return r;
}

int ledger_append(struct store *store, const char *kind, const json_t *body, const char *withheld,
	int64_t now_utc_ms, uint64_t *ret_index, struct error *error)
{
	/* Under the write lock also where the caller has none: two records never get one index. */
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = append(store, kind, body, withheld, now_utc_ms, ret_index, error);
	return store_end(store, r, error);
}

/* -- reading -- */

void ledger_row_free(struct ledger_row *row)
{
	free(row->record);
	*row = (struct ledger_row){ 0 };
}

static int damaged(const struct store *store, uint64_t index, struct error *error)
{
	char what[96];
	(void)snprintf(what, sizeof(what), _("record %" PRIu64 " of the ledger"), index);
	return store_error_corrupt(store, what, error);
}

#define ROW_COLUMNS "number, utc_ms, kind, withheld, sha256, record"

static int read_row(struct store *store, const struct store_rows *rows, struct ledger_row *row,
	struct error *error)
{
	char digest[SHA256_HEX_SIZE];
	row->index = (uint64_t)store_integer(rows, 0);
	row->utc_ms = store_integer(rows, 1);
	int r = store_copy_text(rows, 2, row->kind, sizeof(row->kind), error);
	if (r == 0)
		r = store_copy_text(rows, 3, row->withheld, sizeof(row->withheld), error);
	if (r == 0)
		r = store_copy_text(rows, 4, row->sha256, sizeof(row->sha256), error);
	if (r < 0)
		return r;
	row->record = strdup(store_text(rows, 5));
	if (!row->record)
		return error_no_memory(error);
	row->record_length = strlen(row->record);
	if (digest_sha256_hex(row->record, row->record_length, digest) != 0)
		return error_no_memory(error);
	return strcmp(digest, row->sha256) == 0 ? 0 : damaged(store, row->index, error);
}

int ledger_walk(struct store *store, uint64_t first, uint64_t count,
	int (*each)(void *context, const struct ledger_row *row, struct error *error),
	void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	uint64_t room = first <= INT64_MAX ? (uint64_t)INT64_MAX - first : 0;
	uint64_t end = first + (count < room ? count : room), expected = first;
	const struct store_value values[] = { STORE_INT(first), STORE_INT(end) };
	if (first > INT64_MAX)
		return count == LEDGER_ALL ? 0 : damaged(store, first, error);
	int r = store_query(store,
		"SELECT " ROW_COLUMNS " FROM ledger_record WHERE number >= $1 AND number < $2"
		" ORDER BY number",
		values, ARRAY_SIZE(values), &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_LEDGER_ROW struct ledger_row row = { 0 };
		if ((uint64_t)store_integer(rows, 0) != expected)
			return damaged(store, expected, error);
		r = read_row(store, rows, &row, error);
		if (r == 0)
			r = each(context, &row, error);
		expected++;
	}
	if (r < 0)
		return r;
	return count == LEDGER_ALL || expected == end ? 0 : damaged(store, expected, error);
}

int ledger_row_of_certificate(
	struct store *store, const char *name, struct ledger_row *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_LEDGER_ROW struct ledger_row row = { 0 };
	const struct store_value values[] = { STORE_STRING(name) };
	int r = store_query(store,
		"SELECT " ROW_COLUMNS " FROM ledger_record WHERE name = $1 AND name <> ''"
		" ORDER BY number LIMIT 1",
		values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	r = read_row(store, rows, &row, error);
	if (r < 0)
		return r;
	*ret = row;
	row = (struct ledger_row){ 0 };
	return 1;
}
