/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message in full (RFC 5322): its headers, then the text in Japanese and in English. Lines end as a local
 * sendmail takes them, with a line feed. */
#include "wipe/notice/notice_parts.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The text in both languages; one subject for both. */
struct letter {
	struct buffer addresses;
	struct buffer subject;
	struct buffer body;
};

#define LETTER_INIT                                                                                \
	{                                                                                          \
		.addresses = BUFFER_INIT(NOTICE_TEXT_MAX),                                         \
		.subject = BUFFER_INIT(2 * NOTICE_TEXT_MAX),                                       \
		.body = BUFFER_INIT(NOTICE_MESSAGE_MAX),                                           \
	}

static void letter_free(struct letter *letter)
{
	buffer_free(&letter->addresses);
	buffer_free(&letter->subject);
	buffer_free(&letter->body);
}

static int write_language(const struct config *config, enum notice_kind kind,
	enum notice_language language, const struct notice_facts *facts, struct letter *letter,
	struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTICE_TEXT_MAX);
	char name[CONFIG_VALUE_MAX + 32];
	int r = notice_template(
		&config->deletion, kind, language, &text, name, sizeof(name), error);

	if (r < 0)
		return r;
	if (letter->subject.length > 0 && buffer_append_text(&letter->subject, " / ") < 0)
		return error_no_memory(error);
	if (letter->body.length > 0 &&
		buffer_append_text(&letter->body,
			"\n------------------------------------------------------------\n\n") < 0)
		return error_no_memory(error);
	AUTO_BUFFER struct buffer subject = BUFFER_INIT(NOTICE_TEXT_MAX);
	AUTO_BUFFER struct buffer body = BUFFER_INIT(NOTICE_MESSAGE_MAX / 4);
	r = notice_fill(buffer_text(&text), name, language, facts, &subject, &body, error);
	if (r < 0)
		return r;
	if (buffer_append(&letter->subject, subject.data, subject.length) < 0 ||
		buffer_append(&letter->body, body.data, body.length) < 0)
		return error_no_memory(error);
	return 0;
}

/* 0, -ENOMEM or -EOVERFLOW. */
static int put_headers(const struct config *config, const struct notice_facts *facts,
	const struct letter *letter, const char *message_id, int64_t now_utc_ms,
	struct buffer *message)
{
	char date[NOTICE_DATE_SIZE];
	const char *organisation = facts->organisation ? facts->organisation : "";
	int r = buffer_append_text(message, "From: ");

	notice_date(now_utc_ms, date);
	if (r == 0 && organisation[0] != '\0') {
		r = notice_encode_phrase(organisation, strlen("From: "), message);
		if (r == 0)
			r = buffer_append_text(message, "\n ");
	}
	if (r == 0)
		r = buffer_printf(message, "<%s>\nTo: %s\nSubject: ", config->deletion.from,
			buffer_text(&letter->addresses));
	if (r == 0)
		r = notice_encode_words(
			buffer_text(&letter->subject), strlen("Subject: "), message);
	/* RFC 3834: nothing is to answer this by itself. */
	return r < 0 ? r
		     : buffer_printf(message,
			       "\nDate: %s\nMessage-ID: <%s>\nMIME-Version: 1.0\n"
			       "Content-Type: text/plain; charset=utf-8\nContent-Language: ja, en\n"
			       "Content-Transfer-Encoding: base64\nAuto-Submitted: "
			       "auto-generated\n\n",
			       date, message_id);
}

int notice_check(const struct config *config, struct error *error)
{
	static const enum notice_kind kinds[] = { NOTICE_BEFORE, NOTICE_AFTER, NOTICE_DELETED,
		NOTICE_CLOSED, NOTICE_OVERDUE };
	const struct tenant_record tenant = { .code = "A" };
	const struct contract_record contract = { .number = "1", .end_day = "2027-03-31" };
	const struct notice_facts facts = { .tenant = &tenant, .contract = &contract };
	int r = 0;

	for (size_t i = 0; r == 0 && config->deletion.sendmail[0] != '\0' && i < ARRAY_SIZE(kinds);
		i++) {
		CLEANUP(letter_free) struct letter letter = LETTER_INIT;
		r = write_language(config, kinds[i], NOTICE_JA, &facts, &letter, error);
		if (r == 0)
			r = write_language(config, kinds[i], NOTICE_EN, &facts, &letter, error);
	}
	return r;
}

static bool is_message_id(const char *text)
{
	return *text != '\0' && strlen(text) < 200 && strchr(text, '@') &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.@-_") ==
		       strlen(text);
}

static int write_letter(const struct config *config, enum notice_kind kind, const char *audience,
	const struct notice_facts *facts, struct letter *letter, struct error *error)
{
	int r = notice_addresses(
		&config->deletion, audience, facts->tenant, &letter->addresses, error);

	if (r == 0)
		r = write_language(config, kind, NOTICE_JA, facts, letter, error);
	return r < 0 ? r : write_language(config, kind, NOTICE_EN, facts, letter, error);
}

int notice_compose(const struct config *config, enum notice_kind kind, const char *audience,
	const struct notice_facts *facts, const char *message_id, int64_t now_utc_ms,
	char **ret_message, struct error *error)
{
	AUTO_BUFFER struct buffer message = BUFFER_INIT(NOTICE_MESSAGE_MAX);
	CLEANUP(letter_free) struct letter letter = LETTER_INIT;

	if (!is_message_id(message_id))
		return error_set(error, ERROR_FAILED, EINVAL, "notice-malformed",
			_("The Message-ID of a notice has characters that it must not have."));
	int r = write_letter(config, kind, audience, facts, &letter, error);
	if (r < 0)
		return r;
	if (put_headers(config, facts, &letter, message_id, now_utc_ms, &message) < 0 ||
		notice_encode_body(&letter.body, &message) < 0)
		return error_no_memory(error);
	*ret_message = buffer_take(&message);
	return *ret_message ? 0 : error_no_memory(error);
}
