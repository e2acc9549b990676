/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as they stand in superblocks: of either byte order, at any alignment. The caller has made
 * sure that the bytes are there. */
#ifndef HAIKI_DEVICE_PROBE_BYTES_H
#define HAIKI_DEVICE_PROBE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define DEFINE_BYTES_AT(type, order, bits)                                                         \
	static inline type order##bits##_at(const uint8_t *bytes)                                  \
	{                                                                                          \
		type value;                                                                        \
		memcpy(&value, bytes, sizeof(value));                                              \
		return order##bits##toh(value);                                                    \
	}                                                                                          \
	struct order##bits##_at_needs_semicolon

DEFINE_BYTES_AT(uint16_t, le, 16);
DEFINE_BYTES_AT(uint32_t, le, 32);
DEFINE_BYTES_AT(uint64_t, le, 64);
DEFINE_BYTES_AT(uint16_t, be, 16);
DEFINE_BYTES_AT(uint32_t, be, 32);
DEFINE_BYTES_AT(uint64_t, be, 64);

#endif
