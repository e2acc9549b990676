/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VM weighed: its time first, then what forbids it, then whether it is the one we mean. */
#include "wipe/tenant/decide.h"

#include <string.h>

const char *decision_word(enum decision decision)
{
	switch (decision) {
	case DECIDE_UNKNOWN:
		break;
	case DECIDE_DELETE:
		return "delete";
	case DECIDE_NOT_DUE:
		return "not-due";
	case DECIDE_GONE:
		return "gone";
	case DECIDE_NO_CONTRACT:
		return "no-contract";
	case DECIDE_CONTRACT_UNREADABLE:
		return "contract-unreadable";
	case DECIDE_HOLD:
		return "hold";
	case DECIDE_NOT_IN_INVENTORY:
		return "not-in-inventory";
	case DECIDE_UUID_TWICE:
		return "uuid-twice";
	case DECIDE_CODE_MISSING:
		return "code-missing";
	case DECIDE_CODE_DIFFERS:
		return "code-differs";
	case DECIDE_TENANT_DIFFERS:
		return "tenant-differs";
	case DECIDE_PLATFORM_DIFFERS:
		return "platform-differs";
	case DECIDE_UUID_DIFFERS:
		return "uuid-differs";
	case DECIDE_BACK:
		return "back";
	case DECIDE_ABSENT:
		return "absent";
	}
	return "unknown";
}

bool decision_is_refusal(enum decision decision)
{
	switch (decision) {
	case DECIDE_UNKNOWN:
	case DECIDE_DELETE:
	case DECIDE_NOT_DUE:
	case DECIDE_GONE:
	case DECIDE_ABSENT:
		return false;
	case DECIDE_NO_CONTRACT:
	case DECIDE_CONTRACT_UNREADABLE:
	case DECIDE_HOLD:
	case DECIDE_NOT_IN_INVENTORY:
	case DECIDE_UUID_TWICE:
	case DECIDE_CODE_MISSING:
	case DECIDE_CODE_DIFFERS:
	case DECIDE_TENANT_DIFFERS:
	case DECIDE_PLATFORM_DIFFERS:
	case DECIDE_UUID_DIFFERS:
	case DECIDE_BACK:
		return true;
	}
	return true;
}

static bool is_empty(const char *text)
{
	return !text || text[0] == '\0';
}

/* Is it the VM that we mean, where we mean it, and the only one? */
static enum decision decide_seen(const struct decide_facts *facts)
{
	if (facts->sightings > 1)
		return DECIDE_UUID_TWICE;
	if (is_empty(facts->platform) || is_empty(facts->our_service_code))
		return DECIDE_UNKNOWN;
	if (!is_empty(facts->our_platform) && strcmp(facts->our_platform, facts->platform) != 0)
		return DECIDE_PLATFORM_DIFFERS;
	if (is_empty(facts->platform_service_code))
		return DECIDE_CODE_MISSING;
	if (strcmp(facts->platform_service_code, facts->our_service_code) != 0)
		return DECIDE_CODE_DIFFERS;
	/* Where it may be on any platform, one that was not asked may have another of this UUID. */
	if (is_empty(facts->our_platform) && !facts->all_platforms_asked)
		return DECIDE_UNKNOWN;
	return DECIDE_DELETE;
}

/* Nobody who answered has it: is it gone, or did we ask for the wrong one, or the wrong people? */
static enum decision decide_unseen(const struct decide_facts *facts)
{
	if (!facts->all_platforms_asked)
		return DECIDE_UNKNOWN;
	if (!is_empty(facts->our_platform) && !facts->our_platform_asked)
		return DECIDE_PLATFORM_DIFFERS;
	return facts->code_elsewhere ? DECIDE_UUID_DIFFERS : DECIDE_ABSENT;
}

static enum decision decide_tenant(const struct decide_facts *facts)
{
	bool is_linked_otherwise =
		facts->linked_tenant_id != 0 && facts->linked_tenant_id != facts->our_tenant_id;
	if (facts->our_tenant_id < 1 || facts->code_tenant_id != facts->our_tenant_id ||
		is_linked_otherwise)
		return DECIDE_TENANT_DIFFERS;
	return DECIDE_DELETE;
}

enum decision decide_vm(const struct decide_facts *facts, struct due *ret_due)
{
	struct due due = due_of_all(facts->contracts, facts->contract_count, facts->now_utc_ms);
	if (ret_due)
		*ret_due = due;
	if (!facts->in_inventory)
		return DECIDE_NOT_IN_INVENTORY;
	if (facts->gone)
		return facts->sightings > 0 ? DECIDE_BACK : DECIDE_GONE;
	switch (due.state) {
	case DUE_FUTURE:
	case DUE_RUNNING:
	case DUE_GRACE:
		return DECIDE_NOT_DUE;
	case DUE_UNKNOWN:
	case DUE_NOW:
		break;
	}
	if (facts->hold != 0)
		return DECIDE_HOLD;
	if (decide_tenant(facts) != DECIDE_DELETE)
		return DECIDE_TENANT_DIFFERS;
	if (facts->contract_count == 0)
		return DECIDE_NO_CONTRACT;
	if (due.state != DUE_NOW)
		return DECIDE_CONTRACT_UNREADABLE;
	return facts->sightings > 0 ? decide_seen(facts) : decide_unseen(facts);
}
