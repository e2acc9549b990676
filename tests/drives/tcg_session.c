/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG packets and sessions: one at a time, opened by an authority and its credential. */
#include "tcg_parts.h"

#include <string.h>

#define HEADERS_BYTES 56 /* ComPacket 20, Packet 24, SubPacket 12 */
#define WRONG_PSIDS_MAX 5

enum {
	START_LIST = 0xf0,
	END_LIST = 0xf1,
	START_NAME = 0xf2,
	END_NAME = 0xf3,
	CALL = 0xf8,
	END_OF_DATA = 0xf9,
	END_OF_SESSION = 0xfa,
};

/* ---- tokens ---- */

bool tcg_token(struct tcg_cursor *cursor, uint8_t token)
{
	while (cursor->at < cursor->end && *cursor->at == 0xff)
		cursor->at++;
	if (cursor->bad || cursor->at == cursor->end || *cursor->at != token)
		return false;
	cursor->at++;
	return true;
}

/* Short and medium atoms: kind bits, and where the content begins. */
static const uint8_t *atom(struct tcg_cursor *cursor, bool bytes, size_t *ret_length)
{
	const uint8_t *at = cursor->at;
	size_t left = cursor->bad ? 0 : (size_t)(cursor->end - at);
	size_t header = 0, length = 0;
	if (left >= 1 && (at[0] & 0xf0) == (bytes ? 0xa0 : 0x80)) {
		header = 1;
		length = at[0] & 0x0f;
	} else if (left >= 2 && (at[0] & 0xf8) == (bytes ? 0xd0 : 0xc0)) {
		header = 2;
		length = (size_t)(at[0] & 7) << 8 | at[1];
	}
	if (header == 0 || header + length > left) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at += header + length;
	*ret_length = length;
	return at + header;
}

uint64_t tcg_number(struct tcg_cursor *cursor)
{
	size_t length;
	if (!cursor->bad && cursor->at < cursor->end && *cursor->at < 0x40)
		return *cursor->at++;
	const uint8_t *content = atom(cursor, false, &length);
	if (!content || length > 8) {
		cursor->bad = true;
		return 0;
	}
	return get_be(content, length);
}

const uint8_t *tcg_bytes(struct tcg_cursor *cursor, size_t *ret_length)
{
	return atom(cursor, true, ret_length);
}

const uint8_t *tcg_uid(struct tcg_cursor *cursor)
{
	size_t length;
	const uint8_t *uid = atom(cursor, true, &length);
	if (uid && length == TCG_UID_BYTES)
		return uid;
	cursor->bad = true;
	return NULL;
}

void tcg_put(struct tcg_text *text, uint8_t token)
{
	if (text->used < sizeof(text->bytes))
		text->bytes[text->used++] = token;
}

void tcg_put_number(struct tcg_text *text, uint32_t number)
{
	if (number >= 0x40) {
		tcg_put(text, 0x84);
		for (int shift = 24; shift > 0; shift -= 8)
			tcg_put(text, (uint8_t)(number >> shift));
	}
	tcg_put(text, (uint8_t)number);
}

void tcg_put_bytes(struct tcg_text *text, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;
	if (count < 16) {
		tcg_put(text, (uint8_t)(0xa0 | count));
	} else {
		tcg_put(text, (uint8_t)(0xd0 | count >> 8));
		tcg_put(text, (uint8_t)count);
	}
	for (size_t i = 0; i < count; i++)
		tcg_put(text, at[i]);
}

/* ---- what goes back ---- */

static void put_status(struct tcg_text *text, unsigned status)
{
	tcg_put(text, END_OF_DATA);
	tcg_put(text, START_LIST);
	tcg_put_number(text, status);
	tcg_put(text, 0);
	tcg_put(text, 0);
	tcg_put(text, END_LIST);
}

static void answer(struct tcg *tcg, const struct tcg_text *text, bool of_session)
{
	uint8_t *frame = tcg->answer;
	size_t padded = (text->used + 3) & ~(size_t)3;
	memset(frame, 0, sizeof(tcg->answer));
	put_be(frame + 4, TCG_COM_ID, 2);
	put_be(frame + 16, 36 + padded, 4);
	if (of_session) {
		put_be(frame + 20, tcg->drive_number, 4);
		put_be(frame + 24, tcg->host_number, 4);
	}
	put_be(frame + 40, 12 + padded, 4);
	put_be(frame + 52, text->used, 4);
	memcpy(frame + HEADERS_BYTES, text->bytes, text->used);
	tcg->answers = true;
}

