/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading legal holds: all of them, one, or those that cover a drive by who it is and by what stands
 * on it. */
#include "inventory/custody/holds.h"

#include "base/text.h"
#include "inventory/assets/above.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HOLD_COLUMNS                                                                               \
	"h.id, h.target_kind, h.target_id, h.authority, h.reason, h.placed_utc_ms, h.placed_by,"   \
	" h.confirmed_utc_ms, h.confirmed_by, h.lift_asked_utc_ms, h.lift_asked_by, "              \
	"h.lift_reason,"                                                                           \
	" h.lifted_utc_ms, h.lifted_by, " SUBJECT_LABEL_SQL("h.target_kind", "h.target_id")

enum hold_state hold_state(const struct hold *hold)
{
	if (hold->lifted_utc_ms != 0)
		return HOLD_LIFTED;
	if (hold->lift_asked_utc_ms != 0)
		return HOLD_LIFT_ASKED;
	return hold->confirmed_utc_ms != 0 ? HOLD_CONFIRMED : HOLD_UNCONFIRMED;
}

const char *hold_state_name(enum hold_state state)
{
	switch (state) {
	case HOLD_UNCONFIRMED:
		return "unconfirmed";
	case HOLD_CONFIRMED:
		return "confirmed";
	case HOLD_LIFT_ASKED:
		return "lift-asked";
	case HOLD_LIFTED:
		return "lifted";
	}
	return "unconfirmed";
}

void hold_list_free(struct hold_list *list)
{
	free(list->items);
	*list = (struct hold_list){ 0 };
}

static int read_hold(const struct store_rows *rows, struct hold *ret, struct error *error)
{
	struct hold hold = {
		.id = store_integer(rows, 0),
		.target = { subject_kind_parse(store_text(rows, 1)), store_integer(rows, 2) },
		.placed_utc_ms = store_integer(rows, 5),
		.confirmed_utc_ms = store_integer(rows, 7),
		.lift_asked_utc_ms = store_integer(rows, 9),
		.lifted_utc_ms = store_integer(rows, 12),
	};
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 3, hold.authority, sizeof(hold.authority) },
		{ 4, hold.reason, sizeof(hold.reason) },
		{ 6, hold.placed_by, sizeof(hold.placed_by) },
		{ 8, hold.confirmed_by, sizeof(hold.confirmed_by) },
		{ 10, hold.lift_asked_by, sizeof(hold.lift_asked_by) },
		{ 11, hold.lift_reason, sizeof(hold.lift_reason) },
		{ 13, hold.lifted_by, sizeof(hold.lifted_by) },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
		if (r < 0)
			return r;
	}
	subjects_format_label(&hold.target, store_text(rows, 14), hold.target_label);
	*ret = hold;
	return 0;
}

static int add_place(struct hold_list *list, struct error *error)
{
	struct hold *items = reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!items)
		return error_no_memory(error);
	list->items = items;
	list->items[list->count++] = (struct hold){ 0 };
	return 0;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct hold_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_HOLDS struct hold_list list = { 0 };
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add_place(&list, error);
		if (r == 0)
			r = read_hold(rows, &list.items[list.count - 1], error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct hold_list){ 0 };
	return 0;
}

int holds_list(struct store *store, bool with_lifted, struct hold_list *ret, struct error *error)
{
	return read_list(store,
		with_lifted ? "SELECT " HOLD_COLUMNS " FROM hold h ORDER BY h.id"
			    : "SELECT " HOLD_COLUMNS
			      " FROM hold h WHERE h.lifted_utc_ms IS NULL ORDER BY h.id",
		NULL, 0, ret, error);
}

int holds_get(struct store *store, int64_t id, struct hold *ret, struct error *error)
{
	AUTO_HOLDS struct hold_list list = { 0 };
	const struct store_value values[] = { STORE_INT(id) };
	int r = read_list(store, "SELECT " HOLD_COLUMNS " FROM hold h WHERE h.id = $1", values, 1,
		&list, error);
	if (r < 0)
		return r;
	if (list.count == 0) {
		r = error_set(error, ERROR_USAGE, ENOENT, "hold-unknown",
			_("There is no hold H%" PRId64 " in the store %s"), id, store_path(store));
		error_next(error, _("\"haiki inventory list holds\" shows the holds it knows."));
		return r;
	}
	*ret = list.items[0];
	return 0;
}

