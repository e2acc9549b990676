/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states of custody and which may follow which: a table and nothing else. */
#include "inventory/custody/custody.h"

#include <stdio.h>
#include <string.h>

#define BIT(state) (1U << (state))

/* In words: docs/custody.md. A drive that left and is here again is locked away first. */
static const struct {
	const char *name;
	unsigned next;
} states[CUSTODY_STATES] = {
	[CUSTODY_UNKNOWN] = { "unknown", 0 },
	[CUSTODY_IN_SERVICE] = { "in-service",
		BIT(CUSTODY_QUARANTINED) | BIT(CUSTODY_SANITIZING) | BIT(CUSTODY_FAILED) },
	[CUSTODY_QUARANTINED] = { "quarantined", BIT(CUSTODY_IN_SERVICE) | BIT(CUSTODY_SANITIZING) |
							 BIT(CUSTODY_FAILED) |
							 BIT(CUSTODY_DESTROYED) },
	[CUSTODY_SANITIZING] = { "sanitizing",
		BIT(CUSTODY_SANITIZED) | BIT(CUSTODY_QUARANTINED) | BIT(CUSTODY_FAILED) },
	[CUSTODY_SANITIZED] = { "sanitized",
		BIT(CUSTODY_REUSED) | BIT(CUSTODY_RETURNED) | BIT(CUSTODY_DISPOSED) |
			BIT(CUSTODY_DESTROYED) | BIT(CUSTODY_QUARANTINED) |
			BIT(CUSTODY_SANITIZING) | BIT(CUSTODY_FAILED) },
	[CUSTODY_REUSED] = { "reused", BIT(CUSTODY_IN_SERVICE) | BIT(CUSTODY_QUARANTINED) |
					       BIT(CUSTODY_SANITIZING) | BIT(CUSTODY_FAILED) },
	[CUSTODY_RETURNED] = { "returned", BIT(CUSTODY_QUARANTINED) | BIT(CUSTODY_DESTROYED) },
	[CUSTODY_DISPOSED] = { "disposed", BIT(CUSTODY_QUARANTINED) | BIT(CUSTODY_DESTROYED) },
	[CUSTODY_DESTROYED] = { "destroyed", 0 },
	[CUSTODY_FAILED] = { "failed",
		BIT(CUSTODY_QUARANTINED) | BIT(CUSTODY_SANITIZING) | BIT(CUSTODY_DESTROYED) },
};

const char *custody_name(enum custody custody)
{
	return states[(size_t)custody < CUSTODY_STATES ? custody : CUSTODY_UNKNOWN].name;
}

enum custody custody_parse(const char *word)
{
	for (unsigned i = CUSTODY_UNKNOWN + 1; i < CUSTODY_STATES; i++)
		if (strcmp(states[i].name, word) == 0)
			return (enum custody)i;
	return CUSTODY_UNKNOWN;
}

bool custody_allows(enum custody from, enum custody to)
{
	return (size_t)from < CUSTODY_STATES && (size_t)to < CUSTODY_STATES &&
	       (states[from].next & BIT(to)) != 0;
}

void custody_next(enum custody from, char ret[static CUSTODY_NEXT_MAX])
{
	size_t length = 0;
	ret[0] = '\0';
	for (unsigned i = CUSTODY_UNKNOWN + 1; i < CUSTODY_STATES; i++)
		if (custody_allows(from, (enum custody)i) && length < CUSTODY_NEXT_MAX)
			length += (size_t)snprintf(ret + length, CUSTODY_NEXT_MAX - length, "%s%s",
				length > 0 ? ", " : "", states[i].name);
}

bool custody_needs_proof(enum custody to)
{
	switch (to) {
	case CUSTODY_SANITIZED:
	case CUSTODY_REUSED:
	case CUSTODY_RETURNED:
	case CUSTODY_DISPOSED:
		return true;
	case CUSTODY_UNKNOWN: /* never allowed; nothing about it is known to be harmless */
		return true;
	case CUSTODY_IN_SERVICE:
	case CUSTODY_QUARANTINED:
	case CUSTODY_SANITIZING:
	case CUSTODY_DESTROYED:
	case CUSTODY_FAILED:
		return false;
	}
	return true;
}

bool custody_ends_evidence(enum custody to)
{
	switch (to) {
	case CUSTODY_SANITIZING:
	case CUSTODY_REUSED:
	case CUSTODY_RETURNED:
	case CUSTODY_DISPOSED:
	case CUSTODY_DESTROYED:
	case CUSTODY_UNKNOWN:
		return true;
	case CUSTODY_IN_SERVICE:
	case CUSTODY_QUARANTINED:
	case CUSTODY_SANITIZED: /* says what is so already */
	case CUSTODY_FAILED:
		return false;
	}
	return true;
}
