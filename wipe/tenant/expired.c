/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One night's run, in its order: what is refused is recorded, who is to be told is told, what may go goes, and its backups are
 * followed. */
#include "wipe/tenant/expired_parts.h"

#include "base/day.h"
#include "base/file.h"
#include "base/text.h"
#include "inventory/tenants/notices.h"
#include "inventory/tenants/tenant_certificates.h"
#include "wipe/tenant/course_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

void expired_result_free(struct expired_result *result)
{
	free(result->contracts);
	*result = (struct expired_result){ 0 };
}

/* -- one at a time -- */

int expired_lock(const struct config *config, int *ret, struct error *error)
{
	char path[CONFIG_VALUE_MAX + 16];
	int r = file_make_folder(config->state_folder, 0700, error);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/expired.lock", config->state_folder);
	AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set(error, ERROR_FAILED, errno, "expired-lock",
			_("The lock %s cannot be opened: %s"), path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int problem = errno == EWOULDBLOCK ? EBUSY : errno;
		error_set(error, ERROR_WAITING, problem, "expired-running",
			_("Another run of `haiki wipe expired` is at work (%s)"), path);
		return error_next(error, _("Wait until it has ended."));
	}
	*ret = fd;
	fd = -1;
	return 0;
}

/* -- what is recorded of those that do not run -- */

/* Does it count as something that was to be done? One that nobody entered does when its code says that it is due. */
static bool counts(const struct expired_vm *item)
{
	return item->vm.id != 0 || item->due_state == DUE_NOW;
}

static int record_refusals(struct store *store, struct expired_plan *plan,
	struct expired_result *result, struct error *error)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct expired_vm *item = &plan->items[i];
		if (item->runs)
			continue;
		result->waiting += item->waits || item->decision == DECIDE_UNKNOWN;
		if (!expired_is_refused(item))
			continue;
		const struct refusal refusal = {
			.uuid = item->vm.uuid,
			.name = item->name,
			.platform = item->platform,
			.service_code = item->service_code,
			.vm_id = item->vm.id,
			.deletion_id = item->deletion_id,
			.decision = item->decision,
		};
		int r = refusal_record(store, &refusal, plan->now.utc_ms, error);
		if (r < 0)
			return r;
		item->known = r == 0;
		result->refused += counts(item);
	}
	return 0;
}

/* -- the clock and the gate -- */

static int write_mark(struct store *store, struct error *error)
{
	struct clock_mark mark = { 0 };
	struct clock_reading now;
	clock_read(&now);
	mark.utc_ms = now.utc_ms;
	expired_boottime(&mark.boottime_ms);
	clock_boot_id(mark.boot_id);
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, clock_mark_write(store, &mark, error), error);
}

static int refuse_clock(const struct expired_plan *plan, struct error *error)
{
	const char *what = _("nothing is known of it");
	const char *next = _("Check it against a time server, then run again.");
	switch (plan->clock) {
	case CLOCK_UNSYNCHRONISED:
		what = _("the kernel says that it is not synchronised");
		next = _("Start the time service (chrony, systemd-timesyncd), or set [deletion] "
			 "clock = vouched where somebody answers for it.");
		break;
	case CLOCK_BACK:
		what = _("it shows a time before the newest record of the store");
		next = _("If it is right now, nothing is deleted until it has passed that time.");
		break;
	case CLOCK_JUMPED:
		what = _("it jumped since the last run, without a reboot");
		next = _("Check it against a time server; behind a reboot it is compared anew.");
		break;
	case CLOCK_DIFFERS:
		what = _("a platform's clock says another time");
		next = _("Compare both with a time server.");
		break;
	case CLOCK_VERDICT_UNKNOWN:
	case CLOCK_GOOD:
	case CLOCK_GAP:
		break;
	}
	error_set(error, ERROR_REFUSED, EPERM, clock_verdict_word(plan->clock),
		_("Nothing is deleted, since the clock cannot be believed: %s"), what);
	return error_next(error, "%s", next);
}

static int ask_approval(struct store *store, struct expired_plan *plan, struct error *error)
{
	AUTO_JSON json_t *uuids = json_array();
	int r = uuids ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		if (plan->items[i].waits)
			r = json_push(uuids, json_string(plan->items[i].vm.uuid));
	if (r < 0)
		return error_no_memory(error);
	r = approvals_ask(store, plan->clock == CLOCK_GAP ? EXPIRED_GAP : EXPIRED_SHARE, uuids,
		plan->now.utc_ms, &plan->approval, error);
	return MIN(r, 0);
}

/* Behind a gap with nothing that is due nobody has looked: if it were noted as the time of a run, the next night would find no
 * gap, and what a clock that runs ahead calls due would go without a question. */
