/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is carried, as the last probe saw it. Labels come from hostile disks: they are bound as
 * text and never become part of a statement. */
#include "inventory/assets/drive_rows.h"
#include "inventory/assets/layers.h"

#include <errno.h>
#include <string.h>

static int insert_layer(struct store *store, const struct subject *carrier, size_t number,
	const struct signature *signature, struct error *error)
{
	/* "Not known" (UINT64_MAX) becomes -1. */
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(carrier->kind)),
		STORE_INT(carrier->id),
		STORE_INT(number),
		STORE_STRING(signature_usage_name(signature->usage)),
		STORE_STRING(signature->type),
		STORE_STRING(signature->uuid),
		STORE_STRING(signature->label),
		STORE_INT(signature->offset_bytes),
		STORE_INT(signature->length_bytes),
		STORE_INT(signature->magic_offset_bytes),
		STORE_INT(signature->magic_length),
		STORE_INT(signature->partition_number),
		STORE_STRING(signature->detail ? signature->detail : ""),
	};
	return store_execute(store,
		"INSERT INTO layer (carrier_kind, carrier_id, number, usage_name, type, uuid, "
		"label,"
		" offset_bytes, length_bytes, magic_offset_bytes, magic_length, partition_number, "
		"detail)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		values, ARRAY_SIZE(values), NULL, error);
}

int layers_replace(struct store *store, const struct subject *carrier,
	const struct signature_list *signatures, struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(carrier->kind)),
		STORE_INT(carrier->id),
	};
	int r = store_execute(store,
		"DELETE FROM layer WHERE carrier_kind = $1 AND carrier_id = $2", values,
		ARRAY_SIZE(values), NULL, error);
	for (size_t i = 0; i < signatures->count && r == 0; i++)
		r = insert_layer(store, carrier, i + 1, &signatures->items[i], error);
	return r;
}

int drive_layers_replace(struct store *store, int64_t drive_id,
	const struct signature_list *signatures, int64_t now_utc_ms, struct error *error)
{
	const struct subject carrier = { SUBJECT_DRIVE, drive_id };
	const struct store_value values[] = {
		STORE_INT(drive_id),
		STORE_INT(now_utc_ms),
		STORE_INT(signatures->truncated ? 1 : 0),
	};
	int r = store_execute(store,
		"UPDATE drive SET probed_utc_ms = $2, layers_truncated = $3 WHERE id = $1", values,
		ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : layers_replace(store, &carrier, signatures, error);
}

static enum signature_usage usage_parse(const char *word)
{
	static const enum signature_usage usages[] = {
		SIGNATURE_FILESYSTEM,
		SIGNATURE_RAID,
		SIGNATURE_CRYPTO,
		SIGNATURE_PARTITION_TABLE,
		SIGNATURE_PARTITION,
	};
	for (size_t i = 0; i < ARRAY_SIZE(usages); i++)
		if (strcmp(word, signature_usage_name(usages[i])) == 0)
			return usages[i];
	return SIGNATURE_OTHER;
}

static int read_layer(
	const struct store_rows *rows, struct signature *signature, struct error *error)
{
	signature->usage = usage_parse(store_text(rows, 0));
	signature->offset_bytes = (uint64_t)store_integer(rows, 4);
	signature->length_bytes = (uint64_t)store_integer(rows, 5);
	signature->magic_offset_bytes = (uint64_t)store_integer(rows, 6);
	signature->magic_length = (uint32_t)store_integer(rows, 7);
	signature->partition_number = (unsigned)store_integer(rows, 8);
	int r = store_copy_text(rows, 1, signature->type, sizeof(signature->type), error);
	if (r == 0)
		r = store_copy_text(rows, 2, signature->uuid, sizeof(signature->uuid), error);
	if (r == 0)
		r = store_copy_text(rows, 3, signature->label, sizeof(signature->label), error);
	if (r == 0 && *store_text(rows, 9)) {
		signature->detail = strdup(store_text(rows, 9));
		r = signature->detail ? 0 : error_no_memory(error);
	}
	return r;
}

#define SELECT_LAYER                                                                               \
	"SELECT l.usage_name, l.type, l.uuid, l.label, l.offset_bytes, l.length_bytes,"            \
	" l.magic_offset_bytes, l.magic_length, l.partition_number, l.detail"

static int add_layer(
	const struct store_rows *rows, struct signature_list *list, struct error *error)
{
	struct signature *items = reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!items)
		return error_no_memory(error);
	list->items = items;
	items[list->count] = (struct signature){ 0 };
	return read_layer(rows, &items[list->count++], error);
}

