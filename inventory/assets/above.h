/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands above a drive, in one statement: SQL to begin a query with. Within this room.
 *
 * $1 is a WWN, $2 a serial. It defines
 *   mine(id, clean)         the drives called so, and when each was last sanitized (0: never)
 *   above(kind, id, clean)  the drives and all that stands on them or once did; UNION ends rings.
 *                           An edge that has left before the drive was sanitized does not count.
 *                           Volumes bring what they were copied from, and their copies.
 *   covers(kind, id)        the same, and the tenants they are of. */
#ifndef HAIKI_INVENTORY_ASSETS_ABOVE_H
#define HAIKI_INVENTORY_ASSETS_ABOVE_H

/* The detail is canonical JSON: a quote inside a text is escaped there and cannot look like this. */
#define SQL_ABOVE                                                                                  \
	"WITH RECURSIVE mine (id, clean) AS ("                                                     \
	" SELECT d.id, coalesce((SELECT max(e.utc_ms) FROM event e WHERE e.target_kind = 'drive'"  \
	"  AND e.target_id = d.id AND e.action = 'custody'"                                        \
	"  AND e.detail LIKE '%\"to\":\"sanitized\"%'), 0)"                                        \
	" FROM drive d WHERE (d.wwn <> '' AND d.wwn = $1) OR (d.serial <> '' AND d.serial = $2))," \
	" above (kind, id, clean) AS ("                                                            \
	" SELECT 'drive', m.id, m.clean FROM mine m"                                               \
	" UNION"                                                                                   \
	" SELECT CASE WHEN way.n = 1 THEN s.upper_kind ELSE 'volume' END,"                         \
	"  coalesce(s.upper_id, copy.id, kept.origin_id), a.clean"                                 \
	" FROM above a CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) way"       \
	" LEFT JOIN stands_on s ON way.n = 1 AND s.lower_kind = a.kind AND s.lower_id = a.id"      \
	"  AND (s.left_utc_ms IS NULL OR a.clean = 0 OR s.last_utc_ms > a.clean)"                  \
	" LEFT JOIN volume copy ON way.n = 2 AND a.kind = 'volume' AND copy.origin_id = a.id"      \
	" LEFT JOIN volume kept ON way.n = 3 AND a.kind = 'volume' AND kept.id = a.id"             \
	"  AND kept.origin_id IS NOT NULL"                                                         \
	" WHERE s.upper_id IS NOT NULL OR copy.id IS NOT NULL OR kept.id IS NOT NULL),"            \
	" covers (kind, id) AS ("                                                                  \
	" SELECT kind, id FROM above"                                                              \
	" UNION SELECT 'tenant', v.tenant_id FROM above a JOIN volume v"                           \
	"  ON a.kind = 'volume' AND v.id = a.id WHERE v.tenant_id IS NOT NULL"                     \
	" UNION SELECT 'tenant', t.id FROM mine m JOIN drive d ON d.id = m.id"                     \
	"  JOIN tenant t ON t.code = d.tenant WHERE d.tenant <> ''"                                \
	" UNION SELECT 'tenant', c.tenant_id FROM mine m JOIN drive d ON d.id = m.id"              \
	"  JOIN service_code c ON c.code = d.service_code WHERE d.service_code <> '') "

#endif
