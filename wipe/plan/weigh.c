/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weighing a combination of methods for a drive: what it reaches, and what stands against it. */
#include "wipe/plan/plan_parts.h"

#include <stdio.h>
#include <string.h>

/* What overwriting through the block layer reaches: every user-addressable location, on flash too,
 * but not what the drive keeps for itself. NIST SP 800-88 Rev. 2; IEEE 2883-2022 "clear". */
#define OVERWRITE_LEVEL LEVEL_CLEAR

static bool is_psid(enum technique technique)
{
	return technique == TECHNIQUE_OPAL_PSID_REVERT;
}

/* By the owner's password. */
static bool is_owners(enum technique technique)
{
	return technique == TECHNIQUE_OPAL_REVERT || technique == TECHNIQUE_OPAL_GENKEY;
}

static bool has_credential(const struct plan_request *request, enum technique technique)
{
	return (is_psid(technique) && request->has_psid) ||
	       (is_owners(technique) && request->has_password);
}

static bool needs_credential(enum technique technique)
{
	return is_psid(technique) || is_owners(technique);
}

bool plan_contents_known(enum technique technique)
{
	return technique == TECHNIQUE_NONE ||
	       technique_facts(technique)->erasure == ERASURE_OVERWRITE;
}

static bool begins_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

/* A technique of another interface than the drive's: that nothing is known of it says nothing. */
static bool is_of_another_interface(const struct plan_subject *subject, enum technique technique)
{
	const char *name = technique_name(technique);
	enum transport transport = subject->identity->transport;
	bool bridged = transport == TRANSPORT_USB || transport == TRANSPORT_UNKNOWN;

	if (begins_with(name, "nvme-"))
		return transport != TRANSPORT_NVME;
	if (begins_with(name, "ata-"))
		return transport != TRANSPORT_ATA && !bridged;
	if (begins_with(name, "scsi-"))
		return transport != TRANSPORT_SCSI && !bridged;
	return subject->identity->is_virtual && begins_with(name, "opal-");
}

static void refuse(struct erase_offer *offer, const char *why)
{
	offer->offered = false;
	offer->why_not = why;
}

void plan_offer(
	const struct plan_weighing *weighing, enum technique technique, struct erase_offer *ret)
{
	const struct plan_subject *subject = weighing->subject;
	const struct erase_method *method = subject->method_for(technique);
	struct erase_offer offer = { .why_not = "not-supported", .expected_seconds = -1 };

	if (method) {
		offer.why_not = NULL;
		method->offer(subject->abilities, &offer);
	}
	if (!offer.offered && (!offer.why_not || is_of_another_interface(subject, technique)))
		offer.why_not = "not-supported";
	/* Whether a credential is at hand is not the drive's to say. */
	if (needs_credential(technique)) {
		bool asks = !offer.offered && strcmp(offer.why_not, "needs-credential") == 0;
		if (asks && has_credential(weighing->request, technique))
			offer.offered = true;
		else if (offer.offered && !has_credential(weighing->request, technique))
			refuse(&offer, "needs-credential");
	}
	if (offer.offered && offer.scope == SCOPE_UNKNOWN)
		refuse(&offer, "scope-unknown");
	*ret = offer;
}

/* Behind a locked range of a self-encrypting drive nothing can be written, and nothing erased. */
static bool is_opal_locked(const struct plan_weighing *weighing)
{
	const struct opal_abilities *opal = &weighing->subject->abilities->opal;

	return opal->known && opal->locked;
}

/* What stands against one technique of the drive's own; NULL: nothing. */
static const char *against_technique(
	const struct plan_weighing *weighing, enum technique technique, int64_t *ret_seconds)
{
	const struct drive_identity *identity = weighing->subject->identity;
	struct erase_offer offer;

	plan_offer(weighing, technique, &offer);
	*ret_seconds = offer.expected_seconds;
	if (!offer.offered)
		return offer.why_not;
	if (is_opal_locked(weighing))
		return "locked";
	if (policy_distrusts(weighing->policy, identity->model, identity->firmware, technique))
		return "distrusted";
	if (weighing->request->failed_before[technique])
		return "failed-before";
	return NULL;
}

