/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence, checked against one table: what is written and what is read are held to the same. */
#include "verify/judge/evidence.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "verify/plan/plan_document.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELDS_MAX 6
#define CHECKS_MAX 64
#define CODE_MAX 39 /* struct error's code and a verdict's reason hold as much */
#define ERRNO_MAX 4095
#define WHERE_MAX 48

enum field_type {
	FIELD_NONE,    /* ends a kind's fields */
	FIELD_INTEGER, /* min … max */
	FIELD_TEXT,    /* min … max bytes, for people */
	FIELD_CODE,    /* a stable word of lower case letters, digits and '-' */
	FIELD_WORD,    /* one of words */
	FIELD_HEX,     /* bytes, at most max, two lower case digits each */
	FIELD_IDENTITY,
	FIELD_NATIVE,
	FIELD_CHECKS, /* of the guard */
};

struct field {
	const char *name;
	enum field_type type;
	int64_t min, max;
	const char *const *words; /* NULL-terminated */
};

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define INTEGER(name, min, max)                                                                    \
	{                                                                                          \
		name, FIELD_INTEGER, min, max, NULL                                                \
	}
#define FLAG(name) INTEGER(name, 0, 1)
#define STEP INTEGER("step", 1, PLAN_STEPS_MAX)
#define BYTES(name) INTEGER(name, 0, INT64_MAX)
#define ERRNO INTEGER("errno", 0, ERRNO_MAX)
#define TEXT(name, min, max)                                                                       \
	{                                                                                          \
		name, FIELD_TEXT, min, max, NULL                                                   \
	}
#define CODE(name)                                                                                 \
	{                                                                                          \
		name, FIELD_CODE, 1, CODE_MAX, NULL                                                \
	}
#define WORD(name, ...)                                                                            \
	{                                                                                          \
		name, FIELD_WORD, 0, 0, WORDS(__VA_ARGS__)                                         \
	}
#define RAW                                                                                        \
	{                                                                                          \
		"raw", FIELD_HEX, 0, ERASE_ANSWER_MAX, NULL                                        \
	}
#define MARKERS(name) INTEGER(name, 0, PLAN_MARKERS_MAX)
#define SECTORS(name) INTEGER(name, -1, INT64_MAX)
#define IDENTITY                                                                                   \
	{                                                                                          \
		"identity", FIELD_IDENTITY, 0, 0, NULL                                             \
	}
#define NATIVE                                                                                     \
	{                                                                                          \
		"native", FIELD_NATIVE, 0, 0, NULL                                                 \
	}
#define CHECKS                                                                                     \
	{                                                                                          \
		"checks", FIELD_CHECKS, 0, CHECKS_MAX, NULL                                        \
	}

/* The table of docs/certificate.md, "Evidence". */
static const struct kind {
	const char *name;
	struct field fields[FIELDS_MAX + 1];
} kinds[] = {
	{ "created", { FLAG("clock_synchronised"), TEXT("version", 1, 63) } },
	{ "guard", { WORD("result", "passed", "refused"), CHECKS } },
	{ "plan-refused", { CODE("code") } },
	{ "opened", { TEXT("path", 1, 255), IDENTITY, NATIVE, FLAG("exclusive") } },
	{ "sibling", { IDENTITY, FLAG("exclusive") } },
	{ "health", { WORD("moment", "before", "after"), CODE("what"), RAW } },
	{ "started", { STEP, BYTES("from_bytes") } },
	{ "capacity", { STEP, WORD("area", "hpa", "amac", "dco"), SECTORS("before_sectors"),
			      SECTORS("after_sectors"), ERRNO } },
	{ "answer", { STEP, WORD("moment", "before", "found", "accepted", "during", "after"),
			    WORD("witness", "none", "nvme-sanitize-log", "ata-sanitize-status",
				    "scsi-sense", "ata-security", "completion", "luks-headers"),
			    WORD("status", "unknown", "never", "running", "succeeded", "failed"),
			    INTEGER("progress", -1, 65536), RAW } },
	{ "markers", { STEP, MARKERS("checked"), MARKERS("remaining"), MARKERS("unreadable"),
			     MARKERS("zeroed") } },
	{ "bad-range",
		{ STEP, WORD("range", "unwritable", "unreadable", "mismatch"),
			BYTES("offset_bytes"), INTEGER("length_bytes", 1, INT64_MAX), ERRNO } },
	{ "residue", { STEP, TEXT("type", 1, 63), BYTES("offset_bytes"), FLAG("coincident") } },
	{ "finished", { STEP,
			      WORD("result", "complete", "cancelled", "vanished", "stalled",
				      "too-many-errors", "flush-failed", "internal",
				      "drive-refused", "drive-failed", "status-unknown"),
			      BYTES("bytes"), BYTES("bad_bytes"), FLAG("flushed"), ERRNO } },
	{ "closing", { IDENTITY, FLAG("same") } },
	{ "error", { CODE("code"), ERRNO } },
	{ "interrupted",
		{ WORD("cause", "operator", "process-lost", "power-lost", "store", "drive") } },
	{ "resumed", { FLAG("clock_synchronised"), TEXT("version", 1, 63) } },
	{ "ended", { FLAG("clock_synchronised") } },
};