/* ---- StartSession, Properties ---- */

static bool same_uid(const uint8_t *uid, uint64_t value)
{
	return uid && get_be(uid, TCG_UID_BYTES) == value;
}

static bool is_credential(const uint8_t *given, size_t length, const char *right)
{
	return given && length == strlen(right) && memcmp(given, right, length) == 0;
}

/* What was locked by nobody that we know of was locked by a credential that nobody knows. */
static bool is_owners(const struct model *model, const uint8_t *given, size_t length)
{
	const char *owner = model->tcg.owner;
	return (owner[0] || !model->locked) &&
	       is_credential(given, length, owner[0] ? owner : TCG_MSID);
}

static unsigned check_psid(struct tcg *tcg, const uint8_t *given, size_t length)
{
	if (tcg->wrong_psids >= WRONG_PSIDS_MAX)
		return TCG_LOCKED_OUT;
	if (!is_credential(given, length, TCG_PSID)) {
		tcg->wrong_psids++;
		return TCG_NOT_AUTHORIZED;
	}
	tcg->wrong_psids = 0;
	tcg->authority = TCG_PSID_AUTHORITY;
	return TCG_SUCCESS;
}

/* SID and PSID are authorities of the Admin SP, Admin1 of the Locking SP. */
static unsigned authenticate(
	struct model *model, const uint8_t *authority, const uint8_t *given, size_t length)
{
	struct tcg *tcg = &model->tcg;
	bool is_owner = is_owners(model, given, length);
	bool is_admin = tcg->provider == TCG_ADMIN_PROVIDER;
	if (!authority)
		return TCG_SUCCESS;
	if (is_admin && same_uid(authority, 0x000000090001ff01))
		return check_psid(tcg, given, length);
	if (is_admin && same_uid(authority, 0x0000000900000006)) {
		if (!is_owner || tcg->sid_blocked)
			return TCG_NOT_AUTHORIZED;
		tcg->authority = TCG_SID;
		return TCG_SUCCESS;
	}
	if (!is_admin && same_uid(authority, 0x0000000900010001)) {
		tcg->authority = TCG_ADMIN_1;
		return is_owner ? TCG_SUCCESS : TCG_NOT_AUTHORIZED;
	}
	return TCG_INVALID_PARAMETER;
}

static unsigned open_session(
	struct model *model, struct tcg_cursor *arguments, struct tcg_text *results)
{
	struct tcg *tcg = &model->tcg;
	const uint8_t *given = NULL, *authority = NULL;
	size_t length = 0;
	uint32_t host = (uint32_t)tcg_number(arguments);
	const uint8_t *provider = tcg_uid(arguments);
	(void)tcg_number(arguments); /* Write */
	while (tcg_token(arguments, START_NAME)) {
		if (tcg_token(arguments, 0))
			given = tcg_bytes(arguments, &length);
		else if (tcg_token(arguments, 3))
			authority = tcg_uid(arguments);
		else
			return TCG_INVALID_PARAMETER;
		if (!tcg_token(arguments, END_NAME))
			return TCG_INVALID_PARAMETER;
	}
	bool is_locking = same_uid(provider, 0x0000020500000002);
	if (arguments->bad || (!is_locking && !same_uid(provider, 0x0000020500000001)) ||
		(is_locking && !tcg->active))
		return TCG_INVALID_PARAMETER;
	if (model->conduct->frozen)
		return TCG_SP_FROZEN;
	if (tcg->open)
		return TCG_NO_SESSIONS;
	tcg->provider = is_locking ? TCG_LOCKING_PROVIDER : TCG_ADMIN_PROVIDER;
	tcg->authority = TCG_ANYBODY;
	unsigned status = authenticate(model, authority, given, length);
	if (status != TCG_SUCCESS)
		return status;
	tcg->host_number = host;
	tcg->drive_number++;
	tcg->open = true;
	tcg_put_number(results, host);
	tcg_put_number(results, tcg->drive_number);
	return TCG_SUCCESS;
}

