/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives, plans, guards and verdicts in words and as JSON. */
#include "cli/describe.h"

#include "base/text.h"
#include "cli/format.h"
#include "cli/output.h"
#include <string.h>
#include <time.h>

const char *describe_level(enum level level)
{
	switch (level) {
	case LEVEL_NONE:
		return _("none");
	case LEVEL_CLEAR:
		return _("clear");
	case LEVEL_PURGE:
		return _("purge");
	case LEVEL_DESTROY:
		return _("destroy");
	}
	return "?";
}

const char *describe_verification(enum verification verification)
{
	switch (verification) {
	case VERIFICATION_NONE:
		return _("not read back");
	case VERIFICATION_SAMPLE:
		return _("read back by sample");
	case VERIFICATION_FULL:
		return _("read back in full");
	}
	return "?";
}

const char *describe_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_UNKNOWN:
		return _("unknown");
	case OUTCOME_REFUSED:
		return _("refused");
	case OUTCOME_INTERRUPTED:
		return _("interrupted");
	case OUTCOME_FAILED:
		return _("failed");
	case OUTCOME_PROVEN:
		return _("proven");
	}
	return "?";
}

const char *describe_state(enum job_state state)
{
	switch (state) {
	case JOB_UNKNOWN:
		return _("unknown");
	case JOB_READY:
		return _("ready");
	case JOB_RUNNING:
		return _("running");
	case JOB_INTERRUPTED:
		return _("interrupted");
	case JOB_ENDED:
		return _("not certified yet");
	case JOB_CERTIFIED:
		return _("certified");
	}
	return "?";
}

const char *describe_method(const char *method)
{
	static const struct {
		const char *word, *text;
	} methods[] = {
		{ "opening", N_("opening") },
		{ "overwrite", N_("overwriting") },
		{ "read-back", N_("reading back") },
		{ "residue-scan", N_("looking for residue") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(method, methods[i].word) == 0)
			return _(methods[i].text);
	return method;
}

void describe_time(int64_t utc_ms, char ret[static DESCRIBE_TIME_SIZE])
{
	time_t seconds = (time_t)(utc_ms / 1000);
	struct tm local;
	if (utc_ms == 0 || !localtime_r(&seconds, &local) ||
		strftime(ret, DESCRIBE_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &local) == 0)
		strcpy(ret, "-");
}

/* Append words to a text of fixed size; what does not fit is cut. */
static void add_text(char *text, size_t size, const char *more)
{
	size_t length = strlen(text);
	if (length < size)
		snprintf(text + length, size - length, "%s", more);
}

/* Was a signature of this type listed before? (A GPT has its copy at the end, a mirror two.) */
static bool is_repeated(const struct signature_list *signatures, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (signatures->items[i].usage != SIGNATURE_PARTITION &&
			strcmp(signatures->items[i].type, signatures->items[index].type) == 0)
			return true;
	return false;
}

void describe_layers_short(
	const struct signature_list *signatures, bool known, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < signatures->count; i++) {
		if (signatures->items[i].usage == SIGNATURE_PARTITION || is_repeated(signatures, i))
			continue;
		add_text(ret, size, ret[0] ? ", " : "");
		add_text(ret, size, signatures->items[i].type);
	}
	if (!known)
		add_text(ret, size, ret[0] ? _(", and more that could not be read") : _("unread"));
	else if (!ret[0])
		add_text(ret, size, _("nothing known"));
}

static const char *usage_text(enum signature_usage usage)
{
	switch (usage) {
	case SIGNATURE_OTHER:
		return _("other");
	case SIGNATURE_FILESYSTEM:
		return _("filesystem");
	case SIGNATURE_RAID:
		return _("RAID or volume member");
	case SIGNATURE_CRYPTO:
		return _("encrypted volume");
	case SIGNATURE_PARTITION_TABLE:
		return _("partition table");
	case SIGNATURE_PARTITION:
		return _("partition");
	}
	return "?";
}

void describe_layers(FILE *stream, const struct signature_list *signatures)
{
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature *signature = &signatures->items[i];
		bool is_partition = signature->usage == SIGNATURE_PARTITION;
		const char *indent = is_partition                      ? "  ├─ "
				     : signature->partition_number > 0 ? "  │    "
								       : "  ";
		char number[16] = "", size[FORMAT_SIZE];
		if (is_partition)
			snprintf(number, sizeof(number), " %u", signature->partition_number);
		format_bytes(signature->length_bytes, size);
		output_line(stream, "%s%s%s  %s  %s%s%s%s%s%s", indent,
			usage_text(signature->usage), number, signature->type, size,
			signature->label[0] ? "  \"" : "", signature->label,
			signature->label[0] ? "\"" : "", signature->uuid[0] ? "  " : "",
			signature->uuid);
	}
	if (signatures->truncated)
		output_line(stream, "  %s", _("… and more than can be listed"));
}

static json_t *layer_json(const struct signature *signature)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "usage", signature_usage_name(signature->usage)) < 0 ||
		json_put_string(json, "type", signature->type) < 0 ||
		json_put_string(json, "uuid", signature->uuid) < 0 ||
		json_put_string(json, "label", signature->label) < 0 ||
		json_put_integer(json, "offset_bytes", (int64_t)signature->offset_bytes) < 0 ||
		json_put_integer(json, "length_bytes", (int64_t)signature->length_bytes) < 0 ||
		json_put_integer(json, "partition", signature->partition_number) < 0)
		return NULL;
	return json_incref(json);
}

json_t *describe_layers_json(const struct signature_list *signatures)
{
	AUTO_JSON json_t *array = json_array();
	if (!array)
		return NULL;
	for (size_t i = 0; i < signatures->count; i++)
		if (json_push(array, layer_json(&signatures->items[i])) < 0)
			return NULL;
	return json_incref(array);
}

