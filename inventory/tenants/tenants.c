/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entering, changing and removing tenants. */
#include "inventory/tenants/tenants.h"

#include "base/mail_address.h"
#include "base/text.h"
#include "base/utf8.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool tenant_code_valid(const char *code)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				  "_+.-";
	size_t length = strlen(code);
	return length > 0 && length < TENANT_CODE_MAX && strchr(first, code[0]) &&
	       strspn(code, all) == length;
}

int text_check(const char *text, size_t size, bool lines, const char *what, struct error *error)
{
	size_t length = strlen(text);
	bool good = length < size && utf8_valid(text, length);
	for (size_t i = 0; good && i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		bool is_line = byte == '\n' || byte == '\t' || byte == '\r';
		good = byte != 0x7F && (byte >= 0x20 || (lines && is_line));
	}
	if (good)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "text-malformed",
		_("The %s \"%.60s\" cannot be kept: at most %zu bytes of UTF-8 without control "
		  "characters"),
		what, text, size - 1);
}

int subject_new_id(
	struct store *store, enum subject_kind kind, int64_t *ret_id, struct error *error)
{
	int64_t rows = 0, events = 0;
	char sql[96];
	(void)snprintf(
		sql, sizeof(sql), "SELECT coalesce(max(id), 0) FROM %s", subject_kind_name(kind));
	const struct store_value values[] = { STORE_STRING(subject_kind_name(kind)) };
	int r = drive_query_integer(store, sql, NULL, 0, 0, &rows, error);
	if (r == 0)
		r = drive_query_integer(store,
			"SELECT coalesce(max(target_id), 0) FROM event WHERE target_kind = $1",
			values, 1, 0, &events, error);
	if (r == 0)
		*ret_id = MAX(rows, events) + 1;
	return r;
}

/* -- checking -- */

static int malformed(const struct tenant_record *record, const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "tenant-malformed",
		_("The tenant \"%.60s\" cannot be entered: %s"), record->code, why);
}

/* One that cannot be used would only be found out when its tenant is to be told something. */
static int check_address(
	const struct tenant_record *record, const json_t *contact, struct error *error)
{
	const json_t *email = json_object_get(contact, "email");

	if (json_string_length(email) == 0 ||
		mail_address_is_plain(json_string_value(email), json_string_length(email)))
		return 0;
	return malformed(record,
		_("an address of mail among its contacts is not plain, as office@city.example.jp"),
		error);
}

static int check_contacts(const struct tenant_record *record, struct error *error)
{
	static const char *const keys[] = { "email", "name", "phone", "role", NULL };
	AUTO_JSON json_t *contacts = NULL;
	if (strlen(record->contacts) >= TENANT_CONTACTS_MAX)
		return malformed(record, _("it has too many contacts"), error);
	int r = json_parse(
		record->contacts, strlen(record->contacts), "contacts", &contacts, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < json_array_size(contacts); i++) {
		json_t *contact = json_array_get(contacts, i);
		r = json_only_keys(contact, "contacts", keys, error);
		for (size_t j = 0; r == 0 && keys[j]; j++)
			if (json_has(contact, keys[j]) &&
				!json_is_string(json_object_get(contact, keys[j])))
				r = malformed(record, _("its contacts are malformed"), error);
		if (r == 0)
			r = check_address(record, contact, error);
		if (r < 0) {
			error->kind = ERROR_USAGE;
			return r;
		}
	}
	return 0;
}

static int check(const struct tenant_record *record, struct error *error)
{
	if (!tenant_code_valid(record->code))
		return malformed(record,
			_("a code is 1 to 63 letters, digits, _ + . - and begins with a letter "
			  "or digit"),
			error);
	if (record->name[0] == '\0')
		return malformed(record, _("it has no name"), error);
	if (strlen(record->service_codes) >= TENANT_SERVICES_MAX)
		return malformed(record, _("it has too many service codes"), error);
	int r = text_check(record->name, TENANT_NAME_MAX, false, "name", error);
	if (r == 0)
		r = text_check(record->zone, TENANT_ZONE_MAX, false, "zone", error);
	if (r == 0)
		r = text_check(record->note, TENANT_NOTE_MAX, true, "note", error);
	return r < 0 ? r : check_contacts(record, error);
}

