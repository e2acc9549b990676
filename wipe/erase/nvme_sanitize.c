/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe Sanitize (Base 2.0, 5.24): the whole subsystem erases itself, and goes on after a reset or a
 * power loss until it is done; log 81h tells of it.
 *
 * AUSE is set: an operation that failed can be left by Exit Failure Mode, and the drive answers again,
 * for another technique or for a look at what is left. Without it nothing but a sanitize operation that
 * succeeds opens the drive ever again. What failed is recorded before, and nothing makes it a success.
 *
 * No-Deallocate is asked for wherever it is taken: then nothing reads zeros because it was only
 * forgotten, and the log says so (SSTAT 1 of a command with that wish; 4: it was not granted). */
#include "wipe/erase/nvme.h"
#include "wipe/erase/methods.h"

#include <errno.h>

#define POLL_MS 500

/* ---- offer ---- */

static int64_t seconds_of(uint32_t seconds)
{
	return seconds == UINT32_MAX ? -1 : (int64_t)seconds;
}

static void offer(const struct abilities *abilities, uint32_t capability, uint32_t seconds,
	struct erase_offer *ret)
{
	const struct nvme_abilities *nvme = &abilities->nvme;
	struct erase_state state;
	*ret = (struct erase_offer){ .scope = SCOPE_SUBSYSTEM,
		.expected_seconds = seconds_of(seconds) };
	erase_state_read(&nvme->sanitize_log, &state);
	if (!nvme->known)
		ret->why_not = "not-known";
	else if (!(nvme->sanitize_capabilities & capability))
		ret->why_not = "not-supported";
	else if (nvme->sanitize_log.raw_bytes == 0)
		ret->why_not = "status-hidden";
	else if (state.status == ERASE_STATUS_RUNNING)
		ret->why_not = "busy";
	else
		ret->offered = true;
	if (!nvme->known)
		ret->expected_seconds = -1;
}

static void offer_crypto(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, NVME_SANICAP_CRYPTO, abilities->nvme.crypto_seconds, ret);
}

static void offer_block(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, NVME_SANICAP_BLOCK, abilities->nvme.block_seconds, ret);
}

static void offer_overwrite(const struct abilities *abilities, struct erase_offer *ret)
{
	offer(abilities, NVME_SANICAP_OVERWRITE, abilities->nvme.overwrite_seconds, ret);
}

/* ---- the drive ---- */

void nvme_completion(char language, uint16_t status, struct erase_answer *ret)
{
	*ret = (struct erase_answer){ .witness = WITNESS_COMPLETION, .raw_bytes = 3 };
	ret->raw[0] = (uint8_t)language;
	ret->raw[1] = (uint8_t)(status >> 8);
	ret->raw[2] = (uint8_t)status;
}

static int look(const struct erase_call *call, struct erase_answer *ret)
{
	return nvme_sanitize_log_read(&call->transports->nvme, ret);
}

/* The persistent event log is a second witness: it cannot prove anything, since it need not tell of
 * every operation, but where it says that this very one failed, log 81h is not believed. */
static int prove(const struct erase_call *call, struct erase_answer *ret)
{
	struct nvme_sanitize_event event;
	struct erase_answer answer;
	struct erase_state state;
	int result = nvme_sanitize_log_read(&call->transports->nvme, &answer);
	if (result < 0)
		return result;
	erase_state_read(&answer, &state);
	uint32_t command = answer.raw[4] | (uint32_t)answer.raw[5] << 8; /* SCDW10 15:0 */
	if (state.status == ERASE_STATUS_SUCCEEDED &&
		nvme_sanitize_event_read(&call->transports->nvme, &event) == 0 && event.told &&
		event.dword_10 == command && event.over && (event.status & 7) != 1 &&
		(event.status & 7) != 4)
		return -EBADMSG;
	*ret = answer;
	return 0;
}

/* Asked of the drive that is about to be erased, and not taken from a plan made before. */
static int takes_no_deallocate(struct nvme_transport *transport, bool *ret)
{
	uint8_t controller[NVME_IDENTIFY_BYTES];
	int result = nvme_identify(transport, 0x01, 0, controller);
	/* SANICAP bit 29, NDI: 331:328 little-endian. */
	if (result == 0)
		*ret = !(controller[331] & NVME_SANICAP_NO_DEALLOCATE_INHIBITED >> 24);
	return result;
}

static int sanitize(const struct erase_call *call, uint32_t dword_10, uint32_t pattern,
	struct erase_answer *ret)
{
	bool takes = false;
	uint16_t status = 0;
	/* Every namespace is hit: a plan that does not say so was not guarded for it. */
	if (call->step->scope != SCOPE_SUBSYSTEM)
		return -EPERM;
	int result = takes_no_deallocate(&call->transports->nvme, &takes);
	if (result == 0)
		result = nvme_sanitize(&call->transports->nvme,
			dword_10 | NVME_SANITIZE_UNRESTRICTED_EXIT |
				(takes ? NVME_SANITIZE_NO_DEALLOCATE : 0),
			pattern, &status);
	if (result == 0)
		nvme_completion('n', status, ret);
	return result;
}

static int start_crypto(const struct erase_call *call, struct erase_answer *ret)
{
	return sanitize(call, NVME_SANITIZE_CRYPTO, 0, ret);
}

static int start_block(const struct erase_call *call, struct erase_answer *ret)
{
	return sanitize(call, NVME_SANITIZE_BLOCK, 0, ret);
}

/* One pass (OWPASS 1), so that there is nothing to invert between passes (OIPBP). The pattern's first
 * byte is the first of each sector: OVRPAT is little-endian, as all of NVMe. */
static int start_overwrite(const struct erase_call *call, struct erase_answer *ret)
{
	uint32_t pattern = 0;
	const struct pattern *wanted = &call->step->pattern;
	if (wanted->kind != STREAM_PERIODIC || wanted->period_bytes != 4)
		return -EINVAL;
	for (size_t i = 0; i < 4; i++)
		pattern |= (uint32_t)wanted->period[i] << 8 * i;
	return sanitize(call, NVME_SANITIZE_OVERWRITE | NVME_SANITIZE_PASSES(1), pattern, ret);
}

static int exit_failure_mode(const struct erase_call *call, struct erase_answer *ret)
{
	uint16_t status = 0;
	int result = nvme_sanitize(&call->transports->nvme, NVME_SANITIZE_EXIT_FAILURE, 0, &status);
	if (result == 0)
		nvme_completion('N', status, ret);
	return result;
}

/* clang-format off */
#define METHOD(TECHNIQUE, OFFER, START) \
	{ .technique = (TECHNIQUE), .offer = (OFFER), .look = look, .start = (START), \
		.prove = prove, .recover = exit_failure_mode, .poll_ms = POLL_MS }
/* clang-format on */

const struct erase_method erase_nvme_sanitize_crypto =
	METHOD(TECHNIQUE_NVME_SANITIZE_CRYPTO, offer_crypto, start_crypto);
const struct erase_method erase_nvme_sanitize_block =
	METHOD(TECHNIQUE_NVME_SANITIZE_BLOCK, offer_block, start_block);
const struct erase_method erase_nvme_sanitize_overwrite =
	METHOD(TECHNIQUE_NVME_SANITIZE_OVERWRITE, offer_overwrite, start_overwrite);
