/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letting copies go whose time has come: whether each may, asked anew right before, and what came of it. */
#include "wipe/backup/follow_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "inventory/tenants/vm_history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A copy that its repository was told to let go. */
struct told {
	char key[GENERATION_KEY_MAX];
	bool failed;
};

struct expiring {
	struct store *store;
	struct backup_session *session;
	const struct platform_pace *pace;
	int64_t now_utc_ms;
	struct backup_expiry *result;
	struct told *told; /* owned */
	size_t told_count;
};

static void cleanup_expiring(struct expiring *expiring)
{
	free(expiring->told);
}

/* -- may it go? -- */

enum verdict {
	VERDICT_UNKNOWN, /* never taken for a yes */
	VERDICT_GO,
	VERDICT_NOT_YET, /* its time has not come, or it never expires */
	VERDICT_NOT_FOLLOWED, /* the catalogue says something else, or nothing: the next run knows more */
	VERDICT_HOLD,         /* nothing is told of it */
	VERDICT_VM_NOT_GONE,
	VERDICT_VM_UNKNOWN,
	VERDICT_TENANT_DIFFERS,
	VERDICT_CODE_DIFFERS,
};

static const char *refusal_word(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_UNKNOWN:
	case VERDICT_GO:
	case VERDICT_NOT_YET:
	case VERDICT_NOT_FOLLOWED:
	case VERDICT_HOLD:
	case VERDICT_VM_NOT_GONE:
		break;
	case VERDICT_VM_UNKNOWN:
		return "vm-unknown";
	case VERDICT_TENANT_DIFFERS:
		return "tenant-differs";
	case VERDICT_CODE_DIFFERS:
		return "code-differs";
	}
	return "";
}

static const char *refusal_text(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_UNKNOWN:
	case VERDICT_GO:
	case VERDICT_NOT_YET:
	case VERDICT_NOT_FOLLOWED:
	case VERDICT_HOLD:
	case VERDICT_VM_NOT_GONE:
		break;
	case VERDICT_VM_UNKNOWN:
		return _("nobody knows its VM");
	case VERDICT_TENANT_DIFFERS:
		return _("its VM was another tenant's when it was made");
	case VERDICT_CODE_DIFFERS:
		return _("the service code that it bears is not that tenant's");
	}
	return "";
}

static bool is_same(const struct generation_record *record, const struct backup_copy *copy)
{
	return record->gone_utc_ms == 0 && strcmp(record->vm_uuid, copy->vm_uuid) == 0 &&
	       strcmp(record->place, copy->place) == 0 &&
	       record->created_utc_ms == copy->created_utc_ms &&
	       record->expires_utc_ms == copy->expires_utc_ms;
}

/* The service that the copy bears is the VM's, or another one of the same tenant. */
static int judge_code(struct expiring *expiring, const struct backup_copy *copy,
	const struct vm_record *vm, enum verdict *ret, struct error *error)
{
	int64_t tenant_id = 0;
	if (copy->service_code[0] == '\0' || strcmp(copy->service_code, vm->service_code) == 0)
		return 0;
	int r = service_code_tenant(expiring->store, copy->service_code, &tenant_id, error);
	if (r == 0 && tenant_id != vm->tenant_id)
		*ret = VERDICT_CODE_DIFFERS;
	return r;
}

static int judge_holds(struct expiring *expiring, const struct generation_record *record,
	const struct vm_record *vm, enum verdict *ret, struct error *error)
{
	struct hold hold;
	int r = vms_hold(expiring->store, vm->id, &hold, error);
	if (r == 0)
		r = generations_hold(expiring->store, record, error);
	*ret = r == 0 ? *ret : VERDICT_HOLD;
	return MIN(r, 0);
}

static int judge_vm(struct expiring *expiring, const struct backup_copy *copy,
	const struct generation_record *record, enum verdict *ret, struct error *error)
{
	struct vm_record vm;
	int64_t tenant_id = 0;
	int r = vms_by_uuid(expiring->store, copy->vm_uuid, &vm, error);
	if (r == 0)
		*ret = VERDICT_VM_UNKNOWN;
	if (r <= 0)
		return r;
	r = vm_tenant_at(expiring->store, vm.id, copy->created_utc_ms, &tenant_id, error);
	if (r < 0)
		return r;
	if (vm.gone_utc_ms == 0)
		*ret = VERDICT_VM_NOT_GONE;
	else if (tenant_id != vm.tenant_id || record->tenant_id != vm.tenant_id)
		*ret = VERDICT_TENANT_DIFFERS;
	else {
		*ret = VERDICT_GO;
		r = judge_code(expiring, copy, &vm, ret, error);
	}
	/* Also of what would be refused: what is held is not told of in any way. */
	return r < 0 ? r : judge_holds(expiring, record, &vm, ret, error);
}

