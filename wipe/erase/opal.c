/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG Opal: the drive takes another key, and what was written reads as noise. It says so at once and
 * keeps no memory of it: whether it is true, the markers tell. A drive that was never activated may
 * take no new key when it is reverted (Opal SSC 2.02 5.1.3.3): the markers tell that, too. */
#include "wipe/erase/opal.h"
#include "wipe/erase/methods.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

/* ---- may it be planned ---- */

/* NULL: nothing stands against any of the three. */
static const char *against(const struct opal_abilities *opal)
{
	if (!opal->known || opal->kind == OPAL_NONE || opal->kind == OPAL_ENTERPRISE)
		return "not-supported";
	if (!opal->encrypts)
		return "not-encrypted";
	if (!opal->kernel_calls && opal->com_id == 0)
		return "not-supported";
	/* Neither markers nor anything else can be written to it. */
	return opal->locked ? "locked" : NULL;
}

/* A session of TCG reaches all that the drive stores: with NVMe, that of every namespace. */
static void put_offer(
	const struct abilities *abilities, const char *why_not, struct erase_offer *ret)
{
	bool is_nvme = abilities->transport == TRANSPORT_NVME;
	*ret = (struct erase_offer){ .offered = !why_not,
		.why_not = why_not,
		.scope = is_nvme ? SCOPE_SUBSYSTEM : SCOPE_DRIVE,
		.expected_seconds = -1 };
}

static void offer_psid_revert(const struct abilities *abilities, struct erase_offer *ret)
{
	put_offer(abilities, against(&abilities->opal), ret);
}

static void offer_revert(const struct abilities *abilities, struct erase_offer *ret)
{
	const char *why_not = against(&abilities->opal);
	if (!why_not && abilities->opal.sid_blocked)
		why_not = "sid-blocked";
	put_offer(abilities, why_not, ret);
}

/* The Locking SP of a drive that was never activated has no Admin1 to log in as. */
static void offer_genkey(const struct abilities *abilities, struct erase_offer *ret)
{
	const char *why_not = against(&abilities->opal);
	if (!why_not && !abilities->opal.locking_enabled)
		why_not = "not-activated";
	put_offer(abilities, why_not, ret);
}

/* ---- carrying it out ---- */

static bool is_letter_or_digit(char character)
{
	return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
	       (character >= 'a' && character <= 'z');
}

bool opal_psid_clean(const char *typed, char ret[static PSID_CHARACTERS + 1])
{
	size_t kept = 0;
	bool is_psid = true;
	for (; *typed && is_psid; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		is_psid = is_letter_or_digit(*typed) && kept < PSID_CHARACTERS;
		if (is_psid)
			ret[kept++] = *typed;
	}
	is_psid = is_psid && kept == PSID_CHARACTERS;
	if (!is_psid)
		OPENSSL_cleanse(ret, kept);
	ret[is_psid ? kept : 0] = '\0';
	return is_psid;
}

static int carry_out(const struct erase_call *call, enum opal_order order, const char *credential,
	struct erase_answer *ret)
{
	uint8_t status;
	int r = opal_order(&call->transports->opal, order, credential, &status);
	if (r < 0)
		return r;
	*ret = (struct erase_answer){
		.witness = WITNESS_COMPLETION, .raw_bytes = 2, .raw = { 'T', status }
	};
	return 0;
}

/* Without a credential nothing is sent. */
static int start_by_owner(
	const struct erase_call *call, enum opal_order order, struct erase_answer *ret)
{
	if (!call->credential || !call->credential[0])
		return -EACCES;
	return carry_out(call, order, call->credential, ret);
}

static int start_revert(const struct erase_call *call, struct erase_answer *ret)
{
	return start_by_owner(call, OPAL_REVERT, ret);
}

static int start_genkey(const struct erase_call *call, struct erase_answer *ret)
{
	return start_by_owner(call, OPAL_GENERATE_KEYS, ret);
}

static int start_psid_revert(const struct erase_call *call, struct erase_answer *ret)
{
	char psid[PSID_CHARACTERS + 1];
	if (!call->credential || !opal_psid_clean(call->credential, psid))
		return -EACCES;
	int r = carry_out(call, OPAL_PSID_REVERT, psid, ret);
	OPENSSL_cleanse(psid, sizeof(psid));
	return r;
}

const struct erase_method erase_opal_revert = {
	.technique = TECHNIQUE_OPAL_REVERT,
	.offer = offer_revert,
	.start = start_revert,
};

const struct erase_method erase_opal_psid_revert = {
	.technique = TECHNIQUE_OPAL_PSID_REVERT,
	.offer = offer_psid_revert,
	.start = start_psid_revert,
};

const struct erase_method erase_opal_genkey = {
	.technique = TECHNIQUE_OPAL_GENKEY,
	.offer = offer_genkey,
	.start = start_genkey,
};
