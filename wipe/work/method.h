/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A method is one way to do a step of the plan: one file and one descriptor each. A method either
 * gives the engine a pass, or runs a blocking function on a thread of its own. */
#ifndef HAIKI_WIPE_WORK_METHOD_H
#define HAIKI_WIPE_WORK_METHOD_H

#include "device/drive.h"
#include "device/engine/engine.h"
#include "verify/plan/plan_document.h"
#include "verify/media/residue.h"
#include "wipe/erase/restore_capacity.h"

/* What a blocking method found; plain value. */
struct method_report {
	enum pass_end end; /* COMPLETE only when everything was looked at */
	int errnum;
	uint64_t bytes; /* read or written by the step */
	bool flushed;
	struct residue_list residue;        /* RESIDUE_SCAN only */
	struct marker_check markers;        /* CHECK_MARKERS only */
	struct capacity_change capacity[3]; /* RESTORE_CAPACITY only */
	size_t capacity_count;
};

struct method {
	enum step_method step;
	bool destroys;

	/* Fill the pass for one step, beginning at from_bytes. *ret_ranges is malloc'd, the caller
	 * frees; ret->ranges points to it. fd, rate and limits are the caller's to fill. NULL: the
	 * method blocks. 0, -EINVAL, -ENOMEM. */
	int (*prepare)(const struct plan *plan, const struct plan_step *step, uint64_t from_bytes,
		struct pass_request *ret, struct byte_range **ret_ranges);

	/* Do the step; called on a thread of its own. Always fills *ret. */
	void (*run)(const struct erase_call *call, struct method_report *ret);
};

extern const struct method method_overwrite;
extern const struct method method_read_back;
extern const struct method method_residue_scan;
extern const struct method method_restore_capacity;
extern const struct method method_plant_markers;
extern const struct method method_check_markers;

/* NULL for STEP_UNKNOWN, and for STEP_ERASE, which is a conversation with the drive (work_erase.c). */
const struct method *method_for(enum step_method step);

/* How many bytes the step will read or write from its beginning; 0: not known. */
uint64_t method_step_bytes(const struct plan *plan, const struct plan_step *step);

#endif
