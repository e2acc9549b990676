/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the check of a ledger is. What is over within a second is not spoken of. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/verify_ledger.h"
#include <inttypes.h>
#include <stdio.h>

#define INTERVAL_MS 1000

void ledger_progress_begin(struct ledger_progress *progress)
{
	*progress = (struct ledger_progress){ .start_ms = clock_monotonic_ms() };
	progress->last_ms = progress->start_ms;
}

static int64_t seconds_left(
	const struct ledger_progress *progress, int64_t now_ms, uint64_t done, uint64_t size)
{
	if (done == 0)
		return -1;
	return (int64_t)((double)(now_ms - progress->start_ms) / 1000 * (double)(size - done) /
			 (double)done);
}

static void paint(struct ledger_progress *progress, unsigned columns, uint64_t done, uint64_t size,
	int64_t left)
{
	char line[256];
	char duration[FORMAT_SIZE];
	format_duration(left, duration);
	snprintf(line, sizeof(line), _("%3d %%  %" PRIu64 " of %" PRIu64 " records  %8s left"),
		(int)((double)done / (double)size * 100), done, size, duration);
	line[format_fit(line, columns - 1)] = '\0';
	(void)fprintf(stderr, "\r%s\033[K", line);
	(void)fflush(stderr);
	progress->painted = true;
}

static void write_json(uint64_t done, uint64_t size, int64_t left)
{
	AUTO_JSON json_t *json = json_object();
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	if (!json || json_put_integer(json, "done_records", (int64_t)done) < 0 ||
		json_put_integer(json, "total_records", (int64_t)size) < 0 ||
		json_put_integer(json, "seconds_left", left) < 0 ||
		json_write_canonical(json, &text) < 0)
		return;
	(void)fprintf(stderr, "%s\n", buffer_text(&text));
	(void)fflush(stderr);
}

void ledger_progress_show(struct ledger_progress *progress, uint64_t done, uint64_t size)
{
	int64_t now_ms = clock_monotonic_ms();
	unsigned columns, lines;
	if (now_ms - progress->last_ms < INTERVAL_MS || size == 0 || done > size)
		return;
	progress->last_ms = now_ms;
	int64_t left = seconds_left(progress, now_ms, done, size);
	output_terminal(stderr, &columns, &lines);
	if (columns > 1)
		paint(progress, columns, done, size, left);
	else
		write_json(done, size, left);
}

void ledger_progress_end(struct ledger_progress *progress)
{
	if (!progress->painted)
		return;
	(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
}
