/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe revert`: a locked self-encrypting drive is made usable again by its PSID. */
#include "base/clock.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/stop.h"
#include "cli/wipe.h"
#include "inventory/custody/events.h"
#include "inventory/scan/scan.h"
#include "wipe/revert.h"
#include <errno.h>
#include <string.h>

/* Who it is, and that this very drive is meant. */
static int confirm(const char *path, const struct option_list *serials,
	char ret_serial[IDENTITY_TEXT_MAX], struct error *error)
{
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	int r = drive_open(path, DRIVE_LOOK, &drive, error);
	if (r < 0)
		return r;
	const char *word = confirm_named(&drive->identity, serials);
	if (!word && serials->count > 0)
		word = serials->items[0]; /* the guard says which drive was meant */
	if (!word) {
		word = confirm_word(&drive->identity);
		r = confirm_drive(&drive->identity, word, stdin, error);
	}
	(void)snprintf(ret_serial, IDENTITY_TEXT_MAX, "%s", word);
	return r;
}

static int check_options(const struct wipe_options *options, struct error *error)
{
	if (!options->psid_file[0]) {
		error_set(
			error, ERROR_USAGE, EINVAL, "needs-credential", _("The PSID is missing."));
		return error_next(error, _("Read it from the drive's label and give it with "
					   "--psid-file FILE; --psid-file - asks for it."));
	}
	if (options->serials.count > 0 || confirm_possible())
		return 0;
	error_set(error, ERROR_REFUSED, EPERM, "serial-needed",
		_("This is no terminal, so nobody can confirm the drives. Nothing was touched."));
	return error_next(error, _("Name every drive with --serial as well."));
}

static int print(
	const struct invocation *invocation, const struct reverted *reverted, struct error *error)
{
	char label[IDENTITY_LABEL_MAX], id[SUBJECT_ID_MAX];
	const struct subject subject = { .kind = SUBJECT_DRIVE, .id = reverted->drive_id };
	identity_label(&reverted->identity, label);
	subject_format(&subject, id);
	if (!invocation->json) {
		output_line(stdout,
			_("%s is unlocked and as from the factory. Nothing is proven of "
			  "what was on it."),
			label);
		output_line(stdout, _("  → Erase it now with: haiki wipe run %s"), id);
		return 0;
	}
	AUTO_JSON json_t *object = json_object();
	json_t *identity = NULL;
	if (identity_to_json(&reverted->identity, &identity) < 0 ||
		json_put(object, "identity", identity) < 0 ||
		json_put_string(object, "drive", id) < 0 ||
		json_put_string(object, "kind", opal_kind_name(reverted->kind)) < 0 ||
		json_put_integer(object, "unlocked", reverted->unlocked) < 0 ||
		json_put_string(object, "level", level_name(LEVEL_NONE)) < 0)
		return error_no_memory(error);
	return output_json(json_incref(object), error);
}

static int revert(const struct invocation *invocation, struct store *store, const char *psid,
	struct reverted *ret, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	char path[256], serial[IDENTITY_TEXT_MAX], host[SETTINGS_HOST_SIZE];
	struct clock_reading now;
	int r = scan_resolve(store, invocation->arguments[0], path, sizeof(path), error);
	if (r == 0)
		r = settings_host(host, error);
	if (r == 0)
		r = confirm(path, &options->serials, serial, error);
	if (r < 0)
		return r;
	clock_read(&now);
	const struct revert_order order = {
		.path = path,
		.serial = serial,
		.psid = psid,
		.reason = options->reason,
		.host = host,
		.outside_vouched = strcmp(invocation->config.guard_outside, "vouched") == 0,
		.now_utc_ms = now.utc_ms,
	};
	return revert_drive(store, &order, ret, error);
}

enum error_kind wipe_revert(const struct invocation *invocation, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	char psid[CREDENTIAL_SIZE] = "";
	struct reverted reverted = { 0 };
	int r = check_options(options, error);
	if (r == 0)
		r = store_open(invocation->config.store, STORE_WRITE, &store, error);
	if (r == 0)
		r = credential_read(options->psid_file, false, psid, error);
	if (r == 0)
		r = revert(invocation, store, psid, &reverted, error);
	explicit_bzero(psid, sizeof(psid));
	if (r == 0)
		r = print(invocation, &reverted, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
