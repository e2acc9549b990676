/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pages of a PDF were drawn from, by its XMP packet (ISO 16684-1). No XML reader: the properties are
 * looked for as haiki writes them, and a packet that could say them in another way as well is refused. */
#include "verify/pdf/pdf_parts.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PACKET_MAX_BYTES (64 * KIB)
#define TAG_MAX 64

static int refuse(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-metadata",
		_("The PDF does not say plainly which certificate its pages were drawn from"));
}

static const char *find(const char *from, const char *end, const char *text)
{
	return memmem(from, (size_t)(end - from), text, strlen(text));
}

/* Whatever would let a reader of XML see something else than we do. */
static bool is_plain(const char *packet, const char *end)
{
	static const char *const refused[] = { "<!", "xml:space", "rdf:resource=\"haiki",
		"haiki:name=", "haiki:sha256=", "haiki:outcome=", "haiki:serial=" };
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (find(packet, end, refused[i]))
			return false;
	return !memchr(packet, '\0', (size_t)(end - packet));
}

/* The character that an entity stands for, stepping over it; 0: one that haiki does not write. */
static char take_entity(const char **at, const char *end)
{
	static const struct {
		const char *text;
		char character;
	} entities[] = {
		{ "&amp;", '&' },
		{ "&lt;", '<' },
		{ "&gt;", '>' },
		{ "&quot;", '"' },
		{ "&apos;", '\'' },
	};
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
		size_t length = strlen(entities[i].text);
		if ((size_t)(end - *at) >= length && memcmp(*at, entities[i].text, length) == 0) {
			*at += length;
			return entities[i].character;
		}
	}
	return '\0';
}

static bool decode(const char *at, const char *end, char *ret, size_t size)
{
	size_t length = 0;
	while (at < end) {
		char character = *at == '&' ? take_entity(&at, end) : *at++;
		if (character == '\0' || length == size - 1)
			return false;
		ret[length++] = character;
	}
	ret[length] = '\0';
	return true;
}

/* The text of <haiki:key>, which is there once. */
static bool read_property(
	const char *packet, const char *end, const char *key, char *ret, size_t size)
{
	char opening[TAG_MAX], closing[TAG_MAX], name[TAG_MAX];
	(void)snprintf(opening, sizeof(opening), "<haiki:%s>", key);
	(void)snprintf(closing, sizeof(closing), "</haiki:%s>", key);
	(void)snprintf(name, sizeof(name), "<haiki:%s", key);
	const char *from = find(packet, end, opening);
	if (!from || find(packet, end, name) != from || find(from + 1, end, name))
		return false;
	from += strlen(opening);
	const char *to = memchr(from, '<', (size_t)(end - from));
	return to && find(to, end, closing) == to && decode(from, to, ret, size);
}

int pdf_metadata_read(const struct pdf_run *packet, struct pdf_document *ret, struct error *error)
{
	if (packet->length == 0 || packet->length > PACKET_MAX_BYTES)
		return refuse(error);
	const char *text = (const char *)packet->at, *end = text + packet->length;
	char name[sizeof(ret->name)];
	if (!is_plain(text, end) || !read_property(text, end, "name", name, sizeof(name)) ||
		!read_property(text, end, "sha256", ret->sha256, sizeof(ret->sha256)) ||
		!read_property(text, end, "outcome", ret->outcome, sizeof(ret->outcome)) ||
		!read_property(text, end, "serial", ret->serial, sizeof(ret->serial)) ||
		strcmp(name, ret->name) != 0)
		return refuse(error);
	return 0;
}
