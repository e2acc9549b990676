/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identity flags: what a serial tells by itself, and what a store of drives tells together. */
#include "inventory/custody/events.h"
#include "inventory/assets/flags.h"
#include "inventory/assets/presence.h"
#include "tests/support/store_fixture.h"

#include "device/identity/identity_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)

/* -- by itself -- */

static void test_oddities(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		unsigned oddities;
	} cases[] = {
		{ "ZA1", 3, 0 },
		{ "  ZA1  ", 7, 0 },
		{ "ZA1\0\0\0", 6, 0 },
		{ "", 0, 0 },
		{ "    ", 4, IDENTITY_SERIAL_BLANK },
		{ "\0\0\0", 3, IDENTITY_SERIAL_BLANK },
		{ "ZA\x01"
		  "1",
			4, IDENTITY_SERIAL_CONTROL },
		{ "ZA\0"
		  "1",
			4, IDENTITY_SERIAL_CONTROL },
		{ "ZA\n1", 4, IDENTITY_SERIAL_CONTROL },
		{ "ZA\x7f", 3, IDENTITY_SERIAL_CONTROL },
		{ "\xff\xfe", 2, IDENTITY_SERIAL_ENCODING },
		{ "ZA\xe5\xbb", 4, IDENTITY_SERIAL_ENCODING },
		{ "\xe5\xbb\x83", 3, 0 },
		{ "\x1b[2J\xff", 5, IDENTITY_SERIAL_CONTROL | IDENTITY_SERIAL_ENCODING },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (identity_serial_oddities(cases[i].bytes, cases[i].length) != cases[i].oddities)
			fail_msg("case %zu: %x", i,
				identity_serial_oddities(cases[i].bytes, cases[i].length));
}

static void test_placeholders(void **state)
{
	(void)state;
	static const char *const placeholders[] = { "0", "0000", "00000000000000000000", "FFFFFFFF",
		"--------", ".", "XXXX", "123456789", "0123456789abcdef", "152D00539000",
		"To be filled by O.E.M.", "to be filled by o.e.m.", "None", "N/A", "unknown" };
	static const char *const real[] = { "ZA1", "S3Z9NB0K123456", "WD-WCC4E0000000", "00000001",
		"X", "AAA", "1234567891", "5000C500A1B2C3D4", "" };
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (!flag_placeholder_origin(placeholders[i]))
			fail_msg("%s was taken for a serial", placeholders[i]);
	for (size_t i = 0; i < ARRAY_SIZE(real); i++)
		if (flag_placeholder_origin(real[i]))
			fail_msg("%s was taken for none", real[i]);
}

