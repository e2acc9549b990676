/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files: whole or not at all, also when the disk is full; and nothing read without a maximum. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Every test runs in this folder of its own, as the working folder. */
static char folder[] = "/tmp/haiki-test-file-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void write_text(const char *path, const char *text)
{
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
}

static void assert_holds(const char *path, const char *expected)
{
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(1000);

	assert_int_equal(file_read(path, &buffer, NULL), 0);
	assert_string_equal(buffer_text(&buffer), expected);
}

static size_t count_entries(const char *path)
{
	size_t count = 0;
	DIR *entries = opendir(path);

	assert_non_null(entries);
	while (readdir(entries))
		count++;
	(void)closedir(entries);
	return count - 2; /* "." and ".." */
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void reading_appends_up_to_the_limit(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer exact = BUFFER_INIT(8);
	AUTO_BUFFER struct buffer small = BUFFER_INIT(7);
	struct error error = { 0 };

	write_text("a", "hello");
	assert_int_equal(buffer_append_text(&exact, ">> "), 0);
	assert_int_equal(file_read("a", &exact, &error), 0);
	assert_string_equal(buffer_text(&exact), ">> hello");
	assert_int_equal(buffer_append_text(&small, ">> "), 0);
	assert_int_equal(file_read("a", &small, &error), -EFBIG);
	assert_string_equal(buffer_text(&small), ">> ");
	assert_non_null(strstr(error.what, "larger than the 7 bytes"));
	assert_int_equal(unlink("a"), 0);
}

static void a_large_file_comes_back_whole(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(MIB);
	char data[100003];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	assert_int_equal(file_write("large", data, sizeof(data), 0600, NULL), 0);
	assert_int_equal(file_read("large", &buffer, NULL), 0);
	assert_int_equal(buffer.length, sizeof(data));
	assert_memory_equal(buffer.data, data, sizeof(data));
	/* What is cut off by the limit leaves nothing behind, however much was read. */
	AUTO_BUFFER struct buffer small = BUFFER_INIT(90000);
	assert_int_equal(file_read("large", &small, NULL), -EFBIG);
	assert_int_equal(small.length, 0);
	assert_string_equal(buffer_text(&small), "");
	assert_int_equal(unlink("large"), 0);
}

static void only_regular_files_are_read(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(100);
	struct error error = { 0 };

	assert_int_equal(file_read("missing", &buffer, &error), -ENOENT);
	assert_string_equal(error.what, "Cannot open missing: No such file or directory");
	assert_int_equal(file_read(".", &buffer, &error), -EINVAL);
	assert_int_equal(file_read("/dev/zero", &buffer, &error), -EINVAL);
	/* Without a writer: the reader must not wait for one. */
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(file_read("pipe", &buffer, &error), -EINVAL);
	assert_string_equal(error.what, "pipe is not a regular file");
	assert_int_equal(unlink("pipe"), 0);
}

static void a_line_is_read_without_its_blanks(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "" },
		{ "\n", "" },
		{ "512\n", "512" },
		{ " a b \t\r\n", " a b" },
		{ "one\ntwo\n", "one\ntwo" },
		{ "0123456789", "0123456" },
		{ "012345 \n89", "012345" },
	};
	char text[8];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_text("line", cases[i].in);
		memset(text, 'x', sizeof(text));
		assert_int_equal(file_read_line("line", text, sizeof(text)), 0);
		assert_string_equal(text, cases[i].out);
	}
	memcpy(text, "kept", 5);
	assert_int_equal(file_read_line("missing", text, sizeof(text)), -ENOENT);
	assert_int_equal(file_read_line(".", text, sizeof(text)), -EISDIR);
	assert_int_equal(file_read_line("line", text, 0), -EINVAL);
	assert_string_equal(text, "kept");
	assert_int_equal(unlink("line"), 0);
}

static void a_file_is_replaced_with_exactly_this_mode(void **state)
{
	(void)state;
	char absolute[sizeof(folder) + 16];
	mode_t umask_before = umask(0077);

	(void)snprintf(absolute, sizeof(absolute), "%s/new", folder);
	assert_int_equal(file_write("new", "one", 3, 0644, NULL), 0);
	assert_int_equal(mode_of("new"), 0644);
	assert_int_equal(file_write("./new", "two", 3, 0400, NULL), 0);
	assert_holds("new", "two");
	assert_int_equal(mode_of("new"), 0400);
	assert_int_equal(file_write(absolute, "", 0, 0666, NULL), 0);
	assert_holds("new", "");
	assert_int_equal(mode_of("new"), 0666);
	(void)umask(umask_before);
	assert_int_equal(count_entries("."), 1);
	assert_int_equal(unlink("new"), 0);
}

