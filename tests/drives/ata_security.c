/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA: the password, SECURITY ERASE UNIT (ACS-4 7.38 to 7.44), and what survives that the power is
 * off. */
#include "ata_parts.h"
#include "wire.h"

#include <string.h>

/* ---- what a host has changed for good ---- */

#define KEPT_PASSWORD 1
#define KEPT_CAPACITY 2

/* In model.kept: what there is of it, the password, native and current sectors. */
void ata_keep(const struct ata_model *ata, struct model *model)
{
	uint8_t *kept = model->kept;
	bool has_own_password = ata->has_password && !model->conduct->locked;
	memset(kept, 0, sizeof(model->kept));
	kept[0] = (uint8_t)(KEPT_CAPACITY | (has_own_password ? KEPT_PASSWORD : 0));
	if (has_own_password)
		memcpy(kept + 1, ata->password, ATA_PASSWORD_BYTES);
	put_le(kept + 40, ata->native_sectors, 8);
	put_le(kept + 48, ata->current_sectors, 8);
	model_keep(model);
}

static void recall_password(struct ata_model *ata, const struct model *model)
{
	if (!(model->kept[0] & KEPT_PASSWORD))
		return;
	memcpy(ata->password, model->kept + 1, ATA_PASSWORD_BYTES);
	ata->has_password = true;
}

static void start(struct ata_model *ata, const struct model *model)
{
	*ata = (struct ata_model){ 0 };
	ata_capacity_start(ata, model);
	if (model->conduct->locked) {
		memset(ata->password, '?', sizeof(ata->password));
		ata->has_password = true;
	}
	ata->security_frozen = ata->sanitize_frozen = model->conduct->frozen;
	recall_password(ata, model);
}

void ata_model_start(struct ata_model *ret, struct model *model)
{
	start(ret, model);
	if (model->kept[0] & KEPT_CAPACITY) {
		ret->native_sectors = get_le(model->kept + 40, 8);
		ret->current_sectors = get_le(model->kept + 48, 8);
	}
	if (ret->has_password)
		model->locked = true;
	if (model->kind == ERASE_SECURITY && model->state == ERASE_RUNNING)
		model->state = ERASE_FAILED; /* it does not go on by itself, */
	if (model->kind == ERASE_SECURITY)
		model_forgive(model); /* nor does it close the medium */
}

void ata_model_told(struct ata_model *ata, struct model *model)
{
	start(ata, model);
	model->kept[0] &= (uint8_t)~KEPT_CAPACITY;
}

/* ---- commands ---- */

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
	ata_keep(turn->ata, turn->model);
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
		!is_password(turn)) {
		ata_turn_abort(turn);
		return;
	}
	turn->ata->has_password = false;
	ata_keep(turn->ata, turn->model);
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
	static const uint8_t zeros[MODEL_SECTOR_BYTES];
	struct model *model = turn->model;
	if (turn->ata->security_frozen || !turn->was_prepared || !turn->ata->has_password ||
		!is_password(turn) ||
		model_erase(model, ERASE_SECURITY, model->is_magnetic ? zeros : NULL,
			turn->now_ms) != START_ACCEPTED) {
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
	turn->ata->erase_answered_late = true;
}
