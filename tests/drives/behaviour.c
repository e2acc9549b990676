/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vocabulary of faulty drives: one table, read by the control file and printed by --help. */
#include "behaviour.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum word_effect {
	EFFECT_FAULT,         /* OFFSET LENGTH (bytes; length 0: to the end) */
	EFFECT_COUNTED_FAULT, /* TIMES OFFSET LENGTH */
	EFFECT_WHOLE_FAULT,   /* no argument: the whole drive */
	EFFECT_HONEST,
	EFFECT_DELAY,
	EFFECT_DIES,
	EFFECT_REQUEST,
	EFFECT_SIZE,
};

struct word {
	const char *name;
	enum word_effect effect;
	unsigned arguments;
	enum fault_kind kind;
	bool on[OPERATIONS]; /* read, write, flush */
	bool flush_loses;
	enum request request;
	const char *help;
};

static const struct word words[] = {
	{ .name = "honest",
		.effect = EFFECT_HONEST,
		.request = REQUEST_RELEASE,
		.help = "forget every fault and delay, let go what hangs" },
	{ .name = "unwritable",
		.effect = EFFECT_FAULT,
		.arguments = 2,
		.kind = FAULT_FAILS,
		.on = { false, true, false },
		.help = "OFFSET LENGTH: writes that touch the range fail" },
	{ .name = "unreadable",
		.effect = EFFECT_FAULT,
		.arguments = 2,
		.kind = FAULT_FAILS,
		.on = { true, false, false },
		.help = "OFFSET LENGTH: reads that touch the range fail" },
	{ .name = "transient-write",
		.effect = EFFECT_COUNTED_FAULT,
		.arguments = 3,
		.kind = FAULT_FAILS,
		.on = { false, true, false },
		.help = "TIMES OFFSET LENGTH: the next TIMES such writes fail" },
	{ .name = "transient-read",
		.effect = EFFECT_COUNTED_FAULT,
		.arguments = 3,
		.kind = FAULT_FAILS,
		.on = { true, false, false },
		.help = "TIMES OFFSET LENGTH: the next TIMES such reads fail" },
	{ .name = "hangs",
		.effect = EFFECT_FAULT,
		.arguments = 2,
		.kind = FAULT_HANGS,
		.on = { true, true, false },
		.help = "OFFSET LENGTH: no answer to what touches the range" },
	{ .name = "hangs-all",
		.effect = EFFECT_WHOLE_FAULT,
		.kind = FAULT_HANGS,
		.on = { true, true, true },
		.help = "no answer to anything, flushes included" },
	{ .name = "release",
		.effect = EFFECT_REQUEST,
		.request = REQUEST_RELEASE,
		.help = "let what hangs go on; hanging ranges are forgotten" },
	{ .name = "drops",
		.effect = EFFECT_FAULT,
		.arguments = 2,
		.kind = FAULT_DROPS,
		.on = { false, true, false },
		.help = "OFFSET LENGTH: writes there are acknowledged and not done" },
	{ .name = "drops-all",
		.effect = EFFECT_WHOLE_FAULT,
		.kind = FAULT_DROPS,
		.on = { false, true, false },
		.help = "every write is acknowledged and not done" },
	{ .name = "flips",
		.effect = EFFECT_FAULT,
		.arguments = 2,
		.kind = FAULT_FLIPS,
		.on = { true, false, false },
		.help = "OFFSET LENGTH: one bit of each byte is read wrong" },
	{ .name = "flush-fails",
		.effect = EFFECT_WHOLE_FAULT,
		.kind = FAULT_FAILS,
		.on = { false, false, true },
		.help = "flushes fail; what was written is kept" },
	{ .name = "flush-loses",
		.effect = EFFECT_WHOLE_FAULT,
		.kind = FAULT_FAILS,
		.on = { false, false, true },
		.flush_loses = true,
		.help = "flushes fail, and what waited in the cache is lost" },
	{ .name = "cache",
		.effect = EFFECT_REQUEST,
		.request = REQUEST_CACHE,
		.help = "keep writes in a volatile cache until a flush" },
	{ .name = "lose-cache",
		.effect = EFFECT_REQUEST,
		.request = REQUEST_LOSE_CACHE,
		.help = "forget what waits in the cache, as a power cut does" },
	{ .name = "slow",
		.effect = EFFECT_DELAY,
		.arguments = 2,
		.help = "US US_PER_MIB: wait before each answer, microseconds" },
	{ .name = "dies",
		.effect = EFFECT_DIES,
		.arguments = 1,
		.help = "N: after N more operations everything fails" },
	{ .name = "size",
		.effect = EFFECT_SIZE,
		.arguments = 1,
		.request = REQUEST_SIZE,
		.help = "BYTES: show this size (0, with losetup -c: the drive is gone)" },
};

