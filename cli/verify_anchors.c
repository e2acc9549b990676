/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an auditor trusts, from the options of `haiki verify`. */
#include "base/clock.h"
#include "base/file.h"
#include "cli/settings.h"
#include "cli/verify.h"
#include "cli/verify_ledger.h"
#include "verify/certificate/detached.h"
#include "verify/certificate/revocation.h"
#include "verify/certificate/standing.h"
#include "verify/ledger/ledger.h"
#include "verify/ledger/ledger_vkey.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX_BYTES (4 * KIB)
#define DAY_LENGTH 10    /* "2026-11-23" */
#define SECOND_LENGTH 20 /* "2026-11-23T05:00:00Z" */

void verify_anchors_close(struct verify_anchors *anchors)
{
	trust_free(anchors->trust);
	trust_free(anchors->timestamp_trust);
	revocation_free(anchors->revocation);
	standing_close(anchors->standing);
	*anchors = (struct verify_anchors){ 0 };
}

/* --- time stamps and revocation --- */

static int load_stampers(const struct verify_options *options, const struct config *config,
	struct verify_anchors *ret, struct error *error)
{
	const char *path =
		options->timestamp_trust[0] ? options->timestamp_trust : config->timestamp_ca;
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(TRUST_MAX_BYTES);
	if (!path[0])
		return 0;
	int r = file_read(path, &pem, error);
	if (r == 0)
		r = trust_load(buffer_text(&pem), pem.length, path, &ret->timestamp_trust, error);
	ret->anchors.timestamp_trust = ret->timestamp_trust;
	return r;
}

/* Beside ca.crt; in one file with it they could issue certificates. */
static int load_persons(
	const struct verify_options *options, struct verify_anchors *ret, struct error *error)
{
	const char *path = options->person_trust;
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(TRUST_MAX_BYTES);
	struct trust *persons = NULL;
	if (!path[0])
		return 0;
	int r = file_read(path, &pem, error);
	if (r == 0)
		r = trust_load(buffer_text(&pem), pem.length, path, &persons, error);
	if (r == 0)
		trust_take_persons(ret->trust, persons);
	return r;
}

static int load_lists(
	const struct verify_options *options, struct verify_anchors *ret, struct error *error)
{
	if (options->revoked.count == 0)
		return 0;
	ret->revocation = revocation_new();
	if (!ret->revocation)
		return error_no_memory(error);
	for (size_t i = 0; i < options->revoked.count; i++) {
		const char *path = options->revoked.items[i];
		AUTO_BUFFER struct buffer list = BUFFER_INIT(REVOCATION_MAX_BYTES);
		int r = file_read(path, &list, error);
		if (r == 0)
			r = revocation_add(
				ret->revocation, buffer_text(&list), list.length, path, error);
		if (r < 0)
			return r;
	}
	ret->anchors.revocation = ret->revocation;
	return 0;
}

/* --- the ledger --- */

/* A key is one line, so it may be typed as it is. */
static int load_ledger_key(
	const struct verify_options *options, struct verify_anchors *ret, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(KEY_MAX_BYTES);
	const char *typed = options->ledger_key;
	int r = 0;
	if (!typed[0])
		return 0;
	if (note_key_parse(typed, strlen(typed), &ret->ledger_key, NULL) < 0) {
		r = file_read(typed, &text, error);
		if (r == 0)
			r = note_key_parse(
				buffer_text(&text), text.length, &ret->ledger_key, error);
	}
	if (r == 0)
		ret->anchors.ledger_key = &ret->ledger_key;
	return r;
}

/* Which key the folder is checked by: the one given, else its own, which the signer must have signed. */
static int find_folder_key(const char *folder, struct verify_anchors *anchors, struct error *error)
{
	if (anchors->anchors.ledger_key)
		return 0;
	char path[600], signer[256];
	AUTO_BUFFER struct buffer key = BUFFER_INIT(KEY_MAX_BYTES);
	AUTO_BUFFER struct buffer signature = BUFFER_INIT(DETACHED_MAX_BYTES);
	(void)snprintf(path, sizeof(path), "%s/ledger.vkey", folder);
	int r = file_read(path, &key, error);
	(void)snprintf(path, sizeof(path), "%s/ledger.vkey.p7s", folder);
	if (r == 0)
		r = file_read(path, &signature, error);
	if (r < 0)
		return error_next(error, _("Name the ledger's key with --ledger-key."));
	const struct ledger_anchors given = { .trust = anchors->trust,
		.stampers = anchors->timestamp_trust,
		.required = anchors->revocation,
		.now_utc_ms = anchors->anchors.now_utc_ms };
	return ledger_vkey_prove(&key, &signature, &given, &anchors->ledger_key, signer, error);
}

