/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is recorded as encrypted from its first write counts only while nothing speaks against it; and
 * copies of LUKS headers stay known until they are destroyed. */
#include "inventory/assets/encryption.h"

#include "inventory/assets/drives.h"
#include "inventory/assets/key_copies.h"
#include "inventory/assets/volumes.h"
#include "tests/support/store_fixture.h"
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795406400123)
#define UUID "11111111-2222-3333-4444-5555555555ab"
#define UUID_CAPITAL "11111111-2222-3333-4444-5555555555AB"
#define OTHER_UUID "99999999-2222-3333-4444-555555555555"

static const struct drive_identity identity = {
	.wwn = "naa.5000c500a1b2c3d4",
	.serial = "ZA1234",
	.model = "ST4000NM",
	.capacity_bytes = 4000 * MIB,
	.logical_sector_bytes = 512,
};

static struct store *store_of(void **state)
{
	return ((struct store_fixture *)*state)->store;
}

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void run_sql(struct store *store, const char *sql)
{
	struct error error = { 0 };
	ok(store_execute(store, sql, NULL, 0, NULL, &error), &error);
}

static struct signature of(
	enum signature_usage usage, const char *type, unsigned partition, uint64_t offset)
{
	struct signature signature = { .usage = usage,
		.offset_bytes = offset,
		.length_bytes = MIB,
		.partition_number = partition };
	(void)snprintf(signature.type, sizeof(signature.type), "%s", type);
	if (usage == SIGNATURE_CRYPTO)
		memcpy(signature.uuid, UUID, sizeof(UUID));
	return signature;
}

/* The drive as a scan saw it. */
static struct subject see(struct store *store, struct signature *items, size_t count)
{
	struct error error = { 0 };
	const struct native_capacity native = { 0 };
	const struct signature_list list = { items, count, false };
	const struct drive_seen seen = { .identity = &identity,
		.native = &native,
		.signatures = &list,
		.host = "h1",
		.utc_ms = NOW };
	struct subject subject = { SUBJECT_DRIVE, 0 };
	ok(drives_record(store, &seen, &subject.id, &error), &error);
	return subject;
}

static struct subject see_luks(struct store *store)
{
	struct signature items[] = { of(SIGNATURE_CRYPTO, "crypto_LUKS", 0, 0) };
	return see(store, items, ARRAY_SIZE(items));
}

static void record(struct store *store, const struct subject *subject)
{
	struct error error = { 0 };
	ok(encryption_record(
		   store, subject, "LUKS since delivery, by PXE role", "T-17", NOW, &error),
		&error);
}

static enum encryption_state state_of(struct store *store, const struct signature_list *now)
{
	struct error error = { 0 };
	struct encryption found = { .state = ENCRYPTION_STANDS };
	ok(drives_encrypted_from_first_write(store, &identity, now, &found, &error), &error);
	return found.state;
}

/* ---- encrypted from first write ---- */

static void test_nobody_said(void **state)
{
	struct store *store = store_of(state);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_UNKNOWN);
	see_luks(store);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_UNKNOWN);
}

static void test_recorded_and_revoked(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct encryption found;
	struct subject drive = see_luks(store);
	record(store, &drive);
	ok(drives_encrypted_from_first_write(store, &identity, NULL, &found, &error), &error);
	assert_int_equal(found.state, ENCRYPTION_STANDS);
	assert_string_equal(found.basis, "LUKS since delivery, by PXE role");
	assert_string_equal(found.ticket, "T-17");
	assert_true(found.actor[0] != '\0');
	assert_int_equal(found.utc_ms, NOW);
	ok(encryption_revoke(store, &drive, "it was used before", NOW, &error), &error);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_REVOKED);
	assert_int_equal(encryption_revoke(store, &drive, "again", NOW, &error), -EALREADY);
	record(store, &drive);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_STANDS);
}

/* What was written after a sanitization, nobody has said anything of. */
static void test_ends_with_sanitization(void **state)
{
	static const char *const ends[] = { "sanitized", "reused" };
	struct store *store = store_of(state);
	struct subject drive = see_luks(store);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char sql[512];
		record(store, &drive);
		assert_int_equal(state_of(store, NULL), ENCRYPTION_STANDS);
		(void)snprintf(sql, sizeof(sql),
			"INSERT INTO event SELECT max(id) + 1, %" PRId64 ", 'x', 'drive', %" PRId64
			", 'custody', '{\"from\":\"sanitizing\",\"to\":\"%s\"}' FROM event",
			NOW, drive.id, ends[i]);
		run_sql(store, sql);
		assert_int_equal(state_of(store, NULL), ENCRYPTION_ENDED);
	}
	record(store, &drive);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_STANDS);
}