static unsigned tell_properties(struct tcg_text *results)
{
	static const struct {
		const char *name;
		uint32_t value;
	} properties[] = { { "MaxComPacketSize", TCG_FRAME_BYTES },
		{ "MaxPacketSize", TCG_FRAME_BYTES - 20 },
		{ "MaxIndTokenSize", TCG_FRAME_BYTES - HEADERS_BYTES }, { "MaxSessions", 1 } };
	tcg_put(results, START_LIST);
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		tcg_put(results, START_NAME);
		tcg_put_bytes(results, properties[i].name, strlen(properties[i].name));
		tcg_put_number(results, properties[i].value);
		tcg_put(results, END_NAME);
	}
	tcg_put(results, END_LIST);
	return TCG_SUCCESS;
}

/* The session manager answers by a call of its own. */
static void manage(struct model *model, const uint8_t *method, struct tcg_cursor *arguments)
{
	static const uint8_t manager[TCG_UID_BYTES] = { [7] = 0xff };
	uint8_t reply[TCG_UID_BYTES] = { [6] = 0xff };
	struct tcg_text results = { .used = 0 }, text = { .used = 0 };
	unsigned status = TCG_INVALID_PARAMETER;
	if (same_uid(method, 0xff02)) {
		status = open_session(model, arguments, &results);
		reply[7] = 0x03; /* SyncSession */
	} else if (same_uid(method, 0xff01)) {
		status = tell_properties(&results);
		reply[7] = 0x01;
	}
	tcg_put(&text, CALL);
	tcg_put_bytes(&text, manager, sizeof(manager));
	tcg_put_bytes(&text, reply, sizeof(reply));
	tcg_put(&text, START_LIST);
	for (size_t i = 0; i < results.used; i++)
		tcg_put(&text, results.bytes[i]);
	tcg_put(&text, END_LIST);
	put_status(&text, status);
	answer(&model->tcg, &text, false);
}

/* ---- frames ---- */

static void call(struct model *model, const uint8_t *object, const uint8_t *method,
	struct tcg_cursor *arguments)
{
	struct tcg_text results = { .used = 0 }, text = { .used = 0 };
	unsigned status = tcg_invoke(model, object, method, arguments, &results);
	model->tcg.silent = status == TCG_NO_STATUS;
	if (model->tcg.silent)
		return;
	tcg_put(&text, START_LIST);
	for (size_t i = 0; i < results.used && status == TCG_SUCCESS; i++)
		tcg_put(&text, results.bytes[i]);
	tcg_put(&text, END_LIST);
	put_status(&text, status);
	answer(&model->tcg, &text, true);
}

static void take_payload(struct model *model, struct tcg_cursor cursor, bool of_session)
{
	struct tcg *tcg = &model->tcg;
	if (of_session && tcg_token(&cursor, END_OF_SESSION)) {
		struct tcg_text text = { .used = 0 };
		tcg_put(&text, END_OF_SESSION);
		answer(tcg, &text, true);
		tcg->open = false;
		return;
	}
	if (!tcg_token(&cursor, CALL))
		return;
	const uint8_t *object = tcg_uid(&cursor), *method = tcg_uid(&cursor);
	if (!object || !method || !tcg_token(&cursor, START_LIST))
		return;
	if (of_session)
		call(model, object, method, &cursor);
	else if (same_uid(object, 0xff))
		manage(model, method, &cursor);
}

/* What is not understood is not answered. */
void tcg_take_frame(struct model *model, const uint8_t *data, size_t bytes)
{
	struct tcg *tcg = &model->tcg;
	tcg->answers = tcg->silent = false;
	if (bytes < HEADERS_BYTES || get_be(data + 4, 2) != TCG_COM_ID)
		return;
	uint64_t length = get_be(data + 52, 4), drive = get_be(data + 20, 4);
	if (length > bytes - HEADERS_BYTES)
		return;
	bool of_session = drive != 0;
	if (of_session && (!tcg->open || drive != tcg->drive_number ||
				  get_be(data + 24, 4) != tcg->host_number))
		return;
	const uint8_t *payload = data + HEADERS_BYTES;
	take_payload(
		model, (struct tcg_cursor){ .at = payload, .end = payload + length }, of_session);
}
