/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The survey of a domain: everything that holds its bytes, on what it stands, and who else uses that.
 *
 * What holds bytes is a disk here, also when the guest does not see it as one: variables of UEFI, the state of a TPM,
 * saved memory, the file that a serial port writes to. Each is erased, deleted and asked for like a disk. Logs of
 * the host are the operator's own. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* Where libvirt's system daemon keeps the state of a TPM (its build's localstatedir). */
#define TPM_STATE "/var/lib/libvirt/swtpm/%s"

struct surveying {
	struct platform *platform;
	struct machine *machine;
	struct texts kept;      /* places that are read only for the VM */
	struct texts shareable; /* places that the VM writes to and not it alone */
	bool has_tpm;
};

/* ---- adding a disk ---- */

/* The name of a file itself: nobody erases what a symbolic link leads to. Links to devices are their names. */
static int canonical(
	const struct platform *platform, const char *place, char **ret, struct error *error)
{
	char *path = NULL;
	struct stat status;
	if (place_in_reach(platform, place) &&
		(stat(place, &status) < 0 || !S_ISBLK(status.st_mode))) {
		path = realpath(place, NULL);
		if (!path && errno != ENOENT && errno != ENOTDIR)
			return error_set(error, ERROR_FAILED, errno, "place-unreadable",
				_("It cannot be told what %s is: %s"), place, strerror(errno));
	}
	if (path && strlen(path) >= MACHINE_PLACE_MAX) {
		free(path);
		path = NULL;
	}
	*ret = path ? path : strdup(place);
	return *ret ? 0 : error_no_memory(error);
}

static bool has_id(const struct machine *machine, const char *id)
{
	for (size_t i = 0; i < machine->disk_count; i++)
		if (strcmp(machine->disks[i].id, id) == 0)
			return true;
	return false;
}

/* "vda", "vda@SNAPSHOT", and when there is one already "vda@SNAPSHOT#2". */
static void make_id(
	const struct machine *machine, const char *id, const char *snapshot, char ret[static 64])
{
	char base[56];
	(void)snprintf(base, sizeof(base), "%s%s%s", id[0] ? id : "disk", snapshot[0] ? "@" : "",
		snapshot);
	(void)snprintf(ret, 64, "%s", base);
	for (unsigned number = 2; has_id(machine, ret); number++)
		(void)snprintf(ret, 64, "%s#%u", base, number);
}

static struct machine_disk *disk_at(
	struct machine *machine, const char *place, struct error *error, int *ret_result)
{
	struct place_identity identity, other;
	*ret_result = place_identify(place, &identity, error);
	for (size_t i = 0; i < machine->disk_count && *ret_result == 0; i++) {
		*ret_result = place_identify(machine->disks[i].place, &other, error);
		if (*ret_result == 0 &&
			place_same(place, &identity, machine->disks[i].place, &other))
			return &machine->disks[i];
	}
	return NULL;
}

static int take_chain(struct surveying *surveying, struct machine_disk *disk,
	const struct texts *chain, struct error *error)
{
	AUTO_TEXTS struct texts places = { .count = 0 };
	int result = 0;
	for (size_t i = 0; i < disk->chain_count && result == 0; i++)
		result = texts_add(&places, disk->chain[i]);
	for (size_t i = 0; i < chain->count && result == 0; i++) {
		AUTO_FREE char *place = NULL;
		result = canonical(surveying->platform, chain->items[i], &place, error);
		if (result == 0 && strcmp(place, disk->place) != 0)
			result = texts_add(&places, place);
	}
	if (result != 0)
		return result == -ENOMEM ? error_no_memory(error) : result;
	for (size_t i = 0; i < disk->chain_count; i++)
		free(disk->chain[i]);
	free(disk->chain);
	disk->chain = places.items;
	disk->chain_count = places.count;
	places = (struct texts){ 0 };
	return 0;
}

/* One place at most once, with all that it was ever said to stand on. */
static int add_disk(struct surveying *surveying, const char *id, const char *snapshot,
	const char *kind, const char *place, uint64_t size_bytes, const struct texts *chain,
	struct error *error)
{
	struct machine *machine = surveying->machine;
	char *name = NULL;
	int result = canonical(surveying->platform, place, &name, error);
	if (result != 0)
		return result;
	struct machine_disk *disk = disk_at(machine, name, error, &result);
	if (disk || result != 0) {
		free(name);
		return result != 0 ? result : take_chain(surveying, disk, chain, error);
	}
	struct machine_disk *grown =
		reallocarray(machine->disks, machine->disk_count + 1, sizeof(*machine->disks));
	if (!grown) {
		free(name);
		return error_no_memory(error);
	}
	machine->disks = grown;
	disk = &grown[machine->disk_count];
	*disk = (struct machine_disk){ .place = name, .size_bytes = size_bytes };
	make_id(machine, id, snapshot, disk->id);
	(void)snprintf(disk->kind, sizeof(disk->kind), "%s", kind);
	machine->disk_count++;
	return take_chain(surveying, disk, chain, error);
}

/* ---- what a domain names ---- */

/* ECMA-119, 8.4: the primary volume descriptor. cloud-init looks for these labels: such an image was made for one VM. */
static bool is_seed(const struct platform *platform, const char *place)
{
	static const char *const labels[] = { "cidata", "CIDATA", "config-2", "CONFIG-2" };
	char descriptor[72];
	if (!place_in_reach(platform, place))
		return false;
	AUTO_FD int fd = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || pread(fd, descriptor, sizeof(descriptor), 32768) != sizeof(descriptor) ||
		memcmp(descriptor, "\1CD001", 6) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		const size_t length = strlen(labels[i]);
		if (memcmp(descriptor + 40, labels[i], length) == 0 &&
			(descriptor[40 + length] == ' ' || descriptor[40 + length] == 0))
			return true;
	}
	return false;
}

