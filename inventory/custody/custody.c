/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing custody: what the table allows, with what it takes, as one event in one transaction. */
#include "inventory/custody/custody.h"

#include "base/text.h"
#include "inventory/assets/drive_labels.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/holds.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The drive as it is before the change. */
struct before {
	int64_t id;
	enum custody custody;
	struct drive_identity identity; /* serial, WWN, model and name only */
	char zone[64], tenant[64], service_code[64];
	char site[64], rack[64], slot[64];
};

static bool is_given(const char *text)
{
	return text && text[0] != '\0';
}

static int copy_before(const struct store_rows *rows, struct before *ret, struct error *error)
{
	const struct {
		char *text;
		size_t size;
	} texts[] = {
		{ ret->identity.wwn, sizeof(ret->identity.wwn) },
		{ ret->identity.serial, sizeof(ret->identity.serial) },
		{ ret->identity.model, sizeof(ret->identity.model) },
		{ ret->identity.name, sizeof(ret->identity.name) },
		{ ret->zone, sizeof(ret->zone) },
		{ ret->tenant, sizeof(ret->tenant) },
		{ ret->service_code, sizeof(ret->service_code) },
		{ ret->site, sizeof(ret->site) },
		{ ret->rack, sizeof(ret->rack) },
		{ ret->slot, sizeof(ret->slot) },
	};
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		int r = store_copy_text(rows, i + 1, texts[i].text, texts[i].size, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_before(struct store *store, int64_t id, struct before *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(id) };
	*ret = (struct before){ .id = id };
	int r = drive_check_known(store, id, error);
	if (r == 0)
		r = store_query(store,
			"SELECT custody, wwn, serial, model, name, zone, tenant, service_code,"
			" site, rack, slot FROM drive WHERE id = $1",
			values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	ret->custody = custody_parse(store_text(rows, 0));
	if (ret->custody == CUSTODY_UNKNOWN)
		return store_error_corrupt(store, "drive.custody", error);
	return copy_before(rows, ret, error);
}

/* -- what it takes -- */

static int check_order(const struct before *before, enum custody to, struct error *error)
{
	char label[IDENTITY_LABEL_MAX], next[CUSTODY_NEXT_MAX];
	if (custody_allows(before->custody, to))
		return 0;
	identity_label(&before->identity, label);
	custody_next(before->custody, next);
	int r = error_set(error, ERROR_REFUSED, EPERM, "custody-order",
		_("D%" PRId64 ", %s: from \"%s\" a drive does not become \"%s\""), before->id,
		label, custody_name(before->custody), custody_name(to));
	/* Past a proof, and a wipe is the way to one. */
	if (custody_allows(before->custody, CUSTODY_SANITIZING) &&
		custody_allows(CUSTODY_SANITIZED, to))
		error_next(error,
			_("It may become: %s. A wipe records the steps to \"sanitized\": haiki "
			  "wipe run "
			  "D%" PRId64),
			next, before->id);
	else if (next[0])
		error_next(error, _("It may become: %s."), next);
	else
		error_next(error, _("Nothing comes after \"%s\"."), custody_name(before->custody));
	return r;
}

static int error_incomplete(const char *what, struct error *error)
{
	int r = error_set(error, ERROR_USAGE, EINVAL, "custody-incomplete", "%s", what);
	error_next(error, _("See: haiki inventory custody --help"));
	return r;
}

static int check_complete(const struct custody_change *change, struct error *error)
{
	bool leaves = change->to == CUSTODY_RETURNED || change->to == CUSTODY_DISPOSED;
	if (!is_given(change->reason))
		return error_incomplete(_("Say why, with --reason"), error);
	if (leaves && !is_given(change->receiver))
		return error_incomplete(_("Say who took the drive, with --receiver"), error);
	if (change->to == CUSTODY_DESTROYED && !is_given(change->witness))
		return error_incomplete(
			_("Say who saw the drive destroyed, and how, with --witness"), error);
	if (custody_needs_proof(change->to) && !is_given(change->certificate))
		return error_incomplete(_("A certificate that proves it is missing"), error);
	if (is_given(change->to_zone) && change->to != CUSTODY_REUSED)
		return error_incomplete(
			_("A drive changes its zone when it is reused, and not otherwise"), error);
	return 0;
}

static int check_hold(
	struct store *store, const struct before *before, enum custody to, struct error *error)
{
	struct hold hold;
	if (!custody_ends_evidence(to))
		return 0;
	int r = drives_hold(store, &before->identity, &hold, error);
	if (r <= 0)
		return r;
	char label[IDENTITY_LABEL_MAX];
	identity_label(&before->identity, label);
	r = error_set(error, ERROR_WAITING, EPERM, "hold-stands",
		_("D%" PRId64 ", %s: the legal hold H%" PRId64 " forbids \"%s\""), before->id,
		label, hold.id, custody_name(to));
	error_next(error,
		_("Keep the drive locked away. Who may lift it: haiki inventory show H%" PRId64),
		hold.id);
	return r;
}

/* -- the change -- */

static int put_given(json_t *detail, const char *key, const char *value, struct error *error)
{
	if (!is_given(value) || json_put_string(detail, key, value) == 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "label-malformed",
		_("\"%s\" is no valid text (UTF-8)"), value);
}

static int append_event(struct store *store, const struct before *before,
	const struct custody_change *change, const char *job_id, const char *zone,
	int64_t now_utc_ms, struct error *error)
{
	bool reused = change->to == CUSTODY_REUSED;
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "from", custody_name(before->custody) },
		{ "to", custody_name(change->to) },
		{ "reason", change->reason },
		{ "ticket", change->ticket },
		{ "receiver", change->receiver },
		{ "witness", change->witness },
		{ "certificate", change->certificate },
		{ "job", job_id },
		{ "zone", zone },
		{ "zone_before", strcmp(zone, before->zone) != 0 ? before->zone : NULL },
		{ "tenant_before", reused ? before->tenant : NULL },
		{ "service_code_before", reused ? before->service_code : NULL },
		{ "site", change->site ? change->site : before->site },
		{ "rack", change->rack ? change->rack : before->rack },
		{ "slot", change->slot ? change->slot : before->slot },
	};
	AUTO_JSON json_t *detail = json_object();
	if (!detail)
		return error_no_memory(error);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int r = put_given(detail, texts[i].key, texts[i].value, error);
		if (r < 0)
			return r;
	}
	const struct subject subject = { SUBJECT_DRIVE, before->id };
	const struct event event = { "custody", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* Where it is now. A drive that is gone stands nowhere, so that its slot is free for the next. */
static int move(struct store *store, int64_t id, const struct custody_change *change,
	int64_t now_utc_ms, struct error *error)
{
	bool gone = change->to == CUSTODY_RETURNED || change->to == CUSTODY_DISPOSED ||
		    change->to == CUSTODY_DESTROYED;
	const struct drive_facts facts = {
		.site = gone ? "" : change->site,
		.rack = gone ? "" : change->rack,
		.slot = gone ? "" : change->slot,
	};
	return drives_describe(store, id, &facts, now_utc_ms, error);
}

static int update(struct store *store, const struct before *before, enum custody to,
	const char *zone, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(before->id),
		STORE_STRING(custody_name(to)),
		STORE_STRING(zone),
	};
	int r = store_execute(store, "UPDATE drive SET custody = $2, zone = $3 WHERE id = $1",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0 && to == CUSTODY_REUSED)
		r = store_execute(store,
			"UPDATE drive SET tenant = '', service_code = '' WHERE id = $1", values, 1,
			NULL, error);
	const struct store_value leaving[] = { STORE_INT(before->id), STORE_INT(now_utc_ms) };
	if (r == 0 && to == CUSTODY_SANITIZED)
		r = store_execute(store,
			"UPDATE stands_on SET left_utc_ms = $2 WHERE lower_kind = 'drive'"
			" AND lower_id = $1 AND left_utc_ms IS NULL",
			leaving, ARRAY_SIZE(leaving), NULL, error);
	return r;
}

