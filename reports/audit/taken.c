/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeping what the records tell about the period. */
#include "base/clock.h"
#include "base/day.h"
#include "base/words.h"
#include "reports/audit/audit_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const keys[AUDIT_COLUMNS] = {
	[AUDIT_NAME] = "name",
	[AUDIT_SHA256] = "sha256",
	[AUDIT_OUTCOME] = "outcome",
	[AUDIT_LEVEL] = "level",
	[AUDIT_VERIFICATION] = "verification",
	[AUDIT_METHODS] = "methods",
	[AUDIT_SCHEME] = "scheme",
	[AUDIT_ZONE] = "zone",
	[AUDIT_TENANT] = "tenant",
	[AUDIT_SERIAL] = "serial",
	[AUDIT_WWN] = "wwn",
	[AUDIT_MODEL] = "model",
	[AUDIT_ASSET_NUMBER] = "asset_number",
	[AUDIT_JOB] = "job",
	[AUDIT_CONTRACT] = "contract",
	[AUDIT_OPERATOR] = "operator",
	[AUDIT_WITNESS] = "witness",
	[AUDIT_APPROVER] = "approver",
	[AUDIT_TICKET] = "ticket",
};

const char *audit_column_key(enum audit_column column)
{
	return word_of(keys, ARRAY_SIZE(keys), column);
}

void audit_certificate_free(struct audit_certificate *certificate)
{
	for (size_t i = 0; i < AUDIT_COLUMNS; i++)
		free(certificate->texts[i]);
	*certificate = (struct audit_certificate){ 0 };
}

bool audit_in_period(const struct audit_question *question, int64_t utc_ms)
{
	int64_t day = day_in_tokyo(utc_ms);
	return day >= question->from_day && day <= question->to_day;
}

/* -- certificates -- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Owned; NULL without memory. */
static char *join_methods(const json_t *body)
{
	const json_t *methods = json_object_get(body, "methods");
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	for (size_t i = 0; i < json_array_size(methods); i++) {
		const char *word = json_string_value(json_array_get(methods, i));
		if (buffer_printf(&text, "%s%s", i > 0 ? "+" : "", word ? word : "?") < 0)
			return NULL;
	}
	return audit_copy(buffer_text(&text));
}

static int read_certificate(const struct record *record, struct audit_certificate *ret)
{
	const json_t *body = record->body, *subject = json_object_get(body, "subject");
	for (unsigned i = 0; i < AUDIT_COLUMNS; i++) {
		const char *text = text_of(body, keys[i]);
		switch ((enum audit_column)i) {
		case AUDIT_ZONE:
		case AUDIT_SERIAL:
		case AUDIT_WWN:
		case AUDIT_MODEL:
		case AUDIT_ASSET_NUMBER:
			text = text_of(subject, keys[i]);
			break;
		case AUDIT_TENANT:
			text = record->kind == RECORD_TENANT ? text : text_of(subject, keys[i]);
			break;
		case AUDIT_NAME:
		case AUDIT_SHA256:
		case AUDIT_OUTCOME:
		case AUDIT_LEVEL:
		case AUDIT_VERIFICATION:
		case AUDIT_METHODS:
		case AUDIT_SCHEME:
		case AUDIT_JOB:
		case AUDIT_CONTRACT:
		case AUDIT_OPERATOR:
		case AUDIT_WITNESS:
		case AUDIT_APPROVER:
		case AUDIT_TICKET:
		case AUDIT_COLUMNS:
			break;
		}
		ret->texts[i] = i == AUDIT_METHODS ? join_methods(body) : audit_copy(text);
		if (!ret->texts[i])
			return -ENOMEM;
	}
	return 0;
}

static int keep_certificate(struct audit_taking *taking, const struct record *record)
{
	struct audit_certificate certificate = { .index = record->index };
	const char *supersedes = text_of(record->body, "supersedes");
	int r = *supersedes ? audit_pairs_add(&taking->superseded, supersedes, "") : 0;
	/* Without a time it is a finding; by the record's own time it is counted. */
	if (clock_parse(text_of(record->body, "issued_utc"), &certificate.issued_utc_ms) < 0)
		certificate.issued_utc_ms = record->utc_ms;
	if (r < 0 || !audit_in_period(&taking->question, certificate.issued_utc_ms))
		return r;
	if (taking->certificate_count == taking->certificate_capacity) {
		size_t larger =
			taking->certificate_capacity ? 2 * taking->certificate_capacity : 64;
		struct audit_certificate *items =
			reallocarray(taking->certificates, larger, sizeof(*items));
		if (!items)
			return -ENOMEM;
		taking->certificates = items;
		taking->certificate_capacity = larger;
	}
	struct audit_certificate *kept = &taking->certificates[taking->certificate_count++];
	*kept = certificate;
	return read_certificate(record, kept);
}

