/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May a VM be deleted: everything must be known and agree, and each thing that does not is its own answer. */
#include "wipe/tenant/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define UUID "6b0f3c1e-0000-4000-8000-000000000001"

static const struct due_contract ended = { "2026-04-01", "2027-03-31", 10 };
static const struct due_contract running = { "2027-04-01", "", 10 };
static const struct due_contract to_come = { "2027-05-01", "2028-04-30", 10 };
static const struct due_contract longer = { "2026-04-01", "2027-04-05", 10 };
static const struct due_contract unreadable = { "2026-04-01", "2027-02-30", 10 };

/* Due, ours, where it should be, and borne by its platform. */
static struct decide_facts good(void)
{
	return (struct decide_facts){
		.uuid = UUID,
		.in_inventory = true,
		.our_service_code = "A-web",
		.our_platform = "vc1",
		.our_tenant_id = 1,
		.code_tenant_id = 1,
		.sightings = 1,
		.all_platforms_asked = true,
		.our_platform_asked = true,
		.platform = "vc1",
		.platform_service_code = "A-web",
		.contracts = &ended,
		.contract_count = 1,
		.now_utc_ms = 0, /* set by decided() */
	};
}

/* The first millisecond of 2027-04-11 in Tokyo. */
static int64_t due_time(void)
{
	int64_t day = 0;
	assert_int_equal(day_parse("2027-04-11", &day), 0);
	return day_start_utc_ms(day);
}

static enum decision decided(struct decide_facts facts)
{
	struct due due;
	if (facts.now_utc_ms == 0)
		facts.now_utc_ms = due_time();
	return decide_vm(&facts, &due);
}

static void test_time(void **state)
{
	(void)state;
	static const struct due_contract renewed[] = { { "2026-04-01", "2027-03-31", 10 },
		{ "2027-04-01", "", 10 } };
	static const struct due_contract gap[] = { { "2026-04-01", "2027-03-31", 10 },
		{ "2027-05-01", "2028-04-30", 10 } };
	static const struct due_contract one_unreadable[] = { { "2026-04-01", "2027-03-31", 10 },
		{ "2026-04-01", "2027-02-30", 10 } };
	const struct {
		const struct due_contract *contracts;
		size_t count;
		int64_t later_ms;
		enum decision decision;
	} cases[] = {
		{ &ended, 1, 0, DECIDE_DELETE },
		{ &ended, 1, -1, DECIDE_NOT_DUE },
		{ &ended, 1, -INT64_C(400) * 24 * 3600 * 1000, DECIDE_NOT_DUE },
		{ &ended, 1, INT64_C(400) * 24 * 3600 * 1000, DECIDE_DELETE },
		{ &running, 1, 0, DECIDE_NOT_DUE },
		{ &to_come, 1, 0, DECIDE_NOT_DUE },
		{ &longer, 1, 0, DECIDE_NOT_DUE },
		{ renewed, 2, 0, DECIDE_NOT_DUE },
		{ gap, 2, 0, DECIDE_NOT_DUE },
		{ one_unreadable, 2, 0, DECIDE_CONTRACT_UNREADABLE },
		{ &unreadable, 1, 0, DECIDE_CONTRACT_UNREADABLE },
		{ NULL, 0, 0, DECIDE_NO_CONTRACT },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct decide_facts facts = good();
		facts.contracts = cases[i].contracts;
		facts.contract_count = cases[i].count;
		facts.now_utc_ms = due_time() + cases[i].later_ms;
		if (decided(facts) != cases[i].decision)
			fail_msg("case %zu: %s", i, decision_word(decided(facts)));
	}
}

