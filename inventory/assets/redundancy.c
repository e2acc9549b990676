/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What losing members does to an array. An array is a set of places; data are lost when every place of
 * a group that holds the same bytes (RAID10), or more places than parity covers, are empty. */
#include "inventory/assets/redundancy.h"

#include "base/macros.h"

#include <string.h>

#define PLACES_MAX 4096
#define LOST (-1)

static const char *const state_names[] = {
	[MEMBER_UNKNOWN] = "unknown",
	[MEMBER_ACTIVE] = "active",
	[MEMBER_REBUILDING] = "rebuilding",
	[MEMBER_REPLACEMENT] = "replacement",
	[MEMBER_SPARE] = "spare",
	[MEMBER_FAULTY] = "faulty",
	[MEMBER_JOURNAL] = "journal",
};

const char *member_state_name(enum member_state state)
{
	return state_names[state];
}

enum member_state member_state_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (strcmp(state_names[i], word) == 0)
			return (enum member_state)i;
	return MEMBER_UNKNOWN;
}

/* Which places are filled, with or without those that go. */
struct places {
	unsigned count;
	unsigned filled;
	bool is_filled[PLACES_MAX];
};

static void fill(const struct redundancy_question *question, bool without, struct places *ret)
{
	*ret = (struct places){ .count = question->device_count };
	for (size_t i = 0; i < question->count; i++) {
		const struct redundancy_member *member = &question->members[i];
		if (member->state != MEMBER_ACTIVE || member->slot < 0 ||
			(unsigned)member->slot >= ret->count || (without && member->goes) ||
			ret->is_filled[member->slot])
			continue;
		ret->is_filled[member->slot] = true;
		ret->filled++;
	}
}

/* RAID10's layout: near copies in the lowest byte, far copies in the next, then whether the far ones
 * are offset by a chunk only, then how the far ones are grouped. */
struct raid10 {
	unsigned near, far,
		set; /* set: so many neighbours keep their far copies among themselves */
};

static bool raid10_parse(int64_t layout, unsigned count, struct raid10 *ret)
{
	ret->near = (unsigned)(layout & 0xff);
	ret->far = (unsigned)(layout >> 8 & 0xff);
	if (layout < 0 || ret->near == 0 || ret->far == 0 || ret->near * ret->far > count)
		return false;
	switch (layout >> 17) {
	case 0:
		ret->set = count;
		return true;
	case 1:
		ret->set = count / ret->far;
		return true;
	case 2:
		ret->set = ret->near * ret->far;
		return true;
	default:
		return false;
	}
}

/* Where the next far copy of what lies at `place` is: so many places on as there are near copies,
 * around within its set. When the sets do not come out even, the last one takes the rest. */
static unsigned raid10_next(const struct raid10 *raid, unsigned count, unsigned place)
{
	unsigned last = (count / raid->set - 1) * raid->set;
	unsigned next = place + raid->near;
	if (count % raid->set != 0 && next > last)
		return last + (next - last) % (raid->set + count % raid->set);
	return place / raid->set * raid->set + next % raid->set;
}

/* How many copies of the chunk whose first copy begins at `first` are on filled places; a place counts
 * once. */
static unsigned raid10_copies(
	const struct raid10 *raid, const struct places *places, unsigned first)
{
	bool seen[PLACES_MAX] = { false };
	unsigned copies = 0;
	for (unsigned near = 0; near < raid->near; near++) {
		unsigned place = (first + near) % places->count;
		for (unsigned far = 0; far < raid->far; far++) {
			if (places->is_filled[place] && !seen[place])
				copies++;
			seen[place] = true;
			place = raid10_next(raid, places->count, place);
		}
	}
	return copies;
}

