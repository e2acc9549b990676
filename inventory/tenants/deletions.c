/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deletions of VMs: begun once, their facts numbered without gaps and chained by digests; read back only when the
 * whole chain holds. Nothing here changes or removes what was appended. */
#include "inventory/tenants/deletions.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACT_WORD_MAX 32 /* the event's word has to fit as well */

void deletion_list_free(struct deletion_list *list)
{
	free(list->items);
	*list = (struct deletion_list){ 0 };
}

/* -- digests -- */

static int digest_record(const struct deletion_record *record, char ret[static SHA256_HEX_SIZE])
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4 * KIB);
	int r = buffer_printf(&text,
		"%" PRId64 "\n%" PRId64 "\n%" PRId64 "\n%" PRId64 "\n%s\n%s\n%" PRId64 "\n%" PRId64
		"\n",
		record->id, record->vm_id, record->tenant_id, record->contract_id, record->vm_uuid,
		record->platform, record->due_utc_ms, record->begun_utc_ms);
	return r < 0 ? r : digest_sha256_hex(text.data, text.length, ret);
}

/* SHA-256 over the digest before and the fact's text. */
static int chain_digest(const char *before, const char *text, char ret[static SHA256_HEX_SIZE])
{
	AUTO_BUFFER struct buffer both = BUFFER_INIT(JSON_MAX_BYTES + SHA256_HEX_SIZE);
	int r = buffer_append_text(&both, before);
	if (r == 0)
		r = buffer_append_text(&both, text);
	return r < 0 ? r : digest_sha256_hex(both.data, both.length, ret);
}

static int error_corrupt(
	const struct store *store, int64_t id, int64_t seq, int result, struct error *error)
{
	char reading[96];
	if (result == -ENOMEM)
		return error_no_memory(error);
	(void)snprintf(reading, sizeof(reading), _("fact %lld of deletion %lld"), (long long)seq,
		(long long)id);
	return store_error_corrupt(store, reading, error);
}

/* -- reading -- */

#define SELECT_DELETION                                                                            \
	"SELECT id, vm_id, tenant_id, contract_id, vm_uuid, platform, due_utc_ms, begun_utc_ms,"   \
	" digest FROM deletion "

static int read_record(struct store *store, const struct store_rows *rows,
	struct deletion_record *record, struct error *error)
{
	*record = (struct deletion_record){ .id = store_integer(rows, 0),
		.vm_id = store_integer(rows, 1),
		.tenant_id = store_integer(rows, 2),
		.contract_id = store_integer(rows, 3),
		.due_utc_ms = store_integer(rows, 6),
		.begun_utc_ms = store_integer(rows, 7) };
	char digest[SHA256_HEX_SIZE];
	int r = store_copy_text(rows, 4, record->vm_uuid, sizeof(record->vm_uuid), error);
	if (r == 0)
		r = store_copy_text(rows, 5, record->platform, sizeof(record->platform), error);
	if (r < 0)
		return r;
	r = digest_record(record, digest);
	if (r < 0 || strcmp(digest, store_text(rows, 8)) != 0)
		return error_corrupt(store, record->id, 0, r, error);
	return 0;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct deletion_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_DELETIONS struct deletion_list list = { 0 };
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		/* Doubled at every power of two. */
		if ((list.count & (list.count - 1)) == 0) {
			struct deletion_record *items = reallocarray(
				list.items, list.count ? 2 * list.count : 1, sizeof(*list.items));
			if (!items)
				return error_no_memory(error);
			list.items = items;
		}
		r = read_record(store, rows, &list.items[list.count++], error);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct deletion_list){ 0 };
	return 0;
}

int deletions_list(
	struct store *store, int64_t tenant_id, struct deletion_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(tenant_id) };
	return tenant_id == 0
		       ? read_list(store, SELECT_DELETION "ORDER BY due_utc_ms, id", NULL, 0, ret,
				 error)
		       : read_list(store,
				 SELECT_DELETION "WHERE tenant_id = $1 ORDER BY due_utc_ms, id",
				 values, 1, ret, error);
}

