/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tenant's certificate: every field is asked for, and the stage follows from the lists and nothing
 * else. */
#include "verify/tenant/tenant.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

/* Everything is gone, a day after the days of grace. */
static const char closed_text[] =
	"{\"clock\":{\"max_error_us\":100,\"synchronised\":1},"
	"\"contract\":{\"end_day\":\"2026-11-12\",\"grace_days\":10,\"number\":\"K-1\","
	"\"start_day\":\"2020-04-01\"},"
	"\"format\":\"haiki-tenant-certificate\",\"format_version\":1,"
	"\"generations\":[{\"created_utc\":\"2026-11-01T14:00:00.000Z\","
	"\"expires_utc\":\"2026-11-08T14:00:00.000Z\",\"gone_utc\":\"2026-11-09T00:00:00.000Z\","
	"\"id\":\"G4\",\"key\":\"b/4\",\"place\":\"store 2\",\"size_bytes\":9,\"vm_uuid\":\"\"}],"
	"\"issued_utc\":\"2026-11-22T15:00:00.000Z\","
	"\"issuer\":{\"account\":\"login:a (1000)\",\"name\":\"\",\"organisation\":\"例示市\","
	"\"place\":\"\",\"ticket\":\"\",\"title\":\"\"},"
	"\"ledger\":{\"key\":\"haiki/"
	"752cd9de5845daa0+9aabb28d+AT70dx1a89X+VXqlpVfjGTn0Y3cxsM9ltnBlenfnLzbh\","
	"\"origin\":\"haiki/752cd9de5845daa0\"},"
	"\"name\":\"haiki-C9-1\","
	"\"other_contracts\":[{\"end_day\":\"2025-03-31\",\"grace_days\":10,\"number\":\"K-0\","
	"\"start_day\":\"2019-04-01\"}],"
	"\"outstanding\":[],"
	"\"places\":[{\"certificate\":\"haiki-J20261120-AAAAAA-12\",\"certificate_sha256\":"
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"id\":\"D12\","
	"\"kind\":\"drive\",\"model\":\"M\",\"name\":\"ZA1\",\"present\":1,\"state\":\"sanitized\","
	"\"why\":\"sanitized\"}],"
	"\"supersedes\":\"\","
	"\"tenant\":{\"code\":\"CITY-A\",\"name\":\"例示市\",\"service_codes\":[\"S1\"],"
	"\"zone\":\"municipal\"},"
	"\"tool\":{\"build\":\"b\",\"name\":\"haiki\",\"version\":\"0.1.0\"},"
	"\"verdict\":{\"reasons\":[],\"stage\":\"closed\"},"
	"\"volumes\":[{\"drives_known\":1,\"id\":\"V7\",\"kind\":\"lv\","
	"\"last_seen_utc\":\"2026-11-12T00:00:00.000Z\",\"name\":\"vg/web\",\"present\":0,"
	"\"size_bytes\":1,\"uuid\":\"\",\"vm_name\":\"web\",\"vm_uuid\":\"u\"}]}";

static json_t *closed_document(void)
{
	struct error error = { 0 };
	json_t *document = NULL;
	int r = json_parse_canonical(
		closed_text, strlen(closed_text), "the sample", &document, &error);
	if (r != 0)
		fail_msg("%s", error.what);
	return document;
}

/* "volumes.0.present" */
static json_t *at(json_t *document, const char *path, char key[static 64])
{
	json_t *object = document;
	const char *dot;
	while ((dot = strchr(path, '.')) != NULL) {
		(void)snprintf(key, 64, "%.*s", (int)(dot - path), path);
		object = json_is_array(object) ? json_array_get(object, (size_t)atoi(key))
					       : json_object_get(object, key);
		path = dot + 1;
	}
	(void)snprintf(key, 64, "%s", path);
	assert_non_null(object);
	return object;
}

/* value: JSON of one value, "\"x\"" or "1"; NULL takes the field away. */
static void put(json_t *document, const char *path, const char *value)
{
	char key[64], text[256];
	json_t *object = at(document, path, key);
	if (!value) {
		assert_int_equal(json_object_del(object, key), 0);
		return;
	}
	(void)snprintf(text, sizeof(text), "[%s]", value);
	json_t *list = json_loads(text, 0, NULL);
	assert_non_null(list);
	assert_int_equal(json_object_set(object, key, json_array_get(list, 0)), 0);
	json_decref(list);
}