static bool is_looked_at(const struct expired_plan *plan)
{
	if (plan->clock == CLOCK_GOOD)
		return true;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].decision == DECIDE_DELETE && plan->items[i].runs)
			return true;
	return false;
}

/* -- backups -- */

/* Copies of one that is gone are followed for longer than any retention that is known of; then only an import tells. But while a
 * certificate of its tenant is open, it is one of those about which every repository must have answered. */
#define FOLLOWED_MS (INT64_C(3) * 366 * 24 * 3600 * 1000)

struct open_tenants {
	int64_t *ids; /* owned */
	size_t count;
};

static void open_tenants_free(struct open_tenants *tenants)
{
	free(tenants->ids);
}

/* Those of the contracts that are certified tonight. */
static int list_open_tenants(struct store *store, const struct expired_result *result,
	struct open_tenants *ret, struct error *error)
{
	AUTO_CONTRACTS struct contract_list contracts = { 0 };
	int r = contracts_list(store, 0, &contracts, error);
	if (r < 0)
		return r;
	ret->ids = calloc(result->contract_count + 1, sizeof(*ret->ids));
	if (!ret->ids)
		return error_no_memory(error);
	for (size_t i = 0; i < contracts.count; i++)
		for (size_t j = 0; j < result->contract_count; j++)
			if (contracts.items[i].id == result->contracts[j])
				ret->ids[ret->count++] = contracts.items[i].tenant_id;
	return 0;
}

static bool is_open(const struct open_tenants *tenants, int64_t tenant_id)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->ids[i] == tenant_id)
			return true;
	return false;
}

static bool has_ended(
	const struct expired_vm *item, const struct open_tenants *tenants, int64_t now_utc_ms)
{
	bool is_gone = item->vm.gone_utc_ms != 0;
	if (item->vm.id == 0)
		return false;
	if (is_gone && now_utc_ms - item->vm.gone_utc_ms > FOLLOWED_MS)
		return is_open(tenants, item->vm.tenant_id);
	return is_gone || item->step == COURSE_GONE || item->under_way;
}

static void wait_for_a_look(struct error *error)
{
	error_set(error, ERROR_WAITING, EAGAIN, "clock-gap",
		_("Nothing ran for long, and nobody has looked at the clock since: no backup copy "
		  "is "
		  "let go"));
	(void)error_next(
		error, _("Check the clock. Copies go again once the approval is given that "
			 "the next due VM asks for."));
}

/* A repository that does not answer tonight is no reason to leave the rest undone. */
static void follow_backups(struct store *store, const struct config *config,
	const struct expired_options *options, const struct expired_plan *plan,
	struct expired_result *result)
{
	const struct platform_pace pace = {
		.rate_bytes_per_second = config->deletion.rate_bytes_per_second,
		.latency_limit_us = config->deletion.latency_limit_us,
		.stop = options->stop,
		.erasure_required = strcmp(config->deletion.erasure, "required") == 0,
		.outside_vouched = strcmp(config->guard_outside, "vouched") == 0,
	};
	struct error *first = &result->backup_error, second = { 0 };
	struct open_tenants tenants CLEANUP(open_tenants_free) = { 0 };
	size_t count = 0;
	AUTO_FREE const char **uuids = calloc(plan->count + 1, sizeof(*uuids));
	if (list_open_tenants(store, result, &tenants, first) < 0)
		return;
	if (!uuids) {
		error_no_memory(&result->backup_error);
		return;
	}
	for (size_t i = 0; i < plan->count; i++)
		if (has_ended(&plan->items[i], &tenants, plan->now.utc_ms))
			uuids[count++] = plan->items[i].vm.uuid;
	if (config->backup_count == 0 || count == 0)
		return;
	/* Not the time of the plan: what a repository said before a VM was gone is no answer. */
	struct clock_reading now;
	clock_read(&now);
	int followed =
		backup_follow(store, config, uuids, count, now.utc_ms, &result->catalogue, first);
	if (!is_looked_at(plan)) {
		if (followed == 0 && result->catalogue.found > 0)
			wait_for_a_look(first);
		return;
	}
	/* Each copy is asked about anew: what is unknown of one keeps no other. */
	int expired = backup_expire(
		store, config, uuids, count, &pace, now.utc_ms, &result->expiry, &second);
	if (followed == 0 && expired < 0)
		*first = second;
}

/* -- which contracts have something to be certified -- */

static bool was_touched(const struct expired_plan *plan, int64_t contract_id)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].contract_id == contract_id && plan->items[i].runs)
			return true;
	return false;
}

/* Something of the tenant is there again that its certificates call gone. */
static bool is_back(const struct expired_plan *plan, int64_t tenant_id)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].decision == DECIDE_BACK &&
			plan->items[i].vm.tenant_id == tenant_id)
			return true;
	return false;
}

