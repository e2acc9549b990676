/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ledger tells of an event and of a certificate: the bodies of their records (docs/ledger.md). */
#ifndef HAIKI_INVENTORY_LEDGER_LEDGER_BODIES_H
#define HAIKI_INVENTORY_LEDGER_LEDGER_BODIES_H

#include "inventory/custody/events.h"
#include "inventory/jobs/jobs.h"

/* Enter row id of the event log, in the transaction that appended it: with whom it is about, as the inventory
 * knows it now. A hold is withheld from everybody but an auditor, and so is what tells contacts of people.
 * detail is canonical and borrowed. Errors of ledger_append. */
NODISCARD int ledger_append_event(struct store *store, int64_t id, const char *actor,
	const struct subject *subject, const struct event *event, struct error *error);

/* Enter a certificate that was just inserted. What its JSON does not say is empty in the record: it was
 * checked by whoever issued it. */
NODISCARD int ledger_append_certificate(
	struct store *store, const struct certificate_record *certificate, struct error *error);

/* For the migration of a store that is older than its ledger: every event and certificate becomes a record, in
 * order of time, behind one that says so. Nothing when there are none. */
NODISCARD int ledger_fill(struct store *store, struct error *error);

#endif
