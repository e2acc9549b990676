/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where VMs live: one const descriptor for each kind of platform, with one small file (or folder) behind it. A
 * platform is asked and told; what it says about itself is believed only after it was asked again.
 *
 * VMs are named by UUID, never by name. Every function that changes something says in its answer what it was told, and
 * nothing is gone until look says so. One open platform belongs to one thread. */
#ifndef HAIKI_WIPE_PLATFORM_PLATFORM_H
#define HAIKI_WIPE_PLATFORM_PLATFORM_H

#include "base/config.h"
#include "base/json.h"
#include <stdbool.h>

enum machine_power { MACHINE_POWER_UNKNOWN, MACHINE_OFF, MACHINE_ON, MACHINE_SUSPENDED };
const char *machine_power_name(enum machine_power power); /* "unknown", "off", "on", "suspended" */

#define MACHINE_PLACE_MAX 1024
#define MACHINE_KEPT_PREFIX "kept:"

/* Whatever holds bytes of a VM: libvirt's saved memory, NVRAM and state of a TPM too. */
struct machine_disk {
	char id[64]; /* within the VM: a device key, a target ("vda") */
	char kind
		[32]; /* what it is made of: "vmdk", "file", "qcow2", "block", "lv", "zvol", "luks" … */
	char *place;         /* owned: "[ds1] vm/vm.vmdk", "/srv/a.qcow2", "/dev/vg0/a" */
	uint64_t size_bytes; /* as the VM sees it; 0: not known */
	char **chain; /* owned: what it stands on, nearest first (backing files, snapshots' disks) */
	size_t chain_count;
	/* Owned: UUIDs of other VMs that use the disk or a part of its chain. libvirt also: "volume:PLACE", an image
	 * of no VM that stands on it, and "kept:PLACE" (MACHINE_KEPT_PREFIX), each place of the disk that is not the
	 * VM's own alone. */
	char **shared_with;
	size_t shared_count;
};

struct machine {
	char uuid[64]; /* in lower case, with dashes */
	char ref[256]; /* the platform's own handle; valid while it is open; "" when not known */
	char name[256];
	char service_code[64]; /* as the platform bears it; "" none */
	enum machine_power power;
	struct machine_disk *disks; /* owned */
	size_t disk_count;
	char **snapshots; /* owned: names, for people */
	size_t snapshot_count;
	char **files; /* owned: places of what else belongs to it: NVRAM, TPM state, saved memory, logs */
	size_t file_count;
};
/* The free functions leave everything zero and may be called again. */
void machine_free(struct machine *machine);
#define AUTO_MACHINE CLEANUP(machine_free)
struct machine_list {
	struct machine *items; /* owned; without disks, snapshots and files */
	size_t count;
};
void machine_list_free(struct machine_list *list);
#define AUTO_MACHINES CLEANUP(machine_list_free)

/* What the platform answered about one thing. Zero is unknown: never gone. */
enum presence {
	PRESENCE_UNKNOWN,
	PRESENCE_PRESENT,
	PRESENCE_GONE,
	PRESENCE_NONE /* nobody to ask */
};
const char *presence_name(enum presence presence); /* "unknown", "present", "gone", "none" */

struct machine_look {
	enum presence hypervisor, datastore, storage;
	char **left; /* owned: places that are there still */
	size_t left_count;
};
void machine_look_free(struct machine_look *look);
#define AUTO_LOOK CLEANUP(machine_look_free)

/* How the work is throttled and stopped; borrowed for the call. */
struct platform_pace {
	uint64_t rate_bytes_per_second; /* of one disk; 0: no limit */
	uint64_t latency_limit_us; /* back off while the storage answers more slowly; 0: never */
	const volatile int *stop;  /* non-zero: end at the next safe place; may be NULL */
	void (*progress)(
		void *context, uint64_t done_bytes, uint64_t total_bytes); /* may be NULL */
	void *context;
	bool erasure_required; /* an erase that cannot be done is an error, not "unsupported" */
	bool outside_vouched; /* [guard] outside = vouched: somebody answers for the processes outside this
	                       * PID namespace */
};

struct platform;

struct platform_kind {
	const char *name; /* "vsphere", "libvirt": of its sections in haiki.conf */

