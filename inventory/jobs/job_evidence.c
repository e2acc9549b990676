/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence: appended in one transaction each, numbered without gaps, chained by digests; read back
 * only when the whole chain holds. Nothing here changes or removes what was appended. */
#include "inventory/jobs/jobs.h"

#include "base/digest.h"
#include "base/text.h"
#include "inventory/jobs/job_documents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The end of a job's chain: the last event's number and digest, or 0 and the job's digest. */
struct chain_end {
	int64_t seq;
	char digest[SHA256_HEX_SIZE];
};

/* SHA-256 over the digest before and the event's text. */
static int chain_digest(const char *before, const char *text, char ret[static SHA256_HEX_SIZE])
{
	AUTO_BUFFER struct buffer both = BUFFER_INIT(JSON_MAX_BYTES + SHA256_HEX_SIZE);
	int r = buffer_append_text(&both, before);
	if (r == 0)
		r = buffer_append_text(&both, text);
	return r < 0 ? r : digest_sha256_hex(both.data, both.length, ret);
}

static int read_chain_end(
	struct store *store, const char *id, struct chain_end *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(id) };
	int r = store_query(store,
		"SELECT j.digest, e.seq, e.digest FROM job j LEFT JOIN evidence e ON e.job_id = "
		"j.id"
		" AND e.seq = (SELECT max(l.seq) FROM evidence l WHERE l.job_id = $1)"
		" WHERE j.id = $1",
		values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return job_error_unknown(store, id, error);
	ret->seq = store_integer(rows, 1);
	return store_copy_text(rows, ret->seq > 0 ? 2 : 0, ret->digest, sizeof(ret->digest), error);
}

static int error_malformed(const char *id, int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, EINVAL, "event-malformed",
		_("An event of job %s cannot be recorded: it is no valid document"), id);
}

static int stamp(json_t *event, int64_t seq, int64_t now_utc_ms, struct buffer *text)
{
	char utc[CLOCK_TEXT_SIZE];
	clock_format(now_utc_ms, utc);
	int r = json_put_integer(event, "seq", seq);
	if (r == 0)
		r = json_put_string(event, "utc", utc);
	return r < 0 ? r : json_write_canonical(event, text);
}

static int append(struct store *store, const char *id, const char *kind, json_t *event,
	int64_t now_utc_ms, struct error *error)
{
	struct chain_end end = { 0 };
	int r = read_chain_end(store, id, &end, error);
	if (r < 0)
		return r;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	r = stamp(event, end.seq + 1, now_utc_ms, &text);
	if (r < 0)
		return error_malformed(id, r, error);
	char digest[SHA256_HEX_SIZE];
	r = chain_digest(end.digest, buffer_text(&text), digest);
	if (r < 0)
		return error_malformed(id, r, error);
	const struct store_value values[] = {
		STORE_STRING(id),
		STORE_INT(end.seq + 1),
		STORE_INT(now_utc_ms),
		STORE_STRING(kind),
		STORE_STRING(buffer_text(&text)),
		STORE_STRING(digest),
	};
	return store_execute(store,
		"INSERT INTO evidence (job_id, seq, utc_ms, kind, event, digest)"
		" VALUES ($1, $2, $3, $4, $5, $6)",
		values, ARRAY_SIZE(values), NULL, error);
}

int jobs_append(
	struct store *store, const char *id, json_t *event, int64_t now_utc_ms, struct error *error)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	if (!kind)
		return error_malformed(id, -EINVAL, error);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = job_check_writer(store, id, error);
	if (r == 0)
		r = append(store, id, kind, event, now_utc_ms, error);
	return store_end(store, r, error);
}

static int error_chain(const struct store *store, const char *id, int64_t seq, struct error *error)
{
	char reading[96];
	(void)snprintf(reading, sizeof(reading), _("event %lld of job %s"), (long long)seq, id);
	return store_error_corrupt(store, reading, error);
}

/* One row: number, kind, text, digest. The chain moves on to it. */
static int take_event(struct store *store, const char *id, const struct store_rows *rows,
	struct chain_end *end, json_t *events, struct error *error)
{
	const char *text = store_text(rows, 2);
	char digest[SHA256_HEX_SIZE];
	int r = chain_digest(end->digest, text, digest);
	if (r == -ENOMEM)
		return error_no_memory(error);
	end->seq++;
	if (r < 0 || store_integer(rows, 0) != end->seq || strcmp(digest, store_text(rows, 3)) != 0)
		return error_chain(store, id, end->seq, error);
	memcpy(end->digest, digest, sizeof(digest));

	json_t *event = NULL;
	r = json_parse_canonical(text, strlen(text), id, &event, NULL);
	if (r < 0)
		return r == -ENOMEM ? error_no_memory(error)
				    : error_chain(store, id, end->seq, error);
	const char *kind = json_string_value(json_object_get(event, "kind"));
	bool fits = kind && strcmp(kind, store_text(rows, 1)) == 0 &&
		    json_integer_value(json_object_get(event, "seq")) == end->seq;
	r = json_push(events, event);
	if (r < 0)
		return error_no_memory(error);
	return fits ? 0 : error_chain(store, id, end->seq, error);
}

static int read_events(struct store *store, const char *id, struct chain_end *end, json_t *events,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(id) };
	int r = store_query(store,
		"SELECT seq, kind, event, digest FROM evidence WHERE job_id = $1 ORDER BY seq",
		values, 1, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = take_event(store, id, rows, end, events, error);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_job_digest(
	struct store *store, const char *id, struct chain_end *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(id) };
	int r = store_query(store, "SELECT digest FROM job WHERE id = $1", values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return job_error_unknown(store, id, error);
	return store_copy_text(rows, 0, ret->digest, sizeof(ret->digest), error);
}

int jobs_evidence(struct store *store, const char *id, json_t **ret, struct error *error)
{
	struct chain_end end = { 0 };
	int r = read_job_digest(store, id, &end, error);
	if (r < 0)
		return r;
	AUTO_JSON json_t *events = json_array();
	if (!events)
		return error_no_memory(error);
	r = read_events(store, id, &end, events, error);
	if (r < 0)
		return r;
	*ret = json_incref(events);
	return 0;
}
