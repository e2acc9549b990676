/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pure parts of erasing storage: paths, names of volumes, ranges, maps, facts. */
#include "wipe/storage/lvm.h"
#include "wipe/storage/storage_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

/* One spelling of a path is a place, and no link is followed on the way: /proc/self is one. */
static void test_paths(void **state)
{
	static const struct {
		const char *place;
		int result;
		const char *code;
	} cases[] = {
		{ "/proc/version", 0, "" },
		{ "proc/version", -EINVAL, "storage-open" },
		{ "", -EINVAL, "storage-open" },
		{ "/", -EINVAL, "storage-open" },
		{ "/proc/../proc/version", -EINVAL, "storage-open" },
		{ "/proc/./version", -EINVAL, "storage-open" },
		{ "/proc//version", -EINVAL, "storage-open" },
		{ "/proc/version/", -EINVAL, "storage-open" },
		{ "/proc/version/..", -EINVAL, "storage-open" },
		{ "/proc/version/x", -ENOENT, "storage-absent" },
		{ "/proc/haiki-no-such-file", -ENOENT, "storage-absent" },
		{ "/proc/self/status", -ELOOP, "storage-symlink" },
		{ "/proc/self", -ELOOP, "storage-symlink" },
		{ "/proc/mounts", -ELOOP, "storage-symlink" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		AUTO_FD int fd = -1;
		int result = place_open(cases[i].place, &fd, &error);
		if (result != cases[i].result || strcmp(error.code, cases[i].code) != 0)
			fail_msg("%s: %d %s", cases[i].place, result, error.code);
	}
}

/* No file of these names exists: were they not refused, nothing would be lost. */
static void test_system(void **state)
{
	static const char *const places[] = { "/etc/haiki-no-such-file", "/usr/haiki-no-such-file",
		"/boot/haiki-no-such-file", "/sys/haiki-no-such-file", "/lib/haiki-no-such-file" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct error error = { 0 };
		json_t *fact = NULL;
		assert_int_equal(-EPERM, storage_file.erase(places[i], NULL, &fact, &error));
		assert_string_equal("storage-system", error.code);
		assert_int_equal(-EPERM, storage_file.remove(places[i], &error));
		assert_null(fact);
	}
}

static void test_device_names(void **state)
{
	(void)state;
	assert_true(place_names_device("/dev/vg0/a"));
	assert_false(place_names_device("/dev/shm/a"));
	assert_false(place_names_device("/dev/vg0/../../etc/a"));
	assert_false(place_names_device("/srv/dev/a"));
}

static void test_volume_names(void **state)
{
	static const struct {
		const char *place, *group, *volume; /* NULL: none */
	} cases[] = {
		{ "/dev/vg0/a", "vg0", "a" },
		{ "/dev/vg-0/a-b", "vg-0", "a-b" },
		{ "/dev/mapper/vg0-a", "vg0", "a" },
		{ "/dev/mapper/vg--0-a--b", "vg-0", "a-b" },
		{ "/dev/mapper/vg0-a--", "vg0", "a-" },
		{ "/dev/mapper/secret", NULL, NULL },
		{ "/dev/mapper/a-b-c", NULL, NULL },
		{ "/dev/mapper/-a", NULL, NULL },
		{ "/dev/mapper/a-", NULL, NULL },
		{ "/dev/sda", NULL, NULL },
		{ "/dev/vg0/a/b", NULL, NULL },
		{ "/dev/vg0/a\"b", NULL, NULL },
		{ "/dev/vg0/a b", NULL, NULL },
		{ "/dev/vg0/-a", NULL, NULL },
		{ "/dev/vg0/", NULL, NULL },
		{ "/dev/vg0/..", NULL, NULL },
		{ "/dev/shm/a", NULL, NULL },
		{ "/srv/vg0/a", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char group[130] = "", volume[130] = "";
		bool is = lvm_split_path(cases[i].place, group, volume);
		if (is != (cases[i].group != NULL))
			fail_msg("%s: %d", cases[i].place, is);
		if (is) {
			assert_string_equal(cases[i].group, group);
			assert_string_equal(cases[i].volume, volume);
		}
	}
	/* Longer than a name may be. */
	char place[400], group[130], volume[130];
	(void)snprintf(place, sizeof(place), "/dev/mapper/%0200d-a", 1);
	assert_false(lvm_split_path(place, group, volume));
	(void)snprintf(place, sizeof(place), "/dev/vg0/%0200d", 1);
	assert_false(lvm_split_path(place, group, volume));
}

static void test_kinds(void **state)
{
	const struct storage_kind *kind = NULL;
	struct error error = { 0 };

	(void)state;
	assert_ptr_equal(&storage_lv, storage_kind_find("thin"));
	assert_ptr_equal(&storage_file, storage_kind_find("file"));
	assert_null(storage_kind_find("vmdk"));
	assert_int_equal(-ENOENT, storage_of("/srv/haiki-no-such-file", &kind, &error));
	assert_string_equal("storage-absent", error.code);
	assert_int_equal(-ENOTSUP, storage_of("/dev/null", &kind, &error));
	assert_string_equal("storage-unknown", error.code);
	assert_int_equal(-ENOTSUP, storage_of("/proc", &kind, &error));
	assert_int_equal(PRESENCE_GONE, storage_look("/srv/haiki-no-such-file"));
	assert_int_equal(PRESENCE_UNKNOWN, storage_look("/dev/haiki-no-such-drive"));
	assert_int_equal(PRESENCE_UNKNOWN, storage_look("/proc/self"));
	assert_int_equal(PRESENCE_UNKNOWN, storage_look("relative"));
}

static void test_ranges(void **state)
{
	struct range_list list AUTO_RANGES = { 0 };

	(void)state;
	assert_int_equal(0, ranges_add(&list, 0, 4096));
	assert_int_equal(0, ranges_add(&list, 4096, 4096));
	assert_int_equal(0, ranges_add(&list, 16384, 512));
	assert_int_equal(2, list.count);
	assert_int_equal(8192, list.items[0].length_bytes);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(0, ranges_add(&list, 32768 + 8192 * i, 4096));
	assert_int_equal(1002, list.count);
}

static void test_maps(void **state)
{
	struct file_extent one[] = { { 0, 8192, 4096, false, false },
		{ 8192, 65536, 4096, false, false } };
	struct file_extent other[] = { { 0, 8192, 4096, false, false },
		{ 8192, 65536, 4096, false, false } };
	const struct file_map a = { one, 2, 2 }, b = { other, 2, 2 }, shorter = { other, 1, 2 };

	(void)state;
	assert_true(file_map_same(&a, &b));
	assert_false(file_map_same(&a, &shorter));
	other[1].physical_bytes += 4096;
	assert_false(file_map_same(&a, &b));
	other[1].physical_bytes -= 4096;
	other[0].shared = true;
	assert_false(file_map_same(&a, &b));
}

static void test_facts(void **state)
{
	struct storage_outcome outcome = { .method = "overwrite",
		.result = "done",
		.level = "clear",
		.reason = "",
		.bytes = 8192,
		.verified_bytes = 4096 };
	const struct platform_pace required = { .erasure_required = true };
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	AUTO_JSON json_t *fact = NULL;
	struct error error = { 0 };

	(void)state;
	outcome_limit(&outcome, STORAGE_LIMIT_FREE_SPACE);
	outcome_limit(&outcome, STORAGE_LIMIT_FREE_SPACE);
	assert_int_equal(0, outcome_to_fact(&outcome, "/srv/a", &fact, &error));
	assert_int_equal(0, json_write_canonical(fact, &text));
	assert_string_equal(
		"{\"bytes\":8192,\"fact\":\"erase\",\"level\":\"clear\",\"limits\":[\"free-space\"]"
		","
		"\"method\":\"overwrite\",\"place\":\"/srv/a\",\"reason\":\"\",\"result\":\"done\","
		"\"verified_bytes\":4096,\"volume\":\"\"}",
		buffer_text(&text));

	json_t *none = NULL;
	assert_int_equal(-ENOTSUP, outcome_refuse_or_tell(&outcome, STORAGE_REASON_COPIES, "/srv/a",
					   &required, &none, &error));
	assert_null(none);
	assert_string_equal("storage-unsupported", error.code);
	assert_int_equal(0, outcome_refuse_or_tell(&outcome, STORAGE_REASON_COPIES, "/srv/a", NULL,
				    &none, &error));
	assert_string_equal("none", json_string_value(json_object_get(none, "method")));
	assert_string_equal("none", json_string_value(json_object_get(none, "level")));
	json_decref(none);
	/* A path that is no UTF-8 cannot be told, and is an error. */
	none = NULL;
	assert_true(outcome_to_fact(&outcome, "/srv/\xff", &none, &error) < 0);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_device_names),
		cmocka_unit_test(test_volume_names),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_facts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
