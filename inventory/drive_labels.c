/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The labels of a drive. */
#include "inventory/drive_labels.h"

#include "base/text.h"
#include "inventory/drive_rows.h"
#include "inventory/events.h"
#include "inventory/tenants.h"

#include <errno.h>
#include <string.h>

/* In the order of enum drive_label, also in the SQL below. */
static const char *const names[DRIVE_LABELS] = {
	"asset_number",
	"zone",
	"tenant",
	"service_code",
	"site",
	"rack",
	"slot",
};

const char *drive_label_name(enum drive_label label)
{
	return (size_t)label < DRIVE_LABELS ? names[label] : "unknown";
}

int drive_labels_get(
	struct store *store, int64_t drive_id, struct drive_label_texts *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	struct drive_label_texts read = { 0 };
	const struct store_value values[] = { STORE_INT(drive_id) };
	int r = drive_check_known(store, drive_id, error);
	if (r == 0)
		r = store_query(store,
			"SELECT asset_number, zone, tenant, service_code, site, rack, slot"
			" FROM drive WHERE id = $1",
			values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r < 0 ? r : store_error_corrupt(store, "drive", error);
	r = 0;
	for (unsigned i = 0; r == 0 && i < DRIVE_LABELS; i++)
		r = store_copy_text(rows, i, read.texts[i], DRIVE_LABEL_MAX, error);
	if (r == 0)
		*ret = read;
	return r;
}

/* A code that is no tenant's would look like a label and link nothing. */
static int check_codes(
	struct store *store, const char *tenant, const char *service_code, struct error *error)
{
	int64_t tenant_id = 0, count = 0;
	int r = *tenant ? tenants_by_code(store, tenant, &tenant_id, error) : 0;
	if (r < 0)
		return r;
	if (*tenant && tenant_id == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "tenant-unknown",
			_("There is no tenant with the code \"%s\""), tenant);
		return error_next(error, _("See: haiki inventory list tenants"));
	}
	if (!*service_code)
		return 0;
	const struct store_value values[] = {
		STORE_STRING(service_code),
		STORE_INT(tenant_id),
	};
	r = drive_query_integer(store,
		"SELECT count(*) FROM service_code WHERE code = $1 AND ($2 = 0 OR tenant_id = $2)",
		values, ARRAY_SIZE(values), 0, &count, error);
	if (r < 0 || count > 0)
		return r;
	return error_set(error, ERROR_USAGE, EINVAL, "service-code-unknown",
		*tenant ? _("\"%s\" is no service code of the tenant %s")
			: _("\"%s\" is no tenant's service code%s"),
		service_code, tenant);
}

static int append_event(struct store *store, int64_t drive_id, const json_t *detail,
	int64_t now_utc_ms, struct error *error)
{
	const struct subject subject = { SUBJECT_DRIVE, drive_id };
	const struct event event = { "labels-set", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* Put what differs into detail, and the new texts over those in *texts. */
static int merge(const struct drive_labels *labels, struct drive_label_texts *texts, json_t *detail,
	struct error *error)
{
	for (size_t i = 0; i < DRIVE_LABELS; i++) {
		const char *text = labels->texts[i];
		if (!text || strcmp(text, texts->texts[i]) == 0)
			continue;
		int r = text_check(text, DRIVE_LABEL_MAX, false, names[i], error);
		if (r < 0)
			return r;
		if (json_put_string(detail, names[i], text) < 0)
			return error_no_memory(error);
		(void)strcpy(texts->texts[i], text);
	}
	return 0;
}

int drive_labels_set(struct store *store, int64_t drive_id, const struct drive_labels *labels,
	int64_t now_utc_ms, struct error *error)
{
	struct drive_label_texts texts;
	AUTO_JSON json_t *detail = json_object();
	if (!detail)
		return error_no_memory(error);
	int r = drive_labels_get(store, drive_id, &texts, error);
	if (r == 0)
		r = merge(labels, &texts, detail, error);
	if (r < 0 || json_object_size(detail) == 0)
		return r;
	if (json_has(detail, "tenant") || json_has(detail, "service_code"))
		r = check_codes(store, texts.texts[DRIVE_LABEL_TENANT],
			texts.texts[DRIVE_LABEL_SERVICE_CODE], error);
	if (r < 0)
		return r;
	struct store_value values[DRIVE_LABELS + 1];
	for (size_t i = 0; i < DRIVE_LABELS; i++)
		values[i] = STORE_STRING(texts.texts[i]);
	values[DRIVE_LABELS] = STORE_INT(drive_id);
	r = store_execute(store,
		"UPDATE drive SET asset_number = $1, zone = $2, tenant = $3, service_code = $4,"
		" site = $5, rack = $6, slot = $7 WHERE id = $8",
		values, ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, drive_id, detail, now_utc_ms, error);
}
