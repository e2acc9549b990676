/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives in a real store: one row for each, found by who they are, with holds that cannot be
 * slipped. */
#include "inventory/assets/drive_labels.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)

static const struct drive_identity disk = {
	.wwn = "naa.5000c500a1b2c3d4",
	.serial = "ZA1234",
	.vendor = "SEAGATE",
	.model = "ST4000NM",
	.firmware = "SN04",
	.transport = TRANSPORT_SCSI,
	.media = MEDIA_MAGNETIC,
	.zoned = ZONED_NONE,
	.capacity_bytes = UINT64_C(4000787030016),
	.logical_sector_bytes = 512,
	.physical_sector_bytes = 4096,
	.name = "sdb",
	.devnum = 2064,
	.disk_sequence = 17,
};

static const struct native_capacity native = {
	.source = NATIVE_SCSI_CAPACITY,
	.native_bytes = UINT64_C(4000787030016),
	.sector_bytes = 512,
};

/* -- helpers -- */

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static int64_t record(
	struct store *store, const struct drive_identity *identity, const char *host, int64_t now)
{
	struct error error = { 0 };
	int64_t id = 0;
	const struct drive_seen seen = {
		.identity = identity, .native = &native, .host = host, .utc_ms = now
	};
	ok(drives_record(store, &seen, &id, &error), &error);
	return id;
}

/* The ids found, "1 2 "; in the order of the list. */
static const char *found_ids(struct store *store, const char *word)
{
	static char text[256];
	struct error error = { 0 };
	AUTO_DRIVES struct drive_list list = { 0 };
	ok(word ? drives_find(store, word, &list, &error) : drives_list(store, &list, &error),
		&error);
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++) {
		size_t length = strlen(text);
		(void)snprintf(text + length, sizeof(text) - length, "%d ", (int)list.items[i].id);
	}
	return text;
}

static void find_one(struct store *store, const char *word, struct drive_record *ret)
{
	struct error error = { 0 };
	AUTO_DRIVES struct drive_list list = { 0 };
	ok(drives_find(store, word, &list, &error), &error);
	assert_int_equal(list.count, 1);
	*ret = list.items[0];
}

/* -- recording -- */

static void test_record_and_read(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct drive_identity identity = disk;
	identity.read_only = true;
	identity.is_virtual = true;
	(void)strcpy(identity.backing, "/var/tmp/it's \xE5\xBB\x83.img");
	int64_t id = 0;
	const struct drive_seen seen = {
		.identity = &identity,
		.native = &native,
		.probe_error = "could not probe",
		.host = "host-1",
		.utc_ms = NOW,
	};
	ok(drives_record(fixture->store, &seen, &id, &error), &error);
	assert_int_equal(id, 1);
	store_fixture_reopen(fixture, STORE_READ);
	struct drive_record record = { 0 };
	find_one(fixture->store, "D1", &record);
	assert_int_equal(record.id, 1);
	assert_true(identity_same(&identity, &record.identity, NULL, 0));
	assert_string_equal(record.identity.vendor, identity.vendor);
	assert_string_equal(record.identity.firmware, identity.firmware);
	assert_string_equal(record.identity.name, "sdb");
	assert_string_equal(record.identity.backing, identity.backing);
	assert_int_equal(record.identity.transport, TRANSPORT_SCSI);
	assert_int_equal(record.identity.media, MEDIA_MAGNETIC);
	assert_int_equal(record.identity.zoned, ZONED_NONE);
	assert_true(record.identity.read_only);
	assert_true(record.identity.is_virtual);
	assert_int_equal(record.identity.logical_sector_bytes, 512);
	assert_int_equal(record.identity.physical_sector_bytes, 4096);
	assert_int_equal(record.identity.devnum, 2064);
	assert_int_equal(record.identity.disk_sequence, 17);
	assert_int_equal(record.native.source, NATIVE_SCSI_CAPACITY);
	assert_true(record.native.native_bytes == native.native_bytes);
	assert_int_equal(record.native.sector_bytes, 512);
	assert_string_equal(record.host, "host-1");
	assert_string_equal(record.last_error, "could not probe");
	assert_string_equal(record.zone, "");
	assert_true(record.first_seen_utc_ms == NOW);
	assert_true(record.last_seen_utc_ms == NOW);
	assert_true(record.present);
	assert_true(record.probed_utc_ms == 0);
}

