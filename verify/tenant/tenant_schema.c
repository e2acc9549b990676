/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of a tenant's certificate (docs/certificate.md), as tables. */
#include "verify/tenant/tenant.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX_BYTES 1024
#define ITEMS_MAX 100000
#define OUTSTANDING_MAX (2 * ITEMS_MAX)
#define FIELDS_MAX 24
#define WHERE_MAX 64

enum field_type {
	FIELD_TEXT,
	FIELD_NAMED, /* a text that is not empty */
	FIELD_TIME,
	FIELD_TIME_OR_EMPTY,
	FIELD_DAY,
	FIELD_DAY_OR_EMPTY,
	FIELD_SHA256_OR_EMPTY,
	FIELD_FLAG,
	FIELD_NUMBER,         /* from 0 */
	FIELD_NUMBER_OR_LESS, /* from -1 */
	FIELD_OBJECT,
	FIELD_LIST,  /* of objects */
	FIELD_TEXTS, /* a list of texts */
};

struct field {
	const char *key; /* NULL ends the table */
	enum field_type type;
	const struct field *fields; /* of FIELD_OBJECT and FIELD_LIST */
};

static const struct field clock_fields[] = {
	{ "synchronised", FIELD_FLAG, NULL },
	{ "max_error_us", FIELD_NUMBER_OR_LESS, NULL },
	{ 0 },
};

static const struct field tool_fields[] = {
	{ "name", FIELD_NAMED, NULL },
	{ "version", FIELD_NAMED, NULL },
	{ "build", FIELD_NAMED, NULL },
	{ 0 },
};

static const struct field ledger_fields[] = {
	{ "key", FIELD_NAMED, NULL },
	{ "origin", FIELD_NAMED, NULL },
	{ 0 },
};

static const struct field tenant_fields[] = {
	{ "code", FIELD_NAMED, NULL },
	{ "name", FIELD_TEXT, NULL },
	{ "zone", FIELD_TEXT, NULL },
	{ "service_codes", FIELD_TEXTS, NULL },
	{ 0 },
};

static const struct field contract_fields[] = {
	{ "number", FIELD_NAMED, NULL },
	{ "start_day", FIELD_DAY, NULL },
	{ "end_day", FIELD_DAY_OR_EMPTY, NULL },
	{ "grace_days", FIELD_NUMBER, NULL },
	{ 0 },
};

static const struct field issuer_fields[] = {
	{ "organisation", FIELD_TEXT, NULL },
	{ "account", FIELD_NAMED, NULL },
	{ "name", FIELD_TEXT, NULL },
	{ "title", FIELD_TEXT, NULL },
	{ "place", FIELD_TEXT, NULL },
	{ "ticket", FIELD_TEXT, NULL },
	{ 0 },
};

static const struct field volume_fields[] = {
	{ "id", FIELD_NAMED, NULL },
	{ "kind", FIELD_NAMED, NULL },
	{ "name", FIELD_TEXT, NULL },
	{ "uuid", FIELD_TEXT, NULL },
	{ "vm_uuid", FIELD_TEXT, NULL },
	{ "vm_name", FIELD_TEXT, NULL },
	{ "size_bytes", FIELD_NUMBER, NULL },
	{ "present", FIELD_FLAG, NULL },
	{ "last_seen_utc", FIELD_TIME, NULL },
	{ "drives_known", FIELD_FLAG, NULL },
	{ 0 },
};

static const struct field place_fields[] = {
	{ "id", FIELD_NAMED, NULL },
	{ "kind", FIELD_NAMED, NULL },
	{ "name", FIELD_TEXT, NULL },
	{ "model", FIELD_TEXT, NULL },
	{ "why", FIELD_NAMED, NULL },
	{ "state", FIELD_TEXT, NULL },
	{ "present", FIELD_FLAG, NULL },
	{ "certificate", FIELD_TEXT, NULL },
	{ "certificate_sha256", FIELD_SHA256_OR_EMPTY, NULL },
	{ 0 },
};

static const struct field generation_fields[] = {
	{ "id", FIELD_NAMED, NULL },
	{ "key", FIELD_TEXT, NULL },
	{ "place", FIELD_TEXT, NULL },
	{ "vm_uuid", FIELD_TEXT, NULL },
	{ "size_bytes", FIELD_NUMBER, NULL },
	{ "created_utc", FIELD_TIME, NULL },
	{ "expires_utc", FIELD_TIME_OR_EMPTY, NULL },
	{ "gone_utc", FIELD_TIME_OR_EMPTY, NULL },
	{ 0 },
};

static const struct field verdict_fields[] = {
	{ "reasons", FIELD_TEXTS, NULL },
	{ "stage", FIELD_NAMED, NULL },
	{ 0 },
};

static const struct field document_fields[] = {
	{ "format", FIELD_NAMED, NULL },
	{ "format_version", FIELD_NUMBER, NULL },
	{ "name", FIELD_NAMED, NULL },
	{ "supersedes", FIELD_TEXT, NULL },
	{ "issued_utc", FIELD_TIME, NULL },
	{ "clock", FIELD_OBJECT, clock_fields },
	{ "tool", FIELD_OBJECT, tool_fields },
	{ "ledger", FIELD_OBJECT, ledger_fields },
	{ "tenant", FIELD_OBJECT, tenant_fields },
	{ "contract", FIELD_OBJECT, contract_fields },
	{ "other_contracts", FIELD_LIST, contract_fields },
	{ "issuer", FIELD_OBJECT, issuer_fields },
	{ "volumes", FIELD_LIST, volume_fields },
	{ "places", FIELD_LIST, place_fields },
	{ "generations", FIELD_LIST, generation_fields },
	{ "verdict", FIELD_OBJECT, verdict_fields },
	{ "outstanding", FIELD_TEXTS, NULL },
	{ 0 },
};

