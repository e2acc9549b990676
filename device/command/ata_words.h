/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 512 bytes by which an ATA drive tells of itself, word by word. */
#ifndef HAIKI_DEVICE_COMMAND_ATA_WORDS_H
#define HAIKI_DEVICE_COMMAND_ATA_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t ata_word(const uint8_t *data, size_t index)
{
	return (uint16_t)(data[2 * index] | data[2 * index + 1] << 8);
}

static inline uint32_t ata_words_32(const uint8_t *data, size_t first)
{
	return ata_word(data, first) | (uint32_t)ata_word(data, first + 1) << 16;
}

static inline uint64_t ata_words_64(const uint8_t *data, size_t first)
{
	return ata_words_32(data, first) | (uint64_t)ata_words_32(data, first + 2) << 32;
}

/* Many words carry 01b in bits 15:14 to say that they are valid. */
static inline bool ata_word_is_valid(uint16_t value)
{
	return (value & 0xc000) == 0x4000;
}

/* Word 255: A5h, and a byte that makes the sum of all 512 zero. */
static inline bool ata_checksum_is_right(const uint8_t *data)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < 512; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum == 0;
}

#endif
