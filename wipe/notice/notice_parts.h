/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What notices are made of; used by wipe/notice/ alone. */
#ifndef HAIKI_WIPE_NOTICE_NOTICE_PARTS_H
#define HAIKI_WIPE_NOTICE_NOTICE_PARTS_H

#include "base/buffer.h"
#include "wipe/notice/notice.h"

#define NOTICE_TEXT_MAX (64 * KIB)
#define NOTICE_MESSAGE_MAX (16 * MIB)

enum notice_language { NOTICE_JA, NOTICE_EN };
const char *notice_language_name(enum notice_language language); /* "ja", "en" */

/* The template for this kind: the configuration's where its folder has it, else the built-in one.
 * name is for messages. */
NODISCARD int notice_template(const struct config_deletion *config, enum notice_kind kind,
	enum notice_language language, struct buffer *ret_text, char *ret_name, size_t name_size,
	struct error *error);

/* Fill in the {words}. The first line is the subject, and blank lines behind it belong to nobody.
 * What is filled in is never looked at for words again. -EINVAL "notice-template". */
NODISCARD int notice_fill(const char *text, const char *name, enum notice_language language,
	const struct notice_facts *facts, struct buffer *subject, struct buffer *body,
	struct error *error);

/* Of a header without structure: the text, folded, in encoded words (RFC 2047) where it is not plain
 * ASCII. used: bytes of its line before it. */
NODISCARD int notice_encode_words(const char *text, size_t used, struct buffer *message);
/* Of a name before an address: in encoded words unless there are only letters, digits and blanks. */
NODISCARD int notice_encode_phrase(const char *text, size_t used, struct buffer *message);
/* Base 64 in lines of 76. */
NODISCARD int notice_encode_body(const struct buffer *body, struct buffer *message);
/* "Tue, 24 Nov 2026 03:00:00 +0900" */
#define NOTICE_DATE_SIZE 32
void notice_date(int64_t utc_ms, char ret[static NOTICE_DATE_SIZE]);

/* Addresses as a header has them, each once: of the tenant's contacts, or the operators of the
 * configuration. -ENOENT "notice-no-address", -EINVAL "notice-address". */
NODISCARD int notice_addresses(const struct config_deletion *config, const char *audience,
	const struct tenant_record *tenant, struct buffer *ret, struct error *error);

/* Hand the message over. 0: taken. -EIO "notice-sendmail": it said no, or could not be started, so
 * nothing was sent. -ETIMEDOUT or -EINTR "notice-uncertain": it was ended before it said anything. */
NODISCARD int notice_hand_over(const char *program, const char *from, const char *message,
	size_t length, uint64_t limit_ms, struct error *error);

#endif