static void stages(void **state)
{
	static const struct {
		const char *path, *value;
		enum tenant_stage stage;
		unsigned reasons;
		const char *left; /* first of what is outstanding, NULL: nothing */
	} cases[] = {
		{ "name", "\"haiki-C9-1\"", TENANT_STAGE_CLOSED, 0, NULL },
		/* 15:00 UTC is midnight in Tokyo: the 23rd, the first day after the grace. */
		{ "issued_utc", "\"2026-11-22T14:59:59.999Z\"", TENANT_STAGE_RUNNING,
			TENANT_CONTRACT_GRACE, NULL },
		{ "issued_utc", "\"2026-11-12T15:00:00.000Z\"", TENANT_STAGE_RUNNING,
			TENANT_CONTRACT_GRACE, NULL },
		{ "issued_utc", "\"2026-11-12T14:59:59.999Z\"", TENANT_STAGE_RUNNING,
			TENANT_CONTRACT_RUNNING, NULL },
		{ "contract.end_day", "\"\"", TENANT_STAGE_RUNNING, TENANT_CONTRACT_RUNNING, NULL },
		{ "contract.grace_days", "3650", TENANT_STAGE_RUNNING, TENANT_CONTRACT_GRACE,
			NULL },
		/* What cannot be is not over. */
		{ "contract.grace_days", "3651", TENANT_STAGE_RUNNING, TENANT_CONTRACT_RUNNING,
			NULL },
		{ "contract.grace_days", "9223372036854775807", TENANT_STAGE_RUNNING,
			TENANT_CONTRACT_RUNNING, NULL },
		{ "contract.start_day", "\"2026-11-13\"", TENANT_STAGE_RUNNING,
			TENANT_CONTRACT_RUNNING, NULL },
		{ "other_contracts.0.grace_days", "9223372036854775807", TENANT_STAGE_RUNNING,
			TENANT_OTHER_CONTRACT, NULL },
		{ "contract.grace_days", "0", TENANT_STAGE_CLOSED, 0, NULL },
		{ "other_contracts.0.end_day", "\"\"", TENANT_STAGE_RUNNING, TENANT_OTHER_CONTRACT,
			NULL },
		{ "other_contracts.0.end_day", "\"2026-11-13\"", TENANT_STAGE_RUNNING,
			TENANT_OTHER_CONTRACT, NULL },
		{ "volumes.0.present", "1", TENANT_STAGE_REMAINING, TENANT_VOLUME_PRESENT,
			"volume:V7" },
		{ "volumes.0.drives_known", "0", TENANT_STAGE_REMAINING, TENANT_VOLUME_NOWHERE,
			"volume:V7" },
		{ "places.0.why", "\"left\"", TENANT_STAGE_REMAINING, TENANT_DRIVE_NOT_SANITIZED,
			"drive:D12" },
		{ "places.0.why", "\"labelled\"", TENANT_STAGE_REMAINING,
			TENANT_DRIVE_NOT_SANITIZED, "drive:D12" },
		{ "places.0.why", "\"a word of tomorrow\"", TENANT_STAGE_REMAINING,
			TENANT_DRIVE_NOT_SANITIZED, "drive:D12" },
		{ "places.0.certificate", "\"\"", TENANT_STAGE_REMAINING,
			TENANT_DRIVE_NO_CERTIFICATE, "drive:D12" },
		{ "places.0.certificate_sha256", "\"\"", TENANT_STAGE_REMAINING,
			TENANT_DRIVE_NO_CERTIFICATE, "drive:D12" },
		{ "places.0.state", "\"destroyed\"", TENANT_STAGE_CLOSED, 0, NULL },
		/* What lies on drives matters while it is there. */
		{ "places.0.kind", "\"array\"", TENANT_STAGE_REMAINING, TENANT_VOLUME_PRESENT,
			"drive:D12" },
		{ "generations.0.gone_utc", "\"\"", TENANT_STAGE_VOLUMES_ERASED,
			TENANT_GENERATION_REMAINS, "generation:G4" },
		/* What is to be gone later is there. */
		{ "generations.0.gone_utc", "\"2026-11-22T15:00:00.001Z\"",
			TENANT_STAGE_VOLUMES_ERASED, TENANT_GENERATION_REMAINS, "generation:G4" },
		{ "generations.0.gone_utc", "\"2026-11-22T15:00:00.000Z\"", TENANT_STAGE_CLOSED, 0,
			NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *document = closed_document();
		AUTO_JSON json_t *left = NULL;
		struct tenant_verdict verdict = { 0 };
		put(document, cases[i].path, cases[i].value);
		tenant_judge(document, &verdict);
		if (verdict.stage != cases[i].stage || verdict.reasons != cases[i].reasons)
			fail_msg("%s %s: %s, %x", cases[i].path, cases[i].value,
				tenant_stage_name(verdict.stage), verdict.reasons);
		assert_int_equal(tenant_outstanding(document, &left), 0);
		assert_int_equal(json_array_size(left), cases[i].left ? 1 : 0);
		if (cases[i].left)
			assert_string_equal(
				json_string_value(json_array_get(left, 0)), cases[i].left);
	}
}

static void nothing_known_closes_nothing(void **state)
{
	static const char *const lists[] = { "volumes", "places", "generations" };
	struct tenant_verdict verdict = { 0 };
	AUTO_JSON json_t *document = closed_document();
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		tenant_judge(document, &verdict);
		assert_int_equal(verdict.stage, TENANT_STAGE_CLOSED);
		put(document, lists[i], "[]");
	}
	tenant_judge(document, &verdict);
	assert_int_equal(verdict.stage, TENANT_STAGE_REMAINING);
	assert_int_equal(verdict.reasons, TENANT_NOTHING_KNOWN);
}

