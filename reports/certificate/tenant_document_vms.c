/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs with the facts of their deletion, and notices, from the store into a tenant's certificate. */
#include "reports/certificate/tenant_document_vms.h"

#include "base/day.h"
#include "base/text.h"
#include "inventory/tenants/deletions.h"
#include "inventory/tenants/notices.h"
#include "reports/certificate/document_parts.h"
#include "verify/tenant/due.h"
#include <errno.h>
#include <string.h>

static int failed(int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "certificate-build",
		_("The tenant's certificate cannot be written down: %s"), strerror(-result));
}

/* -- what the contract is for -- */

/* "" is for all. */
static bool covers(const struct contract_record *contract, const char *service_code)
{
	const char *codes = contract->service_codes ? contract->service_codes : "";
	size_t wanted = strlen(service_code);
	for (const char *at = codes; *at;) {
		size_t length = strcspn(at, " ");
		if (length == wanted && memcmp(at, service_code, length) == 0)
			return true;
		at += length + (at[length] == ' ');
	}
	return codes[0] == '\0';
}

void tenant_scope_free(struct tenant_scope *scope)
{
	contract_list_free(&scope->contracts);
	vm_list_free(&scope->vms);
	json_decref(scope->others);
	json_decref(scope->volumes);
	*scope = (struct tenant_scope){ 0 };
}

int tenant_scope_read(struct store *store, const struct contract_record *contract,
	struct tenant_scope *ret, struct error *error)
{
	AUTO_SCOPE struct tenant_scope scope = {
		.contract = contract,
		.others = json_object(),
		.volumes = json_object(),
	};
	if (!scope.others || !scope.volumes)
		return error_no_memory(error);
	int r = contracts_list(store, contract->tenant_id, &scope.contracts, error);
	if (r == 0)
		r = vms_list(store, contract->tenant_id, &scope.vms, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < scope.vms.count; i++) {
		const struct vm_record *vm = &scope.vms.items[i];
		if (!covers(contract, vm->service_code) &&
			json_object_set_new(scope.others, vm->uuid, json_integer(1)) != 0)
			return error_no_memory(error);
	}
	*ret = scope;
	scope = (struct tenant_scope){ 0 };
	return 0;
}

bool tenant_scope_has(const struct tenant_scope *scope, const char *vm_uuid)
{
	return vm_uuid[0] == '\0' || !json_object_get(scope->others, vm_uuid);
}

int tenant_put_codes(json_t *object, const char *key, const char *codes)
{
	json_t *list = json_array();
	int result = json_put(object, key, list);
	for (const char *at = codes ? codes : ""; result == 0 && *at;) {
		size_t length = strcspn(at, " ");
		if (length > 0)
			result = json_push(list, json_stringn(at, length));
		at += length + (at[length] == ' ');
	}
	return result;
}

/* -- VMs -- */

/* By the contracts as they are now; 0 while no time is known. */
static int due_of(const struct tenant_scope *scope, const struct vm_record *vm, int64_t now_utc_ms,
	int64_t *ret_utc_ms)
{
	const struct contract_list *list = &scope->contracts;
	AUTO_FREE struct due_contract *contracts = calloc(list->count + 1, sizeof(*contracts));
	size_t count = 0;
	if (!contracts)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (covers(&list->items[i], vm->service_code))
			contracts[count++] = (struct due_contract){ list->items[i].start_day,
				list->items[i].end_day, list->items[i].grace_days };
	*ret_utc_ms = due_of_all(contracts, count, now_utc_ms).due_utc_ms;
	return 0;
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value && strcmp(value, text) == 0;
}

/* The facts as they are, but for refusals that would tell of a hold (inventory/custody/holds.h): those are left out, and
 * the others numbered as if they had never been. */
static int copy_facts(const json_t *facts, json_t **ret)
{
	AUTO_JSON json_t *copy = json_array();
	int result = copy ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		AUTO_JSON json_t *numbered = NULL;
		if (is_text(fact, "fact", "refused") && is_text(fact, "reason", "hold"))
			continue;
		numbered = json_deep_copy(fact);
		result = numbered ? json_put_integer(
					    numbered, "seq", (int64_t)json_array_size(copy) + 1)
				  : -ENOMEM;
		if (result == 0)
			result = json_push(copy, json_incref(numbered));
	}
	if (result == 0)
		*ret = json_incref(copy);
	return result;
}

