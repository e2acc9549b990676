/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a legal hold forbids the deletion of a VM: one on itself, on whose it is or was, or on what its bytes stand
 * on, came from or went to. */
#include "inventory/tenants/vms.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <inttypes.h>

/* $1 is the VM's number, $2 its UUID. Copies of its volumes and what stands above go one way, what they came from and
 * stand on the other; so clones of one template do not hold one another. An edge that has left counts. CROSS JOIN is the order in which to
 * look: few things, then their events. */
#define SQL_COVERS                                                                                 \
	"WITH RECURSIVE after (kind, id) AS ("                                                     \
	" SELECT 'volume', v.id FROM volume v WHERE v.vm_uuid = $2"                                \
	" UNION SELECT CASE WHEN way.n = 1 THEN s.upper_kind ELSE 'volume' END,"                   \
	"  coalesce(s.upper_id, copy.id) FROM after a"                                             \
	" CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2) way"                                       \
	" LEFT JOIN stands_on s ON way.n = 1 AND s.lower_kind = a.kind AND s.lower_id = a.id"      \
	" LEFT JOIN volume copy ON way.n = 2 AND a.kind = 'volume' AND copy.origin_id = a.id"      \
	" WHERE s.upper_id IS NOT NULL OR copy.id IS NOT NULL),"                                   \
	" before (kind, id) AS ("                                                                  \
	" SELECT 'volume', v.id FROM volume v WHERE v.vm_uuid = $2"                                \
	" UNION SELECT CASE WHEN way.n = 1 THEN s.lower_kind ELSE 'volume' END,"                   \
	"  coalesce(s.lower_id, kept.origin_id) FROM before b"                                     \
	" CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2) way"                                       \
	" LEFT JOIN stands_on s ON way.n = 1 AND s.upper_kind = b.kind AND s.upper_id = b.id"      \
	" LEFT JOIN volume kept ON way.n = 2 AND b.kind = 'volume' AND kept.id = b.id"             \
	"  AND kept.origin_id IS NOT NULL"                                                         \
	" WHERE s.lower_id IS NOT NULL OR kept.id IS NOT NULL),"                                   \
	" things (kind, id) AS (SELECT kind, id FROM after UNION SELECT kind, id FROM before),"    \
	" covers (kind, id) AS ("                                                                  \
	" SELECT 'vm', m.id FROM vm m WHERE m.id = $1"                                             \
	" UNION SELECT 'tenant', m.tenant_id FROM vm m WHERE m.id = $1"                            \
	" UNION SELECT 'tenant', c.tenant_id FROM vm m JOIN service_code c"                        \
	"  ON c.code = m.service_code WHERE m.id = $1"                                             \
	" UNION SELECT 'tenant', t.id FROM event e CROSS JOIN tenant t"                            \
	"  WHERE e.target_kind = 'vm' AND e.target_id = $1 AND e.action = 'vm-changed'"            \
	"  AND e.detail LIKE '%\"tenant_before\":\"T' || t.id || '\"%'"                            \
	" UNION SELECT 'tenant', r.tenant_id FROM link_rule r"                                     \
	"  WHERE r.kind = 'vm' AND r.pattern = $2"                                                 \
	" UNION SELECT kind, id FROM things"                                                       \
	" UNION SELECT 'tenant', v.tenant_id FROM things h JOIN volume v"                          \
	"  ON h.kind = 'volume' AND v.id = h.id WHERE v.tenant_id IS NOT NULL"                     \
	" UNION SELECT 'tenant', t.id FROM things h CROSS JOIN event e CROSS JOIN tenant t"        \
	"  WHERE h.kind = 'volume' AND e.target_kind = 'volume' AND e.target_id = h.id"            \
	"  AND e.action = 'linked' AND e.detail NOT LIKE '%\"tenant_before\":\"\"%'"               \
	"  AND e.detail LIKE '%\"tenant_before\":\"T' || t.id || '\"%'"                            \
	" UNION SELECT 'tenant', t.id FROM things h JOIN drive d ON h.kind = 'drive'"              \
	"  AND d.id = h.id JOIN tenant t ON t.code = d.tenant WHERE d.tenant <> ''"                \
	" UNION SELECT 'tenant', c.tenant_id FROM things h JOIN drive d ON h.kind = 'drive'"       \
	"  AND d.id = h.id JOIN service_code c ON c.code = d.service_code"                         \
	"  WHERE d.service_code <> '') "

