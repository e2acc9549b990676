/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables, as numbered migrations, in the SQL that SQLite and PostgreSQL share: BIGINT and TEXT
 * with CHECKs, ids made by us (the highest plus one, under the write lock). */
#include "inventory/store/schema.h"

#include "inventory/jobs/job_drives.h"
#include "inventory/ledger/ledger_bodies.h"
#include "inventory/store/store.h"

/* Drives and jobs.
 *  - What may be carried, held or spoken of is not only a drive: layer, hold and event name it by
 *    kind and id ('drive', D's number; 'volume', 'array', 'tenant', 'contract'). The kinds have no
 *    CHECK, since a CHECK cannot be widened in place.
 *  - drive.tenant and drive.service_code hold the codes that are the keys of tenants.
 *  - A job names its target in its subject document; columns for other targets are added behind.
 * Rows of job, evidence, certificate and event never change; what changes about a job is in
 * journal. Digests let damage show that the database itself does not notice. */
static const char *const statements_1[] = {
	"CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
	"INSERT INTO meta (name, value) VALUES ('format', 'haiki-store')",

	"CREATE TABLE drive ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" wwn TEXT NOT NULL, serial TEXT NOT NULL, model TEXT NOT NULL,"
	" vendor TEXT NOT NULL, firmware TEXT NOT NULL,"
	" transport TEXT NOT NULL, media TEXT NOT NULL, zoned TEXT NOT NULL,"
	" is_virtual BIGINT NOT NULL CHECK (is_virtual IN (0, 1)),"
	" capacity_bytes BIGINT NOT NULL CHECK (capacity_bytes >= 0),"
	" logical_sector_bytes BIGINT NOT NULL, physical_sector_bytes BIGINT NOT NULL,"
	" read_only BIGINT NOT NULL CHECK (read_only IN (0, 1)),"
	" name TEXT NOT NULL, devnum BIGINT NOT NULL, disk_sequence BIGINT NOT NULL,"
	" backing TEXT NOT NULL,"
	" native_source TEXT NOT NULL,"
	" native_bytes BIGINT NOT NULL CHECK (native_bytes >= 0),"
	" native_sector_bytes BIGINT NOT NULL,"
	" asset_number TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL DEFAULT '',"
	" tenant TEXT NOT NULL DEFAULT '', service_code TEXT NOT NULL DEFAULT '',"
	" host TEXT NOT NULL,"
	" first_seen_utc_ms BIGINT NOT NULL, last_seen_utc_ms BIGINT NOT NULL,"
	" present BIGINT NOT NULL CHECK (present IN (0, 1)),"
	" probed_utc_ms BIGINT NOT NULL DEFAULT 0,"
	" layers_truncated BIGINT NOT NULL DEFAULT 0 CHECK (layers_truncated IN (0, 1)),"
	" last_error TEXT NOT NULL,"
	" UNIQUE (wwn, serial, model))",
	"CREATE INDEX drive_by_serial ON drive (serial)",
	"CREATE INDEX drive_by_host ON drive (host)",

	"CREATE TABLE sighting ("
	" drive_id BIGINT NOT NULL REFERENCES drive (id), number BIGINT NOT NULL,"
	" utc_ms BIGINT NOT NULL, host TEXT NOT NULL, name TEXT NOT NULL,"
	" firmware TEXT NOT NULL, capacity_bytes BIGINT NOT NULL,"
	" PRIMARY KEY (drive_id, number))",

	"CREATE TABLE layer ("
	" carrier_kind TEXT NOT NULL, carrier_id BIGINT NOT NULL, number BIGINT NOT NULL,"
	" usage_name TEXT NOT NULL, type TEXT NOT NULL, uuid TEXT NOT NULL, label TEXT NOT NULL,"
	" offset_bytes BIGINT NOT NULL, length_bytes BIGINT NOT NULL,"
	" magic_offset_bytes BIGINT NOT NULL," /* -1: not known */
	" magic_length BIGINT NOT NULL, partition_number BIGINT NOT NULL,"
	" PRIMARY KEY (carrier_kind, carrier_id, number))",

	"CREATE TABLE hold ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" target_kind TEXT NOT NULL, target_id BIGINT NOT NULL,"
	" authority TEXT NOT NULL, reason TEXT NOT NULL,"
	" placed_utc_ms BIGINT NOT NULL,"
	" lifted_utc_ms BIGINT)", /* NULL: it stands */
	"CREATE INDEX hold_by_target ON hold (target_kind, target_id)",

	"CREATE TABLE event ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" utc_ms BIGINT NOT NULL, actor TEXT NOT NULL,"
	" target_kind TEXT NOT NULL, target_id BIGINT NOT NULL,"
	" action TEXT NOT NULL, detail TEXT NOT NULL)",
	"CREATE INDEX event_by_target ON event (target_kind, target_id)",

	"CREATE TABLE job ("
	" id TEXT NOT NULL PRIMARY KEY, created_utc_ms BIGINT NOT NULL,"
	" subject TEXT NOT NULL, reason TEXT NOT NULL, people TEXT NOT NULL, plan TEXT NOT NULL,"
	" digest TEXT NOT NULL)", /* of the id and the four */
	"CREATE INDEX job_by_time ON job (created_utc_ms, id)",

	"CREATE TABLE journal ("
	" job_id TEXT NOT NULL PRIMARY KEY REFERENCES job (id),"
	" owner_boot_id TEXT NOT NULL, owner_pid BIGINT NOT NULL,"
	" owner_start_ticks BIGINT NOT NULL,"
	" step BIGINT NOT NULL CHECK (step >= 0),"
	" durable_bytes BIGINT NOT NULL CHECK (durable_bytes >= 0),"
	" total_bytes BIGINT NOT NULL CHECK (total_bytes >= durable_bytes),"
	" utc_ms BIGINT NOT NULL)",

	"CREATE TABLE evidence ("
	" job_id TEXT NOT NULL REFERENCES job (id), seq BIGINT NOT NULL CHECK (seq > 0),"
	" utc_ms BIGINT NOT NULL, kind TEXT NOT NULL,"
	" event TEXT NOT NULL,"
	" digest TEXT NOT NULL," /* of the digest before it (first: the job's) and the event */
	" PRIMARY KEY (job_id, seq))",

	"CREATE TABLE certificate ("
	" name TEXT NOT NULL PRIMARY KEY, job_id TEXT NOT NULL REFERENCES job (id),"
	" number BIGINT NOT NULL," /* of the job's certificates, from 1 */
	" issued_utc_ms BIGINT NOT NULL,"
	" evidence_count BIGINT NOT NULL CHECK (evidence_count > 0),"
	" outcome TEXT NOT NULL, sha256 TEXT NOT NULL, json TEXT NOT NULL,"
	" p7s_hex TEXT NOT NULL,"
	" UNIQUE (job_id, number))",
	"CREATE INDEX certificate_by_coverage ON certificate (job_id, evidence_count)",
	NULL,
};

