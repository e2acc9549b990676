/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index from drives to their jobs. It is made of what the jobs say and decides nothing. */
#include "inventory/jobs/job_drives.h"

#include <errno.h>
#include <string.h>

/* NULL when the subject does not say. Borrowed. */
static const char *text_of(const json_t *subject, const char *key)
{
	return json_string_value(json_object_get(json_object_get(subject, "identity"), key));
}

int job_drive_enter(
	struct store *store, const char *job_id, const json_t *subject, struct error *error)
{
	const char *serial = text_of(subject, "serial");
	const char *wwn = text_of(subject, "wwn");
	if (!serial || !wwn)
		return 0;
	const struct store_value values[] = {
		STORE_STRING(job_id),
		STORE_STRING(serial),
		STORE_STRING(wwn),
	};
	return store_execute(store,
		"INSERT INTO job_drive (job_id, serial, wwn) VALUES ($1, $2, $3)", values,
		ARRAY_SIZE(values), NULL, error);
}

static int enter_row(struct store *store, const struct store_rows *rows, struct error *error)
{
	const char *text = store_text(rows, 1);
	AUTO_JSON json_t *subject = NULL;
	int r = json_parse(text, strlen(text), "", &subject, NULL);
	if (r == -ENOMEM)
		return error_no_memory(error);
	return r < 0 ? 0 : job_drive_enter(store, store_text(rows, 0), subject, error);
}

int job_drives_fill(struct store *store, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, "SELECT id, subject FROM job", NULL, 0, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = enter_row(store, rows, error);
		if (r < 0)
			return r;
	}
	return r;
}
