/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building the documents; the only place in wipe/ that spells field names. */
#include "wipe/job_documents.h"

#include "base/digest.h"
#include "base/file.h"
#include "version.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

void job_account(char *ret, size_t size)
{
	char line[32] = "";
	unsigned long uid = getuid();
	if (file_read_line("/proc/self/loginuid", line, sizeof(line)) == 0 && line[0] != '\0' &&
		strcmp(line, "4294967295") != 0)
		uid = strtoul(line, NULL, 10);
	struct passwd entry, *found = NULL;
	char buffer[1024];
	if (getpwuid_r((uid_t)uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(ret, size, "%s", found->pw_name);
	else
		snprintf(ret, size, "%lu", uid);
}

static json_t *native_document(const struct native_capacity *native)
{
	return json_pack("{s:s, s:I, s:I}", "source", native_source_name(native->source), "bytes",
		(json_int_t)native->native_bytes, "sector_bytes", (json_int_t)native->sector_bytes);
}

static json_t *layers_document(const struct signature_list *signatures)
{
	AUTO_JSON json_t *layers = json_array();
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature *item = &signatures->items[i];
		json_t *layer = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "usage",
			signature_usage_name(item->usage), "type", item->type, "uuid", item->uuid,
			"label", item->label, "offset_bytes", (json_int_t)item->offset_bytes,
			"length_bytes", (json_int_t)item->length_bytes, "partition",
			(json_int_t)item->partition_number);
		if (json_push(layers, layer) < 0)
			return NULL;
	}
	return json_incref(layers);
}

static json_t *subject_document(
	const struct job_preview *preview, const struct job_request *request)
{
	json_t *identity = NULL;
	if (identity_to_json(&preview->identity, &identity) < 0)
		return NULL;
	return json_pack("{s:o, s:o, s:i, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
		"identity", identity, "native", native_document(&preview->native), "layers_known",
		preview->signatures_known && !preview->signatures.truncated, "layers",
		layers_document(&preview->signatures), "asset_number", request->asset_number,
		"zone", request->plan.zone, "tenant", request->tenant, "service_code",
		request->service_code, "confidentiality", request->plan.confidentiality,
		"organisation", request->organisation, "host", request->host, "site", request->site,
		"country", request->country);
}

static json_t *reason_document(const struct policy *policy, const struct job_request *request)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "ticket", request->ticket,
		"contract", request->contract, "destination", request->destination, "policy",
		"name", policy->name, "version", policy->version, "sha256", policy->sha256);
}

static json_t *people_document(const struct job_request *request)
{
	char account[64];
	job_account(account, sizeof(account));
	const struct person *operator= & request->operator;
	const struct person *witness = &request->witness;
	return json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s}}", "operator",
		"name", operator->name, "title", operator->title, "place", operator->place,
		"account", account, "witness", "name", witness->name, "title", witness->title,
		"place", witness->place);
}

int job_documents(const struct policy *policy, const struct job_preview *preview,
	const struct job_request *request, const struct plan *plan, struct job_record *ret)
{
	ret->subject = subject_document(preview, request);
	ret->reason = reason_document(policy, request);
	ret->people = people_document(request);
	int result = plan_to_json(plan, &ret->plan);
	if (result < 0)
		return result;
	/* json_pack refuses text that is not UTF-8 as it does a lack of memory. */
	return ret->subject && ret->reason && ret->people ? 0 : -EINVAL;
}

json_t *job_event_created(const struct clock_reading *now)
{
	return json_pack("{s:s, s:i, s:s}", "kind", "created", "clock_synchronised",
		now->synchronised, "version", HAIKI_VERSION);
}

json_t *job_event_plan_refused(const struct error *why)
{
	return json_pack("{s:s, s:s}", "kind", "plan-refused", "code", why->code);
}

json_t *job_event_opened(const char *path, const struct drive *drive)
{
	json_t *identity = NULL;
	if (identity_to_json(&drive->identity, &identity) < 0)
		return NULL;
	return json_pack("{s:s, s:s, s:o, s:o, s:i}", "kind", "opened", "path", path, "identity",
		identity, "native", native_document(&drive->native), "exclusive",
		drive->mode == DRIVE_CLAIM);
}

json_t *job_event_started(unsigned step, uint64_t from_bytes)
{
	return json_pack("{s:s, s:I, s:I}", "kind", "started", "step", (json_int_t)step,
		"from_bytes", (json_int_t)from_bytes);
}

