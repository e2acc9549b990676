/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contracts, tenant, links and holds of one VM. */
#include "wipe/tenant/known.h"

#include "inventory/assets/drive_rows.h"

void known_free(struct known *known)
{
	contract_list_free(&known->contracts);
	free(known->due_contracts);
	*known = (struct known){ 0 };
}

static struct due_contract due_contract_of(const struct contract_record *record)
{
	return (struct due_contract){
		.start_day = record->start_day,
		.end_day = record->end_day,
		.grace_days = record->grace_days,
	};
}

int known_contracts(struct store *store, int64_t tenant_id, const char *service_code,
	struct known *ret, struct error *error)
{
	AUTO_KNOWN struct known known = { 0 };
	int r = contracts_of_service(store, tenant_id, service_code, &known.contracts, error);
	if (r < 0)
		return r;
	known.contracts_read = true;
	known.due_contracts = calloc(known.contracts.count + 1, sizeof(*known.due_contracts));
	if (!known.due_contracts)
		return error_no_memory(error);
	known.due_count = known.contracts.count;
	for (size_t i = 0; i < known.due_count; i++)
		known.due_contracts[i] = due_contract_of(&known.contracts.items[i]);
	*ret = known;
	known = (struct known){ 0 };
	return 0;
}

int known_code_tenant(
	struct store *store, const char *service_code, int64_t *ret, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(service_code) };
	return drive_query_integer(store, "SELECT tenant_id FROM service_code WHERE code = $1",
		values, 1, 0, ret, error);
}

/* Not to be able to say that there is no hold is a hold. */
static void read_hold(struct store *store, const struct vm_record *vm, struct known *known)
{
	struct hold hold = { 0 };
	known->hold = vms_hold(store, vm->id, &hold, NULL);
	known->hold_id = known->hold > 0 ? hold.id : 0;
}

int known_read(
	struct store *store, const struct vm_record *vm, struct known *ret, struct error *error)
{
	AUTO_KNOWN struct known known = { 0 };
	int r = known_contracts(store, vm->tenant_id, vm->service_code, &known, error);
	if (r == 0)
		r = known_code_tenant(store, vm->service_code, &known.code_tenant_id, error);
	if (r == 0)
		r = vms_linked_tenant(store, vm->uuid, &known.linked_tenant_id, error);
	if (r < 0)
		return r;
	read_hold(store, vm, &known);
	*ret = known;
	known = (struct known){ 0 };
	return 0;
}

const struct contract_record *known_longest(
	const struct contract_list *contracts, int64_t now_utc_ms)
{
	const struct contract_record *longest = NULL;
	int64_t latest = 0;
	for (size_t i = 0; i < contracts->count; i++) {
		const struct due_contract one = due_contract_of(&contracts->items[i]);
		const struct due due = due_of_contract(&one, now_utc_ms);
		/* One whose end nobody knows keeps it longer than any other. */
		int64_t until = due.due_utc_ms == 0 ? INT64_MAX : due.due_utc_ms;
		if (longest && until <= latest)
			continue;
		longest = &contracts->items[i];
		latest = until;
	}
	return longest;
}