static int malformed(struct error *error, const char *where, const char *key, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "evidence-malformed",
		_("The evidence cannot be used: %s: %s: %s."), where, key, why);
}

int evidence_native_to_json(const struct native_capacity *native, json_t **ret)
{
	json_t *object AUTO_JSON = json_object();
	int r;

	if (!object)
		return -ENOMEM;
	if (native->native_bytes > INT64_MAX)
		return -EINVAL;
	r = json_put_string(object, "source", native_source_name(native->source));
	if (r == 0)
		r = json_put_integer(object, "bytes", (int64_t)native->native_bytes);
	if (r == 0)
		r = json_put_integer(object, "sector_bytes", native->sector_bytes);
	if (r < 0)
		return r;
	*ret = json_incref(object);
	return 0;
}

int evidence_native_from_json(
	const json_t *json, const char *where, struct native_capacity *ret, struct error *error)
{
	static const char *const allowed[] = { "source", "bytes", "sector_bytes", NULL };
	struct native_capacity native = { 0 };
	int64_t bytes = 0, sector_bytes = 0;
	const char *source = "";
	int r;

	if (!json_is_object(json))
		return malformed(error, where, "native", _("not an object"));
	r = json_only_keys(json, where, allowed, error);
	if (r == 0)
		r = json_get_string(json, where, "source", 32, &source, error);
	if (r == 0)
		r = json_get_integer(json, where, "bytes", 0, INT64_MAX, &bytes, error);
	if (r == 0)
		r = json_get_integer(
			json, where, "sector_bytes", 0, UINT32_MAX, &sector_bytes, error);
	if (r < 0)
		return r;
	native.source = native_source_parse(source);
	native.native_bytes = (uint64_t)bytes;
	native.sector_bytes = (uint32_t)sector_bytes;
	if (strcmp(native_source_name(native.source), source) != 0)
		return malformed(error, where, "source", _("unknown word"));
	*ret = native;
	return 0;
}