int deletions_of_vm(
	struct store *store, int64_t vm_id, struct deletion_record *ret, struct error *error)
{
	AUTO_DELETIONS struct deletion_list list = { 0 };
	const struct store_value values[] = { STORE_INT(vm_id) };
	int r = read_list(store, SELECT_DELETION "WHERE vm_id = $1", values, 1, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	*ret = list.items[0];
	return 1;
}

/* Row id with its digest checked. -ENOENT "deletion-unknown". */
static int load(struct store *store, int64_t id, struct deletion_record *ret, struct error *error)
{
	AUTO_DELETIONS struct deletion_list list = { 0 };
	const struct store_value values[] = { STORE_INT(id) };
	int r = read_list(store, SELECT_DELETION "WHERE id = $1", values, 1, &list, error);
	if (r < 0)
		return r;
	if (list.count == 0)
		return error_set(error, ERROR_FAILED, ENOENT, "deletion-unknown",
			_("There is no deletion %" PRId64 " in the store %s"), id,
			store_path(store));
	*ret = list.items[0];
	return 0;
}

/* -- beginning -- */

static int append_begun(
	struct store *store, const struct deletion_record *record, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	char contract[SUBJECT_ID_MAX], tenant[SUBJECT_ID_MAX], due[CLOCK_TEXT_SIZE];
	subject_format(&(struct subject){ SUBJECT_CONTRACT, record->contract_id }, contract);
	subject_format(&(struct subject){ SUBJECT_TENANT, record->tenant_id }, tenant);
	clock_format(record->due_utc_ms, due);
	if (!detail || json_put_integer(detail, "deletion", record->id) < 0 ||
		json_put_string(detail, "uuid", record->vm_uuid) < 0 ||
		json_put_string(detail, "platform", record->platform) < 0 ||
		json_put_string(detail, "tenant", tenant) < 0 ||
		json_put_string(detail, "contract", contract) < 0 ||
		json_put_string(detail, "due_utc", due) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_VM, record->vm_id };
	const struct event event = { "deletion-begun", detail, record->begun_utc_ms };
	return events_append(store, &subject, &event, error);
}

static int insert(struct store *store, const struct deletion_record *record, struct error *error)
{
	char digest[SHA256_HEX_SIZE];
	int r = digest_record(record, digest);
	if (r < 0)
		return error_no_memory(error);
	const struct store_value values[] = {
		STORE_INT(record->id),
		STORE_INT(record->vm_id),
		STORE_INT(record->tenant_id),
		STORE_INT(record->contract_id),
		STORE_STRING(record->vm_uuid),
		STORE_STRING(record->platform),
		STORE_INT(record->due_utc_ms),
		STORE_INT(record->begun_utc_ms),
		STORE_STRING(digest),
	};
	return store_execute(store,
		"INSERT INTO deletion (id, vm_id, tenant_id, contract_id, vm_uuid, platform,"
		" due_utc_ms, begun_utc_ms, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		values, ARRAY_SIZE(values), NULL, error);
}

/* The VM must be the one that the caller thinks it is, and that tenant's: what is entered here can never be
 * corrected. */
static int check_vm(struct store *store, const struct deletion_record *record, struct error *error)
{
	int64_t known = 0;
	const struct store_value values[] = {
		STORE_INT(record->vm_id),
		STORE_STRING(record->vm_uuid),
		STORE_INT(record->tenant_id),
	};
	int r = drive_query_integer(store,
		"SELECT 1 FROM vm WHERE id = $1 AND uuid = $2 AND tenant_id = $3", values,
		ARRAY_SIZE(values), 0, &known, error);
	if (r < 0 || known == 1)
		return r;
	return error_set(error, ERROR_REFUSED, EINVAL, "deletion-malformed",
		_("The deletion of the VM %.60s cannot begin: the inventory has no such VM of the "
		  "tenant T%" PRId64),
		record->vm_uuid, record->tenant_id);
}

static int begin(struct store *store, struct deletion_record *record, struct error *error)
{
	struct deletion_record before;
	int64_t id = 0;
	int r = deletions_of_vm(store, record->vm_id, &before, error);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(error, ERROR_REFUSED, EEXIST, "deletion-exists",
			_("The deletion of the VM M%" PRId64 " (%s) has begun already"),
			before.vm_id, before.vm_uuid);
	r = check_vm(store, record, error);
	if (r == 0)
		r = drive_query_integer(store, "SELECT coalesce(max(id), 0) + 1 FROM deletion",
			NULL, 0, 1, &id, error);
	if (r < 0)
		return r;
	record->id = id;
	r = insert(store, record, error);
	return r < 0 ? r : append_begun(store, record, error);
}

int deletions_begin(struct store *store, struct deletion_record *record, struct error *error)
{
	struct deletion_record copy = *record;
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(store, begin(store, &copy, error), error);
	if (r == 0)
		*record = copy;
	return r;
}

/* -- facts -- */

/* The end of a deletion's chain: the last fact's number and digest, or 0 and the row's digest. */
struct chain_end {
	int64_t seq;
	char digest[SHA256_HEX_SIZE];
};

static int read_chain_end(
	struct store *store, int64_t id, struct chain_end *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(id) };
	int r = store_query(store,
		"SELECT d.digest, f.seq, f.digest FROM deletion d LEFT JOIN deletion_fact f"
		" ON f.deletion_id = d.id AND f.seq ="
		" (SELECT max(l.seq) FROM deletion_fact l WHERE l.deletion_id = $1)"
		" WHERE d.id = $1",
		values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return error_corrupt(store, id, 0, 0, error);
	ret->seq = store_integer(rows, 1);
	return store_copy_text(rows, ret->seq > 0 ? 2 : 0, ret->digest, sizeof(ret->digest), error);
}

static int error_malformed(int64_t id, int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, EINVAL, "fact-malformed",
		_("A fact of deletion %" PRId64 " cannot be recorded: it is no valid document"),
		id);
}

static int stamp(json_t *fact, int64_t seq, int64_t now_utc_ms, struct buffer *text)
{
	char utc[CLOCK_TEXT_SIZE];
	clock_format(now_utc_ms, utc);
	int r = json_put_integer(fact, "seq", seq);
	if (r == 0)
		r = json_put_string(fact, "utc", utc);
	return r < 0 ? r : json_write_canonical(fact, text);
}

static int append_fact(
	struct store *store, int64_t id, json_t *fact, int64_t now_utc_ms, struct error *error)
{
	struct chain_end end = { 0 };
	char digest[SHA256_HEX_SIZE];
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	int r = read_chain_end(store, id, &end, error);
	if (r < 0)
		return r;
	r = stamp(fact, end.seq + 1, now_utc_ms, &text);
	if (r == 0)
		r = chain_digest(end.digest, buffer_text(&text), digest);
	if (r < 0)
		return error_malformed(id, r, error);
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_INT(end.seq + 1),
		STORE_INT(now_utc_ms),
		STORE_STRING(buffer_text(&text)),
		STORE_STRING(digest),
	};
	return store_execute(store,
		"INSERT INTO deletion_fact (deletion_id, seq, utc_ms, fact, digest)"
		" VALUES ($1, $2, $3, $4, $5)",
		values, ARRAY_SIZE(values), NULL, error);
}

