/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS headers: version 1 (LUKS On-Disk Format Specification 1.2.3) and 2 (LUKS2 On-Disk Format
 * Specification 1.1). Of keyslots only their number is told; salts, digests and key material are not
 * even looked at. */
#include "device/probe/detail.h"

#include "base/digest.h"
#include "device/probe/bytes.h"
#include <errno.h>
#include <stdio.h>

#define SECTOR UINT64_C(512)

/* Version 1 ----------------------------------------------------------------------------------- */

#define LUKS1_BYTES 592
#define LUKS1_CIPHER 8
#define LUKS1_MODE 40
#define LUKS1_PAYLOAD 104 /* u32, in sectors; 0: the header is on another device than the data */
#define LUKS1_KEY_BYTES 108
#define LUKS1_UUID 168
#define LUKS1_SLOTS 208
#define LUKS1_SLOT_BYTES 48
#define LUKS1_SLOT_COUNT 8
#define LUKS1_SLOT_ACTIVE 0x00ac71f3u

/* Where the last keyslot ends: all of it is one header, also without data behind it. */
static uint64_t luks1_header_bytes(const uint8_t *header)
{
	uint64_t end = LUKS1_BYTES;
	uint64_t key_bytes = be32_at(header + LUKS1_KEY_BYTES);
	for (size_t i = 0; i < LUKS1_SLOT_COUNT; i++) {
		const uint8_t *slot = header + LUKS1_SLOTS + i * LUKS1_SLOT_BYTES;
		uint64_t start = be32_at(slot + 40) * SECTOR;
		end = MAX(end, start + key_bytes * (be32_at(slot + 44) & 0xffff));
	}
	return MAX((end + SECTOR - 1) / SECTOR * SECTOR, be32_at(header + LUKS1_PAYLOAD) * SECTOR);
}

static int luks1_put_cipher(json_t *ret, const uint8_t *header)
{
	char cipher[80];
	(void)snprintf(cipher, sizeof(cipher), "%.32s-%.32s", (const char *)header + LUKS1_CIPHER,
		(const char *)header + LUKS1_MODE);
	return detail_put_text(ret, "cipher", cipher, strlen(cipher));
}

static int read_1(const struct device_area *area, uint64_t magic, json_t *ret)
{
	uint8_t header[LUKS1_BYTES];
	json_int_t slots = 0;
	int result = device_area_read(area, magic, header, sizeof(header));
	if (result < 0)
		return result;
	for (size_t i = 0; i < LUKS1_SLOT_COUNT; i++)
		slots += be32_at(header + LUKS1_SLOTS + i * LUKS1_SLOT_BYTES) == LUKS1_SLOT_ACTIVE;
	if (json_put_integer(ret, "version", 1) < 0 ||
		detail_put_text(ret, "uuid", header + LUKS1_UUID, 36) < 0 ||
		json_put_string(ret, "label", "") < 0 ||
		json_put_string(ret, "subsystem", "") < 0 || luks1_put_cipher(ret, header) < 0 ||
		json_put_integer(ret, "keyslots", slots) < 0 ||
		json_put(ret, "tokens", json_array()) < 0 ||
		detail_put_number(
			ret, "data_offset_bytes", be32_at(header + LUKS1_PAYLOAD) * SECTOR) < 0 ||
		json_put_integer(ret, "secondary_header", 0) < 0 ||
		detail_put_number(ret, "header_bytes", luks1_header_bytes(header)) < 0)
		return -ENOMEM;
	return 0;
}

/* Version 2 ----------------------------------------------------------------------------------- */

#define LUKS2_BYTES 4096 /* of the binary header; JSON follows */
#define LUKS2_SIZE 8     /* u64: of both */
#define LUKS2_LABEL 24
#define LUKS2_CHECKSUM_NAME 72
#define LUKS2_UUID 168
#define LUKS2_SUBSYSTEM 208
#define LUKS2_OFFSET 256 /* u64: of this header on the device */
#define LUKS2_CHECKSUM 448
#define LUKS2_CHECKSUM_BYTES 64
#define LUKS2_MAX_BYTES (4 * MIB)
#define TOKEN_TEXT_MAX (64 * KIB)

static const uint8_t magic_first[] = { 'L', 'U', 'K', 'S', 0xba, 0xbe };
static const uint8_t magic_second[] = { 'S', 'K', 'U', 'L', 0xba, 0xbe };

/* header: all of it. The checksum counts as zeros. */
static int check_sum(uint8_t *header, size_t length, json_t *ret)
{
	uint8_t expected[LUKS2_CHECKSUM_BYTES], digest[SHA256_BYTES];
	if (memcmp(header + LUKS2_CHECKSUM_NAME, "sha256", sizeof("sha256")) != 0)
		return detail_problem(ret, "unchecked");
	memcpy(expected, header + LUKS2_CHECKSUM, sizeof(expected));
	memset(header + LUKS2_CHECKSUM, 0, sizeof(expected));
	int result = digest_sha256_alone(header, length, digest);
	if (result < 0)
		return detail_problem(ret, "unchecked");
	return memcmp(digest, expected, sizeof(digest)) == 0 ? 0 : detail_problem(ret, "checksum");
}

