/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cool-down gate: a run that would delete more than a configured share of all VMs waits until a person has looked at the
 * list. Pure but for the question itself. */
#ifndef HAIKI_WIPE_TENANT_GATE_H
#define HAIKI_WIPE_TENANT_GATE_H

#include "inventory/tenants/approvals.h"

/* due VMs of all that all platforms have; those whose deletion is under way count as neither. percent: of the
 * configuration, 0 to 100; 100 never stops, 0 always when one is due. More than percent of all stops; one VM alone does
 * not when all are few (fewer than 10) and percent is not 0. */
bool gate_stops(size_t due, size_t all, unsigned percent);

/* Is each of these UUIDs (array) among those of an approval that is given and holds at this time? */
bool gate_approved(const struct approval_record *approval, const json_t *uuids, int64_t now_utc_ms);

#endif