/* The first line of its report that does not hold. */
static int refuse_ledger(
	const char *folder, const struct ledger_report *report, struct error *error)
{
	for (size_t i = 0; i < LEDGER_CHECKS; i++)
		if (report->checks[i].result == LEDGER_FAILED) {
			*error = report->checks[i].error;
			return -EBADMSG;
		}
	return error_set(error, ERROR_FAILED, EBADMSG, "ledger-malformed",
		_("The ledger in %s could not be checked"), folder);
}

/* The whole ledger is looked at before the first certificate. */
struct reading {
	struct standing *standing;
	struct ledger_progress progress;
};

static int take_record(void *context, const struct record *record, struct error *error)
{
	struct reading *reading = context;
	return standing_record(reading->standing, record, error);
}

static void show_progress(void *context, uint64_t done, uint64_t size)
{
	struct reading *reading = context;
	ledger_progress_show(&reading->progress, done, size);
}

static int load_ledger(
	const struct verify_options *options, struct verify_anchors *ret, struct error *error)
{
	const char *folder = options->ledger;
	struct ledger_report report = { 0 };
	if (!folder[0])
		return 0;
	int r = find_folder_key(folder, ret, error);
	if (r < 0)
		return r;
	ret->standing = standing_new(&ret->ledger_key);
	if (!ret->standing)
		return error_no_memory(error);
	struct reading reading = { .standing = ret->standing };
	const struct ledger_question question = { .folder = folder,
		.key = &ret->ledger_key,
		.record = take_record,
		.progress = show_progress,
		.context = &reading };
	ledger_progress_begin(&reading.progress);
	r = ledger_check(&question, &report, error);
	ledger_progress_end(&reading.progress);
	if (r == 0 && !report.valid)
		r = refuse_ledger(folder, &report, error);
	if (r == 0)
		r = standing_complete(ret->standing, folder, &report.head, error);
	ret->anchors.standing = ret->standing;
	return r;
}

/* --- what else was asked --- */

static int read_required(const char *list, uint32_t *ret, struct error *error)
{
	while (*list) {
		size_t length = strcspn(list, ",");
		enum check_name name = certificate_check_parse(list, length);
		if (name == CERTIFICATE_CHECKS) {
			(void)error_set(error, ERROR_USAGE, EINVAL, "check-unknown",
				_("There is no check \"%.*s\"."), (int)length, list);
			return error_next(error, _("Name checks as the command prints them with "
						   "--json, separated by "
						   "commas: timestamp,ledger,revocation"));
		}
		*ret |= 1U << name;
		list += length + (list[length] == ',');
	}
	return 0;
}

/* A day, a second, or as haiki writes times. */
static int read_time(const char *text, int64_t *ret_utc_ms, struct error *error)
{
	char whole[CLOCK_TEXT_SIZE];
	size_t length = strlen(text);
	if (length == DAY_LENGTH)
		(void)snprintf(whole, sizeof(whole), "%.10sT00:00:00.000Z", text);
	else if (length == SECOND_LENGTH)
		(void)snprintf(whole, sizeof(whole), "%.19s.000%s", text, text + SECOND_LENGTH - 1);
	else
		(void)snprintf(whole, sizeof(whole), "%.24s", text);
	if (length < CLOCK_TEXT_SIZE && clock_parse(whole, ret_utc_ms) == 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "time-malformed",
		_("\"%s\" is not a time: write 2026-11-23 or 2026-11-23T05:00:00Z (UTC)."), text);
}

static int load_all(
	const struct invocation *invocation, struct verify_anchors *ret, struct error *error)
{
	const struct verify_options *options = invocation->values;
	struct clock_reading now;
	clock_read(&now);
	ret->anchors.now_utc_ms = now.utc_ms;
	int r = options->at[0] ? read_time(options->at, &ret->anchors.now_utc_ms, error) : 0;
	if (r == 0)
		r = read_required(options->require, &ret->anchors.required, error);
	if (r == 0)
		r = settings_trust(&invocation->config, options->trust, &ret->trust, error);
	ret->anchors.trust = ret->trust;
	if (r == 0)
		r = load_persons(options, ret, error);
	if (r == 0)
		r = load_stampers(options, &invocation->config, ret, error);
	if (r == 0)
		r = load_lists(options, ret, error);
	if (r == 0)
		r = load_ledger_key(options, ret, error);
	return r == 0 ? load_ledger(options, ret, error) : r;
}

int verify_anchors_open(
	const struct invocation *invocation, struct verify_anchors *ret, struct error *error)
{
	*ret = (struct verify_anchors){ 0 };
	int r = load_all(invocation, ret, error);
	if (r < 0)
		verify_anchors_close(ret);
	return r;
}
