/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What following and expiring share. Within this part. */
#ifndef HAIKI_WIPE_BACKUP_FOLLOW_PARTS_H
#define HAIKI_WIPE_BACKUP_FOLLOW_PARTS_H

#include "wipe/backup/backup.h"

/* A repository that is open and known to be the one it was. */
struct backup_session {
	const struct config_backup *config;
	const struct backup_kind *kind;
	struct backup *backup;
};
/* ERROR_WAITING "backup-unreachable" and others: as backup_follow tells it. */
NODISCARD int backup_session_open(struct store *store, const struct config_backup *config,
	struct backup_session *ret, struct error *error);
void backup_session_close(struct backup_session *session);
#define AUTO_SESSION CLEANUP(backup_session_close)

/* What a repository says of these VMs, of each or of none of them: listed[i] is 0 when it is known of uuids[i], else
 * -errno. The first error stays in *error. Returns 0, or the error of a repository that cannot be asked: then
 * nothing is known of those whose listed is not 0. refused (may be NULL) is told of each VM of which it says
 * what cannot be understood. */
struct backup_asking {
	const char *const *uuids;
	size_t count;
	int *listed; /* count of them */
	int (*refused)(
		void *context, const char *uuid, const struct error *why, struct error *error);
	void *context;
};
NODISCARD int backup_ask(struct backup_session *session, const struct backup_asking *asking,
	struct backup_list *ret, struct error *error);

/* Those of one VM in a sorted list. */
size_t backup_list_of(
	const struct backup_list *list, const char *uuid, const struct backup_copy **ret);

/* Keep the first error of several. */
void backup_keep_first(struct error *first, const struct error *error);

#endif
