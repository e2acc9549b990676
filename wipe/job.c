/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a named drive to a job in the store. Writes nothing to the drive. */
#include "wipe/job.h"

#include "base/patient.h"
#include "base/text.h"
#include "device/probe/probe.h"
#include "inventory/assets/drives.h"
#include "inventory/assets/encryption.h"
#include "inventory/scan/stack.h"
#include "verify/evidence.h"
#include "wipe/job_documents.h"

#include <errno.h>
#include <string.h>

void job_preview_free(struct job_preview *preview)
{
	if (!preview)
		return;
	signature_list_free(&preview->signatures);
	preview->stack = stack_destroy(preview->stack);
}

/* Looking at a drive, on a thread that may hang with it; so it holds nothing of the caller's. */
struct look {
	char path[256];
	char serial[IDENTITY_TEXT_MAX];
	bool require_serial;
	bool outside_vouched;
	char store_path[512]; /* the guard reads holds through a connection of its own */
	struct job_preview preview;
	struct error error;
};

static void look_drop(void *value)
{
	struct look *look = value;
	job_preview_free(&look->preview);
}

/* For whoever decides: it does not decide itself, the guard asks the kernel anew. */
static void look_at_stack(struct job_preview *preview)
{
	char path[sizeof(preview->path)];
	snprintf(path, sizeof(path), "/dev/%s", preview->identity.name);
	if (stack_of_drive(path, preview->signatures_known ? &preview->signatures : NULL,
		    &preview->stack, &preview->stack_error) < 0)
		preview->stack = NULL;
}

static int look_at(void *value)
{
	struct look *look = value;
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	int result = drive_open(look->path, DRIVE_LOOK, &drive, &look->error);
	if (result < 0)
		return result;
	look->preview.identity = drive->identity;
	look->preview.native = drive->native;
	/* What it carries is for the record; a drive too ill to say may still be wiped. */
	look->preview.signatures_known =
		probe_signatures(drive->fd, PROBE_LIMIT_MS, &look->preview.signatures, NULL) == 0;
	struct transports transports = transports_real(drive->fd, &drive->identity);
	abilities_read(&drive->identity,
		look->preview.signatures_known ? &look->preview.signatures : NULL, &transports,
		&look->preview.abilities);
	look_at_stack(&look->preview);
	/* Without a store the guard cannot ask for holds, and refuses. */
	if (store_open(look->store_path, STORE_READ, &store, NULL) < 0)
		store = NULL;
	const struct guard_subject subject = {
		.drive = drive,
		.expected_serial = look->serial,
		.require_serial = look->require_serial,
		.store = store,
		.outside_vouched = look->outside_vouched,
	};
	guard_check(&subject, &look->preview.guard);
	return 0;
}

static int look_hangs(const char *path, struct error *error)
{
	error_set(error, ERROR_FAILED, ETIMEDOUT, "drive-hangs",
		_("%s does not answer: it hung while it was looked at; nothing was written"), path);
	error_next(error, _("Reseat the drive or take it out and have it destroyed"));
	return -ETIMEDOUT;
}

/* Where what it carries is not known, or the store does not say, its keys are not all there was. */
static void ask_encryption(struct store *store, struct job_preview *preview)
{
	struct encryption found;
	char utc[CLOCK_TEXT_SIZE];
	if (!preview->signatures_known ||
		drives_encrypted_from_first_write(
			store, &preview->identity, &preview->signatures, &found, NULL) < 0 ||
		found.state != ENCRYPTION_STANDS)
		return;
	clock_format(found.utc_ms, utc);
	preview->abilities.encrypted_from_first_write = true;
	(void)snprintf(preview->abilities.encryption_basis,
		sizeof(preview->abilities.encryption_basis), "%s%s%s (%s, %s)", found.basis,
		found.ticket[0] ? ", " : "", found.ticket, found.actor, utc);
}

/* Why there is none stands in the preview, with what was weighed. */
static void make_plan(
	const struct policy *policy, const struct job_request *request, struct job_preview *preview)
{
	const struct plan_subject subject = { .identity = &preview->identity,
		.native = &preview->native,
		.abilities = &preview->abilities,
		.method_for = erase_method_for };
	int result =
		plan_make(policy, &subject, &request->plan, &preview->plan, &preview->plan_error);
	if (result < 0 && preview->plan_error.kind == ERROR_NONE)
		error_set(&preview->plan_error, ERROR_FAILED, -result, "plan",
			_("%s: no plan could be made: %s"), preview->path, strerror(-result));
}

int job_prepare(struct store *store, const struct policy *policy, const char *path,
	const char *expected_serial, bool require_serial, const struct job_request *request,
	struct job_preview *ret, struct error *error)
{
	AUTO_FREE struct look *look = calloc(1, sizeof(*look));
	if (!look)
		return error_no_memory(error);
	look->require_serial = require_serial;
	look->outside_vouched = request->outside_vouched;
	snprintf(look->path, sizeof(look->path), "%s", path);
	snprintf(look->preview.path, sizeof(look->preview.path), "%s", path);
	snprintf(look->serial, sizeof(look->serial), "%s", expected_serial ? expected_serial : "");
	snprintf(look->store_path, sizeof(look->store_path), "%s", store_path(store));
	const struct patient_question question = {
		.ask = look_at,
		.drop = look_drop,
		.size = sizeof(*look),
		.limit_ms = request->patience_ms ? request->patience_ms : JOB_PATIENCE_MS,
	};
	int result = patient_ask(&question, look);
	if (result == -ETIMEDOUT)
		return look_hangs(path, error);
	if (result < 0) {
		if (look->error.kind == ERROR_NONE)
			error_set(&look->error, ERROR_FAILED, -result, "thread-start",
				_("A thread could not be started: %s"), strerror(-result));
		if (error)
			*error = look->error;
		return result;
	}
	ask_encryption(store, &look->preview);
	make_plan(policy, request, &look->preview);
	*ret = look->preview;
	return 0;
}

