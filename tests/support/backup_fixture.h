/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup repository in a folder of its own, and copies in it. */
#ifndef HAIKI_TESTS_BACKUP_FIXTURE_H
#define HAIKI_TESTS_BACKUP_FIXTURE_H

#include "wipe/backup/backup.h"

#define VM_A "4211aaaa-0000-4000-8000-00000000000a"
#define VM_B "4211bbbb-0000-4000-8000-00000000000b"

struct backup_fixture {
	char folder[64]; /* in memory, where files are erased in place */
	struct config_backup config;
};

/* A directory repository "r" with the identity "id-1". */
void backup_fixture_open(struct backup_fixture *fixture);
void backup_fixture_close(struct backup_fixture *fixture);

/* Run in the repository's folder by /bin/sh; fails the test when it fails. */
void backup_fixture_shell(const struct backup_fixture *fixture, const char *script);

/* A copy with one file of 4096 bytes, "disk-0"; expires "" is never, code "" none. word: "20270331T140000Z". */
void backup_fixture_copy(const struct backup_fixture *fixture, const char *vm_uuid,
	const char *word, const char *expires, const char *code);

/* A hook program in the repository's folder: a script of the shell, run by "sh". */
void backup_fixture_hook(struct backup_fixture *fixture, const char *script);

#endif
