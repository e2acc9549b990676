/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup's manifest, a repository's file, or a hook's line, of any bytes: refused with a sentence, or what it
 * promises holds. The first byte says which. */
#include "tests/fuzz/fuzz.h"

#include "wipe/backup/hook_protocol.h"
#include "wipe/backup/manifest.h"

#include <stdlib.h>
#include <string.h>

#define VM "4211aaaa-0000-4000-8000-00000000000a"
#define WORD "20270331T140000Z"

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_copy(const struct backup_copy *copy)
{
	require(copy->expires_utc_ms == 0 || copy->expires_utc_ms >= copy->created_utc_ms);
	require(backup_uuid_valid(copy->vm_uuid) && copy->word[0]);
}

static void try_manifest(const char *text, size_t size)
{
	AUTO_MANIFEST struct manifest manifest = { 0 };
	struct error error = { 0 };
	if (manifest_parse(text, size, "fuzz", VM, WORD, &manifest, &error) < 0) {
		require(!manifest.files && error.kind != ERROR_NONE && error.what[0]);
		return;
	}
	check_copy(&manifest.copy);
	require(strcmp(manifest.copy.vm_uuid, VM) == 0 && strcmp(manifest.copy.word, WORD) == 0);
	require(manifest.file_count > 0 && manifest.file_count <= MANIFEST_FILES_MAX);
	for (size_t i = 0; i < manifest.file_count; i++) {
		const char *name = manifest.files[i].name;
		require(name[0] && name[0] != '.' && !strchr(name, '/'));
		require(strcmp(name, MANIFEST_NAME) != 0);
		require(manifest_find(&manifest, name) == &manifest.files[i]);
	}
}

static void try_repository(const char *text, size_t size)
{
	char id[BACKUP_REPOSITORY_MAX] = "";
	struct error error = { 0 };
	if (repository_parse(text, size, "fuzz", id, &error) < 0)
		require(error.kind == ERROR_WAITING && id[0] == '\0');
	else
		require(id[0]);
}

static void try_answer(const char *text, size_t size)
{
	struct hook_answer answer = { 0 };
	struct error error = { 0 };
	if (hook_answer_parse(text, size, &answer, &error) < 0) {
		require(answer.word == HOOK_UNKNOWN && error.what[0]);
		return;
	}
	require(answer.word != HOOK_UNKNOWN && answer.id > 0);
	if (answer.word == HOOK_COPY)
		check_copy(&answer.copy);
	if (answer.word == HOOK_READY)
		require(answer.repository[0]);
	if (answer.word == HOOK_END)
		require(answer.count >= 0 && answer.count <= HOOK_COPIES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const char *text = (const char *)data + 1;
	if (data[0] == 'm')
		try_manifest(text, size - 1);
	else if (data[0] == 'r')
		try_repository(text, size - 1);
	else
		try_answer(text, size - 1);
	return 0;
}