static const char *const append_only_1[] = { "job", "evidence", "certificate", "event", NULL };

/* What stands on the drives, and whose it is.
 *  - key is what stays the same whatever the host calls the thing today: "md:UUID", "lvm:VG/LV",
 *    "luks:UUID", "file:HOST:PATH", "vm:UUID/DISK" (volumes.h, arrays.h).
 *  - stands_on is the graph: upper stands on lower, each named by kind and id. An edge that is no
 *    more keeps its row with left_utc_ms: that is how a pulled drive still knows its array.
 *  - link_rule says whose a volume is by what can be seen of it; volume.linked_by which rule did.
 *  - drive.custody is the last of its 'custody' events. */
static const char *const statements_2[] = {
	"CREATE TABLE tenant ("
	" id BIGINT NOT NULL PRIMARY KEY, code TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL, zone TEXT NOT NULL DEFAULT '',"
	" contacts TEXT NOT NULL DEFAULT '[]'," /* JSON: [{"name","email","phone","role"}…] */
	" note TEXT NOT NULL DEFAULT '', created_utc_ms BIGINT NOT NULL)",

	"CREATE TABLE service_code ("
	" code TEXT NOT NULL PRIMARY KEY, tenant_id BIGINT NOT NULL REFERENCES tenant (id))",
	"CREATE INDEX service_code_by_tenant ON service_code (tenant_id)",

	/* Days are calendar days in Asia/Tokyo, "2027-03-31"; '' for no end yet. */
	"CREATE TABLE contract ("
	" id BIGINT NOT NULL PRIMARY KEY, number TEXT NOT NULL UNIQUE,"
	" tenant_id BIGINT NOT NULL REFERENCES tenant (id),"
	" start_day TEXT NOT NULL, end_day TEXT NOT NULL DEFAULT '',"
	" grace_days BIGINT NOT NULL DEFAULT 10 CHECK (grace_days >= 0),"
	" note TEXT NOT NULL DEFAULT '', created_utc_ms BIGINT NOT NULL)",
	"CREATE INDEX contract_by_tenant ON contract (tenant_id)",

	"CREATE TABLE raid_array ("
	" id BIGINT NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
	" uuid TEXT NOT NULL, name TEXT NOT NULL, metadata TEXT NOT NULL, level TEXT NOT NULL,"
	" state TEXT NOT NULL, size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),"
	" device_count BIGINT NOT NULL, missing_count BIGINT NOT NULL,"
	" redundancy_left BIGINT NOT NULL,"                               /* -1: not known */
	" sync_action TEXT NOT NULL, sync_done_permille BIGINT NOT NULL," /* -1: nothing runs */
	" host TEXT NOT NULL, first_seen_utc_ms BIGINT NOT NULL, last_seen_utc_ms BIGINT NOT NULL,"
	" present BIGINT NOT NULL CHECK (present IN (0, 1)))",
	"CREATE INDEX raid_array_by_host ON raid_array (host)",
	"CREATE INDEX raid_array_by_uuid_word ON raid_array (lower(uuid))",
	"CREATE INDEX raid_array_by_name ON raid_array (name)",

	"CREATE TABLE volume ("
	" id BIGINT NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
	" kind TEXT NOT NULL, name TEXT NOT NULL, uuid TEXT NOT NULL DEFAULT '',"
	" size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),"
	" host TEXT NOT NULL, path TEXT NOT NULL DEFAULT '',"
	" vm_uuid TEXT NOT NULL DEFAULT '', vm_name TEXT NOT NULL DEFAULT '',"
	" tags TEXT NOT NULL DEFAULT '[]'," /* JSON array of texts */
	" state TEXT NOT NULL DEFAULT '',"
	" origin_id BIGINT REFERENCES volume (id)," /* of a snapshot, thin volume, header backup */
	" tenant_id BIGINT REFERENCES tenant (id), linked_by TEXT NOT NULL DEFAULT '',"
	" first_seen_utc_ms BIGINT NOT NULL, last_seen_utc_ms BIGINT NOT NULL,"
	" present BIGINT NOT NULL CHECK (present IN (0, 1)))",
	"CREATE INDEX volume_by_tenant ON volume (tenant_id)",
	"CREATE INDEX volume_by_host ON volume (host)",
	"CREATE INDEX volume_by_origin ON volume (origin_id) WHERE origin_id IS NOT NULL",
	"CREATE INDEX volume_by_vm ON volume (vm_uuid)",
	"CREATE INDEX volume_by_uuid ON volume (uuid)",
	"CREATE INDEX volume_by_name ON volume (name)",
	"CREATE INDEX volume_in_conflict ON volume (linked_by, id)"
	" WHERE linked_by = 'conflict'",

	"CREATE TABLE stands_on ("
	" upper_kind TEXT NOT NULL, upper_id BIGINT NOT NULL,"
	" lower_kind TEXT NOT NULL, lower_id BIGINT NOT NULL,"
	" partition_number BIGINT NOT NULL," /* of the lower; 0: the whole of it */
	" slot BIGINT NOT NULL DEFAULT -1, state TEXT NOT NULL DEFAULT '',"
	" first_utc_ms BIGINT NOT NULL, last_utc_ms BIGINT NOT NULL,"
	" left_utc_ms BIGINT," /* NULL: it still does */
	" PRIMARY KEY (upper_kind, upper_id, lower_kind, lower_id, partition_number))",
	"CREATE INDEX stands_on_by_lower ON stands_on (lower_kind, lower_id)",

	"CREATE TABLE link_rule ("
	" kind TEXT NOT NULL, pattern TEXT NOT NULL," /* 'lv-tag', 'luks-label', 'path', 'vm' … */
	" tenant_id BIGINT NOT NULL REFERENCES tenant (id), PRIMARY KEY (kind, pattern))",
	"CREATE INDEX link_rule_by_tenant ON link_rule (tenant_id)",

	"CREATE TABLE generation ("
	" id BIGINT NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
	" tenant_id BIGINT REFERENCES tenant (id), volume_id BIGINT REFERENCES volume (id),"
	" vm_uuid TEXT NOT NULL DEFAULT '', place TEXT NOT NULL,"
	" created_utc_ms BIGINT NOT NULL, expires_utc_ms BIGINT," /* NULL: never by itself */
	" size_bytes BIGINT NOT NULL DEFAULT 0, gone_utc_ms BIGINT)",
	"CREATE INDEX generation_by_tenant ON generation (tenant_id)",
	"CREATE INDEX generation_by_volume ON generation (volume_id)",
	"CREATE INDEX generation_by_vm ON generation (vm_uuid)",

	/* What is wrong with who a drive says it is: flags.h. */
	"CREATE TABLE flag ("
	" drive_id BIGINT NOT NULL REFERENCES drive (id), code TEXT NOT NULL,"
	" detail TEXT NOT NULL, first_utc_ms BIGINT NOT NULL, last_utc_ms BIGINT NOT NULL,"
	" cleared_utc_ms BIGINT, PRIMARY KEY (drive_id, code))",

	"ALTER TABLE drive ADD COLUMN custody TEXT NOT NULL DEFAULT 'in-service'",
	"ALTER TABLE drive ADD COLUMN site TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE drive ADD COLUMN rack TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE drive ADD COLUMN slot TEXT NOT NULL DEFAULT ''",
	"CREATE INDEX drive_by_asset ON drive (asset_number)",
	"CREATE INDEX drive_by_wwn ON drive (wwn)",
	"CREATE INDEX drive_by_tenant ON drive (tenant)",
	"CREATE INDEX drive_by_service ON drive (service_code)",

	/* Two people for each step. A hold blocks from the first one's word, and until the second
	 * one's word that lifts it. */
	"ALTER TABLE hold ADD COLUMN placed_by TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE hold ADD COLUMN confirmed_by TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE hold ADD COLUMN confirmed_utc_ms BIGINT",
	"ALTER TABLE hold ADD COLUMN lift_asked_by TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE hold ADD COLUMN lift_asked_utc_ms BIGINT",
	"ALTER TABLE hold ADD COLUMN lift_reason TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE hold ADD COLUMN lifted_by TEXT NOT NULL DEFAULT ''",

	"CREATE INDEX drive_by_slot ON drive (rack || '/' || slot)",
	"CREATE INDEX drive_by_place ON drive (site || '/' || rack || '/' || slot)",
	"CREATE INDEX hold_standing ON hold (lifted_utc_ms)",

	/* What a superblock says beyond its signature: device/probe/signature.h. */
	"ALTER TABLE layer ADD COLUMN detail TEXT NOT NULL DEFAULT ''",

	/* What cannot be seen any more in a cleaned serial and WWN (device/identity/identity.h), and the other
	 * device of the host with the same identity: '', 'path' (one medium, two ways) or 'copy'. */
	"ALTER TABLE drive ADD COLUMN oddities BIGINT NOT NULL DEFAULT 0",
	"ALTER TABLE drive ADD COLUMN twin_kind TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE drive ADD COLUMN twin_path TEXT NOT NULL DEFAULT ''",
	/* What stood in its place and never left: its serial changed. '' again once it is absent. */
	"ALTER TABLE drive ADD COLUMN serial_before TEXT NOT NULL DEFAULT ''",
	"CREATE INDEX drive_by_wwn_word ON drive (lower(wwn))",

	/* Whose job it is, taken from its subject; filled for older jobs by job_drives_fill. */
	"CREATE TABLE job_drive ("
	" job_id TEXT NOT NULL PRIMARY KEY REFERENCES job (id),"
	" serial TEXT NOT NULL, wwn TEXT NOT NULL)",
	"CREATE INDEX job_drive_by_identity ON job_drive (serial, wwn)",
	NULL,
};

