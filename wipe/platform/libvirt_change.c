/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Switching a domain off, forgetting its snapshots, and taking it away with all that it stood on. */
#include "wipe/platform/libvirt_parts.h"
#include "wipe/storage/storage.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define OFF_ROUNDS 600
#define OFF_ROUND_NS (200 * 1000 * 1000L)

static bool is_stopped(const struct platform_pace *pace)
{
	return pace && pace->stop && *pace->stop;
}

static int stopped(struct error *error)
{
	return error_set(
		error, ERROR_INTERRUPTED, EINTR, "stopped", _("It was stopped before it was done"));
}

/* ---- power ---- */

/* Off, or no longer there: a domain that libvirt does not keep is gone when it is off. */
static int ask_power(
	struct platform *platform, const char *uuid, enum machine_power *ret, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	*ret = MACHINE_OFF;
	int result = libvirt_find(platform, uuid, &domain, error);
	if (result != 0 || !domain)
		return result;
	result = libvirt_power(platform, domain, ret, error);
	return result == -ENOENT ? 0 : result;
}

static int destroy(struct platform *platform, const char *uuid, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	const int result = libvirt_find(platform, uuid, &domain, error);
	if (result != 0 || !domain || virDomainDestroyFlags(domain, 0) == 0)
		return result;
	/* It went off by itself, or its process needs longer: it is asked again. */
	const int code = virGetLastErrorCode();
	if (code == VIR_ERR_OPERATION_INVALID || code == VIR_ERR_NO_DOMAIN ||
		code == VIR_ERR_SYSTEM_ERROR || code == VIR_ERR_OPERATION_TIMEOUT)
		return 0;
	return libvirt_error(platform, _("Switching the VM off"), error);
}

/* Nor shall it come back with its host. */
static int stay_off(struct platform *platform, const char *uuid, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	int starts = 0;
	const int result = libvirt_find(platform, uuid, &domain, error);
	if (result != 0 || !domain || virDomainIsPersistent(domain) == 0)
		return result;
	if (virDomainGetAutostart(domain, &starts) < 0 ||
		(starts && virDomainSetAutostart(domain, 0) < 0))
		return libvirt_error(platform, _("Switching the VM off"), error);
	return 0;
}

int libvirt_power_off(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, bool *ret_was_off, struct error *error)
{
	const struct timespec round = { .tv_nsec = OFF_ROUND_NS };
	enum machine_power power = MACHINE_POWER_UNKNOWN;
	int result = stay_off(platform, machine->uuid, error);
	if (result == 0)
		result = ask_power(platform, machine->uuid, &power, error);
	const bool was_off = result == 0 && power == MACHINE_OFF;
	for (unsigned i = 0; result == 0 && power != MACHINE_OFF && i < OFF_ROUNDS; i++) {
		if (is_stopped(pace))
			return stopped(error);
		result = destroy(platform, machine->uuid, error);
		if (result == 0)
			result = ask_power(platform, machine->uuid, &power, error);
		if (result == 0 && power != MACHINE_OFF)
			(void)nanosleep(&round, NULL);
	}
	if (result == 0 && power != MACHINE_OFF)
		return error_set(error, ERROR_FAILED, ETIMEDOUT, "vm-running",
			_("The VM %s (%s) does not go off"), machine->name, machine->uuid);
	if (result == 0)
		*ret_was_off = was_off;
	return result;
}

/* ---- snapshots ---- */