static void what_is_left_is_told_once(void **state)
{
	AUTO_JSON json_t *document = closed_document();
	AUTO_JSON json_t *left = NULL;
	(void)state;
	put(document, "volumes.0.present", "1");
	put(document, "places.0.kind", "\"lv\"");
	put(document, "places.0.id", "\"V7\"");
	assert_int_equal(tenant_outstanding(document, &left), 0);
	assert_int_equal(json_array_size(left), 1);
}

/* Every list item counts: an open one anywhere keeps it open, whatever stands before and behind. */
static void an_open_item_anywhere_keeps_it_open(void **state)
{
	static const struct {
		const char *list, *key, *value;
	} cases[] = {
		{ "volumes", "present", "1" },
		{ "places", "why", "\"carries\"" },
		{ "generations", "gone_utc", "\"\"" },
		{ "other_contracts", "end_day", "\"\"" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t open = 0; open < 7; open++) {
			AUTO_JSON json_t *document = closed_document();
			struct tenant_verdict verdict = { 0 };
			char path[96];
			json_t *list = json_object_get(document, cases[i].list);
			for (size_t j = 1; j < 7; j++)
				assert_int_equal(json_array_append_new(list,
							 json_deep_copy(json_array_get(list, 0))),
					0);
			tenant_judge(document, &verdict);
			assert_int_equal(verdict.stage, TENANT_STAGE_CLOSED);
			(void)snprintf(
				path, sizeof(path), "%s.%zu.%s", cases[i].list, open, cases[i].key);
			put(document, path, cases[i].value);
			tenant_judge(document, &verdict);
			assert_int_not_equal(verdict.stage, TENANT_STAGE_CLOSED);
		}
}

static void walk(json_t *document, json_t *object, const char *where);

static void change_field(json_t *document, json_t *object, const char *where, const char *key)
{
	json_t *kept = json_incref(json_object_get(object, key));
	struct error error = { 0 };
	struct tenant_verdict verdict = { 0 };
	assert_int_equal(json_object_del(object, key), 0);
	if (tenant_check_schema(document, &error) != -EBADMSG)
		fail_msg("%s.%s may be missing", where, key);
	tenant_judge(document, &verdict);
	assert_int_equal(verdict.stage, TENANT_STAGE_UNKNOWN);
	json_t *other = json_is_string(kept) ? json_integer(1) : json_string("x");
	assert_int_equal(json_object_set_new(object, key, other), 0);
	if (tenant_check_schema(document, &error) != -EBADMSG)
		fail_msg("%s.%s may be of another type", where, key);
	assert_int_equal(json_object_set_new(object, key, kept), 0);
	if (json_is_object(kept))
		walk(document, kept, key);
	for (size_t i = 0; i < json_array_size(kept); i++)
		if (json_is_object(json_array_get(kept, i)))
			walk(document, json_array_get(kept, i), key);
}

/* Each field of every object is needed, of its type, and no other may be there. */
static void walk(json_t *document, json_t *object, const char *where)
{
	const char *keys[32];
	size_t count = 0;
	const char *key;
	json_t *value;
	struct error error = { 0 };
	/* What is put back goes to the end: the names are taken first. */
	json_object_foreach (object, key, value)
		keys[count++] = key;
	for (size_t i = 0; i < count; i++) {
		char *name = strdup(keys[i]);
		keys[i] = name;
	}
	for (size_t i = 0; i < count; i++)
		change_field(document, object, where, keys[i]);
	assert_int_equal(json_object_set_new(object, "zzz", json_integer(1)), 0);
	if (tenant_check_schema(document, &error) != -EBADMSG)
		fail_msg("%s may have an unknown field", where);
	assert_int_equal(json_object_del(object, "zzz"), 0);
	assert_int_equal(tenant_check_schema(document, &error), 0);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)keys[i]);
}

