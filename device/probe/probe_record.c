/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing and, with suspicion, reading the child's answer. */
#include "device/probe/probe_record.h"

#include "base/json.h"
#include "device/probe/hostile_text.h"
#include <errno.h>
#include <string.h>

#define RECORD_MAGIC 0x68707231u /* "hpr1" */

struct record_head {
	uint32_t magic;
	int32_t walked;
	uint32_t count;
	uint32_t truncated;
};

struct record_item {
	struct signature signature; /* its detail is NULL: the text follows */
	uint64_t detail_bytes;      /* 0: none */
};

/* Writing ------------------------------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EIO;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

static int write_item(int fd, const struct signature *signature)
{
	struct record_item item;
	memset(&item, 0, sizeof(item)); /* the gaps as well */
	item.signature = *signature;
	item.signature.detail = NULL;
	item.detail_bytes = signature->detail ? strlen(signature->detail) : 0;
	int result = write_all(fd, &item, sizeof(item));
	if (result == 0 && signature->detail)
		result = write_all(fd, signature->detail, item.detail_bytes);
	return result;
}

int probe_record_write(int fd, int walked, const struct signature_list *list)
{
	const struct record_head head = {
		.magic = RECORD_MAGIC,
		.walked = walked,
		.count = walked == 0 ? (uint32_t)list->count : 0,
		.truncated = walked == 0 && list->truncated,
	};
	int result = write_all(fd, &head, sizeof(head));
	for (size_t i = 0; i < head.count && result == 0; i++)
		result = write_item(fd, &list->items[i]);
	return result;
}

/* Reading ------------------------------------------------------------------------------------- */

struct reader {
	const char *at;
	size_t left;
};

static bool take(struct reader *reader, void *ret, size_t length)
{
	if (length > reader->left)
		return false;
	memcpy(ret, reader->at, length);
	reader->at += length;
	reader->left -= length;
	return true;
}

/* Would cleaning it change it? */
static int check_clean(const char *text, size_t length)
{
	AUTO_FREE char *clean = malloc(4 * length + 1);
	if (!clean)
		return -ENOMEM;
	hostile_text_clean(text, length, clean, 4 * length + 1);
	return strlen(clean) == length && memcmp(clean, text, length) == 0 ? 0 : -EBADMSG;
}

static int check_field(const char *text, size_t size)
{
	size_t length = strnlen(text, size);
	return length == size ? -EBADMSG : check_clean(text, length);
}

/* Not deeper than json_parse lets pass. */
static int check_strings(const json_t *value)
{
	int result = 0;
	const char *key;
	json_t *member;
	if (json_is_string(value))
		result = check_clean(json_string_value(value), json_string_length(value));
	for (size_t i = 0; i < json_array_size(value) && result == 0; i++)
		result = check_strings(json_array_get(value, i));
	json_object_foreach ((json_t *)(uintptr_t)value, key, member) {
		if (result == 0)
			result = check_strings(member);
	}
	return result;
}

static int check_detail(const char *text, size_t length)
{
	AUTO_JSON json_t *detail = NULL;
	int result = json_parse_canonical(text, length, "detail", &detail, NULL);
	if (result < 0)
		return result == -ENOMEM ? result : -EBADMSG;
	return json_is_object(detail) ? check_strings(detail) : -EBADMSG;
}

static int check_signature(const struct signature *signature)
{
	bool magic_fits = signature->magic_offset_bytes <= INT64_MAX ||
			  signature->magic_offset_bytes == UINT64_MAX;
	if (signature->usage > SIGNATURE_PARTITION || signature->offset_bytes > INT64_MAX ||
		signature->length_bytes > INT64_MAX || !magic_fits || signature->detail)
		return -EBADMSG;
	int result = check_field(signature->type, sizeof(signature->type));
	if (result == 0)
		result = check_field(signature->uuid, sizeof(signature->uuid));
	if (result == 0)
		result = check_field(signature->label, sizeof(signature->label));
	return result;
}

static int read_item(struct reader *reader, struct signature *ret)
{
	struct record_item item;
	if (!take(reader, &item, sizeof(item)) || item.detail_bytes > reader->left)
		return -EBADMSG;
	int result = check_signature(&item.signature);
	if (result == 0 && item.detail_bytes > 0)
		result = check_detail(reader->at, item.detail_bytes);
	if (result < 0)
		return result;
	if (item.detail_bytes > 0) {
		item.signature.detail = strndup(reader->at, item.detail_bytes);
		if (!item.signature.detail)
			return -ENOMEM;
	}
	reader->at += item.detail_bytes;
	reader->left -= item.detail_bytes;
	*ret = item.signature;
	return 0;
}

static int read_items(
	struct reader *reader, const struct record_head *head, struct signature_list *ret)
{
	AUTO_SIGNATURES struct signature_list list = { .truncated = head->truncated != 0 };
	if (head->count > 0)
		list.items = calloc(head->count, sizeof(*list.items));
	if (head->count > 0 && !list.items)
		return -ENOMEM;
	for (; list.count < head->count; list.count++) {
		int result = read_item(reader, &list.items[list.count]);
		if (result < 0)
			return result;
	}
	if (reader->left > 0)
		return -EBADMSG;
	*ret = list;
	list = (struct signature_list){ 0 };
	return 0;
}

int probe_record_read(const struct buffer *answer, int *ret_walked, struct signature_list *ret)
{
	struct reader reader = { answer->data, answer->length };
	struct record_head head;
	if (!take(&reader, &head, sizeof(head)) || head.magic != RECORD_MAGIC || head.walked > 0 ||
		head.walked < -4095 || head.count > SIGNATURES_MAX || head.truncated > 1)
		return -EBADMSG;
	if (head.walked < 0 && (head.count > 0 || reader.left > 0))
		return -EBADMSG;
	int result = head.walked == 0 ? read_items(&reader, &head, ret) : 0;
	if (result == 0)
		*ret_walked = head.walked;
	return result;
}
