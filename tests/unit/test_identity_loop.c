/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a loop device is, on real ones: its file, the part of it that it shows, and nobody without a
 * file. */
#include "device/identity/identity.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static struct scratch tree;

static int set_up(void **state)
{
	(void)state;
	scratch_make(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_remove(&tree);
	return 0;
}

static struct drive_identity read_loop(const struct loop_drive *loop)
{
	struct drive_identity identity;
	struct error error = { 0 };
	int result = identity_read(loop->fd, NULL, &identity, &error);
	if (result)
		fail_msg("%s: %s", loop->path, error.what);
	return identity;
}

static struct drive_identity attach_and_read(
	const char *file, const struct loop_drive_options *options)
{
	struct loop_drive loop = { .fd = -1 };
	assert_int_equal(loop_drive_attach(file, options, &loop), 0);
	struct drive_identity identity = read_loop(&loop);
	loop_drive_detach(&loop);
	return identity;
}

static void a_loop_device_is_its_file(void **state)
{
	(void)state;
	loop_drive_require();
	char file[SCRATCH_PATH_MAX];
	char other_file[SCRATCH_PATH_MAX];
	char why[256];
	const struct loop_drive_options behind = { .offset_bytes = 4096 };
	const struct loop_drive_options limited = { .limit_bytes = 8 * MIB - 4096 };
	struct loop_drive in_the_way = { .fd = -1 };
	scratch_image(&tree, "one", 8 * MIB, file);
	scratch_image(&tree, "other", 8 * MIB, other_file);

	struct drive_identity first = attach_and_read(file, NULL);
	assert_int_equal(loop_drive_attach(other_file, NULL, &in_the_way), 0);
	struct drive_identity again = attach_and_read(file, NULL);
	struct drive_identity other = read_loop(&in_the_way);
	loop_drive_detach(&in_the_way);

	assert_true(identity_same(&first, &again, why, sizeof(why)));
	assert_int_equal(strlen(first.serial), strlen("LOOP-0123456789ABCDEF"));
	assert_memory_equal(first.serial, "LOOP-", 5);
	assert_int_equal(strspn(first.serial + 5, "0123456789ABCDEF"), 16);
	assert_string_equal(first.model, "loop device");
	assert_string_equal(first.backing, file);
	assert_int_equal(first.transport, TRANSPORT_VIRTUAL);
	assert_int_equal(first.media, MEDIA_VIRTUAL);
	assert_int_equal(first.capacity_bytes, 8 * MIB);
	assert_int_equal(first.logical_sector_bytes, 512);
	assert_int_equal(identity_check_addressable(&first, NULL), 0);

	assert_string_not_equal(first.serial, other.serial);
	struct drive_identity part = attach_and_read(file, &behind);
	assert_string_not_equal(first.serial, part.serial);
	struct drive_identity cut = attach_and_read(file, &limited);
	assert_string_not_equal(first.serial, cut.serial);
	assert_string_not_equal(part.serial, cut.serial);
}

static void a_file_made_anew_is_another_drive(void **state)
{
	(void)state;
	loop_drive_require();
	char file[SCRATCH_PATH_MAX];
	struct stat before;
	struct stat after;
	scratch_image(&tree, "again", MIB, file);
	assert_int_equal(stat(file, &before), 0);
	struct drive_identity first = attach_and_read(file, NULL);
	assert_int_equal(unlink(file), 0);
	scratch_image(&tree, "again", MIB, file);
	assert_int_equal(stat(file, &after), 0);
	struct drive_identity second = attach_and_read(file, NULL);
	if (before.st_ino == after.st_ino)
		print_message("the new file has the old one's inode\n");
	assert_string_not_equal(first.serial, second.serial);
}

static void loop_devices_with_other_sectors_and_read_only(void **state)
{
	(void)state;
	loop_drive_require();
	char file[SCRATCH_PATH_MAX];
	const struct loop_drive_options options = { .sector_bytes = 4096, .read_only = 1 };
	scratch_image(&tree, "image", MIB, file);
	struct drive_identity identity = attach_and_read(file, &options);
	assert_int_equal(identity.logical_sector_bytes, 4096);
	assert_int_equal(identity.physical_sector_bytes, 4096);
	assert_true(identity.read_only);
}

static void an_idle_loop_device_has_no_identity(void **state)
{
	(void)state;
	loop_drive_require();
	char file[SCRATCH_PATH_MAX];
	struct loop_drive loop = { .fd = -1 };
	scratch_image(&tree, "image", MIB, file);
	assert_int_equal(loop_drive_attach(file, NULL, &loop), 0);
	struct drive_identity attached = read_loop(&loop);
	loop_drive_detach(&loop);
	AUTO_FD int fd = open(loop.path, O_RDONLY | O_CLOEXEC);
	/* It may be somebody else's by now; ours it is not. */
	struct drive_identity now;
	assert_int_equal(identity_read(fd, NULL, &now, NULL), 0);
	assert_string_not_equal(now.serial, attached.serial);
	if (now.capacity_bytes == 0) {
		assert_string_equal(now.serial, "");
		assert_int_equal(identity_check_addressable(&now, NULL), -ENOTSUP);
	}
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_loop_device_is_its_file),
		test(a_file_made_anew_is_another_drive),
		test(loop_devices_with_other_sectors_and_read_only),
		test(an_idle_loop_device_has_no_identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
