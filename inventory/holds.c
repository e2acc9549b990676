/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Legal holds. Placing one is a row of its own; whether one stands is asked by who the drive is. */
#include "inventory/drive_rows.h"

#include "base/text.h"
#include "inventory/events.h"

#include <errno.h>

static int read_hold(const struct store_rows *rows, struct hold *ret, struct error *error)
{
	struct hold hold = {
		.id = store_integer(rows, 0),
		.placed_utc_ms = store_integer(rows, 3),
	};
	int r = store_copy_text(rows, 1, hold.authority, sizeof(hold.authority), error);
	if (r == 0)
		r = store_copy_text(rows, 2, hold.reason, sizeof(hold.reason), error);
	if (r < 0)
		return r;
	*ret = hold;
	return 1;
}

int drives_hold(struct store *store, const struct drive_identity *identity, struct hold *ret,
	struct error *error)
{
	if (identity->serial[0] == '\0' && identity->wwn[0] == '\0')
		return error_set(error, ERROR_REFUSED, EINVAL, "identity-missing",
			_("/dev/%s has neither serial nor WWN: whether a legal hold covers it "
			  "cannot be "
			  "told"),
			identity->name);
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
	};
	int r = store_query(store,
		"SELECT h.id, h.authority, h.reason, h.placed_utc_ms"
		" FROM hold h JOIN drive d ON h.target_kind = 'drive' AND h.target_id = d.id"
		" WHERE h.lifted_utc_ms IS NULL"
		" AND ((d.wwn <> '' AND d.wwn = $1) OR (d.serial <> '' AND d.serial = $2))"
		" ORDER BY h.placed_utc_ms, h.id LIMIT 1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	return r > 0 ? read_hold(rows, ret, error) : r;
}

static int place(struct store *store, int64_t drive_id, const char *authority, const char *reason,
	int64_t now_utc_ms, struct error *error)
{
	int r = drive_check_known(store, drive_id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(drive_id),
		STORE_STRING(authority),
		STORE_STRING(reason),
		STORE_INT(now_utc_ms),
	};
	r = store_execute(store,
		"INSERT INTO hold (id, target_kind, target_id, authority, reason, placed_utc_ms,"
		" lifted_utc_ms) VALUES ((SELECT coalesce(max(o.id), 0) + 1 FROM hold o), 'drive',"
		" $1, $2, $3, $4, NULL)",
		values, ARRAY_SIZE(values), NULL, error);
	if (r < 0)
		return r;
	AUTO_JSON json_t *detail = json_object();
	if (json_put_string(detail, "authority", authority) < 0 ||
		json_put_string(detail, "reason", reason) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "label-malformed",
			_("The authority or the reason is no valid text (UTF-8)"));
	const struct subject subject = { SUBJECT_DRIVE, drive_id };
	const struct event event = { "hold-placed", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

int drives_place_hold(struct store *store, int64_t drive_id, const char *authority,
	const char *reason, int64_t now_utc_ms, struct error *error)
{
	int r = drive_check_label(authority, sizeof(((struct hold *)NULL)->authority), error);
	if (r == 0)
		r = drive_check_label(reason, sizeof(((struct hold *)NULL)->reason), error);
	if (r == 0)
		r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(
		store, place(store, drive_id, authority, reason, now_utc_ms, error), error);
}