/* A VM that nobody entered bears the code of a service that the contract was for: no certificate could list it, so none is made
 * that would call the rest all that there was, and nobody is told so. */
static bool has_unknown(const struct expired_plan *plan, int64_t contract_id)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].decision == DECIDE_NOT_IN_INVENTORY &&
			plan->items[i].due_state == DUE_NOW &&
			plan->items[i].contract_id == contract_id)
			return true;
	return false;
}

#define SETTLED_MS (INT64_C(30) * 24 * 3600 * 1000)

/* Closed for so long that everybody who is to be told was told, or cannot be. */
static int is_settled(struct store *store, int64_t contract_id, int64_t now, struct error *error)
{
	AUTO_TENANT_CERTIFICATE struct tenant_certificate_record record = { 0 };
	int r = tenant_certificates_latest(store, contract_id, &record, error);
	return r <= 0 ? r
		      : strcmp(record.outcome, "closed") == 0 &&
				now - record.issued_utc_ms > SETTLED_MS;
}

static int list_contracts(struct store *store, const struct expired_plan *plan,
	struct expired_result *result, struct error *error)
{
	AUTO_CONTRACTS struct contract_list contracts = { 0 };
	int r = contracts_list(store, 0, &contracts, error);
	if (r < 0)
		return r;
	result->contracts = calloc(contracts.count + 1, sizeof(*result->contracts));
	if (!result->contracts)
		return error_no_memory(error);
	for (size_t i = 0; i < contracts.count; i++) {
		const struct contract_record *record = &contracts.items[i];
		const struct due_contract one = { record->start_day, record->end_day,
			record->grace_days };
		bool is_over = due_of_contract(&one, plan->now.utc_ms).state == DUE_NOW;
		/* What a platform that does not answer has, nobody knows: the next night certifies. */
		if (plan->unreachable_count > 0 || has_unknown(plan, record->id))
			continue;
		r = is_over && !is_back(plan, record->tenant_id)
			    ? is_settled(store, record->id, plan->now.utc_ms, error)
			    : 0;
		if (r < 0)
			return r;
		if (was_touched(plan, record->id) || (is_over && r == 0))
			result->contracts[result->contract_count++] = record->id;
	}
	return 0;
}

/* -- the night -- */

/* With the clock of the run: when it is not believed, its records would stand in the future or in the past. So the time of the
 * newest one is kept, and what the clock showed is told. */
static int record_clock(struct store *store, const struct expired_plan *plan, struct error *error)
{
	struct clock_mark mark = { 0 };
	int64_t newest = 0;
	int r = clock_mark_read(store, &mark, error);
	if (r == 0)
		r = clock_newest_record(store, &newest, error);
	if (r < 0)
		return r;
	return refusal_record_clock(store, clock_verdict_word(plan->clock), &mark,
		MIN(plan->now.utc_ms, MAX(newest, mark.utc_ms)), error);
}

/* What is told and asked before anything goes. */
static int prepare(struct store *store, const struct config *config, struct expired_plan *plan,
	struct expired_result *result, bool is_believed, struct error *error)
{
	int r = record_refusals(store, plan, result, error);
	if (r == 0 && plan->gate_stops)
		r = ask_approval(store, plan, error);
	if (r < 0 || !is_believed)
		return r;
	r = is_looked_at(plan) ? write_mark(store, error) : 0;
	if (r == 0)
		r = notices_give_up(store, plan->now.utc_ms, &result->notices_uncertain, error);
	return r < 0 ? r : expired_tell_before(store, config, plan, result, error);
}

static int run(struct store *store, const struct config *config,
	const struct expired_options *options, struct expired_plan *plan,
	struct expired_result *result, struct error *error)
{
	/* Behind a gap the clock is believed when a person has looked at all that waits. */
	bool is_believed =
		plan->clock == CLOCK_GOOD || (plan->clock == CLOCK_GAP && !plan->gate_stops);
	int r = 0;
	if (plan->clock != CLOCK_GOOD && plan->clock != CLOCK_GAP) {
		r = record_clock(store, plan, error);
		return r < 0 ? r : refuse_clock(plan, error);
	}
	r = prepare(store, config, plan, result, is_believed, error);
	if (r == 0)
		r = expired_courses(config, options, plan, result, error);
	if (r < 0)
		return r;
	r = list_contracts(store, plan, result, error);
	if (r == 0 && is_believed)
		follow_backups(store, config, options, plan, result);
	return r;
}

int expired_run(struct store *store, const struct config *config,
	const struct expired_options *options, struct expired_plan *plan,
	struct expired_result *ret, struct error *error)
{
	struct expired_result result = { 0 };
	int r = run(store, config, options, plan, &result, error);
	if (r < 0) {
		expired_result_free(&result);
		return r;
	}
	*ret = result;
	return 0;
}
