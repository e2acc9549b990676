/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of custody, in words. */
#include "verify/ledger/custody_order.h"

#include "base/macros.h"
#include <string.h>

#define NEXT_MAX 8

enum trait {
	ENDS = 1,
	SERVES = 2,
	NEEDS_PROOF = 4,
};

static const struct {
	const char *name;
	unsigned traits;
	const char *next[NEXT_MAX];
} states[] = {
	{ "in-service", SERVES, { "quarantined", "sanitizing", "failed" } },
	{ "quarantined", 0, { "in-service", "sanitizing", "failed", "destroyed" } },
	{ "sanitizing", 0, { "sanitized", "quarantined", "failed" } },
	{ "sanitized", NEEDS_PROOF,
		{ "reused", "returned", "disposed", "destroyed", "sanitizing", "quarantined",
			"failed" } },
	{ "reused", ENDS | SERVES | NEEDS_PROOF,
		{ "in-service", "quarantined", "sanitizing", "failed" } },
	{ "returned", ENDS | NEEDS_PROOF, { "quarantined", "destroyed" } },
	{ "disposed", ENDS | NEEDS_PROOF, { "quarantined", "destroyed" } },
	{ "destroyed", ENDS, { NULL } },
	{ "failed", 0, { "quarantined", "sanitizing", "destroyed" } },
};

static size_t find(const char *state)
{
	size_t i = 0;
	while (i < ARRAY_SIZE(states) && strcmp(states[i].name, state) != 0)
		i++;
	return i;
}

bool custody_order_knows(const char *state)
{
	return find(state) < ARRAY_SIZE(states);
}

bool custody_order_allows(const char *from, const char *to)
{
	size_t i = find(from);
	if (i == ARRAY_SIZE(states))
		return false;
	for (size_t j = 0; j < NEXT_MAX && states[i].next[j]; j++)
		if (strcmp(states[i].next[j], to) == 0)
			return true;
	return false;
}

static bool has(const char *state, unsigned trait)
{
	size_t i = find(state);
	return i < ARRAY_SIZE(states) && (states[i].traits & trait) != 0;
}

bool custody_order_ends(const char *state)
{
	return has(state, ENDS);
}

bool custody_order_serves(const char *state)
{
	return has(state, SERVES);
}

bool custody_order_needs_proof(const char *state)
{
	return has(state, NEEDS_PROOF);
}
