/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking the store's records into an audit. */
#include "reports/audit/audit_store.h"

#include "inventory/ledger/ledger_rows.h"

struct walking {
	audit_visit *visit;
	void *context;
	uint64_t size;
};

static int take_row(void *context, const struct ledger_row *row, struct error *error)
{
	struct walking *walking = context;
	AUTO_RECORD struct record record = { 0 };
	int r = record_parse(row->record, row->record_length, &record, error);
	if (r < 0)
		return r;
	walking->size = row->index + 1;
	return walking->visit(walking->context, &record, row->sha256, error);
}

int audit_walk(struct store *store, audit_visit *visit, void *context, uint64_t *ret_size,
	struct error *error)
{
	struct walking walking = { .visit = visit, .context = context };
	int r = ledger_walk(store, 0, LEDGER_ALL, take_row, &walking, error);
	if (r == 0)
		*ret_size = walking.size;
	return r;
}

static int take(void *context, const struct record *record, const char *digest, struct error *error)
{
	return audit_take(context, record, digest, error);
}

int audit_of_store(struct store *store, const struct audit_question *question, struct audit *ret,
	struct error *error)
{
	struct audit_taking *taking CLEANUP(cleanup_audit_drop) = NULL;
	uint64_t size = 0;
	int r = audit_begin(question, &taking, error);
	if (r == 0)
		r = audit_walk(store, take, taking, &size, error);
	return r < 0 ? r : audit_end(taking, size, ret, error);
}
