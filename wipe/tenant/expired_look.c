/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is due, on which platform, and what stops it: the plan of a run. */
#include "wipe/tenant/expired_parts.h"

#include "base/text.h"
#include "verify/tenant/deletion.h"
#include "wipe/tenant/course_parts.h"
#include "wipe/tenant/gate.h"
#include "wipe/tenant/known.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void expired_plan_free(struct expired_plan *plan)
{
	free(plan->items);
	approval_record_free(&plan->approval);
	*plan = (struct expired_plan){ 0 };
}

/* -- platforms -- */

/* One VM as a platform lists it. */
struct sighting {
	const struct machine *machine; /* borrowed from the lists */
	const char *platform;
	bool is_ours; /* in the inventory */
};

struct platforms {
	struct machine_list lists[CONFIG_PLATFORMS_MAX]; /* owned */
	bool answered[CONFIG_PLATFORMS_MAX];
	int64_t ahead_ms[CONFIG_PLATFORMS_MAX]; /* how far a platform's clock is before ours */
	size_t clock_count;
	bool all_answered;
	struct sighting *seen; /* owned; by UUID */
	size_t seen_count;
};

static void platforms_free(struct platforms *platforms)
{
	for (size_t i = 0; i < CONFIG_PLATFORMS_MAX; i++)
		machine_list_free(&platforms->lists[i]);
	free(platforms->seen);
}

static int ask_platform(const struct platform_kind *kind, struct platform *platform,
	struct platforms *all, size_t index, struct error *error)
{
	struct clock_reading now;
	int64_t utc_ms = 0;
	int r = kind->clock(platform, &utc_ms, error);
	clock_read(&now);
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	if (r == 0 && __builtin_sub_overflow(utc_ms, now.utc_ms, &all->ahead_ms[all->clock_count]))
		all->ahead_ms[all->clock_count] = INT64_MAX;
	all->clock_count += r == 0;
	*error = (struct error){ 0 };
	return kind->list(platform, &all->lists[index], error);
}

static void ask_all(const struct config *config, struct platforms *all, struct expired_plan *plan)
{
	all->all_answered = config->platform_count > 0;
	for (size_t i = 0; i < config->platform_count; i++) {
		const struct config_platform *one = &config->platforms[i];
		struct platform *platform = NULL;
		struct error error = { 0 };
		const struct platform_kind *kind = platform_kind_find(one->kind);
		int r = kind ? kind->open(one, &platform, &error)
			     : error_set(&error, ERROR_UNSUPPORTED, ENOTSUP, "platform-kind",
				       _("The platform %s is of a kind that is not known: %s"),
				       one->name, one->kind);
		if (r == 0)
			r = ask_platform(kind, platform, all, i, &error);
		if (platform)
			kind->close(platform);
		all->answered[i] = r == 0;
		if (r == 0)
			continue;
		all->all_answered = false;
		memcpy(plan->unreachable[plan->unreachable_count].name, one->name,
			sizeof(one->name));
		plan->unreachable[plan->unreachable_count++].error = error;
	}
}

static int by_uuid(const void *a, const void *b)
{
	return strcmp(((const struct sighting *)a)->machine->uuid,
		((const struct sighting *)b)->machine->uuid);
}

static int collect(const struct config *config, struct platforms *all, struct error *error)
{
	size_t count = 0;
	for (size_t i = 0; i < config->platform_count; i++)
		count += all->answered[i] ? all->lists[i].count : 0;
	all->seen = calloc(count + 1, sizeof(*all->seen));
	if (!all->seen)
		return error_no_memory(error);
	for (size_t i = 0; i < config->platform_count; i++)
		for (size_t j = 0; all->answered[i] && j < all->lists[i].count; j++)
			all->seen[all->seen_count++] = (struct sighting){
				.machine = &all->lists[i].items[j],
				.platform = config->platforms[i].name,
			};
	qsort(all->seen, all->seen_count, sizeof(*all->seen), by_uuid);
	return 0;
}

