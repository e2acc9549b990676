/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where facts are kept: texts in large pieces that are freed together, lists that double. */
#include "verify/ledger/facts.h"

#define CHUNK_BYTES (64 * KIB)

struct text_chunk {
	struct text_chunk *older;
	size_t used, size;
	char bytes[];
};

char *facts_room(struct text_pool *pool, size_t length)
{
	struct text_chunk *chunk = pool->newest;
	if (!chunk || chunk->size - chunk->used < length) {
		size_t size = MAX(length, (size_t)CHUNK_BYTES);
		struct text_chunk *grown = malloc(sizeof(*grown) + size);
		if (!grown)
			return NULL;
		*grown = (struct text_chunk){ .older = chunk, .size = size };
		pool->newest = chunk = grown;
	}
	char *room = chunk->bytes + chunk->used;
	chunk->used += length;
	return room;
}

void facts_free_texts(struct text_pool *pool)
{
	while (pool->newest) {
		struct text_chunk *older = pool->newest->older;
		free(pool->newest);
		pool->newest = older;
	}
}

void *facts_grow(void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	size_t larger = *capacity ? 2 * *capacity : 64;
	void *grown = reallocarray(items, larger, size);
	if (grown)
		*capacity = larger;
	return grown;
}
