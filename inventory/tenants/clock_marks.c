/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When somebody last acted on expired contracts: one row of meta, one document. */
#include "inventory/tenants/approvals.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MARK_NAME "deletion_clock"

static int parse(const char *text, struct clock_mark *ret)
{
	AUTO_JSON json_t *mark = NULL;
	const char *boot_id = NULL;
	struct clock_mark read = { 0 };
	int r = json_parse_canonical(text, strlen(text), MARK_NAME, &mark, NULL);
	if (r == 0)
		r = json_get_string(
			mark, MARK_NAME, "boot_id", sizeof(read.boot_id) - 1, &boot_id, NULL);
	if (r == 0)
		r = json_get_integer(
			mark, MARK_NAME, "boottime_ms", 0, INT64_MAX, &read.boottime_ms, NULL);
	if (r == 0)
		r = json_get_integer(mark, MARK_NAME, "utc_ms", 1, INT64_MAX, &read.utc_ms, NULL);
	if (r < 0)
		return r;
	(void)snprintf(read.boot_id, sizeof(read.boot_id), "%s", boot_id);
	*ret = read;
	return 0;
}

int clock_mark_read(struct store *store, struct clock_mark *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, "SELECT value FROM meta WHERE name = '" MARK_NAME "'", NULL, 0,
		&rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0) {
		*ret = (struct clock_mark){ 0 };
		return 0;
	}
	r = parse(store_text(rows, 0), ret);
	if (r == -ENOMEM)
		return error_no_memory(error);
	return r < 0 ? store_error_corrupt(store, MARK_NAME, error) : 0;
}

int clock_mark_write(struct store *store, const struct clock_mark *mark, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4 * KIB);
	AUTO_JSON json_t *json = json_object();
	if (mark->utc_ms < 1 || mark->boottime_ms < 0)
		return error_set(error, ERROR_FAILED, EINVAL, "clock-mark-malformed",
			_("The clock's time cannot be recorded: it is before 1970"));
	if (!json || json_put_string(json, "boot_id", mark->boot_id) < 0 ||
		json_put_integer(json, "boottime_ms", mark->boottime_ms) < 0 ||
		json_put_integer(json, "utc_ms", mark->utc_ms) < 0 ||
		json_write_canonical(json, &text) < 0)
		return error_no_memory(error);
	const struct store_value values[] = { STORE_STRING(buffer_text(&text)) };
	return store_execute(store,
		"INSERT INTO meta (name, value) VALUES ('" MARK_NAME "', $1)"
		" ON CONFLICT (name) DO UPDATE SET value = $1",
		values, 1, NULL, error);
}

int clock_newest_record(struct store *store, int64_t *ret_utc_ms, struct error *error)
{
	return drive_query_integer(store,
		"SELECT max(utc_ms) FROM (SELECT coalesce(max(utc_ms), 0) AS utc_ms FROM event"
		" UNION ALL SELECT coalesce(max(issued_utc_ms), 0) FROM certificate"
		" UNION ALL SELECT coalesce(max(issued_utc_ms), 0) FROM tenant_certificate"
		" UNION ALL SELECT coalesce(max(utc_ms), 0) FROM deletion_fact) newest",
		NULL, 0, 0, ret_utc_ms, error);
}
