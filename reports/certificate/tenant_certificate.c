/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certifying a contract's deletion: from the store's lists to a signed statement in the store and its ledger. */
#include "reports/certificate/tenant_certificate.h"

#include "base/digest.h"
#include "base/text.h"
#include "inventory/custody/events.h"
#include "inventory/ledger/ledger_rows.h"
#include "reports/certificate/certificate.h"
#include "reports/certificate/document_parts.h"
#include "reports/certificate/tenant_document.h"
#include "reports/certificate/tenant_document_backups.h"
#include "reports/ledger/ledger.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is being issued; all but document borrowed. */
struct issuing {
	struct store *store;
	const struct contract_record *contract;
	const struct tenant_issuer *issuer;
	const struct keys *keys;
	const struct clock_reading *now;
	json_t *document;
	enum tenant_stage stage;
};

static int failed(int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "certificate-build",
		_("The tenant's certificate cannot be written down: %s"), strerror(-result));
}

/* -- the document -- */

static int put_issuer(json_t *document, const struct tenant_issuer *issuer)
{
	char account[ACTOR_MAX];
	json_t *object = json_object();
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "organisation", issuer->organisation },
		{ "account", account },
		{ "name", issuer->name },
		{ "title", issuer->title },
		{ "place", issuer->place },
		{ "ticket", issuer->ticket },
	};
	actor_current(account);
	int result = json_put(document, "issuer", object);
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(texts); i++)
		result = json_put_string(object, texts[i].key, texts[i].value);
	return result;
}

static int put_ledger(json_t *document, const struct keys *keys)
{
	char key[NOTE_VKEY_MAX];
	json_t *object = json_object();
	note_key_format(&keys->ledger_public, key);
	int result = json_put(document, "ledger", object);
	if (result == 0)
		result = json_put_string(object, "key", key);
	return result == 0 ? json_put_string(object, "origin", keys->ledger_public.name) : result;
}

static int put_deletion(json_t *document, const struct tenant_issuer *issuer)
{
	json_t *object = json_object();
	int result = json_put(document, "deletion", object);
	return result == 0 ? json_put_string(object, "erasure",
				     issuer->erasure ? issuer->erasure : "where-possible")
			   : result;
}

static int put_verdict(struct issuing *issuing)
{
	struct tenant_verdict verdict = { .version = TENANT_FORMAT_VERSION };
	json_t *stated = NULL, *left = NULL;
	/* What the judge reads has to be whole, these two included. */
	int result = json_put(issuing->document, "outstanding", json_array());
	if (result == 0)
		result = tenant_verdict_to_json(&verdict, &stated);
	if (result == 0)
		result = json_put(issuing->document, "verdict", stated);
	if (result != 0)
		return result;
	tenant_judge(issuing->document, &verdict);
	issuing->stage = verdict.stage;
	result = tenant_verdict_to_json(&verdict, &stated);
	if (result == 0)
		result = json_put(issuing->document, "verdict", stated);
	if (result == 0)
		result = tenant_outstanding(issuing->document, &left);
	return result == 0 ? json_put(issuing->document, "outstanding", left) : result;
}

static int put_head(struct issuing *issuing, const struct tenant_certificate_record *record,
	const char *supersedes)
{
	json_t *document = issuing->document;
	int result = json_put_string(document, "format", TENANT_FORMAT);
	if (result == 0)
		result = json_put_integer(document, "format_version", TENANT_FORMAT_VERSION);
	if (result == 0)
		result = json_put_string(document, "name", record->name);
	if (result == 0)
		result = json_put_string(document, "supersedes", supersedes);
	if (result == 0)
		result = document_put_time(document, "issued_utc", issuing->now->utc_ms);
	if (result == 0)
		result = document_put_clock(document, issuing->now);
	if (result == 0)
		result = document_put_tool(document);
	if (result == 0)
		result = put_ledger(document, issuing->keys);
	if (result == 0)
		result = put_deletion(document, issuing->issuer);
	return result == 0 ? put_issuer(document, issuing->issuer) : result;
}

