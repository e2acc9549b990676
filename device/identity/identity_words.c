/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stable words of an identity, and the identity as JSON (docs/certificate.md). */
#include "device/identity/identity.h"
#include "base/text.h"
#include "base/words.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const transport_words[] = {
	[TRANSPORT_UNKNOWN] = "unknown",
	[TRANSPORT_ATA] = "ata",
	[TRANSPORT_SCSI] = "scsi",
	[TRANSPORT_NVME] = "nvme",
	[TRANSPORT_USB] = "usb",
	[TRANSPORT_MMC] = "mmc",
	[TRANSPORT_VIRTIO] = "virtio",
	[TRANSPORT_VIRTUAL] = "virtual",
};
static const char *const media_words[] = {
	[MEDIA_UNKNOWN] = "unknown",
	[MEDIA_MAGNETIC] = "magnetic",
	[MEDIA_FLASH] = "flash",
	[MEDIA_VIRTUAL] = "virtual",
};
static const char *const zoned_words[] = {
	[ZONED_UNKNOWN] = "unknown",
	[ZONED_NONE] = "none",
	[ZONED_HOST_AWARE] = "host-aware",
	[ZONED_HOST_MANAGED] = "host-managed",
};

const char *transport_name(enum transport transport)
{
	return word_of(transport_words, ARRAY_SIZE(transport_words), transport);
}

const char *media_name(enum media media)
{
	return word_of(media_words, ARRAY_SIZE(media_words), media);
}

const char *zoned_name(enum zoned_model zoned)
{
	return word_of(zoned_words, ARRAY_SIZE(zoned_words), zoned);
}

enum transport transport_parse(const char *word)
{
	return (enum transport)word_find(transport_words, ARRAY_SIZE(transport_words), word);
}

enum media media_parse(const char *word)
{
	return (enum media)word_find(media_words, ARRAY_SIZE(media_words), word);
}

enum zoned_model zoned_parse(const char *word)
{
	return (enum zoned_model)word_find(zoned_words, ARRAY_SIZE(zoned_words), word);
}

/* The texts, by key. */
static const struct {
	const char *key;
	size_t offset;
	size_t size;
} text_fields[] = {
#define TEXT_FIELD(name)                                                                           \
	{                                                                                          \
#name, offsetof(struct drive_identity, name),                                      \
			sizeof(((struct drive_identity *)0)->name)                                 \
	}
	TEXT_FIELD(wwn),
	TEXT_FIELD(serial),
	TEXT_FIELD(vendor),
	TEXT_FIELD(model),
	TEXT_FIELD(firmware),
	TEXT_FIELD(name),
	TEXT_FIELD(backing),
#undef TEXT_FIELD
};

static int put_all(json_t *json, const struct drive_identity *identity)
{
	const struct {
		const char *key;
		const char *value;
	} words[] = {
		{ "transport", transport_name(identity->transport) },
		{ "media", media_name(identity->media) },
		{ "zoned", zoned_name(identity->zoned) },
	};
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "virtual", identity->is_virtual },
		{ "capacity_bytes", identity->capacity_bytes },
		{ "logical_sector_bytes", identity->logical_sector_bytes },
		{ "physical_sector_bytes", identity->physical_sector_bytes },
		{ "read_only", identity->read_only },
	};
	int error = 0;
	for (size_t i = 0; i < ARRAY_SIZE(text_fields) && !error; i++)
		error = json_put_string(
			json, text_fields[i].key, (const char *)identity + text_fields[i].offset);
	for (size_t i = 0; i < ARRAY_SIZE(words) && !error; i++)
		error = json_put_string(json, words[i].key, words[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(numbers) && !error; i++)
		error = numbers[i].value > INT64_MAX
				? -EINVAL
				: json_put_integer(json, numbers[i].key, (int64_t)numbers[i].value);
	return error;
}

int identity_to_json(const struct drive_identity *identity, json_t **ret)
{
	AUTO_JSON json_t *json = json_object();
	if (!json)
		return -ENOMEM;
	int error = put_all(json, identity);
	if (error)
		return error;
	*ret = json_incref(json);
	return 0;
}

#define WHERE "identity"

/* A word of a fixed list; the list's first, "unknown", only when it is spelled so. */
static int get_word(const json_t *json, const char *key, const char *const words[], size_t count,
	size_t *ret, struct error *error)
{
	const char *word;
	int failed = json_get_string(json, WHERE, key, 32, &word, error);
	if (failed)
		return failed;
	*ret = word_find(words, count, word);
	if (*ret == 0 && strcmp(word, words[0]) != 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "identity-malformed",
			_("%s: \"%s\" has the unknown word \"%s\"."), WHERE, key, word);
	return 0;
}

static int get_texts(const json_t *json, struct drive_identity *identity, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++) {
		const char *text;
		size_t size = text_fields[i].size;
		int failed =
			json_get_string(json, WHERE, text_fields[i].key, size - 1, &text, error);
		if (failed)
			return failed;
		memcpy((char *)identity + text_fields[i].offset, text, strlen(text) + 1);
	}
	return 0;
}

static int get_words(const json_t *json, struct drive_identity *identity, struct error *error)
{
	size_t transport = 0;
	size_t media = 0;
	size_t zoned = 0;
	int failed = get_word(
		json, "transport", transport_words, ARRAY_SIZE(transport_words), &transport, error);
	if (!failed)
		failed = get_word(
			json, "media", media_words, ARRAY_SIZE(media_words), &media, error);
	if (!failed)
		failed = get_word(
			json, "zoned", zoned_words, ARRAY_SIZE(zoned_words), &zoned, error);
	identity->transport = (enum transport)transport;
	identity->media = (enum media)media;
	identity->zoned = (enum zoned_model)zoned;
	return failed;
}

static int get_numbers(const json_t *json, struct drive_identity *identity, struct error *error)
{
	int64_t is_virtual = 0;
	int64_t capacity = 0;
	int64_t logical = 0;
	int64_t physical = 0;
	int64_t read_only = 0;
	const struct {
		const char *key;
		int64_t max;
		int64_t *ret;
	} numbers[] = {
		{ "virtual", 1, &is_virtual },
		{ "capacity_bytes", INT64_MAX, &capacity },
		{ "logical_sector_bytes", UINT32_MAX, &logical },
		{ "physical_sector_bytes", UINT32_MAX, &physical },
		{ "read_only", 1, &read_only },
	};
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int failed = json_get_integer(
			json, WHERE, numbers[i].key, 0, numbers[i].max, numbers[i].ret, error);
		if (failed)
			return failed;
	}
	identity->is_virtual = is_virtual == 1;
	identity->capacity_bytes = (uint64_t)capacity;
	identity->logical_sector_bytes = (uint32_t)logical;
	identity->physical_sector_bytes = (uint32_t)physical;
	identity->read_only = read_only == 1;
	return 0;
}

int identity_from_json(const json_t *json, struct drive_identity *ret, struct error *error)
{
	static const char *const keys[] = { "wwn", "serial", "vendor", "model", "firmware",
		"transport", "media", "zoned", "virtual", "capacity_bytes", "logical_sector_bytes",
		"physical_sector_bytes", "read_only", "name", "backing", NULL };
	struct drive_identity identity = { 0 };
	int failed = json_only_keys(json, WHERE, keys, error);
	if (!failed)
		failed = get_texts(json, &identity, error);
	if (!failed)
		failed = get_words(json, &identity, error);
	if (!failed)
		failed = get_numbers(json, &identity, error);
	if (failed)
		return failed;
	*ret = identity;
	return 0;
}
