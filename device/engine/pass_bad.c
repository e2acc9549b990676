/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bad ranges of a pass: kept ascending and joined, so that a whole dead megabyte is one line. */
#include "device/engine/pass.h"

#include <errno.h>
#include <string.h>

static uint64_t end_of(const struct bad_range *bad)
{
	return bad->range.offset_bytes + bad->range.length_bytes;
}

static bool joins(const struct bad_range *first, const struct bad_range *second)
{
	return first->kind == second->kind && first->errnum == second->errnum &&
	       end_of(first) == second->range.offset_bytes;
}

static int grow(struct pass *pass)
{
	if (pass->bad_count < pass->bad_capacity)
		return 0;
	size_t capacity = pass->bad_capacity ? 2 * pass->bad_capacity : 16;
	struct bad_range *bad = realloc(pass->bad, capacity * sizeof(*bad));
	if (!bad)
		return -ENOMEM;
	pass->bad = bad;
	pass->bad_capacity = capacity;
	return 0;
}

static void remove_at(struct pass *pass, size_t index)
{
	pass->bad_count--;
	memmove(&pass->bad[index], &pass->bad[index + 1],
		(pass->bad_count - index) * sizeof(*pass->bad));
}

static int insert(struct pass *pass, const struct bad_range *bad)
{
	size_t index = pass->bad_count; /* mostly the place is at, or near, the end */
	while (index > 0 && pass->bad[index - 1].range.offset_bytes > bad->range.offset_bytes)
		index--;
	bool joins_next = index < pass->bad_count && joins(bad, &pass->bad[index]);
	if (index > 0 && joins(&pass->bad[index - 1], bad)) {
		pass->bad[index - 1].range.length_bytes += bad->range.length_bytes;
		if (joins_next) {
			pass->bad[index - 1].range.length_bytes +=
				pass->bad[index].range.length_bytes;
			remove_at(pass, index);
		}
		return 0;
	}
	if (joins_next) {
		pass->bad[index].range.offset_bytes = bad->range.offset_bytes;
		pass->bad[index].range.length_bytes += bad->range.length_bytes;
		return 0;
	}
	if (pass->bad_count == PASS_BAD_RANGES_MAX)
		return -EOVERFLOW;
	int result = grow(pass);
	if (result < 0)
		return result;
	memmove(&pass->bad[index + 1], &pass->bad[index],
		(pass->bad_count - index) * sizeof(*pass->bad));
	pass->bad[index] = *bad;
	pass->bad_count++;
	return 0;
}

int pass_add_bad(struct pass *pass, const struct bad_range *bad)
{
	pthread_mutex_lock(&pass->lock);
	int result = insert(pass, bad);
	pthread_mutex_unlock(&pass->lock);
	return result;
}

int pass_bad_ranges(struct pass *pass, struct bad_range **ret, size_t *ret_count)
{
	pthread_mutex_lock(&pass->lock);
	size_t count = pass->bad_count;
	struct bad_range *bad = malloc(MAX(count, (size_t)1) * sizeof(*bad));
	if (bad && count > 0)
		memcpy(bad, pass->bad, count * sizeof(*bad));
	pthread_mutex_unlock(&pass->lock);
	if (!bad)
		return -ENOMEM;
	*ret = bad;
	*ret_count = count;
	return 0;
}
