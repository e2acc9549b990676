/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel counts as written: of a plain disk, and of an NVMe namespace with several paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "device/engine/counters.h"
#include "tests/support/fixture_system.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#define NOTHING "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
#define HEAD_FOLDER "sys/devices/virtual/nvme-subsystem/nvme-subsys1"

static struct fixture_system fixture;

static int begin(void **state)
{
	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	fixture_begin(&fixture);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fixture_end(&fixture);
	return 0;
}

static void expect(unsigned minor, uint64_t expected)
{
	uint64_t sectors = 0;

	assert_int_equal(
		counters_sectors_written(&fixture.paths, makedev(240, minor), &sectors), 0);
	assert_true(sectors == expected);
}

static void a_plain_disk(void **state)
{
	(void)state;
	fixture_disk(&fixture, "sdx", 1);
	fixture_write(&fixture, "sys/block/sdx/stat", "1 2 3 4 5 6 700 8 9 10 11 12 13 40 15\n");
	expect(1, 740);
	fixture_write(&fixture, "sys/block/sdx/stat", "1 2 3 4 5 6 700 8 9 10 11\n");
	expect(1, 700);
}

static void what_cannot_be_read_is_no_number(void **state)
{
	uint64_t sectors = 17;

	(void)state;
	fixture_disk(&fixture, "sdx", 1);
	assert_true(counters_sectors_written(&fixture.paths, makedev(240, 1), &sectors) < 0);
	fixture_write(&fixture, "sys/block/sdx/stat", "nothing\n");
	assert_int_equal(
		counters_sectors_written(&fixture.paths, makedev(240, 1), &sectors), -EBADMSG);
	assert_true(counters_sectors_written(&fixture.paths, makedev(240, 99), &sectors) < 0);
	assert_true(sectors == 17);
}

/* As Debian 12's kernel has them: the namespace's own node counts nothing, its paths do. The second
 * controller leads to another namespace only. */
static void a_namespace_of_two_paths(void **state)
{
	(void)state;
	fixture_write(&fixture, HEAD_FOLDER "/nvme1n2/stat", NOTHING);
	fixture_link(&fixture, HEAD_FOLDER "/nvme1n2/device", "..");
	fixture_folder(&fixture, "sys/dev/block");
	fixture_link(&fixture, "sys/dev/block/240:7",
		"../../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n2");
	fixture_write(&fixture, HEAD_FOLDER "/nvme0/nvme1c0n2/stat",
		"1 2 3 4 5 6 100 8 9 10 11 12 13 20 15\n");
	fixture_write(&fixture, HEAD_FOLDER "/nvme1/nvme1c1n1/stat",
		"1 2 3 4 5 6 5000 8 9 10 11 12 13 0 15\n");
	expect(7, 120);
	fixture_write(&fixture, HEAD_FOLDER "/nvme1/nvme1c1n2/stat",
		"1 2 3 4 5 6 3 8 9 10 11 12 13 0 15\n");
	expect(7, 123);
	fixture_write(&fixture, HEAD_FOLDER "/nvme1n2/stat", "1 2 3 4 5 6 1000 8 9 10 11\n");
	expect(7, 1123);

	uint64_t sectors = 0;
	fixture_write(&fixture, HEAD_FOLDER "/nvme1/nvme1c1n2/stat", "?\n");
	assert_int_equal(
		counters_sectors_written(&fixture.paths, makedev(240, 7), &sectors), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_plain_disk, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_number, begin, end),
		cmocka_unit_test_setup_teardown(a_namespace_of_two_paths, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
