/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The labels of drives as rows. The drives themselves are entered by scans: an import that made one
 * up would be a drive nobody has seen. */
#include "base/text.h"
#include "inventory/assets/drive_labels.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/assets/encryption.h"
#include "inventory/tenants/tenants.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <string.h>

#define LABEL_MAX sizeof(((struct drive_record *)NULL)->asset_number)

enum {
	SERIAL,
	WWN,
	MODEL,
	ASSET_NUMBER,
	ZONE,
	TENANT,
	SERVICE_CODE,
	SITE,
	RACK,
	SLOT,
	ENCRYPTED,
	COLUMNS
};

static const struct transfer_column columns[COLUMNS] = {
	[SERIAL] = { "serial", TRANSFER_TEXT, true },
	[WWN] = { "wwn", TRANSFER_TEXT, true },
	[MODEL] = { "model", TRANSFER_TEXT, true },
	[ASSET_NUMBER] = { "asset_number", TRANSFER_TEXT, false },
	[ZONE] = { "zone", TRANSFER_TEXT, false },
	[TENANT] = { "tenant", TRANSFER_TEXT, false },
	[SERVICE_CODE] = { "service_code", TRANSFER_TEXT, false },
	[SITE] = { "site", TRANSFER_TEXT, false },
	[RACK] = { "rack", TRANSFER_TEXT, false },
	[SLOT] = { "slot", TRANSFER_TEXT, false },
	[ENCRYPTED] = { "encrypted_from_first_write", TRANSFER_TEXT, false },
};
static const char *const telling[] = { "serial", "wwn", NULL };

static int fill(const struct store_rows *rows, struct transfer_fields *ret, struct error *error)
{
	int r = 0;
	char basis[ENCRYPTION_BASIS_MAX];
	for (unsigned i = 0; r == 0 && i < ENCRYPTED; i++)
		r = transfer_put(ret, i, store_text(rows, i + 1), error);
	encryption_basis_of(store_text(rows, ENCRYPTED + 1), basis);
	return r < 0 ? r : transfer_put(ret, ENCRYPTED, basis, error);
}

#define SELECT_LABELS                                                                              \
	"SELECT id, serial, wwn, model, asset_number, zone, tenant, service_code, site, rack,"     \
	" slot, " ENCRYPTION_LAST_SQL("drive", "drive.id") " FROM drive "

static const char *given(const struct transfer_fields *row, size_t column)
{
	return row->texts[column] ? row->texts[column] : "";
}

static int not_one(const struct transfer_fields *row, bool is_ambiguous, struct error *error)
{
	if (is_ambiguous) {
		error_set(error, ERROR_USAGE, EINVAL, "drive-ambiguous",
			_("More than one drive has the serial \"%s\""), given(row, SERIAL));
		return error_next(error, _("Give its WWN and its model as well."));
	}
	static const char *const names[] = { N_("serial"), "WWN", N_("model") };
	const char *const values[] = { given(row, SERIAL), given(row, WWN), given(row, MODEL) };
	char text[400] = "";
	for (size_t i = 0, length = 0; i < ARRAY_SIZE(names) && length < sizeof(text); i++)
		if (values[i][0])
			length += (size_t)snprintf(text + length, sizeof(text) - length,
				"%s%s \"%s\"", length ? ", " : "", _(names[i]), values[i]);
	error_set(error, ERROR_USAGE, ENOENT, "drive-unknown",
		_("The inventory knows no such drive: %s"), text);
	return error_next(error, _("Drives are entered by a scan: haiki inventory scan"));
}

/* Whatever of serial, WWN and model is given must be that of one drive. */
static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const char *serial = given(row, SERIAL), *wwn = given(row, WWN);
	const struct store_value values[] = {
		STORE_STRING(serial),
		STORE_STRING(wwn),
		STORE_STRING(given(row, MODEL)),
	};
	if (!*serial && !*wwn)
		return not_one(row, false, error);
	int r = store_query(store,
		*serial ? SELECT_LABELS "WHERE serial = $1 AND ($2 = '' OR lower(wwn) = lower($2))"
					" AND ($3 = '' OR model = $3) LIMIT 2"
			: SELECT_LABELS "WHERE $1 = '' AND (wwn = $2 OR wwn = lower($2))"
					" AND ($3 = '' OR model = $3) LIMIT 2",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r < 0 ? r : not_one(row, false, error);
	*ret_id = store_integer(rows, 0);
	r = fill(rows, ret, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		return not_one(row, true, error);
	return r < 0 ? r : 1;
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

/* NULL where it stays as it is. */
static const char *changed_to(const struct transfer_write *write, unsigned column)
{
	return write->changed & (1U << column) ? write->fields->texts[column] : NULL;
}

/* The basis says that it was; an empty cell takes that back. */
static int enter_encryption(
	struct store *store, const struct transfer_write *write, struct error *error)
{
	const struct subject drive = { SUBJECT_DRIVE, write->id };
	const char *basis = write->fields->texts[ENCRYPTED];
	if (basis[0])
		return encryption_record(store, &drive, basis, "", write->now_utc_ms, error);
	return encryption_revoke(store, &drive, "import", write->now_utc_ms, error);
}

static int enter_row(struct store *store, const struct transfer_write *write, struct error *error)
{
	const struct drive_facts facts = { .asset_number = changed_to(write, ASSET_NUMBER),
		.zone = changed_to(write, ZONE),
		.tenant = changed_to(write, TENANT),
		.service_code = changed_to(write, SERVICE_CODE),
		.site = changed_to(write, SITE),
		.rack = changed_to(write, RACK),
		.slot = changed_to(write, SLOT) };
	int r = 0;
	for (unsigned i = ASSET_NUMBER; r == 0 && i < ENCRYPTED; i++)
		if (changed_to(write, i))
			r = text_check(
				changed_to(write, i), LABEL_MAX, false, columns[i].name, error);
	if (r == 0 && (facts.tenant || facts.service_code))
		r = check_codes(store, write->fields->texts[TENANT],
			write->fields->texts[SERVICE_CODE], error);
	/* First without writing: a refusal of one line must not end the transaction of all. */
	if (r == 0)
		r = drives_check_describe(store, write->id, &facts, error);
	if (r == 0 && changed_to(write, ENCRYPTED))
		r = enter_encryption(store, write, error);
	return r < 0 ? r : drives_describe(store, write->id, &facts, write->now_utc_ms, error);
}

static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(
		store, SELECT_LABELS "ORDER BY serial, wwn, model", NULL, 0, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		r = fill(rows, &fields, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_drives = {
	.name = "drives",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.has_aliases = true,
	.load = load,
	.enter = enter_row,
	.each = each,
};
