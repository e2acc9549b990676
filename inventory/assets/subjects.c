/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a word names, over all tables; exactly, or not at all. */
#include "inventory/assets/subjects.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of each kind: its table. */
static const struct {
	enum subject_kind kind;
	const char *count;
} tables[] = {
	{ SUBJECT_DRIVE, "SELECT count(*) FROM drive WHERE id = $1" },
	{ SUBJECT_ARRAY, "SELECT count(*) FROM raid_array WHERE id = $1" },
	{ SUBJECT_VOLUME, "SELECT count(*) FROM volume WHERE id = $1" },
	{ SUBJECT_TENANT, "SELECT count(*) FROM tenant WHERE id = $1" },
	{ SUBJECT_CONTRACT, "SELECT count(*) FROM contract WHERE id = $1" },
	{ SUBJECT_HOLD, "SELECT count(*) FROM hold WHERE id = $1" },
	{ SUBJECT_VM, "SELECT count(*) FROM vm WHERE id = $1" },
	{ SUBJECT_APPROVAL, "SELECT count(*) FROM approval WHERE id = $1" },
};

static const char *const find_sql =
	"SELECT 'drive', d.id FROM drive d WHERE d.serial = $1 OR lower(d.wwn) = lower($1)"
	" OR " DRIVE_AT_PLACE(
		"d", "$1") " UNION SELECT 'array', a.id FROM raid_array a WHERE a.key = $1 OR "
			   "a.uuid = $1 OR a.name = $1"
			   " UNION SELECT 'volume', v.id FROM volume v WHERE v.key = $1 OR v.uuid "
			   "= $1 OR v.name = $1"
			   " UNION SELECT 'tenant', t.id FROM tenant t WHERE t.code = $1"
			   " UNION SELECT 'contract', c.id FROM contract c WHERE c.number = $1"
			   " UNION SELECT 'vm', m.id FROM vm m WHERE m.uuid = lower($1)"
			   " UNION SELECT $2, CAST($3 AS BIGINT) WHERE $4 > 0 ORDER BY 1, 2";

static int count_of(
	struct store *store, const struct subject *subject, int64_t *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(subject->id) };
	*ret = 0;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i].kind == subject->kind)
			return drive_query_integer(
				store, tables[i].count, values, 1, 0, ret, error);
	return 0;
}

static int error_ambiguous(const char *word, const char *ids, struct error *error)
{
	int r = error_set(error, ERROR_USAGE, EEXIST, "ambiguous",
		_("\"%s\" may mean more than one thing: %s"), word, ids);
	error_next(error, _("Name the one you mean by its ID."));
	return r;
}

static int error_unknown(const char *word, struct error *error)
{
	int r = error_set(
		error, ERROR_USAGE, ENOENT, "unknown", _("The inventory knows no \"%s\"."), word);
	error_next(error, _("Give its ID, as \"haiki inventory list\" shows it."));
	return r;
}

int subjects_find(struct store *store, const char *word, struct subject *ret, struct error *error)
{
	struct subject by_id = { 0 };
	int64_t known = 0;
	int r = subject_parse(word, &by_id) ? count_of(store, &by_id, &known, error) : 0;
	if (r < 0)
		return r;
	if (word[0] == '\0')
		return error_unknown(word, error);
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(word),
		STORE_STRING(subject_kind_name(by_id.kind)),
		STORE_INT(by_id.id),
		STORE_INT(known),
	};
	r = store_query(store, find_sql, values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	char ids[120] = "";
	size_t found = 0, length = 0;
	struct subject first = { 0 };
	while ((r = store_next(rows, error)) > 0) {
		struct subject subject = { subject_kind_parse(store_text(rows, 0)),
			store_integer(rows, 1) };
		char id[SUBJECT_ID_MAX];
		subject_format(&subject, id);
		if (found++ == 0)
			first = subject;
		if (length + SUBJECT_ID_MAX + 2 < sizeof(ids))
			length += (size_t)snprintf(ids + length, sizeof(ids) - length, "%s%s",
				length > 0 ? ", " : "", id);
	}
	if (r < 0)
		return r;
	if (found == 0)
		return error_unknown(word, error);
	if (found > 1)
		return error_ambiguous(word, ids, error);
	*ret = first;
	return 0;
}

int subjects_check_known(struct store *store, const struct subject *subject, struct error *error)
{
	int64_t known = 0;
	int r = count_of(store, subject, &known, error);
	if (r < 0 || known > 0)
		return r;
	char id[SUBJECT_ID_MAX];
	subject_format(subject, id);
	r = error_set(error, ERROR_USAGE, ENOENT, "target-unknown",
		_("There is no %s in the store %s"), id, store_path(store));
	error_next(error, _("Give its ID, as \"haiki inventory list\" shows it."));
	return r;
}

void subjects_format_label(
	const struct subject *subject, const char *name, char ret[static SUBJECT_LABEL_MAX])
{
	char id[SUBJECT_ID_MAX];
	subject_format(subject, id);
	(void)snprintf(ret, SUBJECT_LABEL_MAX, "%s%s%.290s", id, name && name[0] ? " " : "",
		name ? name : "");
}

int subjects_label(struct store *store, const struct subject *subject,
	char ret[static SUBJECT_LABEL_MAX], struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(subject->kind)),
		STORE_INT(subject->id),
	};
	subjects_format_label(subject, NULL, ret);
	int r = store_query(store, "SELECT " SUBJECT_LABEL_SQL("$1", "$2"), values,
		ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		subjects_format_label(subject, store_text(rows, 0), ret);
	return r < 0 ? r : 0;
}
