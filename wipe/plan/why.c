/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a method is taken or not, in words, and what a person can do about it. */
#include "wipe/plan/plan.h"

#include "base/text.h"
#include <string.h>

static const struct why {
	const char *word, *text, *help;
} whys[] = {
	{ "chosen", N_("taken: the first that does"), "" },
	{ "not-needed", N_("it would do, but an earlier one does"), "" },
	{ "not-asked", N_("another one was asked for"), "" },
	{ "not-supported", N_("the drive does not offer it"), "" },
	{ "not-known", N_("the drive does not tell whether it offers it"),
		N_("Connect the drive to a controller that passes its commands through.") },
	{ "status-hidden", N_("how it ends would not be told here"),
		N_("Connect the drive to a controller that passes its commands and their status "
		   "through.") },
	{ "busy", N_("the drive is erasing itself already"),
		N_("Wait until it is over; then plan again.") },
	{ "frozen", N_("the drive is frozen"),
		N_("Thaw the drive: put the machine to sleep (systemctl suspend) and wake it, or "
		   "unplug and replug the drive while the machine runs. Then plan again.") },
	{ "locked", N_("the drive is locked"),
		N_("If a job of haiki's was cut off on it, resume that: it has the password (haiki "
		   "wipe resume). Else unlock it with its password, or make it usable by the PSID "
		   "on its label (haiki wipe revert); then plan again.") },
	{ "password-set", N_("a password is set on the drive"),
		N_("If a job of haiki's was cut off on it, resume that: it takes its password away "
		   "(haiki wipe resume). Else take the password away with the software that set "
		   "it; then plan again.") },
	{ "needs-credential", N_("a credential is needed"),
		N_("Read the PSID from the drive's label and give it with --psid-file, or the "
		   "owner's password with --password-file.") },
	{ "sid-blocked", N_("the drive does not listen to its owner's password"),
		N_("The firmware of the machine blocked it when it started: allow SID "
		   "authentication there once, or take the drive out and in again while the "
		   "machine "
		   "runs. The PSID is listened to in any case.") },
	{ "not-activated", N_("the drive's locking was never put in use"),
		N_("Have it reverted by its owner's password or by the PSID on its label.") },
	{ "distrusted", N_("the policy does not believe this firmware"),
		N_("Update the drive's firmware, where its maker has corrected it.") },
	{ "failed-before", N_("it was tried and failed"), "" },
	{ "level-too-low", N_("it does not reach the level"), "" },
	{ "encryption-not-recorded",
		N_("the inventory does not show that all of the drive was encrypted from its first "
		   "write"),
		N_("If it was, and you can say how that is known, record it (haiki inventory "
		   "encryption record ID --basis TEXT); then plan again. Else have the drive "
		   "destroyed.") },
	{ "not-encrypted", N_("the drive does not encrypt"), "" },
	{ "zones-not-whole", N_("some of its zones are read-only, offline, or cannot be filled"),
		N_("Use the drive's own sanitize command, or have it destroyed.") },
	{ "not-addressable", N_("the drive cannot be written to sector by sector"),
		N_("Reformat it to 512- or 4096-byte sectors, or use what its controller "
		   "offers.") },
	{ "sector-size", N_("its sectors have a size that cannot be addressed"),
		N_("Reformat it to 512- or 4096-byte sectors (sg_format --format --size=512; takes "
		   "hours and does not count as erasing), then sanitize it.") },
	{ "verification-too-weak", N_("what it leaves cannot be read back as it is asked for"),
		N_("Choose a combination that ends in overwriting.") },
	{ "scope-unknown", N_("what else it would erase is not known"),
		N_("Connect the drive to a controller that passes its commands through.") },
	{ "too-many-steps", N_("the scheme has too many passes beside it"),
		N_("Choose a scheme of fewer passes.") },
};

static const struct why *find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(whys); i++)
		if (strcmp(whys[i].word, word) == 0)
			return &whys[i];
	return NULL;
}

const char *plan_why_text(const char *word)
{
	const struct why *why = find(word);
	return why ? _(why->text) : word;
}

const char *plan_why_help(const char *word)
{
	const struct why *why = find(word);
	return why && why->help[0] ? _(why->help) : "";
}
