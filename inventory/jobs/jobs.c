/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs: entering, loading and listing them. What state a job is in is worked out each time from what
 * is recorded and from who lives. */
#include "inventory/jobs/jobs.h"

#include "base/digest.h"
#include "base/text.h"
#include "inventory/jobs/job_documents.h"
#include "inventory/jobs/job_drives.h"
#include "inventory/jobs/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One row of a job without its documents. The last four columns decide the state: the kind of the
 * last event, how many there are, how many a certificate covers, and whether one says that more was
 * done than deciding. No sub-query reads more than a few index entries. */
#define SELECT_JOB                                                                                 \
	"SELECT j.id, j.created_utc_ms, n.owner_boot_id, n.owner_pid, n.owner_start_ticks,"        \
	" n.step, n.durable_bytes, n.total_bytes, n.utc_ms,"                                       \
	" (SELECT e.kind FROM evidence e WHERE e.job_id = j.id ORDER BY e.seq DESC LIMIT 1),"      \
	" (SELECT max(e.seq) FROM evidence e WHERE e.job_id = j.id),"                              \
	" (SELECT max(c.evidence_count) FROM certificate c WHERE c.job_id = j.id),"                \
	" (SELECT e.seq FROM evidence e WHERE e.job_id = j.id"                                     \
	"  AND e.kind NOT IN ('created', 'guard', 'plan-refused') ORDER BY e.seq LIMIT 1)"         \
	" FROM job j JOIN journal n ON n.job_id = j.id "

void job_record_free(struct job_record *job)
{
	json_decref(job->subject);
	json_decref(job->reason);
	json_decref(job->people);
	json_decref(job->plan);
	*job = (struct job_record){ 0 };
}

void job_list_free(struct job_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		job_record_free(&list->items[i]);
	free(list->items);
	*list = (struct job_list){ 0 };
}

const char *job_state_name(enum job_state state)
{
	switch (state) {
	case JOB_UNKNOWN:
		return "unknown";
	case JOB_READY:
		return "ready";
	case JOB_RUNNING:
		return "running";
	case JOB_INTERRUPTED:
		return "interrupted";
	case JOB_ENDED:
		return "ended";
	case JOB_CERTIFIED:
		return "certified";
	}
	return "unknown";
}

int job_new_id(int64_t now_utc_ms, char ret[static JOB_ID_SIZE])
{
	/* Douglas Crockford's base 32: no I, L, O, U, so that an id survives being read aloud. */
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t random[6];
	char now[CLOCK_TEXT_SIZE];
	int r = random_bytes(random, sizeof(random));
	if (r < 0)
		return r;
	clock_format(now_utc_ms, now); /* "2026-11-23T…" */
	char word[sizeof(random) + 1] = { 0 };
	for (size_t i = 0; i < sizeof(random); i++)
		word[i] = digits[random[i] & 31];
	(void)snprintf(ret, JOB_ID_SIZE, "J%.4s%.2s%.2s-%s", now, now + 5, now + 8, word);
	return 0;
}

int job_error_unknown(const struct store *store, const char *id, struct error *error)
{
	int r = error_set(error, ERROR_USAGE, ENOENT, "job-unknown",
		_("There is no job \"%s\" in the store %s"), id, store_path(store));
	error_next(error, _("A drive's jobs are listed by: haiki inventory show ID"));
	return r;
}

/* -- entering -- */

static int check_new(const struct job_record *job, struct error *error)
{
	const json_t *const documents[] = { job->subject, job->reason, job->people, job->plan };
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++)
		if (!json_is_object(documents[i]))
			return error_set(error, ERROR_FAILED, EINVAL, "job-malformed",
				_("The job %s cannot be entered: one of its documents is missing"),
				job->id);
	if (job->id[0] == '\0')
		return error_set(error, ERROR_FAILED, EINVAL, "job-malformed",
			_("A job cannot be entered without an id"));
	return 0;
}

static int check_unused(struct store *store, const char *id, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(id) };
	int r = store_query(store, "SELECT 1 FROM job WHERE id = $1", values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r > 0)
		r = error_set(error, ERROR_FAILED, EEXIST, "job-exists",
			_("There is already a job %s in the store %s"), id, store_path(store));
	return r;
}

static int insert(struct store *store, const struct job_record *job, struct error *error)
{
	int r = check_unused(store, job->id, error);
	if (r < 0)
		return r;
	CLEANUP(job_texts_free) struct job_texts texts = { 0 };
	r = job_texts_write(job, &texts, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_STRING(job->id),
		STORE_INT(job->created_utc_ms),
		STORE_STRING(texts.text[0]),
		STORE_STRING(texts.text[1]),
		STORE_STRING(texts.text[2]),
		STORE_STRING(texts.text[3]),
		STORE_STRING(texts.digest),
	};
	r = store_execute(store,
		"INSERT INTO job (id, created_utc_ms, subject, reason, people, plan, digest)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0)
		r = job_drive_enter(store, job->id, job->subject, error);
	if (r < 0)
		return r;
	return store_execute(store,
		"INSERT INTO journal (job_id, owner_boot_id, owner_pid, owner_start_ticks, step,"
		" durable_bytes, total_bytes, utc_ms) VALUES ($1, '', 0, 0, 0, 0, 0, $2)",
		values, 2, NULL, error);
}

int jobs_insert(struct store *store, const struct job_record *job, struct error *error)
{
	int r = check_new(job, error);
	if (r < 0)
		return r;
	r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, insert(store, job, error), error);
}