static bool is_code(const char *text)
{
	return text[0] != '\0' &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* One finding of the guard: {"check","result","detail"}. */
static int check_finding(const json_t *finding, const char *where, struct error *error)
{
	static const char *const allowed[] = { "check", "result", "detail", NULL };
	static const char *const results[] = { "passed", "refused", "not-made", NULL };
	const char *check = "", *result = "", *detail;
	int r;

	if (!json_is_object(finding))
		return malformed(error, where, "checks", _("not an object"));
	r = json_only_keys(finding, where, allowed, error);
	if (r == 0)
		r = json_get_string(finding, where, "check", CODE_MAX, &check, error);
	if (r == 0)
		r = json_get_string(finding, where, "result", 16, &result, error);
	if (r == 0)
		r = json_get_string(finding, where, "detail", 511, &detail, error);
	if (r < 0)
		return r;
	if (!is_code(check))
		return malformed(error, where, "check", _("not a stable word"));
	if (!is_one_of(result, results))
		return malformed(error, where, "result", _("unknown word"));
	return 0;
}

static int check_findings(
	const json_t *event, const char *where, const struct field *field, struct error *error)
{
	json_t *checks = NULL;
	int r = json_get_array(event, where, field->name, (size_t)field->max, &checks, error);

	for (size_t i = 0; r == 0 && i < json_array_size(checks); i++)
		r = check_finding(json_array_get(checks, i), where, error);
	return r;
}

static int check_text(
	const json_t *event, const char *where, const struct field *field, struct error *error)
{
	const char *text = "";
	size_t max = field->type == FIELD_WORD ? CODE_MAX : (size_t)field->max;
	int r = json_get_string(event, where, field->name, max, &text, error);

	if (r < 0)
		return r;
	if (field->type == FIELD_WORD && !is_one_of(text, field->words))
		return malformed(error, where, field->name, _("unknown word"));
	if (field->type == FIELD_CODE && !is_code(text))
		return malformed(error, where, field->name, _("not a stable word"));
	if (field->type == FIELD_TEXT && strlen(text) < (size_t)field->min)
		return malformed(error, where, field->name, _("empty"));
	return 0;
}

static int check_hex(
	const json_t *event, const char *where, const struct field *field, struct error *error)
{
	const char *text = "";
	uint8_t bytes[ERASE_ANSWER_MAX];
	int r = json_get_string(event, where, field->name, 2 * sizeof(bytes), &text, error);

	if (r < 0)
		return r;
	size_t digits = strlen(text);
	if (digits % 2 != 0 || (digits > 0 && hex_decode(text, bytes, digits / 2) < 0))
		return malformed(error, where, field->name, _("not bytes in hexadecimal"));
	return 0;
}

static int check_field(
	const json_t *event, const char *where, const struct field *field, struct error *error)
{
	const json_t *value = json_object_get(event, field->name);
	struct native_capacity native;
	struct drive_identity identity;
	int64_t integer;

	switch (field->type) {
	case FIELD_INTEGER:
		return json_get_integer(
			event, where, field->name, field->min, field->max, &integer, error);
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_WORD:
		return check_text(event, where, field, error);
	case FIELD_HEX:
		return check_hex(event, where, field, error);
	case FIELD_IDENTITY:
		if (!json_is_object(value))
			return malformed(error, where, field->name, _("not an object"));
		return identity_from_json(value, &identity, error);
	case FIELD_NATIVE:
		return evidence_native_from_json(value, where, &native, error);
	case FIELD_CHECKS:
		return check_findings(event, where, field, error);
	case FIELD_NONE:
		break;
	}
	return malformed(error, where, field->name, _("unknown field"));
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int check_keys(const json_t *event, const char *where, const struct kind *kind,
	bool with_stamp, struct error *error)
{
	const char *allowed[FIELDS_MAX + 4] = { "kind" };
	size_t count = 1;

	for (const struct field *field = kind->fields; field->name; field++)
		allowed[count++] = field->name;
	if (with_stamp) {
		allowed[count++] = "seq";
		allowed[count++] = "utc";
	}
	allowed[count] = NULL;
	return json_only_keys(event, where, allowed, error);
}

static int check_stamp(const json_t *event, const char *where, struct error *error)
{
	int64_t seq, utc_ms;
	const char *utc = "";
	int r = json_get_integer(event, where, "seq", 1, EVIDENCE_EVENTS_MAX, &seq, error);

	if (r == 0)
		r = json_get_string(event, where, "utc", CLOCK_TEXT_SIZE - 1, &utc, error);
	if (r < 0)
		return r;
	if (clock_parse(utc, &utc_ms) < 0)
		return malformed(error, where, "utc", _("not a time in UTC"));
	return 0;
}

static int check_event(const json_t *event, const char *where, bool with_stamp, struct error *error)
{
	const struct kind *kind;
	const char *name = "";
	int r;

	if (!json_is_object(event))
		return malformed(error, where, "kind", _("not an object"));
	r = json_get_string(event, where, "kind", CODE_MAX, &name, error);
	if (r < 0)
		return r;
	kind = find_kind(name);
	if (!kind)
		return malformed(error, where, "kind", _("unknown word"));
	r = check_keys(event, where, kind, with_stamp, error);
	for (const struct field *field = kind->fields; r == 0 && field->name; field++)
		r = check_field(event, where, field, error);
	if (r == 0 && with_stamp)
		r = check_stamp(event, where, error);
	return r;
}

int evidence_check_event(const json_t *event, bool with_stamp, struct error *error)
{
	return check_event(event, "event", with_stamp, error);
}

int evidence_check(const json_t *events, struct error *error)
{
	size_t count = json_array_size(events);

	if (!json_is_array(events))
		return malformed(error, "evidence", "[]", _("not an array"));
	if (count > EVIDENCE_EVENTS_MAX)
		return error_set(error, ERROR_FAILED, EFBIG, "evidence-malformed",
			_("The evidence cannot be used: it has %zu events."), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *event = json_array_get(events, i);
		char where[WHERE_MAX];
		int64_t seq;
		int r;

		(void)snprintf(where, sizeof(where), "evidence[%zu]", i);
		r = check_event(event, where, true, error);
		if (r == 0)
			r = json_get_integer(
				event, where, "seq", (int64_t)i + 1, (int64_t)i + 1, &seq, error);
		if (r < 0)
			return r;
	}
	return 0;
}
