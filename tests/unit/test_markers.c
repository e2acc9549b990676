/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers on a plain file: where they are, what they hold, and that every way to be left over, gone or
 * unreadable is told from the others. */
#include "verify/media/markers.h"

#include "base/error.h"
#include "tests/support/scratch.h"
#include "wipe/erase/markers_plant.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CAPACITY (32 * MIB)
#define COUNT 200

static const uint8_t seed[MEDIA_SEED_BYTES] = { 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
	0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08, 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73,
	0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08 };
static const uint8_t other_seed[MEDIA_SEED_BYTES] = { 1 };

/* Offsets ------------------------------------------------------------------------------------ */

static void try_offsets(uint64_t capacity, uint32_t sector, uint32_t count, uint64_t kept_out)
{
	uint64_t *offsets AUTO_FREE = NULL, *again AUTO_FREE = NULL;
	size_t found = 0, found_again = 0;
	uint64_t each;

	assert_int_equal(markers_offsets(capacity, sector, seed, count, &offsets, &found), 0);
	assert_int_equal(markers_offsets(capacity, sector, seed, count, &again, &found_again), 0);
	assert_int_equal(found, markers_count(capacity, sector, count));
	assert_int_equal(found, found_again);
	each = (capacity / sector - 2 * kept_out / sector) / found;
	for (size_t i = 0; i < found; i++) {
		uint64_t first = kept_out / sector + i * each;
		assert_int_equal(offsets[i], again[i]);
		assert_int_equal(offsets[i] % sector, 0);
		assert_true(offsets[i] / sector >= first && offsets[i] / sector < first + each);
		assert_true(offsets[i] >= kept_out);
		assert_true(offsets[i] + sector <= capacity - kept_out);
	}
}

static void test_offsets(void **state)
{
	(void)state;
	try_offsets(CAPACITY, 512, COUNT, MIB);
	try_offsets(CAPACITY, 4096, COUNT, MIB);
	try_offsets(16 * MIB, 512, COUNT, 0);
	try_offsets(16 * MIB + 512, 512, COUNT, MIB);
	try_offsets(512, 512, COUNT, 0);
	try_offsets(100 * 512, 512, 1000, 0);
	try_offsets(101 * 512, 512, 100, 0);
	try_offsets(UINT64_C(30000000000000) / 4096 * 4096, 4096, 65536, MIB);
	try_offsets((UINT64_C(1) << 62) - 512, 512, 7, MIB);
}

/* By openssl enc -aes-256-ctr -K SEED -iv 00000000000000000400000000000000 (2^62 / 16) of 24 zeros: three
 * numbers, modulo 5,461 sectors of each of 3 sections of 8 MiB. */
