/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an ATA drive offers to erase itself with, asked by IDENTIFY DEVICE and questions that change
 * nothing. */
#include "device/command/ata_abilities.h"

#include "device/command/ata_sanitize.h"
#include "device/command/ata_words.h"

#define SECONDS_A_STEP 120 /* words 89 and 90 count two minutes */

/* Words 89, 90: bit 15 says that 14:0 count, else 7:0; all ones: that long or more. */
static int64_t erase_seconds(uint16_t value)
{
	int64_t steps = value & 0x8000 ? value & 0x7fff : value & 0x00ff;
	return steps == 0 ? -1 : steps * SECONDS_A_STEP;
}

static void read_sanitize(const uint8_t *data, struct ata_abilities *ret)
{
	uint16_t value = ata_word(data, 59);
	ret->sanitize = value & 1 << 12;
	ret->sanitize_crypto = ret->sanitize && value & 1 << 13;
	ret->sanitize_overwrite = ret->sanitize && value & 1 << 14;
	ret->sanitize_block = ret->sanitize && value & 1 << 15;
	ret->sanitize_antifreeze = ret->sanitize && value & 1 << 10;
}

static void read_security(const uint8_t *data, struct ata_abilities *ret)
{
	uint16_t value = ata_word(data, 128);
	ret->erase_seconds = ret->enhanced_seconds = -1;
	ret->security = ata_word(data, 82) & 1 << 1 && value & 1 << 0;
	if (!ret->security)
		return;
	ret->security_enabled = value & 1 << 1;
	ret->locked = value & 1 << 2;
	ret->frozen = value & 1 << 3;
	ret->count_expired = value & 1 << 4;
	ret->enhanced_erase = value & 1 << 5;
	ret->erase_seconds = erase_seconds(ata_word(data, 89));
	if (ret->enhanced_erase)
		ret->enhanced_seconds = erase_seconds(ata_word(data, 90));
}

/* Each area that there is, is asked; a maximum below what is addressed already contradicts. */
static void ask_hidden(
	struct scsi_transport *transport, const struct ata_facts *facts, struct ata_abilities *ret)
{
	bool known = true;
	if (facts->has_protected_area)
		known &= ata_read_native_max(transport, facts->extended, &ret->hpa_sectors) == 0 &&
			 ret->hpa_sectors >= facts->sectors;
	if (facts->has_accessible_max_address)
		known &= ata_read_accessible_max(transport, &ret->amac_sectors) == 0 &&
			 ret->amac_sectors >= facts->sectors;
	if (facts->has_configuration_overlay)
		known &= ata_read_configuration_max(transport, &ret->dco_sectors) == 0 &&
			 ret->dco_sectors >= facts->sectors;
	ret->hidden_known = known;
}

void ata_abilities_read(struct scsi_transport *transport, struct ata_abilities *ret)
{
	uint8_t data[ATA_IDENTIFY_BYTES];
	struct ata_facts facts;
	*ret = (struct ata_abilities){ .erase_seconds = -1, .enhanced_seconds = -1 };
	if (ata_identify_raw(transport, data) < 0 || ata_identify_read(data, &facts) < 0)
		return;
	ret->known = true;
	ret->sectors = facts.sectors;
	ret->sector_bytes = facts.sector_bytes;
	ret->trims = ata_word(data, 169) & 1 << 0;
	read_sanitize(data, ret);
	read_security(data, ret);
	ask_hidden(transport, &facts, ret);
	if (ret->sanitize && ata_sanitize_status(transport, false, &ret->sanitize_status) < 0)
		ret->sanitize_status = (struct erase_answer){ 0 };
}
