/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's part of the graph: every block device below <sys>/block, its partitions, and what its
 * slaves, md, dm, bcache and loop folders say it stands on. */
#include "inventory/scan/stack.h"

#include "base/file.h"
#include "base/text.h"
#include "device/probe/hostile_text.h"
#include "inventory/scan/dm.h"
#include "inventory/scan/md.h"
#include "inventory/scan/mounts.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

struct reader {
	struct system_paths paths; /* no NULL in it */
	struct stack *stack;
};

/* ---- attributes ---- */

static void PRINTF_LIKE(4, 5)
	attribute(const struct reader *reader, char *ret, size_t size, const char *format, ...)
{
	char place[PATH_MAX], path[PATH_MAX], line[512];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(place, sizeof(place), format, arguments);
	va_end(arguments);
	ret[0] = '\0';
	if (length < 0 || length >= PATH_MAX ||
		snprintf(path, sizeof(path), "%s/block/%s", reader->paths.sys, place) >= PATH_MAX)
		return;
	if (file_read_line(path, line, sizeof(line)) == 0)
		hostile_text_clean(line, strlen(line), ret, size);
}

static bool PRINTF_LIKE(2, 3) has(const struct reader *reader, const char *format, ...)
{
	char place[PATH_MAX], path[PATH_MAX];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(place, sizeof(place), format, arguments);
	va_end(arguments);
	return length > 0 && length < PATH_MAX &&
	       snprintf(path, sizeof(path), "%s/block/%s", reader->paths.sys, place) < PATH_MAX &&
	       access(path, F_OK) == 0;
}

static uint64_t size_of(const struct reader *reader, const char *place)
{
	char text[32];
	uint64_t sectors = 0;
	attribute(reader, text, sizeof(text), "%s/size", place);
	if (sscanf(text, "%" SCNu64, &sectors) != 1 || sectors > INT64_MAX / 512)
		return 0;
	return sectors * 512;
}

static dev_t number_of(const struct reader *reader, const char *place)
{
	char text[32];
	unsigned major_number, minor_number;
	attribute(reader, text, sizeof(text), "%s/dev", place);
	return sscanf(text, "%u:%u", &major_number, &minor_number) == 2
		       ? makedev(major_number, minor_number)
		       : 0;
}

/* Call visit for each entry of <sys>/block/PLACE. A folder that is not there has none. */
typedef int visitor(struct reader *reader, size_t node, const char *place, const char *name);

static int walk(struct reader *reader, size_t node, const char *place, visitor *visit)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/block/%s", reader->paths.sys, place) >= PATH_MAX)
		return 0;
	DIR *directory = opendir(path);
	if (!directory)
		return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? -errno : 0;
	int r = 0;
	while (r == 0) {
		const struct dirent *entry = readdir(directory);
		if (!entry)
			break;
		if (entry->d_name[0] != '.')
			r = visit(reader, node, place, entry->d_name);
	}
	(void)closedir(directory);
	return r;
}

/* ---- nodes ---- */

static struct stack_node node_of(const struct reader *reader, const char *place, const char *name)
{
	struct stack_node node = {
		.number = number_of(reader, place),
		.size_bytes = size_of(reader, place),
		.parent = STACK_NONE,
		.found = STACK_NONE,
		.same_as = STACK_NONE,
	};
	memcpy(node.name, name, strlen(name) + 1);
	return node;
}

/* "cciss!c0d0" in sysfs is /dev/cciss/c0d0. */
static void make_path(const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "/dev/%s", name);
	for (char *byte = ret; *byte; byte++)
		if (*byte == '!')
			*byte = '/';
}

