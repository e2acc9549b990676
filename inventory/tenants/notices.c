/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices in the store: intended, then sent or failed; or uncertain. */
#include "inventory/tenants/notices.h"

#include "base/day.h"
#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *notice_state_name(enum notice_state state)
{
	switch (state) {
	case NOTICE_UNKNOWN:
		break;
	case NOTICE_INTENDED:
		return "intended";
	case NOTICE_SENT:
		return "sent";
	case NOTICE_FAILED:
		return "failed";
	case NOTICE_UNCERTAIN:
		return "uncertain";
	}
	return "unknown";
}

static enum notice_state parse_state(const char *word)
{
	static const enum notice_state states[] = { NOTICE_INTENDED, NOTICE_SENT, NOTICE_FAILED,
		NOTICE_UNCERTAIN };
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(notice_state_name(states[i]), word) == 0)
			return states[i];
	return NOTICE_UNKNOWN;
}

void notice_list_free(struct notice_list *list)
{
	free(list->items);
	*list = (struct notice_list){ 0 };
}

/* -- reading -- */

#define SELECT_NOTICE                                                                              \
	"SELECT id, contract_id, kind, day, audience, end_day, message_id, state, utc_ms, tries"   \
	" FROM notice "

static int read_record(struct store *store, const struct store_rows *rows,
	struct notice_record *record, struct error *error)
{
	*record = (struct notice_record){ .id = store_integer(rows, 0),
		.contract_id = store_integer(rows, 1),
		.day = store_integer(rows, 3),
		.state = parse_state(store_text(rows, 7)),
		.utc_ms = store_integer(rows, 8),
		.tries = store_integer(rows, 9) };
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 2, record->kind, sizeof(record->kind) },
		{ 4, record->audience, sizeof(record->audience) },
		{ 5, record->end_day, sizeof(record->end_day) },
		{ 6, record->message_id, sizeof(record->message_id) },
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	if (r == 0 && record->state == NOTICE_UNKNOWN)
		r = store_error_corrupt(store, "notice.state", error);
	return r;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct notice_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_NOTICES struct notice_list list = { 0 };
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		/* Doubled at every power of two. */
		if ((list.count & (list.count - 1)) == 0) {
			struct notice_record *items = reallocarray(
				list.items, list.count ? 2 * list.count : 1, sizeof(*list.items));
			if (!items)
				return error_no_memory(error);
			list.items = items;
		}
		r = read_record(store, rows, &list.items[list.count++], error);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct notice_list){ 0 };
	return 0;
}

int notices_list(
	struct store *store, int64_t contract_id, struct notice_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(contract_id) };
	return contract_id == 0
		       ? read_list(store, SELECT_NOTICE "ORDER BY id", NULL, 0, ret, error)
		       : read_list(store, SELECT_NOTICE "WHERE contract_id = $1 ORDER BY id",
				 values, 1, ret, error);
}

/* -- writing -- */

/* Row and event, in the caller's transaction. Whom it went to stands in neither. */
static int append_event(
	struct store *store, const struct notice_record *notice, int64_t now, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	char day[DAY_TEXT_SIZE], action[24];
	day_format(notice->day, day);
	(void)snprintf(action, sizeof(action), "notice-%s", notice_state_name(notice->state));
	if (!detail || json_put_string(detail, "kind", notice->kind) < 0 ||
		json_put_string(detail, "audience", notice->audience) < 0 ||
		json_put_string(detail, "day", day) < 0 ||
		json_put_string(detail, "end_day", notice->end_day) < 0 ||
		json_put_string(detail, "message_id", notice->message_id) < 0 ||
		json_put_integer(detail, "tries", notice->tries) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_CONTRACT, notice->contract_id };
	const struct event event = { action, detail, now };
	return events_append(store, &subject, &event, error);
}

static int set_state(struct store *store, struct notice_record *notice, enum notice_state state,
	int64_t now_utc_ms, struct error *error)
{
	int64_t changed = 0;
	const char *before = notice_state_name(notice->state);
	notice->state = state;
	notice->utc_ms = now_utc_ms;
	const struct store_value values[] = {
		STORE_INT(notice->id),
		STORE_STRING(notice_state_name(state)),
		STORE_INT(now_utc_ms),
		STORE_INT(notice->tries),
		STORE_STRING(before),
	};
	int r = store_execute(store,
		"UPDATE notice SET state = $2, utc_ms = $3, tries = $4 WHERE id = $1 AND state = "
		"$5",
		values, ARRAY_SIZE(values), &changed, error);
	if (r == 0 && changed != 1)
		r = store_error_corrupt(store, "notice", error);
	return r < 0 ? r : append_event(store, notice, now_utc_ms, error);
}

