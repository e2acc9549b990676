/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PSID revert of a locked drive, as a preparation: guarded like a wipe, recorded as events. */
#include "wipe/revert.h"

#include "base/text.h"
#include "inventory/assets/drives.h"
#include "inventory/custody/events.h"
#include "wipe/erase/opal.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

/* What one revert works on; label is the drive's for people. */
struct reverting {
	struct store *store;
	const struct revert_order *order;
	struct drive *drive;
	struct transports transports;
	struct reverted *ret;
	char label[IDENTITY_LABEL_MAX];
};

static void reverting_end(struct reverting *reverting)
{
	reverting->drive = drive_close(reverting->drive);
}

/* ---- may it be ---- */

static int check_guard(const struct reverting *reverting, struct error *error)
{
	AUTO_FREE struct guard_report *report = calloc(1, sizeof(*report));
	if (!report)
		return error_no_memory(error);
	const struct guard_subject subject = { .drive = reverting->drive,
		.expected_serial = reverting->order->serial,
		.require_serial = true,
		.store = reverting->store,
		.outside_vouched = reverting->order->outside_vouched,
		.whole_subsystem = reverting->drive->identity.transport == TRANSPORT_NVME };
	guard_check(&subject, report);
	return report->allowed ? 0 : guard_error(report, &reverting->drive->identity, error);
}

static int check_abilities(struct reverting *reverting, struct error *error)
{
	struct opal_abilities opal;
	opal_abilities_read(&reverting->transports.opal, &opal);
	reverting->ret->kind = opal.kind;
	if (!opal.known || opal.kind == OPAL_NONE || opal.kind == OPAL_ENTERPRISE) {
		error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "not-supported",
			_("%s is no self-encrypting drive that can be reverted by a PSID, as far "
			  "as it tells."),
			reverting->label);
		return error_next(error, _("Connect it to a controller that passes its security "
					   "commands through, or have it destroyed."));
	}
	if (!opal.locked) {
		error_set(error, ERROR_REFUSED, EPERM, "not-locked",
			_("%s is not locked. Nothing was touched."), reverting->label);
		return error_next(error, _("Erase it with: haiki wipe run"));
	}
	return 0;
}

/* ---- what is recorded ---- */

static int append(
	const struct reverting *reverting, const char *action, json_t *detail, struct error *error)
{
	const struct subject subject = { .kind = SUBJECT_DRIVE, .id = reverting->ret->drive_id };
	if (!detail)
		return error_no_memory(error);
	const struct event event = {
		.action = action, .detail = detail, .utc_ms = reverting->order->now_utc_ms
	};
	int r = store_begin(reverting->store, error);
	if (r == 0)
		r = store_end(reverting->store,
			events_append(reverting->store, &subject, &event, error), error);
	json_decref(detail);
	return r;
}

static json_t *begun_detail(const struct reverting *reverting)
{
	json_t *detail = json_object();
	if (json_put_string(detail, "kind", opal_kind_name(reverting->ret->kind)) < 0 ||
		json_put_string(detail, "reason", reverting->order->reason) < 0) {
		json_decref(detail);
		return NULL;
	}
	return detail;
}

static json_t *result_detail(const struct reverting *reverting, int answered)
{
	const struct reverted *reverted = reverting->ret;
	json_t *detail = json_object();
	const char *said = answered < 0 ? "no-answer" : opal_status_name(reverted->status);
	if (json_put_string(detail, "answer", said) < 0 ||
		json_put_integer(detail, "status", answered < 0 ? -1 : reverted->status) < 0 ||
		json_put_integer(detail, "unlocked", reverted->unlocked) < 0 ||
		json_put_string(detail, "level", level_name(LEVEL_NONE)) < 0) {
		json_decref(detail);
		return NULL;
	}
	return detail;
}

