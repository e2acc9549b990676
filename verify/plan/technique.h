/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The techniques by which a drive erases itself, and what each is worth: one table, read by the
 * planning, by the methods of wipe/erase/ and by the judge. (Overwriting by the host is a step of
 * its own: plan_document.h.) */
#ifndef HAIKI_VERIFY_PLAN_TECHNIQUE_H
#define HAIKI_VERIFY_PLAN_TECHNIQUE_H

#include "device/erase/erase_answer.h"
#include "device/identity/identity.h"
#include "verify/judge/judge.h"

enum technique {
	TECHNIQUE_NONE,
	TECHNIQUE_NVME_SANITIZE_CRYPTO,
	TECHNIQUE_NVME_SANITIZE_BLOCK,
	TECHNIQUE_NVME_SANITIZE_OVERWRITE,
	TECHNIQUE_NVME_FORMAT_CRYPTO, /* SES 2 */
	TECHNIQUE_NVME_FORMAT_USER,   /* SES 1; SES 0 erases nothing and is no technique */
	TECHNIQUE_ATA_SANITIZE_CRYPTO,
	TECHNIQUE_ATA_SANITIZE_BLOCK,
	TECHNIQUE_ATA_SANITIZE_OVERWRITE,
	TECHNIQUE_ATA_SECURITY_ENHANCED,
	TECHNIQUE_ATA_SECURITY_NORMAL,
	TECHNIQUE_SCSI_SANITIZE_CRYPTO,
	TECHNIQUE_SCSI_SANITIZE_BLOCK,
	TECHNIQUE_SCSI_SANITIZE_OVERWRITE,
	TECHNIQUE_SCSI_FORMAT_UNIT,
	TECHNIQUE_SCSI_WRITE_SAME,
	TECHNIQUE_OPAL_REVERT,      /* by the owner's credential */
	TECHNIQUE_OPAL_PSID_REVERT, /* by the PSID on the label */
	TECHNIQUE_OPAL_GENKEY,      /* new keys for all locking ranges */
	TECHNIQUE_LUKS_ERASE,
	TECHNIQUE_MMC_SANITIZE,
	TECHNIQUE_ZONE_RESET, /* preparation: level none */
	TECHNIQUE_DISCARD,    /* preparation: level none */
	TECHNIQUES
};

/* What becomes of the sectors, and so how it can be seen that something did. */
enum erasure {
	ERASURE_CRYPTO,    /* the key is another: they read as another stream, or as zeros */
	ERASURE_BLOCK,     /* the drive erases them its own way; what they read is not told */
	ERASURE_OVERWRITE, /* they hold a pattern we chose: it can be read back and compared */
	ERASURE_KEYS,      /* only the keys around them are destroyed: they read as before (LUKS) */
	ERASURE_HINT,      /* the drive may forget them or not: never an erasure */
};

enum erase_scope { SCOPE_UNKNOWN, SCOPE_NAMESPACE, SCOPE_DRIVE, SCOPE_SUBSYSTEM };

struct technique_facts {
	enum technique technique;
	const char *name;   /* stable word: "nvme-sanitize-crypto" */
	const char *origin; /* standard and clause of the command */
	enum erasure erasure;
	enum erase_witness witness; /* who says that it ended well */
	const char *completions;    /* letters by which its command can be answered
	                             * (device/erase/erase_answer.h): no other interface's */
	bool goes_on;               /* the drive goes on by itself, also after a power loss */
	/* NIST SP 800-88 Rev. 2 with IEEE 2883-2022, by what the medium is. */
	enum level on_magnetic, on_flash, on_unknown, on_virtual;
};

/* Never NULL; for TECHNIQUE_NONE and unknown values the facts of a technique worth nothing. */
const struct technique_facts *technique_facts(enum technique technique);
const char *technique_name(enum technique technique); /* "none" for what is none */
enum technique technique_parse(const char *word);     /* TECHNIQUE_NONE for unknown words */

/* What it reaches on this medium when it is proven. encrypted_from_first_write counts for
 * ERASURE_KEYS only: without it that is worth nothing. */
enum level technique_level(
	enum technique technique, enum media media, bool encrypted_from_first_write);

/* Are markers planted before and looked for after? */
bool technique_takes_markers(enum technique technique);

/* Does the drive speak of this technique, and not of another operation? Only NVMe tells: the others
 * are believed. */
bool technique_is_meant(enum technique technique, const struct erase_state *state);

/* Is it a completion in the language of this technique's command? Another interface's success is not
 * this command's. (A refusal may be: of an ATA command also the translation in between.) */
bool technique_is_answered(enum technique technique, const struct erase_answer *completion);

/* After an interruption within it: is the drive found at it still, or done with it and not written to
 * since? Then its end is that of the command that was accepted; before is what the drive said before
 * that command. Else it is begun again. */
bool technique_goes_on(enum technique technique, const struct erase_state *before,
	enum erase_witness witness, const struct erase_state *found);

const char *erase_scope_name(enum erase_scope scope); /* "unknown", "namespace", "drive", … */
enum erase_scope erase_scope_parse(const char *word);

#endif