/* -errno when the store could not say, which is never a yes. */
static int judge(struct expiring *expiring, const struct backup_copy *copy,
	struct generation_record *ret_record, enum verdict *ret, struct error *error)
{
	enum verdict verdict = VERDICT_UNKNOWN;
	*ret = VERDICT_NOT_YET;
	if (copy->expires_utc_ms == 0 || copy->expires_utc_ms > expiring->now_utc_ms)
		return 0;
	int r = generations_by_key(expiring->store, copy->key, ret_record, error);
	if (r < 0)
		return r;
	*ret = VERDICT_NOT_FOLLOWED;
	if (r == 0 || !is_same(ret_record, copy))
		return 0;
	r = judge_vm(expiring, copy, ret_record, &verdict, error);
	*ret = verdict;
	return r;
}

/* -- telling -- */

/* An event on the generation, in a transaction of its own. value is taken. */
static int tell(struct expiring *expiring, const struct generation_record *record,
	const char *action, const char *key, json_t *value, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	int r = detail ? 0 : -ENOMEM;
	if (r < 0)
		json_decref(value);
	else
		r = json_put(detail, key, value);
	if (r < 0 || json_put_string(detail, "key", record->key) < 0 ||
		json_put_string(detail, "vm_uuid", record->vm_uuid) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_GENERATION, record->id };
	const struct event event = { action, detail, expiring->now_utc_ms };
	r = store_begin(expiring->store, error);
	if (r < 0)
		return r;
	r = strcmp(action, "generation-refused") == 0
		    ? event_append_once(expiring->store, &subject, &event, error)
		    : events_append(expiring->store, &subject, &event, error);
	return store_end(expiring->store, r, error);
}

static int refuse(struct expiring *expiring, const struct generation_record *record,
	enum verdict verdict, struct error *first, struct error *error)
{
	struct error own = { 0 };
	expiring->result->refused++;
	error_set(&own, ERROR_REFUSED, EPERM, refusal_word(verdict),
		_("The copy %s is kept though its time has come: %s"), record->key,
		refusal_text(verdict));
	error_next(&own, _("See: haiki inventory show %s"), record->vm_uuid);
	backup_keep_first(first, &own);
	return tell(expiring, record, "generation-refused", "reason",
		json_string(refusal_word(verdict)), error);
}

/* -- letting it go -- */

static struct told *add_told(struct expiring *expiring, const char *key)
{
	struct told *items =
		reallocarray(expiring->told, expiring->told_count + 1, sizeof(*expiring->told));
	if (!items)
		return NULL;
	expiring->told = items;
	struct told *told = &items[expiring->told_count++];
	*told = (struct told){ 0 };
	(void)snprintf(told->key, sizeof(told->key), "%s", key);
	return told;
}

/* The intention is recorded before, so that no crash hides who took it away. */
static int let_go(struct expiring *expiring, const struct backup_copy *copy,
	const struct generation_record *record, struct error *first, struct error *error)
{
	const struct backup_session *session = expiring->session;
	struct error own = { 0 };
	json_t *fact = NULL;
	char expires[CLOCK_TEXT_SIZE];
	clock_format(copy->expires_utc_ms, expires);
	struct told *told = add_told(expiring, record->key);
	if (!told)
		return error_no_memory(error);
	int r = tell(expiring, record, "generation-expiring", "expires_utc", json_string(expires),
		error);
	if (r < 0)
		return r;
	r = session->kind->expire(session->backup, copy, expiring->pace, &fact, &own);
	if (r == 0)
		return tell(expiring, record, "generation-erased", "erase", fact, error);
	backup_keep_first(first, &own);
	told->failed = own.kind != ERROR_WAITING && own.kind != ERROR_INTERRUPTED;
	return tell(expiring, record, "generation-failed", "code", json_string(own.code), error);
}

