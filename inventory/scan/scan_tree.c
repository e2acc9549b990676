/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading /sys/block: told apart by major number and by what the kernel hangs below a device, since
 * names are only habits. */
#include "inventory/scan/scan_tree.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TREE_PATH_MAX 512

void scan_names_free(struct scan_names *names)
{
	free(names->items);
	*names = (struct scan_names){ 0 };
}

/* false also when the path would be too long: then nothing is known. */
static bool has(const char *folder, const char *name, const char *attribute)
{
	char path[TREE_PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s/%s", folder, name, attribute);
	return length > 0 && (size_t)length < sizeof(path) && access(path, F_OK) == 0;
}

static bool reads(const char *folder, const char *name, const char *attribute, const char *value)
{
	char path[TREE_PATH_MAX];
	char text[64];
	int length = snprintf(path, sizeof(path), "%s/%s/%s", folder, name, attribute);
	return length > 0 && (size_t)length < sizeof(path) &&
	       file_read_line(path, text, sizeof(text)) == 0 && strcmp(text, value) == 0;
}

static int major_of(const char *folder, const char *name)
{
	char path[TREE_PATH_MAX];
	char text[64];
	int number = -1;
	int length = snprintf(path, sizeof(path), "%s/%s/dev", folder, name);
	if (length < 0 || (size_t)length >= sizeof(path) ||
		file_read_line(path, text, sizeof(text)) < 0 || sscanf(text, "%d:", &number) != 1)
		return -1;
	return number;
}

/* "mmcblk0boot0", "mmcblk0rpmb": areas of the eMMC beside its drive, with its serial. */
static bool is_mmc_area(const char *name)
{
	unsigned number = 0;
	char rest[8] = "";
	return sscanf(name, "mmcblk%u%7s", &number, rest) == 2 &&
	       (strncmp(rest, "boot", 4) == 0 || strncmp(rest, "rpmb", 4) == 0);
}

/* The cached device; the drives it stands on have a folder "bcache" as well, so only its name tells. */
static bool is_bcache(const char *name)
{
	unsigned number = 0;
	char rest = '\0';
	return sscanf(name, "bcache%u%c", &number, &rest) == 1;
}

static bool is_drive(const char *folder, const char *name)
{
	switch (major_of(folder, name)) {
	case RAMDISK_MAJOR:
	case FLOPPY_MAJOR:
	case SCSI_CDROM_MAJOR:
	case MD_MAJOR:
		return false;
	default:
		break;
	}
	if (has(folder, name, "dm") || has(folder, name, "md") || is_bcache(name))
		return false;
	if (reads(folder, name, "hidden", "1") || is_mmc_area(name))
		return false;
	/* A drive that shows no capacity (defective, of a sector size the kernel refuses) hangs on
	 * hardware and stays; an idle loop or zram device hangs on nothing. */
	return !reads(folder, name, "size", "0") || has(folder, name, "device") ||
	       has(folder, name, "loop/backing_file");
}

/* length < SCAN_NAME_MAX */
static int add_name(struct scan_names *names, const char *name, size_t length, struct error *error)
{
	char(*items)[SCAN_NAME_MAX] =
		reallocarray(names->items, names->count + 1, sizeof(*names->items));
	if (!items)
		return error_no_memory(error);
	names->items = items;
	memcpy(items[names->count], name, length);
	items[names->count++][length] = '\0';
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	size_t length_a = strlen(a);
	size_t length_b = strlen(b);
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	return strcmp(a, b);
}

static int error_unreadable(const char *folder, int errnum, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, errnum, "scan-unreadable",
		_("The kernel's list of block devices, %s, cannot be read: %s"), folder,
		strerror(errnum));
	error_next(error, _("Check that sysfs is mounted on /sys."));
	return r;
}

static int read_names(
	DIR *directory, const char *folder, struct scan_names *names, struct error *error)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(directory);
		if (!entry)
			return errno ? error_unreadable(folder, errno, error) : 0;
		if (entry->d_name[0] == '.')
			continue;
		size_t length = strlen(entry->d_name);
		if (length >= SCAN_NAME_MAX)
			return error_unreadable(folder, ENAMETOOLONG, error);
		if (!is_drive(folder, entry->d_name))
			continue;
		int r = add_name(names, entry->d_name, length, error);
		if (r < 0)
			return r;
	}
}

static int block_folder(const struct system_paths *paths, char ret[static TREE_PATH_MAX])
{
	int length =
		snprintf(ret, TREE_PATH_MAX, "%s/block", paths && paths->sys ? paths->sys : "/sys");
	return length < 0 || length >= TREE_PATH_MAX ? -ENAMETOOLONG : 0;
}

bool scan_tree_is_drive(const struct system_paths *paths, const char *name)
{
	char folder[TREE_PATH_MAX];
	return strlen(name) < SCAN_NAME_MAX && block_folder(paths, folder) == 0 &&
	       has(folder, name, "dev") && is_drive(folder, name);
}

uint64_t scan_tree_sequence(const struct system_paths *paths, const char *name)
{
	char folder[TREE_PATH_MAX];
	char path[TREE_PATH_MAX + SCAN_NAME_MAX + 16];
	char text[32];
	uint64_t sequence = 0;
	if (block_folder(paths, folder) < 0)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%.*s/diskseq", folder, SCAN_NAME_MAX, name);
	if (file_read_line(path, text, sizeof(text)) < 0 ||
		sscanf(text, "%" SCNu64, &sequence) != 1)
		return 0;
	return sequence;
}

void scan_tree_node(const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "/dev/%s", name);
	for (char *byte = ret; *byte; byte++)
		if (*byte == '!')
			*byte = '/';
}

int scan_tree_names(const struct system_paths *paths, struct scan_names *ret, struct error *error)
{
	char folder[TREE_PATH_MAX];
	if (block_folder(paths, folder) < 0)
		return error_unreadable("/sys/block", ENAMETOOLONG, error);
	DIR *directory = opendir(folder);
	if (!directory)
		return error_unreadable(folder, errno, error);
	CLEANUP(scan_names_free) struct scan_names names = { 0 };
	int r = read_names(directory, folder, &names, error);
	(void)closedir(directory);
	if (r < 0)
		return r;
	if (names.count > 1)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	*ret = names;
	names = (struct scan_names){ 0 };
	return 0;
}
