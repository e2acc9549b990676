/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What losing members does, by tables: what the array bears now, and what it bears without them. */
#include "inventory/assets/redundancy.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Members are spelled: a letter for the state (A active, R rebuilding, S spare, F faulty, J journal, ?
 * unknown, X replacement), a digit for the slot ('-': none), '!' when it is taken away. */
static size_t spell(const char *text, struct redundancy_member *ret)
{
	static const char letters[] = "?ARXSFJ";
	size_t count = 0;
	for (const char *at = text; *at; at++) {
		if (*at == ' ')
			continue;
		const char *letter = strchr(letters, *at++);
		assert_non_null(letter);
		ret[count].state = (enum member_state)(letter - letters);
		ret[count].slot = *at == '-' ? -1 : *at - '0';
		ret[count].goes = at[1] == '!';
		at += ret[count].goes ? 1 : 0;
		count++;
	}
	return count;
}

struct row {
	const char *level;
	int64_t layout;
	unsigned device_count;
	const char *sync_action;
	const char *members;
	enum redundancy_verdict verdict;
	int left_now, left_after;
};

#define NEAR2 0x102
#define NEAR3 0x103
#define FAR2 0x201
#define FAR2_SETS (0x201 | 2 << 17)
#define OFFSET2 (0x201 | 1 << 16)