/* Numbers that need 64 bits are strings of digits in this JSON. 0: none, or "dynamic". */
static uint64_t number_of(const json_t *value)
{
	const char *text = json_string_value(value);
	uint64_t number = 0;
	for (; text && *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
			__builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return UINT64_MAX;
	return number;
}

static int put_string(json_t *to, const char *key, const json_t *string)
{
	const char *text = json_string_value(string);
	return detail_put_text(to, key, text ? text : "", text ? strlen(text) : 0);
}

/* Data begins with the first segment; a reencryption makes more than one. */
static int put_segment(json_t *ret, const json_t *json)
{
	const json_t *segments = json_object_get(json, "segments");
	const json_t *first = json_object_get(segments, "0"), *segment;
	const char *name;
	uint64_t offset = first ? number_of(json_object_get(first, "offset")) : UINT64_MAX;
	json_object_foreach ((json_t *)(uintptr_t)segments, name, segment) {
		uint64_t other = number_of(json_object_get(segment, "offset"));
		if (!first || other < offset)
			offset = MIN(offset, other);
		if (!first)
			first = segment;
	}
	if (put_string(ret, "cipher", json_object_get(first, "encryption")) < 0)
		return -ENOMEM;
	return detail_put_number(ret, "data_offset_bytes", first ? offset : 0);
}

static int put_token_keyslots(json_t *to, const json_t *token)
{
	json_t *array = json_array();
	const json_t *keyslots = json_object_get(token, "keyslots");
	int result = json_put(to, "keyslots", array);
	for (size_t i = 0; i < MIN(json_array_size(keyslots), (size_t)64) && result == 0; i++) {
		uint64_t number = number_of(json_array_get(keyslots, i));
		result = json_push(array, json_integer((json_int_t)MIN(number, UINT64_C(255))));
	}
	return result;
}

/* Tokens of our own are given whole: they say whose volume it is. Others may hold what unlocks. */
static int put_token_text(json_t *ret, json_t *to, const char *type, const json_t *token)
{
	if (strncmp(type, "haiki", 5) != 0)
		return 0;
	char *text = json_dumps(token, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	int result = text ? 0 : -ENOMEM;
	if (text && strlen(text) > TOKEN_TEXT_MAX)
		result = detail_problem(ret, "cut");
	else if (text)
		result = json_put_string(to, "text", text);
	free(text);
	return result;
}

static int put_tokens(json_t *ret, const json_t *json)
{
	json_t *tokens = json_array();
	const json_t *from = json_object_get(json, "tokens"), *token;
	const char *name;
	int result = json_put(ret, "tokens", tokens);
	json_object_foreach ((json_t *)(uintptr_t)from, name, token) {
		const char *type = json_string_value(json_object_get(token, "type"));
		json_t *to = json_object();
		if (result == 0)
			result = json_push(tokens, to);
		else
			json_decref(to);
		if (result == 0)
			result = put_string(to, "type", json_object_get(token, "type"));
		if (result == 0)
			result = put_token_keyslots(to, token);
		if (result == 0)
			result = put_token_text(ret, to, type ? type : "", token);
	}
	return result;
}

/* The parser calls itself for each level, on the stack. LUKS2 itself has five. */
static bool is_shallow(const char *text, size_t length)
{
	bool in_string = false;
	unsigned depth = 0;
	for (size_t i = 0; i < length && text[i]; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == '{' || text[i] == '[') && ++depth > 64)
			return false;
		else if (!in_string && (text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
	}
	return true;
}

static int put_json(json_t *ret, const char *text, size_t length, uint64_t header_bytes)
{
	json_error_t why;
	if (!is_shallow(text, length))
		return -EBADMSG;
	AUTO_JSON json_t *json = json_loadb(text, strnlen(text, length), JSON_ALLOW_NUL, &why);
	if (!json_is_object(json))
		return -EBADMSG;
	uint64_t keyslots_bytes =
		number_of(json_object_get(json_object_get(json, "config"), "keyslots_size"));
	uint64_t bytes;
	if (__builtin_add_overflow(2 * header_bytes, keyslots_bytes, &bytes))
		bytes = UINT64_MAX;
	int result = put_segment(ret, json);
	if (result == 0)
		result = json_put_integer(ret, "keyslots",
			(json_int_t)json_object_size(json_object_get(json, "keyslots")));
	if (result == 0)
		result = put_tokens(ret, json);
	return result < 0 ? result : detail_put_number(ret, "header_bytes", bytes);
}

static int read_2(const struct device_area *area, uint64_t magic, bool secondary, json_t *ret)
{
	uint8_t start[LUKS2_BYTES];
	int result = device_area_read(area, magic, start, sizeof(start));
	if (result < 0)
		return result;
	if (json_put_integer(ret, "version", 2) < 0 ||
		detail_put_text(ret, "uuid", start + LUKS2_UUID, 40) < 0 ||
		detail_put_text(ret, "label", start + LUKS2_LABEL, 48) < 0 ||
		detail_put_text(ret, "subsystem", start + LUKS2_SUBSYSTEM, 48) < 0 ||
		json_put_integer(ret, "secondary_header", secondary) < 0)
		return -ENOMEM;
	uint64_t length = be64_at(start + LUKS2_SIZE);
	if (length <= LUKS2_BYTES || length > LUKS2_MAX_BYTES)
		return -EBADMSG;
	AUTO_FREE uint8_t *header = malloc(length);
	if (!header)
		return -ENOMEM;
	result = device_area_read(area, magic, header, length);
	if (result == 0)
		result = check_sum(header, length, ret);
	if (result < 0)
		return result;
	return put_json(
		ret, (const char *)header + LUKS2_BYTES, (size_t)length - LUKS2_BYTES, length);
}

int detail_luks(const struct device_area *area, uint64_t magic, json_t *ret)
{
	uint8_t start[8];
	int result = device_area_read(area, magic, start, sizeof(start));
	if (result < 0)
		return result;
	bool second = memcmp(start, magic_second, sizeof(magic_second)) == 0;
	if (!second && memcmp(start, magic_first, sizeof(magic_first)) != 0)
		return -EBADMSG;
	switch (be16_at(start + 6)) {
	case 1:
		return second ? -EBADMSG : read_1(area, magic, ret);
	case 2:
		return read_2(area, magic, second, ret);
	default:
		return -EBADMSG;
	}
}
