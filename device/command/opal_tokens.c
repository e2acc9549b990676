/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens and atoms (TCG Core 2.01 3.2.2.3): tiny, short, medium and long atoms carry numbers and
 * byte sequences; one byte from F0h on is a control token. */
#include "device/command/opal_tokens.h"

#include <string.h>

/* ---- writing ---- */

static void put_byte(struct opal_writer *writer, uint8_t byte)
{
	if (writer->used < writer->size)
		writer->bytes[writer->used++] = byte;
	else
		writer->overflow = true;
}

void opal_put_token(struct opal_writer *writer, enum opal_token token)
{
	put_byte(writer, (uint8_t)token);
}

void opal_put_number(struct opal_writer *writer, uint32_t number)
{
	unsigned bytes = number < 0x100 ? 1 : number < 0x10000 ? 2 : 4;
	if (number < 0x40) {
		put_byte(writer, (uint8_t)number);
		return;
	}
	put_byte(writer, (uint8_t)(0x80 | bytes));
	while (bytes-- > 0)
		put_byte(writer, (uint8_t)(number >> 8 * bytes));
}

void opal_put_bytes(struct opal_writer *writer, const void *bytes, size_t count)
{
	if (count > 2047 || count + 2 > writer->size - writer->used) {
		writer->overflow = true;
		return;
	}
	if (count < 16) {
		put_byte(writer, (uint8_t)(0xa0 | count));
	} else {
		put_byte(writer, (uint8_t)(0xd0 | count >> 8));
		put_byte(writer, (uint8_t)count);
	}
	memcpy(writer->bytes + writer->used, bytes, count);
	writer->used += count;
}

/* ---- reading ---- */

static bool spoil(struct opal_reader *reader)
{
	reader->bad = true;
	return false;
}

bool opal_take_token(struct opal_reader *reader, enum opal_token token)
{
	while (!reader->bad && reader->at < reader->end && *reader->at == TOKEN_EMPTY)
		reader->at++;
	if (reader->bad || reader->at == reader->end || *reader->at != (uint8_t)token)
		return false;
	reader->at++;
	return true;
}

struct atom {
	bool is_bytes, is_signed;
	bool is_tiny;
	const uint8_t *content;
	size_t length;
	uint8_t tiny; /* the number itself */
};

/* The header: how long it is itself, and how long what follows. */
static bool read_header(const struct opal_reader *reader, struct atom *ret, size_t *ret_header)
{
	size_t left = (size_t)(reader->end - reader->at);
	const uint8_t *at = reader->at;
	unsigned kind;
	if (at[0] < 0xc0) {
		kind = at[0] >> 4;
		ret->length = at[0] & 0x0f;
		*ret_header = 1;
	} else if (at[0] < 0xe0 && left >= 2) {
		kind = at[0] >> 3;
		ret->length = (size_t)(at[0] & 0x07) << 8 | at[1];
		*ret_header = 2;
	} else if (at[0] >= 0xe0 && at[0] < 0xe4 && left >= 4) {
		kind = at[0];
		ret->length = (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
		*ret_header = 4;
	} else {
		return false;
	}
	ret->is_bytes = kind & 2;
	ret->is_signed = kind & 1;
	return true;
}

static bool take_atom(struct opal_reader *reader, struct atom *ret)
{
	size_t header = 1;
	*ret = (struct atom){ .is_bytes = false };
	while (!reader->bad && reader->at < reader->end && *reader->at == TOKEN_EMPTY)
		reader->at++;
	if (reader->bad || reader->at == reader->end)
		return spoil(reader);
	if (*reader->at < 0x80) {
		ret->is_tiny = true;
		ret->tiny = *reader->at & 0x3f;
		ret->is_signed = *reader->at & 0x40;
	} else if (!read_header(reader, ret, &header) ||
		   ret->length > (size_t)(reader->end - reader->at) - header) {
		return spoil(reader);
	}
	ret->content = reader->at + header;
	reader->at += header + ret->length;
	return true;
}

bool opal_take_number(struct opal_reader *reader, uint64_t *ret)
{
	struct atom atom;
	if (!take_atom(reader, &atom))
		return false;
	if (atom.is_bytes || atom.is_signed || atom.length > sizeof(*ret) ||
		(!atom.is_tiny && atom.length == 0))
		return spoil(reader);
	uint64_t number = atom.tiny;
	for (size_t i = 0; i < atom.length; i++)
		number = number << 8 | atom.content[i];
	*ret = number;
	return true;
}

bool opal_take_bytes(struct opal_reader *reader, uint8_t *ret, size_t count)
{
	struct atom atom;
	if (!take_atom(reader, &atom))
		return false;
	if (!atom.is_bytes || atom.is_signed || atom.length != count)
		return spoil(reader);
	memcpy(ret, atom.content, count);
	return true;
}

bool opal_skip_to_end_of_data(struct opal_reader *reader)
{
	unsigned depth = 0;
	struct atom ignored;
	while (!reader->bad && reader->at < reader->end) {
		uint8_t next = *reader->at;
		if (next < 0xe4) {
			(void)take_atom(reader, &ignored);
			continue;
		}
		reader->at++;
		if (next == TOKEN_END_OF_DATA && depth == 0)
			return true;
		if (next == TOKEN_START_LIST || next == TOKEN_START_NAME)
			depth++;
		else if ((next == TOKEN_END_LIST || next == TOKEN_END_NAME) && depth-- == 0)
			break;
		else if (next < TOKEN_START_LIST || next == TOKEN_END_OF_DATA ||
			 next == TOKEN_END_OF_SESSION)
			break;
	}
	return spoil(reader);
}