/* PCI Code and ID Assignment, base class 01h: mass storage. What cannot be told may be one. */
static bool is_storage_device(const struct platform *platform, const char *place)
{
	char path[MACHINE_PLACE_MAX], text[8] = "";
	if (strncmp(place, "pci:", 4) != 0)
		return true;
	if (platform->remote)
		return true;
	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/class", place + 4);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 4)
		return true;
	return strncmp(text, "0x01", 4) == 0;
}

static const char *kind_of(const struct platform *platform, const struct domain_source *source)
{
	struct stat status;
	switch (source->part) {
	case DOMAIN_NVRAM:
		return "nvram";
	case DOMAIN_MEMORY:
		return "file"; /* libvirt takes only its own saved memory along */
	case DOMAIN_FILESYSTEM:
		return "filesystem";
	case DOMAIN_DEVICE:
		return "hostdev";
	case DOMAIN_CONSOLE:
		return "console";
	case DOMAIN_DISK:
	case DOMAIN_MEDIUM:
		break;
	}
	if (!source->is_file)
		return strncmp(source->place, "nvme:", 5) == 0 ? "hostdev" : "network";
	if (source->format[0] && strcmp(source->format, "raw") != 0)
		return source->format;
	return place_in_reach(platform, source->place) && stat(source->place, &status) == 0 &&
			       S_ISBLK(status.st_mode)
		       ? "block"
		       : "file";
}

static bool is_left_out(const struct platform *platform, const struct domain_source *source)
{
	struct stat status;
	switch (source->part) {
	case DOMAIN_MEDIUM: /* somebody's library, whatever lies in the drive */
		return !is_seed(platform, source->place);
	case DOMAIN_DEVICE:
		return !is_storage_device(platform, source->place);
	case DOMAIN_CONSOLE: /* a device, a pipe: nothing stays in it */
		return place_in_reach(platform, source->place) &&
		       (stat(source->place, &status) < 0 || !S_ISREG(status.st_mode));
	case DOMAIN_NVRAM: /* made when it is started first */
		return place_in_reach(platform, source->place) &&
		       stat(source->place, &status) < 0 && errno == ENOENT;
	case DOMAIN_DISK:
	case DOMAIN_MEMORY:
	case DOMAIN_FILESYSTEM:
		break;
	}
	return false;
}

