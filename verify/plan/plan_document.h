/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a document: exactly what runs, as it stands in the store and on the certificate. It is
 * made in wipe/plan/plan.c, run by wipe/, and read by the judge and the media re-check. */
#ifndef HAIKI_VERIFY_PLAN_PLAN_DOCUMENT_H
#define HAIKI_VERIFY_PLAN_PLAN_DOCUMENT_H

#include "device/engine/stream.h"
#include "verify/judge/judge.h"
#include "verify/media/markers.h"
#include "verify/media/media.h"
#include "verify/plan/technique.h"

enum step_method {
	STEP_UNKNOWN,
	STEP_OVERWRITE,        /* one pass of one pattern over the whole capacity */
	STEP_READ_BACK,        /* compare with what step of_step wrote */
	STEP_RESIDUE_SCAN,     /* verify/media/residue.h; what step of_step wrote is no residue */
	STEP_RESTORE_CAPACITY, /* lift what hides a part of the medium; the drive is opened again */
	STEP_PLANT_MARKERS, /* write known sectors (verify/media/markers.h) for an erasure to take away */
	STEP_ERASE,         /* the drive erases itself by a technique */
	STEP_CHECK_MARKERS, /* none of the markers of step of_step may be left */
};

#define PASSWORD_BYTES 32 /* ACS-4 9.11: SECURITY SET PASSWORD's password field */

struct plan_step {
	enum step_method method;
	struct pattern
		pattern;  /* OVERWRITE; ERASE of kind ERASURE_OVERWRITE: what the drive is told
	                         * to write, periodic, 4 bytes, not zeros */
	unsigned of_step; /* READ_BACK, RESIDUE_SCAN: 1-based, the last step before it that
	                         * changes the contents (OVERWRITE, ERASE); READ_BACK only where that
	                         * one's contents are known. CHECK_MARKERS: PLANT_MARKERS */
	enum verification coverage;     /* READ_BACK only: SAMPLE or FULL */
	uint8_t seed[MEDIA_SEED_BYTES]; /* READ_BACK with SAMPLE; PLANT_MARKERS */
	uint32_t markers;               /* PLANT_MARKERS: how many */
	/* ERASE */
	enum technique technique;
	enum erase_scope scope;
	int64_t expected_seconds; /* as the drive states; -1: it does not */
	uint8_t password
		[PASSWORD_BYTES]; /* ATA_SECURITY_*: made when the plan is sealed, so that it
	                                   * stands in the store before the drive gets it */
};

#define PLAN_STEPS_MAX 80
#define PLAN_BASIS_MAX 640
#define PLAN_CANDIDATES_MAX 24

/* One way that was weighed, in the policy's order. */
struct plan_candidate {
	char methods[128];        /* as the policy writes it: "nvme-sanitize-crypto+overwrite" */
	enum level level;         /* what it reaches on this drive */
	int64_t expected_seconds; /* -1: not known */
	bool chosen;
	char why[40]; /* stable word: "chosen", "level-too-low", "not-supported", "distrusted", … */
};

/* Were 3 % of the medium left as they were, 100 markers would all have missed them in fewer than 1 of
 * 20 cases (0.97^100 = 0.048): fewer show too little. */
#define PLAN_MARKERS_MIN 100
#define PLAN_MARKERS_MAX 65536

/* Plain value. Invariants once sealed:
 * - at least one step OVERWRITE or ERASE that is no mere hint; the last of them is followed by a
 *   RESIDUE_SCAN of it and by no hint; where its contents are known (OVERWRITE, ERASURE_OVERWRITE)
 *   it is read back;
 * - each ERASE whose technique takes markers stands between PLANT_MARKERS and CHECK_MARKERS of its
 *   own: plant, erase, check, in a row (only a READ_BACK of the erase may stand before the check);
 *   nothing else is planted or checked; of markers there are at least PLAN_MARKERS_MIN, or as many as a
 *   small medium takes;
 * - NVMe Sanitize has the scope SUBSYSTEM; no ERASE has an unknown one;
 * - RESTORE_CAPACITY is step 1 or nowhere;
 * - every random pattern has its own key, every seed and password is there, and no seed of markers is
 *   another's or a key (a pass under it would plant the markers again);
 * - at most one candidate is chosen;
 * - level is what plan_level says (the judge compares: a document does not say the medium). */