/* -- state -- */

static bool owned_by_living(const struct job_record *job)
{
	struct owner owner = { .pid = job->owner_pid, .start_ticks = job->owner_start_ticks };
	memcpy(owner.boot_id, job->owner_boot_id, sizeof(owner.boot_id));
	return owner_lives(&owner, NULL);
}

static enum job_state derive_state(const struct job_record *job, const char *last_kind,
	int64_t event_count, int64_t covered_count, bool begun)
{
	if (strcmp(last_kind, "ended") == 0)
		return covered_count >= event_count ? JOB_CERTIFIED : JOB_ENDED;
	/* Who has said so works on it no more, also while it lives. */
	if (strcmp(last_kind, "interrupted") != 0 && owned_by_living(job))
		return JOB_RUNNING;
	return begun ? JOB_INTERRUPTED : JOB_READY;
}

static int read_job(const struct store_rows *rows, struct job_record *job, struct error *error)
{
	int r = store_copy_text(rows, 0, job->id, sizeof(job->id), error);
	if (r == 0)
		r = store_copy_text(rows, 2, job->owner_boot_id, sizeof(job->owner_boot_id), error);
	if (r < 0)
		return r;
	job->created_utc_ms = store_integer(rows, 1);
	job->owner_pid = store_integer(rows, 3);
	job->owner_start_ticks = store_integer(rows, 4);
	job->step = store_integer(rows, 5);
	job->durable_bytes = store_integer(rows, 6);
	job->total_bytes = store_integer(rows, 7);
	job->journal_utc_ms = store_integer(rows, 8);
	job->state = derive_state(job, store_text(rows, 9), store_integer(rows, 10),
		store_integer(rows, 11), store_integer(rows, 12) > 0);
	return 0;
}

/* -- loading -- */

static int read_row(
	struct store *store, const char *id, struct job_record *job, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(id) };
	int r = store_query(store, SELECT_JOB "WHERE j.id = $1", values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return job_error_unknown(store, id, error);
	return read_job(rows, job, error);
}

int jobs_load(struct store *store, const char *id, struct job_record *ret, struct error *error)
{
	AUTO_JOB struct job_record job = { 0 };
	int r = read_row(store, id, &job, error);
	if (r == 0)
		r = job_documents_read(store, &job, error);
	if (r < 0)
		return r;
	*ret = job;
	job = (struct job_record){ 0 };
	return 0;
}

/* Takes the job's place in the list; grown by half. */
static int list_add(
	struct job_list *list, size_t *capacity, const struct job_record *job, struct error *error)
{
	if (list->count == *capacity) {
		size_t larger = *capacity + *capacity / 2 + 16;
		struct job_record *items = reallocarray(list->items, larger, sizeof(*list->items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
		*capacity = larger;
	}
	list->items[list->count++] = *job;
	return 0;
}

static int list_rows(struct store *store, const char *sql, const struct store_value *values,
	size_t count, enum job_state wanted, struct job_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	size_t capacity = 0;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		struct job_record job = { 0 };
		r = read_job(rows, &job, error);
		if (r == 0 && (wanted == JOB_UNKNOWN || job.state == wanted))
			r = list_add(list, &capacity, &job, error);
		if (r < 0)
			return r;
	}
	return r;
}

static int list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, enum job_state wanted, struct job_list *ret, struct error *error)
{
	AUTO_JOBS struct job_list list = { 0 };
	int r = list_rows(store, sql, values, count, wanted, &list, error);
	/* Only now the documents, which never change: nothing is parsed of jobs not wanted. */
	for (size_t i = 0; i < list.count && r == 0; i++)
		r = job_documents_read(store, &list.items[i], error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct job_list){ 0 };
	return 0;
}

int jobs_list(struct store *store, enum job_state wanted, struct job_list *ret, struct error *error)
{
	return list(
		store, SELECT_JOB "ORDER BY j.created_utc_ms, j.id", NULL, 0, wanted, ret, error);
}

int jobs_of_drive(struct store *store, const char *serial, const char *wwn, struct job_list *ret,
	struct error *error)
{
	const struct store_value values[] = { STORE_STRING(serial), STORE_STRING(wwn) };
	return list(store,
		SELECT_JOB "JOIN job_drive d ON d.job_id = j.id WHERE d.serial = $1 AND d.wwn = $2"
			   " ORDER BY j.created_utc_ms, j.id",
		values, ARRAY_SIZE(values), JOB_UNKNOWN, ret, error);
}
