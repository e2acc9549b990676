/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal of a job: who works on it and how far it has come. The one part of a job that is
 * replaced and not appended. */
#include "inventory/jobs/jobs.h"

#include "base/text.h"
#include "inventory/jobs/job_documents.h"
#include "inventory/jobs/owner.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* rests: the last event says that the job is interrupted; then nobody has it, also while the process
 * that had it lives on. */
static int read_owner(struct store *store, const char *id, struct owner *ret, bool *ret_rests,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(id) };
	int r = store_query(store,
		"SELECT n.owner_boot_id, n.owner_pid, n.owner_start_ticks,"
		" (SELECT e.kind FROM evidence e WHERE e.job_id = $1 ORDER BY e.seq DESC LIMIT 1)"
		" FROM journal n WHERE n.job_id = $1",
		values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return job_error_unknown(store, id, error);
	ret->pid = store_integer(rows, 1);
	ret->start_ticks = store_integer(rows, 2);
	*ret_rests = strcmp(store_text(rows, 3), "interrupted") == 0;
	return store_copy_text(rows, 0, ret->boot_id, sizeof(ret->boot_id), error);
}

static int error_running(const char *id, const struct owner *owner, struct error *error)
{
	int r = error_set(error, ERROR_REFUSED, EBUSY, "job-running",
		_("Job %s is already being worked on by process %" PRId64), id, owner->pid);
	error_next(error, _("Watch it with \"haiki wipe watch\", or end that process first."));
	return r;
}

static int own(struct store *store, const char *id, struct error *error)
{
	struct owner self;
	int r = owner_self(NULL, &self);
	if (r < 0)
		return error_set(error, ERROR_REFUSED, -r, "owner-unknown",
			_("Job %s cannot be begun: /proc does not say who this process is"), id);
	struct owner owner = { 0 };
	bool rests = false;
	r = read_owner(store, id, &owner, &rests, error);
	if (r < 0)
		return r;
	if (!rests && !owner_equal(&owner, &self) && owner_lives(&owner, NULL))
		return error_running(id, &owner, error);
	const struct store_value values[] = {
		STORE_STRING(self.boot_id),
		STORE_INT(self.pid),
		STORE_INT(self.start_ticks),
		STORE_STRING(id),
	};
	return store_execute(store,
		"UPDATE journal SET owner_boot_id = $1, owner_pid = $2, owner_start_ticks = $3"
		" WHERE job_id = $4",
		values, ARRAY_SIZE(values), NULL, error);
}

/* Under the write lock from the look to the change, so that of two only one comes through. */
int jobs_own(struct store *store, const char *id, struct error *error)
{
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, own(store, id, error), error);
}

int job_check_writer(struct store *store, const char *id, struct error *error)
{
	struct owner owner = { 0 };
	bool rests = false;
	int r = read_owner(store, id, &owner, &rests, error);
	if (r < 0 || owner.boot_id[0] == '\0')
		return r;
	struct owner self = { 0 };
	if (owner.pid == getpid() && owner_self(NULL, &self) == 0 && owner_equal(&owner, &self))
		return 0;
	return owner_lives(&owner, NULL) ? error_running(id, &owner, error) : 0;
}

int jobs_journal(struct store *store, const char *id, int64_t step, int64_t durable_bytes,
	int64_t total_bytes, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(step),
		STORE_INT(durable_bytes),
		STORE_INT(total_bytes),
		STORE_INT(now_utc_ms),
		STORE_STRING(id),
	};
	int64_t changed = 0;
	int r = store_execute(store,
		"UPDATE journal SET step = $1, durable_bytes = $2, total_bytes = $3, utc_ms = $4"
		" WHERE job_id = $5",
		values, ARRAY_SIZE(values), &changed, error);
	if (r < 0)
		return r;
	return changed == 1 ? 0 : job_error_unknown(store, id, error);
}
