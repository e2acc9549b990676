/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job with its first evidence into the store. Writes nothing to the drive. */
#include "wipe/job.h"

#include "base/text.h"
#include "inventory/assets/drives.h"
#include "verify/judge/evidence.h"
#include "wipe/job_documents.h"

#include <errno.h>
#include <string.h>

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

/* Is this the job of the drive that a new job is for? Other documents are none of our business. Its
 * capacity may have grown since: the older job may be the one that lifted what hid a part of it. */
static bool is_of_drive(const struct job_record *job, const struct drive_identity *identity)
{
	struct drive_identity other;
	char why[128];
	const json_t *document = json_object_get(job->subject, "identity");
	if (!document || identity_from_json(document, &other, NULL) < 0)
		return false;
	other.capacity_bytes = identity->capacity_bytes;
	return identity_same(&other, identity, why, sizeof(why));
}

static bool sets_password(const struct job_record *job)
{
	AUTO_FREE struct plan *plan = calloc(1, sizeof(*plan));
	struct drive_identity identity;
	bool sets = false;
	if (!plan || job_read_documents(job, plan, &identity, NULL) < 0)
		return true; /* nobody can tell */
	for (size_t i = 0; i < plan->step_count; i++)
		sets |= plan->steps[i].method == STEP_ERASE &&
			technique_facts(plan->steps[i].technique)->witness == WITNESS_ATA_SECURITY;
	explicit_bzero(plan, sizeof(*plan));
	return sets;
}

/* A drive that was cut within a security erase is locked by the job's own password as soon as it loses
 * its power. Only that job takes it back; given up, it would leave the drive locked for good. */
static int check_password(
	struct store *store, const struct job_preview *preview, struct error *error)
{
	AUTO_JOBS struct job_list jobs = { 0 };
	char label[IDENTITY_LABEL_MAX];
	const struct ata_abilities *ata = &preview->abilities.ata;
	if (!ata->known || !ata->security_enabled)
		return 0;
	int result = jobs_list(store, JOB_INTERRUPTED, &jobs, error);
	for (size_t i = 0; i < jobs.count && result == 0; i++) {
		const struct job_record *job = &jobs.items[i];
		if (!is_of_drive(job, &preview->identity) || !sets_password(job))
			continue;
		identity_label(&preview->identity, label);
		result = error_set(error, ERROR_REFUSED, EPERM, "password-left",
			_("%s: a password is set on it, and job %s, which was interrupted, may "
			  "have set it. Nothing was touched."),
			label, job->id);
		error_next(error, _("That job takes it away: haiki wipe resume %s"), job->id);
	}
	return result;
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
	bool runs = preview->guard.allowed && preview->plan.step_count > 0;
	int result = drives_record(store, &seen, NULL, error);
	if (result == 0 && runs)
		result = check_password(store, preview, error);
	/* A job that is refused leaves the drive to the one before it. */
	if (result == 0 && runs)
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