static int keep_signature(struct audit_taking *taking, const struct record *record)
{
	if (strcmp(text_of(record->body, "role"), "approver") != 0)
		return 0;
	return audit_pairs_add(&taking->approvals, text_of(record->body, "certificate"),
		text_of(record->body, "person"));
}

/* -- events -- */

static bool ends_custody(const char *state)
{
	static const char *const ends[] = { "returned", "disposed", "reused", "destroyed" };
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (strcmp(state, ends[i]) == 0)
			return true;
	return false;
}

static int keep_custody(
	struct audit_taking *taking, const struct record *record, const json_t *detail)
{
	const char *to = text_of(detail, "to");
	if (!ends_custody(to) || !audit_in_period(&taking->question, record->utc_ms))
		return 0;
	return audit_pairs_add(&taking->ends, to, text_of(record->body, "actor"));
}

static int keep_contract(struct audit_taking *taking, const json_t *subject, const json_t *detail)
{
	if (taking->contract_count == taking->contract_capacity) {
		size_t larger = taking->contract_capacity ? 2 * taking->contract_capacity : 64;
		struct audit_contract *items =
			reallocarray(taking->contracts, larger, sizeof(*items));
		if (!items)
			return -ENOMEM;
		taking->contracts = items;
		taking->contract_capacity = larger;
	}
	struct audit_contract *contract = &taking->contracts[taking->contract_count];
	*contract = (struct audit_contract){
		.number = audit_copy(text_of(detail, "number")),
		.id = audit_copy(text_of(subject, "id")),
		.grace_days = json_integer_value(json_object_get(detail, "grace_days")),
		.number_in_order = taking->contract_count++,
	};
	(void)snprintf(
		contract->end_day, sizeof(contract->end_day), "%.15s", text_of(detail, "end_day"));
	return contract->number && contract->id ? 0 : -ENOMEM;
}

static int keep_event(struct audit_taking *taking, const struct record *record)
{
	const json_t *subject = json_object_get(record->body, "subject");
	const json_t *detail = json_object_get(record->body, "detail");
	const char *kind = text_of(subject, "kind");
	if (strcmp(kind, "drive") == 0 && strcmp(text_of(record->body, "action"), "custody") == 0)
		return keep_custody(taking, record, detail);
	if (strcmp(kind, "vm") == 0)
		return audit_keep_vm(taking, record);
	/* Notices are entered on the contract as well, and tell nothing of its days. */
	const char *action = text_of(record->body, "action");
	bool is_entered =
		strcmp(action, "contract-added") == 0 || strcmp(action, "contract-changed") == 0;
	return strcmp(kind, "contract") == 0 && is_entered ? keep_contract(taking, subject, detail)
							   : 0;
}

static int keep(struct audit_taking *taking, const struct record *record)
{
	switch (record->kind) {
	case RECORD_EVENT:
		return keep_event(taking, record);
	case RECORD_CERTIFICATE:
	case RECORD_TENANT:
		return keep_certificate(taking, record);
	case RECORD_SIGNATURE:
		return keep_signature(taking, record);
	case RECORD_UNKNOWN:
	case RECORD_KEY:
		break;
	}
	return 0;
}

int audit_begin(
	const struct audit_question *question, struct audit_taking **ret, struct error *error)
{
	struct audit_taking *taking = calloc(1, sizeof(*taking));
	if (!taking)
		return error_no_memory(error);
	taking->question = *question;
	(void)snprintf(taking->seed, sizeof(taking->seed), "%s", question->seed);
	taking->question.seed = taking->seed;
	int r = reconcile_begin(&taking->reconcile, error);
	if (r < 0)
		(void)audit_drop(taking);
	else
		*ret = taking;
	return r;
}

int audit_take(struct audit_taking *taking, const struct record *record, const char *digest,
	struct error *error)
{
	int r = reconcile_take(taking->reconcile, record, error);
	if (r < 0)
		return r;
	(void)snprintf(taking->last_digest, sizeof(taking->last_digest), "%s", digest);
	return keep(taking, record) < 0 ? error_no_memory(error) : 0;
}

struct audit_taking *audit_drop(struct audit_taking *taking)
{
	if (!taking)
		return NULL;
	(void)reconcile_drop(taking->reconcile);
	for (size_t i = 0; i < taking->certificate_count; i++)
		audit_certificate_free(&taking->certificates[i]);
	free(taking->certificates);
	for (size_t i = 0; i < taking->contract_count; i++) {
		free(taking->contracts[i].number);
		free(taking->contracts[i].id);
	}
	free(taking->contracts);
	audit_pairs_free(&taking->superseded);
	audit_pairs_free(&taking->approvals);
	audit_pairs_free(&taking->ends);
	audit_pairs_free(&taking->begun);
	audit_vms_free(taking->vms, taking->vm_count);
	free(taking);
	return NULL;
}
