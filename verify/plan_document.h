/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a document: exactly what runs, as it stands in the store and on the certificate. It is
 * made in wipe/plan/plan.c, run by wipe/, and read by the judge and the media re-check. */
#ifndef HAIKI_VERIFY_PLAN_DOCUMENT_H
#define HAIKI_VERIFY_PLAN_DOCUMENT_H

#include "device/engine/stream.h"
#include "verify/judge.h"
#include "verify/media.h"

enum step_method {
	STEP_UNKNOWN,
	STEP_OVERWRITE,    /* one pass of one pattern over the whole capacity */
	STEP_READ_BACK,    /* compare with what step of_step wrote */
	STEP_RESIDUE_SCAN, /* verify/residue.h; what step of_step wrote is no residue */
};

struct plan_step {
	enum step_method method;
	struct pattern pattern;         /* OVERWRITE only */
	unsigned of_step;               /* READ_BACK, RESIDUE_SCAN: 1-based, an earlier OVERWRITE */
	enum verification coverage;     /* READ_BACK only: SAMPLE or FULL */
	uint8_t seed[MEDIA_SEED_BYTES]; /* READ_BACK with SAMPLE */
};

#define PLAN_STEPS_MAX 80

/* Plain value. Invariants once sealed: at least one step, the last OVERWRITE is read back by a later
 * step and followed by a residue scan, every random pattern has its own key. */
struct plan {
	enum level level; /* what it reaches when every step succeeds */
	char scheme[64];
	char scheme_origin[128]; /* standard and clause, or the file that defines it */
	uint64_t capacity_bytes;
	uint32_t sector_bytes;
	struct plan_step steps[PLAN_STEPS_MAX];
	size_t step_count;
};

NODISCARD int plan_to_json(const struct plan *plan, json_t **ret);
/* Strict: unknown methods or fields, steps out of order, references to later or wrong steps are
 * -EBADMSG. With require_sealed, random patterns without key and samples without seed are too. */
NODISCARD int plan_from_json(
	const json_t *json, bool require_sealed, struct plan *ret, struct error *error);

/* The last step that overwrites, 1-based; 0: none. */
unsigned plan_last_overwrite(const struct plan *plan);

/* After an interruption this step and all behind it are done again from their beginnings, because
 * meanwhile anyone could write to the drive: the first after the last overwrite when that is read
 * back in full, which finds every foreign byte; that overwrite itself when only a sample is read. */
unsigned plan_proof_step(const struct plan *plan);

const char *step_method_name(
	enum step_method method); /* "overwrite", "read-back", "residue-scan" */

#endif
