/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The survey of a VM as it is kept: what a crash left is gone on with by what was surveyed before it. Within this folder.
 * 0: done; -errno: the store failed. */
#ifndef HAIKI_WIPE_TENANT_COURSE_SURVEY_H
#define HAIKI_WIPE_TENANT_COURSE_SURVEY_H

#include "wipe/tenant/course_parts.h"

/* What was surveyed just now becomes a fact. */
NODISCARD int course_survey(
	struct course *course, const struct course_asked *asked, struct error *error);

/* 1: something became a fact, and what is next is asked anew; or, with *error filled, it stops here. Before anything was erased, what is there now counts; behind that only
 * what is new does, since an erased disk no longer says what it stood on. A place that was left (a snapshot's disk that
 * was merged, a disk that was detached) is not ours to touch any more: it was not erased, which is a fact as well. */
NODISCARD int course_survey_again(struct course *course, const struct course_asked *asked,
	const json_t *facts, struct error *error);

/* The VM as the last survey has it, with its handle of today and everybody who shares its disks today. Also 1, when the survey
 * cannot be read. */
NODISCARD int course_machine(struct course *course, const struct course_asked *asked,
	const json_t *facts, struct machine *ret, struct error *error);

/* The same without anything of today, and with every place of every survey: what is looked for behind a deletion. */
NODISCARD int course_machine_before(
	struct course *course, const json_t *facts, struct machine *ret, struct error *error);

/* "V7": the volume that the inventory knows at this place of the VM; "" for none. */
NODISCARD int course_volume(struct course *course, const char *disk, const char *place,
	char ret[static SUBJECT_ID_MAX], struct error *error);

#endif
