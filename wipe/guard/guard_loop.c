/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop devices: other names for the same bytes, of which neither holders nor mounts of the drive
 * tell anything. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/patient.h"
#include "base/patient.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#define ANSWER_LIMIT_MS 2000
/* A device that is being attached or detached is neither for a moment. */
#define LOOKS 20
#define BETWEEN_LOOKS_NS (20 * 1000 * 1000)

/* What a loop device stands on. A plain value. */
struct backing {
	char path[PATH_MAX]; /* as the kernel names it; may lead elsewhere from where we stand */
	char node[PATH_MAX]; /* the loop device's own */
	bool is_block;
	dev_t number; /* of the block device, when it is one */
	dev_t device; /* of the file: where it lies and its inode */
	uint64_t inode;
};

static bool same_backing(const struct backing *a, const struct backing *b)
{
	if (a->is_block || b->is_block)
		return a->is_block && b->is_block && a->number == b->number;
	return a->device == b->device && a->inode == b->inode;
}

/* The kernel's own word, whatever the path has become since. */
static int ask_loop(int fd, struct backing *ret)
{
	struct loop_info64 info = { 0 };

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	/* The kernel writes its numbers as new_encode_dev does: 12 bits of major, 20 of minor. */
	ret->number = makedev((info.lo_rdevice >> 8) & 0xfff,
		(info.lo_rdevice & 0xff) | ((info.lo_rdevice >> 12) & 0xfff00));
	ret->device = makedev((info.lo_device >> 8) & 0xfff,
		(info.lo_device & 0xff) | ((info.lo_device >> 12) & 0xfff00));
	ret->inode = info.lo_inode;
	ret->is_block = info.lo_rdevice != 0;
	return 0;
}

static int ask_path(struct backing *ret)
{
	struct stat status;

	if (stat(ret->path, &status) < 0)
		return -errno;
	ret->is_block = S_ISBLK(status.st_mode);
	ret->number = status.st_rdev;
	ret->device = status.st_dev;
	ret->inode = status.st_ino;
	return 0;
}

/* -ENXIO: nothing stands behind it now. */
static int ask_device(void *value)
{
	struct backing *backing = value;
	AUTO_FD int fd = open(backing->node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	int result = fd < 0 ? -errno : ask_loop(fd, backing);
	if (result == 0 || (fd >= 0 && result == -ENXIO))
		return result;
	return ask_path(backing);
}

static int look_once(const struct guard_context *context, const char *name, struct backing *ret)
{
	char path[PATH_MAX];

	memset(ret, 0, sizeof(*ret));
	int result = guard_path(path, "%s/block/%s/loop/backing_file", context->paths.sys, name);
	if (result == 0)
		result = file_read_line(path, ret->path, sizeof(ret->path));
	if (result < 0)
		return result == -ENOENT || result == -ENODEV ? -ENXIO : result;
	result = guard_path(ret->node, "%s/%s", context->paths.dev, name);
	static const struct patient_question question = {
		.ask = ask_device, .size = sizeof(*ret), .limit_ms = ANSWER_LIMIT_MS
	};
	return result < 0 ? result : patient_ask(&question, ret);
}

/* 0; -ENXIO when nothing stands behind this loop device; -errno when that cannot be told. */
static int read_backing(const struct guard_context *context, const char *name, struct backing *ret)
{
	const struct timespec pause = { .tv_nsec = BETWEEN_LOOKS_NS };

	for (int i = 1;; i++) {
		int result = look_once(context, name, ret);
		if (result == 0 || result == -ENXIO || result == -ETIMEDOUT || i == LOOKS)
			return result;
		(void)nanosleep(&pause, NULL);
	}
}

/* What the drive itself stands on, when it is a loop device. 1: *ret; 0: it is none. */
static int own_backing(const struct guard_context *context, struct backing *ret)
{
	const struct drive_identity *identity = &context->subject->drive->identity;
	char path[PATH_MAX], text[PATH_MAX];

	int result = guard_path(path, "%s/dev/block/%u:%u/loop/backing_file", context->paths.sys,
		major(identity->devnum), minor(identity->devnum));
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result < 0)
		return result == -ENOENT ? 0 : result;
	result = read_backing(context, identity->name, ret);
	return result < 0 ? result : 1;
}

struct loop_walk {
	const struct guard_context *context;
	struct guard_finding *finding;
	bool has_own;
	struct backing own;
};

static void check_one(const struct loop_walk *walk, const char *name)
{
	struct backing backing;

	const struct drive *drive = walk->context->subject->drive;

	if (drive && strcmp(name, drive->identity.name) == 0)
		return;
	int result = read_backing(walk->context, name, &backing);
	if (result == -ENXIO)
		return;
	if (result < 0) {
		finding_not_made(walk->finding, _("it cannot be seen what %s stands on (%s): %s"),
			name, backing.path, strerror(-result));
		return;
	}
	const struct family_member *member =
		backing.is_block ? family_find(walk->context, backing.number) : NULL;
	if (member)
		finding_refuse(
			walk->finding, _("the loop device %s stands on %s"), name, member->title);
	else if (walk->has_own && same_backing(&walk->own, &backing))
		finding_refuse(walk->finding, _("the loop device %s stands on the same file: %s"),
			name, backing.path);
}

static bool is_loop_name(const char *name)
{
	return strncmp(name, "loop", 4) == 0 && name[4] &&
	       name[4 + strspn(name + 4, "0123456789")] == '\0';
}

static int check_all(const struct loop_walk *walk)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/block", walk->context->paths.sys);
	if (result < 0)
		return result;
	DIR *folder = opendir(path);
	if (!folder)
		return -errno;
	const struct dirent *entry;
	while ((errno = 0, entry = readdir(folder)))
		if (is_loop_name(entry->d_name))
			check_one(walk, entry->d_name);
	result = -errno;
	(void)closedir(folder);
	return result;
}

void check_loop(const struct guard_context *context, struct guard_finding *ret)
{
	struct loop_walk walk = { .context = context, .finding = ret };

	if (!finding_needs_family(context, ret))
		return;
	int result = own_backing(context, &walk.own);
	walk.has_own = result > 0;
	/* A window on another drive would lead past that drive's own guard. */
	if (walk.has_own && walk.own.is_block)
		finding_refuse(ret,
			_("it is only a window on the block device %s: name that drive itself"),
			walk.own.path);
	if (result >= 0)
		result = check_all(&walk);
	if (result < 0)
		finding_not_made(
			ret, _("the loop devices cannot be looked at: %s"), strerror(-result));
	finding_pass(ret);
}

void check_file_loop(
	const struct guard_context *context, const struct stat *file, struct guard_finding *ret)
{
	struct loop_walk walk = { .context = context,
		.finding = ret,
		.has_own = true,
		.own = { .device = file->st_dev, .inode = file->st_ino } };

	int result = check_all(&walk);
	if (result < 0)
		finding_not_made(
			ret, _("the loop devices cannot be looked at: %s"), strerror(-result));
	finding_pass(ret);
}