static int append(struct store *store, int64_t id, const char *word, json_t *fact,
	int64_t now_utc_ms, struct error *error)
{
	struct deletion_record record = { 0 };
	char action[FACT_WORD_MAX + sizeof("deletion-")];
	int r = load(store, id, &record, error);
	if (r == 0)
		r = append_fact(store, id, fact, now_utc_ms, error);
	if (r < 0)
		return r;
	(void)snprintf(action, sizeof(action), "deletion-%s", word);
	const struct subject subject = { SUBJECT_VM, record.vm_id };
	const struct event event = { action, fact, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

int deletions_append(
	struct store *store, int64_t id, json_t *fact, int64_t now_utc_ms, struct error *error)
{
	const char *word = json_string_value(json_object_get(fact, "fact"));
	size_t length = word ? strlen(word) : 0;
	if (length == 0 || length > FACT_WORD_MAX ||
		strspn(word, "abcdefghijklmnopqrstuvwxyz-") != length)
		return error_malformed(id, -EINVAL, error);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, append(store, id, word, fact, now_utc_ms, error), error);
}

/* One row: number, text, digest. The chain moves on to it. */
static int take_fact(struct store *store, int64_t id, const struct store_rows *rows,
	struct chain_end *end, json_t *facts, struct error *error)
{
	const char *text = store_text(rows, 1);
	char digest[SHA256_HEX_SIZE];
	int r = chain_digest(end->digest, text, digest);
	end->seq++;
	if (r < 0 || store_integer(rows, 0) != end->seq || strcmp(digest, store_text(rows, 2)) != 0)
		return error_corrupt(store, id, end->seq, r, error);
	memcpy(end->digest, digest, sizeof(digest));

	json_t *fact = NULL;
	r = json_parse_canonical(text, strlen(text), "fact", &fact, NULL);
	if (r < 0)
		return error_corrupt(store, id, end->seq, r, error);
	bool fits = json_integer_value(json_object_get(fact, "seq")) == end->seq &&
		    json_is_string(json_object_get(fact, "fact"));
	r = json_push(facts, fact);
	if (r < 0)
		return error_no_memory(error);
	return fits ? 0 : error_corrupt(store, id, end->seq, 0, error);
}

int deletions_facts(struct store *store, int64_t id, json_t **ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	struct deletion_record record = { 0 };
	struct chain_end end = { 0 };
	AUTO_JSON json_t *facts = json_array();
	if (!facts)
		return error_no_memory(error);
	int r = load(store, id, &record, error);
	if (r < 0)
		return r;
	r = digest_record(&record, end.digest);
	if (r < 0)
		return error_no_memory(error);
	const struct store_value values[] = { STORE_INT(id) };
	r = store_query(store,
		"SELECT seq, fact, digest FROM deletion_fact WHERE deletion_id = $1 ORDER BY seq",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = take_fact(store, id, rows, &end, facts, error);
	if (r < 0)
		return r;
	*ret = json_incref(facts);
	return 0;
}
