/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue of copies, brought to what the repositories say. */
#include "wipe/backup/follow_parts.h"

#include "base/text.h"
#include "inventory/tenants/repositories.h"
#include "inventory/tenants/vm_history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A copy may be this much younger than our clock says it can be. */
#define FUTURE_MS (INT64_C(5) * 60 * 1000)

struct follow {
	struct store *store;
	struct backup_session *session;
	int64_t now_utc_ms;
	struct backup_catalogue *result;
};

/* -- refusals -- */

/* Told in the ledger, on the VM, when it is known and this is news. */
static int refuse_vm(void *context, const char *uuid, const struct error *why, struct error *error)
{
	const struct follow *follow = context;
	AUTO_JSON json_t *detail = json_object();
	struct vm_record vm;
	follow->result->refused++;
	int r = vms_by_uuid(follow->store, uuid, &vm, error);
	if (r <= 0)
		return r;
	if (!detail || json_put_string(detail, "repository", follow->session->config->name) < 0 ||
		json_put_string(detail, "code", why->code) < 0 ||
		json_put_string(detail, "message", why->what) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_VM, vm.id };
	const struct event event = { "backup-refused", detail, follow->now_utc_ms };
	r = store_begin(follow->store, error);
	return r < 0 ? r
		     : store_end(follow->store,
			       event_append_once(follow->store, &subject, &event, error), error);
}

static int contradicts(
	const struct backup_copy *copy, const char *code, const char *why, struct error *error)
{
	return error_set(error, ERROR_REFUSED, EBADMSG, code, _("The copy %s is not entered: %s"),
		copy->key, why);
}

/* -- one copy -- */

/* Whose it was when it was made: by the service that it bears, if that is somebody's, else by what is known of the
 * VM. 0: nobody knows the VM. */
static int find_tenant(
	struct follow *follow, const struct backup_copy *copy, int64_t *ret, struct error *error)
{
	struct vm_record vm;
	*ret = 0;
	int r = 0;
	if (copy->service_code[0])
		r = service_code_tenant(follow->store, copy->service_code, ret, error);
	if (r < 0 || *ret != 0)
		return r;
	r = vms_by_uuid(follow->store, copy->vm_uuid, &vm, error);
	return r <= 0 ? r : vm_tenant_at(follow->store, vm.id, copy->created_utc_ms, ret, error);
}

static int enter(struct follow *follow, const struct backup_copy *copy, struct error *error)
{
	struct generation_record record = { .created_utc_ms = copy->created_utc_ms,
		.expires_utc_ms = copy->expires_utc_ms,
		.size_bytes = copy->size_bytes };
	(void)snprintf(record.key, sizeof(record.key), "%s", copy->key);
	(void)snprintf(record.vm_uuid, sizeof(record.vm_uuid), "%s", copy->vm_uuid);
	(void)snprintf(record.place, sizeof(record.place), "%s", copy->place);
	int r = find_tenant(follow, copy, &record.tenant_id, error);
	if (r == 0)
		r = generations_write(
			follow->store, &record, NULL, follow->now_utc_ms, NULL, error);
	if (r == 0)
		follow->result->added++;
	return r;
}

static int note(json_t *changed, bool differs, const char *name)
{
	return differs ? json_push(changed, json_string(name)) : 0;
}

static int update(struct follow *follow, const struct backup_copy *copy,
	struct generation_record *record, struct error *error)
{
	AUTO_JSON json_t *changed = json_array();
	if (strcmp(record->vm_uuid, copy->vm_uuid) != 0 ||
		record->created_utc_ms != copy->created_utc_ms)
		return contradicts(copy, "backup-conflict",
			_("another VM or another time stands under this key already"), error);
	if (!changed || note(changed, strcmp(record->place, copy->place) != 0, "place") < 0 ||
		note(changed, record->expires_utc_ms != copy->expires_utc_ms, "expires_utc") < 0 ||
		note(changed, record->size_bytes != copy->size_bytes, "size_bytes") < 0 ||
		note(changed, record->gone_utc_ms != 0, "gone_utc") < 0)
		return error_no_memory(error);
	if (json_array_size(changed) == 0)
		return 0;
	follow->result->returned += record->gone_utc_ms != 0;
	(void)snprintf(record->place, sizeof(record->place), "%s", copy->place);
	record->expires_utc_ms = copy->expires_utc_ms;
	record->size_bytes = copy->size_bytes;
	record->gone_utc_ms = 0;
	return generations_write(follow->store, record, changed, follow->now_utc_ms, NULL, error);
}

static int take_copy(struct follow *follow, const struct backup_copy *copy, struct error *error)
{
	struct generation_record record;
	if (copy->created_utc_ms > follow->now_utc_ms + FUTURE_MS)
		return contradicts(
			copy, "backup-future", _("it says that it was made in the future"), error);
	int r = generations_by_key(follow->store, copy->key, &record, error);
	if (r >= 0)
		r = r == 0 ? enter(follow, copy, error) : update(follow, copy, &record, error);
	if (r == 0)
		follow->result->found++;
	return r;
}

/* -- what is not there any more -- */

static bool is_listed(const struct backup_copy *copies, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(copies[i].key, key) == 0)
			return true;
	return false;
}

