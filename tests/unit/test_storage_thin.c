/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of a thin volume, and what is written where by it: thin_dump's words and our sums, with files in the place
 * of the volume and its pool. */
#include "wipe/storage/thin.c"
#include "wipe/storage/thin_overwrite.c"

#include <setjmp.h>
#include <sys/mman.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEAD                                                                                       \
	"<superblock uuid=\"\" time=\"1\" transaction=\"2\" flags=\"0\" version=\"2\" "            \
	"data_block_size=\"128\" nr_data_blocks=\"100\">\n"
#define DEVICE                                                                                     \
	"  <device dev_id=\"7\" mapped_blocks=\"5\" transaction=\"0\" creation_time=\"0\" "        \
	"snap_time=\"1\">\n"
#define RANGE(time)                                                                                \
	"    <range_mapping origin_begin=\"0\" data_begin=\"40\" length=\"4\" time=\"" time "\"/"  \
	">\n"
#define SINGLE(at) "    <single_mapping origin_block=\"" at "\" data_block=\"7\" time=\"1\"/>\n"
#define TAIL "  </device>\n</superblock>\n"

static int parse_text(const char *text, struct thin_map *map)
{
	const struct logical_volume volume = { .thin_id = 7 };
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	map->mapped = 5;
	int result = parse_dump(file, &volume, map);
	(void)fclose(file);
	return result;
}

static void test_dump(void **state)
{
	struct thin_map map AUTO_THIN_MAP = { 0 };
	struct thin_map young AUTO_THIN_MAP = { 0 };

	(void)state;
	assert_int_equal(0, parse_text(HEAD DEVICE RANGE("0") SINGLE("9") TAIL, &map));
	assert_int_equal(2, map.count);
	assert_int_equal(64 * KIB, map.block_bytes);
	assert_int_equal(40, map.items[0].data_block);
	assert_int_equal(4, map.items[0].blocks);
	assert_int_equal(9, map.items[1].logical_block);
	assert_int_equal(7, map.items[1].data_block);
	assert_true(map.has_old);
	assert_int_equal(0, parse_text(HEAD DEVICE RANGE("1") SINGLE("9") TAIL, &young));
	assert_false(young.has_old);
	/* When does not count, where does. */
	assert_true(thin_map_same(&map, &young));
	young.items[1].data_block++;
	assert_false(thin_map_same(&map, &young));
}

static void test_dump_not_understood(void **state)
{
	static const char *const texts[] = {
		"",
		HEAD,
		HEAD "</superblock>\n",
		HEAD DEVICE RANGE("0") SINGLE("9"),
		DEVICE RANGE("0") SINGLE("9") TAIL,
		HEAD DEVICE RANGE("0") TAIL,
		HEAD DEVICE RANGE("0") SINGLE("9") SINGLE("10") TAIL,
		HEAD DEVICE RANGE("0") SINGLE("3") TAIL,
		HEAD DEVICE SINGLE("9") RANGE("0") TAIL,
		HEAD RANGE("0") SINGLE("9") DEVICE TAIL,
		HEAD DEVICE RANGE("0") SINGLE("9") "<ref name=\"1\"/>\n" TAIL,
		HEAD DEVICE RANGE("0") SINGLE("9") "  </device>\n" DEVICE TAIL,
		HEAD "  <device dev_id=\"8\" mapped_blocks=\"5\" transaction=\"0\" "
		     "creation_time=\"0\" snap_time=\"1\">\n" RANGE("0") SINGLE("9") TAIL,
		HEAD DEVICE RANGE("99999999999") SINGLE("9") TAIL,
		HEAD DEVICE RANGE("0") SINGLE("18446744073709551615") TAIL,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct thin_map map AUTO_THIN_MAP = { 0 };
		if (parse_text(texts[i], &map) != -EBADMSG)
			fail_msg("understood: %s", texts[i]);
	}
}

static void test_row(void **state)
{
	struct thin_map map = { 0 };

	(void)state;
	assert_int_equal(0, parse_row("1 5 0 \n17 9 9 \n7 160 3 \n", 7, &map));
	assert_int_equal(160, map.mapped);
	assert_int_equal(3, map.shared);
	assert_int_equal(-EBADMSG, parse_row("1 5 0 \n17 9 9 \n", 7, &map));
	assert_int_equal(-EBADMSG, parse_row("", 7, &map));
	assert_int_equal(-EBADMSG, parse_row("7 many 3\n", 7, &map));
}

static void test_names(void **state)
{
	const struct logical_volume volume = { .group = "a-b", .pool = "p--o" };
	char name[NAME_MAX_BYTES];

	(void)state;
	mapper_name(&volume, "-tpool", name);
	assert_string_equal("a--b-p----o-tpool", name);
}

