/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of techniques (NIST SP 800-88 Rev. 2, which leaves techniques to IEEE 2883-2022). Where
 * the standards speak of "possibly purge by the vendor's word", it says clear. */
#include "verify/plan/technique.h"

#include "base/words.h"
#include <string.h>

#define LEVELS(magnetic, flash, unknown)                                                           \
	.on_magnetic = LEVEL_##magnetic, .on_flash = LEVEL_##flash, .on_unknown = LEVEL_##unknown

/* What the interface says of the technique on both media holds for a medium that is not told; where
 * it does not suit one of them, the weaker. A virtual device's medium is never reached. */
static const struct technique_facts techniques[TECHNIQUES] = {
	[TECHNIQUE_NONE] = { .technique = TECHNIQUE_NONE,
		.name = "none",
		.origin = "",
		.erasure = ERASURE_HINT,
		.completions = "" },
	[TECHNIQUE_NVME_SANITIZE_CRYPTO] = { .technique = TECHNIQUE_NVME_SANITIZE_CRYPTO,
		.name = "nvme-sanitize-crypto",
		.origin = "NVM Express Base 2.0, 5.24 Sanitize, SANACT 100b",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_NVME_SANITIZE_LOG,
		.completions = "nN",
		.goes_on = true,
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_NVME_SANITIZE_BLOCK] = { .technique = TECHNIQUE_NVME_SANITIZE_BLOCK,
		.name = "nvme-sanitize-block",
		.origin = "NVM Express Base 2.0, 5.24 Sanitize, SANACT 010b",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_NVME_SANITIZE_LOG,
		.completions = "nN",
		.goes_on = true,
		LEVELS(CLEAR, PURGE, CLEAR) },
	[TECHNIQUE_NVME_SANITIZE_OVERWRITE] = { .technique = TECHNIQUE_NVME_SANITIZE_OVERWRITE,
		.name = "nvme-sanitize-overwrite",
		.origin = "NVM Express Base 2.0, 5.24 Sanitize, SANACT 011b",
		.erasure = ERASURE_OVERWRITE,
		.witness = WITNESS_NVME_SANITIZE_LOG,
		.completions = "nN",
		.goes_on = true,
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_NVME_FORMAT_CRYPTO] = { .technique = TECHNIQUE_NVME_FORMAT_CRYPTO,
		.name = "nvme-format-crypto",
		.origin = "NVM Express NVM Command Set 1.0 / Base 2.0, 5.14 Format NVM, SES 010b",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_COMPLETION,
		.completions = "N",
		LEVELS(CLEAR, CLEAR, CLEAR) },
	[TECHNIQUE_NVME_FORMAT_USER] = { .technique = TECHNIQUE_NVME_FORMAT_USER,
		.name = "nvme-format-user",
		.origin = "NVM Express NVM Command Set 1.0 / Base 2.0, 5.14 Format NVM, SES 001b",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_COMPLETION,
		.completions = "N",
		LEVELS(CLEAR, CLEAR, CLEAR) },
	[TECHNIQUE_ATA_SANITIZE_CRYPTO] = { .technique = TECHNIQUE_ATA_SANITIZE_CRYPTO,
		.name = "ata-sanitize-crypto",
		.origin = "ACS-4 7.36.2 CRYPTO SCRAMBLE EXT",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_ATA_SANITIZE_STATUS,
		.completions = "aA",
		.goes_on = true,
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_ATA_SANITIZE_BLOCK] = { .technique = TECHNIQUE_ATA_SANITIZE_BLOCK,
		.name = "ata-sanitize-block",
		.origin = "ACS-4 7.36.1 BLOCK ERASE EXT",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_ATA_SANITIZE_STATUS,
		.completions = "aA",
		.goes_on = true,
		LEVELS(CLEAR, PURGE, CLEAR) },
	[TECHNIQUE_ATA_SANITIZE_OVERWRITE] = { .technique = TECHNIQUE_ATA_SANITIZE_OVERWRITE,
		.name = "ata-sanitize-overwrite",
		.origin = "ACS-4 7.36.5 OVERWRITE EXT",
		.erasure = ERASURE_OVERWRITE,
		.witness = WITNESS_ATA_SANITIZE_STATUS,
		.completions = "aA",
		.goes_on = true,
		LEVELS(PURGE, CLEAR, CLEAR) },
	[TECHNIQUE_ATA_SECURITY_ENHANCED] = { .technique = TECHNIQUE_ATA_SECURITY_ENHANCED,
		.name = "ata-security-enhanced",
		.origin = "ACS-4 7.39 SECURITY ERASE UNIT, ERASE MODE 1",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_ATA_SECURITY,
		.completions = "A",
		LEVELS(PURGE, CLEAR, CLEAR) },
	[TECHNIQUE_ATA_SECURITY_NORMAL] = { .technique = TECHNIQUE_ATA_SECURITY_NORMAL,
		.name = "ata-security-normal",
		.origin = "ACS-4 7.39 SECURITY ERASE UNIT, ERASE MODE 0",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_ATA_SECURITY,
		.completions = "A",
		LEVELS(CLEAR, CLEAR, CLEAR) },
	[TECHNIQUE_SCSI_SANITIZE_CRYPTO] = { .technique = TECHNIQUE_SCSI_SANITIZE_CRYPTO,
		.name = "scsi-sanitize-crypto",
		.origin = "SBC-4 5.30 SANITIZE, service action 03h",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_SCSI_SENSE,
		.completions = "sS",
		.goes_on = true,
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_SCSI_SANITIZE_BLOCK] = { .technique = TECHNIQUE_SCSI_SANITIZE_BLOCK,
		.name = "scsi-sanitize-block",
		.origin = "SBC-4 5.30 SANITIZE, service action 02h",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_SCSI_SENSE,
		.completions = "sS",
		.goes_on = true,
		LEVELS(CLEAR, PURGE, CLEAR) },
	[TECHNIQUE_SCSI_SANITIZE_OVERWRITE] = { .technique = TECHNIQUE_SCSI_SANITIZE_OVERWRITE,
		.name = "scsi-sanitize-overwrite",
		.origin = "SBC-4 5.30 SANITIZE, service action 01h",
		.erasure = ERASURE_OVERWRITE,
		.witness = WITNESS_SCSI_SENSE,
		.completions = "sS",
		.goes_on = true,
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_SCSI_FORMAT_UNIT] = { .technique = TECHNIQUE_SCSI_FORMAT_UNIT,
		.name = "scsi-format-unit",
		.origin = "SBC-4 5.4 FORMAT UNIT",
		.erasure = ERASURE_OVERWRITE,
		.witness = WITNESS_SCSI_SENSE,
		.completions = "sS",
		LEVELS(CLEAR, CLEAR, CLEAR) },
	[TECHNIQUE_SCSI_WRITE_SAME] = { .technique = TECHNIQUE_SCSI_WRITE_SAME,
		.name = "scsi-write-same",
		.origin = "SBC-4 5.52 WRITE SAME (16), UNMAP 0",
		.erasure = ERASURE_OVERWRITE,
		.witness = WITNESS_COMPLETION,
		.completions = "S",
		LEVELS(CLEAR, CLEAR, CLEAR) },
	[TECHNIQUE_OPAL_REVERT] = { .technique = TECHNIQUE_OPAL_REVERT,
		.name = "opal-revert",
		.origin = "TCG Storage Opal SSC 2.02, 5.1.3 Revert",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_COMPLETION,
		.completions = "T",
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_OPAL_PSID_REVERT] = { .technique = TECHNIQUE_OPAL_PSID_REVERT,
		.name = "opal-psid-revert",
		.origin = "TCG Storage Opal SSC Feature Set: PSID 1.00",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_COMPLETION,
		.completions = "T",
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_OPAL_GENKEY] = { .technique = TECHNIQUE_OPAL_GENKEY,
		.name = "opal-genkey",
		.origin = "TCG Storage Opal SSC 2.02, 4.3.5.3 GenKey on every range's key",
		.erasure = ERASURE_CRYPTO,
		.witness = WITNESS_COMPLETION,
		.completions = "T",
		LEVELS(PURGE, PURGE, PURGE) },
	[TECHNIQUE_LUKS_ERASE] = { .technique = TECHNIQUE_LUKS_ERASE,
		.name = "luks-erase",
		.origin = "LUKS2 On-Disk Format 1.1 / LUKS1 1.2.3: all keyslots and headers",
		.erasure = ERASURE_KEYS,
		.witness = WITNESS_LUKS_HEADERS,
		.completions = "E",
		LEVELS(PURGE, PURGE, PURGE),
		.on_virtual = LEVEL_PURGE },
	[TECHNIQUE_MMC_SANITIZE] = { .technique = TECHNIQUE_MMC_SANITIZE,
		.name = "mmc-sanitize",
		.origin = "JESD84-B51 6.6.9 Erase, 6.6.12 Sanitize",
		.erasure = ERASURE_BLOCK,
		.witness = WITNESS_COMPLETION,
		.completions = "E",
		LEVELS(CLEAR, CLEAR, CLEAR) },
	[TECHNIQUE_ZONE_RESET] = { .technique = TECHNIQUE_ZONE_RESET,
		.name = "zone-reset",
		.origin = "ZBC-2 5.20 RESET WRITE POINTER / NVM Express ZNS 1.1",
		.erasure = ERASURE_HINT,
		.witness = WITNESS_COMPLETION,
		.completions = "E" },
	[TECHNIQUE_DISCARD] = { .technique = TECHNIQUE_DISCARD,
		.name = "discard",
		.origin = "TRIM, UNMAP, deallocate",
		.erasure = ERASURE_HINT,
		.witness = WITNESS_COMPLETION,
		.completions = "E" },
};

