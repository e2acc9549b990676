/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mounts in every mount namespace that can be seen, and swap. An unreadable table means "in use". */
#include "wipe/guard/guard_checks.h"

#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/sysmacros.h>

/* mountinfo (proc_pid_mountinfo(5)) --------------------------------------------------------- */

/* ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAG…] - TYPE SOURCE SUPER-OPTIONS */
static int parse_line(char *line, struct mount_entry *ret)
{
	char *fields[6], *behind[2];
	char *rest = line;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!rest)
			return -EBADMSG;
	}
	for (const char *tag = strsep(&rest, " "); strcmp(tag, "-") != 0;) {
		if (!rest)
			return -EBADMSG;
		tag = strsep(&rest, " ");
	}
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++) {
		behind[i] = strsep(&rest, " ");
		if (!behind[i])
			return -EBADMSG;
	}
	guard_unescape(fields[4]);
	guard_unescape(behind[1]);
	ret->mount_point = fields[4];
	ret->type = behind[0];
	ret->source = behind[1];
	return guard_parse_number(fields[2], &ret->number);
}

int mountinfo_walk(char *text, int (*visit)(void *, const struct mount_entry *), void *context)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct mount_entry entry;
		if (!line[0])
			continue;
		int result = parse_line(line, &entry);
		if (result == 0)
			result = visit(context, &entry);
		if (result != 0)
			return result;
	}
	return 0;
}

/* bcachefs joins its devices with ':'; the others name one. */
static int number_of_source(
	const struct guard_context *context, const struct mount_entry *mount, dev_t *ret)
{
	char first[PATH_MAX];

	int result = guard_path(first, "%s", mount->source);
	if (result < 0)
		return result;
	if (strcmp(mount->type, "bcachefs") == 0)
		first[strcspn(first, ":")] = '\0';
	return guard_number_at(context, first, ret);
}

int mount_number(const struct guard_context *context, const struct mount_entry *mount, dev_t *ret)
{
	bool on_devices = strcmp(mount->type, "btrfs") == 0 || strcmp(mount->type, "bcachefs") == 0;

	if (major(mount->number) != 0) {
		*ret = mount->number;
		return 0;
	}
	if (mount->source[0] != '/')
		return on_devices ? -ENOTBLK : -ENODEV;
	int result = number_of_source(context, mount, ret);
	/* tmpfs and its like may be given any word as source. */
	if (!on_devices && (result == -ENOENT || result == -ENOTDIR || result == -ENOTBLK))
		return -ENODEV;
	return result;
}

/* mounted ----------------------------------------------------------------------------------- */

/* One view of the mounts: a namespace, seen from one root. */
struct view {
	char key[160];
};

struct mounts_walk {
	const struct guard_context *context;
	struct guard_finding *finding;
	struct view *views; /* owned; those looked at already */
	size_t view_count;
	long pid; /* whose table is being read; 0: our own */
};

static void report_mount(const struct mounts_walk *walk, const struct family_member *member,
	const struct mount_entry *mount)
{
	struct process process;

	if (walk->pid == 0) {
		finding_refuse(
			walk->finding, _("%s is mounted at %s"), member->title, mount->mount_point);
		return;
	}
	process_describe(walk->context, walk->pid, &process);
	finding_refuse(walk->finding,
		_("%s is mounted at %s in the mount namespace of process %ld (%s)"), member->title,
		mount->mount_point, process.pid, process.name);
}

static int visit_mount(void *data, const struct mount_entry *mount)
{
	const struct mounts_walk *walk = data;
	dev_t number;

	int result = mount_number(walk->context, mount, &number);
	/* A btrfs whose source is not to be found is looked up by its members, see below. */
	if (result == -ENODEV || (result < 0 && strcmp(mount->type, "btrfs") == 0))
		return 0;
	if (result < 0) {
		finding_not_made(walk->finding,
			_("it cannot be seen what %s, mounted at %s, is: %s"), mount->source,
			mount->mount_point, strerror(-result));
		return 0;
	}
	const struct family_member *member = family_find(walk->context, number);
	if (member)
		report_mount(walk, member, mount);
	return 0;
}

