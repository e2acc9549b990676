/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is about to happen to a drive: the drive, what it carries, the plan and what the guard found;
 * the verdict first. */
#include "base/text.h"
#include "cli/describe.h"
#include "cli/describe_claims.h"
#include "cli/format.h"
#include "cli/output.h"
#include <stdarg.h>
#include <string.h>

enum error_kind describe_preview_code(const struct job_preview *preview)
{
	if (!preview->guard.allowed)
		return ERROR_REFUSED;
	if (preview->plan_error.kind != ERROR_NONE)
		return preview->plan_error.kind;
	return preview->plan.step_count > 0 ? ERROR_NONE : ERROR_REFUSED;
}

/* ---- lines with a label before them ---- */

static const char *const labels[] = { N_("Drive"), N_("Carries"), N_("Belongs"), N_("Plan"),
	N_("Methods"), N_("Guard") };

/* All texts stand right of the widest label, in every language. */
static unsigned label_width(void)
{
	unsigned width = 0;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		width = MAX(width, format_width(_(labels[i])));
	return width;
}

/* label: one of the above, or NULL for a line that goes on. */
static void say(FILE *stream, const char *label, const char *format, ...) PRINTF_LIKE(3, 4);
static void say(FILE *stream, const char *label, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		return;
	}
	const char *left = label ? _(label) : "";
	output_line(stream, "%s%*s  %s", left, format_padding(left, label_width()), "", text);
}

/* ---- the parts ---- */

static void print_drive(FILE *stream, const struct job_preview *preview)
{
	const struct drive_identity *identity = &preview->identity;
	char label[IDENTITY_LABEL_MAX], size[FORMAT_SIZE], native[FORMAT_SIZE], layers[200];
	identity_label(identity, label);
	format_bytes_exact(identity->capacity_bytes, size);
	say(stream, N_("Drive"), "%s", label);
	say(stream, NULL, "%s · %s · %s · %u B", size, describe_transport(identity->transport),
		describe_media(identity->media), identity->logical_sector_bytes);
	if (preview->native.source == NATIVE_UNKNOWN) {
		say(stream, NULL, "%s",
			_("native capacity unknown: hidden areas cannot be excluded"));
	} else if (preview->native.native_bytes != identity->capacity_bytes) {
		format_bytes_exact(preview->native.native_bytes, native);
		say(stream, NULL, _("native capacity %s: a part is hidden"), native);
	}
	describe_layers_short(
		&preview->signatures, preview->signatures_known, layers, sizeof(layers));
	say(stream, N_("Carries"), "%s", layers);
	describe_layers(stream, &preview->signatures);
}

/* What it belongs to, or did: the operator decides with that before his eyes. */
static void print_claims(FILE *stream, const struct job_preview *preview)
{
	char text[512];
	if (preview->stack_error.kind != ERROR_NONE)
		say(stream, N_("Belongs"), _("cannot be told: %s"), preview->stack_error.what);
	for (size_t i = 0; preview->stack && describe_claim(preview->stack, i, text, sizeof(text));
		i++)
		say(stream, i == 0 ? N_("Belongs") : NULL, "%s", text);
}