static json_t *vm_json(const struct vm_record *vm, int64_t due_utc_ms, json_t *facts)
{
	AUTO_JSON json_t *object = json_object();
	char id[SUBJECT_ID_MAX];
	subject_format(&(struct subject){ SUBJECT_VM, vm->id }, id);
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "id", id },
		{ "uuid", vm->uuid },
		{ "name", vm->name },
		{ "platform", vm->platform },
		{ "service_code", vm->service_code },
	};
	int result = json_put(object, "facts", json_incref(facts));
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(texts); i++)
		result = json_put_string(object, texts[i].key, texts[i].value);
	if (result == 0)
		result = due_utc_ms == 0 ? json_put_string(object, "due_utc", "")
					 : document_put_time(object, "due_utc", due_utc_ms);
	return result == 0 ? json_incref(object) : NULL;
}

static int push_vm(struct store *store, json_t *list, const struct tenant_scope *scope,
	const struct vm_record *vm, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *facts = NULL;
	struct vm_record shown = *vm;
	struct deletion_record deletion = { 0 };
	int64_t due_utc_ms = 0;
	int found = deletions_of_vm(store, vm->id, &deletion, error);
	if (found < 0)
		return found;
	if (found == 0) {
		facts = json_array();
		if (!facts || due_of(scope, vm, now_utc_ms, &due_utc_ms) != 0)
			return error_no_memory(error);
	} else {
		AUTO_JSON json_t *all = NULL;
		int r = deletions_facts(store, deletion.id, &all, error);
		if (r < 0)
			return r;
		if (copy_facts(all, &facts) != 0)
			return error_no_memory(error);
		due_utc_ms = deletion.due_utc_ms;
		memcpy(shown.platform, deletion.platform, sizeof(shown.platform));
	}
	int r = json_push(list, vm_json(&shown, due_utc_ms, facts));
	return r == 0 ? 0 : failed(r, error);
}

int tenant_put_vms(struct store *store, json_t *document, const struct tenant_scope *scope,
	int64_t now_utc_ms, struct error *error)
{
	json_t *list = json_array();
	int r = json_put(document, "vms", list);
	if (r < 0)
		return failed(r, error);
	for (size_t i = 0; r == 0 && i < scope->vms.count; i++)
		if (covers(scope->contract, scope->vms.items[i].service_code))
			r = push_vm(store, list, scope, &scope->vms.items[i], now_utc_ms, error);
	return r;
}

/* -- notices -- */

static json_t *notice_json(const struct notice_record *notice)
{
	AUTO_JSON json_t *object = json_object();
	char day[DAY_TEXT_SIZE];
	day_format(notice->day, day);
	int result = json_put_string(object, "kind", notice->kind);
	if (result == 0)
		result = json_put_string(object, "audience", notice->audience);
	if (result == 0)
		result = json_put_string(object, "day", day);
	if (result == 0)
		result = json_put_string(object, "state", notice_state_name(notice->state));
	if (result == 0)
		result = document_put_time(object, "utc", notice->utc_ms);
	return result == 0 ? json_incref(object) : NULL;
}

/* What is told of the certificate itself, or to operators of their own work, is not of the data. */
static bool is_of_the_data(const struct notice_record *notice)
{
	return strcmp(notice->kind, "before") == 0 || strcmp(notice->kind, "after") == 0 ||
	       strcmp(notice->kind, "deleted") == 0;
}

int tenant_put_notices(
	struct store *store, json_t *document, int64_t contract_id, struct error *error)
{
	AUTO_NOTICES struct notice_list notices = { 0 };
	json_t *list = json_array();
	int r = json_put(document, "notices", list);
	if (r < 0)
		return failed(r, error);
	r = notices_list(store, contract_id, &notices, error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < notices.count; i++)
		if (is_of_the_data(&notices.items[i]))
			r = json_push(list, notice_json(&notices.items[i]));
	return r == 0 ? 0 : failed(r, error);
}
