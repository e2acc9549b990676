/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading mountinfo (Documentation/filesystems/proc.rst, 3.5) and swaps. */
#include "inventory/scan/mounts.h"

#include "base/file.h"
#include "device/probe/hostile_text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MAX_BYTES (64 * MIB)

void mount_list_free(struct mount_list *list)
{
	free(list->items);
	*list = (struct mount_list){ 0 };
}

static int add(struct mount_list *list, dev_t number, const char *path)
{
	struct mount_point *items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count] = (struct mount_point){ .number = number };
	hostile_text_clean(
		path, strlen(path), items[list->count].path, sizeof(items[list->count].path));
	list->count++;
	return 0;
}

/* \040 and its like; in place. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from; to++) {
		unsigned value;
		if (from[0] == '\\' && sscanf(from + 1, "%3o", &value) == 1 && value < 256 &&
			strspn(from + 1, "01234567") >= 3) {
			*to = (char)value;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The device at a path as the system names it: /dev/… is looked up in paths->dev. */
static dev_t device_at(const struct system_paths *paths, const char *source)
{
	char path[PATH_MAX];
	struct stat status;
	if (strncmp(source, "/dev/", 5) != 0 ||
		snprintf(path, sizeof(path), "%s/%s",
			paths && paths->dev ? paths->dev : system_paths_real.dev,
			source + 5) >= PATH_MAX ||
		stat(path, &status) < 0 || !S_ISBLK(status.st_mode))
		return 0;
	return status.st_rdev;
}

/* "36 35 8:2 /inner /srv rw,relatime shared:1 - ext4 /dev/sda2 rw" */
static int add_mount(struct mount_list *list, char *line, const struct system_paths *paths)
{
	unsigned major_number, minor_number;
	char *fields[5] = { 0 };
	char *rest = line;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i] || !rest)
			return 0;
	}
	if (sscanf(fields[2], "%u:%u", &major_number, &minor_number) != 2)
		return 0;
	dev_t number = major_number ? makedev(major_number, minor_number) : 0;
	char *tail = strstr(rest, " - ");
	if (number == 0 && tail) {
		/* btrfs and its like have an anonymous number: the source says more. */
		tail += 3;
		(void)strsep(&tail, " ");
		char *source = strsep(&tail, " ");
		if (source) {
			unescape(source);
			number = device_at(paths, source);
		}
	}
	unescape(fields[4]);
	return add(list, number, fields[4]);
}

static int read_lines(const struct system_paths *paths, const char *name, struct buffer *ret)
{
	char path[PATH_MAX];
	struct error ignored = { 0 };
	if (snprintf(path, sizeof(path), "%s/%s",
		    paths && paths->proc ? paths->proc : system_paths_real.proc, name) >= PATH_MAX)
		return -ENAMETOOLONG;
	return file_read(path, ret, &ignored);
}

static int add_swaps(struct mount_list *list, const struct system_paths *paths)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(MAX_BYTES);
	if (read_lines(paths, "swaps", &text) < 0)
		return 0;
	char *rest = text.data;
	int r = 0;
	(void)strsep(&rest, "\n"); /* the titles */
	while (rest && r == 0) {
		char *line = strsep(&rest, "\n");
		char *name = strsep(&line, " \t");
		unescape(name);
		dev_t number = device_at(paths, name);
		if (number != 0)
			r = add(list, number, "[SWAP]");
	}
	return r;
}

int mounts_read(const struct system_paths *paths, struct mount_list *ret)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(MAX_BYTES);
	AUTO_MOUNTS struct mount_list list = { 0 };
	int r = read_lines(paths, "self/mountinfo", &text);
	char *rest = text.data;
	while (r == 0 && rest) {
		char *line = strsep(&rest, "\n");
		if (*line)
			r = add_mount(&list, line, paths);
	}
	if (r == 0)
		r = add_swaps(&list, paths);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct mount_list){ 0 };
	return 0;
}

static bool lies_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	if (strcmp(folder, "/") == 0)
		return path[0] == '/';
	return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The longest mount point above it; of equal ones the last, which lies over the others. */
dev_t mounts_device_of(const struct mount_list *list, const char *path)
{
	const struct mount_point *nearest = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct mount_point *mount = &list->items[i];
		if (lies_below(path, mount->path) &&
			(!nearest || strlen(mount->path) >= strlen(nearest->path)))
			nearest = mount;
	}
	return nearest ? nearest->number : 0;
}
