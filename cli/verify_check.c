/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One certificate read and checked. */
#include "cli/verify.h"

#include "verify/certificate/bundle.h"
#include <errno.h>
#include <string.h>

void checked_free(struct checked *checked)
{
	certificate_report_free(&checked->report);
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

int verify_check_file(const struct invocation *invocation, const struct verify_anchors *anchors,
	const char *file, struct checked *ret, struct error *error)
{
	const struct verify_options *options = invocation->values;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	ret->file = file;
	int r = bundle_read(
		file, options->signature[0] ? options->signature : NULL, &bundle, &ret->unread);
	if (r < 0 && ret->unread.kind == ERROR_USAGE) {
		*error = ret->unread;
		return r;
	}
	if (r < 0)
		return 0;
	r = certificate_check(&bundle, &anchors->anchors, &ret->report, error);
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

bool verify_is_tenant(const struct checked *checked)
{
	return strcmp(verify_text(checked, NULL, "format"), TENANT_FORMAT) == 0;
}

bool verify_is_success(const struct checked *checked)
{
	return verify_is_proven(checked) ||
	       (verify_is_valid(checked) && checked->report.stage == TENANT_STAGE_CLOSED);
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

const char *verify_text(const struct checked *checked, const char *object, const char *key)
{
	const json_t *from = checked->report.certificate;
	const char *text = json_string_value(
		json_object_get(object ? json_object_get(from, object) : from, key));
	return text ? text : "";
}