void behaviour_print_words(void)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf("  %-16s %s\n", words[i].name, words[i].help);
}

void behaviour_honest(struct behaviour *ret)
{
	*ret = (struct behaviour){ .answers_left = -1 };
}

static void forget_kind(struct behaviour *behaviour, enum fault_kind kind)
{
	size_t kept = 0;
	for (size_t i = 0; i < behaviour->fault_count; i++)
		if (behaviour->faults[i].kind != kind)
			behaviour->faults[kept++] = behaviour->faults[i];
	behaviour->fault_count = kept;
}

static int add_fault(struct behaviour *behaviour, const struct word *word, int64_t times,
	uint64_t offset, uint64_t length)
{
	if (behaviour->fault_count == FAULTS_MAX)
		return -ENOSPC;
	struct fault *fault = &behaviour->faults[behaviour->fault_count++];
	*fault = (struct fault){ .kind = word->kind,
		.offset_bytes = offset,
		.length_bytes = length == 0 ? UINT64_MAX : length,
		.times = times };
	memcpy(fault->on, word->on, sizeof(fault->on));
	behaviour->flush_loses |= word->flush_loses;
	return 0;
}

static int apply(struct behaviour *behaviour, const struct word *word, const uint64_t arguments[3])
{
	switch (word->effect) {
	case EFFECT_FAULT:
		return add_fault(behaviour, word, -1, arguments[0], arguments[1]);
	case EFFECT_COUNTED_FAULT:
		return add_fault(
			behaviour, word, (int64_t)arguments[0], arguments[1], arguments[2]);
	case EFFECT_WHOLE_FAULT:
		return add_fault(behaviour, word, -1, 0, 0);
	case EFFECT_HONEST:
		behaviour_honest(behaviour);
		return 0;
	case EFFECT_DELAY:
		behaviour->delay_us = arguments[0];
		behaviour->delay_us_per_mib = arguments[1];
		return 0;
	case EFFECT_DIES:
		behaviour->answers_left = (int64_t)arguments[0];
		return 0;
	case EFFECT_REQUEST:
		if (word->request == REQUEST_RELEASE)
			forget_kind(behaviour, FAULT_HANGS);
		return 0;
	case EFFECT_SIZE:
		return 0;
	}
	return -EINVAL;
}

int behaviour_obey(struct behaviour *behaviour, const char *line, enum request *ret_request,
	uint64_t *ret_size_bytes)
{
	char name[32] = "", behind[2] = "";
	uint64_t arguments[3] = { 0 };
	int found = sscanf(line, "%31s %" SCNu64 " %" SCNu64 " %" SCNu64 " %1s", name,
		&arguments[0], &arguments[1], &arguments[2], behind);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		if (found != (int)words[i].arguments + 1)
			return -EINVAL;
		*ret_request = words[i].request;
		*ret_size_bytes = arguments[0];
		return apply(behaviour, &words[i], arguments);
	}
	return -EINVAL;
}

static bool touches(const struct fault *fault, uint64_t offset, uint64_t length)
{
	uint64_t end = fault->length_bytes == UINT64_MAX
			       ? UINT64_MAX
			       : fault->offset_bytes + fault->length_bytes;
	return offset < end && offset + length > fault->offset_bytes;
}

const struct fault *behaviour_find(const struct behaviour *behaviour, enum fault_kind kind,
	enum operation operation, uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < behaviour->fault_count; i++) {
		const struct fault *fault = &behaviour->faults[i];
		if (fault->kind != kind || !fault->on[operation] || fault->times == 0)
			continue;
		if (operation == OPERATION_FLUSH || touches(fault, offset, length))
			return fault;
	}
	return NULL;
}

bool behaviour_strikes(struct behaviour *behaviour, enum fault_kind kind, enum operation operation,
	uint64_t offset, uint64_t length)
{
	const struct fault *found = behaviour_find(behaviour, kind, operation, offset, length);
	if (!found)
		return false;
	struct fault *fault = &behaviour->faults[found - behaviour->faults];
	if (fault->times > 0)
		fault->times--;
	return true;
}

bool behaviour_is_dead(struct behaviour *behaviour)
{
	if (behaviour->answers_left < 0)
		return false;
	if (behaviour->answers_left == 0)
		return true;
	behaviour->answers_left--;
	return false;
}
