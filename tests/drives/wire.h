/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as they lie on the wire: big endian in SCSI, little endian in ATA and NVMe. */
#ifndef HAIKI_TESTS_DRIVES_WIRE_H
#define HAIKI_TESTS_DRIVES_WIRE_H

#include <stddef.h>
#include <stdint.h>

static inline void put_be(uint8_t *to, uint64_t value, size_t bytes)
{
	while (bytes-- > 0) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static inline uint64_t get_be(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | from[i];
	return value;
}

static inline void put_le(uint8_t *to, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		to[i] = (uint8_t)value;
		value >>= 8;
	}
}

static inline uint64_t get_le(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;
	while (bytes-- > 0)
		value = value << 8 | from[bytes];
	return value;
}

#endif