/* "0x00", "0x924924…": enough to tell the patterns of a scheme apart. */
static void pattern_text(const struct pattern *pattern, char *ret, size_t size)
{
	char hex[17];
	switch (pattern->kind) {
	case STREAM_NONE:
		snprintf(ret, size, "?");
		return;
	case STREAM_RANDOM:
		snprintf(ret, size, "%s", _("random, AES-256-CTR under its own key"));
		return;
	case STREAM_PERIODIC:
		break;
	}
	hex[0] = '\0';
	for (size_t i = 0; i < pattern->period_bytes && i < sizeof(hex) / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", pattern->period[i]);
	snprintf(ret, size, "0x%s%s", hex, pattern->period_bytes > sizeof(hex) / 2 ? "…" : "");
}

/* "about 0:02:10, as the drive says"; what it does not say is left out. */
static void duration_text(int64_t seconds, char *ret, size_t size)
{
	char duration[FORMAT_SIZE];
	ret[0] = '\0';
	if (seconds < 0)
		return;
	format_duration(seconds, duration);
	snprintf(ret, size, _(", about %s as the drive says"), duration);
}

static const char *scope_text(enum erase_scope scope)
{
	switch (scope) {
	case SCOPE_UNKNOWN:
		break;
	case SCOPE_NAMESPACE:
		return _("this namespace");
	case SCOPE_DRIVE:
		return _("the whole drive");
	case SCOPE_SUBSYSTEM:
		return _("the whole subsystem, every namespace");
	}
	return "?";
}

static void erase_text(const struct plan_step *step, char *ret, size_t size)
{
	char duration[96];
	duration_text(step->expected_seconds, duration, sizeof(duration));
	if (technique_facts(step->technique)->erasure == ERASURE_HINT)
		snprintf(ret, size, _("prepare by %s (%s%s); that erases nothing yet"),
			technique_name(step->technique), scope_text(step->scope), duration);
	else
		snprintf(ret, size, _("erase by %s (%s%s)"), technique_name(step->technique),
			scope_text(step->scope), duration);
}

static void read_back_text(const struct plan_step *step, char *ret, size_t size)
{
	if (step->coverage == VERIFICATION_FULL)
		snprintf(ret, size, _("read back what step %u wrote, every byte"), step->of_step);
	else
		snprintf(ret, size, _("read back what step %u wrote, a sample of 10 %% or more"),
			step->of_step);
}

static void step_text(const struct plan *plan, const struct plan_step *step, char *ret, size_t size)
{
	char text[96];
	switch (step->method) {
	case STEP_UNKNOWN:
		snprintf(ret, size, "?");
		return;
	case STEP_OVERWRITE:
		pattern_text(&step->pattern, text, sizeof(text));
		snprintf(ret, size, _("overwrite every byte: %s"), text);
		return;
	case STEP_READ_BACK:
		read_back_text(step, ret, size);
		return;
	case STEP_RESIDUE_SCAN:
		snprintf(ret, size, _("look for what may be left after step %u"), step->of_step);
		return;
	case STEP_RESTORE_CAPACITY:
		format_bytes_exact(plan->capacity_bytes, text);
		snprintf(ret, size, _("lift what hides a part of the medium, up to %s"), text);
		return;
	case STEP_PLANT_MARKERS:
		snprintf(ret, size, _("plant %u markers over the whole medium"),
			plan_markers(plan, step));
		return;
	case STEP_ERASE:
		erase_text(step, ret, size);
		return;
	case STEP_CHECK_MARKERS:
		snprintf(ret, size, _("look for the markers of step %u: none may be left"),
			step->of_step);
		return;
	}
}

/* What the drive does not have is counted and not listed: the policy names methods of every kind.
 * Behind the one that is taken only those count that a fall-back would come to. */
static bool is_listed(const struct plan_candidate *candidate, bool is_behind)
{
	if (is_behind)
		return strcmp(candidate->why, "not-needed") == 0;
	return strcmp(candidate->why, "not-supported") != 0 &&
	       strcmp(candidate->why, "not-asked") != 0;
}

/* What helps is said once for all that it helps. */
static bool is_helped_before(const struct plan *plan, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_listed(&plan->candidates[i], false) &&
			strcmp(plan->candidates[i].why, plan->candidates[index].why) == 0)
			return true;
	return false;
}

static void print_candidate(FILE *stream, const struct plan *plan, size_t index, bool is_first)
{
	const struct plan_candidate *candidate = &plan->candidates[index];
	char duration[96];
	duration_text(candidate->expected_seconds, duration, sizeof(duration));
	say(stream, is_first ? N_("Methods") : NULL, "%s %s · %s%s: %s",
		candidate->chosen ? "→" : " ", candidate->methods, describe_level(candidate->level),
		duration, plan_why_text(candidate->why));
	if (!candidate->chosen && plan_why_help(candidate->why)[0] &&
		!is_helped_before(plan, index))
		say(stream, NULL, "    → %s", plan_why_help(candidate->why));
}

/* The ways that were weighed, and why each is taken or not. */
static void print_candidates(FILE *stream, const struct plan *plan)
{
	size_t listed = 0, others = 0;
	bool is_behind = false;
	for (size_t i = 0; i < plan->candidate_count; i++) {
		if (is_listed(&plan->candidates[i], is_behind))
			print_candidate(stream, plan, i, listed++ == 0);
		else
			others++;
		is_behind |= plan->candidates[i].chosen;
	}
	if (others > 0)
		say(stream, listed == 0 ? N_("Methods") : NULL,
			_("  and %zu that the drive does not offer, or that were not asked for "
			  "(all: --json)"),
			others);
}

