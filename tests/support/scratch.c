/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of one's own for a test, and loop devices on files in it. */
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/loop.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

extern char **environ;

void scratch_make(struct scratch *scratch)
{
	const char *parent = getenv("TMPDIR");
	(void)snprintf(scratch->folder, sizeof(scratch->folder), "%s/haiki-test-XXXXXX",
		parent && strlen(parent) < 100 ? parent : "/tmp");
	if (!mkdtemp(scratch->folder))
		fail_msg("no scratch folder: %s", strerror(errno));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
	if (nftw(scratch->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fail_msg("%s cannot be removed: %s", scratch->folder, strerror(errno));
}

void scratch_path(
	const struct scratch *scratch, const char *name, char ret[static SCRATCH_PATH_MAX])
{
	int length = snprintf(ret, SCRATCH_PATH_MAX, "%s/%s", scratch->folder, name);
	if (length < 0 || length >= SCRATCH_PATH_MAX)
		fail_msg("path too long: %s", name);
	for (char *slash = ret + strlen(scratch->folder) + 1; (slash = strchr(slash, '/'));
		slash++) {
		*slash = '\0';
		if (mkdir(ret, 0700) && errno != EEXIST)
			fail_msg("%s: %s", ret, strerror(errno));
		*slash = '/';
	}
}

void scratch_write(const struct scratch *scratch, const char *name, const void *data, size_t length)
{
	char path[SCRATCH_PATH_MAX];
	scratch_path(scratch, name, path);
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		fail_msg("%s: %s", path, strerror(errno));
}

void scratch_text(const struct scratch *scratch, const char *name, const char *text)
{
	scratch_write(scratch, name, text, strlen(text));
}

void scratch_link(const struct scratch *scratch, const char *name, const char *target)
{
	char path[SCRATCH_PATH_MAX];
	scratch_path(scratch, name, path);
	if (symlink(target, path))
		fail_msg("%s: %s", path, strerror(errno));
}

void scratch_image(const struct scratch *scratch, const char *name, uint64_t bytes,
	char ret[static SCRATCH_PATH_MAX])
{
	scratch_write(scratch, name, "", 0);
	scratch_path(scratch, name, ret);
	if (truncate(ret, (off_t)bytes))
		fail_msg("%s: %s", ret, strerror(errno));
}

static int configure(int file, const struct loop_drive_options *options, struct loop_drive *loop)
{
	struct loop_config config = {
		.fd = (uint32_t)file,
		.block_size = options->sector_bytes,
		.info = {
			.lo_offset = options->offset_bytes,
			.lo_sizelimit = options->limit_bytes,
			.lo_flags = (options->read_only ? LO_FLAGS_READ_ONLY : 0u) |
				    (options->scan_partitions ? LO_FLAGS_PARTSCAN : 0u),
		},
	};
	return ioctl(loop->fd, LOOP_CONFIGURE, &config) ? -errno : 0;
}

int loop_drive_attach(
	const char *file, const struct loop_drive_options *options, struct loop_drive *ret)
{
	static const struct loop_drive_options defaults;
	int flags = options && options->read_only ? O_RDONLY : O_RDWR;
	AUTO_FD int backing = open(file, flags | O_CLOEXEC);
	AUTO_FD int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (backing < 0 || control < 0)
		return -errno;
	/* Another program may take the number that was free a moment ago. */
	for (int attempt = 0; attempt < 64; attempt++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		if (number < 0)
			return -errno;
		struct loop_drive loop = { .number = (unsigned)number };
		(void)snprintf(loop.path, sizeof(loop.path), "/dev/loop%d", number);
		loop.fd = open(loop.path, flags | O_CLOEXEC);
		if (loop.fd < 0)
			return -errno;
		int error = configure(backing, options ? options : &defaults, &loop);
		if (!error) {
			*ret = loop;
			return 0;
		}
		(void)close(loop.fd);
		if (error != -EBUSY)
			return error;
	}
	return -EBUSY;
}

void loop_drive_detach(struct loop_drive *loop)
{
	if (!loop || loop->fd < 0)
		return;
	(void)ioctl(loop->fd, LOOP_CLR_FD);
	(void)close(loop->fd);
	loop->fd = -1;
}

void loop_drive_require(void)
{
	AUTO_FD int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0) {
		print_message("skipped: no loop devices for us here (%s)\n", strerror(errno));
		skip();
	}
}

int run_program(const char *const arguments[])
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;
	if (posix_spawn_file_actions_init(&actions))
		return -ENOMEM;
	int error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!error)
		error = posix_spawnp(
			&child, arguments[0], &actions, NULL, (char *const *)arguments, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (error)
		return -error;
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}