static int insert(
	struct store *store, struct notice_record *notice, int64_t now_utc_ms, struct error *error)
{
	int64_t id = 0;
	int r = drive_query_integer(
		store, "SELECT coalesce(max(id), 0) + 1 FROM notice", NULL, 0, 1, &id, error);
	if (r < 0)
		return r;
	notice->id = id;
	notice->state = NOTICE_INTENDED;
	notice->utc_ms = now_utc_ms;
	notice->tries = 1;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_INT(notice->contract_id),
		STORE_STRING(notice->kind),
		STORE_INT(notice->day),
		STORE_STRING(notice->audience),
		STORE_STRING(notice->end_day),
		STORE_STRING(notice->message_id),
		STORE_STRING(notice_state_name(notice->state)),
		STORE_INT(now_utc_ms),
		STORE_INT(notice->tries),
	};
	r = store_execute(store,
		"INSERT INTO notice (id, contract_id, kind, day, audience, end_day, message_id,"
		" state, utc_ms, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		values, ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, notice, now_utc_ms, error);
}

/* Two notices with one Message-ID would hide one of them. */
static bool is_same(const struct notice_record *a, const struct notice_record *b)
{
	return a->contract_id == b->contract_id && a->day == b->day &&
	       strcmp(a->kind, b->kind) == 0 && strcmp(a->audience, b->audience) == 0 &&
	       strcmp(a->end_day, b->end_day) == 0;
}

static int malformed(const struct notice_record *notice, struct error *error)
{
	return error_set(error, ERROR_FAILED, EINVAL, "notice-malformed",
		_("The notice \"%.120s\" cannot be entered: it lacks something, or another has its "
		  "Message-ID"),
		notice->message_id);
}

static int intend(
	struct store *store, struct notice_record *notice, int64_t now_utc_ms, struct error *error)
{
	AUTO_NOTICES struct notice_list list = { 0 };
	const struct store_value values[] = { STORE_STRING(notice->message_id) };
	int r = read_list(store, SELECT_NOTICE "WHERE message_id = $1", values, 1, &list, error);
	if (r < 0)
		return r;
	if (list.count == 0) {
		r = insert(store, notice, now_utc_ms, error);
		return r < 0 ? r : 1;
	}
	if (!is_same(&list.items[0], notice))
		return malformed(notice, error);
	*notice = list.items[0];
	if (notice->state != NOTICE_FAILED)
		return 0;
	notice->tries++;
	r = set_state(store, notice, NOTICE_INTENDED, now_utc_ms, error);
	return r < 0 ? r : 1;
}

int notices_intend(
	struct store *store, struct notice_record *notice, int64_t now_utc_ms, struct error *error)
{
	struct notice_record copy = *notice;
	if (!notice->kind[0] || !notice->audience[0] || !notice->message_id[0] ||
		notice->contract_id < 1)
		return malformed(notice, error);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(store, intend(store, &copy, now_utc_ms, error), error);
	if (r >= 0)
		*notice = copy;
	return r;
}

static int settle(struct store *store, int64_t id, enum notice_state state, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_NOTICES struct notice_list list = { 0 };
	const struct store_value values[] = { STORE_INT(id) };
	int r = read_list(store, SELECT_NOTICE "WHERE id = $1", values, 1, &list, error);
	if (r < 0)
		return r;
	if (list.count == 0 || list.items[0].state != NOTICE_INTENDED)
		return error_set(error, ERROR_FAILED, EALREADY, "notice-settled",
			_("What became of the notice %" PRId64
			  " cannot be entered: it does not wait to be sent"),
			id);
	return set_state(store, &list.items[0], state, now_utc_ms, error);
}

int notices_settle(struct store *store, int64_t id, enum notice_state state, int64_t now_utc_ms,
	struct error *error)
{
	if (state != NOTICE_SENT && state != NOTICE_FAILED)
		return error_set(error, ERROR_FAILED, EINVAL, "notice-malformed",
			_("A notice was sent, or failed; nothing else can become of it"));
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, settle(store, id, state, now_utc_ms, error), error);
}

static int give_up(struct store *store, int64_t now_utc_ms, size_t *ret_count, struct error *error)
{
	AUTO_NOTICES struct notice_list list = { 0 };
	int r = read_list(
		store, SELECT_NOTICE "WHERE state = 'intended' ORDER BY id", NULL, 0, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		r = set_state(store, &list.items[i], NOTICE_UNCERTAIN, now_utc_ms, error);
	*ret_count = list.count;
	return r;
}

int notices_give_up(struct store *store, int64_t now_utc_ms, size_t *ret_count, struct error *error)
{
	size_t count = 0;
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(store, give_up(store, now_utc_ms, &count, error), error);
	if (r == 0)
		*ret_count = count;
	return r;
}
