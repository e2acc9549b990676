/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The character devices by which commands reach the drive past the block layer: SCSI generic and bsg
 * (a virtual machine may be given /dev/sgN), an NVMe namespace's generic node and its controllers.
 * What goes that way is neither counted nor kept out by a claim on the block device. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static int add_node(struct command_nodes *nodes, const char *name, dev_t number)
{
	struct command_node *grown =
		reallocarray(nodes->nodes, nodes->count + 1, sizeof(*nodes->nodes));
	if (!grown)
		return -ENOMEM;
	nodes->nodes = grown;
	struct command_node *node = &grown[nodes->count++];
	node->number = number;
	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	return 0;
}

/* The node whose folder in sysfs this is; none when it is not there. */
static int add_folder(struct command_nodes *nodes, const char *folder)
{
	char path[PATH_MAX], text[32];
	dev_t number = 0;

	int result = guard_path(path, "%s/dev", folder);
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result == -ENOENT || result == -ENOTDIR)
		return 0;
	if (result == 0)
		result = guard_parse_number(text, &number);
	const char *name = strrchr(folder, '/');
	return result < 0 ? result : add_node(nodes, name ? name + 1 : folder, number);
}

typedef bool name_test(const char *name);

static bool is_any(const char *name)
{
	return name[0] != '.';
}

/* "nvme0", not "nvme0n1". */
static bool is_controller(const char *name)
{
	unsigned number;
	char behind;

	return sscanf(name, "nvme%u%c", &number, &behind) == 1;
}

/* The nodes whose folders lie in this one, as far as their names are right. */
static int add_folders(struct command_nodes *nodes, const char *path, name_test *is_wanted)
{
	int result = 0;
	DIR *folder = opendir(path);

	if (!folder)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (result == 0) {
		char inner[PATH_MAX];
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (!is_wanted(entry->d_name))
			continue;
		result = guard_path(inner, "%s/%s", path, entry->d_name);
		if (result == 0)
			result = add_folder(nodes, inner);
	}
	(void)closedir(folder);
	return result;
}

static int add_scsi(struct command_nodes *nodes, const char *device)
{
	static const char *const kinds[] = { "scsi_generic", "bsg" };
	int result = 0;

	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(kinds); i++) {
		char path[PATH_MAX];
		result = guard_path(path, "%s/%s", device, kinds[i]);
		if (result == 0)
			result = add_folders(nodes, path, is_any);
	}
	return result;
}

/* The namespace's device is its controller or, with multipath, the subsystem that leads to them. */
static int add_nvme(const struct guard_context *context, struct command_nodes *nodes,
	const char *device, const char *name)
{
	char path[PATH_MAX], controller[PATH_MAX];

	int result = guard_path(
		path, "%s/class/nvme-generic/ng%s", context->paths.sys, name + strlen("nvme"));
	if (result == 0)
		result = add_folder(nodes, path);
	if (result == 0)
		result = add_folders(nodes, device, is_controller);
	if (result < 0)
		return result;
	ssize_t length = readlink(device, controller, sizeof(controller) - 1);
	if (length < 0)
		return errno == ENOENT || errno == EINVAL ? 0 : -errno;
	controller[length] = '\0';
	const char *last = strrchr(controller, '/');
	result = guard_path(
		path, "%s/class/nvme/%s", context->paths.sys, last ? last + 1 : controller);
	return result < 0 ? result : add_folder(nodes, path);
}

static int add_of_disk(const struct guard_context *context, struct command_nodes *nodes,
	const struct family_member *member)
{
	char device[PATH_MAX];

	int result = guard_path(device, "%s/dev/block/%u:%u/device", context->paths.sys,
		major(member->number), minor(member->number));
	if (result == 0)
		result = add_scsi(nodes, device);
	if (result == 0 && strncmp(member->name, "nvme", 4) == 0)
		result = add_nvme(context, nodes, device, member->name);
	return result;
}

int command_nodes_read(const struct guard_context *context, struct command_nodes *ret)
{
	struct command_nodes nodes = { 0 };
	int result = 0;

	for (size_t i = 0; result == 0 && i < context->family_count; i++) {
		const struct family_member *member = &context->family[i];
		if (member->kind == FAMILY_DRIVE || member->kind == FAMILY_OTHER_PATH)
			result = add_of_disk(context, &nodes, member);
	}
	if (result < 0)
		command_nodes_free(&nodes);
	else
		*ret = nodes;
	return result;
}

void command_nodes_free(struct command_nodes *nodes)
{
	free(nodes->nodes);
	*nodes = (struct command_nodes){ 0 };
}

const struct command_node *command_nodes_find(const struct command_nodes *nodes, dev_t number)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->nodes[i].number == number)
			return &nodes->nodes[i];
	return NULL;
}
