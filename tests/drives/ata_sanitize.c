/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA: SANITIZE DEVICE (ACS-4 7.36). */
#include "ata_parts.h"
#include "wire.h"

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
	/* CLEAR SANITIZE OPERATION FAILED: granted where the command had FAILURE MODE set */
	if (turn->registers->count & 1 && turn->ata->exit_allowed)
		model_forgive(turn->model);
	if (sanitize_told(turn).state == ERASE_FAILED)
		sanitize_abort(turn, REASON_FAILED);
	else
		sanitize_answer(turn);
	model_erase_polled(turn->model);
}

static void sanitize_begin(struct ata_turn *turn, enum erase_kind kind, const uint8_t *pattern)
{
	switch (turn->ata->sanitize_frozen || turn->model->locked
			? START_FROZEN
			: model_erase(turn->model, kind, pattern, turn->now_ms)) {
	case START_ACCEPTED:
		turn->ata->exit_allowed = turn->registers->count & 0x10;
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
