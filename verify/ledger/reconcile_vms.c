/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs: was each that was deleted due by then, was it seen to be gone, and was nothing closed before it was? */
#include "base/clock.h"
#include "verify/ledger/reconcile_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* All of one VM, in the order of the ledger. */
struct vm_run {
	const struct vm_fact *const *items;
	size_t count;
	const struct vm_fact *begun; /* NULL: no record tells of it */
};

static int tell_vm(struct judging *judging, enum finding_kind kind, const struct vm_fact *fact,
	int64_t since_utc_ms, const char *detail, const char *name)
{
	const struct telling telling = {
		.kind = kind,
		.letter = 'M',
		.id = fact->vm,
		.label = fact->label,
		.place = { fact->place.index, since_utc_ms },
	};
	return judging_tell(judging, &telling, "%s%.200s", detail, name);
}

/* -- a step that destroys -- */

/* As the contract stood when it was done. Another may have covered the VM too: then it was due later still. */
static int judge_step(struct judging *judging, const struct vm_run *run, const struct vm_fact *step)
{
	char due[CLOCK_TEXT_SIZE];
	if (!run->begun || run->begun->place.index > step->place.index)
		return tell_vm(judging,
			judging->has_gaps ? FINDING_NOT_JUDGED : FINDING_CONTRADICTION, step,
			step->place.utc_ms, "not-begun ", step->action);
	const struct contract_fact *contract =
		judging_contract_at(judging, run->begun->contract, step->place.index);
	clock_format(run->begun->due_utc_ms, due);
	if (step->place.utc_ms < run->begun->due_utc_ms)
		return tell_vm(judging, FINDING_CONTRADICTION, step, step->place.utc_ms,
			"deleted-early due=", due);
	if (!contract)
		return tell_vm(judging,
			judging->has_gaps ? FINDING_NOT_JUDGED : FINDING_CONTRADICTION, step,
			step->place.utc_ms, "contract-unknown ", "");
	if (contract_fact_due(contract, step->place.utc_ms).state != DUE_NOW)
		return tell_vm(judging, FINDING_CONTRADICTION, step, step->place.utc_ms,
			"deleted-early contract=", contract->number);
	return 0;
}

/* -- gone -- */

/* The last look before this record; NULL: none, or something was done to it since. */
static const struct vm_fact *last_look(const struct vm_run *run, uint64_t before)
{
	const struct vm_fact *look = NULL;
	for (size_t i = 0; i < run->count && run->items[i]->place.index < before; i++)
		if (run->items[i]->kind == VM_SEEN || run->items[i]->kind == VM_SEEN_GONE)
			look = run->items[i];
		else if (run->items[i]->kind == VM_DESTROYED)
			look = NULL;
	return look;
}

static bool is_gone(const struct vm_run *run, uint64_t before)
{
	const struct vm_fact *look = last_look(run, before);
	return look && look->kind == VM_SEEN_GONE;
}

static int judge_gone(struct judging *judging, const struct vm_run *run, const struct vm_fact *gone)
{
	if (is_gone(run, gone->place.index))
		return 0;
	return tell_vm(judging, judging->has_gaps ? FINDING_NOT_JUDGED : FINDING_CONTRADICTION,
		gone, gone->place.utc_ms, "not-seen-gone", "");
}

/* A certificate that closes the contract under which it was deleted, while it was not seen to be gone. */
static int judge_closing(struct judging *judging, const struct vm_run *run)
{
	const struct contract_fact *contract =
		judging_contract_at(judging, run->begun->contract, UINT64_MAX);
	struct certificate_order all = { 0 };
	if (contract)
		all = judging_of_owner(judging, "", contract->number);
	for (size_t i = 0; i < all.count; i++) {
		const struct certificate_fact *certificate = all.items[i];
		if (certificate_is_proven(certificate) &&
			certificate->place.index > run->begun->place.index &&
			!is_gone(run, certificate->place.index))
			return tell_vm(judging,
				judging->has_gaps ? FINDING_NOT_JUDGED : FINDING_CONTRADICTION,
				run->begun, certificate->place.utc_ms, "closed-before-gone ",
				certificate->name);
	}
	return 0;
}

/* A night is given to it; then it is told. */
static int judge_end(struct judging *judging, const struct vm_run *run)
{
	char due[CLOCK_TEXT_SIZE];
	clock_format(run->begun->due_utc_ms, due);
	if (is_gone(run, UINT64_MAX) || judging->now_utc_ms < run->begun->due_utc_ms + DAY_MS)
		return 0;
	return tell_vm(judging, FINDING_OUTSTANDING, run->begun, run->begun->due_utc_ms,
		"vm-not-gone due=", due);
}

/* -- all of it -- */

static int judge_run(struct judging *judging, struct vm_run *run)
{
	bool told = false; /* of its steps the first that should not have been */
	int r = 0;
	for (size_t i = 0; !run->begun && i < run->count; i++)
		if (run->items[i]->kind == VM_BEGUN)
			run->begun = run->items[i];
	for (size_t i = 0; r == 0 && i < run->count; i++) {
		const struct vm_fact *fact = run->items[i];
		size_t before = judging->list.count;
		if (fact->kind == VM_DESTROYED && !told)
			r = judge_step(judging, run, fact);
		else if (fact->kind == VM_CLOSED)
			r = judge_gone(judging, run, fact);
		told = told || (fact->kind == VM_DESTROYED && judging->list.count > before);
	}
	if (r == 0 && run->begun)
		r = judge_closing(judging, run);
	return r == 0 && run->begun ? judge_end(judging, run) : r;
}

int reconcile_vms(struct judging *judging)
{
	const struct vm_order *order = &judging->by_vm;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count;) {
		struct vm_run run = { .items = order->items + i };
		while (i + run.count < order->count &&
			order->items[i + run.count]->vm == order->items[i]->vm)
			run.count++;
		i += run.count;
		r = judge_run(judging, &run);
	}
	return r;
}
