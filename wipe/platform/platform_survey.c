/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The survey of a VM as a fact (verify/tenant/deletion.h), and back. */
#include "wipe/platform/platform.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

#if defined(HAIKI_ANALYZE) && !defined(__clang__)
/* gcc 12 loses sight of what is kept in a list behind a pointer, and calls it leaked. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define DISKS_MAX 1024
#define TEXTS_MAX 65536 /* of a chain, of snapshots, of files */
#define WHERE "survey"

/* ---- to JSON ---- */

static int put_texts(json_t *object, const char *key, char *const *texts, size_t count)
{
	json_t *array = json_array();
	int result = array ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = json_push(array, json_string(texts[i]));
	if (result == 0)
		return json_put(object, key, array);
	json_decref(array);
	return result;
}

static int put_disk(json_t *disks, const struct machine_disk *disk)
{
	AUTO_JSON json_t *object = json_object();
	int result = object ? json_put_string(object, "id", disk->id) : -ENOMEM;
	if (result == 0)
		result = json_put_string(object, "kind", disk->kind);
	if (result == 0)
		result = json_put_string(object, "place", disk->place);
	if (result == 0)
		result = disk->size_bytes > INT64_MAX ? -EOVERFLOW
						      : json_put_integer(object, "size_bytes",
								(int64_t)disk->size_bytes);
	if (result == 0)
		result = put_texts(object, "chain", disk->chain, disk->chain_count);
	if (result == 0)
		result = put_texts(object, "shared_with", disk->shared_with, disk->shared_count);
	return result == 0 ? json_push(disks, json_incref(object)) : result;
}

static int put_disks(json_t *survey, const struct machine *machine)
{
	json_t *disks = json_array();
	int result = disks ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < machine->disk_count; i++)
		result = put_disk(disks, &machine->disks[i]);
	if (result == 0)
		return json_put(survey, "disks", disks);
	json_decref(disks);
	return result;
}

int machine_to_json(const struct machine *machine, json_t **ret)
{
	AUTO_JSON json_t *survey = json_object();
	int result = survey ? json_put_string(survey, "fact", "survey") : -ENOMEM;
	if (result == 0)
		result = json_put_string(survey, "power", machine_power_name(machine->power));
	if (result == 0)
		result = put_disks(survey, machine);
	if (result == 0)
		result =
			put_texts(survey, "snapshots", machine->snapshots, machine->snapshot_count);
	if (result == 0)
		result = put_texts(survey, "files", machine->files, machine->file_count);
	if (result == 0)
		*ret = json_incref(survey);
	return result;
}

/* ---- from JSON ---- */

static int malformed(const char *key, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "survey-malformed",
		_("The survey of the VM cannot be read: %s"), key);
}

/* What a reader of fields said, under the code of a survey. */
static int reword(int result, struct error *error)
{
	if (result == -EBADMSG && error)
		return error_set(
			error, ERROR_FAILED, EBADMSG, "survey-malformed", "%s", error->what);
	return result;
}

/* A text of a list, a copy. */
static int copy_text(const json_t *value, const char *key, char **ret, struct error *error)
{
	const char *text = json_string_value(value);
	if (!text || !*text || strlen(text) >= MACHINE_PLACE_MAX)
		return malformed(key, error);
	*ret = strdup(text);
	return *ret ? 0 : error_no_memory(error);
}

static int get_texts(
	const json_t *object, const char *key, char ***ret, size_t *ret_count, struct error *error)
{
	json_t *array = NULL;
	int result = reword(json_get_array(object, WHERE, key, TEXTS_MAX, &array, error), error);
	if (result != 0)
		return result;
	char **texts = calloc(json_array_size(array) + 1, sizeof(*texts));
	if (!texts)
		return error_no_memory(error);
	*ret = texts;
	for (size_t i = 0; result == 0 && i < json_array_size(array); i++) {
		result = copy_text(json_array_get(array, i), key, &texts[i], error);
		*ret_count += result == 0;
	}
	return result;
}

/* A text that has to be there and fits. */
static int get_word(
	const json_t *object, const char *key, char *ret, size_t size, struct error *error)
{
	const char *text = NULL;
	int result = reword(json_get_string(object, WHERE, key, size - 1, &text, error), error);
	if (result == 0 && !*text)
		return malformed(key, error);
	if (result == 0)
		memcpy(ret, text, strlen(text) + 1);
	return result;
}

static int get_disk(const json_t *object, struct machine_disk *ret, struct error *error)
{
	char place[MACHINE_PLACE_MAX];
	int64_t size = 0;
	int result = get_word(object, "id", ret->id, sizeof(ret->id), error);
	if (result == 0)
		result = get_word(object, "kind", ret->kind, sizeof(ret->kind), error);
	if (result == 0)
		result = get_word(object, "place", place, sizeof(place), error);
	if (result == 0)
		result = reword(
			json_get_integer(object, WHERE, "size_bytes", 0, INT64_MAX, &size, error),
			error);
	if (result != 0)
		return result;
	ret->size_bytes = (uint64_t)size;
	ret->place = strdup(place);
	if (!ret->place)
		return error_no_memory(error);
	result = get_texts(object, "chain", &ret->chain, &ret->chain_count, error);
	return result == 0 ? get_texts(object, "shared_with", &ret->shared_with, &ret->shared_count,
				     error)
			   : result;
}

static int get_disks(const json_t *survey, struct machine *ret, struct error *error)
{
	json_t *disks = NULL;
	int result =
		reword(json_get_array(survey, WHERE, "disks", DISKS_MAX, &disks, error), error);
	if (result != 0)
		return result;
	ret->disks = calloc(json_array_size(disks) + 1, sizeof(*ret->disks));
	if (!ret->disks)
		return error_no_memory(error);
	ret->disk_count = json_array_size(disks);
	for (size_t i = 0; result == 0 && i < ret->disk_count; i++)
		result = get_disk(json_array_get(disks, i), &ret->disks[i], error);
	return result;
}

static int get_power(const json_t *survey, enum machine_power *ret, struct error *error)
{
	static const enum machine_power powers[] = { MACHINE_POWER_UNKNOWN, MACHINE_OFF, MACHINE_ON,
		MACHINE_SUSPENDED };
	const char *word = NULL;
	int result = reword(json_get_string(survey, WHERE, "power", 64, &word, error), error);
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(powers); i++)
		if (strcmp(machine_power_name(powers[i]), word) == 0) {
			*ret = powers[i];
			return 0;
		}
	return result == 0 ? malformed("power", error) : result;
}

int machine_from_json(const json_t *survey, struct machine *ret, struct error *error)
{
	AUTO_MACHINE struct machine machine = { 0 };
	int result = get_power(survey, &machine.power, error);
	if (result == 0)
		result = get_disks(survey, &machine, error);
	if (result == 0)
		result = get_texts(
			survey, "snapshots", &machine.snapshots, &machine.snapshot_count, error);
	if (result == 0)
		result = get_texts(survey, "files", &machine.files, &machine.file_count, error);
	if (result == 0) {
		*ret = machine;
		machine = (struct machine){ 0 };
	}
	return result;
}
