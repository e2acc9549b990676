/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop devices of the test's own; see the header. */
#include "tests/support/own_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define TRIES 32 /* somebody else may take the free one first */

static int attach_free(int control, int backing, struct own_loop *loop)
{
	const struct loop_config config = { .fd = (uint32_t)backing,
		.info = { .lo_flags = LO_FLAGS_AUTOCLEAR } };

	int number = ioctl(control, LOOP_CTL_GET_FREE);
	if (number < 0)
		return -errno;
	(void)snprintf(loop->path, sizeof(loop->path), "/dev/loop%d", number);
	int fd = open(loop->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, LOOP_CONFIGURE, &config) < 0) {
		int errnum = errno;
		(void)close(fd);
		return -errnum;
	}
	loop->fd = fd;
	loop->made = true;
	return 0;
}

bool own_loop_attach(struct own_loop *ret, const char *backing)
{
	*ret = (struct own_loop){ .fd = -1 };
	AUTO_FD int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	AUTO_FD int file = open(backing, O_RDWR | O_CLOEXEC);

	if (control < 0 || file < 0)
		return false;
	for (int i = 0; i < TRIES; i++) {
		int result = attach_free(control, file, ret);
		if (result != -EBUSY)
			return result == 0;
	}
	return false;
}

bool own_loop_begin(struct own_loop *ret, uint64_t bytes)
{
	char folder[] = "/tmp/haiki-loop-XXXXXX", image[80];

	*ret = (struct own_loop){ .fd = -1 };
	if (!mkdtemp(folder))
		return false;
	(void)snprintf(image, sizeof(image), "%s/image", folder);
	int fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool made = fd >= 0 && ftruncate(fd, (off_t)bytes) == 0;
	if (fd >= 0)
		(void)close(fd);
	made = made && own_loop_attach(ret, image);
	(void)snprintf(ret->folder, sizeof(ret->folder), "%s", folder);
	(void)snprintf(ret->image, sizeof(ret->image), "%s", image);
	return made;
}

void own_loop_detach(struct own_loop *loop)
{
	if (!loop->made)
		return;
	(void)ioctl(loop->fd, LOOP_CLR_FD);
	(void)close(loop->fd);
	loop->fd = -1;
	loop->made = false;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void own_loop_end(struct own_loop *loop)
{
	own_loop_detach(loop);
	if (loop->folder[0])
		(void)nftw(loop->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	loop->folder[0] = '\0';
}
