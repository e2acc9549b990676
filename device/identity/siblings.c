/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /sys/class/nvme-subsystem: each subsystem's folder has its multipath devices (nvme0n1) and links to
 * its controllers (nvme0), whose folders have the namespaces without multipath (nvme0n1), or the
 * hidden paths of those with it (nvme0c0n1). */
#include "device/identity/siblings.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

void sibling_list_free(struct sibling_list *list)
{
	free(list->items);
	*list = (struct sibling_list){ 0 };
}

/* What was found of one subsystem. */
struct gathering {
	const char *dev;
	dev_t own;
	bool has_own;
	struct sibling_list list;
};

static int PRINTF_LIKE(2, 3) format(char ret[static PATH_MAX], const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	int length = vsnprintf(ret, PATH_MAX, text, arguments);
	va_end(arguments);
	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static bool is_controller(const char *name)
{
	unsigned number;
	char behind;
	return sscanf(name, "nvme%u%c", &number, &behind) == 1;
}

static bool is_namespace(const char *name)
{
	unsigned subsystem, namespace;
	char behind;
	return sscanf(name, "nvme%un%u%c", &subsystem, &namespace, &behind) == 2;
}

/* The name of the device that a hidden path belongs to. */
static bool is_path(const char *name, char *ret_head, size_t size)
{
	unsigned subsystem, controller, namespace;
	char behind;
	if (sscanf(name, "nvme%uc%un%u%c", &subsystem, &controller, &namespace, &behind) != 3)
		return false;
	(void)snprintf(ret_head, size, "nvme%un%u", subsystem, namespace);
	return true;
}

/* 0 where the attribute is not there or is no such number. */
static int read_numbers(const char *folder, dev_t *ret_number, uint32_t *ret_namespace)
{
	char path[PATH_MAX], text[32], behind;
	unsigned major_number, minor_number, namespace;
	*ret_number = 0;
	*ret_namespace = 0;
	int result = format(path, "%s/dev", folder);
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result == 0 && sscanf(text, "%u:%u%c", &major_number, &minor_number, &behind) == 2)
		*ret_number = makedev(major_number, minor_number);
	if (result < 0 && result != -ENOENT)
		return result;
	result = format(path, "%s/nsid", folder);
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result == 0 && sscanf(text, "%u%c", &namespace, &behind) == 1)
		*ret_namespace = namespace;
	return result == -ENOENT ? 0 : result;
}

static int add(struct gathering *gathering, const struct sibling *sibling)
{
	struct sibling_list *list = &gathering->list;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, sibling->name) == 0)
			return 0;
	struct sibling *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	grown[list->count++] = *sibling;
	return 0;
}

static int take_namespace(struct gathering *gathering, const char *folder, const char *name)
{
	struct sibling sibling = { .devnum = 0 };
	int result = read_numbers(folder, &sibling.devnum, &sibling.namespace_id);
	if (result < 0)
		return result;
	if (sibling.devnum != 0 && sibling.devnum == gathering->own) {
		gathering->has_own = true;
		gathering->list.own_namespace_id = sibling.namespace_id;
		return 0;
	}
	if (snprintf(sibling.name, sizeof(sibling.name), "%s", name) >= (int)sizeof(sibling.name))
		return -ENAMETOOLONG;
	if (sibling.devnum != 0 && snprintf(sibling.path, sizeof(sibling.path), "%s/%s",
					   gathering->dev, name) >= (int)sizeof(sibling.path))
		return -ENAMETOOLONG;
	return add(gathering, &sibling);
}

/* One entry of a folder; context is the walk's. */
typedef int visit_entry(void *context, const char *folder, const char *name, const char *above);

/* Call visit for each entry: all that counts here is called nvme…. A folder that is gone has none. */
static int walk(const char *path, visit_entry *visit, void *context, const char *above)
{
	int result = 0;
	DIR *folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? 0 : -errno;
	while (result == 0) {
		char inner[PATH_MAX];
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (strncmp(entry->d_name, "nvme", 4) != 0)
			continue;
		result = format(inner, "%s/%s", path, entry->d_name);
		if (result == 0)
			result = visit(context, inner, entry->d_name, above);
	}
	(void)closedir(folder);
	return result;
}

/* A hidden path whose device the kernel has not made (yet) is a namespace without a block device. */
static int visit_in_controller(
	void *context, const char *folder, const char *name, const char *subsystem)
{
	struct gathering *gathering = context;
	char head[64], path[PATH_MAX];
	if (is_namespace(name))
		return take_namespace(gathering, folder, name);
	if (!is_path(name, head, sizeof(head)))
		return 0;
	int result = format(path, "%s/%s", subsystem, head);
	if (result < 0)
		return result;
	return access(path, F_OK) == 0 ? 0 : take_namespace(gathering, folder, name);
}

static int visit_in_subsystem(
	void *context, const char *folder, const char *name, const char *subsystem)
{
	if (is_namespace(name))
		return take_namespace(context, folder, name);
	return is_controller(name) ? walk(folder, visit_in_controller, context, subsystem) : 0;
}

/* ---- the subsystem that has the drive ---- */

struct search {
	struct gathering found;
	dev_t own;
	const char *dev;
};

static int visit_subsystem(
	void *context, const char *subsystem, const char *name, const char *above)
{
	struct search *search = context;
	struct gathering gathering = { .dev = search->dev, .own = search->own };
	(void)name;
	(void)above;
	int result = walk(subsystem, visit_in_subsystem, &gathering, subsystem);
	if (result == 0 && gathering.has_own && !search->found.has_own) {
		search->found = gathering;
		return 0;
	}
	/* One device in two subsystems: then nothing is what it seems. */
	if (result == 0 && gathering.has_own)
		result = -ENOTUNIQ;
	sibling_list_free(&gathering.list);
	return result;
}

int siblings_list(const struct drive_identity *identity, const struct system_paths *paths,
	struct sibling_list *ret, struct error *error)
{
	const char *sys = paths && paths->sys ? paths->sys : system_paths_real.sys;
	struct search search = { .own = identity->devnum,
		.dev = paths && paths->dev ? paths->dev : system_paths_real.dev };
	char class[PATH_MAX], label[IDENTITY_LABEL_MAX];
	if (identity->transport != TRANSPORT_NVME) {
		*ret = (struct sibling_list){ 0 };
		return 0;
	}
	int result = identity->devnum ? format(class, "%s/class/nvme-subsystem", sys) : -ENODEV;
	if (result == 0)
		result = walk(class, visit_subsystem, &search, class);
	if (result == 0 && !search.found.has_own)
		result = -ENOENT;
	if (result == 0) {
		*ret = search.found.list;
		return 0;
	}
	sibling_list_free(&search.found.list);
	identity_label(identity, label);
	return error_set(error, ERROR_REFUSED, -result, "siblings-unknown",
		_("%s: the kernel's tree does not say which other namespaces the drive has: %s"),
		label, strerror(-result));
}