/* Two blocks of the volume, whose places below are in the other order, with others' blocks around. */
#define BLOCK (64 * KIB)

struct below {
	struct thin_range ranges[2];
	struct thin_map map;
	struct device volume, data;
	uint8_t *block;
};

static int open_file(const struct below *below, const char *contents)
{
	int fd = memfd_create("blocks", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; contents[i]; i++) {
		memset(below->block, contents[i] == '0' ? 0 : contents[i], BLOCK);
		assert_int_equal(BLOCK, pwrite(fd, below->block, BLOCK, (off_t)(i * BLOCK)));
	}
	return fd;
}

static int setup(void **state)
{
	struct below *below = calloc(1, sizeof(*below));

	assert_non_null(below);
	below->block = aligned_alloc(4096, BLOCK);
	assert_non_null(below->block);
	below->ranges[0] = (struct thin_range){ 1, 4, 1, 0 };
	below->ranges[1] = (struct thin_range){ 3, 2, 1, 0 };
	below->map = (struct thin_map){ .items = below->ranges,
		.count = 2,
		.mapped = 2,
		.block_bytes = BLOCK,
		.has_old = true };
	below->volume = (struct device){ .place = "volume",
		.fd = open_file(below, "0T0U0"),
		.capacity_bytes = 5 * BLOCK,
		.sector_bytes = 512 };
	below->data = (struct device){ .place = "data",
		.fd = open_file(below, "XXUXTX"),
		.capacity_bytes = 6 * BLOCK,
		.sector_bytes = 512 };
	*state = below;
	return 0;
}

static int teardown(void **state)
{
	struct below *below = *state;

	(void)close(below->volume.fd);
	(void)close(below->data.fd);
	free(below->block);
	free(below);
	return 0;
}

/* Which letter a block of the data device is still full of; '?' when it was overwritten. */
static char letter_at(const struct below *below, size_t index)
{
	assert_int_equal(BLOCK, pread(below->data.fd, below->block, BLOCK, (off_t)(index * BLOCK)));
	for (size_t i = 1; i < BLOCK; i++)
		if (below->block[i] != below->block[0])
			return '?';
	return (char)below->block[0];
}

static void assert_data(const struct below *below, const char *letters)
{
	for (size_t i = 0; letters[i]; i++)
		assert_int_equal(letters[i], letter_at(below, i));
}

static int overwrite_it(const struct below *below, struct storage_outcome *outcome)
{
	struct range_list written AUTO_RANGES = { 0 };
	struct error error = { 0 };

	*outcome = (struct storage_outcome){
		.method = "overwrite", .result = "done", .level = "clear", .reason = ""
	};
	assert_int_equal(0, device_find_written(&below->volume, NULL, &written, &error));
	assert_true(has_all(&below->map, &written));
	return overwrite_data(
		&below->map, &below->volume, &below->data, &written, NULL, outcome, &error);
}

static void test_below(void **state)
{
	const struct below *below = *state;
	struct storage_outcome outcome;

	assert_int_equal(0, overwrite_it(below, &outcome));
	assert_string_equal("done", outcome.result);
	assert_int_equal(2 * BLOCK, outcome.bytes);
	assert_int_equal(2 * BLOCK, outcome.verified_bytes);
	assert_data(below, "XX?X?X");
}

/* A map that lies, in each way, writes nothing at all. */
static void test_below_lies(void **state)
{
	struct below *below = *state;
	static const struct thin_range lies[] = { { 3, 0, 1, 0 }, { 3, 5, 1, 0 }, { 3, 4, 1, 0 },
		{ 3, 6, 1, 0 }, { 3, UINT64_C(1) << 40, 1, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct storage_outcome outcome;
		below->ranges[1] = lies[i];
		assert_int_equal(0, overwrite_it(below, &outcome));
		assert_string_equal("failed", outcome.result);
		assert_string_equal(STORAGE_REASON_MOVED, outcome.reason);
		assert_string_equal("none", outcome.level);
		assert_int_equal(0, outcome.bytes);
		assert_data(below, "XXUXTX");
	}
}

static void test_not_all_mapped(void **state)
{
	struct below *below = *state;
	struct range_list written AUTO_RANGES = { 0 };
	struct error error = { 0 };
	struct storage_outcome outcome = { .result = "done" };
	const char *reason = NULL;

	below->map.count = 1;
	assert_int_equal(0, device_find_written(&below->volume, NULL, &written, &error));
	assert_false(has_all(&below->map, &written));
	assert_int_equal(
		0, thin_overwrite(&below->map, &below->volume, NULL, &outcome, &reason, &error));
	assert_string_equal(STORAGE_REASON_LAYOUT, reason);
	assert_data(below, "XXUXTX");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_not_understood),
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_below, setup, teardown),
		cmocka_unit_test_setup_teardown(test_below_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_all_mapped, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