static void test_refresh(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	const char *sightings = "SELECT count(*) FROM sighting";
	struct drive_identity identity = disk;
	int64_t id = record(store, &identity, "host-1", NOW);
	ok(drives_set_labels(store, id, "A-77", "municipal", NULL, "SVC1", NOW, &error), &error);
	assert_int_equal(store_fixture_number(store, sightings), 1);
	/* The same again adds nothing. */
	assert_int_equal(record(store, &identity, "host-1", NOW + 1), id);
	assert_int_equal(store_fixture_number(store, sightings), 1);
	/* Anything that moved is a sighting, and the row follows. */
	(void)strcpy(identity.firmware, "SN05");
	assert_int_equal(record(store, &identity, "host-1", NOW + 2), id);
	(void)strcpy(identity.name, "sdc");
	assert_int_equal(record(store, &identity, "host-1", NOW + 3), id);
	identity.capacity_bytes /= 2;
	assert_int_equal(record(store, &identity, "host-1", NOW + 4), id);
	assert_int_equal(record(store, &identity, "host-2", NOW + 5), id);
	assert_int_equal(store_fixture_number(store, sightings), 5);
	struct drive_record record = { 0 };
	find_one(store, "ZA1234", &record);
	assert_string_equal(record.identity.firmware, "SN05");
	assert_string_equal(record.identity.name, "sdc");
	assert_string_equal(record.host, "host-2");
	assert_true(record.identity.capacity_bytes == identity.capacity_bytes);
	assert_true(record.first_seen_utc_ms == NOW);
	assert_true(record.last_seen_utc_ms == NOW + 5);
	/* What people entered stays. */
	assert_string_equal(record.asset_number, "A-77");
	assert_string_equal(record.zone, "municipal");
	assert_string_equal(record.tenant, "");
	assert_string_equal(record.service_code, "SVC1");
}

/* Another WWN, serial or model is another drive. */
static void test_key(void **state)
{
	struct store_fixture *fixture = *state;
	struct drive_identity other = disk;
	assert_int_equal(record(fixture->store, &disk, "h", NOW), 1);
	(void)strcpy(other.serial, "za1234");
	assert_int_equal(record(fixture->store, &other, "h", NOW), 2);
	other = disk;
	(void)strcpy(other.model, "ST4000NM ");
	assert_int_equal(record(fixture->store, &other, "h", NOW), 3);
	other = disk;
	other.wwn[0] = '\0';
	assert_int_equal(record(fixture->store, &other, "h", NOW), 4);
	assert_int_equal(record(fixture->store, &disk, "h", NOW), 1);
}

static void test_without_key(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct drive_identity nobody = disk;
	nobody.serial[0] = '\0';
	nobody.wwn[0] = '\0';
	const struct drive_seen seen = {
		.identity = &nobody, .native = &native, .host = "h", .utc_ms = NOW
	};
	assert_int_equal(drives_record(fixture->store, &seen, NULL, &error), -EINVAL);
	assert_string_equal(error.code, "identity-missing");
	assert_string_equal(found_ids(fixture->store, NULL), "");
}

static void test_absent(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct drive_identity other = disk;
	(void)strcpy(other.serial, "OTHER");
	record(fixture->store, &disk, "host-1", NOW);
	record(fixture->store, &other, "host-2", NOW);
	ok(drives_mark_absent(fixture->store, "host-1", NOW, &error), &error);
	struct drive_record record_now = { 0 };
	find_one(fixture->store, "D1", &record_now);
	assert_true(record_now.present);
	ok(drives_mark_absent(fixture->store, "host-1", NOW + 1, &error), &error);
	find_one(fixture->store, "D1", &record_now);
	assert_false(record_now.present);
	find_one(fixture->store, "D2", &record_now);
	assert_true(record_now.present);
	record(fixture->store, &disk, "host-1", NOW - 50); /* the clock was set back */
	find_one(fixture->store, "D1", &record_now);
	assert_true(record_now.present);
}

/* -- finding -- */

