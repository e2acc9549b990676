/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers are planted where they belong and nowhere else, seen to stand, and found again; a medium that
 * does not take them is not taken for one that did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/macros.h"
#include "wipe/erase/markers_plant.h"

#define CAPACITY (20 * MIB)
#define SECTOR 512
#define COUNT 100

static const uint8_t seed[MEDIA_SEED_BYTES] = "a seed of markers, 32 bytes lon";

/* A medium in memory; sealed ones refuse to be written. */
static int make_medium(bool writable)
{
	int fd = memfd_create("medium", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, CAPACITY), 0);
	if (!writable)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	return fd;
}

static void what_is_planted_is_found_and_nothing_else_is_touched(void **state)
{
	(void)state;
	AUTO_FD int fd = make_medium(true);
	AUTO_FREE uint64_t *offsets = NULL;
	AUTO_FREE uint8_t *medium = malloc(CAPACITY);
	uint8_t content[SECTOR];
	size_t count = 0, written = 0;
	uint32_t planted = 0;
	struct marker_check check;
	assert_non_null(medium);
	assert_int_equal(markers_plant(fd, CAPACITY, SECTOR, seed, COUNT, &planted), 0);
	assert_int_equal(planted, COUNT);
	assert_int_equal(markers_look(fd, CAPACITY, SECTOR, seed, COUNT, &check), 0);
	assert_int_equal(check.checked, COUNT);
	assert_int_equal(check.remaining, COUNT);

	assert_int_equal(markers_offsets(CAPACITY, SECTOR, seed, COUNT, &offsets, &count), 0);
	assert_int_equal(count, COUNT);
	assert_int_equal(pread(fd, medium, CAPACITY, 0), CAPACITY);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(markers_content(seed, offsets[i], content, SECTOR), 0);
		assert_memory_equal(medium + offsets[i], content, SECTOR);
		memset(medium + offsets[i], 0, SECTOR);
	}
	for (size_t i = 0; i < CAPACITY; i++)
		written += medium[i] != 0;
	assert_int_equal(written, 0);
}

static void what_cannot_be_planted_is_said(void **state)
{
	(void)state;
	AUTO_FD int refuses = make_medium(false);
	AUTO_FD int fd = make_medium(true);
	uint32_t planted = 7;
	assert_int_equal(markers_plant(refuses, CAPACITY, SECTOR, seed, COUNT, &planted), -EPERM);
	assert_int_equal(planted, 0);
	assert_int_equal(markers_plant(-1, CAPACITY, SECTOR, seed, COUNT, &planted), -EBADF);
	assert_int_equal(markers_plant(fd, CAPACITY, 0, seed, COUNT, &planted), -EINVAL);
	assert_int_equal(markers_plant(fd, CAPACITY, 8192, seed, COUNT, &planted), -EINVAL);
	assert_int_equal(markers_plant(fd, CAPACITY, SECTOR, seed, 0, &planted), -EINVAL);
}

/* /dev/zero takes everything and holds nothing. */
static void what_does_not_stand_is_no_marker(void **state)
{
	(void)state;
	AUTO_FD int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	uint32_t planted = 7;
	assert_true(fd >= 0);
	assert_true(markers_plant(fd, CAPACITY, SECTOR, seed, COUNT, &planted) < 0);
	assert_int_equal(planted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_planted_is_found_and_nothing_else_is_touched),
		cmocka_unit_test(what_cannot_be_planted_is_said),
		cmocka_unit_test(what_does_not_stand_is_no_marker),
	};
	return cmocka_run_group_tests_name("markers_plant", tests, NULL, NULL);
}
