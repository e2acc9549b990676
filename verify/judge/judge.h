/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge. The only place that may say "proven": a pure function of what was recorded. A missing,
 * contradictory or unread fact makes it not proven. Its input is what the certificate carries, so
 * an auditor judges again from the certificate alone. */
#ifndef HAIKI_VERIFY_JUDGE_JUDGE_H
#define HAIKI_VERIFY_JUDGE_JUDGE_H

#include "base/json.h"

enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_REFUSED,
	OUTCOME_INTERRUPTED,
	OUTCOME_FAILED,
	OUTCOME_PROVEN
};

/* NIST SP 800-88 Rev. 2; ordered: a larger one gives more assurance. */
enum level { LEVEL_NONE, LEVEL_CLEAR, LEVEL_PURGE, LEVEL_DESTROY };

enum verification {
	VERIFICATION_NONE,
	VERIFICATION_MARKERS, /* planted before a drive erased itself, and all gone after */
	VERIFICATION_SAMPLE,
	VERIFICATION_FULL
};

#define VERDICT_REASONS_MAX 32

/* Plain values. Zeroed, it says unknown and none. */
struct verdict {
	enum outcome outcome;
	enum level level;               /* NONE exactly when not proven */
	enum verification verification; /* what was read back in full agreement with the plan */
	uint64_t
		bytes_overwritten; /* of the last complete or cut write step, bad ranges left out */
	uint64_t bytes_read_back;  /* that agreed */
	bool deallocated; /* zeros were taken for erased on the drive's word; for the limits of the
			   * certificate, not in the JSON */
	uint64_t bytes_bad; /* unwritable, unreadable or differing, of the whole job */
	struct {
		char code[40];          /* stable word */
		int64_t step;           /* 0: the whole job */
	} reasons[VERDICT_REASONS_MAX]; /* why not proven; empty exactly when proven */
	size_t reason_count;
};

/* Judge one job. Never fails: what cannot be understood is unknown, with a reason. */
void judge(const json_t *subject, const json_t *plan, const json_t *evidence, struct verdict *ret);

/* The reason's sentence for people, translated; the code itself for codes we do not know. */
const char *judge_reason_text(const char *code);
/* Every code that the judge gives, from index 0; NULL behind the last. */
const char *judge_reason_code(size_t index);

NODISCARD int verdict_to_json(const struct verdict *verdict, json_t **ret);

const char *outcome_name(enum outcome outcome); /* "unknown", "refused", … */
const char *level_name(enum level level);       /* "none", "clear", … */
const char *verification_name(enum verification verification);
enum outcome outcome_parse(const char *word); /* unknown words are OUTCOME_UNKNOWN */
/* 0 or -EINVAL; level "none" is a level. */
NODISCARD int level_parse(const char *word, enum level *ret);

#endif
