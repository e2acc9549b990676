/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict in words: stable ones for documents, and sentences for people. Decides nothing. */
#include "verify/judge/judge.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

static const char *const outcomes[] = {
	[OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_INTERRUPTED] = "interrupted",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_PROVEN] = "proven",
};

static const char *const levels[] = {
	[LEVEL_NONE] = "none",
	[LEVEL_CLEAR] = "clear",
	[LEVEL_PURGE] = "purge",
	[LEVEL_DESTROY] = "destroy",
};

static const char *const verifications[] = {
	[VERIFICATION_NONE] = "none",
	[VERIFICATION_MARKERS] = "markers",
	[VERIFICATION_SAMPLE] = "sample",
	[VERIFICATION_FULL] = "full",
};

/* Every code that the judge gives. */
static const struct {
	const char *code;
	const char *sentence;
} reasons[] = {
	{ "subject-malformed", N_("The description of the drive cannot be understood.") },
	{ "plan-malformed", N_("The plan cannot be understood.") },
	{ "level-not-held", N_("The plan claims a level that its steps do not reach.") },
	{ "level-none", N_("What the plan does reaches no level on this medium.") },
	{ "evidence-malformed", N_("The evidence cannot be understood.") },
	{ "evidence-contradictory", N_("The evidence contradicts itself.") },
	{ "plan-not-sealed", N_("There is no complete plan.") },
	{ "drive-not-addressable", N_("The drive cannot be written in full, or has no identity.") },
	{ "plan-other-size", N_("The plan is for a drive of another size.") },
	{ "native-not-covered",
		N_("The native capacity is unknown, or is not what the plan covers.") },
	{ "plan-refused", N_("No plan could be made that reaches the level asked for.") },
	{ "guard-refused", N_("The guard refused: the drive may not be destroyed.") },
	{ "not-opened", N_("The drive was never opened for this job.") },
	{ "not-exclusive", N_("The drive was not claimed exclusively.") },
	{ "other-drive", N_("A drive that was opened or compared is not the one of this job.") },
	{ "unwritable", N_("Some sectors could not be written.") },
	{ "unreadable", N_("Some sectors could not be read back.") },
	{ "mismatch", N_("Some sectors do not hold what was written.") },
	{ "bad-bytes", N_("Some bytes could not be written, read or confirmed.") },
	{ "flush-failed", N_("The drive did not confirm that the data is on the medium.") },
	{ "too-many-errors", N_("The step was given up after too many errors.") },
	{ "step-error", N_("The step ended with an error.") },
	{ "step-not-whole", N_("The step did not cover all that it should.") },
	{ "step-not-flushed",
		N_("The step ended without a confirmation that the data is on the medium.") },
	{ "capacity-not-restored", N_("What hides a part of the medium could not be lifted.") },
	{ "namespaces-not-guarded",
		N_("The guard did not look at all namespaces that were erased along.") },
	{ "status-before-unknown",
		N_("What the drive said before the command is not known; its success may be an "
		   "earlier one's.") },
	{ "erase-not-accepted", N_("The drive was not seen to accept the command.") },
	{ "drive-refused", N_("The drive refused the command.") },
	{ "drive-failed", N_("The drive said that erasing itself failed.") },
	{ "status-unknown", N_("The drive never told how erasing itself ended.") },
	{ "markers-not-checked", N_("Not all markers were looked for.") },
	{ "markers-remain", N_("Markers planted before are still on the medium.") },
	{ "markers-unreadable", N_("Some markers' places could not be read.") },
	{ "markers-zeroed", N_("The markers' places read zeros, and nothing shows that they were "
			       "erased and not "
			       "only forgotten.") },
	{ "step-not-complete", N_("The step was not completed.") },
	{ "not-read-back", N_("What was written last was not read back in full agreement.") },
	{ "no-residue-scan", N_("No search for remains followed the last erasing step.") },
	{ "residue-found", N_("Remains of data were found after the last erasing step.") },
	{ "not-same-at-end", N_("The drive was not confirmed to be the same one at the end.") },
	{ "error-recorded", N_("An error was recorded while the job ran.") },
	{ "interrupted", N_("The job was interrupted and has not gone on.") },
	{ "not-ended", N_("The job has not come to its end.") },
};

const char *judge_reason_text(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strcmp(reasons[i].code, code) == 0)
			return _(reasons[i].sentence);
	return code;
}

const char *judge_reason_code(size_t index)
{
	return index < ARRAY_SIZE(reasons) ? reasons[index].code : NULL;
}

static const char *name_of(const char *const names[], size_t count, size_t value)
{
	return names[value < count ? value : 0];
}

const char *outcome_name(enum outcome outcome)
{
	return name_of(outcomes, ARRAY_SIZE(outcomes), (size_t)outcome);
}

const char *level_name(enum level level)
{
	return name_of(levels, ARRAY_SIZE(levels), (size_t)level);
}

const char *verification_name(enum verification verification)
{
	return name_of(verifications, ARRAY_SIZE(verifications), (size_t)verification);
}

enum outcome outcome_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (strcmp(outcomes[i], word) == 0)
			return (enum outcome)i;
	return OUTCOME_UNKNOWN;
}

int level_parse(const char *word, enum level *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(levels[i], word) == 0) {
			*ret = (enum level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int reasons_to_json(const struct verdict *verdict, json_t **ret)
{
	AUTO_JSON json_t *array = json_array();

	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < verdict->reason_count; i++) {
		json_t *reason = json_object();
		int r = json_push(array, reason);

		if (r == 0)
			r = json_put_string(reason, "code", verdict->reasons[i].code);
		if (r == 0)
			r = json_put_integer(reason, "step", verdict->reasons[i].step);
		if (r < 0)
			return r;
	}
	*ret = json_incref(array);
	return 0;
}

int verdict_to_json(const struct verdict *verdict, json_t **ret)
{
	AUTO_JSON json_t *object = json_object();
	json_t *array = NULL;
	int r;

	if (!object)
		return -ENOMEM;
	if (verdict->reason_count > VERDICT_REASONS_MAX)
		return -EINVAL;
	r = json_put_string(object, "outcome", outcome_name(verdict->outcome));
	if (r == 0)
		r = json_put_string(object, "level", level_name(verdict->level));
	if (r == 0)
		r = json_put_string(
			object, "verification", verification_name(verdict->verification));
	if (r == 0)
		r = json_put_integer(
			object, "bytes_overwritten", (int64_t)verdict->bytes_overwritten);
	if (r == 0)
		r = json_put_integer(object, "bytes_read_back", (int64_t)verdict->bytes_read_back);
	if (r == 0)
		r = json_put_integer(object, "bytes_bad", (int64_t)verdict->bytes_bad);
	if (r == 0)
		r = reasons_to_json(verdict, &array);
	if (r == 0)
		r = json_put(object, "reasons", array);
	if (r < 0)
		return r;
	*ret = json_incref(object);
	return 0;
}