/* Only what libvirt remembers of them: what they hold lies in the disks and files of the survey, and is erased there. */
static int forget_all(
	struct platform *platform, virDomainPtr domain, unsigned *ret_count, struct error *error)
{
	virDomainSnapshotPtr *snapshots = NULL;
	const int count = virDomainListAllSnapshots(domain, &snapshots, 0);
	int result = count < 0 ? libvirt_error(platform, _("Asking for snapshots"), error) : 0;
	for (int i = 0; i < count; i++) {
		if (result == 0 && virDomainSnapshotDelete(snapshots[i],
					   VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) < 0)
			result = libvirt_error(platform, _("Removing snapshots"), error);
		if (result == 0)
			++*ret_count;
		(void)virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
	return result;
}

int libvirt_remove_snapshots(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, unsigned *ret_count, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	unsigned count = 0;
	(void)pace;
	int result = libvirt_find(platform, machine->uuid, &domain, error);
	if (result == 0 && domain)
		result = forget_all(platform, domain, &count, error);
	if (result == 0)
		*ret_count = count;
	return result;
}

/* ---- remove ---- */

static int delete_volume(
	struct platform *platform, const char *place, bool *ret_deleted, struct error *error)
{
	AUTO_VOLUME_HANDLE virStorageVolPtr volume = NULL;
	const int result = pool_volume_at(platform, place, &volume, error);
	if (result != 0)
		return result;
	*ret_deleted = volume != NULL;
	if (volume && virStorageVolDelete(volume, 0) < 0 &&
		virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL)
		return libvirt_error(platform, _("Deleting a volume"), error);
	return 0;
}

static int out_of_reach(const struct machine *machine, const char *place, struct error *error)
{
	error_set(error, ERROR_UNSUPPORTED, EOPNOTSUPP, "place-out-of-reach",
		_("VM %s (%s): %s is not on this host, nor a volume of a storage pool"),
		machine->name, machine->uuid, place);
	error_next(error, _("Delete it where it is, and detach it from the VM."));
	return -EOPNOTSUPP;
}

/* libvirt made these itself, and takes them away with the domain. */
static bool is_libvirts(const struct machine_disk *disk)
{
	return strcmp(disk->kind, "nvram") == 0 || strcmp(disk->kind, "tpm") == 0 ||
	       strcmp(disk->kind, "memory") == 0;
}

static int remove_place(struct platform *platform, const struct machine *machine,
	const struct machine_disk *disk, const char *place, struct error *error)
{
	const struct storage_kind *kind = NULL;
	bool deleted = false;
	if (!disk_is_deletable(disk))
		return 0;
	if (place_in_reach(platform, place)) {
		const int result = storage_of(place, &kind, error);
		if (result == 0)
			return kind->remove(place, error);
		if (result == -ENOENT && error)
			*error = (struct error){ 0 }; /* a run before this removed it */
		return result == -ENOENT ? 0 : result;
	}
	const int result = delete_volume(platform, place, &deleted, error);
	if (result != 0 || deleted || (platform->remote && is_libvirts(disk)))
		return result;
	/* A volume that is no longer in its pool is gone. */
	const int covered = pool_refresh_of(platform, place, error);
	if (covered < 0)
		return covered;
	return covered > 0 ? 0 : out_of_reach(machine, place, error);
}

static int remove_places(struct platform *platform, const struct machine *machine,
	const struct uses *uses, const struct platform_pace *pace, bool *ret_keep_nvram,
	struct error *error)
{
	int result = 0, problem = 0;
	for (size_t i = 0; i < machine->disk_count && result == 0; i++) {
		const struct machine_disk *disk = &machine->disks[i];
		for (size_t link = 0; link <= disk->chain_count && result == 0; link++) {
			enum keep keep = KEEP_UNKNOWN;
			if (is_stopped(pace))
				return stopped(error);
			result = place_keep(platform, uses, machine, disk, link, &keep, error);
			if (result != 0)
				return result;
			if (keep != KEEP_NOT && strcmp(disk->kind, "nvram") == 0)
				*ret_keep_nvram = true;
			if (keep != KEEP_NOT)
				continue;
			const int removed = remove_place(platform, machine, disk,
				disk_place(disk, link), problem == 0 ? error : NULL);
			problem = problem == 0 ? removed : problem;
		}
	}
	return result == 0 ? problem : result;
}

static int undefine(struct platform *platform, const struct machine *machine, bool keep_nvram,
	bool *ret_was_gone, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	const unsigned flags =
		VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
		VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_TPM |
		(keep_nvram ? VIR_DOMAIN_UNDEFINE_KEEP_NVRAM : VIR_DOMAIN_UNDEFINE_NVRAM);
	const int result = libvirt_find(platform, machine->uuid, &domain, error);
	*ret_was_gone = !domain;
	if (result != 0 || !domain || virDomainUndefineFlags(domain, flags) == 0)
		return result;
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN
		       ? 0
		       : libvirt_error(platform, _("Deleting the VM"), error);
}

/* Places first, the domain last: as long as anything is left that can be seen, the VM is in the list, with its UUID and
 * its service code. */
int libvirt_remove(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, char answer[static 128], struct error *error)
{
	AUTO_USES struct uses uses = { 0 };
	bool keep_nvram = false, was_gone = false;
	int result = libvirt_require_off(platform, machine, error);
	reading_begin();
	if (result == 0)
		result = uses_collect(platform, machine, &uses, error);
	if (result == 0)
		result = remove_places(platform, machine, &uses, pace, &keep_nvram, error);
	reading_end();
	if (result == 0)
		result = undefine(platform, machine, keep_nvram, &was_gone, error);
	if (result == 0)
		(void)snprintf(answer, 128, "%s", was_gone ? "no such domain" : "undefined");
	return result;
}

/* ---- what is left without its domain ---- */

static int require_gone(
	struct platform *platform, const struct machine *machine, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	const int result = libvirt_find(platform, machine->uuid, &domain, error);
	if (result != 0 || !domain)
		return result;
	return error_set(error, ERROR_REFUSED, EEXIST, "vm-back",
		_("libvirt (%s) has the VM %s again: what it stands on is not touched"),
		platform->name, machine->uuid);
}

/* Nobody names it any more: that it is the file that we erased, only its time of change says, which nobody can set. */
static int require_unchanged(
	struct platform *platform, const char *place, int64_t erased_utc_ms, struct error *error)
{
	struct stat status;
	const int looked = place_in_reach(platform, place) ? lstat(place, &status) : 1;
	if (looked < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (looked != 0 || !S_ISREG(status.st_mode)) {
		error_set(error, ERROR_FAILED, EOPNOTSUPP, "place-not-file",
			_("%s was erased and is left without its VM; it is no file on this host, "
			  "and whether it is another's by now cannot be told"),
			place);
		return error_next(error, _("If it is nobody's, delete it there."));
	}
	const int64_t changed_ms =
		(int64_t)status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1000000;
	if (changed_ms <= erased_utc_ms)
		return 0;
	error_set(error, ERROR_FAILED, ESTALE, "place-changed",
		_("%s was changed since it was erased, and its VM is gone: perhaps it is "
		  "another's by now"),
		place);
	return error_next(error, _("Find out whose it is; if it is nobody's, delete it."));
}

static int require_all_unchanged(struct platform *platform, const struct machine *machine,
	const struct uses *uses, int64_t erased_utc_ms, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < machine->disk_count && result == 0; i++) {
		const struct machine_disk *disk = &machine->disks[i];
		for (size_t link = 0; link <= disk->chain_count && result == 0; link++) {
			enum keep keep = KEEP_UNKNOWN;
			result = place_keep(platform, uses, machine, disk, link, &keep, error);
			if (result == 0 && keep == KEEP_NOT && disk_is_deletable(disk))
				result = require_unchanged(
					platform, disk_place(disk, link), erased_utc_ms, error);
		}
	}
	return result;
}

int libvirt_remove_rests(struct platform *platform, const struct machine *machine,
	int64_t erased_utc_ms, const struct platform_pace *pace, char answer[static 128],
	struct error *error)
{
	AUTO_USES struct uses uses = { 0 };
	bool keep_nvram = false;
	reading_begin();
	int result = uses_collect(platform, machine, &uses, error);
	if (result == 0)
		result = require_gone(platform, machine, error);
	if (result == 0)
		result = require_all_unchanged(platform, machine, &uses, erased_utc_ms, error);
	if (result == 0)
		result = remove_places(platform, machine, &uses, pace, &keep_nvram, error);
	reading_end();
	if (result == 0)
		(void)snprintf(answer, 128, "no such domain");
	return result;
}