static int unresolved(const struct domain_source *source, struct error *error)
{
	error_set(error, ERROR_FAILED, ENOENT, "pool-absent",
		_("Disk %s is volume %s of the storage pool %s, which libvirt does not know"),
		source->id, source->volume, source->pool);
	error_next(error, _("Define and start the pool."));
	return -EIO;
}

/* A VM that may only read it did not write it; and what is for others too, they write. */
static int mark_disk(
	struct surveying *surveying, const struct domain_source *source, struct error *error)
{
	int result = 0;
	if (!source->read_only && !source->shareable)
		return 0;
	const struct machine_disk *disk =
		disk_at(surveying->machine, source->place, error, &result);
	if (result == 0 && disk &&
		texts_add(source->read_only ? &surveying->kept : &surveying->shareable,
			disk->place) < 0)
		return error_no_memory(error);
	return result;
}

static int take_source(struct surveying *surveying, const struct domain_source *given,
	const char *snapshot, struct error *error)
{
	AUTO_TEXTS struct texts chain = { 0 };
	AUTO_FREE char *resolved = NULL;
	struct domain_source source = *given;
	uint64_t size = 0;
	int result = 0;
	if (source.pool) {
		result = pool_resolve(
			surveying->platform, source.pool, source.volume, &resolved, error);
		if (result == 0 && !resolved)
			result = unresolved(&source, error);
		if (result != 0)
			return result;
		source.place = resolved;
		source.is_file = resolved[0] == '/';
	}
	if (is_left_out(surveying->platform, &source))
		return 0;
	result = chain_of_source(surveying->platform, &source, CHAIN_OWN, &chain, &size, error);
	if (result == 0)
		result = add_disk(surveying, source.id, snapshot,
			kind_of(surveying->platform, &source), source.place, size, &chain, error);
	return result == 0 && source.part == DOMAIN_DISK ? mark_disk(surveying, &source, error)
							 : result;
}

static int take_form(
	void *context, const struct domain *form, const char *snapshot, struct error *error)
{
	struct surveying *surveying = context;
	int result = 0;
	surveying->has_tpm = surveying->has_tpm || form->has_tpm;
	for (size_t i = 0; i < form->source_count && result == 0; i++)
		result = take_source(surveying, &form->sources[i], snapshot, error);
	if (result == 0 && snapshot[0]) {
		AUTO_TEXTS struct texts names = { surveying->machine->snapshots,
			surveying->machine->snapshot_count };
		result = texts_add(&names, snapshot) < 0 ? error_no_memory(error) : 0;
		surveying->machine->snapshots = names.items;
		surveying->machine->snapshot_count = names.count;
		names = (struct texts){ 0 };
	}
	return result;
}

/* ---- what libvirt made by itself ---- */

static int take_saved_memory(struct surveying *surveying, virDomainPtr domain, struct error *error)
{
	char place[MACHINE_PLACE_MAX];
	const struct texts none = { 0 };
	struct stat status;
	const int has = virDomainHasManagedSaveImage(domain, 0);
	if (has < 0)
		return libvirt_error(surveying->platform, _("Asking for saved memory"), error);
	if (has == 0)
		return 0;
	(void)snprintf(place, sizeof(place), SAVED_MEMORY, surveying->machine->name);
	if (!surveying->platform->remote && stat(place, &status) < 0)
		return error_set(error, ERROR_FAILED, EIO, "saved-memory-unknown",
			_("The memory of the VM %s was saved, and not to %s: it is not known "
			  "where"),
			surveying->machine->name, place);
	return add_disk(surveying, "memory", "", "memory", place,
		surveying->platform->remote ? 0 : (uint64_t)status.st_size, &none, error);
}

