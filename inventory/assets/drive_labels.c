/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setting what people say of a drive. */
#include "inventory/assets/drive_labels.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ASSET_NUMBER, ZONE, TENANT, SERVICE_CODE, SITE, RACK, SLOT, FACTS };
#define FIRST_OF_PLACE SITE

static const char *const names[FACTS] = { "asset_number", "zone", "tenant", "service_code", "site",
	"rack", "slot" };

/* What is there, and what shall be; of each fact NULL when it stays. */
struct change {
	int64_t id;
	char before[FACTS][64];
	const char *after[FACTS];
	const char *reason;
	int64_t utc_ms;
};

static int read_before(struct store *store, struct change *change, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(change->id) };
	int r = drive_check_known(store, change->id, error);
	if (r == 0)
		r = store_query(store,
			"SELECT asset_number, zone, tenant, service_code, site, rack, slot"
			" FROM drive WHERE id = $1",
			values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < FACTS; i++) {
		r = store_copy_text(rows, i, change->before[i], sizeof(change->before[i]), error);
		if (r < 0)
			return r;
		if (change->after[i] && strcmp(change->after[i], change->before[i]) == 0)
			change->after[i] = NULL;
	}
	return 0;
}

static int check_zone(const struct change *change, struct error *error)
{
	if (!change->after[ZONE] || !change->before[ZONE][0] ||
		(change->reason && change->reason[0]))
		return 0;
	int r = error_set(error, ERROR_REFUSED, EPERM, "zone-set",
		_("D%" PRId64 " is in zone \"%s\": a label does not move it to \"%s\""), change->id,
		change->before[ZONE], change->after[ZONE]);
	error_next(error,
		_("Sanitized, it changes by: haiki inventory custody D%" PRId64
		  " reused --to-zone ZONE; a wrong entry is corrected with --reason."),
		change->id);
	return r;
}

/* As it will be. */
static const char *resulting(const struct change *change, unsigned fact)
{
	return change->after[fact] ? change->after[fact] : change->before[fact];
}

static int error_place(const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "place-malformed", "%s", why);
}

/* Nobody else may stand there: a slot that names two drives names none. */
static int check_slot_free(struct store *store, const struct change *change, struct error *error)
{
	int64_t other = 0;
	const struct store_value values[] = {
		STORE_STRING(resulting(change, SITE)),
		STORE_STRING(resulting(change, RACK)),
		STORE_STRING(resulting(change, SLOT)),
		STORE_INT(change->id),
	};
	int r = drive_query_integer(store,
		"SELECT id FROM drive WHERE site = $1 AND rack = $2 AND slot = $3 AND id <> $4"
		" ORDER BY id LIMIT 1",
		values, ARRAY_SIZE(values), 0, &other, error);
	if (r < 0 || other == 0)
		return r;
	r = error_set(error, ERROR_REFUSED, EEXIST, "slot-taken",
		_("D%" PRId64 " is recorded in slot %s/%s already"), other, resulting(change, RACK),
		resulting(change, SLOT));
	error_next(error, _("Say first where that one is: haiki inventory place D%" PRId64), other);
	return r;
}

static int check_place(struct store *store, const struct change *change, struct error *error)
{
	bool is_moved = false;
	for (unsigned i = FIRST_OF_PLACE; i < FACTS; i++) {
		if (!change->after[i])
			continue;
		is_moved = true;
		if (strchr(change->after[i], '/'))
			return error_place(_("Site, rack and slot hold no \"/\""), error);
	}
	if (!is_moved || !resulting(change, SLOT)[0])
		return 0;
	if (!resulting(change, RACK)[0])
		return error_place(_("A slot needs a rack"), error);
	return check_slot_free(store, change, error);
}

static int append_event(struct store *store, const struct change *change, const char *action,
	unsigned first, unsigned end, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	bool any = false;
	for (unsigned i = first; i < end; i++) {
		if (!change->after[i])
			continue;
		any = true;
		if (json_put_string(detail, names[i], change->after[i]) < 0)
			return error_set(error, ERROR_USAGE, EINVAL, "label-malformed",
				_("\"%s\" is no valid text (UTF-8)"), change->after[i]);
	}
	if (!any)
		return 0;
	if (change->reason && change->reason[0] &&
		json_put_string(detail, "reason", change->reason) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "label-malformed",
			_("\"%s\" is no valid text (UTF-8)"), change->reason);
	const struct subject subject = { SUBJECT_DRIVE, change->id };
	const struct event event = { action, detail, change->utc_ms };
	return events_append(store, &subject, &event, error);
}

static int describe(struct store *store, struct change *change, struct error *error)
{
	int r = read_before(store, change, error);
	if (r == 0)
		r = check_zone(change, error);
	if (r == 0)
		r = check_place(store, change, error);
	if (r < 0)
		return r;
	struct store_value values[FACTS + 1] = { 0 };
	for (unsigned i = 0; i < FACTS; i++)
		if (change->after[i])
			values[i] = STORE_STRING(change->after[i]);
	values[FACTS] = STORE_INT(change->id);
	r = append_event(store, change, "labels-set", 0, FIRST_OF_PLACE, error);
	if (r == 0)
		r = append_event(store, change, "placed", FIRST_OF_PLACE, FACTS, error);
	if (r < 0)
		return r;
	return store_execute(store,
		"UPDATE drive SET asset_number = coalesce($1, asset_number),"
		" zone = coalesce($2, zone), tenant = coalesce($3, tenant),"
		" service_code = coalesce($4, service_code), site = coalesce($5, site),"
		" rack = coalesce($6, rack), slot = coalesce($7, slot) WHERE id = $8",
		values, ARRAY_SIZE(values), NULL, error);
}

int drives_describe(struct store *store, int64_t id, const struct drive_facts *facts,
	int64_t now_utc_ms, struct error *error)
{
	struct change change = {
		.id = id,
		.after = { facts->asset_number, facts->zone, facts->tenant, facts->service_code,
			facts->site, facts->rack, facts->slot },
		.reason = facts->reason,
		.utc_ms = now_utc_ms,
	};
	for (unsigned i = 0; i < FACTS; i++) {
		int r = drive_check_label(change.after[i], sizeof(change.before[i]), error);
		if (r < 0)
			return r;
	}
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, describe(store, &change, error), error);
}

int drives_set_labels(struct store *store, int64_t id, const char *asset_number, const char *zone,
	const char *tenant, const char *service_code, int64_t now_utc_ms, struct error *error)
{
	const struct drive_facts facts = { .asset_number = asset_number,
		.zone = zone,
		.tenant = tenant,
		.service_code = service_code };
	return drives_describe(store, id, &facts, now_utc_ms, error);
}
