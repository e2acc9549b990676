/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA SECURITY ERASE UNIT, normal and enhanced (ACS-4 7.39). It wants a password, which it takes away
 * when it has ended well. The password is step->password: it stood in the store, in the sealed plan,
 * before the drive got it, so that after a crash the drive is never lost behind it. */
#include "device/command/ata_security.h"
#include "device/command/ata_words.h"
#include "wipe/erase/methods.h"

#include <errno.h>
#include <string.h>

_Static_assert(PASSWORD_BYTES == ATA_PASSWORD_FIELD_BYTES, "the plan holds the field as it is");

/* IDENTIFY DEVICE, word 128. */
#define SECURITY_ENABLED (1 << 1)
#define SECURITY_LOCKED (1 << 2)

/* What stands in the way; NULL: nothing. A password that is set is not ours to change: if it is of an
 * interrupted job of haiki's, that job's resumption takes it back. */
static const char *obstacle(const struct ata_abilities *ata, bool has_mode)
{
	if (!ata->known)
		return "not-known";
	if (!has_mode)
		return "not-supported";
	if (ata->locked)
		return "locked";
	if (ata->frozen)
		return "frozen";
	if (ata->security_enabled)
		return "password-set";
	return NULL;
}

static void offer(const struct abilities *abilities, bool has_mode, int64_t expected_seconds,
	struct erase_offer *ret)
{
	const char *why_not = abilities->transport == TRANSPORT_ATA
				      ? obstacle(&abilities->ata, has_mode)
				      : "not-supported";
	*ret = (struct erase_offer){ .offered = why_not == NULL,
		.why_not = why_not,
		.scope = SCOPE_DRIVE,
		.expected_seconds = expected_seconds };
}

static void offer_enhanced(const struct abilities *abilities, struct erase_offer *ret)
{
	const struct ata_abilities *ata = &abilities->ata;
	offer(abilities, ata->security && ata->enhanced_erase, ata->enhanced_seconds, ret);
}

static void offer_normal(const struct abilities *abilities, struct erase_offer *ret)
{
	const struct ata_abilities *ata = &abilities->ata;
	offer(abilities, ata->security, ata->erase_seconds, ret);
}

static bool is_empty(const uint8_t *password)
{
	uint8_t any = 0;
	for (size_t i = 0; i < PASSWORD_BYTES; i++)
		any |= password[i];
	return any == 0;
}

/* IDENTIFY DEVICE: the witness, and its security word. */
static int identify(const struct erase_call *call, struct erase_answer *ret, uint16_t *ret_word)
{
	struct erase_answer answer = { .witness = WITNESS_ATA_SECURITY,
		.raw_bytes = ATA_IDENTIFY_BYTES };
	int error = ata_identify_raw(&call->transports->scsi, answer.raw);
	if (error)
		return error;
	*ret = answer;
	*ret_word = ata_word(answer.raw, 128);
	return 0;
}

typedef int password_command(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret);

/* Give the drive its password for this command. 1: it did it; 0: it refused, *ret says how; -errno. */
static int give_password(
	const struct erase_call *call, password_command *command, struct erase_answer *ret)
{
	struct erase_answer answer;
	int error = command(&call->transports->scsi, call->step->password, &answer);
	if (error)
		return error;
	if (ata_completion_is_good(&answer))
		return 1;
	*ret = answer;
	return 0;
}

/* Set the password, unless it is set: by a start before this one that was cut off. If it is another's,
 * the drive refuses to erase with ours. */
static int start(const struct erase_call *call, bool enhanced, struct erase_answer *ret)
{
	struct erase_answer before;
	uint16_t security;
	if (is_empty(call->step->password))
		return -EINVAL;
	int error = identify(call, &before, &security);
	if (error)
		return error;
	if (!(security & SECURITY_ENABLED)) {
		int done = give_password(call, ata_security_set_password, ret);
		if (done <= 0)
			return done;
	}
	return ata_security_erase(&call->transports->scsi, call->step->password, enhanced,
		ata_security_timeout_ms(call->step->expected_seconds), ret);
}

static int start_enhanced(const struct erase_call *call, struct erase_answer *ret)
{
	return start(call, true, ret);
}

static int start_normal(const struct erase_call *call, struct erase_answer *ret)
{
	return start(call, false, ret);
}

/* Is the password set? Before the command it is not, and after it not any more, or the erase was none:
 * nothing is put in order before. */
static int look(const struct erase_call *call, struct erase_answer *ret)
{
	uint16_t security;
	return identify(call, ret, &security);
}

/* Unlock, and take the password back. *ret is the refusal of the command that was refused, else what
 * the drive says of itself at the end. */
static int recover(const struct erase_call *call, struct erase_answer *ret)
{
	struct erase_answer before;
	uint16_t security;
	int error = identify(call, &before, &security);
	if (error)
		return error;
	int done = 1;
	if (security & SECURITY_LOCKED)
		done = give_password(call, ata_security_unlock, ret);
	if (done > 0 && (security & SECURITY_ENABLED))
		done = give_password(call, ata_security_disable, ret);
	return done > 0 ? identify(call, ret, &security) : done;
}

const struct erase_method erase_ata_security_enhanced = {
	.technique = TECHNIQUE_ATA_SECURITY_ENHANCED,
	.offer = offer_enhanced,
	.look = look,
	.start = start_enhanced,
	.prove = look,
	.recover = recover,
};

const struct erase_method erase_ata_security_normal = {
	.technique = TECHNIQUE_ATA_SECURITY_NORMAL,
	.offer = offer_normal,
	.look = look,
	.start = start_normal,
	.prove = look,
	.recover = recover,
};
