/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Histories as tests write them, as records of a ledger. */
#include "tests/support/history.h"

#include "base/clock.h"
#include "base/day.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

#define WORDS_MAX 24
#define FIRST_DAY "2027-01-01"

struct line {
	char text[512];
	char *words[WORDS_MAX];
	size_t count;
	int64_t utc_ms;
};

int64_t history_noon(const char *day)
{
	int64_t number = 0;
	if (day_parse(day, &number) < 0)
		fail_msg("no day: %s", day);
	return day_start_utc_ms(number) + INT64_C(12) * 3600 * 1000;
}

static const char *word(const struct line *line, size_t number)
{
	if (number >= line->count)
		fail_msg("too few words: %s …", line->words[0]);
	return line->words[number];
}

/* The value of KEY=VALUE. */
static const char *option(const struct line *line, const char *key, const char *otherwise)
{
	size_t length = strlen(key);
	for (size_t i = 1; i < line->count; i++)
		if (strncmp(line->words[i], key, length) == 0 && line->words[i][length] == '=')
			return line->words[i] + length + 1;
	return otherwise;
}

static int64_t id_of(const char *text)
{
	return strtoll(text + 1, NULL, 10);
}

static json_t *text_value(const char *text)
{
	json_t *value = json_string(text);
	assert_non_null(value);
	return value;
}

static void put(json_t *object, const char *key, const char *value)
{
	assert_int_equal(json_put_string(object, key, value), 0);
}

static void put_time(json_t *object, const char *key, int64_t utc_ms)
{
	char text[CLOCK_TEXT_SIZE];
	clock_format(utc_ms, text);
	put(object, key, utc_ms ? text : "");
}

static void identity(json_t *object, const char *drive)
{
	char serial[32] = "", wwn[32] = "";
	if (id_of(drive) != 0) {
		(void)snprintf(serial, sizeof(serial), "S%d", (int)(id_of(drive) % 100));
		(void)snprintf(wwn, sizeof(wwn), "W%d", (int)(id_of(drive) % 100));
	}
	put(object, "serial", serial);
	put(object, "wwn", wwn);
	put(object, "model", "Model");
}

/* -- bodies -- */

static json_t *event_body(const char *actor, const char *action, json_t *subject, json_t *detail)
{
	json_t *body = json_pack("{s:i,s:s,s:s,s:o,s:o}", "event", 1, "actor", actor, "action",
		action, "subject", subject, "detail", detail);
	assert_non_null(body);
	return body;
}

static json_t *subject_of(const char *kind, const char *id)
{
	json_t *subject = json_pack("{s:s,s:s,s:s}", "kind", kind, "id", id, "label", id);
	assert_non_null(subject);
	return subject;
}

static json_t *drive_event(const struct line *line, const char *action, json_t *detail)
{
	json_t *subject = subject_of("drive", word(line, 1));
	identity(subject, word(line, 1));
	return event_body("login:op (1000)", action, subject, detail);
}

static json_t *custody_body(const struct line *line)
{
	static const char *const keys[] = { "certificate", "witness", "receiver", "reason" };
	json_t *detail = json_object();
	put(detail, "from", word(line, 2));
	put(detail, "to", word(line, 3));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (option(line, keys[i], NULL))
			put(detail, keys[i], option(line, keys[i], NULL));
	return drive_event(line, "custody", detail);
}

static json_t *hold_body(const struct line *line)
{
	json_t *subject = subject_of("hold", word(line, 1));
	const char *letter = word(line, 3), *kind = *letter == 'D' ? "drive" : "tenant";
	char action[64], actor[64];
	if (*letter == 'V')
		kind = "volume";
	if (*letter == 'M')
		kind = "vm";
	json_t *target = json_pack("{s:s,s:s}", "kind", kind, "id", letter);
	assert_int_equal(json_put(subject, "target", target), 0);
	(void)snprintf(action, sizeof(action), "hold-%s", word(line, 2));
	(void)snprintf(actor, sizeof(actor), "login:p%.20s (%.20s)", word(line, 4), word(line, 4));
	if (strcmp(word(line, 4), "service") == 0)
		(void)strcpy(actor, "user:haiki (998)");
	return event_body(actor, action, subject, json_object());
}

