/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security protocols 00h (information) and 01h ComID 0001h (TCG Storage Architecture Core
 * Specification 3.3.6, level 0 discovery). Sessions are not spoken. */
#include "tcg.h"
#include "wire.h"

#include <string.h>

/* SPC-5 7.6.1: the list of protocols. */
static void put_protocols(uint8_t *ret)
{
	put_be(ret + 6, 2, 2);
	ret[8] = 0x00;
	ret[9] = 0x01;
}

/* A feature descriptor; returns where the next one goes. */
static uint8_t *put_feature(
	uint8_t *at, uint16_t code, uint8_t version, const uint8_t *body, uint8_t length)
{
	put_be(at, code, 2);
	at[2] = (uint8_t)(version << 4);
	at[3] = length;
	memcpy(at + 4, body, length);
	return at + 4 + length;
}

static void put_discovery(bool locked, uint8_t *ret)
{
	const uint8_t tper[12] = { 0x11 };             /* synchronous protocol, streaming */
	uint8_t locking[12] = { 0x09 };                /* supported; the medium is encrypted */
	const uint8_t geometry[28] = { [11] = 2, 0 };  /* 512-byte logical blocks */
	uint8_t opal[16] = { 0x10, 0x00, 0x00, 0x01 }; /* ComID 1000h, one of them */
	put_be(opal + 5, 4, 2);                        /* locking SP admins */
	put_be(opal + 7, 9, 2);                        /* … users */
	if (locked)
		locking[0] |= 0x02 | 0x04; /* enabled; locked */
	uint8_t *at = ret + 48;
	at = put_feature(at, 0x0001, 1, tper, sizeof(tper));
	at = put_feature(at, 0x0002, 1, locking, sizeof(locking));
	at = put_feature(at, 0x0003, 1, geometry, sizeof(geometry));
	at = put_feature(at, 0x0203, 2, opal, sizeof(opal));
	put_be(ret, (uint64_t)(at - ret) - 4, 4);
	put_be(ret + 4, 1, 4);
}

bool tcg_answer(
	uint8_t protocol, uint16_t specific, bool locked, uint8_t ret[static TCG_ANSWER_BYTES])
{
	memset(ret, 0, TCG_ANSWER_BYTES);
	if (protocol == 0 && specific == 0)
		put_protocols(ret);
	else if (protocol == 1 && specific == 1)
		put_discovery(locked, ret);
	else if (protocol != 1)
		return false;
	return true;
}
