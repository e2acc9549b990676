/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backup repositories, from configuration and store into a tenant's certificate: one that nobody asked must show. */
#include "reports/certificate/tenant_document_backups.h"

#include "base/text.h"
#include "inventory/tenants/repositories.h"
#include "reports/certificate/document_parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int failed(int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "certificate-build",
		_("The tenant's certificate cannot be written down: %s"), strerror(-result));
}

static int read_asked(
	struct store *store, const json_t *vms, struct repository_list *ret, struct error *error)
{
	size_t count = json_array_size(vms);
	AUTO_FREE const char **uuids = calloc(count + 1, sizeof(*uuids));
	if (!uuids)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++)
		uuids[i] = json_string_value(json_object_get(json_array_get(vms, i), "uuid"));
	return repositories_asked(store, uuids, count, ret, error);
}

/* The times by name; "" of one that never answered about one of the VMs. */
static int collect(const struct repository_list *asked, const struct config_backup *backups,
	size_t count, json_t *times)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = json_put_string(times, backups[i].name, "");
	for (size_t i = 0; result == 0 && i < asked->count; i++) {
		const struct repository_asked *item = &asked->items[i];
		result = item->utc_ms == 0 ? json_put_string(times, item->name, "")
					   : document_put_time(times, item->name, item->utc_ms);
	}
	return result;
}

static int compare(const void *a, const void *b)
{
	const char *const *name_a = a, *const *name_b = b;
	return strcmp(*name_a, *name_b);
}

static int put_sorted(json_t *times, json_t *list)
{
	AUTO_FREE const char **names = calloc(json_object_size(times) + 1, sizeof(*names));
	size_t count = 0;
	const char *name;
	json_t *time;
	int result = names ? 0 : -ENOMEM;
	if (result != 0)
		return result;
	json_object_foreach (times, name, time)
		names[count++] = name;
	if (count > 1)
		qsort(names, count, sizeof(*names), compare);
	for (size_t i = 0; result == 0 && i < count; i++) {
		AUTO_JSON json_t *object = json_object();
		result = json_put_string(object, "repository", names[i]);
		if (result == 0)
			result = json_put(
				object, "asked_utc", json_incref(json_object_get(times, names[i])));
		if (result == 0)
			result = json_push(list, json_incref(object));
	}
	return result;
}

int tenant_document_put_backups(struct store *store, const struct config_backup *backups,
	size_t count, json_t *document, struct error *error)
{
	AUTO_REPOSITORIES struct repository_list asked = { 0 };
	AUTO_JSON json_t *times = json_object();
	json_t *list = json_array();
	int r = read_asked(store, json_object_get(document, "vms"), &asked, error);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	r = json_put(document, "backups", list);
	if (r == 0)
		r = times ? collect(&asked, backups, count, times) : -ENOMEM;
	if (r == 0)
		r = put_sorted(times, list);
	return r == 0 ? 0 : failed(r, error);
}
