/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The re-check: is what the certificate says was written still, or again, on this drive? */
#include "verify/media/media.h"

#include "base/digest.h"
#include "base/text.h"
#include "verify/media/media_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* How often the watcher is told, and how late a wish to stop is noticed. */
#define TICK_MS 200
/* A drive that gives no answer for so long hangs. */
#define STALL_LIMIT_MS 300000

void media_check_free(struct media_check *check)
{
	if (!check)
		return;
	free(check->bad);
	*check = (struct media_check){ 0 };
}

static int check_identity(
	const struct drive *drive, const struct drive_identity *expected, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	char why[256];
	int r;

	if (identity_same(expected, &drive->identity, why, sizeof(why)))
		return 0;
	identity_label(&drive->identity, label);
	r = error_set(error, ERROR_FAILED, ESTALE, "identity-mismatch",
		_("The certificate is about %s (serial %s), and this drive is %s: %s"),
		expected->model, expected->serial, label, why);
	(void)error_next(error, _("Find the drive with that serial, or its own certificate"));
	return r;
}

/* A capacity that was restored is what the drive shows now; the certificate's subject showed less. */
static void restore_capacity(const struct plan *plan, struct drive_identity *expected)
{
	if (plan->steps[0].method == STEP_RESTORE_CAPACITY)
		expected->capacity_bytes = plan->capacity_bytes;
}

int media_read_certificate(const struct drive *drive, const json_t *certificate, struct plan *plan,
	struct error *error)
{
	struct drive_identity expected;
	json_t *subject = NULL, *identity = NULL, *document = NULL;
	int r = json_get_object(certificate, "certificate", "subject", &subject, error);

	if (r == 0)
		r = json_get_object(subject, "subject", "identity", &identity, error);
	if (r == 0)
		r = identity_from_json(identity, &expected, error);
	if (r == 0)
		r = json_get_object(certificate, "certificate", "plan", &document, error);
	if (r == 0)
		r = plan_from_json(document, true, plan, error);
	if (r < 0)
		return r;
	restore_capacity(plan, &expected);
	r = check_identity(drive, &expected, error);
	if (r < 0)
		return r;
	if (plan->capacity_bytes == drive->identity.capacity_bytes &&
		plan->sector_bytes == drive->identity.logical_sector_bytes)
		return 0;
	return error_set(error, ERROR_FAILED, ESTALE, "identity-mismatch",
		_("The drive with serial %s has another capacity or sector size than the plan for "
		  "serial %s"),
		drive->identity.serial, expected.serial);
}

/* The step that wrote what is on the medium; NULL when nobody can tell what that is. */
static const struct plan_step *written_last(const struct plan *plan, struct error *error)
{
	unsigned last = plan_last_destroying(plan);

	if (plan_is_readable(plan, last))
		return &plan->steps[last - 1];
	(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "contents-unknown",
		_("The drive erased itself last: what it holds is not known, and cannot be "
		  "compared"));
	return NULL;
}

/* Fresh places each time, so that nobody can have prepared them. */
static int choose_ranges(enum verification kind, const struct plan *plan, struct byte_range **ret,
	size_t *ret_count, struct error *error)
{
	uint8_t seed[MEDIA_SEED_BYTES];
	int r = random_bytes(seed, sizeof(seed));

	if (r == 0)
		r = media_ranges(
			kind, plan->capacity_bytes, plan->sector_bytes, seed, ret, ret_count);
	if (r < 0)
		return error_set(error, ERROR_FAILED, -r, "media-ranges",
			_("The places to read could not be chosen: %s"), strerror(-r));
	return 0;
}

/* Wait for the end of the pass; its watcher may end it early. */
static int watch(struct engine *engine, struct pass *pass, media_progress *progress, void *context,
	struct error *error)
{
	struct engine_event event = { 0 };
	bool cancelled = false;

	while (event.kind != ENGINE_EVENT_PASS_ENDED) {
		struct pass_progress now;
		int r = engine_wait(engine, TICK_MS, &event);

		if (r < 0 && r != -ETIMEDOUT && r != -EINTR)
			return error_set(error, ERROR_FAILED, -r, "engine-wait",
				_("The I/O engine could not be waited for: %s"), strerror(-r));
		if (r < 0)
			event.kind = ENGINE_EVENT_NONE;
		pass_progress(pass, &now);
		if (progress && !cancelled && !progress(context, &now)) {
			pass_cancel(pass);
			cancelled = true;
		}
	}
	return 0;
}

static int collect(struct pass *pass, struct media_check *check, struct error *error)
{
	struct pass_progress now;

	pass_progress(pass, &now);
	if (now.bad_bytes > now.done_bytes)
		return error_set(error, ERROR_FAILED, EPROTO, "engine-numbers",
			_("The reading cannot be judged: its numbers contradict each other"));
	check->total_bytes = now.total_bytes;
	check->equal_bytes = now.done_bytes - now.bad_bytes;
	check->end = now.end;
	return pass_bad_ranges(pass, &check->bad, &check->bad_count) < 0 ? error_no_memory(error)
									 : 0;
}

static int read_back(struct engine *engine, const struct pass_request *request,
	media_progress *progress, void *context, struct media_check *check, struct error *error)
{
	struct pass *pass;
	int r = engine_start(engine, request, check, &pass, error);

	if (r < 0)
		return r;
	r = watch(engine, pass, progress, context, error);
	if (r < 0)
		return r; /* closing the engine ends the pass */
	r = collect(pass, check, error);
	(void)pass_close(pass);
	return r;
}

int media_check_drive(const struct drive *drive, const json_t *certificate, enum verification kind,
	const struct engine_options *options, media_progress *progress, void *context,
	struct media_check *ret, struct error *error)
{
	struct media_check check CLEANUP(media_check_free) = { 0 };
	struct engine *engine CLEANUP(cleanup_engine_close) = NULL;
	struct byte_range *ranges AUTO_FREE = NULL;
	struct plan plan = { 0 };
	struct drive_identity now;
	size_t count = 0;
	int r;

	r = media_read_certificate(drive, certificate, &plan, error);
	if (r < 0)
		return r;
	const struct plan_step *written = written_last(&plan, error);
	r = written ? 0 : -ENOTSUP;
	if (r == 0)
		r = choose_ranges(kind, &plan, &ranges, &count, error);
	if (r == 0)
		r = engine_open(options, &engine, error);
	if (r < 0)
		return r;
	struct pass_request request = {
		.fd = drive->fd,
		.disk_sequence = drive->identity.disk_sequence,
		.sector_bytes = plan.sector_bytes,
		.direction = PASS_READ_BACK,
		.pattern = written->pattern,
		.ranges = ranges,
		.range_count = count,
		.stall_limit_ms = STALL_LIMIT_MS,
	};
	/* The medium is asked, not what the kernel remembers of it; an fd with O_DIRECT has no need
	 * of it, and a kernel that refuses this hint is none of the reader's trouble. */
	(void)posix_fadvise(drive->fd, 0, 0, POSIX_FADV_DONTNEED);
	r = read_back(engine, &request, progress, context, &check, error);
	if (r == 0 && check.end != PASS_VANISHED)
		r = drive_check_same(drive, &now, error);
	if (r < 0)
		return r;
	*ret = check;
	check = (struct media_check){ 0 };
	return 0;
}
