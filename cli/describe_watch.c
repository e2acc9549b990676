/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the watch reports, in words and as JSON. */
#include "cli/describe_watch.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/describe_flags.h"
#include "cli/format.h"
#include "cli/output.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- words -- */

/* A line is never given up for want of memory: what cannot be added is missing. */
static void add(struct buffer *line, const char *format, ...) PRINTF_LIKE(2, 3);
static void add(struct buffer *line, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	int r = buffer_append_text(line, text);
	(void)r;
}

static const char *describe_word(enum watch_word word)
{
	switch (word) {
	case WATCH_UNKNOWN:
		break;
	case WATCH_PRESENT:
		return _("here");
	case WATCH_APPEARED:
		return _("appeared");
	case WATCH_VANISHED:
		return _("vanished");
	case WATCH_CHANGED:
		return _("changed");
	case WATCH_UNREADABLE:
		return _("unreadable");
	case WATCH_FLAGGED:
		return _("beware");
	case WATCH_CLEARED:
		return _("mended");
	case WATCH_READY:
		return _("watching");
	case WATCH_LOST:
		return _("events lost");
	case WATCH_WAITING:
		return _("waiting");
	}
	return _("unknown");
}

static void add_drive(struct buffer *line, const struct watch_report *report)
{
	char label[IDENTITY_LABEL_MAX];
	if (report->drive_id > 0)
		add(line, "  D%" PRId64, report->drive_id);
	if (!report->identity)
		return;
	if (!report->identity->serial[0] && !report->identity->wwn[0] && report->path) {
		add(line, "  %s", report->path);
		return;
	}
	identity_label(report->identity, label);
	add(line, "  %s", label);
}

static void add_found(struct buffer *line, const struct found_drive *found)
{
	char size[FORMAT_SIZE], layers[160];
	format_bytes(found->identity.capacity_bytes, size);
	describe_layers_short(&found->signatures, found->probed, layers, sizeof(layers));
	if (found->identity.capacity_bytes > 0)
		add(line, ": %s, %s", size, layers);
}

static void add_place(struct buffer *line, const struct drive_history *history)
{
	char time[DESCRIBE_TIME_SIZE];
	describe_time(history->last_seen_utc_ms, time);
	if (history->here)
		add(line, _("; also here as %s"), history->name);
	else if (history->slot[0])
		add(line, _("; last seen at %s, slot %s, as %s until %s"), history->host,
			history->slot, history->name, time);
	else
		add(line, _("; last seen at %s as %s until %s"), history->host, history->name,
			time);
}

static void add_history(struct buffer *line, const struct drive_history *history)
{
	char time[DESCRIBE_TIME_SIZE];
	if (history->id == 0 && history->other_id > 0)
		add(line, _("; never seen, but D%" PRId64 " has its serial"), history->other_id);
	else if (history->id == 0)
		add(line, "%s", _("; never seen before"));
	if (history->id == 0)
		return;
	add_place(line, history);
	if (history->array[0])
		add(line, history->array_left ? _("; was a member of %s") : _("; member of %s"),
			history->array);
	describe_time(history->custody_utc_ms, time);
	if (history->custody_utc_ms > 0)
		add(line, _("; custody %s since %s"), history->custody, time);
	else if (history->custody[0] && strcmp(history->custody, "in-service") != 0)
		add(line, _("; custody %s"), history->custody);
	if (history->certificate[0])
		add(line, _("; certificate %s: %s"), history->certificate, history->outcome);
}

static void add_flag(struct buffer *line, const struct watch_report *report)
{
	char text[512];
	describe_flag(report->flag, text, sizeof(text));
	if (report->word == WATCH_CLEARED)
		add(line, _(": no longer so: %s"), text);
	else
		add(line, ": %s", text);
}

void describe_watch(const struct watch_report *report, struct buffer *ret)
{
	char time[DESCRIBE_TIME_SIZE];
	const struct error *error = report->error;
	describe_time(report->utc_ms, time);
	add(ret, "%s  %s", time, describe_word(report->word));
	if (report->word == WATCH_READY) {
		add(ret, _(": %zu devices are here"), report->count);
		return;
	}
	if (report->word == WATCH_LOST)
		add(ret, "%s", _(": all devices are looked at again"));
	add_drive(ret, report);
	if (report->found)
		add_found(ret, report->found);
	if (report->word == WATCH_APPEARED && report->history && report->identity &&
		(report->identity->serial[0] || report->identity->wwn[0]))
		add_history(ret, report->history);
	if (report->flag)
		add_flag(ret, report);
	if (error && error->kind != ERROR_NONE)
		add(ret, ": %s", error->what);
}

/* -- JSON -- */

static json_t *time_json(int64_t utc_ms)
{
	char text[CLOCK_TEXT_SIZE] = "";
	if (utc_ms > 0)
		clock_format(utc_ms, text);
	return json_string(text);
}

static json_t *id_json(int64_t id)
{
	char text[DRIVE_ID_MAX] = "";
	if (id > 0)
		(void)snprintf(text, sizeof(text), "D%" PRId64, id);
	return json_string(text);
}

static json_t *history_json(const struct drive_history *history)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_integer(json, "known", history->id > 0) < 0 ||
		json_put_string(json, "host", history->host) < 0 ||
		json_put_string(json, "name", history->name) < 0 ||
		json_put_string(json, "slot", history->slot) < 0 ||
		json_put(json, "last_seen_utc", time_json(history->last_seen_utc_ms)) < 0 ||
		json_put_string(json, "array", history->array) < 0 ||
		json_put_integer(json, "array_left", history->array_left) < 0 ||
		json_put_string(json, "custody", history->custody) < 0 ||
		json_put(json, "custody_utc", time_json(history->custody_utc_ms)) < 0 ||
		json_put_string(json, "certificate", history->certificate) < 0 ||
		json_put_string(json, "outcome", history->outcome) < 0 ||
		json_put(json, "same_serial", id_json(history->other_id)) < 0)
		return NULL;
	return json_incref(json);
}

static int put_found(json_t *json, const struct found_drive *found)
{
	if (json_put(json, "native", describe_native_json(&found->native)) < 0 ||
		json_put(json, "layers", describe_layers_json(&found->signatures)) < 0 ||
		json_put_integer(json, "layers_known", found->probed) < 0)
		return -1;
	return 0;
}

json_t *describe_watch_json(const struct watch_report *report, const char *source)
{
	AUTO_JSON json_t *json = json_object();
	bool is_error = report->error && report->error->kind != ERROR_NONE;
	if (!json || json_put_string(json, "event", watch_word_name(report->word)) < 0 ||
		json_put(json, "utc", time_json(report->utc_ms)) < 0)
		return NULL;
	if (report->word == WATCH_READY &&
		(json_put_integer(json, "count", (int64_t)report->count) < 0 ||
			json_put_string(json, "source", source) < 0))
		return NULL;
	if ((report->identity || report->flag) &&
		json_put(json, "id", id_json(report->drive_id)) < 0)
		return NULL;
	if (report->path && json_put_string(json, "path", report->path) < 0)
		return NULL;
	if (report->identity &&
		json_put(json, "identity", describe_identity_json(report->identity)) < 0)
		return NULL;
	if (report->found && put_found(json, report->found) < 0)
		return NULL;
	if (report->word == WATCH_APPEARED && report->history &&
		json_put(json, "history", history_json(report->history)) < 0)
		return NULL;
	if (report->flag && json_put(json, "flag", describe_flag_json(report->flag)) < 0)
		return NULL;
	if (is_error && json_put(json, "error", output_error_json(report->error)) < 0)
		return NULL;
	return json_incref(json);
}
