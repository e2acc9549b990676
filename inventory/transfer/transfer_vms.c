/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs as rows. That one is gone is evidence and comes from no file. */
#include "base/text.h"
#include "inventory/tenants/tenants.h"
#include "inventory/tenants/vms.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { UUID, SERVICE_CODE, TENANT, NAME, PLATFORM, COLUMNS };

static const struct transfer_column columns[COLUMNS] = {
	[UUID] = { "uuid", TRANSFER_TEXT, true },
	[SERVICE_CODE] = { "service_code", TRANSFER_TEXT, false },
	[TENANT] = { "tenant", TRANSFER_TEXT, false },
	[NAME] = { "name", TRANSFER_TEXT, false },
	[PLATFORM] = { "platform", TRANSFER_TEXT, false },
};
static const char *const telling[] = { "uuid service_code", NULL };

static int settle(struct transfer_fields *row, struct error *error)
{
	char uuid[VM_UUID_MAX];
	if (!vm_uuid_parse(row->texts[UUID], uuid))
		return error_set(error, ERROR_USAGE, EINVAL, "vm-malformed",
			_("\"%.60s\" is not the UUID of a VM"), row->texts[UUID]);
	free(row->texts[UUID]);
	row->texts[UUID] = NULL;
	return transfer_put(row, UUID, uuid, error);
}

static int fill(const struct vm_record *record, struct transfer_fields *ret, struct error *error)
{
	const char *const texts[COLUMNS] = {
		[UUID] = record->uuid,
		[SERVICE_CODE] = record->service_code,
		[TENANT] = record->tenant,
		[NAME] = record->name,
		[PLATFORM] = record->platform,
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < COLUMNS; i++)
		r = transfer_put(ret, i, texts[i], error);
	return r;
}

static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	struct vm_record record;
	int r = vms_by_uuid(store, row->texts[UUID], &record, error);
	if (r <= 0)
		return r;
	*ret_id = record.id;
	r = fill(&record, ret, error);
	return r < 0 ? r : 1;
}

/* Whose it is: as the row says; else as it is, or, with another service code, whose that is. */
static int find_tenant(struct store *store, const struct transfer_write *write,
	struct vm_record *record, struct error *error)
{
	const char *tenant = write->fields->texts[TENANT];
	bool is_given = (write->given & (1U << TENANT)) && tenant[0];
	if (!is_given && (write->id == 0 || (write->changed & (1U << SERVICE_CODE)) || !tenant[0]))
		return 0;
	int r = tenants_by_code(store, tenant, &record->tenant_id, error);
	if (r < 0 || record->tenant_id != 0)
		return r;
	error_set(error, ERROR_USAGE, EINVAL, "tenant-unknown",
		_("There is no tenant with the code \"%s\""), tenant);
	return error_next(error, _("See: haiki inventory list tenants"));
}

static int enter_row(struct store *store, const struct transfer_write *write, struct error *error)
{
	const struct transfer_fields *fields = write->fields;
	const struct transfer_kind *kind = &transfer_vms;
	struct vm_record record = { .id = write->id };
	int r = transfer_copy(kind, fields, UUID, record.uuid, sizeof(record.uuid), error);
	if (r == 0)
		r = transfer_copy(kind, fields, SERVICE_CODE, record.service_code,
			sizeof(record.service_code), error);
	if (r == 0)
		r = transfer_copy(kind, fields, NAME, record.name, sizeof(record.name), error);
	if (r == 0)
		r = transfer_copy(
			kind, fields, PLATFORM, record.platform, sizeof(record.platform), error);
	if (r == 0)
		r = find_tenant(store, write, &record, error);
	return r < 0 ? r : vms_write(store, &record, write->names, write->now_utc_ms, NULL, error);
}

static int compare_uuids(const void *a, const void *b)
{
	const struct vm_record *vm_a = a, *vm_b = b;
	return strcmp(vm_a->uuid, vm_b->uuid);
}

static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	AUTO_VMS struct vm_list list = { 0 };
	int r = vms_list(store, 0, &list, error);
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items), compare_uuids);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		r = fill(&list.items[i], &fields, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_vms = {
	.name = "vms",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.settle = settle,
	.load = load,
	.enter = enter_row,
	.each = each,
};