static const struct row rows[] = {
	{ "raid0", -1, 2, "", "A0! A1", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid0", -1, 2, "", "A1", REDUNDANCY_BROKEN, -1, -1 },
	{ "linear", -1, 3, "", "A0 A1 A2!", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid1", -1, 2, "idle", "A0! A1", REDUNDANCY_LAST, 1, 0 },
	{ "raid1", -1, 3, "idle", "A0! A1 A2", REDUNDANCY_GOES_ON, 2, 1 },
	{ "raid1", -1, 3, "idle", "A0! A1! A2", REDUNDANCY_LAST, 2, 0 },
	{ "raid1", -1, 2, "idle", "A0!", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid1", -1, 2, "recover", "A0 R1!", REDUNDANCY_UNTOUCHED, 0, 0 },
	{ "raid1", -1, 2, "recover", "A0! R1", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid1", -1, 2, "resync", "A0 A1!", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid4", -1, 3, "idle", "A0 A1 A2!", REDUNDANCY_LAST, 1, 0 },
	{ "raid5", -1, 3, "idle", "A0 A1! A2", REDUNDANCY_LAST, 1, 0 },
	{ "raid5", -1, 3, "check", "A0 A1! A2", REDUNDANCY_LAST, 1, 0 },
	{ "raid5", -1, 3, "idle", "A0 A1! A2 S-", REDUNDANCY_LAST, 1, 0 },
	{ "raid5", -1, 3, "idle", "A0 A1 A2 S-!", REDUNDANCY_UNTOUCHED, 1, 1 },
	{ "raid5", -1, 3, "idle", "A0 A1!", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid5", -1, 3, "recover", "A0 A1! R2", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid5", -1, 3, "idle", "A0 A1 F-!", REDUNDANCY_UNTOUCHED, 0, 0 },
	{ "raid5", -1, 3, "idle", "A0 F-!", REDUNDANCY_BROKEN, -1, -1 },
	{ "raid5", -1, 3, "reshape", "A0 A1 A2!", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid5", -1, 3, "idle", "A0 A1 A2 J-!", REDUNDANCY_UNKNOWN, 1, 1 },
	{ "raid5", -1, 3, "idle", "A0 A1 ?2!", REDUNDANCY_UNKNOWN, 0, 0 },
	/* Two partitions of one drive in one array. */
	{ "raid5", -1, 3, "idle", "A0! A1! A2", REDUNDANCY_DESTROYED, 1, -1 },
	{ "raid6", -1, 4, "idle", "A0! A1 A2 A3", REDUNDANCY_GOES_ON, 2, 1 },
	{ "raid6", -1, 4, "idle", "A0! A1! A2 A3", REDUNDANCY_LAST, 2, 0 },
	{ "raid6", -1, 4, "idle", "A0! A1 A2", REDUNDANCY_LAST, 1, 0 },
	/* The one that replaces another is full when it is active in the same place. */
	{ "raid5", -1, 3, "recover", "A0 A1 A2! X2", REDUNDANCY_LAST, 1, 0 },
	{ "raid5", -1, 3, "idle", "A0 A1 A2! A2", REDUNDANCY_GOES_ON, 1, 1 },
	/* Pairs 0+1 and 2+3. */
	{ "raid10", NEAR2, 4, "idle", "A0! A1 A2 A3", REDUNDANCY_LAST, 1, 0 },
	{ "raid10", NEAR2, 4, "idle", "A0! A1 A2! A3", REDUNDANCY_LAST, 1, 0 },
	{ "raid10", NEAR2, 4, "idle", "A0! A1! A2 A3", REDUNDANCY_DESTROYED, 1, -1 },
	{ "raid10", NEAR2, 4, "idle", "A1 A2! A3", REDUNDANCY_LAST, 0, 0 },
	{ "raid10", NEAR2, 4, "idle", "A1! A2 A3", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid10", NEAR2, 4, "idle", "A2 A3", REDUNDANCY_BROKEN, -1, -1 },
	{ "raid10", NEAR3, 3, "idle", "A0! A1 A2", REDUNDANCY_GOES_ON, 2, 1 },
	/* An odd number of places: each shares chunks with both its neighbours. */
	{ "raid10", NEAR2, 3, "idle", "A0! A1! A2", REDUNDANCY_DESTROYED, 1, -1 },
	{ "raid10", NEAR2, 5, "idle", "A0! A1 A2! A3 A4", REDUNDANCY_LAST, 1, 0 },
	{ "raid10", NEAR2, 5, "idle", "A0! A1 A2 A3 A4!", REDUNDANCY_DESTROYED, 1, -1 },
	/* The far copy is one place on, around. */
	{ "raid10", FAR2, 4, "idle", "A0! A1 A2! A3", REDUNDANCY_LAST, 1, 0 },
	{ "raid10", FAR2, 4, "idle", "A0! A1 A2 A3!", REDUNDANCY_DESTROYED, 1, -1 },
	{ "raid10", FAR2, 4, "idle", "A0 A1! A2! A3", REDUNDANCY_DESTROYED, 1, -1 },
	{ "raid10", OFFSET2, 4, "idle", "A0 A1! A2! A3", REDUNDANCY_DESTROYED, 1, -1 },
	/* Far copies among two neighbours only. */
	{ "raid10", FAR2_SETS, 4, "idle", "A0 A1! A2! A3", REDUNDANCY_LAST, 1, 0 },
	{ "raid10", FAR2_SETS, 4, "idle", "A0! A1! A2 A3", REDUNDANCY_DESTROYED, 1, -1 },
	/* Its first try, which put both copies on one place when the sets were that small. */
	{ "raid10", 0x201 | 1 << 17, 2, "idle", "A0! A1", REDUNDANCY_DESTROYED, 0, -1 },
	{ "raid10", 0x201 | 1 << 17, 4, "idle", "A0! A1! A2 A3", REDUNDANCY_DESTROYED, 1, -1 },
	{ "raid10", -1, 4, "idle", "A0! A1 A2 A3", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid10", 0, 4, "idle", "A0! A1 A2 A3", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid10", 0x505, 4, "idle", "A0! A1 A2 A3", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid10", 0x102 | 3 << 17, 4, "idle", "A0! A1 A2 A3", REDUNDANCY_UNKNOWN, -1, -1 },
	/* What only lists drives, and what nobody knows. */
	{ "container", -1, 2, "", "A0! A1", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "zfs", -1, 2, "", "A0! A1", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "", -1, 2, "", "A0! A1", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid5", -1, 0, "", "A0! A1", REDUNDANCY_UNKNOWN, -1, -1 },
	{ "raid5", -1, 4000000000, "", "A0! A1", REDUNDANCY_UNKNOWN, -1, -1 },
	/* A slot beyond the array's is no place of it. */
	{ "raid1", -1, 2, "idle", "A0! A7", REDUNDANCY_DESTROYED, 0, -1 },
};

static void each_row_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct redundancy_member members[16] = { 0 };
		const struct redundancy_question question = {
			.level = rows[i].level,
			.layout = rows[i].layout,
			.device_count = rows[i].device_count,
			.sync_action = rows[i].sync_action,
			.members = members,
			.count = spell(rows[i].members, members),
		};
		struct redundancy redundancy;
		redundancy_judge(&question, &redundancy);
		if (redundancy.verdict != rows[i].verdict ||
			redundancy.left_now != rows[i].left_now ||
			redundancy.left_after != rows[i].left_after)
			fail_msg("row %zu, %s %s: verdict %d, left %d, then %d", i, rows[i].level,
				rows[i].members, redundancy.verdict, redundancy.left_now,
				redundancy.left_after);
	}
}

static void copies_and_gaps_are_counted(void **state)
{
	(void)state;
	struct redundancy_member members[4] = { { 0, MEMBER_ACTIVE, false },
		{ 1, MEMBER_ACTIVE, true }, { 2, MEMBER_REBUILDING, false } };
	const struct redundancy_question question = { "raid1", -1, 3, "recover", members, 3 };
	struct redundancy redundancy;
	redundancy_judge(&question, &redundancy);
	assert_int_equal(redundancy.copies_now, 2);
	assert_int_equal(redundancy.copies_after, 1);
	assert_int_equal(redundancy.missing, 1);
}

/* Whatever RAID10 lays out, two copies bear the loss of any one place, and not of all. */
static void any_layout_of_two_copies_bears_one_loss(void **state)
{
	static const int64_t layouts[] = { NEAR2, FAR2, OFFSET2, FAR2_SETS };
	(void)state;
	for (size_t l = 0; l < ARRAY_SIZE(layouts); l++)
		for (unsigned count = 2; count < 10; count++)
			for (unsigned goes = 0; goes < count; goes++) {
				struct redundancy_member members[10] = { 0 };
				for (unsigned i = 0; i < count; i++)
					members[i] = (struct redundancy_member){ (int)i,
						MEMBER_ACTIVE, i == goes };
				const struct redundancy_question question = { "raid10", layouts[l],
					count, "idle", members, count };
				struct redundancy redundancy;
				redundancy_judge(&question, &redundancy);
				assert_int_equal(redundancy.left_now, 1);
				assert_int_equal(redundancy.verdict, REDUNDANCY_LAST);
			}
}

static void words_come_back(void **state)
{
	(void)state;
	for (int i = MEMBER_UNKNOWN; i <= MEMBER_JOURNAL; i++)
		assert_int_equal(member_state_parse(member_state_name((enum member_state)i)), i);
	assert_int_equal(member_state_parse("in_sync"), MEMBER_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_table),
		cmocka_unit_test(copies_and_gaps_are_counted),
		cmocka_unit_test(any_layout_of_two_copies_bears_one_loss),
		cmocka_unit_test(words_come_back),
	};
	return cmocka_run_group_tests_name("redundancy", tests, NULL, NULL);
}
