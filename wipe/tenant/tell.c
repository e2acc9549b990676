/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom a contract's end is told, and when: before it is due, when all is deleted, closed, or something remains. */
#include "wipe/tenant/expired_parts.h"

#include "base/day.h"
#include "base/text.h"
#include "inventory/tenants/tenants.h"
#include "wipe/notice/notice.h"

#include <errno.h>
#include <string.h>

#define LINES_MAX (256 * KIB)

/* One contract with what is told of it. */
struct telling {
	struct store *store;
	const struct config *config;
	const struct expired_plan *plan;
	struct expired_result *result;
	const struct contract_record *contract;
	struct tenant_record tenant; /* owned */
	int64_t due_day;
	size_t vm_count, remaining_count;
	struct buffer vms, remaining; /* lines */
};

static void telling_free(struct telling *telling)
{
	buffer_free(&telling->vms);
	buffer_free(&telling->remaining);
	free(telling->tenant.contacts);
	free(telling->tenant.service_codes);
	free(telling->tenant.note);
}

static bool is_gone(const struct expired_vm *item)
{
	return (item->vm.gone_utc_ms != 0 && item->decision != DECIDE_BACK && !item->under_way) ||
	       (item->step == COURSE_GONE && item->error.kind == ERROR_NONE && item->runs);
}

/* A list that is too long for a mail is cut; the certificate has all of it. */
static int add_line(struct buffer *lines, const char *code, const char *name)
{
	int r = buffer_printf(
		lines, "%s%s%s%s", lines->length ? "\n" : "", code, name[0] ? "  " : "", name);
	return r == -EOVERFLOW ? 0 : r;
}

static int list_vms(struct telling *telling)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < telling->plan->count; i++) {
		const struct expired_vm *item = &telling->plan->items[i];
		if (item->vm.id == 0 || item->contract_id != telling->contract->id)
			continue;
		telling->vm_count++;
		r = add_line(&telling->vms, item->vm.service_code, item->name);
		if (r < 0 || is_gone(item))
			continue;
		telling->remaining_count++;
		r = add_line(&telling->remaining, item->vm.service_code, item->name);
	}
	return r;
}

static int take_tenant(struct telling *telling, struct error *error)
{
	AUTO_TENANTS struct tenant_list tenants = { 0 };
	int r = tenants_list(telling->store, &tenants, error);
	for (size_t i = 0; r == 0 && i < tenants.count; i++)
		if (tenants.items[i].id == telling->contract->tenant_id) {
			telling->tenant = tenants.items[i];
			tenants.items[i].contacts = NULL;
			tenants.items[i].service_codes = NULL;
			tenants.items[i].note = NULL;
			return 0;
		}
	return r < 0 ? r : -ENOENT;
}

static int begin(struct telling *telling, struct error *error)
{
	int64_t end = 0;
	telling->vms = telling->remaining = (struct buffer)BUFFER_INIT(LINES_MAX);
	/* Days that cannot be read are told to nobody: the run refuses what they cover. */
	if (day_parse(telling->contract->end_day, &end) < 0)
		return -ENOENT;
	telling->due_day = end + telling->contract->grace_days + 1;
	int r = take_tenant(telling, error);
	if (r == 0)
		r = list_vms(telling);
	return r == -ENOMEM ? error_no_memory(error) : r;
}

/* A notice that did not leave is counted, and tried again by the next run. */
static void send(struct telling *telling, enum notice_kind kind, const char *audience, int64_t day,
	const char *certificate)
{
	struct error error = { 0 };
	const struct notice_facts facts = {
		.tenant = &telling->tenant,
		.contract = telling->contract,
		.organisation = telling->config->organisation,
		.due_day = telling->due_day,
		.vm_count = telling->vm_count,
		.remaining_count = telling->remaining_count,
		.vms = buffer_text(&telling->vms),
		.remaining = buffer_text(&telling->remaining),
		.certificate = certificate,
	};
	int r = notice_send(telling->store, telling->config, kind, audience, &facts, day,
		telling->plan->now.utc_ms, &error);
	telling->result->notices_sent += r > 0;
	if (r >= 0)
		return;
	if (strcmp(error.code, "notice-uncertain") == 0)
		telling->result->notices_uncertain++;
	else
		telling->result->notices_failed++;
	telling->result->notice_error = error;
}

/* -- before -- */

static void tell_before(struct telling *telling)
{
	const struct config_deletion *config = &telling->config->deletion;
	struct notice_due due =
		notice_before_due(telling->due_day, day_in_tokyo(telling->plan->now.utc_ms),
			config->notice_before, config->notice_before_count);
	if (due.kind == NOTICE_NONE || telling->remaining_count == 0)
		return;
	send(telling, due.kind, "customer", due.day, "");
	send(telling, due.kind, "operator", due.day, "");
}

static int tell_contract_before(struct telling *telling, struct error *error)
{
	int r = begin(telling, error);
	if (r == 0)
		tell_before(telling);
	return r == -ENOENT ? 0 : r;
}

