/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of a tenant's certificate (docs/certificate.md), as tables. */
#include "verify/tenant/tenant.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include "verify/certificate/schema_fields.h"
#include <errno.h>
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

static const struct field contract_fields[] = {
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

static const struct field place_fields[] = {
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

static const struct field verdict_fields[] = {
	TEXTS("reasons", check_text, TENANT_REASONS),
	NAMED("stage"),
	END,
};

static const struct field document_fields[] = {
	NAMED("format"),
	NUMBER("format_version", TENANT_FORMAT_VERSION, TENANT_FORMAT_VERSION),
	NAMED("name"),
	TEXT("supersedes"),
	TIME("issued_utc"),
	OBJECT("clock", clock_fields),
	OBJECT("tool", tool_fields),
	CHECKED("ledger", schema_check_ledger),
	OBJECT("tenant", tenant_fields),
	OBJECT("contract", contract_fields),
	OBJECTS("other_contracts", contract_fields, ITEMS_MAX),
	OBJECT("issuer", issuer_fields),
	OBJECTS("volumes", volume_fields, ITEMS_MAX),
	OBJECTS("places", place_fields, ITEMS_MAX),
	OBJECTS("generations", generation_fields, ITEMS_MAX),
	OBJECT("verdict", verdict_fields),
	TEXTS("outstanding", check_text, OUTSTANDING_MAX),
	END,
};

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
	return result == 0 ? schema_check(document, "certificate", document_fields, error) : result;
}
