/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine made of files; see the header. */
#include "tests/support/fixture_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FIXTURE_MAJOR 240

static void join(const struct fixture_system *fixture, const char *path, char ret[static PATH_MAX])
{
	int length = snprintf(ret, PATH_MAX, "%s/%s", fixture->root, path);

	assert_in_range(length, 1, PATH_MAX - 1);
}

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

void fixture_write(const struct fixture_system *fixture, const char *path, const char *text)
{
	char full[PATH_MAX];

	join(fixture, path, full);
	make_parents(full);
	int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

void fixture_folder(const struct fixture_system *fixture, const char *path)
{
	char full[PATH_MAX];

	join(fixture, path, full);
	make_parents(full);
	assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

void fixture_link(const struct fixture_system *fixture, const char *path, const char *target)
{
	char full[PATH_MAX];

	join(fixture, path, full);
	make_parents(full);
	assert_int_equal(symlink(target, full), 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void fixture_remove(const struct fixture_system *fixture, const char *path)
{
	char full[PATH_MAX];

	join(fixture, path, full);
	assert_int_equal(nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT), 0);
}

static void PRINTF_LIKE(3, 4) write_format(
	const struct fixture_system *fixture, const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	assert_in_range(vsnprintf(path, sizeof(path), format, arguments), 1, PATH_MAX - 1);
	va_end(arguments);
	fixture_write(fixture, path, text);
}

static void PRINTF_LIKE(3, 4) link_format(
	const struct fixture_system *fixture, const char *target, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	assert_in_range(vsnprintf(path, sizeof(path), format, arguments), 1, PATH_MAX - 1);
	va_end(arguments);
	fixture_link(fixture, path, target);
}

static void PRINTF_LIKE(2, 3)
	folder_format(const struct fixture_system *fixture, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	assert_in_range(vsnprintf(path, sizeof(path), format, arguments), 1, PATH_MAX - 1);
	va_end(arguments);
	fixture_folder(fixture, path);
}

/* As the kernel lays it out: class/block and dev/block are links into one tree. */
static void add_links(
	const struct fixture_system *fixture, const char *folder, const char *name, unsigned minor)
{
	char number[32], target[PATH_MAX];

	(void)snprintf(number, sizeof(number), "%d:%u\n", FIXTURE_MAJOR, minor);
	write_format(fixture, number, "sys/block/%s/dev", folder);
	folder_format(fixture, "sys/block/%s/holders", folder);
	(void)snprintf(target, sizeof(target), "../../block/%s", folder);
	link_format(fixture, target, "sys/class/block/%s", name);
	link_format(fixture, target, "sys/dev/block/%d:%u", FIXTURE_MAJOR, minor);
}

void fixture_disk(const struct fixture_system *fixture, const char *name, unsigned minor)
{
	add_links(fixture, name, name, minor);
	folder_format(fixture, "sys/block/%s/slaves", name);
}

void fixture_partition(const struct fixture_system *fixture, const char *disk, const char *name,
	unsigned minor, uint64_t start_sectors)
{
	char folder[PATH_MAX], start[32];

	(void)snprintf(folder, sizeof(folder), "%s/%s", disk, name);
	add_links(fixture, folder, name, minor);
	write_format(fixture, "1\n", "sys/block/%s/partition", folder);
	(void)snprintf(start, sizeof(start), "%llu\n", (unsigned long long)start_sectors);
	write_format(fixture, start, "sys/block/%s/start", folder);
}

void fixture_stack(const struct fixture_system *fixture, const char *lower, const char *upper)
{
	char target[PATH_MAX];
	const char *slash = strchr(lower, '/');

	(void)snprintf(target, sizeof(target), "%s../../%s", slash ? "../" : "", upper);
	link_format(fixture, target, "sys/block/%s/holders/%s", lower, upper);
	(void)snprintf(target, sizeof(target), "../../%s", lower);
	link_format(fixture, target, "sys/block/%s/slaves/%s", upper, slash ? slash + 1 : lower);
}

bool fixture_node(const struct fixture_system *fixture, const char *name, unsigned minor)
{
	char path[PATH_MAX], inner[PATH_MAX];

	(void)snprintf(inner, sizeof(inner), "dev/%s", name);
	join(fixture, inner, path);
	make_parents(path);
	return mknod(path, S_IFBLK | 0600, makedev(FIXTURE_MAJOR, minor)) == 0;
}

void fixture_process(
	const struct fixture_system *fixture, long pid, const char *name, unsigned namespace)
{
	char text[256];

	folder_format(fixture, "proc/%ld/fd", pid);
	folder_format(fixture, "proc/%ld/map_files", pid);
	write_format(fixture, FIXTURE_MAPS, "proc/%ld/maps", pid);
	write_format(fixture, FIXTURE_MOUNTINFO, "proc/%ld/mountinfo", pid);
	(void)snprintf(text, sizeof(text), "%s\n", name);
	write_format(fixture, text, "proc/%ld/comm", pid);
	(void)snprintf(text, sizeof(text), "%ld (%s) S 0 0\n", pid, name);
	write_format(fixture, text, "proc/%ld/stat", pid);
	(void)snprintf(text, sizeof(text), "Name:\t%s\nUid:\t0\t0\t0\t0\n", name);
	write_format(fixture, text, "proc/%ld/status", pid);
	(void)snprintf(text, sizeof(text), "mnt:[%u]", namespace);
	link_format(fixture, text, "proc/%ld/ns/mnt", pid);
	link_format(fixture, "/", "proc/%ld/root", pid);
	/* Its first thread is seen as the process is. */
	link_format(fixture, "..", "proc/%ld/task/%ld", pid, pid);
}

void fixture_begin(struct fixture_system *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	(void)snprintf(fixture->root, sizeof(fixture->root), "/tmp/haiki-fixture-XXXXXX");
	assert_non_null(mkdtemp(fixture->root));
	(void)snprintf(fixture->sys, sizeof(fixture->sys), "%s/sys", fixture->root);
	(void)snprintf(fixture->proc, sizeof(fixture->proc), "%s/proc", fixture->root);
	(void)snprintf(fixture->dev, sizeof(fixture->dev), "%s/dev", fixture->root);
	fixture->paths = (struct system_paths){ fixture->sys, fixture->proc, fixture->dev };

	fixture_folder(fixture, "dev");
	fixture_folder(fixture, "sys/module");
	fixture_disk(fixture, "other", 16);
	fixture_write(fixture, "proc/self/mountinfo", FIXTURE_MOUNTINFO);
	fixture_link(fixture, "proc/self/ns/mnt", "mnt:[1]");
	fixture_link(fixture, "proc/self/ns/pid", "pid:[4026531836]");
	fixture_link(fixture, "proc/self/root", "/");
	fixture_write(fixture, "proc/swaps", FIXTURE_SWAPS);
	fixture_write(fixture, "proc/cmdline", "quiet root=/dev/gone ro\n");
	fixture_process(fixture, 1, "init", 1);
}

void fixture_end(struct fixture_system *fixture)
{
	fixture_remove(fixture, "");
	fixture->root[0] = '\0';
}
