/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which certificates a site has, in which order, and which of them another one supersedes. */
#include "reports/site/site_parts.h"

#include "inventory/jobs/jobs.h"
#include "inventory/tenants/tenant_certificates.h"
#include "reports/certificate/certificate.h"
#include "reports/certificate/tenant_certificate.h"
#include "verify/certificate/certificate.h"
#include "verify/judge/judge.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static void entry_free(struct site_entry *entry)
{
	free(entry->label);
	free(entry->detail);
	free(entry->tenant);
	free(entry->outcome);
}

void site_entries_free(struct site_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		entry_free(&entries->items[i]);
	free(entries->items);
	*entries = (struct site_entries){ 0 };
}

/* -- one entry -- */

static const struct site_shape shapes[] = {
	{ CERTIFICATE_FORMAT, "subject.identity.serial", "subject.identity.model", "subject.tenant",
		"verdict.outcome" },
	{ TENANT_FORMAT, "contract.number", "tenant.name", "tenant.code", "verdict.stage" },
};

/* "subject.identity.serial"; "" where there is no such text. */
static const char *text_at(const json_t *document, const char *path)
{
	for (;;) {
		size_t length = strcspn(path, ".");
		document = json_object_getn(document, path, length);
		if (path[length] == '\0')
			break;
		path += length + 1;
	}
	const char *text = json_string_value(document);
	return text ? text : "";
}

static const struct site_shape *shape_of(const json_t *document)
{
	size_t last = ARRAY_SIZE(shapes) - 1;
	for (size_t i = 0; i < last; i++)
		if (strcmp(shapes[i].format, text_at(document, "format")) == 0)
			return &shapes[i];
	return &shapes[last];
}

static bool is_good(const struct site_shape *shape, const char *outcome)
{
	return strcmp(shape->format, TENANT_FORMAT) == 0
		       ? tenant_stage_parse(outcome) == TENANT_STAGE_CLOSED
		       : outcome_parse(outcome) == OUTCOME_PROVEN;
}

static bool copy(char **ret, const json_t *document, const char *path)
{
	*ret = strdup(text_at(document, path));
	return *ret != NULL;
}

static int fill(struct site_entry *entry, const json_t *document, const char *sha256)
{
	const struct site_shape *shape = shape_of(document);
	entry->shape = shape;
	(void)snprintf(entry->name, sizeof(entry->name), "%s", text_at(document, "name"));
	(void)snprintf(entry->issued, sizeof(entry->issued), "%s", text_at(document, "issued_utc"));
	(void)snprintf(entry->supersedes, sizeof(entry->supersedes), "%s",
		text_at(document, "supersedes"));
	(void)snprintf(entry->sha256, sizeof(entry->sha256), "%s", sha256);
	entry->good = is_good(shape, text_at(document, shape->outcome));
	return copy(&entry->label, document, shape->label) &&
			       copy(&entry->detail, document, shape->detail) &&
			       copy(&entry->tenant, document, shape->tenant) &&
			       copy(&entry->outcome, document, shape->outcome)
		       ? 0
		       : -ENOMEM;
}

/* -- all of them -- */

struct gathering {
	struct store *store;
	const struct site_request *request;
	struct site_entries *entries;
	size_t room;
	struct site_summary *summary;
};

static int add(struct gathering *gathering, const json_t *document, const char *sha256,
	struct error *error)
{
	struct site_entries *entries = gathering->entries;
	if (entries->count == gathering->room) {
		size_t room = gathering->room ? gathering->room * 2 : 64;
		struct site_entry *more = reallocarray(entries->items, room, sizeof(*more));
		if (!more)
			return error_no_memory(error);
		entries->items = more;
		gathering->room = room;
	}
	struct site_entry entry = { 0 };
	if (fill(&entry, document, sha256) != 0) {
		entry_free(&entry);
		return error_no_memory(error);
	}
	entries->items[entries->count++] = entry;
	return 0;
}

/* Do the files lie in the certificates' folder? What they hold is looked at when the page is made. */
static bool is_exported(const struct gathering *gathering, const char *name)
{
	static const char *const endings[] = { "json", "p7s" };
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		char path[PATH_MAX];
		int length = snprintf(path, sizeof(path), "%s/%s.%s",
			gathering->request->certificates, name, endings[i]);
		if (length < 0 || (size_t)length >= sizeof(path) || access(path, F_OK) != 0)
			return false;
	}
	return true;
}

