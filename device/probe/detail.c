/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of formats that say more than their signature, and what their readers share. */
#include "device/probe/detail.h"
#include "device/probe/hostile_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct format {
	const char *type;    /* libblkid's */
	detail_reader *read; /* NULL: the table says all */
	const char *metadata;
};

/* Of RAID that firmware and drivers make, the kind is told, and for the two that Linux assembles
 * their names. */
static const struct format formats[] = {
	{ "LVM2_member", detail_lvm, NULL },
	{ "linux_raid_member", detail_md, NULL },
	{ "crypto_LUKS", detail_luks, NULL },
	{ "isw_raid_member", detail_imsm, "imsm" },
	{ "ddf_raid_member", detail_ddf, "ddf" },
	{ "lsi_mega_raid_member", NULL, "lsi" },
	{ "via_raid_member", NULL, "via" },
	{ "silicon_medley_raid_member", NULL, "silicon-medley" },
	{ "nvidia_raid_member", NULL, "nvidia" },
	{ "promise_fasttrack_raid_member", NULL, "promise-fasttrack" },
	{ "hpt37x_raid_member", NULL, "highpoint-37x" },
	{ "hpt45x_raid_member", NULL, "highpoint-45x" },
	{ "adaptec_raid_member", NULL, "adaptec" },
	{ "jmicron_raid_member", NULL, "jmicron" },
};

static const struct format *find_format(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(type, formats[i].type) == 0)
			return &formats[i];
	return NULL;
}

static int read_format(
	const struct format *format, const struct device_area *area, uint64_t magic, json_t *detail)
{
	int result = 0;
	if (format->metadata)
		result = json_put_string(detail, "metadata", format->metadata);
	if (result == 0 && format->read)
		result = format->read(area, magic, detail);
	if (result == 0 || result == -ENOMEM)
		return result;
	return detail_problem(detail, result == -EBADMSG || result == -ENODATA || result == -EINVAL
					      ? "damaged"
					      : "unreadable");
}

int detail_read(const struct device_area *area, const struct signature *signature, json_t **ret)
{
	const struct format *format = find_format(signature->type);
	if (!format || signature->usage == SIGNATURE_PARTITION) {
		*ret = NULL;
		return 0;
	}
	AUTO_JSON json_t *detail = json_object();
	if (!detail)
		return -ENOMEM;
	uint64_t magic = 0;
	if (signature->magic_offset_bytes != UINT64_MAX &&
		signature->magic_offset_bytes >= area->start_bytes)
		magic = signature->magic_offset_bytes - area->start_bytes;
	int result = read_format(format, area, magic, detail);
	if (result < 0)
		return result;
	*ret = detail;
	detail = NULL;
	return 0;
}

int detail_problem(json_t *object, const char *word)
{
	return json_has(object, "problem") ? 0 : json_put_string(object, "problem", word);
}

static json_t *make_text(json_t *object, const void *text, size_t length)
{
	char clean[DETAIL_TEXT_MAX * 4 + 1]; /* a byte that is no UTF-8 is spelled by four */
	length = strnlen(text, length);      /* what was there before may stand behind a NUL */
	if (length > DETAIL_TEXT_MAX && detail_problem(object, "cut") < 0)
		return NULL;
	hostile_text_clean(text, MIN(length, (size_t)DETAIL_TEXT_MAX), clean, sizeof(clean));
	return json_string(clean);
}

int detail_put_text(json_t *object, const char *key, const void *text, size_t length)
{
	return json_put(object, key, make_text(object, text, length));
}

int detail_push_text(json_t *object, json_t *array, const void *text, size_t length)
{
	return json_push(array, make_text(object, text, length));
}

int detail_put_number(json_t *object, const char *key, uint64_t number)
{
	if (number > INT64_MAX && detail_problem(object, "damaged") < 0)
		return -ENOMEM;
	return json_put_integer(object, key, (int64_t)MIN(number, (uint64_t)INT64_MAX));
}

int detail_put_uuid(json_t *object, const char *key, const uint8_t uuid[static 16])
{
	char text[37];
	size_t used = 0;
	for (size_t i = 0; i < 16; i++) {
		const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%02x", dash, uuid[i]);
	}
	return json_put_string(object, key, text);
}
