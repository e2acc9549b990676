/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of a record, read strictly; and the line that stands for one that was left out. */
#include "verify/ledger/record.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/words.h"
#include <errno.h>
#include <string.h>

#define SALT_DIGITS 32

static const char *const kinds[] = {
	[RECORD_UNKNOWN] = "unknown",
	[RECORD_EVENT] = "event",
	[RECORD_CERTIFICATE] = "certificate",
	[RECORD_TENANT] = "tenant",
	[RECORD_SIGNATURE] = "signature",
	[RECORD_KEY] = "key",
};

const char *record_kind_name(enum record_kind kind)
{
	return word_of(kinds, ARRAY_SIZE(kinds), kind);
}

enum record_kind record_kind_parse(const char *word)
{
	return (enum record_kind)word_find(kinds, ARRAY_SIZE(kinds), word);
}

void record_free(struct record *record)
{
	json_decref(record->document);
	*record = (struct record){ 0 };
}

/* Whatever it is, a reader needs one code; the sentence stays. */
static int malformed(struct error *error, int r)
{
	if (r == -ENOMEM || !error)
		return r;
	snprintf(error->code, sizeof(error->code), "record-malformed");
	error->errnum = EBADMSG;
	return -EBADMSG;
}

static int refuse(struct error *error, const char *key)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "record-malformed",
		_("The record of the ledger has no good \"%s\"."), key);
}

static bool is_word(const char *text)
{
	size_t length = strlen(text);
	return length > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz-") == length;
}

static int take_format(const json_t *document, struct error *error)
{
	const char *format;
	int64_t version;
	int r = json_get_string(
		document, "record", "format", sizeof(RECORD_FORMAT), &format, error);
	if (r == 0)
		r = json_get_integer(
			document, "record", "format_version", 1, INT32_MAX, &version, error);
	if (r < 0)
		return r;
	if (strcmp(format, RECORD_FORMAT) != 0)
		return refuse(error, "format");
	if (version == RECORD_FORMAT_VERSION)
		return 0;
	refuse(error, "format_version");
	return error_next(error, _("A newer haiki may have written it: check it with that one."));
}

static int take_salt(const json_t *document, struct error *error)
{
	const char *salt;
	uint8_t bytes[SALT_DIGITS / 2];
	int r = json_get_string(document, "record", "salt", SALT_DIGITS, &salt, error);
	if (r < 0)
		return r;
	return hex_decode(salt, bytes, sizeof(bytes)) < 0 ? refuse(error, "salt") : 0;
}

static int take_kind(const json_t *document, struct record *ret, struct error *error)
{
	const char *kind;
	int r = json_get_string(document, "record", "kind", RECORD_KIND_MAX, &kind, error);
	if (r < 0)
		return r;
	if (!is_word(kind) || strcmp(kind, kinds[RECORD_UNKNOWN]) == 0)
		return refuse(error, "kind");
	ret->kind = record_kind_parse(kind);
	return 0;
}

static int take_fields(struct record *ret, struct error *error)
{
	static const char *const keys[] = { "body", "format", "format_version", "index", "kind",
		"salt", "utc", NULL };
	const json_t *document = ret->document;
	const char *utc;
	int64_t index;
	if (!json_is_object(document))
		return refuse(error, "format");
	int r = take_format(document, error);
	if (r == 0)
		r = json_only_keys(document, "record", keys, error);
	if (r == 0)
		r = json_get_integer(document, "record", "index", 0, (int64_t)MERKLE_SIZE_MAX - 1,
			&index, error);
	if (r == 0)
		r = json_get_string(document, "record", "utc", CLOCK_TEXT_SIZE, &utc, error);
	if (r == 0 && clock_parse(utc, &ret->utc_ms) < 0)
		return refuse(error, "utc");
	if (r == 0)
		r = take_kind(document, ret, error);
	if (r == 0)
		r = take_salt(document, error);
	if (r == 0)
		r = json_get_object(document, "record", "body", &ret->body, error);
	if (r == 0)
		ret->index = (uint64_t)index;
	return r;
}

int record_parse(const char *text, size_t length, struct record *ret, struct error *error)
{
	AUTO_RECORD struct record record = { 0 };
	if (length > RECORD_MAX_BYTES)
		return error_set(error, ERROR_FAILED, EBADMSG, "record-malformed",
			_("The record of the ledger is too long."));
	int r = json_parse_canonical(
		text, length, _("the record of the ledger"), &record.document, error);
	if (r == 0)
		r = take_fields(&record, error);
	if (r < 0)
		return malformed(error, r);
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

int record_entry(const char *text, size_t length, struct merkle_hash *ret)
{
	return digest_sha256_alone(text, length, ret->bytes);
}

int record_leaf(const char *text, size_t length, struct merkle_hash *ret)
{
	struct merkle_hash entry;
	int r = record_entry(text, length, &entry);
	return r < 0 ? r : merkle_leaf(entry.bytes, sizeof(entry.bytes), ret);
}

int record_withheld_parse(
	const char *text, size_t length, struct record_withheld *ret, struct error *error)
{
	static const char *const keys[] = { "index", "withheld", NULL };
	AUTO_JSON json_t *document = NULL;
	const char *word = "";
	int64_t index = 0;
	if (length > RECORD_WITHHELD_MAX_BYTES)
		return refuse(error, "withheld");
	int r = json_parse_canonical(text, length, _("the record of the ledger"), &document, error);
	if (r == 0 && !json_is_object(document))
		return refuse(error, "withheld");
	if (r == 0)
		r = json_only_keys(document, "record", keys, error);
	if (r == 0)
		r = json_get_integer(document, "record", "index", 0, (int64_t)MERKLE_SIZE_MAX - 1,
			&index, error);
	if (r == 0)
		r = json_get_string(
			document, "record", "withheld", sizeof(ret->word) - 1, &word, error);
	if (r < 0)
		return malformed(error, r);
	if (!is_word(word))
		return refuse(error, "withheld");
	*ret = (struct record_withheld){ .index = (uint64_t)index };
	snprintf(ret->word, sizeof(ret->word), "%s", word);
	return 0;
}
