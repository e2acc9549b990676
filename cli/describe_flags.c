/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a flag says to a person, and to a program. */
#include "cli/describe_flags.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/format.h"
#include <stdio.h>
#include <string.h>

static const char *short_of(enum flag_code code)
{
	switch (code) {
	case FLAG_UNKNOWN:
		break;
	case FLAG_SERIAL_EMPTY:
		return _("no serial");
	case FLAG_SERIAL_GARBLED:
		return _("serial garbled");
	case FLAG_SERIAL_PLACEHOLDER:
		return _("serial no real one");
	case FLAG_SERIAL_DUPLICATE:
		return _("serial doubled");
	case FLAG_SERIAL_CHANGED:
		return _("serial changed");
	case FLAG_WWN_ZERO:
		return _("WWN zero");
	case FLAG_WWN_DUPLICATE:
		return _("WWN doubled");
	case FLAG_IDENTITY_DUPLICATE:
		return _("identity doubled");
	case FLAG_TWO_HOSTS:
		return _("at two hosts");
	}
	return _("unknown");
}

void describe_flags_short(const struct flag *flags, size_t count, char *ret, size_t size)
{
	size_t used = 0;
	ret[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *word = short_of(flags[i].code);
		size_t length = strlen(word) + (used > 0 ? 2 : 0);
		if (used + length >= size)
			return;
		(void)snprintf(ret + used, size - used, "%s%s", used > 0 ? ", " : "", word);
		used += length;
	}
}

/* "D7, D9" */
static void join(const json_t *words, char *ret, size_t size)
{
	size_t used = 0;
	ret[0] = '\0';
	for (size_t i = 0; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));
		size_t length = word ? strlen(word) + (used > 0 ? 2 : 0) : size;
		if (used + length >= size)
			return;
		(void)snprintf(ret + used, size - used, "%s%s", used > 0 ? ", " : "", word);
		used += length;
	}
}

static const char *text_of(const json_t *detail, const char *key)
{
	const char *text = json_string_value(json_object_get(detail, key));
	return text ? text : "?";
}

static void describe(enum flag_code code, const json_t *detail, char *ret, size_t size)
{
	char others[256];
	join(json_object_get(detail, "others"), others, sizeof(others));
	switch (code) {
	case FLAG_UNKNOWN:
		break;
	case FLAG_SERIAL_EMPTY:
		(void)snprintf(ret, size, "%s", _("it tells no serial; only its WWN names it"));
		return;
	case FLAG_SERIAL_GARBLED:
		(void)snprintf(ret, size, "%s",
			_("its serial holds blanks only, control characters or broken text"));
		return;
	case FLAG_SERIAL_PLACEHOLDER:
		(void)snprintf(ret, size, _("its serial is one that many have (%s)"),
			_(text_of(detail, "origin")));
		return;
	case FLAG_SERIAL_DUPLICATE:
		(void)snprintf(
			ret, size, _("its serial is also that of %s; name it by its WWN"), others);
		return;
	case FLAG_SERIAL_CHANGED:
		(void)snprintf(
			ret, size, _("its serial was \"%s\" before"), text_of(detail, "was"));
		return;
	case FLAG_WWN_ZERO:
		(void)snprintf(ret, size, "%s", _("its WWN is nothing but zeros"));
		return;
	case FLAG_WWN_DUPLICATE:
		(void)snprintf(ret, size, _("its WWN is also that of %s"), others);
		return;
	case FLAG_IDENTITY_DUPLICATE:
		(void)snprintf(ret, size,
			_("%s gives the same serial and WWN: the two cannot be told apart"),
			text_of(detail, "path"));
		return;
	case FLAG_TWO_HOSTS:
		(void)snprintf(ret, size, _("it turns up at %s as well, and has left neither host"),
			text_of(detail, "other_host"));
		return;
	}
	(void)snprintf(ret, size, "%s", short_of(code));
}

/* NULL for what is no object. */
static json_t *parse_detail(const struct flag *flag)
{
	json_t *detail = NULL;
	if (json_parse(flag->detail, strlen(flag->detail), "", &detail, NULL) < 0)
		return NULL;
	if (json_is_object(detail))
		return detail;
	json_decref(detail);
	return NULL;
}

void describe_flag(const struct flag *flag, char *ret, size_t size)
{
	AUTO_JSON json_t *detail = parse_detail(flag);
	describe(flag->code, detail, ret, size);
	format_clean(ret);
}

json_t *describe_flag_json(const struct flag *flag)
{
	AUTO_JSON json_t *detail = parse_detail(flag);
	AUTO_JSON json_t *json = detail ? json_incref(detail) : json_object();
	char since[CLOCK_TEXT_SIZE];
	clock_format(flag->first_utc_ms, since);
	if (!json || json_put_string(json, "code", flag_code_name(flag->code)) < 0 ||
		json_put_string(json, "since_utc", since) < 0)
		return NULL;
	return json_incref(json);
}

json_t *describe_flags_json(const struct flag *flags, size_t count)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; array && i < count; i++)
		if (json_push(array, describe_flag_json(&flags[i])) < 0)
			return NULL;
	return json_incref(array);
}
