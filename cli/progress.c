/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress lines. Nothing here may hold up or end a job: what cannot be shown is left out. */
#include "cli/progress.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/output.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define JSON_INTERVAL_MS 1000

struct shown {
	int64_t last_ms; /* when its last JSON line was written */
	bool any, ended;
};

struct progress {
	FILE *stream;
	unsigned painted; /* lines now on the terminal that the next painting goes over */
	size_t count;
	struct shown shown[]; /* by the job's place in the list */
};

struct progress *progress_open(FILE *stream, size_t count)
{
	struct progress *progress = calloc(1, sizeof(*progress) + count * sizeof(struct shown));
	if (!progress)
		return NULL;
	progress->stream = stream;
	progress->count = count;
	return progress;
}

struct progress *progress_close(struct progress *progress)
{
	free(progress);
	return NULL;
}

/* "45.2 %", never rounded up to 100 before the end. */
static void percent_text(uint64_t done, uint64_t total, char *ret, size_t size)
{
	uint64_t permille = 0;
	if (total > 0)
		permille = (uint64_t)((double)done / (double)total * 1000.0);
	if (permille >= 1000 && done < total)
		permille = 999;
	snprintf(ret, size, "%3" PRIu64 ".%" PRIu64 " %%", permille / 10, permille % 10);
}

static void append(char *text, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
static void append(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

/* A drive that erases itself tells how far it is, or not even that. */
static void append_erase_numbers(const struct run_progress *job, char *text, size_t size)
{
	char percent[32] = "", left[FORMAT_SIZE];
	if (strcmp(job->method, step_method_name(STEP_ERASE)) != 0 ||
		(job->progress < 0 && job->seconds_left < 0))
		return;
	if (job->progress >= 0)
		percent_text(
			(uint64_t)job->progress, ERASE_PROGRESS_WHOLE, percent, sizeof(percent));
	format_duration(job->seconds_left, left);
	append(text, size, _("%7s  %10s  %8s left  "), percent, "", left);
}

/* Numbers first and as wide as they may become, so that the lines of many drives are aligned. */
static void append_numbers(const struct run_progress *job, char *text, size_t size)
{
	char percent[32], rate[FORMAT_SIZE], left[FORMAT_SIZE];
	if (job->total_bytes == 0) {
		append_erase_numbers(job, text, size);
		return;
	}
	percent_text(job->done_bytes, job->total_bytes, percent, sizeof(percent));
	format_bytes(job->bytes_per_second, rate);
	format_duration(job->seconds_left, left);
	append(text, size, _("%s  %8s/s  %8s left  "), percent, rate, left);
}

static void append_running(const struct run_progress *job, char *text, size_t size)
{
	append_numbers(job, text, size);
	if (job->step > 0)
		append(text, size, "%u/%u ", job->step, job->step_count);
	append(text, size, "%s", describe_method(job->method));
	if (job->bad_bytes > 0) {
		char bad[FORMAT_SIZE];
		format_bytes(job->bad_bytes, bad);
		append(text, size, _("  BAD %s"), bad);
	}
	if (job->stalled)
		append(text, size, "%s", _("  STALLED"));
}

void progress_line(const struct run_progress *job, unsigned columns, char *ret, size_t size)
{
	const char *name = job->serial[0] ? job->serial : job->label;
	snprintf(ret, size, "%s%*s  ", name, format_padding(name, 20), "");
	if (!job->ended)
		append_running(job, ret, size);
	else if (job->outcome == OUTCOME_PROVEN)
		append(ret, size, "%s", _("PROVEN"));
	else
		append(ret, size, "%s (%s)", _("NOT PROVEN"), describe_outcome(job->outcome));
	format_clean(ret);
	if (columns > 0)
		ret[format_fit(ret, columns)] = '\0';
}

static void paint(struct progress *progress, const struct run_progress *jobs, size_t count,
	unsigned columns, unsigned lines)
{
	size_t room = lines > 2 ? lines - 2 : 1, hidden = 0;
	unsigned painted = 0;
	if (progress->painted > 0)
		fprintf(progress->stream, "\033[%uA", progress->painted);
	/* When not all fit, those that have ended make room first. */
	for (unsigned want_ended = 0; want_ended < 2; want_ended++)
		for (size_t i = 0; i < count; i++) {
			if (count > room && jobs[i].ended != (want_ended == 1))
				continue;
			if (count <= room && want_ended == 1)
				continue;
			if (painted == room) {
				hidden++;
				continue;
			}
			char line[512];
			progress_line(&jobs[i], columns - 1, line, sizeof(line));
			fprintf(progress->stream, "\r%s\033[K\n", line);
			painted++;
		}
	if (hidden > 0) {
		fprintf(progress->stream, "\r… +%zu\033[K\n", hidden);
		painted++;
	}
	progress->painted = painted;
	fflush(progress->stream);
}

json_t *progress_json(const struct run_progress *job)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "job", job->job_id) < 0 ||
		json_put_string(json, "serial", job->serial) < 0 ||
		json_put_integer(json, "step", job->step) < 0 ||
		json_put_integer(json, "steps", job->step_count) < 0 ||
		json_put_string(json, "method", job->method) < 0 ||
		json_put_integer(json, "done_bytes", (int64_t)job->done_bytes) < 0 ||
		json_put_integer(json, "total_bytes", (int64_t)job->total_bytes) < 0 ||
		json_put_integer(json, "progress", job->progress) < 0 ||
		json_put_integer(json, "bytes_per_second", (int64_t)job->bytes_per_second) < 0 ||
		json_put_integer(json, "bad_bytes", (int64_t)job->bad_bytes) < 0 ||
		json_put_integer(json, "seconds_left", job->seconds_left) < 0 ||
		json_put_integer(json, "stalled", job->stalled) < 0 ||
		json_put_integer(json, "ended", job->ended) < 0 ||
		json_put_string(json, "outcome",
			outcome_name(job->ended ? job->outcome : OUTCOME_UNKNOWN)) < 0)
		return NULL;
	return json_incref(json);
}

static void write_json(
	struct progress *progress, struct shown *shown, const struct run_progress *job)
{
	int64_t now_ms = clock_monotonic_ms();
	bool end = job->ended && !shown->ended;
	if (shown->ended || (shown->any && !end && now_ms - shown->last_ms < JSON_INTERVAL_MS))
		return;
	shown->last_ms = now_ms;
	shown->any = true;
	shown->ended = job->ended;
	AUTO_JSON json_t *json = progress_json(job);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	if (!json || json_write_canonical(json, &text) < 0)
		return;
	fprintf(progress->stream, "%s\n", buffer_text(&text));
	fflush(progress->stream);
}

void progress_show(void *context, const struct run_progress *jobs, size_t count)
{
	struct progress *progress = context;
	if (!progress)
		return;
	unsigned columns, lines;
	output_terminal(progress->stream, &columns, &lines);
	if (columns > 0) {
		paint(progress, jobs, count, columns, lines);
		return;
	}
	for (size_t i = 0; i < count && i < progress->count; i++)
		write_json(progress, &progress->shown[i], &jobs[i]);
}
