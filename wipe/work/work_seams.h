/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a test puts its own drives and its own time into running jobs. */
#ifndef HAIKI_WIPE_WORK_WORK_SEAMS_H
#define HAIKI_WIPE_WORK_WORK_SEAMS_H

#include "wipe/erase/erase.h"

/* Each NULL member means the real one. */
struct work_seams {
	const struct erase_method *(*method)(void *context, enum technique technique);
	struct transports (*transports)(
		void *context, int fd, const struct drive_identity *identity);
	bool (*is_present)(void *context, int fd, uint64_t disk_sequence);
	int64_t (*now_ms)(void *context); /* monotonic */
	void *context;
};

/* seams may be NULL. */
const struct erase_method *seam_method(const struct work_seams *seams, enum technique technique);
struct transports seam_transports(
	const struct work_seams *seams, int fd, const struct drive_identity *identity);
bool seam_is_present(const struct work_seams *seams, int fd, uint64_t disk_sequence);
int64_t seam_now_ms(const struct work_seams *seams);

#endif
