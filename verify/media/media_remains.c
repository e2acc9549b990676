/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The re-check of a drive that erased itself: its markers, and whatever is recognised. */
#include "verify/media/media_remains.h"

#include "base/text.h"
#include "verify/media/media_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum media_means media_means_of(const json_t *certificate)
{
	struct plan plan;

	if (plan_from_json(json_object_get(certificate, "plan"), true, &plan, NULL) < 0)
		return MEDIA_MEANS_NONE;
	return plan_is_readable(&plan, plan_last_destroying(&plan)) ? MEDIA_MEANS_CONTENTS
								    : MEDIA_MEANS_REMAINS;
}

static void add_check(struct marker_check *sum, const struct marker_check *check)
{
	sum->checked += check->checked;
	sum->remaining += check->remaining;
	sum->unreadable += check->unreadable;
	sum->zeroed += check->zeroed;
}

static int look_for_markers(const struct drive *drive, const struct plan *plan,
	struct marker_check *sum, struct error *error)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		struct marker_check check = { 0 };

		if (step->method != STEP_PLANT_MARKERS)
			continue;
		int r = markers_look(drive->fd, plan->capacity_bytes, plan->sector_bytes,
			step->seed, step->markers, &check);
		if (r < 0)
			return error_set(error, ERROR_FAILED, -r, "markers-look",
				_("The markers could not be looked for: %s"), strerror(-r));
		add_check(sum, &check);
	}
	return 0;
}

int media_check_remains(const struct drive *drive, const json_t *certificate,
	struct media_remains *ret, struct error *error)
{
	struct media_remains remains = { 0 };
	struct plan plan = { 0 };
	struct drive_identity now;
	int r = media_read_certificate(drive, certificate, &plan, error);

	if (r < 0)
		return r;
	/* The medium is asked, not what the kernel remembers of it. */
	(void)posix_fadvise(drive->fd, 0, 0, POSIX_FADV_DONTNEED);
	r = look_for_markers(drive, &plan, &remains.markers, error);
	if (r == 0)
		r = residue_scan(drive->fd, plan.capacity_bytes, plan.sector_bytes, NULL,
			&remains.residue, error);
	if (r == 0)
		r = drive_check_same(drive, &now, error);
	if (r == 0)
		*ret = remains;
	return r;
}

bool media_remains_nothing(const struct media_remains *remains)
{
	return remains->markers.remaining == 0 && remains->markers.unreadable == 0 &&
	       remains->residue.count == 0 && !remains->residue.truncated &&
	       remains->residue.bytes_looked_at > 0;
}