static int apply(struct store *store, const struct before *before,
	const struct custody_change *change, const char *job_id, int64_t now_utc_ms,
	struct custody_changed *ret, struct error *error)
{
	const char *zone = is_given(change->to_zone) ? change->to_zone : before->zone;
	int r = drive_check_label(zone, sizeof(ret->zone), error);
	if (r == 0)
		r = append_event(store, before, change, job_id, zone, now_utc_ms, error);
	if (r == 0)
		r = update(store, before, change->to, zone, now_utc_ms, error);
	if (r == 0)
		r = move(store, before->id, change, now_utc_ms, error);
	if (r < 0)
		return r;
	ret->from = before->custody;
	ret->to = change->to;
	(void)snprintf(ret->zone, sizeof(ret->zone), "%s", zone);
	return 0;
}

int custody_check(struct store *store, int64_t drive_id, enum custody to, struct error *error)
{
	struct before before = { 0 };
	int r = read_before(store, drive_id, &before, error);
	if (r == 0)
		r = check_order(&before, to, error);
	return r < 0 ? r : check_hold(store, &before, to, error);
}

static int change_checked(struct store *store, int64_t id, const struct custody_change *change,
	int64_t now_utc_ms, struct custody_changed *ret, struct error *error)
{
	struct before before = { 0 };
	int r = read_before(store, id, &before, error);
	if (r == 0)
		r = check_order(&before, change->to, error);
	if (r == 0)
		r = check_complete(change, error);
	if (r == 0)
		r = check_hold(store, &before, change->to, error);
	return r < 0 ? r : apply(store, &before, change, NULL, now_utc_ms, ret, error);
}

