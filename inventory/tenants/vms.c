/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs in the store. */
#include "inventory/tenants/vms.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/deletions.h"
#include "inventory/tenants/tenants.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NIL_UUID "00000000-0000-0000-0000-000000000000"

void vm_list_free(struct vm_list *list)
{
	free(list->items);
	*list = (struct vm_list){ 0 };
}

bool vm_uuid_parse(const char *text, char ret[static VM_UUID_MAX])
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != '-')
			return false;
	for (size_t i = 0; i < sizeof(shape); i++)
		ret[i] = (char)tolower((unsigned char)text[i]);
	return true;
}

/* -- reading -- */

#define SELECT_VM                                                                                  \
	"SELECT v.id, v.uuid, v.name, v.platform, v.service_code, v.tenant_id, t.code,"            \
	" v.created_utc_ms, coalesce(v.gone_utc_ms, 0)"                                            \
	" FROM vm v JOIN tenant t ON t.id = v.tenant_id "

static int read_record(const struct store_rows *rows, struct vm_record *record, struct error *error)
{
	*record = (struct vm_record){ .id = store_integer(rows, 0),
		.tenant_id = store_integer(rows, 5),
		.created_utc_ms = store_integer(rows, 7),
		.gone_utc_ms = store_integer(rows, 8) };
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 1, record->uuid, sizeof(record->uuid) },
		{ 2, record->name, sizeof(record->name) },
		{ 3, record->platform, sizeof(record->platform) },
		{ 4, record->service_code, sizeof(record->service_code) },
		{ 6, record->tenant, sizeof(record->tenant) },
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	return r;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct vm_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_VMS struct vm_list list = { 0 };
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		/* Doubled at every power of two. */
		if ((list.count & (list.count - 1)) == 0) {
			struct vm_record *items = reallocarray(
				list.items, list.count ? 2 * list.count : 1, sizeof(*list.items));
			if (!items)
				return error_no_memory(error);
			list.items = items;
		}
		r = read_record(rows, &list.items[list.count++], error);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct vm_list){ 0 };
	return 0;
}

int vms_list(struct store *store, int64_t tenant_id, struct vm_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(tenant_id) };
	return tenant_id == 0 ? read_list(store, SELECT_VM "ORDER BY v.id", NULL, 0, ret, error)
			      : read_list(store, SELECT_VM "WHERE v.tenant_id = $1 ORDER BY v.id",
					values, 1, ret, error);
}

int vms_find(struct store *store, const char *word, struct vm_list *ret, struct error *error)
{
	struct subject subject = { 0 };
	char uuid[VM_UUID_MAX] = "";
	bool is_id = subject_parse(word, &subject) && subject.kind == SUBJECT_VM;
	bool is_uuid = vm_uuid_parse(word, uuid);
	const struct store_value values[] = {
		STORE_INT(is_id ? subject.id : 0),
		STORE_STRING(is_uuid ? uuid : ""),
	};
	return read_list(store, SELECT_VM "WHERE v.id = $1 OR v.uuid = $2 ORDER BY v.id", values,
		ARRAY_SIZE(values), ret, error);
}

/* The only one of a list: 1, or 0. */
static int take_only(const struct vm_list *list, struct vm_record *ret)
{
	if (list->count == 0)
		return 0;
	*ret = list->items[0];
	return 1;
}

int vms_by_uuid(struct store *store, const char *uuid, struct vm_record *ret, struct error *error)
{
	AUTO_VMS struct vm_list list = { 0 };
	char spelled[VM_UUID_MAX] = "";
	if (!vm_uuid_parse(uuid, spelled))
		return 0;
	const struct store_value values[] = { STORE_STRING(spelled) };
	int r = read_list(store, SELECT_VM "WHERE v.uuid = $1", values, 1, &list, error);
	return r < 0 ? r : take_only(&list, ret);
}

static int load(struct store *store, int64_t id, struct vm_record *ret, struct error *error)
{
	AUTO_VMS struct vm_list list = { 0 };
	const struct store_value values[] = { STORE_INT(id) };
	int r = read_list(store, SELECT_VM "WHERE v.id = $1", values, 1, &list, error);
	if (r < 0 || take_only(&list, ret))
		return r;
	error_set(error, ERROR_USAGE, ENOENT, "vm-unknown",
		_("There is no VM M%" PRId64 " in the store %s"), id, store_path(store));
	return error_next(error, _("See: haiki inventory list vms"));
}

/* -- checking -- */

static int malformed(const struct vm_record *record, const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "vm-malformed",
		_("The VM \"%.60s\" cannot be entered: %s"), record->uuid, why);
}

