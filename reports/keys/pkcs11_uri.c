/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading RFC 7512: attributes with percent-encoded values, path before '?', query behind. */
#include "reports/keys/pkcs11_uri.h"

#include "base/text.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SCHEME "pkcs11:"

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Its decoded length, or -1: broken, empty or too long. */
static int decode(const char *text, size_t length, uint8_t *ret, size_t size)
{
	size_t used = 0;
	for (size_t i = 0; i < length; i++) {
		int byte = (unsigned char)text[i];
		if (text[i] == '%') {
			int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return -1;
			byte = high * 16 + low;
			i += 2;
		}
		if (used == size)
			return -1;
		ret[used++] = (uint8_t)byte;
	}
	return used > 0 ? (int)used : -1;
}

static bool take_text(const char *value, size_t length, char ret[static PKCS11_TEXT_MAX])
{
	uint8_t text[PKCS11_TEXT_MAX];
	int used = decode(value, length, text, sizeof(text) - 1);
	if (ret[0] != '\0' || used < 0 || memchr(text, 0, (size_t)used))
		return false;
	memcpy(ret, text, (size_t)used);
	ret[used] = '\0';
	return true;
}

static bool take_id(const char *value, size_t length, struct pkcs11_uri *ret)
{
	int used = ret->id_length > 0 ? -1 : decode(value, length, ret->id, sizeof(ret->id));
	if (used < 0)
		return false;
	ret->id_length = (size_t)used;
	return true;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static const struct attribute {
	const char *name;
	bool in_query;
	size_t field;
} attributes[] = {
	{ "token", false, offsetof(struct pkcs11_uri, token) },
	{ "manufacturer", false, offsetof(struct pkcs11_uri, manufacturer) },
	{ "model", false, offsetof(struct pkcs11_uri, model) },
	{ "serial", false, offsetof(struct pkcs11_uri, serial) },
	{ "object", false, offsetof(struct pkcs11_uri, object) },
	{ "module-path", true, offsetof(struct pkcs11_uri, module_path) },
	{ "module-name", true, offsetof(struct pkcs11_uri, module_name) },
};

static bool take_attribute(const char *text, size_t length, bool in_query, struct pkcs11_uri *ret)
{
	const char *equals = memchr(text, '=', length);
	if (!equals)
		return false;
	size_t name_length = (size_t)(equals - text);
	const char *value = equals + 1;
	size_t value_length = length - name_length - 1;
	if (!in_query && is_word(text, name_length, "id"))
		return take_id(value, value_length, ret);
	if (!in_query && is_word(text, name_length, "type"))
		return is_word(value, value_length, "private");
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (attributes[i].in_query == in_query &&
			is_word(text, name_length, attributes[i].name))
			return take_text(value, value_length, (char *)ret + attributes[i].field);
	return false;
}

static bool take_all(
	const char *text, size_t length, char separator, bool in_query, struct pkcs11_uri *ret)
{
	while (length > 0) {
		const char *end = memchr(text, separator, length);
		size_t one = end ? (size_t)(end - text) : length;
		if (!take_attribute(text, one, in_query, ret))
			return false;
		if (!end)
			return true;
		text += one + 1;
		length -= one + 1;
		if (length == 0)
			return false; /* nothing behind the separator */
	}
	return true;
}

int pkcs11_uri_parse(const char *text, struct pkcs11_uri *ret, struct error *error)
{
	struct pkcs11_uri uri = { 0 };
	bool good = strncmp(text, SCHEME, strlen(SCHEME)) == 0;
	if (good) {
		const char *path = text + strlen(SCHEME);
		const char *query = strchr(path, '?');
		size_t path_length = query ? (size_t)(query - path) : strlen(path);
		good = take_all(path, path_length, ';', false, &uri) &&
		       (!query || take_all(query + 1, strlen(query + 1), '&', true, &uri)) &&
		       (!uri.module_path[0] ||
			       (uri.module_path[0] == '/' && !uri.module_name[0])) &&
		       !strchr(uri.module_name, '/') && (uri.object[0] || uri.id_length > 0);
	}
	if (good) {
		*ret = uri;
		return 0;
	}
	(void)error_set(error, ERROR_USAGE, EINVAL, "token-uri",
		_("%s does not name a key in a token"), text);
	return error_next(
		error, _("Write it as pkcs11:token=LABEL;object=LABEL?module-path=/PATH.so; "
			 "the PIN stands in the file of the passphrase."));
}