/* A locked drive takes no write. */
static const char *against_overwriting(const struct plan_weighing *weighing)
{
	const struct ata_abilities *ata = &weighing->subject->abilities->ata;

	return (ata->known && ata->locked) || is_opal_locked(weighing) ? "locked" : NULL;
}

/* The first thing that stands against a part of it, and the time they take together. */
static const char *against_parts(const struct plan_weighing *weighing,
	const struct combination *combination, int64_t *ret_seconds)
{
	const char *against = NULL;

	*ret_seconds = 0;
	for (size_t i = 0; i < combination->part_count; i++) {
		int64_t seconds = -1;
		const char *why =
			combination->parts[i] == TECHNIQUE_NONE
				? against_overwriting(weighing)
				: against_technique(weighing, combination->parts[i], &seconds);
		if (!against)
			against = why;
		if (seconds < 0 || *ret_seconds < 0)
			*ret_seconds = -1;
		else
			*ret_seconds += seconds;
	}
	return against;
}

static enum level level_if(const struct plan_weighing *weighing,
	const struct combination *combination, bool encrypted_from_first_write)
{
	const struct plan_subject *subject = weighing->subject;
	enum level level = LEVEL_NONE;

	for (size_t i = 0; i < combination->part_count; i++) {
		enum technique part = combination->parts[i];
		enum level reached = part == TECHNIQUE_NONE
					     ? OVERWRITE_LEVEL
					     : technique_level(part, subject->identity->media,
						       encrypted_from_first_write);
		level = MAX(level, reached);
	}
	return level;
}

static enum level level_of(
	const struct plan_weighing *weighing, const struct combination *combination)
{
	return level_if(
		weighing, combination, weighing->subject->abilities->encrypted_from_first_write);
}

/* It would reach it where the inventory knew that the medium was never written in the clear. */
static const char *why_too_low(
	const struct plan_weighing *weighing, const struct combination *combination)
{
	return level_if(weighing, combination, true) >= weighing->due.level
		       ? "encryption-not-recorded"
		       : "level-too-low";
}

/* Overwriting and markers want sectors that can be written in any order. */
static bool can_be_addressed(
	const struct plan_weighing *weighing, const struct combination *combination)
{
	bool addressable = weighing->addressable;

	for (size_t i = 0; i < combination->part_count; i++) {
		enum technique part = combination->parts[i];
		if (part == TECHNIQUE_ZONE_RESET && weighing->only_zones_stand)
			addressable = true;
		if (part == TECHNIQUE_NONE && !addressable)
			return false;
		/* Markers are scattered, which zones do not allow. */
		if (part != TECHNIQUE_NONE && technique_takes_markers(part) &&
			!weighing->addressable)
			return false;
	}
	return true;
}

/* Markers tell that an erasure happened; how every sector reads is told only where it is known what
 * they hold. */
static bool is_verified_enough(
	const struct plan_weighing *weighing, const struct combination *combination)
{
	enum technique last = combination->parts[combination->part_count - 1];

	return weighing->due.verification <= VERIFICATION_MARKERS || plan_contents_known(last);
}

void plan_weigh(const struct plan_weighing *weighing, const struct combination *combination,
	struct plan_candidate *ret)
{
	const struct plan_request *request = weighing->request;
	struct plan_candidate candidate = { .level = level_of(weighing, combination) };
	struct plan scratch = { 0 };
	const char *why = against_parts(weighing, combination, &candidate.expected_seconds);

	if (request->method[0] && strcmp(request->method, combination->text) != 0)
		why = "not-asked";
	else if (why)
		;
	else if (candidate.level < weighing->due.level)
		why = why_too_low(weighing, combination);
	else if (!can_be_addressed(weighing, combination))
		why = "not-addressable";
	else if (!is_verified_enough(weighing, combination))
		why = "verification-too-weak";
	else if (plan_compile(weighing, combination, &scratch) < 0)
		why = "too-many-steps";
	else if (!weighing->addressable && !plan_resets_zones(&scratch))
		why = "too-many-steps"; /* zones are reset before the first pass alone */
	(void)snprintf(candidate.methods, sizeof(candidate.methods), "%s", combination->text);
	(void)snprintf(candidate.why, sizeof(candidate.why), "%s", why ? why : "");
	*ret = candidate;
}
