/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much at once is too much without a person's word. */
#include "wipe/tenant/gate.h"

#include <string.h>

#define FEW 10

bool gate_stops(size_t due, size_t all, unsigned percent)
{
	if (due == 0 || percent >= 100)
		return false;
	if (percent > 0 && due == 1 && all < FEW)
		return false;
	/* Both are numbers of VMs in memory: a hundred times as many fit. */
	return (uint64_t)due * 100 > (uint64_t)all * percent;
}

static bool is_among(const json_t *list, const char *uuid)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		if (item && strcmp(item, uuid) == 0)
			return true;
	}
	return false;
}

bool gate_approved(const struct approval_record *approval, const json_t *uuids, int64_t now_utc_ms)
{
	AUTO_JSON json_t *approved = NULL;
	if (approval->id == 0 || !approval->vms || approval->given_utc_ms <= 0 ||
		now_utc_ms < approval->given_utc_ms || now_utc_ms >= approval->expires_utc_ms ||
		!json_is_array(uuids))
		return false;
	if (json_parse(approval->vms, strlen(approval->vms), "approval", &approved, NULL) < 0 ||
		!json_is_array(approved))
		return false;
	for (size_t i = 0; i < json_array_size(uuids); i++) {
		const char *uuid = json_string_value(json_array_get(uuids, i));
		if (!uuid || !is_among(approved, uuid))
			return false;
	}
	return true;
}
