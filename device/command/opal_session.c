/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets, sessions and methods (TCG Core 2.01 3.2.3, 5.2.3.1 StartSession). */
#include "device/command/opal_session.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

/* A ComPacket of 20 bytes holds a Packet of 24, which holds a SubPacket of 12. */
#define COM_PACKET_BYTES 20
#define PACKET_BYTES 24
#define SUB_PACKET_BYTES 12
#define HEADERS_BYTES (COM_PACKET_BYTES + PACKET_BYTES + SUB_PACKET_BYTES)
#define HOST_SESSION_NUMBER 0x48 /* any */
#define POLL_MS 20
#define STATUS_LAST 0x3f

static const uint8_t session_manager[OPAL_UID_BYTES] = { [7] = 0xff };
static const uint8_t start_session[OPAL_UID_BYTES] = { [6] = 0xff, 0x02 };
static const uint8_t sync_session[OPAL_UID_BYTES] = { [6] = 0xff, 0x03 };

static void put_32(uint8_t *to, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* ---- frames ---- */

static struct opal_writer begin_frame(struct opal_session *session)
{
	memset(session->frame, 0, sizeof(session->frame));
	return (struct opal_writer){ .bytes = session->frame + HEADERS_BYTES,
		.size = sizeof(session->frame) - HEADERS_BYTES };
}

/* The lengths around what was written; whole blocks of 512 bytes are sent. */
static int send_frame(struct opal_session *session, const struct opal_writer *writer)
{
	if (writer->overflow)
		return -EINVAL;
	uint8_t *com_packet = session->frame, *packet = com_packet + COM_PACKET_BYTES;
	uint8_t *sub_packet = packet + PACKET_BYTES;
	uint32_t length = (uint32_t)writer->used, padded = (length + 3) & ~3U;
	com_packet[4] = (uint8_t)(session->com_id >> 8);
	com_packet[5] = (uint8_t)session->com_id;
	put_32(com_packet + 16, PACKET_BYTES + SUB_PACKET_BYTES + padded);
	put_32(packet, session->drive_number);
	put_32(packet + 4, session->open ? session->host_number : 0);
	put_32(packet + 20, SUB_PACKET_BYTES + padded);
	put_32(sub_packet + 8, length);
	uint32_t whole = (HEADERS_BYTES + padded + 511) & ~511U;
	int r = session->transport->send(
		session->transport, session->com_id, session->frame, whole);
	OPENSSL_cleanse(session->frame, sizeof(session->frame));
	return r < 0 ? r : 0;
}

static void pause_ms(unsigned milliseconds)
{
	struct timespec time = { .tv_sec = milliseconds / 1000,
		.tv_nsec = (long)(milliseconds % 1000) * 1000000 };
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

/* Until the drive has something for us: a length of 0 with data outstanding means later. */
static int wait_for_frame(struct opal_session *session, size_t *ret_bytes)
{
	uint32_t patience_ms = session->transport->patience_ms ? session->transport->patience_ms
							       : OPAL_PATIENCE_MS;
	for (uint32_t waited_ms = 0; waited_ms <= patience_ms; waited_ms += POLL_MS) {
		memset(session->frame, 0, sizeof(session->frame));
		int got = session->transport->receive(session->transport, session->com_id,
			session->frame, sizeof(session->frame));
		if (got < 0)
			return got;
		if (got < COM_PACKET_BYTES || (size_t)got > sizeof(session->frame))
			return -EBADMSG;
		if (get_32(session->frame + 16) > 0) {
			*ret_bytes = (size_t)got;
			return 0;
		}
		if (get_32(session->frame + 8) == 0)
			return -ENODATA;
		pause_ms(POLL_MS);
	}
	return -ETIMEDOUT;
}

/* Each length within the one around it, for our ComID and our session. */
static int open_frame(struct opal_session *session, size_t bytes)
{
	const uint8_t *com_packet = session->frame, *packet = com_packet + COM_PACKET_BYTES;
	const uint8_t *sub_packet = packet + PACKET_BYTES;
	uint32_t outer = get_32(com_packet + 16);
	if (bytes < HEADERS_BYTES || outer > bytes - COM_PACKET_BYTES ||
		outer < PACKET_BYTES + SUB_PACKET_BYTES)
		return -EBADMSG;
	uint32_t middle = get_32(packet + 20), inner = get_32(sub_packet + 8);
	if (middle > outer - PACKET_BYTES || middle < SUB_PACKET_BYTES ||
		inner > middle - SUB_PACKET_BYTES)
		return -EBADMSG;
	if ((com_packet[4] << 8 | com_packet[5]) != session->com_id || sub_packet[6] != 0 ||
		sub_packet[7] != 0)
		return -EBADMSG;
	if (session->open && (get_32(packet) != session->drive_number ||
				     get_32(packet + 4) != session->host_number))
		return -EBADMSG;
	const uint8_t *payload = session->frame + HEADERS_BYTES;
	session->results = (struct opal_reader){ .at = payload, .end = payload + inner };
	return 0;
}

static int exchange(struct opal_session *session, const struct opal_writer *writer)
{
	size_t bytes = 0;
	int r = send_frame(session, writer);
	if (r == 0)
		r = wait_for_frame(session, &bytes);
	return r < 0 ? r : open_frame(session, bytes);
}

/* Behind the results: end of data, and a list of the status and two numbers that say nothing. */
static int read_status(const struct opal_session *session, uint8_t *ret_status)
{
	struct opal_reader reader = session->results;
	uint64_t status, reserved;
	if (!opal_skip_to_end_of_data(&reader) || !opal_take_token(&reader, TOKEN_START_LIST) ||
		!opal_take_number(&reader, &status) || !opal_take_number(&reader, &reserved) ||
		!opal_take_number(&reader, &reserved) || !opal_take_token(&reader, TOKEN_END_LIST))
		return -EBADMSG;
	if (status > STATUS_LAST)
		return -EBADMSG;
	*ret_status = (uint8_t)status;
	return 0;
}

static void put_end(struct opal_writer *writer)
{
	opal_put_token(writer, TOKEN_END_OF_DATA);
	opal_put_token(writer, TOKEN_START_LIST);
	for (size_t i = 0; i < 3; i++)
		opal_put_number(writer, 0);
	opal_put_token(writer, TOKEN_END_LIST);
}

/* ---- sessions ---- */

static void put_named_bytes(
	struct opal_writer *writer, uint32_t name, const void *bytes, size_t count)
{
	opal_put_token(writer, TOKEN_START_NAME);
	opal_put_number(writer, name);
	opal_put_bytes(writer, bytes, count);
	opal_put_token(writer, TOKEN_END_NAME);
}

/* SyncSession [ HostSessionID, SPSessionID, … ] */
static int take_numbers(struct opal_session *session)
{
	uint8_t object[OPAL_UID_BYTES], method[OPAL_UID_BYTES];
	struct opal_reader *reader = &session->results;
	uint64_t host, drive;
	if (!opal_take_token(reader, TOKEN_CALL) ||
		!opal_take_bytes(reader, object, sizeof(object)) ||
		!opal_take_bytes(reader, method, sizeof(method)) ||
		memcmp(object, session_manager, sizeof(object)) != 0 ||
		memcmp(method, sync_session, sizeof(method)) != 0 ||
		!opal_take_token(reader, TOKEN_START_LIST) || !opal_take_number(reader, &host) ||
		!opal_take_number(reader, &drive))
		return -EBADMSG;
	if (host != HOST_SESSION_NUMBER || drive == 0 || drive > UINT32_MAX)
		return -EBADMSG;
	session->host_number = HOST_SESSION_NUMBER;
	session->drive_number = (uint32_t)drive;
	session->open = true;
	return 0;
}

int opal_session_start(struct opal_session *session, const uint8_t *provider,
	const uint8_t *authority, const char *credential, uint8_t *ret_status)
{
	uint8_t status;
	struct opal_writer writer = begin_frame(session);
	session->open = false;
	session->drive_number = 0;
	opal_put_token(&writer, TOKEN_CALL);
	opal_put_bytes(&writer, session_manager, OPAL_UID_BYTES);
	opal_put_bytes(&writer, start_session, OPAL_UID_BYTES);
	opal_put_token(&writer, TOKEN_START_LIST);
	opal_put_number(&writer, HOST_SESSION_NUMBER);
	opal_put_bytes(&writer, provider, OPAL_UID_BYTES);
	opal_put_number(&writer, 1);                                 /* Write */
	put_named_bytes(&writer, 0, credential, strlen(credential)); /* HostChallenge */
	put_named_bytes(&writer, 3, authority, OPAL_UID_BYTES);      /* HostSigningAuthority */
	opal_put_token(&writer, TOKEN_END_LIST);
	put_end(&writer);
	int r = exchange(session, &writer);
	if (r == 0)
		r = read_status(session, &status);
	if (r == 0 && status == 0)
		r = take_numbers(session);
	if (r == 0)
		*ret_status = status;
	return r;
}

int opal_session_call(struct opal_session *session, const uint8_t *object, const uint8_t *method,
	const uint8_t *arguments, size_t argument_bytes, uint8_t *ret_status)
{
	struct opal_writer writer = begin_frame(session);
	opal_put_token(&writer, TOKEN_CALL);
	opal_put_bytes(&writer, object, OPAL_UID_BYTES);
	opal_put_bytes(&writer, method, OPAL_UID_BYTES);
	opal_put_token(&writer, TOKEN_START_LIST);
	if (argument_bytes > writer.size - writer.used)
		return -EINVAL;
	if (argument_bytes > 0)
		memcpy(writer.bytes + writer.used, arguments, argument_bytes);
	writer.used += argument_bytes;
	opal_put_token(&writer, TOKEN_END_LIST);
	put_end(&writer);
	int r = exchange(session, &writer);
	return r < 0 ? r : read_status(session, ret_status);
}

void opal_session_end(struct opal_session *session)
{
	if (session->open) {
		struct opal_writer writer = begin_frame(session);
		opal_put_token(&writer, TOKEN_END_OF_SESSION);
		(void)exchange(session, &writer); /* what was done is done */
	}
	session->open = false;
	OPENSSL_cleanse(session->frame, sizeof(session->frame));
}
