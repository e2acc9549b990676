/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What certificates of drives and of tenants have in common. */
#include "reports/certificate/document_parts.h"

#if __has_include("version.h")
#include "version.h"
#endif
#ifndef HAIKI_VERSION
#define HAIKI_VERSION "unknown"
#endif
#ifndef HAIKI_BUILD
#define HAIKI_BUILD "unknown"
#endif

int document_put_time(json_t *document, const char *key, int64_t utc_ms)
{
	char text[CLOCK_TEXT_SIZE];
	clock_format(utc_ms, text);
	return json_put_string(document, key, text);
}

int document_put_clock(json_t *document, const struct clock_reading *now)
{
	json_t *clock = json_object();
	int result = json_put(document, "clock", clock); /* the document holds it now */
	if (result == 0)
		result = json_put_integer(clock, "synchronised", now->synchronised ? 1 : 0);
	return result == 0 ? json_put_integer(clock, "max_error_us", now->max_error_us) : result;
}

int document_put_tool(json_t *document)
{
	json_t *tool = json_object();
	int result = json_put(document, "tool", tool);
	if (result == 0)
		result = json_put_string(tool, "name", "haiki");
	if (result == 0)
		result = json_put_string(tool, "version", HAIKI_VERSION);
	return result == 0 ? json_put_string(tool, "build", HAIKI_BUILD) : result;
}
