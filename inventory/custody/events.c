/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event log: who did what, appended in the transaction that did it. */
#include "inventory/custody/events.h"

#include "base/file.h"
#include "base/text.h"
#include "inventory/ledger/ledger_bodies.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	enum subject_kind kind;
	char letter;
	const char *name;
} kinds[] = {
	{ SUBJECT_DRIVE, 'D', "drive" },
	{ SUBJECT_ARRAY, 'A', "array" },
	{ SUBJECT_VOLUME, 'V', "volume" },
	{ SUBJECT_TENANT, 'T', "tenant" },
	{ SUBJECT_CONTRACT, 'C', "contract" },
	{ SUBJECT_HOLD, 'H', "hold" },
	{ SUBJECT_GENERATION, 'G', "generation" },
	{ SUBJECT_VM, 'M', "vm" },
	{ SUBJECT_APPROVAL, 'P', "approval" },
};

const char *subject_kind_name(enum subject_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unknown";
}

enum subject_kind subject_kind_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, word) == 0)
			return kinds[i].kind;
	return SUBJECT_UNKNOWN;
}

void subject_format(const struct subject *subject, char ret[static SUBJECT_ID_MAX])
{
	char letter = '?';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == subject->kind)
			letter = kinds[i].letter;
	(void)snprintf(ret, SUBJECT_ID_MAX, "%c%" PRId64, letter, subject->id);
}

bool subject_parse(const char *text, struct subject *ret)
{
	/* Digits only, none of strtoll's signs and blanks; 18 of them fit into 63 bits. */
	size_t digits = strspn(text[0] ? text + 1 : "", "0123456789");
	if (digits == 0 || digits > 18 || text[1 + digits] != '\0' || text[1] == '0')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if ((text[0] & ~0x20) != kinds[i].letter)
			continue;
		*ret = (struct subject){ .kind = kinds[i].kind, .id = strtoll(text + 1, NULL, 10) };
		return true;
	}
	return false;
}

/* The kernel's audit keeps the login through sudo and su; a service has none (all ones). */
void actor_current(char ret[static ACTOR_MAX])
{
	char login[24];
	int r = file_read_line("/proc/self/loginuid", login, sizeof(login));
	bool is_login = r == 0 && login[0] != '\0' && strcmp(login, "4294967295") != 0;
	uid_t uid = is_login ? (uid_t)strtoul(login, NULL, 10) : getuid();
	char scratch[1024];
	struct passwd entry, *found = NULL;
	if (getpwuid_r(uid, &entry, scratch, sizeof(scratch), &found) != 0)
		found = NULL;
	(void)snprintf(ret, ACTOR_MAX, "%s:%.64s (%u)", is_login ? "login" : "user",
		found ? found->pw_name : "?", (unsigned)uid);
}

bool actor_is_person(const char *actor)
{
	const char *bracket = strrchr(actor, '(');
	return strncmp(actor, "login:", 6) == 0 && bracket && bracket[1] >= '1' &&
	       bracket[1] <= '9';
}

static const char *number_of(const char *actor)
{
	const char *bracket = strrchr(actor, '(');
	return bracket ? bracket : actor;
}

bool actor_same(const char *a, const char *b)
{
	return strcmp(number_of(a), number_of(b)) == 0;
}

static int next_id(struct store *store, int64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(
		store, "SELECT coalesce(max(id), 0) + 1 FROM event", NULL, 0, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r == 0)
		return store_error_corrupt(store, _("the number of its events"), error);
	if (r > 0)
		*ret = store_integer(rows, 0);
	return r < 0 ? r : 0;
}

static int append(struct store *store, const struct subject *subject, const struct event *event,
	const char *detail, struct error *error)
{
	char actor[ACTOR_MAX];
	actor_current(actor);
	int64_t id = 0;
	int r = next_id(store, &id, error);
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_INT(event->utc_ms),
		STORE_STRING(actor),
		STORE_STRING(subject_kind_name(subject->kind)),
		STORE_INT(subject->id),
		STORE_STRING(event->action),
		STORE_STRING(detail),
	};
	if (r == 0)
		r = store_execute(store,
			"INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action,"
			" detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			values, ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : ledger_append_event(store, id, actor, subject, event, error);
}

int events_append(struct store *store, const struct subject *subject, const struct event *event,
	struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	if (json_write_canonical(event->detail, &text) < 0)
		return error_no_memory(error);
	/* The event and its record in the ledger, or neither. */
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = append(store, subject, event, buffer_text(&text), error);
	return store_end(store, r, error);
}

static int read_event(const struct store_rows *rows, struct event_record *ret, struct error *error)
{
	ret->id = store_integer(rows, 0);
	ret->utc_ms = store_integer(rows, 1);
	ret->subject.kind = subject_kind_parse(store_text(rows, 3));
	ret->subject.id = store_integer(rows, 4);
	int r = store_copy_text(rows, 2, ret->actor, sizeof(ret->actor), error);
	if (r == 0)
		r = store_copy_text(rows, 5, ret->action, sizeof(ret->action), error);
	if (r < 0)
		return r;
	ret->detail = strdup(store_text(rows, 6));
	return ret->detail ? 0 : error_no_memory(error);
}

#define EVENT_COLUMNS "id, utc_ms, actor, target_kind, target_id, action, detail"

int events_list(struct store *store, const struct subject *subject, size_t limit,
	struct event_list *ret, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(limit),
		STORE_STRING(subject ? subject_kind_name(subject->kind) : ""),
		STORE_INT(subject ? subject->id : 0),
	};
	const char *sql = subject ? "SELECT " EVENT_COLUMNS " FROM (SELECT " EVENT_COLUMNS
				    " FROM event WHERE (target_kind = $2 AND target_id = $3)"
				    " OR (target_kind = 'hold' AND target_id IN (SELECT h.id"
				    " FROM hold h WHERE h.target_kind = $2 AND h.target_id = $3))"
				    " ORDER BY id DESC LIMIT $1) newest ORDER BY id"
				  : "SELECT " EVENT_COLUMNS " FROM (SELECT " EVENT_COLUMNS
				    " FROM event ORDER BY id DESC LIMIT $1) newest ORDER BY id";
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_EVENTS struct event_list list = { 0 };
	int r = store_query(store, sql, values, subject ? 3 : 1, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		struct event_record *grown =
			reallocarray(list.items, list.count + 1, sizeof(*list.items));
		if (!grown)
			return error_no_memory(error);
		list.items = grown;
		grown[list.count] = (struct event_record){ 0 };
		r = read_event(rows, &grown[list.count++], error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct event_list){ 0 };
	return 0;
}

void event_list_free(struct event_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].detail);
	free(list->items);
	*list = (struct event_list){ 0 };
}