/* What it is planned by: the methods, and where it is overwritten the scheme. */
static void print_choice(FILE *stream, const struct plan *plan)
{
	const char *methods = "";
	for (size_t i = 0; i < plan->candidate_count; i++)
		if (plan->candidates[i].chosen)
			methods = plan->candidates[i].methods;
	char text[512] = "";
	if (methods[0])
		snprintf(text, sizeof(text), " · %s", methods);
	size_t length = strlen(text);
	if (plan->scheme[0])
		snprintf(text + length, sizeof(text) - length, " · %s (%s)", plan->scheme,
			plan->scheme_origin);
	say(stream, N_("Plan"), "%s%s", describe_level(plan->level), text);
}

static void print_plan(FILE *stream, const struct job_preview *preview, const struct policy *policy)
{
	const struct plan *plan = &preview->plan;
	if (plan->step_count == 0) {
		say(stream, N_("Plan"), "%s", preview->plan_error.what);
		if (preview->plan_error.next[0])
			say(stream, NULL, "→ %s", preview->plan_error.next);
		print_candidates(stream, plan);
		return;
	}
	print_choice(stream, plan);
	say(stream, NULL, _("policy %s, version %s"), policy->name, policy->version);
	for (size_t i = 0; i < plan->step_count; i++) {
		char text[320];
		step_text(plan, &plan->steps[i], text, sizeof(text));
		output_line(stream, "  %2zu  %s", i + 1, text);
	}
	print_candidates(stream, plan);
}

/* Its sentences, joined by "; ", a line each. */
static void print_refusal(FILE *stream, const struct guard_finding *finding)
{
	const char *text = finding->detail, *end;
	for (; (end = strstr(text, "; ")); text = end + 2)
		say(stream, NULL, "%.*s;", (int)(end - text), text);
	say(stream, NULL, "%s [%s]", text, finding->check);
}

/* The check's stable word stands last: it is the key to the handbook and to the JSON. */
static void print_guard(FILE *stream, const struct guard_report *guard)
{
	if (guard->allowed) {
		say(stream, N_("Guard"), "%s", _("nothing uses the drive"));
	} else {
		say(stream, N_("Guard"), "%s", _("REFUSED"));
	}
	for (size_t i = 0; i < guard->count; i++) {
		const struct guard_finding *finding = &guard->findings[i];
		if (finding->result == GUARD_REFUSED)
			print_refusal(stream, finding);
		else if (finding->result == GUARD_PASSED && finding->detail[0])
			say(stream, NULL, _("passed, but: %s [%s]"), finding->detail,
				finding->check);
		else if (finding->result == GUARD_NOT_MADE)
			say(stream, NULL, _("could not be checked: %s [%s]"), finding->detail,
				finding->check);
	}
}

void describe_preview(FILE *stream, const struct job_preview *preview, const struct policy *policy)
{
	bool allowed = describe_preview_code(preview) == ERROR_NONE;
	struct error refusal = { 0 };
	output_line(stream, "%s", allowed ? _("MAY BE WIPED") : _("WILL NOT BE WIPED"));
	print_drive(stream, preview);
	print_claims(stream, preview);
	print_plan(stream, preview, policy);
	print_guard(stream, &preview->guard);
	(void)guard_error(&preview->guard, &preview->identity, &refusal);
	if (refusal.next[0])
		say(stream, NULL, "→ %s", refusal.next);
	output_line(stream, "%s", "");
}

json_t *describe_preview_json(const struct job_preview *preview)
{
	AUTO_JSON json_t *json = json_object();
	json_t *plan = NULL, *guard = NULL;
	if (!json || describe_claims_json(json, preview->stack) < 0 ||
		plan_to_json(&preview->plan, &plan) < 0 || json_put(json, "plan", plan) < 0 ||
		guard_to_json(&preview->guard, &guard) < 0 || json_put(json, "guard", guard) < 0 ||
		json_put_string(json, "path", preview->path) < 0 ||
		json_put(json, "identity", describe_identity_json(&preview->identity)) < 0 ||
		json_put(json, "native", describe_native_json(&preview->native)) < 0 ||
		json_put(json, "layers", describe_layers_json(&preview->signatures)) < 0 ||
		json_put_integer(json, "layers_known", preview->signatures_known) < 0 ||
		json_put(json, "plan_error", output_error_json(&preview->plan_error)) < 0 ||
		json_put_integer(json, "allowed", describe_preview_code(preview) == ERROR_NONE) < 0)
		return NULL;
	return json_incref(json);
}