int expired_tell_before(struct store *store, const struct config *config,
	const struct expired_plan *plan, struct expired_result *result, struct error *error)
{
	AUTO_CONTRACTS struct contract_list contracts = { 0 };
	if (!config->deletion.sendmail[0])
		return 0;
	int r = contracts_list(store, 0, &contracts, error);
	for (size_t i = 0; r == 0 && i < contracts.count; i++) {
		struct telling telling = {
			.store = store,
			.config = config,
			.plan = plan,
			.result = result,
			.contract = &contracts.items[i],
		};
		r = tell_contract_before(&telling, error);
		telling_free(&telling);
	}
	return r;
}

/* -- behind -- */

#define GENERATION "generation:"
#define BACKUP "backup:"

static bool begins(const char *word, const char *with)
{
	return strncmp(word, with, strlen(with)) == 0;
}

/* To a customer its copies as a number, since their IDs are ours, and that it is not known whether there are more. Both
 * languages of a notice show the same lines. */
static int add_copies(struct telling *telling, size_t copies, bool is_unknown)
{
	char text[64];
	int r = 0;
	(void)snprintf(text, sizeof(text), "バックアップ (backups): %zu", copies);
	if (copies > 0)
		r = add_line(&telling->remaining, text, "");
	if (r == 0 && is_unknown)
		r = add_line(&telling->remaining,
			"バックアップの有無を確認中 (whether backups remain is being checked)", "");
	telling->remaining_count += copies + is_unknown;
	return r;
}

/* VMs stand in the list by name already, and a notice that did not leave is counted by the run. */
static bool is_told_otherwise(const char *word)
{
	return begins(word, "vm:") || begins(word, "notice:");
}

/* Behind the VMs; to the operator everything else by its ID, "generation:G4", "backup:nightly". */
static int add_outstanding(struct telling *telling, const json_t *outstanding, bool for_customer)
{
	size_t copies = 0;
	bool is_unknown = false;
	int r = 0;
	for (size_t i = 0; r == 0 && i < json_array_size(outstanding); i++) {
		const char *word = json_string_value(json_array_get(outstanding, i));
		if (!word)
			continue;
		copies += begins(word, GENERATION);
		is_unknown = is_unknown || begins(word, BACKUP);
		if (for_customer || is_told_otherwise(word))
			continue;
		r = add_line(&telling->remaining, word, "");
		telling->remaining_count++;
	}
	return r < 0 || !for_customer ? r : add_copies(telling, copies, is_unknown);
}

static void forget_outstanding(struct telling *telling, size_t length, size_t count)
{
	if (telling->remaining.data)
		telling->remaining.data[length] = '\0';
	telling->remaining.length = length;
	telling->remaining_count = count;
}

/* Whom it was said that their VMs would be deleted hears that they are; who never had one hears nothing of it. */
static void tell_customer(struct telling *telling, const struct expired_told *told,
	struct notice_due due, bool all_gone)
{
	if (all_gone)
		send(telling, NOTICE_DELETED, "customer", telling->due_day, told->certificate);
	if (told->closed)
		send(telling, NOTICE_CLOSED, "customer", telling->due_day, told->certificate);
	else if (!all_gone && due.kind != NOTICE_NONE && telling->remaining_count > 0)
		send(telling, NOTICE_AFTER, "customer", due.day, told->certificate);
}

static void tell_operator(struct telling *telling, const struct expired_told *told,
	struct notice_due due, bool all_gone)
{
	if (all_gone)
		send(telling, NOTICE_DELETED, "operator", telling->due_day, told->certificate);
	if (told->closed)
		send(telling, NOTICE_CLOSED, "operator", telling->due_day, told->certificate);
	else if (due.kind != NOTICE_NONE && telling->remaining_count > 0)
		send(telling, NOTICE_OVERDUE, "operator", due.day, told->certificate);
}

static int tell_behind(
	struct telling *telling, const struct expired_told *told, struct error *error)
{
	const struct config_deletion *config = &telling->config->deletion;
	struct notice_due due =
		notice_after_due(telling->due_day, day_in_tokyo(telling->plan->now.utc_ms),
			config->notice_after, config->notice_after_count);
	size_t length = telling->remaining.length, count = telling->remaining_count;
	bool all_gone = telling->vm_count > 0 && count == 0;
	if (add_outstanding(telling, told->outstanding, true) < 0)
		return error_no_memory(error);
	tell_customer(telling, told, due, all_gone);
	forget_outstanding(telling, length, count);
	if (add_outstanding(telling, told->outstanding, false) < 0)
		return error_no_memory(error);
	tell_operator(telling, told, due, all_gone);
	return 0;
}

int expired_tell(struct store *store, const struct config *config, const struct expired_plan *plan,
	const struct expired_told *told, struct expired_result *result, struct error *error)
{
	AUTO_CONTRACTS struct contract_list contracts = { 0 };
	if (!config->deletion.sendmail[0])
		return 0;
	int r = contracts_list(store, 0, &contracts, error);
	for (size_t i = 0; r == 0 && i < contracts.count; i++) {
		struct telling telling = {
			.store = store,
			.config = config,
			.plan = plan,
			.result = result,
			.contract = &contracts.items[i],
		};
		if (contracts.items[i].id != told->contract_id)
			continue;
		r = begin(&telling, error);
		if (r == 0)
			r = tell_behind(&telling, told, error);
		telling_free(&telling);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}