int custody_change(struct store *store, int64_t drive_id, const struct custody_change *change,
	int64_t now_utc_ms, struct custody_changed *ret, struct error *error)
{
	struct custody_changed changed = { 0 };
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(
		store, change_checked(store, drive_id, change, now_utc_ms, &changed, error), error);
	if (r == 0)
		*ret = changed;
	return r;
}

/* -- what jobs do -- */

static int note_begun(struct store *store, int64_t id, const char *job_id, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (json_put_string(detail, "job", job_id) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_DRIVE, id };
	const struct event event = { "wipe-began", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

static int job_begun(struct store *store, const struct drive_identity *identity, const char *job_id,
	const char *ticket, int64_t now_utc_ms, struct error *error)
{
	struct before before = { 0 };
	struct custody_changed ignored = { 0 };
	int64_t id = 0;
	int r = drives_id_of(store, identity, &id, error);
	if (r < 0 || id == 0)
		return r;
	r = note_begun(store, id, job_id, now_utc_ms, error);
	if (r == 0)
		r = read_before(store, id, &before, error);
	if (r < 0 || !custody_allows(before.custody, CUSTODY_SANITIZING))
		return r;
	const struct custody_change change = { .to = CUSTODY_SANITIZING, .ticket = ticket };
	return apply(store, &before, &change, job_id, now_utc_ms, &ignored, error);
}

int custody_job_begun(struct store *store, const struct drive_identity *identity,
	const char *job_id, const char *ticket, int64_t now_utc_ms, struct error *error)
{
	int r = store_begin(store, error);
	return r < 0 ? r
		     : store_end(store,
			       job_begun(store, identity, job_id, ticket, now_utc_ms, error),
			       error);
}

static int job_failed(struct store *store, const struct drive_identity *identity,
	const char *job_id, int64_t now_utc_ms, struct error *error)
{
	struct before before = { 0 };
	struct custody_changed ignored = { 0 };
	int64_t id = 0;
	int r = drives_id_of(store, identity, &id, error);
	if (r < 0 || id == 0)
		return r;
	r = read_before(store, id, &before, error);
	if (r < 0 || before.custody != CUSTODY_SANITIZING)
		return r;
	const struct custody_change change = { .to = CUSTODY_FAILED };
	return apply(store, &before, &change, job_id, now_utc_ms, &ignored, error);
}

int custody_job_failed(struct store *store, const struct drive_identity *identity,
	const char *job_id, int64_t now_utc_ms, struct error *error)
{
	int r = store_begin(store, error);
	return r < 0 ? r
		     : store_end(store, job_failed(store, identity, job_id, now_utc_ms, error),
			       error);
}

/* By which event a job began on a drive: its first, or its last; 0: no event says so. */
static int read_began(struct store *store, int64_t drive_id, const char *job_id, bool first,
	int64_t *ret, struct error *error)
{
	char pattern[64];
	(void)snprintf(pattern, sizeof(pattern), "%%\"job\":\"%s\"%%", job_id);
	const struct store_value values[] = { STORE_INT(drive_id), STORE_STRING(pattern) };
	return drive_query_integer(store,
		first ? "SELECT coalesce(min(id), 0) FROM event WHERE target_kind = 'drive'"
			" AND target_id = $1 AND action = 'wipe-began' AND detail LIKE $2"
		      : "SELECT coalesce(max(id), 0) FROM event WHERE target_kind = 'drive'"
			" AND target_id = $1 AND action = 'wipe-began' AND detail LIKE $2",
		values, ARRAY_SIZE(values), 0, ret, error);
}

int custody_wiped_since_service(
	struct store *store, int64_t drive_id, const char *job_id, struct error *error)
{
	int64_t service = 0, began = 0;
	const struct store_value values[] = { STORE_INT(drive_id) };
	int r = drive_query_integer(store,
		"SELECT coalesce(max(id), 0) FROM event WHERE target_kind = 'drive'"
		" AND target_id = $1 AND (action = 'contents-seen' OR (action = 'custody'"
		" AND (detail LIKE '%\"to\":\"in-service\"%'"
		" OR detail LIKE '%\"to\":\"reused\"%')))",
		values, ARRAY_SIZE(values), 0, &service, error);
	if (r < 0 || service == 0)
		return r < 0 ? r : 1;
	r = read_began(store, drive_id, job_id, true, &began, error);
	return r < 0 ? r : began > service;
}

int custody_began_after(struct store *store, int64_t drive_id, const char *job_id,
	const char *other_job_id, struct error *error)
{
	int64_t one = 0, other = 0;
	int r = read_began(store, drive_id, job_id, false, &one, error);
	if (r == 0)
		r = read_began(store, drive_id, other_job_id, false, &other, error);
	return r < 0 ? r : one > other;
}
