/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts in the orders in which they are asked for: by name, by job or contract, by drive. */
#include "verify/ledger/reconcile_parts.h"

#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef int comparison(const void *a, const void *b);

/* -- comparing -- */

static int by_index(const struct fact_place *a, const struct fact_place *b)
{
	return a->index < b->index ? -1 : a->index > b->index;
}

static int by_two(const char *a, const char *b, const char *c, const char *d)
{
	int order = strcmp(a, b);
	return order != 0 ? order : strcmp(c, d);
}

static int by_number(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int owner_of(const struct certificate_fact *a, const struct certificate_fact *b)
{
	return by_two(a->job, b->job, a->contract, b->contract);
}

static int identity_of(const struct certificate_fact *a, const struct certificate_fact *b)
{
	return by_two(a->serial, b->serial, a->wwn, b->wwn);
}

static int identity_of_drive(const struct drive_fact *a, const struct drive_fact *b)
{
	return by_two(a->serial, b->serial, a->wwn, b->wwn);
}

#define COMPARISON(name, type, expression)                                                         \
	static int name(const void *a, const void *b)                                              \
	{                                                                                          \
		const struct type *one = *(const struct type *const *)a;                           \
		const struct type *other = *(const struct type *const *)b;                         \
		int order = (expression);                                                          \
		return order != 0 ? order : by_index(&one->place, &other->place);                  \
	}

COMPARISON(compare_name, certificate_fact, strcmp(one->name, other->name))
COMPARISON(compare_owner, certificate_fact, owner_of(one, other))
COMPARISON(compare_identity, certificate_fact, identity_of(one, other))
COMPARISON(compare_drive, drive_fact, by_number(one->drive, other->drive))
COMPARISON(compare_drive_identity, drive_fact, identity_of_drive(one, other))
COMPARISON(compare_job, drive_fact, strcmp(one->job, other->job))
COMPARISON(compare_hold, hold_fact, by_number(one->hold, other->hold))
COMPARISON(compare_contract, contract_fact, by_number(one->contract, other->contract))
COMPARISON(compare_vm, vm_fact, by_number(one->vm, other->vm))
COMPARISON(compare_number, contract_fact, strcmp(one->number, other->number))

/* -- sorting -- */

/* Pointers to all of them, sorted; NULL without memory. */
static void *sorted(const void *items, size_t count, size_t size, comparison *compare)
{
	const char *first = items;
	const void **pointers = calloc(count + 1, sizeof(*pointers));
	if (!pointers)
		return NULL;
	for (size_t i = 0; i < count; i++)
		pointers[i] = first + i * size;
	qsort(pointers, count, sizeof(*pointers), compare);
	return pointers;
}

#define SORT(order, list, compare)                                                                 \
	((order)->count = (list)->count,                                                           \
		(order)->items =                                                                   \
			sorted((list)->items, (list)->count, sizeof(*(list)->items), compare),     \
		(order)->items != NULL)

static bool sort_began(struct judging *judging)
{
	const struct drive_facts *facts = &judging->facts->drives;
	struct drive_order *order = &judging->began_by_job;
	order->items = calloc(facts->count + 1, sizeof(const struct drive_fact *));
	if (!order->items)
		return false;
	for (size_t i = 0; i < facts->count; i++)
		if (facts->items[i].kind == DRIVE_BEGAN)
			order->items[order->count++] = &facts->items[i];
	qsort(order->items, order->count, sizeof(const struct drive_fact *), compare_job);
	return true;
}

int judging_sort(struct judging *judging)
{
	const struct facts *facts = judging->facts;
	if (SORT(&judging->by_name, &facts->certificates, compare_name) &&
		SORT(&judging->by_owner, &facts->certificates, compare_owner) &&
		SORT(&judging->by_identity, &facts->certificates, compare_identity) &&
		SORT(&judging->by_drive, &facts->drives, compare_drive) &&
		SORT(&judging->by_drive_identity, &facts->drives, compare_drive_identity) &&
		SORT(&judging->by_hold, &facts->holds, compare_hold) &&
		SORT(&judging->by_contract, &facts->contracts, compare_contract) &&
		SORT(&judging->by_number, &facts->contracts, compare_number) &&
		SORT(&judging->by_vm, &facts->vms, compare_vm) && sort_began(judging))
		return 0;
	return -ENOMEM;
}

void judging_free_orders(struct judging *judging)
{
	free(judging->by_name.items);
	free(judging->by_owner.items);
	free(judging->by_identity.items);
	free(judging->by_drive.items);
	free(judging->by_drive_identity.items);
	free(judging->by_hold.items);
	free(judging->by_contract.items);
	free(judging->by_number.items);
	free(judging->by_vm.items);
	free(judging->began_by_job.items);
}

/* -- asking -- */

static int name_of(const struct certificate_fact *a, const struct certificate_fact *b)
{
	return strcmp(a->name, b->name);
}

static int job_of(const struct drive_fact *a, const struct drive_fact *b)
{
	return strcmp(a->job, b->job);
}

static int drive_of(const struct drive_fact *a, const struct drive_fact *b)
{
	return by_number(a->drive, b->drive);
}

static int contract_of(const struct contract_fact *a, const struct contract_fact *b)
{
	return by_number(a->contract, b->contract);
}

static int number_of(const struct contract_fact *a, const struct contract_fact *b)
{
	return strcmp(a->number, b->number);
}

/* Where the run of those begins and ends that are equal to wanted. */
#define RUN(name, order_type, fact_type, compare)                                                  \
	static struct order_type name(                                                             \
		const struct order_type *order, const struct fact_type *wanted)                    \
	{                                                                                          \
		size_t low = 0, high = order->count;                                               \
		while (low < high) {                                                               \
			size_t middle = low + (high - low) / 2;                                    \
			if (compare(order->items[middle], wanted) < 0)                             \
				low = middle + 1;                                                  \
			else                                                                       \
				high = middle;                                                     \
		}                                                                                  \
		struct order_type run = { .items = order->items + low };                           \
		while (low + run.count < order->count &&                                           \
			compare(order->items[low + run.count], wanted) == 0)                       \
			run.count++;                                                               \
		return run;                                                                        \
	}

RUN(run_of_name, certificate_order, certificate_fact, name_of)
RUN(run_of_owner, certificate_order, certificate_fact, owner_of)
RUN(run_of_identity, certificate_order, certificate_fact, identity_of)
RUN(run_of_job, drive_order, drive_fact, job_of)
RUN(run_of_drive, drive_order, drive_fact, drive_of)
RUN(run_of_drive_identity, drive_order, drive_fact, identity_of_drive)
RUN(run_of_contract, contract_order, contract_fact, contract_of)
RUN(run_of_number, contract_order, contract_fact, number_of)

const struct certificate_fact *judging_certificate(const struct judging *judging, const char *name)
{
	const struct certificate_fact wanted = { .name = name };
	struct certificate_order run = run_of_name(&judging->by_name, &wanted);
	return run.count > 0 ? run.items[0] : NULL;
}

struct certificate_order judging_of_owner(
	const struct judging *judging, const char *job, const char *contract)
{
	const struct certificate_fact wanted = { .job = job, .contract = contract };
	return run_of_owner(&judging->by_owner, &wanted);
}

struct certificate_order judging_of_identity(
	const struct judging *judging, const char *serial, const char *wwn)
{
	const struct certificate_fact wanted = { .serial = serial, .wwn = wwn };
	return run_of_identity(&judging->by_identity, &wanted);
}

const struct certificate_fact *judging_newest(
	const struct judging *judging, const char *job, const char *contract, uint64_t before)
{
	struct certificate_order run = judging_of_owner(judging, job, contract);
	while (run.count > 0 && run.items[run.count - 1]->place.index >= before)
		run.count--;
	return run.count > 0 ? run.items[run.count - 1] : NULL;
}

struct drive_order judging_began(const struct judging *judging, const char *job)
{
	const struct drive_fact wanted = { .job = job };
	return run_of_job(&judging->began_by_job, &wanted);
}

const struct drive_fact *judging_wrote(
	const struct judging *judging, const struct certificate_fact *certificate)
{
	struct drive_order times = judging_began(judging, certificate->job);
	const struct drive_fact *last =
		*certificate->job && times.count > 0 ? times.items[times.count - 1] : NULL;
	return last && certificate_is_of(certificate, last->serial, last->wwn) ? last : NULL;
}

const struct drive_fact *judging_drive(
	const struct judging *judging, const char *serial, const char *wwn)
{
	const struct drive_fact wanted = { .serial = serial, .wwn = wwn };
	struct drive_order run = run_of_drive_identity(&judging->by_drive_identity, &wanted);
	return run.count > 0 && (*serial || *wwn) ? run.items[run.count - 1] : NULL;
}

struct drive_order judging_of_drive(const struct judging *judging, int64_t drive)
{
	const struct drive_fact wanted = { .drive = drive };
	return run_of_drive(&judging->by_drive, &wanted);
}

const struct contract_fact *judging_contract(const struct judging *judging, const char *number)
{
	const struct contract_fact wanted = { .number = number };
	struct contract_order run = run_of_number(&judging->by_number, &wanted);
	return run.count > 0 ? run.items[run.count - 1] : NULL;
}

const struct contract_fact *judging_contract_at(
	const struct judging *judging, int64_t contract, uint64_t before)
{
	const struct contract_fact wanted = { .contract = contract };
	struct contract_order run = run_of_contract(&judging->by_contract, &wanted);
	while (run.count > 0 && run.items[run.count - 1]->place.index >= before)
		run.count--;
	return run.count > 0 ? run.items[run.count - 1] : NULL;
}

/* Which day it began is not told by every record; it is no matter for what comes after its end. */
struct due contract_fact_due(const struct contract_fact *contract, int64_t now_utc_ms)
{
	const struct due_contract days = {
		.start_day = *contract->start_day ? contract->start_day : contract->end_day,
		.end_day = contract->end_day,
		.grace_days = contract->grace_days,
	};
	return due_of_contract(&days, now_utc_ms);
}

bool certificate_is_proven(const struct certificate_fact *certificate)
{
	return strcmp(certificate->outcome, *certificate->contract ? "closed" : "proven") == 0;
}

bool certificate_is_of(
	const struct certificate_fact *certificate, const char *serial, const char *wwn)
{
	return (*serial || *wwn) && strcmp(certificate->serial, serial) == 0 &&
	       strcmp(certificate->wwn, wwn) == 0;
}

/* -- telling -- */

static int PRINTF_LIKE(3, 0) add(struct judging *judging, const struct telling *telling,
	const char *format, va_list arguments)
{
	struct finding_list *list = &judging->list;
	if (list->count == judging->capacity) {
		size_t larger = judging->capacity ? 2 * judging->capacity : 16;
		struct finding *items = reallocarray(list->items, larger, sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		judging->capacity = larger;
	}
	struct finding *finding = &list->items[list->count++];
	*finding = (struct finding){
		.kind = telling->kind,
		.since_utc_ms = telling->place.utc_ms,
		.index = telling->place.index,
	};
	if (telling->letter)
		(void)snprintf(finding->subject, sizeof(finding->subject), "%c%lld",
			telling->letter, (long long)telling->id);
	else
		(void)snprintf(finding->subject, sizeof(finding->subject), "%s",
			telling->subject ? telling->subject : "");
	(void)snprintf(
		finding->label, sizeof(finding->label), "%s", telling->label ? telling->label : "");
	(void)vsnprintf(finding->detail, sizeof(finding->detail), format, arguments);
	utf8_clean(finding->subject, true);
	utf8_clean(finding->label, true);
	utf8_clean(finding->detail, true);
	return 0;
}

int judging_tell(struct judging *judging, const struct telling *telling, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int r = add(judging, telling, format, arguments);
	va_end(arguments);
	return r;
}

int judging_tell_certificate(struct judging *judging, enum finding_kind kind,
	const struct certificate_fact *certificate, const char *format, ...)
{
	const struct drive_fact *drive = judging_wrote(judging, certificate);
	if (!drive)
		drive = judging_drive(judging, certificate->serial, certificate->wwn);
	const struct telling telling = {
		.kind = kind,
		.letter = drive ? 'D' : '\0',
		.id = drive ? drive->drive : 0,
		.subject = *certificate->job ? certificate->job : certificate->contract,
		.label = certificate->label,
		.place = certificate->place,
	};
	va_list arguments;
	va_start(arguments, format);
	int r = add(judging, &telling, format, arguments);
	va_end(arguments);
	return r;
}