const struct technique_facts *technique_facts(enum technique technique)
{
	size_t index = (size_t)technique;
	return &techniques[index < TECHNIQUES ? index : TECHNIQUE_NONE];
}

const char *technique_name(enum technique technique)
{
	return technique_facts(technique)->name;
}

enum technique technique_parse(const char *word)
{
	for (size_t i = 1; i < TECHNIQUES; i++)
		if (strcmp(techniques[i].name, word) == 0)
			return (enum technique)i;
	return TECHNIQUE_NONE;
}

enum level technique_level(
	enum technique technique, enum media media, bool encrypted_from_first_write)
{
	const struct technique_facts *facts = technique_facts(technique);
	if (facts->erasure == ERASURE_KEYS && !encrypted_from_first_write)
		return LEVEL_NONE;
	switch (media) {
	case MEDIA_MAGNETIC:
		return facts->on_magnetic;
	case MEDIA_FLASH:
		return facts->on_flash;
	case MEDIA_UNKNOWN:
		return facts->on_unknown;
	case MEDIA_VIRTUAL:
		return facts->on_virtual;
	}
	return LEVEL_NONE;
}

bool technique_takes_markers(enum technique technique)
{
	switch (technique_facts(technique)->erasure) {
	case ERASURE_CRYPTO:
	case ERASURE_BLOCK:
	case ERASURE_OVERWRITE:
		return true;
	case ERASURE_KEYS:
	case ERASURE_HINT:
		break;
	}
	return false;
}