/* Members that may still be lost, whichever they are; LOST: data are missing. False: not known. */
static bool left_raid10(int64_t layout, const struct places *places, int *ret)
{
	struct raid10 raid;
	if (!raid10_parse(layout, places->count, &raid))
		return false;
	unsigned fewest = PLACES_MAX;
	for (unsigned chunk = 0; chunk < places->count; chunk++) {
		unsigned copies = raid10_copies(&raid, places, chunk * raid.near % places->count);
		fewest = MIN(fewest, copies);
	}
	*ret = (int)fewest - 1;
	return true;
}

/* So many places may be empty. -1: not known. */
static int parity_of(const char *level)
{
	static const struct {
		const char *level;
		int parity;
	} levels[] = {
		{ "raid0", 0 },
		{ "linear", 0 },
		{ "raid4", 1 },
		{ "raid5", 1 },
		{ "raid6", 2 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(level, levels[i].level) == 0)
			return levels[i].parity;
	return -1;
}

static bool left_of(
	const struct redundancy_question *question, const struct places *places, int *ret)
{
	if (strcmp(question->level, "raid1") == 0) {
		*ret = (int)places->filled - 1;
		return true;
	}
	if (strcmp(question->level, "raid10") == 0)
		return left_raid10(question->layout, places, ret);
	int parity = parity_of(question->level);
	if (parity < 0)
		return false;
	*ret = MAX(parity - (int)(places->count - places->filled), LOST);
	return true;
}

/* Parity or copies are not all written yet, or lie in two shapes at once. */
static bool is_in_flux(const char *sync_action)
{
	return strcmp(sync_action, "resync") == 0 || strcmp(sync_action, "reshape") == 0;
}

static bool touches_data(const struct redundancy_question *question)
{
	for (size_t i = 0; i < question->count; i++) {
		const struct redundancy_member *member = &question->members[i];
		switch (member->state) {
		case MEMBER_UNKNOWN:
		case MEMBER_ACTIVE:
		case MEMBER_JOURNAL:
			if (member->goes)
				return true;
			break;
		case MEMBER_REBUILDING:
		case MEMBER_REPLACEMENT:
		case MEMBER_SPARE:
		case MEMBER_FAULTY:
			break;
		}
	}
	return false;
}

/* What the journal of a parity array holds, and what an unknown state means, nobody can say. */
static bool takes_the_unknown(const struct redundancy_question *question)
{
	for (size_t i = 0; i < question->count; i++)
		if (question->members[i].goes &&
			(question->members[i].state == MEMBER_UNKNOWN ||
				question->members[i].state == MEMBER_JOURNAL))
			return true;
	return false;
}

static enum redundancy_verdict verdict_of(
	const struct redundancy_question *question, const struct redundancy *redundancy)
{
	if (redundancy->left_now == LOST)
		return REDUNDANCY_BROKEN;
	if (!touches_data(question))
		return REDUNDANCY_UNTOUCHED;
	if (takes_the_unknown(question))
		return REDUNDANCY_UNKNOWN;
	if (redundancy->left_after == LOST)
		return REDUNDANCY_DESTROYED;
	return redundancy->left_after == 0 ? REDUNDANCY_LAST : REDUNDANCY_GOES_ON;
}

void redundancy_judge(const struct redundancy_question *question, struct redundancy *ret)
{
	struct redundancy redundancy = { .left_now = -1, .left_after = -1 };
	struct places now, after;
	if (question->device_count == 0 || question->device_count > PLACES_MAX) {
		*ret = redundancy;
		return;
	}
	fill(question, false, &now);
	fill(question, true, &after);
	redundancy.missing = now.count - now.filled;
	if (strcmp(question->level, "raid1") == 0) {
		redundancy.copies_now = now.filled;
		redundancy.copies_after = after.filled;
	}
	if (is_in_flux(question->sync_action) || !left_of(question, &now, &redundancy.left_now) ||
		!left_of(question, &after, &redundancy.left_after)) {
		redundancy.left_now = redundancy.left_after = -1;
		*ret = redundancy;
		return;
	}
	redundancy.verdict = verdict_of(question, &redundancy);
	*ret = redundancy;
}
