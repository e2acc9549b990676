/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list: index.html, and the entries in files of a thousand, which a browser reads as scripts (from a folder
 * it fetches nothing else). */
#include "base/text.h"
#include "reports/site/site_parts.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ENTRIES_IN_FILE 1000

/* In the order in which list.js reads them. */
static json_t *entry_json(const struct site_entry *entry)
{
	return json_pack("[s, s, s, s, s, s, s, s, i]", entry->name, entry->label, entry->detail,
		entry->tenant, entry->outcome, entry->issued, entry->later, entry->sha256,
		entry->good ? 1 : 0);
}

static int make_file(const struct site_entries *entries, size_t first, struct buffer *buffer)
{
	AUTO_JSON json_t *list = json_array();
	for (size_t i = first; list && i < entries->count && i < first + ENTRIES_IN_FILE; i++)
		if (json_array_append_new(list, entry_json(&entries->items[i])) != 0)
			return -ENOMEM;
	if (!list)
		return -ENOMEM;
	int result = buffer_append_text(buffer, "\"use strict\";\nhaiki.entries.push(");
	if (result == 0)
		result = script_json(buffer, list);
	return result == 0 ? buffer_append_text(buffer, ");\n") : result;
}

static int broken(int result, struct error *error)
{
	return error_set(error, ERROR_FAILED, -result, "site-page",
		_("The list of the site cannot be made: %s"), strerror(-result));
}

/* Writes the files of entries, and the tags that read them. */
static int put_entries(struct site_folder *folder, const struct site_entries *entries,
	struct buffer *tags, struct error *error)
{
	for (size_t first = 0; first < entries->count; first += ENTRIES_IN_FILE) {
		AUTO_BUFFER struct buffer buffer = BUFFER_INIT(SITE_PAGE_MAX);
		char name[40];
		(void)snprintf(name, sizeof(name), "list/%06zu.js", first / ENTRIES_IN_FILE);
		int result = make_file(entries, first, &buffer);
		if (result == 0)
			result = buffer_printf(tags, "<script src=\"%s\"></script>\n", name);
		if (result != 0)
			return broken(result, error);
		result = site_folder_write(folder, name, buffer.data, buffer.length, error);
		if (result != 0)
			return result;
	}
	return 0;
}

/* Whose site it is, where it is one tenant's alone. */
static int put_tenant(struct buffer *buffer, const struct site_request *request)
{
	if (!request->tenant[0])
		return 0;
	int result = html_both(buffer, "テナント ", "Tenant ");
	if (result == 0)
		result = html_value(buffer, "", request->tenant);
	return result == 0 ? buffer_append_text(buffer, " — ") : result;
}

#define NUMBER_SIZE 24

static const char *number(size_t value, char ret[static NUMBER_SIZE])
{
	(void)snprintf(ret, NUMBER_SIZE, "%zu", value);
	return ret;
}

static int put_index(struct site_folder *folder, const struct site_request *request,
	const char *anchors_html, const struct site_summary *summary, const struct buffer *tags,
	struct error *error)
{
	AUTO_FRAME struct site_frame frame = { 0 };
	AUTO_BUFFER struct buffer tenant = BUFFER_INIT(MIB);
	AUTO_BUFFER struct buffer page = BUFFER_INIT(SITE_PAGE_MAX);
	char total[NUMBER_SIZE], proven[NUMBER_SIZE], others[NUMBER_SIZE], superseded[NUMBER_SIZE];
	struct asset template = asset_named("list.html");
	int result = site_frame_make(request, anchors_html, "certificates/NAME", &frame);
	if (result == 0)
		result = put_tenant(&tenant, request);
	struct html_slot slots[SITE_FRAME_SLOTS + 6] = {
		{ "tenant", buffer_text(&tenant) },
		{ "total", number(summary->certificates, total) },
		{ "proven", number(summary->proven, proven) },
		{ "not_proven", number(summary->not_proven, others) },
		{ "superseded", number(summary->superseded, superseded) },
		{ "entries", buffer_text(tags) },
	};
	memcpy(slots + 6, frame.slots, sizeof(frame.slots));
	if (result == 0)
		result = html_fill(&page, template.data, template.length, slots, ARRAY_SIZE(slots));
	if (result != 0)
		return broken(result, error);
	return site_folder_write(folder, "index.html", page.data, page.length, error);
}

int site_list(struct site_folder *folder, const struct site_request *request,
	const char *anchors_html, const struct site_entries *entries,
	const struct site_summary *summary, struct error *error)
{
	AUTO_BUFFER struct buffer tags = BUFFER_INIT(SITE_PAGE_MAX);
	int result = put_entries(folder, entries, &tags, error);
	return result == 0 ? put_index(folder, request, anchors_html, summary, &tags, error)
			   : result;
}
