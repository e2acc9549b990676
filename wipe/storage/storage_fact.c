/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an erase came to, as the fact that the course of a VM's deletion keeps. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

void outcome_limit(struct storage_outcome *outcome, const char *limit)
{
	for (size_t i = 0; i < outcome->limit_count; i++)
		if (strcmp(outcome->limits[i], limit) == 0)
			return;
	if (outcome->limit_count < STORAGE_LIMITS_MAX)
		outcome->limits[outcome->limit_count++] = limit;
}

void outcome_unsupported(struct storage_outcome *outcome, const char *reason)
{
	outcome->method = "none";
	outcome->result = "unsupported";
	outcome->level = "none";
	outcome->reason = reason;
}

void outcome_failed(struct storage_outcome *outcome, const char *reason)
{
	outcome->result = "failed";
	outcome->level = "none";
	outcome->reason = reason;
}

static int put_limits(json_t *fact, const struct storage_outcome *outcome)
{
	json_t *limits = json_array();
	int result = json_put(fact, "limits", limits);

	for (size_t i = 0; result == 0 && i < outcome->limit_count; i++)
		result = json_push(limits, json_string(outcome->limits[i]));
	return result;
}

int outcome_to_fact(const struct storage_outcome *outcome, const char *place, json_t **ret_fact,
	struct error *error)
{
	AUTO_JSON json_t *fact = json_object();
	const char *const words[][2] = { { "fact", "erase" }, { "place", place },
		{ "method", outcome->method }, { "result", outcome->result },
		{ "level", outcome->level }, { "reason", outcome->reason }, { "volume", "" } };

	int result = fact ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(words); i++)
		result = json_put_string(fact, words[i][0], words[i][1]);
	if (result == 0)
		result = json_put_integer(fact, "bytes", (int64_t)outcome->bytes);
	if (result == 0)
		result = json_put_integer(fact, "verified_bytes", (int64_t)outcome->verified_bytes);
	if (result == 0)
		result = put_limits(fact, outcome);
	if (result == 0)
		*ret_fact = json_incref(fact);
	if (result == 0 || result == -ENOMEM)
		return result == 0 ? 0 : error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "storage-fact",
		_("What was done to %s cannot be written down: %s"), place, strerror(-result));
}

int outcome_refuse_or_tell(struct storage_outcome *outcome, const char *reason, const char *place,
	const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	if (pace && pace->erasure_required) {
		(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "storage-unsupported",
			_("%s cannot be erased in place (%s), and the configuration requires it."),
			place, reason);
		(void)error_next(error, _("Erase what it stands on, or let [deletion] erasure say "
					  "that such storage is only unlinked."));
		return -ENOTSUP;
	}
	outcome_unsupported(outcome, reason);
	return outcome_to_fact(outcome, place, ret_fact, error);
}
