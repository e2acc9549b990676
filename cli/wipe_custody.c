/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a proven wipe does to custody. It decides nothing: wipe/release.h does. */
#include "cli/wipe_custody.h"

#include "base/text.h"
#include "cli/output.h"
#include "inventory/custody/custody.h"
#include "wipe/release.h"
#include <inttypes.h>
#include <string.h>

struct following {
	struct store *store;
	struct policy *policy;
	struct trust *trust;
};

static void following_free(struct following *following)
{
	policy_free(following->policy);
	trust_free(following->trust);
}

static int load(const struct invocation *invocation, struct following *ret, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	const char *path = options->policy[0] ? options->policy : invocation->config.policy;
	int r = policy_load(*path ? path : NULL, &ret->policy, error);
	return r < 0 ? r : settings_trust(&invocation->config, "", &ret->trust, error);
}

/* 1: recorded; 0: custody is not waiting for this; -errno. */
static int record(const struct following *following, const struct job_result *result,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_DRIVES struct drive_list list = { 0 };
	struct release release;
	struct custody_changed changed;
	int64_t id = 0;
	char reason[64];
	int r = drives_id_of(following->store, &result->identity, &id, error);
	if (r < 0 || id == 0)
		return r;
	r = drives_get(following->store, id, &list, error);
	if (r < 0 || custody_parse(list.items[0].custody) != CUSTODY_SANITIZING)
		return r;
	const struct release_question question = {
		.policy = following->policy,
		.trust = following->trust,
		.drive_id = id,
		.to = CUSTODY_SANITIZED,
		.to_zone = "",
		.certificate = result->certificate,
		.now_utc_ms = now_utc_ms,
	};
	r = release_check(following->store, &question, &release, error);
	if (r < 0)
		return r;
	snprintf(reason, sizeof(reason), "job %s is proven", result->job);
	const struct custody_change change = {
		.to = CUSTODY_SANITIZED, .reason = reason, .certificate = release.certificate
	};
	r = custody_change(following->store, id, &change, now_utc_ms, &changed, error);
	return r < 0 ? r : 1;
}

static void say_why_not(const struct job_result *result, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&result->identity, label);
	(void)command_failed(error);
	output_line(stderr, _("haiki: %s stays \"sanitizing\" in custody: %s"), label, error->what);
	if (error->next[0])
		output_line(stderr, "  → %s", error->next);
}

static void follow(const struct following *following, const struct job_result *result)
{
	struct error error = { 0 };
	struct clock_reading now;
	clock_read(&now);
	int r = store_begin(following->store, &error);
	if (r == 0)
		r = store_end(
			following->store, record(following, result, now.utc_ms, &error), &error);
	if (r < 0)
		say_why_not(result, &error);
}

void wipe_follow_custody(const struct invocation *invocation, struct store *store,
	const struct job_result *results, size_t count)
{
	struct following following CLEANUP(following_free) = { .store = store };
	bool is_loaded = false;
	for (size_t i = 0; i < count; i++) {
		struct error error = { 0 };
		if (results[i].pending || results[i].verdict.outcome != OUTCOME_PROVEN ||
			!results[i].certificate[0])
			continue;
		if (!is_loaded && load(invocation, &following, &error) < 0) {
			say_why_not(&results[i], &error);
			return;
		}
		is_loaded = true;
		follow(&following, &results[i]);
	}
}