/* A document that was read: 1 when it is for this site and among the entries now, 0, or -errno. */
static int take(struct gathering *gathering, const json_t *document, const char *sha256,
	struct error *error)
{
	const char *tenant = text_at(document, shape_of(document)->tenant);
	if (gathering->request->tenant[0] && strcmp(gathering->request->tenant, tenant) != 0)
		return 0;
	if (certificate_tells_of_hold(document)) {
		gathering->summary->withheld++;
		return 0;
	}
	int result = add(gathering, document, sha256, error);
	return result == 0 ? 1 : result;
}

static int take_job(void *context, const struct certificate_record *record, struct error *error)
{
	struct gathering *gathering = context;
	AUTO_JSON json_t *document = NULL;
	int result = json_parse_canonical(
		record->json, strlen(record->json), record->name, &document, error);
	if (result == 0)
		result = certificate_check_schema(document, error);
	if (result == 0)
		result = take(gathering, document, record->sha256, error);
	/* 1: it is among them. */
	if (result == 1 && !is_exported(gathering, record->name))
		result = certificate_export(
			gathering->store, record, gathering->request->certificates, error);
	return result < 0 ? result : 0;
}

static int take_tenant(
	void *context, const struct tenant_certificate_record *record, struct error *error)
{
	struct gathering *gathering = context;
	AUTO_JSON json_t *document = NULL;
	int result = json_parse_canonical(
		record->json, strlen(record->json), record->name, &document, error);
	if (result == 0)
		result = tenant_check_schema(document, error);
	if (result == 0)
		result = take(gathering, document, record->sha256, error);
	if (result == 1 && !is_exported(gathering, record->name))
		result = tenant_certificate_export(
			gathering->store, record, gathering->request->certificates, error);
	return result < 0 ? result : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct site_entry *)a)->name, ((const struct site_entry *)b)->name);
}

/* Exceptions that nothing has mended, then the newest. */
static int by_weight(const void *a, const void *b)
{
	const struct site_entry *one = a, *other = b;
	bool one_open = !one->good && !one->later[0], other_open = !other->good && !other->later[0];
	if (one_open != other_open)
		return one_open ? -1 : 1;
	int order = strcmp(other->issued, one->issued);
	return order != 0 ? order : strcmp(one->name, other->name);
}

static struct site_entry *find(struct site_entries *sorted, const char *name)
{
	struct site_entry key = { 0 };
	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	return sorted->count == 0
		       ? NULL
		       : bsearch(&key, sorted->items, sorted->count, sizeof(key), by_name);
}

/* The entries stand sorted by name. */
static void note_later(struct site_entries *sorted, const struct site_entry *later)
{
	struct site_entry *entry = later->supersedes[0] ? find(sorted, later->supersedes) : NULL;
	const struct site_entry *known =
		entry && entry->later[0] ? find(sorted, entry->later) : NULL;
	if (entry && (!known || strcmp(known->issued, later->issued) < 0))
		memcpy(entry->later, later->name, sizeof(entry->later));
}

static void count(const struct site_entries *entries, struct site_summary *summary)
{
	summary->certificates = entries->count;
	for (size_t i = 0; i < entries->count; i++) {
		const struct site_entry *entry = &entries->items[i];
		if (entry->later[0])
			summary->superseded++;
		else if (entry->good)
			summary->proven++;
		else
			summary->not_proven++;
	}
}

int site_entries_read(struct store *store, const struct site_request *request,
	struct site_entries *ret, struct site_summary *ret_summary, struct error *error)
{
	AUTO_SITE_ENTRIES struct site_entries entries = { 0 };
	struct site_summary summary = { 0 };
	struct gathering gathering = { store, request, &entries, 0, &summary };
	int result = certificates_walk(store, take_job, &gathering, error);
	if (result == 0)
		result = tenant_certificates_walk(store, take_tenant, &gathering, error);
	if (result != 0)
		return result;
	if (entries.count > 0) {
		qsort(entries.items, entries.count, sizeof(*entries.items), by_name);
		for (size_t i = 0; i < entries.count; i++)
			note_later(&entries, &entries.items[i]);
		qsort(entries.items, entries.count, sizeof(*entries.items), by_weight);
	}
	count(&entries, &summary);
	*ret = entries;
	*ret_summary = summary;
	entries = (struct site_entries){ 0 };
	return 0;
}