/* One thing wrong each. */
static void test_what_forbids(void **state)
{
	(void)state;
#define WRONG(expected, ...)                                                                       \
	do {                                                                                       \
		struct decide_facts f = good();                                                    \
		__VA_ARGS__;                                                                       \
		if (decided(f) != (expected))                                                      \
			fail_msg("%s: %s", #__VA_ARGS__, decision_word(decided(f)));               \
	} while (0)
	WRONG(DECIDE_DELETE, (void)f);
	WRONG(DECIDE_NOT_IN_INVENTORY, f.in_inventory = false);
	WRONG(DECIDE_BACK, f.gone = true);
	WRONG(DECIDE_GONE, f.gone = true; f.sightings = 0);
	WRONG(DECIDE_HOLD, f.hold = 1);
	WRONG(DECIDE_HOLD, f.hold = -5); /* it could not be told */
	WRONG(DECIDE_TENANT_DIFFERS, f.code_tenant_id = 2);
	WRONG(DECIDE_TENANT_DIFFERS, f.code_tenant_id = 0);
	WRONG(DECIDE_TENANT_DIFFERS, f.our_tenant_id = 0; f.code_tenant_id = 0);
	WRONG(DECIDE_TENANT_DIFFERS, f.linked_tenant_id = 2);
	WRONG(DECIDE_TENANT_DIFFERS, f.linked_tenant_id = -1);
	WRONG(DECIDE_DELETE, f.linked_tenant_id = 1);
	WRONG(DECIDE_UUID_TWICE, f.sightings = 2);
	WRONG(DECIDE_PLATFORM_DIFFERS, f.platform = "vc2");
	WRONG(DECIDE_PLATFORM_DIFFERS, f.platform = "VC1");
	WRONG(DECIDE_UNKNOWN, f.platform = "");
	WRONG(DECIDE_DELETE, f.our_platform = "");
	WRONG(DECIDE_DELETE, f.all_platforms_asked = false);
	WRONG(DECIDE_UNKNOWN, f.our_platform = ""; f.all_platforms_asked = false);
	WRONG(DECIDE_CODE_MISSING, f.platform_service_code = "");
	WRONG(DECIDE_CODE_MISSING, f.platform_service_code = NULL);
	WRONG(DECIDE_CODE_DIFFERS, f.platform_service_code = "a-web");
	WRONG(DECIDE_CODE_DIFFERS, f.platform_service_code = "A-web ");
	WRONG(DECIDE_UNKNOWN, f.our_service_code = ""; f.platform_service_code = "");
	/* Nobody has it. */
	WRONG(DECIDE_ABSENT, f.sightings = 0; f.platform = "");
	WRONG(DECIDE_UNKNOWN, f.sightings = 0; f.all_platforms_asked = false);
	WRONG(DECIDE_PLATFORM_DIFFERS, f.sightings = 0; f.our_platform_asked = false);
	WRONG(DECIDE_UUID_DIFFERS, f.sightings = 0; f.code_elsewhere = true);
	WRONG(DECIDE_HOLD, f.sightings = 0; f.hold = 1);
	WRONG(DECIDE_ABSENT, f.sightings = 0; f.our_platform = ""; f.our_platform_asked = false);
	/* A hold that is not due yet is nobody's business. */
	WRONG(DECIDE_NOT_DUE, f.hold = 1; f.contracts = &running);
#undef WRONG
}

static void test_nothing_known(void **state)
{
	(void)state;
	struct decide_facts nothing = { 0 };
	struct due due;
	assert_int_equal(decide_vm(&nothing, &due), DECIDE_NOT_IN_INVENTORY);
	assert_int_equal(due.state, DUE_UNKNOWN);
	nothing.in_inventory = true;
	assert_int_not_equal(decide_vm(&nothing, NULL), DECIDE_DELETE);
	assert_int_equal(DECIDE_UNKNOWN, 0);
}

/* The due time comes with every answer, also of a VM that nobody entered. */
static void test_due_is_told(void **state)
{
	(void)state;
	struct decide_facts facts = good();
	struct due due;
	facts.now_utc_ms = due_time() + 5;
	facts.in_inventory = false;
	assert_int_equal(decide_vm(&facts, &due), DECIDE_NOT_IN_INVENTORY);
	assert_int_equal(due.state, DUE_NOW);
	assert_int_equal(due.due_utc_ms, due_time());
}

static void test_words(void **state)
{
	(void)state;
	for (int i = DECIDE_UNKNOWN; i <= DECIDE_ABSENT; i++)
		for (int j = DECIDE_UNKNOWN; j < i; j++)
			assert_string_not_equal(
				decision_word((enum decision)i), decision_word((enum decision)j));
	assert_string_equal(decision_word((enum decision)99), "unknown");
	assert_false(decision_is_refusal(DECIDE_DELETE));
	assert_false(decision_is_refusal(DECIDE_NOT_DUE));
	assert_false(decision_is_refusal(DECIDE_ABSENT));
	assert_true(decision_is_refusal(DECIDE_HOLD));
	assert_true(decision_is_refusal((enum decision)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_what_forbids),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_due_is_told),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
