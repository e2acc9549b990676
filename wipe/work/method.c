/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods. */
#include "wipe/work/method.h"

static const struct method *const methods[] = {
	&method_overwrite,
	&method_read_back,
	&method_residue_scan,
	&method_restore_capacity,
	&method_plant_markers,
	&method_check_markers,
};

const struct method *method_for(enum step_method step)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->step == step)
			return methods[i];
	return NULL;
}

uint64_t method_step_bytes(const struct plan *plan, const struct plan_step *step)
{
	const struct method *method = method_for(step->method);
	if (!method || !method->prepare)
		return 0;
	struct pass_request request = { 0 };
	AUTO_FREE struct byte_range *ranges = NULL;
	if (method->prepare(plan, step, 0, &request, &ranges) < 0)
		return 0;
	uint64_t bytes = 0;
	for (size_t i = 0; i < request.range_count; i++)
		bytes += ranges[i].length_bytes;
	return bytes;
}
