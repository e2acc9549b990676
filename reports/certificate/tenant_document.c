/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists of a tenant's certificate: what the store knows of its volumes, where they lie and lay, and of its
 * backup generations. */
#include "reports/certificate/tenant_document.h"

#include "base/text.h"
#include "inventory/assets/volumes.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/generations.h"
#include "inventory/tenants/places.h"
#include "reports/certificate/document_parts.h"
#include "reports/certificate/tenant_document_vms.h"
#include <errno.h>
#include <string.h>

static int failed(int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "certificate-build",
		_("The tenant's certificate cannot be written down: %s"), strerror(-result));
}

static int put_id(json_t *object, enum subject_kind kind, int64_t id)
{
	char text[SUBJECT_ID_MAX];
	const struct subject subject = { kind, id };
	subject_format(&subject, text);
	return json_put_string(object, "id", text);
}

static int put_time_or_empty(json_t *object, const char *key, int64_t utc_ms)
{
	return utc_ms == 0 ? json_put_string(object, key, "")
			   : document_put_time(object, key, utc_ms);
}

/* -- tenant and contracts -- */

static int put_tenant(json_t *document, const struct tenant_record *tenant)
{
	json_t *object = json_object();
	int result = json_put(document, "tenant", object);
	if (result == 0)
		result = tenant_put_codes(object, "service_codes", tenant->service_codes);
	if (result == 0)
		result = json_put_string(object, "code", tenant->code);
	if (result == 0)
		result = json_put_string(object, "name", tenant->name);
	return result == 0 ? json_put_string(object, "zone", tenant->zone) : result;
}

static json_t *contract_json(const struct contract_record *contract)
{
	AUTO_JSON json_t *object = json_object();
	if (tenant_put_codes(object, "service_codes", contract->service_codes) != 0 ||
		json_put_string(object, "number", contract->number) != 0 ||
		json_put_string(object, "start_day", contract->start_day) != 0 ||
		json_put_string(object, "end_day", contract->end_day) != 0 ||
		json_put_integer(object, "grace_days", contract->grace_days) != 0)
		return NULL;
	return json_incref(object);
}

static int put_contracts(json_t *document, const struct tenant_scope *scope, struct error *error)
{
	const struct contract_list *contracts = &scope->contracts;
	json_t *others = json_array();
	int r = json_put(document, "other_contracts", others);
	if (r == 0)
		r = json_put(document, "contract", contract_json(scope->contract));
	for (size_t i = 0; r == 0 && i < contracts->count; i++)
		if (contracts->items[i].id != scope->contract->id)
			r = json_push(others, contract_json(&contracts->items[i]));
	return r == 0 ? 0 : failed(r, error);
}

/* -- volumes -- */

static json_t *volume_json(const struct volume_record *volume, bool drives_known)
{
	AUTO_JSON json_t *object = json_object();
	int result = put_id(object, SUBJECT_VOLUME, volume->id);
	if (result == 0)
		result = json_put_string(object, "kind", volume_kind_name(volume->kind));
	if (result == 0)
		result = json_put_string(object, "name", volume->name);
	if (result == 0)
		result = json_put_string(object, "uuid", volume->uuid);
	if (result == 0)
		result = json_put_string(object, "vm_uuid", volume->vm_uuid);
	if (result == 0)
		result = json_put_string(object, "vm_name", volume->vm_name);
	if (result == 0)
		result = json_put_integer(object, "size_bytes", (int64_t)volume->size_bytes);
	if (result == 0)
		result = json_put_integer(object, "present", volume->present ? 1 : 0);
	if (result == 0)
		result = document_put_time(object, "last_seen_utc", volume->last_seen_utc_ms);
	if (result == 0)
		result = json_put_integer(object, "drives_known", drives_known ? 1 : 0);
	return result == 0 ? json_incref(object) : NULL;
}

static bool is_nowhere(const struct place_list *places, int64_t volume_id)
{
	for (size_t i = 0; i < places->nowhere_count; i++)
		if (places->nowhere[i] == volume_id)
			return true;
	return false;
}

static int put_volumes(struct store *store, json_t *document, const struct tenant_scope *scope,
	const struct place_list *places, struct error *error)
{
	AUTO_VOLUMES struct volume_list volumes = { 0 };
	json_t *list = json_array();
	int r = json_put(document, "volumes", list);
	if (r < 0)
		return failed(r, error);
	r = volumes_list(
		store, VOLUMES_OF_TENANT, scope->contract->tenant_id, NULL, 0, &volumes, error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < volumes.count; i++) {
		const struct volume_record *volume = &volumes.items[i];
		char id[SUBJECT_ID_MAX];
		subject_format(&(struct subject){ SUBJECT_VOLUME, volume->id }, id);
		r = tenant_scope_has(scope, volume->vm_uuid)
			    ? json_push(list, volume_json(volume, !is_nowhere(places, volume->id)))
			    : json_put_integer(scope->volumes, id, 1);
	}
	return r == 0 ? 0 : failed(r, error);
}

/* -- places -- */

/* The certificate by which a drive was last called sanitized, "" when none is named. */
static int proof_of(struct store *store, const struct subject *drive, char name[static 96],
	char sha256[static 65], struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(drive->kind)),
		STORE_INT(drive->id),
	};
	name[0] = sha256[0] = '\0';
	int r = store_query(store,
		"SELECT c.name, c.sha256 FROM event e JOIN certificate c"
		" ON e.detail LIKE '%\"certificate\":\"' || c.name || '\"%'"
		" WHERE e.target_kind = $1 AND e.target_id = $2 AND e.action = 'custody'"
		" AND e.detail LIKE '%\"to\":\"sanitized\"%' ORDER BY e.id DESC LIMIT 1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r <= 0)
		return r;
	r = store_copy_text(rows, 0, name, 96, error);
	return r == 0 ? store_copy_text(rows, 1, sha256, 65, error) : r;
}