/* -- service codes -- */

static int take_service_code(
	struct store *store, int64_t tenant_id, const char *code, struct error *error)
{
	int64_t owner = 0;
	const struct store_value values[] = { STORE_STRING(code), STORE_INT(tenant_id) };
	if (!tenant_code_valid(code))
		return error_set(error, ERROR_USAGE, EINVAL, "service-code-malformed",
			_("\"%.60s\" is no service code: 1 to 63 letters, digits, _ + . - that "
			  "begin with a letter or digit"),
			code);
	int r = drive_query_integer(store, "SELECT tenant_id FROM service_code WHERE code = $1",
		values, 1, 0, &owner, error);
	if (r < 0)
		return r;
	if (owner != 0) {
		error_set(error, ERROR_USAGE, EEXIST, "service-code-taken",
			_("The service code %s is the tenant T%" PRId64 "'s"), code, owner);
		return error_next(error, _("Take it from that tenant first, if this is right."));
	}
	return store_execute(store, "INSERT INTO service_code (code, tenant_id) VALUES ($1, $2)",
		values, ARRAY_SIZE(values), NULL, error);
}

static bool has_code(const char *codes, const char *code)
{
	size_t length = strlen(code);
	for (const char *at = codes; (at = strstr(at, code)); at += length)
		if ((at == codes || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

/* A hold covers the drives that bear the tenant's service codes: one person does not free them by
 * taking a code away. */
static int check_codes_held(struct store *store, int64_t id, const char *codes, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(id) };
	int r = store_query(store,
		"SELECT s.code, h.id FROM service_code s JOIN hold h ON h.target_kind = 'tenant'"
		" AND h.target_id = s.tenant_id AND h.lifted_utc_ms IS NULL"
		" WHERE s.tenant_id = $1 ORDER BY s.code, h.id",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		r = 0;
		if (has_code(codes, store_text(rows, 0)))
			continue;
		error_set(error, ERROR_REFUSED, EPERM, "hold-stands",
			_("The service code %s cannot be taken away: the legal hold H%" PRId64
			  " covers the drives that bear it"),
			store_text(rows, 0), store_integer(rows, 1));
		return error_next(
			error, _("See: haiki inventory show H%" PRId64), store_integer(rows, 1));
	}
	return r;
}

static int write_service_codes(
	struct store *store, int64_t id, const char *codes, struct error *error)
{
	const struct store_value values[] = { STORE_INT(id) };
	int r = check_codes_held(store, id, codes, error);
	if (r == 0)
		r = store_execute(store, "DELETE FROM service_code WHERE tenant_id = $1", values, 1,
			NULL, error);
	AUTO_FREE char *copy = strdup(codes);
	if (r == 0 && !copy)
		return error_no_memory(error);
	char *rest = copy, *code;
	while (r == 0 && (code = strsep(&rest, " ")))
		if (*code)
			r = take_service_code(store, id, code, error);
	return r;
}

/* -- rows -- */

static int append_event(struct store *store, int64_t id, const char *action, const char *code,
	const json_t *changed, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "code", code) < 0 ||
		(changed && json_put(detail, "changed", json_deep_copy(changed)) < 0))
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_TENANT, id };
	const struct event event = { action, detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* A code that changed under a link would make it another's. */
static int check_code_kept(
	struct store *store, const struct tenant_record *record, struct error *error)
{
	int64_t id = 0;
	int r = tenants_by_code(store, record->code, &id, error);
	if (r < 0 || id == record->id)
		return r;
	return error_set(error, ERROR_USAGE, EINVAL, "code-fixed",
		id == 0 ? _("The tenant T%" PRId64 " cannot get another code, \"%s\"")
			: _("The tenant T%" PRId64 " cannot get the code \"%s\": it is another's"),
		record->id, record->code);
}

int tenants_write(struct store *store, const struct tenant_record *record, const json_t *changed,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int64_t id = record->id;
	int r = check(record, error);
	if (r == 0)
		r = check_code_kept(store, record, error);
	if (r == 0 && id == 0)
		r = subject_new_id(store, SUBJECT_TENANT, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(record->code),
		STORE_STRING(record->name),
		STORE_STRING(record->zone),
		STORE_STRING(record->contacts),
		STORE_STRING(record->note),
		STORE_INT(now_utc_ms),
	};
	r = record->id == 0
		    ? store_execute(store,
			      "INSERT INTO tenant (id, code, name, zone, contacts, note,"
			      " created_utc_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			      values, ARRAY_SIZE(values), NULL, error)
		    : store_execute(store,
			      "UPDATE tenant SET code = $2, name = $3, zone = $4, contacts = $5,"
			      " note = $6 WHERE id = $1",
			      values, ARRAY_SIZE(values) - 1, NULL, error);
	if (r == 0)
		r = write_service_codes(store, id, record->service_codes, error);
	if (r == 0)
		r = append_event(store, id, record->id == 0 ? "tenant-added" : "tenant-changed",
			record->code, changed, now_utc_ms, error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

/* -- removing -- */

static int count_references(
	struct store *store, int64_t id, const char *code, struct buffer *ret, struct error *error)
{
	static const struct {
		const char *what, *sql;
	} places[] = {
		{ N_("contracts"),
			"SELECT count(*) FROM contract WHERE $2 <> '' AND tenant_id = $1" },
		{ N_("volumes"), "SELECT count(*) FROM volume WHERE $2 <> '' AND tenant_id = $1" },
		{ N_("rules"), "SELECT count(*) FROM link_rule WHERE $2 <> '' AND tenant_id = $1" },
		{ N_("VMs"), "SELECT count(*) FROM vm WHERE $2 <> '' AND tenant_id = $1" },
		{ N_("generations"),
			"SELECT count(*) FROM generation WHERE $2 <> '' AND tenant_id = $1" },
		{ N_("drives"), "SELECT count(*) FROM drive WHERE $1 > 0 AND tenant = $2" },
		{ N_("holds"), "SELECT count(*) FROM hold WHERE $2 <> '' AND"
			       " target_kind = 'tenant' AND target_id = $1" },
	};
	const struct store_value values[] = { STORE_INT(id), STORE_STRING(code) };
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int64_t count = 0;
		int r = drive_query_integer(
			store, places[i].sql, values, ARRAY_SIZE(values), 0, &count, error);
		if (r < 0)
			return r;
		if (count > 0 && buffer_printf(ret, "%s%s: %" PRId64, ret->length ? ", " : "",
					 _(places[i].what), count) < 0)
			return error_no_memory(error);
	}
	return 0;
}

int tenants_remove(struct store *store, int64_t id, int64_t now_utc_ms, struct error *error)
{
	char code[TENANT_CODE_MAX];
	AUTO_BUFFER struct buffer references = BUFFER_INIT(1 * KIB);
	const struct store_value values[] = { STORE_INT(id) };
	int r = tenants_code(store, id, code, error);
	if (r == 0 && code[0] == '\0')
		r = error_set(error, ERROR_USAGE, ENOENT, "tenant-unknown",
			_("There is no tenant T%" PRId64 " in the store %s"), id,
			store_path(store));
	if (r == 0)
		r = count_references(store, id, code, &references, error);
	if (r < 0)
		return r;
	if (references.length > 0) {
		error_set(error, ERROR_REFUSED, EBUSY, "tenant-in-use",
			_("The tenant %s cannot be removed: the inventory still has %s"), code,
			buffer_text(&references));
		return error_next(error, _("See: haiki inventory show %s"), code);
	}
	r = store_execute(
		store, "DELETE FROM service_code WHERE tenant_id = $1", values, 1, NULL, error);
	if (r == 0)
		r = store_execute(
			store, "DELETE FROM tenant WHERE id = $1", values, 1, NULL, error);
	return r < 0 ? r : append_event(store, id, "tenant-removed", code, NULL, now_utc_ms, error);
}
