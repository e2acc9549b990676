/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom rules on a VM's UUID and the volumes that bear it name as the one whose it is. */
#include "inventory/tenants/vms.h"

#include "base/text.h"
#include "inventory/tenants/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void vm_claims_free(struct vm_claims *claims)
{
	free(claims->ids);
	*claims = (struct vm_claims){ 0 };
}

static int add(struct vm_claims *claims, int64_t tenant_id, struct error *error)
{
	if (tenant_id <= 0)
		return 0;
	for (size_t i = 0; i < claims->count; i++)
		if (claims->ids[i] == tenant_id)
			return 0;
	int64_t *ids = reallocarray(claims->ids, claims->count + 1, sizeof(*ids));
	if (!ids)
		return error_no_memory(error);
	claims->ids = ids;
	ids[claims->count++] = tenant_id;
	return 0;
}

static int add_rules(
	struct store *store, const char *uuid, struct vm_claims *claims, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(uuid) };
	int r = store_query(store,
		"SELECT tenant_id FROM link_rule WHERE kind = 'vm' AND pattern = $1", values, 1,
		&rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = add(claims, store_integer(rows, 0), error);
	return r;
}

/* What is said of a volume in dispute. */
static int add_statements(
	struct store *store, int64_t volume_id, struct vm_claims *claims, struct error *error)
{
	AUTO_VOLUMES struct volume_list volumes = { 0 };
	AUTO_LINK_STATEMENTS struct link_statement_list statements = { 0 };
	int r = volumes_get(store, volume_id, &volumes, error);
	if (r == 0 && volumes.count > 0)
		r = links_statements(store, &volumes.items[0], &statements, error);
	for (size_t i = 0; r == 0 && i < statements.count; i++)
		r = add(claims, statements.items[i].tenant_id, error);
	return r;
}

static int add_volumes(
	struct store *store, const char *uuid, struct vm_claims *claims, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(uuid) };
	int r = store_query(store,
		"SELECT id, coalesce(tenant_id, 0), linked_by FROM volume WHERE vm_uuid = $1"
		" ORDER BY id",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		const char *by = store_text(rows, 2);
		bool is_disputed =
			strcmp(by, LINKED_BY_CONFLICT) == 0 || strcmp(by, LINKED_BY_UNKNOWN) == 0;
		claims->disputed = claims->disputed || is_disputed;
		r = is_disputed ? add_statements(store, store_integer(rows, 0), claims, error)
				: add(claims, store_integer(rows, 1), error);
	}
	return r;
}

int vms_claims(struct store *store, const char *uuid, struct vm_claims *ret, struct error *error)
{
	CLEANUP(vm_claims_free) struct vm_claims claims = { 0 };
	char spelled[VM_UUID_MAX] = "";
	if (!vm_uuid_parse(uuid, spelled))
		return error_set(error, ERROR_REFUSED, EINVAL, "vm-malformed",
			_("\"%.60s\" is not the UUID of a VM"), uuid);
	int r = add_rules(store, spelled, &claims, error);
	if (r == 0)
		r = add_volumes(store, spelled, &claims, error);
	if (r < 0)
		return r;
	*ret = claims;
	claims = (struct vm_claims){ 0 };
	return 0;
}

int vms_linked_tenant(struct store *store, const char *uuid, int64_t *ret, struct error *error)
{
	CLEANUP(vm_claims_free) struct vm_claims claims = { 0 };
	int r = vms_claims(store, uuid, &claims, error);
	if (r < 0)
		return r;
	if (claims.disputed || claims.count > 1)
		*ret = -1;
	else
		*ret = claims.count == 1 ? claims.ids[0] : 0;
	return 0;
}
