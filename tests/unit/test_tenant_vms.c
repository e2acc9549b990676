/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tenant's certificate of version 2: VMs by their facts, what they lay on, notices; and stage by stage to closed. */
#include "verify/tenant/tenant.h"

#include "tests/support/deletion_facts.h"
#include "verify/tenant/deletion.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

/* Issued a minute after everything was gone. */
static const char closed_text[] =
	"{\"backups\":[{\"asked_utc\":\"2027-04-10T15:00:20.000Z\",\"repository\":\"nightly\"}],"
	"\"clock\":{\"max_error_us\":100,\"synchronised\":1},"
	"\"contract\":{\"end_day\":\"2027-03-31\",\"grace_days\":10,\"number\":\"K-1\","
	"\"service_codes\":[],\"start_day\":\"2026-04-01\"},"
	"\"deletion\":{\"erasure\":\"where-possible\"},"
	"\"format\":\"haiki-tenant-certificate\",\"format_version\":2,"
	"\"generations\":[{\"created_utc\":\"2027-04-01T14:00:00.000Z\","
	"\"expires_utc\":\"2027-04-08T14:00:00.000Z\",\"gone_utc\":\"2027-04-10T15:00:30.000Z\","
	"\"id\":\"G4\",\"key\":\"b:1\",\"place\":\"store 2\",\"size_bytes\":9,\"vm_uuid\":\"" UUID
	"\"}],"
	"\"issued_utc\":\"2027-04-10T15:01:00.000Z\","
	"\"issuer\":{\"account\":\"login:a (1000)\",\"name\":\"\",\"organisation\":\"例示市\","
	"\"place\":\"\",\"ticket\":\"\",\"title\":\"\"},"
	"\"ledger\":{\"key\":\"haiki/"
	"752cd9de5845daa0+9aabb28d+AT70dx1a89X+VXqlpVfjGTn0Y3cxsM9ltnBlenfnLzbh\","
	"\"origin\":\"haiki/752cd9de5845daa0\"},"
	"\"name\":\"haiki-C9-1\","
	"\"notices\":[{\"audience\":\"customer\",\"day\":\"2027-04-11\",\"kind\":\"deleted\","
	"\"state\":\"sent\",\"utc\":\"2027-04-10T15:00:50.000Z\"}],"
	"\"other_contracts\":[],\"outstanding\":[],"
	"\"places\":[{\"certificate\":\"\",\"certificate_sha256\":\"\",\"id\":\"D12\","
	"\"kind\":\"drive\",\"model\":\"M\",\"name\":\"ZA1\",\"present\":1,\"state\":\"in-"
	"service\","
	"\"volumes\":[\"V7\"],\"why\":\"carries\"}],"
	"\"supersedes\":\"\","
	"\"tenant\":{\"code\":\"CITY-A\",\"name\":\"例示市\",\"service_codes\":[\"S-1\"],"
	"\"zone\":\"municipal\"},"
	"\"tool\":{\"build\":\"b\",\"name\":\"haiki\",\"version\":\"0.1.0\"},"
	"\"verdict\":{\"reasons\":[],\"remarks\":[],\"stage\":\"closed\"},"
	"\"vms\":[{\"due_utc\":\"" UTC
	"\",\"facts\":[],\"id\":\"M3\",\"name\":\"web\",\"platform\":\"dc1\","
	"\"service_code\":\"S-1\",\"uuid\":\"" UUID "\"}],"
	"\"volumes\":[{\"drives_known\":1,\"id\":\"V7\",\"kind\":\"lv\","
	"\"last_seen_utc\":\"2027-04-10T14:00:00.000Z\",\"name\":\"vg/web\",\"present\":1,"
	"\"size_bytes\":1,\"uuid\":\"\",\"vm_name\":\"web\",\"vm_uuid\":\"" UUID "\"}]}";

#define ERASE_V7 ERASE_OF("/a", "overwrite", "done", "clear", "9", "9", "", "V7")
#define BEFORE IDENTITY "," SURVEY(DISK("vda", "/a", "", ""))
#define ALL_GONE BEFORE "," POWER_OFF "," ERASE_V7 "," DELETE "," GONE
#define UNLINKED_V7 ERASE_OF("/a", "none", "unsupported", "none", "0", "0", "", "V7")
#define ZERO_V7 ERASE_OF("/a", "zero-fill", "done", "clear", "9", "0", "\"platform-word\"", "V7")