/* Those that the contract is for. *ret_foreign: there are volumes, and it is for none of them. */
static int put_place_volumes(json_t *object, const struct tenant_scope *scope,
	const struct place *place, bool *ret_foreign)
{
	json_t *list = json_array();
	int result = json_put(object, "volumes", list);
	for (size_t i = 0; result == 0 && i < place->volume_count; i++) {
		char id[SUBJECT_ID_MAX];
		subject_format(&(struct subject){ SUBJECT_VOLUME, place->volumes[i] }, id);
		if (!json_has(scope->volumes, id))
			result = json_push(list, json_string(id));
	}
	*ret_foreign = place->volume_count > 0 && json_array_size(list) == 0;
	return result;
}

static int place_json(const struct tenant_scope *scope, const struct place *place,
	const char *certificate, const char *sha256, json_t *list)
{
	AUTO_JSON json_t *object = json_object();
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "kind", place->kind },
		{ "name", place->name },
		{ "model", place->model },
		{ "why", place_why_name(place->why) },
		{ "state", place->state },
		{ "certificate", certificate },
		{ "certificate_sha256", sha256 },
	};
	bool foreign = false;
	int result = put_id(object, place->subject.kind, place->subject.id);
	if (result == 0)
		result = put_place_volumes(object, scope, place, &foreign);
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(texts); i++)
		result = json_put_string(object, texts[i].key, texts[i].value);
	if (result == 0)
		result = json_put_integer(object, "present", place->present ? 1 : 0);
	return result == 0 && !foreign ? json_push(list, json_incref(object)) : result;
}

static int put_places(struct store *store, json_t *document, const struct tenant_scope *scope,
	const struct place_list *places, struct error *error)
{
	json_t *list = json_array();
	int r = json_put(document, "places", list);
	for (size_t i = 0; r == 0 && i < places->count; i++) {
		const struct place *place = &places->items[i];
		char name[96] = "", sha256[65] = "";
		if (place->why == PLACE_SANITIZED) {
			int found = proof_of(store, &place->subject, name, sha256, error);
			if (found < 0)
				return found;
		}
		r = place_json(scope, place, name, sha256, list);
	}
	return r == 0 ? 0 : failed(r, error);
}

/* -- generations -- */

static json_t *generation_json(const struct generation_record *generation)
{
	AUTO_JSON json_t *object = json_object();
	int result = put_id(object, SUBJECT_GENERATION, generation->id);
	if (result == 0)
		result = json_put_string(object, "key", generation->key);
	if (result == 0)
		result = json_put_string(object, "place", generation->place);
	if (result == 0)
		result = json_put_string(object, "vm_uuid", generation->vm_uuid);
	if (result == 0)
		result = json_put_integer(object, "size_bytes", (int64_t)generation->size_bytes);
	if (result == 0)
		result = document_put_time(object, "created_utc", generation->created_utc_ms);
	if (result == 0)
		result = put_time_or_empty(object, "expires_utc", generation->expires_utc_ms);
	if (result == 0)
		result = put_time_or_empty(object, "gone_utc", generation->gone_utc_ms);
	return result == 0 ? json_incref(object) : NULL;
}

static int put_generations(struct store *store, json_t *document, const struct tenant_scope *scope,
	struct error *error)
{
	AUTO_GENERATIONS struct generation_list generations = { 0 };
	json_t *list = json_array();
	int r = json_put(document, "generations", list);
	if (r < 0)
		return failed(r, error);
	r = generations_of_tenant(store, scope->contract->tenant_id, &generations, error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < generations.count; i++)
		if (tenant_scope_has(scope, generations.items[i].vm_uuid))
			r = json_push(list, generation_json(&generations.items[i]));
	return r == 0 ? 0 : failed(r, error);
}

/* -- all of it -- */

static int put_lists(struct store *store, json_t *document, const struct tenant_scope *scope,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_PLACES struct place_list places = { 0 };
	int r = places_of_tenant(store, scope->contract->tenant_id, &places, error);
	if (r == 0)
		r = tenant_put_vms(store, document, scope, now_utc_ms, error);
	if (r == 0)
		r = put_volumes(store, document, scope, &places, error);
	if (r == 0)
		r = put_places(store, document, scope, &places, error);
	if (r == 0)
		r = put_generations(store, document, scope, error);
	return r == 0 ? tenant_put_notices(store, document, scope->contract->id, error) : r;
}

static int put_tenant_of(
	struct store *store, json_t *document, int64_t tenant_id, struct error *error)
{
	char word[SUBJECT_ID_MAX];
	AUTO_TENANTS struct tenant_list tenants = { 0 };
	const struct subject subject = { SUBJECT_TENANT, tenant_id };
	subject_format(&subject, word);
	int r = tenants_find(store, word, &tenants, error);
	for (size_t i = 0; r == 0 && i < tenants.count; i++)
		if (tenants.items[i].id == tenant_id) {
			r = put_tenant(document, &tenants.items[i]);
			return r == 0 ? 0 : failed(r, error);
		}
	return r < 0 ? r : store_error_corrupt(store, word, error);
}

int tenant_document_put_facts(struct store *store, const struct contract_record *contract,
	int64_t now_utc_ms, json_t *document, struct error *error)
{
	AUTO_SCOPE struct tenant_scope scope = { 0 };
	int r = put_tenant_of(store, document, contract->tenant_id, error);
	if (r == 0)
		r = tenant_scope_read(store, contract, &scope, error);
	if (r == 0)
		r = put_contracts(document, &scope, error);
	return r == 0 ? put_lists(store, document, &scope, now_utc_ms, error) : r;
}
