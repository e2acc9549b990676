/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking an order as a whole: the words of the policy, and the serials against the drives. */
#include "cli/wipe_check.h"

#include "base/text.h"
#include "cli/confirm.h"
#include <errno.h>
#include <string.h>

#define CANDIDATES_MAX 256

/* The words that stand there to choose from; ended by NULL. */
struct candidates {
	const char *items[CANDIDATES_MAX + 1];
	size_t count;
};

static void add_candidate(struct candidates *candidates, const char *word)
{
	if (candidates->count < CANDIDATES_MAX)
		candidates->items[candidates->count++] = word;
	candidates->items[candidates->count] = NULL;
}

static int suggest(const char *word, const struct candidates *candidates, struct error *error)
{
	const char *nearest = options_nearest(word, candidates->items);
	if (nearest)
		return error_next(
			error, _("Did you mean \"%s\"? All of them: haiki verify policy"), nearest);
	return error_next(error, _("See what there is: haiki verify policy"));
}

static int check_scheme(const struct policy *policy, const char *name, struct error *error)
{
	struct candidates candidates = { 0 };
	if (!*name || policy_scheme(policy, name))
		return 0;
	for (size_t i = 0; i < policy->scheme_count; i++)
		add_candidate(&candidates, policy->schemes[i].name);
	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count > 0; scheme++)
		add_candidate(&candidates, scheme->name);
	error_set(error, ERROR_USAGE, EINVAL, "scheme-unknown",
		_("There is no overwrite scheme named \"%s\""), name);
	return suggest(name, &candidates, error);
}

/* Does any rule speak of this word? Each rule's word stands `offset` bytes into the rule. */
static bool is_known(const struct policy *policy, size_t offset, const char *word,
	struct candidates *ret_candidates)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *known = (const char *)&policy->rules[i] + offset;
		if (strcmp(known, "*") == 0 || strcmp(known, word) == 0)
			return true;
		add_candidate(ret_candidates, known);
	}
	return false;
}

int wipe_check_words(
	const struct policy *policy, const struct plan_request *typed, struct error *error)
{
	struct candidates zones = { 0 }, classes = { 0 };
	int r = check_scheme(policy, typed->scheme, error);
	if (r < 0)
		return r;
	if (typed->zone[0] &&
		!is_known(policy, offsetof(struct policy_rule, zone), typed->zone, &zones)) {
		error_set(error, ERROR_USAGE, EINVAL, "zone-unknown",
			_("No rule of policy %s is for the zone \"%s\""), policy->name,
			typed->zone);
		return suggest(typed->zone, &zones, error);
	}
	if (typed->confidentiality[0] &&
		!is_known(policy, offsetof(struct policy_rule, confidentiality),
			typed->confidentiality, &classes)) {
		error_set(error, ERROR_USAGE, EINVAL, "confidentiality-unknown",
			_("No rule of policy %s is for the confidentiality \"%s\""), policy->name,
			typed->confidentiality);
		return suggest(typed->confidentiality, &classes, error);
	}
	return 0;
}

static int check_named(
	const struct option_list *serials, const struct drive_identity *drive, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	/* One without serial and WWN cannot be named; the guard refuses it and says so. */
	if (!*confirm_word(drive) || confirm_named(drive, serials))
		return 0;
	identity_label(drive, label);
	error_set(error, ERROR_REFUSED, EPERM, "serial-needed",
		_("No --serial names %s. Nothing was touched."), label);
	return error_next(error,
		_("Compare with the label on the drive; then name every drive with --serial."));
}

static int check_names_one(const char *word, const struct drive_identity *const drives[],
	size_t count, struct error *error)
{
	const struct option_list only = { .items = { word }, .count = 1 };
	for (size_t i = 0; i < count; i++)
		if (confirm_named(drives[i], &only))
			return 0;
	error_set(error, ERROR_USAGE, EINVAL, "serial-of-no-target",
		_("--serial %s names none of the drives. Nothing was touched."), word);
	return error_next(error, _("Give --serial once for each drive, and for no other."));
}

int wipe_check_serials(const struct option_list *serials,
	const struct drive_identity *const drives[], size_t count, struct error *error)
{
	if (serials->count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		int r = check_named(serials, drives[i], error);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < serials->count; i++) {
		int r = check_names_one(serials->items[i], drives, count, error);
		if (r < 0)
			return r;
	}
	return 0;
}
