/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of notices: those that are part of the program, byte for byte the files in texts/, and those
 * that a configuration puts before them. */
#include "wipe/notice/notice_parts.h"

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUILT_IN(symbol, file)                                                                     \
	__asm__(".pushsection .rodata\n"                                                           \
		".local " #symbol "\n" #symbol ":\n"                                               \
		".incbin \"wipe/notice/texts/" file "\"\n"                                         \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char(symbol)[] __attribute__((visibility("hidden")))

BUILT_IN(notice_before_ja, "before.ja.txt");
BUILT_IN(notice_before_en, "before.en.txt");
BUILT_IN(notice_after_ja, "after.ja.txt");
BUILT_IN(notice_after_en, "after.en.txt");
BUILT_IN(notice_deleted_ja, "deleted.ja.txt");
BUILT_IN(notice_deleted_en, "deleted.en.txt");
BUILT_IN(notice_closed_ja, "closed.ja.txt");
BUILT_IN(notice_closed_en, "closed.en.txt");
BUILT_IN(notice_overdue_ja, "overdue.ja.txt");
BUILT_IN(notice_overdue_en, "overdue.en.txt");

const char *notice_language_name(enum notice_language language)
{
	switch (language) {
	case NOTICE_JA:
		return "ja";
	case NOTICE_EN:
		return "en";
	}
	return "en";
}

/* NULL: there is nothing to say. */
static const char *built_in(enum notice_kind kind, enum notice_language language)
{
	bool ja = language == NOTICE_JA;

	switch (kind) {
	case NOTICE_NONE:
		return NULL;
	case NOTICE_BEFORE:
		return ja ? notice_before_ja : notice_before_en;
	case NOTICE_AFTER:
		return ja ? notice_after_ja : notice_after_en;
	case NOTICE_DELETED:
		return ja ? notice_deleted_ja : notice_deleted_en;
	case NOTICE_CLOSED:
		return ja ? notice_closed_ja : notice_closed_en;
	case NOTICE_OVERDUE:
		return ja ? notice_overdue_ja : notice_overdue_en;
	}
	return NULL;
}

static bool is_plain_text(const struct buffer *text)
{
	for (size_t i = 0; i < text->length; i++) {
		unsigned char byte = (unsigned char)text->data[i];
		if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7f)
			return false;
	}
	return utf8_valid(buffer_text(text), text->length);
}

/* 1: it is not there. */
static int read_own(const char *path, struct buffer *ret, struct error *error)
{
	struct error reading = { 0 };
	int r = file_read(path, ret, &reading);

	if (r == -ENOENT)
		return 1;
	if (r < 0) {
		if (error)
			*error = reading;
		return r;
	}
	if (!is_plain_text(ret))
		return error_set(error, ERROR_FAILED, EINVAL, "notice-template",
			_("%s is not plain UTF-8 text"), path);
	return 0;
}

int notice_template(const struct config_deletion *config, enum notice_kind kind,
	enum notice_language language, struct buffer *ret_text, char *ret_name, size_t name_size,
	struct error *error)
{
	const char *text = built_in(kind, language);

	if (!text)
		return error_set(error, ERROR_FAILED, EINVAL, "notice-template",
			_("There is no text for a notice of this kind."));
	int length = snprintf(ret_name, name_size, "%s%s%s.%s.txt", config->templates,
		config->templates[0] != '\0' ? "/" : "", notice_kind_name(kind),
		notice_language_name(language));
	if (length < 0 || (size_t)length >= name_size)
		return error_set(error, ERROR_FAILED, ENAMETOOLONG, "notice-template",
			_("The path of the folder with notices' texts is too long: %s"),
			config->templates);
	if (config->templates[0] != '\0') {
		int r = read_own(ret_name, ret_text, error);
		if (r <= 0)
			return r;
	}
	return buffer_append_text(ret_text, text) < 0 ? error_no_memory(error) : 0;
}
