/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of tenants' certificates. */
#include "inventory/tenants/tenant_certificates.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tenant_certificate_record_free(struct tenant_certificate_record *record)
{
	free(record->json);
	free(record->p7s_hex);
	*record = (struct tenant_certificate_record){ 0 };
}

static bool digest_fits(const struct tenant_certificate_record *record)
{
	char sha256[SHA256_HEX_SIZE];
	return digest_sha256_hex(record->json, strlen(record->json), sha256) == 0 &&
	       strcmp(sha256, record->sha256) == 0;
}

int tenant_certificates_insert(
	struct store *store, const struct tenant_certificate_record *record, struct error *error)
{
	if (!record->name[0] || !record->json || !record->p7s_hex || !record->outcome[0] ||
		record->number < 1 || !digest_fits(record))
		return error_set(error, ERROR_FAILED, EINVAL, "certificate-malformed",
			_("The certificate %s cannot be entered: %s"), record->name,
			_("it is incomplete"));
	const struct store_value values[] = {
		STORE_STRING(record->name),
		STORE_INT(record->contract_id),
		STORE_INT(record->number),
		STORE_INT(record->issued_utc_ms),
		STORE_STRING(record->outcome),
		STORE_STRING(record->sha256),
		STORE_STRING(record->json),
		STORE_STRING(record->p7s_hex),
	};
	return store_execute(store,
		"INSERT INTO tenant_certificate (name, contract_id, number, issued_utc_ms, outcome,"
		" sha256, json, p7s_hex) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		values, ARRAY_SIZE(values), NULL, error);
}

/* Of its signature the newest form (certificates_cms.h). */
#define COLUMNS                                                                                    \
	"t.name, t.contract_id, t.number, t.issued_utc_ms, t.outcome, t.sha256, t.json,"           \
	" COALESCE((SELECT m.p7s_hex FROM certificate_cms m WHERE m.name = t.name"                 \
	" ORDER BY m.number DESC LIMIT 1), t.p7s_hex)"

static int read_row(struct store *store, const struct store_rows *rows,
	struct tenant_certificate_record *ret, struct error *error)
{
	int r = store_copy_text(rows, 0, ret->name, sizeof(ret->name), error);
	if (r == 0)
		r = store_copy_text(rows, 4, ret->outcome, sizeof(ret->outcome), error);
	if (r == 0)
		r = store_copy_text(rows, 5, ret->sha256, sizeof(ret->sha256), error);
	if (r < 0)
		return r;
	ret->contract_id = store_integer(rows, 1);
	ret->number = store_integer(rows, 2);
	ret->issued_utc_ms = store_integer(rows, 3);
	ret->json = strdup(store_text(rows, 6));
	ret->p7s_hex = strdup(store_text(rows, 7));
	if (!ret->json || !ret->p7s_hex)
		return error_no_memory(error);
	return digest_fits(ret) ? 0 : store_error_corrupt(store, ret->name, error);
}

int tenant_certificates_latest(struct store *store, int64_t contract_id,
	struct tenant_certificate_record *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_TENANT_CERTIFICATE struct tenant_certificate_record record = { 0 };
	const struct store_value values[] = { STORE_INT(contract_id) };
	int r = store_query(store,
		"SELECT " COLUMNS " FROM tenant_certificate t WHERE t.contract_id = $1"
		" ORDER BY t.number DESC LIMIT 1",
		values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r <= 0)
		return r;
	r = read_row(store, rows, &record, error);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct tenant_certificate_record){ 0 };
	return 1;
}

static int walk(struct store *store, const char *sql,
	int (*each)(
		void *context, const struct tenant_certificate_record *record, struct error *error),
	void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, NULL, 0, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_TENANT_CERTIFICATE struct tenant_certificate_record record = { 0 };
		r = read_row(store, rows, &record, error);
		if (r == 0)
			r = each(context, &record, error);
	}
	return r;
}

int tenant_certificates_each(struct store *store,
	int (*each)(
		void *context, const struct tenant_certificate_record *record, struct error *error),
	void *context, struct error *error)
{
	return walk(store,
		"SELECT " COLUMNS " FROM tenant_certificate t WHERE t.number ="
		" (SELECT max(o.number) FROM tenant_certificate o"
		"  WHERE o.contract_id = t.contract_id) ORDER BY t.contract_id",
		each, context, error);
}

int tenant_certificates_walk(struct store *store,
	int (*each)(
		void *context, const struct tenant_certificate_record *record, struct error *error),
	void *context, struct error *error)
{
	return walk(store,
		"SELECT " COLUMNS " FROM tenant_certificate t ORDER BY t.contract_id, t.number",
		each, context, error);
}