static int expire_copy(struct expiring *expiring, const struct backup_copy *copy,
	struct error *first, struct error *error)
{
	struct generation_record record;
	enum verdict verdict = VERDICT_UNKNOWN;
	int r = judge(expiring, copy, &record, &verdict, error);
	if (r < 0)
		return r;
	switch (verdict) {
	case VERDICT_GO:
		return let_go(expiring, copy, &record, first, error);
	case VERDICT_NOT_YET:
		return 0;
	case VERDICT_UNKNOWN:
	case VERDICT_NOT_FOLLOWED:
	case VERDICT_HOLD:
	case VERDICT_VM_NOT_GONE:
		expiring->result->waiting++;
		return 0;
	case VERDICT_VM_UNKNOWN:
	case VERDICT_TENANT_DIFFERS:
	case VERDICT_CODE_DIFFERS:
		break;
	}
	return refuse(expiring, &record, verdict, first, error);
}

/* -errno only when the store failed; what a repository says goes into *first. */
static int expire_in(struct expiring *expiring, const char *const *uuids, size_t count,
	struct error *first, struct error *error)
{
	AUTO_BACKUPS struct backup_list list = { 0 };
	AUTO_FREE int *listed = calloc(count, sizeof(*listed));
	struct error own = { 0 };
	int r = 0;
	if (!listed)
		return error_no_memory(error);
	const struct backup_asking asking = { uuids, count, listed, NULL, NULL };
	if (backup_ask(expiring->session, &asking, &list, &own) < 0 || own.kind != ERROR_NONE)
		backup_keep_first(first, &own);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (expiring->pace && expiring->pace->stop && *expiring->pace->stop)
			return 0;
		r = expire_copy(expiring, &list.items[i], first, error);
	}
	return r;
}

/* -- what is left -- */

/* Those that were told to go are gone when their repository, asked anew, says so. */
static int settle(struct expiring *expiring, struct error *error)
{
	struct backup_expiry *result = expiring->result;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < expiring->told_count; i++) {
		const struct told *told = &expiring->told[i];
		struct generation_record record = { 0 };
		r = generations_by_key(expiring->store, told->key, &record, error);
		if (r >= 0 && record.gone_utc_ms != 0)
			result->expired++;
		else if (r >= 0 && told->failed)
			result->failed++;
		else
			result->waiting++;
	}
	return MIN(r, 0);
}

static int count_overdue(
	struct expiring *expiring, const char *const *uuids, size_t count, struct error *error)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		AUTO_GENERATIONS struct generation_list list = { 0 };
		r = generations_of_vm(expiring->store, uuids[i], &list, error);
		for (size_t j = 0; r == 0 && j < list.count; j++)
			expiring->result->overdue +=
				generation_overdue_since(&list.items[j], expiring->now_utc_ms) != 0;
	}
	return r;
}

static int look_again(struct expiring *expiring, const struct config *config,
	const char *const *uuids, size_t count, struct error *first, struct error *error)
{
	struct backup_catalogue catalogue;
	struct error own = { 0 };
	if (expiring->told_count > 0 && backup_follow(expiring->store, config, uuids, count,
						expiring->now_utc_ms, &catalogue, &own) < 0)
		backup_keep_first(first, &own);
	int r = settle(expiring, error);
	return r < 0 ? r : count_overdue(expiring, uuids, count, error);
}

int backup_expire(struct store *store, const struct config *config, const char *const *uuids,
	size_t count, const struct platform_pace *pace, int64_t now_utc_ms,
	struct backup_expiry *ret, struct error *error)
{
	struct error first = { 0 };
	CLEANUP(cleanup_expiring)
	struct expiring expiring = {
		.store = store, .pace = pace, .now_utc_ms = now_utc_ms, .result = ret
	};
	int r = 0;
	*ret = (struct backup_expiry){ 0 };
	for (size_t i = 0; r == 0 && count > 0 && i < config->backup_count; i++) {
		struct backup_session session AUTO_SESSION = { 0 };
		struct error own = { 0 };
		if (backup_session_open(store, &config->backups[i], &session, &own) < 0) {
			backup_keep_first(&first, &own);
			continue;
		}
		expiring.session = &session;
		r = expire_in(&expiring, uuids, count, &first, error);
	}
	if (r == 0)
		r = look_again(&expiring, config, uuids, count, &first, error);
	if (r < 0 || first.kind == ERROR_NONE)
		return r;
	if (error)
		*error = first;
	return first.errnum > 0 ? -first.errnum : -EIO;
}
