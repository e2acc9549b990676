/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking one repository about many VMs, so that what one of them makes it say stops no other. */
#include "wipe/backup/follow_parts.h"

#include "base/text.h"
#include "inventory/tenants/repositories.h"

#include <errno.h>
#include <string.h>

void backup_keep_first(struct error *first, const struct error *error)
{
	if (first && first->kind == ERROR_NONE)
		*first = *error;
}

void backup_session_close(struct backup_session *session)
{
	if (session->kind)
		session->backup = session->kind->close(session->backup);
}

static int check_identity(struct store *store, struct backup_session *session, struct error *error)
{
	char identity[BACKUP_REPOSITORY_MAX];
	int r = session->kind->identity(session->backup, identity, error);
	return r < 0 ? r : repository_check(store, session->config->name, identity, error);
}

int backup_session_open(struct store *store, const struct config_backup *config,
	struct backup_session *ret, struct error *error)
{
	struct backup_session session AUTO_SESSION = { .config = config };
	const struct backup_kind *kind = backup_kind_find(config->kind);
	if (!kind)
		return error_set(error, ERROR_WAITING, EINVAL, "backup-unreachable",
			_("[backup %s]: \"%s\" is no kind of repository"), config->name,
			config->kind);
	int r = kind->open(config, &session.backup, error);
	if (r < 0)
		return r;
	session.kind = kind;
	r = check_identity(store, &session, error);
	if (r < 0)
		return r;
	*ret = session;
	session = (struct backup_session){ 0 };
	return 0;
}

/* -- asking -- */

static bool cannot_be_asked(const struct error *error)
{
	return error->kind == ERROR_WAITING || error->kind == ERROR_INTERRUPTED;
}

static int take_all(struct backup_list *list, const struct backup_list *from, struct error *error)
{
	for (size_t i = 0; i < from->count; i++)
		if (backup_list_add(list, &from->items[i]) < 0)
			return error_no_memory(error);
	return 0;
}

/* One VM alone. 0 also when it is refused. */
static int ask_one(struct backup_session *session, const struct backup_asking *asking, size_t index,
	struct backup_list *list, struct error *first, struct error *error)
{
	AUTO_BACKUPS struct backup_list copies = { 0 };
	struct error why = { 0 };
	int r = session->kind->list(session->backup, &asking->uuids[index], 1, &copies, &why);
	if (r == 0) {
		asking->listed[index] = 0;
		return take_all(list, &copies, error);
	}
	backup_keep_first(first, &why);
	if (cannot_be_asked(&why)) {
		if (error)
			*error = why;
		return r;
	}
	return asking->refused ? asking->refused(asking->context, asking->uuids[index], &why, error)
			       : 0;
}

static int ask_each(struct backup_session *session, const struct backup_asking *asking,
	struct backup_list *list, struct error *error)
{
	struct error first = { 0 }, own = { 0 };
	int r = 0;
	for (size_t i = 0; r == 0 && i < asking->count; i++)
		r = ask_one(session, asking, i, list, &first, &own);
	if (error && r < 0)
		*error = own;
	else if (error)
		*error = first;
	return r;
}

int backup_ask(struct backup_session *session, const struct backup_asking *asking,
	struct backup_list *ret, struct error *error)
{
	AUTO_BACKUPS struct backup_list list = { 0 };
	struct error own = { 0 };
	for (size_t i = 0; i < asking->count; i++)
		asking->listed[i] = -EHOSTUNREACH;
	int r = session->kind->list(session->backup, asking->uuids, asking->count, &list, &own);
	if (r == 0)
		for (size_t i = 0; i < asking->count; i++)
			asking->listed[i] = 0;
	else if (!cannot_be_asked(&own)) {
		own = (struct error){ 0 };
		r = ask_each(session, asking, &list, &own);
	}
	if (error && own.kind != ERROR_NONE)
		backup_keep_first(error, &own);
	/* Also of a repository that ended in the middle: what it said before, it said. */
	backup_list_sort(&list);
	*ret = list;
	list = (struct backup_list){ 0 };
	return r;
}

size_t backup_list_of(
	const struct backup_list *list, const char *uuid, const struct backup_copy **ret)
{
	size_t first = 0, count = 0;
	while (first < list->count && strcmp(list->items[first].vm_uuid, uuid) < 0)
		first++;
	while (first + count < list->count && strcmp(list->items[first + count].vm_uuid, uuid) == 0)
		count++;
	*ret = count > 0 ? &list->items[first] : NULL;
	return count;
}