static int add_array(struct reader *reader, const char *name)
{
	struct stack_node node = node_of(reader, name, name);
	struct array_record *array = &node.array;
	AUTO_MD struct md_array md = { 0 };
	struct redundancy redundancy = { 0 };
	size_t ignored;
	int r = md_array_read(&reader->paths, name, &md);
	if (r == 0)
		r = md_array_judge(&md, NULL, 0, &redundancy);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	node.kind = STACK_ARRAY;
	node.is_local = md.uuid[0] == '\0';
	(void)snprintf(array->key, sizeof(array->key), "md:%s", md.uuid[0] ? md.uuid : name);
	memcpy(array->uuid, md.uuid, sizeof(array->uuid));
	memcpy(array->name, name, strlen(name) + 1);
	(void)snprintf(array->metadata, sizeof(array->metadata), "%.31s", md.metadata);
	memcpy(array->level, md.level, sizeof(array->level));
	array->size_bytes = node.size_bytes;
	array->redundancy_left = redundancy.left_now;
	array->missing_count = redundancy.missing;
	array->device_count = md.device_count;
	const char *state = redundancy.verdict == REDUNDANCY_BROKEN ? "broken"
			    : redundancy.missing > 0 && strcmp(md.state, "inactive") != 0
				    ? "degraded"
				    : md.state;
	(void)snprintf(array->state, sizeof(array->state), "%s", state);
	memcpy(array->sync_action, md.sync_action, sizeof(array->sync_action));
	array->sync_done_permille = md.sync_done_permille;
	return stack_add_node(reader->stack, &node, &ignored);
}

static void array_of_dmraid(struct stack_node *node, const struct dm_meaning *meaning)
{
	node->kind = STACK_ARRAY;
	(void)snprintf(node->array.key, sizeof(node->array.key), "%.255s", meaning->key);
	(void)snprintf(node->array.name, sizeof(node->array.name), "%.127s", meaning->title);
	(void)snprintf(node->array.metadata, sizeof(node->array.metadata), "%.*s",
		(int)MIN(strcspn(meaning->key, ":"), sizeof(node->array.metadata) - 1),
		meaning->key);
	(void)snprintf(node->array.state, sizeof(node->array.state), "active");
	node->array.size_bytes = node->size_bytes;
	node->array.redundancy_left = -1;
	node->array.sync_done_permille = -1;
}

static int add_dm(struct reader *reader, const char *name)
{
	struct stack_node node = node_of(reader, name, name);
	char uuid[192], title[192], suspended[8];
	struct dm_meaning meaning;
	size_t ignored;
	attribute(reader, uuid, sizeof(uuid), "%s/dm/uuid", name);
	attribute(reader, title, sizeof(title), "%s/dm/name", name);
	attribute(reader, suspended, sizeof(suspended), "%s/dm/suspended", name);
	dm_understand(uuid, title[0] ? title : name, &meaning);
	struct stack_volume *volume = &node.volume;
	node.kind = STACK_VOLUME;
	node.is_local = meaning.is_local;
	node.hidden = meaning.role == DM_HIDDEN || meaning.role == DM_PART;
	node.partition_number = meaning.partition_number;
	memcpy(node.layer, meaning.layer, sizeof(node.layer));
	volume->kind = meaning.kind;
	memcpy(volume->key, meaning.key, sizeof(volume->key));
	memcpy(volume->title, meaning.title, sizeof(volume->title));
	memcpy(volume->uuid, meaning.uuid, sizeof(volume->uuid));
	(void)snprintf(volume->path, sizeof(volume->path), "/dev/mapper/%s", title);
	(void)snprintf(volume->state, sizeof(volume->state), "%s",
		strcmp(suspended, "1") == 0 ? "suspended" : "active");
	if (meaning.role == DM_ARRAY)
		array_of_dmraid(&node, &meaning);
	else if (meaning.role == DM_PARTITION)
		node.kind = STACK_PARTITION; /* of what it stands on: known when edges are */
	return stack_add_node(reader->stack, &node, &ignored);
}

static int add_bcache(struct reader *reader, const char *name)
{
	struct stack_node node = node_of(reader, name, name);
	char uuid[64];
	size_t ignored;
	/* The folder of its backing device's superblock. */
	attribute(reader, uuid, sizeof(uuid), "%s/bcache/backing_dev_uuid", name);
	node.kind = STACK_VOLUME;
	node.is_local = uuid[0] == '\0';
	node.volume.kind = VOLUME_BCACHE;
	(void)snprintf(
		node.volume.key, sizeof(node.volume.key), "bcache:%s", uuid[0] ? uuid : name);
	memcpy(node.volume.title, name, strlen(name) + 1);
	memcpy(node.volume.uuid, uuid, sizeof(uuid));
	make_path(name, node.volume.path, sizeof(node.volume.path));
	(void)snprintf(node.volume.state, sizeof(node.volume.state), "active");
	return stack_add_node(reader->stack, &node, &ignored);
}

