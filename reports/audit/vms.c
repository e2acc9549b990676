/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long it took from the end of contracts until their VMs were proven gone. */
#include "reports/audit/audit_parts.h"

#include "base/day.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void free_vm(struct audit_vm *vm)
{
	free(vm->id);
	free(vm->label);
	free(vm->tenant);
	free(vm->contract);
}

void audit_vms_free(struct audit_vm *vms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_vm(&vms[i]);
	free(vms);
}

/* -- taking -- */

static int keep_gone(struct audit_taking *taking, const struct record *record)
{
	const json_t *subject = json_object_get(record->body, "subject");
	if (!audit_in_period(&taking->question, record->utc_ms))
		return 0;
	if (taking->vm_count == taking->vm_capacity) {
		size_t larger = taking->vm_capacity ? 2 * taking->vm_capacity : 64;
		struct audit_vm *vms = reallocarray(taking->vms, larger, sizeof(*vms));
		if (!vms)
			return -ENOMEM;
		taking->vms = vms;
		taking->vm_capacity = larger;
	}
	struct audit_vm *vm = &taking->vms[taking->vm_count++];
	*vm = (struct audit_vm){
		.id = audit_copy(text_of(subject, "id")),
		.label = audit_copy(text_of(subject, "label")),
		.tenant = audit_copy(text_of(subject, "tenant")),
		.contract = audit_copy(""),
		.gone_utc_ms = record->utc_ms,
		.index = record->index,
	};
	return vm->id && vm->label && vm->tenant && vm->contract ? 0 : -ENOMEM;
}

int audit_keep_vm(struct audit_taking *taking, const struct record *record)
{
	const char *action = text_of(record->body, "action");
	const json_t *subject = json_object_get(record->body, "subject");
	const json_t *detail = json_object_get(record->body, "detail");
	if (strcmp(action, "deletion-begun") == 0)
		return audit_pairs_add(
			&taking->begun, text_of(subject, "id"), text_of(detail, "contract"));
	return strcmp(action, "vm-gone") == 0 ? keep_gone(taking, record) : 0;
}

/* -- counting -- */

/* As it stood last, by "C9"; NULL: nobody entered it. */
static const struct audit_contract *find_contract(const struct audit_taking *taking, const char *id)
{
	for (size_t i = taking->contract_count; i-- > 0;)
		if (strcmp(taking->contracts[i].id, id) == 0)
			return &taking->contracts[i];
	return NULL;
}

/* 1: its days are known; 0: they are not; -ENOMEM. */
static int complete(const struct audit_taking *taking, struct audit_vm *vm)
{
	size_t count = 0;
	int64_t end = 0;
	const struct audit_pair *begun = audit_pairs_find(&taking->begun, vm->id, &count);
	const struct audit_contract *contract =
		begun ? find_contract(taking, begun[count - 1].value) : NULL;
	if (!contract || day_parse(contract->end_day, &end) < 0)
		return 0;
	char *number = audit_copy(contract->number);
	if (!number)
		return -ENOMEM;
	free(vm->contract);
	vm->contract = number;
	vm->grace_days = contract->grace_days;
	vm->days = day_in_tokyo(vm->gone_utc_ms) - end;
	memcpy(vm->end_day, contract->end_day, sizeof(vm->end_day));
	return 1;
}

static int compare_vms(const void *a, const void *b)
{
	const struct audit_vm *one = a, *other = b;
	if (one->days != other->days)
		return one->days > other->days ? -1 : 1;
	return one->index < other->index ? -1 : 1;
}

static void sum_days(struct audit *audit)
{
	size_t count = audit->vm_count;
	if (count == 0)
		return;
	if (count > 1)
		qsort(audit->vms, count, sizeof(*audit->vms), compare_vms);
	audit->vm_days_max = audit->vms[0].days;
	audit->vm_days_min = audit->vms[count - 1].days;
	audit->vm_days_median = audit->vms[count / 2].days;
	for (size_t i = 0; i < count; i++)
		audit->vm_late += audit_is_late(audit->vms[i].days, audit->vms[i].grace_days);
}

/* What is kept goes over into the audit; one that nobody began to delete is told as a finding. */
int audit_sum_vms(struct audit_taking *taking, struct audit *audit)
{
	audit_pairs_sort(&taking->begun);
	audit->vms = calloc(taking->vm_count + 1, sizeof(*audit->vms));
	if (!audit->vms)
		return -ENOMEM;
	for (size_t i = 0; i < taking->vm_count; i++) {
		struct audit_vm *vm = &taking->vms[i];
		int known = complete(taking, vm);
		if (known < 0)
			return known;
		if (known == 0)
			continue;
		audit->vms[audit->vm_count++] = *vm;
		*vm = (struct audit_vm){ 0 };
	}
	sum_days(audit);
	return 0;
}