static void nothing_but_a_file_is_replaced(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct stat status;

	write_text("behind", "kept");
	assert_int_equal(symlink("behind", "link"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(file_write("link", "x", 1, 0600, &error), -EINVAL);
	assert_int_equal(file_write("pipe", "x", 1, 0600, &error), -EINVAL);
	assert_int_equal(file_write("sub", "x", 1, 0600, &error), -EINVAL);
	assert_non_null(strstr(error.what, "Cannot write sub"));
	assert_int_equal(file_write("sub/", "x", 1, 0600, &error), -EISDIR);
	assert_int_equal(file_write("", "x", 1, 0600, &error), -EISDIR);
	assert_int_equal(file_write("missing/x", "x", 1, 0600, &error), -ENOENT);
	assert_int_equal(file_write("behind/x", "x", 1, 0600, &error), -ENOTDIR);
	assert_int_equal(lstat("link", &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_holds("behind", "kept");
	assert_int_equal(count_entries("."), 4);
	assert_int_equal(count_entries("sub"), 0);
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(unlink("pipe"), 0);
	assert_int_equal(unlink("behind"), 0);
	assert_int_equal(rmdir("sub"), 0);
}

static void a_name_too_long_is_an_error(void **state)
{
	(void)state;
	char name[5000];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(file_write(name, "x", 1, 0600, NULL), -ENAMETOOLONG);
	name[4990] = '/';
	assert_int_equal(file_write(name, "x", 1, 0600, NULL), -ENAMETOOLONG);
	assert_int_equal(file_make_folder(name, 0700, NULL), -ENAMETOOLONG);
	assert_int_equal(count_entries("."), 0);
}

/* On a filesystem of 64 KiB of its own, first filled by a large file. */
static void write_on_a_full_disk(const char *mount_point)
{
	static char large[128 * 1024];
	struct error error = { 0 };
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(before >= 0);
	assert_int_equal(chdir(mount_point), 0);
	write_text("record", "old");
	int result = file_write("record", large, sizeof(large), 0600, &error);
	size_t entries = count_entries(".");
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(1000);
	int read_result = file_read("record", &buffer, NULL);
	assert_int_equal(fchdir(before), 0);
	assert_int_equal(close(before), 0);
	/* Unmounted before anything is asserted, so that a failure leaves no mount behind. */
	assert_int_equal(umount(mount_point), 0);
	assert_int_equal(result, -ENOSPC);
	assert_string_not_equal(error.next, "");
	assert_int_equal(entries, 1);
	assert_int_equal(read_result, 0);
	assert_string_equal(buffer_text(&buffer), "old");
}

static void a_full_disk_keeps_the_old_file(void **state)
{
	(void)state;

	assert_int_equal(mkdir("full", 0700), 0);
	if (mount("haiki-test", "full", "tmpfs", 0, "size=64k") < 0) {
		assert_int_equal(rmdir("full"), 0);
		print_message("# skip: a tmpfs cannot be mounted here\n");
		skip();
	}
	write_on_a_full_disk("full");
	assert_int_equal(rmdir("full"), 0);
}

static void folders_are_made_with_their_parents(void **state)
{
	(void)state;
	mode_t umask_before = umask(0077);
	struct error error = { 0 };

	assert_int_equal(file_make_folder("one/two//three/", 0755, &error), 0);
	assert_int_equal(mode_of("one"), 0755);
	assert_int_equal(mode_of("one/two"), 0755);
	assert_int_equal(mode_of("one/two/three"), 0755);
	(void)umask(umask_before);
	/* What is there keeps its mode. */
	assert_int_equal(file_make_folder("one/two", 0700, &error), 0);
	assert_int_equal(mode_of("one/two"), 0755);
	assert_int_equal(file_make_folder("/", 0700, &error), 0);
	assert_int_equal(file_make_folder(".", 0700, &error), 0);
	assert_int_equal(file_make_folder(folder, 0700, &error), 0);
	assert_int_equal(file_make_folder("", 0700, &error), -ENOENT);
	write_text("file", "x");
	assert_int_equal(file_make_folder("file", 0700, &error), -ENOTDIR);
	assert_int_equal(file_make_folder("file/below", 0700, &error), -ENOTDIR);
	assert_string_equal(error.what, "Cannot make the folder file/below: Not a directory");
	assert_int_equal(unlink("file"), 0);
	assert_int_equal(rmdir("one/two/three"), 0);
	assert_int_equal(rmdir("one/two"), 0);
	assert_int_equal(rmdir("one"), 0);
}

static void a_secret_open_to_others_is_refused(void **state)
{
	(void)state;
	static const mode_t refused[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0666, 0777 };
	static const mode_t accepted[] = { 0600, 0400, 0700 };
	struct error error = { 0 };

	write_text("key", "x");
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		assert_int_equal(chmod("key", accepted[i]), 0);
		assert_int_equal(file_check_secret("key", &error), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		error = (struct error){ 0 };
		assert_int_equal(chmod("key", refused[i]), 0);
		assert_int_equal(file_check_secret("key", &error), -EPERM);
		assert_int_equal(error.kind, ERROR_REFUSED);
		assert_string_equal(error.next, "Run: chmod 600 key");
	}
	assert_int_equal(unlink("key"), 0);
	assert_int_equal(file_check_secret("key", &error), -ENOENT);
	assert_int_equal(file_check_secret(".", &error), -EPERM);
}

static void a_secret_of_somebody_else_is_refused(void **state)
{
	(void)state;
	struct error error = { 0 };

	if (geteuid() != 0) {
		print_message("# skip: giving a file away takes root\n");
		skip();
	}
	write_text("key", "x");
	assert_int_equal(chown("key", 65534, 0), 0);
	assert_int_equal(file_check_secret("key", &error), -EPERM);
	assert_string_equal(error.code, "secret-owner");
	assert_int_equal(unlink("key"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_appends_up_to_the_limit),
		cmocka_unit_test(a_large_file_comes_back_whole),
		cmocka_unit_test(only_regular_files_are_read),
		cmocka_unit_test(a_line_is_read_without_its_blanks),
		cmocka_unit_test(a_file_is_replaced_with_exactly_this_mode),
		cmocka_unit_test(nothing_but_a_file_is_replaced),
		cmocka_unit_test(a_name_too_long_is_an_error),
		cmocka_unit_test(a_full_disk_keeps_the_old_file),
		cmocka_unit_test(folders_are_made_with_their_parents),
		cmocka_unit_test(a_secret_open_to_others_is_refused),
		cmocka_unit_test(a_secret_of_somebody_else_is_refused),
	};
	return cmocka_run_group_tests_name("file", tests, enter_folder, remove_folder);
}
