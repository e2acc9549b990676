/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of statements: of a drive's sanitization, and of a contract's deletion. What differs between them
 * stands here; the checks of the bytes are one for all. */
#include "verify/certificate/certificate_parts.h"

#include "base/text.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* --- the sanitization of a drive --- */

static int differs(struct error *error, const json_t *stated, const json_t *found)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)found, key, value) {
		if (!json_equal(value, json_object_get(stated, key)))
			break;
	}
	(void)error_set(error, ERROR_FAILED, EBADMSG, "judgement-differs",
		_("The certificate states the outcome \"%s\", but its own evidence gives \"%s\" "
		  "(they "
		  "differ in \"%s\")"),
		json_string_value(json_object_get(stated, "outcome")),
		json_string_value(json_object_get(found, "outcome")), key ? key : "?");
	return error_next(error, _("Do not rely on this certificate. Ask who signed it."));
}

static int judge_again(const json_t *certificate, struct verdict *ret_verdict, struct error *error)
{
	const json_t *stated = json_object_get(certificate, "verdict");
	AUTO_JSON json_t *found = NULL, *limits = NULL;
	judge(json_object_get(certificate, "subject"), json_object_get(certificate, "plan"),
		json_object_get(certificate, "evidence"), ret_verdict);
	if (verdict_to_json(ret_verdict, &found) != 0)
		return error_no_memory(error);
	if (!json_equal(stated, found))
		return differs(error, stated, found);
	const json_t *clock = json_object_get(certificate, "clock");
	bool synchronised = json_integer_value(json_object_get(clock, "synchronised")) == 1;
	if (certificate_limits(certificate, synchronised, ret_verdict, &limits) != 0)
		return error_no_memory(error);
	if (!json_equal(limits, json_object_get(certificate, "limits")))
		return error_set(error, ERROR_FAILED, EBADMSG, "judgement-differs",
			_("The certificate does not state the limits that follow from its own "
			  "evidence"));
	return 0;
}

static int judge_drive(struct certificate_report *report, struct error *error)
{
	struct verdict verdict = { 0 };
	int result = judge_again(report->certificate, &verdict, error);
	report->outcome = verdict.outcome;
	return result;
}

static const char *outcome_of_drive(const json_t *certificate)
{
	return text_of(json_object_get(certificate, "verdict"), "outcome");
}

static const char *serial_of_drive(const json_t *certificate)
{
	const json_t *subject = json_object_get(certificate, "subject");
	return text_of(json_object_get(subject, "identity"), "serial");
}

/* --- the deletion of a contract --- */

static int judge_tenant(struct certificate_report *report, struct error *error)
{
	struct tenant_verdict verdict = { 0 };
	int result = tenant_check_judgement(report->certificate, &verdict, error);
	report->stage = verdict.stage;
	return result;
}

static const char *stage_of_tenant(const json_t *certificate)
{
	return text_of(json_object_get(certificate, "verdict"), "stage");
}

static const char *contract_of_tenant(const json_t *certificate)
{
	return text_of(json_object_get(certificate, "contract"), "number");
}

/* --- which of them --- */

static const struct document_kind kinds[] = {
	{
		.format = CERTIFICATE_FORMAT,
		.record = RECORD_CERTIFICATE,
		.check_schema = certificate_check_schema,
		.judge = judge_drive,
		.outcome = outcome_of_drive,
		.serial = serial_of_drive,
	},
	{
		.format = TENANT_FORMAT,
		.record = RECORD_TENANT,
		.check_schema = tenant_check_schema,
		.judge = judge_tenant,
		.outcome = stage_of_tenant,
		.serial = contract_of_tenant,
	},
};

/* What says nothing of itself is refused by the first one's schema. */
const struct document_kind *document_kind_of(const json_t *certificate)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(text_of(certificate, "format"), kinds[i].format) == 0)
			return &kinds[i];
	return &kinds[0];
}
