/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kinds of platforms share: words, and the survey to JSON and back. */
#include "wipe/platform/platform.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char survey_text[] =
	"{\"disks\":[{\"chain\":[\"[ds1] a/a.vmdk\"],\"id\":\"2000\",\"kind\":\"vmdk\","
	"\"place\":\"[ds1] a/a-000001.vmdk\",\"shared_with\":[\"42\"],\"size_bytes\":1048576}],"
	"\"fact\":\"survey\",\"files\":[\"[ds1] a/a.nvram\"],\"power\":\"suspended\","
	"\"snapshots\":[\"before\"]}";

static json_t *parse(const char *text)
{
	json_t *value = NULL;
	struct error error = { 0 };
	assert_int_equal(json_parse(text, strlen(text), "test", &value, &error), 0);
	return value;
}

static void test_survey_comes_back(void **state)
{
	(void)state;
	AUTO_JSON json_t *survey = parse(survey_text);
	AUTO_MACHINE struct machine machine = { 0 };
	struct error error = { 0 };
	assert_int_equal(machine_from_json(survey, &machine, &error), 0);
	assert_int_equal(machine.power, MACHINE_SUSPENDED);
	assert_int_equal(machine.disk_count, 1);
	assert_int_equal(machine.disks[0].size_bytes, 1048576);
	assert_string_equal(machine.disks[0].shared_with[0], "42");
	AUTO_JSON json_t *again = NULL;
	assert_int_equal(machine_to_json(&machine, &again), 0);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	assert_int_equal(json_write_canonical(again, &text), 0);
	assert_string_equal(buffer_text(&text), survey_text);
}

/* A survey that lost a part must not be taken for a VM that has less. */
static void test_what_is_missing_is_no_survey(void **state)
{
	(void)state;
	static const char *const of_survey[] = { "disks", "files", "power", "snapshots" };
	static const char *const of_disk[] = { "chain", "id", "kind", "place", "shared_with",
		"size_bytes" };
	for (size_t i = 0; i < ARRAY_SIZE(of_survey) + ARRAY_SIZE(of_disk); i++) {
		AUTO_JSON json_t *survey = parse(survey_text);
		AUTO_MACHINE struct machine machine = { 0 };
		struct error error = { 0 };
		if (i < ARRAY_SIZE(of_survey))
			json_object_del(survey, of_survey[i]);
		else
			json_object_del(json_array_get(json_object_get(survey, "disks"), 0),
				of_disk[i - ARRAY_SIZE(of_survey)]);
		assert_int_equal(machine_from_json(survey, &machine, &error), -EBADMSG);
		assert_string_equal(error.code, "survey-malformed");
		assert_null(machine.disks);
	}
}

static void test_what_is_odd_is_no_survey(void **state)
{
	(void)state;
	static const char *const odd[] = {
		"{\"disks\":[],\"files\":[],\"power\":\"ON\",\"snapshots\":[]}",
		"{\"disks\":[1],\"files\":[],\"power\":\"on\",\"snapshots\":[]}",
		"{\"disks\":[],\"files\":[1],\"power\":\"on\",\"snapshots\":[]}",
		"{\"disks\":[],\"files\":[\"\"],\"power\":\"on\",\"snapshots\":[]}",
		"{\"disks\":[],\"files\":[],\"power\":\"on\",\"snapshots\":{}}",
		"{\"disks\":[{\"chain\":[],\"id\":\"\",\"kind\":\"vmdk\",\"place\":\"a\","
		"\"shared_with\":[],\"size_bytes\":1}],\"files\":[],\"power\":\"on\","
		"\"snapshots\":[]}",
		"{\"disks\":[{\"chain\":[],\"id\":\"1\",\"kind\":\"vmdk\",\"place\":\"a\","
		"\"shared_with\":[],\"size_bytes\":-1}],\"files\":[],\"power\":\"on\","
		"\"snapshots\":[]}",
	};
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		AUTO_JSON json_t *survey = parse(odd[i]);
		AUTO_MACHINE struct machine machine = { 0 };
		struct error error = { 0 };
		assert_int_equal(machine_from_json(survey, &machine, &error), -EBADMSG);
		assert_string_equal(error.code, "survey-malformed");
	}
	AUTO_JSON json_t *array = parse("[]");
	AUTO_MACHINE struct machine machine = { 0 };
	assert_int_equal(machine_from_json(array, &machine, NULL), -EBADMSG);
}

static void test_zero_is_unknown(void **state)
{
	(void)state;
	const struct machine_look look = { 0 };
	const struct machine machine = { 0 };
	assert_string_equal(presence_name(look.hypervisor), "unknown");
	assert_string_equal(machine_power_name(machine.power), "unknown");
	assert_string_equal(presence_name(PRESENCE_GONE), "gone");
	assert_string_equal(presence_name(PRESENCE_PRESENT), "present");
	assert_string_equal(presence_name(PRESENCE_NONE), "none");
	assert_string_equal(presence_name((enum presence)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_survey_comes_back),
		cmocka_unit_test(test_what_is_missing_is_no_survey),
		cmocka_unit_test(test_what_is_odd_is_no_survey),
		cmocka_unit_test(test_zero_is_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
