/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe Format NVM (Base 2.0, 5.14) with Secure Erase Settings 1 and 2; with 0 it erases nothing, and
 * there is no way here to send that. It answers when it is over, and nothing else tells how it went. */
#include "wipe/erase/nvme.h"
#include "wipe/erase/methods.h"

#include <errno.h>

/* FNA bits 0 and 1: a format, or its erasing, takes all namespaces along. */
static enum erase_scope scope_of(uint8_t attributes)
{
	return attributes & (NVME_FNA_FORMATS_ALL | NVME_FNA_ERASES_ALL) ? SCOPE_SUBSYSTEM
									 : SCOPE_NAMESPACE;
}

static void offer(const struct abilities *abilities, bool erases_so, struct erase_offer *ret)
{
	const struct nvme_abilities *nvme = &abilities->nvme;
	struct erase_state state;
	*ret = (struct erase_offer){ .scope = nvme->known ? scope_of(nvme->format_attributes)
							  : SCOPE_UNKNOWN,
		.expected_seconds = -1 };
	erase_state_read(&nvme->sanitize_log, &state);
	if (!nvme->known)
		ret->why_not = "not-known";
	else if (!nvme->format_supported || !erases_so)
		ret->why_not = "not-supported";
	else if (state.status == ERASE_STATUS_RUNNING)
		ret->why_not = "busy";
	else
		ret->offered = true;
}

static void offer_crypto(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, abilities->nvme.format_attributes & NVME_FNA_CRYPTO, ret);
}

static void offer_user(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, true, ret);
}

static int format(
	const struct erase_call *call, enum nvme_secure_erase settings, struct erase_answer *ret)
{
	uint8_t controller[NVME_IDENTIFY_BYTES];
	uint16_t status = 0;
	int result = nvme_identify(&call->transports->nvme, 0x01, 0, controller);
	/* It would hit namespaces that the plan does not speak of, which nobody guarded. */
	if (result == 0 && scope_of(controller[524]) != call->step->scope)
		result = -EPERM;
	if (result == 0)
		result = nvme_format(&call->transports->nvme, settings, &status);
	if (result == 0)
		nvme_completion('N', status, ret);
	return result;
}

static int start_crypto(const struct erase_call *call, struct erase_answer *ret)
{
	return format(call, NVME_ERASE_CRYPTO, ret);
}

static int start_user(const struct erase_call *call, struct erase_answer *ret)
{
	return format(call, NVME_ERASE_USER_DATA, ret);
}

const struct erase_method erase_nvme_format_crypto = {
	.technique = TECHNIQUE_NVME_FORMAT_CRYPTO, .offer = offer_crypto, .start = start_crypto
};
const struct erase_method erase_nvme_format_user = {
	.technique = TECHNIQUE_NVME_FORMAT_USER, .offer = offer_user, .start = start_user
};