static void test_contradicted_by_what_stands_there(void **state)
{
	struct store *store = store_of(state);
	struct subject drive = see_luks(store);
	record(store, &drive);
	const struct signature luks = of(SIGNATURE_CRYPTO, "crypto_LUKS", 1, MIB);
	const struct signature table = of(SIGNATURE_PARTITION_TABLE, "gpt", 0, 0);
	const struct signature first = of(SIGNATURE_PARTITION, "83", 1, MIB);
	const struct signature second = of(SIGNATURE_PARTITION, "83", 2, 2 * MIB);
	const struct signature nested = of(SIGNATURE_PARTITION_TABLE, "dos", 1, MIB);
	const struct signature plain = of(SIGNATURE_FILESYSTEM, "ext4", 0, 0);
	const struct signature raid = of(SIGNATURE_RAID, "LVM2_member", 0, 0);
	const struct {
		struct signature items[4];
		size_t count;
		enum encryption_state state;
	} cases[] = {
		{ { luks }, 1, ENCRYPTION_STANDS },
		{ { table, first, luks }, 3, ENCRYPTION_STANDS },
		{ { table, first, second, luks }, 4, ENCRYPTION_CONTRADICTED },
		{ { table, first }, 2, ENCRYPTION_CONTRADICTED },
		{ { table, first, luks, nested }, 4, ENCRYPTION_CONTRADICTED },
		{ { luks, plain }, 2, ENCRYPTION_CONTRADICTED },
		{ { luks, raid }, 2, ENCRYPTION_CONTRADICTED },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct signature items[4];
		memcpy(items, cases[i].items, sizeof(items));
		const struct signature_list list = { items, cases[i].count, false };
		assert_int_equal(state_of(store, &list), cases[i].state);
		/* The same from the last scan. */
		see(store, items, cases[i].count);
		assert_int_equal(state_of(store, NULL), cases[i].state);
	}
	struct signature one = luks;
	const struct signature_list cut = { &one, 1, true };
	assert_int_equal(state_of(store, &cut), ENCRYPTION_CONTRADICTED);
}

static void stand_on(struct store *store, const char *kind, int64_t volume, int64_t drive)
{
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO volume (id, key, kind, name, uuid, size_bytes, host, "
		"first_seen_utc_ms,"
		" last_seen_utc_ms, present) VALUES (%" PRId64 ", 'k%" PRId64
		"', '%s', 'n', '" UUID_CAPITAL "', 0, 'h1', 1, 1, 1)",
		volume, volume, kind);
	run_sql(store, sql);
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO stands_on VALUES ('volume', %" PRId64 ", 'drive', %" PRId64
		", 0, -1, '', 1, 1, 1)",
		volume, drive);
	run_sql(store, sql);
}

/* It left, but it was there. */
static void test_contradicted_by_what_stood_there(void **state)
{
	struct store *store = store_of(state);
	struct subject drive = see_luks(store);
	record(store, &drive);
	stand_on(store, "luks", 1, drive.id);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_STANDS);
	stand_on(store, "lv", 2, drive.id);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_CONTRADICTED);
}

/* Said of the volume that takes the whole drive; of one on a partition it says nothing of the rest. */
static void test_said_of_the_volume(void **state)
{
	struct store *store = store_of(state);
	struct subject drive = see_luks(store), volume = { SUBJECT_VOLUME, 1 };
	stand_on(store, "luks", 1, drive.id);
	record(store, &volume);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_UNKNOWN); /* it has left */
	run_sql(store, "UPDATE stands_on SET left_utc_ms = NULL");
	assert_int_equal(state_of(store, NULL), ENCRYPTION_STANDS);
	run_sql(store, "UPDATE stands_on SET partition_number = 1");
	assert_int_equal(state_of(store, NULL), ENCRYPTION_UNKNOWN);
}