/* The first sighting of a UUID; *ret_count: how many there are. */
static struct sighting *find_seen(
	const struct platforms *all, const char *uuid, unsigned *ret_count)
{
	size_t low = 0, high = all->seen_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(all->seen[middle].machine->uuid, uuid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_count = 0;
	while (low + *ret_count < all->seen_count &&
		strcmp(all->seen[low + *ret_count].machine->uuid, uuid) == 0)
		*ret_count += 1;
	return *ret_count > 0 ? &all->seen[low] : NULL;
}

static bool has_answered(const struct config *config, const struct platforms *all, const char *name)
{
	for (size_t i = 0; i < config->platform_count; i++)
		if (strcmp(config->platforms[i].name, name) == 0)
			return all->answered[i];
	return false;
}

/* -- the clock -- */

void expired_boottime(int64_t *ret_ms)
{
	struct timespec time = { 0 };
	(void)clock_gettime(CLOCK_BOOTTIME, &time);
	*ret_ms = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int judge_clock(struct store *store, const struct config *config,
	const struct platforms *all, struct expired_plan *plan, struct error *error)
{
	int64_t others[CONFIG_PLATFORMS_MAX];
	char boot_id[37];
	struct clock_facts facts = {
		.boot_id = boot_id,
		.vouched = strcmp(config->deletion.clock, "vouched") == 0,
		.others = others,
		.other_count = all->clock_count,
	};
	int r = clock_mark_read(store, &facts.last, error);
	if (r == 0)
		r = clock_newest_record(store, &facts.newest_record_utc_ms, error);
	if (r < 0)
		return r;
	clock_boot_id(boot_id);
	clock_read(&facts.now);
	expired_boottime(&facts.boottime_ms);
	for (size_t i = 0; i < all->clock_count; i++)
		if (__builtin_add_overflow(facts.now.utc_ms, all->ahead_ms[i], &others[i]))
			others[i] = INT64_MAX;
	plan->now = facts.now;
	plan->clock = clock_judge(&facts);
	return 0;
}

/* -- one VM -- */

struct looking {
	struct store *store;
	const struct config *config;
	struct platforms platforms;
	struct vm_list vms;             /* owned */
	struct deletion_list deletions; /* owned; by VM */
	int64_t *reopened; /* owned: VMs that were gone, and something was recorded behind that */
	size_t reopened_count;
	struct expired_plan *plan;
};

static int by_vm(const void *a, const void *b)
{
	int64_t left = ((const struct deletion_record *)a)->vm_id;
	int64_t right = ((const struct deletion_record *)b)->vm_id;
	return (left > right) - (left < right);
}

static const struct deletion_record *deletion_of(const struct looking *looking, int64_t vm_id)
{
	const struct deletion_record key = { .vm_id = vm_id };
	return looking->deletions.count == 0
		       ? NULL
		       : bsearch(&key, looking->deletions.items, looking->deletions.count,
				 sizeof(key), by_vm);
}

static bool code_elsewhere(const struct looking *looking, const char *service_code)
{
	for (size_t i = 0; i < looking->platforms.seen_count; i++) {
		const struct sighting *seen = &looking->platforms.seen[i];
		if (!seen->is_ours && strcmp(seen->machine->service_code, service_code) == 0)
			return true;
	}
	return false;
}

static void put_contract(
	struct expired_vm *item, const struct contract_list *contracts, int64_t now)
{
	const struct contract_record *longest = known_longest(contracts, now);
	if (!longest)
		return;
	item->contract_id = longest->id;
	memcpy(item->contract, longest->number, sizeof(item->contract));
}

static void put_seen(struct expired_vm *item, const struct sighting *seen)
{
	(void)snprintf(item->name, sizeof(item->name), "%s",
		seen && seen->machine->name[0] ? seen->machine->name : item->vm.name);
	if (!seen)
		return;
	(void)snprintf(item->platform, sizeof(item->platform), "%s", seen->platform);
	memcpy(item->service_code, seen->machine->service_code, sizeof(item->service_code));
}

/* One that came back and went again has to be looked for anew, or its deletion would stay open for ever. */
static int read_reopened(struct looking *looking, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	looking->reopened = calloc(looking->deletions.count + 1, sizeof(*looking->reopened));
	if (!looking->reopened)
		return error_no_memory(error);
	int r = store_query(looking->store,
		"SELECT d.vm_id FROM deletion d JOIN vm v ON v.id = d.vm_id JOIN deletion_fact f"
		" ON f.deletion_id = d.id AND f.seq = (SELECT max(l.seq) FROM deletion_fact l"
		" WHERE l.deletion_id = d.id) WHERE v.gone_utc_ms IS NOT NULL"
		" AND f.fact NOT LIKE '%\"fact\":\"look\"%'",
		NULL, 0, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		if (looking->reopened_count < looking->deletions.count)
			looking->reopened[looking->reopened_count++] = store_integer(rows, 0);
		r = 0;
	}
	return r;
}

static bool is_reopened(const struct looking *looking, int64_t vm_id)
{
	for (size_t i = 0; i < looking->reopened_count; i++)
		if (looking->reopened[i] == vm_id)
			return true;
	return false;
}

/* What was begun, and how far it is. A deletion at its end that the inventory does not call gone yet is under way. */
static int put_deletion(struct looking *looking, struct expired_vm *item, struct error *error)
{
	AUTO_JSON json_t *facts = NULL;
	const struct deletion_record *deletion = deletion_of(looking, item->vm.id);
	item->step = COURSE_IDENTIFY;
	if (!deletion)
		return 0;
	item->deletion_id = deletion->id;
	item->under_way = item->vm.gone_utc_ms == 0 || is_reopened(looking, item->vm.id);
	if (!item->under_way) {
		item->step = COURSE_GONE;
		return 0;
	}
	if (!item->platform[0])
		memcpy(item->platform, deletion->platform, sizeof(item->platform));
	int r = deletions_facts(looking->store, deletion->id, &facts, error);
	if (r == 0)
		item->step = course_step_next(facts);
	return r;
}

static int weigh(struct looking *looking, struct expired_vm *item, struct error *error)
{
	AUTO_KNOWN struct known known = { 0 };
	const struct vm_record *vm = &item->vm;
	int64_t now = looking->plan->now.utc_ms;
	struct decide_facts facts = { .uuid = vm->uuid,
		.in_inventory = true,
		.gone = vm->gone_utc_ms != 0,
		.our_service_code = vm->service_code,
		.our_platform = vm->platform,
		.our_tenant_id = vm->tenant_id,
		.all_platforms_asked = looking->platforms.all_answered,
		.our_platform_asked =
			has_answered(looking->config, &looking->platforms, vm->platform),
		.now_utc_ms = now };
	struct due due;
	const struct sighting *seen = find_seen(&looking->platforms, vm->uuid, &facts.sightings);
	put_seen(item, seen);
	int r = known_contracts(looking->store, vm->tenant_id, vm->service_code, &known, error);
	if (r < 0)
		return r;
	put_contract(item, &known.contracts, now);
	due = due_of_all(known.due_contracts, known.due_count, now);
	/* Most are not due: the rest is asked for the others alone. */
	if (!facts.gone && (due.state == DUE_NOW || due.state == DUE_UNKNOWN)) {
		known_free(&known);
		r = known_read(looking->store, vm, &known, error);
		if (r < 0)
			return r;
		facts.code_elsewhere =
			facts.sightings == 0 && code_elsewhere(looking, vm->service_code);
	}
	facts.platform = seen ? seen->platform : "";
	facts.platform_service_code = seen ? seen->machine->service_code : "";
	facts.contracts = known.due_contracts;
	facts.contract_count = known.due_count;
	facts.code_tenant_id = known.code_tenant_id;
	facts.linked_tenant_id = known.linked_tenant_id;
	facts.hold = known.hold;
	item->decision = decide_vm(&facts, &due);
	item->due_state = due.state;
	item->due_utc_ms = due.due_utc_ms;
	return put_deletion(looking, item, error);
}

/* Nobody said whose it is; the code on it only says how much that matters. */
static int weigh_unknown(struct looking *looking, const struct sighting *seen,
	struct expired_vm *item, struct error *error)
{
	AUTO_KNOWN struct known known = { 0 };
	const char *code = seen->machine->service_code;
	struct decide_facts facts = { .now_utc_ms = looking->plan->now.utc_ms };
	struct due due;
	int64_t tenant = 0;
	memcpy(item->vm.uuid, seen->machine->uuid, sizeof(item->vm.uuid));
	put_seen(item, seen);
	int r = code[0] ? known_code_tenant(looking->store, code, &tenant, error) : 0;
	if (r == 0 && tenant > 0)
		r = known_contracts(looking->store, tenant, code, &known, error);
	if (r < 0)
		return r;
	facts.contracts = known.due_contracts;
	facts.contract_count = known.due_count;
	put_contract(item, &known.contracts, facts.now_utc_ms);
	item->decision = decide_vm(&facts, &due);
	item->due_state = due.state;
	item->due_utc_ms = due.due_utc_ms;
	return 0;
}

static void mark_ours(struct looking *looking)
{
	for (size_t i = 0; i < looking->vms.count; i++) {
		unsigned count = 0;
		struct sighting *seen =
			find_seen(&looking->platforms, looking->vms.items[i].uuid, &count);
		for (unsigned j = 0; j < count; j++)
			seen[j].is_ours = true;
	}
}

static int weigh_all(struct looking *looking, struct error *error)
{
	struct expired_plan *plan = looking->plan;
	size_t most = looking->vms.count + looking->platforms.seen_count;
	int r = 0;
	plan->items = calloc(most + 1, sizeof(*plan->items));
	if (!plan->items)
		return error_no_memory(error);
	mark_ours(looking);
	for (size_t i = 0; r == 0 && i < looking->vms.count; i++) {
		struct expired_vm *item = &plan->items[plan->count++];
		item->vm = looking->vms.items[i];
		r = weigh(looking, item, error);
	}
	for (size_t i = 0; r == 0 && i < looking->platforms.seen_count; i++) {
		const struct sighting *seen = &looking->platforms.seen[i];
		if (!seen->is_ours)
			r = weigh_unknown(looking, seen, &plan->items[plan->count++], error);
	}
	plan->machine_count = looking->platforms.seen_count;
	return r;
}

/* -- the gate -- */

static bool is_approved(
	const struct approval_list *approvals, const char *reason, const char *uuid, int64_t now)
{
	AUTO_JSON json_t *uuids = json_array();
	if (!uuids || json_push(uuids, json_string(uuid)) < 0)
		return false;
	for (size_t i = 0; i < approvals->count; i++)
		if ((!reason || strcmp(approvals->items[i].reason, reason) == 0) &&
			gate_approved(&approvals->items[i], uuids, now))
			return true;
	return false;
}

/* A gap asks of everything, also of what is under way: it was begun by a clock that nobody compared with this one. Who approved
 * after a gap saw the list, and how long it was; of what is absent, our deletion may have left what is still taken away. What no platform has any more is asked for like what is to be deleted, before it
 * is called gone for the first time: a platform that suddenly shows nothing looks exactly like that. */
static bool asks(const struct expired_vm *item, bool is_gap)
{
	return !item->under_way || is_gap;
}

static int pass_gate(struct looking *looking, struct error *error)
{
	AUTO_APPROVALS struct approval_list approvals = { 0 };
	struct expired_plan *plan = looking->plan;
	bool is_gap = plan->clock == CLOCK_GAP;
	size_t due = 0, all = plan->machine_count;
	int r = approvals_list(looking->store, false, plan->now.utc_ms, &approvals, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->count; i++) {
		struct expired_vm *item = &plan->items[i];
		bool is_there = item->decision == DECIDE_DELETE;
		if (!is_there && item->decision != DECIDE_ABSENT)
			continue;
		all -= is_there && item->under_way;
		all += !is_there && !item->under_way;
		item->waits =
			asks(item, is_gap) && !is_approved(&approvals, is_gap ? EXPIRED_GAP : NULL,
						      item->vm.uuid, plan->now.utc_ms);
		due += item->waits;
	}
	plan->gate_stops = due > 0 && (is_gap || gate_stops(due, all,
							 looking->config->deletion.share_percent));
	for (size_t i = 0; i < plan->count; i++)
		plan->items[i].waits = plan->items[i].waits && plan->gate_stops;
	return 0;
}

/* -- the plan -- */

static bool runs(const struct expired_vm *item)
{
	bool only_looks =
		item->under_way && (item->step == COURSE_LOOK || item->step == COURSE_GONE);
	if (item->decision == DECIDE_DELETE || item->decision == DECIDE_ABSENT)
		return !item->waits;
	if (item->decision == DECIDE_BACK)
		return false;
	return only_looks && item->platform[0];
}

static bool is_due(const struct expired_vm *item)
{
	return item->decision == DECIDE_DELETE || item->decision == DECIDE_ABSENT;
}

static int rank(const struct expired_vm *item)
{
	if (is_due(item) || item->runs)
		return 0;
	return expired_is_refused(item) || item->decision == DECIDE_UNKNOWN ? 1 : 2;
}

static int by_rank(const void *a, const void *b)
{
	const struct expired_vm *left = a, *right = b;
	int order = rank(left) - rank(right);
	if (order == 0)
		order = (left->due_utc_ms > right->due_utc_ms) -
			(left->due_utc_ms < right->due_utc_ms);
	return order ? order : strcmp(left->vm.uuid, right->vm.uuid);
}

bool expired_is_refused(const struct expired_vm *item)
{
	return decision_is_refusal(item->decision) ||
	       (item->decision == DECIDE_NOT_DUE && item->under_way && !item->runs);
}

static void finish(struct expired_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct expired_vm *item = &plan->items[i];
		item->runs = runs(item);
		plan->due_count += is_due(item);
		if (!item->runs && (expired_is_refused(item) || item->decision == DECIDE_UNKNOWN))
			refusal_error(item->decision, item->vm.uuid, item->name, &item->error);
	}
	qsort(plan->items, plan->count, sizeof(*plan->items), by_rank);
}

static int look(struct looking *looking, int64_t imagined_utc_ms, struct error *error)
{
	struct expired_plan *plan = looking->plan;
	ask_all(looking->config, &looking->platforms, plan);
	int r = collect(looking->config, &looking->platforms, error);
	if (r == 0)
		r = judge_clock(looking->store, looking->config, &looking->platforms, plan, error);
	if (r == 0 && imagined_utc_ms != 0) {
		plan->now.utc_ms = imagined_utc_ms;
		plan->clock = CLOCK_GOOD;
	}
	if (r == 0)
		r = vms_list(looking->store, 0, &looking->vms, error);
	if (r == 0)
		r = deletions_list(looking->store, 0, &looking->deletions, error);
	if (r < 0)
		return r;
	qsort(looking->deletions.items, looking->deletions.count, sizeof(*looking->deletions.items),
		by_vm);
	r = read_reopened(looking, error);
	if (r == 0)
		r = weigh_all(looking, error);
	if (r == 0)
		r = pass_gate(looking, error);
	if (r == 0)
		finish(plan);
	return r;
}

int expired_look(struct store *store, const struct config *config, int64_t imagined_utc_ms,
	struct expired_plan *ret, struct error *error)
{
	AUTO_EXPIRED struct expired_plan plan = { 0 };
	struct looking looking = { .store = store, .config = config, .plan = &plan };
	int r = look(&looking, imagined_utc_ms, error);
	platforms_free(&looking.platforms);
	vm_list_free(&looking.vms);
	deletion_list_free(&looking.deletions);
	free(looking.reopened);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct expired_plan){ 0 };
	return 0;
}