static void test_offsets_are_those_of_the_format(void **state)
{
	static const uint64_t sectors[] = { 3062, 9787, 14417 };
	uint64_t *offsets AUTO_FREE = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(markers_offsets(8 * MIB, 512, seed, 3, &offsets, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(offsets[i], sectors[i] * 512);
}

static void test_no_offsets(void **state)
{
	uint64_t *offsets = NULL;
	size_t count = 7;

	(void)state;
	assert_int_equal(markers_offsets(0, 512, seed, COUNT, &offsets, &count), -EINVAL);
	assert_int_equal(markers_offsets(CAPACITY, 0, seed, COUNT, &offsets, &count), -EINVAL);
	assert_int_equal(
		markers_offsets(CAPACITY + 1, 512, seed, COUNT, &offsets, &count), -EINVAL);
	assert_int_equal(markers_offsets(CAPACITY, 512, seed, 0, &offsets, &count), -EINVAL);
	assert_null(offsets);
	assert_int_equal(count, 7);
	assert_int_equal(markers_count(CAPACITY, 0, 5), 0);
	assert_int_equal(markers_count(0, 512, 5), 0);
}

/* Planted and looked for --------------------------------------------------------------------- */

struct medium {
	struct scratch scratch;
	int fd;
	uint64_t *offsets;
	size_t count;
};

static int make(void **state)
{
	struct medium *medium = calloc(1, sizeof(*medium));
	char path[SCRATCH_PATH_MAX];
	uint32_t planted = 0;

	assert_non_null(medium);
	scratch_make(&medium->scratch);
	scratch_image(&medium->scratch, "medium", CAPACITY, path);
	medium->fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(medium->fd >= 0);
	assert_int_equal(
		markers_offsets(CAPACITY, 512, seed, COUNT, &medium->offsets, &medium->count), 0);
	assert_int_equal(markers_plant(medium->fd, CAPACITY, 512, seed, COUNT, &planted), 0);
	assert_int_equal(planted, COUNT);
	*state = medium;
	return 0;
}

static int end(void **state)
{
	struct medium *medium = *state;

	(void)close(medium->fd);
	scratch_remove(&medium->scratch);
	free(medium->offsets);
	free(medium);
	return 0;
}

static void expect(
	const struct medium *medium, uint32_t remaining, uint32_t unreadable, uint32_t zeroed)
{
	struct marker_check check = { 0 };

	assert_int_equal(markers_look(medium->fd, CAPACITY, 512, seed, COUNT, &check), 0);
	assert_int_equal(check.checked, COUNT);
	assert_int_equal(check.remaining, remaining);
	assert_int_equal(check.unreadable, unreadable);
	assert_int_equal(check.zeroed, zeroed);
}

static void fill(const struct medium *medium, size_t first, size_t count, uint8_t byte)
{
	uint8_t sector[512];

	memset(sector, byte, sizeof(sector));
	for (size_t i = first; i < first + count; i++)
		assert_int_equal(
			pwrite(medium->fd, sector, sizeof(sector), (off_t)medium->offsets[i]),
			sizeof(sector));
}

static void test_all_stand(void **state)
{
	const struct medium *medium = *state;
	uint8_t data[512], content[512];

	expect(medium, COUNT, 0, 0);
	for (size_t i = 0; i < medium->count; i++) {
		assert_int_equal(pread(medium->fd, data, sizeof(data), (off_t)medium->offsets[i]),
			sizeof(data));
		assert_int_equal(markers_content(seed, medium->offsets[i], content, 512), 0);
		assert_memory_equal(data, content, sizeof(data));
	}
}

static void test_gone_and_zeroed(void **state)
{
	const struct medium *medium = *state;

	fill(medium, 0, COUNT, 0xff);
	expect(medium, 0, 0, 0);
	fill(medium, 3, 5, 0);
	expect(medium, 0, 0, 5);
	fill(medium, 0, COUNT, 0);
	expect(medium, 0, 0, COUNT);
}

/* What a drive reads of what it only deallocated is FFh on some. After techniques that say nothing of
 * deallocating it is what erased flash reads. */
static void test_ones_may_be_deallocated(void **state)
{
	const struct medium *medium = *state;
	struct marker_check check = { 0 };

	fill(medium, 0, COUNT, 0xff);
	fill(medium, 3, 5, 0);
	fill(medium, 9, 1, 0x0f);
	assert_int_equal(markers_look(medium->fd, CAPACITY, 512, seed, COUNT, &check), 0);
	assert_int_equal(check.zeroed, 5);
	assert_int_equal(check.ones, COUNT - 6);
	assert_int_equal(markers_blank(&check, TECHNIQUE_NVME_SANITIZE_BLOCK), COUNT - 1);
	assert_int_equal(markers_blank(&check, TECHNIQUE_NVME_SANITIZE_CRYPTO), COUNT - 1);
	assert_int_equal(markers_blank(&check, TECHNIQUE_NVME_FORMAT_USER), 5);
	assert_int_equal(markers_blank(&check, TECHNIQUE_ATA_SANITIZE_BLOCK), 5);
	assert_int_equal(markers_blank(&check, TECHNIQUE_NONE), 5);
}

/* The data of an interrupted erasure: half a sector, and less. */
static void test_a_piece_is_enough(void **state)
{
	const struct medium *medium = *state;
	uint8_t content[512];

	fill(medium, 0, COUNT, 0);
	for (size_t piece = 0; piece < 8; piece++) {
		uint64_t offset = medium->offsets[piece];
		assert_int_equal(markers_content(seed, offset, content, 512), 0);
		assert_int_equal(
			pwrite(medium->fd, content + 64 * piece, 64, (off_t)(offset + 64 * piece)),
			64);
	}
	expect(medium, 8, 0, COUNT - 8);
	/* A byte less is none. */
	assert_int_equal(pwrite(medium->fd, "\0", 1, (off_t)medium->offsets[0]), 1);
	expect(medium, 7, 0, COUNT - 8);
}

/* Another's markers are none of ours; a sector that moved holds nothing in its place. */
static void test_only_ones_own_in_their_place(void **state)
{
	const struct medium *medium = *state;
	struct marker_check check = { 0 };
	uint8_t content[512];

	assert_int_equal(markers_look(medium->fd, CAPACITY, 512, other_seed, COUNT, &check), 0);
	assert_int_equal(check.remaining, 0);
	assert_int_equal(markers_content(seed, medium->offsets[1], content, 512), 0);
	assert_int_equal(pwrite(medium->fd, content, 512, (off_t)medium->offsets[0]), 512);
	expect(medium, COUNT - 1, 0, 0);
}

static void test_what_cannot_be_read_is_unreadable(void **state)
{
	const struct medium *medium = *state;

	fill(medium, 0, COUNT, 0xa5);
	assert_int_equal(ftruncate(medium->fd, (off_t)medium->offsets[COUNT - 3] + 100), 0);
	expect(medium, 0, 3, 0);
	assert_int_equal(ftruncate(medium->fd, 0), 0);
	expect(medium, 0, COUNT, 0);
}

static void test_what_cannot_be_begun(void **state)
{
	const struct medium *medium = *state;
	struct marker_check check = { .checked = 77 };

	assert_int_equal(markers_look(medium->fd, CAPACITY, 8192, seed, COUNT, &check), -EINVAL);
	assert_int_equal(markers_look(medium->fd, 1, 512, seed, COUNT, &check), -EINVAL);
	assert_int_equal(check.checked, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_offsets_are_those_of_the_format),
		cmocka_unit_test(test_no_offsets),
		cmocka_unit_test_setup_teardown(test_all_stand, make, end),
		cmocka_unit_test_setup_teardown(test_gone_and_zeroed, make, end),
		cmocka_unit_test_setup_teardown(test_ones_may_be_deallocated, make, end),
		cmocka_unit_test_setup_teardown(test_a_piece_is_enough, make, end),
		cmocka_unit_test_setup_teardown(test_only_ones_own_in_their_place, make, end),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_unreadable, make, end),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_begun, make, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
