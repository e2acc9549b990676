/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completeness: records in, facts kept, and at the end each judgement asked in turn. */
#include "verify/ledger/reconcile.h"

#include "base/text.h"
#include "verify/ledger/reconcile_parts.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int compare_findings(const void *a, const void *b)
{
	const struct finding *one = a, *other = b;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (one->since_utc_ms != other->since_utc_ms)
		return one->since_utc_ms < other->since_utc_ms ? -1 : 1;
	if (one->index != other->index)
		return one->index < other->index ? -1 : 1;
	int order = strcmp(one->subject, other->subject);
	return order != 0 ? order : strcmp(one->detail, other->detail);
}

/* -- feeding -- */

struct reconcile {
	struct facts facts;
	uint64_t size; /* of the ledger, as told */
};

int reconcile_begin(struct reconcile **ret, struct error *error)
{
	struct reconcile *reconcile = calloc(1, sizeof(*reconcile));
	if (!reconcile)
		return error_no_memory(error);
	*ret = reconcile;
	return 0;
}

struct reconcile *reconcile_drop(struct reconcile *reconcile)
{
	if (reconcile)
		facts_free(&reconcile->facts);
	free(reconcile);
	return NULL;
}

int reconcile_take(struct reconcile *reconcile, const struct record *record, struct error *error)
{
	if (record->index < reconcile->facts.next_index)
		return error_set(error, ERROR_FAILED, EBADMSG, "record-order",
			_("The record %" PRIu64 " of the ledger comes after the record %" PRIu64),
			record->index, reconcile->facts.next_index - 1);
	return facts_take(&reconcile->facts, record) < 0 ? error_no_memory(error) : 0;
}

void reconcile_size(struct reconcile *reconcile, uint64_t size)
{
	reconcile->size = size;
}

/* -- asking -- */

/* What the records showed by themselves, and what was not there to be read. */
static int tell_noted(struct judging *judging)
{
	const struct facts *facts = judging->facts;
	int r = 0;
	for (size_t i = 0; r == 0 && i < facts->noted.count; i++) {
		const struct noted_fact *fact = &facts->noted.items[i];
		const struct telling telling = {
			.kind = fact->kind, .subject = "", .place = fact->place
		};
		r = judging_tell(judging, &telling, "%s", fact->detail);
	}
	if (r < 0 || judging->list.unseen == 0)
		return r;
	const struct telling telling = {
		.kind = FINDING_NOT_JUDGED,
		.subject = "",
		.place = { facts->taken == facts->next_index ? facts->next_index
							     : facts->first_unseen,
			judging->now_utc_ms },
	};
	return judging_tell(judging, &telling, "withheld=%" PRIu64, judging->list.unseen);
}

static int judge_all(struct judging *judging)
{
	int r = reconcile_drives(judging);
	if (r == 0)
		r = reconcile_certificates(judging);
	if (r == 0)
		r = reconcile_holds(judging);
	if (r == 0)
		r = reconcile_contracts(judging);
	if (r == 0)
		r = reconcile_vms(judging);
	return r < 0 ? r : tell_noted(judging);
}

int reconcile_findings(const struct reconcile *reconcile, int64_t now_utc_ms,
	struct finding_list *ret, struct error *error)
{
	uint64_t size = MAX(reconcile->size, reconcile->facts.next_index);
	struct judging judging = {
		.facts = &reconcile->facts,
		.now_utc_ms = now_utc_ms,
		.has_gaps = size != reconcile->facts.taken,
		.list = { .unseen = size - reconcile->facts.taken,
			.older = MIN(reconcile->facts.older, size) },
	};
	int r = judging_sort(&judging);
	if (r == 0)
		r = judge_all(&judging);
	judging_free_orders(&judging);
	if (r < 0) {
		finding_list_free(&judging.list);
		return error_no_memory(error);
	}
	if (judging.list.count > 1)
		qsort(judging.list.items, judging.list.count, sizeof(*judging.list.items),
			compare_findings);
	*ret = judging.list;
	return 0;
}
