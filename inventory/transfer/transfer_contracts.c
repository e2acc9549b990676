/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contracts as rows. */
#include "base/text.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/tenants.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <string.h>

enum { NUMBER, TENANT, START_DAY, END_DAY, GRACE_DAYS, SERVICE_CODES, NOTE, COLUMNS };

static const struct transfer_column columns[COLUMNS] = {
	[NUMBER] = { "number", TRANSFER_TEXT, true },
	[TENANT] = { "tenant", TRANSFER_TEXT, false },
	[START_DAY] = { "start_day", TRANSFER_DAY, false },
	[END_DAY] = { "end_day", TRANSFER_DAY, false },
	[GRACE_DAYS] = { "grace_days", TRANSFER_INTEGER, false },
	[SERVICE_CODES] = { "service_codes", TRANSFER_CODES, false },
	[NOTE] = { "note", TRANSFER_TEXT, false },
};
static const char *const telling[] = { "number", NULL };

static int fill(
	const struct contract_record *record, struct transfer_fields *ret, struct error *error)
{
	int r = transfer_put(ret, NUMBER, record->number, error);
	if (r == 0)
		r = transfer_put(ret, TENANT, record->tenant, error);
	if (r == 0)
		r = transfer_put(ret, START_DAY, record->start_day, error);
	if (r == 0)
		r = transfer_put(ret, END_DAY, record->end_day, error);
	if (r == 0)
		r = transfer_put_integer(ret, GRACE_DAYS, record->grace_days, error);
	if (r == 0)
		r = transfer_put(ret, SERVICE_CODES, record->service_codes, error);
	return r < 0 ? r : transfer_put(ret, NOTE, record->note, error);
}

static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	AUTO_CONTRACTS struct contract_list list = { 0 };
	int r = contracts_find(store, row->texts[NUMBER], &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (strcmp(list.items[i].number, row->texts[NUMBER]) != 0)
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
	const struct transfer_kind *kind = &transfer_contracts;
	struct contract_record record = { .id = write->id,
		.service_codes = fields->texts[SERVICE_CODES],
		.note = fields->texts[NOTE] };
	record.grace_days = fields->texts[GRACE_DAYS][0] ? transfer_integer(fields, GRACE_DAYS)
							 : CONTRACT_GRACE_DEFAULT;
	int r = transfer_copy(kind, fields, NUMBER, record.number, sizeof(record.number), error);
	if (r == 0)
		r = transfer_copy(
			kind, fields, START_DAY, record.start_day, sizeof(record.start_day), error);
	if (r == 0)
		r = transfer_copy(
			kind, fields, END_DAY, record.end_day, sizeof(record.end_day), error);
	if (r == 0)
		r = tenants_by_code(store, fields->texts[TENANT], &record.tenant_id, error);
	if (r < 0)
		return r;
	if (record.tenant_id == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "tenant-unknown",
			_("There is no tenant with the code \"%s\""), fields->texts[TENANT]);
		return error_next(error, _("See: haiki inventory list tenants"));
	}
	return contracts_write(store, &record, write->names, write->now_utc_ms, NULL, error);
}

static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	AUTO_CONTRACTS struct contract_list list = { 0 };
	int r = contracts_list(store, 0, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		r = fill(&list.items[i], &fields, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_contracts = {
	.name = "contracts",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.load = load,
	.enter = enter_row,
	.each = each,
};