static int take_tpm_folder(struct surveying *surveying, const char *folder, struct error *error)
{
	char place[MACHINE_PLACE_MAX + 256];
	const struct texts none = { 0 };
	int result = 0;
	DIR *handle = opendir(folder);
	if (!handle)
		return errno == ENOENT ? 0
				       : error_set(error, ERROR_FAILED, errno, "place-unreadable",
						 _("It cannot be told what %s is: %s"), folder,
						 strerror(errno));
	errno = 0;
	for (const struct dirent *entry; result == 0 && (entry = readdir(handle));) {
		struct stat status;
		(void)snprintf(place, sizeof(place), "%s/%s", folder, entry->d_name);
		if (lstat(place, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
			result = add_disk(surveying, "tpm", "", "tpm", place,
				(uint64_t)status.st_size, &none, error);
		errno = 0;
	}
	if (result == 0 && errno != 0)
		result = error_set(error, ERROR_FAILED, errno, "place-unreadable",
			_("It cannot be told what %s is: %s"), folder, strerror(errno));
	(void)closedir(handle);
	return result;
}

static int take_tpm(struct surveying *surveying, struct error *error)
{
	static const char *const versions[] = { "tpm2", "tpm1.2" };
	char folder[MACHINE_PLACE_MAX];
	const struct texts none = { 0 };
	int result = 0;
	if (surveying->platform->remote) {
		(void)snprintf(folder, sizeof(folder), TPM_STATE, surveying->machine->uuid);
		return surveying->has_tpm
			       ? add_disk(surveying, "tpm", "", "tpm", folder, 0, &none, error)
			       : 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(versions) && result == 0; i++) {
		(void)snprintf(folder, sizeof(folder), TPM_STATE "/%s", surveying->machine->uuid,
			versions[i]);
		result = take_tpm_folder(surveying, folder, error);
	}
	return result;
}

/* ---- chains and sharing, once all disks are known ---- */

/* Does a disk before this one stand on the place too? */
static int is_listed(const struct machine *machine, const struct machine_disk *disk,
	const char *place, struct error *error)
{
	struct place_identity identity, other;
	int result = place_identify(place, &identity, error);
	for (const struct machine_disk *before = machine->disks; before < disk; before++)
		for (size_t i = 0; i < before->chain_count && result == 0; i++) {
			result = place_identify(before->chain[i], &other, error);
			if (result == 0 && place_same(place, &identity, before->chain[i], &other))
				return 1;
		}
	return result;
}

/* Each place is erased once: as a disk of its own (the state before a snapshot), or in the first chain that it is in. */
static int drop_listed(struct machine *machine, struct machine_disk *disk, struct error *error)
{
	size_t kept = 0;
	int result = 0;
	for (size_t i = 0; i < disk->chain_count; i++) {
		bool drop = disk_at(machine, disk->chain[i], error, &result) != NULL;
		if (result == 0 && !drop) {
			result = is_listed(machine, disk, disk->chain[i], error);
			drop = result > 0;
		}
		if (result < 0)
			return result;
		result = 0;
		if (drop) {
			free(disk->chain[i]);
			disk->chain[i] = NULL;
		} else {
			char *place = disk->chain[i];
			disk->chain[i] = NULL;
			disk->chain[kept++] = place;
		}
	}
	disk->chain_count = kept;
	return 0;
}

static int mark_kept(const struct machine_disk *disk, size_t link, struct texts *shared)
{
	char text[MACHINE_PLACE_MAX + sizeof(KEPT_PREFIX)];
	(void)snprintf(text, sizeof(text), KEPT_PREFIX "%s", disk_place(disk, link));
	return strlen(text) < MACHINE_PLACE_MAX ? texts_add(shared, text) : -ENAMETOOLONG;
}

/* The same survey twice is the same text, in whatever order libvirt lists. */
static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* It is said to be shared, and with whom is not seen: that one may run on another host. */
static int shared_elsewhere(
	const struct surveying *surveying, const struct machine_disk *disk, struct error *error)
{
	error_set(error, ERROR_REFUSED, EBUSY, "disk-shareable",
		_("Disk %s of the VM %s (%s) is for other VMs too, and none is seen here: it may "
		  "be another host's"),
		disk->id, surveying->machine->name, disk->place);
	return error_next(error,
		_("When no other VM has it, take <shareable/> away from the disk: "
		  "virsh edit %s"),
		surveying->machine->uuid);
}

static int mark_shared(struct surveying *surveying, const struct uses *uses,
	struct machine_disk *disk, struct error *error)
{
	AUTO_TEXTS struct texts shared = { 0 };
	int result = 0;
	for (size_t link = 0; link <= disk->chain_count && result == 0; link++) {
		enum keep keep = KEEP_UNKNOWN;
		result = uses_of(uses, disk_place(disk, link), &shared, error);
		if (result == 0)
			result = place_keep(surveying->platform, uses, surveying->machine, disk,
				link, &keep, error);
		const bool read_only =
			link == 0 && texts_have(&surveying->kept, disk_place(disk, link));
		if (result == 0 && link == 0 && keep == KEEP_NOT && !read_only &&
			texts_have(&surveying->shareable, disk->place))
			return shared_elsewhere(surveying, disk, error);
		if (result == 0 && (keep != KEEP_NOT || read_only) &&
			mark_kept(disk, link, &shared) < 0)
			result = error_no_memory(error);
	}
	if (result != 0)
		return result;
	if (shared.count > 1)
		qsort(shared.items, shared.count, sizeof(*shared.items), by_text);
	disk->shared_with = shared.items;
	disk->shared_count = shared.count;
	shared = (struct texts){ 0 };
	return 0;
}

static int finish_disks(struct surveying *surveying, struct error *error)
{
	AUTO_USES struct uses uses = { 0 };
	struct machine *machine = surveying->machine;
	int result = 0;
	for (size_t i = 0; i < machine->disk_count && result == 0; i++)
		result = drop_listed(machine, &machine->disks[i], error);
	if (result == 0)
		result = uses_collect(surveying->platform, machine, &uses, error);
	for (size_t i = 0; i < machine->disk_count && result == 0; i++)
		result = mark_shared(surveying, &uses, &machine->disks[i], error);
	return result;
}

/* ---- the survey ---- */

static int absent(const struct platform *platform, const char *uuid, struct error *error)
{
	return error_set(error, ERROR_FAILED, ENOENT, "vm-absent",
		_("libvirt (%s) has no VM with the UUID %s"), platform->name, uuid);
}

static int take_identity(struct platform *platform, virDomainPtr domain, struct machine *machine,
	struct error *error)
{
	struct machine found = { 0 };
	int result = libvirt_identity(platform, domain, &found, error);
	if (result == 0)
		*machine = found;
	return result;
}

static int survey(struct surveying *surveying, virDomainPtr domain, struct error *error)
{
	int result = take_identity(surveying->platform, domain, surveying->machine, error);
	if (result == 0)
		result = libvirt_forms(surveying->platform, domain, take_form, surveying, error);
	if (result == 0)
		result = take_saved_memory(surveying, domain, error);
	if (result == 0)
		result = take_tpm(surveying, error);
	return result == 0 ? finish_disks(surveying, error) : result;
}

int libvirt_survey(
	struct platform *platform, const char *uuid, struct machine *ret, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	AUTO_MACHINE struct machine machine = { 0 };
	struct surveying surveying = { .platform = platform, .machine = &machine };
	int result = libvirt_find(platform, uuid, &domain, error);
	if (result != 0)
		return result;
	if (!domain)
		return absent(platform, uuid, error);
	reading_begin();
	result = survey(&surveying, domain, error);
	reading_end();
	texts_free(&surveying.kept);
	texts_free(&surveying.shareable);
	if (result != 0)
		return result;
	*ret = machine;
	machine = (struct machine){ 0 };
	return 0;
}