static int read_layers(struct store *store, const struct subject *carrier,
	struct signature_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(carrier->kind)),
		STORE_INT(carrier->id),
	};
	int r = store_query(store,
		SELECT_LAYER " FROM layer l WHERE l.carrier_kind = $1 AND l.carrier_id = $2"
			     " ORDER BY l.number",
		values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add_layer(rows, list, error);
		if (r < 0)
			return r;
	}
	return r;
}

int drives_signatures(
	struct store *store, int64_t id, struct signature_list *ret, struct error *error)
{
	const struct subject carrier = { SUBJECT_DRIVE, id };
	const struct store_value values[] = { STORE_INT(id) };
	int64_t truncated = 0;
	int r = drive_check_known(store, id, error);
	if (r == 0)
		r = drive_query_integer(store, "SELECT layers_truncated FROM drive WHERE id = $1",
			values, 1, 0, &truncated, error);
	if (r < 0)
		return r;
	AUTO_SIGNATURES struct signature_list list = { .truncated = truncated != 0 };
	r = read_layers(store, &carrier, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct signature_list){ 0 };
	return 0;
}

int layers_read(struct store *store, const struct subject *carrier, struct signature_list *ret,
	struct error *error)
{
	AUTO_SIGNATURES struct signature_list list = { 0 };
	int r = read_layers(store, carrier, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct signature_list){ 0 };
	return 0;
}

/* -- of all drives -- */

void drive_layers_list_free(struct drive_layers_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		signature_list_free(&list->items[i].signatures);
	free(list->items);
	*list = (struct drive_layers_list){ 0 };
}

/* The drive's place: the last one, or a new one behind it; rows come by drive. */
static struct drive_layers *place_of(
	struct drive_layers_list *list, size_t *capacity, int64_t drive_id)
{
	if (list->count > 0 && list->items[list->count - 1].drive_id == drive_id)
		return &list->items[list->count - 1];
	if (list->count == *capacity) {
		size_t larger = *capacity + *capacity / 2 + 64;
		struct drive_layers *items =
			reallocarray(list->items, larger, sizeof(*list->items));
		if (!items)
			return NULL;
		list->items = items;
		*capacity = larger;
	}
	struct drive_layers *place = &list->items[list->count++];
	*place = (struct drive_layers){ .drive_id = drive_id };
	return place;
}

int drives_signatures_all(struct store *store, struct drive_layers_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	CLEANUP(drive_layers_list_free) struct drive_layers_list list = { 0 };
	size_t capacity = 0;
	int r = store_query(store,
		SELECT_LAYER ", l.carrier_id, d.layers_truncated FROM layer l"
			     " JOIN drive d ON d.id = l.carrier_id"
			     " WHERE l.carrier_kind = 'drive' ORDER BY l.carrier_id, l.number",
		NULL, 0, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		struct drive_layers *place = place_of(&list, &capacity, store_integer(rows, 10));
		if (!place)
			return error_no_memory(error);
		place->signatures.truncated = store_integer(rows, 11) != 0;
		r = add_layer(rows, &place->signatures, error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct drive_layers_list){ 0 };
	return 0;
}

static int compare_drive_id(const void *key, const void *item)
{
	int64_t id = *(const int64_t *)key;
	int64_t other = ((const struct drive_layers *)item)->drive_id;
	return id < other ? -1 : id > other;
}

const struct signature_list *drive_layers_find(
	const struct drive_layers_list *list, int64_t drive_id)
{
	static const struct signature_list none = { 0 };
	if (list->count == 0)
		return &none;
	const struct drive_layers *found = bsearch(
		&drive_id, list->items, list->count, sizeof(*list->items), compare_drive_id);
	return found ? &found->signatures : &none;
}
