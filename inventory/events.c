/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event log: who did what to which drive, appended in the transaction that did it. */
#include "inventory/drive_rows.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The login that stands behind this process, also behind sudo, as the kernel's audit keeps it; a
 * service has none and is named by its user. Numbers: a name may belong to another tomorrow. */
static void current_actor(char *ret, size_t size)
{
	char login[24];
	int r = file_read_line("/proc/self/loginuid", login, sizeof(login));
	if (r == 0 && login[0] != '\0' && strcmp(login, "4294967295") != 0)
		(void)snprintf(ret, size, "login:%s", login);
	else
		(void)snprintf(ret, size, "user:%u", (unsigned)getuid());
}

int drive_event_append(struct store *store, int64_t drive_id, const char *action,
	const json_t *detail, int64_t now_utc_ms, struct error *error)
{
	char actor[48];
	current_actor(actor, sizeof(actor));
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	if (json_write_canonical(detail, &text) < 0)
		return error_no_memory(error);
	const struct store_value values[] = {
		STORE_INT(now_utc_ms),
		STORE_STRING(actor),
		STORE_INT(drive_id),
		STORE_STRING(action),
		STORE_STRING(buffer_text(&text)),
	};
	return store_execute(store,
		"INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action, detail)"
		" VALUES ((SELECT coalesce(max(o.id), 0) + 1 FROM event o), $1, $2, 'drive', $3, "
		"$4,"
		" $5)",
		values, ARRAY_SIZE(values), NULL, error);
}
