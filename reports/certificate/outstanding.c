/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a job's documents to the keys that it destroyed, and what is left of them. */
#include "reports/certificate/outstanding.h"

#include "inventory/assets/key_copies.h"
#include "verify/plan/technique.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* 0: the plan has no such step. */
static json_int_t step_of_keys(const struct job_record *job)
{
	const json_t *steps = json_object_get(job->plan, "steps");
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		enum technique technique = technique_parse(text_of(step, "technique"));
		if (technique_facts(technique)->erasure == ERASURE_KEYS &&
			technique != TECHNIQUE_NONE)
			return json_integer_value(json_object_get(step, "step"));
	}
	return 0;
}

/* Does the evidence say this of the step? result: of "finished"; NULL: whatever it was. */
static bool has_event(const json_t *evidence, json_int_t step, const char *kind, const char *result)
{
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *event = json_array_get(evidence, i);
		if (strcmp(text_of(event, "kind"), kind) == 0 &&
			json_integer_value(json_object_get(event, "step")) == step &&
			(!result || strcmp(text_of(event, "result"), result) == 0))
			return true;
	}
	return false;
}

typedef int uuid_visit(void *context, const char *uuid, struct error *error);

/* Each UUID of a LUKS header that stood on the drive, once. */
static int each_uuid(
	const struct job_record *job, uuid_visit *visit, void *context, struct error *error)
{
	const json_t *layers = json_object_get(job->subject, "layers");
	int result = 0;
	for (size_t i = 0; result == 0 && i < json_array_size(layers); i++) {
		const json_t *layer = json_array_get(layers, i);
		const char *uuid = text_of(layer, "uuid");
		bool seen = strcmp(text_of(layer, "type"), "crypto_LUKS") != 0 || !*uuid;
		for (size_t j = 0; !seen && j < i; j++)
			seen = strcmp(text_of(json_array_get(layers, j), "uuid"), uuid) == 0;
		if (!seen)
			result = visit(context, uuid, error);
	}
	return result;
}

/* ---- what remains ---- */

struct collecting {
	struct store *store;
	json_t *words;
};

static int collect(void *context, const char *uuid, struct error *error)
{
	const struct collecting *collecting = context;
	AUTO_KEY_COPIES struct key_copy_list copies = { 0 };
	int result = key_copies_list(collecting->store, uuid, false, &copies, error);
	for (size_t i = 0; result == 0 && i < copies.count; i++) {
		char word[48];
		(void)snprintf(word, sizeof(word), "key-copy:V%" PRId64, copies.items[i].id);
		if (json_push(collecting->words, json_string(word)) < 0)
			result = error_no_memory(error);
	}
	return result;
}

int outstanding_of_job(struct store *store, const struct job_record *job, const json_t *evidence,
	json_t **ret, struct error *error)
{
	AUTO_JSON json_t *words = json_array();
	struct collecting collecting = { store, words };
	json_int_t step = step_of_keys(job);
	if (!words)
		return error_no_memory(error);
	int result = step > 0 && has_event(evidence, step, "started", NULL)
			     ? each_uuid(job, collect, &collecting, error)
			     : 0;
	if (result == 0)
		*ret = json_incref(words);
	return result;
}

/* ---- what was destroyed ---- */

struct noting {
	struct store *store;
	const char *job;
	int64_t now_utc_ms;
};

static int note(void *context, const char *uuid, struct error *error)
{
	const struct noting *noting = context;
	return key_copies_note_erased(noting->store, uuid, noting->job, noting->now_utc_ms, error);
}

int outstanding_note_keys(struct store *store, const struct job_record *job, const json_t *evidence,
	int64_t now_utc_ms, struct error *error)
{
	struct noting noting = { store, job->id, now_utc_ms };
	json_int_t step = step_of_keys(job);
	return step > 0 && has_event(evidence, step, "finished", "complete")
		       ? each_uuid(job, note, &noting, error)
		       : 0;
}
