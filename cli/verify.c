/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify`: the table of its commands, and the checking of certificates. */
#include "cli/verify.h"

#include "base/clock.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/table.h"
#include <errno.h>
#include <string.h>

void checked_free(struct checked *checked)
{
	certificate_report_free(&checked->report);
}

int verify_load_trust(const struct invocation *invocation, struct trust **ret, struct error *error)
{
	const struct verify_options *options = invocation->values;
	return settings_trust(&invocation->config, options->trust, ret, error);
}

static void check_serial(const struct verify_options *options, struct checked *checked)
{
	if (!options->serial[0] || !checked->report.valid)
		return;
	struct drive_identity subject = verify_subject(checked);
	if ((subject.serial[0] && strcmp(subject.serial, options->serial) == 0) ||
		(subject.wwn[0] && strcmp(subject.wwn, options->serial) == 0))
		return;
	char label[IDENTITY_LABEL_MAX];
	identity_label(&subject, label);
	error_set(&checked->other_drive, ERROR_FAILED, ESTALE, "other-drive",
		_("The certificate is of another drive: %s"), label);
	error_next(
		&checked->other_drive, _("Look for the certificate of drive %s."), options->serial);
}

int verify_check_file(const struct invocation *invocation, const struct trust *trust,
	const char *file, struct checked *ret, struct error *error)
{
	const struct verify_options *options = invocation->values;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	struct clock_reading now;
	ret->file = file;
	int r = bundle_read(
		file, options->signature[0] ? options->signature : NULL, &bundle, &ret->unread);
	if (r < 0 && ret->unread.kind == ERROR_USAGE) {
		*error = ret->unread;
		return r;
	}
	if (r < 0)
		return 0;
	clock_read(&now);
	const struct certificate_anchors anchors = { .trust = trust, .now_utc_ms = now.utc_ms };
	r = certificate_check(&bundle, &anchors, &ret->report, error);
	if (r < 0)
		return r;
	check_serial(options, ret);
	return 0;
}

bool verify_is_valid(const struct checked *checked)
{
	return checked->unread.kind == ERROR_NONE && checked->report.valid &&
	       checked->other_drive.kind == ERROR_NONE;
}

bool verify_is_proven(const struct checked *checked)
{
	return verify_is_valid(checked) && checked->report.outcome == OUTCOME_PROVEN;
}

struct drive_identity verify_subject(const struct checked *checked)
{
	struct drive_identity identity = { 0 };
	struct error ignored = { 0 };
	json_t *subject = json_object_get(checked->report.certificate, "subject");
	json_t *json = json_object_get(subject, "identity");
	if (!json || identity_from_json(json, &identity, &ignored) < 0)
		identity = (struct drive_identity){ 0 };
	return identity;
}

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

static const char *verdict_text(const struct checked *checked)
{
	if (checked->unread.kind != ERROR_NONE)
		return _("NOT CHECKED");
	if (!verify_is_valid(checked))
		return _("INVALID");
	return verify_is_proven(checked) ? _("VALID, PROVEN") : _("VALID, but NOT PROVEN");
}

static const char *certificate_string(
	const struct checked *checked, const char *object, const char *key)
{
	const char *text = json_string_value(
		json_object_get(json_object_get(checked->report.certificate, object), key));
	return text ? text : "";
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

static void print_verdict(const struct checked *checked)
{
	struct drive_identity subject = verify_subject(checked);
	char label[IDENTITY_LABEL_MAX];
	identity_label(&subject, label);
	output_line(stdout, "%s", verdict_text(checked));
	if (!verify_is_valid(checked)) {
		output_line(stdout, "  → %s", _("Do not rely on this certificate."));
		return;
	}
	output_line(stdout, "  %s", label);
	output_line(stdout, _("  signed by %s"), checked->report.signer);
	if (verify_is_proven(checked)) {
		output_line(stdout, "  %s · %s",
			describe_level_word(certificate_string(checked, "verdict", "level")),
			describe_verification_word(
				certificate_string(checked, "verdict", "verification")));
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

void verify_print(const struct checked *checked)
{
	print_verdict(checked);
	output_line(stdout, "%s", checked->file);
	if (checked->unread.kind != ERROR_NONE) {
		print_error(&checked->unread);
		return;
	}
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		const struct check *check = &checked->report.checks[i];
		output_line(
			stdout, "  %s: %s", check_text(check->name), result_text(check->result));
		print_error(&check->error);
	}
	if (checked->other_drive.kind != ERROR_NONE) {
		output_line(stdout, "  %s: %s", _("it is of the drive that was named"), _("NO"));
		print_error(&checked->other_drive);
	}
}

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

json_t *verify_json(const struct checked *checked)
{
	AUTO_JSON json_t *json = json_object();
	struct drive_identity subject = verify_subject(checked);
	if (!json || json_put_string(json, "file", checked->file) < 0 ||
		json_put_integer(json, "valid", verify_is_valid(checked)) < 0 ||
		json_put_integer(json, "proven", verify_is_proven(checked)) < 0 ||
		json_put_string(json, "outcome", outcome_name(checked->report.outcome)) < 0 ||
		json_put_string(json, "signer", checked->report.signer) < 0 ||
		json_put_string(json, "sha256", checked->report.sha256) < 0 ||
		json_put_string(json, "serial", subject.serial) < 0 ||
		json_put_string(json, "wwn", subject.wwn) < 0 ||
		json_put_string(json, "job", certificate_string(checked, "job", "id")) < 0 ||
		json_put(json, "limits", words_json(checked, "limits")) < 0 ||
		json_put(json, "outstanding", words_json(checked, "outstanding")) < 0 ||
		json_put(json, "checks", checks_json(checked)) < 0 ||
		json_put(json, "error", output_error_json(&checked->unread)) < 0)
		return NULL;
	return json_incref(json);
}

struct checked_list {
	struct checked *items; /* owned */
	size_t count;
};

static void checked_list_free(struct checked_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		checked_free(&list->items[i]);
	free(list->items);
}

static int print_all_json(const struct checked_list *list, struct error *error)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; i < list->count; i++)
		if (json_push(array, verify_json(&list->items[i])) < 0)
			return error_no_memory(error);
	return output_list_json("certificates", json_incref(array), error);
}

static const char *first_problem(const struct checked *checked)
{
	if (checked->unread.kind != ERROR_NONE)
		return checked->unread.what;
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		if (checked->report.checks[i].result == CHECK_FAILED)
			return checked->report.checks[i].error.what;
	if (checked->other_drive.kind != ERROR_NONE)
		return checked->other_drive.what;
	return verify_is_valid(checked) && !verify_is_proven(checked)
		       ? describe_outcome(checked->report.outcome)
		       : "";
}

static int print_all_table(const struct checked_list *list, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("VERDICT"), false, true },
		{ N_("SERIAL"), false, true },
		{ N_("CERTIFICATE"), false, true },
		{ N_("WHY NOT"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	size_t proven = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct checked *checked = &list->items[i];
		struct drive_identity subject = verify_subject(checked);
		proven += verify_is_proven(checked);
		table_cell(&table, "%s", verdict_text(checked));
		/* An invalid certificate says nothing about any drive. */
		table_cell(&table, "%s", verify_is_valid(checked) ? subject.serial : "");
		table_cell(&table, "%s", checked->file);
		table_cell(&table, "%s", first_problem(checked));
	}
	int r = output_table(&table, error);
	if (r < 0)
		return r;
	output_line(
		stdout, _("%zu of %zu certificates are valid and proven."), proven, list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct checked *checked = &list->items[i];
		const json_t *outstanding =
			json_object_get(checked->report.certificate, "outstanding");
		if (verify_is_proven(checked) && json_array_size(outstanding) > 0)
			output_line(stdout,
				_("%s: something was outstanding when it was issued; check it "
				  "alone"),
				checked->file);
	}
	return 0;
}

static enum error_kind verify_certificate(const struct invocation *invocation, struct error *error)
{
	const struct verify_options *options = invocation->values;
	struct checked_list list CLEANUP(checked_list_free) = { 0 };
	struct trust *trust CLEANUP(cleanup_trust_free) = NULL;
	size_t count = invocation->argument_count;
	AUTO_FREE enum error_kind *codes = calloc(count, sizeof(*codes));
	list.items = calloc(count, sizeof(*list.items));
	if (!codes || !list.items) {
		error_no_memory(error);
		return command_failed(error);
	}
	if (options->signature[0] && count > 1) {
		error_set(error, ERROR_USAGE, EINVAL, "signature-for-many",
			_("--signature goes with one certificate only."));
		return command_failed(error);
	}
	if (verify_load_trust(invocation, &trust, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < count; i++) {
		list.count++;
		if (verify_check_file(
			    invocation, trust, invocation->arguments[i], &list.items[i], error) < 0)
			return command_failed(error);
		codes[i] = verify_is_proven(&list.items[i]) ? ERROR_NONE : ERROR_FAILED;
	}
	int r = 0;
	if (invocation->json)
		r = print_all_json(&list, error);
	else if (count == 1)
		verify_print(&list.items[0]);
	else
		r = print_all_table(&list, error);
	return r < 0 ? command_failed(error) : output_common_code(codes, count);
}

#define INTO(member) OPTION_INTO(struct verify_options, member)
#define TRUST_OPTION                                                                               \
	{                                                                                          \
		"trust", "FILE", N_("trust this issuer (default: ca.crt of the keys folder)"),     \
			option_text, INTO(trust)                                                   \
	}
#define SIGNATURE_OPTION                                                                           \
	{                                                                                          \
		"signature", "FILE", N_("the signature (default: NAME.p7s beside NAME.json)"),     \
			option_text, INTO(signature)                                               \
	}

static const struct cli_option certificate_options[] = {
	SIGNATURE_OPTION,
	TRUST_OPTION,
	{ "serial", "SERIAL", N_("it must be of the drive with this serial or WWN"), option_text,
		INTO(serial) },
	{ 0 },
};

static const struct cli_option media_options[] = {
	{ "certificate", "FILE", N_("the drive's certificate, NAME.json"), option_text,
		INTO(certificate) },
	SIGNATURE_OPTION,
	TRUST_OPTION,
	{ "sample", NULL,
		/* xgettext:no-c-format */
		N_("read a sample of 10 % or more instead of every byte"), option_flag,
		INTO(sample) },
	{ 0 },
};

#define LEDGER_INTO(member) OPTION_INTO(struct verify_ledger_options, member)
static const struct cli_option ledger_options[] = {
	{ "since", "CHECKPOINT",
		N_("it must have grown from this earlier head: a checkpoint or NAME.proof "
		   "(repeatable)"),
		option_list, LEDGER_INTO(since) },
	{ "witness", "VKEY", N_("this witness must have signed the head (repeatable)"), option_list,
		LEDGER_INTO(witnesses) },
	{ "ledger-key", "FILE", N_("the ledger's public key, a file or the key itself"),
		option_text, LEDGER_INTO(ledger_key) },
	{ "trust", "FILE",
		N_("without a key: trust the one this issuer signed (default: ca.crt of the keys "
		   "folder)"),
		option_text, LEDGER_INTO(trust) },
	{ "tsa-trust", "FILE", N_("trust time stamps of this authority"), option_text,
		LEDGER_INTO(tsa_trust) },
	{ "crl", "FILE", N_("revocation list of the issuer"), option_text, LEDGER_INTO(crl) },
	{ 0 },
};

static const struct command commands[] = {
	{ "media", "DEV", 1, 1, N_("read a drive back and compare with its certificate"),
		N_("DEV is a serial, a WWN or a /dev path. The drive is only read."),
		{ media_options }, sizeof(struct verify_options), verify_media, true },
	{ "certificate", "FILE…", 1, ANY_NUMBER,
		N_("check certificates, offline, with nothing but the files"),
		N_("Succeeds only when every certificate is valid and says that its drive is "
		   "proven "
		   "erased."),
		{ certificate_options }, sizeof(struct verify_options), verify_certificate, false },
	{ "ledger", "DIR", 1, 1,
		N_("check an exported ledger: whole, unchanged, grown from before"),
		N_("DIR is what `haiki report ledger export` wrote. Nothing but its files and the "
		   "issuer's certificate, or the ledger's public key, is needed."),
		{ ledger_options }, sizeof(struct verify_ledger_options), verify_ledger, false },
	{ "policy", "[FILE]", 0, 1, N_("check a policy, and list its rules and schemes"),
		N_("Without FILE: the policy in force."), { NULL }, 0, verify_policy, false },
};

const struct command_group verify_group = {
	.name = "verify",
	.summary = N_("proving it, also to strangers"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