static void set_facts(json_t *document, size_t vm, const char *facts)
{
	json_t *object = json_array_get(json_object_get(document, "vms"), vm);
	assert_int_equal(json_object_set_new(object, "facts", deletion_facts_of(facts)), 0);
}

static json_t *closed_document(void)
{
	struct error error = { 0 };
	json_t *document = NULL;
	int r = json_parse_canonical(
		closed_text, strlen(closed_text), "the sample", &document, &error);
	if (r != 0)
		fail_msg("%s", error.what);
	set_facts(document, 0, ALL_GONE);
	return document;
}

/* "volumes.0.present" */
static void put(json_t *document, const char *path, const char *value)
{
	char key[64], text[1024];
	json_t *object = document;
	const char *dot;
	while ((dot = strchr(path, '.')) != NULL) {
		(void)snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		object = json_is_array(object) ? json_array_get(object, (size_t)atoi(key))
					       : json_object_get(object, key);
		path = dot + 1;
	}
	assert_non_null(object);
	(void)snprintf(text, sizeof(text), "[%s]", value);
	json_t *list = json_loads(text, 0, NULL);
	assert_non_null(list);
	assert_int_equal(json_object_set(object, path, json_array_get(list, 0)), 0);
	json_decref(list);
}

#define CHANGES_MAX 4

