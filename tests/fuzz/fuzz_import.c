/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CSV or JSON file of any bytes, imported as a dry run into a small store: problems with a
 * sentence, or rows; and never anything kept. */
#include "tests/fuzz/fuzz.h"

#include "inventory/transfer/import.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* One store for all inputs, since each must leave it as it was. */
static struct store *open_store(void)
{
	char folder[] = "/tmp/haiki-fuzz-XXXXXX", path[64];
	struct error error = { 0 };
	struct store *store = NULL;
	require(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/db", folder);
	require(store_open(path, STORE_WRITE, &store, &error) == 0);
	const char *tenants = "code,name,service_codes\nA,a,S1\nB,b,S2\n";
	const struct import_input input = { "tenants", tenants, strlen(tenants) };
	const struct import_request request = { .inputs = &input, .count = 1, .now_utc_ms = 1 };
	AUTO_REPORT struct import_report report = { 0 };
	require(import_run(store, &request, &report, &error) == 0 && report.entered);
	/* The names go at once; the files live as long as the process. */
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/db-wal", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/db-shm", folder);
	(void)unlink(path);
	(void)rmdir(folder);
	return store;
}

static int64_t count_rows(struct store *store)
{
	struct error error = { 0 };
	struct store_rows *rows = NULL;
	require(store_query(store,
			"SELECT (SELECT count(*) FROM tenant) + (SELECT count(*) FROM contract)"
			" + (SELECT count(*) FROM volume) + (SELECT count(*) FROM link_rule)"
			" + (SELECT count(*) FROM generation) + (SELECT count(*) FROM event)",
			NULL, 0, &rows, &error) == 0);
	require(store_next(rows, &error) == 1);
	int64_t count = store_integer(rows, 0);
	(void)store_rows_close(rows);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store *store;
	struct error error = { 0 };
	AUTO_REPORT struct import_report report = { 0 };
	if (!store)
		store = open_store();
	/* The first byte says whether the kind is told. */
	const char *kind = size > 0 && data[0] < '\x07' ? import_kind_names[data[0]] : NULL;
	size_t skip = size > 0 && data[0] < '\x07' ? 1 : 0;
	const struct import_input input = { "fuzz", (const char *)data + skip, size - skip };
	const struct import_request request = {
		.inputs = &input, .count = 1, .kind = kind, .dry_run = true, .now_utc_ms = 2
	};
	int64_t before = count_rows(store);
	require(import_run(store, &request, &report, &error) == 0);
	require(!report.entered && count_rows(store) == before);
	for (size_t i = 0; i < report.problem_count && i < IMPORT_PROBLEMS_KEPT; i++)
		require(report.problems[i].error.what[0] && report.problems[i].error.code[0]);
	return 0;
}