static json_t *contract_body(const struct line *line)
{
	json_t *detail = json_object();
	put(detail, "number", word(line, 2));
	put(detail, "tenant", option(line, "tenant", word(line, 1)));
	put(detail, "service_codes", option(line, "for", ""));
	put(detail, "start_day", "2020-01-01");
	put(detail, "end_day", strcmp(word(line, 3), "-") == 0 ? "" : word(line, 3));
	assert_int_equal(
		json_put_integer(detail, "grace_days", strtoll(word(line, 4), NULL, 10)), 0);
	return event_body(
		"login:op (1000)", "contract-added", subject_of("contract", word(line, 1)), detail);
}

static json_t *notice_body(const struct line *line)
{
	char action[64];
	(void)snprintf(action, sizeof(action), "notice-%s", word(line, 2));
	return event_body("service:haiki (998)", action, subject_of("contract", word(line, 1)),
		json_object());
}

/* "vm M3 t5 begun C1 2027-04-11", "vm M3 t5 erase", "vm M3 t5 look gone", "vm M3 t5 gone" */
static json_t *vm_body(const struct line *line)
{
	json_t *subject = subject_of("vm", word(line, 1)), *detail = json_object();
	const char *what = word(line, 3);
	char action[64];
	(void)snprintf(action, sizeof(action), "%s%s",
		strcmp(what, "gone") == 0 ? "vm-" : "deletion-", what);
	put(subject, "tenant", word(line, 2));
	put(subject, "uuid", word(line, 1));
	if (strcmp(what, "begun") == 0) {
		int64_t day = 0;
		assert_int_equal(day_parse(word(line, 5), &day), 0);
		put(detail, "contract", word(line, 4));
		put_time(detail, "due_utc", day_start_utc_ms(day));
	} else if (strcmp(what, "look") == 0) {
		put(detail, "fact", "look");
		put(detail, "hypervisor", word(line, 4));
		put(detail, "datastore", "gone");
		put(detail, "storage", "none");
		assert_int_equal(json_put(detail, "left", json_array()), 0);
	}
	return event_body("service:haiki (998)", action, subject, detail);
}

static json_t *tenant_body(const struct line *line)
{
	json_t *subject = subject_of("tenant", word(line, 1));
	put(subject, "code", word(line, 2));
	return event_body("login:op (1000)", "tenant-added", subject, json_object());
}

static json_t *outstanding_of(const struct line *line)
{
	json_t *list = json_array();
	if (option(line, "out", NULL))
		assert_int_equal(json_push(list, text_value(option(line, "out", ""))), 0);
	return list;
}

/* What a record of either kind of certificate has. */
static json_t *issued_body(const struct line *line, const char *outcome)
{
	json_t *body = json_object();
	put(body, "name", word(line, 1));
	put(body, "sha256", option(line, "sha256", "aa"));
	put(body, "outcome", outcome);
	put(body, "supersedes", option(line, "supersedes", ""));
	const char *issued = option(line, "issued", NULL);
	put_time(body, "issued_utc", issued ? history_noon(issued) : line->utc_ms);
	assert_int_equal(json_put(body, "outstanding", outstanding_of(line)), 0);
	return body;
}

static json_t *certificate_body(const struct line *line)
{
	const char *outcome = word(line, 4), *began = option(line, "began", NULL);
	bool proven = strcmp(outcome, "proven") == 0;
	json_t *body = issued_body(line, outcome);
	json_t *subject = json_object();
	json_t *methods = json_array();
	put(body, "job", word(line, 2));
	put(body, "level", option(line, "level", proven ? "purge" : "none"));
	put(body, "verification", option(line, "verification", proven ? "full" : "none"));
	put(body, "scheme", option(line, "scheme", "zero"));
	put(body, "operator", option(line, "operator", "Hanako"));
	put(body, "witness", option(line, "witness", ""));
	put(body, "ticket", option(line, "ticket", ""));
	put_time(body, "began_utc", began ? history_noon(began) : line->utc_ms - 3600000);
	put_time(body, "ended_utc", line->utc_ms - 60000);
	assert_int_equal(json_put_integer(body, "evidence_count", 9), 0);
	identity(subject, word(line, 3));
	put(subject, "media", "hdd");
	put(subject, "asset_number", option(line, "asset", ""));
	put(subject, "zone", option(line, "zone", "municipal"));
	put(subject, "tenant", option(line, "tenant", ""));
	assert_int_equal(json_put_integer(subject, "capacity_bytes", 1000), 0);
	assert_int_equal(json_put(body, "subject", subject), 0);
	assert_int_equal(json_push(methods, text_value(option(line, "method", "overwrite"))), 0);
	assert_int_equal(json_put(body, "methods", methods), 0);
	return body;
}

