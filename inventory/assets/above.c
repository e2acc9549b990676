/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose the volumes in dispute above a drive may be: what is said of each is read anew. */
#include "inventory/assets/above.h"

#include "inventory/tenants/links.h"
#include "inventory/assets/volumes.h"

#include <errno.h>
#include <stdlib.h>

void above_tenants_free(struct above_tenants *tenants)
{
	free(tenants->ids);
	*tenants = (struct above_tenants){ 0 };
}

static int add(struct above_tenants *tenants, int64_t id, struct error *error)
{
	if (id <= 0)
		return 0;
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->ids[i] == id)
			return 0;
	int64_t *ids = reallocarray(tenants->ids, tenants->count + 1, sizeof(*ids));
	if (!ids)
		return error_no_memory(error);
	tenants->ids = ids;
	ids[tenants->count++] = id;
	return 0;
}

static int add_named(
	struct store *store, int64_t volume_id, struct above_tenants *tenants, struct error *error)
{
	AUTO_VOLUMES struct volume_list volumes = { 0 };
	AUTO_LINK_STATEMENTS struct link_statement_list statements = { 0 };
	int r = volumes_get(store, volume_id, &volumes, error);
	if (r == 0 && volumes.count > 0)
		r = links_statements(store, &volumes.items[0], &statements, error);
	for (size_t i = 0; r == 0 && i < statements.count; i++)
		r = add(tenants, statements.items[i].tenant_id, error);
	return r;
}

int above_disputed(struct store *store, const char *wwn, const char *serial,
	struct above_tenants *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	CLEANUP(above_tenants_free) struct above_tenants tenants = { 0 };
	const struct store_value values[] = { STORE_STRING(wwn), STORE_STRING(serial) };
	int r = store_query(store,
		SQL_ABOVE "SELECT DISTINCT v.id FROM above a JOIN volume v"
			  " ON a.kind = 'volume' AND v.id = a.id WHERE v.linked_by = 'conflict'",
		values, ARRAY_SIZE(values), &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = add_named(store, store_integer(rows, 0), &tenants, error);
	if (r < 0)
		return r;
	*ret = tenants;
	tenants = (struct above_tenants){ 0 };
	return 0;
}
