/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strict JSON over jansson: what is signed has one spelling, and what is read has no surprises.
 *
 * Values are objects, arrays, strings and integers only: no reals, booleans or null. Keys are
 * printable ASCII and not empty. A document is an object or an array. Canonical text is UTF-8
 * without blanks, keys sorted by byte, one spelling of every escape, no trailing newline; so two
 * equal documents are equal bytes. */
#ifndef HAIKI_BASE_JSON_H
#define HAIKI_BASE_JSON_H

#include "base/buffer.h"
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>

#define JSON_MAX_BYTES (16 * MIB) /* the largest document read or written */
#define JSON_MAX_NESTING 32       /* objects and arrays inside one another */

static inline void cleanup_json(json_t **value)
{
	json_decref(*value);
}
#define AUTO_JSON CLEANUP(cleanup_json)

/* Parse length bytes. Refuses duplicate keys, reals, booleans, null, NUL characters, text behind
 * the value, non-ASCII keys, more than JSON_MAX_BYTES or JSON_MAX_NESTING. name is what the text
 * is called in the message ("policy /etc/haiki/policy.json").
 * *ret is a new reference, the caller's. Errors: -EBADMSG (error says line and column, or the
 * place, "plan.steps[2]"), -EFBIG, -ENOMEM (within a string, jansson tells a lack
 * of memory as bad syntax). *ret is untouched on error. */
NODISCARD int json_parse(
	const char *text, size_t length, const char *name, json_t **ret, struct error *error);

/* As json_parse, and the text must already be the canonical spelling of what it says; a document
 * that was re-encoded is -EBADMSG with code "json-not-canonical". */
NODISCARD int json_parse_canonical(
	const char *text, size_t length, const char *name, json_t **ret, struct error *error);

/* Append the canonical text of value. Errors: -EINVAL (a value outside the subset), -EOVERFLOW,
 * -ENOMEM. */
NODISCARD int json_write_canonical(const json_t *value, struct buffer *buffer);

/* Field readers. where names the object in messages ("plan.steps[2]"). All are -EBADMSG with a
 * sentence naming where and key when the field is missing, of another type, or out of bounds. */
NODISCARD int json_get_string(const json_t *object, const char *where, const char *key,
	size_t max_bytes, const char **ret_borrowed, struct error *error);
NODISCARD int json_get_integer(const json_t *object, const char *where, const char *key,
	int64_t min, int64_t max, int64_t *ret, struct error *error);
NODISCARD int json_get_object(const json_t *object, const char *where, const char *key,
	json_t **ret_borrowed, struct error *error);
NODISCARD int json_get_array(const json_t *object, const char *where, const char *key,
	size_t max_items, json_t **ret_borrowed, struct error *error);
bool json_has(const json_t *object, const char *key);

/* Refuse keys that are not in the NULL-terminated list: an unknown field may mean a newer format
 * whose meaning we do not know. */
NODISCARD int json_only_keys(
	const json_t *object, const char *where, const char *const allowed[], struct error *error);

#ifdef HAIKI_ANALYZE
#define json_get_string(...) zero_or_negative(json_get_string(__VA_ARGS__))
#define json_get_integer(...) zero_or_negative(json_get_integer(__VA_ARGS__))
#define json_get_object(...) zero_or_negative(json_get_object(__VA_ARGS__))
#define json_get_array(...) zero_or_negative(json_get_array(__VA_ARGS__))
#define json_only_keys(...) zero_or_negative(json_only_keys(__VA_ARGS__))
#endif

/* Setters: create the value and put it into object. 0, -ENOMEM, or -EINVAL for text that is not
 * UTF-8. json_put takes the reference in every case, also on error; value NULL is -ENOMEM;
 * -EINVAL for a key that is not printable ASCII, or when object is none. */
NODISCARD int json_put(json_t *object, const char *key, json_t *value);
NODISCARD int json_put_string(json_t *object, const char *key, const char *value);
NODISCARD int json_put_integer(json_t *object, const char *key, int64_t value);
NODISCARD int json_push(json_t *array, json_t *value);

#endif
