/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of checks and its report. A check that is not passed in so many words is a refusal. */
#include "wipe/guard/guard_checks.h"

#include "base/text.h"
#include "base/utf8.h"
#include "inventory/assets/drives.h"
#include "inventory/custody/holds.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Findings --------------------------------------------------------------------------------- */

void finding_pass(struct guard_finding *finding)
{
	if (finding->result == GUARD_NOT_MADE && !finding->detail[0])
		finding->result = GUARD_PASSED;
}

static void PRINTF_LIKE(3, 0)
	format_clean(char *ret, size_t size, const char *format, va_list arguments)
{
	(void)vsnprintf(ret, size, format, arguments);
	utf8_clean(ret, true);
}

void finding_pass_with(struct guard_finding *finding, const char *format, ...)
{
	va_list arguments;

	finding_pass(finding);
	if (finding->result != GUARD_PASSED)
		return;
	va_start(arguments, format);
	format_clean(finding->detail, sizeof(finding->detail), format, arguments);
	va_end(arguments);
}

/* Is text one of the sentences joined in detail? */
static bool says_already(const char *detail, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = detail; (at = strstr(at, text)); at++) {
		bool begins = at == detail || (at - detail >= 2 && memcmp(at - 2, "; ", 2) == 0);
		bool ends = at[length] == '\0' || strncmp(at + length, "; ", 2) == 0;
		if (begins && ends)
			return true;
	}
	return false;
}