static void every_field_is_asked_for(void **state)
{
	AUTO_JSON json_t *document = closed_document();
	(void)state;
	walk(document, document, "certificate");
}

static void another_version_is_told(void **state)
{
	AUTO_JSON json_t *document = closed_document();
	struct error error = { 0 };
	(void)state;
	put(document, "format_version", "3");
	assert_int_equal(tenant_check_schema(document, &error), -EBADMSG);
	assert_string_equal(error.code, "certificate-newer");
	/* Version 2 has more fields. */
	put(document, "format_version", "2");
	assert_int_equal(tenant_check_schema(document, &error), -EBADMSG);
	assert_string_equal(error.code, "json-field");
	put(document, "format_version", "1");
	put(document, "format", "\"haiki-certificate\"");
	assert_int_equal(tenant_check_schema(document, &error), -EBADMSG);
	assert_string_equal(error.code, "certificate-malformed");
}

/* What it states must be what follows. */
static void a_stage_that_does_not_follow_is_refused(void **state)
{
	static const struct {
		const char *path, *value;
	} cases[] = {
		{ "volumes.0.present", "1" },
		{ "verdict.stage", "\"volumes-erased\"" },
		{ "verdict.reasons", "[\"volume-present\"]" },
		{ "outstanding", "[\"volume:V7\"]" },
		{ "volumes.0.present", "2" },
	};
	struct error error = { 0 };
	struct tenant_verdict verdict = { 0 };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *document = closed_document();
		assert_int_equal(tenant_check_judgement(document, &verdict, &error), 0);
		assert_int_equal(verdict.stage, TENANT_STAGE_CLOSED);
		put(document, cases[i].path, cases[i].value);
		assert_int_equal(tenant_check_judgement(document, &verdict, &error), -EBADMSG);
		assert_string_equal(error.code, "judgement-differs");
	}
}

static void names_of_stages(void **state)
{
	(void)state;
	for (int i = TENANT_STAGE_UNKNOWN; i <= TENANT_STAGE_CLOSED; i++)
		assert_int_equal(tenant_stage_parse(tenant_stage_name((enum tenant_stage)i)), i);
	assert_int_equal(tenant_stage_parse("Closed"), TENANT_STAGE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages),
		cmocka_unit_test(nothing_known_closes_nothing),
		cmocka_unit_test(what_is_left_is_told_once),
		cmocka_unit_test(an_open_item_anywhere_keeps_it_open),
		cmocka_unit_test(every_field_is_asked_for),
		cmocka_unit_test(another_version_is_told),
		cmocka_unit_test(a_stage_that_does_not_follow_is_refused),
		cmocka_unit_test(names_of_stages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
