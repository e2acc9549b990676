/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose bytes lie on one drive. */
#include "inventory/assets/drive_tenants.h"

#include "base/text.h"
#include "inventory/assets/above.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tenant_codes_free(struct tenant_codes *list)
{
	free(list->items);
	*list = (struct tenant_codes){ 0 };
}

bool tenant_codes_have(const struct tenant_codes *list, const char *code)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], code) == 0)
			return true;
	return false;
}

static int take_rows(struct store_rows *rows, struct tenant_codes *list, struct error *error)
{
	int r = 0;
	while ((r = store_next(rows, error)) > 0) {
		char code[sizeof(*list->items)];
		r = store_copy_text(rows, 0, code, sizeof(code), error);
		if (r < 0)
			return r;
		if (tenant_codes_have(list, code))
			continue;
		void *grown = reallocarray(list->items, list->count + 1, sizeof(*list->items));
		if (!grown)
			return error_no_memory(error);
		list->items = grown;
		memcpy(list->items[list->count++], code, sizeof(code));
	}
	return r;
}

/* A label may name a tenant or a service that was not entered yet: the word counts as a tenant. */
#define SQL_CODES                                                                                  \
	SQL_ABOVE                                                                                  \
	"SELECT t.code FROM covers c JOIN tenant t ON c.kind = 'tenant' AND t.id = c.id"           \
	" UNION SELECT d.tenant FROM mine m JOIN drive d ON d.id = m.id WHERE d.tenant <> ''"      \
	" UNION SELECT d.service_code FROM mine m JOIN drive d ON d.id = m.id"                     \
	"  WHERE d.service_code <> '' AND NOT EXISTS"                                              \
	"  (SELECT 1 FROM service_code s WHERE s.code = d.service_code)"

static int take_standing(
	struct store *store, const char *wwn, struct tenant_codes *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(wwn), STORE_STRING("") };
	int r = store_query(store, SQL_CODES, values, ARRAY_SIZE(values), &rows, error);
	return r < 0 ? r : take_rows(rows, list, error);
}

static int take_disputed(
	struct store *store, const char *wwn, struct tenant_codes *list, struct error *error)
{
	CLEANUP(above_tenants_free) struct above_tenants tenants = { 0 };
	int r = above_disputed(store, wwn, "", &tenants, error);
	for (size_t i = 0; r == 0 && i < tenants.count; i++) {
		CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
		const struct store_value values[] = { STORE_INT(tenants.ids[i]) };
		r = store_query(store, "SELECT code FROM tenant WHERE id = $1", values,
			ARRAY_SIZE(values), &rows, error);
		if (r == 0)
			r = take_rows(rows, list, error);
	}
	return r;
}

/* Somebody has looked at what it carries. */
static int check_known(
	struct store *store, const struct drive_identity *identity, struct error *error)
{
	AUTO_DRIVES struct drive_list found = { 0 };
	int64_t id = 0;
	int r = drives_id_of(store, identity, &id, error);
	if (r == 0 && id == 0)
		return error_set(error, ERROR_REFUSED, ENOENT, "drive-unknown",
			_("the inventory does not know /dev/%s"), identity->name);
	if (r == 0)
		r = drives_get(store, id, &found, error);
	if (r == 0 && (found.items[0].probed_utc_ms == 0 || found.items[0].last_error[0]))
		return error_set(error, ERROR_REFUSED, ENODATA, "drive-not-probed",
			_("what /dev/%s carries could not be looked at"), identity->name);
	return r;
}

int drives_tenants(struct store *store, const struct drive_identity *identity,
	struct tenant_codes *ret, struct error *error)
{
	AUTO_TENANT_CODES struct tenant_codes list = { 0 };
	if (!identity->wwn[0])
		return error_set(error, ERROR_REFUSED, EINVAL, "identity-missing",
			_("/dev/%s has no WWN: whose it is cannot be told"), identity->name);
	int r = check_known(store, identity, error);
	if (r == 0)
		r = take_standing(store, identity->wwn, &list, error);
	if (r == 0)
		r = take_disputed(store, identity->wwn, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct tenant_codes){ 0 };
	return 0;
}
