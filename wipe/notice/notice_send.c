/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One notice on its way: entered, written, handed over, and what became of it entered again. */
#include "wipe/notice/notice_parts.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SENDMAIL_LIMIT_MS (120 * 1000)

#define TRIES_MAX 5

/* The same whenever the same is to be told, so that whatever carries mail can see that it has it already. */
static int make_message_id(
	const struct config *config, const struct notice_facts *facts, struct notice_record *notice)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4 * KIB);
	char hex[SHA256_HEX_SIZE];
	const char *at = strrchr(config->deletion.from, '@');
	int r = buffer_printf(&text, "%s\n%s\n%" PRId64 "\n%s\n%s\n%" PRId64 "\n%s\n%s\n",
		config->site, facts->tenant->code, notice->contract_id, facts->contract->number,
		notice->kind, notice->day, notice->audience, notice->end_day);

	if (r < 0)
		return r;
	r = digest_sha256_hex(text.data, text.length, hex);
	if (r < 0)
		return r;
	int length = snprintf(notice->message_id, sizeof(notice->message_id), "haiki.%.32s@%s", hex,
		at ? at + 1 : "localhost");
	/* A host name that is too long is no use to anybody in an identifier. */
	if (length < 0 || (size_t)length >= sizeof(notice->message_id))
		(void)snprintf(notice->message_id, sizeof(notice->message_id), "haiki.%.32s@%.32s",
			hex, hex + 32);
	return 0;
}

static bool is_same(const struct notice_record *a, const struct notice_record *b)
{
	return a->day == b->day && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->audience, b->audience) == 0 && strcmp(a->end_day, b->end_day) == 0;
}

/* What was entered before keeps its identifier, also when the configuration's address or site, of which it
 * is made, has changed since: or the same would be told again. 1: it failed often enough. */
static int find_before(struct store *store, struct notice_record *notice, struct error *error)
{
	AUTO_NOTICES struct notice_list list = { 0 };
	int r = notices_list(store, notice->contract_id, &list, error);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (is_same(&list.items[i], notice)) {
			memcpy(notice->message_id, list.items[i].message_id,
				sizeof(notice->message_id));
			return list.items[i].tries >= TRIES_MAX;
		}
	return r;
}

/* Compose and hand over. */
static int send_one(const struct config *config, enum notice_kind kind,
	const struct notice_record *notice, const struct notice_facts *facts, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_FREE char *message = NULL;
	int r = notice_compose(config, kind, notice->audience, facts, notice->message_id,
		now_utc_ms, &message, error);

	return r < 0 ? r
		     : notice_hand_over(config->deletion.sendmail, config->deletion.from, message,
			       strlen(message), SENDMAIL_LIMIT_MS, error);
}

static bool is_uncertain(int result)
{
	return result == -ETIMEDOUT || result == -EINTR;
}

/* A customer has to be told, so one without an address is a failure; an operator need not. */
static bool is_anybody_told(const struct config_deletion *config, const char *audience)
{
	if (config->sendmail[0] == '\0')
		return false;
	return strcmp(audience, "operator") != 0 ||
	       config->operators[strspn(config->operators, " ")] != '\0';
}

int notice_send(struct store *store, const struct config *config, enum notice_kind kind,
	const char *audience, const struct notice_facts *facts, int64_t day, int64_t now_utc_ms,
	struct error *error)
{
	struct notice_record notice = { .contract_id = facts->contract->id, .day = day };
	struct error problem = { 0 };

	if (kind == NOTICE_NONE || !is_anybody_told(&config->deletion, audience))
		return 0;
	(void)snprintf(notice.kind, sizeof(notice.kind), "%s", notice_kind_name(kind));
	(void)snprintf(notice.audience, sizeof(notice.audience), "%s", audience);
	(void)snprintf(notice.end_day, sizeof(notice.end_day), "%s", facts->contract->end_day);
	if (make_message_id(config, facts, &notice) < 0)
		return error_no_memory(error);
	int r = find_before(store, &notice, error);
	if (r != 0)
		return r < 0 ? r : 0;
	r = notices_intend(store, &notice, now_utc_ms, error);
	if (r <= 0)
		return r;
	int sent = send_one(config, kind, &notice, facts, now_utc_ms, &problem);
	/* What may have left stays intended: the next run calls it uncertain and never sends it again. */
	if (!is_uncertain(sent)) {
		r = notices_settle(store, notice.id, sent == 0 ? NOTICE_SENT : NOTICE_FAILED,
			now_utc_ms, error);
		if (r < 0)
			return r;
	}
	if (sent == 0)
		return 1;
	if (error)
		*error = problem;
	return sent;
}
