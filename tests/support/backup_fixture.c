/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repositories and hooks for tests. */
#include "tests/support/backup_fixture.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
/* after the standard ones */
#include <cmocka.h>

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

void backup_fixture_open(struct backup_fixture *fixture)
{
	char path[128];
	*fixture = (struct backup_fixture){ .config = { .kind = "directory", .name = "r" } };
	(void)snprintf(fixture->folder, sizeof(fixture->folder), "/dev/shm/haiki-backup.XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->config.path, sizeof(fixture->config.path), "%s/r", fixture->folder);
	assert_int_equal(mkdir(fixture->config.path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/r/repository.json", fixture->folder);
	write_file(path, "{\"format\":\"haiki-backup-repository\",\"version\":1,\"id\":\"id-1\"}",
		0600);
}

void backup_fixture_close(struct backup_fixture *fixture)
{
	char command[128];
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", fixture->folder);
	assert_int_equal(system(command), 0);
}

void backup_fixture_shell(const struct backup_fixture *fixture, const char *script)
{
	char command[4096];
	(void)snprintf(command, sizeof(command), "cd '%s/r' && { %s\n}", fixture->folder, script);
	assert_int_equal(system(command), 0);
}

void backup_fixture_copy(const struct backup_fixture *fixture, const char *vm_uuid,
	const char *word, const char *expires, const char *code)
{
	char path[256], text[1024];
	(void)snprintf(path, sizeof(path), "%s/r/%s", fixture->folder, vm_uuid);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/r/%s/%s", fixture->folder, vm_uuid, word);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(text, sizeof(text),
		"{\"format\":\"haiki-backup\",\"version\":1,\"vm_uuid\":\"%s\","
		"\"generation\":\"%s\",\"service_code\":\"%s\","
		"\"created_utc\":\"%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ\",\"expires_utc\":\"%s\","
		"\"files\":[{\"name\":\"disk-0\",\"size_bytes\":4096}]}",
		vm_uuid, word, code, word, word + 4, word + 6, word + 9, word + 11, word + 13,
		expires);
	(void)snprintf(
		path, sizeof(path), "%s/r/%s/%s/manifest.json", fixture->folder, vm_uuid, word);
	write_file(path, text, 0600);
	(void)snprintf(path, sizeof(path), "%s/r/%s/%s/disk-0", fixture->folder, vm_uuid, word);
	(void)memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	write_file(path, text, 0600);
	assert_int_equal(truncate(path, 4096), 0);
}

void backup_fixture_hook(struct backup_fixture *fixture, const char *script)
{
	char text[8192];
	(void)snprintf(fixture->config.kind, sizeof(fixture->config.kind), "hook");
	(void)snprintf(
		fixture->config.path, sizeof(fixture->config.path), "%s/hook", fixture->folder);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\ncd '%s/r' || exit 1\n%s\n", fixture->folder,
		script);
	write_file(fixture->config.path, text, 0700);
}