static const struct {
	const char *what;
	const char *facts; /* of the VM; NULL: all gone */
	struct {
		const char *path, *value;
	} changes[CHANGES_MAX];
	enum tenant_stage stage;
	unsigned reasons, remarks;
	const char *left; /* with blanks between them */
} cases[] = {
	{ "everything is gone", NULL, { { 0 } }, TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "the clock a millisecond before", NULL,
		{ { "issued_utc", "\"2027-04-10T14:59:59.999Z\"" } }, TENANT_STAGE_RUNNING,
		TENANT_CONTRACT_GRACE | TENANT_VM_REMAINS | TENANT_GENERATION_REMAINS |
			TENANT_BACKUP_NOT_ASKED,
		0, "vm:M3 generation:G4 backup:nightly" },
	{ "the VM is there", BEFORE, { { 0 } }, TENANT_STAGE_REMAINING,
		TENANT_VM_REMAINS | TENANT_VOLUME_PRESENT | TENANT_DRIVE_NOT_SANITIZED, 0,
		"vm:M3 volume:V7 drive:D12" },
	{ "nothing was done to it", "", { { 0 } }, TENANT_STAGE_REMAINING,
		TENANT_VM_REMAINS | TENANT_VOLUME_PRESENT | TENANT_DRIVE_NOT_SANITIZED, 0,
		"vm:M3 volume:V7 drive:D12" },
	{ "erased and not deleted", BEFORE "," POWER_OFF "," ERASE_V7, { { 0 } },
		TENANT_STAGE_REMAINING, TENANT_VM_REMAINS, 0, "vm:M3" },
	{ "deleted, and nobody looked", BEFORE "," POWER_OFF "," ERASE_V7 "," DELETE, { { 0 } },
		TENANT_STAGE_REMAINING, TENANT_VM_REMAINS, 0, "vm:M3" },
	{ "the platform lies, and is asked",
		BEFORE "," ERASE_V7 "," DELETE "," LOOK("present", "gone", "none", ""), { { 0 } },
		TENANT_STAGE_REMAINING, TENANT_VM_REMAINS, 0, "vm:M3" },
	{ "unlinked only: the drive has it", BEFORE "," UNLINKED_V7 "," DELETE "," GONE, { { 0 } },
		TENANT_STAGE_VMS_DELETED, TENANT_DRIVE_NOT_SANITIZED, DELETION_UNLINKED,
		"drive:D12" },
	{ "unlinked only, where no drive is known", BEFORE "," UNLINKED_V7 "," DELETE "," GONE,
		{ { "places", "[]" } }, TENANT_STAGE_CLOSED, 0, DELETION_UNLINKED, "" },
	{ "unlinked, and erasure is required", BEFORE "," UNLINKED_V7 "," DELETE "," GONE,
		{ { "places", "[]" }, { "deletion.erasure", "\"required\"" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VM_NOT_ERASED, DELETION_UNLINKED, "vm:M3" },
	{ "unlinked, and the drive sanitized since", BEFORE "," UNLINKED_V7 "," DELETE "," GONE,
		{ { "places.0.why", "\"sanitized\"" }, { "places.0.certificate", "\"haiki-J\"" },
			{ "places.0.certificate_sha256",
				"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddee"
				"ff\"" } },
		TENANT_STAGE_CLOSED, 0, DELETION_UNLINKED, "" },
	{ "by the platform's word", BEFORE "," ZERO_V7 "," DELETE "," GONE, { { 0 } },
		TENANT_STAGE_CLOSED, 0, DELETION_PLATFORM_WORD, "" },
	{ "erasing failed", BEFORE "," ERASE_FAILED("/a") "," DELETE "," GONE,
		{ { "places", "[]" } }, TENANT_STAGE_VMS_DELETED, TENANT_VM_NOT_ERASED,
		DELETION_FAILED, "vm:M3" },
	{ "gone before", IDENTITY "," ABSENT "," GONE, { { "places", "[]" } }, TENANT_STAGE_CLOSED,
		0, DELETION_BY_OTHERS, "" },
	{ "gone before, and the drives have it", IDENTITY "," ABSENT "," GONE, { { 0 } },
		TENANT_STAGE_VMS_DELETED, TENANT_DRIVE_NOT_SANITIZED, DELETION_BY_OTHERS,
		"drive:D12" },
	{ "a disk is shared",
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"",
			"\"other\"")) "," ERASE_V7 "," KEPT("/base") "," DELETE "," GONE,
		{ { 0 } }, TENANT_STAGE_VMS_DELETED, TENANT_VM_SHARED, DELETION_SHARED, "vm:M3" },
	{ "it was not due",
		IDENTITY_OF("S-1", "2027-04-01", UTC, "1", "0") "," SURVEY(
			DISK("vda", "/a", "", "")) "," ERASE_V7 "," DELETE "," GONE,
		{ { 0 } }, TENANT_STAGE_VMS_DELETED, TENANT_VM_UNFOUNDED, DELETION_UNFOUNDED,
		"vm:M3" },
	{ "the facts are another VM's", NULL, { { "vms.0.uuid", "\"another\"" } },
		TENANT_STAGE_UNKNOWN, 0, 0, "*" },
	/* --- volumes and drives --- */
	{ "the volume was seen again afterwards", NULL,
		{ { "volumes.0.last_seen_utc", "\"2027-04-10T15:00:00.001Z\"" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VOLUME_PRESENT | TENANT_DRIVE_NOT_SANITIZED, 0,
		"volume:V7 drive:D12" },
	{ "a volume of no VM", NULL,
		{ { "volumes.0.id", "\"V8\"" }, { "volumes.0.vm_uuid", "\"\"" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VOLUME_PRESENT, 0, "volume:V8" },
	{ "a volume of another VM", NULL,
		{ { "volumes.0.id", "\"V8\"" }, { "volumes.0.vm_uuid", "\"other\"" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VOLUME_PRESENT, 0, "volume:V8" },
	{ "a volume that is erased by its name alone", NULL,
		{ { "volumes.0.vm_uuid", "\"\"" }, { "volumes.0.drives_known", "0" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "a volume that was there when it was looked for, on drives nobody knows", NULL,
		{ { "volumes.0.id", "\"V8\"" }, { "volumes.0.vm_uuid", "\"\"" },
			{ "volumes.0.drives_known", "0" }, { "volumes.0.present", "0" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VOLUME_NOWHERE, 0, "volume:V8" },
	{ "the drive carried another volume too", NULL,
		{ { "places.0.volumes", "[\"V7\",\"V8\"]" } }, TENANT_STAGE_VMS_DELETED,
		TENANT_DRIVE_NOT_SANITIZED, 0, "drive:D12" },
	{ "nobody knows what the drive carried", NULL, { { "places.0.volumes", "[]" } },
		TENANT_STAGE_VMS_DELETED, TENANT_DRIVE_NOT_SANITIZED, 0, "drive:D12" },
	{ "an array below, its volume erased", NULL,
		{ { "places.0.kind", "\"array\"" }, { "places.0.id", "\"A2\"" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "an array below, its volume unlinked", BEFORE "," UNLINKED_V7 "," DELETE "," GONE,
		{ { "places.0.kind", "\"array\"" }, { "places.0.id", "\"A2\"" } },
		TENANT_STAGE_CLOSED, 0, DELETION_UNLINKED, "" },
	{ "an array below that carries another volume", NULL,
		{ { "places.0.kind", "\"array\"" }, { "places.0.id", "\"A2\"" },
			{ "places.0.volumes", "[\"V7\",\"V9\"]" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VOLUME_PRESENT, 0, "array:A2" },
	{ "a copy of it", NULL,
		{ { "places.0.kind", "\"snapshot\"" }, { "places.0.id", "\"V5\"" },
			{ "places.0.why", "\"copy\"" } },
		TENANT_STAGE_VMS_DELETED, TENANT_VOLUME_PRESENT, 0, "volume:V5" },
	{ "a copy that is gone", NULL,
		{ { "places.0.kind", "\"snapshot\"" }, { "places.0.id", "\"V5\"" },
			{ "places.0.why", "\"copy\"" }, { "places.0.present", "0" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	/* --- generations and notices --- */
	{ "a generation is there", NULL, { { "generations.0.gone_utc", "\"\"" } },
		TENANT_STAGE_VOLUMES_ERASED, TENANT_GENERATION_REMAINS, 0, "generation:G4" },
	{ "the customer was not told", NULL, { { "notices.0.state", "\"failed\"" } },
		TENANT_STAGE_GENERATIONS_EXPIRED, TENANT_NOTICE_UNSENT, 0, "notice:deleted" },
	{ "the customer is to be told", NULL, { { "notices.0.state", "\"intended\"" } },
		TENANT_STAGE_GENERATIONS_EXPIRED, TENANT_NOTICE_UNSENT, 0, "notice:deleted" },
	{ "in a state of tomorrow", NULL, { { "notices.0.state", "\"lost\"" } },
		TENANT_STAGE_GENERATIONS_EXPIRED, TENANT_NOTICE_UNSENT, 0, "notice:deleted" },
	{ "nobody knows whether it left", NULL, { { "notices.0.state", "\"uncertain\"" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "an earlier one failed", NULL,
		{ { "notices.0.state", "\"failed\"" }, { "notices.0.kind", "\"before\"" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "the operator was not told", NULL,
		{ { "notices.0.state", "\"failed\"" }, { "notices.0.audience", "\"operator\"" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "nobody is told here", NULL, { { "notices", "[]" } }, TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "a generation and a notice", NULL,
		{ { "generations.0.gone_utc", "\"\"" }, { "notices.0.state", "\"failed\"" } },
		TENANT_STAGE_VOLUMES_ERASED, TENANT_GENERATION_REMAINS | TENANT_NOTICE_UNSENT, 0,
		"generation:G4 notice:deleted" },
	/* --- repositories --- */
	{ "a repository was never asked", NULL, { { "backups.0.asked_utc", "\"\"" } },
		TENANT_STAGE_VOLUMES_ERASED, TENANT_BACKUP_NOT_ASKED, 0, "backup:nightly" },
	{ "it was asked a millisecond before the VM was gone", NULL,
		{ { "backups.0.asked_utc", "\"2027-04-10T14:59:59.999Z\"" } },
		TENANT_STAGE_VOLUMES_ERASED, TENANT_BACKUP_NOT_ASKED, 0, "backup:nightly" },
	{ "it was asked when the VM was gone", NULL, { { "backups.0.asked_utc", "\"" UTC "\"" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "it was asked when this was issued", NULL,
		{ { "backups.0.asked_utc", "\"2027-04-10T15:01:00.000Z\"" } }, TENANT_STAGE_CLOSED,
		0, 0, "" },
	{ "it will have been asked", NULL,
		{ { "backups.0.asked_utc", "\"2027-04-10T15:01:00.001Z\"" } },
		TENANT_STAGE_VOLUMES_ERASED, TENANT_BACKUP_NOT_ASKED, 0, "backup:nightly" },
	{ "one of two was asked", NULL,
		{ { "backups", "[{\"asked_utc\":\"" UTC "\",\"repository\":\"a\"},"
			       "{\"asked_utc\":\"\",\"repository\":\"b\"}]" } },
		TENANT_STAGE_VOLUMES_ERASED, TENANT_BACKUP_NOT_ASKED, 0, "backup:b" },
	{ "none is configured", NULL, { { "backups", "[]" } }, TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "never asked, a generation and a notice", NULL,
		{ { "backups.0.asked_utc", "\"\"" }, { "generations.0.gone_utc", "\"\"" },
			{ "notices.0.state", "\"failed\"" } },
		TENANT_STAGE_VOLUMES_ERASED,
		TENANT_GENERATION_REMAINS | TENANT_NOTICE_UNSENT | TENANT_BACKUP_NOT_ASKED, 0,
		"generation:G4 backup:nightly notice:deleted" },
	{ "never asked, and the drive has it", BEFORE "," UNLINKED_V7 "," DELETE "," GONE,
		{ { "backups.0.asked_utc", "\"\"" } }, TENANT_STAGE_VMS_DELETED,
		TENANT_DRIVE_NOT_SANITIZED | TENANT_BACKUP_NOT_ASKED, DELETION_UNLINKED,
		"drive:D12 backup:nightly" },
	{ "never asked, and no VM to ask about", NULL,
		{ { "vms", "[]" }, { "volumes", "[]" }, { "places", "[]" },
			{ "backups.0.asked_utc", "\"\"" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	/* --- contracts --- */
	{ "another contract runs, for all", NULL,
		{ { "other_contracts", "[{\"number\":\"K-2\",\"start_day\":\"2027-04-01\",\"end_"
				       "day\":\"\",\"grace_days\":10,\"service_codes\":[]}]" } },
		TENANT_STAGE_RUNNING, TENANT_OTHER_CONTRACT, 0, "" },
	{ "another contract runs, for another service", NULL,
		{ { "other_contracts", "[{\"number\":\"K-2\",\"start_day\":\"2027-04-01\",\"end_"
				       "day\":\"\",\"grace_days\":10,\"service_codes\":[\"S-2\"]"
				       "}]" },
			{ "contract.service_codes", "[\"S-1\"]" } },
		TENANT_STAGE_CLOSED, 0, 0, "" },
	{ "another contract runs, for this service too", NULL,
		{ { "other_contracts", "[{\"number\":\"K-2\",\"start_day\":\"2027-04-01\",\"end_"
				       "day\":\"\",\"grace_days\":10,\"service_codes\":[\"S-2\","
				       "\"S-1\"]}]" },
			{ "contract.service_codes", "[\"S-1\"]" } },
		TENANT_STAGE_RUNNING, TENANT_OTHER_CONTRACT, 0, "" },
	{ "a contract for all, another for one service", NULL,
		{ { "other_contracts", "[{\"number\":\"K-2\",\"start_day\":\"2027-04-01\",\"end_"
				       "day\":\"\",\"grace_days\":10,\"service_codes\":[\"S-2\"]"
				       "}]" } },
		TENANT_STAGE_RUNNING, TENANT_OTHER_CONTRACT, 0, "" },
	{ "nothing is known", NULL,
		{ { "vms", "[]" }, { "volumes", "[]" }, { "places", "[]" },
			{ "generations", "[]" } },
		TENANT_STAGE_REMAINING, TENANT_NOTHING_KNOWN, 0, "" },
	{ "volumes and no VM", NULL, { { "vms", "[]" } }, TENANT_STAGE_REMAINING,
		TENANT_VOLUME_PRESENT | TENANT_DRIVE_NOT_SANITIZED, 0, "volume:V7 drive:D12" },
};

/* The words with blanks between them; "*" stands for any. */
static void check_left(const json_t *document, const char *what, const char *expected)
{
	AUTO_JSON json_t *left = NULL;
	char text[512] = "";
	assert_int_equal(tenant_outstanding(document, &left), 0);
	for (size_t i = 0; i < json_array_size(left); i++) {
		size_t length = strlen(text);
		(void)snprintf(text + length, sizeof(text) - length, "%s%s", i ? " " : "",
			json_string_value(json_array_get(left, i)));
	}
	if (strcmp(expected, "*") != 0 && strcmp(text, expected) != 0)
		fail_msg("%s: left is %s", what, text);
}

static void put_verdict(json_t *document)
{
	struct tenant_verdict verdict = { 0 };
	json_t *stated = NULL, *left = NULL;
	tenant_judge(document, &verdict);
	assert_int_equal(tenant_verdict_to_json(&verdict, &stated), 0);
	assert_int_equal(json_object_set_new(document, "verdict", stated), 0);
	assert_int_equal(tenant_outstanding(document, &left), 0);
	assert_int_equal(json_object_set_new(document, "outstanding", left), 0);
}

static void test_stages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *document = closed_document();
		struct tenant_verdict verdict = { 0 };
		struct error error = { 0 };
		if (cases[i].facts)
			set_facts(document, 0, cases[i].facts);
		for (size_t j = 0; j < CHANGES_MAX && cases[i].changes[j].path; j++)
			put(document, cases[i].changes[j].path, cases[i].changes[j].value);
		if (tenant_check_schema(document, &error) != 0)
			fail_msg("%s: %s", cases[i].what, error.what);
		tenant_judge(document, &verdict);
		if (verdict.stage != cases[i].stage || verdict.reasons != cases[i].reasons ||
			verdict.remarks != cases[i].remarks)
			fail_msg("%s: %s, %x, %x", cases[i].what, tenant_stage_name(verdict.stage),
				verdict.reasons, verdict.remarks);
		check_left(document, cases[i].what, cases[i].left);
		/* What is written down passes the check, but for what cannot be understood. */
		put_verdict(document);
		int result = tenant_check_judgement(document, &verdict, &error);
		assert_int_equal(result, cases[i].stage == TENANT_STAGE_UNKNOWN ? -EBADMSG : 0);
	}
}

#define UUID_2 "564d0000-0000-4000-8000-000000000002"

static void add_vm(json_t *document, const char *id, const char *uuid)
{
	json_t *vms = json_object_get(document, "vms");
	json_t *vm = json_deep_copy(json_array_get(vms, 0));
	assert_int_equal(json_put_string(vm, "id", id), 0);
	assert_int_equal(json_put_string(vm, "uuid", uuid), 0);
	assert_int_equal(json_object_set_new(vm, "facts", json_array()), 0);
	assert_int_equal(json_array_append_new(vms, vm), 0);
}

static void check_stage(const json_t *document, enum tenant_stage stage, unsigned reasons)
{
	struct tenant_verdict verdict = { 0 };
	tenant_judge(document, &verdict);
	assert_string_equal(tenant_stage_name(verdict.stage), tenant_stage_name(stage));
	assert_int_equal(verdict.reasons, reasons);
}

/* What one VM kept because another used it is gone when the other took it along. */
static void test_shared_by_two_that_go(void **state)
{
	(void)state;
	AUTO_JSON json_t *document = closed_document();
	set_facts(document, 0,
		IDENTITY "," SURVEY(DISK("vda", "/a", "\"/base\"",
			"\"" UUID_2 "\"")) "," ERASE_V7 "," KEPT("/base") "," DELETE "," GONE);
	add_vm(document, "M4", UUID_2);
	check_stage(document, TENANT_STAGE_REMAINING, TENANT_VM_REMAINS | TENANT_VM_SHARED);
	set_facts(document, 1, ABSENT "," GONE);
	check_stage(document, TENANT_STAGE_VMS_DELETED, TENANT_VM_SHARED);
	AUTO_JSON json_t *facts = deletion_facts_of(IDENTITY "," SURVEY(DISK("vda", "/b",
		"\"/base\"", "")) "," ERASE("/b") "," ERASE("/base") "," DELETE "," GONE);
	assert_int_equal(json_put_string(json_array_get(facts, 0), "uuid", UUID_2), 0);
	json_t *second = json_array_get(json_object_get(document, "vms"), 1);
	assert_int_equal(json_object_set(second, "facts", facts), 0);
	check_stage(document, TENANT_STAGE_CLOSED, 0);
	/* The same place of another platform is another place. */
	assert_int_equal(json_put_string(second, "platform", "dc2"), 0);
	check_stage(document, TENANT_STAGE_VMS_DELETED, TENANT_VM_SHARED);
}

static void test_uuid_twice(void **state)
{
	(void)state;
	AUTO_JSON json_t *document = closed_document();
	add_vm(document, "M4", UUID);
	check_stage(document, TENANT_STAGE_UNKNOWN, 0);
}

/* Asked behind the last of the VMs: the one that went later counts, wherever it stands. */
static void test_asked_about_each(void **state)
{
	(void)state;
	for (size_t later = 0; later < 2; later++) {
		AUTO_JSON json_t *document = closed_document();
		add_vm(document, "M4", UUID_2);
		set_facts(document, 1, ABSENT "," GONE);
		if (later == 0)
			set_facts(document, 0, ALL_GONE);
		check_stage(document, TENANT_STAGE_CLOSED, 0);
		json_t *vm = json_array_get(json_object_get(document, "vms"), later);
		json_t *facts = json_object_get(vm, "facts");
		json_t *look = json_array_get(facts, json_array_size(facts) - 1);
		assert_int_equal(json_put_string(look, "utc", "2027-04-10T15:00:20.001Z"), 0);
		check_stage(document, TENANT_STAGE_VOLUMES_ERASED, TENANT_BACKUP_NOT_ASKED);
	}
}

/* A VM that is there keeps it open wherever it stands among many. */
static void test_one_among_many(void **state)
{
	(void)state;
	for (size_t open = 0; open < 5; open++) {
		AUTO_JSON json_t *document = closed_document();
		for (size_t i = 1; i < 5; i++) {
			char id[8], uuid[64];
			(void)snprintf(id, sizeof(id), "M%zu", 10 + i);
			(void)snprintf(uuid, sizeof(uuid), "uuid-%zu", i);
			add_vm(document, id, uuid);
			set_facts(document, i, ABSENT "," GONE);
		}
		check_stage(document, TENANT_STAGE_CLOSED, 0);
		set_facts(document, open, ABSENT "," LOOK("unknown", "gone", "gone", ""));
		put(document, "volumes", "[]");
		put(document, "places", "[]");
		check_stage(document, TENANT_STAGE_REMAINING, TENANT_VM_REMAINS);
	}
}

static void must_be_malformed(const json_t *document, const char *what, const char *key)
{
	struct error error = { 0 };
	if (tenant_check_schema(document, &error) != -EBADMSG)
		fail_msg("%s: %s passes", key, what);
	check_stage(document, TENANT_STAGE_UNKNOWN, 0);
}

static void walk(json_t *document, json_t *value)
{
	if (json_is_array(value))
		for (size_t i = 0; i < json_array_size(value); i++)
			walk(document, json_array_get(value, i));
	if (!json_is_object(value))
		return;
	AUTO_JSON json_t *before = json_copy(value);
	const char *key;
	json_t *member;
	json_object_foreach (before, key, member) {
		assert_int_equal(json_object_del(value, key), 0);
		must_be_malformed(document, "missing", key);
		assert_int_equal(
			json_object_set_new(value, key,
				json_is_integer(member) ? json_string("1") : json_integer(1)),
			0);
		must_be_malformed(document, "another type", key);
		assert_int_equal(json_object_set(value, key, member), 0);
		walk(document, member);
	}
	assert_int_equal(json_object_set_new(value, "more", json_integer(1)), 0);
	must_be_malformed(document, "one too many", "more");
	assert_int_equal(json_object_del(value, "more"), 0);
}

static void test_every_field(void **state)
{
	(void)state;
	AUTO_JSON json_t *document = closed_document();
	put(document, "other_contracts",
		"[{\"number\":\"K-0\",\"start_day\":\"2020-04-01\",\"end_day\":\"2021-03-31\","
		"\"grace_days\":10,\"service_codes\":[\"S-1\"]}]");
	check_stage(document, TENANT_STAGE_CLOSED, 0);
	walk(document, document);
	check_stage(document, TENANT_STAGE_CLOSED, 0);
	put(document, "deletion.erasure", "\"perhaps\"");
	must_be_malformed(document, "another word", "erasure");
	put(document, "deletion.erasure", "\"required\"");
	put(document, "backups.0.repository", "\"a:b\"");
	must_be_malformed(document, "another name", "repository");
}

/* A certificate that states more than its facts give. */
static void test_what_does_not_follow(void **state)
{
	static const struct {
		const char *path, *value;
	} changes[] = {
		{ "vms.0.facts", "[]" },
		{ "verdict.stage", "\"generations-expired\"" },
		{ "verdict.remarks", "[\"unlinked\"]" },
		{ "outstanding", "[\"vm:M3\"]" },
		{ "places.0.volumes", "[]" },
		{ "notices.0.state", "\"failed\"" },
		{ "backups.0.asked_utc", "\"\"" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO_JSON json_t *document = closed_document();
		struct tenant_verdict verdict = { 0 };
		struct error error = { 0 };
		assert_int_equal(tenant_check_judgement(document, &verdict, &error), 0);
		put(document, changes[i].path, changes[i].value);
		assert_int_equal(tenant_check_judgement(document, &verdict, &error), -EBADMSG);
		assert_string_equal(error.code, "judgement-differs");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_shared_by_two_that_go),
		cmocka_unit_test(test_uuid_twice),
		cmocka_unit_test(test_asked_about_each),
		cmocka_unit_test(test_one_among_many),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_what_does_not_follow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