static int build(struct issuing *issuing, const struct tenant_certificate_record *record,
	const char *supersedes, struct error *error)
{
	int result = put_head(issuing, record, supersedes);
	if (result != 0)
		return failed(result, error);
	result = tenant_document_put_facts(
		issuing->store, issuing->contract, issuing->now->utc_ms, issuing->document, error);
	if (result == 0)
		result = tenant_document_put_backups(issuing->store, issuing->issuer->backups,
			issuing->issuer->backup_count, issuing->document, error);
	if (result < 0)
		return result;
	result = put_verdict(issuing);
	return result == 0 ? 0 : failed(result, error);
}

/* -- has anything changed? -- */

/* What is of the moment of issuing, and of who did it, and not of the data. */
static const char *const of_the_issue[] = { "name", "supersedes", "issued_utc", "clock", "tool",
	"ledger", "issuer" };

static int strip(json_t *document)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_the_issue); i++)
		if (json_object_del(document, of_the_issue[i]) != 0)
			return -EBADMSG;
	/* Repositories are asked every night; whether that was in time stands in the verdict. */
	const json_t *backups = json_object_get(document, "backups");
	for (size_t i = 0; i < json_array_size(backups); i++)
		if (json_object_del(json_array_get(backups, i), "asked_utc") != 0)
			return -EBADMSG;
	return 0;
}

/* 1: it says what was said before; 0: something else; -errno. */
static int says_the_same(const struct issuing *issuing,
	const struct tenant_certificate_record *earlier, struct error *error)
{
	AUTO_JSON json_t *before = NULL, *after = json_deep_copy(issuing->document);
	int r = json_parse(earlier->json, strlen(earlier->json), earlier->name, &before, error);
	if (r < 0)
		return r;
	if (!after)
		return error_no_memory(error);
	if (strip(before) != 0 || strip(after) != 0)
		return 0;
	return json_equal(before, after);
}

/* -- signing and entering -- */

static int not_valid(const char *name, const struct error *why, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "certificate-not-valid",
		_("The certificate %s would not pass its own check and is not issued: %s"), name,
		why->what);
}

static int check(const struct issuing *issuing, const char *name, struct error *error)
{
	struct tenant_verdict verdict = { 0 };
	struct error why = { 0 };
	if (tenant_check_schema(issuing->document, &why) == 0 &&
		tenant_check_judgement(issuing->document, &verdict, &why) == 0)
		return 0;
	return not_valid(name, &why, error);
}

static int sign(const struct issuing *issuing, struct tenant_certificate_record *record,
	struct error *error)
{
	AUTO_BUFFER struct buffer json = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_FREE uint8_t *p7s = NULL;
	size_t length = 0;
	int result = json_write_canonical(issuing->document, &json);
	if (result != 0)
		return failed(result, error);
	result = keys_sign(issuing->keys, json.data, json.length, &p7s, &length, error);
	if (result != 0)
		return result;
	(void)snprintf(
		record->outcome, sizeof(record->outcome), "%s", tenant_stage_name(issuing->stage));
	record->p7s_hex = malloc(2 * length + 1);
	if (!record->p7s_hex || digest_sha256_hex(json.data, json.length, record->sha256) != 0)
		return error_no_memory(error);
	hex_encode(p7s, length, record->p7s_hex);
	record->json = buffer_take(&json);
	return record->json ? 0 : error_no_memory(error);
}

static int append_to_ledger(const struct issuing *issuing,
	const struct tenant_certificate_record *record, const char *supersedes, struct error *error)
{
	char issued[CLOCK_TEXT_SIZE];
	const json_t *tenant = json_object_get(issuing->document, "tenant");
	AUTO_JSON json_t *body = json_object();
	clock_format(record->issued_utc_ms, issued);
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "name", record->name },
		{ "sha256", record->sha256 },
		{ "contract", issuing->contract->number },
		{ "tenant", json_string_value(json_object_get(tenant, "code")) },
		{ "outcome", record->outcome },
		{ "supersedes", supersedes },
		{ "issued_utc", issued },
	};
	int result = json_put(body, "outstanding",
		json_incref(json_object_get(issuing->document, "outstanding")));
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(texts); i++)
		result = json_put_string(body, texts[i].key, texts[i].value);
	if (result != 0)
		return failed(result, error);
	result = ledger_append(
		issuing->store, "tenant", body, "", issuing->now->utc_ms, NULL, error);
	struct checkpoint head;
	return result == 0 ? ledger_seal(issuing->store, issuing->keys, &head, error) : result;
}

