/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real world, where no test is in its place. */
#include "wipe/work/work_seams.h"

#include "base/clock.h"

const struct erase_method *seam_method(const struct work_seams *seams, enum technique technique)
{
	return seams && seams->method ? seams->method(seams->context, technique)
				      : erase_method_for(technique);
}

struct transports seam_transports(
	const struct work_seams *seams, int fd, const struct drive_identity *identity)
{
	return seams && seams->transports ? seams->transports(seams->context, fd, identity)
					  : transports_real(fd, identity);
}

bool seam_is_present(const struct work_seams *seams, int fd, uint64_t disk_sequence)
{
	return seams && seams->is_present ? seams->is_present(seams->context, fd, disk_sequence)
					  : drive_is_present(fd, disk_sequence);
}

int64_t seam_now_ms(const struct work_seams *seams)
{
	return seams && seams->now_ms ? seams->now_ms(seams->context) : clock_monotonic_ms();
}