static int read_mounts(struct mounts_walk *walk, const char *process, size_t *ret_length)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(MOUNTINFO_MAX_BYTES);
	char path[PATH_MAX];

	int result = guard_path(path, "%s/%s/mountinfo", walk->context->paths.proc, process);
	if (result == 0)
		result = guard_read(path, &text);
	if (result < 0)
		return result;
	*ret_length = text.length;
	return text.data ? mountinfo_walk(text.data, visit_mount, walk) : 0;
}

/* Namespace and root, as far as they can be read; "" when not: then the table is read anyway. */
static void read_key(const struct mounts_walk *walk, const char *process, struct view *ret)
{
	char path[PATH_MAX], namespace[64], root[80];

	ret->key[0] = '\0';
	if (guard_path(path, "%s/%s/ns/mnt", walk->context->paths.proc, process) < 0)
		return;
	ssize_t namespace_length = readlink(path, namespace, sizeof(namespace));
	if (guard_path(path, "%s/%s/root", walk->context->paths.proc, process) < 0)
		return;
	ssize_t root_length = readlink(path, root, sizeof(root));
	if (namespace_length <= 0 || root_length <= 0 ||
		(size_t)namespace_length == sizeof(namespace) ||
		(size_t)root_length == sizeof(root))
		return;
	(void)snprintf(ret->key, sizeof(ret->key), "%.*s %.*s", (int)namespace_length, namespace,
		(int)root_length, root);
}

static bool was_seen(const struct mounts_walk *walk, const struct view *view)
{
	for (size_t i = 0; view->key[0] && i < walk->view_count; i++)
		if (strcmp(walk->views[i].key, view->key) == 0)
			return true;
	return false;
}

/* Only what was read in full; a view that cannot be remembered is read again. */
static void remember(struct mounts_walk *walk, const struct view *view)
{
	if (!view->key[0])
		return;
	struct view *grown = reallocarray(walk->views, walk->view_count + 1, sizeof(*walk->views));
	if (grown) {
		walk->views = grown;
		walk->views[walk->view_count++] = *view;
	}
}

#define ENDING_LOOKS 20
#define ENDING_PAUSE_NS (10 * 1000 * 1000)

/* A thread may have taken a namespace of its own. */
static int visit_thread(void *data, long pid, long thread)
{
	struct mounts_walk *walk = data;
	struct view view;
	char place[64];
	size_t length;

	(void)snprintf(place, sizeof(place), "%ld/task/%ld", pid, thread);
	read_key(walk, place, &view);
	if (was_seen(walk, &view))
		return 0;
	walk->pid = pid;
	int result = read_mounts(walk, place, &length);
	/* A thread that is just ending has no namespace any more (EINVAL) and is gone in a moment. */
	for (int i = 0; result == -EINVAL && i < ENDING_LOOKS; i++) {
		const struct timespec pause = { .tv_nsec = ENDING_PAUSE_NS };
		(void)nanosleep(&pause, NULL);
		result = read_mounts(walk, place, &length);
	}
	if (result == 0 && length > 0)
		remember(walk, &view);
	else if (result < 0 && !thread_is_gone(walk->context, pid, thread))
		finding_not_made(walk->finding,
			_("the mount table of process %ld cannot be read: %s"), pid,
			strerror(-result));
	return 0;
}

static int visit_process(void *data, long pid)
{
	struct mounts_walk *walk = data;

	int result = threads_walk(walk->context, pid, visit_thread, walk);
	if (result < 0 && !process_is_gone(walk->context, pid))
		finding_not_made(walk->finding,
			_("the mount table of process %ld cannot be read: %s"), pid,
			strerror(-result));
	return 0;
}

static void check_own_table(struct mounts_walk *walk)
{
	struct view view;
	size_t length = 0;

	read_key(walk, "self", &view);
	int result = read_mounts(walk, "self", &length);
	if (result == 0 && length > 0)
		remember(walk, &view);
	else if (result < 0)
		finding_not_made(
			walk->finding, _("the mount table cannot be read: %s"), strerror(-result));
	else
		finding_not_made(walk->finding, _("the mount table is empty"));
}

static void check_other_tables(struct mounts_walk *walk)
{
	int result = processes_walk(walk->context, visit_process, walk);
	if (result < 0)
		finding_not_made(walk->finding, _("the processes under %s cannot be listed: %s"),
			walk->context->paths.proc, strerror(-result));
}