static void test_own_flags(void **state)
{
	(void)state;
	static const struct {
		struct drive_identity identity;
		unsigned flags;
	} cases[] = {
		{ { .serial = "ZA1", .wwn = "naa.1", .transport = TRANSPORT_SCSI }, 0 },
		{ { .wwn = "naa.1", .transport = TRANSPORT_SCSI }, 1u << FLAG_SERIAL_EMPTY },
		{ { .wwn = "naa.1",
			  .transport = TRANSPORT_SCSI,
			  .oddities = IDENTITY_SERIAL_BLANK },
			1u << FLAG_SERIAL_EMPTY | 1u << FLAG_SERIAL_GARBLED },
		{ { .serial = "0000", .transport = TRANSPORT_USB }, 1u << FLAG_SERIAL_PLACEHOLDER },
		{ { .serial = "ZA1",
			  .transport = TRANSPORT_ATA,
			  .oddities = IDENTITY_SERIAL_CONTROL },
			1u << FLAG_SERIAL_GARBLED },
		{ { .serial = "ZA1",
			  .transport = TRANSPORT_ATA,
			  .oddities = IDENTITY_SERIAL_ENCODING | IDENTITY_WWN_ZERO },
			1u << FLAG_SERIAL_GARBLED | 1u << FLAG_WWN_ZERO },
		/* Named by us. */
		{ { .is_virtual = true, .transport = TRANSPORT_VIRTUAL }, 0 },
		/* Named by a hypervisor. */
		{ { .serial = "0", .is_virtual = true, .transport = TRANSPORT_VIRTIO },
			1u << FLAG_SERIAL_PLACEHOLDER },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(flags_of_identity(&cases[i].identity), cases[i].flags);
}

static void test_twins(void **state)
{
	(void)state;
	static const struct {
		struct drive_identity a, b;
		enum twin_kind kind;
	} cases[] = {
		{ { .serial = "S", .wwn = "w", .model = "M", .capacity_bytes = 8 },
			{ .serial = "S", .wwn = "w", .model = "M", .capacity_bytes = 8 },
			TWIN_PATH },
		{ { .serial = "S", .wwn = "w", .model = "M", .capacity_bytes = 8 },
			{ .serial = "S", .wwn = "w", .model = "M", .capacity_bytes = 9 },
			TWIN_COPY },
		{ { .serial = "S", .wwn = "w", .model = "M" },
			{ .serial = "S", .wwn = "w", .model = "N" }, TWIN_COPY },
		{ { .serial = "S", .model = "M" }, { .serial = "S", .model = "M" }, TWIN_COPY },
		{ { .serial = "S", .wwn = "w" }, { .serial = "S", .wwn = "v" }, TWIN_NONE },
		{ { .serial = "S", .wwn = "w" }, { .serial = "T", .wwn = "w" }, TWIN_NONE },
		{ { .model = "M" }, { .model = "M" }, TWIN_NONE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(twin_kind_of(&cases[i].a, &cases[i].b), cases[i].kind);
		assert_int_equal(twin_kind_parse(twin_kind_name(cases[i].kind)), cases[i].kind);
	}
	for (int code = FLAG_SERIAL_EMPTY; code <= FLAG_TWO_HOSTS; code++)
		assert_int_equal(flag_code_parse(flag_code_name((enum flag_code)code)), code);
	assert_int_equal(flag_code_parse("no such"), FLAG_UNKNOWN);
}

/* -- in a store -- */

static const struct drive_identity plain = {
	.wwn = "naa.1",
	.serial = "S-1",
	.model = "M",
	.transport = TRANSPORT_SCSI,
	.capacity_bytes = 1000,
	.name = "sda",
};

static int64_t see_at(struct store *store, const char *host, const char *wwn, const char *serial,
	const char *model, const char *name, int64_t utc_ms)
{
	struct error error = { 0 };
	struct drive_identity identity = plain;
	const struct native_capacity native = { .source = NATIVE_UNKNOWN };
	(void)snprintf(identity.wwn, sizeof(identity.wwn), "%s", wwn);
	(void)snprintf(identity.serial, sizeof(identity.serial), "%s", serial);
	(void)snprintf(identity.model, sizeof(identity.model), "%s", model);
	(void)snprintf(identity.name, sizeof(identity.name), "%s", name);
	if (strncmp(name, "nvme", 4) == 0)
		identity.transport = TRANSPORT_NVME;
	const struct drive_seen seen = {
		.identity = &identity, .native = &native, .host = host, .utc_ms = utc_ms
	};
	int64_t id = 0;
	if (drives_record(store, &seen, &id, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
	return id;
}

static int64_t see(struct store *store, const char *wwn, const char *serial, const char *name)
{
	return see_at(store, "h", wwn, serial, "M", name, NOW);
}

static void leave_at(struct store *store, int64_t id, const char *host, int64_t utc_ms)
{
	struct error error = { 0 };
	bool changed = false;
	assert_int_equal(presence_vanished(store, id, host, utc_ms, utc_ms, &changed, &error), 0);
	assert_true(changed);
}

static void refresh(struct store *store, int64_t utc_ms, struct flag_changes *changes)
{
	struct error error = { 0 };
	assert_int_equal(store_begin(store, &error), 0);
	if (store_end(store, flags_refresh(store, utc_ms, changes, &error), &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

/* "1 serial-duplicate {…}\n" for each that stands, after a refresh. */
static void assert_flags(struct store *store, const char *expected)
{
	struct error error = { 0 };
	char all[1024] = "";
	refresh(store, NOW, NULL);
	AUTO_FLAGS struct flag_list list = { 0 };
	assert_int_equal(flags_list(store, &list, &error), 0);
	for (size_t i = 0; i < list.count; i++) {
		size_t used = strlen(all);
		(void)snprintf(all + used, sizeof(all) - used, "%d %s %s\n",
			(int)list.items[i].drive_id, flag_code_name(list.items[i].code),
			list.items[i].detail);
	}
	assert_string_equal(all, expected);
}

static void test_duplicates(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	see(store, "naa.1", "S-1", "sda");
	see(store, "naa.2", "S-2", "sdb");
	assert_flags(store, "");
	/* The same serial, also under another model. */
	see(store, "naa.3", "S-1", "sdc");
	see_at(store, "other", "naa.4", "S-1", "N", "sda", NOW);
	assert_flags(store, "1 serial-duplicate {\"others\":[\"D3\",\"D4\"]}\n"
			    "3 serial-duplicate {\"others\":[\"D1\",\"D4\"]}\n"
			    "4 serial-duplicate {\"others\":[\"D1\",\"D3\"]}\n");
	/* The causes go one by one. */
	leave_at(store, 3, "h", NOW);
	assert_flags(store, "1 serial-duplicate {\"others\":[\"D4\"]}\n"
			    "4 serial-duplicate {\"others\":[\"D1\"]}\n");
	leave_at(store, 4, "other", NOW);
	assert_flags(store, "");
	/* The same WWN. */
	see(store, "naa.2", "S-5", "sde");
	assert_flags(store, "2 wwn-duplicate {\"others\":[\"D5\"]}\n"
			    "5 wwn-duplicate {\"others\":[\"D2\"]}\n");
}

static void test_drives_without_names_are_no_duplicates(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	see(store, "", "S-1", "sda");
	see(store, "", "S-2", "sdb");
	see(store, "naa.3", "", "sdc");
	see(store, "naa.4", "", "sdd");
	assert_flags(store, "3 serial-empty {}\n4 serial-empty {}\n");
	/* What a drive says by itself stays its own when it has gone. */
	leave_at(store, 4, "h", NOW);
	assert_flags(store, "3 serial-empty {}\n4 serial-empty {}\n");
}

static void test_namespaces_share_a_serial(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	see(store, "eui.1", "S-1", "nvme0n1");
	see(store, "eui.2", "S-1", "nvme0n2");
	assert_flags(store, "");
	/* Of another controller with the same serial, they are not. */
	see(store, "eui.3", "S-1", "nvme1n1");
	assert_flags(store, "1 serial-duplicate {\"others\":[\"D3\"]}\n"
			    "2 serial-duplicate {\"others\":[\"D3\"]}\n"
			    "3 serial-duplicate {\"others\":[\"D1\",\"D2\"]}\n");
}

static void test_serial_changed(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	struct error error = { 0 };
	see(store, "naa.1", "OLD", "sda");
	leave_at(store, 1, "h", NOW);
	assert_flags(store, "");
	see(store, "naa.1", "NEW", "sda");
	assert_flags(store, "2 serial-changed {\"was\":\"OLD\"}\n");
	/* Without a WWN, by who watched it happen. */
	leave_at(store, 2, "h", NOW);
	see(store, "", "S-3", "sdc");
	assert_int_equal(presence_changed_serial(store, 3, "S-2", &error), 0);
	assert_flags(store, "3 serial-changed {\"was\":\"S-2\"}\n");
	leave_at(store, 3, "h", NOW);
	assert_flags(store, "");
	see(store, "", "S-3", "sdc");
	assert_flags(store, "");
}

static void test_two_hosts(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	/* Moved there and back, and seen to leave. */
	see_at(store, "a", "naa.1", "S-1", "M", "sda", NOW);
	leave_at(store, 1, "a", NOW + 1);
	see_at(store, "b", "naa.1", "S-1", "M", "sda", NOW + 2);
	leave_at(store, 1, "b", NOW + 3);
	see_at(store, "a", "naa.1", "S-1", "M", "sda", NOW + 4);
	assert_flags(store, "");
	/* Turns up at b, and at a again, without having left: one of them is not what it says. */
	see_at(store, "b", "naa.1", "S-1", "M", "sda", NOW + 10);
	see_at(store, "a", "naa.1", "S-1", "M", "sda", NOW + 11);
	see_at(store, "b", "naa.1", "S-1", "M", "sda", NOW + 12);
	assert_flags(store, "1 two-hosts {\"other_host\":\"a\"}\n");
	/* Host a looks again, and does not find it. */
	see_at(store, "a", "naa.2", "S-2", "M", "sdb", NOW + 13);
	assert_flags(store, "");
}

static void test_one_device_twice(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	struct error error = { 0 };
	const struct native_capacity native = { .source = NATIVE_UNKNOWN };
	struct drive_seen seen = {
		.identity = &plain,
		.native = &native,
		.host = "h",
		.utc_ms = NOW,
		.twin = TWIN_PATH,
		.twin_path = "/dev/sdb",
	};
	assert_int_equal(drives_record(store, &seen, NULL, &error), 0);
	assert_flags(store, "");
	seen.twin = TWIN_COPY;
	assert_int_equal(drives_record(store, &seen, NULL, &error), 0);
	assert_flags(store, "1 identity-duplicate {\"path\":\"/dev/sdb\"}\n");
	seen.twin = TWIN_NONE;
	seen.twin_path = NULL;
	assert_int_equal(drives_record(store, &seen, NULL, &error), 0);
	assert_flags(store, "");
}

static void test_changes_are_events(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	AUTO_FLAG_CHANGES struct flag_changes raised = { 0 };
	AUTO_FLAG_CHANGES struct flag_changes none = { 0 };
	AUTO_FLAG_CHANGES struct flag_changes cleared = { 0 };
	see(store, "naa.1", "S-1", "sda");
	see(store, "naa.2", "S-1", "sdb");
	refresh(store, NOW + 1, &raised);
	assert_int_equal(raised.raised.count, 2);
	assert_int_equal(raised.cleared.count, 0);
	refresh(store, NOW + 2, &none);
	assert_int_equal(none.raised.count + none.cleared.count, 0);
	leave_at(store, 2, "h", NOW + 3);
	refresh(store, NOW + 3, &cleared);
	assert_int_equal(cleared.cleared.count, 2);
	assert_int_equal(cleared.cleared.items[0].code, FLAG_SERIAL_DUPLICATE);

	struct error error = { 0 };
	const struct subject drive = { SUBJECT_DRIVE, 1 };
	AUTO_EVENTS struct event_list events = { 0 };
	assert_int_equal(events_list(store, &drive, 10, &events, &error), 0);
	assert_int_equal(events.count, 2);
	assert_string_equal(events.items[0].action, "flag-raised");
	assert_string_equal(events.items[0].detail,
		"{\"code\":\"serial-duplicate\",\"detail\":{\"others\":[\"D2\"]}}");
	assert_string_equal(events.items[1].action, "flag-cleared");
	/* Raised again: it stands since now, not since the first time. */
	see(store, "naa.2", "S-1", "sdb");
	refresh(store, NOW + 9, NULL);
	AUTO_FLAGS struct flag_list list = { 0 };
	assert_int_equal(flags_of_drive(store, 1, &list, &error), 0);
	assert_int_equal(list.count, 1);
	assert_true(list.items[0].first_utc_ms == NOW + 9);
}

static void test_find_in_list(void **state)
{
	(void)state;
	struct flag items[] = {
		{ .drive_id = 2, .code = FLAG_SERIAL_EMPTY },
		{ .drive_id = 2, .code = FLAG_WWN_ZERO },
		{ .drive_id = 5, .code = FLAG_WWN_ZERO },
	};
	const struct flag_list list = { items, ARRAY_SIZE(items) };
	size_t count = 9;
	assert_ptr_equal(flags_find(&list, 2, &count), &items[0]);
	assert_int_equal(count, 2);
	assert_ptr_equal(flags_find(&list, 5, &count), &items[2]);
	assert_int_equal(count, 1);
	assert_null(flags_find(&list, 1, &count));
	assert_null(flags_find(&list, 3, &count));
	assert_null(flags_find(&list, 6, &count));
	assert_int_equal(count, 0);
	assert_null(flags_find(&(const struct flag_list){ 0 }, 6, &count));
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oddities),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_own_flags),
		cmocka_unit_test(test_twins),
		WITH_STORE(test_duplicates),
		WITH_STORE(test_drives_without_names_are_no_duplicates),
		WITH_STORE(test_namespaces_share_a_serial),
		WITH_STORE(test_serial_changed),
		WITH_STORE(test_two_hosts),
		WITH_STORE(test_one_device_twice),
		WITH_STORE(test_changes_are_events),
		cmocka_unit_test(test_find_in_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
