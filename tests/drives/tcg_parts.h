/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the TCG part share. */
#ifndef HAIKI_TESTS_DRIVES_TCG_PARTS_H
#define HAIKI_TESTS_DRIVES_TCG_PARTS_H

#include "model.h"
#include "wire.h"

#define TCG_COM_ID 0x1000
#define TCG_UID_BYTES 8
#define TCG_NO_STATUS 0x100 /* the answer never comes */

/* Core 2.01 5.1.5. */
enum tcg_status {
	TCG_SUCCESS = 0x00,
	TCG_NOT_AUTHORIZED = 0x01,
	TCG_SP_FROZEN = 0x06,
	TCG_NO_SESSIONS = 0x07,
	TCG_INVALID_PARAMETER = 0x0c,
	TCG_MALFUNCTION = 0x0f,
	TCG_LOCKED_OUT = 0x12,
	TCG_FAIL = 0x3f,
};

/* Reads tokens; what is not as it should be makes it bad. */
struct tcg_cursor {
	const uint8_t *at, *end;
	bool bad;
};
bool tcg_token(struct tcg_cursor *cursor, uint8_t token);
uint64_t tcg_number(struct tcg_cursor *cursor);
/* A byte sequence; NULL when it is none. */
const uint8_t *tcg_bytes(struct tcg_cursor *cursor, size_t *ret_length);
const uint8_t *tcg_uid(struct tcg_cursor *cursor);

/* Writes tokens. */
struct tcg_text {
	uint8_t bytes[512];
	size_t used;
};
void tcg_put(struct tcg_text *text, uint8_t token);
void tcg_put_number(struct tcg_text *text, uint32_t number);
void tcg_put_bytes(struct tcg_text *text, const void *bytes, size_t count);

/* tcg_session.c: a ComPacket came. */
void tcg_take_frame(struct model *model, const uint8_t *data, size_t bytes);

/* tcg_methods.c: invoke a method; what it results in goes to results, between the brackets. An enum
 * tcg_status, or TCG_NO_STATUS. */
unsigned tcg_invoke(struct model *model, const uint8_t *object, const uint8_t *method,
	struct tcg_cursor *arguments, struct tcg_text *results);

#endif
