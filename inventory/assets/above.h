/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands above a drive, in one statement: SQL to begin a query with. Within this room.
 *
 * $1 is a WWN, $2 a serial. It defines
 *   mine(id, since, clean)  the drives called so; by which event each was last sanitized or, proven
 *                           so, reused, and when (0: never). With a clock set back since, as early as any event tells.
 *   above(kind, id, clean)  the drives and all that stands on them or once did; UNION ends rings.
 *                           What left a drive before it was sanitized does not count. What left an
 *                           array counts whenever that was: a rebuild copies its remains as well.
 *                           Volumes bring what they were copied from, and their copies.
 *   covers(kind, id)        the same, and the tenants they are or were of: a label or a link is
 *                           changed by one person, and takes no byte away. And the VMs whose disks the
 *                           volumes are, with their tenants.
 * Whose a volume in dispute is, it cannot tell: above_disputed does. */
#ifndef HAIKI_INVENTORY_ASSETS_ABOVE_H
#define HAIKI_INVENTORY_ASSETS_ABOVE_H

#include "inventory/store/store.h"

struct above_tenants {
	int64_t *ids; /* owned; each once */
	size_t count;
};
void above_tenants_free(struct above_tenants *tenants);

/* The tenants that tags and rules name for the volumes in dispute above the drives called so: until
 * it is settled, such a volume may be any of theirs. */
NODISCARD int above_disputed(struct store *store, const char *wwn, const char *serial,
	struct above_tenants *ret, struct error *error);

/* The detail is canonical JSON: a quote inside a text is escaped there and cannot look like this. */
#define SQL_ABOVE                                                                                  \
	"WITH RECURSIVE mine (id, since, clean) AS ("                                              \
	" SELECT d.id, f.since, coalesce((SELECT min(l.utc_ms) FROM event l"                       \
	"  WHERE l.target_kind = 'drive' AND l.target_id = d.id AND l.id >= f.since"               \
	"  AND f.since > 0), 0) FROM drive d JOIN (SELECT o.id, coalesce((SELECT max(e.id)"        \
	"  FROM event e WHERE e.target_kind = 'drive' AND e.target_id = o.id"                      \
	"  AND e.action = 'custody' AND (e.detail LIKE '%\"to\":\"sanitized\"%'"                   \
	"  OR e.detail LIKE '%\"to\":\"reused\"%')), 0) AS since"                                  \
	"  FROM drive o WHERE (o.wwn <> '' AND o.wwn = $1) OR (o.serial <> '' AND o.serial = "     \
	"$2)) f"                                                                                   \
	"  ON f.id = d.id),"                                                                       \
	" above (kind, id, clean) AS ("                                                            \
	" SELECT 'drive', m.id, m.clean FROM mine m"                                               \
	" UNION"                                                                                   \
	" SELECT CASE WHEN way.n = 1 THEN s.upper_kind ELSE 'volume' END,"                         \
	"  coalesce(s.upper_id, copy.id, kept.origin_id), 0"                                       \
	" FROM above a CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) way"       \
	" LEFT JOIN stands_on s ON way.n = 1 AND s.lower_kind = a.kind AND s.lower_id = a.id"      \
	"  AND (s.left_utc_ms IS NULL OR a.clean = 0 OR s.last_utc_ms >= a.clean)"                 \
	" LEFT JOIN volume copy ON way.n = 2 AND a.kind = 'volume' AND copy.origin_id = a.id"      \
	" LEFT JOIN volume kept ON way.n = 3 AND a.kind = 'volume' AND kept.id = a.id"             \
	"  AND kept.origin_id IS NOT NULL"                                                         \
	" WHERE s.upper_id IS NOT NULL OR copy.id IS NOT NULL OR kept.id IS NOT NULL),"            \
	" covers (kind, id) AS ("                                                                  \
	" SELECT kind, id FROM above"                                                              \
	" UNION SELECT 'tenant', v.tenant_id FROM above a JOIN volume v"                           \
	"  ON a.kind = 'volume' AND v.id = a.id WHERE v.tenant_id IS NOT NULL"                     \
	" UNION SELECT 'vm', m.id FROM above a JOIN volume v ON a.kind = 'volume' AND v.id = a.id" \
	"  JOIN vm m ON m.uuid = v.vm_uuid"                                                        \
	" UNION SELECT 'tenant', m.tenant_id FROM above a JOIN volume v ON a.kind = 'volume'"      \
	"  AND v.id = a.id JOIN vm m ON m.uuid = v.vm_uuid"                                        \
	" UNION SELECT 'tenant', t.id FROM above a JOIN event e ON e.target_kind = 'volume'"       \
	"  AND e.target_id = a.id AND e.action = 'linked'"                                         \
	"  AND e.detail NOT LIKE '%\"tenant_before\":\"\"%'"                                       \
	"  JOIN tenant t ON e.detail LIKE '%\"tenant_before\":\"T' || t.id || '\"%'"               \
	"  WHERE a.kind = 'volume'"                                                                \
	" UNION SELECT 'tenant', t.id FROM mine m JOIN drive d ON d.id = m.id"                     \
	"  JOIN tenant t ON t.code = d.tenant WHERE d.tenant <> ''"                                \
	" UNION SELECT 'tenant', c.tenant_id FROM mine m JOIN drive d ON d.id = m.id"              \
	"  JOIN service_code c ON c.code = d.service_code WHERE d.service_code <> ''"              \
	" UNION SELECT 'tenant', t.id FROM mine m JOIN event e ON e.target_kind = 'drive'"         \
	"  AND e.target_id = m.id AND e.action = 'labels-set' AND e.id > m.since"                  \
	"  JOIN tenant t ON e.detail LIKE '%\"tenant\":\"' || t.code || '\"%'"                     \
	" UNION SELECT 'tenant', c.tenant_id FROM mine m JOIN event e ON e.target_kind = 'drive'"  \
	"  AND e.target_id = m.id AND e.action = 'labels-set' AND e.id > m.since"                  \
	"  JOIN service_code c ON e.detail LIKE '%\"service_code\":\"' || c.code || '\"%') "

#endif
