/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A method is one way to do a step of the plan: one file and one descriptor each. A method either
 * gives the engine a pass, or runs a blocking function on a thread of its own. */
#ifndef HAIKI_WIPE_WORK_METHOD_H
#define HAIKI_WIPE_WORK_METHOD_H

#include "device/drive.h"
#include "device/engine/engine.h"
#include "verify/plan_document.h"
#include "verify/residue.h"

/* What a blocking method found; plain value. */
struct method_report {
	enum pass_end end; /* COMPLETE only when everything was looked at */
	int errnum;
	uint64_t bytes;              /* read or written by the step */
	struct residue_list residue; /* RESIDUE_SCAN only */
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
	void (*run)(const struct plan *plan, const struct plan_step *step,
		const struct drive *drive, struct method_report *ret);
};

extern const struct method method_overwrite;
extern const struct method method_read_back;
extern const struct method method_residue_scan;

/* NULL for STEP_UNKNOWN. */
const struct method *method_for(enum step_method step);

/* How many bytes the step will read or write from its beginning; 0: not known. */
uint64_t method_step_bytes(const struct plan *plan, const struct plan_step *step);

#endif
