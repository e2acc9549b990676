/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tenants as rows. */
#include "inventory/tenants/links.h"
#include "inventory/tenants/tenants.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <string.h>

enum { CODE, NAME, ZONE, SERVICE_CODES, CONTACTS, NOTE, COLUMNS };

static const struct transfer_column columns[COLUMNS] = {
	[CODE] = { "code", TRANSFER_TEXT, true },
	[NAME] = { "name", TRANSFER_TEXT, false },
	[ZONE] = { "zone", TRANSFER_TEXT, false },
	[SERVICE_CODES] = { "service_codes", TRANSFER_CODES, false },
	[CONTACTS] = { "contacts", TRANSFER_CONTACTS, false },
	[NOTE] = { "note", TRANSFER_TEXT, false },
};
static const char *const telling[] = { "code", NULL };

static int fill(
	const struct tenant_record *record, struct transfer_fields *ret, struct error *error)
{
	const char *const texts[COLUMNS] = {
		[CODE] = record->code,
		[NAME] = record->name,
		[ZONE] = record->zone,
		[SERVICE_CODES] = record->service_codes,
		[CONTACTS] = record->contacts,
		[NOTE] = record->note,
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < COLUMNS; i++)
		r = transfer_put(ret, i, texts[i], error);
	return r;
}

static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	AUTO_TENANTS struct tenant_list list = { 0 };
	/* Found by its code alone: an ID or a service code that looks the same is another's. */
	int r = tenants_find(store, row->texts[CODE], &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (strcmp(list.items[i].code, row->texts[CODE]) != 0)
			continue;
		*ret_id = list.items[i].id;
		r = fill(&list.items[i], ret, error);
		return r < 0 ? r : 1;
	}
	return r;
}

static int enter_row(struct store *store, const struct transfer_write *write, struct error *error)
{
	const struct transfer_fields *fields = write->fields;
	struct tenant_record record = { .id = write->id,
		.contacts = fields->texts[CONTACTS][0] ? fields->texts[CONTACTS] : (char[]){ "[]" },
		.service_codes = fields->texts[SERVICE_CODES],
		.note = fields->texts[NOTE] };
	int r = transfer_copy(
		&transfer_tenants, fields, CODE, record.code, sizeof(record.code), error);
	if (r == 0)
		r = transfer_copy(
			&transfer_tenants, fields, NAME, record.name, sizeof(record.name), error);
	if (r == 0)
		r = transfer_copy(
			&transfer_tenants, fields, ZONE, record.zone, sizeof(record.zone), error);
	return r < 0 ? r
		     : tenants_write(store, &record, write->names, write->now_utc_ms, NULL, error);
}

/* A new code can settle what named it before; a service code taken away unsettles what names it. */
static int finish(struct store *store, const struct transfer_effects *effects, int64_t now_utc_ms,
	struct error *error)
{
	if (effects->changed & (1U << SERVICE_CODES))
		return links_update_all(store, LINKS_TAGGED, now_utc_ms, error);
	return effects->added ? links_update_all(store, LINKS_UNSETTLED, now_utc_ms, error) : 0;
}

static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	AUTO_TENANTS struct tenant_list list = { 0 };
	int r = tenants_list(store, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		r = fill(&list.items[i], &fields, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_tenants = {
	.name = "tenants",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.load = load,
	.enter = enter_row,
	.finish = finish,
	.each = each,
};
