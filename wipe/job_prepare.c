/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a named drive to what is known before anything is decided: looked at, planned, guarded. Writes
 * nothing. */
#include "wipe/job.h"

#include "base/patient.h"
#include "base/text.h"
#include "device/probe/probe.h"
#include "inventory/assets/encryption.h"
#include "inventory/scan/stack.h"

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
	return 0;
}

/* Guarding it, once it is known what is planned: what else that would erase is guarded with it. The
 * same holds of its thread. */
struct guarding {
	char path[256];
	char serial[IDENTITY_TEXT_MAX];
	char store_path[512]; /* the guard reads holds through a connection of its own */
	bool require_serial, outside_vouched, whole_subsystem;
	struct drive_identity expected; /* as it was looked at */
	struct guard_report guard;
	struct error error;
};

static int check_same(
	const struct guarding *guarding, const struct drive *drive, struct error *error)
{
	char label[IDENTITY_LABEL_MAX], why[256] = "";
	if (identity_same(&guarding->expected, &drive->identity, why, sizeof(why)) &&
		guarding->expected.disk_sequence == drive->identity.disk_sequence)
		return 0;
	identity_label(&guarding->expected, label);
	error_set(error, ERROR_REFUSED, ESTALE, "drive-changed",
		_("%s is another drive now than it was a moment ago (%s). Nothing was touched."),
		label, why);
	error_next(error, _("Start again and read the plan once more."));
	return -ESTALE;
}

static int guard_it(void *value)
{
	struct guarding *guarding = value;
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	int result = drive_open(guarding->path, DRIVE_LOOK, &drive, &guarding->error);
	if (result == 0)
		result = check_same(guarding, drive, &guarding->error);
	if (result < 0)
		return result;
	/* Without a store the guard cannot ask for holds, and refuses. */
	if (store_open(guarding->store_path, STORE_READ, &store, NULL) < 0)
		store = NULL;
	const struct guard_subject subject = {
		.drive = drive,
		.expected_serial = guarding->serial,
		.require_serial = guarding->require_serial,
		.store = store,
		.outside_vouched = guarding->outside_vouched,
		.whole_subsystem = guarding->whole_subsystem,
	};
	guard_check(&subject, &guarding->guard);
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

/* What was asked on another thread ended badly: the reason it gave, or that it never gave one. */
static int patience_over(
	int result, const char *path, const struct error *reason, struct error *error)
{
	if (result == -ETIMEDOUT)
		return look_hangs(path, error);
	if (reason->kind == ERROR_NONE)
		return error_set(error, ERROR_FAILED, -result, "thread-start",
			_("A thread could not be started: %s"), strerror(-result));
	if (error)
		*error = *reason;
	return result;
}

static int look_patiently(
	const char *path, uint64_t limit_ms, struct job_preview *ret, struct error *error)
{
	AUTO_FREE struct look *look = calloc(1, sizeof(*look));
	if (!look)
		return error_no_memory(error);
	snprintf(look->path, sizeof(look->path), "%s", path);
	snprintf(look->preview.path, sizeof(look->preview.path), "%s", path);
	const struct patient_question question = {
		.ask = look_at, .drop = look_drop, .size = sizeof(*look), .limit_ms = limit_ms
	};
	int result = patient_ask(&question, look);
	if (result < 0)
		return patience_over(result, path, &look->error, error);
	*ret = look->preview;
	return 0;
}

static int guard_patiently(const struct store *store, const char *expected_serial,
	bool require_serial, const struct job_request *request, uint64_t limit_ms,
	struct job_preview *preview, struct error *error)
{
	AUTO_FREE struct guarding *guarding = calloc(1, sizeof(*guarding));
	if (!guarding)
		return error_no_memory(error);
	guarding->require_serial = require_serial;
	guarding->outside_vouched = request->outside_vouched;
	guarding->whole_subsystem = plan_reaches_siblings(&preview->plan);
	guarding->expected = preview->identity;
	snprintf(guarding->path, sizeof(guarding->path), "%s", preview->path);
	snprintf(guarding->serial, sizeof(guarding->serial), "%s",
		expected_serial ? expected_serial : "");
	snprintf(guarding->store_path, sizeof(guarding->store_path), "%s", store_path(store));
	const struct patient_question question = {
		.ask = guard_it, .size = sizeof(*guarding), .limit_ms = limit_ms
	};
	int result = patient_ask(&question, guarding);
	if (result < 0)
		return patience_over(result, preview->path, &guarding->error, error);
	preview->guard = guarding->guard;
	return 0;
}

int job_prepare(struct store *store, const struct policy *policy, const char *path,
	const char *expected_serial, bool require_serial, const struct job_request *request,
	struct job_preview *ret, struct error *error)
{
	uint64_t limit_ms = request->patience_ms ? request->patience_ms : JOB_PATIENCE_MS;
	AUTO_FREE struct job_preview *preview = calloc(1, sizeof(*preview));
	if (!preview)
		return error_no_memory(error);
	int result = look_patiently(path, limit_ms, preview, error);
	if (result < 0)
		return result;
	ask_encryption(store, preview);
	make_plan(policy, request, preview);
	result = guard_patiently(
		store, expected_serial, require_serial, request, limit_ms, preview, error);
	if (result < 0)
		job_preview_free(preview);
	else
		*ret = *preview;
	return result;
}
