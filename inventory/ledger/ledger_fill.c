/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store that is older than its ledger: what it holds becomes records, and the first one says so. */
#include "inventory/ledger/ledger_bodies.h"

#include "base/text.h"
#include "inventory/ledger/ledger_rows.h"

#include <errno.h>
#include <string.h>

static int count_of(struct store *store, const char *sql, int64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, NULL, 0, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		*ret = store_integer(rows, 0);
	return r < 0 ? r : 0;
}

/* Event 0, which no event log has: whoever reads on knows that the times are those of the log, and that
 * nothing but the store vouches for what is older than this record. */
static int append_first(
	struct store *store, int64_t events, int64_t certificates, struct error *error)
{
	struct clock_reading now;
	char actor[ACTOR_MAX];
	clock_read(&now);
	actor_current(actor);
	AUTO_JSON json_t *body = json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s}, s:{s:I, s:I}}",
		"event", 0, "actor", actor, "action", "ledger-began", "subject", "kind", "ledger",
		"id", "", "label", "", "detail", "events", (json_int_t)events, "certificates",
		(json_int_t)certificates);
	if (!body)
		return error_no_memory(error);
	return ledger_append(store, "event", body, "", now.utc_ms, NULL, error);
}

static int append_event(struct store *store, const struct store_rows *rows, struct error *error)
{
	AUTO_JSON json_t *detail = NULL;
	const char *text = store_text(rows, 6);
	int r = json_parse(text, strlen(text), "", &detail, NULL);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0)
		return store_error_corrupt(store, _("an event"), error);
	const struct subject subject = { subject_kind_parse(store_text(rows, 3)),
		store_integer(rows, 4) };
	const struct event event = { store_text(rows, 5), detail, store_integer(rows, 1) };
	return ledger_append_event(
		store, store_integer(rows, 0), store_text(rows, 2), &subject, &event, error);
}

static int read_certificate(struct store *store, const char *name,
	struct certificate_record *certificate, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(name) };
	int r = store_query(store,
		"SELECT name, job_id, issued_utc_ms, evidence_count, outcome, sha256, json"
		" FROM certificate WHERE name = $1",
		values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r < 0 ? r : store_error_corrupt(store, name, error);
	r = store_copy_text(rows, 0, certificate->name, sizeof(certificate->name), error);
	if (r == 0)
		r = store_copy_text(
			rows, 1, certificate->job_id, sizeof(certificate->job_id), error);
	if (r == 0)
		r = store_copy_text(
			rows, 4, certificate->outcome, sizeof(certificate->outcome), error);
	if (r == 0)
		r = store_copy_text(
			rows, 5, certificate->sha256, sizeof(certificate->sha256), error);
	if (r < 0)
		return r;
	certificate->issued_utc_ms = store_integer(rows, 2);
	certificate->evidence_count = store_integer(rows, 3);
	certificate->json = strdup(store_text(rows, 6));
	return certificate->json ? 0 : error_no_memory(error);
}

static int append_certificate(struct store *store, const char *name, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	int r = read_certificate(store, name, &certificate, error);
	return r == 0 ? ledger_append_certificate(store, &certificate, error) : r;
}

/* Both lists are in order; whichever is older goes first. */
static int merge(struct store *store, struct store_rows *events, struct store_rows *certificates,
	struct error *error)
{
	int event = store_next(events, error);
	int certificate = event < 0 ? event : store_next(certificates, error);
	while (event >= 0 && certificate >= 0 && event + certificate > 0) {
		bool take_event = event && (!certificate || store_integer(events, 1) <=
								    store_integer(certificates, 1));
		int r = take_event ? append_event(store, events, error)
				   : append_certificate(store, store_text(certificates, 0), error);
		if (r < 0)
			return r;
		if (take_event)
			event = store_next(events, error);
		else
			certificate = store_next(certificates, error);
	}
	return event < 0 ? event : certificate;
}

int ledger_fill(struct store *store, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *events = NULL;
	CLEANUP(cleanup_store_rows_close) struct store_rows *certificates = NULL;
	int64_t event_count = 0, certificate_count = 0;
	int r = count_of(store, "SELECT count(*) FROM event", &event_count, error);
	if (r == 0)
		r = count_of(store, "SELECT count(*) FROM certificate", &certificate_count, error);
	if (r < 0 || event_count + certificate_count == 0)
		return r;
	r = append_first(store, event_count, certificate_count, error);
	if (r == 0)
		r = store_query(store,
			"SELECT id, utc_ms, actor, target_kind, target_id, action, detail FROM "
			"event"
			" ORDER BY id",
			NULL, 0, &events, error);
	if (r == 0)
		r = store_query(store,
			"SELECT name, issued_utc_ms FROM certificate ORDER BY issued_utc_ms, name",
			NULL, 0, &certificates, error);
	return r == 0 ? merge(store, events, certificates, error) : r;
}