static int visit_partition(struct reader *reader, size_t disk, const char *place, const char *name)
{
	char inner[PATH_MAX], number[16];
	if (snprintf(inner, sizeof(inner), "%s/%s", place, name) >= PATH_MAX ||
		strlen(name) >= sizeof(((struct stack_node *)NULL)->name))
		return 0;
	attribute(reader, number, sizeof(number), "%s/partition", inner);
	struct stack_node node = node_of(reader, inner, name);
	size_t ignored;
	node.kind = STACK_PARTITION;
	node.parent = disk;
	if (sscanf(number, "%u", &node.partition_number) != 1 || node.partition_number == 0)
		return 0;
	return stack_add_node(reader->stack, &node, &ignored);
}

static int visit_disk(struct reader *reader, size_t none, const char *place, const char *name)
{
	struct stack *stack = reader->stack;
	size_t before = stack->count, ignored;
	unsigned number;
	int r;
	(void)none;
	(void)place;
	if (strlen(name) >= sizeof(stack->nodes->name))
		return 0;
	if (has(reader, "%s/md", name))
		r = add_array(reader, name);
	else if (has(reader, "%s/dm", name))
		r = add_dm(reader, name);
	else if (sscanf(name, "bcache%u", &number) == 1)
		r = add_bcache(reader, name);
	else {
		const struct stack_node node = node_of(reader, name, name);
		r = stack_add_node(stack, &node, &ignored);
	}
	/* An array that was stopped in that moment is not there, nor are its partitions. */
	return r < 0 || stack->count == before ? r : walk(reader, before, name, visit_partition);
}

/* ---- edges ---- */

static int visit_slave(struct reader *reader, size_t upper, const char *place, const char *name)
{
	(void)place;
	size_t lower = stack_find_name(reader->stack, name);
	if (lower == STACK_NONE)
		return 0;
	const struct stack_edge edge = { .upper = upper, .lower = lower, .slot = -1 };
	return stack_add_edge(reader->stack, &edge);
}

/* Before the slaves, which say less. A member whose device is gone stands nowhere. */
static int add_members(struct reader *reader, size_t upper)
{
	AUTO_MD struct md_array md = { 0 };
	int r = md_array_read(&reader->paths, reader->stack->nodes[upper].name, &md);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < md.count && r == 0; i++) {
		size_t lower = stack_find_number(reader->stack, md.members[i].number);
		const struct stack_edge edge = {
			.upper = upper,
			.lower = lower,
			.slot = md.members[i].slot,
			.state = md.members[i].state,
			.is_member = true,
		};
		if (lower != STACK_NONE)
			r = stack_add_edge(reader->stack, &edge);
	}
	return r;
}

/* bcache0/bcache/cache/cache0 is a link to the bcache folder of the caching device. */
static int visit_cache(struct reader *reader, size_t upper, const char *place, const char *name)
{
	char path[PATH_MAX], real[PATH_MAX];
	if (strncmp(name, "cache", 5) != 0 || strspn(name + 5, "0123456789") == 0 ||
		snprintf(path, sizeof(path), "%s/block/%s/%s", reader->paths.sys, place, name) >=
			PATH_MAX ||
		!realpath(path, real))
		return 0;
	char *slash = strrchr(real, '/');
	if (!slash || slash == real)
		return 0;
	*slash = '\0';
	slash = strrchr(real, '/');
	return slash ? visit_slave(reader, upper, place, slash + 1) : 0;
}

