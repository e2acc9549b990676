/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading tenants back: all of them, or those a person named. */
#include "inventory/tenants/tenants.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void tenant_list_free(struct tenant_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].contacts);
		free(list->items[i].service_codes);
		free(list->items[i].note);
	}
	free(list->items);
	*list = (struct tenant_list){ 0 };
}

static int read_record(
	const struct store_rows *rows, struct tenant_record *record, struct error *error)
{
	record->id = store_integer(rows, 0);
	record->created_utc_ms = store_integer(rows, 6);
	record->contacts = strdup(store_text(rows, 4));
	record->note = strdup(store_text(rows, 5));
	record->service_codes = strdup("");
	if (!record->contacts || !record->note || !record->service_codes)
		return error_no_memory(error);
	int r = store_copy_text(rows, 1, record->code, sizeof(record->code), error);
	if (r == 0)
		r = store_copy_text(rows, 2, record->name, sizeof(record->name), error);
	if (r == 0)
		r = store_copy_text(rows, 3, record->zone, sizeof(record->zone), error);
	return r;
}

static int read_tenant(const struct store_rows *rows, struct tenant_list *list, struct error *error)
{
	/* Doubled at every power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct tenant_record *items = reallocarray(
			list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
	}
	struct tenant_record *record = &list->items[list->count++];
	*record = (struct tenant_record){ 0 };
	return read_record(rows, record, error);
}

/* Put the codes, which come in the order of the tenants, behind one another. */
static int add_service_codes(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct tenant_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	size_t place = 0;
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		r = 0;
		while (place < list->count &&
			strcmp(list->items[place].code, store_text(rows, 0)) != 0)
			place++;
		if (place == list->count)
			return store_error_corrupt(store, "service_code", error);
		struct tenant_record *record = &list->items[place];
		size_t length = strlen(record->service_codes);
		size_t more = strlen(store_text(rows, 1));
		char *codes = realloc(record->service_codes, length + more + 2);
		if (!codes)
			return error_no_memory(error);
		record->service_codes = codes;
		if (length > 0)
			codes[length++] = ' ';
		memcpy(codes + length, store_text(rows, 1), more + 1);
	}
	return r;
}

#define SELECT_TENANT "SELECT id, code, name, zone, contacts, note, created_utc_ms FROM tenant "
#define SELECT_SERVICES                                                                            \
	"SELECT t.code, s.code FROM service_code s JOIN tenant t ON t.id = s.tenant_id "

struct selection {
	const char *tenants, *services;
	const struct store_value *values;
	size_t count;
};

static int read_list(struct store *store, const struct selection *selection,
	struct tenant_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_TENANTS struct tenant_list list = { 0 };
	int r = store_query(
		store, selection->tenants, selection->values, selection->count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = read_tenant(rows, &list, error);
	if (r == 0)
		r = add_service_codes(store, selection->services, selection->values,
			selection->count, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct tenant_list){ 0 };
	return 0;
}

int tenants_list(struct store *store, struct tenant_list *ret, struct error *error)
{
	const struct selection selection = { SELECT_TENANT "ORDER BY code",
		SELECT_SERVICES "ORDER BY t.code, s.code", NULL, 0 };
	return read_list(store, &selection, ret, error);
}

#define NAMED                                                                                      \
	"WHERE id IN (SELECT a.id FROM tenant a WHERE a.id = $2 UNION"                             \
	" SELECT b.id FROM tenant b WHERE b.code = $1 UNION"                                       \
	" SELECT c.tenant_id FROM service_code c WHERE c.code = $1) ORDER BY code"

int tenants_find(
	struct store *store, const char *word, struct tenant_list *ret, struct error *error)
{
	struct subject subject = { 0 };
	bool is_id = subject_parse(word, &subject) && subject.kind == SUBJECT_TENANT;
	const struct store_value values[] = {
		STORE_STRING(word),
		STORE_INT(is_id ? subject.id : 0),
	};
	const struct selection selection = { SELECT_TENANT NAMED,
		"SELECT n.code, s.code FROM (" SELECT_TENANT NAMED
		") n JOIN service_code s ON s.tenant_id = n.id ORDER BY n.code, s.code",
		values, ARRAY_SIZE(values) };
	return read_list(store, &selection, ret, error);
}

int tenants_by_code(struct store *store, const char *code, int64_t *ret_id, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(code) };
	return drive_query_integer(
		store, "SELECT id FROM tenant WHERE code = $1", values, 1, 0, ret_id, error);
}

int tenants_code(
	struct store *store, int64_t id, char ret[static TENANT_CODE_MAX], struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(id) };
	ret[0] = '\0';
	int r = store_query(
		store, "SELECT code FROM tenant WHERE id = $1", values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	return r > 0 ? store_copy_text(rows, 0, ret, TENANT_CODE_MAX, error) : r;
}

int tenants_one(struct store *store, const char *word, int64_t *ret_id, struct error *error)
{
	struct subject subject = { 0 };
	int64_t by_code = 0, by_id = 0;
	int r = tenants_by_code(store, word, &by_code, error);
	if (r == 0 && subject_parse(word, &subject) && subject.kind == SUBJECT_TENANT) {
		const struct store_value values[] = { STORE_INT(subject.id) };
		r = drive_query_integer(
			store, "SELECT id FROM tenant WHERE id = $1", values, 1, 0, &by_id, error);
	}
	if (r < 0)
		return r;
	if (by_code == 0 && by_id == 0) {
		error_set(error, ERROR_USAGE, ENOENT, "tenant-unknown",
			_("There is no tenant \"%s\""), word);
		return error_next(error, _("See: haiki inventory list tenants"));
	}
	if (by_code != 0 && by_id != 0 && by_code != by_id) {
		error_set(error, ERROR_USAGE, EEXIST, "tenant-ambiguous",
			_("\"%s\" is the ID of one tenant and the code of T%" PRId64), word,
			by_code);
		return error_next(error, _("Name the one by its code, the other by its ID."));
	}
	*ret_id = by_code != 0 ? by_code : by_id;
	return 0;
}
