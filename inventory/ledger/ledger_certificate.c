/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a certificate: its digest, and as much of it as shows what became of which drive. */
#include "inventory/ledger/ledger_bodies.h"

#include "inventory/ledger/ledger_rows.h"

#include <errno.h>
#include <string.h>

/* A field of an object that may be missing; borrowed. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int copy_texts(const json_t *from, const char *const keys[], json_t *to)
{
	int r = 0;
	for (size_t i = 0; r == 0 && keys[i]; i++)
		r = json_put_string(to, keys[i], text_of(from, keys[i]));
	return r;
}

static int put_subject(const json_t *document, json_t *body)
{
	static const char *const of_identity[] = { "serial", "wwn", "model", "media", NULL };
	static const char *const of_inventory[] = { "asset_number", "zone", "tenant", NULL };
	const json_t *subject = json_object_get(document, "subject");
	const json_t *identity = json_object_get(subject, "identity");
	json_t *object = json_object();
	int r = json_put(body, "subject", object); /* the body holds it now */
	if (r == 0)
		r = copy_texts(identity, of_identity, object);
	if (r == 0)
		r = json_put_integer(object, "capacity_bytes",
			json_integer_value(json_object_get(identity, "capacity_bytes")));
	return r == 0 ? copy_texts(subject, of_inventory, object) : r;
}

static bool has_word(const json_t *words, const char *word)
{
	for (size_t i = 0; i < json_array_size(words); i++)
		if (strcmp(json_string_value(json_array_get(words, i)), word) == 0)
			return true;
	return false;
}

/* What changes the medium, each once: "overwrite", or the technique by which it erases itself. */
static int put_methods(const json_t *document, json_t *body)
{
	const json_t *steps = json_object_get(json_object_get(document, "plan"), "steps");
	json_t *methods = json_array();
	int r = json_put(body, "methods", methods);
	for (size_t i = 0; r == 0 && i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *method = text_of(step, "method");
		if (strcmp(method, "erase") == 0)
			method = text_of(step, "technique");
		else if (strcmp(method, "overwrite") != 0)
			continue;
		if (!has_word(methods, method))
			r = json_push(methods, json_string(method));
	}
	return r;
}

/* From the first step on, or from the first event where none was begun. */
static const char *began(const json_t *evidence)
{
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *event = json_array_get(evidence, i);
		if (strcmp(text_of(event, "kind"), "started") == 0)
			return text_of(event, "utc");
	}
	return text_of(json_array_get(evidence, 0), "utc");
}

static int put_times(
	const struct certificate_record *certificate, const json_t *document, json_t *body)
{
	char issued[CLOCK_TEXT_SIZE];
	clock_format(certificate->issued_utc_ms, issued);
	const json_t *evidence = json_object_get(document, "evidence");
	size_t count = json_array_size(evidence);
	int r = json_put_string(body, "issued_utc", issued);
	if (r == 0)
		r = json_put_string(body, "began_utc", began(evidence));
	if (r == 0)
		r = json_put_string(body, "ended_utc",
			count ? text_of(json_array_get(evidence, count - 1), "utc") : "");
	return r;
}

static int put_people(const json_t *document, json_t *body)
{
	const json_t *people = json_object_get(document, "people");
	int r = json_put_string(
		body, "operator", text_of(json_object_get(people, "operator"), "name"));
	if (r == 0)
		r = json_put_string(
			body, "witness", text_of(json_object_get(people, "witness"), "name"));
	return r == 0 ? json_put_string(body, "ticket",
				text_of(json_object_get(document, "reason"), "ticket"))
		      : r;
}

static int put_outstanding(const json_t *document, json_t *body)
{
	json_t *outstanding = json_object_get(document, "outstanding");
	return json_put(body, "outstanding",
		json_is_array(outstanding) ? json_incref(outstanding) : json_array());
}

/* What the store's row says, and behind it what the document does. */
static int fill_body(
	const struct certificate_record *certificate, const json_t *document, json_t *body)
{
	static const char *const of_verdict[] = { "level", "verification", NULL };
	int r = json_put_string(body, "name", certificate->name);
	if (r == 0)
		r = json_put_string(body, "sha256", certificate->sha256);
	if (r == 0)
		r = json_put_string(body, "job", certificate->job_id);
	if (r == 0)
		r = json_put_integer(body, "evidence_count", certificate->evidence_count);
	if (r == 0)
		r = json_put_string(body, "outcome", certificate->outcome);
	if (r == 0)
		r = copy_texts(json_object_get(document, "verdict"), of_verdict, body);
	if (r == 0)
		r = json_put_string(body, "supersedes", text_of(document, "supersedes"));
	if (r == 0)
		r = put_times(certificate, document, body);
	if (r == 0)
		r = put_subject(document, body);
	if (r == 0)
		r = put_methods(document, body);
	if (r == 0)
		r = json_put_string(
			body, "scheme", text_of(json_object_get(document, "plan"), "scheme"));
	if (r == 0)
		r = put_people(document, body);
	return r == 0 ? put_outstanding(document, body) : r;
}

int ledger_append_certificate(
	struct store *store, const struct certificate_record *certificate, struct error *error)
{
	AUTO_JSON json_t *document = NULL;
	int r = json_parse(
		certificate->json, strlen(certificate->json), certificate->name, &document, NULL);
	if (r == -ENOMEM)
		return error_no_memory(error);
	/* What is no document is entered by its digest: that there is such a certificate must show. */
	AUTO_JSON json_t *body = json_object();
	if (!body || fill_body(certificate, document, body) < 0)
		return error_no_memory(error);
	return ledger_append(
		store, "certificate", body, "", certificate->issued_utc_ms, NULL, error);
}