/* A btrfs on many drives shows one of them as its source; sysfs shows all of them. */
static void check_btrfs_members(
	const struct guard_context *context, const char *uuid, struct guard_finding *ret)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/fs/btrfs/%s/devices", context->paths.sys, uuid);
	DIR *folder = result == 0 ? opendir(path) : NULL;
	if (!folder) {
		/* "features" and its like stand beside the filesystems. */
		if (result < 0 || (errno != ENOENT && errno != ENOTDIR))
			finding_not_made(ret, _("the members of btrfs %s cannot be read"), uuid);
		return;
	}
	const struct dirent *entry;
	while ((errno = 0, entry = readdir(folder))) {
		dev_t number;
		if (entry->d_name[0] == '.')
			continue;
		result = guard_number_of(context, entry->d_name, &number);
		const struct family_member *member =
			result == 0 ? family_find(context, number) : NULL;
		if (member)
			finding_refuse(
				ret, _("%s is part of the mounted btrfs %s"), member->title, uuid);
		else if (result < 0 && result != -ENOENT)
			finding_not_made(ret, _("the members of btrfs %s cannot be read"), uuid);
	}
	if (errno != 0)
		finding_not_made(ret, _("the members of btrfs %s cannot be read"), uuid);
	(void)closedir(folder);
}

static void check_btrfs(const struct guard_context *context, struct guard_finding *ret)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/fs/btrfs", context->paths.sys);
	DIR *folder = result == 0 ? opendir(path) : NULL;
	if (!folder) {
		if (result < 0 || errno != ENOENT)
			finding_not_made(ret, _("the list of btrfs filesystems cannot be read"));
		return;
	}
	const struct dirent *entry;
	while ((errno = 0, entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			check_btrfs_members(context, entry->d_name, ret);
	if (errno != 0)
		finding_not_made(ret, _("the list of btrfs filesystems cannot be read"));
	(void)closedir(folder);
}

void check_mounted(const struct guard_context *context, struct guard_finding *ret)
{
	struct mounts_walk walk = { .context = context, .finding = ret };

	if (!finding_needs_family(context, ret))
		return;
	check_own_table(&walk);
	check_other_tables(&walk);
	check_btrfs(context, ret);
	free(walk.views);
	processes_pass(context, ret);
}

/* swap -------------------------------------------------------------------------------------- */

/* A swap file lies on a mounted filesystem: "mounted" sees that. */
static void check_swap_line(
	const struct guard_context *context, char *line, struct guard_finding *ret)
{
	char *rest = line;
	char *path = strsep(&rest, " \t");
	dev_t number;

	while (rest && (*rest == ' ' || *rest == '\t'))
		rest++;
	const char *type = rest ? strsep(&rest, " \t") : "";
	guard_unescape(path);
	if (strcmp(type, "file") == 0)
		return;
	int result =
		strcmp(type, "partition") == 0 ? guard_number_at(context, path, &number) : -EBADMSG;
	if (result < 0) {
		finding_not_made(ret, _("it cannot be seen what the swap area %s is: %s"), path,
			strerror(-result));
		return;
	}
	const struct family_member *member = family_find(context, number);
	if (member)
		finding_refuse(ret, _("%s is in use as swap (%s)"), member->title, path);
}

void check_swap(const struct guard_context *context, struct guard_finding *ret)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(1 * MIB);
	char path[PATH_MAX];

	if (!finding_needs_family(context, ret))
		return;
	int result = guard_path(path, "%s/swaps", context->paths.proc);
	if (result == 0)
		result = guard_read(path, &text);
	if (result < 0) {
		finding_not_made(
			ret, _("the list of swap areas cannot be read: %s"), strerror(-result));
		return;
	}
	char *rest = text.data;
	const char *heading = rest ? strsep(&rest, "\n") : "";
	if (strncmp(heading, "Filename", strlen("Filename")) != 0) {
		finding_not_made(ret, _("the list of swap areas is not understood"));
		return;
	}
	char *line;
	while ((line = strsep(&rest, "\n")))
		if (line[0])
			check_swap_line(context, line, ret);
	finding_pass(ret);
}