void finding_refuse(struct guard_finding *finding, const char *format, ...)
{
	char text[sizeof(finding->detail)];
	va_list arguments;

	va_start(arguments, format);
	format_clean(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (finding->result != GUARD_REFUSED)
		finding->detail[0] = '\0';
	finding->result = GUARD_REFUSED;
	if (says_already(finding->detail, text))
		return;
	size_t length = strlen(finding->detail);
	(void)snprintf(finding->detail + length, sizeof(finding->detail) - length, "%s%s",
		length ? "; " : "", text);
	utf8_clean(finding->detail, true);
}

void finding_not_made(struct guard_finding *finding, const char *format, ...)
{
	va_list arguments;

	if (finding->result == GUARD_REFUSED)
		return;
	finding->result = GUARD_NOT_MADE;
	va_start(arguments, format);
	format_clean(finding->detail, sizeof(finding->detail), format, arguments);
	va_end(arguments);
	if (!finding->detail[0])
		(void)snprintf(finding->detail, sizeof(finding->detail), "?");
}

bool finding_needs_family(const struct guard_context *context, struct guard_finding *finding)
{
	if (!context->family_known)
		finding_not_made(finding, "%s", context->family_problem);
	return context->family_known;
}

/* The checks that need nothing but the subject --------------------------------------------- */

static void check_addressable(const struct guard_context *context, struct guard_finding *ret)
{
	struct error error = { 0 };

	/* Zones are the plan's business: only one that resets them first is made for such a drive. */
	if (identity_check_sectors(&context->subject->drive->identity, &error) < 0)
		finding_refuse(ret, "%s", error.what);
	finding_pass(ret);
}

static void check_read_only(const struct guard_context *context, struct guard_finding *ret)
{
	if (context->subject->drive->identity.read_only)
		finding_refuse(ret, _("it is read-only, by the kernel or by the drive's switch"));
	finding_pass(ret);
}

static void check_hold(const struct guard_context *context, struct guard_finding *ret)
{
	struct error error = { 0 };
	struct hold hold = { 0 };

	if (!context->subject->store) {
		finding_not_made(ret, _("without the store nobody knows of legal holds"));
		return;
	}
	int found = drives_hold(
		context->subject->store, &context->subject->drive->identity, &hold, &error);
	if (found < 0)
		finding_not_made(ret,
			_("the store could not say whether there is a legal hold: %s"), error.what);
	else if (found > 0) {
		char on[SUBJECT_ID_MAX];
		subject_format(&hold.target, on);
		finding_refuse(ret, _("legal hold H%lld on %s, by %s: %s"), (long long)hold.id, on,
			hold.authority, hold.reason);
		(void)snprintf(ret->recorded, sizeof(ret->recorded), "H%lld", (long long)hold.id);
	} else {
		finding_pass(ret);
	}
}

/* The table -------------------------------------------------------------------------------- */

static const struct guard_row {
	const char *check; /* stable word, in evidence and error codes */
	guard_check_function *function;
	const char *next; /* what a person does about a refusal */
	enum {
		ASKED,
		ASKED_OF_OTHERS, /* also of what would be erased along */
		ASKED_FOR_WHOLE, /* only where all of the drive's namespaces are erased */
	} when;
} table[] = {
	{ "identity", check_identity,
		N_("Compare with the label on the drive, and name it by that serial number; where "
		   "others "
		   "have the same, by the WWN (--serial WWN)."),
		ASKED },
	{ "addressable", check_addressable,
		N_("Use another controller or the drive's own sanitize command."), ASKED },
	{ "read-only", check_read_only, N_("Release the write protection, or use another adapter."),
		ASKED_OF_OTHERS },
	{ "system-disk", check_system_disk,
		N_("Start this machine from another disk before erasing this one."),
		ASKED_OF_OTHERS },
	{ "mounted", check_mounted, N_("Unmount it everywhere, then try again."), ASKED_OF_OTHERS },
	{ "swap", check_swap, N_("Take it out of use with swapoff, then try again."),
		ASKED_OF_OTHERS },
	{ "holders", check_holders,
		N_("\"haiki inventory show\" of the drive says how it may leave its array; close "
		   "what else stands on it (cryptsetup, vgchange, dmsetup), then try again."),
		ASKED_OF_OTHERS },
	{ "paths", check_paths, N_("Take one path away, or let multipath make one drive of them."),
		ASKED_OF_OTHERS },
	{ "exported", check_exported,
		N_("Take it out of what this machine serves (nvmetcli, targetcli)."),
		ASKED_OF_OTHERS },
	{ "loop-backing", check_loop, N_("Detach the loop device with losetup -d."),
		ASKED_OF_OTHERS },
	{ "lvm", check_lvm,
		N_("Deactivate the volume group (vgchange -an) or take the drive out of it "
		   "(pvmove, vgreduce)."),
		ASKED_OF_OTHERS },
	{ "zfs", check_zfs,
		N_("Export the pool or take the drive out of it, then clear its label "
		   "(zpool labelclear)."),
		ASKED_OF_OTHERS },
	{ "opened", check_opened, N_("End the process that uses it, then try again."),
		ASKED_OF_OTHERS },
	{ "hold", check_hold, N_("Nothing may be erased before the hold is lifted."),
		ASKED_OF_OTHERS },
	{ "namespaces", check_namespaces,
		N_("Run \"haiki inventory scan\" so that every namespace of the drive is known, "
		   "and "
		   "take the others out of use; or plan what erases this namespace alone."),
		ASKED_FOR_WHOLE },
};
_Static_assert(ARRAY_SIZE(table) <= GUARD_CHECKS_MAX, "the report cannot take every check");

static const char *or_real(const char *path, const char *real)
{
	return path ? path : real;
}

static struct system_paths paths_of(const struct system_paths *given)
{
	const struct system_paths *paths = given ? given : &system_paths_real;

	return (struct system_paths){ .sys = or_real(paths->sys, "/sys"),
		.proc = or_real(paths->proc, "/proc"),
		.dev = or_real(paths->dev, "/dev") };
}

/* Its family is the caller's to free. */
static struct guard_context context_of(const struct guard_subject *subject)
{
	struct guard_context context = { .subject = subject, .paths = paths_of(subject->paths) };

	family_read(&context);
	return context;
}

/* Every check that is asked of others, but the one left out, into one finding. */
static void check_others(
	const struct guard_subject *subject, const char *left_out, struct guard_finding *ret)
{
	struct guard_context context = context_of(subject);
	const char *name = subject->drive->identity.name;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct guard_finding finding = { .check = table[i].check };
		if (table[i].when != ASKED_OF_OTHERS || strcmp(table[i].check, left_out) == 0)
			continue;
		table[i].function(&context, &finding);
		if (finding.result == GUARD_PASSED)
			continue;
		finding_refuse(ret, "%s (%s): %s", name, finding.check,
			finding.detail[0] ? finding.detail : _("the check came to no result"));
		if (finding.recorded[0])
			(void)snprintf(ret->recorded, sizeof(ret->recorded), "%.32s: %.24s", name,
				finding.recorded);
	}
	free(context.family);
}

void guard_check_free(const struct guard_subject *subject, struct guard_finding *ret)
{
	check_others(subject, "", ret);
}

void guard_check_use(const struct guard_subject *subject, struct guard_finding *ret)
{
	*ret = (struct guard_finding){ .check = "in-use" };
	check_others(subject, "hold", ret);
	finding_pass(ret);
}

void guard_check_file(const struct guard_file *file, struct guard_finding *ret)
{
	const struct guard_subject subject = { .outside_vouched = file->outside_vouched };
	const struct guard_context context = { .subject = &subject,
		.paths = paths_of(file->paths) };
	struct guard_finding loops = { .check = "in-use" };
	struct stat status;

	*ret = (struct guard_finding){ .check = "in-use" };
	if (fstat(file->fd, &status) < 0) {
		finding_not_made(ret, "%s", strerror(errno));
		return;
	}
	check_file_opened(&context, &status, ret);
	check_file_loop(&context, &status, &loops);
	if (loops.result == GUARD_REFUSED)
		finding_refuse(ret, "%s", loops.detail);
	else if (loops.result == GUARD_NOT_MADE)
		finding_not_made(ret, "%s", loops.detail);
}