bool technique_is_meant(enum technique technique, const struct erase_state *state)
{
	static const struct {
		enum technique technique;
		uint8_t action; /* SANACT */
	} actions[] = {
		{ TECHNIQUE_NVME_SANITIZE_BLOCK, 2 },
		{ TECHNIQUE_NVME_SANITIZE_OVERWRITE, 3 },
		{ TECHNIQUE_NVME_SANITIZE_CRYPTO, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].technique == technique)
			return state->action == actions[i].action;
	return true;
}

bool technique_is_answered(enum technique technique, const struct erase_answer *completion)
{
	return completion->witness == WITNESS_COMPLETION && completion->raw_bytes > 0 &&
	       completion->raw[0] != '\0' &&
	       strchr(technique_facts(technique)->completions, completion->raw[0]);
}

bool technique_goes_on(enum technique technique, const struct erase_state *before,
	enum erase_witness witness, const struct erase_state *found)
{
	if (witness != technique_facts(technique)->witness || !technique_is_meant(technique, found))
		return false;
	return found->status == ERASE_STATUS_RUNNING ||
	       (found->status == ERASE_STATUS_SUCCEEDED && found->untouched && !before->untouched);
}

static const char *const scopes[] = {
	[SCOPE_UNKNOWN] = "unknown",
	[SCOPE_NAMESPACE] = "namespace",
	[SCOPE_DRIVE] = "drive",
	[SCOPE_SUBSYSTEM] = "subsystem",
};

const char *erase_scope_name(enum erase_scope scope)
{
	return word_of(scopes, ARRAY_SIZE(scopes), scope);
}

enum erase_scope erase_scope_parse(const char *word)
{
	return (enum erase_scope)word_find(scopes, ARRAY_SIZE(scopes), word);
}