static int enter_drive(const struct reverting *reverting, struct error *error)
{
	const struct drive_seen seen = { .identity = &reverting->drive->identity,
		.native = &reverting->drive->native,
		.host = reverting->order->host,
		.utc_ms = reverting->order->now_utc_ms };
	int r = store_begin(reverting->store, error);
	if (r == 0)
		r = store_end(reverting->store,
			drives_record(reverting->store, &seen, &reverting->ret->drive_id, error),
			error);
	return r < 0 ? r : append(reverting, "psid-revert-began", begun_detail(reverting), error);
}

/* ---- the drive's answer ---- */

static int tell_refused(const struct reverting *reverting, struct error *error)
{
	uint8_t status = reverting->ret->status;
	error_set(error, ERROR_REFUSED, EACCES, "psid-refused",
		_("%s did not take the PSID (status %u %s). It is as it was."), reverting->label,
		status, opal_status_name(status));
	if (status == OPAL_STATUS_LOCKED_OUT)
		return error_next(
			error, _("Too many were wrong: take its power away, and try again "
				 "with the PSID on its own label."));
	return error_next(error,
		_("Compare with its label: letters and digits are easily mistaken, and after a "
		  "few wrong ones the drive listens to none until it was without power."));
}

static int tell_failed(const struct reverting *reverting, int answered, struct error *error)
{
	if (answered < 0)
		error_set(error, ERROR_FAILED, -answered, "revert-failed",
			_("%s was told to revert, and gave no answer that can be believed: %s"),
			reverting->label, strerror(-answered));
	else if (reverting->ret->status != 0)
		error_set(error, ERROR_FAILED, EIO, "revert-failed",
			_("%s could not revert (status %u %s). What became of it is not known."),
			reverting->label, reverting->ret->status,
			opal_status_name(reverting->ret->status));
	else
		error_set(error, ERROR_FAILED, EIO, "revert-failed",
			_("%s says that it was reverted, but is still locked."), reverting->label);
	return error_next(
		error, _("Take the drive's power away and look again; if it stays locked, "
			 "have it destroyed."));
}

static int order_revert(struct reverting *reverting, struct error *error)
{
	char psid[PSID_CHARACTERS + 1];
	struct opal_abilities after;
	struct error ignored = { 0 };
	struct reverted *ret = reverting->ret;
	if (!opal_psid_clean(reverting->order->psid, psid))
		return error_set(error, ERROR_USAGE, EINVAL, "credential-invalid",
			_("That is no PSID: it has %d letters and digits. Nothing was sent."),
			PSID_CHARACTERS);
	int r = enter_drive(reverting, error);
	if (r < 0) {
		OPENSSL_cleanse(psid, sizeof(psid));
		return r;
	}
	ret->sent = true;
	int answered =
		opal_order(&reverting->transports.opal, OPAL_PSID_REVERT, psid, &ret->status);
	OPENSSL_cleanse(psid, sizeof(psid));
	opal_abilities_read(&reverting->transports.opal, &after);
	ret->unlocked = answered == 0 && ret->status == 0 && after.known && !after.locked;
	/* The drive's answer is told in any case; the store's failure only if there is no other. */
	r = append(reverting, "psid-reverted", result_detail(reverting, answered), &ignored);
	if (answered == 0 && opal_status_is_of_credential(ret->status))
		return tell_refused(reverting, error);
	if (!ret->unlocked)
		return tell_failed(reverting, answered, error);
	if (r < 0 && error)
		*error = ignored;
	return r;
}

int revert_drive(struct store *store, const struct revert_order *order, struct reverted *ret,
	struct error *error)
{
	struct reverting reverting CLEANUP(
		reverting_end) = { .store = store, .order = order, .ret = ret };
	*ret = (struct reverted){ .sent = false };
	int r = drive_open(order->path, DRIVE_CLAIM, &reverting.drive, error);
	if (r < 0)
		return r;
	const struct drive *drive = reverting.drive;
	ret->identity = drive->identity;
	identity_label(&drive->identity, reverting.label);
	reverting.transports = order->transports ? order->transports(drive->fd, &drive->identity)
						 : transports_real(drive->fd, &drive->identity);
	r = check_guard(&reverting, error);
	if (r == 0)
		r = check_abilities(&reverting, error);
	return r < 0 ? r : order_revert(&reverting, error);
}
