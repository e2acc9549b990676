/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plain address of mail is made of. */
#include "base/mail_address.h"

#include <string.h>

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define LOCAL_MAX 64 /* RFC 5321, 4.5.3.1.1 */
#define LABEL_MAX 63 /* RFC 1035, 2.3.4 */

static bool all_of(const char *text, size_t length, const char *set)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0' || !strchr(set, text[i]))
			return false;
	return true;
}

/* Of a local part: RFC 5322's atext. */
static bool is_atom(const char *text, size_t length)
{
	return length > 0 && all_of(text, length, LETTERS_AND_DIGITS "!#$%&'*+-/=?^_`{|}~");
}

static bool is_label(const char *text, size_t length)
{
	return length > 0 && length <= LABEL_MAX && text[0] != '-' && text[length - 1] != '-' &&
	       all_of(text, length, LETTERS_AND_DIGITS "-");
}

/* Words with one dot between two. */
static bool is_dotted(
	const char *text, size_t length, bool (*is_word)(const char *word, size_t length))
{
	const char *end = text + length;

	for (const char *word = text;; word++) {
		const char *dot = memchr(word, '.', (size_t)(end - word));
		const char *word_end = dot ? dot : end;
		if (!is_word(word, (size_t)(word_end - word)))
			return false;
		if (!dot)
			return true;
		word = dot;
	}
}

bool mail_address_is_plain(const char *text, size_t length)
{
	const char *at = length > 0 && length < MAIL_ADDRESS_MAX ? memchr(text, '@', length) : NULL;

	if (!at || text[0] == '-')
		return false;
	size_t local = (size_t)(at - text);
	return local <= LOCAL_MAX && is_dotted(text, local, is_atom) &&
	       is_dotted(at + 1, length - local - 1, is_label);
}

const char *mail_addresses_bad(const char *text, size_t *ret_length)
{
	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");
		if (!mail_address_is_plain(text, length)) {
			if (ret_length)
				*ret_length = length;
			return text;
		}
		text += length;
	}
	return NULL;
}