static void test_find(void **state)
{
	struct store_fixture *fixture = *state;
	struct drive_identity twin = disk;
	struct drive_identity named_like_an_id = disk;
	(void)strcpy(twin.wwn, "naa.5000c500a1b2c3d5");
	(void)strcpy(named_like_an_id.serial, "D1");
	(void)strcpy(named_like_an_id.wwn, "");
	struct error error = { 0 };
	record(fixture->store, &disk, "h", NOW);
	record(fixture->store, &twin, "h", NOW);
	record(fixture->store, &named_like_an_id, "h", NOW);
	const struct drive_facts first = { .site = "tokyo", .rack = "R1", .slot = "4" };
	const struct drive_facts second = { .site = "osaka", .rack = "R1", .slot = "4" };
	const struct drive_facts third = { .rack = "R1", .slot = "14" };
	ok(drives_describe(fixture->store, 1, &first, NOW, &error), &error);
	ok(drives_describe(fixture->store, 2, &second, NOW, &error), &error);
	ok(drives_describe(fixture->store, 3, &third, NOW, &error), &error);
	static const struct {
		const char *word;
		const char *expected;
	} cases[] = {
		{ "ZA1234", "1 2 " },
		{ "za1234", "" },
		{ "ZA123", "" },
		{ "ZA12345", "" },
		{ "ZA%", "" },
		{ "", "" },
		{ "sdb", "" },
		{ "naa.5000c500a1b2c3d5", "2 " },
		{ "naa.5000C500A1B2C3D5", "2 " },
		{ "naa.5000c500", "" },
		{ "D2", "2 " },
		{ "D1", "1 3 " },
		{ "d2", "" },
		{ "D02", "" },
		{ "D2 ", "" },
		{ "D+2", "" },
		{ "D-1", "" },
		{ "D0", "" },
		{ "D", "" },
		{ "D99999999999999999999", "" },
		{ "1", "" },
		{ "R1/4", "1 2 " },
		{ "tokyo/R1/4", "1 " },
		{ "osaka/R1/4", "2 " },
		{ "R1/14", "3 " },
		{ "/R1/14", "" },
		{ "R1", "" },
		{ "4", "" },
		{ "R1/", "" },
		{ "r1/4", "" },
		{ "tokyo/R1", "" },
		{ "kyo/R1/4", "" },
		{ "' OR '1'='1", "" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (strcmp(found_ids(fixture->store, cases[i].word), cases[i].expected) != 0)
			fail_msg("\"%s\" found %s", cases[i].word,
				found_ids(fixture->store, cases[i].word));
}

static void test_list_order(void **state)
{
	struct store_fixture *fixture = *state;
	static const struct {
		const char *host;
		const char *name;
	} places[] = {
		{ "b", "sda" },
		{ "a", "sdaa" },
		{ "a", "sdb" },
		{ "a", "loop10" },
		{ "a", "loop2" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct drive_identity identity = disk;
		(void)snprintf(identity.serial, sizeof(identity.serial), "S%zu", i);
		(void)snprintf(identity.name, sizeof(identity.name), "%s", places[i].name);
		record(fixture->store, &identity, places[i].host, NOW);
	}
	assert_string_equal(found_ids(fixture->store, NULL), "3 2 5 4 1 ");
}

/* A text that does not fit was not written by us; cut short, it would be another serial. */
static void test_text_too_long(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct drive_list list = { 0 };
	record(fixture->store, &disk, "h", NOW);
	store_fixture_tamper(fixture,
		"UPDATE drive SET serial = serial || "
		"'0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789'");
	assert_int_equal(drives_list(fixture->store, &list, &error), -EBADMSG);
	assert_string_equal(error.code, "store-corrupt");
	assert_null(list.items);
}

/* -- labels -- */

static void test_labels(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	char long_text[65];
	int64_t id = record(store, &disk, "h", NOW);
	ok(drives_set_labels(store, id, "A-1", "private", "T1", "S1", NOW, &error), &error);
	/* A zone that is set does not change by a label alone. */
	assert_int_equal(drives_set_labels(store, id, "A-3", "", NULL, NULL, NOW, &error), -EPERM);
	assert_string_equal(error.code, "zone-set");
	const struct drive_facts correction = {
		.zone = "", .service_code = "S'2", .reason = "typed wrongly"
	};
	ok(drives_describe(store, id, &correction, NOW, &error), &error);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[64] = '\0';
	assert_int_equal(
		drives_set_labels(store, id, "A-2", long_text, NULL, NULL, NOW, &error), -EINVAL);
	assert_string_equal(error.code, "label-too-long");
	assert_int_equal(
		drives_set_labels(store, id, "A-2", "\xFF", NULL, NULL, NOW, &error), -EINVAL);
	assert_int_equal(
		drives_set_labels(store, id + 1, "A-2", NULL, NULL, NULL, NOW, &error), -ENOENT);
	assert_string_equal(error.code, "drive-unknown");
	struct drive_record record_now = { 0 };
	find_one(store, "D1", &record_now);
	assert_string_equal(record_now.asset_number, "A-1");
	assert_string_equal(record_now.zone, "");
	assert_string_equal(record_now.tenant, "T1");
	assert_string_equal(record_now.service_code, "S'2");
	/* Only what was done is in the log. */
	assert_int_equal(
		store_fixture_number(store, "SELECT count(*) FROM event WHERE action = 'labels-set'"
					    " AND actor <> ''"),
		2);
}

/* -- what a drive carries -- */

static void test_signatures(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct signature items[] = {
		{ .usage = SIGNATURE_PARTITION_TABLE, .type = "gpt", .length_bytes = 1 << 30 },
		{ .usage = SIGNATURE_PARTITION, .offset_bytes = 1 << 20, .partition_number = 1 },
		{ .usage = SIGNATURE_FILESYSTEM,
			.type = "ext4",
			.uuid = "0a1b",
			.label = "'); DELETE FROM drive; -- \xE5\xBB\x83",
			.offset_bytes = 1 << 20,
			.length_bytes = INT64_MAX,
			.magic_offset_bytes = UINT64_MAX,
			.magic_length = 2,
			.partition_number = 1 },
		{ .usage = SIGNATURE_RAID, .type = "LVM2_member" },
		{ .usage = SIGNATURE_CRYPTO, .type = "crypto_LUKS" },
		{ .usage = SIGNATURE_OTHER, .type = "something" },
	};
	struct signature_list given = { items, ARRAY_SIZE(items), true };
	struct drive_seen seen = {
		.identity = &disk,
		.native = &native,
		.signatures = &given,
		.host = "h",
		.utc_ms = NOW,
	};
	ok(drives_record(fixture->store, &seen, NULL, &error), &error);
	record(fixture->store, &disk, "h", NOW + 1); /* not probed: the old ones stay */
	struct drive_record record_now = { 0 };
	find_one(fixture->store, "D1", &record_now);
	assert_true(record_now.probed_utc_ms == NOW);
	AUTO_SIGNATURES struct signature_list found = { 0 };
	ok(drives_signatures(fixture->store, 1, &found, &error), &error);
	assert_true(found.truncated);
	assert_int_equal(found.count, ARRAY_SIZE(items));
	for (size_t i = 0; i < found.count; i++) {
		assert_int_equal(found.items[i].usage, items[i].usage);
		assert_string_equal(found.items[i].type, items[i].type);
		assert_string_equal(found.items[i].uuid, items[i].uuid);
		assert_string_equal(found.items[i].label, items[i].label);
		assert_true(found.items[i].offset_bytes == items[i].offset_bytes);
		assert_true(found.items[i].length_bytes == items[i].length_bytes);
		assert_true(found.items[i].magic_offset_bytes == items[i].magic_offset_bytes);
		assert_int_equal(found.items[i].magic_length, items[i].magic_length);
		assert_int_equal(found.items[i].partition_number, items[i].partition_number);
	}
	/* Probed again and nothing there: nothing is left of the old ones. */
	struct signature_list nothing = { 0 };
	seen.signatures = &nothing;
	seen.utc_ms = NOW + 2;
	ok(drives_record(fixture->store, &seen, NULL, &error), &error);
	AUTO_SIGNATURES struct signature_list now = { 0 };
	ok(drives_signatures(fixture->store, 1, &now, &error), &error);
	assert_int_equal(now.count, 0);
	assert_false(now.truncated);
	assert_int_equal(drives_signatures(fixture->store, 2, &now, &error), -ENOENT);
	assert_string_equal(error.code, "drive-unknown");
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_record_and_read),
		WITH_STORE(test_refresh),
		WITH_STORE(test_key),
		WITH_STORE(test_without_key),
		WITH_STORE(test_absent),
		WITH_STORE(test_find),
		WITH_STORE(test_list_order),
		WITH_STORE(test_text_too_long),
		WITH_STORE(test_labels),
		WITH_STORE(test_signatures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
