/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data stream of TCG methods (Core 2.01 3.2.2): written for the drive, and read from it with
 * every length checked. */
#ifndef HAIKI_DEVICE_COMMAND_OPAL_TOKENS_H
#define HAIKI_DEVICE_COMMAND_OPAL_TOKENS_H

#include "base/macros.h"
#include <stdbool.h>

enum opal_token {
	TOKEN_START_LIST = 0xf0,
	TOKEN_END_LIST = 0xf1,
	TOKEN_START_NAME = 0xf2,
	TOKEN_END_NAME = 0xf3,
	TOKEN_CALL = 0xf8,
	TOKEN_END_OF_DATA = 0xf9,
	TOKEN_END_OF_SESSION = 0xfa,
	TOKEN_EMPTY = 0xff,
};

/* Whoever writes more than there is room for gets overflow, and nothing behind the room is touched. */
struct opal_writer {
	uint8_t *bytes; /* borrowed */
	size_t size, used;
	bool overflow;
};
void opal_put_token(struct opal_writer *writer, enum opal_token token);
void opal_put_number(struct opal_writer *writer, uint32_t number);
/* At most 2047 bytes. */
void opal_put_bytes(struct opal_writer *writer, const void *bytes, size_t count);

/* What is not as it is asked for makes it bad, and all that is asked afterwards fails. */
struct opal_reader {
	const uint8_t *at, *end; /* borrowed */
	bool bad;
};
/* Is the next one this? Then it is taken. Never makes it bad. */
bool opal_take_token(struct opal_reader *reader, enum opal_token token);
bool opal_take_number(struct opal_reader *reader, uint64_t *ret);
/* A byte sequence of exactly so many bytes. */
bool opal_take_bytes(struct opal_reader *reader, uint8_t *ret, size_t count);
/* Everything up to the next end of data that is not within a list, which is taken too. */
bool opal_skip_to_end_of_data(struct opal_reader *reader);

#endif