json_t *describe_native_json(const struct native_capacity *native)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "source", native_source_name(native->source)) < 0 ||
		json_put_integer(json, "bytes", (int64_t)native->native_bytes) < 0 ||
		json_put_integer(json, "sector_bytes", native->sector_bytes) < 0)
		return NULL;
	return json_incref(json);
}

json_t *describe_identity_json(const struct drive_identity *identity)
{
	json_t *json = NULL;
	return identity_to_json(identity, &json) < 0 ? NULL : json;
}

enum error_kind describe_preview_code(const struct job_preview *preview)
{
	if (!preview->guard.allowed)
		return ERROR_REFUSED;
	if (preview->plan_error.kind != ERROR_NONE)
		return preview->plan_error.kind;
	return preview->plan.step_count > 0 ? ERROR_NONE : ERROR_REFUSED;
}

static void describe_drive(FILE *stream, const struct job_preview *preview)
{
	const struct drive_identity *identity = &preview->identity;
	char label[IDENTITY_LABEL_MAX], size[FORMAT_SIZE], native[FORMAT_SIZE], layers[200];
	identity_label(identity, label);
	format_bytes_exact(identity->capacity_bytes, size);
	output_line(stream, "%s  %s", _("Drive  "), label);
	output_line(stream, "         %s · %s · %s · %u B", size,
		transport_name(identity->transport), media_name(identity->media),
		identity->logical_sector_bytes);
	if (preview->native.source == NATIVE_UNKNOWN) {
		output_line(stream, "         %s",
			_("native capacity unknown: hidden areas cannot be excluded"));
	} else if (preview->native.native_bytes != identity->capacity_bytes) {
		format_bytes_exact(preview->native.native_bytes, native);
		output_line(stream, _("         native capacity %s: a part is hidden"), native);
	}
	describe_layers_short(
		&preview->signatures, preview->signatures_known, layers, sizeof(layers));
	output_line(stream, "%s  %s", _("Carries"), layers);
	describe_layers(stream, &preview->signatures);
}

static void pattern_text(const struct pattern *pattern, char *ret, size_t size)
{
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
	snprintf(ret, size, "0x");
	for (uint32_t i = 0; i < pattern->period_bytes && i < 8; i++) {
		char byte[3];
		snprintf(byte, sizeof(byte), "%02x", pattern->period[i]);
		add_text(ret, size, byte);
	}
	if (pattern->period_bytes > 8)
		add_text(ret, size, "…");
}

static void describe_step(FILE *stream, unsigned number, const struct plan_step *step)
{
	char pattern[96];
	switch (step->method) {
	case STEP_UNKNOWN:
		output_line(stream, "  %2u  ?", number);
		return;
	case STEP_OVERWRITE:
		pattern_text(&step->pattern, pattern, sizeof(pattern));
		output_line(stream, _("  %2u  overwrite every byte: %s"), number, pattern);
		return;
	case STEP_READ_BACK:
		if (step->coverage == VERIFICATION_FULL)
			output_line(stream, _("  %2u  read back what step %u wrote, every byte"),
				number, step->of_step);
		else
			output_line(stream,
				_("  %2u  read back what step %u wrote, a sample of 10 %% or more"),
				number, step->of_step);
		return;
	case STEP_RESIDUE_SCAN:
		output_line(stream, _("  %2u  look for what may be left after step %u"), number,
			step->of_step);
		return;
	}
}

static void describe_plan(
	FILE *stream, const struct job_preview *preview, const struct policy *policy)
{
	if (preview->plan.step_count == 0) {
		output_line(stream, "%s  %s", _("Plan   "), preview->plan_error.what);
		if (preview->plan_error.next[0])
			output_line(stream, "         → %s", preview->plan_error.next);
		return;
	}
	output_line(stream, "%s  %s · %s (%s)", _("Plan   "), describe_level(preview->plan.level),
		preview->plan.scheme, preview->plan.scheme_origin);
	output_line(stream, _("         policy %s, version %s"), policy->name, policy->version);
	for (size_t i = 0; i < preview->plan.step_count; i++)
		describe_step(stream, (unsigned)i + 1, &preview->plan.steps[i]);
}

static void describe_guard(FILE *stream, const struct guard_report *guard)
{
	if (guard->allowed) {
		output_line(stream, "%s  %s", _("Guard  "), _("nothing uses the drive"));
		return;
	}
	output_line(stream, "%s  %s", _("Guard  "), _("REFUSED"));
	for (size_t i = 0; i < guard->count; i++) {
		const struct guard_finding *finding = &guard->findings[i];
		if (finding->result == GUARD_PASSED)
			continue;
		output_line(stream, "         %s: %s%s%s", finding->check,
			finding->result == GUARD_NOT_MADE ? _("could not be checked") : "",
			finding->result == GUARD_NOT_MADE && finding->detail[0] ? ": " : "",
			finding->detail);
	}
}

void describe_preview(FILE *stream, const struct job_preview *preview, const struct policy *policy)
{
	if (describe_preview_code(preview) == ERROR_NONE)
		output_line(stream, "%s", _("MAY BE WIPED"));
	else
		output_line(stream, "%s", _("WILL NOT BE WIPED"));
	describe_drive(stream, preview);
	describe_plan(stream, preview, policy);
	describe_guard(stream, &preview->guard);
	output_line(stream, "%s", "");
}

json_t *describe_preview_json(const struct job_preview *preview)
{
	AUTO_JSON json_t *json = json_object();
	json_t *plan = NULL, *guard = NULL;
	if (!json || plan_to_json(&preview->plan, &plan) < 0 || json_put(json, "plan", plan) < 0 ||
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
