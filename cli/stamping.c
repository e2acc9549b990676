/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time stamps on the way of a certificate to its files. */
#include "cli/stamping.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "reports/certificate/certificate.h"
#include <stdio.h>

void stamping_try(struct store *store, struct timestamp_authority *authority,
	struct certificate_record *certificate, struct stamping *ret)
{
	struct clock_reading now;
	*ret = (struct stamping){ 0 };
	clock_read(&now);
	int result = timestamp_certificate(store, authority, certificate, now.utc_ms, &ret->error);
	(void)snprintf(ret->state, sizeof(ret->state), "%s",
		!authority    ? "not-wanted"
		: result == 0 ? "stamped"
			      : "waiting");
}

struct catching_up {
	struct store *store;
	const char *folder;
};

static int export_anew(
	void *context, const struct certificate_record *certificate, struct error *error)
{
	const struct catching_up *catching_up = context;
	return certificate_export(catching_up->store, certificate, catching_up->folder, error);
}

void stamping_catch_up(
	struct store *store, struct timestamp_authority *authority, const char *folder)
{
	struct catching_up catching_up = { store, folder };
	struct error error = { 0 };
	struct clock_reading now;
	size_t done = 0, waiting = 0;
	clock_read(&now);
	int result = timestamp_pending(
		store, authority, now.utc_ms, export_anew, &catching_up, &done, &waiting, &error);
	if (done > 0)
		output_line(stderr, _("haiki: %zu earlier certificates were stamped now: %s"), done,
			folder);
	if (result == 0)
		return;
	if (waiting > 0)
		output_line(
			stderr, _("haiki: %zu certificates wait for their time stamp"), waiting);
	output_error(&error);
}

void stamping_print(const struct stamping *stamping)
{
	if (stamping->error.kind == ERROR_NONE)
		return;
	output_line(stdout, _("  Its time stamp waits: %s"), stamping->error.what);
	if (stamping->error.next[0])
		output_line(stdout, "  → %s", stamping->error.next);
}

int stamping_put(json_t *object, const struct stamping *stamping)
{
	int result = json_put_string(object, "timestamp", stamping->state);
	return result == 0
		       ? json_put(object, "timestamp_error", output_error_json(&stamping->error))
		       : result;
}