void guard_check(const struct guard_subject *subject, struct guard_report *ret)
{
	struct guard_context context = context_of(subject);

	memset(ret, 0, sizeof(*ret));
	ret->allowed = true;
	ret->whole_subsystem = subject->whole_subsystem;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct guard_finding *finding = &ret->findings[ret->count];
		if (table[i].when == ASKED_FOR_WHOLE && !subject->whole_subsystem)
			continue;
		ret->count++;
		finding->check = table[i].check;
		table[i].function(&context, finding);
		if (finding->result == GUARD_NOT_MADE && !finding->detail[0])
			finding_not_made(finding, _("the check came to no result"));
		if (finding->result != GUARD_PASSED)
			ret->allowed = false;
	}
	free(context.family);
}

/* The report ------------------------------------------------------------------------------- */

static const char *next_for(const char *check)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].check, check) == 0)
			return _(table[i].next);
	return "";
}

/* What stands between a drive and a mount goes first: out of an array a drive leaves while all that is
 * on the array stays mounted. */
static const struct guard_finding *finding_to_act_on(
	const struct guard_report *report, const struct guard_finding *first)
{
	if (strcmp(first->check, "mounted") != 0 && strcmp(first->check, "swap") != 0)
		return first;
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].check, "holders") == 0 &&
			report->findings[i].result == GUARD_REFUSED)
			return &report->findings[i];
	return first;
}

static int refusal(const struct guard_finding *finding, const char *label, struct error *error)
{
	char code[sizeof(error->code)];

	(void)snprintf(code, sizeof(code), "guard-%s", finding->check);
	if (finding->result == GUARD_NOT_MADE) {
		(void)error_set(error, ERROR_REFUSED, EPERM, code,
			_("%s must not be erased: it could not be checked that it is free (%s): "
			  "%s"),
			label, finding->check, finding->detail);
		(void)error_next(error, _("Mend what keeps the check from being made."));
		return -EPERM;
	}
	(void)error_set(error, ERROR_REFUSED, EPERM, code, _("%s must not be erased: %s"), label,
		finding->detail);
	(void)error_next(error, "%s", next_for(finding->check));
	return -EPERM;
}

static size_t checks_of(const struct guard_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		count += table[i].when != ASKED_FOR_WHOLE || report->whole_subsystem;
	return count;
}

int guard_error(const struct guard_report *report, const struct drive_identity *identity,
	struct error *error)
{
	char label[IDENTITY_LABEL_MAX];

	identity_label(identity, label);
	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].result != GUARD_PASSED)
			return refusal(
				finding_to_act_on(report, &report->findings[i]), label, error);
	if (report->allowed && report->count == checks_of(report))
		return 0;
	return error_set(error, ERROR_REFUSED, EPERM, "guard-not-made",
		_("%s must not be erased: it was not checked"), label);
}

static const char *result_name(enum guard_result result)
{
	switch (result) {
	case GUARD_PASSED:
		return "passed";
	case GUARD_REFUSED:
		return "refused";
	case GUARD_NOT_MADE:
		break;
	}
	return "not-made";
}

static int finding_to_json(const struct guard_finding *finding, json_t **ret)
{
	AUTO_JSON json_t *json = json_object();

	int result = json ? 0 : -ENOMEM;
	if (result == 0)
		result = json_put_string(json, "check", finding->check);
	if (result == 0)
		result = json_put_string(json, "result", result_name(finding->result));
	if (result == 0)
		result = json_put_string(
			json, "detail", finding->recorded[0] ? finding->recorded : finding->detail);
	if (result == 0)
		*ret = json_incref(json);
	return result;
}

int guard_to_json(const struct guard_report *report, json_t **ret)
{
	AUTO_JSON json_t *json = json_object();
	json_t *checks = json_array();
	bool passed = report->allowed && report->count > 0;

	int result = json ? json_put(json, "checks", checks) : -ENOMEM;
	if (!json)
		json_decref(checks);
	for (size_t i = 0; result == 0 && i < report->count; i++) {
		json_t *check = NULL;
		result = finding_to_json(&report->findings[i], &check);
		if (result == 0)
			result = json_push(checks, check);
		/* Never "passed" over a check that was not. */
		if (report->findings[i].result != GUARD_PASSED)
			passed = false;
	}
	if (result == 0)
		result = json_put_string(json, "kind", "guard");
	if (result == 0)
		result = json_put_string(json, "result", passed ? "passed" : "refused");
	if (result == 0)
		*ret = json_incref(json);
	return result;
}