/* Made anew with another header while no scan looked: who knows what was written in between. */
static void test_said_of_a_volume_that_is_no_more(void **state)
{
	struct store *store = store_of(state);
	struct signature luks = of(SIGNATURE_CRYPTO, "crypto_LUKS", 0, 0);
	const struct signature_list now = { &luks, 1, false }, nothing = { 0 };
	struct subject drive = see_luks(store), volume = { SUBJECT_VOLUME, 1 };
	stand_on(store, "luks", 1, drive.id);
	run_sql(store, "UPDATE stands_on SET left_utc_ms = NULL");
	record(store, &volume);
	assert_int_equal(state_of(store, &now), ENCRYPTION_STANDS);
	memcpy(luks.uuid, OTHER_UUID, sizeof(OTHER_UUID));
	assert_int_equal(state_of(store, &now), ENCRYPTION_CONTRADICTED);
	luks.uuid[0] = '\0';
	assert_int_equal(state_of(store, &now), ENCRYPTION_CONTRADICTED);
	run_sql(store, "UPDATE volume SET uuid = ''"); /* nobody can tell whose header it is */
	assert_int_equal(state_of(store, &now), ENCRYPTION_CONTRADICTED);
	assert_int_equal(state_of(store, &nothing), ENCRYPTION_CONTRADICTED);
}

static void test_wrong_words(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct subject drive = see_luks(store), tenant = { SUBJECT_TENANT, 1 },
		       unknown = { SUBJECT_DRIVE, 77 };
	char long_text[400];
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(encryption_record(store, &drive, "", "", NOW, &error), -EINVAL);
	assert_int_equal(encryption_record(store, &drive, "  ", "", NOW, &error), -EINVAL);
	assert_int_equal(encryption_record(store, &drive, NULL, "", NOW, &error), -EINVAL);
	assert_int_equal(encryption_record(store, &drive, long_text, "", NOW, &error), -EINVAL);
	assert_int_equal(encryption_record(store, &drive, "b", long_text, NOW, &error), -EINVAL);
	assert_int_equal(encryption_record(store, &tenant, "b", "", NOW, &error), -EINVAL);
	assert_int_equal(encryption_record(store, &unknown, "b", "", NOW, &error), -ENOENT);
	assert_int_equal(encryption_revoke(store, &drive, "r", NOW, &error), -EALREADY);
	assert_int_equal(state_of(store, NULL), ENCRYPTION_UNKNOWN);
}

/* ---- copies of headers ---- */

static size_t copies(struct store *store, const char *uuid, bool with_destroyed)
{
	struct error error = { 0 };
	AUTO_KEY_COPIES struct key_copy_list list = { 0 };
	ok(key_copies_list(store, uuid, with_destroyed, &list, &error), &error);
	return list.count;
}

static void test_copy_until_destroyed(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	AUTO_KEY_COPIES struct key_copy_list list = { 0 };
	int64_t id = 0, again = 0;
	ok(key_copies_record(store, UUID_CAPITAL, "h1:/root/h.img", NOW, &id, &error), &error);
	ok(key_copies_record(store, UUID, "h1:/root/h.img", NOW, &again, &error), &error);
	assert_int_equal(id, again);
	assert_int_equal(copies(store, UUID, false), 1);
	assert_int_equal(copies(store, UUID_CAPITAL, false), 1);
	assert_int_equal(copies(store, OTHER_UUID, false), 0);
	assert_int_equal(copies(store, NULL, false), 1);
	assert_int_equal(key_copies_destroyed(store, id, "", NOW, &error), -EINVAL);
	ok(key_copies_destroyed(store, id, "shredded, seen by B", NOW, &error), &error);
	assert_int_equal(copies(store, UUID, false), 0);
	ok(key_copies_list(store, UUID, true, &list, &error), &error);
	assert_int_equal(list.count, 1);
	assert_true(list.items[0].destroyed);
	assert_string_equal(list.items[0].how, "shredded, seen by B");
	assert_string_equal(list.items[0].place, "h1:/root/h.img");
	assert_string_equal(list.items[0].uuid, UUID);
	assert_int_equal(key_copies_destroyed(store, id, "again", NOW, &error), -EALREADY);
	assert_int_equal(key_copies_destroyed(store, 77, "what", NOW, &error), -ENOENT);
	/* It is there again. */
	ok(key_copies_record(store, UUID, "h1:/root/h.img", NOW, &again, &error), &error);
	assert_int_equal(copies(store, UUID, false), 1);
}