	/* Connect and log in. Nothing is changed. ERROR_WAITING "platform-unreachable" (-EHOSTUNREACH) when nobody
	 * answers, "platform-denied" (-EACCES), "platform-untrusted" for TLS (-EPROTO). */
	int (*open)(
		const struct config_platform *config, struct platform **ret, struct error *error);
	struct platform *(*close)(struct platform *platform); /* NULL is allowed; returns NULL */

	/* The platform's own clock. -EOPNOTSUPP when it is this host's. */
	int (*clock)(struct platform *platform, int64_t *ret_utc_ms, struct error *error);

	/* All VMs, also those that are switched off, by UUID. Two with one UUID are both in the list. */
	int (*list)(struct platform *platform, struct machine_list *ret, struct error *error);

	/* One VM with disks, snapshots, chains and who else uses them. -ENOENT "vm-absent" when there is none with this
	 * UUID, which is the platform's answer and no failure to ask; -EEXIST "vm-uuid-twice". */
	int (*survey)(struct platform *platform, const char *uuid, struct machine *ret,
		struct error *error);

	/* The same without disks, snapshots and files, where that costs less; NULL: where it does not, and survey is asked.
	 * What is asked between surveys: is it still the one that we mean? */
	int (*identify)(struct platform *platform, const char *uuid, struct machine *ret,
		struct error *error);

	/* Switch it off, hard; 0 also when it was off, *ret_was_off says so. It is asked again until it is. */
	int (*power_off)(struct platform *platform, const struct machine *machine,
		const struct platform_pace *pace, bool *ret_was_off, struct error *error);

	/* Remove snapshots, so that the disks can be erased. *ret_count: how many. The machine of this and of power_off may be
	 * of identify. */
	int (*remove_snapshots)(struct platform *platform, const struct machine *machine,
		const struct platform_pace *pace, unsigned *ret_count, struct error *error);

	/* Erase one disk with what of its chain belongs to nobody else, and everything of the chain's own. Never
	 * touches what is shared. *ret_facts: array of "erase" facts (verify/tenant/deletion.h), one for each place, a new
	 * reference; also what failed is a fact. -errno only when it could not be asked at all, or was stopped
	 * (-EINTR); what was erased so far is erased. */
	int (*erase)(struct platform *platform, const struct machine *machine, size_t disk,
		const struct platform_pace *pace, json_t **ret_facts, struct error *error);

	/* Delete the VM with its disks and files, but for what is shared, which is detached before. answer: the
	 * platform's word. 0 also when it was gone. */
	int (*remove)(struct platform *platform, const struct machine *machine,
		const struct platform_pace *pace, char answer[static 128], struct error *error);

	/* Where the VM is gone already, by a crash in between or by others, take away what is left of the machine's places: each was
	 * erased by us, the last of them at erased_utc_ms, but for those that shared_with names as "kept:PLACE". Nothing that
	 * others use by now, and nothing at all when one of them was changed since it was erased ("place-changed"), cannot be
	 * told from another ("place-not-file"), or the platform has the VM ("vm-back", ERROR_REFUSED). answer: as of
	 * remove. Done twice it is done. NULL: files go with the VM, and what is left then is for people. */
	int (*remove_rests)(struct platform *platform, const struct machine *machine,
		int64_t erased_utc_ms, const struct platform_pace *pace, char answer[static 128],
		struct error *error);

	/* Ask hypervisor, datastore and storage for the VM and every place of its survey, anew (no cache of ours). Not
	 * to be able to ask is PRESENCE_UNKNOWN, not an error. What is shared is not looked for. */
	int (*look)(struct platform *platform, const struct machine *machine,
		struct machine_look *ret, struct error *error);
};

/* All kinds (platform_kinds.c); NULL after the last. */
extern const struct platform_kind *const platform_kinds[];
extern const struct platform_kind platform_vsphere, platform_libvirt;
const struct platform_kind *platform_kind_find(const char *name); /* NULL for none */

/* The survey as the fact "survey" (verify/tenant/deletion.h) without "generations", and back: what a crash left is gone on
 * with by what was surveyed before it. Back come power, disks, snapshots and files; uuid, name and service_code are
 * the caller's to fill, and ref may stay empty: a platform finds a VM anew by its UUID before it changes it. What else
 * stands in the object is passed over. -EBADMSG "survey-malformed". machine_from_json leaves *ret untouched on error. */
NODISCARD int machine_to_json(const struct machine *machine, json_t **ret);
NODISCARD int machine_from_json(const json_t *survey, struct machine *ret, struct error *error);

#endif
