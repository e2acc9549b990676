/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fills a store with as many drives, volumes and tenants as a data centre has, in one transaction: by
 * the program's own functions where they make what others check (drives, events, jobs), by SQL where
 * rows are just rows.
 *
 *     fill_store STORE DRIVES VOLUMES TENANTS
 *
 * Of four drives each there is an array, on which the volumes stand; every fifth drive has a job. */
#include "device/identity/identity.h"
#include "inventory/assets/drives.h"
#include "inventory/custody/events.h"
#include "inventory/custody/holds.h"
#include "inventory/jobs/jobs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1795406400000)
#define DRIVES_PER_HOST 24
#define DRIVES_PER_ARRAY 4
#define DRIVES_PER_JOB 5
#define DRIVES_PER_HOLD 100

static const char usage[] = "fill_store STORE DRIVES VOLUMES TENANTS\n";

struct plan {
	int64_t drives, volumes, tenants;
};

static int64_t arrays_of(const struct plan *plan)
{
	return plan->drives / DRIVES_PER_ARRAY;
}

/* -- drives, their events and jobs -- */

static void name_drive(int64_t number, struct drive_identity *ret)
{
	*ret = (struct drive_identity){ .transport = TRANSPORT_SCSI,
		.media = MEDIA_MAGNETIC,
		.zoned = ZONED_NONE,
		.capacity_bytes = UINT64_C(4000787030016),
		.logical_sector_bytes = 512,
		.physical_sector_bytes = 4096 };
	(void)snprintf(ret->serial, sizeof(ret->serial), "ZC%08" PRId64, number);
	(void)snprintf(ret->wwn, sizeof(ret->wwn), "naa.5000c500%08" PRIx64, number);
	(void)snprintf(ret->model, sizeof(ret->model), "ST4000NM%04" PRId64, number % 7);
	(void)snprintf(ret->vendor, sizeof(ret->vendor), "SEAGATE");
	(void)snprintf(ret->firmware, sizeof(ret->firmware), "E004");
	(void)snprintf(ret->name, sizeof(ret->name), "sd%c", 'a' + (int)(number % DRIVES_PER_HOST));
}

static int enter_drive(struct store *store, int64_t number, struct error *error)
{
	struct drive_identity identity;
	struct signature layers[] = {
		{ .usage = SIGNATURE_PARTITION_TABLE, .type = "gpt", .length_bytes = 4 * MIB },
		{ .usage = SIGNATURE_PARTITION, .type = "linux-raid", .partition_number = 1 },
		{ .usage = SIGNATURE_RAID, .type = "linux_raid_member", .partition_number = 1 },
	};
	const struct signature_list signatures = { .items = layers, .count = ARRAY_SIZE(layers) };
	const struct native_capacity native = { .source = NATIVE_UNKNOWN };
	char host[32];
	name_drive(number, &identity);
	(void)snprintf(host, sizeof(host), "host%04" PRId64, number / DRIVES_PER_HOST);
	struct drive_seen seen = {
		.identity = &identity,
		.native = &native,
		.signatures = &signatures,
		.host = "stock",
		.utc_ms = NOW,
	};
	int64_t id = 0;
	/* Twice, as drives move. */
	int r = drives_record(store, &seen, NULL, error);
	seen.host = host;
	seen.utc_ms = NOW + 1000;
	if (r == 0)
		r = drives_record(store, &seen, &id, error);
	AUTO_JSON json_t *detail = json_pack("{s:s}", "host", host);
	const struct subject subject = { SUBJECT_DRIVE, id };
	const struct event event = { "appeared", detail, NOW };
	for (int i = 0; i < 3 && r == 0; i++)
		r = events_append(store, &subject, &event, error);
	return r;
}

static int enter_job(struct store *store, int64_t number, struct error *error)
{
	struct drive_identity identity;
	json_t *json = NULL;
	name_drive(number, &identity);
	if (identity_to_json(&identity, &json) < 0)
		return error_no_memory(error);
	AUTO_JOB struct job_record job = {
		.created_utc_ms = NOW,
		.subject = json_pack("{s:o}", "identity", json),
		.reason = json_object(),
		.people = json_object(),
		.plan = json_object(),
	};
	(void)snprintf(job.id, sizeof(job.id), "J20270101-%06u", (unsigned)number % 1000000);
	int r = jobs_insert(store, &job, error);
	AUTO_JSON json_t *event = json_pack("{s:s}", "kind", "created");
	return r < 0 ? r : jobs_append(store, job.id, event, NOW, error);
}

static int enter_drives(struct store *store, const struct plan *plan, struct error *error)
{
	int r = 0;
	for (int64_t i = 1; i <= plan->drives && r == 0; i++)
		r = enter_drive(store, i, error);
	for (int64_t i = 1; i <= plan->drives && r == 0; i += DRIVES_PER_JOB)
		r = enter_job(store, i, error);
	for (int64_t i = 1; i <= plan->drives && r == 0; i += DRIVES_PER_HOLD) {
		const struct subject drive = { SUBJECT_DRIVE, i };
		r = holds_place(
			store, &drive, "court", "case", "user:clerk (1000)", NOW, NULL, error);
	}
	return r;
}