/* A loop device stands on what its file's filesystem is mounted from. */
static int add_loop(struct reader *reader, size_t upper, const struct mount_list *mounts)
{
	struct stack *stack = reader->stack;
	char file[512];
	attribute(reader, file, sizeof(file), "%s/loop/backing_file", stack->nodes[upper].name);
	if (!file[0])
		return 0;
	size_t lower = stack_find_number(stack, mounts_device_of(mounts, file));
	const struct stack_edge edge = { .upper = upper, .lower = lower, .slot = -1 };
	return lower == STACK_NONE ? 0 : stack_add_edge(stack, &edge);
}

static int add_edges(struct reader *reader, size_t index, const struct mount_list *mounts)
{
	char name[sizeof(reader->stack->nodes->name)], place[128];
	memcpy(name, reader->stack->nodes[index].name, sizeof(name));
	int r = 0;
	switch (reader->stack->nodes[index].kind) {
	case STACK_PARTITION:
		if (reader->stack->nodes[index].parent != STACK_NONE)
			return 0;
		break;
	case STACK_ARRAY:
		r = add_members(reader, index);
		break;
	case STACK_DRIVE:
		r = add_loop(reader, index, mounts);
		break;
	case STACK_VOLUME:
		(void)snprintf(place, sizeof(place), "%s/bcache/cache", name);
		r = walk(reader, index, place, visit_cache);
		break;
	}
	if (r < 0)
		return r;
	(void)snprintf(place, sizeof(place), "%s/slaves", name);
	return walk(reader, index, place, visit_slave);
}

/* ---- putting in order ---- */

/* kpartx's devices are partitions of what they stand on. */
static void settle_partitions(struct stack *stack)
{
	for (size_t i = 0; i < stack->edge_count; i++) {
		struct stack_node *upper = &stack->nodes[stack->edges[i].upper];
		if (upper->kind == STACK_PARTITION && upper->parent == STACK_NONE)
			upper->parent = stack->edges[i].lower;
	}
	for (size_t i = 0; i < stack->count; i++)
		if (stack->nodes[i].kind == STACK_PARTITION && stack->nodes[i].parent == STACK_NONE)
			stack->nodes[i].hidden = true;
}

static const char *volume_key(const struct stack_node *node)
{
	return node->kind == STACK_VOLUME ? node->volume.key : "";
}

static bool is_layer(const struct stack_node *node, const char *first, const char *second)
{
	return strcmp(node->layer, first) == 0 || strcmp(node->layer, second) == 0;
}

/* What a volume stands on tells what it is. */
static void settle_kind(struct stack_node *upper, const struct stack_node *lower)
{
	bool same = strcmp(volume_key(upper), volume_key(lower)) == 0;
	if (upper->kind != STACK_VOLUME || upper->volume.kind != VOLUME_LV)
		return;
	if (same && strcmp(lower->layer, "cow") == 0)
		upper->volume.kind = VOLUME_SNAPSHOT;
	else if (same && strcmp(lower->layer, "tpool") == 0)
		upper->volume.kind = VOLUME_THIN_POOL;
	else if (!same && strcmp(lower->layer, "tpool") == 0)
		upper->volume.kind = VOLUME_THIN;
	else if (is_layer(lower, "cdata", "cvol") || is_layer(lower, "corig", "wcorig"))
		upper->volume.kind = VOLUME_CACHE;
}

/* A snapshot reads from its origin's inner device. */
static void settle_origin(struct stack_node *upper, const struct stack_node *lower)
{
	if (upper->kind == STACK_VOLUME && !upper->hidden && strcmp(lower->layer, "real") == 0 &&
		strcmp(volume_key(upper), volume_key(lower)) != 0)
		memcpy(upper->volume.origin_key, lower->volume.key, sizeof(lower->volume.key));
}

/* Several devices with one key are one volume: the one without a layer, or else the first. */
static void settle_parts(struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		struct stack_node *node = &stack->nodes[i];
		if (!node->hidden || !volume_key(node)[0])
			continue;
		size_t whole = stack_find_volume(stack, node->volume.key);
		bool is_part = is_layer(node, "tpool", "real") || is_layer(node, "cow", "vpool");
		if (whole != STACK_NONE)
			node->same_as = whole;
		else if (is_part)
			/* Without a device of its own: a pool before its first volume. */
			node->hidden = false;
	}
}