static int check(const struct vm_record *record, struct error *error)
{
	char uuid[VM_UUID_MAX] = "";
	if (!vm_uuid_parse(record->uuid, uuid) || strcmp(uuid, NIL_UUID) == 0)
		return malformed(record,
			_("it has no UUID, written 5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e77"), error);
	if (!tenant_code_valid(record->service_code))
		return malformed(record, _("it has no service code"), error);
	int r = text_check(record->name, VM_NAME_MAX, false, "name", error);
	return r < 0 ? r : text_check(record->platform, VM_PLATFORM_MAX, false, "platform", error);
}

static int check_uuid_kept(struct store *store, const struct vm_record *record,
	const struct vm_record *before, struct error *error)
{
	struct vm_record owner = { 0 };
	int r = vms_by_uuid(store, record->uuid, &owner, error);
	if (r < 0)
		return r;
	if (r > 0 && owner.id != record->id)
		return error_set(error, ERROR_USAGE, EINVAL, "uuid-fixed",
			_("The UUID %s is that of the VM M%" PRId64), owner.uuid, owner.id);
	if (record->id == 0 || strcasecmp(record->uuid, before->uuid) == 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "uuid-fixed",
		_("The VM M%" PRId64 " cannot get another UUID than %s"), before->id, before->uuid);
}

/* Whose it is, as vms_write tells. */
static int find_tenant(struct store *store, const struct vm_record *record,
	const struct vm_record *before, int64_t *ret_id, struct error *error)
{
	int64_t owner = 0;
	const struct store_value values[] = { STORE_STRING(record->service_code) };
	if (record->tenant_id != 0 && record->tenant_id == before->tenant_id &&
		strcmp(record->service_code, before->service_code) == 0) {
		*ret_id = before->tenant_id;
		return 0;
	}
	int r = drive_query_integer(store, "SELECT tenant_id FROM service_code WHERE code = $1",
		values, 1, 0, &owner, error);
	if (r < 0)
		return r;
	if (owner == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "vm-malformed",
			_("The VM \"%.60s\" cannot be entered: the service code %s is no tenant's"),
			record->uuid, record->service_code);
		return error_next(error,
			_("Enter it first: haiki inventory tenant change CODE --service-code %s"),
			record->service_code);
	}
	if (record->tenant_id != 0 && record->tenant_id != owner)
		return error_set(error, ERROR_USAGE, EINVAL, "vm-malformed",
			_("The VM \"%.60s\" cannot be entered: the service code %s is the tenant "
			  "T%" PRId64 "'s"),
			record->uuid, record->service_code, owner);
	*ret_id = owner;
	return 0;
}

/* What decides whose it is and where it is looked for stands still while it is deleted, and on its certificate
 * afterwards. */
static int check_not_deleting(struct store *store, const struct vm_record *record,
	const struct vm_record *before, int64_t tenant_id, struct error *error)
{
	int64_t deletion = 0;
	const struct store_value values[] = { STORE_INT(before->id) };
	if (strcmp(record->service_code, before->service_code) == 0 &&
		strcmp(record->platform, before->platform) == 0 && tenant_id == before->tenant_id)
		return 0;
	int r = drive_query_integer(
		store, "SELECT id FROM deletion WHERE vm_id = $1", values, 1, 0, &deletion, error);
	if (r < 0 || deletion == 0)
		return r;
	error_set(error, ERROR_REFUSED, EBUSY, "vm-deleting",
		_("The VM M%" PRId64 " (%s) keeps its service code %s and its platform: its "
		  "deletion has begun"),
		before->id, before->uuid, before->service_code);
	return error_next(error,
		_("Place a hold if it must not go on: haiki inventory hold place M%" PRId64),
		before->id);
}

/* -- writing -- */

static int append_event(struct store *store, int64_t id, const struct vm_record *record,
	int64_t tenant_id, const struct vm_record *before, const json_t *changed, int64_t now,
	struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	char tenant[SUBJECT_ID_MAX], tenant_before[SUBJECT_ID_MAX];
	subject_format(&(struct subject){ SUBJECT_TENANT, tenant_id }, tenant);
	subject_format(&(struct subject){ SUBJECT_TENANT, before->tenant_id }, tenant_before);
	/* In full: whose a VM is decides when it is deleted. */
	if (!detail || json_put_string(detail, "uuid", record->uuid) < 0 ||
		json_put_string(detail, "name", record->name) < 0 ||
		json_put_string(detail, "platform", record->platform) < 0 ||
		json_put_string(detail, "service_code", record->service_code) < 0 ||
		json_put_string(detail, "tenant", tenant) < 0 ||
		(changed && json_put(detail, "changed", json_deep_copy(changed)) < 0))
		return error_no_memory(error);
	if (record->id != 0 && strcmp(before->service_code, record->service_code) != 0 &&
		json_put_string(detail, "service_code_before", before->service_code) < 0)
		return error_no_memory(error);
	/* vms_hold reads it. */
	if (record->id != 0 && before->tenant_id != tenant_id &&
		json_put_string(detail, "tenant_before", tenant_before) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_VM, id };
	const struct event event = { record->id == 0 ? "vm-added" : "vm-changed", detail, now };
	return events_append(store, &subject, &event, error);
}

