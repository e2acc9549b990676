/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking the tables of a schema. */
#include "verify/certificate/schema_fields.h"

#include "base/clock.h"
#include "base/text.h"
#include "verify/ledger/note.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX_BYTES 1024
#define WHERE_MAX 128

int schema_malformed(struct error *error, const char *where, const char *problem)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "certificate-malformed",
		_("The certificate's field %s %s"), where, problem);
}

bool schema_all_in(const char *text, size_t length, const char *alphabet)
{
	return strspn(text, alphabet) >= length;
}

/* The name within the key is the ledger's. */
int schema_check_ledger(const json_t *value, const char *where, struct error *error)
{
	static const char *const keys[] = { "key", "origin", NULL };
	const char *text = NULL, *origin = NULL;
	struct note_key key;
	int result = json_only_keys(value, where, keys, error);
	if (result == 0)
		result = json_get_string(value, where, "key", NOTE_VKEY_MAX, &text, error);
	if (result == 0)
		result = json_get_string(value, where, "origin", NOTE_NAME_MAX, &origin, error);
	if (result != 0)
		return result;
	if (text[strcspn(text, "\n")] != '\0' ||
		note_key_parse(text, strlen(text), &key, NULL) != 0 ||
		key.algorithm != NOTE_ED25519 || strcmp(key.name, origin) != 0)
		return schema_malformed(error, where, _("is not the key of a ledger and its name"));
	return 0;
}

static int check_string(const json_t *object, const char *where, const struct field *field,
	const char *path, struct error *error)
{
	const char *text = NULL;
	int result = json_get_string(object, where, field->key, TEXT_MAX_BYTES, &text, error);
	int64_t utc_ms;
	if (result == 0 && field->type == FIELD_TIME && clock_parse(text, &utc_ms) != 0)
		result = schema_malformed(error, path, _("is not a time in UTC"));
	if (result == 0 && field->check)
		result = field->check(json_object_get(object, field->key), path, error);
	return result;
}

static int check_list(const json_t *object, const char *where, const struct field *field,
	const char *path, struct error *error)
{
	json_t *list = NULL, *item = NULL;
	int result =
		json_get_array(object, where, field->key, (size_t)field->maximum, &list, error);
	if (result != 0)
		return result;
	size_t index = 0;
	json_array_foreach (list, index, item) {
		char item_path[WHERE_MAX];
		(void)snprintf(item_path, sizeof(item_path), "%.96s[%zu]", path, index);
		if (field->fields)
			result = schema_check(item, item_path, field->fields, error);
		else if (field->check)
			result = field->check(item, item_path, error);
		if (result != 0)
			return result;
	}
	return 0;
}

static int check_field(
	const json_t *object, const char *where, const struct field *field, struct error *error)
{
	char path[WHERE_MAX];
	(void)snprintf(path, sizeof(path), "%.63s.%.63s", where, field->key);
	int64_t number = 0;
	json_t *inner = NULL;
	int result;
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
	case FIELD_TIME:
		return check_string(object, where, field, path, error);
	case FIELD_FLAG:
		return json_get_integer(object, where, field->key, 0, 1, &number, error);
	case FIELD_NUMBER:
		return json_get_integer(
			object, where, field->key, field->minimum, field->maximum, &number, error);
	case FIELD_OBJECT:
		result = json_get_object(object, where, field->key, &inner, error);
		if (result != 0)
			return result;
		return field->fields ? schema_check(inner, path, field->fields, error)
				     : field->check(inner, path, error);
	case FIELD_LIST:
		return check_list(object, where, field, path, error);
	}
	return schema_malformed(error, path, _("has a type this program does not know"));
}

static const struct field *find_field(const struct field *fields, const char *key)
{
	while (fields->key && strcmp(fields->key, key) != 0)
		fields++;
	return fields->key ? fields : NULL;
}

int schema_check(
	const json_t *object, const char *where, const struct field *fields, struct error *error)
{
	if (!json_is_object(object))
		return schema_malformed(error, where, _("is not an object"));
	for (const struct field *field = fields; field->key; field++) {
		int result = check_field(object, where, field, error);
		if (result != 0)
			return result;
	}
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)object, key, value) {
		if (find_field(fields, key))
			continue;
		char path[WHERE_MAX];
		(void)snprintf(path, sizeof(path), "%.63s.%.63s", where, key);
		return schema_malformed(error, path, _("is not a field of this format"));
	}
	return 0;
}
