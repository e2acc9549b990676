/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate's schema as tables, and what must hold between its fields. */
#include "verify/certificate/certificate_schema.h"

#include "base/text.h"
#include "verify/certificate/certificate.h"
#include "verify/certificate/schema_fields.h"
#include "verify/judge/evidence.h"
#include "verify/plan/plan_document.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LAYERS_MAX 512
#define OUTSTANDING_MAX 1000
#define REASON_CODE_MAX 39 /* struct verdict keeps 40 bytes with NUL */
#define PARTITION_MAX 1000000
#define NUMBER_DIGITS_MAX 19 /* INT64_MAX has as many */

/* --- values of one text --- */

static int check_format(const json_t *value, const char *where, struct error *error)
{
	if (strcmp(json_string_value(value), CERTIFICATE_FORMAT) == 0)
		return 0;
	return schema_malformed(error, where, _("does not say that this is a haiki certificate"));
}

/* "J20261123-7QK3ZD": the date and six characters of Crockford's base 32. */
static int check_job_id(const json_t *value, const char *where, struct error *error)
{
	const char *id = json_string_value(value);
	if (strlen(id) == 16 && id[0] == 'J' && schema_all_in(id + 1, 8, "0123456789") &&
		id[9] == '-' && schema_all_in(id + 10, 6, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
		return 0;
	return schema_malformed(error, where, _("is not the name of a job"));
}

static int check_sha256(const json_t *value, const char *where, struct error *error)
{
	const char *hex = json_string_value(value);
	if (strlen(hex) == 64 && schema_all_in(hex, 64, "0123456789abcdef"))
		return 0;
	return schema_malformed(error, where, _("is not a SHA-256 in hexadecimal"));
}

static int check_outcome(const json_t *value, const char *where, struct error *error)
{
	const char *word = json_string_value(value);
	if (strcmp(outcome_name(outcome_parse(word)), word) == 0)
		return 0;
	return schema_malformed(error, where, _("has a word that is not known"));
}

static int check_level(const json_t *value, const char *where, struct error *error)
{
	enum level level;
	if (level_parse(json_string_value(value), &level) == 0)
		return 0;
	return schema_malformed(error, where, _("has a word that is not known"));
}

static int check_verification(const json_t *value, const char *where, struct error *error)
{
	const char *word = json_string_value(value);
	if (strcmp(word, verification_name(VERIFICATION_NONE)) == 0 ||
		strcmp(word, verification_name(VERIFICATION_MARKERS)) == 0 ||
		strcmp(word, verification_name(VERIFICATION_SAMPLE)) == 0 ||
		strcmp(word, verification_name(VERIFICATION_FULL)) == 0)
		return 0;
	return schema_malformed(error, where, _("has a word that is not known"));
}

static int check_reason_code(const json_t *value, const char *where, struct error *error)
{
	size_t length = json_string_length(value);
	if (length > 0 && length <= REASON_CODE_MAX &&
		schema_all_in(
			json_string_value(value), length, "abcdefghijklmnopqrstuvwxyz0123456789-"))
		return 0;
	return schema_malformed(error, where, _("is not a code"));
}

/* --- values that other modules know --- */

static int check_identity(const json_t *value, const char *where, struct error *error)
{
	(void)where;
	struct drive_identity identity;
	return identity_from_json(value, &identity, error);
}

static int check_native(const json_t *value, const char *where, struct error *error)
{
	struct native_capacity native;
	return evidence_native_from_json(value, where, &native, error);
}

static int check_plan(const json_t *value, const char *where, struct error *error)
{
	json_t *steps = NULL;
	int result = json_get_array(value, where, "steps", PLAN_STEPS_MAX, &steps, error);
	if (result != 0)
		return result;
	struct plan plan;
	return plan_from_json(value, json_array_size(steps) > 0, &plan, error);
}

static int check_limit(const json_t *value, const char *where, struct error *error)
{
	const char *word = json_string_value(value);
	if (word && certificate_is_limit(word))
		return 0;
	return schema_malformed(error, where, _("has a word that is not known"));
}

/* "key-copy:V7", the number without leading zeros. */
static int check_outstanding(const json_t *value, const char *where, struct error *error)
{
	static const char kind[] = "key-copy:V";
	size_t prefix = sizeof(kind) - 1;
	const char *word = json_string_value(value);
	if (!word)
		return schema_malformed(error, where, _("is not a text"));
	size_t digits = strncmp(word, kind, prefix) == 0 ? strlen(word + prefix) : 0;
	if (digits > 0 && digits <= NUMBER_DIGITS_MAX && word[prefix] != '0' &&
		schema_all_in(word + prefix, digits, "0123456789"))
		return 0;
	return schema_malformed(error, where, _("has a word that is not known"));
}

/* --- the tables --- */

static const struct field clock_fields[] = {
	FLAG("synchronised"),
	NUMBER("max_error_us", -1, INT64_MAX),
	END,
};

static const struct field tool_fields[] = { TEXT("name"), TEXT("version"), TEXT("build"), END };

static const struct field job_fields[] = { WORD("id", check_job_id), TIME("created_utc"), END };

static const struct field layer_fields[] = {
	TEXT("usage"),
	TEXT("type"),
	TEXT("uuid"),
	TEXT("label"),
	BYTES("offset_bytes"),
	BYTES("length_bytes"),
	NUMBER("partition", 0, PARTITION_MAX),
	END,
};

static const struct field subject_fields[] = {
	CHECKED("identity", check_identity),
	CHECKED("native", check_native),
	FLAG("layers_known"),
	OBJECTS("layers", layer_fields, LAYERS_MAX),
	TEXT("asset_number"),
	TEXT("zone"),
	TEXT("tenant"),
	TEXT("service_code"),
	TEXT("confidentiality"),
	TEXT("organisation"),
	TEXT("host"),
	TEXT("site"),
	TEXT("country"),
	END,
};

static const struct field policy_fields[] = {
	TEXT("name"),
	TEXT("version"),
	WORD("sha256", check_sha256),
	END,
};

static const struct field reason_fields[] = {
	TEXT("ticket"),
	TEXT("contract"),
	TEXT("destination"),
	OBJECT("policy", policy_fields),
	END,
};

static const struct field operator_fields[] = {
	TEXT("name"),
	TEXT("title"),
	TEXT("place"),
	TEXT("account"),
	END,
};

static const struct field witness_fields[] = {
	TEXT("name"),
	TEXT("title"),
	TEXT("place"),
	END,
};

static const struct field people_fields[] = {
	OBJECT("operator", operator_fields),
	OBJECT("witness", witness_fields),
	END,
};

static const struct field verdict_reason_fields[] = {
	WORD("code", check_reason_code),
	NUMBER("step", 0, PLAN_STEPS_MAX),
	END,
};

static const struct field verdict_fields[] = {
	WORD("outcome", check_outcome),
	WORD("level", check_level),
	WORD("verification", check_verification),
	BYTES("bytes_overwritten"),
	BYTES("bytes_read_back"),
	BYTES("bytes_bad"),
	OBJECTS("reasons", verdict_reason_fields, VERDICT_REASONS_MAX),
	END,
};

static const struct field certificate_fields_2[] = {
	CHECKED("ledger", schema_check_ledger), /* first: version 1 is the rest */
	WORD("format", check_format),
	NUMBER("format_version", CERTIFICATE_FORMAT_VERSION_OLDEST, CERTIFICATE_FORMAT_VERSION),
	TEXT("name"),
	TEXT("supersedes"),
	TIME("issued_utc"),
	OBJECT("clock", clock_fields),
	OBJECT("tool", tool_fields),
	OBJECT("job", job_fields),
	OBJECT("subject", subject_fields),
	OBJECT("reason", reason_fields),
	OBJECT("people", people_fields),
	CHECKED("plan", check_plan),
	{ .key = "evidence", .type = FIELD_LIST, .maximum = EVIDENCE_EVENTS_MAX },
	OBJECT("verdict", verdict_fields),
	TEXTS("limits", check_limit, CERTIFICATE_LIMITS_MAX),
	TEXTS("outstanding", check_outstanding, OUTSTANDING_MAX),
	END,
};

static const struct field *const certificate_fields_1 = certificate_fields_2 + 1;

/* --- what holds between fields --- */

/* "haiki-JOB-COUNT", COUNT without leading zeros. */
static bool is_name_of(const char *name, const char *job_id, size_t count)
{
	char expected[64];
	int length = snprintf(expected, sizeof(expected), "haiki-%s-%zu", job_id, count);
	return length > 0 && (size_t)length < sizeof(expected) && strcmp(name, expected) == 0;
}

static const char *text_of(const json_t *certificate, const char *key)
{
	return json_string_value(json_object_get(certificate, key));
}

static int check_names(const json_t *certificate, struct error *error)
{
	const char *job_id = text_of(json_object_get(certificate, "job"), "id");
	size_t count = json_array_size(json_object_get(certificate, "evidence"));
	if (!is_name_of(text_of(certificate, "name"), job_id, count))
		return schema_malformed(error, "certificate.name",
			_("does not name its job and the number of its events"));
	const char *earlier = text_of(certificate, "supersedes");
	if (earlier[0] == '\0')
		return 0;
	const char *last_dash = strrchr(earlier, '-');
	unsigned long long earlier_count = last_dash ? strtoull(last_dash + 1, NULL, 10) : 0;
	if (earlier_count == 0 || earlier_count >= count ||
		!is_name_of(earlier, job_id, (size_t)earlier_count))
		return schema_malformed(error, "certificate.supersedes",
			_("does not name an earlier certificate of its job"));
	return 0;
}

static int check_verdict(const json_t *certificate, struct error *error)
{
	const json_t *verdict = json_object_get(certificate, "verdict");
	bool proven = outcome_parse(text_of(verdict, "outcome")) == OUTCOME_PROVEN;
	bool reasons = json_array_size(json_object_get(verdict, "reasons")) > 0;
	if (proven == reasons)
		return schema_malformed(error, "certificate.verdict.reasons",
			_("must be empty when, and only when, the outcome is proven"));
	enum level level;
	if (level_parse(text_of(verdict, "level"), &level) != 0 || (!proven && level != LEVEL_NONE))
		return schema_malformed(error, "certificate.verdict.level",
			_("names a level, but the outcome is not proven"));
	return 0;
}

static bool has_word(const json_t *words, const char *word, size_t before)
{
	for (size_t i = 0; i < before && i < json_array_size(words); i++)
		if (strcmp(json_string_value(json_array_get(words, i)), word) == 0)
			return true;
	return false;
}

/* Copies of keys are outstanding where keys were destroyed, each once. (That the limits follow from the
 * plan is checked with the judgement.) */
static int check_copies(const json_t *certificate, struct error *error)
{
	const json_t *words = json_object_get(certificate, "outstanding");
	const json_t *limits = json_object_get(certificate, "limits");
	for (size_t i = 0; i < json_array_size(words); i++)
		if (has_word(words, json_string_value(json_array_get(words, i)), i))
			return schema_malformed(
				error, "certificate.outstanding", _("names one copy twice"));
	if (json_array_size(words) > 0 && !has_word(limits, "key-copies", SIZE_MAX))
		return schema_malformed(error, "certificate.outstanding",
			_("names copies of keys, but the job destroyed none"));
	return 0;
}

/* A newer format is not called broken: it needs a newer program. */
static int check_version(const json_t *certificate, struct error *error)
{
	const char *format = text_of(certificate, "format");
	const json_t *version = json_object_get(certificate, "format_version");
	if (!format || strcmp(format, CERTIFICATE_FORMAT) != 0 ||
		json_integer_value(version) <= CERTIFICATE_FORMAT_VERSION)
		return 0;
	(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "certificate-newer",
		_("The certificate has format version %lld, but this program knows versions up to "
		  "%d"),
		(long long)json_integer_value(version), CERTIFICATE_FORMAT_VERSION);
	(void)error_next(error, _("Check it with a newer version of haiki."));
	return -EBADMSG;
}

static const struct field *fields_of(const json_t *certificate)
{
	return json_integer_value(json_object_get(certificate, "format_version")) == 1
		       ? certificate_fields_1
		       : certificate_fields_2;
}

int certificate_check_schema(const json_t *certificate, struct error *error)
{
	if (!json_is_object(certificate))
		return schema_malformed(error, "certificate", _("is not an object"));
	int result = check_version(certificate, error);
	if (result == 0)
		result = schema_check(certificate, "certificate", fields_of(certificate), error);
	if (result == 0)
		result = evidence_check(json_object_get(certificate, "evidence"), error);
	if (result == 0)
		result = check_names(certificate, error);
	if (result == 0)
		result = check_copies(certificate, error);
	return result == 0 ? check_verdict(certificate, error) : result;
}
