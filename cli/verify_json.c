/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One checked certificate as JSON (docs/json.md). */
#include "base/clock.h"
#include "cli/output.h"
#include "cli/verify.h"
#include <errno.h>

static const char *check_word(enum check_result result)
{
	switch (result) {
	case CHECK_NOT_MADE:
		return "not-made";
	case CHECK_PASSED:
		return "passed";
	case CHECK_FAILED:
		return "failed";
	case CHECK_ABSENT:
		return "absent";
	}
	return "not-made";
}

static json_t *check_json(const struct check *check)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "check", check->name) < 0 ||
		json_put_string(json, "result", check_word(check->result)) < 0 ||
		json_put_string(json, "absent", check->absent ? check->absent : "") < 0 ||
		json_put(json, "error", output_error_json(&check->error)) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *checks_json(const struct checked *checked)
{
	AUTO_JSON json_t *checks = json_array();
	if (!checks)
		return NULL;
	for (size_t i = 0; i < CERTIFICATE_CHECKS && checked->report.checks[i].name; i++)
		if (json_push(checks, check_json(&checked->report.checks[i])) < 0)
			return NULL;
	if (checked->other_drive.kind != ERROR_NONE) {
		struct check other = {
			.name = "other-drive", .result = CHECK_FAILED, .error = checked->other_drive
		};
		if (json_push(checks, check_json(&other)) < 0)
			return NULL;
	}
	return json_incref(checks);
}

/* Of a certificate that is valid; else an empty list, which says nothing. */
static json_t *words_json(const struct checked *checked, const char *key)
{
	json_t *words = json_object_get(checked->report.certificate, key);
	return verify_is_valid(checked) && json_is_array(words) ? json_incref(words) : json_array();
}

static json_t *remarks_json(const struct checked *checked)
{
	const json_t *verdict = json_object_get(checked->report.certificate, "verdict");
	json_t *words = json_object_get(verdict, "remarks");
	return verify_is_valid(checked) && json_is_array(words) ? json_incref(words) : json_array();
}

static int64_t ledger_index(const struct certificate_report *report)
{
	return report->checks[CHECK_LEDGER].result == CHECK_PASSED ? (int64_t)report->ledger_index
								   : -1;
}

/* Of a tenant's certificate; "" of a drive's. */
static const char *stage_word(const struct checked *checked)
{
	return verify_is_tenant(checked) ? tenant_stage_name(checked->report.stage) : "";
}

static json_t *persons_json(const struct certificate_report *report)
{
	AUTO_JSON json_t *list = json_array();
	for (unsigned i = 0; list && i < report->person_count; i++) {
		AUTO_JSON json_t *person = json_object();
		if (!person || json_put_string(person, "subject", report->persons[i].subject) < 0 ||
			json_put_string(person, "role", report->persons[i].role) < 0 ||
			json_array_append(list, person) < 0)
			return NULL;
	}
	return json_incref(list);
}

json_t *verify_json(const struct checked *checked)
{
	AUTO_JSON json_t *json = json_object();
	struct drive_identity subject = verify_subject(checked);
	char stamped[CLOCK_TEXT_SIZE] = "";
	if (checked->report.stamped)
		clock_format(checked->report.stamped_utc_ms, stamped);
	if (!json || json_put_string(json, "file", checked->file) < 0 ||
		json_put_integer(json, "valid", verify_is_valid(checked)) < 0 ||
		json_put_integer(json, "proven", verify_is_proven(checked)) < 0 ||
		json_put_string(json, "outcome", outcome_name(checked->report.outcome)) < 0 ||
		json_put_string(json, "stage", stage_word(checked)) < 0 ||
		json_put_string(json, "contract", verify_text(checked, "contract", "number")) < 0 ||
		json_put_string(json, "signer", checked->report.signer) < 0 ||
		json_put(json, "persons", persons_json(&checked->report)) < 0 ||
		json_put_string(json, "sha256", checked->report.sha256) < 0 ||
		json_put_string(json, "serial", subject.serial) < 0 ||
		json_put_string(json, "wwn", subject.wwn) < 0 ||
		json_put_string(json, "name", verify_text(checked, NULL, "name")) < 0 ||
		json_put_string(json, "stamped_utc", stamped) < 0 ||
		json_put_integer(json, "ledger_index", ledger_index(&checked->report)) < 0 ||
		json_put_string(json, "job", verify_text(checked, "job", "id")) < 0 ||
		json_put(json, "limits", words_json(checked, "limits")) < 0 ||
		json_put(json, "outstanding", words_json(checked, "outstanding")) < 0 ||
		json_put(json, "remarks", remarks_json(checked)) < 0 ||
		json_put(json, "checks", checks_json(checked)) < 0 ||
		json_put(json, "error", output_error_json(&checked->unread)) < 0)
		return NULL;
	return json_incref(json);
}

int verify_json_supersede(json_t *json, const struct check *superseded)
{
	json_t *checks = json_object_get(json, "checks");
	json_t *line = check_json(superseded);
	if (!line || json_array_set_new(checks, CHECK_SUPERSEDED, line) < 0)
		return -ENOMEM;
	int r = json_put_integer(json, "valid", 0);
	if (r == 0)
		r = json_put_integer(json, "proven", 0);
	if (r == 0)
		r = json_put_string(json, "outcome", outcome_name(OUTCOME_UNKNOWN));
	if (r == 0 && json_string_length(json_object_get(json, "stage")) > 0)
		r = json_put_string(json, "stage", tenant_stage_name(TENANT_STAGE_UNKNOWN));
	if (r == 0)
		r = json_put(json, "limits", json_array());
	if (r == 0)
		r = json_put(json, "remarks", json_array());
	return r == 0 ? json_put(json, "outstanding", json_array()) : r;
}
