/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a certificate: what it says of itself, and one verdict over all checks. */
#include "verify/certificate/certificate_parts.h"

#include "base/digest.h"
#include "base/text.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const check_words[CERTIFICATE_CHECKS] = {
	[CHECK_DOCUMENT] = "document",
	[CHECK_ATTACHMENTS] = "attachments",
	[CHECK_CANONICAL] = "canonical",
	[CHECK_SCHEMA] = "schema",
	[CHECK_SIGNATURE] = "signature",
	[CHECK_CHAIN] = "chain",
	[CHECK_REVOCATION] = "revocation",
	[CHECK_TIMESTAMP] = "timestamp",
	[CHECK_JUDGEMENT] = "judgement",
	[CHECK_LEDGER] = "ledger",
	[CHECK_SUPERSEDED] = "superseded",
};

/* What a statement cannot do without. */
static const enum check_name necessary[] = { CHECK_CANONICAL, CHECK_SCHEMA, CHECK_SIGNATURE,
	CHECK_CHAIN, CHECK_JUDGEMENT };

const char *certificate_check_word(enum check_name name)
{
	return check_words[name];
}

enum check_name certificate_check_parse(const char *word, size_t length)
{
	enum check_name name = CHECK_DOCUMENT;
	while (name < CERTIFICATE_CHECKS && (strlen(check_words[name]) != length ||
						    memcmp(check_words[name], word, length) != 0))
		name++;
	return name;
}

void certificate_report_free(struct certificate_report *report)
{
	json_decref(report->certificate);
	*report = (struct certificate_report){ 0 };
}

void check_conclude(struct check *check, int result)
{
	check->result = result == 0 ? CHECK_PASSED : CHECK_FAILED;
	check->absent = NULL;
	if (result == 0)
		check->error = (struct error){ 0 };
	else if (check->error.kind == ERROR_NONE)
		(void)error_set(&check->error, ERROR_FAILED, -result, "certificate-malformed",
			_("The check \"%s\" failed"), check->name);
}

void check_absent(struct check *check, const char *why)
{
	check->result = CHECK_ABSENT;
	check->absent = why;
	check->error = (struct error){ 0 };
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
	struct check *check = &report->checks[CHECK_CANONICAL];
	struct error ignored = { 0 };
	const char *name = _("The certificate");
	int result = json_parse_canonical(json, length, name, &report->certificate, &check->error);
	if (result != 0 && result != -ENOMEM &&
		json_parse(json, length, name, &report->certificate, &ignored) != 0) {
		report->certificate = NULL;
		explain(&check->error, syntax_problem(json, length));
	}
	check_conclude(check, result);
}

/* --- all together --- */

/* What is missing for it, by the word that says why it could not be made. */
static const char *required_next(const char *absent)
{
	static const struct {
		const char *absent, *next;
	} texts[] = {
		{ "no-pdf", N_("Give NAME.pdf instead of NAME.json.") },
		{ "no-crl", N_("Give the issuer's list of revoked signers: --crl ca.crl") },
		{ "no-timestamp", N_("It has no time stamp: ask the issuer to run \"haiki report "
				     "timestamps\", and for the new "
				     "file.") },
		{ "no-timestamp-trust",
			N_("Name whose time stamps are believed: --tsa-trust FILE") },
		{ "no-proof", N_("Ask the issuer for NAME.proof, or give an exported ledger: "
				 "--ledger DIR") },
		{ "no-ledger-key", N_("Name the ledger's key: --ledger-key FILE") },
		{ "no-later",
			N_("Give an exported ledger, which tells what came later: --ledger DIR") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(absent, texts[i].absent) == 0)
			return _(texts[i].next);
	return "";
}

/* An absent check that the auditor asked for is one that failed. */
static void require(struct certificate_report *report, uint32_t required)
{
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		struct check *check = &report->checks[i];
		if (check->result != CHECK_ABSENT || !(required & (1U << i)))
			continue;
		int result = error_set(&check->error, ERROR_FAILED, ENODATA, "check-required",
			_("The check \"%s\" was asked for, and there was nothing to check (%s)"),
			check->name, check->absent);
		result = error_next(&check->error, "%s", required_next(check->absent));
		check_conclude(check, result);
	}
}

