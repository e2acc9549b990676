/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One checked certificate for people: the verdict first, then a line for each check. */
#include "cli/describe_remark.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "cli/verify.h"
#include <inttypes.h>
#include <string.h>

static const char *check_text(const char *name)
{
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "document", N_("the PDF is whole and wholly signed") },
		{ "attachments", N_("its pages were drawn from the certificate attached") },
		{ "canonical", N_("the file is whole and spelled as it was issued") },
		{ "schema", N_("every field is there and none is unknown") },
		{ "signature", N_("the signature covers exactly these bytes") },
		{ "chain", N_("the signer is one that is trusted") },
		{ "revocation", N_("the signer was not revoked when it signed") },
		{ "timestamp", N_("a trusted authority says when it was signed") },
		{ "judgement", N_("the evidence, judged again, gives the stated verdict") },
		{ "ledger", N_("it stands in the ledger that it names") },
		{ "superseded", N_("no later certificate takes its place") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(name, texts[i].name) == 0)
			return _(texts[i].text);
	return name;
}

/* Why there was nothing to check. */
static const char *absent_text(const char *word)
{
	static const struct described texts[] = {
		{ "no-pdf", N_("no PDF was given") },
		{ "no-crl", N_("no list of revoked signers was given") },
		{ "no-timestamp",
			N_("no time stamp shows that it was signed while the signer was valid") },
		{ "no-timestamp-trust",
			N_("it has a time stamp, but nobody was named who may stamp") },
		{ "no-proof", N_("no proof lies beside it") },
		{ "no-ledger-key", N_("it names no ledger, and no ledger's key was given") },
		{ "no-later", N_("no ledger was given") },
		{ "ledger-older", N_("the ledger given ends before it") },
		{ "records-withheld", N_("records behind it were left out of the ledger given") },
	};
	return describe_table_word(texts, ARRAY_SIZE(texts), word);
}

static const char *result_text(enum check_result result)
{
	switch (result) {
	case CHECK_NOT_MADE:
		return _("not checked");
	case CHECK_PASSED:
		return _("yes");
	case CHECK_FAILED:
		return _("NO");
	case CHECK_ABSENT:
		return _("not shown");
	}
	return "?";
}

const char *verify_verdict(const struct checked *checked)
{
	if (checked->unread.kind != ERROR_NONE)
		return _("NOT CHECKED");
	if (!verify_is_valid(checked))
		return _("INVALID");
	if (verify_is_tenant(checked))
		return verify_is_success(checked) ? _("VALID, CLOSED") : _("VALID, but OPEN");
	return verify_is_proven(checked) ? _("VALID, PROVEN") : _("VALID, but NOT PROVEN");
}

static const char *limit_text(const char *word)
{
	static const struct {
		const char *word, *text;
	} texts[] = {
		{ "virtual-device",
			N_("the device is virtual: the medium behind it is not covered") },
		{ "capacity-as-reported",
			N_("its capacity is as the drive told it; one lowered before is not told "
			   "from a native one") },
		{ "clock-not-synchronised", N_("the clock was not synchronised") },
		{ "sampled", N_("a sample was read back, not every byte") },
		{ "markers-only",
			N_("of the medium only the places of the markers were looked at") },
		{ "deallocated",
			N_("sectors that read zeros were taken for erased on the drive's word") },
		{ "key-copies",
			N_("only keys were destroyed: a copy of them elsewhere opens the data "
			   "again") },
		{ "outside-namespaces",
			N_("boot partitions and the RPMB of the NVMe drive are not reached") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(word, texts[i].word) == 0)
			return _(texts[i].text);
	return word;
}

/* What the statement does not cover, and what was still to be done elsewhere when it was made. */
static void print_limits(const struct checked *checked)
{
	const json_t *limits = json_object_get(checked->report.certificate, "limits");
	const json_t *outstanding = json_object_get(checked->report.certificate, "outstanding");
	for (size_t i = 0; i < json_array_size(limits); i++) {
		const char *word = json_string_value(json_array_get(limits, i));
		output_line(stdout, _("  limit: %s [%s]"), limit_text(word), word);
	}
	for (size_t i = 0; i < json_array_size(outstanding); i++)
		output_line(stdout, _("  outstanding when it was issued: %s"),
			json_string_value(json_array_get(outstanding, i)));
	if (json_array_size(outstanding) > 0)
		output_line(stdout, "  → %s",
			_("A copy of the keys opens what was encrypted: have the organisation show "
			  "that it was destroyed since."));
}

/* "ata-sanitize-crypto", "overwrite": what was done, as it is planned. */
static void print_methods(const struct checked *checked)
{
	const json_t *plan = json_object_get(checked->report.certificate, "plan");
	const json_t *steps = json_object_get(plan, "steps");
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *method = json_string_value(json_object_get(step, "method"));
		const char *technique = json_string_value(json_object_get(step, "technique"));
		if (strcmp(method, "erase") == 0 && technique)
			output_line(stdout, _("  step %d: erased by %s"), (int)i + 1, technique);
		else if (strcmp(method, "overwrite") == 0)
			output_line(stdout, _("  step %d: overwritten"), (int)i + 1);
	}
}

