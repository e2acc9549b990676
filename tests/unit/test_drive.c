/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening, claiming and keeping a drive, on real loop devices. */
#include "device/drive.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <cmocka.h>

static struct scratch scratch;
static struct loop_drive loop;
static char image[SCRATCH_PATH_MAX];

static int set_up(void **state)
{
	(void)state;
	loop.fd = -1;
	scratch_make(&scratch);
	scratch_image(&scratch, "image", 4 * MIB, image);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_drive_detach(&loop);
	scratch_remove(&scratch);
	return 0;
}

static void attach(const struct loop_drive_options *options)
{
	loop_drive_require();
	assert_int_equal(loop_drive_attach(image, options, &loop), 0);
}

static void open_as(const char *path, enum drive_mode mode, struct drive **ret)
{
	struct error error = { 0 };
	if (drive_open(path, mode, ret, &error))
		fail_msg("%s: %s", path, error.what);
}

static void a_drive_opens_with_who_it_is(void **state)
{
	(void)state;
	attach(NULL);
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	open_as(loop.path, DRIVE_LOOK, &drive);
	assert_string_equal(drive->path, loop.path);
	assert_int_equal(drive->identity.capacity_bytes, 4 * MIB);
	assert_memory_equal(drive->identity.serial, "LOOP-", 5);
	assert_int_equal(drive->native.source, NATIVE_VIRTUAL);
	assert_int_equal(drive->native.native_bytes, 4 * MIB);
	assert_int_equal(fcntl(drive->fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
	assert_true(fcntl(drive->fd, F_GETFD) & FD_CLOEXEC);
	assert_null(drive_close(NULL));
}

static void a_claim_keeps_others_out(void **state)
{
	(void)state;
	attach(NULL);
	CLEANUP(cleanup_drive_close) struct drive *first = NULL;
	struct drive *second = NULL;
	open_as(loop.path, DRIVE_CLAIM, &first);
	int flags = fcntl(first->fd, F_GETFL);
	assert_int_equal(flags & (O_ACCMODE | O_NONBLOCK), O_RDWR);

	static const enum drive_mode modes[] = { DRIVE_CLAIM, DRIVE_CLAIM_READ };
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct error error = { 0 };
		assert_int_equal(drive_open(loop.path, modes[i], &second, &error), -EBUSY);
		assert_int_equal(error.kind, ERROR_REFUSED);
		assert_non_null(strstr(error.what, first->identity.serial));
		assert_non_null(strstr(error.what, "in use"));
		assert_string_not_equal(error.next, "");
		assert_null(second);
		assert_int_equal(drive_open(loop.path, modes[i], &second, NULL), -EBUSY);
	}
	open_as(loop.path, DRIVE_LOOK, &second); /* looking disturbs nobody */
	second = drive_close(second);

	/* Given back, it can be claimed again. */
	first = drive_close(first);
	open_as(loop.path, DRIVE_CLAIM_READ, &first);
	assert_int_equal(fcntl(first->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

static void a_lock_of_another_program_is_respected(void **state)
{
	(void)state;
	attach(NULL);
	struct drive *drive = NULL;
	struct error error = { 0 };
	AUTO_FD int other = open(loop.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), 0);
	assert_int_equal(drive_open(loop.path, DRIVE_CLAIM, &drive, &error), -EBUSY);
	assert_int_equal(error.kind, ERROR_REFUSED);
	assert_non_null(strstr(error.what, "locked"));
	assert_int_equal(flock(other, LOCK_UN), 0);

	CLEANUP(cleanup_drive_close) struct drive *claimed = NULL;
	open_as(loop.path, DRIVE_CLAIM, &claimed);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), -1); /* udev keeps its hands off */
	assert_int_equal(errno, EWOULDBLOCK);
}

static void a_link_by_id_works(void **state)
{
	(void)state;
	attach(NULL);
	char link[SCRATCH_PATH_MAX];
	scratch_link(&scratch, "by-id/loop-my-drive", loop.path);
	scratch_path(&scratch, "by-id/loop-my-drive", link);
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	open_as(link, DRIVE_CLAIM, &drive);
	assert_int_equal(drive->identity.capacity_bytes, 4 * MIB);
}

static void what_is_no_block_device_is_said_at_once(void **state)
{
	(void)state;
	char fifo[SCRATCH_PATH_MAX];
	char long_path[400];
	scratch_path(&scratch, "fifo", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	const struct {
		const char *path;
		int error;
	} cases[] = {
		{ image, -ENOTBLK },
		{ fifo, -ENOTBLK },
		{ "/dev/null", -ENOTBLK },
		{ "/", -ENOTBLK },
		{ "/dev/no-such-drive", -ENOENT },
		{ "/dev/null/drive", -ENOTDIR },
		{ "", -ENOENT },
		{ long_path, -ENAMETOOLONG },
	};
	static const enum drive_mode modes[] = { DRIVE_LOOK, DRIVE_CLAIM, DRIVE_CLAIM_READ };
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(modes); i++) {
		struct drive *drive = NULL;
		struct error error = { 0 };
		size_t which = i / ARRAY_SIZE(modes);
		int result =
			drive_open(cases[which].path, modes[i % ARRAY_SIZE(modes)], &drive, &error);
		assert_int_equal(result, cases[which].error);
		assert_int_equal(error.kind, ERROR_USAGE);
		assert_string_not_equal(error.what, "");
		assert_string_not_equal(error.next, "");
		assert_null(drive);
	}
}

static void a_read_only_drive_is_not_claimed_for_writing(void **state)
{
	(void)state;
	const struct loop_drive_options options = { .read_only = 1 };
	attach(&options);
	struct drive *drive = NULL;
	struct error error = { 0 };
	assert_int_equal(drive_open(loop.path, DRIVE_CLAIM, &drive, &error), -EROFS);
	assert_int_equal(error.kind, ERROR_REFUSED);
	assert_non_null(strstr(error.what, "read-only"));

	CLEANUP(cleanup_drive_close) struct drive *reader = NULL;
	open_as(loop.path, DRIVE_CLAIM_READ, &reader);
	assert_true(reader->identity.read_only);
}

static void a_partition_is_refused_naming_its_drive(void **state)
{
	(void)state;
	/* Made by request, not by a table: not every kernel reads tables. */
	const struct loop_drive_options options = { .scan_partitions = 1 };
	struct blkpg_partition partition = { .start = MIB, .length = MIB, .pno = 1 };
	struct blkpg_ioctl_arg request = {
		.op = BLKPG_ADD_PARTITION,
		.datalen = sizeof(partition),
		.data = &partition,
	};
	attach(&options);
	char path[64];
	(void)snprintf(path, sizeof(path), "%sp1", loop.path);
	assert_int_equal(ioctl(loop.fd, BLKPG, &request), 0);
	if (access(path, F_OK)) {
		print_message("skipped: no node %s appeared\n", path);
		skip();
	}
	struct drive *drive = NULL;
	struct error error = { 0 };
	assert_int_equal(drive_open(path, DRIVE_CLAIM, &drive, &error), -EINVAL);
	assert_int_equal(error.kind, ERROR_USAGE);
	assert_non_null(strstr(error.what, path));
	assert_non_null(strstr(error.next, loop.path));
}

static void the_same_drive_is_the_same(void **state)
{
	(void)state;
	attach(NULL);
	struct drive_identity now;
	struct error error = { 0 };
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	open_as(loop.path, DRIVE_CLAIM, &drive);
	assert_true(drive_is_present(drive->fd, drive->identity.disk_sequence));
	assert_true(drive_is_present(drive->fd, 0));
	assert_int_equal(drive_check_same(drive, &now, &error), 0);
	assert_true(identity_same(&drive->identity, &now, NULL, 0));
	assert_int_equal(drive_check_same(drive, NULL, NULL), 0);
}

static void another_drive_behind_the_fd_is_noticed(void **state)
{
	(void)state;
	attach(NULL);
	struct drive_identity now = { 0 };
	struct error error = { 0 };
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	open_as(loop.path, DRIVE_LOOK, &drive);

	/* The file grows, and the loop device with it. */
	assert_int_equal(truncate(image, 5 * MIB), 0);
	assert_int_equal(ioctl(loop.fd, LOOP_SET_CAPACITY, 0), 0);
	assert_int_equal(drive_check_same(drive, &now, &error), -ESTALE);
	assert_non_null(strstr(error.what, "capacity"));
	assert_int_equal(now.capacity_bytes, 5 * MIB);
	assert_int_equal(drive_check_same(drive, NULL, NULL), -ESTALE);

	/* As large as before, but it was another in between. */
	assert_int_equal(truncate(image, 4 * MIB), 0);
	assert_int_equal(ioctl(loop.fd, LOOP_SET_CAPACITY, 0), 0);
	assert_int_equal(drive_check_same(drive, &now, &error), 0);
	drive->identity.disk_sequence++;
	assert_false(drive_is_present(drive->fd, drive->identity.disk_sequence));
	assert_int_equal(drive_check_same(drive, &now, &error), -ESTALE);
	drive->identity.disk_sequence--;
	drive->identity.serial[6] ^= 1;
	assert_int_equal(drive_check_same(drive, &now, &error), -ESTALE);
	assert_non_null(strstr(error.what, "serial"));
}

static void a_drive_without_capacity_is_gone(void **state)
{
	(void)state;
	attach(NULL);
	struct drive_identity now = { 0 };
	struct error error = { 0 };
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	open_as(loop.path, DRIVE_LOOK, &drive);
	assert_int_equal(truncate(image, 0), 0);
	assert_int_equal(ioctl(loop.fd, LOOP_SET_CAPACITY, 0), 0);
	assert_false(drive_is_present(drive->fd, drive->identity.disk_sequence));
	assert_int_equal(drive_check_same(drive, &now, &error), -ENODEV);
	assert_non_null(strstr(error.what, drive->identity.serial));
	assert_int_equal(drive_check_same(drive, NULL, NULL), -ENODEV);
}

static void what_is_no_drive_is_not_present(void **state)
{
	(void)state;
	AUTO_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
	assert_false(drive_is_present(fd, 0));
	assert_false(drive_is_present(-1, 0));
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_drive_opens_with_who_it_is),
		test(a_claim_keeps_others_out),
		test(a_lock_of_another_program_is_respected),
		test(a_link_by_id_works),
		test(what_is_no_block_device_is_said_at_once),
		test(a_read_only_drive_is_not_claimed_for_writing),
		test(a_partition_is_refused_naming_its_drive),
		test(the_same_drive_is_the_same),
		test(another_drive_behind_the_fd_is_noticed),
		test(a_drive_without_capacity_is_gone),
		test(what_is_no_drive_is_not_present),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
