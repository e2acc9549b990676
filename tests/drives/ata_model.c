/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA: hidden capacity, passwords, SANITIZE DEVICE. Numbers are those of ACS-4; of ACS-2 for HPA and
 * DCO. Who looks for IDENTIFY DEVICE and SMART finds them in ata_identify.c. */
#include "ata_parts.h"
#include "wire.h"

#include <string.h>

/* SANITIZE DEVICE: what must stand in the address so that no stray command erases. */
#define KEY_CRYPTO 0x43727970 /* "Cryp" */
#define KEY_BLOCK 0x426b4572  /* "BkEr" */
#define KEY_OVERWRITE 0x4f57  /* "OW", in bits 47:32 */
#define KEY_FREEZE 0x46724c6b /* "FrLk" */
#define KEY_ANTIFREEZE 0x416e7469

#define COUNT_COMPLETED 0x8000
#define COUNT_IN_PROGRESS 0x4000
#define COUNT_FROZEN 0x2000
#define COUNT_ANTIFREEZE 0x1000

enum sanitize_reason { REASON_NONE, REASON_FAILED, REASON_UNSUPPORTED, REASON_FROZEN };

void ata_model_start(struct ata_model *ret, const struct model *model)
{
	uint64_t all = model->sectors;
	struct ata_model ata = { .factory_sectors = all,
		.native_sectors = all,
		.current_sectors = all,
		.has_hpa = true,
		.has_dco = true };
	switch (model->conduct->hidden) {
	case HIDDEN_NONE:
		break;
	case HIDDEN_HPA:
		ata.current_sectors = all - all / 4;
		break;
	case HIDDEN_HPA_OVER_DCO:
		ata.native_sectors = all - all / 4;
		ata.current_sectors = all - all / 2;
		break;
	case HIDDEN_AMAC:
		ata.has_hpa = ata.has_dco = false;
		ata.has_amac = true;
		ata.current_sectors = all - all / 4;
		break;
	}
	if (model->conduct->locked) {
		memset(ata.password, '?', sizeof(ata.password));
		ata.has_password = true;
	}
	ata.security_frozen = ata.sanitize_frozen = model->conduct->frozen;
	*ret = ata;
}

/* ---- hidden capacity ---- */

static void give_highest(struct ata_turn *turn, uint64_t sectors)
{
	turn->registers->lba = sectors - 1;
	if (!turn->registers->extended)
		turn->registers->device = (uint8_t)(0x40 | ((sectors - 1) >> 24 & 0x0f));
}

/* READ NATIVE MAX ADDRESS (EXT): F8h, 27h */
void ata_turn_read_native_max_address(struct ata_turn *turn)
{
	if (turn->ata->has_hpa)
		give_highest(turn, turn->ata->native_sectors);
	else
		ata_turn_abort(turn);
}

/* SET MAX ADDRESS (EXT): F9h, 37h. The subcommands about its own password are not offered. */
void ata_turn_set_max_address(struct ata_turn *turn)
{
	uint64_t highest = turn->registers->lba;
	if (!turn->registers->extended)
		highest |= (uint64_t)(turn->registers->device & 0x0f) << 24;
	if (!turn->ata->has_hpa || turn->registers->feature != 0 ||
		highest >= turn->ata->native_sectors)
		ata_turn_abort(turn);
	else
		turn->ata->current_sectors = highest + 1;
}

/* DEVICE CONFIGURATION IDENTIFY (C2h): the highest address of the factory in words 3 to 6. */
static void configuration_identify(struct ata_turn *turn)
{
	uint8_t *data = turn->call->data;
	memset(data, 0, 512);
	put_le(data, 2, 2);
	put_le(data + 2 * 1, 0x0007, 2);
	put_le(data + 2 * 2, 0x007f, 2);
	put_le(data + 2 * 3, turn->ata->factory_sectors - 1, 8);
	put_le(data + 2 * 7, 0x0481, 2); /* HPA, security, SMART may be taken away */
	ata_turn_seal(data);
	turn->call->gives_data = true;
}

