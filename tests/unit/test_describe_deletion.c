/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a VM's deletion in words: what was not erased never reads as if it had been. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the standard ones */
#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/describe.c"
#include "cli/describe_deletion.c"
#include "cli/format.c"
#include "cli/output.c"
#include "cli/table.c"

static const struct {
	const char *fact, *step, *text;
} cases[] = {
	{ "{\"due_utc\":\"2027-04-10T15:00:00.000Z\",\"fact\":\"identity\",\"name\":\"web\","
	  "\"platform\":\"dc1\","
	  "\"service_code\":\"S1\"}",
		"identified", "web on dc1, service code S1, due 2027-04-11" },
	{ "{\"disks\":[{},{}],\"fact\":\"survey\",\"generations\":[\"a\"],\"power\":\"on\","
	  "\"snapshots\":[]}",
		"surveyed", "running; disks: 2, snapshots: 0, generations: 1" },
	{ "{\"fact\":\"survey\",\"power\":\"dreaming\"}", "surveyed",
		"power unknown; disks: 0, snapshots: 0, generations: 0" },
	{ "{\"fact\":\"power-off\",\"result\":\"done\"}", "switched off", "" },
	{ "{\"fact\":\"power-off\",\"result\":\"was-off\"}", "switched off",
		"it was switched off before" },
	{ "{\"fact\":\"snapshots\",\"removed\":3}", "snapshots removed", "3" },
	{ "{\"bytes\":1000,\"fact\":\"erase\",\"method\":\"overwrite\",\"place\":\"/"
	  "a\",\"result\":\"done\","
	  "\"volume\":\"V7\"}",
		"disk erased", "/a V7: overwritten and read back, 1.0 kB" },
	{ "{\"fact\":\"erase\",\"method\":\"crypto-erase\",\"place\":\"/a\",\"result\":\"done\"}",
		"disk erased", "/a: its keys were destroyed" },
	{ "{\"fact\":\"erase\",\"method\":\"zero-fill\",\"place\":\"/a\",\"result\":\"done\"}",
		"disk erased", "/a: zeros, by the platform's word" },
	{ "{\"fact\":\"erase\",\"method\":\"none\",\"place\":\"/"
	  "a\",\"reason\":\"old\",\"result\":\"unsupported\"}",
		"disk not erased", "/a: cannot be erased there; it is unlinked only (old)" },
	{ "{\"fact\":\"erase\",\"method\":\"none\",\"place\":\"/a\",\"result\":\"kept\"}",
		"disk not erased", "/a: kept: another VM uses it" },
	{ "{\"fact\":\"erase\",\"method\":\"overwrite\",\"place\":\"/a\",\"result\":\"failed\"}",
		"disk not erased", "/a: failed" },
	{ "{\"fact\":\"erase\",\"method\":\"overwrite\",\"place\":\"/a\",\"result\":\"Done\"}",
		"disk not erased", "/a: failed" },
	{ "{\"fact\":\"erase\",\"method\":\"overwrite\",\"place\":\"/a\"}", "disk not erased",
		"/a: failed" },
	{ "{\"fact\":\"erase\",\"method\":\"none\",\"place\":\"/a\",\"result\":\"done\"}",
		"disk not erased", "/a: failed" },
	{ "{\"answer\":\"success\",\"fact\":\"delete\"}", "deletion asked for",
		"the platform answered: success" },
	{ "{\"datastore\":\"present\",\"fact\":\"look\",\"hypervisor\":\"gone\",\"left\":[\"/a\"],"
	  "\"storage\":\"unknown\"}",
		"asked again",
		"hypervisor: gone, datastore: still there, storage: unknown; still there: 1" },
	{ "{\"fact\":\"absent\"}", "was not there", "" },
	{ "{\"fact\":\"refused\",\"reason\":\"uuid-twice\"}", "refused",
		"its UUID is there twice" },
	{ "{\"fact\":\"refused\",\"reason\":\"new\"}", "refused", "new" },
	{ "{\"fact\":\"failed\",\"message\":\"no space\",\"step\":\"erase\"}", "failed",
		"erase: no space" },
	{ "{\"fact\":\"of-tomorrow\"}", "of-tomorrow", "" },
	{ "{}", "", "" },
};

static void test_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *fact = NULL;
		AUTO_BUFFER struct buffer text = BUFFER_INIT(4 * KIB);
		assert_int_equal(
			json_parse(cases[i].fact, strlen(cases[i].fact), "fact", &fact, NULL), 0);
		assert_string_equal(describe_fact_step(fact), cases[i].step);
		assert_int_equal(describe_fact(fact, &text), 0);
		assert_string_equal(buffer_text(&text), cases[i].text);
	}
}

static void test_remarks(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer none = BUFFER_INIT(4 * KIB);
	AUTO_BUFFER struct buffer all = BUFFER_INIT(4 * KIB);
	assert_int_equal(describe_deletion_remarks(0, &none), 0);
	assert_string_equal(buffer_text(&none), "");
	/* Each remark that there is has words. */
	for (unsigned bit = 0; bit < DELETION_REMARKS; bit++) {
		size_t before = all.length;
		assert_int_equal(describe_deletion_remarks(1U << bit, &all), 0);
		assert_true(all.length > before);
	}
}

int main(void)
{
	setlocale(LC_ALL, "C");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_remarks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
