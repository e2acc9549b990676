/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading drives back: all of them, or those a person named. */
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SELECT_DRIVE                                                                               \
	"SELECT id, wwn, serial, model, vendor, firmware, transport, media, zoned, is_virtual,"    \
	" capacity_bytes, logical_sector_bytes, physical_sector_bytes, read_only, name, devnum,"   \
	" disk_sequence, backing, native_source, native_bytes, native_sector_bytes, asset_number," \
	" zone, tenant, service_code, host, first_seen_utc_ms, last_seen_utc_ms, present,"         \
	" probed_utc_ms, last_error, twin_kind, twin_path, custody, site, rack, slot FROM drive "
/* loop2 before loop10, sdb before sdaa. */
#define ORDER_DRIVES " ORDER BY host, length(name), name, id"

void drive_list_free(struct drive_list *list)
{
	free(list->items);
	*list = (struct drive_list){ 0 };
}

static int read_texts(
	const struct store_rows *rows, struct drive_record *record, struct error *error)
{
	struct drive_identity *identity = &record->identity;
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 1, identity->wwn, sizeof(identity->wwn) },
		{ 2, identity->serial, sizeof(identity->serial) },
		{ 3, identity->model, sizeof(identity->model) },
		{ 4, identity->vendor, sizeof(identity->vendor) },
		{ 5, identity->firmware, sizeof(identity->firmware) },
		{ 14, identity->name, sizeof(identity->name) },
		{ 17, identity->backing, sizeof(identity->backing) },
		{ 21, record->asset_number, sizeof(record->asset_number) },
		{ 22, record->zone, sizeof(record->zone) },
		{ 23, record->tenant, sizeof(record->tenant) },
		{ 24, record->service_code, sizeof(record->service_code) },
		{ 25, record->host, sizeof(record->host) },
		{ 30, record->last_error, sizeof(record->last_error) },
		{ 32, record->twin_path, sizeof(record->twin_path) },
		{ 33, record->custody, sizeof(record->custody) },
		{ 34, record->site, sizeof(record->site) },
		{ 35, record->rack, sizeof(record->rack) },
		{ 36, record->slot, sizeof(record->slot) },
	};
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts) && r == 0; i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	return r;
}

static int read_record(
	const struct store_rows *rows, struct drive_record *record, struct error *error)
{
	struct drive_identity *identity = &record->identity;
	int r = read_texts(rows, record, error);
	if (r < 0)
		return r;
	record->id = store_integer(rows, 0);
	identity->transport = transport_parse(store_text(rows, 6));
	identity->media = media_parse(store_text(rows, 7));
	identity->zoned = zoned_parse(store_text(rows, 8));
	identity->is_virtual = store_integer(rows, 9) != 0;
	identity->capacity_bytes = (uint64_t)store_integer(rows, 10);
	identity->logical_sector_bytes = (uint32_t)store_integer(rows, 11);
	identity->physical_sector_bytes = (uint32_t)store_integer(rows, 12);
	identity->read_only = store_integer(rows, 13) != 0;
	identity->devnum = (dev_t)store_integer(rows, 15);
	identity->disk_sequence = (uint64_t)store_integer(rows, 16);
	record->native.source = native_source_parse(store_text(rows, 18));
	record->native.native_bytes = (uint64_t)store_integer(rows, 19);
	record->native.sector_bytes = (uint32_t)store_integer(rows, 20);
	record->first_seen_utc_ms = store_integer(rows, 26);
	record->last_seen_utc_ms = store_integer(rows, 27);
	record->present = store_integer(rows, 28) != 0;
	record->probed_utc_ms = store_integer(rows, 29);
	record->twin = twin_kind_parse(store_text(rows, 31));
	return 0;
}

static int add_place(struct drive_list *list, size_t *capacity, struct error *error)
{
	if (list->count == *capacity) {
		size_t larger = *capacity + *capacity / 2 + 8;
		struct drive_record *items =
			reallocarray(list->items, larger, sizeof(*list->items));
		if (!items) {
			error_no_memory(error);
			return -ENOMEM;
		}
		list->items = items;
		*capacity = larger;
	}
	list->items[list->count++] = (struct drive_record){ 0 };
	return 0;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct drive_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_DRIVES struct drive_list list = { 0 };
	size_t capacity = 0;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add_place(&list, &capacity, error);
		if (r == 0)
			r = read_record(rows, &list.items[list.count - 1], error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct drive_list){ 0 };
	return 0;
}

int drives_list(struct store *store, struct drive_list *ret, struct error *error)
{
	return read_list(store, SELECT_DRIVE ORDER_DRIVES, NULL, 0, ret, error);
}

/* "D12" → 12, in one spelling only; -1 for any other word. */
static int64_t parse_id(const char *word)
{
	char again[DRIVE_ID_MAX];
	int64_t id = -1;
	if (word[0] != 'D' || sscanf(word + 1, "%18" SCNd64, &id) != 1 || id < 1)
		return -1;
	(void)snprintf(again, sizeof(again), "D%" PRId64, id);
	return strcmp(again, word) == 0 ? id : -1;
}

int drives_find(struct store *store, const char *word, struct drive_list *ret, struct error *error)
{
	/* Drives have no empty key that a person could mean. */
	if (word[0] == '\0') {
		*ret = (struct drive_list){ 0 };
		return 0;
	}
	const struct store_value values[] = {
		STORE_STRING(word),
		STORE_INT(parse_id(word)),
	};
	return read_list(store,
		SELECT_DRIVE
		"WHERE serial = $1 OR lower(wwn) = lower($1) OR id = $2 OR " DRIVE_AT_PLACE(
			"drive", "$1") ORDER_DRIVES,
		values, ARRAY_SIZE(values), ret, error);
}

int drives_get(struct store *store, int64_t id, struct drive_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(id) };
	int r = drive_check_known(store, id, error);
	return r < 0 ? r
		     : read_list(store, SELECT_DRIVE "WHERE id = $1", values, ARRAY_SIZE(values),
			       ret, error);
}

int drives_id_of(struct store *store, const struct drive_identity *identity, int64_t *ret,
	struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
		STORE_STRING(identity->model),
	};
	return drive_query_integer(store,
		"SELECT id FROM drive WHERE wwn = $1 AND serial = $2 AND model = $3", values,
		ARRAY_SIZE(values), 0, ret, error);
}
