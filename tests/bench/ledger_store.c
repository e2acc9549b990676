/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ledger costs where it is written: events appended in batches beside plain inserts of the same
 * rows, sealing, proofs and the export, at so many records. For `make bench-ledger`.
 *
 *     ledger_store FOLDER RECORDS */
#include "base/clock.h"
#include "inventory/custody/events.h"
#include "reports/ledger/ledger.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 100
#define PROOFS 1000

static void must(int result, const struct error *error)
{
	if (result >= 0)
		return;
	(void)fprintf(stderr, "%s: %s\n", error->code, error->what);
	exit(1);
}

static double cpu_seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double wall_seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct lap {
	double wall, cpu;
};

static struct lap begin(void)
{
	return (struct lap){ wall_seconds(), cpu_seconds() };
}

static struct lap end(const char *what, uint64_t count, struct lap from)
{
	struct lap took = { wall_seconds() - from.wall, cpu_seconds() - from.cpu };
	printf("%-44s %8.2f s %8.2f s of processor %12.1f us each\n", what, took.wall, took.cpu,
		took.cpu * 1e6 / (double)count);
	return took;
}

/* Certificates as often as they come beside other events: one in ten. */
static void append(struct store *store, uint64_t index)
{
	const struct subject subject = { SUBJECT_DRIVE, (int64_t)(index % 5000) + 1 };
	struct error error = { 0 };
	char name[32];
	(void)snprintf(name, sizeof(name), "c%llu", (unsigned long long)index);
	AUTO_JSON json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "from", "in-service", "to",
		"quarantined", "reason", "replaced in the yearly round", "ticket", name);
	const struct event event = { "custody", detail, 1795406400000 + (int64_t)index };
	must(events_append(store, &subject, &event, &error), &error);
	if (index % 10 == 0) {
		AUTO_JSON json_t *body = json_pack("{s:s}", "name", name);
		must(ledger_append(store, "certificate", body, "", event.utc_ms, NULL, &error),
			&error);
	}
}

static void append_all(struct store *store, uint64_t count)
{
	struct error error = { 0 };
	for (uint64_t i = 0; i < count; i += BATCH) {
		must(store_begin(store, &error), &error);
		for (uint64_t j = i; j < i + BATCH && j < count; j++)
			append(store, j);
		must(store_commit(store, &error), &error);
	}
}

/* The very same rows into tables of the same shape, by the store's own statements. */
static int insert_plain(void *context, const struct ledger_row *row, struct error *error)
{
	struct store *plain = context;
	const struct store_value values[] = { STORE_INT(row->index), STORE_INT(row->utc_ms),
		STORE_STRING(row->kind), STORE_STRING(""), STORE_STRING(row->withheld),
		STORE_STRING(row->sha256), STORE_STRING(row->record) };
	int r = row->index % BATCH == 0 ? store_begin(plain, error) : 0;
	if (r == 0)
		r = store_execute(plain,
			"INSERT INTO ledger_record (number, utc_ms, kind, name, withheld, sha256,"
			" record) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			values, ARRAY_SIZE(values), NULL, error);
	const struct store_value event[] = { STORE_INT(row->index + 1), STORE_INT(row->utc_ms),
		STORE_STRING("login:somebody (1000)"), STORE_STRING("drive"),
		STORE_INT(row->index % 5000), STORE_STRING("custody"), STORE_STRING(row->record) };
	if (r == 0)
		r = store_execute(plain,
			"INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action, "
			"detail)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7)",
			event, ARRAY_SIZE(event), NULL, error);
	if (r == 0 && row->index % BATCH == BATCH - 1)
		r = store_commit(plain, error);
	return r;
}

static void insert_all(struct store *store, const char *folder, uint64_t count)
{
	struct store *plain = NULL;
	struct error error = { 0 };
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/plain.db", folder);
	must(store_open(path, STORE_WRITE, &plain, &error), &error);
	must(ledger_walk(store, 0, count / BATCH * BATCH, insert_plain, plain, &error), &error);
	store_close(plain);
}

static void prove_all(struct store *store, uint64_t count)
{
	struct error error = { 0 };
	for (uint64_t i = 0; i < PROOFS; i++) {
		AUTO_BUFFER struct buffer proof = BUFFER_INIT(PROOF_MAX_BYTES);
		char name[32];
		(void)snprintf(name, sizeof(name), "c%llu",
			(unsigned long long)(i * (count / PROOFS) / 10 * 10));
		must(ledger_prove(store, name, &proof, &error), &error);
	}
}

static void seal(struct store *store, const struct keys *keys)
{
	struct checkpoint head;
	struct error error = { 0 };
	must(store_begin(store, &error), &error);
	must(ledger_seal(store, keys, &head, &error), &error);
	must(store_commit(store, &error), &error);
}

static void export(struct store *store, const struct keys *keys, const char *folder)
{
	struct checkpoint head;
	struct error error = { 0 };
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/export", folder);
	must(ledger_export(store, keys, LEDGER_FOR_PUBLIC, path, NULL, &head, &error), &error);
}

static struct keys *make_keys(const char *folder)
{
	struct config config;
	struct keys *keys = NULL;
	struct clock_reading now;
	struct error error = { 0 };
	config_defaults(&config);
	(void)snprintf(config.keys_folder, sizeof(config.keys_folder), "%s/keys", folder);
	clock_read(&now);
	must(keys_init(config.keys_folder, "Bench", now.utc_ms, &error), &error);
	must(keys_load(&config, now.utc_ms, &keys, &error), &error);
	return keys;
}

int main(int count, char **words)
{
	struct store *store = NULL;
	struct error error = { 0 };
	char path[512];
	uint64_t records = count == 3 ? strtoull(words[2], NULL, 10) : 0;
	if (records < 10 * PROOFS) {
		(void)fprintf(stderr, "ledger_store FOLDER RECORDS (at least %d)\n", 10 * PROOFS);
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/haiki.db", words[1]);
	must(store_open(path, STORE_WRITE, &store, &error), &error);
	struct keys *keys = make_keys(words[1]);

	uint64_t events = records * 10 / 11;
	struct lap at = begin();
	append_all(store, events);
	struct lap append_took = end("events with their records, 100 at once", events, at);
	uint64_t size = 0;
	must(ledger_size(store, &size, &error), &error);
	at = begin();
	insert_all(store, words[1], size);
	struct lap plain_took = end("plain inserts of both rows, and reading them", size, at);
	at = begin();
	seal(store, keys);
	end("the first head over all", size, at);
	append(store, records);
	at = begin();
	seal(store, keys);
	end("a head over one more", 1, at);
	at = begin();
	prove_all(store, events);
	end("proofs", PROOFS, at);
	at = begin();
	export(store, keys, words[1]);
	end("the first export", size, at);
	append(store, records + 1);
	at = begin();
	export(store, keys, words[1]);
	end("an export of one more", 1, at);
	printf("%llu records; %.0f events a second; %.1f times the plain inserts\n",
		(unsigned long long)size, (double)events / append_took.wall,
		append_took.cpu / (double)events / (plain_took.cpu / (double)size));
	keys_free(keys);
	store_close(store);
	return 0;
}
