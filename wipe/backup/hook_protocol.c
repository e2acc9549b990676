/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of the hook protocol. */
#include "wipe/backup/hook_protocol.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "wipe/backup/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -- answers -- */

static const char where[] = "the hook's answer";

static int refuse(const char *why, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "backup-answer",
		_("The hook's answer cannot be understood: %s"), why);
}

static int read_text(const json_t *json, const char *key, char *ret, size_t size, bool needed,
	struct error *error)
{
	const char *text;
	int r = json_get_string(json, where, key, size - 1, &text, error);
	if (r < 0)
		return r;
	if (needed && *text == '\0')
		return refuse(_("a text that is needed is empty"), error);
	(void)snprintf(ret, size, "%s", text);
	utf8_clean(ret, false);
	/* A word with control characters would be another word than the one it is asked by. */
	return strcmp(ret, text) == 0 ? 0 : refuse(_("a text holds control characters"), error);
}

static int read_bytes(const json_t *json, const char *key, uint64_t *ret, struct error *error)
{
	int64_t value = 0;
	int r = json_get_integer(json, where, key, 0, INT64_MAX, &value, error);
	*ret = (uint64_t)value;
	return r;
}

static int read_ready(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", "version", "repository", NULL };
	int64_t version;
	int r = json_only_keys(json, where, keys, error);
	if (r == 0)
		r = json_get_integer(json, where, "version", HOOK_PROTOCOL_VERSION,
			HOOK_PROTOCOL_VERSION, &version, error);
	return r < 0 ? r
		     : read_text(json, "repository", ret->repository, sizeof(ret->repository), true,
			       error);
}

static int read_times(const json_t *json, struct backup_copy *copy, struct error *error)
{
	char created[32], expires[32];
	int r = read_text(json, "created_utc", created, sizeof(created), true, error);
	if (r == 0)
		r = read_text(json, "expires_utc", expires, sizeof(expires), false, error);
	if (r < 0)
		return r;
	if (backup_time_parse(created, &copy->created_utc_ms) < 0 ||
		(*expires && backup_time_parse(expires, &copy->expires_utc_ms) < 0))
		return refuse(_("a time is none, as 2027-03-31T14:00:00Z is"), error);
	if (*expires && copy->expires_utc_ms < copy->created_utc_ms)
		return refuse(_("a copy expires before it was made"), error);
	return 0;
}

static int read_copy(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", "vm_uuid", "copy", "place",
		"service_code", "created_utc", "expires_utc", "size_bytes", NULL };
	struct backup_copy *copy = &ret->copy;
	int r = json_only_keys(json, where, keys, error);
	if (r == 0)
		r = read_text(json, "vm_uuid", copy->vm_uuid, sizeof(copy->vm_uuid), true, error);
	if (r == 0 && !backup_uuid_valid(copy->vm_uuid))
		r = refuse(_("\"vm_uuid\" is no UUID in lower case"), error);
	if (r == 0)
		r = read_text(json, "copy", copy->word, sizeof(copy->word), true, error);
	if (r == 0)
		r = read_text(json, "place", copy->place, sizeof(copy->place), true, error);
	if (r == 0)
		r = read_text(json, "service_code", copy->service_code, sizeof(copy->service_code),
			false, error);
	if (r == 0)
		r = read_bytes(json, "size_bytes", &copy->size_bytes, error);
	return r < 0 ? r : read_times(json, copy, error);
}

static int read_end(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", "count", NULL };
	int r = json_only_keys(json, where, keys, error);
	return r < 0 ? r
		     : json_get_integer(
			       json, where, "count", 0, HOOK_COPIES_MAX, &ret->count, error);
}

static int read_working(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", "done_bytes", "total_bytes", NULL };
	int r = json_only_keys(json, where, keys, error);
	if (r == 0)
		r = read_bytes(json, "done_bytes", &ret->bytes, error);
	if (r == 0)
		r = read_bytes(json, "total_bytes", &ret->total_bytes, error);
	return r;
}

static int read_done(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", "method", "bytes", NULL };
	static const char *const methods[] = { "overwrite", "crypto-erase", "none" };
	int r = json_only_keys(json, where, keys, error);
	if (r == 0)
		r = read_text(json, "method", ret->method, sizeof(ret->method), true, error);
	if (r == 0)
		r = read_bytes(json, "bytes", &ret->bytes, error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i], ret->method) == 0)
			return 0;
	return r < 0 ? r : refuse(_("\"method\" is no method"), error);
}

static int read_nothing(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", NULL };
	(void)ret;
	return json_only_keys(json, where, keys, error);
}