/* Where an edge really ends: inner devices are passed through. Depth bounds what a ring would do. */
static int connect(struct stack *stack, struct stack *edges, size_t upper, size_t at,
	const struct stack_edge *from, unsigned depth)
{
	int r = 0;
	if (depth > 32)
		return 0;
	for (size_t i = 0; i < edges->edge_count && r == 0; i++) {
		const struct stack_edge *edge = &edges->edges[i];
		const struct stack_node *lower = &stack->nodes[edge->lower];
		if (edge->upper != at)
			continue;
		if (lower->hidden) {
			if (lower->same_as != STACK_NONE && lower->same_as != upper) {
				struct stack_edge whole = from ? *from : *edge;
				whole.upper = upper;
				whole.lower = lower->same_as;
				r = stack_add_edge(stack, &whole);
			} else {
				r = connect(stack, edges, upper, edge->lower, from ? from : edge,
					depth + 1);
			}
			continue;
		}
		struct stack_edge direct = from ? *from : *edge;
		direct.upper = upper;
		direct.lower = edge->lower;
		r = stack_add_edge(stack, &direct);
	}
	return r;
}

static int settle(struct stack *stack)
{
	settle_partitions(stack);
	settle_parts(stack);
	for (size_t i = 0; i < stack->edge_count; i++) {
		struct stack_node *upper = &stack->nodes[stack->edges[i].upper];
		const struct stack_node *lower = &stack->nodes[stack->edges[i].lower];
		if (upper->same_as != STACK_NONE)
			upper = &stack->nodes[upper->same_as];
		settle_kind(upper, lower);
		settle_origin(upper, lower);
	}
	AUTO_STACK struct stack raw = { .edges = stack->edges, .edge_count = stack->edge_count };
	stack->edges = NULL;
	stack->edge_count = stack->edge_capacity = 0;
	int r = 0;
	for (size_t i = 0; i < stack->count && r == 0; i++) {
		const struct stack_node *node = &stack->nodes[i];
		if (node->kind == STACK_PARTITION)
			continue;
		if (!node->hidden)
			r = connect(stack, &raw, i, i, NULL, 0);
		else if (node->same_as != STACK_NONE)
			r = connect(stack, &raw, node->same_as, i, NULL, 0);
	}
	return r;
}

static int error_unreadable(const char *folder, int errnum, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, errnum, "scan-unreadable",
		_("The kernel's list of block devices, %s, cannot be read: %s"), folder,
		strerror(errnum));
	error_next(error, _("Check that sysfs is mounted on /sys."));
	return r;
}

int stack_read(const struct system_paths *paths, struct stack *ret, struct error *error)
{
	AUTO_STACK struct stack stack = { 0 };
	AUTO_MOUNTS struct mount_list mounts = { 0 };
	struct reader reader = {
		.paths = { .sys = paths && paths->sys ? paths->sys : system_paths_real.sys,
			.proc = paths && paths->proc ? paths->proc : system_paths_real.proc,
			.dev = paths && paths->dev ? paths->dev : system_paths_real.dev },
		.stack = &stack,
	};
	char folder[PATH_MAX];
	if (snprintf(folder, sizeof(folder), "%s/block", reader.paths.sys) >= PATH_MAX)
		return error_unreadable("/sys/block", ENAMETOOLONG, error);
	if (access(folder, R_OK | X_OK) < 0)
		return error_unreadable(folder, errno, error);
	int r = walk(&reader, STACK_NONE, ".", visit_disk);
	/* Without a table of mounts only the loop devices' files are not traced. */
	if (r == 0 && mounts_read(&reader.paths, &mounts) == -ENOMEM)
		r = -ENOMEM;
	for (size_t i = 0; i < stack.count && r == 0; i++)
		r = add_edges(&reader, i, &mounts);
	if (r == 0)
		r = settle(&stack);
	if (r < 0)
		return r == -ENOMEM ? error_no_memory(error) : error_unreadable(folder, -r, error);
	*ret = stack;
	stack = (struct stack){ 0 };
	return 0;
}