/* A hold on something else than a drive covers a drive by what is known to stand on it; of one that no
 * scan has ever looked at, nothing is known. */
static int check_scanned(
	struct store *store, const struct drive_identity *identity, struct error *error)
{
	int64_t blind = 0;
	const struct store_value values[] = {
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
	};
	int r = drive_query_integer(store,
		"SELECT 1 FROM hold h WHERE h.lifted_utc_ms IS NULL AND h.target_kind <> 'drive'"
		" AND NOT EXISTS (SELECT 1 FROM drive d WHERE (d.wwn <> '' AND d.wwn = $1)"
		" OR (d.serial <> '' AND d.serial = $2)) LIMIT 1",
		values, ARRAY_SIZE(values), 0, &blind, error);
	if (r < 0 || blind == 0)
		return r;
	char label[IDENTITY_LABEL_MAX];
	identity_label(identity, label);
	r = error_set(error, ERROR_REFUSED, EPERM, "hold-unscanned",
		_("legal holds stand, and %s was never scanned: before \"haiki inventory scan\" "
		  "nobody can tell whether one covers what is on it"),
		label);
	error_next(error, _("Run \"haiki inventory scan\" first."));
	return r;
}

static int append_holds(struct hold_list *list, struct hold_list *more, struct error *error)
{
	for (size_t i = 0; i < more->count; i++) {
		bool known = false;
		for (size_t j = 0; j < list->count; j++)
			known = known || list->items[j].id == more->items[i].id;
		int r = known ? 0 : add_place(list, error);
		if (r < 0)
			return r;
		if (!known)
			list->items[list->count - 1] = more->items[i];
	}
	return 0;
}

/* Holds on a tenant whose a volume above the drive may be. */
static int add_disputed(struct store *store, const struct drive_identity *identity,
	struct hold_list *list, struct error *error)
{
	CLEANUP(above_tenants_free) struct above_tenants tenants = { 0 };
	int r = above_disputed(store, identity->wwn, identity->serial, &tenants, error);
	for (size_t i = 0; r == 0 && i < tenants.count; i++) {
		AUTO_HOLDS struct hold_list more = { 0 };
		const struct store_value values[] = { STORE_INT(tenants.ids[i]) };
		r = read_list(store,
			"SELECT " HOLD_COLUMNS " FROM hold h WHERE h.target_kind = 'tenant'"
			" AND h.target_id = $1 AND h.lifted_utc_ms IS NULL ORDER BY h.id",
			values, 1, &more, error);
		if (r == 0)
			r = append_holds(list, &more, error);
	}
	return r;
}

static int read_covering(struct store *store, const struct drive_identity *identity,
	struct hold_list *list, struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
	};
	int r = check_scanned(store, identity, error);
	if (r == 0)
		r = read_list(store,
			SQL_ABOVE "SELECT " HOLD_COLUMNS " FROM covers c JOIN hold h"
				  " ON h.target_kind = c.kind AND h.target_id = c.id"
				  " WHERE h.lifted_utc_ms IS NULL ORDER BY h.placed_utc_ms, h.id",
			values, ARRAY_SIZE(values), list, error);
	return r < 0 ? r : add_disputed(store, identity, list, error);
}

int drives_holds(struct store *store, const struct drive_identity *identity, struct hold_list *ret,
	struct error *error)
{
	if (identity->serial[0] == '\0' && identity->wwn[0] == '\0')
		return error_set(error, ERROR_REFUSED, EINVAL, "identity-missing",
			_("/dev/%s has neither serial nor WWN: whether a legal hold covers it "
			  "cannot be "
			  "told"),
			identity->name);
	/* Nearly always no hold stands at all; then nobody needs to climb. */
	AUTO_HOLDS struct hold_list list = { 0 };
	int64_t standing = 0;
	int r = drive_query_integer(store, "SELECT 1 FROM hold WHERE lifted_utc_ms IS NULL LIMIT 1",
		NULL, 0, 0, &standing, error);
	if (r == 0 && standing != 0)
		r = read_covering(store, identity, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct hold_list){ 0 };
	return 0;
}

int drives_hold(struct store *store, const struct drive_identity *identity, struct hold *ret,
	struct error *error)
{
	AUTO_HOLDS struct hold_list list = { 0 };
	int r = drives_holds(store, identity, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	*ret = list.items[0];
	return 1;
}
