/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe`: the table of its commands and options, and the way from jobs to results. */
#include "cli/wipe.h"

#include "base/file.h"
#include "cli/key_warning.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "cli/wipe_custody.h"
#include "cli/wipe_expired.h"
#include <errno.h>
#include <string.h>

static int read_level(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	enum level level;
	if (level_parse(text, &level) < 0 || level == LEVEL_NONE) {
		error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s knows no level \"%s\"."), option->name, text);
		return error_next(error, _("The levels are clear, purge and destroy."));
	}
	*(enum level *)value = level;
	return 0;
}

static int read_verification(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	enum verification *verification = value;
	if (strcmp(text, verification_name(VERIFICATION_FULL)) == 0)
		*verification = VERIFICATION_FULL;
	else if (strcmp(text, verification_name(VERIFICATION_SAMPLE)) == 0)
		*verification = VERIFICATION_SAMPLE;
	else if (strcmp(text, verification_name(VERIFICATION_MARKERS)) == 0)
		*verification = VERIFICATION_MARKERS;
	else
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s is full, sample or markers, not \"%s\"."), option->name, text);
	return 0;
}

static int read_method(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	struct combination combination;
	const char *problem;
	if (combination_parse(text, &combination, &problem) < 0) {
		error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s \"%s\" cannot be taken: %s."), option->name, text, problem);
		return error_next(error, _("See what there is: haiki verify policy"));
	}
	return option_text(option, text, value, error);
}

#define INTO(member) OPTION_INTO(struct wipe_options, member)
#define RATE_OPTION                                                                                \
	{                                                                                          \
		"rate", "BYTES", N_("no faster than this many bytes a second, like 200M"),         \
			option_bytes, INTO(rate_bytes_per_second)                                  \
	}
#define OUT_OPTION                                                                                 \
	{                                                                                          \
		"out", "DIR", N_("write certificates here (default: STATE/certificates)"),         \
			option_text, INTO(out)                                                     \
	}

#define PSID_OPTION                                                                                \
	{                                                                                          \
		"psid-file", "FILE",                                                               \
			N_("the PSID of the drive's label stands in this file (-: it is asked "    \
			   "for)"),                                                                \
			option_text, INTO(psid_file)                                               \
	}
#define PASSWORD_OPTION                                                                            \
	{                                                                                          \
		"password-file", "FILE",                                                           \
			N_("the password of the drive's owner stands in this file (-: it is "      \
			   "asked for)"),                                                          \
			option_text, INTO(password_file)                                           \
	}

static const struct cli_option request_options[] = {
	{ "serial", "SERIAL", N_("serial or WWN of a drive to wipe; once for each TARGET"),
		option_list, INTO(serials) },
	{ "scheme", "NAME", N_("overwrite by this scheme (see: haiki verify policy)"), option_text,
		INTO(request.plan.scheme) },
	{ "level", "LEVEL", N_("reach this level or refuse: clear, purge, destroy"), read_level,
		INTO(request.plan.level) },
	{ "method", "METHODS",
		N_("by these methods of the policy's order and no others (see: haiki verify "
		   "policy)"),
		read_method, INTO(request.plan.method) },
	{ "verify", "HOW",
		N_("read back in full or by sample, or look for markers alone; never less than the "
		   "policy asks"),
		read_verification, INTO(request.plan.verification) },
	PSID_OPTION,
	PASSWORD_OPTION,
	{ "zone", "ZONE", N_("zone the drive served in: municipal, private, …"), option_text,
		INTO(request.plan.zone) },
	{ "confidentiality", "CLASS", N_("confidentiality of the data, as the policy names it"),
		option_text, INTO(request.plan.confidentiality) },
	RATE_OPTION,
	{ "policy", "FILE", N_("decide by this policy"), option_text, INTO(policy) },
	{ "ticket", "TICKET", N_("ticket of this work"), option_text, INTO(request.ticket) },
	{ "contract", "CONTRACT", N_("contract that ended"), option_text, INTO(request.contract) },
	{ "destination", "WHERE", N_("where the drive goes: reuse, return, disposal, …"),
		option_text, INTO(request.destination) },
	{ "asset-number", "NUMBER", N_("asset number of the organisation"), option_text,
		INTO(request.asset_number) },
	{ "tenant", "TENANT", N_("tenant whose data is on the drive"), option_text,
		INTO(request.tenant) },
	{ "service-code", "CODE", N_("service code of the tenant"), option_text,
		INTO(request.service_code) },
	{ "operator", "NAME", N_("who does it"), option_text, INTO(request.operator.name) },
	{ "operator-title", "TITLE", N_("title of the operator"), option_text,
		INTO(request.operator.title) },
	{ "place", "PLACE", N_("where it is done"), option_text, INTO(request.operator.place) },
	{ "witness", "NAME", N_("who watches"), option_text, INTO(request.witness.name) },
	{ "witness-title", "TITLE", N_("title of the witness"), option_text,
		INTO(request.witness.title) },
	OUT_OPTION,
	{ 0 },
};

static const struct cli_option run_options[] = {
	{ "detach", NULL, N_("go on without this terminal; see: haiki wipe watch"), option_flag,
		INTO(detach) },
	{ 0 },
};

static const struct cli_option resume_options[] = {
	RATE_OPTION,
	OUT_OPTION,
	PSID_OPTION,
	PASSWORD_OPTION,
	{ 0 },
};

static const struct cli_option revert_options[] = {
	{ "serial", "SERIAL", N_("serial or WWN of the drive"), option_list, INTO(serials) },
	PSID_OPTION,
	{ "reason", "TEXT", N_("why it is done"), option_text, INTO(reason) },
	{ 0 },
};

static const struct cli_option watch_options[] = {
	{ "once", NULL, N_("print the state once and end"), option_flag, INTO(once) },
	{ 0 },
};

static const struct command commands[] = {
	{ "plan", "TARGET…", 1, ANY_NUMBER, N_("show what would be done, and touch nothing"),
		N_("TARGET is a serial, a WWN, an inventory ID (D12), RACK/SLOT or a /dev path."),
		{ request_options }, sizeof(struct wipe_options), wipe_plan, true },
	{ "run", "TARGET…", 1, ANY_NUMBER, N_("erase drives, prove it, and certify it"),
		N_("TARGET is a serial, a WWN, an inventory ID (D12), RACK/SLOT or a /dev path. "
		   "The "
		   "plan is shown first; then the serial of each drive is typed, or given with "
		   "--serial."),
		{ request_options, run_options }, sizeof(struct wipe_options), wipe_run, true },
	{ "resume", "[JOB…]", 0, ANY_NUMBER, N_("go on with jobs that were interrupted"),
		N_("Without JOB: all that were interrupted or never began."), { resume_options },
		sizeof(struct wipe_options), wipe_resume, true },
	{ "revert", "TARGET", 1, 1, N_("make a locked self-encrypting drive usable by its PSID"),
		N_("What is on the drive becomes unreadable, but nothing proves it: erase it by "
		   "`haiki wipe run` afterwards. TARGET as of `haiki wipe run`."),
		{ revert_options }, sizeof(struct wipe_options), wipe_revert, true },
	{ "watch", "[JOB…]", 0, ANY_NUMBER, N_("show the progress of jobs that run elsewhere"),
		N_("Without JOB: all that are ready or running."), { watch_options },
		sizeof(struct wipe_options), wipe_watch, false },
	{ "expired", "", 0, 0, N_("delete what ended contracts left behind, and prove it gone"),
		N_("VMs whose contract ended and whose days of grace are over, with their disks; "
		   "their backups are followed until the last is gone. For the timer."),
		{ wipe_expired_options }, sizeof(struct wipe_options), wipe_expired, true },
	{ "approve", "[P3]", 0, 1, N_("approve deletions that wait for a person"),
		N_("Without P3: what waits, with its VMs."), { NULL }, sizeof(struct wipe_options),
		wipe_approve, false },
};

const struct command_group wipe_group = {
	.name = "wipe",
	.summary = N_("making data unreadable"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};

void wipe_work_free(struct wipe_work *work)
{
	work->authority = timestamp_authority_close(work->authority);
	work->keys = keys_free(work->keys);
	work->store = store_close(work->store);
	explicit_bzero(work->credential, sizeof(work->credential));
}

/* A wipe that cannot be certified should not begin: the message says so. */
static int load_keys(
	const struct config *config, int64_t now_utc_ms, struct keys **ret, struct error *error)
{
	int r = keys_load(config, now_utc_ms, ret, error);
	if (r < 0 && error->code[0]) {
		const struct error cause = *error;
		error_set(error, cause.kind, cause.errnum, cause.code,
			_("Nothing was touched, since nothing could be certified: %s"), cause.what);
		if (cause.next[0])
			error_next(error, "%s", cause.next);
	}
	if (r == 0)
		key_warning(*ret, now_utc_ms);
	return r;
}

/* A drive's credential is one drive's, and goes to this process's drive alone. */
static int read_credential(
	const struct invocation *invocation, char ret[static CREDENTIAL_SIZE], struct error *error)
{
	const struct wipe_options *options = invocation->values;
	bool is_secret = options->password_file[0] != '\0';
	if (!options->psid_file[0] && !is_secret)
		return 0;
	if (options->psid_file[0] && is_secret)
		return error_set(error, ERROR_USAGE, EINVAL, "credential",
			_("Only one of --psid-file and --password-file can be given."));
	if (invocation->argument_count != 1) {
		error_set(error, ERROR_USAGE, EINVAL, "credential",
			_("A PSID or password is one drive's, and not one drive was named."));
		return error_next(error, _("Name one drive or job for each run."));
	}
	if (options->detach)
		return error_set(error, ERROR_USAGE, EINVAL, "credential",
			_("A PSID or password is not handed on to another process: leave --detach "
			  "out."));
	return credential_read(
		is_secret ? options->password_file : options->psid_file, is_secret, ret, error);
}

int wipe_work_open(const struct invocation *invocation, struct wipe_work *ret, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	const struct config *config = &invocation->config;
	struct clock_reading now;
	size_t count;
	clock_read(&now);
	settings_folder(config, options->out, ret->out);
	int r = read_credential(invocation, ret->credential, error);
	if (r < 0)
		return r;
	r = store_open(config->store, STORE_WRITE, &ret->store, error);
	if (r < 0)
		return r;
	r = load_keys(config, now.utc_ms, &ret->keys, error);
	if (r == 0)
		r = timestamp_authority_open(config, &ret->authority, error);
	if (r < 0)
		return r;
	r = file_make_folder(ret->out, 0755, error);
	if (r < 0)
		return r;
	r = certificate_issue_pending(ret->store, ret->keys, &now, ret->out, &count, error);
	if (r < 0)
		return r;
	if (count > 0)
		output_line(stderr, _("haiki: %zu earlier jobs were certified now: %s"), count,
			ret->out);
	stamping_catch_up(ret->store, ret->authority, ret->out);
	drawing_catch_up(ret->out, DRAWING_A_FEW, ret->keys, ret->authority);
	return 0;
}

static int run_targets(const struct invocation *invocation, struct wipe_work *work,
	struct run_target *targets, size_t count, struct error *error)
{
	const struct wipe_options *wipe = invocation->values;
	const struct config *config = &invocation->config;
	struct progress *progress CLEANUP(cleanup_progress_close) = progress_open(stderr, count);
	struct run_options options = {
		.rate_bytes_per_second = wipe->rate_bytes_per_second,
		.stall_limit_ms = config->stall_limit_ms,
		.outside_vouched = strcmp(config->guard_outside, "vouched") == 0,
		.progress = progress ? progress_show : NULL,
		.context = progress,
		.stop = stop_flag(),
		.credential = work->credential[0] ? work->credential : NULL,
	};
	int r = settings_engine(config, count, &options.engine, error);
	if (r < 0)
		return r;
	return run_jobs(work->store, targets, count, &options, error);
}

static struct job_result *find_result(struct job_result *results, size_t count, const char *job)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(results[i].job, job) == 0)
			return &results[i];
	return NULL;
}

void wipe_run_targets(const struct invocation *invocation, struct wipe_work *work,
	struct run_target *targets, size_t count, struct job_result *results, size_t result_count,
	struct error *general)
{
	if (count > 0 && run_targets(invocation, work, targets, count, general) < 0 &&
		general->kind == ERROR_NONE)
		error_set(general, ERROR_FAILED, EIO, "run", _("The run could not be finished."));
	for (size_t i = 0; i < count; i++) {
		struct job_result *result = find_result(results, result_count, targets[i].job_id);
		if (!result)
			continue;
		result->error = targets[i].error;
		result->pending = false;
	}
	for (size_t i = 0; i < result_count; i++)
		if (!results[i].pending)
			result_certify(
				work->store, work->keys, work->authority, work->out, &results[i]);
	wipe_follow_custody(invocation, work->store, results, result_count);
}

enum error_kind wipe_execute(const struct invocation *invocation, struct wipe_work *work,
	struct run_target *targets, size_t count, struct job_result *results, size_t result_count,
	struct error *error)
{
	struct error general = { 0 };
	wipe_run_targets(invocation, work, targets, count, results, result_count, &general);
	return result_print(invocation, results, result_count, work->out, &general, error);
}
