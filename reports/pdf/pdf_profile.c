/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A profile of sRGB in the least that ICC.1:2001-04 asks for, so that a black is the same black in ten years (PDF/A,
 * ISO 19005-3 6.2.3). One curve of 2.2 stands for sRGB's own: there is only black, white and grey. */
#include "reports/pdf/pdf_parts.h"

#include <errno.h>
#include <string.h>

#define HEADER_BYTES 128
#define TAG_BYTES 12

/* Four letters, without NUL. */
static void put_word(uint8_t *at, const char *word)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)word[i];
}

static void put_32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static const uint8_t description[] = "desc\0\0\0\0\0\0\0\5sRGB";
#define DESCRIPTION_BYTES (12 + 5 + 4 + 4 + 2 + 1 + 67 + 1) /* without other languages; padded */
static const uint8_t copyright[] = "text\0\0\0\0No copyright, use freely";
static const uint8_t curve[] = { 'c', 'u', 'r', 'v', 0, 0, 0, 0, 0, 0, 0, 1, 0x02, 0x33, 0, 0 };

/* s15Fixed16 of white (D65), and of the primaries adapted to D50. */
static const uint32_t points[][3] = {
	{ 0xF351, 0x10000, 0x116CC },
	{ 0x6FA2, 0x38F5, 0x0390 },
	{ 0x6299, 0xB785, 0x18DA },
	{ 0x24A0, 0x0F84, 0xB6CF },
};

#define CURVE 6 /* data of this index serves three tags */
static const struct {
	char name[5];
	unsigned data;
} tags[] = { { "desc", 0 }, { "cprt", 1 }, { "wtpt", 2 }, { "rXYZ", 3 }, { "gXYZ", 4 },
	{ "bXYZ", 5 }, { "rTRC", CURVE }, { "gTRC", CURVE }, { "bTRC", CURVE } };
#define DATA_COUNT 7
#define PROFILE_MAX 1024

/* Write one tag's data. Returns its length, a multiple of four. */
static size_t put_data(unsigned index, uint8_t *at)
{
	if (index == 0) {
		memcpy(at, description, sizeof(description));
		return DESCRIPTION_BYTES;
	}
	if (index == 1) {
		memcpy(at, copyright, sizeof(copyright));
		return (sizeof(copyright) + 3) / 4 * 4;
	}
	if (index == CURVE) {
		memcpy(at, curve, sizeof(curve));
		return sizeof(curve);
	}
	put_word(at, "XYZ ");
	for (int i = 0; i < 3; i++)
		put_32(at + 8 + 4 * i, points[index - 2][i]);
	return 20;
}

static void put_header(uint8_t *at, size_t length)
{
	put_32(at, (uint32_t)length);
	put_32(at + 8, 0x02100000); /* version 2.1 */
	put_word(at + 12, "mntr");
	put_word(at + 16, "RGB ");
	put_word(at + 20, "XYZ ");
	at[24] = 0x07, at[25] = 0xEA; /* 2026-01-01 */
	at[27] = 1, at[29] = 1;
	put_word(at + 36, "acsp");
	put_32(at + 68, 0xF6D6); /* D50 */
	put_32(at + 72, 0x10000);
	put_32(at + 76, 0xD32D);
}

int pdf_profile(struct buffer *ret)
{
	uint8_t bytes[PROFILE_MAX] = { 0 };
	uint32_t offsets[DATA_COUNT], lengths[DATA_COUNT];
	size_t at = HEADER_BYTES + 4 + TAG_BYTES * ARRAY_SIZE(tags);
	for (unsigned i = 0; i < DATA_COUNT; i++) {
		offsets[i] = (uint32_t)at;
		lengths[i] = (uint32_t)put_data(i, bytes + at);
		at += lengths[i];
	}
	put_header(bytes, at);
	put_32(bytes + HEADER_BYTES, ARRAY_SIZE(tags));
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		uint8_t *tag = bytes + HEADER_BYTES + 4 + TAG_BYTES * i;
		put_word(tag, tags[i].name);
		put_32(tag + 4, offsets[tags[i].data]);
		put_32(tag + 8, lengths[tags[i].data]);
	}
	return buffer_append(ret, bytes, at);
}