/* Of this repository: the key begins with its name and the VM. *ret: as its kind wants to be asked. */
static bool is_ours(const struct follow *follow, const struct generation_record *record,
	struct backup_copy *ret)
{
	char begin[CONFIG_NAME_MAX + 80];
	int length = snprintf(
		begin, sizeof(begin), "%s:%s/", follow->session->config->name, record->vm_uuid);
	if (strncmp(record->key, begin, (size_t)length) != 0 ||
		strlen(record->key + length) >= BACKUP_WORD_MAX)
		return false;
	*ret = (struct backup_copy){ .created_utc_ms = record->created_utc_ms,
		.expires_utc_ms = record->expires_utc_ms,
		.size_bytes = record->size_bytes };
	(void)snprintf(ret->key, sizeof(ret->key), "%s", record->key);
	(void)snprintf(ret->word, sizeof(ret->word), "%s", record->key + length);
	(void)snprintf(ret->vm_uuid, sizeof(ret->vm_uuid), "%s", record->vm_uuid);
	(void)snprintf(ret->place, sizeof(ret->place), "%s", record->place);
	return true;
}

static int set_gone(
	struct follow *follow, const struct generation_record *record, struct error *error)
{
	AUTO_JSON json_t *changed = json_array();
	struct generation_record gone = *record;
	gone.gone_utc_ms = MAX(follow->now_utc_ms, record->created_utc_ms);
	if (!changed || note(changed, true, "gone_utc") < 0)
		return error_no_memory(error);
	int r = generations_write(follow->store, &gone, changed, follow->now_utc_ms, NULL, error);
	if (r == 0)
		follow->result->gone++;
	return r;
}

/* Two answers must agree: it is in no list, and asked for by its name it is gone. Asked before anything is
 * written, which may take its time. */
static int take_absent(struct follow *follow, const char *uuid, const struct backup_copy *copies,
	size_t count, struct error *error)
{
	AUTO_GENERATIONS struct generation_list known = { 0 };
	int r = generations_of_vm(follow->store, uuid, &known, error);
	for (size_t i = 0; r == 0 && i < known.count; i++) {
		const struct generation_record *record = &known.items[i];
		struct backup_copy copy;
		if (record->gone_utc_ms != 0 || strcmp(record->vm_uuid, uuid) != 0 ||
			!is_ours(follow, record, &copy) || is_listed(copies, count, record->key))
			continue;
		const struct backup_session *session = follow->session;
		if (session->kind->look(session->backup, &copy) != PRESENCE_GONE)
			continue;
		r = store_begin(follow->store, error);
		if (r == 0)
			r = store_end(follow->store, set_gone(follow, record, error), error);
	}
	return r;
}

/* -- one VM, one repository, all of them -- */

/* All copies of a VM are taken, or none. 0 also when it was refused. */
static int take_copies(
	struct follow *follow, const struct backup_copy *copies, size_t count, struct error *error)
{
	struct backup_catalogue before = *follow->result;
	int r = store_begin(follow->store, error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = take_copy(follow, &copies[i], error);
	r = store_end(follow->store, r, error);
	if (r < 0)
		*follow->result = before;
	return r;
}

/* *ret_understood: what the repository says of it stands in the catalogue now. */
static int follow_vm(struct follow *follow, const char *uuid, const struct backup_list *list,
	bool *ret_understood, struct error *first, struct error *error)
{
	struct error own = { 0 };
	*ret_understood = false;
	const struct backup_copy *copies;
	size_t count = backup_list_of(list, uuid, &copies);
	int r = take_copies(follow, copies, count, &own);
	if (r == 0) {
		r = take_absent(follow, uuid, copies, count, error);
		*ret_understood = r == 0;
		return r;
	}
	if (own.kind != ERROR_REFUSED && strcmp(own.code, "generation-malformed") != 0) {
		if (error)
			*error = own;
		return r;
	}
	backup_keep_first(first, &own);
	return refuse_vm(follow, uuid, &own, error);
}

/* Those of which it was understood what the repository says, and no others. */
static int enter_asked(struct follow *follow, const char *const *uuids, const bool *understood,
	size_t count, struct error *error)
{
	int r = store_begin(follow->store, error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++)
		if (understood[i])
			r = repository_asked(follow->store, follow->session->config->name, uuids[i],
				follow->now_utc_ms, error);
	return store_end(follow->store, r, error);
}

/* -errno only when the store failed; what a repository says goes into *first. */
static int follow_repository(struct follow *follow, const char *const *uuids, size_t count,
	struct error *first, struct error *error)
{
	AUTO_BACKUPS struct backup_list list = { 0 };
	AUTO_FREE int *listed = calloc(count, sizeof(*listed));
	AUTO_FREE bool *understood = calloc(count, sizeof(*understood));
	if (!listed || !understood)
		return error_no_memory(error);
	const struct backup_asking asking = { uuids, count, listed, refuse_vm, follow };
	struct error own = { 0 };
	/* What is known of each VM stands in listed. */
	if (backup_ask(follow->session, &asking, &list, &own) < 0 || own.kind != ERROR_NONE)
		backup_keep_first(first, &own);
	int r = 0;
	for (size_t i = 0; r == 0 && i < count; i++)
		if (listed[i] == 0)
			r = follow_vm(follow, uuids[i], &list, &understood[i], first, error);
	return r < 0 ? r : enter_asked(follow, uuids, understood, count, error);
}

int backup_follow(struct store *store, const struct config *config, const char *const *uuids,
	size_t count, int64_t now_utc_ms, struct backup_catalogue *ret, struct error *error)
{
	struct error first = { 0 };
	int r = 0;
	*ret = (struct backup_catalogue){ 0 };
	for (size_t i = 0; r == 0 && count > 0 && i < config->backup_count; i++) {
		struct backup_session session AUTO_SESSION = { 0 };
		struct follow follow = { store, &session, now_utc_ms, ret };
		struct error own = { 0 };
		if (backup_session_open(store, &config->backups[i], &session, &own) < 0)
			backup_keep_first(&first, &own);
		else
			r = follow_repository(&follow, uuids, count, &first, error);
	}
	if (r < 0 || first.kind == ERROR_NONE)
		return r;
	if (error)
		*error = first;
	return first.errnum > 0 ? -first.errnum : -EIO;
}