static int malformed(struct error *error, const char *where, const char *key, const char *problem)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "certificate-malformed",
		_("The certificate's field %s.%s %s"), where, key, problem);
}

static bool text_fits(enum field_type type, const char *text)
{
	int64_t parsed;
	bool is_empty = text[0] == '\0';
	switch (type) {
	case FIELD_TIME:
		return clock_parse(text, &parsed) == 0;
	case FIELD_TIME_OR_EMPTY:
		return is_empty || clock_parse(text, &parsed) == 0;
	case FIELD_DAY:
		return day_parse(text, &parsed) == 0;
	case FIELD_DAY_OR_EMPTY:
		return is_empty || day_parse(text, &parsed) == 0;
	case FIELD_SHA256_OR_EMPTY:
		return is_empty || (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64);
	case FIELD_NAMED:
		return !is_empty;
	case FIELD_TEXT:
		return true;
	case FIELD_FLAG:
	case FIELD_NUMBER:
	case FIELD_NUMBER_OR_LESS:
	case FIELD_OBJECT:
	case FIELD_LIST:
	case FIELD_TEXTS:
		break;
	}
	return false;
}

static int check_fields(
	const json_t *object, const char *where, const struct field *fields, struct error *error);

static int check_text(
	const json_t *object, const char *where, const struct field *field, struct error *error)
{
	const char *text = NULL;
	int result = json_get_string(object, where, field->key, TEXT_MAX_BYTES, &text, error);
	if (result == 0 && !text_fits(field->type, text))
		result = malformed(error, where, field->key, _("has a value that cannot be"));
	return result;
}

static int check_number(
	const json_t *object, const char *where, const struct field *field, struct error *error)
{
	int64_t value;
	int64_t least = field->type == FIELD_NUMBER_OR_LESS ? -1 : 0;
	int64_t most = field->type == FIELD_FLAG ? 1 : INT64_MAX;
	return json_get_integer(object, where, field->key, least, most, &value, error);
}

static int check_list(
	const json_t *object, const char *where, const struct field *field, struct error *error)
{
	json_t *items = NULL;
	size_t most = field->type == FIELD_TEXTS ? OUTSTANDING_MAX : ITEMS_MAX;
	int result = json_get_array(object, where, field->key, most, &items, error);
	for (size_t i = 0; result == 0 && i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		char inside[WHERE_MAX];
		(void)snprintf(inside, sizeof(inside), "%s.%s[%zu]", where, field->key, i);
		if (field->type == FIELD_TEXTS && !json_is_string(item))
			result = malformed(
				error, where, field->key, _("has a value that cannot be"));
		else if (field->type == FIELD_LIST)
			result = check_fields(item, inside, field->fields, error);
	}
	return result;
}

static int check_object(
	const json_t *object, const char *where, const struct field *field, struct error *error)
{
	json_t *inner = NULL;
	int result = json_get_object(object, where, field->key, &inner, error);
	return result == 0 ? check_fields(inner, field->key, field->fields, error) : result;
}

static int check_field(
	const json_t *object, const char *where, const struct field *field, struct error *error)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_NAMED:
	case FIELD_TIME:
	case FIELD_TIME_OR_EMPTY:
	case FIELD_DAY:
	case FIELD_DAY_OR_EMPTY:
	case FIELD_SHA256_OR_EMPTY:
		return check_text(object, where, field, error);
	case FIELD_FLAG:
	case FIELD_NUMBER:
	case FIELD_NUMBER_OR_LESS:
		return check_number(object, where, field, error);
	case FIELD_OBJECT:
		return check_object(object, where, field, error);
	case FIELD_LIST:
	case FIELD_TEXTS:
		return check_list(object, where, field, error);
	}
	return -EINVAL;
}

static int check_fields(
	const json_t *object, const char *where, const struct field *fields, struct error *error)
{
	const char *keys[FIELDS_MAX] = { NULL };
	for (size_t i = 0; fields[i].key; i++)
		keys[i] = fields[i].key;
	if (!json_is_object(object))
		return malformed(error, where, "", _("is no object"));
	int result = json_only_keys(object, where, keys, error);
	for (size_t i = 0; result == 0 && fields[i].key; i++)
		result = check_field(object, where, &fields[i], error);
	return result;
}

int tenant_check_schema(const json_t *document, struct error *error)
{
	const char *format = json_string_value(json_object_get(document, "format"));
	int result = check_fields(document, "certificate", document_fields, error);
	if (result != 0)
		return result;
	if (strcmp(format, TENANT_FORMAT) != 0)
		return malformed(error, "certificate", "format",
			_("does not say that this is a tenant's certificate"));
	if (json_integer_value(json_object_get(document, "format_version")) !=
		TENANT_FORMAT_VERSION)
		return error_set(error, ERROR_UNSUPPORTED, EBADMSG, "certificate-version",
			_("The certificate is of a version that this program does not know"));
	return 0;
}
