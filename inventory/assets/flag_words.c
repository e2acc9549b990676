/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a serial and a WWN tell by themselves. */
#include "inventory/assets/flags.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const words[] = {
	[FLAG_UNKNOWN] = "unknown",
	[FLAG_SERIAL_EMPTY] = "serial-empty",
	[FLAG_SERIAL_GARBLED] = "serial-garbled",
	[FLAG_SERIAL_PLACEHOLDER] = "serial-placeholder",
	[FLAG_SERIAL_DUPLICATE] = "serial-duplicate",
	[FLAG_SERIAL_CHANGED] = "serial-changed",
	[FLAG_WWN_ZERO] = "wwn-zero",
	[FLAG_WWN_DUPLICATE] = "wwn-duplicate",
	[FLAG_IDENTITY_DUPLICATE] = "identity-duplicate",
	[FLAG_TWO_HOSTS] = "two-hosts",
};

const char *flag_code_name(enum flag_code code)
{
	return (size_t)code < ARRAY_SIZE(words) ? words[code] : words[FLAG_UNKNOWN];
}

enum flag_code flag_code_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return (enum flag_code)i;
	return FLAG_UNKNOWN;
}

/* Serials that were found in many things at once, and where they come from. */
static const struct {
	const char *serial;
	const char *origin;
} placeholders[] = {
	{ "0123456789ABCDEF", N_("USB bridges without a serial memory") },
	{ "0123456789", N_("counted up by hand") },
	{ "123456789", N_("counted up by hand") },
	{ "1234567890", N_("counted up by hand") },
	{ "123456789012", N_("USB bridges (ASMedia)") },
	{ "1234567890ABCDEF", N_("counted up by hand") },
	{ "152D00539000", N_("USB bridge JMicron JMS567") },
	{ "202207153AB6", N_("USB bridge JMicron JMS576") },
	{ "To be filled by O.E.M.", N_("board firmware nobody filled in") },
	{ "Default string", N_("board firmware nobody filled in") },
	{ "System Serial Number", N_("board firmware nobody filled in") },
	{ "Not Specified", N_("board firmware nobody filled in") },
	{ "None", N_("a word for no serial") },
	{ "Null", N_("a word for no serial") },
	{ "N/A", N_("a word for no serial") },
	{ "NA", N_("a word for no serial") },
	{ "Unknown", N_("a word for no serial") },
	{ "Invalid", N_("a word for no serial") },
	{ "Serial", N_("a word for no serial") },
	{ "SerialNumber", N_("a word for no serial") },
	{ "Serial Number", N_("a word for no serial") },
};

/* "0000", "FFFFFFFF", "--------", "0", "." */
static bool is_one_character(const char *text)
{
	size_t length = strlen(text);
	if (length == 0 || text[strspn(text, (char[]){ text[0], '\0' })] != '\0')
		return false;
	return length > 3 || !isalpha((unsigned char)text[0]);
}

const char *flag_placeholder_origin(const char *serial)
{
	if (is_one_character(serial))
		return N_("one character over and over");
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (strcasecmp(placeholders[i].serial, serial) == 0)
			return placeholders[i].origin;
	return NULL;
}

unsigned flags_of_identity(const struct drive_identity *identity)
{
	const unsigned garbled =
		IDENTITY_SERIAL_BLANK | IDENTITY_SERIAL_CONTROL | IDENTITY_SERIAL_ENCODING;
	unsigned flags = 0;
	if (identity->is_virtual && identity->transport == TRANSPORT_VIRTUAL)
		return 0;
	if (identity->serial[0] == '\0')
		flags |= 1u << FLAG_SERIAL_EMPTY;
	else if (flag_placeholder_origin(identity->serial))
		flags |= 1u << FLAG_SERIAL_PLACEHOLDER;
	if (identity->oddities & garbled)
		flags |= 1u << FLAG_SERIAL_GARBLED;
	if (identity->oddities & IDENTITY_WWN_ZERO)
		flags |= 1u << FLAG_WWN_ZERO;
	return flags;
}

const char *twin_kind_name(enum twin_kind kind)
{
	switch (kind) {
	case TWIN_NONE:
		return "";
	case TWIN_PATH:
		return "path";
	case TWIN_COPY:
		break;
	}
	return "copy";
}

enum twin_kind twin_kind_parse(const char *word)
{
	if (word[0] == '\0')
		return TWIN_NONE;
	return strcmp(word, twin_kind_name(TWIN_PATH)) == 0 ? TWIN_PATH : TWIN_COPY;
}

enum twin_kind twin_kind_of(const struct drive_identity *a, const struct drive_identity *b)
{
	if (strcmp(a->serial, b->serial) != 0 || strcmp(a->wwn, b->wwn) != 0)
		return TWIN_NONE;
	if (a->serial[0] == '\0' && a->wwn[0] == '\0')
		return TWIN_NONE;
	bool one_medium = a->wwn[0] != '\0' && strcmp(a->model, b->model) == 0 &&
			  a->capacity_bytes == b->capacity_bytes;
	return one_medium ? TWIN_PATH : TWIN_COPY;
}
