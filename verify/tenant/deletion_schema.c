/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of the facts of a VM's deletion (verify/tenant/deletion.h), as tables. */
#include "verify/tenant/deletion.h"

#include "base/day.h"
#include "base/text.h"
#include "verify/certificate/schema_fields.h"
#include <stdio.h>
#include <string.h>

#define ITEMS_MAX 65536
#define WHERE_MAX 128

/* --- values of one text --- */

static int impossible(const char *where, struct error *error)
{
	return schema_malformed(error, where, _("has a value that cannot be"));
}

static int check_text(const json_t *value, const char *where, struct error *error)
{
	return json_is_string(value) ? 0 : impossible(where, error);
}

static int check_named(const json_t *value, const char *where, struct error *error)
{
	return json_string_length(value) > 0 ? 0 : impossible(where, error);
}

static int check_day(const json_t *value, const char *where, struct error *error)
{
	int64_t day;
	return day_parse(json_string_value(value), &day) == 0 ? 0 : impossible(where, error);
}

static int check_day_or_empty(const json_t *value, const char *where, struct error *error)
{
	return json_string_length(value) == 0 ? 0 : check_day(value, where, error);
}

/* words: a blank between two. */
static int check_among(
	const json_t *value, const char *words, const char *where, struct error *error)
{
	const char *word = json_string_value(value);
	size_t length = word ? strlen(word) : 0;
	for (const char *at = words; length > 0 && *at;) {
		size_t end = strcspn(at, " ");
		if (end == length && memcmp(at, word, length) == 0)
			return 0;
		at += end + (at[end] == ' ');
	}
	return schema_malformed(error, where, _("has a word that is not known"));
}

static int check_power(const json_t *value, const char *where, struct error *error)
{
	return check_among(value, "on off suspended unknown", where, error);
}

static int check_power_off(const json_t *value, const char *where, struct error *error)
{
	return check_among(value, "done was-off", where, error);
}

static int check_method(const json_t *value, const char *where, struct error *error)
{
	return check_among(value, "overwrite crypto-erase zero-fill none", where, error);
}

static int check_result(const json_t *value, const char *where, struct error *error)
{
	return check_among(value, "done unsupported kept failed", where, error);
}

static int check_level(const json_t *value, const char *where, struct error *error)
{
	return check_among(value, "clear purge none", where, error);
}

static int check_presence(const json_t *value, const char *where, struct error *error)
{
	return check_among(value, "gone present unknown none", where, error);
}

/* --- the tables --- */

#define NAMED(name) WORD(name, check_named)
#define HEAD NAMED("fact"), NUMBER("seq", 1, INT64_MAX), TIME("utc")

static const struct field inventory_fields[] = {
	TEXT("vm"),
	TEXT("service_code"),
	TEXT("tenant"),
	END,
};

static const struct field contract_fields[] = {
	NAMED("number"),
	WORD("start_day", check_day),
	WORD("end_day", check_day_or_empty),
	NUMBER("grace_days", 0, INT64_MAX),
	END,
};

static const struct field clock_fields[] = { FLAG("synchronised"), FLAG("vouched"), END };

static const struct field identity_fields[] = {
	HEAD,
	NAMED("uuid"),
	TEXT("name"),
	TEXT("platform"),
	TEXT("service_code"),
	OBJECT("inventory", inventory_fields),
	OBJECTS("contracts", contract_fields, ITEMS_MAX),
	TIME("due_utc"),
	OBJECT("clock", clock_fields),
	END,
};

static const struct field disk_fields[] = {
	NAMED("id"),
	NAMED("place"),
	TEXT("kind"),
	BYTES("size_bytes"),
	TEXTS("chain", check_named, ITEMS_MAX),
	TEXTS("shared_with", check_named, ITEMS_MAX),
	END,
};

static const struct field survey_fields[] = {
	HEAD,
	WORD("power", check_power),
	OBJECTS("disks", disk_fields, ITEMS_MAX),
	TEXTS("snapshots", check_text, ITEMS_MAX),
	TEXTS("files", check_named, ITEMS_MAX),
	TEXTS("generations", check_named, ITEMS_MAX),
	END,
};

static const struct field power_off_fields[] = { HEAD, WORD("result", check_power_off), END };

static const struct field snapshots_fields[] = { HEAD, NUMBER("removed", 0, INT64_MAX), END };

static const struct field erase_fields[] = {
	HEAD,
	TEXT("disk"),
	NAMED("place"),
	WORD("method", check_method),
	WORD("result", check_result),
	WORD("level", check_level),
	BYTES("bytes"),
	BYTES("verified_bytes"),
	TEXTS("limits", check_named, ITEMS_MAX),
	TEXT("reason"),
	TEXT("volume"),
	END,
};

static const struct field delete_fields[] = { HEAD, TEXT("answer"), END };

static const struct field look_fields[] = {
	HEAD,
	WORD("hypervisor", check_presence),
	WORD("datastore", check_presence),
	WORD("storage", check_presence),
	TEXTS("left", check_named, ITEMS_MAX),
	END,
};

static const struct field absent_fields[] = { HEAD, END };

static const struct field refused_fields[] = { HEAD, NAMED("reason"), END };

static const struct field failed_fields[] = {
	HEAD,
	NAMED("step"),
	TEXT("code"),
	TEXT("message"),
	END,
};

static const struct {
	const char *word;
	const struct field *fields;
} kinds[] = {
	{ "identity", identity_fields },
	{ "survey", survey_fields },
	{ "power-off", power_off_fields },
	{ "snapshots", snapshots_fields },
	{ "erase", erase_fields },
	{ "delete", delete_fields },
	{ "look", look_fields },
	{ "absent", absent_fields },
	{ "refused", refused_fields },
	{ "failed", failed_fields },
};

static int check_fact(const json_t *fact, const char *where, struct error *error)
{
	const char *word = json_string_value(json_object_get(fact, "fact"));
	for (size_t i = 0; word && i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return schema_check(fact, where, kinds[i].fields, error);
	return schema_malformed(error, where, _("has a word that is not known"));
}

int deletion_check_fact(const json_t *fact, struct error *error)
{
	AUTO_JSON json_t *numbered = json_copy((json_t *)fact);
	if (json_is_object(fact) &&
		(!numbered || json_put_integer(numbered, "seq", 1) != 0 ||
			json_put_string(numbered, "utc", "2027-04-10T15:00:00.000Z") != 0))
		return error_no_memory(error);
	return check_fact(numbered ? numbered : fact, "fact", error);
}

int deletion_check_schema(const json_t *facts, struct error *error)
{
	char where[WHERE_MAX];
	if (!json_is_array(facts))
		return schema_malformed(error, "facts", _("is not a list"));
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		(void)snprintf(where, sizeof(where), "facts[%zu]", i);
		int result = check_fact(fact, where, error);
		if (result != 0)
			return result;
		if (json_integer_value(json_object_get(fact, "seq")) != (json_int_t)i + 1)
			return schema_malformed(
				error, where, _("is not numbered as its place says"));
	}
	return 0;
}
