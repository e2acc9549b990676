/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backup generations as rows. */
#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/generations.h"
#include "inventory/tenants/tenants.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <string.h>

enum { KEY, PLACE, TENANT, VOLUME, VM_UUID, CREATED, EXPIRES, SIZE, GONE, COLUMNS };

static const struct transfer_column columns[COLUMNS] = {
	[KEY] = { "key", TRANSFER_TEXT, true },
	[PLACE] = { "place", TRANSFER_TEXT, false },
	[TENANT] = { "tenant", TRANSFER_TEXT, false },
	[VOLUME] = { "volume", TRANSFER_TEXT, false },
	[VM_UUID] = { "vm_uuid", TRANSFER_TEXT, false },
	[CREATED] = { "created_utc", TRANSFER_TIME, false },
	[EXPIRES] = { "expires_utc", TRANSFER_TIME, false },
	[SIZE] = { "size_bytes", TRANSFER_INTEGER, false },
	[GONE] = { "gone_utc", TRANSFER_TIME, false },
};
static const char *const telling[] = { "key place", NULL };

static int fill(
	const struct generation_record *record, struct transfer_fields *ret, struct error *error)
{
	int r = transfer_put(ret, KEY, record->key, error);
	if (r == 0)
		r = transfer_put(ret, PLACE, record->place, error);
	if (r == 0)
		r = transfer_put(ret, TENANT, record->tenant, error);
	if (r == 0)
		r = transfer_put(ret, VOLUME, record->volume, error);
	if (r == 0)
		r = transfer_put(ret, VM_UUID, record->vm_uuid, error);
	if (r == 0)
		r = transfer_put_time(ret, CREATED, record->created_utc_ms, error);
	if (r == 0)
		r = transfer_put_time(ret, EXPIRES, record->expires_utc_ms, error);
	if (r == 0)
		r = transfer_put_integer(ret, SIZE, (int64_t)record->size_bytes, error);
	return r < 0 ? r : transfer_put_time(ret, GONE, record->gone_utc_ms, error);
}

static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	struct generation_record record;
	int r = generations_by_key(store, row->texts[KEY], &record, error);
	if (r <= 0)
		return r;
	*ret_id = record.id;
	r = fill(&record, ret, error);
	return r < 0 ? r : 1;
}

/* What the row names must be there. */
static int find_subjects(struct store *store, const struct transfer_fields *fields,
	struct generation_record *record, struct error *error)
{
	const char *tenant = fields->texts[TENANT], *volume = fields->texts[VOLUME];
	int r = *tenant ? tenants_by_code(store, tenant, &record->tenant_id, error) : 0;
	if (r < 0)
		return r;
	if (*tenant && record->tenant_id == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "tenant-unknown",
			_("There is no tenant with the code \"%s\""), tenant);
		return error_next(error, _("See: haiki inventory list tenants"));
	}
	const struct store_value values[] = { STORE_STRING(volume) };
	if (*volume)
		r = drive_query_integer(store, "SELECT id FROM volume WHERE key = $1", values, 1, 0,
			&record->volume_id, error);
	if (r == 0 && *volume && record->volume_id == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "volume-unknown",
			_("There is no volume with the key \"%s\""), volume);
		return error_next(error, _("See: haiki inventory list volumes"));
	}
	return r;
}

static int enter_row(struct store *store, const struct transfer_write *write, struct error *error)
{
	const struct transfer_fields *fields = write->fields;
	const struct transfer_kind *kind = &transfer_generations;
	struct generation_record record = { .id = write->id,
		.created_utc_ms = transfer_time(fields, CREATED),
		.expires_utc_ms = transfer_time(fields, EXPIRES),
		.size_bytes = (uint64_t)transfer_integer(fields, SIZE),
		.gone_utc_ms = transfer_time(fields, GONE) };
	int r = transfer_copy(kind, fields, KEY, record.key, sizeof(record.key), error);
	if (r == 0)
		r = transfer_copy(kind, fields, PLACE, record.place, sizeof(record.place), error);
	if (r == 0)
		r = transfer_copy(
			kind, fields, VM_UUID, record.vm_uuid, sizeof(record.vm_uuid), error);
	if (r == 0 && record.created_utc_ms == 0)
		r = error_set(error, ERROR_USAGE, EINVAL, "generation-malformed",
			_("The generation \"%.60s\" cannot be entered: %s"), record.key,
			_("it does not say when it was made (created_utc)"));
	if (r == 0)
		r = find_subjects(store, fields, &record, error);
	return r < 0 ? r
		     : generations_write(
			       store, &record, write->names, write->now_utc_ms, NULL, error);
}

static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	AUTO_GENERATIONS struct generation_list list = { 0 };
	int r = generations_list(store, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		r = fill(&list.items[i], &fields, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_generations = {
	.name = "generations",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.load = load,
	.enter = enter_row,
	.each = each,
};
