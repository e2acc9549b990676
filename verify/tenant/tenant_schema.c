/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of a tenant's certificate (docs/certificate.md), as tables. */
#include "verify/tenant/tenant.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/day.h"
#include "base/text.h"
#include "verify/certificate/schema_fields.h"
#include "verify/tenant/deletion.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ITEMS_MAX 100000
#define OUTSTANDING_MAX (2 * ITEMS_MAX)

/* --- values of one text --- */

static int impossible(const char *where, struct error *error)
{
	return schema_malformed(error, where, _("has a value that cannot be"));
}

static int check_named(const json_t *value, const char *where, struct error *error)
{
	return json_string_length(value) > 0 ? 0 : impossible(where, error);
}

static int check_text(const json_t *value, const char *where, struct error *error)
{
	return json_is_string(value) ? 0 : impossible(where, error);
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

static int check_time_or_empty(const json_t *value, const char *where, struct error *error)
{
	int64_t utc_ms;
	if (json_string_length(value) == 0 || clock_parse(json_string_value(value), &utc_ms) == 0)
		return 0;
	return impossible(where, error);
}

static int check_sha256_or_empty(const json_t *value, const char *where, struct error *error)
{
	size_t length = json_string_length(value);
	if (length == 0 ||
		(length == 64 && schema_all_in(json_string_value(value), 64, "0123456789abcdef")))
		return 0;
	return impossible(where, error);
}

static int check_erasure(const json_t *value, const char *where, struct error *error)
{
	const char *word = json_string_value(value);
	return strcmp(word, "where-possible") == 0 || strcmp(word, "required") == 0
		       ? 0
		       : impossible(where, error);
}

/* As the sections of the configuration are named: it stands in a word of "outstanding". */
static int check_repository(const json_t *value, const char *where, struct error *error)
{
	size_t length = json_string_length(value);
	return length > 0 && length < CONFIG_NAME_MAX &&
			       schema_all_in(json_string_value(value), length,
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_")
		       ? 0
		       : impossible(where, error);
}

/* --- the tables --- */

#define NAMED(name) WORD(name, check_named)

static const struct field clock_fields[] = {
	FLAG("synchronised"),
	NUMBER("max_error_us", -1, INT64_MAX),
	END,
};

static const struct field tool_fields[] = { NAMED("name"), NAMED("version"), NAMED("build"), END };

static const struct field tenant_fields[] = {
	NAMED("code"),
	TEXT("name"),
	TEXT("zone"),
	TEXTS("service_codes", check_text, ITEMS_MAX),
	END,
};

static const struct field contract_fields_2[] = {
	TEXTS("service_codes", check_named, ITEMS_MAX), /* first: version 1 is the rest */
	NAMED("number"),
	WORD("start_day", check_day),
	WORD("end_day", check_day_or_empty),
	NUMBER("grace_days", 0, INT64_MAX),
	END,
};

static const struct field issuer_fields[] = {
	TEXT("organisation"),
	NAMED("account"),
	TEXT("name"),
	TEXT("title"),
	TEXT("place"),
	TEXT("ticket"),
	END,
};

static const struct field volume_fields[] = {
	NAMED("id"),
	NAMED("kind"),
	TEXT("name"),
	TEXT("uuid"),
	TEXT("vm_uuid"),
	TEXT("vm_name"),
	BYTES("size_bytes"),
	FLAG("present"),
	TIME("last_seen_utc"),
	FLAG("drives_known"),
	END,
};

static const struct field place_fields_2[] = {
	TEXTS("volumes", check_named, ITEMS_MAX), /* first: version 1 is the rest */
	NAMED("id"),
	NAMED("kind"),
	TEXT("name"),
	TEXT("model"),
	NAMED("why"),
	TEXT("state"),
	FLAG("present"),
	TEXT("certificate"),
	WORD("certificate_sha256", check_sha256_or_empty),
	END,
};

static const struct field generation_fields[] = {
	NAMED("id"),
	TEXT("key"),
	TEXT("place"),
	TEXT("vm_uuid"),
	BYTES("size_bytes"),
	TIME("created_utc"),
	WORD("expires_utc", check_time_or_empty),
	WORD("gone_utc", check_time_or_empty),
	END,
};

static const struct field verdict_fields_2[] = {
	TEXTS("remarks", check_named, DELETION_REMARKS), /* first: version 1 is the rest */
	TEXTS("reasons", check_text, TENANT_REASONS),
	NAMED("stage"),
	END,
};

static const struct field deletion_fields[] = { WORD("erasure", check_erasure), END };

static const struct field vm_fields[] = {
	NAMED("id"),
	NAMED("uuid"),
	TEXT("name"),
	TEXT("platform"),
	TEXT("service_code"),
	WORD("due_utc", check_time_or_empty),
	{ .key = "facts", .type = FIELD_LIST, .maximum = ITEMS_MAX }, /* check_facts */
	END,
};

static const struct field backup_fields[] = {
	WORD("repository", check_repository),
	WORD("asked_utc", check_time_or_empty),
	END,
};

static const struct field notice_fields[] = {
	NAMED("kind"),
	NAMED("audience"),
	WORD("day", check_day),
	NAMED("state"),
	TIME("utc"),
	END,
};

#define DOCUMENT_FIELDS(contract, place, verdict)                                                  \
	NAMED("format"),                                                                           \
		NUMBER("format_version", TENANT_FORMAT_VERSION_OLDEST, TENANT_FORMAT_VERSION),     \
		NAMED("name"), TEXT("supersedes"), TIME("issued_utc"),                             \
		OBJECT("clock", clock_fields), OBJECT("tool", tool_fields),                        \
		CHECKED("ledger", schema_check_ledger), OBJECT("tenant", tenant_fields),           \
		OBJECT("contract", contract), OBJECTS("other_contracts", contract, ITEMS_MAX),     \
		OBJECT("issuer", issuer_fields), OBJECTS("volumes", volume_fields, ITEMS_MAX),     \
		OBJECTS("places", place, ITEMS_MAX),                                               \
		OBJECTS("generations", generation_fields, ITEMS_MAX), OBJECT("verdict", verdict),  \
		TEXTS("outstanding", check_text, OUTSTANDING_MAX)

static const struct field document_fields_1[] = {
	DOCUMENT_FIELDS(contract_fields_2 + 1, place_fields_2 + 1, verdict_fields_2 + 1),
	END,
};

static const struct field document_fields_2[] = {
	DOCUMENT_FIELDS(contract_fields_2, place_fields_2, verdict_fields_2),
	OBJECT("deletion", deletion_fields),
	OBJECTS("vms", vm_fields, ITEMS_MAX),
	OBJECTS("backups", backup_fields, ITEMS_MAX),
	OBJECTS("notices", notice_fields, ITEMS_MAX),
	END,
};

/* Of each VM, by its own table; the message says of which. */
static int check_facts(const json_t *document, struct error *error)
{
	const json_t *vms = json_object_get(document, "vms");
	for (size_t i = 0; i < json_array_size(vms); i++) {
		const json_t *vm = json_array_get(vms, i);
		struct error why = { 0 };
		int result = deletion_check_schema(json_object_get(vm, "facts"), &why);
		if (result != 0)
			return error_set(error, ERROR_FAILED, -result, "certificate-malformed",
				_("Of the VM %.40s: %s"),
				json_string_value(json_object_get(vm, "id")), why.what);
	}
	return 0;
}

/* A newer format is not called broken: it needs a newer program. */
static int check_version(const json_t *document, struct error *error)
{
	const json_t *version = json_object_get(document, "format_version");
	if (json_integer_value(version) <= TENANT_FORMAT_VERSION)
		return 0;
	(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "certificate-newer",
		_("The certificate has format version %lld, but this program knows versions up to "
		  "%d"),
		(long long)json_integer_value(version), TENANT_FORMAT_VERSION);
	(void)error_next(error, _("Check it with a newer version of haiki."));
	return -EBADMSG;
}

int tenant_check_schema(const json_t *document, struct error *error)
{
	const char *format = json_string_value(json_object_get(document, "format"));
	if (!format || strcmp(format, TENANT_FORMAT) != 0)
		return schema_malformed(error, "certificate.format",
			_("does not say that this is a tenant's certificate"));
	int result = check_version(document, error);
	bool is_first = json_integer_value(json_object_get(document, "format_version")) <
			TENANT_FORMAT_VERSION;
	if (result == 0)
		result = schema_check(document, "certificate",
			is_first ? document_fields_1 : document_fields_2, error);
	return result == 0 ? check_facts(document, error) : result;
}
