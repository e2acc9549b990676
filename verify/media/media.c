/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a read-back looks (docs/certificate.md, "Sampling"): worked out from the seed alone. */
#include "verify/media/media.h"

#include <errno.h>
#include <string.h>

#define LOCATIONS 2 /* in each subsection; NIST SP 800-88 Rev. 1 4.7 */
#define SHARE 20    /* each location is at least 1/20 of its subsection: 10 % in all */
#define INTEGER_BYTES 8
/* The locations, and first and last sector. */
#define RANGES_MAX (LOCATIONS * MEDIA_SUBSECTIONS + 2)

/* In sectors. */
struct span {
	uint64_t start;
	uint64_t length;
};

static uint64_t read_big_endian(const uint8_t bytes[static INTEGER_BYTES])
{
	uint64_t value = 0;

	for (size_t i = 0; i < INTEGER_BYTES; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* Two places that do not overlap: two draws among the places that the first may have when both
 * stand side by side; the later one is pushed back by one length. (2⁶⁴ mod places is so small
 * against 2⁶⁴ that no place is preferred by more than one part in 2²⁰ on any medium.) */
static void place(struct span subsection, const uint8_t draws[static LOCATIONS * INTEGER_BYTES],
	struct span ret[static LOCATIONS])
{
	uint64_t length = (subsection.length + SHARE - 1) / SHARE;
	uint64_t places = subsection.length - LOCATIONS * length + 1;
	uint64_t a = read_big_endian(draws) % places;
	uint64_t b = read_big_endian(draws + INTEGER_BYTES) % places;

	ret[0] = (struct span){ subsection.start + MIN(a, b), length };
	ret[1] = (struct span){ subsection.start + MAX(a, b) + length, length };
}

/* Add a span that starts no earlier than the ones before; joined when it touches the last. */
static void add(struct span *spans, size_t *count, struct span next)
{
	struct span *last = *count > 0 ? &spans[*count - 1] : NULL;
	uint64_t end = next.start + next.length;

	if (last && next.start <= last->start + last->length)
		last->length = MAX(last->start + last->length, end) - last->start;
	else
		spans[(*count)++] = next;
}

static int draw(const uint8_t seed[static MEDIA_SEED_BYTES], uint8_t *ret, size_t length)
{
	struct pattern pattern = { .kind = STREAM_RANDOM };
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	int r;

	_Static_assert(MEDIA_SEED_BYTES == STREAM_KEY_BYTES, "the seed is a key");
	memcpy(pattern.key, seed, MEDIA_SEED_BYTES);
	r = stream_open(&pattern, &stream, NULL);
	return r < 0 ? r : stream_fill(stream, 0, ret, length);
}

static int sample(uint64_t sectors, const uint8_t seed[static MEDIA_SEED_BYTES], struct span *ret,
	size_t *ret_count)
{
	uint8_t draws[MEDIA_SUBSECTIONS][LOCATIONS * INTEGER_BYTES];
	uint64_t equal = sectors / MEDIA_SUBSECTIONS;
	size_t count = 0;
	int r = draw(seed, &draws[0][0], sizeof(draws));

	if (r < 0)
		return r;
	add(ret, &count, (struct span){ 0, 1 });
	for (size_t i = 0; i < MEDIA_SUBSECTIONS; i++) {
		struct span subsection = { i * equal, equal };
		struct span places[LOCATIONS];

		if (i == MEDIA_SUBSECTIONS - 1)
			subsection.length = sectors - subsection.start;
		place(subsection, draws[i], places);
		for (size_t k = 0; k < LOCATIONS; k++)
			add(ret, &count, places[k]);
	}
	add(ret, &count, (struct span){ sectors - 1, 1 });
	*ret_count = count;
	return 0;
}

int media_ranges(enum verification kind, uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], struct byte_range **ret, size_t *ret_count)
{
	struct span spans[RANGES_MAX];
	struct byte_range *ranges;
	uint64_t sectors;
	size_t count = 1;

	if (kind != VERIFICATION_SAMPLE && kind != VERIFICATION_FULL)
		return -EINVAL;
	if (sector_bytes == 0 || capacity_bytes == 0 || capacity_bytes % sector_bytes != 0)
		return -EINVAL;
	sectors = capacity_bytes / sector_bytes;
	spans[0] = (struct span){ 0, sectors };
	if (kind == VERIFICATION_SAMPLE && sectors >= LOCATIONS * MEDIA_SUBSECTIONS) {
		int r = sample(sectors, seed, spans, &count);

		if (r < 0)
			return r;
	}
	ranges = calloc(count, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		ranges[i] = (struct byte_range){ spans[i].start * sector_bytes,
			spans[i].length * sector_bytes };
	*ret = ranges;
	*ret_count = count;
	return 0;
}