/* Who else stands for it, and when. */
static void print_witnesses(const struct checked *checked)
{
	const struct certificate_report *report = &checked->report;
	output_line(stdout, _("  signed by %s"), report->signer);
	for (unsigned i = 0; i < report->person_count; i++)
		output_line(stdout, _("  signed by %s (%s)"), report->persons[i].subject,
			report->persons[i].role);
	if (report->stamped) {
		char time[DESCRIBE_TIME_SIZE];
		describe_time(report->stamped_utc_ms, time);
		output_line(stdout, _("  time-stamped %s"), time);
	}
	if (report->checks[CHECK_LEDGER].result == CHECK_PASSED)
		output_line(stdout, _("  record %" PRIu64 " of the ledger %s"),
			report->ledger_index, verify_text(checked, "ledger", "origin"));
}

/* How far the deletion of a contract's data had come. */
static void print_contract(const struct checked *checked)
{
	const json_t *left = json_object_get(checked->report.certificate, "outstanding");
	const json_t *verdict = json_object_get(checked->report.certificate, "verdict");
	const json_t *remarks = json_object_get(verdict, "remarks");
	output_line(stdout, _("  contract %s of %s %s"), verify_text(checked, "contract", "number"),
		verify_text(checked, "tenant", "code"), verify_text(checked, "tenant", "name"));
	print_witnesses(checked);
	for (size_t i = 0; i < json_array_size(remarks); i++)
		output_line(stdout, _("  note: %s"),
			describe_remark(json_string_value(json_array_get(remarks, i))));
	for (size_t i = 0; i < json_array_size(left); i++)
		output_line(stdout, _("  remains: %s"), json_string_value(json_array_get(left, i)));
	if (!verify_is_success(checked))
		output_line(stdout, "  → %s",
			_("The record is genuine and says that this deletion was NOT complete."));
}

static void print_verdict(const struct checked *checked)
{
	struct drive_identity subject = verify_subject(checked);
	char label[IDENTITY_LABEL_MAX];
	identity_label(&subject, label);
	output_line(stdout, "%s", verify_verdict(checked));
	if (!verify_is_valid(checked)) {
		output_line(stdout, "  → %s", _("Do not rely on this certificate."));
		return;
	}
	if (verify_is_tenant(checked)) {
		print_contract(checked);
		return;
	}
	output_line(stdout, "  %s", label);
	print_witnesses(checked);
	if (verify_is_proven(checked)) {
		output_line(stdout, "  %s · %s",
			describe_level_word(verify_text(checked, "verdict", "level")),
			describe_verification_word(
				verify_text(checked, "verdict", "verification")));
		print_methods(checked);
		print_limits(checked);
		return;
	}
	output_line(stdout, _("  the job ended as: %s"), describe_outcome(checked->report.outcome));
	output_line(stdout, "  → %s",
		_("The record is genuine and says that this drive was NOT proven erased."));
}

static void print_error(const struct error *error)
{
	if (error->kind == ERROR_NONE)
		return;
	output_line(stdout, "      %s", error->what);
	if (error->next[0])
		output_line(stdout, "      → %s", error->next);
}

static void print_check(const struct check *check)
{
	if (check->result == CHECK_ABSENT)
		output_line(stdout, "  %s: %s (%s)", check_text(check->name),
			result_text(check->result), absent_text(check->absent));
	else
		output_line(
			stdout, "  %s: %s", check_text(check->name), result_text(check->result));
	print_error(&check->error);
}

void verify_print(const struct checked *checked)
{
	print_verdict(checked);
	output_line(stdout, "%s", checked->file);
	if (checked->unread.kind != ERROR_NONE) {
		print_error(&checked->unread);
		return;
	}
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		print_check(&checked->report.checks[i]);
	if (checked->other_drive.kind != ERROR_NONE) {
		output_line(stdout, "  %s: %s", _("it is of the drive that was named"), _("NO"));
		print_error(&checked->other_drive);
	}
}

const char *verify_problem(const struct checked *checked)
{
	if (checked->unread.kind != ERROR_NONE)
		return checked->unread.what;
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		if (checked->report.checks[i].result == CHECK_FAILED)
			return checked->report.checks[i].error.what;
	if (checked->other_drive.kind != ERROR_NONE)
		return checked->other_drive.what;
	if (!verify_is_valid(checked) || verify_is_success(checked))
		return "";
	return verify_is_tenant(checked) ? _("its deletion was not complete")
					 : describe_outcome(checked->report.outcome);
}