/* As an import enters them: by their own UUID, or by what they were copied from. */
static void test_imported_copies(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	const struct volume_seen luks = { .key = "luks:" UUID, .kind = VOLUME_LUKS };
	const struct volume_seen named = {
		.key = "header:h:/1", .kind = VOLUME_HEADER_BACKUP, .uuid = UUID_CAPITAL
	};
	const struct volume_seen derived = {
		.key = "header:h:/2", .kind = VOLUME_HEADER_BACKUP, .origin_key = "luks:" UUID
	};
	ok(volumes_record(store, &luks, NOW, NULL, &error), &error);
	ok(volumes_record(store, &named, NOW, NULL, &error), &error);
	ok(volumes_record(store, &derived, NOW, NULL, &error), &error);
	assert_int_equal(copies(store, UUID, false), 2);
	assert_int_equal(copies(store, OTHER_UUID, false), 0);
}

static void test_wrong_copies(void **state)
{
	static const char *const uuids[] = { "", "1", "11111111-2222-3333-4444-5555555555a",
		"11111111-2222-3333-4444-5555555555abc", "11111111x2222-3333-4444-5555555555ab",
		"g1111111-2222-3333-4444-5555555555ab" };
	struct store *store = store_of(state);
	struct error error = { 0 };
	int64_t id = 0;
	for (size_t i = 0; i < ARRAY_SIZE(uuids); i++)
		assert_int_equal(
			key_copies_record(store, uuids[i], "p", NOW, &id, &error), -EINVAL);
	assert_int_equal(key_copies_record(store, UUID, "", NOW, &id, &error), -EINVAL);
	assert_int_equal(copies(store, NULL, true), 0);
}

/* A header whose keys a job destroyed stands on a drive again: that is a copy, known once. */
static void test_header_that_came_back(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct signature items[] = { of(SIGNATURE_CRYPTO, "crypto_LUKS", 0, 0) };
	const struct signature_list list = { items, 1, false };
	AUTO_KEY_COPIES struct key_copy_list found = { 0 };
	size_t count = 7;
	ok(key_copies_look(store, &identity, &list, NOW, &count, &error), &error);
	assert_int_equal(count, 0);
	ok(key_copies_note_erased(store, UUID_CAPITAL, "J1", NOW, &error), &error);
	ok(key_copies_note_erased(store, UUID, "J1", NOW, &error), &error);
	assert_int_equal(store_fixture_number(store,
				 "SELECT count(*) FROM event WHERE action = 'keys-destroyed'"),
		1);
	for (int i = 0; i < 2; i++) {
		ok(key_copies_look(store, &identity, &list, NOW, &count, &error), &error);
		assert_int_equal(count, 1);
		assert_int_equal(copies(store, UUID, false), 1);
	}
	assert_int_equal(store_fixture_number(store,
				 "SELECT count(*) FROM event WHERE action = 'key-copy-recorded'"),
		1);
	ok(key_copies_list(store, UUID, false, &found, &error), &error);
	assert_string_equal(found.items[0].place, "ST4000NM ZA1234 " UUID);
	/* Destroyed, and back again. */
	ok(key_copies_destroyed(store, found.items[0].id, "wiped", NOW, &error), &error);
	assert_int_equal(copies(store, UUID, false), 0);
	ok(key_copies_look(store, &identity, &list, NOW, &count, &error), &error);
	assert_int_equal(copies(store, UUID, false), 1);
	/* Another volume's header is no copy of this one. */
	memcpy(items[0].uuid, OTHER_UUID, sizeof(OTHER_UUID));
	ok(key_copies_look(store, &identity, &list, NOW, &count, &error), &error);
	assert_int_equal(count, 0);
}

#define CASE(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nobody_said),
		CASE(test_recorded_and_revoked),
		CASE(test_ends_with_sanitization),
		CASE(test_contradicted_by_what_stands_there),
		CASE(test_contradicted_by_what_stood_there),
		CASE(test_said_of_the_volume),
		CASE(test_said_of_a_volume_that_is_no_more),
		CASE(test_wrong_words),
		CASE(test_copy_until_destroyed),
		CASE(test_imported_copies),
		CASE(test_wrong_copies),
		CASE(test_header_that_came_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
