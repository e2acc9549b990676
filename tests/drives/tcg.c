/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security protocols 00h (information) and 01h: level 0 discovery (Core 2.01 3.3.6) at ComID 0001h,
 * sessions at ComID 1000h. */
#include "tcg_parts.h"

#include <stdio.h>
#include <string.h>

/* ---- discovery ---- */

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

static uint8_t *put_locking(const struct model *model, uint8_t *at)
{
	uint8_t locking[12] = { 0x01 }; /* supported */
	if (model->tcg.kind != TCG_PYRITE)
		locking[0] |= 0x08; /* the medium is encrypted */
	if (model->locked || model->tcg.active)
		locking[0] |= 0x02; /* enabled */
	if (model->locked)
		locking[0] |= 0x04;
	return put_feature(at, 0x0002, 1, locking, sizeof(locking));
}

static uint8_t *put_kind(const struct model *model, uint8_t *at)
{
	uint8_t body[16] = { 0x10, 0x00, 0x00, 0x01 }; /* ComID 1000h, one of them */
	switch (model->tcg.kind) {
	case TCG_OPAL:
		put_be(body + 5, 4, 2); /* locking SP admins */
		put_be(body + 7, 9, 2); /* … users */
		return put_feature(at, 0x0203, 2, body, sizeof(body));
	case TCG_PYRITE:
		return put_feature(at, 0x0303, 1, body, sizeof(body));
	case TCG_ENTERPRISE:
		return put_feature(at, 0x0100, 1, body, sizeof(body));
	case TCG_ABSENT:
		break;
	}
	return at;
}

static void put_discovery(const struct model *model, uint8_t *ret)
{
	const uint8_t tper[12] = { 0x11 };            /* synchronous protocol, streaming */
	const uint8_t geometry[28] = { [11] = 2, 0 }; /* 512-byte logical blocks */
	uint8_t block_sid[12] = { 0 };
	block_sid[0] =
		(uint8_t)((model->tcg.owner[0] || model->locked) | model->tcg.sid_blocked << 1);
	uint8_t *at = ret + 48;
	at = put_feature(at, 0x0001, 1, tper, sizeof(tper));
	at = put_locking(model, at);
	at = put_feature(at, 0x0003, 1, geometry, sizeof(geometry));
	at = put_kind(model, at);
	at = put_feature(at, 0x0402, 1, block_sid, sizeof(block_sid));
	put_be(ret, (uint64_t)(at - ret) - 4, 4);
	put_be(ret + 4, 1, 4);
}

/* ---- protocols ---- */

/* Nothing to fetch: an empty ComPacket. One byte outstanding means: come again. */
static void put_empty(bool later, uint8_t *ret)
{
	put_be(ret + 4, TCG_COM_ID, 2);
	put_be(ret + 8, later, 4);
}

bool tcg_receive(struct model *model, uint8_t protocol, uint16_t specific,
	uint8_t ret[static TCG_FRAME_BYTES])
{
	struct tcg *tcg = &model->tcg;
	memset(ret, 0, TCG_FRAME_BYTES);
	if (protocol == 0 && specific == 0) {
		put_protocols(ret);
	} else if (protocol != 1 || tcg->kind == TCG_ABSENT) {
		return false;
	} else if (specific == 1) {
		put_discovery(model, ret);
	} else if (specific == TCG_COM_ID) {
		if (tcg->answers)
			memcpy(ret, tcg->answer, TCG_FRAME_BYTES);
		else
			put_empty(tcg->silent, ret);
		tcg->answers = false;
	}
	return true;
}

bool tcg_send(
	struct model *model, uint8_t protocol, uint16_t specific, const uint8_t *data, size_t bytes)
{
	if (protocol != 1 || model->tcg.kind == TCG_ABSENT)
		return false;
	if (specific == TCG_COM_ID && model->tcg.kind != TCG_ENTERPRISE)
		tcg_take_frame(model, data, bytes);
	return true;
}

/* ---- words ---- */

bool tcg_obey(struct model *model, const char *line)
{
	struct tcg *tcg = &model->tcg;
	char owner[sizeof(tcg->owner)], behind[2];
	unsigned sectors;
	if (strcmp(line, "opal") == 0) {
		*tcg = (struct tcg){ .kind = TCG_OPAL };
	} else if (strcmp(line, "pyrite") == 0) {
		*tcg = (struct tcg){ .kind = TCG_PYRITE };
	} else if (strcmp(line, "enterprise") == 0) {
		*tcg = (struct tcg){ .kind = TCG_ENTERPRISE };
	} else if (strcmp(line, "no-tcg") == 0) {
		*tcg = (struct tcg){ .kind = TCG_ABSENT };
	} else if (strcmp(line, "block-sid") == 0) {
		tcg->sid_blocked = true;
	} else if (strcmp(line, "lock") == 0) {
		model->locked = true;
	} else if (sscanf(line, "range %u %1s", &sectors, behind) == 1 &&
		   sectors <= model->sectors) {
		tcg->range_sectors = sectors;
	} else if (sscanf(line, "owner %63s %1s", owner, behind) == 1) {
		memcpy(tcg->owner, owner, sizeof(owner));
		tcg->active = true;
	} else {
		return false;
	}
	return true;
}

void tcg_print_words(void)
{
	printf("  %-16s %s\n", "opal", "a new TCG Opal drive");
	printf("  %-16s %s\n", "pyrite", "a new TCG Pyrite drive, which does not encrypt");
	printf("  %-16s %s\n", "enterprise", "a TCG Enterprise drive");
	printf("  %-16s %s\n", "no-tcg", "no security protocol of TCG's");
	printf("  %-16s %s\n", "block-sid", "the owner's credential is not listened to");
	printf("  %-16s %s\n", "lock", "the medium is locked, as after a power cycle");
	printf("  %-16s %s\n", "owner", "PASSWORD: somebody has taken ownership by it");
	printf("  %-16s %s\n", "range",
		"SECTORS: so many, the last, are a locking range of their own");
}
