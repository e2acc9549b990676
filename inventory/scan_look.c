/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at many devices at once, and leaving behind those that hang. */
#include "inventory/scan_look.h"

#include "base/patient.h"
#include "base/text.h"
#include "device/probe.h"

#include <errno.h>
#include <string.h>

struct glance {
	scan_look *look;
	enum scan_depth depth;
	struct found_drive found;
};

static int take_glance(void *value)
{
	struct glance *glance = value;
	glance->look(&glance->found, glance->depth);
	return 0;
}

static void drop_glance(void *value)
{
	struct glance *glance = value;
	signature_list_free(&glance->found.signatures);
}

/* The device's own errors stand in found->error; these are of the look itself. */
static void explain(struct found_drive *found, int result, unsigned limit_ms)
{
	if (result != -ETIMEDOUT) {
		error_set(&found->error, ERROR_FAILED, -result, "scan-thread",
			_("%s was not looked at: no thread can be started (%s)"), found->path,
			strerror(-result));
		return;
	}
	error_set(&found->error, ERROR_FAILED, ETIMEDOUT, "drive-not-answering",
		_("%s has not answered for %u s"), found->path, limit_ms / 1000);
	error_next(
		&found->error, _("Look at the system log; reseat the drive or have it destroyed."));
}

/* Where glance number i came from, and goes to: items without an error, in order. */
static size_t fill_glances(const struct found_list *list, enum scan_depth depth, scan_look *look,
	struct glance *glances, size_t *origins)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].error.kind != ERROR_NONE)
			continue;
		glances[count] = (struct glance){ .look = look, .depth = depth };
		memcpy(glances[count].found.path, list->items[i].path, sizeof(list->items[i].path));
		origins[count++] = i;
	}
	return count;
}

int scan_look_all(struct found_list *list, enum scan_depth depth, scan_look *look,
	unsigned limit_ms, struct error *error)
{
	const struct patient_question question = {
		.ask = take_glance,
		.drop = drop_glance,
		.size = sizeof(struct glance),
		.limit_ms = limit_ms,
	};
	AUTO_FREE struct glance *glances = calloc(list->count + 1, sizeof(*glances));
	AUTO_FREE size_t *origins = calloc(list->count + 1, sizeof(*origins));
	AUTO_FREE int *results = calloc(list->count + 1, sizeof(*results));
	if (!glances || !origins || !results)
		return error_no_memory(error);
	size_t count = fill_glances(list, depth, look, glances, origins);
	if (patient_ask_all(&question, glances, count, results) < 0)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		struct found_drive *found = &list->items[origins[i]];
		if (results[i] == 0)
			*found = glances[i].found;
		else
			explain(found, results[i], limit_ms);
	}
	return 0;
}

void scan_look_real(struct found_drive *found, enum scan_depth depth)
{
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	if (drive_open(found->path, DRIVE_LOOK, &drive, &found->error) < 0)
		return;
	found->identity = drive->identity;
	found->native = drive->native;
	if (depth == SCAN_SIGNATURES)
		found->probed = probe_signatures(drive->fd, PROBE_LIMIT_MS, &found->signatures,
					&found->error) == 0;
}