static json_t *deletion_body(const struct line *line)
{
	json_t *body = issued_body(line, word(line, 3));
	put(body, "contract", word(line, 2));
	put(body, "tenant", option(line, "tenant", "t1"));
	return body;
}

static json_t *signature_body(const struct line *line)
{
	json_t *body = json_object();
	put(body, "certificate", word(line, 1));
	put(body, "sha256", option(line, "sha256", "aa"));
	put(body, "role", option(line, "role", "approver"));
	put(body, "person", option(line, "person", "Taro"));
	put(body, "key_sha256", "bb");
	return body;
}

/* -- records -- */

static json_t *body_of(const struct line *line, enum record_kind *ret)
{
	const char *what = line->words[0];
	*ret = RECORD_EVENT;
	if (strcmp(what, "custody") == 0)
		return custody_body(line);
	if (strcmp(what, "began") == 0)
		return drive_event(line, "wipe-began", json_pack("{s:s}", "job", word(line, 2)));
	if (strcmp(what, "contents") == 0)
		return drive_event(line, "contents-seen", json_object());
	if (strcmp(what, "labelled") == 0)
		return drive_event(line, "labels-set", json_pack("{s:s}", "tenant", word(line, 2)));
	if (strcmp(what, "hold") == 0)
		return hold_body(line);
	if (strcmp(what, "contract") == 0)
		return contract_body(line);
	if (strcmp(what, "tenant") == 0)
		return tenant_body(line);
	if (strcmp(what, "notice") == 0)
		return notice_body(line);
	if (strcmp(what, "vm") == 0)
		return vm_body(line);
	if (strcmp(what, "copy-destroyed") == 0)
		return event_body("login:op (1000)", "key-copy-destroyed",
			subject_of("volume", word(line, 1)), json_object());
	if (strcmp(what, "older") == 0)
		return event_body("login:op (1000)", "ledger-began", subject_of("ledger", ""),
			json_pack("{s:i,s:i}", "events", atoi(word(line, 1)), "certificates", 1));
	if (strcmp(what, "strange") == 0)
		return event_body(
			"login:op (1000)", "eaten", subject_of("spoon", "S1"), json_object());
	*ret = RECORD_CERTIFICATE;
	if (strcmp(what, "certificate") == 0)
		return certificate_body(line);
	*ret = RECORD_TENANT;
	if (strcmp(what, "deletion") == 0)
		return deletion_body(line);
	*ret = RECORD_SIGNATURE;
	if (strcmp(what, "signature") == 0)
		return signature_body(line);
	*ret = RECORD_KEY;
	if (strcmp(what, "key") == 0)
		return json_object();
	fail_msg("unknown word: %s", what);
	return NULL;
}

static void hand_out(const struct line *line, uint64_t index, history_take *take, void *context)
{
	struct error error = { 0 };
	struct record record = { .index = index, .utc_ms = line->utc_ms };
	if (strcmp(line->words[0], "withheld") == 0)
		return;
	record.body = body_of(line, &record.kind);
	assert_non_null(record.body);
	record.document = json_pack("{s:o}", "body", record.body);
	assert_non_null(record.document);
	if (take(context, &record, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
	json_decref(record.document);
}

uint64_t history_play(const char *script, history_take *take, void *context)
{
	struct line line = { .utc_ms = history_noon(FIRST_DAY) };
	uint64_t index = 0;
	while (*script) {
		size_t length = strcspn(script, "\n");
		char *rest = line.text, *next;
		assert_true(length < sizeof(line.text));
		memcpy(line.text, script, length);
		line.text[length] = '\0';
		script += length + (script[length] == '\n');
		line.count = 0;
		while ((next = strsep(&rest, " ")))
			if (*next && line.count < WORDS_MAX)
				line.words[line.count++] = next;
		if (line.count == 0)
			continue;
		if (line.words[0][0] == '@') {
			line.utc_ms = history_noon(line.words[0] + 1);
			continue;
		}
		line.utc_ms++;
		hand_out(&line, index++, take, context);
	}
	return index;
}
