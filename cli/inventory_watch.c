/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki inventory watch`: says who comes and goes, a line each, until it is told to stop. */
#include "base/clock.h"
#include "cli/describe_watch.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/stop.h"
#include "inventory/scan/watch.h"
#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* How late a wish to stop may be noticed. */
#define STEP_MS 500

/* What a report needs to be printed. */
struct printer {
	const struct invocation *invocation;
	const char *source, *host;
	struct error error; /* the first that kept a line from being printed */
};

static void print_json(struct printer *printer, const struct watch_report *report)
{
	json_t *json = describe_watch_json(report, printer->source);
	if (output_json(json, &printer->error) == 0)
		(void)fflush(stdout);
}

static void print_text(const struct watch_report *report)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	describe_watch(report, &text);
	/* What is no drive's is for who runs it, not for who reads the list. */
	FILE *stream = report->word == WATCH_READY || report->word == WATCH_LOST ||
				       report->word == WATCH_WAITING
			       ? stderr
			       : stdout;
	output_line(stream, "%s", buffer_text(&text));
	(void)fflush(stream);
}

static void print_report(void *context, const struct watch_report *report)
{
	struct printer *printer = context;
	if (printer->invocation->json)
		print_json(printer, report);
	else
		print_text(report);
	if (report->word != WATCH_READY)
		return;
	/* Where no service manager waits for it, this does nothing. */
	(void)sd_notifyf(
		0, "READY=1\nSTATUS=%zu devices, events by %s", report->count, printer->source);
}

static int follow(const struct watch_options *options, const struct inventory_watch_options *typed,
	const struct printer *printer, struct error *error)
{
	struct watch *watch CLEANUP(cleanup_watch_close) = NULL;
	int64_t until_ms = typed->seconds > 0
				   ? clock_monotonic_ms() + (int64_t)typed->seconds * 1000
				   : INT64_MAX;
	int r = watch_open(options, &watch, error);
	while (r == 0 && *stop_flag() == 0) {
		int64_t left_ms = until_ms - clock_monotonic_ms();
		if (left_ms <= 0 || (typed->once && watch_is_settled(watch)))
			break;
		r = watch_step(watch, (unsigned)MIN(left_ms, STEP_MS), error);
		/* A reader that went away will read nothing any more. */
		if (r == 0 && ferror(stdout))
			break;
		if (r == 0 && printer->error.kind != ERROR_NONE) {
			*error = printer->error;
			return -EIO;
		}
	}
	(void)sd_notify(0, "STOPPING=1");
	return r;
}

enum error_kind inventory_watch(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct watch_source source CLEANUP(watch_source_close) = { .descriptor = -1 };
	char host[SETTINGS_HOST_SIZE];
	stop_install();
	if (settings_host(host, error) < 0 ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		watch_source_open(&source, error) < 0)
		return command_failed(error);
	struct printer printer = { .invocation = invocation, .source = source.name, .host = host };
	struct watch_options options = { .store = store,
		.host = host,
		.source = &source,
		.look_at_stack = stack_look,
		.tell = print_report,
		.context = &printer };
	crew_options_default(&options.crew);
	if (strcmp(source.name, "udev") == 0)
		output_line(stderr, _("haiki: following the disks of %s, as udev tells."), host);
	else
		output_line(stderr,
			_("haiki: following the disks of %s, as the kernel tells: no udev runs "
			  "here."),
			host);
	return follow(&options, invocation->values, &printer, error) < 0 ? command_failed(error)
									 : ERROR_NONE;
}

static int read_seconds(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	unsigned seconds = 0;
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 6 || text[digits] != '\0' ||
		sscanf(text, "%6u", &seconds) != 1 || seconds == 0)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s is a number of seconds from 1 to 999999, not \"%s\"."),
			option->name, text);
	*(unsigned *)value = seconds;
	return 0;
}

const struct cli_option inventory_watch_table[] = {
	{ "once", NULL, N_("end when every drive has been looked at once"), option_flag,
		OPTION_INTO(struct inventory_watch_options, once) },
	{ "seconds", "N", N_("end after so many seconds"), read_seconds,
		OPTION_INTO(struct inventory_watch_options, seconds) },
	{ 0 },
};
