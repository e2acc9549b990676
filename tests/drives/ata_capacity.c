/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA: hidden capacity, HPA and DCO by ACS-2, AMAC by ACS-4. */
#include "ata_parts.h"
#include "wire.h"

#include <string.h>

void ata_capacity_start(struct ata_model *ata, const struct model *model)
{
	uint64_t all = model->sectors;
	ata->factory_sectors = ata->native_sectors = ata->current_sectors = all;
	ata->has_hpa = ata->has_dco = true;
	ata->has_amac = false;
	switch (model->conduct->hidden) {
	case HIDDEN_NONE:
		break;
	case HIDDEN_HPA:
		ata->current_sectors = all - all / 4;
		break;
	case HIDDEN_HPA_OVER_DCO:
		ata->native_sectors = all - all / 4;
		ata->current_sectors = all - all / 2;
		break;
	case HIDDEN_AMAC:
		ata->has_hpa = ata->has_dco = false;
		ata->has_amac = true;
		ata->current_sectors = all - all / 4;
		break;
	}
}

static void give_highest(struct ata_turn *turn, uint64_t sectors)
{
	turn->registers->lba = sectors - 1;
	if (!turn->registers->extended)
		turn->registers->device = (uint8_t)(0x40 | ((sectors - 1) >> 24 & 0x0f));
}

/* READ NATIVE MAX ADDRESS (EXT): F8h, 27h */
void ata_turn_read_native_max_address(struct ata_turn *turn)
{
	if (!turn->ata->has_hpa) {
		ata_turn_abort(turn);
		return;
	}
	give_highest(turn, turn->ata->native_sectors);
	turn->ata->native_max_read = true;
}

/* SET MAX ADDRESS (EXT): F9h, 37h, only right behind READ NATIVE MAX ADDRESS. By COUNT bit 0 (V_V) it is
 * for good. The subcommands about its own password are not offered. */
void ata_turn_set_max_address(struct ata_turn *turn)
{
	struct ata_model *ata = turn->ata;
	uint64_t highest = turn->registers->lba;
	bool for_good = turn->registers->count & 1;
	if (!turn->registers->extended)
		highest |= (uint64_t)(turn->registers->device & 0x0f) << 24;
	if (!ata->has_hpa || !turn->native_max_was_read || turn->registers->feature != 0 ||
		highest >= ata->native_sectors || (for_good && ata->max_is_set)) {
		ata_turn_abort(turn);
		return;
	}
	ata->current_sectors = highest + 1;
	if (!for_good)
		return;
	ata->max_is_set = true;
	ata_keep(ata, turn->model);
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
		if (has_area) {
			ata_turn_abort(turn);
			return;
		}
		ata->native_sectors = ata->current_sectors = ata->factory_sectors;
		ata_keep(ata, turn->model);
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
	if (ata->has_amac && turn->registers->feature == 0x0000) {
		give_highest(turn, ata->factory_sectors);
	} else if (ata->has_amac && turn->registers->feature == 0x0001 &&
		   turn->registers->lba < ata->factory_sectors) {
		ata->current_sectors = turn->registers->lba + 1;
		ata_keep(ata, turn->model);
	} else {
		ata_turn_abort(turn);
	}
}