/* -- the rest -- */

/* Run sql for each number from 1 to count: $1 is the number, $2 a text of it, $3 and $4 the numbers
 * of what it belongs to. */
static int repeat(struct store *store, const char *sql, const char *format, int64_t count,
	int64_t of, int64_t of_other, struct error *error)
{
	int r = 0;
	for (int64_t i = 1; i <= count && r == 0; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "%s%06" PRId64, format, i);
		const struct store_value values[] = {
			STORE_INT(i),
			STORE_STRING(text),
			STORE_INT(of > 0 ? 1 + (i - 1) % of : 1),
			STORE_INT(of_other > 0 ? 1 + (i - 1) % of_other : 1),
		};
		r = store_execute(store, sql, values, ARRAY_SIZE(values), NULL, error);
	}
	return r;
}

static const struct {
	const char *sql;
	const char *format;
	enum { TENANTS, ARRAYS, VOLUMES, DRIVES } count;
} tables[] = {
	{ "INSERT INTO tenant (id, code, name, zone, contacts, created_utc_ms)"
	  " VALUES ($1, $2, 'Tenant ' || $2 || ' \xE5\xBB\x83', 'municipal', '[]', $3 * 0 + $4 * "
	  "0)",
		"T", TENANTS },
	{ "INSERT INTO service_code (code, tenant_id) VALUES ($2, $1 + $3 * 0 + $4 * 0)", "S",
		TENANTS },
	{ "INSERT INTO contract (id, number, tenant_id, start_day, end_day, created_utc_ms)"
	  " VALUES ($1, $2, $1, '2024-04-01', '2027-03-31', $3 * 0 + $4 * 0)",
		"C", TENANTS },
	{ "INSERT INTO link_rule (kind, pattern, tenant_id) VALUES ('lv-tag', $2, $1 + $3 * 0 + $4 "
	  "* 0)",
		"tag", TENANTS },
	{ "INSERT INTO raid_array (id, key, uuid, name, metadata, level, state, size_bytes,"
	  " device_count, missing_count, redundancy_left, sync_action, sync_done_permille, host,"
	  " first_seen_utc_ms, last_seen_utc_ms, present) VALUES ($1, 'md:' || $2, $2,"
	  " 'md' || $1, '1.2', 'raid6', 'clean', 8000000000000, 4, 0, 2, 'idle', -1,"
	  " 'host' || ($1 / 6), $3 * 0 + $4 * 0, 0, 1)",
		"uuid-", ARRAYS },
	{ "INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id, partition_number, "
	  "slot,"
	  " state, first_utc_ms, last_utc_ms) VALUES ('array', $3, 'drive', $1, 1, $1 % 4, "
	  "'active',"
	  " 0 + $4 * 0, length($2))",
		"", DRIVES },
	{ "INSERT INTO volume (id, key, kind, name, uuid, size_bytes, host, path, tags, state,"
	  " tenant_id, linked_by, first_seen_utc_ms, last_seen_utc_ms, present) VALUES ($1,"
	  " 'lvm:' || $2, 'lv', 'vg' || $3 || '/' || $2, $2, 10737418240, 'host' || $3,"
	  " '/dev/vg/' || $2, '[\"tag\"]', 'active', $4, 'lv-tag', 0, 0, 1)",
		"lv-", VOLUMES },
	{ "INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id, partition_number,"
	  " first_utc_ms, last_utc_ms) VALUES ('volume', $1, 'array', $3, 0, $4 * 0, length($2))",
		"", VOLUMES },
};

static int enter_rest(struct store *store, const struct plan *plan, struct error *error)
{
	const int64_t counts[] = {
		[TENANTS] = plan->tenants,
		[ARRAYS] = arrays_of(plan),
		[VOLUMES] = plan->volumes,
		[DRIVES] = arrays_of(plan) * DRIVES_PER_ARRAY,
	};
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == 0; i++)
		r = repeat(store, tables[i].sql, tables[i].format, counts[tables[i].count],
			arrays_of(plan), plan->tenants, error);
	return r;
}

static int fill(const char *path, const struct plan *plan, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	int r = store_open(path, STORE_WRITE, &store, error);
	if (r == 0)
		r = store_begin(store, error);
	if (r < 0)
		return r;
	r = enter_drives(store, plan, error);
	if (r == 0)
		r = enter_rest(store, plan, error);
	return store_end(store, r, error);
}

int main(int argc, char *argv[])
{
	struct error error = { 0 };
	struct plan plan = { 0 };
	if (argc != 5 || sscanf(argv[2], "%" SCNd64, &plan.drives) != 1 ||
		sscanf(argv[3], "%" SCNd64, &plan.volumes) != 1 ||
		sscanf(argv[4], "%" SCNd64, &plan.tenants) != 1) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (fill(argv[1], &plan, &error) == 0)
		return 0;
	(void)fprintf(stderr, "fill_store: %s: %s\n", error.code, error.what);
	return 1;
}
