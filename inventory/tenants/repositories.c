/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What backup repositories call themselves: rows of meta. */
#include "inventory/tenants/repositories.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int check(struct store *store, const char *row, const char *name, const char *identity,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(row), STORE_STRING(identity) };
	int r = store_query(
		store, "SELECT value FROM meta WHERE name = $1", values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return store_execute(store, "INSERT INTO meta (name, value) VALUES ($1, $2)",
			values, ARRAY_SIZE(values), NULL, error);
	if (strcmp(store_text(rows, 0), identity) == 0)
		return 0;
	error_set(error, ERROR_WAITING, ESTALE, "backup-repository",
		_("The backup repository [backup %s] is another one than before: it calls itself "
		  "%s, not %s"),
		name, identity, store_text(rows, 0));
	return error_next(
		error, _("If the copies were moved, give the new one the old one's word; else set "
			 "haiki.conf right, or give the section another name."));
}

int repository_check(
	struct store *store, const char *name, const char *identity, struct error *error)
{
	char row[128];
	(void)snprintf(row, sizeof(row), "backup-repository %s", name);
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, check(store, row, name, identity, error), error);
}