/* DEVICE CONFIGURATION (B1h): RESTORE is refused while a protected area is set (ACS-2 7.10.3). */
void ata_turn_device_configuration(struct ata_turn *turn)
{
	struct ata_model *ata = turn->ata;
	bool has_area = ata->current_sectors < ata->native_sectors;
	switch (ata->has_dco ? turn->registers->feature & 0xff : 0) {
	case 0xc0:
		if (has_area)
			ata_turn_abort(turn);
		else
			ata->native_sectors = ata->current_sectors = ata->factory_sectors;
		return;
	case 0xc2:
		configuration_identify(turn);
		return;
	default:
		ata_turn_abort(turn);
		return;
	}
}

/* Accessible Max Address Configuration (78h): get native, set. */
void ata_turn_accessible_max_address(struct ata_turn *turn)
{
	struct ata_model *ata = turn->ata;
	if (ata->has_amac && turn->registers->feature == 0x0000)
		give_highest(turn, ata->factory_sectors);
	else if (ata->has_amac && turn->registers->feature == 0x0001 &&
		 turn->registers->lba < ata->factory_sectors)
		ata->current_sectors = turn->registers->lba + 1;
	else
		ata_turn_abort(turn);
}

/* ---- passwords ---- */

/* Word 0 of the data says whose password it is (bit 0: the master's); there is only a user's. */
static bool is_password(const struct ata_turn *turn)
{
	return !(turn->call->data[0] & 1) &&
	       memcmp(turn->call->data + 2, turn->ata->password, ATA_PASSWORD_BYTES) == 0;
}

void ata_turn_security_set_password(struct ata_turn *turn)
{
	if (turn->ata->security_frozen || turn->model->locked || turn->call->data[0] & 1) {
		ata_turn_abort(turn);
		return;
	}
	memcpy(turn->ata->password, turn->call->data + 2, ATA_PASSWORD_BYTES);
	turn->ata->has_password = true;
}

void ata_turn_security_unlock(struct ata_turn *turn)
{
	if (turn->ata->security_frozen || !turn->ata->has_password || !is_password(turn))
		ata_turn_abort(turn);
	else
		turn->model->locked = false;
}

void ata_turn_security_disable(struct ata_turn *turn)
{
	if (turn->ata->security_frozen || turn->model->locked || !turn->ata->has_password ||
		!is_password(turn))
		ata_turn_abort(turn);
	else
		turn->ata->has_password = false;
}

void ata_turn_security_freeze(struct ata_turn *turn)
{
	if (turn->model->locked)
		ata_turn_abort(turn);
	else
		turn->ata->security_frozen = true;
}

void ata_turn_security_erase_prepare(struct ata_turn *turn)
{
	if (turn->ata->security_frozen)
		ata_turn_abort(turn);
	else
		turn->ata->erase_prepared = true;
}

/* Answered when the erase has ended. Its success takes the password away (ACS-4 7.39). */
void ata_turn_security_erase(struct ata_turn *turn)
{
	struct model *model = turn->model;
	if (turn->ata->security_frozen || !turn->was_prepared || !turn->ata->has_password ||
		!is_password(turn) ||
		model_erase(model, ERASE_SECURITY, NULL, turn->now_ms) != START_ACCEPTED) {
		ata_turn_abort(turn);
		return;
	}
	uint32_t left_ms = model_erase_left_ms(model, turn->now_ms);
	turn->call->hangs = left_ms == UINT32_MAX;
	turn->call->delay_ms = left_ms;
	if (turn->call->hangs)
		return;
	(void)model_erase_told(model, turn->now_ms + left_ms);
	if (model->state == ERASE_FAILED) {
		ata_turn_abort(turn);
		model_forgive(model);
		return;
	}
	turn->ata->has_password = turn->model->locked = false;
}