static int issue_new(struct issuing *issuing, const struct tenant_certificate_record *earlier,
	struct tenant_certificate_record *record, struct error *error)
{
	int result = check(issuing, record->name, error);
	if (result == 0)
		result = sign(issuing, record, error);
	if (result == 0)
		result = tenant_certificates_insert(issuing->store, record, error);
	return result == 0 ? append_to_ledger(issuing, record, earlier->name, error) : result;
}

/* 1: *ret is new; 0: it is the one there was. */
static int issue_within(
	struct issuing *issuing, struct tenant_certificate_record *ret, struct error *error)
{
	AUTO_TENANT_CERTIFICATE struct tenant_certificate_record earlier = { 0 }, record = { 0 };
	int found =
		tenant_certificates_latest(issuing->store, issuing->contract->id, &earlier, error);
	if (found < 0)
		return found;
	record.contract_id = issuing->contract->id;
	record.number = earlier.number + 1;
	record.issued_utc_ms = issuing->now->utc_ms;
	(void)snprintf(record.name, sizeof(record.name), "haiki-C%" PRId64 "-%" PRId64,
		record.contract_id, record.number);
	int r = build(issuing, &record, earlier.name, error);
	int same = r == 0 && found == 1 ? says_the_same(issuing, &earlier, error) : 0;
	if (r == 0 && same == 0)
		r = issue_new(issuing, &earlier, &record, error);
	if (r < 0 || same < 0)
		return r < 0 ? r : same;
	struct tenant_certificate_record *chosen = same ? &earlier : &record;
	*ret = *chosen;
	*chosen = (struct tenant_certificate_record){ 0 }; /* the caller's now */
	return same ? 0 : 1;
}

static int find_contract(struct store *store, int64_t id, struct contract_list *list,
	const struct contract_record **ret, struct error *error)
{
	int r = contracts_list(store, 0, list, error);
	for (size_t i = 0; r == 0 && i < list->count; i++)
		if (list->items[i].id == id) {
			*ret = &list->items[i];
			return 0;
		}
	return r < 0 ? r
		     : error_set(error, ERROR_FAILED, ENOENT, "contract-unknown",
			       _("There is no contract C%" PRId64 " in the store %s"), id,
			       store_path(store));
}

int tenant_certificate_issue(struct store *store, int64_t contract_id,
	const struct tenant_issuer *issuer, const struct keys *keys,
	const struct clock_reading *now, struct tenant_certificate_record *ret, bool *ret_new,
	struct error *error)
{
	AUTO_CONTRACTS struct contract_list contracts = { 0 };
	AUTO_JSON json_t *document = json_object();
	AUTO_TENANT_CERTIFICATE struct tenant_certificate_record record = { 0 };
	struct issuing issuing = {
		.store = store, .issuer = issuer, .keys = keys, .now = now, .document = document
	};
	if (!document)
		return error_no_memory(error);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = find_contract(store, contract_id, &contracts, &issuing.contract, error);
	if (r == 0)
		r = issue_within(&issuing, &record, error);
	r = store_end(store, r, error);
	if (r < 0)
		return r;
	if (ret_new)
		*ret_new = r == 1;
	*ret = record;
	record = (struct tenant_certificate_record){ 0 };
	return 0;
}

/* The files are made of name, document and signature alone. */
int tenant_certificate_export(struct store *store, const struct tenant_certificate_record *record,
	const char *folder, struct error *error)
{
	struct certificate_record files = { .json = record->json, .p7s_hex = record->p7s_hex };
	(void)snprintf(files.name, sizeof(files.name), "%s", record->name);
	(void)snprintf(files.sha256, sizeof(files.sha256), "%s", record->sha256);
	return certificate_export(store, &files, folder, error);
}
