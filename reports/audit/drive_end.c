/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a drive ended: its events, its certificates, and the findings about it, out of the store's records. */
#include "base/clock.h"
#include "inventory/assets/drives.h"
#include "reports/audit/audit_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void drive_end_free(struct drive_end *end)
{
	json_decref(end->document);
	*end = (struct drive_end){ 0 };
}

/* For one drive. */
struct looking {
	char id[32]; /* "D12" */
	char serial[IDENTITY_TEXT_MAX], wwn[IDENTITY_TEXT_MAX];
	json_t *steps, *certificates, *signatures; /* borrowed from the document */
	char custody[32];                          /* as it stands after the last step */
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* -- records -- */

static int keep_step(struct looking *looking, const struct record *record)
{
	json_t *detail = json_object_get(record->body, "detail");
	AUTO_JSON json_t *step = json_object();
	char utc[CLOCK_TEXT_SIZE];
	clock_format(record->utc_ms, utc);
	if (strcmp(text_of(record->body, "action"), "custody") == 0)
		(void)snprintf(
			looking->custody, sizeof(looking->custody), "%s", text_of(detail, "to"));
	int r = json_put_integer(step, "index", (int64_t)record->index);
	if (r == 0)
		r = json_put_string(step, "utc", utc);
	if (r == 0)
		r = json_put_string(step, "actor", text_of(record->body, "actor"));
	if (r == 0)
		r = json_put_string(step, "action", text_of(record->body, "action"));
	if (r == 0 && detail)
		r = json_put(step, "detail", json_deep_copy(detail));
	return r == 0 ? json_push(looking->steps, json_incref(step)) : r;
}

static int keep_event(struct looking *looking, const struct record *record)
{
	static const char *const told[] = { "custody", "wipe-began", "contents-seen", "labels-set",
		"psid-revert-began", "psid-reverted" };
	const json_t *subject = json_object_get(record->body, "subject");
	const char *action = text_of(record->body, "action");
	if (strcmp(text_of(subject, "id"), looking->id) != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		if (strcmp(action, told[i]) == 0)
			return keep_step(looking, record);
	return 0;
}

static int keep_certificate(struct looking *looking, const struct record *record)
{
	const json_t *subject = json_object_get(record->body, "subject");
	if ((!*looking->serial && !*looking->wwn) ||
		strcmp(text_of(subject, "serial"), looking->serial) != 0 ||
		strcmp(text_of(subject, "wwn"), looking->wwn) != 0)
		return 0;
	AUTO_JSON json_t *certificate = json_deep_copy(record->body);
	int r = json_put_integer(certificate, "index", (int64_t)record->index);
	if (r == 0)
		r = json_put(certificate, "signatures", json_array());
	return r == 0 ? json_push(looking->certificates, json_incref(certificate)) : r;
}

static int keep_signature(struct looking *looking, const struct record *record)
{
	for (size_t i = 0; i < json_array_size(looking->certificates); i++) {
		json_t *certificate = json_array_get(looking->certificates, i);
		if (strcmp(text_of(certificate, "name"), text_of(record->body, "certificate")) != 0)
			continue;
		AUTO_JSON json_t *one = json_object();
		int r = json_put_string(one, "person", text_of(record->body, "person"));
		if (r == 0)
			r = json_put_string(one, "role", text_of(record->body, "role"));
		if (r == 0)
			r = json_push(json_object_get(certificate, "signatures"), json_incref(one));
		if (r < 0)
			return r;
	}
	return 0;
}

static int keep(struct looking *looking, const struct record *record)
{
	switch (record->kind) {
	case RECORD_EVENT:
		return keep_event(looking, record);
	case RECORD_CERTIFICATE:
		return keep_certificate(looking, record);
	case RECORD_SIGNATURE:
		return keep_signature(looking, record);
	case RECORD_TENANT:
	case RECORD_KEY:
	case RECORD_UNKNOWN:
		break;
	}
	return 0;
}

/* For all of them, in one walk. */
struct walk {
	struct reconcile *reconcile;
	struct looking *drives; /* owned */
	size_t count;
};

static void walk_free(struct walk *walk)
{
	(void)reconcile_drop(walk->reconcile);
	free(walk->drives);
}

static int look(void *context, const struct record *record, const char *digest, struct error *error)
{
	struct walk *walk = context;
	(void)digest;
	int r = reconcile_take(walk->reconcile, record, error);
	for (size_t i = 0; r == 0 && i < walk->count; i++)
		if (keep(&walk->drives[i], record) < 0)
			r = error_no_memory(error);
	return r;
}

/* -- the end -- */

static bool has_left(const char *custody)
{
	return strcmp(custody, "returned") == 0 || strcmp(custody, "disposed") == 0 ||
	       strcmp(custody, "destroyed") == 0;
}

static int put_findings(const struct looking *looking, const struct finding_list *findings,
	int64_t now_utc_ms, struct drive_end *end)
{
	json_t *list = json_array();
	int r = json_put(end->document, "findings", list);
	for (size_t i = 0; r == 0 && i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if (strcmp(finding->subject, looking->id) != 0)
			continue;
		end->fails = end->fails || finding_is_failure(finding->kind);
		end->proven = end->proven && finding->kind != FINDING_LEFT_WITHOUT_PROOF &&
			      finding->kind != FINDING_DESTROYED_UNPROVEN;
		r = json_push(list, finding_json(finding, now_utc_ms));
	}
	return r;
}

static int put_drive(const struct drive_record *drive, const char *id, json_t *document)
{
	const char *const texts[][2] = {
		{ "id", id },
		{ "serial", drive->identity.serial },
		{ "wwn", drive->identity.wwn },
		{ "model", drive->identity.model },
		{ "asset_number", drive->asset_number },
		{ "custody", drive->custody },
		{ "zone", drive->zone },
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = json_put_string(document, texts[i][0], texts[i][1]);
	return r;
}

static int begin(struct store *store, int64_t drive_id, struct looking *looking,
	struct drive_end *end, struct error *error)
{
	AUTO_DRIVES struct drive_list list = { 0 };
	int r = drives_get(store, drive_id, &list, error);
	if (r < 0)
		return r;
	const struct drive_record *drive = &list.items[0];
	(void)snprintf(looking->id, sizeof(looking->id), "D%" PRId64, drive->id);
	(void)snprintf(looking->serial, sizeof(looking->serial), "%s", drive->identity.serial);
	(void)snprintf(looking->wwn, sizeof(looking->wwn), "%s", drive->identity.wwn);
	*end = (struct drive_end){ .document = json_object(), .proven = true };
	looking->steps = json_array();
	r = json_put(end->document, "steps", looking->steps);
	looking->certificates = json_array();
	if (r == 0)
		r = json_put(end->document, "certificates", looking->certificates);
	if (r == 0)
		r = put_drive(drive, looking->id, end->document);
	return r < 0 ? error_no_memory(error) : 0;
}

/* By the records, which nobody can change unseen. */
static int put_verdict(const struct looking *looking, struct drive_end *end)
{
	end->ended = has_left(looking->custody);
	end->proven = end->proven && end->ended;
	int r = json_put_integer(end->document, "ended", end->ended);
	return r == 0 ? json_put_integer(end->document, "proven", end->proven) : r;
}

static int finish(
	const struct walk *walk, int64_t now_utc_ms, struct drive_end *ends, struct error *error)
{
	AUTO_FINDINGS struct finding_list findings = { 0 };
	int r = reconcile_findings(walk->reconcile, now_utc_ms, &findings, error);
	for (size_t i = 0; r == 0 && i < walk->count; i++)
		if (put_findings(&walk->drives[i], &findings, now_utc_ms, &ends[i]) < 0 ||
			put_verdict(&walk->drives[i], &ends[i]) < 0)
			r = error_no_memory(error);
	return r;
}

int drive_ends_of_store(struct store *store, const int64_t *drive_ids, size_t count,
	int64_t now_utc_ms, struct drive_end *ret, struct error *error)
{
	CLEANUP(walk_free) struct walk walk = { 0 };
	uint64_t size = 0;
	walk.drives = calloc(count + 1, sizeof(*walk.drives));
	if (!walk.drives)
		return error_no_memory(error);
	int r = reconcile_begin(&walk.reconcile, error);
	for (; r == 0 && walk.count < count; walk.count++)
		r = begin(store, drive_ids[walk.count], &walk.drives[walk.count], &ret[walk.count],
			error);
	if (r == 0)
		r = audit_walk(store, look, &walk, &size, error);
	if (r < 0)
		return r;
	reconcile_size(walk.reconcile, size);
	return finish(&walk, now_utc_ms, ret, error);
}