/* ---- SANITIZE DEVICE (B4h) ---- */

/* What belongs to another erase is none of sanitize's. */
static struct erase_told sanitize_told(struct ata_turn *turn)
{
	struct erase_told told = model_erase_told(turn->model, turn->now_ms);
	if (told.kind == ERASE_SECURITY || told.kind == ERASE_FORMAT)
		told.state = ERASE_NEVER;
	return told;
}

/* An aborted sanitize command says why in the lowest byte of the address (ACS-4 7.36). */
static void sanitize_abort(struct ata_turn *turn, enum sanitize_reason reason)
{
	ata_turn_abort(turn);
	turn->registers->lba = (uint64_t)reason;
}

static void sanitize_answer(struct ata_turn *turn)
{
	struct erase_told told = sanitize_told(turn);
	uint16_t count = turn->ata->sanitize_frozen ? COUNT_FROZEN : 0;
	if (turn->ata->antifreeze)
		count |= COUNT_ANTIFREEZE;
	if (told.state == ERASE_DONE)
		count |= COUNT_COMPLETED;
	if (told.state == ERASE_RUNNING)
		count |= COUNT_IN_PROGRESS;
	turn->registers->count = count;
	turn->registers->lba = told.state == ERASE_RUNNING ? told.progress : 0xffff;
}

static void sanitize_status(struct ata_turn *turn)
{
	if (turn->registers->count & 1) /* CLEAR SANITIZE OPERATION FAILED */
		model_forgive(turn->model);
	if (sanitize_told(turn).state == ERASE_FAILED)
		sanitize_abort(turn, REASON_FAILED);
	else
		sanitize_answer(turn);
}

static void sanitize_begin(struct ata_turn *turn, enum erase_kind kind, const uint8_t *pattern)
{
	switch (turn->ata->sanitize_frozen || turn->model->locked
			? START_FROZEN
			: model_erase(turn->model, kind, pattern, turn->now_ms)) {
	case START_ACCEPTED:
		sanitize_answer(turn);
		return;
	case START_FROZEN:
		sanitize_abort(turn, REASON_FROZEN);
		return;
	case START_REFUSED:
	case START_RUNNING:
		sanitize_abort(turn, REASON_NONE);
		return;
	}
}

static void sanitize_overwrite(struct ata_turn *turn)
{
	uint8_t pattern[MODEL_SECTOR_BYTES];
	for (size_t at = 0; at < sizeof(pattern); at += 4)
		put_le(pattern + at, turn->registers->lba & 0xffffffff, 4);
	sanitize_begin(turn, ERASE_OVERWRITE, pattern);
}

void ata_turn_sanitize(struct ata_turn *turn)
{
	uint64_t key = turn->registers->lba;
	struct ata_model *ata = turn->ata;
	switch (turn->registers->feature) {
	case 0x0000:
		sanitize_status(turn);
		return;
	case 0x0011:
		if (key == KEY_CRYPTO) {
			sanitize_begin(turn, ERASE_CRYPTO, NULL);
			return;
		}
		break;
	case 0x0012:
		if (key == KEY_BLOCK) {
			sanitize_begin(turn, ERASE_BLOCK, NULL);
			return;
		}
		break;
	case 0x0014:
		if (key >> 32 == KEY_OVERWRITE) {
			sanitize_overwrite(turn);
			return;
		}
		break;
	case 0x0020:
		if (key == KEY_FREEZE && !ata->antifreeze) {
			ata->sanitize_frozen = true;
			sanitize_answer(turn);
			return;
		}
		break;
	case 0x0040:
		if (key == KEY_ANTIFREEZE && !ata->sanitize_frozen) {
			ata->antifreeze = true;
			sanitize_answer(turn);
			return;
		}
		break;
	default:
		break;
	}
	sanitize_abort(turn, REASON_UNSUPPORTED);
}
