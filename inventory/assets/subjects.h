/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a person types to a thing of the inventory, and back to what it is called: drives, arrays,
 * volumes, tenants, contracts, holds and VMs alike. Only by ids and keys, for what is said about them. */
#ifndef HAIKI_INVENTORY_ASSETS_SUBJECTS_H
#define HAIKI_INVENTORY_ASSETS_SUBJECTS_H

#include "inventory/custody/events.h"

/* The one thing that is called so, exactly: an ID ("D12", "T5"), a drive's serial, WWN or place
 * (drives_find), an array's or volume's key, UUID or name, a tenant's code, a contract's number, a VM's UUID (never
 * its name).
 * -ENOENT "unknown"; -EEXIST "ambiguous", naming the IDs. */
NODISCARD int subjects_find(
	struct store *store, const char *word, struct subject *ret, struct error *error);

/* 0, or -ENOENT "target-unknown". */
NODISCARD int subjects_check_known(
	struct store *store, const struct subject *subject, struct error *error);

/* What people call it, as an SQL expression of its kind and id; '' or NULL when nothing is known. For
 * lists, which ask for all in one statement. */
#define SUBJECT_LABEL_SQL(kind, id)                                                                \
	"CASE " kind " WHEN 'drive' THEN (SELECT trim(sd.model || ' (' || CASE WHEN sd.serial <>"  \
	" '' THEN sd.serial ELSE sd.wwn END || ')') FROM drive sd WHERE sd.id = " id ")"           \
	" WHEN 'array' THEN (SELECT sa.name FROM raid_array sa WHERE sa.id = " id ")"              \
	" WHEN 'volume' THEN (SELECT sv.name FROM volume sv WHERE sv.id = " id ")"                 \
	" WHEN 'tenant' THEN (SELECT st.code || ' ' || st.name FROM tenant st WHERE st.id = " id   \
	") WHEN 'contract' THEN (SELECT sc.number FROM contract sc WHERE sc.id = " id              \
	") WHEN 'vm' THEN (SELECT trim(sm.service_code || ' ' || sm.name) FROM vm sm"              \
	" WHERE sm.id = " id ") ELSE '' END"

/* "D12 ST4000NM (serial ZA1234)", "T5 Example City": for people; the ID alone when nothing is
 * known. Errors of the store. */
#define SUBJECT_LABEL_MAX 320
NODISCARD int subjects_label(struct store *store, const struct subject *subject,
	char ret[static SUBJECT_LABEL_MAX], struct error *error);
/* The same of what SUBJECT_LABEL_SQL gave. */
void subjects_format_label(
	const struct subject *subject, const char *name, char ret[static SUBJECT_LABEL_MAX]);

#endif