json_t *job_event_bad_range(unsigned step, const struct bad_range *bad)
{
	return json_pack("{s:s, s:I, s:s, s:I, s:I, s:i}", "kind", "bad-range", "step",
		(json_int_t)step, "range", bad_kind_name(bad->kind), "offset_bytes",
		(json_int_t)bad->range.offset_bytes, "length_bytes",
		(json_int_t)bad->range.length_bytes, "errno", bad->errnum);
}

json_t *job_event_residue(unsigned step, const struct residue *residue)
{
	return json_pack("{s:s, s:I, s:s, s:I, s:i}", "kind", "residue", "step", (json_int_t)step,
		"type", residue->type, "offset_bytes", (json_int_t)residue->offset_bytes,
		"coincident", residue->coincident);
}

json_t *job_event_sibling(const struct drive *sibling)
{
	json_t *identity = NULL;
	if (identity_to_json(&sibling->identity, &identity) < 0)
		return NULL;
	return json_pack("{s:s, s:o, s:i}", "kind", "sibling", "identity", identity, "exclusive",
		sibling->mode == DRIVE_CLAIM);
}

#define HEX_MAX (2 * ERASE_ANSWER_MAX + 1)

static void raw_text(const struct erase_answer *answer, char ret[static HEX_MAX])
{
	hex_encode(answer->raw, MIN(answer->raw_bytes, ERASE_ANSWER_MAX), ret);
}

json_t *job_event_answer(unsigned step, const char *moment, const struct erase_answer *answer)
{
	struct erase_state state;
	char raw[HEX_MAX];
	erase_state_read(answer, &state);
	raw_text(answer, raw);
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:s}", "kind", "answer", "step",
		(json_int_t)step, "moment", moment, "witness", erase_witness_name(answer->witness),
		"status", erase_status_name(state.status), "progress", (json_int_t)state.progress,
		"raw", raw);
}

json_t *job_event_markers(unsigned step, const struct marker_check *markers)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "kind", "markers", "step",
		(json_int_t)step, "checked", (json_int_t)markers->checked, "remaining",
		(json_int_t)markers->remaining, "unreadable", (json_int_t)markers->unreadable,
		"zeroed", (json_int_t)markers->zeroed);
}

/* A drive never has 0 sectors: those were not told. */
static json_int_t sectors_told(uint64_t sectors)
{
	return sectors > 0 && sectors <= INT64_MAX ? (json_int_t)sectors : -1;
}

json_t *job_event_capacity(unsigned step, const struct capacity_change *change)
{
	return json_pack("{s:s, s:I, s:s, s:I, s:I, s:i}", "kind", "capacity", "step",
		(json_int_t)step, "area", change->area, "before_sectors",
		sectors_told(change->before_sectors), "after_sectors",
		sectors_told(change->after_sectors), "errno", change->errnum);
}

json_t *job_event_health(const char *moment, const char *what, const struct erase_answer *raw)
{
	char text[HEX_MAX];
	raw_text(raw, text);
	return json_pack("{s:s, s:s, s:s, s:s}", "kind", "health", "moment", moment, "what", what,
		"raw", text);
}

json_t *job_event_finished(unsigned step, const char *result, uint64_t bytes, uint64_t bad_bytes,
	bool flushed, int errnum)
{
	return json_pack("{s:s, s:I, s:s, s:I, s:I, s:i, s:i}", "kind", "finished", "step",
		(json_int_t)step, "result", result, "bytes", (json_int_t)bytes, "bad_bytes",
		(json_int_t)bad_bytes, "flushed", flushed, "errno", errnum);
}

json_t *job_event_closing(const struct drive_identity *now, bool same)
{
	json_t *identity = NULL;
	if (identity_to_json(now, &identity) < 0)
		return NULL;
	return json_pack("{s:s, s:o, s:i}", "kind", "closing", "identity", identity, "same", same);
}

json_t *job_event_error(const struct error *why)
{
	return json_pack(
		"{s:s, s:s, s:i}", "kind", "error", "code", why->code, "errno", why->errnum);
}

json_t *job_event_interrupted(const char *cause)
{
	return json_pack("{s:s, s:s}", "kind", "interrupted", "cause", cause);
}

json_t *job_event_resumed(const struct clock_reading *now)
{
	return json_pack("{s:s, s:i, s:s}", "kind", "resumed", "clock_synchronised",
		now->synchronised, "version", HAIKI_VERSION);
}

json_t *job_event_ended(const struct clock_reading *now)
{
	return json_pack("{s:s, s:i}", "kind", "ended", "clock_synchronised", now->synchronised);
}
