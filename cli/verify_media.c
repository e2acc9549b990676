/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify media`: read a drive back and compare with what its certificate says. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/inventory_keys.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "cli/stop.h"
#include "cli/verify.h"
#include "cli/verify_remains.h"
#include "device/probe/probe.h"
#include "inventory/assets/drives.h"
#include "inventory/assets/key_copies.h"
#include "inventory/scan/scan.h"
#include "verify/media/media.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define RANGES_SHOWN 10

/* The pass as the shared progress shows it. */
struct watcher {
	struct progress *progress;
	struct run_progress line;
	int64_t start_ms;
};

static bool show(void *context, const struct pass_progress *pass)
{
	struct watcher *watcher = context;
	int64_t elapsed_ms = clock_monotonic_ms() - watcher->start_ms;
	watcher->line.done_bytes = pass->done_bytes;
	watcher->line.total_bytes = pass->total_bytes;
	watcher->line.bad_bytes = pass->bad_bytes;
	watcher->line.stalled = pass->stalled;
	watcher->line.progress = -1;
	watcher->line.seconds_left = -1;
	if (elapsed_ms > 0)
		watcher->line.bytes_per_second =
			(uint64_t)((double)pass->done_bytes * 1000 / (double)elapsed_ms);
	if (watcher->line.bytes_per_second > 0)
		watcher->line.seconds_left = (int64_t)((pass->total_bytes - pass->done_bytes) /
						       watcher->line.bytes_per_second);
	progress_show(watcher->progress, &watcher->line, 1);
	return *stop_flag() == 0;
}

/* Nothing less than every byte that was to be read, read and equal. */
static bool agrees(const struct media_check *check)
{
	return check->end == PASS_COMPLETE && check->bad_count == 0 && check->total_bytes > 0 &&
	       check->equal_bytes == check->total_bytes;
}

static int read_drive(const struct invocation *invocation, const struct drive *drive,
	const struct checked *checked, struct media_check *ret, struct error *error)
{
	const struct verify_options *options = invocation->values;
	char label[IDENTITY_LABEL_MAX];
	struct engine_options engine;
	int r = settings_engine(&invocation->config, 1, &engine, error);
	if (r < 0)
		return r;
	struct progress *progress CLEANUP(cleanup_progress_close) = progress_open(stderr, 1);
	identity_label(&drive->identity, label);
	struct watcher watcher = {
		.progress = progress,
		.line = { .job_id = "",
			.label = label,
			.serial = drive->identity.serial,
			.step = 1,
			.step_count = 1,
			.method = "read-back" },
		.start_ms = clock_monotonic_ms(),
	};
	stop_install();
	return media_check_drive(drive, checked->report.certificate,
		options->sample ? VERIFICATION_SAMPLE : VERIFICATION_FULL, &engine, show, &watcher,
		ret, error);
}

static void print_range(const struct bad_range *range)
{
	char size[FORMAT_SIZE];
	format_bytes_exact(range->range.length_bytes, size);
	switch (range->kind) {
	case BAD_MISMATCH:
		output_line(stdout, _("  differs from byte %" PRIu64 " on: %s"),
			range->range.offset_bytes, size);
		return;
	case BAD_UNREADABLE:
	case BAD_UNWRITABLE:
		output_line(stdout, _("  unreadable from byte %" PRIu64 " on: %s (%s)"),
			range->range.offset_bytes, size, strerror(range->errnum));
		return;
	}
}

static void print_text(const struct drive *drive, const struct media_check *check, bool sample)
{
	char label[IDENTITY_LABEL_MAX], equal[FORMAT_SIZE], total[FORMAT_SIZE];
	identity_label(&drive->identity, label);
	format_bytes_exact(check->equal_bytes, equal);
	format_bytes_exact(check->total_bytes, total);
	if (agrees(check))
		output_line(stdout, "%s: %s", _("PROVEN"),
			sample ? _("the sample read holds exactly what the certificate says")
			       : _("the drive holds exactly what the certificate says"));
	else
		output_line(stdout, "%s: %s", _("NOT PROVEN"),
			check->end == PASS_COMPLETE
				? _("the drive does not hold what the certificate says")
				: _("the reading did not come to its end"));
	output_line(stdout, "  %s", label);
	output_line(stdout, _("  equal: %s of %s"), equal, total);
	for (size_t i = 0; i < check->bad_count && i < RANGES_SHOWN; i++)
		print_range(&check->bad[i]);
	if (check->bad_count > RANGES_SHOWN)
		output_line(stdout, _("  … and %zu more ranges"), check->bad_count - RANGES_SHOWN);
	if (!agrees(check))
		output_line(stdout, "  → %s",
			check->end == PASS_COMPLETE
				? _("Keep the drive locked away, and wipe it again.")
				: _("Start the reading again."));
}

static json_t *range_json(const struct bad_range *range)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "range", bad_kind_name(range->kind)) < 0 ||
		json_put_integer(json, "offset_bytes", (int64_t)range->range.offset_bytes) < 0 ||
		json_put_integer(json, "length_bytes", (int64_t)range->range.length_bytes) < 0 ||
		json_put_integer(json, "errno", range->errnum) < 0)
		return NULL;
	return json_incref(json);
}

static int print_json(const struct drive *drive, const struct checked *checked,
	const struct media_check *check, bool sample, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	AUTO_JSON json_t *ranges = json_array();
	if (!json || !ranges)
		return error_no_memory(error);
	for (size_t i = 0; i < check->bad_count; i++)
		if (json_push(ranges, range_json(&check->bad[i])) < 0)
			return error_no_memory(error);
	if (json_put(json, "certificate", verify_json(checked)) < 0 ||
		json_put(json, "identity", describe_identity_json(&drive->identity)) < 0 ||
		json_put_string(json, "coverage",
			verification_name(sample ? VERIFICATION_SAMPLE : VERIFICATION_FULL)) < 0 ||
		json_put_integer(json, "agrees", agrees(check)) < 0 ||
		json_put_string(json, "end", pass_end_name(check->end)) < 0 ||
		json_put_integer(json, "total_bytes", (int64_t)check->total_bytes) < 0 ||
		json_put_integer(json, "equal_bytes", (int64_t)check->equal_bytes) < 0 ||
		json_put(json, "ranges", json_incref(ranges)) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

static int check_certificate(
	const struct invocation *invocation, struct checked *checked, struct error *error)
{
	const struct verify_options *options = invocation->values;
	if (!options->certificate[0]) {
		error_set(error, ERROR_USAGE, EINVAL, "certificate-missing",
			_("A drive is checked against its certificate."));
		return error_next(error, _("Name it with --certificate FILE."));
	}
	struct verify_anchors anchors CLEANUP(verify_anchors_close) = { 0 };
	int r = verify_anchors_open(invocation, &anchors, error);
	if (r == 0)
		r = verify_check_file(invocation, &anchors, options->certificate, checked, error);
	if (r < 0)
		return r;
	if (checked->unread.kind != ERROR_NONE) {
		*error = checked->unread;
		return -EBADMSG;
	}
	if (verify_is_proven(checked))
		return 0;
	if (verify_is_valid(checked))
		error_set(error, ERROR_FAILED, EBADMSG, "certificate-not-proven",
			_("The certificate %s says itself that the drive was not proven erased."),
			options->certificate);
	else
		error_set(error, ERROR_FAILED, EBADMSG, "certificate-invalid",
			_("The certificate %s is not valid."), options->certificate);
	return error_next(
		error, _("See why with: haiki verify certificate %s"), options->certificate);
}

static bool differs(const struct media_check *check)
{
	for (size_t i = 0; i < check->bad_count; i++)
		if (check->bad[i].kind == BAD_MISMATCH)
			return true;
	return false;
}

/* A header whose keys a job destroyed, back from a copy? */
static int look_for_keys(
	struct store *store, const struct drive *drive, int64_t now_utc_ms, struct error *error)
{
	AUTO_SIGNATURES struct signature_list signatures = { 0 };
	size_t count = 0;
	int r = probe_signatures(drive->fd, PROBE_PATIENT_MS, &signatures, error);
	if (r == 0)
		r = key_copies_look(
			store, &drive->identity, &signatures, now_utc_ms, &count, error);
	if (count > 0)
		describe_key_copies(&drive->identity);
	return r;
}

/* Where this host keeps an inventory that knows the drive, its certificate stands no longer: else the
 * drive could still be handed over by it. An auditor's host has none, and gets none. */
static void record_difference(const struct invocation *invocation, const struct drive *drive)
{
	struct error error = { 0 };
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct clock_reading now;
	if (access(invocation->config.store, F_OK) < 0)
		return;
	clock_read(&now);
	int r = store_open(invocation->config.store, STORE_WRITE, &store, &error);
	int known = r;
	if (r == 0)
		r = known = drives_note_difference(
			store, &drive->identity, "verify media", now.utc_ms, &error);
	if (r >= 0)
		r = look_for_keys(store, drive, now.utc_ms, &error);
	if (known > 0)
		output_line(stderr, "%s",
			_("haiki: Recorded: what proved this drive sanitized does so no longer."));
	if (r < 0)
		output_error(&error); /* the difference itself is told all the same */
}

/* What the drive itself erased is looked at, not compared. */
static enum error_kind verify_remains(const struct invocation *invocation,
	const struct drive *drive, const struct checked *checked, struct error *error)
{
	struct media_remains remains = { 0 };
	int r = media_check_remains(drive, checked->report.certificate, &remains, error);
	if (r < 0)
		return command_failed(error);
	if (!media_remains_nothing(&remains) &&
		(remains.markers.remaining > 0 || remains.residue.count > 0))
		record_difference(invocation, drive);
	if (invocation->json)
		r = verify_remains_json(drive, checked, &remains, error);
	else
		verify_remains_print(drive, &remains);
	if (r < 0)
		return command_failed(error);
	return media_remains_nothing(&remains) ? ERROR_NONE : ERROR_FAILED;
}

static enum error_kind media_code(const struct media_check *check)
{
	if (agrees(check))
		return ERROR_NONE;
	return check->end == PASS_CANCELLED ? ERROR_INTERRUPTED : ERROR_FAILED;
}

enum error_kind verify_media(const struct invocation *invocation, struct error *error)
{
	const struct verify_options *options = invocation->values;
	struct checked checked CLEANUP(checked_free) = { 0 };
	struct media_check check CLEANUP(media_check_free) = { 0 };
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	char path[256];
	if (check_certificate(invocation, &checked, error) < 0 ||
		scan_resolve(NULL, invocation->arguments[0], path, sizeof(path), error) < 0 ||
		drive_open(path, DRIVE_CLAIM_READ, &drive, error) < 0)
		return command_failed(error);
	if (media_means_of(checked.report.certificate) == MEDIA_MEANS_REMAINS)
		return verify_remains(invocation, drive, &checked, error);
	if (read_drive(invocation, drive, &checked, &check, error) < 0)
		return command_failed(error);
	if (differs(&check))
		record_difference(invocation, drive);
	int r = 0;
	if (invocation->json)
		r = print_json(drive, &checked, &check, options->sample, error);
	else
		print_text(drive, &check, options->sample);
	return r < 0 ? command_failed(error) : media_code(&check);
}