/* Check an event against the table that its reader will use, and append it. Takes the event. */
static int append(
	struct store *store, const char *id, json_t *event, int64_t now_utc_ms, struct error *error)
{
	if (!event)
		return error_no_memory(error);
	int result = evidence_check_event(event, false, error);
	if (result == 0)
		result = jobs_append(store, id, event, now_utc_ms, error);
	json_decref(event);
	return result;
}

/* What is known when the job is entered: that it was, what the guard saw, and whether it ends here. */
static int append_first_evidence(struct store *store, const struct job_preview *preview,
	const char *id, const struct clock_reading *now, struct error *error)
{
	int result = append(store, id, job_event_created(now), now->utc_ms, error);
	json_t *guard = NULL;
	if (result == 0)
		result = guard_to_json(&preview->guard, &guard) < 0 ? error_no_memory(error) : 0;
	if (result == 0)
		result = append(store, id, guard, now->utc_ms, error);
	bool no_plan = preview->plan.step_count == 0;
	if (result == 0 && no_plan)
		result = append(store, id, job_event_plan_refused(&preview->plan_error),
			now->utc_ms, error);
	if (result == 0 && (no_plan || !preview->guard.allowed))
		result = append(store, id, job_event_ended(now), now->utc_ms, error);
	return result;
}

/* Is this the job of the drive that a new job is for? Other documents are none of our business. */
static bool is_of_drive(const struct job_record *job, const struct drive_identity *identity)
{
	struct drive_identity other;
	char why[128];
	const json_t *document = json_object_get(job->subject, "identity");
	return document && identity_from_json(document, &other, NULL) == 0 &&
	       identity_same(&other, identity, why, sizeof(why));
}

/* Nobody may take an older job up again once a newer one has been at its drive: the drive may be in
 * service by then. */
static int give_up(
	struct store *store, const char *id, const struct clock_reading *now, struct error *error)
{
	static const struct error superseded = { .code = "superseded" };
	AUTO_JSON json_t *evidence = NULL;
	int result = jobs_evidence(store, id, &evidence, error);
	if (result < 0)
		return result;
	const json_t *last = json_array_get(evidence, json_array_size(evidence) - 1);
	const char *kind = json_string_value(json_object_get(last, "kind"));
	if (!kind || strcmp(kind, "interrupted") != 0)
		result = append(store, id, job_event_error(&superseded), now->utc_ms, error);
	if (result == 0)
		result = append(store, id, job_event_ended(now), now->utc_ms, error);
	return result;
}

static int give_up_older(struct store *store, const struct drive_identity *identity,
	const struct clock_reading *now, struct error *error)
{
	static const enum job_state open_states[] = { JOB_READY, JOB_INTERRUPTED };
	int result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(open_states) && result == 0; i++) {
		AUTO_JOBS struct job_list jobs = { 0 };
		result = jobs_list(store, open_states[i], &jobs, error);
		for (size_t j = 0; j < jobs.count && result == 0; j++)
			if (is_of_drive(&jobs.items[j], identity))
				result = give_up(store, jobs.items[j].id, now, error);
	}
	return result;
}

static int enter(struct store *store, const struct job_preview *preview,
	const struct job_record *record, const char *host, const struct clock_reading *now,
	struct error *error)
{
	const struct drive_seen seen = {
		.identity = &preview->identity,
		.native = &preview->native,
		.signatures = preview->signatures_known ? &preview->signatures : NULL,
		.host = host,
		.utc_ms = now->utc_ms,
	};
	int result = drives_record(store, &seen, NULL, error);
	/* A job that is refused leaves the drive to the one before it. */
	if (result == 0 && preview->guard.allowed && preview->plan.step_count > 0)
		result = give_up_older(store, &preview->identity, now, error);
	if (result == 0)
		result = jobs_insert(store, record, error);
	if (result == 0)
		result = append_first_evidence(store, preview, record->id, now, error);
	return result;
}

int job_create(struct store *store, const struct policy *policy, const struct job_preview *preview,
	const struct job_request *request, char ret_id[static JOB_ID_SIZE], struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	struct plan plan = preview->plan;
	int result = plan_seal(&plan, error);
	if (result < 0)
		return result;
	AUTO_JOB struct job_record record = { .created_utc_ms = now.utc_ms };
	result = job_documents(policy, preview, request, &plan, &record);
	if (result == 0)
		result = job_new_id(now.utc_ms, record.id);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "job-create",
			_("The job for %s could not be put together: %s"), preview->path,
			strerror(-result));
	result = store_begin(store, error);
	if (result < 0)
		return result;
	result =
		store_end(store, enter(store, preview, &record, request->host, &now, error), error);
	if (result == 0)
		snprintf(ret_id, JOB_ID_SIZE, "%s", record.id);
	return result;
}

int job_read_documents(const struct job_record *job, struct plan *ret_plan,
	struct drive_identity *ret_identity, struct error *error)
{
	json_t *identity = NULL;
	int result = plan_from_json(job->plan, true, ret_plan, error);
	if (result == 0)
		result = json_get_object(job->subject, "subject", "identity", &identity, error);
	if (result == 0)
		result = identity_from_json(identity, ret_identity, error);
	return result;
}