static const char *const append_only_2[] = { NULL };

/* The ledger, and what is added to certificates later.
 *  - ledger_record is the ledger: record is the text whose sha256 is the tree's entry; name is that of a
 *    certificate. The other ledger_ tables are worked out of it by reports/ledger: hash keeps complete
 *    subtrees, head what was signed, cosignature what witnesses said of a head.
 *  - certificate_cms keeps each later form of a certificate's signature: with a time stamp, with a
 *    second person's. The highest number is the one that is handed out. */
static const char *const statements_3[] = {
	"CREATE TABLE ledger_record ("
	" number BIGINT NOT NULL PRIMARY KEY CHECK (number >= 0), utc_ms BIGINT NOT NULL,"
	" kind TEXT NOT NULL, name TEXT NOT NULL, withheld TEXT NOT NULL,"
	" sha256 TEXT NOT NULL, record TEXT NOT NULL)",
	"CREATE INDEX ledger_record_by_name ON ledger_record (name) WHERE name <> ''",

	"CREATE TABLE ledger_hash ("
	" level BIGINT NOT NULL, number BIGINT NOT NULL, hash TEXT NOT NULL,"
	" PRIMARY KEY (level, number))",

	"CREATE TABLE ledger_head ("
	" size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0), utc_ms BIGINT NOT NULL,"
	" root TEXT NOT NULL, note TEXT NOT NULL)",

	"CREATE TABLE ledger_cosignature ("
	" size BIGINT NOT NULL REFERENCES ledger_head (size), witness TEXT NOT NULL,"
	" utc_ms BIGINT NOT NULL, line TEXT NOT NULL,"
	" PRIMARY KEY (size, witness))",

	"CREATE TABLE certificate_cms ("
	" name TEXT NOT NULL, number BIGINT NOT NULL CHECK (number > 0),"
	" utc_ms BIGINT NOT NULL, change TEXT NOT NULL," /* 'time-stamp', 'signature' */
	" p7s_hex TEXT NOT NULL, PRIMARY KEY (name, number))",

	"CREATE TABLE tenant_certificate ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" contract_id BIGINT NOT NULL REFERENCES contract (id),"
	" number BIGINT NOT NULL," /* of the contract's certificates, from 1 */
	" issued_utc_ms BIGINT NOT NULL, outcome TEXT NOT NULL, sha256 TEXT NOT NULL,"
	" json TEXT NOT NULL, p7s_hex TEXT NOT NULL,"
	" UNIQUE (contract_id, number))",
	NULL,
};