static bool holds(const struct certificate_report *report)
{
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		if (report->checks[i].result != CHECK_PASSED &&
			report->checks[i].result != CHECK_ABSENT)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(necessary); i++)
		if (report->checks[necessary[i]].result != CHECK_PASSED)
			return false;
	return true;
}

/* What an invalid certificate says is not handed on. */
static void forget_verdict(struct certificate_report *report)
{
	report->outcome = OUTCOME_UNKNOWN;
	report->stage = TENANT_STAGE_UNKNOWN;
}

static void examine_statement(struct examination *examination)
{
	struct certificate_report *report = examination->report;
	struct check *schema = &report->checks[CHECK_SCHEMA];
	struct check *judgement = &report->checks[CHECK_JUDGEMENT];
	check_canonical(
		report, buffer_text(&examination->bundle->json), examination->bundle->json.length);
	if (!report->certificate)
		return;
	const struct document_kind *kind = document_kind_of(report->certificate);
	check_conclude(schema, kind->check_schema(report->certificate, &schema->error));
	examination->schema_holds = schema->result == CHECK_PASSED;
	if (examination->schema_holds)
		check_conclude(judgement, kind->judge(report, &judgement->error));
}

static_assert(CERTIFICATE_PERSONS_MAX >= DETACHED_SIGNERS_MAX, "all who signed have a place");
static_assert(sizeof((struct certificate_person){ 0 }.role) >= DETACHED_ROLE_SIZE, "a role fits");

static void name_signers(const struct detached *detached, struct certificate_report *report)
{
	trust_subject(detached_issuer(detached), report->signer, sizeof(report->signer));
	for (unsigned i = 1; i < detached_signer_count(detached); i++) {
		struct certificate_person *person = &report->persons[report->person_count++];
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		trust_subject(signer.certificate, person->subject, sizeof(person->subject));
		snprintf(person->role, sizeof(person->role), "%s", signer.role);
	}
}

static void examine_signature(struct examination *examination)
{
	const struct bundle *bundle = examination->bundle;
	struct certificate_report *report = examination->report;
	struct seal *seal = &examination->seal;
	seal_examine((const uint8_t *)buffer_text(&bundle->p7s), bundle->p7s.length,
		buffer_text(&bundle->json), bundle->json.length, examination->anchors, seal);
	report->checks[CHECK_SIGNATURE] = seal->signature;
	report->checks[CHECK_TIMESTAMP] = seal->timestamp;
	report->checks[CHECK_CHAIN] = seal->chain;
	report->checks[CHECK_REVOCATION] = seal->revocation;
	report->stamped = seal->stamped;
	report->stamped_utc_ms = seal->stamped_utc_ms;
	if (seal->signature.result == CHECK_PASSED)
		name_signers(seal->detached, report);
}

int certificate_check(const struct bundle *bundle, const struct certificate_anchors *anchors,
	struct certificate_report *ret, struct error *error)
{
	struct examination examination = { .bundle = bundle, .anchors = anchors, .report = ret };
	*ret = (struct certificate_report){ 0 };
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		ret->checks[i].name = check_words[i];
	/* Of a PDF that cannot be taken apart there is nothing else to look at. */
	if (bundle->pdf.length == 0 || bundle->json.length > 0) {
		if (digest_sha256_hex(
			    buffer_text(&bundle->json), bundle->json.length, ret->sha256) != 0) {
			ret->sha256[0] = '\0';
			return error_no_memory(error);
		}
		examine_statement(&examination);
		examine_signature(&examination);
		examine_ledger(&examination);
	}
	examine_document(&examination);
	seal_free(&examination.seal);
	require(ret, anchors->required);
	ret->valid = holds(ret);
	if (!ret->valid)
		forget_verdict(ret);
	return 0;
}

void certificate_report_supersede(struct certificate_report *report, const char *later)
{
	struct check *check = &report->checks[CHECK_SUPERSEDED];
	(void)error_set(&check->error, ERROR_FAILED, ESTALE, "certificate-superseded",
		_("The later certificate %s takes the place of this one"), later);
	int result = error_next(&check->error, _("Rely on the later one."));
	check_conclude(check, result);
	report->valid = false;
	forget_verdict(report);
}
