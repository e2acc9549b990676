/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at many devices at once: first who they are, then what they carry. */
#include "inventory/scan/scan_look.h"

#include "base/text.h"
#include "device/probe/probe.h"

#include <errno.h>
#include <string.h>

/* The device's own errors stand in found->error; these are of the look itself. */
void scan_look_explain(struct found_drive *found, int result, unsigned limit_ms)
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

/* What was found goes into the list, and who was identified is looked at closer. */
static int take_in(struct crew *crew, struct found_list *list, enum scan_depth depth,
	unsigned limit_ms, struct crew_answer *answer)
{
	struct found_drive *found = &list->items[answer->ticket];
	if (answer->result < 0) {
		scan_look_explain(found, answer->result, limit_ms);
		return 0;
	}
	signature_list_free(&found->signatures);
	*found = answer->found;
	if (answer->depth == depth || found->error.kind != ERROR_NONE)
		return 0;
	return crew_add(crew, found->path, depth, answer->ticket);
}

int scan_look_all(struct found_list *list, enum scan_depth depth, scan_look *look,
	unsigned limit_ms, struct error *error)
{
	CLEANUP(cleanup_crew_close) struct crew *crew = NULL;
	struct crew_options options;
	struct crew_answer answer;
	crew_options_default(&options);
	options.look = look;
	options.limit_ms = limit_ms;
	int r = crew_open(&options, &crew);
	/* First who they are: a drive that fails while it is read, the one to be replaced, is known
	 * all the same. */
	for (size_t i = 0; i < list->count && r == 0; i++)
		if (list->items[i].error.kind == ERROR_NONE)
			r = crew_add(crew, list->items[i].path, SCAN_IDENTITY, i);
	while (r == 0 && crew_pending(crew) > 0)
		if (crew_take(crew, limit_ms, &answer) > 0)
			r = take_in(crew, list, depth, limit_ms, &answer);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0)
		return error_set(error, ERROR_FAILED, -r, "scan-thread",
			_("The drives cannot be looked at: %s"), strerror(-r));
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