static const char *const append_only_3[] = {
	"ledger_record",
	"ledger_hash",
	"ledger_head",
	"ledger_cosignature",
	"certificate_cms",
	"tenant_certificate",
	NULL,
};

/* Tenants' VMs and their deletion.
 *  - vm is what we say; what the platform says stands in the facts of its deletion.
 *  - contract_service names the services that a contract is for; none: all of its tenant's.
 *  - deletion and deletion_fact are evidence as job and evidence are: verify/tenant/deletion.h.
 *  - notice and approval change; each change has its event.
 *  - backup_asked: when a repository last answered about a VM; what it answered stands in generation. */
static const char *const statements_4[] = {
	"CREATE TABLE vm ("
	" id BIGINT NOT NULL PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL DEFAULT '', platform TEXT NOT NULL DEFAULT '',"
	" service_code TEXT NOT NULL, tenant_id BIGINT NOT NULL REFERENCES tenant (id),"
	" created_utc_ms BIGINT NOT NULL, gone_utc_ms BIGINT)",
	"CREATE INDEX vm_by_tenant ON vm (tenant_id)",

	"CREATE TABLE contract_service ("
	" contract_id BIGINT NOT NULL REFERENCES contract (id), service_code TEXT NOT NULL,"
	" PRIMARY KEY (contract_id, service_code))",
	"CREATE INDEX contract_service_by_code ON contract_service (service_code)",

	"CREATE TABLE deletion ("
	" id BIGINT NOT NULL PRIMARY KEY, vm_id BIGINT NOT NULL UNIQUE REFERENCES vm (id),"
	" tenant_id BIGINT NOT NULL REFERENCES tenant (id),"
	" contract_id BIGINT NOT NULL REFERENCES contract (id),"
	" vm_uuid TEXT NOT NULL, platform TEXT NOT NULL,"
	" due_utc_ms BIGINT NOT NULL, begun_utc_ms BIGINT NOT NULL,"
	" digest TEXT NOT NULL)", /* of all before */
	"CREATE INDEX deletion_by_tenant ON deletion (tenant_id)",

	"CREATE TABLE deletion_fact ("
	" deletion_id BIGINT NOT NULL REFERENCES deletion (id),"
	" seq BIGINT NOT NULL CHECK (seq > 0), utc_ms BIGINT NOT NULL,"
	" fact TEXT NOT NULL,"
	" digest TEXT NOT NULL," /* of the digest before it (first: the deletion's) and the fact */
	" PRIMARY KEY (deletion_id, seq))",

	"CREATE TABLE notice ("
	" id BIGINT NOT NULL PRIMARY KEY, contract_id BIGINT NOT NULL REFERENCES contract (id),"
	" kind TEXT NOT NULL, day BIGINT NOT NULL, audience TEXT NOT NULL, end_day TEXT NOT NULL,"
	" message_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, utc_ms BIGINT NOT NULL,"
	" tries BIGINT NOT NULL DEFAULT 0)",
	"CREATE INDEX notice_by_contract ON notice (contract_id)",

	"CREATE TABLE approval ("
	" id BIGINT NOT NULL PRIMARY KEY, reason TEXT NOT NULL, vms TEXT NOT NULL,"
	" asked_utc_ms BIGINT NOT NULL, given_utc_ms BIGINT, given_by TEXT NOT NULL DEFAULT '',"
	" expires_utc_ms BIGINT NOT NULL)",

	"CREATE TABLE backup_asked ("
	" vm_uuid TEXT NOT NULL, repository TEXT NOT NULL, utc_ms BIGINT NOT NULL,"
	" PRIMARY KEY (vm_uuid, repository))",
	NULL,
};

static const char *const append_only_4[] = { "deletion", "deletion_fact", NULL };

const struct migration schema_migrations[STORE_SCHEMA_VERSION] = {
	{ .statements = statements_1, .append_only = append_only_1 },
	{ .statements = statements_2, .append_only = append_only_2, .fill = job_drives_fill },
	{ .statements = statements_3, .append_only = append_only_3, .fill = ledger_fill },
	{ .statements = statements_4, .append_only = append_only_4 },
};