static int find_uuid(
	struct store *store, int64_t id, char ret[static VM_UUID_MAX], struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(id) };
	int r = store_query(store, "SELECT uuid FROM vm WHERE id = $1", values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		return store_copy_text(rows, 0, ret, VM_UUID_MAX, error);
	return r < 0 ? r
		     : error_set(error, ERROR_REFUSED, ENOENT, "vm-unknown",
			       _("There is no VM M%" PRId64 " in the store %s"), id,
			       store_path(store));
}

/* The older of two holds; 0: none. */
static int keep_oldest(struct store *store, int64_t id, struct hold *oldest, struct error *error)
{
	struct hold hold;
	if (id == 0)
		return 0;
	int r = holds_get(store, id, &hold, error);
	if (r < 0)
		return r;
	if (oldest->id == 0 || hold.placed_utc_ms < oldest->placed_utc_ms ||
		(hold.placed_utc_ms == oldest->placed_utc_ms && hold.id < oldest->id))
		*oldest = hold;
	return 0;
}

/* Until it is settled whose a volume of the VM is, it may be anybody's whom tags and rules name. */
static int add_disputed(struct store *store, const struct vm_claims *claims, struct hold *oldest,
	struct error *error)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < claims->count; i++) {
		int64_t id = 0;
		const struct store_value values[] = { STORE_INT(claims->ids[i]) };
		r = drive_query_integer(store,
			"SELECT h.id FROM hold h WHERE h.target_kind = 'tenant' AND h.target_id = "
			"$1"
			" AND h.lifted_utc_ms IS NULL ORDER BY h.placed_utc_ms, h.id LIMIT 1",
			values, 1, 0, &id, error);
		if (r == 0)
			r = keep_oldest(store, id, oldest, error);
	}
	return r;
}

static int find_oldest(struct store *store, int64_t vm_id, const char *uuid, struct hold *oldest,
	struct error *error)
{
	CLEANUP(vm_claims_free) struct vm_claims claims = { 0 };
	int64_t id = 0;
	const struct store_value values[] = { STORE_INT(vm_id), STORE_STRING(uuid) };
	int r = drive_query_integer(store,
		SQL_COVERS "SELECT h.id FROM covers c JOIN hold h"
			   " ON h.target_kind = c.kind AND h.target_id = c.id"
			   " WHERE h.lifted_utc_ms IS NULL ORDER BY h.placed_utc_ms, h.id LIMIT 1",
		values, ARRAY_SIZE(values), 0, &id, error);
	if (r == 0)
		r = keep_oldest(store, id, oldest, error);
	if (r == 0)
		r = vms_claims(store, uuid, &claims, error);
	return r < 0 ? r : add_disputed(store, &claims, oldest, error);
}

int vms_hold(struct store *store, int64_t id, struct hold *ret, struct error *error)
{
	struct hold oldest = { 0 };
	int64_t standing = 0;
	char uuid[VM_UUID_MAX];
	int r = find_uuid(store, id, uuid, error);
	/* Nearly always no hold stands at all; then nobody needs to climb. */
	if (r == 0)
		r = drive_query_integer(store,
			"SELECT 1 FROM hold WHERE lifted_utc_ms IS NULL LIMIT 1", NULL, 0, 0,
			&standing, error);
	if (r == 0 && standing != 0)
		r = find_oldest(store, id, uuid, &oldest, error);
	if (r < 0)
		return r;
	if (oldest.id != 0)
		*ret = oldest;
	return oldest.id != 0;
}