static int write_row(struct store *store, int64_t id, const struct vm_record *record,
	int64_t tenant_id, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(record->name),
		STORE_STRING(record->platform),
		STORE_STRING(record->service_code),
		STORE_INT(tenant_id),
		STORE_STRING(record->uuid),
		STORE_INT(now_utc_ms),
	};
	return record->id == 0
		       ? store_execute(store,
				 "INSERT INTO vm (id, name, platform, service_code, tenant_id, "
				 "uuid,"
				 " created_utc_ms) VALUES ($1, $2, $3, $4, $5, lower($6), $7)",
				 values, ARRAY_SIZE(values), NULL, error)
		       : store_execute(store,
				 "UPDATE vm SET name = $2, platform = $3, service_code = $4,"
				 " tenant_id = $5 WHERE id = $1",
				 values, ARRAY_SIZE(values) - 2, NULL, error);
}

int vms_write(struct store *store, const struct vm_record *record, const json_t *changed,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	struct vm_record before = { 0 };
	int64_t id = record->id, tenant_id = 0;
	int r = check(record, error);
	if (r == 0 && id != 0)
		r = load(store, id, &before, error);
	if (r == 0)
		r = check_uuid_kept(store, record, &before, error);
	if (r == 0)
		r = find_tenant(store, record, &before, &tenant_id, error);
	if (r == 0 && id != 0)
		r = check_not_deleting(store, record, &before, tenant_id, error);
	if (r == 0 && id == 0)
		r = subject_new_id(store, SUBJECT_VM, &id, error);
	if (r == 0)
		r = write_row(store, id, record, tenant_id, now_utc_ms, error);
	if (r == 0)
		r = append_event(store, id, record, tenant_id, &before, changed, now_utc_ms, error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

static bool is_one_of(const json_t *fact, const char *key, const char *word, const char *other)
{
	const char *text = json_string_value(json_object_get(fact, key));
	return text && (strcmp(text, word) == 0 || strcmp(text, other) == 0);
}

/* Whoever calls it has judged all facts; this is for the day when that is wrong. */
static int check_gone(struct store *store, const struct vm_record *vm, struct error *error)
{
	struct deletion_record deletion = { 0 };
	AUTO_JSON json_t *facts = NULL;
	int r = deletions_of_vm(store, vm->id, &deletion, error);
	if (r > 0)
		r = deletions_facts(store, deletion.id, &facts, error);
	if (r < 0)
		return r;
	size_t count = json_array_size(facts);
	const json_t *last = count > 0 ? json_array_get(facts, count - 1) : NULL;
	const json_t *left = json_object_get(last, "left");
	if (is_one_of(last, "fact", "look", "look") &&
		is_one_of(last, "hypervisor", "gone", "gone") &&
		is_one_of(last, "datastore", "gone", "none") &&
		is_one_of(last, "storage", "gone", "none") && json_is_array(left) &&
		json_array_size(left) == 0)
		return 0;
	return error_set(error, ERROR_FAILED, EPERM, "vm-not-gone",
		_("The VM M%" PRId64
		  " (%s) cannot be called gone: nobody was asked last who said so"),
		vm->id, vm->uuid);
}

int vms_set_gone(struct store *store, int64_t id, int64_t now_utc_ms, struct error *error)
{
	struct vm_record vm = { 0 };
	int r = load(store, id, &vm, error);
	if (r < 0 || vm.gone_utc_ms != 0)
		return r;
	r = check_gone(store, &vm, error);
	if (r < 0)
		return r;
	const struct store_value values[] = { STORE_INT(id), STORE_INT(now_utc_ms) };
	r = store_execute(store, "UPDATE vm SET gone_utc_ms = $2 WHERE id = $1", values,
		ARRAY_SIZE(values), NULL, error);
	AUTO_JSON json_t *detail = json_object();
	if (r == 0 && (!detail || json_put_string(detail, "uuid", vm.uuid) < 0))
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_VM, id };
	const struct event event = { "vm-gone", detail, now_utc_ms };
	return r < 0 ? r : events_append(store, &subject, &event, error);
}