static int read_error(const json_t *json, struct hook_answer *ret, struct error *error)
{
	static const char *const keys[] = { "id", "answer", "code", "message", NULL };
	const char *message;
	int r = json_only_keys(json, where, keys, error);
	if (r == 0)
		r = read_text(json, "code", ret->code, sizeof(ret->code), true, error);
	if (r == 0)
		r = json_get_string(json, where, "message", HOOK_LINE_MAX, &message, error);
	if (r < 0)
		return r;
	(void)snprintf(ret->message, sizeof(ret->message), "%s", message);
	utf8_clean(ret->message, true);
	return 0;
}

static const struct {
	const char *name;
	enum hook_word word;
	int (*read)(const json_t *json, struct hook_answer *ret, struct error *error);
} words[] = {
	{ "ready", HOOK_READY, read_ready },
	{ "copy", HOOK_COPY, read_copy },
	{ "end", HOOK_END, read_end },
	{ "working", HOOK_WORKING, read_working },
	{ "done", HOOK_DONE, read_done },
	{ "present", HOOK_PRESENT, read_nothing },
	{ "gone", HOOK_GONE, read_nothing },
	{ "unknown", HOOK_NOT_KNOWN, read_nothing },
	{ "error", HOOK_ERROR, read_error },
};

static int read_answer(const json_t *json, struct hook_answer *ret, struct error *error)
{
	const char *name;
	int r = json_get_integer(json, where, "id", 1, INT64_MAX, &ret->id, error);
	if (r == 0)
		r = json_get_string(json, where, "answer", 32, &name, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].name, name) == 0) {
			ret->word = words[i].word;
			return words[i].read(json, ret, error);
		}
	return refuse(_("\"answer\" is a word that is not known here"), error);
}

int hook_answer_parse(const char *line, size_t length, struct hook_answer *ret, struct error *error)
{
	AUTO_JSON json_t *json = NULL;
	struct hook_answer answer = { 0 };
	int r = json_parse(line, length, where, &json, error);
	if (r == 0)
		r = read_answer(json, &answer, error);
	if (r < 0) {
		if (r == -EBADMSG && error)
			(void)snprintf(error->code, sizeof(error->code), "backup-answer");
		return r;
	}
	*ret = answer;
	return 0;
}

/* -- requests -- */

static json_t *request(const char *word, int64_t id)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "haiki", "backup") < 0 ||
		json_put_integer(json, "version", HOOK_PROTOCOL_VERSION) < 0 ||
		json_put_integer(json, "id", id) < 0 || json_put_string(json, "request", word) < 0)
		return NULL;
	return json_incref(json);
}

static int say(struct buffer *buffer, const json_t *json)
{
	int r = json_write_canonical(json, buffer);
	return r < 0 ? r : buffer_append_text(buffer, "\n");
}

int hook_say_hello(struct buffer *buffer, int64_t id)
{
	AUTO_JSON json_t *json = request("hello", id);
	return json ? say(buffer, json) : -ENOMEM;
}

int hook_say_list(struct buffer *buffer, int64_t id, const char *const *uuids, size_t count)
{
	AUTO_JSON json_t *json = request("list", id);
	json_t *vms = json_array();
	int r = json_put(json, "vms", vms);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = json_push(vms, json_string(uuids[i]));
	return r < 0 ? r : say(buffer, json);
}

static json_t *request_of_copy(const char *word, int64_t id, const struct backup_copy *copy)
{
	AUTO_JSON json_t *json = request(word, id);
	char created[CLOCK_TEXT_SIZE];
	clock_format(copy->created_utc_ms, created);
	if (!json || json_put_string(json, "vm_uuid", copy->vm_uuid) < 0 ||
		json_put_string(json, "copy", copy->word) < 0 ||
		json_put_string(json, "created_utc", created) < 0)
		return NULL;
	return json_incref(json);
}

int hook_say_expire(struct buffer *buffer, int64_t id, const struct backup_copy *copy,
	uint64_t rate_bytes_per_second)
{
	AUTO_JSON json_t *json = request_of_copy("expire", id, copy);
	char expires[CLOCK_TEXT_SIZE];
	clock_format(copy->expires_utc_ms, expires);
	if (!json || json_put_string(json, "expires_utc", expires) < 0 ||
		json_put_integer(json, "rate_bytes_per_second",
			(int64_t)MIN(rate_bytes_per_second, (uint64_t)INT64_MAX)) < 0)
		return -ENOMEM;
	return say(buffer, json);
}

int hook_say_look(struct buffer *buffer, int64_t id, const struct backup_copy *copy)
{
	AUTO_JSON json_t *json = request_of_copy("look", id, copy);
	return json ? say(buffer, json) : -ENOMEM;
}
