/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbering facts. */
#include "tests/support/deletion_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* after the standard ones */
#include <cmocka.h>

json_t *deletion_facts_of(const char *text)
{
	char list[16384];
	json_error_t why;
	assert_true((size_t)snprintf(list, sizeof(list), "[%s]", text) < sizeof(list));
	json_t *facts = json_loads(list, 0, &why);
	if (!facts)
		fail_msg("%s at %d: %s", why.text, why.position, list);
	for (size_t i = 0; i < json_array_size(facts); i++) {
		json_t *fact = json_array_get(facts, i);
		assert_int_equal(json_put_integer(fact, "seq", (int64_t)i + 1), 0);
		assert_int_equal(json_put_string(fact, "utc", UTC), 0);
	}
	return facts;
}
