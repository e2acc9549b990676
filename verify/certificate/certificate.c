/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a certificate: five checks, each with its own answer, and one verdict over all. */
#include "verify/certificate/certificate.h"

#include "base/digest.h"
#include "base/text.h"
#include "device/command/capacity.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CANONICAL, SCHEMA, SIGNATURE, CHAIN, JUDGEMENT };

static const char *const check_names[CERTIFICATE_CHECKS] = {
	[CANONICAL] = "canonical",
	[SCHEMA] = "schema",
	[SIGNATURE] = "signature",
	[CHAIN] = "chain",
	[JUDGEMENT] = "judgement",
};

void certificate_report_free(struct certificate_report *report)
{
	json_decref(report->certificate);
	*report = (struct certificate_report){ 0 };
}

/* A check that failed always says why. */
static void conclude(struct check *check, int result)
{
	check->result = result == 0 ? CHECK_PASSED : CHECK_FAILED;
	if (result == 0)
		check->error = (struct error){ 0 };
	else if (check->error.kind == ERROR_NONE)
		(void)error_set(&check->error, ERROR_FAILED, -result, "certificate-malformed",
			_("The check \"%s\" failed"), check->name);
}

/* --- canonical --- */

/* jansson's word on why the text is no JSON; json_error_unknown when it is. */
static enum json_error_code syntax_problem(const char *json, size_t length)
{
	json_error_t reason;
	if (length > JSON_MAX_BYTES)
		return json_error_unknown;
	json_t *value = json_loadb(json, length, JSON_REJECT_DUPLICATES, &reason);
	json_decref(value);
	return value ? json_error_unknown : json_error_code(&reason);
}

/* A file that was cut off and a file with two values for one key are told from other damage. */
static void explain(struct error *error, enum json_error_code problem)
{
	if (problem == json_error_premature_end_of_input) {
		(void)error_set(error, ERROR_FAILED, EBADMSG, "certificate-truncated",
			_("The certificate ends in the middle: it was cut off"));
	} else if (problem == json_error_duplicate_key) {
		(void)error_set(error, ERROR_FAILED, EBADMSG, "json-duplicate-key",
			_("The certificate says one thing twice: a key appears more than once in "
			  "an "
			  "object"));
	} else {
		(void)snprintf(error->code, sizeof(error->code), "certificate-malformed");
	}
	(void)error_next(error, _("Fetch the .json file again from where it was issued."));
}

/* Parse; a document that is only spelled otherwise is parsed too, so that the rest can be said. */
static void check_canonical(struct certificate_report *report, const char *json, size_t length)
{
	struct check *check = &report->checks[CANONICAL];
	struct error ignored = { 0 };
	const char *name = _("The certificate");
	int result = json_parse_canonical(json, length, name, &report->certificate, &check->error);
	if (result != 0 && result != -ENOMEM &&
		json_parse(json, length, name, &report->certificate, &ignored) != 0) {
		report->certificate = NULL;
		explain(&check->error, syntax_problem(json, length));
	}
	conclude(check, result);
}

/* --- judgement --- */

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

/* --- all together --- */

static void check_signature(struct certificate_report *report, const char *json, size_t json_length,
	const uint8_t *p7s, size_t p7s_length, const struct trust *trust, int64_t now_utc_ms)
{
	struct check *signature = &report->checks[SIGNATURE];
	struct check *chain = &report->checks[CHAIN];
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	int result =
		detached_parse(p7s, p7s_length, trust_decoded(trust), &detached, &signature->error);
	if (result == 0)
		result = detached_verify(detached, json, json_length, &signature->error);
	conclude(signature, result);
	if (!detached || !detached_issuer(detached))
		return;
	if (result == 0)
		trust_subject(detached_issuer(detached), report->signer, sizeof(report->signer));
	int64_t at[DETACHED_SIGNERS_MAX];
	for (unsigned i = 0; i < DETACHED_SIGNERS_MAX; i++)
		at[i] = now_utc_ms;
	conclude(chain, detached_check_chains(detached, trust, at, NULL, &chain->error));
}

static bool all_passed(const struct certificate_report *report)
{
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		if (report->checks[i].result != CHECK_PASSED)
			return false;
	return true;
}

int certificate_check(const char *json, size_t json_length, const uint8_t *p7s, size_t p7s_length,
	const struct trust *trust, int64_t now_utc_ms, struct certificate_report *ret,
	struct error *error)
{
	*ret = (struct certificate_report){ 0 };
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		ret->checks[i].name = check_names[i];
	if (digest_sha256_hex(json, json_length, ret->sha256) != 0) {
		ret->sha256[0] = '\0';
		return error_no_memory(error);
	}
	struct verdict verdict = { 0 };
	check_canonical(ret, json, json_length);
	check_signature(ret, json, json_length, p7s, p7s_length, trust, now_utc_ms);
	if (!ret->certificate)
		return 0;
	struct check *schema = &ret->checks[SCHEMA];
	struct check *judgement = &ret->checks[JUDGEMENT];
	conclude(schema, certificate_check_schema(ret->certificate, &schema->error));
	if (schema->result == CHECK_PASSED)
		conclude(judgement, judge_again(ret->certificate, &verdict, &judgement->error));
	ret->valid = all_passed(ret);
	if (ret->valid)
		ret->outcome = verdict.outcome;
	return 0;
}