struct plan {
	enum level level; /* what it reaches when every step succeeds */
	char scheme[64];
	char scheme_origin[128]; /* standard and clause, or the file that defines it */
	uint64_t capacity_bytes; /* native: what all steps behind RESTORE_CAPACITY cover */
	uint32_t sector_bytes;
	bool encrypted_from_first_write; /* the inventory shows it (ERASURE_KEYS counts) */
	/* How that is known, who said so and when; "" exactly when it is not so. */
	char encryption_basis[PLAN_BASIS_MAX];
	bool deallocated_accepted; /* the policy takes a drive's word where its erased sectors read
	                            * zeros because it deallocated them */
	struct plan_step steps[PLAN_STEPS_MAX];
	size_t step_count;
	struct plan_candidate candidates[PLAN_CANDIDATES_MAX];
	size_t candidate_count;
};

NODISCARD int plan_to_json(const struct plan *plan, json_t **ret);
/* Strict: unknown methods or fields, steps out of order, references to later or wrong steps are
 * -EBADMSG. With require_sealed, random patterns without key and samples without seed are too. */
NODISCARD int plan_from_json(
	const json_t *json, bool require_sealed, struct plan *ret, struct error *error);

/* The last step that overwrites, 1-based; 0: none. */
unsigned plan_last_overwrite(const struct plan *plan);
/* The last step that changes the contents: OVERWRITE, or ERASE that is no mere hint; 0: none. */
unsigned plan_last_destroying(const struct plan *plan);
/* Does a step erase every namespace of an NVMe subsystem, and not the named one alone? */
bool plan_reaches_siblings(const struct plan *plan);
/* Does it overwrite, and are all zones reset before each step that does? */
bool plan_resets_zones(const struct plan *plan);

/* What the steps reach on this medium when all are proven: the highest of overwriting (clear) and
 * of each ERASE by technique_level. Pure. */
enum level plan_level(const struct plan *plan, enum media media);

/* After an interruption this step and all behind it are done again from their beginnings, because
 * meanwhile anyone could write to the drive: the first after the last overwrite when that is read
 * back in full, which finds every foreign byte; that overwrite itself when only a sample is read;
 * where an ERASE is the last to change the contents, the PLANT_MARKERS before it (or the ERASE
 * itself where it takes none). Work that was interrupted within an ERASE may instead go on with it
 * when the drive is found RUNNING, or SUCCEEDED and untouched (docs/certificate.md, "found"). */
unsigned plan_proof_step(const struct plan *plan);

/* Where work that was interrupted goes on when its steps 1 … done were complete: plan_proof_step,
 * or the PLANT_MARKERS of markers that were not checked yet (anyone may have written over them), or
 * done + 1, whichever is first. Of a plan that reaches more than clear it is the first ERASE that was
 * complete, with its PLANT_MARKERS: data that came meanwhile is to go the same way. (Not one that
 * cannot be done twice: ERASURE_KEYS, reverting.) Where the drive has to be restored first
 * (RESTORE_CAPACITY, and it does not show the plan's capacity again when it is opened) it is step 1
 * instead; the caller's. */
unsigned plan_resume_step(const struct plan *plan, unsigned done);

/* Is it known what step number (1-based) leaves on the medium, so that it can be read back and compared:
 * an OVERWRITE, or an ERASE that writes our pattern? False for 0. */
bool plan_is_readable(const struct plan *plan, unsigned number);

/* How many sectors a step PLANT_MARKERS plants: fewer than its markers where the medium is small. */
uint32_t plan_markers(const struct plan *plan, const struct plan_step *step);

/* "overwrite", "read-back", "residue-scan", "restore-capacity", "plant-markers", "erase",
 * "check-markers" */
const char *step_method_name(enum step_method method);

#endif
